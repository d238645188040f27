"""The workbook holds real numbers in printed form; no text becomes a formula or a link."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from document_sample import MARK, sample_document
from openpyxl.workbook import Workbook

from tracker.writers.excel import write_excel


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("excel") / "report.xlsx"
    write_excel(sample_document(), target)
    return target


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def test_each_table_has_its_sheet_and_definitions_and_origins_follow(book: Workbook) -> None:
    assert book.sheetnames == [
        "Báo cáo",
        "Bảng 1",
        "Bảng 2",
        "Biểu đồ",
        "Định nghĩa",
        "Nguồn gốc số liệu",
    ]


def test_numbers_are_numbers_that_show_qualifier_step_and_sign(book: Workbook) -> None:
    sheet = book["Bảng 1"]
    before = sheet["D6"]
    assert (before.value, before.number_format) == (12300, '#,##0" (±100)"')
    assert (sheet["E8"].value, sheet["E8"].number_format) == (19_000_000, '"hơn "#,##0')
    assert sheet["F6"].number_format == '+#,##0.0"%";-#,##0.0"%";#,##0.0"%"'


def test_intervals_stand_in_two_columns_of_their_own(book: Workbook) -> None:
    sheet = book["Bảng 1"]
    assert [cell.value for cell in sheet[5]][5:] == [
        "Thay đổi (c)",
        "Thay đổi (c) - cận dưới",
        "Thay đổi (c) - cận trên",
    ]
    assert [sheet.cell(6, column).value for column in (6, 7, 8)] == [26.8, 25.2, 28.5]
    assert sheet.cell(8, 8).value == "không giới hạn"


def test_unknown_and_forbidden_numbers_say_so_and_are_never_zero(book: Workbook) -> None:
    sheet = book["Bảng 1"]
    assert sheet["D7"].value == "chưa được phép theo điều khoản của nền tảng"
    assert sheet["D8"].value == "chưa có số liệu (chưa đủ 8 tuần)"
    assert sheet["D9"].value == 0


def test_channel_names_are_repeated_so_that_rows_can_be_filtered(book: Workbook) -> None:
    sheet = book["Bảng 1"]
    assert [sheet.cell(row, 1).value for row in range(6, 10)] == ["YouTube"] * 2 + ["Bluesky"] * 2
    assert sheet.auto_filter.ref == "A5:H9"
    assert sheet.freeze_panes == "A6"
    assert not sheet.merged_cells.ranges


def test_a_text_that_looks_like_a_formula_or_link_stays_text(path: Path, book: Workbook) -> None:
    cell = book["Bảng 1"]["C9"]
    assert cell.data_type == "s"
    assert cell.value.startswith("=1+1")
    with zipfile.ZipFile(path) as file:
        content = b"".join(
            file.read(name) for name in file.namelist() if name.endswith((".xml", ".rels"))
        )
    assert b"<f>" not in content
    assert b"hyperlink" not in content


def test_every_printed_number_has_its_line_of_origin(book: Workbook) -> None:
    rows = list(book["Nguồn gốc số liệu"].iter_rows(min_row=6, values_only=True))
    ids = [row[0] for row in rows]
    assert ids == ["K01a", "K01b", "K01c", "K03b", "K03c", "K04a", "K04b"]
    assert rows[0][4:9] == (
        "12.300 (±100)",
        "quang-ninh-ubnd-youtube",
        "YouTube",
        "công khai",
        "Người đăng ký",
    )
    assert rows[0][11] == 364


def test_the_mark_stands_on_every_sheet_and_every_printed_page(
    book: Workbook, tmp_path: Path
) -> None:
    for sheet in book.worksheets:
        assert MARK in str(sheet["A1"].value)
        assert MARK in sheet.oddHeader.center.text
        assert sheet.page_setup.paperSize == 9
    write_excel(sample_document(""), tmp_path / "real.xlsx")
    with zipfile.ZipFile(tmp_path / "real.xlsx") as file:
        assert all(
            "GIẢ LẬP" not in file.read(name).decode("utf-8", "ignore") for name in file.namelist()
        )


def test_pictures_have_alternative_texts(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        drawings = [
            file.read(name).decode() for name in file.namelist() if "drawings/drawing" in name
        ]
    described = re.findall(r'descr="([^"]*)"', "".join(drawings))
    assert len(described) == 1
    assert "Người theo dõi" in described[0]
