"""Half-finished data: every report says what is missing, in the right place and in plain words."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from letter_sample import all_tables, filled, printed, rich_panel, rows_with, table_of, words
from panel_sample import FIRST, TET, UNTIL, objects, sample_panel

from tracker.letters import letter_ids, letter_named
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.reports import write_reports
from tracker.writers import Document, Heading, Paragraph

LETTERS = tuple(letter_ids())
NIGHT = date(2024, 9, 1)
ENDED = date(2025, 6, 30)
FUTURE = Window(date(2025, 1, 1), date(2025, 7, 1))
MERGER_WEEKS = Window(date(2025, 5, 1), date(2025, 9, 1))
NOT_PRINTABLE = re.compile(r"\b(None|nan|NaN|NaT|inf|<NA>)\b")
PROGRAMMES = "id title locality_id agency_id document status start end key_message source"
BREAKS = "platform entity metric day note_vi source"


def unit_of(letter: str, place: str = "quang-ninh") -> str:
    """Name who answers a letter: the locality, or its People's Committee."""
    return place if letter_named(letter).respondents == "localities" else f"ubnd-{place}"


def whole() -> Panel:
    return rich_panel()


def without_programme() -> Panel:
    return replace(whole(), programmes=objects([], PROGRAMMES))


def without_before() -> Panel:
    """The programme began before the first reading."""
    panel = whole()
    starts = [FIRST - timedelta(days=60)] * len(panel.programmes)
    return replace(panel, programmes=panel.programmes.assign(start=starts))


def declared_only() -> Panel:
    panel = sample_panel()
    snapshots = panel.snapshots.assign(lane="declared")
    covered = panel.posts_covered.iloc[:0]
    return replace(panel, snapshots=snapshots, posts_covered=covered, daily=panel.daily.iloc[:0])


def one_night() -> Panel:
    panel = sample_panel()
    snapshots = panel.snapshots[panel.snapshots["day"] == day_number(NIGHT)]
    return replace(
        panel,
        snapshots=snapshots.reset_index(drop=True),
        daily=panel.daily.iloc[:0],
        posts_covered=panel.posts_covered.iloc[:0],
    )


def until(day: date) -> Panel:
    """Stretch the daily followers of the sample to a day, each account growing by 1."""
    panel = whole()
    last = panel.snapshots.groupby(["account", "lane"], as_index=False).last()
    more = [
        last.assign(day=last["day"] + number, followers=last["followers"] + number)
        for number in range(1, (day - UNTIL).days + 1)
    ]
    snapshots = pd.concat([panel.snapshots, *more]).sort_values(["account", "lane", "day"])
    return replace(panel, until=day, snapshots=snapshots.reset_index(drop=True))


def ceased() -> Panel:
    """Quảng Ninh and its People's Committee end with June 2025; Cao Bằng takes them in."""
    panel = until(date(2025, 9, 1))
    localities, agencies = panel.locality_rows.copy(), panel.agencies.copy()
    gone = localities["id"] == "quang-ninh"
    localities.loc[gone, ["valid_to", "successor_id"]] = ENDED, "cao-bang"
    agencies.loc[agencies["id"] == "ubnd-quang-ninh", "valid_to"] = ENDED
    return replace(panel, locality_rows=localities, agencies=agencies)


def with_break() -> Panel:
    row: dict[str, object] = {
        "platform": "bluesky",
        "entity": "account",
        "metric": "followers",
        "day": date(2024, 1, 1),
        "note_vi": "Bluesky không tính tài khoản đã khóa",
    }
    return replace(whole(), definition_breaks=objects([row], BREAKS))


CASES: dict[str, tuple[Callable[[], Panel], Window | None]] = {
    "no programme": (without_programme, None),
    "no before": (without_before, None),
    "declared only": (declared_only, Window(date(2024, 7, 1), date(2024, 9, 1))),
    "one night": (one_night, Window(date(2024, 8, 1), date(2024, 9, 15))),
    "ceased": (ceased, Window(date(2025, 1, 1), date(2025, 8, 1))),
    "ceased before": (ceased, Window(date(2025, 7, 15), date(2025, 8, 15))),
    "merger": (lambda: until(date(2025, 9, 1)), MERGER_WEEKS),
    "break": (with_break, Window(date(2023, 9, 1), date(2024, 5, 1))),
    "future": (whole, FUTURE),
    "before everything": (whole, Window(date(2015, 1, 1), date(2016, 1, 1))),
}


@pytest.fixture(scope="module")
def panels() -> dict[str, Panel]:
    return {name: make() for name, (make, _) in CASES.items()}


def document_of(panels: dict[str, Panel], letter: str, case: str, place: str) -> Document:
    on = min(panels[case].until, date(2025, 9, 1))
    return filled(letter, panels[case], unit_of(letter, place), asked=CASES[case][1], on=on)


def quality(document: Document) -> str:
    """Give the paragraph on data quality."""
    blocks = list(document.blocks)
    at = next(
        number
        for number, block in enumerate(blocks)
        if isinstance(block, Heading) and "chất lượng số liệu" in block.text
    )
    following = blocks[at + 1]
    assert isinstance(following, Paragraph)
    return following.text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("letter", LETTERS)
