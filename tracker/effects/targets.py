"""Targets: what was promised, from which base, and how far it is reached.

Base and actual rest on the same accounts (rule 5) and, where days are measured, on the same days of
two years, so that neither a growing panel nor the season makes progress. The ready target is that
of Quyết định 173/QĐ-TTg.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.effects.frame_parts import indicator_of
from tracker.effects.lanes import covers
from tracker.effects.levels import NO_LEVEL_VI, UNIT_VI, followers_at
from tracker.effects.rows import DUPLICATES_VI
from tracker.effects.stated_periods import period_window
from tracker.errors import ConfigError
from tracker.flows import intervals
from tracker.indicators import Indicator, Value, combined, sources, value_of
from tracker.indicators.samples import Source, plan_for
from tracker.panel import LANE_ORDER, Panel
from tracker.panel.frames import rows_of
from tracker.panel.maps import ACROSS_VI, units_on
from tracker.periods import MERGER, Window, map_on
from tracker.platforms import NOT_ALLOWED_VI
from tracker.registry import Target
from tracker.text import slug

FOLLOWERS = "followers"
PRESENCE_PERCENT = 20.0
PRESENCE_YEARS = range(2026, 2031)
PRESENCE_BASIS = "% so với cùng kỳ năm trước"
PRESENCE_VI = "hiện diện trên các nền tảng số toàn cầu tăng ít nhất 20 % mỗi năm"
PRESENCE_SOURCE = (
    "Quyết định 173/QĐ-TTg ngày 27/01/2026 (Chiến lược truyền thông quảng bá hình ảnh Việt Nam ra "
    "nước ngoài giai đoạn 2026-2030, tầm nhìn đến năm 2045); mục tiêu theo VnExpress 02/2026, chưa "
    "tiếp cận được toàn văn và phụ lục"
)
"""VnExpress (02/2026): presence, recognition and standing of Viet Nam in international media and on
global digital platforms up at least 20 % a year. The full text was not found, nor an official
measure (domain notes, sections 4 and 9)."""
MEASURE_VI = "cách đo của công cụ, chưa có hướng dẫn chính thức"
NOT_MEASURED_VI = "chỉ tiêu này không phải chỉ số đo được của công cụ"
PERIOD_VI = "không đọc được kỳ của chỉ tiêu"
NOT_BEGUN_VI = "kỳ của chỉ tiêu chưa bắt đầu hoặc chưa có số liệu"
NOBODY_VI = "không có tài khoản nào được quan sát đủ ở cả hai kỳ"


@dataclass(frozen=True)
class Progress:
    """How far a target is reached.

    `basis_vi`: what the target is stated against, for print. `base` and `actual` are over the same
    `accounts`; `windows` = (base, actual) for what is measured over days, None for followers, which
    stood so at the start of the period and of `until`. `wanted` is the number that must be reached
    in the unit of both. `change_percent` = 100 x (actual / base - 1). `progress` is the share of
    the way from base to wanted that is done: 1 = reached, above 1 = exceeded, below 0 = moved away.
    `elapsed` is the share of the period that is over. `reached` None = cannot be said, also where
    the interval of `actual` holds `wanted`. Where a number is None `reason` (Vietnamese) says why;
    `notes` (Vietnamese) must be printed.
    """

    target: Target
    title_vi: str
    unit_vi: str
    basis_vi: str
    base: Value
    actual: Value
    wanted: float | None = None
    change_percent: float | None = None
    progress: float | None = None
    elapsed: float = 0.0
    reached: bool | None = None
    accounts: tuple[str, ...] = ()
    windows: tuple[Window, Window] | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


def presence_target(unit: str, year: int, indicator: str = FOLLOWERS) -> Target:
    """Make the target of Quyết định 173/QĐ-TTg for a locality or agency and a year from 2026 to
    2030: 20 % more than a year before, of an indicator of one's choice (no official measure was
    found). Raises ConfigError for another year."""
    if year not in PRESENCE_YEARS:
        raise ConfigError(f"Quyết định 173/QĐ-TTg sets targets for 2026 to 2030, not {year}")
    return Target(indicator, unit, str(year), PRESENCE_PERCENT, PRESENCE_BASIS, PRESENCE_SOURCE)


def targets_of(panel: Panel, unit: str | None = None) -> list[Target]:
    """List the targets of the register, by unit, period and indicator; `unit` None = all."""
    rows = [
        Target(row.indicator, row.unit, str(row.period), float(row.value), row.basis, row.source)
        for row in rows_of(panel.targets)
        if unit in (None, row.unit)
    ]
    return sorted(rows, key=lambda row: (row.unit, row.period, row.indicator))


def progress(panel: Panel, target: Target, until: date, tet_days: Sequence[date] = ()) -> Progress:
    """Measure how far a target is reached with what was read before `until` (exclusive).

    `followers` are levels; other indicators are those of the registry, over the part of the period
    that is over against the same days a year before (`kỳ trước` in the basis: against the period
    just before). A basis with `cùng kỳ`, `kỳ trước` or `năm trước` is growth in percent, any other
    (`kế hoạch`, none) a number to reach. Never raises for missing data.
    """
    found = Progress(target, target.indicator, "", basis_vi(target), Value(None), Value(None))
    if target.source == PRESENCE_SOURCE:
        found = replace(found, notes=(f"{PRESENCE_VI}: {MEASURE_VI}",))
    period = period_window(target.period)
    if period is None:
        return replace(found, reason=PERIOD_VI)
    end = min(period.end, until, panel.last_night)
    if end <= period.start:
        return replace(found, reason=NOT_BEGUN_VI)
    over = Window(period.start, end)
    found = replace(found, elapsed=over.days / period.days)
    accounts = _accounts(panel, target.unit, over.last_day)
    if target.indicator == FOLLOWERS:
        return _judged(_of_followers(panel, found, accounts, over, until))
    try:
        item = indicator_of(panel, target.indicator)
    except ConfigError:
        return replace(found, reason=NOT_MEASURED_VI)
    windows = (_base_window(period, over, target.basis), over)
    return _judged(_of_indicator(panel, found, item, accounts, windows, tuple(tet_days)))


def basis_vi(target: Target) -> str:
    """Say what a target is stated against."""
    if not in_percent(target):
        return target.basis or "số phải đạt"
    before = "kỳ liền trước" if _just_before(target.basis) else "cùng kỳ năm trước"
    return f"tăng {target.value:g} % so với {before}".replace(".", ",")


def in_percent(target: Target) -> bool:
    """Say whether a target is growth in percent of its base, or else a number to reach."""
    words = slug(target.basis or "")
    return any(word in words for word in ("cung-ky", "ky-truoc", "nam-truoc"))


def _just_before(basis: str | None) -> bool:
    return "ky-truoc" in slug(basis or "")


def _base_window(period: Window, over: Window, basis: str | None) -> Window:
    """Give the days a part of a period is compared with: as many of the period before."""
    if not _just_before(basis):
        return Window(_year_before(over.start), _year_before(over.end))
    months = 12 * (period.end.year - period.start.year) + period.end.month - period.start.month
    if not months or (period.start.day, period.end.day) != (1, 1):
        return Window(over.start - timedelta(days=over.days), over.start)
    years, month = divmod(12 * period.start.year + period.start.month - 1 - months, 12)
    start = date(years, month + 1, 1)
    return Window(start, min(start + timedelta(days=over.days), period.start))


def _year_before(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _accounts(panel: Panel, unit: str, on: date) -> list[str]:
    """List the accounts of a locality (on the map of the day) or of an agency."""
    if unit in panel.localities.index:
        owners = units_on(panel, map_on(on), on)
    else:
        owners = panel.accounts_on(on)["agency_id"]
    return sorted(map(str, owners.index[owners == unit]))


def _of_followers(
    panel: Panel, found: Progress, accounts: Sequence[str], over: Window, until: date
) -> Progress:
    """Add up followers at both ends of a period, of accounts known at both in one lane."""
    pairs: dict[str, tuple[Value, Value]] = {}
    forbidden = False
    for account in accounts:
        for lane in LANE_ORDER:
            basis = panel.basis_of(account, lane)
            both = [
                followers_at(panel, account, lane, day, until) for day in (over.start, over.end)
            ]
            if any(value.value is None for value in both):
                continue
            if not (basis.derived and basis.totals):
                forbidden = True
                continue
            pairs[account] = both[0], both[1]
            break
    found = replace(found, title_vi="Người theo dõi", unit_vi=UNIT_VI)
    if not pairs:
        return replace(found, reason=NOT_ALLOWED_VI if forbidden else NO_LEVEL_VI)
    notes = [*found.notes, f"{len(pairs)} trong {len(accounts)} tài khoản có số ở cả hai đầu kỳ"]
    if len(pairs) > 1:
        notes.append(f"người theo dõi của nhiều tài khoản cộng lại {DUPLICATES_VI}")
    if over.start < MERGER < over.end:
        notes.append(ACROSS_VI)
    for account, (first, _) in pairs.items():
        series = panel.series(account, "followers", str(first.lane))
        notes += [
            f"{account}, {jump.day:%d/%m/%Y}: gồm cả mức tăng giảm đột ngột {jump.change:+.0f}"
            for jump in intervals(series, step=first.step).jumps
            if jump.day in over and jump.kind != "glitch"
        ]
    base, actual = (_sum([pair[side] for pair in pairs.values()]) for side in (0, 1))
    return replace(found, base=base, actual=actual, accounts=tuple(pairs), notes=tuple(notes))


def _sum(values: Sequence[Value]) -> Value:
    """Add levels up; a rounded one counts with the range it may lie in."""
    rounded = any(value.step > 1 or value.low is not None for value in values)
    lows = [value.value if value.low is None else value.low for value in values]
    highs = [value.value if value.high is None else value.high for value in values]
    return Value(
        sum(value.value for value in values if value.value is not None),
        sum(low for low in lows if low is not None) if rounded else None,
        sum(high for high in highs if high is not None) if rounded else None,
        n=len(values),
        unit=UNIT_VI,
        lane="+".join(sorted({value.lane for value in values if value.lane is not None})),
        accounts=len(values),
        readings=len(values),
        step=max(value.step for value in values),
    )


def _of_indicator(
    panel: Panel,
    found: Progress,
    item: Indicator,
    accounts: Sequence[str],
    windows: tuple[Window, Window],
    tet_days: tuple[date, ...],
) -> Progress:
    """Measure an indicator over two windows, of accounts that cover both in one lane."""
    found = replace(found, title_vi=item.title_vi, unit_vi=item.unit_vi, windows=windows)
    lanes: dict[str, str] = {}
    parts: list[Source] = []
    reasons = set()
    for account in accounts:
        by_lane, reason = sources(panel, item, account)
        reasons.add(reason)
        for lane, source in by_lane.items():
            both = all(covers(source, windows, side, tet_days) for side in (0, 1))
            if both and panel.basis_of(account, lane).totals:
                lanes[account] = lane
                parts.append(source)
                break
    if not parts:
        return replace(found, reason=NOT_ALLOWED_VI if reasons == {NOT_ALLOWED_VI} else NOBODY_VI)
    source = combined(item, parts)
    plan = plan_for(source, windows, tet_days)
    lane = "+".join(sorted(set(lanes.values())))
    base, actual = (
        replace(value_of(source.sample(window, plan), item, lane), accounts=len(parts))
        for window in windows
    )
    note = f"{len(parts)} trong {len(accounts)} tài khoản được quan sát ở cả hai kỳ"
    return replace(
        found, base=base, actual=actual, accounts=tuple(lanes), notes=(*found.notes, note)
    )


def _judged(found: Progress) -> Progress:
    """Say what must be reached and how far it is."""
    base, actual, target = found.base.value, found.actual.value, found.target
    if actual is None or found.reason is not None:
        return replace(found, reason=found.reason or found.actual.reason)
    growth = in_percent(target)
    if growth and (base is None or base <= 0):
        return replace(found, reason="không có số gốc dương để tính phần trăm")
    least, most = _ends(found.base)
    times = 1 + target.value / 100
    wanted = base * times if growth and base is not None else target.value
    low, high = _ends(found.actual)
    lowest, highest = (least * times, most * times) if growth else (wanted, wanted)
    way = None if base is None else wanted - base
    return replace(
        found,
        wanted=wanted,
        change_percent=100 * (actual / base - 1) if base is not None and base > 0 else None,
        progress=None if base is None or not way else (actual - base) / way,
        reached=True if low >= highest else False if high < lowest else None,
    )


def _ends(value: Value) -> tuple[float, float]:
    """Give the range a number may lie in; a number without an interval is exact."""
    number = math.nan if value.value is None else value.value
    return (
        number if value.low is None else value.low,
        number if value.high is None else value.high,
    )
