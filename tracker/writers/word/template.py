"""The empty Word file that every report begins as: fonts, language, styles; and page layout."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Mm, Pt, RGBColor

from tracker.text.printable import whole

FONT = "Times New Roman"
SHORT, LONG = Mm(210), Mm(297)
TOP, BOTTOM, LEFT, RIGHT = Mm(20), Mm(20), Mm(30), Mm(20)
BODY_POINTS, TABLE_POINTS = 13, 10.5
LEFTWARD, CENTRED = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER
OWN_PARTS = ("/thumbnail", "/customXml", "/stylesWithEffects")
"""What the library's own empty file brings along and no report needs."""
# name, points, bold, italic, points before and after, first-line indent in cm, alignment
STYLES: tuple[tuple[str, float, bool, bool, int, int, float, Any], ...] = (
    ("Normal", BODY_POINTS, False, False, 0, 0, 0, None),
    ("Body Text", BODY_POINTS, False, False, 0, 6, 1, WD_ALIGN_PARAGRAPH.JUSTIFY),
    ("Heading 1", 14, True, False, 12, 6, 0, LEFTWARD),
    ("Heading 2", 13, True, False, 8, 6, 0, LEFTWARD),
    ("Heading 3", 13, True, True, 6, 6, 0, LEFTWARD),
    ("Title", 14, True, False, 12, 0, 0, CENTRED),
    ("Subtitle", 14, True, False, 0, 0, 0, CENTRED),
    ("Addressee", 13, False, False, 6, 6, 0, CENTRED),
    ("Masthead", 13, False, False, 0, 0, 0, CENTRED),
    ("Signature", 13, True, False, 0, 0, 0, CENTRED),
    ("Recipients", 11, False, False, 0, 0, 0, LEFTWARD),
    ("Annex Note", 13, False, True, 0, 6, 0, CENTRED),
    ("Caption", 12, True, False, 6, 6, 0, LEFTWARD),
    ("Header", 13, False, False, 0, 0, 0, CENTRED),
    ("Note", 11, False, True, 0, 4, 0, LEFTWARD),
    ("Table Text", TABLE_POINTS, False, False, 1, 1, 0, LEFTWARD),
    ("Table Head", TABLE_POINTS, True, False, 1, 1, 0, CENTRED),
)


@cache
def template() -> bytes:
    """Prepare the empty file that every report begins as: fonts, language, styles, no themes."""
    word = docx.Document()
    defaults = word.styles.element.find(qn("w:docDefaults")).find(f".//{qn('w:rPr')}")
    for child in list(defaults):
        defaults.remove(child)
    defaults.append(parse_xml(f"<w:rFonts {nsdecls('w')} {_font_slots()}/>"))
    defaults.append(
        parse_xml(f'<w:lang {nsdecls("w")} w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/>')
    )
    for fonts in word.styles.element.iter(qn("w:rFonts")):
        for name in list(fonts.attrib):
            del fonts.attrib[name]
        for slot in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{slot}"), FONT)
    names = {style.name for style in word.styles}
    for name, points, bold, italic, before, after, indent, alignment in STYLES:
        if name not in names:
            word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = word.styles["Normal"]
        style = word.styles[name]
        _plain_style(style)
        style.font.name, style.font.size = FONT, Pt(points)
        style.font.bold, style.font.italic = bold, italic
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.rPr.rFonts
        for slot in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{slot}"), FONT)
        shape = style.paragraph_format
        shape.space_before, shape.space_after = Pt(before), Pt(after)
        shape.first_line_indent, shape.line_spacing = Cm(indent), 1.1 if indent else 1.0
        if alignment is not None:
            shape.alignment = alignment
    word.styles["Caption"].paragraph_format.keep_with_next = True
    _modern(word)
    for rels in (word.part.rels, word.part.package.rels):
        for key in [key for key, one in rels.items() if one.reltype.endswith(OWN_PARTS)]:
            del rels[key]
    target = io.BytesIO()
    word.save(target)
    return target.getvalue()


def _font_slots() -> str:
    return " ".join(f'w:{slot}="{FONT}"' for slot in ("ascii", "hAnsi", "cs", "eastAsia"))


def _plain_style(style: Any) -> None:
    """Take borders, colours and spacing of the library's own template out of a style."""
    for tag in ("w:pBdr", "w:spacing", "w:contextualSpacing", "w:ind"):
        for element in style.element.findall(f".//{qn(tag)}"):
            element.getparent().remove(element)


def _modern(word: Any) -> None:
    """Tell Word that this is a file of today, not one to open in compatibility mode."""
    settings = word.settings.element
    language = settings.find(qn("w:themeFontLang"))
    if language is not None:
        for slot in ("val", "eastAsia"):
            language.set(qn(f"w:{slot}"), "vi-VN")
    compat = settings.find(qn("w:compat"))
    for old in list(compat):
        compat.remove(old)
    compat.append(
        parse_xml(
            f'<w:compatSetting {nsdecls("w")} w:name="compatibilityMode" '
            'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
        )
    )


def set_up(section: Any, *, landscape: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (LONG, SHORT) if landscape else (SHORT, LONG)
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.header_distance, section.footer_distance = Mm(10), Mm(10)


def turn(word: Any, *, landscape: bool) -> Any:
    """Begin a new page, upright or lying; give its section."""
    section = word.add_section(WD_SECTION.NEW_PAGE)
    set_up(section, landscape=landscape)
    section.different_first_page_header_footer = False
    return section


def count_pages_anew(section: Any) -> None:
    """Number the pages of a section from 1 (Appendix I, part I, III.1.đ: each annex by itself)."""
    numbering = section._sectPr.find(qn("w:pgNumType"))
    if numbering is None:
        numbering = OxmlElement("w:pgNumType")
        section._sectPr.find(qn("w:pgMar")).addnext(numbering)
    numbering.set(qn("w:start"), "1")


def write_header(section: Any, mark: str) -> None:
    """Put the page number and the mark at the top; page 1 shows the mark alone."""
    number = section.header.paragraphs[0]
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = number.add_run()
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)
    first_page = section.first_page_header.paragraphs[0]
    first_page.style = "Header"
    if mark:
        for paragraph in (first_page, section.header.add_paragraph(style="Header")):
            paragraph.add_run(whole(mark)).bold = True
