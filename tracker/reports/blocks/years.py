"""Several years of a respondent: its programmes, accounts opened, followers at the end of each year
and posts published in it, where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from tracker.letters import Field
from tracker.panel import Panel
from tracker.periods import Window
from tracker.reports.asked import window_sentence
from tracker.reports.blocks.registered import (
    NO_ACCOUNT_VI,
    NOT_DECLARED_VI,
    Held,
    agencies_of,
    first_known,
    held_on,
    opened_text,
    programmes_of,
    runs_in,
)
from tracker.reports.blocks.traced import count_cell, register_cell
from tracker.reports.blocks.year_lines import (
    LATER_VI,
    NOT_READ_VI,
    YearLine,
    added_up,
    sum_of_followers,
    sum_of_posts,
    year_line,
)
from tracker.reports.facts import Facts
from tracker.reports.measured import NO_NOTE_VI, POSTS_VI, lane_cell, unknown_cell
from tracker.tables import COUNT, DAY, Cell, Column, Table, days_text, numbered, unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph

NOT_OPEN_VI = "chưa mở tài khoản nào"
NEITHER_READ_VI = "chưa đọc các năm này"
NO_OPENING_VI = "chưa khai ngày mở"
ALL_DECLARED_VI = "mọi tài khoản đã khai ngày mở"


def years_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the programmes, then the years of the respondent, then those of each account."""
    panel, asked = facts.panel, facts.asked_window
    end = facts.read_window.end if facts.read_window is not None else facts.until
    day = min(end, asked.end) - timedelta(days=1)
    owners = [agency.id for agency in agencies_of(panel, facts.unit_id)]
    held = [
        one
        for one in held_on(panel, owners, day)
        if one.row.active_to is None or one.row.active_to >= asked.start
    ]
    years = _years(asked)
    lines = {one.account_id: [year_line(panel, one, year, end) for year in years] for one in held}
    when = f"Tên, cơ quan chủ quản theo ngày {day_text(day)}."
    blocks: list[Block] = [Paragraph(window_sentence(facts)), *_programmes(facts, asked)]
    blocks.append(numbered(_years_table(facts, years, held, lines, end)))
    if held:
        blocks.append(numbered(_accounts_table(panel, held, lines, when)))
    return blocks


def _years(asked: Window) -> list[Window]:
    """Cut a window into calendar years."""
    return [
        Window(max(asked.start, date(year, 1, 1)), min(asked.end, date(year + 1, 1, 1)))
        for year in range(asked.start.year, asked.last_day.year + 1)
    ]


PROGRAMME_COLUMNS = (
    Column("Chương trình, kế hoạch", width=2.2),
    Column("Văn bản", width=1.2),
    Column("Thời gian thực hiện", width=1.3),
)


def _programmes(facts: Facts, asked: Window) -> list[Block]:
    """Print the programmes that ran inside the window, or do not say when."""
    found = [
        one
        for one in programmes_of(facts.panel, facts.unit_id)
        if one.start is None or runs_in(one, asked)
    ]
    title = "chương trình, kế hoạch trong thời gian báo cáo"
    if not found:
        reason = "danh bạ chưa có chương trình nào của đơn vị trong thời gian này"
        return [Paragraph(f"{title[:1].upper()}{title[1:]}: {unknown_text(reason)}.")]
    rows = tuple(
        (
            Cell(text=one.title),
            Cell(text=one.document or NOT_DECLARED_VI),
            Cell(text=_period_text(one)),
        )
        for one in found
    )
    return [Table("", f"Bảng {title}", PROGRAMME_COLUMNS, rows)]


def _period_text(programme: Any) -> str:
    if programme.start is None:
        return f"{NOT_DECLARED_VI} ngày bắt đầu"
    if programme.end is None:
        return f"từ {day_text(programme.start)}, {NOT_DECLARED_VI} ngày kết thúc"
    return days_text(programme.start, programme.end)


YEAR_COLUMNS = (
    Column("Năm", width=0.6),
    Column("Chương trình, kế hoạch thực hiện trong năm", width=1.8),
    Column("Tài khoản mở trong năm (đã khai ngày mở)", COUNT, width=1.0),
    Column("Tài khoản chưa khai ngày mở, có số liệu sớm nhất từ năm này", COUNT, width=1.2),
    Column("Người theo dõi cuối năm", COUNT, width=1.1),
    Column("Kênh đọc", width=0.9),
    Column("Bài đăng trong năm", COUNT, width=1.0),
    Column("Lưu ý", width=1.8),
)


def _years_table(
    facts: Facts,
    years: Sequence[Window],
    held: Sequence[Held],
    lines: dict[str, list[YearLine]],
    end: date,
) -> Table:
    programmes = programmes_of(facts.panel, facts.unit_id)
    first = {one.account_id: first_known(facts.panel, one.account_id) for one in held}
    rows = []
    for number, year in enumerate(years):
        titles = [one.title for one in programmes if runs_in(one, year)]
        shown = "; ".join(titles) or "danh bạ không ghi chương trình nào"
        row = (Cell(text=str(year.start.year)), Cell(text=shown))
        found = [lines[one.account_id][number] for one in held]
        rows.append((*row, *_opened(held, first, year, end), *_together(facts.panel, found)))
    return Table(
        "Y",
        "Bảng số liệu từng năm",
        YEAR_COLUMNS,
        tuple(rows),
        notes=YEAR_NOTES,
        merged=1,
        wide=True,
    )


