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
from tracker.effects.lanes import covers
from tracker.errors import ConfigError
from tracker.indicators import combined, sources, value_of
from tracker.indicators.events import Events
from tracker.indicators.measuring import NOTHING_VI
from tracker.indicators.samples import Source, plan_for
from tracker.panel import Panel
from tracker.panel.maps import crosswalk, followers_on, map_sentences, units_on
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI

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
NO_REGION_VI = (
    "danh bạ chưa ghi vùng của địa phương (cần cột region trong bảng locality): chưa so sánh được "
    "theo vùng"
)
NOT_COVERED_VI = "dưới 60 % số tuần hợp lệ trong khoảng"
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
    indicator_key: str,
    map_name: str,
    window: Window,
    by: str,
    *,
    tet_days: Sequence[date] = (),
) -> tuple[pd.DataFrame, list[str]]:
    """Place the units of a map among their peers; `by` is one of `GROUPINGS`.

    Gives `standings` (for `platform` one row per unit and platform) and Vietnamese sentences that a
    table must print: what is missing, whom the terms leave out, the merger. Raises ConfigError for
    another grouping, map or indicator.
    """
    if by not in GROUPINGS:
        raise ConfigError(f"unknown peers {by!r}; expected one of {', '.join(GROUPINGS)}")
    notes = map_sentences(panel, map_name, window, mixed=())
    if by != "platform":
        groups, missing = peer_groups(panel, map_name, window.end, by)
        figures, out = unit_figures(panel, indicator_key, map_name, window, tet_days=tet_days)
        return standings(figures, groups), [*notes, *missing, *_left_out_vi(out)]
    tables, left = [], []
    for platform in sorted({panel.platform_of(str(name)) for name in panel.accounts.index}):
        figures, out = unit_figures(
            panel, indicator_key, map_name, window, tet_days=tet_days, platform=platform
        )
        tables.append(standings(figures, dict.fromkeys(figures, platform)))
        left += out
    known_tables = [table for table in tables if len(table)] or tables[:1]
    frame = pd.concat(known_tables, ignore_index=True) if tables else standings({}, {})
    return frame, [*notes, *_left_out_vi(left)]


def peer_groups(
    panel: Panel, map_name: str, on: date, by: str
) -> tuple[dict[str, str | None], list[str]]:
    """Name the group of every unit of a map at the start of a day, None = not known; the second
    part says in Vietnamese what is missing.

    `size` adds up the followers of the unit's accounts that may be added up (overlapping audiences
    are counted twice).
    """
    walk = crosswalk(panel, map_name, on)
    walk = walk[walk["unit"].notna()]
    units = [str(unit) for unit in walk["unit"].unique()]
    if by == "pilot":
        pilots = walk.groupby("unit")["pilot_2022"].agg(["all", "any"])
        words = {
            unit: PILOT_VI if row["all"] else PARTLY_VI if row["any"] else OTHERS_VI
            for unit, row in pilots.iterrows()
        }
        return {unit: words[unit] for unit in units}, []
    if by == "region":
        if "region" not in panel.locality_rows.columns:
            return dict.fromkeys(units), [NO_REGION_VI]
        regions = panel.locality_rows.set_index("id")["region"]
        found = {unit: regions.get(unit) or None for unit in units}
    else:
        followers = dict.fromkeys(units, 0.0)
        for account, unit in units_on(panel, map_name, on).items():
            if unit is not None:
                followers[unit] += followers_on(panel, str(account), on) or 0.0
        found = {unit: _tier(count) for unit, count in followers.items()}
    unknown = sum(group is None for group in found.values())
    return found, [f"{unknown} đơn vị chưa rõ nhóm"] if unknown else []


def _tier(followers: float) -> str | None:
    if followers <= 0:
        return None
    return next(title for least, title in SIZES if followers < least)


def unit_figures(
    panel: Panel,
    indicator_key: str,
    map_name: str,
    window: Window,
    *,
    tet_days: Sequence[date] = (),
    platform: str | None = None,
) -> tuple[dict[str, Figure], list[LeftOut]]:
    """Measure one indicator of every unit of a map over a window, Tết weeks in.

    Only accounts with 60 % valid weeks, each in its first lane of rule 4 that has them, and only
    where the terms allow derived numbers and adding up; owners of the window's last day. The second
    part lists the accounts left out. Raises ConfigError for an unknown indicator.
    """
    item = indicator_of(panel, indicator_key)
    placed = units_on(panel, map_name, window.last_day)
    parts: dict[str, list[Source]] = {}
    out: list[LeftOut] = []
    for account, unit in placed.items():
        name = str(account)
        if unit is None or (platform is not None and panel.platform_of(name) != platform):
            continue
        by_lane, reason = sources(panel, item, name)
        allowed = {key: one for key, one in by_lane.items() if panel.basis_of(name, key).totals}
        through = [one for one in allowed.values() if covers(one, (window, window), 0, tet_days)]
        if through:
            parts.setdefault(unit, []).append(through[0])
        elif allowed:
            out.append(LeftOut(name, unit, NOT_COVERED_VI))
        else:
            out.append(LeftOut(name, unit, NOT_ALLOWED_VI if by_lane else reason or NOTHING_VI))
    figures: dict[str, Figure] = {}
    for unit, some in parts.items():
        source = combined(item, some)
        plan = plan_for(source, (window, window), tet_days, keep_tet=True)
        sample = source.sample(window, plan)
        value = value_of(sample, item, None)
        if value.value is None:
            continue
        weight = _weight(source, window) if item.combine == "ratio" else None
        weight = sample.base if item.combine == "share" else weight
        figures[unit] = Figure(value.value, value.low, value.high, weight)
    return figures, out


def _weight(source: Source, window: Window) -> float | None:
    """Give the denominator of a ratio over a window."""
    if not isinstance(source, Events):
        return None
    middle = source.times + source.period / 2
    inside = (middle >= day_number(window.start)) & (middle < day_number(window.end))
    return float(source.bottom[inside & source.covered].sum())


def _left_out_vi(out: Sequence[LeftOut]) -> list[str]:
    reasons: dict[str, int] = {}
    for one in out:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    return [f"{count} tài khoản không tham gia: {why}" for why, count in sorted(reasons.items())]
