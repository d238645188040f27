"""Counters into flows: net changes between readings, jumps, glitches, valid weeks. Knows no table
and no indicator.

A reading filed under day D says where a count stood at the end of D - 1, that is at the very start
of D. The net change between readings of D1 and D2 therefore belongs to the days [D1, D2), exactly a
half-open window. Where the index carries a time of day, that time counts. Times are local (UTC+7)
days since 1970-01-01, as floats. Source of every rule: docs/methods.md, section 5 (from counter to
flow; cadence; resets and purges; YouTube rounding).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.periods import LOCAL, Window, date_of, day_number, tet_range

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

VALID_SHARE = 5 / 7
"""A week is valid if at least 5 of its 7 days are covered; longer units by the same share."""
NIGHTLY_LIMIT = 3.0
"""A nightly series: an interval that straddles two weeks is shared out only up to this many
days."""
WEEKLY_LIMIT = 8.0
"""A series read every two to eight days: the same, up to this many days."""
MONTHLY_LIMIT = 45.0
"""A series read every 9 to 45 days is measured in months; intervals are shared out up to this many
days."""
MONTH_DAYS = 28
"""The month of a comparison is four whole weeks, so that the windows and weekdays stay those of the
weekly case."""
JUMP_SHARE = 0.01
SHORT_JUMP_SHARE = 0.1
"""With fewer than `FEWEST_FLOWS` flows in all there is no usual flow yet: only this share of the
count is a jump."""
JUMP_SPREADS = 8 * 1.4826
JUMP_FLOWS = 56
REVERT_DAYS = 3.0
FROZEN_FLOWS = 3
"""A count that stands still so many times in a row, though it usually moves, and then makes up for
it was not updated in between."""
LEAST_SPREAD = 1.0
"""A count has no finer grain than one: without this, every new follower of a quiet page would be a
jump."""
FEWEST_FLOWS = 14
"""With fewer flows behind it, a jump is judged by the spread of the first `JUMP_FLOWS` flows of the
series."""


@dataclass(frozen=True)
class Jump:
    """A change that is no growth: `purge` (a fall), `import` (a rise), `glitch` (gone again within
    three days).

    `day` is the day the change was first read, `change` the accounts it moved.
    """

    day: date
    change: float
    kind: str


@dataclass(frozen=True)
class Intervals:
    """Net changes between consecutive readings, oldest first.

    `start`, `end` are times in days, `change` the net change, `kept` False where a jump was found
    or, for a running total, the count fell. `cadence` is the median interval in days, NaN with
    fewer than two readings.
    """

    start: Floats
    end: Floats
    change: Floats
    kept: Bools
    jumps: tuple[Jump, ...]
    cadence: float

    @property
    def exposure(self) -> Floats:
        """Give the length of each interval in days."""
        return self.end - self.start


def times_of(index: pd.Index) -> Floats:
    """Turn an index of dates, timestamps or day numbers into local days since 1970-01-01.

    Timestamps with a zone are turned into UTC+7; those without one are taken as local.
    """
    if pd.api.types.is_numeric_dtype(index.dtype):
        return np.asarray(index, dtype=float)
    stamps = pd.DatetimeIndex(index)
    if stamps.tz is not None:
        stamps = stamps.tz_convert(LOCAL).tz_localize(None)
    return np.asarray(stamps.as_unit("s").asi8, dtype=float) / 86400.0


def known(series: pd.Series) -> tuple[Floats, Floats]:
    """Give times and values of the known readings, oldest first. Raises ValueError where a time
    stands twice."""
    times = times_of(series.index)
    values = np.asarray(series.to_numpy(dtype=float, na_value=np.nan), dtype=float)
    there = ~np.isnan(values)
    times, values = times[there], values[there]
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    twice = np.flatnonzero(np.diff(times) == 0)
    if len(twice):
        raise ValueError(
            f"a series must have one reading per time; {date_of(int(times[twice[0]]))} stands twice"
        )
    return times, values


def cadence(times: Floats) -> float:
    """Give the median interval between readings in days; NaN with fewer than two readings."""
    return float(np.median(np.diff(times))) if len(times) > 1 else float("nan")


def spread_limit(cadence_days: float) -> float:
    """Give the longest interval (days) that may be shared out over two units, by the cadence of the
    series."""
    if cadence_days > WEEKLY_LIMIT:
        return MONTHLY_LIMIT
    return WEEKLY_LIMIT if cadence_days > 1.5 else NIGHTLY_LIMIT


def intervals(series: pd.Series, *, running_total: bool = False, step: float = 1.0) -> Intervals:
    """Turn readings of a counter into net changes, jumps flagged and glitches left out.

    `series`: index days (see `times_of`), values counts, NaN = unknown. `running_total`: a count
    that can only grow; any fall is a deletion or correction and its flow is unknown. `step`: the
    largest rounding unit in the series; a change of up to two steps is never a jump. A jump is a
    change, brought to one cadence, that lies further than max(1 % of the count, 8 x 1.4826 x MAD of
    the last 56 flows) from their median (and 12 accounts, a count's own grain); if the level is
    back within three days (or at the next reading of a slower series) the readings between are a
    glitch and are left out of the flows. A count that stood still at least three times in a row,
    though its usual flow is not zero, and then made up for it at once showed an old number: the
    repeated readings are left out, so that the change belongs to the whole time.
    """
    times, values = known(series)
    pace = cadence(times)
    suspects = _suspects(times, values, pace, step)
    times, values, glitches = _without_glitches(times, values, pace, suspects)
    if glitches:
        suspects = _suspects(times, values, pace, step)
    moved = _without_repeats(times, values, pace, suspects)
    if not moved.all():
        times, values = times[moved], values[moved]
        suspects = _suspects(times, values, pace, step)
    change = np.diff(values)
    kept = ~suspects.flagged
    found = [
        Jump(
            date_of(int(times[at + 1])), float(change[at]), "purge" if change[at] < 0 else "import"
        )
        for at in np.flatnonzero(suspects.flagged)
    ]
    if running_total:
        kept = kept & (change >= 0)
    jumps = tuple(sorted(glitches + found, key=lambda jump: jump.day))
    return Intervals(times[:-1], times[1:], change, kept, jumps, pace)


@dataclass(frozen=True)
class _Suspects:
    """Which intervals are jumps; `middle` is the usual flow of one cadence before each, `bound` how
    far is too far."""

    flagged: Bools
    middle: Floats
    bound: Floats


def _suspects(times: Floats, values: Floats, pace: float, step: float) -> _Suspects:
    """Judge every interval by the flows before it (see `intervals`); flows are brought to one
    cadence first."""
    change = np.diff(values)
    flows = change / (np.diff(times) / pace)
    middle = _trailing_median(flows)
    away = np.abs(flows - middle)
    share = JUMP_SHARE if len(flows) >= FEWEST_FLOWS else SHORT_JUMP_SHARE
    bound = np.maximum(share * values[:-1], JUMP_SPREADS * LEAST_SPREAD)
    for at in np.flatnonzero(away > bound):
        behind = flows[:JUMP_FLOWS] if at < FEWEST_FLOWS else flows[max(0, at - JUMP_FLOWS) : at]
        bound[at] = max(bound[at], JUMP_SPREADS * float(np.median(np.abs(behind - middle[at]))))
    flagged = away > bound
    if step > 1:
        flagged &= np.abs(change) > 2 * step
    return _Suspects(flagged, middle, bound)


def _trailing_median(flows: Floats) -> Floats:
    """Give the median of the `JUMP_FLOWS` flows before each flow; of the first ones where too few
    lie behind."""
    rolled = (
        pd.Series(flows)
        .rolling(JUMP_FLOWS, min_periods=1)
        .median()
        .shift(1)
        .to_numpy(dtype=float, copy=True)
    )
    rolled[:FEWEST_FLOWS] = np.median(flows[:JUMP_FLOWS]) if len(flows) else 0.0
    return rolled


def _without_glitches(
    times: Floats, values: Floats, pace: float, suspects: _Suspects
) -> tuple[Floats, Floats, list[Jump]]:
    """Leave out readings whose level was back within three days, and say which."""
    found: list[Jump] = []
    kept = np.ones(len(values), dtype=bool)
    for at in np.flatnonzero(suspects.flagged):
        back = int(at) + 2
        while (
            kept[at]
            and back < len(values)
            and times[back] - times[at + 1] <= max(REVERT_DAYS, pace)
        ):
            grown = suspects.middle[at] * (times[back] - times[at]) / pace
            if abs(values[back] - values[at] - grown) <= suspects.bound[at]:
                kept[at + 1 : back] = False
                found.append(
                    Jump(date_of(int(times[at + 1])), float(values[at + 1] - values[at]), "glitch")
                )
                break
            back += 1
    return times[kept], values[kept], found


def _without_repeats(times: Floats, values: Floats, pace: float, suspects: _Suspects) -> Bools:
    """Say which readings to keep: not those that repeat an old number until a jump makes up for it.

    The jump makes up for it if the change since the first of them is the usual one of that many
    cadences, within the bound of one flow x sqrt(cadences).
    """
    kept = np.ones(len(values), dtype=bool)
    for at in np.flatnonzero(suspects.flagged):
        first = int(at)
        while first > 0 and values[first - 1] == values[at]:
            first -= 1
        length = (times[at + 1] - times[first]) / pace
        usual = suspects.middle[first]
        away = abs(values[at + 1] - values[first] - length * usual)
        frozen = at - first >= FROZEN_FLOWS and usual != 0
        if frozen and away <= suspects.bound[first] * np.sqrt(length):
            kept[first + 1 : at + 1] = False
    return kept


def units(window: Window, tet_days: Sequence[date], *, unit_days: int = 7) -> tuple[Floats, Bools]:
    """Cut a window into whole units of `unit_days` from its start.

    Gives their first days and whether each touches a Tết range; a shorter rest is left out.
    """
    return _units(window, tuple(tet_days), unit_days)


@lru_cache(maxsize=1024)
def _units(window: Window, tet_days: tuple[date, ...], unit_days: int) -> tuple[Floats, Bools]:
    first = day_number(window.start)
    count = window.days // unit_days
    starts = first + unit_days * np.arange(count, dtype=float)
    tet = np.zeros(count, dtype=bool)
    for item in map(tet_range, tet_days):
        tet |= (day_number(item.start) < starts + unit_days) & (starts < day_number(item.end))
    starts.setflags(write=False)
    tet.setflags(write=False)
    return starts, tet


def share_out(
    found: Intervals, starts: Floats, ends: Floats, limit: float
) -> tuple[Floats, Floats]:
    """Share the kept changes out over stretches [start, end) of days; gives flow and covered
    exposure of each.

    An interval inside one stretch counts whole, whatever its length; one that straddles an edge is
    shared out in proportion to time if it is at most `limit` days long, and left out of all
    stretches otherwise.
    """
    flow, covered = np.zeros(len(starts)), np.zeros(len(starts))
    if not len(starts) or not len(found.start):
        return flow, covered
    near = slice(
        int(np.searchsorted(found.end, starts.min(), side="right")),
        int(np.searchsorted(found.start, ends.max(), side="left")),
    )
    begin, stop = found.start[near, None], found.end[near, None]
    length = stop - begin
    overlap = np.clip(np.minimum(stop, ends) - np.maximum(begin, starts), 0.0, None)
    usable = (overlap >= length - 1e-9) | (length <= limit)
    overlap = np.where(usable & found.kept[near, None], overlap, 0.0)
    flow = (overlap / length * found.change[near, None]).sum(axis=0)
    covered = overlap.sum(axis=0)
    return flow, covered


def stretches(window: Window, starts: Floats, kept: Bools, unit_days: int) -> tuple[Floats, Floats]:
    """Join neighbouring kept units, and the rest after the last whole unit; gives first days and
    ends of each."""
    first, end = float(day_number(window.start)), float(day_number(window.end))
    edges = [(float(start), float(start) + unit_days) for start in starts[kept]]
    rest = first + unit_days * len(starts)
    if rest < end:
        edges.append((rest, end))
    begin = [start for start, _ in edges if all(start != stop for _, stop in edges)]
    stop = [stop for _, stop in edges if all(stop != start for start, _ in edges)]
    return np.asarray(begin), np.asarray(stop)


def weekly(series: pd.Series, window: Window, tet_days: Sequence[date] = ()) -> pd.DataFrame:
    """Give the net growth of a counter week by week.

    Index: first day of each whole week of the window (timestamps, name `week`). Columns: `flow`
    (accounts gained in the covered time), `exposure` (covered days), `valid` (at least 5 of 7 days
    covered), `tet` (the week touches a Tết range), `value` (7 x flow / exposure, accounts per week;
    NaN where not valid).
    """
    found = intervals(series)
    starts, tet = units(window, tet_days)
    flow, exposure = share_out(found, starts, starts + 7, spread_limit(found.cadence))
    valid = exposure >= 7 * VALID_SHARE - 1e-9
    value = np.where(valid, 7 * flow / np.where(exposure > 0, exposure, np.nan), np.nan)
    index = pd.DatetimeIndex(pd.to_datetime(starts, unit="D", origin="unix"), name="week")
    return pd.DataFrame(
        {"flow": flow, "exposure": exposure, "valid": valid, "tet": tet, "value": value},
        index=index,
    )


def value_at(series: pd.Series, day: date, *, within: float = 0.0) -> tuple[date, float] | None:
    """Find the known reading nearest to the start of `day`, at most `within` days away; gives (day,
    value) or None."""
    times, values = known(series)
    if not len(times):
        return None
    away = np.abs(times - day_number(day))
    at = int(np.argmin(away))
    return (date_of(int(times[at])), float(values[at])) if away[at] <= within else None
