"""The Word file seen from inside: layout of Decree 30/2020, fonts, header rows, alt texts."""

import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from document_sample import MARK, rich_document, sample_document
from docx.oxml.ns import qn
from docx.shared import Mm
from lxml import etree

from tracker.writers.word import FONT, write_word


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("word") / "report.docx"
    write_word(sample_document(), target)
    return target


def part(path: Path, name: str) -> etree._Element:
    with zipfile.ZipFile(path) as file:
        return etree.fromstring(file.read(name))


def texts(path: Path) -> str:
    return "\n".join(part(path, "word/document.xml").itertext())


def test_pages_are_a4_with_the_margins_of_the_decree(path: Path) -> None:
    sections = docx.Document(str(path)).sections
    assert [round(one.page_width / Mm(1)) for one in sections] == [210, 297, 210, 297]
    for one in sections:
        assert {round(one.page_width / Mm(1)), round(one.page_height / Mm(1))} == {210, 297}
        assert 20 <= round(one.top_margin / Mm(1)) <= 25
        assert 20 <= round(one.bottom_margin / Mm(1)) <= 25
        assert 30 <= round(one.left_margin / Mm(1)) <= 35
        assert 15 <= round(one.right_margin / Mm(1)) <= 20


def test_times_new_roman_stands_in_all_four_slots_and_no_theme_font_remains(path: Path) -> None:
    styles = part(path, "word/styles.xml")
    all_fonts = list(styles.iter(qn("w:rFonts")))
    assert len(all_fonts) > 5
    for fonts in all_fonts:
        assert dict(fonts.attrib) == {
            qn(f"w:{slot}"): FONT for slot in ("ascii", "hAnsi", "cs", "eastAsia")
        }
    assert not list(part(path, "word/document.xml").iter(qn("w:rFonts")))


def test_the_body_is_13_points_black_and_vietnamese(path: Path) -> None:
    styles = docx.Document(str(path)).styles
    assert styles["Body Text"].font.size.pt == 13
    assert str(styles["Heading 1"].font.color.rgb) == "000000"
    language = next(part(path, "word/styles.xml").iter(qn("w:lang")))
    assert language.get(qn("w:val")) == "vi-VN"


def test_the_page_number_stands_top_centre_but_not_on_page_1(path: Path) -> None:
    sections = docx.Document(str(path)).sections
    first = sections[0]
    assert [one.different_first_page_header_footer for one in sections] == [
        True,
        False,
        False,
        False,
    ]
    assert "PAGE" in first.header._element.xml
    assert "PAGE" not in first.first_page_header._element.xml
    assert all(one.header.is_linked_to_previous for one in list(sections)[1:])


def test_the_synthetic_mark_stands_in_the_header_of_every_page(path: Path, tmp_path: Path) -> None:
    first = docx.Document(str(path)).sections[0]
    for header in (first.header, first.first_page_header):
        assert MARK in [paragraph.text for paragraph in header.paragraphs]
    write_word(sample_document(""), tmp_path / "real.docx")
    with zipfile.ZipFile(tmp_path / "real.docx") as file:
        assert all(
            "GIẢ LẬP" not in file.read(name).decode("utf-8", "ignore") for name in file.namelist()
        )


def test_header_rows_repeat_and_no_row_is_torn_that_fits_a_page(path: Path) -> None:
    tables = list(part(path, "word/document.xml").iter(qn("w:tbl")))
    data = [table for table in tables if table.find(f".//{qn('w:tblBorders')}") is not None]
    assert len(data) == 3
    for table in data:
        rows = table.findall(qn("w:tr"))
        assert rows[0].find(f".//{qn('w:tblHeader')}") is not None
        whole = [row for row in rows if row.find(f".//{qn('w:cantSplit')}") is not None]
        assert [row for row in rows if row not in whole] == [
            row for row in rows if len("".join(row.itertext())) > 10_000
        ]


def test_the_wide_table_and_its_heading_lie_on_a_landscape_page(path: Path) -> None:
    body = part(path, "word/document.xml").find(qn("w:body"))
    ends = [
        number for number, one in enumerate(body) if one.find(f".//{qn('w:sectPr')}") is not None
    ]
    words = ["".join(one.itertext()) for one in body]
    heading = words.index("Kênh")
    table = next(number for number, text in enumerate(words) if "K01" in text and number > heading)
    assert ends[0] < heading < table <= ends[1]


