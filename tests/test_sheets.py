"""Sheets as Vietnamese offices write them: what is understood, what is refused in one sentence."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from tracker.errors import InputError
from tracker.sheets import (
    Layout,
    TemplateColumn,
    column_key,
    open_sheet,
    parse_day,
    parse_decimal,
    parse_instant,
    parse_number,
    read_sheet,
    write_template,
)
from tracker.sheets.cells import cell_text

LAYOUT = Layout(("id", "name_vi", "kind"), ("locality_id", "note"))
ACCOUNTS = Layout(("agency_id", "platform", "url|handle|native_id"))


def refused(path: Path, layout: Layout | None = LAYOUT) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_sheet(path, layout)
    return [str(problem) for problem in caught.value.problems]


def written(folder: Path, content: str | bytes, name: str = "sheet.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def workbook(folder: Path, rows: list[list[object]], name: str = "sheet.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_comma_semicolon_and_tab_are_found_with_and_without_byte_order_mark(
    tmp_path: Path, separator: str, mark: str
) -> None:
    text = mark + "id,name_vi,kind\r\na,Sở Du lịch,department\r\n".replace(",", separator)
    sheet = read_sheet(written(tmp_path, text), LAYOUT)
    assert sheet.rows[0].cells == {"id": "a", "name_vi": "Sở Du lịch", "kind": "department"}


def test_a_separator_stated_in_the_first_line_is_followed(tmp_path: Path) -> None:
    path = written(tmp_path, "sep=;\nid;name_vi;kind\na;b,c;press\n")
    rows = read_sheet(path, LAYOUT).rows
    assert (rows[0].number, rows[0].get("name_vi")) == (3, "b,c")


def test_decimal_commas_do_not_hide_the_semicolon(tmp_path: Path) -> None:
    path = written(tmp_path, "id;name_vi;kind\na;1,2,3,4,5;press\nb;1,2,3,4,5;press\n")
    assert [row.get("name_vi") for row in read_sheet(path, LAYOUT).rows] == ["1,2,3,4,5"] * 2


def test_quoted_line_breaks_and_blank_lines_keep_the_row_numbers_an_office_sees(
    tmp_path: Path,
) -> None:
    text = 'id,name_vi,kind\na,"two\nlines",press\n\n,,\nb,"say ""x""",press\n'
    rows = read_sheet(written(tmp_path, text), LAYOUT).rows
    assert [(row.number, row.get("name_vi")) for row in rows] == [(2, "two\nlines"), (5, 'say "x"')]


def test_blank_trailing_columns_and_short_rows_are_fine(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name_vi,kind,note,,\na,b,press,,,\nc,d,press\n")
    sheet = read_sheet(path, LAYOUT)
    assert sheet.columns == ("id", "name_vi", "kind", "note")
    assert [row.get("note") for row in sheet.rows] == ["", ""]


def test_a_value_beyond_the_header_is_a_problem(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name_vi,kind\na,Sở Văn hóa, Thể thao,department\n")
    assert refused(path) == [
        "sheet.csv, row 2: found 'department'; expected no value outside the named columns "
        "(is a text with a separator unquoted?)"
    ]


def test_headers_in_vietnamese_with_marks_and_spaces_are_understood(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "DANH SÁCH CƠ QUAN, NĂM 2024\n\nSTT;Mã (*);TÊN CƠ QUAN;Loại hình;Mã địa phương\n"
        "1;a;Sở Du lịch;department;quang-ninh\n2;;;;\n",
    )
    sheet = read_sheet(path, LAYOUT)
    assert sheet.columns == ("id", "name_vi", "kind", "locality_id")
    assert [(row.number, row.get("id")) for row in sheet.rows] == [(4, "a")]


def test_a_header_as_typed_becomes_a_name() -> None:
    assert column_key(" Agency ID ") == "agency_id"
    assert column_key("Đường dẫn (*)") == "duong_dan"


def test_decomposed_letters_are_composed_and_invisible_blanks_removed(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name_vi,kind\na,\u200bHo\u0300a Bi\u0300nh\u00a0,press\n")
    assert read_sheet(path, LAYOUT).rows[0].get("name_vi") == "Hòa Bình"


def test_without_a_layout_the_first_line_names_the_columns(tmp_path: Path) -> None:
    sheet = read_sheet(written(tmp_path, "STT,ten\n1,x\n"))
    assert sheet.rows[0].cells == {"stt": "1", "ten": "x"}


def test_wrong_columns_are_one_sentence_each(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name_vi,colour,id\n")
    assert refused(path) == [
        "sheet.csv, row 1: found 'colour'; expected one of the columns id, name_vi, kind, "
        "locality_id, note",
        "sheet.csv, row 1, column id: found 'id'; expected each column only once",
        "sheet.csv, row 1, column kind; expected this column; needed are id, name_vi, kind",
    ]


def test_a_sheet_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, "Họ và tên;Chức vụ\nA;B\n")
    assert refused(path) == [
        "sheet.csv, row 1: found 'Họ và tên, Chức vụ'; expected a header with the columns "
        "id, name_vi, kind"
    ]


def test_one_of_several_columns_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path, "agency_id,platform,handle\na,youtube,@a\n")
    assert read_sheet(path, ACCOUNTS).columns == ("agency_id", "platform", "handle")
    (sentence,) = refused(written(tmp_path, "agency_id,platform\na,youtube\n"), ACCOUNTS)
    assert "column url or handle or native_id" in sentence


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\xef\xbb\xbf\r\n\r\n", "the file is empty"),
        ("a.csv", "id,name_vi,kind\na,Đà,x\n".encode("utf-16"), "CSV UTF-8"),
        ("a.csv", "id,name_vi,kind\na,Đà Nẵng,x\n".encode("utf-16-le"), "CSV UTF-8"),
        ("a.csv", "id,name_vi,kind\na,Đà,x\n".encode("cp1258"), "CSV UTF-8"),
        ("a.csv", b'id,name_vi,kind\na,"b,press\n', "quotes to end"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not .xls"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or locked"),
        ("a.xlsx", b"PK\x03\x04 cut short", "damaged or unsafe"),
        ("a.pdf", b"%PDF", "not .pdf"),
    ],
)
def test_what_is_no_sheet_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (sentence,) = refused(written(tmp_path, content, name))
    assert said in sentence