YEAR_NOTES = (
    "Người theo dõi cuối năm: lần đọc gần ngày cuối năm nhất, nếu không có thì lần đọc cuối cùng "
    "trong năm. Một người có thể theo dõi nhiều tài khoản nên tổng số người theo dõi có trùng.",
    "Số tài khoản, kênh đọc và số ngày đọc được khác nhau giữa các năm nên không tính chênh lệch "
    "giữa các năm.",
)


def _opened(
    held: Sequence[Held], first: dict[str, date | None], year: Window, end: date
) -> tuple[Cell, Cell]:
    """Count the accounts that say they were opened in a year, and those known from it on that do
    not."""
    if not held or year.start >= end:
        unknown = Cell(reason=LATER_VI if held else NO_ACCOUNT_VI)
        return unknown, unknown
    silent = [one for one in held if one.row.active_from is None]
    opened = [
        one for one in held if one.row.active_from is not None and one.row.active_from in year
    ]
    seen = [one for one in silent if (first[one.account_id] or date.max) in year]
    unsaid = Cell(reason=NO_OPENING_VI)
    return (
        register_cell(opened) if len(silent) < len(held) else unsaid,
        register_cell(seen) if seen else unsaid if silent else Cell(text=ALL_DECLARED_VI),
    )


def _together(panel: Panel, lines: Sequence[YearLine]) -> tuple[Cell, Cell, Cell, Cell]:
    """Add the accounts of one year up: followers, lanes, posts, notes."""
    there = [line for line in lines if line.days is not None]
    if not any(line.known for line in there):
        unknown = unknown_cell(_reason(lines, there))
        return unknown, unknown, unknown, Cell(text=NO_NOTE_VI)
    held = {line.held.account_id: line.held for line in there}
    levels = {line.held.account_id: line.followers for line in there}
    counts = {line.held.account_id: line.posts for line in there}
    followers, posts = sum_of_followers(panel, levels), sum_of_posts(panel, counts)
    notes = [f"người theo dõi: {note}" for note in followers.notes]
    notes += [f"bài đăng: {note}" for note in posts.notes]
    return (
        count_cell(panel, [held[one] for one in added_up(panel, levels)], followers),
        lane_cell(followers.lane or posts.lane or ""),
        count_cell(panel, [held[one] for one in added_up(panel, counts)], posts, POSTS_VI),
        Cell(text="; ".join(notes) or NO_NOTE_VI),
    )


def _reason(lines: Sequence[YearLine], there: Sequence[YearLine]) -> str:
    """Say why nothing is known of a year."""
    reasons = {line.followers.reason or "" for line in there or lines}
    if there:
        return reasons.pop() if len(reasons) == 1 else NOT_READ_VI
    return LATER_VI if LATER_VI in reasons else NOT_OPEN_VI if lines else NO_ACCOUNT_VI


ACCOUNT_COLUMNS = (
    Column("Tài khoản", width=1.6),
    Column("Năm", width=0.8),
    Column("Người theo dõi cuối năm", COUNT, width=1.1),
    Column("Ngày đọc", DAY, width=1.1),
    Column("Kênh đọc", width=0.9),
    Column("Bài đăng trong năm", COUNT, width=1.0),
    Column("Khoảng trống, lưu ý", width=2.4),
)


def _accounts_table(
    panel: Panel, held: Sequence[Held], lines: dict[str, list[YearLine]], when: str
) -> Table:
    rows = []
    for one in held:
        note = f"ngày mở: {opened_text(panel, one)}"
        for _, run in groupby(lines[one.account_id], _alike):
            rows.append((Cell(text=one.title), *_account_cells(panel, list(run), note)))
            note = ""
    return Table(
        "M",
        "Bảng số liệu từng tài khoản theo năm",
        ACCOUNT_COLUMNS,
        tuple(rows),
        notes=(when,),
        merged=1,
        wide=True,
    )


def _alike(line: YearLine) -> tuple[int, str]:
    """Put years in a row together that are unknown for one reason; a known year stands alone."""
    same = not line.known and not line.notes and line.followers.reason == line.posts.reason
    return (0, line.followers.reason or "") if same else (line.year, "")


def _account_cells(panel: Panel, run: Sequence[YearLine], note: str) -> tuple[Cell, ...]:
    """Print a year, or several that are unknown for one reason; `note` comes before their own."""
    line = run[0]
    followers, posts = line.followers, line.posts
    years = str(line.year) if len(run) == 1 else f"{line.year} - {run[-1].year}"
    several = {NOT_READ_VI: NEITHER_READ_VI} if len(run) > 1 else {}
    reasons = [several.get(one.reason or "", one.reason) for one in (followers, posts)]
    unread = unknown_cell(reasons[0])
    lane = followers.lane or posts.lane or ""
    return (
        Cell(text=years),
        count_cell(panel, [line.held], replace(followers, reason=reasons[0])),
        Cell(followers.first_day) if followers.value is not None else unread,
        lane_cell(lane) if line.known else unread,
        count_cell(panel, [line.held], replace(posts, reason=reasons[1]), POSTS_VI),
        Cell(text="; ".join(filter(None, (note, *line.notes))) or NO_NOTE_VI),
    )
