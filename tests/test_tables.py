"""One formatter: the same text in every file, a reason in place of every unknown number."""

from datetime import date

import pytest

from tracker.platforms import NOT_ALLOWED_VI
from tracker.tables import (
    COUNT,
    DAY,
    Cell,
    Column,
    Form,
    Origin,
    Table,
    cell_text,
    lines_below,
    number_text,
    numbered,
    spans,
    total_row,
)
from tracker.text.printable import LONGEST_TEXT, clean, whole

PERCENT = Form("percent", 1)
CHANGE = Form("percent", 1, signed=True)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234567.85, 1, "1.234.567,9"),
        (1234567, 0, "1.234.567"),
        (0, 0, "0"),
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-0.04, 1, "0,0"),
        (-1234.5, 1, "-1.234,5"),
        (2**63 - 1, 0, "9.223.372.036.854.775.807"),
        (0.285, 2, "0,29"),
    ],
)
def test_numbers_are_written_the_vietnamese_way(value: float, decimals: int, expected: str) -> None:
    assert number_text(value, decimals) == expected


@pytest.mark.parametrize(
    ("cell", "column", "expected"),
    [
        (Cell(12300, step=100), COUNT, "12.300 (±100)"),
        (Cell(12300, step=1), COUNT, "12.300"),
        (Cell(19_000_000, qualifier="at_least"), COUNT, "hơn 19.000.000"),
        (Cell(9_100_000, qualifier="at_most"), COUNT, "gần 9.100.000"),
        (Cell(18.0, qualifier="about"), Form("number", 1), "khoảng 18,0"),
        (Cell(12.04, low=-4.0, high=21.46), CHANGE, "+12,0% [-4,0%; +21,5%]"),
        (Cell(12.0, low=-4.0), CHANGE, "+12,0% [≥ -4,0%]"),
        (Cell(12.0, high=20.0), PERCENT, "12,0% [≤ 20,0%]"),
        (Cell(date(2024, 9, 5)), DAY, "05/09/2024"),
        (Cell(0), COUNT, "0"),
        (Cell(reason="chưa đủ 8 tuần"), COUNT, "chưa có số liệu (chưa đủ 8 tuần)"),
        (Cell(reason="kênh ẩn số này"), COUNT, "chưa có số liệu (kênh ẩn số này)"),
        (Cell(), COUNT, "chưa có số liệu"),
        (Cell(reason=NOT_ALLOWED_VI), COUNT, NOT_ALLOWED_VI),
        (Cell(5.5, form=Form("number", 2)), COUNT, "5,50"),
    ],
)
def test_a_cell_prints_what_is_known_about_its_number(
    cell: Cell, column: Form, expected: str
) -> None:
    assert cell_text(cell, Column("x", column)) == expected


def test_unknown_is_never_nan_and_a_qualifier_is_known() -> None:
    with pytest.raises(ValueError, match="unknown"):
        Cell(float("nan"))
    with pytest.raises(ValueError, match="unknown"):
        Cell(1.0, low=float("-inf"))
    with pytest.raises(ValueError, match="at_least"):
        Cell(1, qualifier="maybe")


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 of table K has 1 cells; expected 2"):
        Table("K", "t", (Column("a"), Column("b")), ((Cell(1),),))


def test_texts_lose_what_no_file_can_hold() -> None:
    assert clean("a\x00b\x08c\ud800d\u202ee\uffff") == "abcde"
    assert whole("a\r\nb\rc\x0bd\u2028e") == "a\nb\nc\nd\ne"
    assert clean("Hoa\u0300") == "Hoà"
    assert clean("hai\ndòng\tvà") == "hai\ndòng\tvà"
    long = clean("x" * 1_000_000)
    assert len(long) < LONGEST_TEXT + 30
    assert long.endswith("(đã cắt bớt)")
    assert whole("x" * 1_000_000 + "\x00") == "x" * 1_000_000


def small_table() -> Table:
    column = Column("Số", COUNT)
    rows = [("A", "x", 1), ("A", "x", None), ("A", "y", 3), ("B", "y", 4)]
    return Table(
        "K",
        "Bảng",
        (Column("Kênh"), Column("Loại"), column),
        tuple(
            (Cell(text=a), Cell(text=b), Cell(c, reason="" if c else "thiếu")) for a, b, c in rows
        ),
        merged=2,
    )


def test_every_number_gets_an_id_and_an_unknown_one_gets_none() -> None:
    table = numbered(small_table())
    assert [column.title for column in table.columns] == ["Kênh", "Loại", "Mã", "Số (a)"]
    assert [row[-1].id for row in table.rows] == ["K01a", "", "K03a", "K04a"]
    assert [row[2].text for row in table.rows] == ["K01", "K02", "K03", "K04"]


