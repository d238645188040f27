"""The periods of a frame, and what one account gives to them. Values only.

Weeks are seven days, months four weeks, cut from the start of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tracker.errors import ConfigError
from tracker.flows import MONTH_DAYS, VALID_SHARE, Bools, Floats, units
from tracker.indicators.post_numbers import PostNumbers
from tracker.periods import Window, day_number

UNIT_DAYS = {"W": 7, "M": MONTH_DAYS}


@dataclass(frozen=True)
class Grid:
    """The periods of a frame: whole units of `unit_days` from the start of `window`.

    `starts`: their first days (days since 1970-01-01); `tet`: a Tết week, left out of the frame.
    """

    window: Window
    unit_days: int
    starts: Floats
    tet: Bools

    def position(self, day: date) -> int:
        """Give the number of the first period that begins on or after a day."""
        return int(np.searchsorted(self.starts, day_number(day), side="left"))

    def whole_before(self, day: date) -> int:
        """Count the periods that end on or before the start of a day."""
        return int(np.searchsorted(self.starts + self.unit_days, day_number(day), side="right"))

    def enough(self, days: Floats) -> Bools:
        """Say which periods are valid by their covered days: at least 5 of 7."""
        valid: Bools = days >= self.unit_days * VALID_SHARE - 1e-9
        return valid

    @property
    def index(self) -> pd.DatetimeIndex:
        """Give the first days as timestamps, named `week` or `month`."""
        days = self.starts.astype("datetime64[D]").astype("datetime64[s]")
        return pd.DatetimeIndex(days, name="week" if self.unit_days == 7 else "month")


@dataclass(frozen=True)
class Part:
    """One account in one lane; arrays of periods.

    `kind`: `growth` (top = net change over the period, bottom = followers at its start), `sum` (top
    = the account's number, bottom = 1), `ratio` (top, bottom = sums; the number is scale x top /
    bottom) or `pool` (`numbers`, one per post; top = bottom = 1). NaN where not `valid`. `ends`:
    the day of a definition break inside the window, from which on nothing is valid; None = none.
    """

    account_id: str
    lane: str
    kind: str
    top: Floats
    bottom: Floats
    valid: Bools
    scale: float = 1.0
    ends: date | None = None
    numbers: PostNumbers | None = None


def grid_of(window: Window, period: str, tet_days: Sequence[date]) -> Grid:
    """Cut a window into weeks (`W`) or months of four weeks (`M`), which cannot drop single weeks
    and so keep Tết. Raises ConfigError for another cadence."""
    if period not in UNIT_DAYS:
        raise ConfigError(f"unknown cadence {period!r}; expected W or M")
    starts, tet = units(window, tuple(tet_days), unit_days=UNIT_DAYS[period])
    return Grid(window, UNIT_DAYS[period], starts, tet & (period == "W"))


def by_period(values: Floats, first: int, grid: Grid) -> Floats:
    """Add daily values, the first of which belongs to the day number `first`, up by period."""
    total = len(grid.starts) * grid.unit_days
    offset = first - day_number(grid.window.start)
    low, high = max(0, offset), min(total, offset + len(values))
    days = np.zeros(total)
    if high > low:
        days[low:high] = values[low - offset : high - offset]
    sums: Floats = days.reshape(len(grid.starts), grid.unit_days).sum(axis=1)
    return sums
