"""What was read of whom, what is still open, and who has to fill it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tracker.letters import Letter
from tracker.panel.panel import LANE_ORDER
from tracker.periods import Window
from tracker.platforms import PLATFORMS
from tracker.reports.measured import FOLLOWERS_VI
from tracker.reports.national_facts import FROM_TABLE, National
from tracker.reports.national_tables import ALL_VI, SENT_VI, counted, named
from tracker.tables import (
    COUNT,
    DAY,
    Cell,
    Column,
    Form,
    Origin,
    Table,
    days_text,
    number_text,
    total_row,
)

PERCENT = Form("percent", 1)
COVERAGE = (
    Column("Đơn vị", width=1.5),
    Column("Số tài khoản", COUNT, width=0.6),
    Column("Nền tảng", width=2.2),
    Column("Lần đọc dự kiến", COUNT, width=0.8),
    Column("Đọc được", COUNT, width=0.8),
    Column("Độ phủ", PERCENT, width=0.8),
    Column("Lần đọc gần nhất", DAY, width=0.9),
    Column("Lần đọc thiếu, theo nguyên nhân", width=3.2),
)
NO_ACCOUNT_VI = "chưa đăng ký tài khoản"
NO_READING_VI = "không có lần đọc nào trong khoảng này"


def coverage_table(national: National, window: Window) -> Table:
    """Print for each respondent what was expected and read of its accounts' followers, and why the
    rest is missing."""
    rows = [_coverage_row(national, unit, window) for unit in national.names]
    with_accounts = [
        row for unit, row in zip(national.names, rows, strict=True) if national.members[unit]
    ]
    total, notes = total_row(COVERAGE, with_accounts, (1, 3, 4), ALL_VI)
    summed = [replace(cell, origin=FROM_TABLE) if cell.is_number else cell for cell in total]
    expected, read = summed[3].value, summed[4].value
    share: Cell = Cell(reason=NO_READING_VI)
    if isinstance(expected, int) and isinstance(read, int) and expected:
        share = Cell(100 * read / expected, origin=FROM_TABLE)
    last = (*summed[:5], share, *summed[6:])
    return Table(
        "C",
        "Bảng độ phủ số liệu người theo dõi theo đơn vị",
        COVERAGE,
        (*rows, last),
        notes=(f"Tính cho {days_text(window.start, window.last_day)}.", *notes),
        wide=True,
    )


def _coverage_row(national: National, unit: str, window: Window) -> tuple[Cell, ...]:
    panel, accounts = national.panel, national.members[unit]
    name, ids = Cell(text=national.names[unit]), ", ".join(accounts)
    register = Origin(metric="Số tài khoản", source="danh bạ tài khoản")
    if not accounts:
        none = Cell(reason=NO_ACCOUNT_VI)
        return (name, Cell(0, origin=register), *[none] * 6)
    platforms = dict.fromkeys(PLATFORMS[panel.platform_of(one)].title for one in accounts)
    counts = [panel.expected(window, one) for one in accounts]
    expected, read = (sum(numbers) for numbers in zip(*counts, strict=True))
    lanes = [lane for lane in LANE_ORDER if any(lane in panel.lanes(one) for one in accounts)]
    origin = Origin(
        account=ids,
        platform=", ".join(platforms),
        lane="+".join(lanes),
        metric=FOLLOWERS_VI,
        first_day=window.start,
        last_day=window.last_day,
        readings=read,
    )
    shown = (expected, read, 100 * read / expected) if expected else ()
    known = [Cell(one, origin=origin) for one in shown] or [Cell(reason=NO_READING_VI)] * 3
    readings = [panel.last_reading(one, "followers", window.end) for one in accounts]
    newest = max((one[0] for one in readings if one is not None), default=None)
    causes: Counter[str] = Counter()
    for gap in panel.gaps(window, accounts):
        causes[gap.cause_vi] += gap.nights
    missing = "; ".join(f"{cause} ({number_text(count)})" for cause, count in causes.most_common())
    return (
        name,
        Cell(len(accounts), origin=register),
        Cell(text=", ".join(platforms)),
        *known,
        Cell(newest, reason="chưa đọc được lần nào"),
        Cell(text=missing or "không thiếu"),
    )


def question_title(letter: Letter, question: str) -> str:
    """Name a question as the letter heads it: section, field, part."""
    key, _, part = question.partition(".")
    for section in letter.sections:
        for field in section.fields:
            if field.key == key:
                heads = [field.title_vi or section.title_vi, dict(field.parts).get(part, "")]
                return " – ".join(head for head in heads if head)
    return question


OPEN = (
    Column("Ai phải bổ sung", width=1.1),
    Column("Nội dung còn trống", width=2.0),
    Column("Số đơn vị", COUNT, width=0.6),
    Column("Các đơn vị", width=4.2),
)
OFFICE_VI = "Cơ quan trả lời"
REGISTRAR_VI = "Cơ quan trả lời (danh bạ)"
OWNER_VI = "Chủ kênh (ủy quyền đọc)"
READER_VI = "Nơi đọc số liệu hằng đêm"


def open_table(national: National) -> Table:
    """List what is empty by who has to fill it, with the respondents concerned."""
    lines = [(OFFICE_VI, title, units) for title, units in _open_questions(national)]
    lines += [
        (owner, words, [unit for unit in national.names if is_open(national, unit)])
        for owner, words, is_open in LACKS
    ]
    rows = [
        (
            Cell(text=owner),
            Cell(text=words),
            counted(len(units), SENT_VI),
            Cell(text=named(national, units)),
        )
        for owner, words, units in lines
        if units
    ]
    if not rows:
        words = "không còn nội dung nào để trống"
        rows = [(Cell(text="–"), Cell(text=words), counted(0, SENT_VI), Cell(text="–"))]
    return Table("E", "Bảng nội dung còn trống, theo nơi phải bổ sung", OPEN, tuple(rows), merged=1)


def _open_questions(national: National) -> list[tuple[str, list[str]]]:
    """Give each question that is open somewhere with the respondents, in the letter's order."""
    of_unit = {one.unit_id: one.open for one in national.statuses}
    order = [field.key for field in national.letter.fields]
    units: dict[str, list[str]] = {}
    for unit in national.names:
        for question in of_unit[unit]:
            units.setdefault(question, []).append(unit)
    ordered = sorted(units, key=lambda one: order.index(one.partition(".")[0]))
    return [(question_title(national.letter, one), units[one]) for one in ordered]