def test_bytes_that_are_not_utf8_late_in_a_long_file_are_refused_too(tmp_path: Path) -> None:
    text = "id,name_vi,kind\n" + "a,b,press\n" * 20000
    (sentence,) = refused(written(tmp_path, text.encode() + b"a,\xd0\xe0,press\n"))
    assert "CSV UTF-8" in sentence


def test_a_folder_and_a_missing_file_are_named_with_their_path(tmp_path: Path) -> None:
    assert refused(tmp_path) == [f"{tmp_path}; expected a CSV or XLSX file (this is a folder)"]
    (sentence,) = refused(tmp_path / "none.csv")
    assert sentence == (
        f"{tmp_path / 'none.csv'}; expected a CSV or XLSX file (there is none of this name)"
    )


# --- workbooks


def test_cells_of_a_workbook_become_the_text_of_a_csv(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [
            ["id", "name_vi", "kind", "locality_id", "note"],
            ["a", 12345, datetime(2024, 9, 15), True, 12.345],  # noqa: DTZ001 - cells have no zone
            ["b", 1234567.0, datetime(2024, 9, 15, 8, 30), None, 0.1 + 0.2],  # noqa: DTZ001
            [None, None, None, None, None],
            ["c", " x ", date(2024, 9, 15), "", None],
        ],
    )
    rows = read_sheet(path, LAYOUT).rows
    assert [list(row.cells.values()) for row in rows] == [
        ["a", "12345", "2024-09-15", "true", "12.3450"],
        ["b", "1234567", "2024-09-15T08:30:00", "", "0.3"],
        ["c", "x", "2024-09-15", "", ""],
    ]
    assert [row.number for row in rows] == [2, 3, 5]


def test_a_number_cell_with_a_fraction_is_never_a_count() -> None:
    """12.345 in a number cell is twelve and a third, not the count 12 345 as offices write it."""
    with pytest.raises(ValueError, match="whole number"):
        parse_number(cell_text(12.345))
    assert parse_decimal(cell_text(12.345)) == 12.345


def test_a_long_id_in_a_number_cell_is_a_problem_because_its_digits_are_lost(
    tmp_path: Path,
) -> None:
    path = workbook(tmp_path, [["id", "name_vi", "kind"], [100064843214567890, "x", "press"]])
    (sentence,) = refused(path)
    assert "row 2, column A" in sentence
    assert "as a text cell" in sentence


def test_a_formula_that_was_never_counted_is_a_problem_not_an_unknown(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name_vi", "kind"], ["a", '=B1&"x"', "press"]])
    (sentence,) = refused(path)
    assert "row 2, column B" in sentence
    assert "no result" in sentence


def test_two_filled_sheets_are_refused_and_an_empty_workbook_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["id", "name_vi", "kind"])
    book.create_sheet("Năm 2023").append(["id"])
    book.save(tmp_path / "two.xlsx")
    openpyxl.Workbook().save(tmp_path / "none.xlsx")
    (sentence,) = refused(tmp_path / "two.xlsx")
    assert "Năm 2023" in sentence
    (sentence,) = refused(tmp_path / "none.xlsx")
    assert "the workbook is empty" in sentence


def replaced(path: Path, member: str, content: bytes) -> Path:
    """Copy a workbook with one member replaced."""
    target = path.with_name("hostile.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return target


def test_entity_bombs_in_a_workbook_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name_vi", "kind"], ["a", "b", "press"]])
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>'
        b"</worksheet>"
    )
    for member in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
        (sentence,) = refused(replaced(path, member, bomb))
        assert "damaged or unsafe" in sentence, member


def test_zip_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name_vi", "kind"]])
    (sentence,) = refused(replaced(path, "docProps/app.xml", b" " * 2**25))
    assert "unpacks to less than" in sentence


