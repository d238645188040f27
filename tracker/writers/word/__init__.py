"""Document -> Word file in the layout of Decree 30/2020/NĐ-CP, Appendix I.

A4; margins top and bottom 20 mm, left 30 mm, right 20 mm; Times New Roman 13 in all four font
slots; page number top centre from page 2 on. Tables are written as XML in one go: reaching cells
one by one through python-docx is quadratic. No link leaves the file.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm

from tracker.charts import AnyChart, picture
from tracker.text.printable import clean
from tracker.writers import MOTTO_VI, STATE_VI, Block, Document, Heading, Paragraph, lying
from tracker.writers.word.elements import centred_line, rule, table_xml
from tracker.writers.word.template import FONT, set_up, template, turn, write_header

__all__ = ["FONT", "write_word"]


def write_word(document: Document, path: Path) -> None:
    """Write a document as .docx."""
    word = docx.Document(io.BytesIO(template()))
    _properties(word, document)
    set_up(word.sections[0], landscape=False)
    word.sections[0].different_first_page_header_footer = True
    write_header(word.sections[0], document.mark)
    _masthead(word, document)
    _opening(word, document)
    lies = False
    for block, wide in zip(document.blocks, lying(document.blocks), strict=True):
        if wide != lies:
            turn(word, landscape=wide)
            lies = wide
        _block(word, block, document.mark)
    if lies:
        turn(word, landscape=False)
    _signature(word, document)
    if document.annex:
        turn(word, landscape=any(lying(document.annex)))
        for block in document.annex:
            _block(word, block, document.mark)
    word.save(str(path))


def _properties(word: Any, document: Document) -> None:
    properties = word.core_properties
    properties.title = clean(document.title)[:255]
    properties.subject = clean(f"{document.mark} {document.period}").strip()[:255]
    properties.author = clean(" ".join(document.masthead.issuer))[:255]
    properties.last_modified_by = ""
    properties.comments = clean(document.edition_line)[:255]
    properties.language = "vi-VN"
    made = datetime.combine(document.as_of, time(0), UTC)
    properties.created = properties.modified = made


def _masthead(word: Any, document: Document) -> None:
    """Write the two columns of page 1: issuing body and number; state, motto, place and date."""
    head = document.masthead
    issuer = [(line, "12", "b" if line == head.issuer[-1] else "") for line in head.issuer]
    left = (
        "".join(centred_line(*one) for one in issuer)
        + rule(1300)
        + centred_line(head.number, "13", "")
    )
    right = (
        centred_line(STATE_VI, "12", "b")
        + centred_line(MOTTO_VI, "13", "b")
        + rule(900)
        + centred_line(head.place, "13", "i")
    )
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
        for width, content in ((3900, left), (5400, right))
    )
    _append(
        word,
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="9300" w:type="dxa"/><w:jc w:val="center"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        '<w:tblGrid><w:gridCol w:w="3900"/><w:gridCol w:w="5400"/></w:tblGrid>'
        f"<w:tr>{cells}</w:tr></w:tbl>",
    )


def _opening(word: Any, document: Document) -> None:
    _say(word, document.kind, "Title")
    _say(word, document.subject, "Subtitle")
    _say(word, document.period, "Subtitle")
    _append(word, rule(3300).replace("<w:p>", f"<w:p {nsdecls('w')}>", 1))
    spaced = '<w:spacing w:before="120" w:after="120"/><w:jc w:val="center"/>'
    _say(word, document.addressee, "BodyText", shape=spaced)
    _say(word, document.as_of_line, "BodyText", look="<w:b/>")
    _say(word, document.edition_line, "Note")


def _block(word: Any, block: Block, mark: str) -> None:
    if isinstance(block, Heading):
        _say(word, block.text, f"Heading{min(block.level, 3)}")
    elif isinstance(block, Paragraph):
        style = "Note" if block.kind == "note" else "BodyText"
        for line in clean(block.text).split("\n"):
            _say(word, line, style, shape="<w:keepLines/>" if block.kind == "choice" else "")
    elif isinstance(block, AnyChart):
        _picture(word, block, mark)
    else:
        _say(word, block.title, "Caption")
        _append(word, table_xml(block))
        for note in [*block.notes, *(f"Nguồn: {source}" for source in block.sources)] or [""]:
            _say(word, note, "Note")


def _say(word: Any, text: str, style: str, *, shape: str = "", look: str = "") -> None:
    """Write a paragraph; `shape` and `look` are its own settings and those of its letters, as XML.

    Through python-docx each paragraph would search all styles for its own.
    """
    _append(
        word,
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{style}"/>{shape}</w:pPr>'
        f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r>'
        "</w:p>",
    )


def _picture(word: Any, chart: AnyChart, mark: str) -> None:
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(io.BytesIO(picture(chart, mark)), width=Cm(16))
    properties = shape._inline.docPr
    properties.set("descr", chart.alt_text)
    properties.set("title", clean(chart.title))
    _say(word, chart.title, "Caption", shape='<w:keepNext w:val="0"/><w:jc w:val="center"/>')


def _append(word: Any, xml: str) -> None:
    """Put an element at the end of the body, before the settings of the last section."""
    word.element.body.sectPr.addprevious(parse_xml(xml))


def _signature(word: Any, document: Document) -> None:
    """Leave room for the signature, recipients to the left."""
    if not document.signature:
        return
    recipients = [("Nơi nhận:", "12", "i")] + [(line, "11", "") for line in document.recipients]
    left = "".join(centred_line(*one).replace("center", "left") for one in recipients)
    right = "".join(centred_line(line, "13", "b") for line in document.signature)
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="4500" w:type="dxa"/></w:tcPr>{content}</w:tc>'
        for content in (left, right)
    )
    _say(word, "", "Note")
    _append(
        word,
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="9000" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="4500"/>'
        '<w:gridCol w:w="4500"/></w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>'
        f"{cells}</w:tr></w:tbl>",
    )
    _say(word, "", "Note")