def test_repeated_channel_names_are_joined_cells(path: Path) -> None:
    merges = [one.get(qn("w:val")) for one in part(path, "word/document.xml").iter(qn("w:vMerge"))]
    assert merges == ["restart", None, "restart", None]


def test_pictures_have_alternative_texts(path: Path) -> None:
    drawn = [
        one
        for one in part(path, "word/document.xml").iter()
        if etree.QName(one).localname == "docPr"
    ]
    assert len(drawn) == 1
    assert "Người theo dõi" in drawn[0].get("descr")
    assert "1 khoảng trống" in drawn[0].get("descr")


def test_headings_use_heading_styles(path: Path) -> None:
    found = [(p.style.name, p.text) for p in docx.Document(str(path)).paragraphs]
    assert ("Heading 1", "1. Thực trạng") in found
    assert ("Heading 2", "Kênh") in found


def test_nothing_points_outside_the_file(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in file.read(name)


def test_no_cell_is_blank_and_unknown_is_said_in_words(path: Path) -> None:
    for row in part(path, "word/document.xml").iter(qn("w:tr")):
        for cell in row.findall(qn("w:tc")):
            merge = cell.find(f".//{qn('w:vMerge')}")
            covered = merge is not None and merge.get(qn("w:val")) is None
            assert covered or "".join(cell.itertext()).strip()
    assert "chưa có số liệu (chưa đủ 8 tuần)" in texts(path)
    assert "chưa được phép theo điều khoản của nền tảng" in texts(path)
    assert "12.300 (±100)" in texts(path)


def test_control_characters_and_huge_texts_do_not_break_the_file(path: Path) -> None:
    assert "=1+1  <b>&amp; ]]>" in texts(path)
    assert "x" * 100_000 in texts(path)


def test_the_file_names_no_person_and_no_library_as_author(path: Path) -> None:
    properties = docx.Document(str(path)).core_properties
    assert properties.author == "ỦY BAN NHÂN DÂN TỈNH QUẢNG NINH"
    assert properties.last_modified_by == ""
    assert "0123456789ab" in properties.comments


def test_the_same_document_gives_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_word(rich_document(), tmp_path / f"{name}.docx")
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.docx") as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist()[0] == "[Content_Types].xml"


def test_the_file_holds_no_macro_no_link_and_nothing_of_an_older_template(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
    assert not [name for name in names if "vba" in name.lower() or name.endswith(".bin")]
    assert not [name for name in names if "thumbnail" in name or "customXml" in name]
    assert not [name for name in names if "stylesWithEffects" in name]
    body = part(path, "word/document.xml")
    assert not list(body.iter(qn("w:hyperlink")))
    assert {"".join(one.itertext()) for one in body.iter(qn("w:instrText"))} <= {"PAGE"}


# The order of children that ECMA-376 part 1 (wml.xsd) prescribes; Word refuses a file without it.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr"
    " suppressLineNumbers pBdr shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct"
    " topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind"
    " contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment"
    " textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint"
    " noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect"
    " bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc"
    " tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText"
    " vAlign hideMark",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc"
    " pgBorders lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi"
    " rtlGutter docGrid",
    "tbl": "tblPr tblGrid tr",
    "tr": "trPr tc",
    "tc": "tcPr p",
    "p": "pPr r",
}


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "word/header1.xml"])
def test_the_parts_of_every_element_stand_in_the_order_of_the_schema(path: Path, name: str) -> None:
    checked = 0
    for element in part(path, name).iter():
        order = ORDER.get(etree.QName(element).localname, "").split()
        children = [etree.QName(child).localname for child in element]
        if not order or element.tag != qn(f"w:{etree.QName(element).localname}"):
            continue
        assert set(children) <= set(order), etree.tostring(element)[:300]
        places = [order.index(child) for child in children]
        assert all(one <= other for one, other in pairwise(places)), children
        checked += 1
    assert checked > 2


def test_every_cell_ends_with_a_paragraph_and_every_table_is_followed_by_one(path: Path) -> None:
    """Word calls a file broken in which a cell holds none, or two tables touch at the end."""
    body = part(path, "word/document.xml")
    for cell in body.iter(qn("w:tc")):
        assert cell[-1].tag == qn("w:p")
    for table in body.iter(qn("w:tbl")):
        following = table.getnext()
        assert following is not None
        assert following.tag == qn("w:p")


