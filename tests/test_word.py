"""The Word file seen from inside: layout of Decree 30/2020, fonts, header rows, alt texts."""

import zipfile
from pathlib import Path

import docx
import pytest
from document_sample import MARK, sample_document
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


def test_header_rows_repeat_and_rows_are_not_torn(path: Path) -> None:
    tables = list(part(path, "word/document.xml").iter(qn("w:tbl")))
    data = [table for table in tables if table.find(f".//{qn('w:tblBorders')}") is not None]
    assert len(data) == 3
    for table in data:
        rows = table.findall(qn("w:tr"))
        assert rows[0].find(f".//{qn('w:tblHeader')}") is not None
        assert all(row.find(f".//{qn('w:cantSplit')}") is not None for row in rows)


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
    assert "x" * 8000 + "… (đã cắt bớt)" in texts(path)


def test_the_file_names_no_person_and_no_library_as_author(path: Path) -> None:
    properties = docx.Document(str(path)).core_properties
    assert properties.author == "ỦY BAN NHÂN DÂN TỈNH QUẢNG NINH"
    assert properties.last_modified_by == ""
    assert "0123456789ab" in properties.comments
