"""Peers: one unit beside comparable ones, with averages, the median and its rank.

A benchmark describes, it is no effect. The average of a rate is the ratio of sums over the group
(docs/methods.md, section 5), of a number the plain mean; units whose intervals overlap share a
rank. Groups: pilots of 2022, region, size, platform.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tracker.effects.frame_choice import LeftOut
from tracker.effects.frame_parts import indicator_of
from tracker.effects.unit_levels import unit_level
from tracker.errors import ConfigError
from tracker.indicators import Indicator, Value
from tracker.panel import Panel
from tracker.panel.maps import crosswalk, followers_on, map_sentences, units_on
from tracker.periods import Window

GROUPINGS = ("pilot", "region", "size", "platform")
SIZES = (
    (10_000.0, "dưới 10.000 người theo dõi"),
    (100_000.0, "từ 10.000 đến dưới 100.000 người theo dõi"),
    (math.inf, "từ 100.000 người theo dõi"),
)
"""Judgement; fixed numbers, so that a unit's tier does not depend on the others."""
PILOT_VI = "thí điểm 2022"
PARTLY_VI = "một phần là địa phương thí điểm 2022"
OTHERS_VI = "không thí điểm"
NO_REGION_VI = "chưa có nguồn về vùng của các địa phương: chưa so sánh được theo vùng"
STANDINGS = (
    "unit",
    "group",
    "value",
    "low",
    "high",
    "units",
    "average",
    "average_without_self",
    "median",
    "rank_from",
    "rank_to",
    "tied",
)


@dataclass(frozen=True)
class Figure:
    """One unit's number: `low`..`high` is what may be true at 95 % (an exact count: both = value;
    None = open on that side). `weight`: the denominator of a rate, None = not a rate."""

    value: float
    low: float | None
    high: float | None
    weight: float | None = None


def standings(figures: Mapping[str, Figure], groups: Mapping[str, str | None]) -> pd.DataFrame:
    """Place every unit in its group, the largest number first.

    One row per unit with a figure and a group, ordered by group, then value; columns `STANDINGS`.
    `average` is the group's with the unit, `average_without_self` that of the others (NaN = there
    are none); both are ratios of sums where the figures have weights. `median` is that of the
    units' numbers. `rank_from`..`rank_to`: the ranks that the intervals allow: 1 + units surely
    above, group size - units surely below; `tied` says that this is more than one.
    """
    rows = []
    for group in sorted({name for name in groups.values() if name is not None}):
        members = [unit for unit, name in groups.items() if name == group and unit in figures]
        inside = {unit: figures[unit] for unit in members}
        ordered = sorted(inside, key=lambda unit: (-inside[unit].value, unit))
        for unit in ordered:
            own = inside[unit]
            others = [one for name, one in inside.items() if name != unit]
            above = sum(_low(one) > _high(own) for one in others)
            below = sum(_high(one) < _low(own) for one in others)
            middle = float(np.median([one.value for one in inside.values()]))
            averages = (_average([own, *others]), _average(others), middle)
            ranks = (1 + above, len(inside) - below, len(inside) - below > 1 + above)
            number = (own.value, own.low, own.high, len(inside))
            rows.append((unit, group, *number, *averages, *ranks))
    return pd.DataFrame(rows, columns=list(STANDINGS))


def _low(one: Figure) -> float:
    return -math.inf if one.low is None else one.low


def _high(one: Figure) -> float:
    return math.inf if one.high is None else one.high


def _average(figures: Sequence[Figure]) -> float:
    weights = [one.weight for one in figures if one.weight is not None]
    if not figures or (weights and not sum(weights)):
        return math.nan
    if len(weights) < len(figures):
        return sum(one.value for one in figures) / len(figures)
    pairs = zip(figures, weights, strict=True)
    return sum(one.value * weight for one, weight in pairs) / sum(weights)


