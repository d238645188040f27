"""Several accounts together: sums and ratios of sums over those observed in both windows (rules 5
and 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.effects.change import LENGTHS, compare
from tracker.effects.lanes import covers
from tracker.effects.levels import UNIT_VI, followers_at
from tracker.effects.observed import Change
from tracker.effects.rows import DUPLICATES_VI, GroupRow, IndicatorRow
from tracker.indicators import (
    INDICATORS,
    Indicator,
    Value,
    combined,
    parts_vi,
    sources,
    value_of,
    with_readings,
)
from tracker.indicators.needs import breaks_of
from tracker.indicators.samples import Source, plan_for
from tracker.panel import Panel
from tracker.periods import Window, before_after
from tracker.platforms import NOT_ALLOWED_VI

GROWTH = "followers_per_day"
NOBODY_VI = "không có tài khoản nào được quan sát đủ trong các khoảng thời gian"
NO_ACCOUNT_VI = "chưa có tài khoản nào trong danh bạ"

Measured = Mapping[str, Mapping[str, tuple[dict[str, Source], str | None]]]
"""account id -> indicator key -> what `indicators.sources` gave."""


@dataclass(frozen=True)
class _Chosen:
    """The accounts that take part, each with its lane and source."""

    lanes: dict[str, str]
    parts: dict[str, Source]


def group_changes(
    panel: Panel,
    platform: str | None,
    measured: Measured,
    start: date,
    until: date,
    tet_days: Sequence[date],
) -> GroupRow:
    """Compare several accounts added up, over the longest windows in which at least one of them was
    observed."""
    keys = list(next(iter(measured.values()))) if measured else []
    rows, growth, windows = [], _Chosen({}, {}), None
    for key in keys:
        item = INDICATORS[key]
        row, chosen = _compared(panel, platform, item, measured, start, until, tet_days)
        rows.append(row)
        if key == GROWTH:
            growth, windows = chosen, row.change.windows if row.change is not None else None
    before, after = windows or before_after(start, LENGTHS[-1])
    return _group(
        panel, platform, list(measured), growth.lanes, rows, (before.end, after.end), until
    )


def group_levels(
    panel: Panel,
    platform: str | None,
    accounts: Sequence[str],
    keys: Sequence[str],
    window: Window,
    tet_days: Sequence[date],
) -> GroupRow:
    """Measure several accounts added up over one window, Tết weeks in."""
    rows, growth = [], _Chosen({}, {})
    for key in keys if accounts else ():
        item = INDICATORS[key]
        options = {account_id: sources(panel, item, account_id) for account_id in accounts}
        chosen = _choose(panel, options, ((window, window),), tet_days)
        if key == GROWTH:
            growth = chosen
        value = _nobody(item, options)
        if chosen.parts:
            source = combined(item, list(chosen.parts.values()))
            plan = plan_for(source, (window, window), tet_days, keep_tet=True)
            value = value_of(source.sample(window, plan), item, _joined(chosen.lanes))
            value = with_readings(panel, value, item, list(chosen.lanes.items()), window)
        rows.append(_row(platform, item, None, value, None))
    ends = (window.start, window.end)
    return _group(panel, platform, list(accounts), growth.lanes, rows, ends, window.end)


def _compared(
    panel: Panel,
    platform: str | None,
    item: Indicator,
    measured: Measured,
    start: date,
    until: date,
    tet_days: Sequence[date],
) -> tuple[IndicatorRow, _Chosen]:
    """Compare one indicator of a group."""
    options = {account_id: found[item.key] for account_id, found in measured.items()}
    fitting = [
        pair for pair in (before_after(start, length) for length in LENGTHS) if pair[1].end <= until
    ]
    for windows in fitting:
        chosen = _choose(panel, options, (windows,), tet_days)
        if not chosen.parts:
            continue
        source = combined(item, list(chosen.parts.values()))
        breaks = [
            pair for account_id in chosen.parts for pair in breaks_of(panel, item, account_id)
        ]
        change = compare(
            source,
            start,
            until=until,
            tet_days=tet_days,
            breaks=sorted(set(breaks)),
            lengths=(windows[0].days,),
        )
        plan = plan_for(source, windows, tet_days)
        read = list(chosen.lanes.items())
        before, after = (
            with_readings(
                panel,
                value_of(source.sample(window, plan), item, _joined(chosen.lanes)),
                item,
                read,
                window,
            )
            for window in windows
        )
        return _row(platform, item, before, after, change), chosen
    nobody = _nobody(item, options)
    change = Change(None, None, reason=nobody.reason)
    return _row(platform, item, nobody, nobody, change), _Chosen({}, {})


def _choose(
    panel: Panel,
    options: Mapping[str, tuple[dict[str, Source], str | None]],
    pairs: Sequence[tuple[Window, Window]],
    tet_days: Sequence[date],
) -> _Chosen:
    """Take the accounts whose terms allow adding up and that were observed, each in its first lane
    of rule 4."""
    lanes: dict[str, str] = {}
    parts: dict[str, Source] = {}
    for account_id, (by_lane, _) in options.items():
        for lane, source in by_lane.items():
            if not panel.basis_of(account_id, lane).totals:
                continue
            if all(covers(source, pair, side, tet_days) for pair in pairs for side in (0, 1)):
                lanes[account_id], parts[account_id] = lane, source
                break
    return _Chosen(lanes, parts)


def _nobody(item: Indicator, options: Mapping[str, tuple[dict[str, Source], str | None]]) -> Value:
    """Say why there is no total: the terms forbid it for all accounts, or none was observed."""
    reasons = {reason for _, reason in options.values()}
    reason = NOT_ALLOWED_VI if reasons == {NOT_ALLOWED_VI} else NOBODY_VI
    return Value(None, unit=item.unit_vi, reason=reason, accounts=0)


def _joined(lanes: Mapping[str, str]) -> str:
    return "+".join(sorted(set(lanes.values())))


def _row(
    platform: str | None,
    item: Indicator,
    before: Value | None,
    after: Value,
    change: Change | None,
) -> IndicatorRow:
    parts = parts_vi(platform) if platform is not None and item.combine == "ratio" else ""
    return IndicatorRow(
        item.key, item.title_vi, item.unit_vi, before, after, change, after.lane, parts
    )


def _group(
    panel: Panel,
    platform: str | None,
    accounts: Sequence[str],
    lanes: Mapping[str, str],
    rows: Sequence[IndicatorRow],
    ends: tuple[date, date],
    until: date,
) -> GroupRow:
    others = tuple(account_id for account_id in accounts if account_id not in lanes)
    reason = None
    if not accounts:
        reason = NO_ACCOUNT_VI
    elif not lanes:
        reason = next((row.after.reason for row in rows if row.key == GROWTH), NOBODY_VI)
    return GroupRow(
        platform=platform,
        observed=len(lanes),
        registered=len(accounts),
        accounts=tuple(lanes),
        others=others,
        followers_before=_followers(panel, lanes, ends[0], until, reason),
        followers_after=_followers(panel, lanes, ends[1], until, reason),
        followers_others=_followers(panel, dict.fromkeys(others), ends[1], until, reason),
        indicators=tuple(rows),
        label_vi=DUPLICATES_VI if len(lanes) > 1 else "",
        reason=reason,
    )


def _followers(
    panel: Panel, lanes: Mapping[str, str | None], day: date, until: date, reason: str | None
) -> Value:
    """Add up the followers of some accounts at the start of a day; unknown if one of them is."""
    if not lanes:
        return Value(None, unit=UNIT_VI, reason=reason or NOBODY_VI, accounts=0)
    found = [
        followers_at(panel, account_id, lane, day, until) for account_id, lane in lanes.items()
    ]
    forbidden = [
        account_id
        for account_id, value in zip(lanes, found, strict=True)
        if value.lane is None or not panel.basis_of(account_id, value.lane).totals
    ]
    missing = [value for value in found if value.value is None]
    if missing:
        return Value(None, unit=UNIT_VI, reason=missing[0].reason, accounts=len(lanes))
    if forbidden and len(lanes) > 1:
        return Value(None, unit=UNIT_VI, reason=NOT_ALLOWED_VI, accounts=len(lanes))
    days = [value.first_day for value in found if value.first_day is not None]
    lows = [value.value if value.low is None else value.low for value in found]
    highs = [value.value if value.high is None else value.high for value in found]
    rounded = any(value.step > 1 for value in found)
    return Value(
        sum(value.value for value in found if value.value is not None),
        sum(low for low in lows if low is not None) if rounded else None,
        sum(high for high in highs if high is not None) if rounded else None,
        n=len(found),
        unit=UNIT_VI,
        lane="+".join(sorted({value.lane for value in found if value.lane is not None})),
        accounts=len(found),
        readings=len(found),
        step=sum(value.step for value in found if value.step > 1) or 1,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
    )
