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

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm

from tracker.charts import AnyChart, picture
from tracker.tables import lines_below
from tracker.text.printable import clean, whole
from tracker.writers import Block, Document, Heading, Paragraph, lying
from tracker.writers.packing import same_bytes
from tracker.writers.word.elements import paragraph_xml, table_xml
from tracker.writers.word.frame import annex_xml, masthead_xml, signature_xml, title_xml
from tracker.writers.word.template import (
    FONT,
    count_pages_anew,
    set_up,
    template,
    turn,
    write_header,
)

__all__ = ["FONT", "write_word"]


def write_word(document: Document, path: Path) -> None:
    """Write a document as .docx; the same document gives the same bytes."""
    word = docx.Document(io.BytesIO(template()))
    _properties(word, document)
    set_up(word.sections[0], landscape=False)
    word.sections[0].different_first_page_header_footer = True
    write_header(word.sections[0], document.mark)
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
    _annex(word, document)
    package = io.BytesIO()
    word.save(package)
    path.write_bytes(same_bytes(package.getvalue()))


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


def _opening(word: Any, document: Document) -> None:
    _append(word, masthead_xml(document))
    for xml in title_xml(document):
        _append(word, xml)
    _say(word, document.addressee, "Addressee")
    _say(word, document.as_of_line, "BodyText", look="<w:b/>")
    _say(word, document.edition_line, "Note")


def _annex(word: Any, document: Document) -> None:
    """Write the annexes on pages of their own, numbered from 1."""
    if not document.annex:
        return
    count_pages_anew(turn(word, landscape=any(lying(document.annex))))
    for block in document.annex:
        if isinstance(block, Heading) and block.level == 1:
            for xml in annex_xml(block.text, document.masthead, document.kind):
                _append(word, xml)
        else:
            _block(word, block, document.mark)


def _block(word: Any, block: Block, mark: str) -> None:
    if isinstance(block, Heading):
        _say(word, block.text, f"Heading{min(block.level, 3)}")
    elif isinstance(block, Paragraph):
        style = "Note" if block.kind == "note" else "BodyText"
        for line in whole(block.text).split("\n"):
            _say(word, line, style, shape="<w:keepLines/>" if block.kind == "choice" else "")
    elif isinstance(block, AnyChart):
        _picture(word, block, mark)
    else:
        _say(word, block.title, "Caption")
        _append(word, table_xml(block))
        for note in lines_below(block) or ("",):
            _say(word, note, "Note")


def _say(word: Any, text: str, style: str, *, shape: str = "", look: str = "") -> None:
    """Write a paragraph. Through python-docx each one would search all styles for its own."""
    _append(word, paragraph_xml(text, style, shape=shape, look=look))


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
    if not xml.startswith("<w:tbl "):
        xml = xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)
    word.element.body.sectPr.addprevious(parse_xml(xml))


def _signature(word: Any, document: Document) -> None:
    if not document.signature:
        return
    _say(word, "", "Note")
    _append(word, signature_xml(document))
    _say(word, "", "Note")