def benchmarks(
    panel: Panel,
    indicator: str | Indicator,
    map_name: str,
    window: Window,
    by: str,
    *,
    tet_days: Sequence[date] = (),
    regions: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Place the units of a map among their peers; `by` is one of `GROUPINGS`.

    Gives `standings` (for `platform` one row per unit and platform) and Vietnamese sentences that a
    table must print: what is missing, whom the terms leave out, the merger. `regions`: unit -> its
    region, None or absent = not known. Raises ConfigError for another grouping, map or indicator.
    """
    return all_benchmarks(
        panel, indicator, map_name, window, (by,), tet_days=tet_days, regions=regions
    )[by]


def all_benchmarks(
    panel: Panel,
    indicator: str | Indicator,
    map_name: str,
    window: Window,
    groupings: Sequence[str] = GROUPINGS,
    *,
    tet_days: Sequence[date] = (),
    regions: Mapping[str, str] | None = None,
    figures: tuple[Mapping[str, Figure], Sequence[LeftOut]] | None = None,
) -> dict[str, tuple[pd.DataFrame, list[str]]]:
    """Give `benchmarks` for several groupings, measuring the units once.

    `figures` is what `unit_figures` gave for the same map and window, None = measure. By platform
    only a series is measured: a number of the register has no platform.
    """
    for by in groupings:
        if by not in GROUPINGS:
            raise ConfigError(f"unknown peers {by!r}; expected one of {', '.join(GROUPINGS)}")
    item = indicator_of(panel, indicator) if isinstance(indicator, str) else indicator
    notes = map_sentences(panel, map_name, window, mixed=())
    found = {}
    for by in groupings:
        if by == "platform":
            frame, out = _by_platform(panel, item, map_name, window, tet_days)
            found[by] = (frame, [*notes, *_left_out_vi(out)])
            continue
        if figures is None:
            figures = unit_figures(panel, item, map_name, window, tet_days=tet_days)
        groups, missing = peer_groups(panel, map_name, window.end, by, regions)
        found[by] = (
            standings(figures[0], groups),
            [*notes, *missing, *_left_out_vi(figures[1])],
        )
    return found


def _by_platform(
    panel: Panel, item: Indicator, map_name: str, window: Window, tet_days: Sequence[date]
) -> tuple[pd.DataFrame, list[LeftOut]]:
    tables, left = [standings({}, {})], []
    titles = sorted({panel.platform_of(str(name)) for name in panel.accounts.index})
    for platform in titles if item.shape == "series" else ():
        figures, out = unit_figures(
            panel, item, map_name, window, tet_days=tet_days, platform=platform
        )
        tables.append(standings(figures, dict.fromkeys(figures, platform)))
        left += out
    known_tables = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(known_tables, ignore_index=True), left


def peer_groups(
    panel: Panel,
    map_name: str,
    on: date,
    by: str,
    regions: Mapping[str, str] | None = None,
) -> tuple[dict[str, str | None], list[str]]:
    """Name the group of every unit of a map at the start of a day, None = not known; the second
    part says in Vietnamese what is missing.

    `size` adds up the followers of the unit's accounts that may be added up (overlapping audiences
    are counted twice). `regions`: unit -> its region.
    """
    walk = crosswalk(panel, map_name, on)
    walk = walk[walk["unit"].notna()]
    units = [str(unit) for unit in walk["unit"].unique()]
    found: dict[str, str | None]
    if by == "pilot":
        pilots = walk.groupby("unit")["pilot_2022"].agg(["all", "any"])
        words = {
            unit: PILOT_VI if row["all"] else PARTLY_VI if row["any"] else OTHERS_VI
            for unit, row in pilots.iterrows()
        }
        return {unit: words[unit] for unit in units}, []
    if by == "region":
        found = {unit: (regions or {}).get(unit) or None for unit in units}
        if not any(found.values()):
            return found, [NO_REGION_VI]
        why = "chưa có nguồn về vùng"
    else:
        found = {unit: _tier(count) for unit, count in _followers(panel, map_name, on).items()}
        why = "chưa rõ nhóm"
    unknown = sum(group is None for group in found.values())
    return found, [f"{unknown} đơn vị {why}"] if unknown else []


def _followers(panel: Panel, map_name: str, on: date) -> dict[str, float]:
    """Add the known followers of every unit of a map up, 0 = none are known; kept with the panel,
    because every indicator asks for the same tiers.
    """
    key = ("followers of units", map_name, on)
    if key not in panel._remembered:
        walk = crosswalk(panel, map_name, on)
        followers = {str(unit): 0.0 for unit in walk["unit"] if unit is not None}
        for account, unit in units_on(panel, map_name, on).items():
            if unit is not None:
                followers[unit] += followers_on(panel, str(account), on) or 0.0
        panel._remembered[key] = followers
    found: dict[str, float] = panel._remembered[key]
    return found


def _tier(followers: float) -> str | None:
    if followers <= 0:
        return None
    return next(title for least, title in SIZES if followers < least)


def unit_figures(
    panel: Panel,
    indicator: str | Indicator,
    map_name: str,
    window: Window,
    *,
    tet_days: Sequence[date] = (),
    platform: str | None = None,
) -> tuple[dict[str, Figure], list[LeftOut]]:
    """Measure one indicator of every unit of a map over a window, Tết weeks in.

    A series is added up as `unit_level` does; owners of the window's last day. A number of the
    register is that of the unit (`platform` does not apply). The second part lists the accounts
    left out. Raises ConfigError for an unknown indicator.
    """
    item = indicator_of(panel, indicator) if isinstance(indicator, str) else indicator
    places = {str(unit) for unit in crosswalk(panel, map_name, window.end)["unit"] if unit}
    members: dict[str, list[str]] = {}
    for account, unit in units_on(panel, map_name, window.last_day).items():
        name = str(account)
        if unit is not None and platform in (None, panel.platform_of(name)):
            members.setdefault(str(unit), []).append(name)
    figures: dict[str, Figure] = {}
    left: list[LeftOut] = []
    if item.entity == "register" and item.over is not None:
        for unit in sorted(places):
            number = item.over(panel, unit, window)
            if isinstance(number, Value) and number.value is not None:
                figures[unit] = _counted(number)
        return figures, left
    for unit, accounts in members.items():
        found = unit_level(panel, item, unit, accounts, window, tet_days)
        left += found.left_out
        value = found.value
        if value.value is not None:
            figures[unit] = Figure(value.value, value.low, value.high, found.weight)
    return figures, left


def _counted(number: Value) -> Figure:
    """Make a figure of a count: exact where the steps behind it leave nothing open."""
    assert number.value is not None, "the caller asks for known numbers"
    exact = number.low is None and number.high is None and number.step <= 1
    ends = (number.value, number.value) if exact else (number.low, number.high)
    return Figure(number.value, *ends)


def _left_out_vi(out: Sequence[LeftOut]) -> list[str]:
    reasons: dict[str, int] = {}
    for one in out:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    return [f"{count} tài khoản không tham gia: {why}" for why, count in sorted(reasons.items())]
