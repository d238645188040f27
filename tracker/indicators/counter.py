"""Readings of a counter: flows where they are exact, window ends where they are rounded."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from tracker.flows import (
    VALID_SHARE,
    Bools,
    Floats,
    Intervals,
    Jump,
    cadence,
    intervals,
    share_out,
    spread_limit,
    stretches,
    times_of,
    units,
)
from tracker.indicators.samples import Memory, Plan, Sample
from tracker.periods import Window, date_of, day_number

LEAST_WORDED = 0.1
"""Worded numbers ("hơn 10.000") fewer than this share add nothing but doubt to exact ones: they are
left out."""


class Counter(Memory):
    """Readings of a counter; its level is the mean net growth per day.

    `steps` and `qualifiers` (optional, same index) say how each reading is rounded or worded. With
    `relative` the level is 100 x 30 x growth / count at the start of the window: percent per 30
    days.
    """

    def __init__(
        self,
        series: pd.Series,
        *,
        steps: pd.Series | int = 1,
        qualifiers: pd.Series | None = None,
        relative: bool = False,
        running_total: bool = False,
    ) -> None:
        super().__init__()
        self.relative = relative
        values = np.asarray(series.to_numpy(dtype=float, na_value=np.nan), dtype=float)
        times = times_of(series.index)
        step = np.broadcast_to(np.asarray(1 if steps is None else steps, dtype=float), values.shape)
        words = np.asarray(
            ["exact"] * len(values) if qualifiers is None else qualifiers, dtype=object
        )
        there = ~np.isnan(values)
        worded = there & (words != "exact")
        if worded.sum() < LEAST_WORDED * there.sum():
            there &= ~worded
        order = np.argsort(times[there], kind="stable")
        self.times = times[there][order]
        self.values = values[there][order]
        self.steps = step[there][order]
        self.words = words[there][order]
        clean = pd.Series(self.values, index=self.times)
        largest = float(self.steps.max()) if len(self.steps) else 1.0
        self.found: Intervals = intervals(clean, running_total=running_total, step=largest)
        # The readings that are no glitches: interval k runs from clean[k] to clean[k + 1].
        self.clean = np.searchsorted(self.times, np.append(self.found.start[:1], self.found.end))

    def in_percent(self) -> Counter:
        """Give the same counter measured in percent per 30 days."""
        other = copy(self)
        other._answers = {}
        other.relative = True
        return other

    def in_growth(self) -> Counter:
        """Give the same counter measured in net growth per day."""
        other = copy(self)
        other._answers = {}
        other.relative = False
        return other

    def last_day(self) -> date | None:
        return date_of(int(self.times[-1])) if len(self.times) else None

    def pace(self, windows: tuple[Window, Window]) -> float:
        paces = [cadence(self.times[self._inside(window)]) for window in windows]
        return max((pace for pace in paces if not math.isnan(pace)), default=float("nan"))

    def rounded(self, windows: tuple[Window, Window]) -> bool:
        inside = self._inside(windows[0]) | self._inside(windows[1])
        return bool((self.steps[inside] > 1).any() or (self.words[inside] != "exact").any())

    def measure(self, window: Window, plan: Plan) -> Sample:
        starts, tet = units(window, plan.tet_days, unit_days=plan.unit_days)
        kept = ~tet if plan.skip_tet else np.ones(len(starts), dtype=bool)
        limit = spread_limit(self.pace((window, window)))
        flow, exposure = share_out(self.found, starts, starts + plan.unit_days, limit)
        valid = (exposure >= plan.unit_days * VALID_SHARE - 1e-9) & kept
        values = np.where(valid, flow / np.where(exposure > 0, exposure, np.nan), np.nan)[kept]
        measured = self._ends if plan.rounded else self._flows
        sample = measured(window, starts, kept, plan, limit)
        sample = replace(
            sample,
            values=values * 0.0 + (sample.level or 0.0) if plan.rounded else values,
            units=int(kept.sum()),
            valid=int(valid.sum()),
            covered=int(valid.sum()),
            events=float(7 * np.nanmean(np.abs(values))) if valid.any() else 0.0,
            base=self._base(window, limit),
        )
        if not self.relative:
            return sample
        return sample.scaled(3000 / sample.base) if sample.base else replace(sample, level=None)

    def _inside(self, window: Window) -> Bools:
        times = self.times
        inside: Bools = (times >= day_number(window.start)) & (times <= day_number(window.end))
        return inside

    def _base(self, window: Window, limit: float) -> float | None:
        """Give the count at the start of the window, or the first one after it within the
        window."""
        first = day_number(window.start)
        near = np.flatnonzero(np.abs(self.times - first) <= limit)
        if len(near):
            return float(self.values[near[np.argmin(np.abs(self.times[near] - first))]])
        inside = np.flatnonzero(self._inside(window))
        return float(self.values[inside[0]]) if len(inside) else None

    def _flows(
        self, window: Window, starts: Floats, kept: Bools, plan: Plan, limit: float
    ) -> Sample:
        """Exact counts: level = sum of valid flows / sum of their exposures over the stretches that
        are left in."""
        begin, stop = stretches(window, starts, kept, plan.unit_days)
        flow, exposure = share_out(self.found, begin, stop, limit)
        everything = replace(self.found, kept=np.ones(len(self.found.kept), dtype=bool))
        flow_all, exposure_all = share_out(everything, begin, stop, limit)
        jumps = self._jumps(window)
        moved = sum(abs(jump.change) for jump in jumps if jump.kind != "glitch")
        return Sample(
            values=np.zeros(0),
            level=float(flow.sum() / exposure.sum()) if exposure.sum() > 0 else None,
            units=0,
            valid=0,
            covered=0,
            events=0.0,
            jumps=jumps,
            with_jumps=float(flow_all.sum() / exposure_all.sum())
            if exposure_all.sum() > 0
            else None,
            jumps_matter=moved > 0.1 * abs(float(flow_all.sum())),
        )

    def _ends(
        self, window: Window, starts: Floats, kept: Bools, plan: Plan, limit: float
    ) -> Sample:
        """Rounded counts: x = count at the end - count at the start of each stretch, exact to its
        steps only.

        A jump re-bases the series, so that the stretch falls apart at it and the rounding counts
        once more.
        """
        gained = days = down = up = coarse = squares = 0.0
        for first, last in zip(*stretches(window, starts, kept, plan.unit_days), strict=True):
            for head, tail in self._pieces(first, last, limit):
                gained += self.values[tail] - self.values[head]
                days += self.times[tail] - self.times[head]
                below, above = self._reach(head)
                down, up = down + above, up + below
                below, above = self._reach(tail)
                down, up = down + below, up + above
                step = max(self.steps[head], self.steps[tail])
                coarse += step
                squares += step**2 / 6 if step > 1 else 0.0
        jumps = self._jumps(window)
        if days <= 0:
            return Sample(np.zeros(0), None, 0, 0, 0, 0.0, jumps=jumps)
        moved = sum(jump.change for jump in jumps if jump.kind != "glitch")
        return Sample(
            values=np.zeros(0),
            level=gained / days,
            units=0,
            valid=0,
            covered=0,
            events=0.0,
            down=down / days,
            up=up / days,
            rounding=squares / days**2,
            unresolved=coarse > abs(gained) / 2,
            jumps=jumps,
            with_jumps=(gained + moved) / days,
            jumps_matter=abs(moved) > 0.1 * abs(gained + moved),
        )

    def _pieces(self, first: float, last: float, limit: float) -> list[tuple[int, int]]:
        """Cut a stretch at its jumps; gives positions of the first and last reading of each
        piece."""
        times = self.times[self.clean]
        near = np.flatnonzero((times >= first - limit) & (times <= last + limit))
        if len(near) < 2:
            return []
        head = int(near[np.argmin(np.abs(times[near] - first))])
        tail = int(near[np.argmin(np.abs(times[near] - last))])
        pieces, begin = [], head
        for at in range(head, tail):
            if not self.found.kept[at]:
                pieces.append((begin, at))
                begin = at + 1
        pieces.append((begin, tail))
        return [(int(self.clean[one]), int(self.clean[two])) for one, two in pieces if two > one]

    def _reach(self, at: int) -> tuple[float, float]:
        """Say how far below and above its number a reading may truly lie."""
        step, word = float(self.steps[at]), self.words[at]
        if word == "at_least":
            return 0.0, math.inf
        if word == "at_most":
            return math.inf, 0.0
        if word == "about":
            return (step / 2, step / 2) if step > 1 else (math.inf, math.inf)
        return 0.0, step if step > 1 else 0.0

    def _jumps(self, window: Window) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.found.jumps if window.start < jump.day <= window.end)
