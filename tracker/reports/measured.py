"""Values and changes as cells: levels, changes with intervals, notes, and where each came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tracker.effects import (
    OBSERVED,
    AccountRow,
    Change,
    IndicatorRow,
    LocalityChanges,
    LocalityLevels,
)
from tracker.indicators import INDICATORS, Value
from tracker.panel import Panel
from tracker.periods import Window, date_of, day_number
from tracker.platforms import NOT_ALLOWED_VI, PLATFORMS
from tracker.reports.passport import lane_text
from tracker.tables import Cell, Form, Origin, days_text

APPLY_VI = f"{NOT_ALLOWED_VI}; cần chủ kênh ủy quyền hoặc nền tảng chấp thuận"
"""What the terms forbid, and what to apply for (rule 7)."""
NO_PROGRAMME_VI = "chưa có chương trình để so sánh"
NO_NOTE_VI = "không có lưu ý"
FOLLOWERS_VI, POSTS_VI = "Người theo dõi", "Bài đăng và tương tác ở 7 ngày tuổi"
"""The two kinds of series every measured number is made of."""
PARTS_KEY = "interactions_per_post"
"""The row that names the components of interactions; they hold for the rates below it too."""
IMPORTED_VI = "số liệu nhập vào kho dữ liệu"
READ_VI = "số đọc hằng đêm, lưu trong kho dữ liệu"
SIGNED_PERCENT = Form("percent", 1, signed=True)

Measured = LocalityChanges | LocalityLevels


def _windows(measured: Measured) -> tuple[Window, Window] | None:
    return measured.windows if isinstance(measured, LocalityChanges) else None


def unknown_cell(reason: str | None) -> Cell:
    """Say why there is no number; where the terms forbid it, also what to apply for."""
    return Cell(reason=APPLY_VI if reason == NOT_ALLOWED_VI else reason or "")


def lane_cell(lane: str) -> Cell:
    """Name the lane of a row."""
    return Cell(text=lane_text(lane), reason="không kênh đọc nào có số này")


def indicator_rows(
    panel: Panel,
    accounts: Sequence[AccountRow],
    rows: Sequence[IndicatorRow],
    measured: Measured,
) -> list[tuple[Cell, ...]]:
    """Print indicators: title, lane, before, after, change, percent, notes.

    Indicators that are unknown for the same reason share one row.
    """
    lines: list[tuple[Cell, ...]] = []
    unknown: dict[str, list[str]] = {}
    for row in rows:
        if row.after.value is None and (row.before is None or row.before.value is None):
            reason = (row.change.reason if row.change else None) or row.after.reason or ""
            unknown.setdefault(reason, []).append(title_of(row))
        else:
            lines.append(_indicator_cells(panel, accounts, row, measured))
    for reason, titles in unknown.items():
        said = unknown_cell(reason)
        title = Cell(text="; ".join(titles))
        lines.append((title, said, said, said, said, said, Cell(text=NO_NOTE_VI)))
    return lines


def title_of(row: IndicatorRow) -> str:
    """Name an indicator with its unit."""
    return f"{row.title_vi} ({row.unit_vi})" if row.unit_vi else row.title_vi


def _indicator_cells(
    panel: Panel, accounts: Sequence[AccountRow], row: IndicatorRow, measured: Measured
) -> tuple[Cell, ...]:
    form = form_of(row)
    change = row.change
    windows = change.windows if change and change.windows else _windows(measured)
    before_window, after_window = windows or (None, _level_window(measured))
    series = POSTS_VI if INDICATORS[row.key].entity == "post" else FOLLOWERS_VI
    after = _value_cell(panel, accounts, row.after, form, series, after_window, row.key)
    if row.before is None or change is None:
        before = moved = percent = Cell(reason=NO_PROGRAMME_VI)
    else:
        before = _value_cell(panel, accounts, row.before, form, series, before_window, row.key)
        both = _both(row.before, row.after)
        origin = origin_of(panel, accounts, both, series, _whole(windows), row.key)
        formula = INDICATORS[row.key].formula_vi
        reason = change.reason or ""
        signed = Form("number", form.decimals, signed=True)
        moved = _bounded(
            change.difference,
            change.low,
            change.high,
            signed,
            reason,
            replace(origin, formula=f"{formula}; thay đổi là mức sau trừ mức trước"),
        )
        percent = _bounded(
            change.percent,
            change.percent_low,
            change.percent_high,
            SIGNED_PERCENT,
            reason or "mức trước bằng 0 hoặc âm",
            replace(origin, formula=f"{formula}; thay đổi tính theo phần trăm của mức trước"),
        )
    return (
        Cell(text=title_of(row)),
        lane_cell(row.lane or ""),
        before,
        after,
        moved,
        percent,
        Cell(text=_notes(row, measured)),
    )


def _level_window(measured: Measured) -> Window | None:
    return measured.window if isinstance(measured, LocalityLevels) else None


def _both(before: Value, after: Value) -> Value:
    """Give the days and readings of both sides, for what compares them."""
    return replace(
        after,
        first_day=before.first_day or after.first_day,
        readings=before.readings + after.readings,
        step=max(before.step, after.step),
    )


def _whole(windows: tuple[Window, Window] | None) -> Window | None:
    return Window(windows[0].start, windows[1].end) if windows else None


def form_of(row: IndicatorRow) -> Form:
    """Choose the decimals of a row by its largest number, the same for before and after."""
    values = [value.value for value in (row.before, row.after) if value is not None]
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    decimals = 0 if largest >= 1000 else 1 if largest >= 10 else 2 if largest >= 0.1 else 4
    return Form("number", decimals)


def _bounded(
    value: float | None,
    low: float | None,
    high: float | None,
    form: Form,
    reason: str,
    origin: Origin,
) -> Cell:
    if value is None:
        return unknown_cell(reason)
    return Cell(value, low=finite(low), high=finite(high), form=form, origin=origin)


def finite(bound: float | None) -> float | None:
    """Give the end of an interval; None = open."""
    return bound if bound is not None and math.isfinite(bound) else None


def level_cell(panel: Panel, accounts: Sequence[AccountRow], value: Value) -> Cell:
    """Print a count as it was read: step and qualifier instead of the interval they leave."""
    if value.value is None:
        return unknown_cell(value.reason)
    qualifier = "exact"
    if value.step <= 1 and (value.low is None) != (value.high is None):
        qualifier = "at_least" if value.high is None else "at_most"
    number = float(value.value)
    return Cell(
        int(number) if number.is_integer() else number,
        step=float(value.step) if value.step > 1 else None,
        qualifier=qualifier,
        origin=origin_of(panel, accounts, value, FOLLOWERS_VI, None),
    )


def _value_cell(
    panel: Panel,
    accounts: Sequence[AccountRow],
    value: Value,
    form: Form,
    metric: str,
    window: Window | None,
    key: str,
) -> Cell:
    """Print the level of an indicator over a window; the interval stands with the change."""
    if value.value is None:
        return unknown_cell(value.reason)
    origin = origin_of(panel, accounts, value, metric, window, key)
    return Cell(float(value.value), form=form, origin=origin)


def origin_of(
    panel: Panel,
    accounts: Sequence[AccountRow],
    value: Value,
    metric: str,
    window: Window | None,
    key: str = "",
) -> Origin:
    """Trace a number: its own first and last day where known, else those of the window. `key` is
    that of the indicator; '' = a count as it was read."""
    titles = dict.fromkeys(PLATFORMS[account.platform].title for account in accounts)
    lane = value.lane or ""
    terms = dict.fromkeys(
        panel.basis_of(account.account_id, one).title_vi
        for account in accounts
        for one in lane.split("+")
        if one
    )
    first_day = value.first_day or (window.start if window else None)
    last_day = value.last_day or (window.last_day if window else None)
    ids = [account.account_id for account in accounts]
    return Origin(
        account=", ".join(ids),
        platform=", ".join(titles),
        lane=lane,
        metric=metric,
        first_day=first_day,
        last_day=last_day,
        readings=value.readings or None,
        step=float(value.step),
        basis=", ".join(terms),
        source=read_or_imported(panel, ids, first_day, last_day),
        key=key,
    )


def read_or_imported(
    panel: Panel, accounts: Sequence[str], first_day: date | None, last_day: date | None
) -> str:
    """Say whether the numbers of some days were imported, read at night, or both.

    What lies before an account's first night was imported.
    """
    if first_day is None or last_day is None:
        return ""
    nights = [panel.first_night(account) for account in accounts]
    began = [night for night in nights if night is not None]
    imported = any(night is None or night > day_number(first_day) for night in nights)
    read = any(night <= day_number(last_day) for night in began)
    if imported and read:
        return f"{IMPORTED_VI}; {READ_VI} từ {date_of(min(began)):%d/%m/%Y}"
    return IMPORTED_VI if imported else READ_VI


def _notes(row: IndicatorRow, measured: Measured) -> str:
    """Say what a reader of this row must know: components, weeks, windows, jumps, warnings."""
    notes = [row.parts_vi] if row.parts_vi and row.key == PARTS_KEY else []
    change = row.change
    if change is not None and change.known:
        notes += _change_notes(change, _windows(measured))
    return "; ".join(dict.fromkeys(notes)) or NO_NOTE_VI


def _change_notes(change: Change, usual: tuple[Window, Window] | None) -> list[str]:
    unit = "tuần" if change.unit == "week" else "tháng (4 tuần)"
    notes = [f"{unit} dùng được: {change.weeks_before} trước, {change.weeks_after} sau"]
    if change.label != OBSERVED:
        notes.append(change.label_vi)
    if change.windows is not None and change.windows != usual:
        notes.append(f"khoảng so sánh riêng: {windows_text(change.windows)}")
    if change.jumps:
        notes.append(f"đã để ngoài {len(change.jumps)} lần tăng, giảm đột biến")
    return notes + list(change.warnings)


def windows_text(windows: tuple[Window, Window]) -> str:
    """Write both windows in words, days inclusive."""
    before, after = (days_text(window.start, window.last_day) for window in windows)
    return f"trước {before}, sau {after}"
