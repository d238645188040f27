"""What every part of one locality's report looks at, measured once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from tracker.effects import LocalityChanges, locality_changes, locality_levels
from tracker.effects.change import LENGTHS
from tracker.letters import Answer, Letter
from tracker.panel import Panel
from tracker.periods import Window
from tracker.reports.measured import Measured
from tracker.reports.series import monthly_interactions

LEVEL_DAYS = 364
"""Without a programme, levels are taken over the last 52 weeks."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Facts:
    """Everything a block of the report may look at. `on` is the day of the report."""

    panel: Panel
    letter: Letter
    locality_id: str
    on: date
    answers: tuple[Answer, ...]
    tet_days: tuple[date, ...]

    @cached_property
    def locality(self) -> Any:
        """Give the locality's row, named as on the last day of the panel."""
        return self.panel.localities.loc[self.locality_id]

    @cached_property
    def programme(self) -> Any | None:
        """Give the locality's programme that began first; None = none is registered."""
        rows = [
            row
            for row in self.panel.programmes.itertuples(index=False)
            if row.locality_id == self.locality_id
        ]
        return min(rows, key=lambda row: (row.start or date.max, row.id), default=None)

    @property
    def start(self) -> date | None:
        """Give the day that parts before from after: the start of a programme that was built."""
        programme = self.programme
        return programme.start if programme is not None and programme.status == "built" else None

    @property
    def until(self) -> date:
        """Give the end (exclusive) of the days that count: a locality's numbers end with it."""
        ended = self.locality["valid_to"]
        return self.panel.until if ended is None else min(self.panel.until, ended + ONE_DAY)

    @cached_property
    def measured(self) -> Measured:
        """Measure the locality around its programme, or its levels where there is no programme."""
        if self.start is not None and self.start < self.until:
            return locality_changes(
                self.panel, self.locality_id, self.start, self.until, self.tet_days
            )
        window = Window(self.until - timedelta(days=LEVEL_DAYS), self.until)
        return locality_levels(self.panel, self.locality_id, window, self.tet_days)

    @cached_property
    def window(self) -> Window:
        """Give the days the report rests on: from the first window's start to the last night."""
        if not isinstance(self.measured, LocalityChanges):
            return self.measured.window
        used = [
            row.change.windows[0].start
            for account in self.measured.accounts
            for row in account.indicators
            if row.change is not None and row.change.windows is not None
        ]
        shortest = self.measured.start - timedelta(days=LENGTHS[-1])
        return Window(min([*used, shortest]), self.until)

    @cached_property
    def monthly(self) -> dict[str, list[tuple[date, float | None, int]]]:
        """Give the monthly interactions per post, which a chart and a table share."""
        return monthly_interactions(self.panel, self.measured.accounts, self.window)
