"""Readings of a counter as growth by period: net change over the count at the period's start.

Flows between readings with jumps left out, rounded and worded counts as docs/methods.md, section 5,
says. Knows no map and no programme.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracker.effects.frame_grid import Grid, Part
from tracker.flows import (
    MONTHLY_LIMIT,
    WEEKLY_LIMIT,
    Bools,
    Floats,
    Intervals,
    cadence,
    intervals,
    known,
    spread_limit,
)
from tracker.indicators.counter import Counter
from tracker.metrics import ROUNDED, step
from tracker.panel import Panel
from tracker.periods import day_number

LEAST_STEPS = 4
"""A rounded stock takes part only where it changed by more than this many steps (methods, 5)."""
ROUNDED_VI = "số người theo dõi được làm tròn: không dùng theo tuần, chỉ dùng theo tháng"
FLAT_VI = "thay đổi không quá 4 bước làm tròn"
WORDED_VI = "số được ghi bằng lời (hơn, gần, khoảng): không tính mức tăng"
ONE_VI = "mới có một lần đọc, chưa có mức tăng"
SLOW_VI = "các lần đọc cách nhau quá dài cho kỳ này"


def followers_part(panel: Panel, account_id: str, lane: str, grid: Grid) -> Part | str | None:
    """Measure the growth of followers; None = never read, a Vietnamese sentence = why not."""
    times, values = known(panel.series(account_id, "followers", lane))
    if not len(times):
        return None
    platform = panel.platform_of(account_id)
    largest = int(values[_inside(times, grid)].max(initial=0.0))
    coarse = step(platform, "account", "followers", largest) > 1
    if coarse and lane != "declared" and grid.unit_days == 7:
        return ROUNDED_VI
    noted = bool((panel.rounding["account"].to_numpy() == account_id).any())
    if not noted and lane != "declared" and (platform, "account", "followers") not in ROUNDED:
        found = intervals(pd.Series(values, index=times))
        return _growth(found, times, values, account_id, lane, grid)
    series = panel.series(account_id, "followers", lane)
    steps, words = panel.steps(account_id, "followers", lane)
    counter = Counter(series, steps=steps, qualifiers=words)
    return counter_part(counter, account_id, lane, grid)


def _inside(times: Floats, grid: Grid) -> Bools:
    inside: Bools = (times >= day_number(grid.window.start)) & (
        times <= day_number(grid.window.end)
    )
    return inside


def counter_part(counter: Counter, account_id: str, lane: str, grid: Grid) -> Part | str | None:
    """Leave out what is too coarse for flows, then measure growth as `followers_part` does."""
    if not len(counter.times):
        return None
    inside = _inside(counter.times, grid)
    if (counter.words[inside] != "exact").any():
        return WORDED_VI
    steps, values = counter.steps[inside], counter.values[inside]
    if (steps > 1).any():
        if grid.unit_days == 7:
            return ROUNDED_VI
        if abs(values[-1] - values[0]) <= LEAST_STEPS * steps.max():
            return FLAT_VI
    return _growth(counter.found, counter.times, counter.values, account_id, lane, grid)


def _growth(
    found: Intervals, times: Floats, values: Floats, account_id: str, lane: str, grid: Grid
) -> Part | str:
    if not len(found.start):
        return ONE_VI
    pace = cadence(times[_inside(times, grid)])
    if pace > (WEEKLY_LIMIT if grid.unit_days == 7 else MONTHLY_LIMIT):
        return SLOW_VI
    flow, covered = period_flows(found, grid, spread_limit(pace))
    clean = np.append(found.start[:1], found.end)
    bottom = np.interp(grid.starts, clean, values[np.searchsorted(times, clean)])
    valid = grid.enough(covered) & (bottom > 0)
    top = grid.unit_days * flow / np.where(valid, covered, np.nan)
    return Part(account_id, lane, "growth", top, np.where(valid, bottom, np.nan), valid)


def period_flows(found: Intervals, grid: Grid, limit: float) -> tuple[Floats, Floats]:
    """Give flow and covered days of each period: `flows.share_out` for periods that adjoin, by one
    running sum instead of one comparison per interval and period."""
    edges = np.append(grid.starts, grid.starts[-1:] + grid.unit_days)
    if not len(found.start) or len(edges) < 2:
        return np.zeros(len(grid.starts)), np.zeros(len(grid.starts))
    times = np.append(found.start[:1], found.end)
    shared = found.kept & (found.exposure <= limit)
    sums = [
        np.diff(np.interp(edges, times, np.append(0.0, np.cumsum(np.where(shared, each, 0.0)))))
        for each in (found.change, found.exposure)
    ]
    cell = np.floor((found.start - edges[0]) / grid.unit_days).astype(np.int64)
    last = np.ceil((found.end - edges[0]) / grid.unit_days).astype(np.int64) - 1
    whole = found.kept & ~shared & (cell == last) & (cell >= 0) & (cell < len(grid.starts))
    for total, each in zip(sums, (found.change, found.exposure), strict=True):
        np.add.at(total, cell[whole], each[whole])
    return sums[0], sums[1]