def test_no_cell_is_blank_and_nothing_unprintable_is_printed(
    panels: dict[str, Panel], letter: str, case: str
) -> None:
    for place in ("quang-ninh", "cao-bang"):
        document = document_of(panels, letter, case, place)
        assert not NOT_PRINTABLE.search(words(document))
        for table in all_tables(document):
            for row in table.rows:
                assert all(text.strip() for text in printed(table, row)), (table.title, row)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("declared only", "Chỉ có số liệu tự khai kèm minh chứng, chưa có số do hệ thống đọc."),
        ("one night", "Trong khoảng báo cáo mới có một lần đọc (01/09/2024)"),
        ("ceased", "kết thúc ngày 30/06/2025"),
        ("ceased before", "kết thúc ngày 30/06/2025"),
        ("merger", "01/07/2025"),
        ("break", "Bluesky, 01/01/2024: Bluesky không tính tài khoản đã khóa"),
        ("future", "khoảng này chưa đến; số liệu đọc được đến hết ngày 14/09/2024"),
        ("before everything", "Không có lần đọc số người theo dõi nào trong khoảng báo cáo."),
    ],
)
def test_the_note_on_quality_says_what_is_missing(
    panels: dict[str, Panel], letter: str, case: str, said: str
) -> None:
    if letter_named(letter).window == "programme" and case != "future":
        case_panels = {case: replace(panels[case], programmes=objects([], PROGRAMMES))}
        assert said in quality(document_of(case_panels, letter, case, "quang-ninh"))
    elif letter_named(letter).window != "programme":
        assert said in quality(document_of(panels, letter, case, "quang-ninh"))


def test_a_locality_that_ceased_names_what_took_it_in(panels: dict[str, Panel]) -> None:
    text = words(document_of(panels, "CT07", "ceased", "quang-ninh"))
    assert "Tỉnh Quảng Ninh kết thúc ngày 30/06/2025 (sắp xếp vào tỉnh Cao Bằng)" in text
    assert "số liệu dừng ở ngày đó" in text


def test_without_a_programme_3836_says_where_before_and_after_would_stand(
    panels: dict[str, Panel],
) -> None:
    text = words(document_of(panels, "3836", "no programme", "quang-ninh"))
    assert "chưa có số liệu (địa phương chưa khai tình hình xây dựng)" in text
    assert "không có số liệu trước và sau" in text


def test_a_programme_older_than_the_data_has_no_before(panels: dict[str, Panel]) -> None:
    document = document_of(panels, "3836", "no before", "quang-ninh")
    assert "không có mốc trước" in quality(document)
    assert "không đủ dữ liệu ở hai phía để lập khoảng so sánh" in words(document)


def test_declared_numbers_stand_with_their_lane(panels: dict[str, Panel]) -> None:
    table = table_of(document_of(panels, "CT07", "declared only", "quang-ninh"), "H")
    assert rows_with(table, "Bluesky", "Người theo dõi, cuối khoảng", "tự khai")


def test_one_night_gives_levels_and_no_rates(panels: dict[str, Panel]) -> None:
    table = table_of(document_of(panels, "CT07", "one night", "quang-ninh"), "H")
    [row] = rows_with(table, "Bluesky", "Tăng trưởng ròng")
    assert row[4].startswith("chưa có số liệu (")


def test_a_definition_break_is_told_beside_the_number(panels: dict[str, Panel]) -> None:
    table = table_of(document_of(panels, "CT07", "break", "quang-ninh"), "H")
    [row] = rows_with(table, "Bluesky", "Tăng trưởng ròng")
    assert "định nghĩa thay đổi từ 01/01/2024" in row[-1]


@pytest.mark.parametrize("letter", LETTERS)
def test_days_to_come_have_no_measured_number_before_the_quality_table(
    panels: dict[str, Panel], letter: str
) -> None:
    """Only followers as they stand now may be printed, as the base of a plan, with their day."""
    case_panels = {"future": replace(panels["future"], programmes=objects([], PROGRAMMES))}
    document = document_of(case_panels, letter, "future", "quang-ninh")
    codes = {table.code for table in document.tables}
    assert not codes & {"H", "N", "L", "X", "B"}
    assert "khoảng này chưa đến" in words(document)


@pytest.mark.parametrize("letter", LETTERS)
def test_no_format_has_a_blank_cell(panels: dict[str, Panel], letter: str, tmp_path: Path) -> None:
    """Over days to come, where the least is known."""
    outline, units = letter_named(letter), [unit_of(letter), unit_of(letter, "cao-bang")]
    panel = panels["future"]
    written = list(
        write_reports(panel, outline, units, tmp_path, on=UNTIL, tet_days=TET, asked=FUTURE)
    )
    for report in written:
        word, book, page = report.files
        for table in docx.Document(str(word)).tables[1:]:
            for row in table.rows:
                for cell in row.cells:
                    assert cell.text.strip() or cell.tables, (letter, row.cells[0].text)
        for sheet in openpyxl.load_workbook(book):
            texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
            assert not any(NOT_PRINTABLE.fullmatch(text) for text in texts)
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<td[^>]*>\s*</td>", text)
        assert not re.search(r">\s*(None|nan|NaN)\s*<", text)