def test_repeated_texts_are_joined_only_inside_the_same_thing() -> None:
    """The second column is y in rows 3 and 4, but row 4 is another channel: no joining across."""
    down = [[one[0] for one in row[:2]] for row in spans(small_table())]
    assert down == [[3, 2], [0, 0], [0, 1], [1, 1]]


def test_neighbours_unknown_for_the_same_reason_are_joined_sideways() -> None:
    """Columns a and b are merged ones, unknown over both rows; then three, then two and two."""
    no, other = Cell(reason="chưa khai"), Cell(reason="ẩn")
    columns = tuple(Column(name, COUNT) for name in "abcdef")
    rows = ((no, no, no, no, no, Cell(1)), (no, no, no, no, other, other))
    table = Table("K", "t", columns, rows, merged=2)
    assert spans(table) == [
        [(2, 2), (2, 0), (1, 3), (1, 0), (1, 0), (1, 1)],
        [(0, 2), (0, 0), (1, 2), (1, 0), (1, 2), (1, 0)],
    ]


ONE = Form("number", 1)


def test_a_total_is_added_unrounded_and_rounded_once_with_a_note() -> None:
    """0.25 + 0.25 + 0.25 = 0.75, printed 0,8; the printed parts 0,3 give 0,9."""
    columns = (Column("Tên"), Column("Kinh phí", ONE))
    rows = [(Cell(text=name), Cell(0.25)) for name in "abc"]
    cells, notes = total_row(columns, rows, (1,))
    assert [cell_text(*both) for both in zip(cells, columns, strict=True)] == ["Tổng cộng", "0,8"]
    assert notes == (
        "Tổng cột “Kinh phí” tính từ số liệu chưa làm tròn; cộng các số đã in được 0,9.",
    )


def test_a_total_that_the_printed_parts_give_needs_no_note() -> None:
    columns = (Column("Tên"), Column("Kênh", COUNT), Column("Ghi chú"))
    rows = [(Cell(text="a"), Cell(2**62), Cell(text="x")), (Cell(text="b"), Cell(1), Cell())]
    cells, notes = total_row(columns, rows, (1,), "Cả nước")
    assert (cells[0].text, cells[1].value, cells[2].text) == ("Cả nước", 2**62 + 1, "–")
    assert notes == ()


def test_a_total_with_an_unknown_part_is_a_lower_bound_and_says_of_how_many() -> None:
    columns = (Column("Kênh", COUNT),)
    cells, notes = total_row(columns, [(Cell(3),), (Cell(reason="ẩn"),)], (0,))
    assert cell_text(cells[0], columns[0]) == "hơn 3"
    assert notes == ("Tổng cột “Kênh” chỉ gồm 1/2 dòng có số liệu.",)
    cells, notes = total_row(columns, [(Cell(reason="ẩn"),)], (0,))
    assert cell_text(cells[0], columns[0]) == "chưa có số liệu (không có số liệu để cộng)"
    assert notes == ()


def test_the_steps_and_qualifiers_of_parts_go_into_the_total() -> None:
    columns = (Column("Kênh", COUNT),)
    rows = [(Cell(1000, step=100),), (Cell(2000, step=1000, qualifier="at_most"),), (Cell(5),)]
    cells, _ = total_row(columns, rows, (0,))
    assert cell_text(cells[0], columns[0]) == "gần 3.005 (±1.100)"
    rows.append((Cell(1, qualifier="at_least"),))
    cells, _ = total_row(columns, rows, (0,))
    assert cells[0].qualifier == "about"


def test_parts_below_zero_have_no_total() -> None:
    with pytest.raises(ValueError, match="not below 0"):
        total_row((Column("Thay đổi", ONE),), [(Cell(-1.0),)], (0,))


def test_below_a_table_stand_notes_then_days_lanes_n_and_steps_then_sources() -> None:
    first = Origin(
        "a, b", lane="owner+public", first_day=date(2024, 1, 2), last_day=date(2024, 3, 4)
    )
    second = Origin("b", lane="declared", first_day=date(2023, 12, 31))
    rows = ((Cell(1, origin=first, step=10), Cell(2, origin=second)), (Cell(text="x"), Cell()))
    table = Table("K", "t", (Column("a"), Column("b")), rows, ("Ghi chú.",), ("kho",))
    assert lines_below(table) == (
        "Ghi chú.",
        "Số liệu của bảng: đọc trong các ngày 31/12/2023 - 04/03/2024; nguồn đọc chủ tài khoản "
        "ủy quyền, công khai, tự khai; n = 2 tài khoản.",
        "(±…): nền tảng làm tròn số, số thật chênh lệch chưa đến mức ghi trong ngoặc.",
        "Nguồn: kho",
    )


def test_below_a_table_without_read_numbers_nothing_is_claimed() -> None:
    assert lines_below(Table("K", "t", (Column("a"),), ((Cell(1),), (Cell(text="x"),)))) == ()
