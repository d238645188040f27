"""A number per post (views at one age), summed up by its median or its trimmed mean.

The level is the statistic of all posts of a window together, never a mean of weekly ones. How sure
it is comes from the weeks: each post's influence on the statistic is added up by week, so that
posts of one week count as alike. Median: the standard error of McKean and Schrader (1984), shared
out by sign; trimmed mean: winsorised deviations (Tukey and McLaughlin 1963).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np

from tracker.flows import VALID_SHARE, Floats, units
from tracker.indicators.samples import Memory, Plan, Sample
from tracker.periods import Window, date_of, day_number

TRIMMED = 0.1
"""Left out of a trimmed mean: this share of the posts at each end."""

Statistic = Literal["median", "trimmed"]


class PostNumbers(Memory):
    """One number per post with its publication day; `covered` are the publication days known.

    `days` are day numbers, `numbers` float, NaN = unknown and left out.
    """

    def __init__(
        self, days: Floats, numbers: Floats, covered: Sequence[Window], statistic: Statistic
    ) -> None:
        super().__init__()
        known = ~np.isnan(numbers)
        self.days = np.asarray(days, dtype=float)[known]
        self.numbers = np.asarray(numbers, dtype=float)[known]
        self.covered = tuple(covered)
        self.statistic: Statistic = statistic

    def last_day(self) -> date | None:
        return date_of(int(self.days.max()) + 1) if len(self.days) else None

    def pace(self, windows: tuple[Window, Window]) -> float:
        return 1.0

    def rounded(self, windows: tuple[Window, Window]) -> bool:
        return False  # a number of three figures moves a median by less than one in a hundred

    def measure(self, window: Window, plan: Plan) -> Sample:
        starts, tet = units(window, plan.tet_days, unit_days=plan.unit_days)
        kept = ~tet if plan.skip_tet else np.ones(len(starts), dtype=bool)
        size = len(starts)
        inside = (self.days >= day_number(window.start)) & (self.days < day_number(window.end))
        cell = np.minimum((self.days - day_number(window.start)) // plan.unit_days, size)
        cell = cell.astype(np.int64)
        use = inside & np.append(kept, True)[np.clip(cell, 0, size)]
        days = self._covered_days(starts, plan.unit_days)
        covered = (days >= plan.unit_days * VALID_SHARE - 1e-9) & kept
        values = np.full(size, np.nan)
        level = None
        if use.any():
            level, influence = STATISTICS[self.statistic](self.numbers[use])
            moved = np.bincount(cell[use], influence, minlength=size + 1)[:size]
            posts = np.bincount(cell[use], minlength=size + 1)[:size]
            usable = covered & (posts > 0)
            if usable.any():
                values[usable] = level + moved[usable] / posts[usable].mean()
        weeks = float(days[kept].sum()) / 7
        return Sample(
            values=values[kept],
            level=level,
            units=int(kept.sum()),
            valid=int((~np.isnan(values)).sum()),
            covered=int(covered.sum()),
            events=float(self.numbers[use].sum() / weeks) if weeks else 0.0,
            posts=int(use.sum()),
        )

    def _covered_days(self, starts: Floats, length: int) -> Floats:
        """Count the days of each unit of which at least one account's posts are known."""
        found = np.zeros(len(starts))
        for day in range(length):
            at = starts + day
            known = np.zeros(len(starts), dtype=bool)
            for span in self.covered:
                known |= (at >= day_number(span.start)) & (at < day_number(span.end))
            found += known
        return found


def pool_of(parts: Sequence[PostNumbers]) -> PostNumbers:
    """Put the posts of several accounts together."""
    assert parts, "a pool needs at least one account"
    return PostNumbers(
        np.concatenate([part.days for part in parts]),
        np.concatenate([part.numbers for part in parts]),
        [span for part in parts for span in part.covered],
        parts[0].statistic,
    )


def median(numbers: Floats) -> tuple[float, Floats]:
    """Give the median and each number's influence on it; `numbers` is not empty."""
    ordered, count = np.sort(numbers), len(numbers)
    middle = float(np.median(ordered))
    place = max(1, round((count + 1) / 2 - 2.5758 * math.sqrt(count / 4)))
    error = float(ordered[count - place] - ordered[place - 1]) / (2 * 2.5758)
    return middle, error * math.sqrt(count) * np.sign(numbers - middle)


def trimmed_mean(numbers: Floats) -> tuple[float, Floats]:
    """Give the mean without the lowest and highest tenth (rounded down), and each number's
    influence on it; `numbers` is not empty."""
    ordered, count = np.sort(numbers), len(numbers)
    out = int(TRIMMED * count)
    level = float(ordered[out : count - out].mean())
    pulled = np.clip(numbers, ordered[out], ordered[count - out - 1])
    return level, (pulled - pulled.mean()) / (1 - 2 * out / count)


STATISTICS = {"median": median, "trimmed": trimmed_mean}
