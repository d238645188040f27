"""The rows of a plan sheet, measured: targets of the register, the ready one of Quyết định
173/QĐ-TTg, and indicators nobody set a target for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tracker.effects import (
    LocalityLevels,
    Progress,
    locality_levels,
    presence_target,
    progress,
    targets_of,
)
from tracker.effects.levels import NO_LEVEL_VI, UNIT_VI
from tracker.effects.stated_periods import period_window
from tracker.effects.targets import (
    FOLLOWERS,
    NOBODY_VI,
    NOT_BEGUN_VI,
    NOT_MEASURED_VI,
    PERIOD_VI,
    PRESENCE_BASIS,
    PRESENCE_YEARS,
    in_percent,
)
from tracker.effects.unit_levels import unit_level
from tracker.indicators import INDICATORS, Value
from tracker.periods import Window
from tracker.registry import Target
from tracker.reports.facts import LEVEL_DAYS, Facts
from tracker.reports.measured import FOLLOWERS_VI
from tracker.tables import days_text
from tracker.text.printable import day_text

NO_ACCOUNT_VI = "chưa đăng ký tài khoản nào để đo"
NO_BASE_VI = "chưa có kỳ trước để so sánh"
ALONE_VI = "số thực hiện tính trên các tài khoản có số liệu trong kỳ; chưa so được với kỳ trước"


@dataclass(frozen=True)
class Planned:
    """One row: what was measured, and whether someone set a target."""

    found: Progress
    is_set: bool
    note: str = ""


def planned_rows(facts: Facts, keys: Sequence[str]) -> list[Planned]:
    """List the rows by year: targets of the register, the ready target, then indicators nobody set
    a target for."""
    asked, unit = facts.asked_window, facts.unit_id
    set_by_register = [
        target for target in targets_of(facts.panel, unit) if _overlaps(target.period, asked)
    ]
    rows: list[tuple[str, int, Planned]] = []
    for target in set_by_register:
        rows.append((target.period, 0, Planned(_measured(facts, target), is_set=True)))
    for year in range(asked.start.year, asked.last_day.year + 1):
        if year in PRESENCE_YEARS:
            ready = presence_target(unit, year)
            rows.append((str(year), 1, Planned(_measured(facts, ready), is_set=True)))
        set_keys = {one.indicator for one in set_by_register if one.period == str(year)}
        if year in PRESENCE_YEARS:
            set_keys.add(FOLLOWERS)
        for key in keys:
            if key not in set_keys:
                none = Target(key, unit, str(year), 0.0, PRESENCE_BASIS)
                rows.append((str(year), 2, Planned(_measured(facts, none), is_set=False)))
    rows.sort(key=lambda row: row[:2])
    if not facts.measured.accounts:
        return [_without_accounts(planned) for _, _, planned in rows]
    return [_with_base(facts, planned) for _, _, planned in rows]


def _overlaps(period: str, asked: Window) -> bool:
    """Say whether a period touches the asked days; one that cannot be read is shown, too."""
    window = period_window(period)
    return window is None or (window.start < asked.end and asked.start < window.end)


def _measured(facts: Facts, target: Target) -> Progress:
    return progress(facts.panel, target, facts.until, facts.tet_days)


def _without_accounts(planned: Planned) -> Planned:
    """Say that there is nothing to measure, instead of what the measuring missed first."""
    found = planned.found
    if found.reason in (NOT_MEASURED_VI, PERIOD_VI):
        return planned
    return replace(planned, found=replace(found, reason=NO_ACCOUNT_VI, base=Value(None)))


def _with_base(facts: Facts, planned: Planned) -> Planned:
    """Give a period that has not begun the newest level as its base: a plan is made before its
    year."""
    found = planned.found
    if found.reason in (NOBODY_VI, NO_LEVEL_VI):
        return _with_actual(facts, planned)
    if found.reason != NOT_BEGUN_VI:
        return planned
    last_day = facts.until - timedelta(days=1)
    window = Window(facts.until - timedelta(days=LEVEL_DAYS), facts.until)
    key = found.target.indicator
    if key == FOLLOWERS:
        named, note = (FOLLOWERS_VI, UNIT_VI), f"mức ngày {day_text(last_day)}"
    elif key in INDICATORS:
        item = INDICATORS[key]
        named, note = (item.title_vi, item.unit_vi), days_text(window.start, window.last_day)
    else:
        return planned
    note = f"số gốc tạm tính: {note}"
    base, accounts = _alone(facts, key, window)
    title, unit_vi = named
    found = replace(found, base=base, unit_vi=unit_vi, title_vi=title, accounts=accounts)
    if base.value is None:
        return replace(planned, found=found)
    wanted = found.target.value
    if in_percent(found.target):
        wanted = base.value * (1 + found.target.value / 100)
    return replace(planned, found=replace(found, wanted=wanted), note=note)


def _with_actual(facts: Facts, planned: Planned) -> Planned:
    """Give a period whose base is not known its own number, which stands alone."""
    found, period = planned.found, period_window(planned.found.target.period)
    end = min(period.end, facts.until, facts.panel.last_night) if period else None
    if period is None or end is None or end <= period.start:
        return planned
    actual, accounts = _alone(facts, found.target.indicator, Window(period.start, end))
    reason = NO_BASE_VI if actual.value is not None else actual.reason
    kept = replace(found, actual=actual, accounts=accounts, reason=reason, windows=None)
    return replace(planned, found=kept, note=ALONE_VI if actual.value is not None else "")


def _alone(facts: Facts, key: str, window: Window) -> tuple[Value, tuple[str, ...]]:
    """Measure one indicator of the respondent over one window; also the accounts behind it."""
    levels = levels_over(facts, window)
    if key == FOLLOWERS:
        return levels.total.followers_after, levels.total.accounts
    ids = [account.account_id for account in levels.accounts]
    level = unit_level(facts.panel, INDICATORS[key], facts.unit_id, ids, window, facts.tet_days)
    return level.value, tuple(level.lanes)


def levels_over(facts: Facts, window: Window) -> LocalityLevels:
    for known in (facts.measured, facts.levels):
        if isinstance(known, LocalityLevels) and known.window == window:
            return known
    return locality_levels(facts.panel, facts.unit_id, window, facts.tet_days)
