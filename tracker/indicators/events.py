"""Counts of events per period, and ratios of such counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.flows import VALID_SHARE, Bools, Floats, cadence, times_of, units
from tracker.indicators.samples import Memory, Plan, Sample
from tracker.periods import Window, date_of, day_number, tet_range


class Events(Memory):
    """Counts of events per period, or the ratio of two such counts.

    `numerator`: index first day of each period (days, weeks or months), NaN = not covered, 0 =
    covered and none. A week or month belongs to the window its middle lies in. `denominator` None:
    the level is the mean per period times `scale`; else scale x sum(numerator) / sum(denominator),
    a ratio of sums. `posts` are the posts behind each period, `counted` the events behind it where
    the numerator is not a count itself.
    """

    def __init__(
        self,
        numerator: pd.Series,
        denominator: pd.Series | None = None,
        *,
        posts: pd.Series | None = None,
        counted: pd.Series | None = None,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.is_ratio = denominator is not None
        self.scale = scale
        index = numerator.index
        if index.has_duplicates:
            twice = index[index.duplicated()][0]
            raise ValueError(f"a series must have one value per period; {twice} stands twice")
        times = times_of(index)
        order = np.argsort(times, kind="stable")

        def aligned(series: pd.Series) -> Floats:
            same = series if series.index is index else series.reindex(index)
            return same.to_numpy(dtype=np.float64, na_value=np.nan)[order]

        self.times = times[order]
        self.top = aligned(numerator)
        self.bottom = (
            (~np.isnan(self.top)).astype(np.float64)
            if denominator is None
            else aligned(denominator)
        )
        self.posts = None if posts is None else aligned(posts)
        self.counted = np.abs(self.top) if counted is None else aligned(counted)
        self.covered = ~np.isnan(self.top) & ~np.isnan(self.bottom)
        spacing = cadence(self.times)
        self.period = 1 if math.isnan(spacing) or spacing < 1.5 else round(spacing)

    def last_day(self) -> date | None:
        there = self.times[self.covered]
        return date_of(int(there[-1]) + self.period) if len(there) else None

    def pace(self, windows: tuple[Window, Window]) -> float:
        return float(self.period) if self.period > 1 else 1.0

    def rounded(self, windows: tuple[Window, Window]) -> bool:
        return False  # counted events are exact

    def measure(self, window: Window, plan: Plan) -> Sample:
        middle = self.times + self.period / 2
        inside = (middle >= day_number(window.start)) & (middle < day_number(window.end))
        cell, tet, expected = self._cells(window, inside, plan)
        kept = ~tet if plan.skip_tet else np.ones(len(tet), dtype=bool)
        use = self.covered & inside
        cell, size = cell[use[inside]], len(tet)
        level_in = np.append(kept, True)  # days after the last whole unit count in the level only

        def added(what: Floats) -> Floats:
            weights = np.where(np.isnan(what[use]), 0.0, what[use])
            return np.bincount(cell, weights=weights, minlength=size + 1).astype(float)

        length = float(plan.unit_days if self.period == 1 else self.period)
        days = self.period * added(self.covered.astype(np.float64))
        top, bottom = added(self.top), added(self.bottom)
        total = float(bottom[level_in].sum())
        level = float(top[level_in].sum() / total) if total > 0 else None
        covered = (days[:size] >= length * VALID_SHARE - 1e-9) & kept
        values = self._values(top[:size], bottom[:size], covered, level)[kept]
        weeks = float(days[level_in].sum()) / 7
        sample = Sample(
            values=values,
            level=level,
            units=max(int(kept.sum()), expected - int((~kept).sum())),
            valid=int((~np.isnan(values)).sum()),
            covered=int(covered.sum()),
            events=float(added(self.counted)[level_in].sum() / weeks) if weeks else 0.0,
            posts=None if self.posts is None else int(added(self.posts)[level_in].sum()),
        )
        return sample.scaled(self.scale)

    def _cells(
        self, window: Window, inside: Bools, plan: Plan
    ) -> tuple[NDArray[np.int64], Bools, int]:
        """Place the periods inside a window into units: unit of each, which units touch Tết, how
        many there should be.

        Days are gathered into whole units (those after the last one stand in a cell of their own);
        a week or month is a unit by itself.
        """
        if self.period == 1:
            starts, tet = units(window, plan.tet_days, unit_days=plan.unit_days)
            cell = (self.times[inside] - day_number(window.start)) // plan.unit_days
            return np.minimum(cell, len(starts)).astype(np.int64), tet, len(starts)
        starts = self.times[inside]
        return (
            np.arange(len(starts)),
            _touches_tet(starts, self.period, plan.tet_days),
            int(window.days // self.period),
        )

    def _values(self, top: Floats, bottom: Floats, covered: Bools, level: float | None) -> Floats:
        """Give one value per unit; for a ratio the linear form R + (top - R bottom) / mean bottom,
        whose mean is R."""
        usable = covered & (bottom > 0)
        values = np.full(len(top), np.nan)
        if not usable.any() or level is None:
            return values
        if self.is_ratio:
            values[usable] = level + (top[usable] - level * bottom[usable]) / bottom[usable].mean()
        else:
            values[usable] = top[usable] / bottom[usable]
        return values


def sum_of(parts: Sequence[Events]) -> Events:
    """Add up ratios: numerators and denominators first, then one ratio; a day counts where any part
    covers it."""

    def added(name: str) -> pd.Series:
        columns = [
            pd.Series(getattr(part, name), index=part.times).where(part.covered)
            for part in parts
            if getattr(part, name) is not None
        ]
        return pd.concat(columns, axis=1).sum(axis=1, min_count=1)

    posts = added("posts") if any(part.posts is not None for part in parts) else None
    return Events(
        added("top"), added("bottom"), posts=posts, counted=added("counted"), scale=parts[0].scale
    )


def _touches_tet(starts: Floats, length: int, tet_days: Sequence[date]) -> Bools:
    """Say for each period whether it touches a Tết range."""
    touched = np.zeros(len(starts), dtype=bool)
    for item in map(tet_range, tet_days):
        touched |= (day_number(item.start) < starts + length) & (starts < day_number(item.end))
    return touched