def test_a_sheet_that_claims_to_be_huge_is_not_believed(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name_vi", "kind"], ["a", "b", "press"]])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    claimed = sheet.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"')
    assert claimed != sheet
    assert len(read_sheet(replaced(path, "xl/worksheets/sheet1.xml", claimed), LAYOUT).rows) == 1


# --- values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("0", 0),
        ("007", 7),
        ("12.345", 12345),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1 234 567", 1234567),
        ("1\u00a0234", 1234),
        ("999999999999999999", 999999999999999999),
    ],
)
def test_a_count_is_digits_in_groups_of_three_or_unknown(text: str, value: int | None) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "12,5",
        "1.23",
        "0.123",
        "-5",
        "+5",
        "12K",
        "1.234,567",
        "1.2345",
        "12.3450",
        ".123",
        "1234.567",
        "²",
        "١٢",
        "1e3",
        "1,2tr",
    ],
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["-", "n/a", "N/A", "null", "#N/A", "không có", "Chưa có", "?"])
def test_a_word_for_unknown_is_refused_with_a_hint(text: str) -> None:
    for parse in (parse_number, parse_decimal, parse_day, parse_instant):
        with pytest.raises(ValueError, match="an empty cell where the value is unknown"):
            parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("12", 12.0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("-0,3", -0.3),
        ("1.234.567,8", 1234567.8),
        ("1,234,567.8", 1234567.8),
        ("1.234,56", 1234.56),
        ("1.234.567", 1234567.0),
        ("12,3450", 12.345),
    ],
)
def test_a_measured_value_may_have_a_fraction(text: str, value: float | None) -> None:
    assert parse_decimal(text) == value


@pytest.mark.parametrize("text", ["12.345", "12,345", "1.234,567,8", "12%", "3 tỷ"])
def test_an_unclear_fraction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("2024-09-15", date(2024, 9, 15)),
        ("15/09/2024", date(2024, 9, 15)),
        ("5/9/2024", date(2024, 9, 5)),
        ("2024-09-15T00:00:00", date(2024, 9, 15)),
    ],
)
def test_days_are_iso_or_day_first(text: str, value: date | None) -> None:
    assert parse_day(text) == value


@pytest.mark.parametrize(
    "text", ["09/15/2024", "31/02/2024", "15/09/24", "15.09.2024", "9/2024", "3202-01-01", "45550"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="dd/mm/yyyy"):
        parse_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-09-15T01:30:00Z",
        "2024-09-15 08:30+07:00",
        "2024-09-15T08:30",
        "15/09/2024 08:30",
        "15/9/2024 8:30:00",
    ],
)
def test_instants_become_utc_and_are_vietnamese_time_without_an_offset(text: str) -> None:
    assert parse_instant(text) == datetime(2024, 9, 15, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2024-09-15", "15/09/2024", "08:30", "2024-09-15T25:00"])
def test_an_instant_needs_its_hour(text: str) -> None:
    with pytest.raises(ValueError, match="a day with a time"):
        parse_instant(text)


# --- templates

COLUMNS = (
    TemplateColumn("id", "Mã", "so-du-lich", required=True),
    TemplateColumn("name_vi", "Tên", "Sở Du lịch", required=True),
    TemplateColumn("kind", "Loại", "department", required=True, choices=("department", "press")),
    TemplateColumn("note", "Ghi chú"),
)


@pytest.mark.parametrize("name", ["template.xlsx", "template.csv"])
def test_a_template_reads_back_with_its_example_row(tmp_path: Path, name: str) -> None:
    write_template(tmp_path / name, "agencies", COLUMNS, ["Ô trống nghĩa là chưa biết."])
    sheet = read_sheet(tmp_path / name, LAYOUT)
    assert sheet.columns == ("id", "name_vi", "kind", "note")
    assert [list(row.cells.values()) for row in sheet.rows] == [
        ["so-du-lich", "Sở Du lịch", "department", ""]
    ]


def test_a_template_has_drop_downs_and_a_notes_sheet(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_template(path, "agencies", COLUMNS, ["Ô trống nghĩa là chưa biết."])
    book = openpyxl.load_workbook(path)
    (rule,) = book["agencies"].data_validations.dataValidation
    assert str(rule.sqref) == "C2:C5000"
    assert [cell.value for cell in book["Lựa chọn"]["A"]] == ["department", "press"]
    notes = [[cell.value for cell in row] for row in book["Hướng dẫn"].iter_rows()]
    assert notes[1][:3] == ["id", "có", "Mã"]
    assert ["Ô trống nghĩa là chưa biết.", None, None, None] in notes


def test_a_template_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.xlsx or \.csv"):
        write_template(tmp_path / "template.ods", "agencies", COLUMNS)


def test_lines_come_one_by_one(tmp_path: Path) -> None:
    sheet = open_sheet(written(tmp_path, "id,name_vi,kind\na,b,press\nc,d,press\n"), LAYOUT)
    assert next(sheet.lines) == (2, ["a", "b", "press"])
