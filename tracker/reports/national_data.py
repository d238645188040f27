"""The analyst's sheets of the national workbook: every number on a line of its own, every open
question on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.effects import AccountRow, IndicatorRow, LocalityChanges
from tracker.indicators import Value
from tracker.periods import Window
from tracker.platforms import PLATFORMS
from tracker.reports.measured import (
    NO_PROGRAMME_VI,
    SIGNED_PERCENT,
    Measured,
    finite,
    form_of,
    lane_cell,
    level_cell,
    unknown_cell,
)
from tracker.reports.national_facts import National
from tracker.reports.national_lacks import question_title
from tracker.tables import COUNT, DAY, Cell, Column, Form, Table

FOLLOWERS = "followers"
TOGETHER_VI = "cả đơn vị"
DATA = (
    Column("Mã đơn vị", width=1.2),
    Column("Đơn vị", width=1.5),
    Column("Mã tài khoản", width=1.8),
    Column("Nền tảng"),
    Column("Mã chỉ số", width=1.6),
    Column("Chỉ số", width=2.2),
    Column("Đơn vị tính"),
    Column("Kênh đọc"),
    Column("Trước", COUNT),
    Column("Sau, hoặc mức của khoảng", COUNT),
    Column("Thay đổi quan sát được", COUNT),
    Column("Thay đổi, %", SIGNED_PERCENT),
    Column("Khoảng trước, từ", DAY),
    Column("Khoảng trước, đến", DAY),
    Column("Khoảng sau, từ", DAY),
    Column("Khoảng sau, đến", DAY),
    Column("Số lần đọc", COUNT),
    Column("Bước làm tròn", COUNT),
)
NO_BEFORE_VI = "không so sánh trước và sau"


def data_table(national: National) -> Table:
    """Print respondent × account × indicator, one line each, with real numbers; the respondent as a
    whole stands under `cả đơn vị`."""
    rows = [row for unit in national.names for row in _rows_of(national, unit)]
    if not rows:
        none = Cell(reason="chưa đơn vị nào có tài khoản")
        rows = [tuple([none] * len(DATA))]
    return Table("", "Dữ liệu", DATA, tuple(rows), wide=True)


def _rows_of(national: National, unit: str) -> Iterator[tuple[Cell, ...]]:
    measured = national.facts[unit].measured
    head = (Cell(text=unit), Cell(text=national.names[unit]))
    for account in measured.accounts:
        name = (Cell(text=account.account_id), Cell(text=PLATFORMS[account.platform].title))
        yield (*head, *name, *_follower_cells(national, account, measured))
        for row in account.indicators:
            yield (*head, *name, *_indicator_cells(row, measured))
    if len(measured.accounts) > 1:
        whole = (Cell(text=TOGETHER_VI), Cell(text="tất cả"))
        for row in measured.total.indicators:
            yield (*head, *whole, *_indicator_cells(row, measured))


def _follower_cells(
    national: National, account: AccountRow, measured: Measured
) -> tuple[Cell, ...]:
    panel, newest = national.panel, account.followers_after
    return (
        Cell(text=FOLLOWERS),
        Cell(text="Người theo dõi, đầu và cuối khoảng"),
        Cell(text="người"),
        lane_cell(newest.lane or account.followers_before.lane or ""),
        level_cell(panel, (account,), account.followers_before),
        level_cell(panel, (account,), newest),
        Cell(reason="xem chỉ số tăng trưởng"),
        Cell(reason="xem chỉ số tăng trưởng"),
        *_days(*_windows(measured, None)),
        *_reading_cells(newest),
    )


def _indicator_cells(row: IndicatorRow, measured: Measured) -> tuple[Cell, ...]:
    form, change = form_of(row), row.change
    signed = Form("number", form.decimals, signed=True)
    if change is None:
        moved = percent = Cell(reason=NO_PROGRAMME_VI)
    elif change.difference is None:
        moved = percent = unknown_cell(change.reason)
    else:
        ends = finite(change.low), finite(change.high)
        moved = Cell(change.difference, low=ends[0], high=ends[1], form=signed)
        percent = Cell(change.percent, reason="mức trước bằng 0 hoặc âm")
    return (
        Cell(text=row.key),
        Cell(text=row.title_vi),
        Cell(text=row.unit_vi),
        lane_cell(row.lane or ""),
        _level(row.before, form) if row.before is not None else Cell(reason=NO_BEFORE_VI),
        _level(row.after, form),
        moved,
        percent,
        *_days(*_windows(measured, change.windows if change is not None else None)),
        *_reading_cells(row.after),
    )


def _level(value: Value, form: Form) -> Cell:
    if value.value is None:
        return unknown_cell(value.reason)
    return Cell(value.value, low=finite(value.low), high=finite(value.high), form=form)


def _reading_cells(value: Value) -> tuple[Cell, Cell]:
    unknown = unknown_cell(value.reason or "không ghi")
    known = value.value is not None and value.readings > 0
    return (
        Cell(value.readings) if known else unknown,
        Cell(value.step) if value.value is not None else unknown,
    )


def _windows(
    measured: Measured, own: tuple[Window, Window] | None
) -> tuple[Window | None, Window | None]:
    if isinstance(measured, LocalityChanges):
        return own or measured.windows or (None, None)
    return None, measured.window


def _days(before: Window | None, after: Window | None) -> list[Cell]:
    cells = []
    for window in (before, after):
        unknown = Cell(reason=NO_BEFORE_VI)
        cells += [Cell(window.start), Cell(window.last_day)] if window else [unknown, unknown]
    return cells


OPEN = (
    Column("Mã đơn vị", width=1.2),
    Column("Đơn vị", width=1.5),
    Column("Mã mục", width=1.6),
    Column("Mục của công văn", width=4),
)


def open_questions_table(national: National) -> Table:
    """List every question that a respondent has not answered, one line each."""
    of_unit = {one.unit_id: one.open for one in national.statuses}
    rows = [
        (
            Cell(text=unit),
            Cell(text=name),
            Cell(text=question),
            Cell(text=question_title(national.letter, question)),
        )
        for unit, name in national.names.items()
        for question in of_unit[unit]
    ]
    if not rows:
        words = "không đơn vị nào còn mục trống"
        rows = [(Cell(text="–"), Cell(text="–"), Cell(text="–"), Cell(text=words))]
    return Table("", "Mục còn trống", OPEN, tuple(rows))
