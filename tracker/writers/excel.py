"""Document -> workbook: the text, a sheet per table with real numbers, charts, origins.

A number keeps its printed form through its number format ("hơn "#,##0, #,##0" (±100)"), so that it
can be sorted and added up; intervals stand in two columns of their own. Nothing in a cell is read
as a formula or a link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from tracker.charts import AnyChart, picture
from tracker.tables import Cell, Column, Form, Table, around_text, cell_text
from tracker.text.printable import clean
from tracker.writers import MOTTO_VI, STATE_VI, Document, Heading, Paragraph

A4 = 9
TEXT_WIDTH = 78.0
LINE_POINTS = 15
MOST_LINES = 27
"""Excel allows rows of at most 409 points."""
FONT = "Times New Roman"
LOOK = {"font_name": FONT, "font_size": 11, "valign": "top"}
LOW_VI, HIGH_VI = "cận dưới", "cận trên"


@dataclass
class _Book:
    """The open workbook, its formats (made once per look) and the names of its sheets."""

    book: Any
    document: Document
    formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def look(self, **extra: Any) -> Any:
        key = tuple(sorted(extra.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**LOOK, **extra})
        return self.formats[key]

    def sheet(self, name: str) -> Any:
        """Add a sheet: A4 landscape, one page wide, mark and page number on every page."""
        sheet = self.book.add_worksheet(_sheet_name(name, self.names))
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=1.18, right=0.79, top=0.98, bottom=0.79)
        sheet.set_header(f'&C&"{FONT},Bold"{self.document.mark}' if self.document.mark else "")
        sheet.set_footer("&C&P/&N")
        return sheet


def write_excel(document: Document, path: Path) -> None:
    """Write a document as .xlsx."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), {**options, "nan_inf_to_errors": False}) as raw:
        raw.set_properties(
            {
                "title": clean(document.title)[:255],
                "subject": clean(f"{document.mark} {document.period}").strip()[:255],
                "author": clean(" ".join(document.masthead.issuer))[:255],
                "comments": clean(document.edition_line)[:255],
                "created": datetime.combine(document.as_of, time(0)),
            }
        )
        book = _Book(raw, document)
        _text_sheet(book)
        for table in document.tables:
            _table_sheet(book, table, table.title.split(".")[0])
        if document.charts:
            _chart_sheet(book)
        _table_sheet(book, document.definitions, "Định nghĩa")
        _table_sheet(book, document.passport, "Nguồn gốc số liệu")


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Make a name that Excel accepts: at most 31 characters, none of []:*?/\\, not taken."""
    base = re.sub(r"[\[\]:*?/\\']", " ", clean(wanted)).strip()[:28] or "Bảng"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base} {number}"
    taken.add(name.lower())
    return name


def _text_sheet(book: _Book) -> None:
    """Write the words of the report, in order, in one wide column."""
    document = book.document
    sheet = book.sheet("Báo cáo")
    sheet.set_portrait()
    sheet.set_column(0, 0, TEXT_WIDTH)
    bold, plain = book.look(bold=True, text_wrap=True), book.look(text_wrap=True)
    centred = book.look(bold=True, text_wrap=True, align="center")
    head = document.masthead
    lines = [(line, centred) for line in (document.mark, STATE_VI, MOTTO_VI) if line]
    lines += [(line, bold) for line in head.issuer]
    lines += [(head.number, plain), (head.place, plain)]
    lines += [(line, centred) for line in (document.kind, document.subject, document.period)]
    lines += [(document.addressee, centred), (document.as_of_line, bold)]
    lines += [(document.edition_line, plain)]
    for block in document.blocks:
        if isinstance(block, (Heading, Paragraph)):
            lines.append((block.text, bold if isinstance(block, Heading) else plain))
        elif isinstance(block, Table):
            lines.append((f"{block.title} (xem trang tính cùng tên)", plain))
    for row, (text, look) in enumerate(lines):
        sheet.set_row(row, _height([(clean(text), TEXT_WIDTH)]))
        sheet.write_string(row, 0, clean(text), look)


def _table_sheet(book: _Book, table: Table, name: str) -> None:
    """Write one table: mark, title, day, header, rows, notes; header frozen and filtered."""
    sheet = book.sheet(name)
    bold = book.look(bold=True)
    top = [book.document.mark, table.title, book.document.as_of_line]
    for row, text in enumerate(line for line in top if line):
        sheet.write_string(row, 0, clean(text), bold)
    header = 4 if book.document.mark else 3
    places = _places(table)
    head = book.look(bold=True, text_wrap=True, border=1, bg_color="#E7E6E6", align="center")
    for column, (place, bounds) in zip(table.columns, places, strict=True):
        sheet.set_column(place, place, _width(column), None)
        sheet.write_string(header, place, clean(column.heading), head)
        for number, title in enumerate((LOW_VI, HIGH_VI) if bounds else (), start=1):
            sheet.write_string(header, place + number, clean(f"{column.title} - {title}"), head)
    titles = [(clean(column.heading), _width(column)) for column in table.columns]
    sheet.set_row(header, _height(titles))
    for row, cells in enumerate(table.rows, start=header + 1):
        texts = [cell_text(*both) for both in zip(cells, table.columns, strict=True)]
        widths = [_width(column) for column in table.columns]
        sheet.set_row(row, _height(list(zip(texts, widths, strict=True))))
        for cell, column, (place, bounds) in zip(cells, table.columns, places, strict=True):
            _write_cell(book, sheet, row, place, cell, column)
            if bounds:
                _write_bounds(book, sheet, row, place, cell, column)
    last = header + len(table.rows)
    width = places[-1][0] + 2 * places[-1][1]
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    if table.rows:
        sheet.autofilter(header, 0, last, width)
    notes = [*table.notes, *(f"Nguồn: {source}" for source in table.sources)]
    for row, note in enumerate(notes, start=last + 2):
        sheet.write_string(row, 0, clean(note), book.look(italic=True))


def _width(column: Column) -> float:
    return 4 + 8 * column.width


def _height(texts: Sequence[tuple[str, float]]) -> float:
    """Estimate the height of a row in points from (text, column width): not every program does."""
    lines = [
        sum(1 + int(len(line) * 1.05 / width) for line in text.split("\n")) for text, width in texts
    ]
    return LINE_POINTS * min(MOST_LINES, max(lines, default=1))


def _places(table: Table) -> list[tuple[int, bool]]:
    """Give for each column its place in the sheet and whether two interval columns follow."""
    places, place = [], 0
    for index in range(len(table.columns)):
        bounds = any(
            row[index].low is not None or row[index].high is not None for row in table.rows
        )
        places.append((place, bounds))
        place += 3 if bounds else 1
    return places


def _write_cell(book: _Book, sheet: Any, row: int, place: int, cell: Cell, column: Column) -> None:
    if cell.text or cell.value is None:
        look = book.look(border=1, text_wrap=True)
        sheet.write_string(row, place, cell_text(cell, column), look)
    elif isinstance(cell.value, date):
        look = book.look(border=1, num_format="dd/mm/yyyy")
        sheet.write_datetime(row, place, datetime.combine(cell.value, time(0)), look)
    else:
        form = cell.form or column.form
        before, after = around_text(cell, form)
        look = book.look(border=1, num_format=_number_format(form, before, after))
        sheet.write_number(row, place, cell.value, look)


def _write_bounds(
    book: _Book, sheet: Any, row: int, place: int, cell: Cell, column: Column
) -> None:
    """Write the two ends of an interval; an open end and a missing interval say so in words."""
    form = cell.form or column.form
    sign = "%" if form.kind == "percent" else ""
    look = book.look(border=1, num_format=_number_format(form, "", sign))
    words = "không giới hạn" if (cell.low, cell.high) != (None, None) else "không có khoảng"
    for number, bound in enumerate((cell.low, cell.high), start=1):
        if bound is None:
            sheet.write_string(row, place + number, words, book.look(border=1, text_wrap=True))
        else:
            sheet.write_number(row, place + number, bound, look)


def _number_format(form: Form, before: str, after: str) -> str:
    """Write the number format that shows what the other files print; words are quoted."""
    digits = "#,##0" + ("." + "0" * form.decimals if form.decimals else "")
    before, after = (f'"{words}"' if words else "" for words in (before, after))
    positive = f"{before}{digits}{after}"
    return f"+{positive};-{positive};{positive}" if form.signed else positive


def _chart_sheet(book: _Book) -> None:
    sheet = book.sheet("Biểu đồ")
    bold = book.look(bold=True)
    row = 0
    if book.document.mark:
        sheet.write_string(row, 0, book.document.mark, bold)
        row += 2
    for chart in book.document.charts:
        row = _insert(book, sheet, row, chart)


def _insert(book: _Book, sheet: Any, row: int, chart: AnyChart) -> int:
    """Put one chart under its title and give the row for the next."""
    sheet.write_string(row, 0, clean(chart.title), book.look(bold=True))
    image = io.BytesIO(picture(chart, book.document.mark))
    options = {"image_data": image, "description": chart.alt_text[:2000], "object_position": 1}
    sheet.insert_image(row + 1, 0, "chart.png", options)
    return row + 26
