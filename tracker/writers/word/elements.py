"""Pieces of a Word file as XML: lines of the masthead, rules, paragraphs, tables.

Tables are written in one go: reaching cells one by one through python-docx is quadratic.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx.oxml.ns import nsdecls

from tracker.tables import Cell, Column, Table, cell_text, set_right, spans
from tracker.text.printable import whole

TWIPS_PER_MM = 1440 / 25.4
LONGEST_TOGETHER = 0.6
"""Letters for each twip of width; a row with more would not fit a page, and has to be torn."""
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def paragraph_xml(text: str, style: str, *, shape: str = "", look: str = "") -> str:
    """Write a paragraph; `shape` and `look` are its own settings and those of its letters, as XML.

    Lines of the text become lines of the paragraph. Namespaces are declared by what stands around.
    """
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{shape}</w:pPr>'
        f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{lines_xml(whole(text))}</w:r></w:p>"
    )


def lines_xml(text: str) -> str:
    """Write the letters of a text, with a break after each line."""
    return "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")
    )


def size_xml(points: float) -> str:
    """Write the size of letters."""
    return f'<w:sz w:val="{int(points * 2)}"/><w:szCs w:val="{int(points * 2)}"/>'


def rule_xml(indent: int) -> str:
    """Write a thin line; `indent` (twips) shortens it on both sides."""
    return (
        '<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="000000"/>'
        "</w:pBdr>"
        f'<w:spacing w:after="80" w:line="60" w:lineRule="exact"/><w:ind w:left="{indent}" '
        f'w:right="{indent}"/><w:rPr><w:sz w:val="4"/></w:rPr></w:pPr></w:p>'
    )


def layout_table_xml(widths: Sequence[int], rows: Sequence[Sequence[str]]) -> str:
    """Write a table without borders that sets blocks side by side; `rows` hold paragraphs."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    body = "".join(
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
            for width, content in zip(widths, row, strict=True)
        )
        + "</w:tr>"
        for row in rows
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:jc w:val="center"/><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"
    )


def table_xml(table: Table) -> str:
    """Write a table: header row repeated, rows never torn, merged cells where asked."""
    millimetres = 297 - 50 if table.wide else 210 - 50
    total = sum(column.width for column in table.columns)
    widths = [int(millimetres * TWIPS_PER_MM * column.width / total) for column in table.columns]
    head = "".join(
        _cell_xml(whole(column.heading), "TableHead", width, shade=True)
        for column, width in zip(table.columns, widths, strict=True)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    body = "".join(
        _row_xml(row, table.columns, widths, covered)
        for row, covered in zip(table.rows, spans(table), strict=True)
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders>{BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        "</w:tblCellMar>"
        f'<w:tblCaption w:val="{_attribute(table.title)}"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{body}</w:tbl>"
    )


def _row_xml(
    row: tuple[Cell, ...],
    columns: tuple[Column, ...],
    widths: list[int],
    covered: list[tuple[int, int]],
) -> str:
    cells = []
    longest = 0.0
    for index, (down, across) in enumerate(covered):
        if not across:
            continue
        text = cell_text(row[index], columns[index]) if down else ""
        if row[index].is_number:
            text = text.replace(" [", "\n[")  # the interval on a line of its own
        merge = f'<w:gridSpan w:val="{across}"/>' if across > 1 else ""
        if down != 1:
            merge += '<w:vMerge w:val="restart"/>' if down else "<w:vMerge/>"
        width = sum(widths[index : index + across])
        longest = max(longest, len(text) / width)
        cells.append(_cell_xml(text, "TableText", width, merge=merge, right=set_right(row[index])))
    together = "" if longest > LONGEST_TOGETHER else "<w:trPr><w:cantSplit/></w:trPr>"
    return f"<w:tr>{together}{''.join(cells)}</w:tr>"


def _cell_xml(
    text: str, style: str, width: int, *, merge: str = "", right: bool = False, shade: bool = False
) -> str:
    fill = '<w:shd w:val="clear" w:color="auto" w:fill="E7E6E6"/>' if shade else ""
    side = '<w:jc w:val="right"/>' if right else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merge}{fill}</w:tcPr>'
        f"{paragraph_xml(text, style, shape=side)}</w:tc>"
    )


def _attribute(text: str) -> str:
    return escape(whole(text), {'"': "&quot;"})