def test_number_and_place_stand_on_one_line_under_the_two_columns(path: Path) -> None:
    rows = docx.Document(str(path)).tables[0].rows
    assert [cell.text.strip() for cell in rows[0].cells] == [
        "ỦY BAN NHÂN DÂN\nTỈNH QUẢNG NINH",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
    ]
    assert [cell.text for cell in rows[1].cells] == [
        "Số: …/BC-UBND",
        "Quảng Ninh, ngày … tháng … năm 2024",
    ]


def test_the_superior_body_is_upright_and_the_issuing_one_bold(tmp_path: Path) -> None:
    document = sample_document()
    head = replace(document.masthead, superior=("UBND TỈNH QUẢNG NINH",), issuer=("SỞ DU LỊCH",))
    write_word(replace(document, masthead=head), tmp_path / "a.docx")
    left = docx.Document(str(tmp_path / "a.docx")).tables[0].rows[0].cells[0].paragraphs
    assert [(one.text, one.runs[0].bold) for one in left[:2]] == [
        ("UBND TỈNH QUẢNG NINH", None),
        ("SỞ DU LỊCH", True),
    ]
    assert {one.runs[0].font.size.pt for one in left[:2]} == {12}


def test_an_official_letter_has_its_subject_under_its_number_and_no_title(tmp_path: Path) -> None:
    document = replace(sample_document(), kind="", subject="V/v báo cáo kết quả")
    write_word(document, tmp_path / "a.docx")
    word = docx.Document(str(tmp_path / "a.docx"))
    cell = word.tables[0].rows[1].cells[0]
    assert cell.text == "Số: …/BC-UBND\nV/v báo cáo kết quả"
    assert cell.paragraphs[1].paragraph_format.space_before.pt == 6
    assert not [one for one in word.paragraphs if one.style.name == "Title"]


def test_recipients_are_small_with_a_bold_italic_head_and_the_signer_stands_right(
    path: Path,
) -> None:
    left, right = docx.Document(str(path)).tables[3].rows[0].cells
    head, first = left.paragraphs
    assert (head.text, head.runs[0].bold, head.runs[0].italic) == ("Nơi nhận:", True, True)
    assert head.runs[0].font.size.pt == 12
    assert (first.text, first.style.font.size.pt) == ("- Như trên;", 11)
    assert right.text == "TM. ỦY BAN NHÂN DÂN"
    assert right.paragraphs[-1].paragraph_format.space_after.pt == 70
    assert right.paragraphs[0].style.font.bold is True


def test_the_annex_names_its_document_and_counts_its_pages_from_1(tmp_path: Path) -> None:
    write_word(rich_document(), tmp_path / "a.docx")
    word = docx.Document(str(tmp_path / "a.docx"))
    words = [one for one in word.paragraphs if one.text.startswith(("Phụ lục", "(Kèm"))]
    assert [(one.style.name, one.text) for one in words] == [
        ("Heading 1", "Phụ lục\nNGUỒN GỐC SỐ LIỆU"),
        (
            "Annex Note",
            "(Kèm theo Báo cáo số …/BC-UBND ngày … tháng … năm 2024 của ỦY BAN NHÂN DÂN "
            "TỈNH QUẢNG NINH)",
        ),
    ]
    starts = [one._sectPr.find(qn("w:pgNumType")) for one in word.sections]
    assert [None if one is None else one.get(qn("w:start")) for one in starts] == [
        None,
        None,
        None,
        "1",
    ]


def test_body_text_is_indented_justified_and_set_apart(path: Path) -> None:
    shape = docx.Document(str(path)).styles["Body Text"].paragraph_format
    assert round(shape.first_line_indent.cm, 2) == 1
    assert shape.space_after.pt >= 6
    assert 1 <= shape.line_spacing <= 1.5
    assert shape.alignment is not None
    assert shape.alignment.name == "JUSTIFY"


def test_below_each_table_stand_days_lanes_and_n(path: Path) -> None:
    assert (
        "Số liệu của bảng: đọc trong các ngày 22/02/2021 - 20/02/2022; nguồn đọc công khai; "
        "n = 1 tài khoản." in texts(path)
    )
    assert "(±…): nền tảng làm tròn số" in texts(path)