def _without_account(national: National, unit: str) -> bool:
    return not national.members[unit]


def _unverified(national: National, unit: str) -> bool:
    rows = national.panel.account_rows.set_index("id")
    return "evidence_url" in rows and any(
        not rows.at[one, "evidence_url"] for one in national.members[unit]
    )


def _forbidden(national: National, unit: str) -> bool:
    panel = national.panel
    return any(
        not panel.basis_of(one, next(iter(panel.lanes(one)), "public")).totals
        for one in national.members[unit]
    )


def _unread(national: National, unit: str) -> bool:
    panel = national.panel
    before = panel.last_night + timedelta(days=1)
    return any(
        panel.last_reading(one, "followers", before) is None for one in national.members[unit]
    )


LACKS: tuple[tuple[str, str, Callable[[National, str], bool]], ...] = (
    (REGISTRAR_VI, "Chưa đăng ký tài khoản nào", _without_account),
    (REGISTRAR_VI, "Tài khoản chưa có minh chứng là của cơ quan", _unverified),
    (OWNER_VI, "Tài khoản có điều khoản không cho cộng, xếp hạng", _forbidden),
    (READER_VI, "Tài khoản chưa đọc được lần nào", _unread),
)
"""Who has to act, what is lacking, and the test of one respondent."""
