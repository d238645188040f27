"""The workbook holds real numbers in printed form; no text becomes a formula or a link."""

import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from document_sample import MARK, rich_charts, rich_document, rich_table, sample_document
from openpyxl.workbook import Workbook

from tracker.tables import COUNT, DAY, Cell, Column, Form, Table
from tracker.writers.excel import write_excel, write_workbook
from tracker.writers.excel.book import MOST_LETTERS, pieces


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
        "Dữ liệu biểu đồ",
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
    assert all(one.min_row > 9 for one in sheet.merged_cells.ranges)


def test_a_text_that_looks_like_a_formula_or_link_stays_text(path: Path, book: Workbook) -> None:
    cell = book["Bảng 1"]["C9"]
    assert cell.data_type == "s"
    assert cell.value.startswith("=1+1")
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        content = b"".join(file.read(name) for name in names if name.endswith((".xml", ".rels")))
    assert b"<f>" not in content
    assert b'TargetMode="External"' not in content
    assert not [name for name in names if "vba" in name.lower()]
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
    heads = [cell.value for cell in book["Nguồn gốc số liệu"][5]]
    assert rows[0][heads.index("Số lần đọc")] == 364


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


def test_the_same_document_gives_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_excel(rich_document(), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    made = openpyxl.load_workbook(tmp_path / "one.xlsx").properties.created
    assert made.isoformat() == "2024-09-15T00:00:00"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("charts") / "report.xlsx"
    write_excel(rich_document(), target)
    return target


def chart_xml(path: Path, number: int) -> str:
    with zipfile.ZipFile(path) as file:
        return file.read(f"xl/charts/chart{number}.xml").decode()


def test_series_are_excels_own_lines_drawn_from_the_sheet_of_their_numbers(charts: Path) -> None:
    drawn = chart_xml(charts, 1)
    assert "<c:scatterChart>" in drawn
    assert re.findall(r"<c:yVal><c:numRef><c:f>([^<]*)", drawn) == [
        "'Dữ liệu biểu đồ'!$B$5:$B$64",
        "'Dữ liệu biểu đồ'!$C$5:$C$64",
        "'Dữ liệu biểu đồ'!$D$5:$D$64",
        "'Dữ liệu biểu đồ'!$H$5:$H$6",
        "'Dữ liệu biểu đồ'!$H$7:$H$8",
    ]
    sheet = openpyxl.load_workbook(charts)["Dữ liệu biểu đồ"]
    assert [cell.value for cell in sheet[4]][:4] == [
        "Ngày",
        "YouTube",
        "Facebook",
        "Trang thông tin điện tử",
    ]
    assert sheet["A5"].value.date() == date(2022, 1, 3)
    assert [cell.value for cell in sheet[5]][1:4] == [1000, 2000, 3000]
    assert sheet["B25"].value is None


def test_lines_of_excels_charts_differ_in_dashes_too(charts: Path) -> None:
    dashes = re.findall(r'<a:prstDash val="([^"]*)"', chart_xml(charts, 1))
    assert len(set(dashes[:2])) == 2
    colours = re.findall(r'<a:ln[^>]*><a:solidFill><a:srgbClr val="([^"]*)"', chart_xml(charts, 1))
    assert len(set(colours)) >= 4


def test_a_ranking_is_a_bar_chart_from_zero_with_the_reach_of_its_intervals(charts: Path) -> None:
    drawn = chart_xml(charts, 2)
    assert "<c:barChart>" in drawn
    assert '<c:min val="0"/>' in drawn
    assert drawn.count("<c:errBars>") == 1
    book = openpyxl.load_workbook(charts)
    rows = {row[0].value: row for row in book["Dữ liệu biểu đồ"].iter_rows(min_row=66)}
    assert [cell.value for cell in rows["An Giang"]][:5] == ["An Giang", 22, 19, 25.5, "hạng 2"]
    assert [cell.value for cell in rows["An Giang"]][6:8] == [3, 3.5]
    assert rows["Ninh Bình"][1].value is None


def test_own_charts_have_alternative_texts_and_the_mark(charts: Path) -> None:
    with zipfile.ZipFile(charts) as file:
        drawing = file.read("xl/drawings/drawing1.xml").decode()
    described = re.findall(r'descr="([^"]*)"', drawing)
    assert len(described) == 2
    assert "Người theo dõi" in described[0]
    assert all(MARK in chart_xml(charts, number) for number in (1, 2))


def test_a_cell_beyond_what_excel_holds_goes_on_below_marked(tmp_path: Path) -> None:
    words = " ".join(f"từ{number}" for number in range(12_000))
    assert len(words) > 2 * MOST_LETTERS
    table = Table("L", "Bảng 1. Dài", (Column("a"), Column("b")), ((Cell(1), Cell(text=words)),))
    write_workbook(
        [table],
        tmp_path / "a.xlsx",
        title="t",
        subject="s",
        as_of_line="x",
        made_on=date(2024, 1, 2),
    )
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Bảng 1"]
    first = sheet["B5"].value
    assert first.endswith(" (tiếp)")
    below = [cell.value for cell in sheet["A"] if str(cell.value).startswith("B5: (tiếp) ")]
    assert sheet["A7"].value == "Phần tiếp theo của các ô dài"
    assert all(len(text) <= MOST_LETTERS for text in [first, *below])
    whole = [first, *(text.removeprefix("B5: (tiếp) ") for text in below)]
    assert "".join(text.removesuffix(" (tiếp)") for text in whole) == words


def test_pieces_hold_all_letters_and_count_an_emoji_as_two() -> None:
    text = "😀" * 40_000
    found = pieces(text, MOST_LETTERS)
    assert all(len(piece.encode("utf-16-le")) // 2 <= MOST_LETTERS for piece in found)
    assert "".join(found).count("😀") == 40_000
    assert pieces("ngắn", 100) == ["ngắn"]


def test_numbers_and_days_that_excel_cannot_hold_are_written_out(tmp_path: Path) -> None:
    """2^63-1 has 19 digits, Excel keeps 15; a day before March 1900 is off by one or refused."""
    rows = (
        (Cell(2**63 - 1), Cell(date(1890, 5, 6)), Cell(-0.04)),
        (Cell(10**14), Cell(date(1945, 9, 2)), Cell(0.26)),
    )
    columns = (Column("a", COUNT), Column("b", DAY), Column("c", Form("number", 1, signed=True)))
    write_workbook(
        [Table("B", "Bảng 1. Lớn", columns, rows)],
        tmp_path / "a.xlsx",
        title="t",
        subject="s",
        as_of_line="x",
        made_on=date(2024, 1, 2),
    )
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Bảng 1"]
    assert [cell.value for cell in sheet[5]] == ["9.223.372.036.854.775.807", "06/05/1890", -0.04]
    assert [sheet["A6"].value, sheet["C6"].value] == [10**14, 0.26]
    assert sheet["B6"].value.date() == date(1945, 9, 2)
    assert sheet["C5"].number_format == "#,##0.0;#,##0.0;#,##0.0"
    assert sheet["C6"].number_format == "+#,##0.0;-#,##0.0;#,##0.0"


def test_a_workbook_of_all_units_lists_tables_definitions_origins_and_charts(
    tmp_path: Path,
) -> None:
    document = rich_document()
    for name in ("one", "two"):
        write_workbook(
            [rich_table(), *sample_document().tables],
            tmp_path / f"{name}.xlsx",
            title="Cả nước & 63 địa phương",
            subject="Kỳ 2023 - 2024",
            as_of_line="Số liệu tính đến ngày 15/09/2024",
            made_on=date(2024, 9, 15),
            mark="A & B",
            definitions=document.definitions,
            passport=document.passport,
            charts=rich_charts(),
        )
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames == [
        "Báo cáo",
        "Bảng 1",
        "Bảng 1 2",
        "Bảng 2",
        "Biểu đồ",
        "Dữ liệu biểu đồ",
        "Định nghĩa",
        "Nguồn gốc số liệu",
    ]
    words = [cell.value for cell in book["Báo cáo"]["A"]]
    assert words[:4] == [
        "A & B",
        "Cả nước & 63 địa phương",
        "Số liệu tính đến ngày 15/09/2024",
        "Kỳ 2023 - 2024",
    ]
    assert "- Bảng 1. Kênh của các địa phương" in words
    assert "A & B" in book["Bảng 1"].oddHeader.center.text.replace("&&", "&")


@pytest.mark.parametrize(
    ("title", "name"),
    [("History", "History 2"), ("a/b:c*?[]", "a b c"), ("''", "Bảng"), ("x" * 50, "x" * 26)],
)
def test_sheets_get_names_that_excel_accepts(title: str, name: str, tmp_path: Path) -> None:
    table = Table("", title, (Column("a"),), ((Cell(text="x"),),))
    write_workbook(
        [table], tmp_path / "a.xlsx", title="t", subject="", as_of_line="", made_on=date(2024, 1, 2)
    )
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames[1] == name


def test_sheets_print_on_a4_with_the_header_on_every_page(charts: Path) -> None:
    sheet = openpyxl.load_workbook(charts)["Bảng 1"]
    assert sheet.print_title_rows == "$5:$5"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_a_column_is_wide_enough_for_its_numbers(charts: Path) -> None:
    """The total 976.800 (±4.400) has 16 letters; a narrower column would show ####."""
    sheet = openpyxl.load_workbook(charts)["Bảng 1"]
    assert sheet.column_dimensions["E"].width >= 18
