"""One side of a comparison: what a counter, a count of events or a ratio was in one window, unit by
unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol

from tracker.flows import (
    MONTH_DAYS,
    MONTHLY_LIMIT,
    WEEKLY_LIMIT,
    Floats,
    Jump,
)
from tracker.periods import Window, tet_range


@dataclass(frozen=True)
class Plan:
    """How both sides are cut: `unit_days` 7 or 28, Tết units left out or not, window ends only
    where rounded."""

    unit_days: int
    tet_days: tuple[date, ...]
    skip_tet: bool
    rounded: bool = False


@dataclass(frozen=True)
class Sample:
    """One side, measured.

    `values`: one per unit that is left in, NaN where the unit is not valid; `level` their common
    level, None if nothing is known; `valid` of `units` are valid, `covered` are covered (a week
    without posts is covered but has no ratio). `posts` behind it, None where that does not apply;
    `events` a week on average. The true level lies within [level - down, level + up] by rounding
    and qualifiers alone; `rounding` is that as a variance. `base`: the count at the start of the
    window (counters only). `with_jumps`: the level with the flagged intervals left in.
    """

    values: Floats
    level: float | None
    units: int
    valid: int
    covered: int
    events: float
    posts: int | None = None
    down: float = 0.0
    up: float = 0.0
    rounding: float = 0.0
    unresolved: bool = False
    base: float | None = None
    jumps: tuple[Jump, ...] = ()
    with_jumps: float | None = None
    jumps_matter: bool = False

    def scaled(self, factor: float) -> Sample:
        """Give the same side in another unit of measure."""
        return replace(
            self,
            values=self.values * factor,
            level=None if self.level is None else self.level * factor,
            down=self.down * factor,
            up=self.up * factor,
            rounding=self.rounding * factor**2,
            with_jumps=None if self.with_jumps is None else self.with_jumps * factor,
        )


class Source(Protocol):
    """Something that can be measured in a window."""

    def last_day(self) -> date | None:
        """Give the end (exclusive) of what is known."""
        ...

    def pace(self, windows: tuple[Window, Window]) -> float:
        """Give the cadence in days, the slower side's; NaN if unknown."""
        ...

    def rounded(self, windows: tuple[Window, Window]) -> bool:
        """Say whether the readings in the windows are too coarse for flows."""
        ...

    def sample(self, window: Window, plan: Plan) -> Sample:
        """Measure one window; the same question is answered from memory."""
        ...


def unit_days_of(pace: float) -> int:
    """Give the unit of a cadence: weeks up to 8 days, months of four weeks beyond."""
    return MONTH_DAYS if pace > WEEKLY_LIMIT else 7


def plan_for(
    source: Source,
    windows: tuple[Window, Window],
    tet_days: Sequence[date],
    *,
    keep_tet: bool = False,
) -> Plan:
    """Decide how two windows are cut: the unit by the cadence, Tết units left out, window ends
    where rounded.

    Unequal Tết content forces the version without Tết. Months and window ends cannot drop single
    weeks, so that they leave Tết out only then.
    """
    tet = tuple(tet_days)
    unit_days = unit_days_of(source.pace(windows))
    rounded = source.rounded(windows)
    uneven = tet_content(windows[0], tet) != tet_content(windows[1], tet)
    skip = uneven or not (keep_tet or rounded or unit_days > 7)
    return Plan(unit_days, tet, skip_tet=skip, rounded=rounded)


@lru_cache(maxsize=1_000)
def tet_content(window: Window, tet_days: tuple[date, ...]) -> int:
    """Count the days of a window that lie in Tết ranges."""
    ranges = [tet_range(day) for day in tet_days]
    return sum(
        max(0, (min(window.end, item.end) - max(window.start, item.start)).days) for item in ranges
    )


class Memory:
    """Answers a question asked before from memory: a table asks for the same window several
    times."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Window, Plan], Sample] = {}

    def sample(self, window: Window, plan: Plan) -> Sample:
        """Measure one window."""
        if (window, plan) not in self._answers:
            self._answers[window, plan] = self.measure(window, plan)
        return self._answers[window, plan]

    def measure(self, window: Window, plan: Plan) -> Sample:
        """Measure one window anew."""
        raise NotImplementedError


def too_slow(pace: float) -> bool:
    """Say whether readings lie too far apart for any unit."""
    return pace > MONTHLY_LIMIT
