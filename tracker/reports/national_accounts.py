"""Letter 1253 over all respondents in one table: on which networks, how often, in which languages,
how many follow, what came of it."""

from __future__ import annotations

from tracker.effects import AccountRow
from tracker.indicators import INDICATORS, Value
from tracker.periods import Window
from tracker.reports.blocks.accounts import AccountLine, account_rows
from tracker.reports.blocks.registered import Held, languages_text
from tracker.reports.blocks.traced import count_cell, origin_in
from tracker.reports.blocks.year_lines import year_line
from tracker.reports.measured import POSTS_VI, unknown_cell
from tracker.reports.national_facts import National
from tracker.tables import COUNT, DAY, Cell, Column, Form, Table, days_text

INTERACTIONS = "interactions_per_post"
COLUMNS = (
    Column("Đơn vị", width=1.3),
    Column("Đã triển khai trên mạng xã hội", width=0.9),
    Column("Mạng, tài khoản", width=1.6),
    Column("Ngôn ngữ", width=0.9),
    Column("Mức độ đăng bài", width=0.9),
    Column("Người theo dõi, số mới nhất", COUNT, width=1.0),
    Column("Ngày đọc", DAY, width=0.9),
    Column("Bài đăng trong khoảng", COUNT, width=0.8),
    Column("Tương tác mỗi bài ở 7 ngày tuổi", Form("number", 1), width=1.0),
)
NONE_VI = "chưa đăng ký tài khoản nào trong danh bạ"


def accounts_table(national: National, window: Window) -> Table:
    """Print every account of every respondent; who has none says so in its row."""
    rows = [row for unit in national.names for row in _rows_of(national, unit, window)]
    return Table(
        "N",
        "Bảng mạng xã hội của các đơn vị",
        COLUMNS,
        tuple(rows),
        notes=(
            f"Mức độ, bài đăng và tương tác tính cho {days_text(window.start, window.last_day)}. "
            "Mức độ đăng bài xếp theo cách của báo cáo này: "
            f"{INDICATORS['posting_frequency'].formula_vi}.",
        ),
        merged=2,
        wide=True,
    )


def _rows_of(national: National, unit: str, window: Window) -> list[tuple[Cell, ...]]:
    name = Cell(text=national.names[unit])
    lines = account_rows(national.panel, unit, window.last_day, window)
    if not lines:
        return [(name, Cell(text="Chưa"), *[unknown_cell(NONE_VI)] * (len(COLUMNS) - 2))]
    levels = national.facts[unit].levels
    measured = {one.account_id: one for one in levels.accounts} if levels is not None else {}
    first = (name, Cell(text="Có"))
    return [
        (*first, *_cells(national, line, measured.get(line.held.account_id), window))
        for line in lines
    ]


def _cells(
    national: National, line: AccountLine, row: AccountRow | None, window: Window
) -> tuple[Cell, ...]:
    panel, held = national.panel, line.held
    frequency, followers = line.frequency, line.followers
    posts = year_line(panel, held, window, window.end).posts
    return (
        Cell(text=held.title),
        Cell(text=languages_text(held.row.languages)),
        Cell(text=frequency.text or "") if frequency.text else unknown_cell(frequency.reason),
        count_cell(panel, [held], followers),
        Cell(followers.first_day) if followers.first_day else unknown_cell(followers.reason),
        count_cell(panel, [held], posts, POSTS_VI),
        _interactions(national, held, _measured(row)),
    )


def _measured(row: AccountRow | None) -> Value:
    found = [] if row is None else [one.after for one in row.indicators if one.key == INTERACTIONS]
    return found[0] if found else Value(None, reason="tài khoản chưa được đo trong khoảng này")


def _interactions(national: National, held: Held, value: Value) -> Cell:
    if value.value is None:
        return unknown_cell(value.reason)
    origin = origin_in(national.panel, [held], value, POSTS_VI, INTERACTIONS)
    return Cell(value.value, origin=origin)
