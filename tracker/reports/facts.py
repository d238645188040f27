"""What every part of one respondent's report looks at, measured once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from tracker.effects import (
    LocalityChanges,
    LocalityLevels,
    MapEffects,
    UnitEffect,
    locality_changes,
    locality_levels,
    map_effects,
)
from tracker.effects.change import LENGTHS
from tracker.errors import ConfigError
from tracker.letters import Answer, Letter
from tracker.panel import Panel
from tracker.periods import Window, map_on
from tracker.reports.measured import Measured
from tracker.reports.series import monthly_interactions
from tracker.text import full_name

LEVEL_DAYS = 364
"""Without a programme, levels are taken over the last 52 weeks."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Beside:
    """The localities of each map beside one another: measured when a report first asks, and once
    for all reports of a run.
    """

    panel: Panel
    tet_days: tuple[date, ...]

    def of(self, unit_id: str, last_day: date) -> tuple[tuple[UnitEffect, ...], str]:
        """Give a locality's lines on the map of a day (or the map it is on), and where there are
        none the reason (Vietnamese)."""
        name = map_on(last_day)
        if unit_id not in self.panel.map_localities(name):
            name = "34" if name == "63" else "63"
        found = self._on_63 if name == "63" else self._on_34
        return ((), found) if isinstance(found, str) else (found.of(unit_id), "")

    @cached_property
    def _on_63(self) -> MapEffects | str:
        return self._measured("63")

    @cached_property
    def _on_34(self) -> MapEffects | str:
        return self._measured("34")

    def _measured(self, name: str) -> MapEffects | str:
        try:
            return map_effects(self.panel, map_name=name, tet_days=self.tet_days)
        except ConfigError:  # no whole week of this map was read
            return f"chưa có tuần nào được đọc đủ trên bản đồ {name} tỉnh, thành phố"


@dataclass(frozen=True)
class Facts:
    """Everything a block of the report may look at.

    `unit_id` is a locality or an agency. `on` is the day of the report. `asked` is the window that
    the officer asked for, in place of the letter's; None = the letter's own. `beside` is shared by
    the reports of a run; None = this report makes its own.
    """

    panel: Panel
    letter: Letter
    unit_id: str
    on: date
    answers: tuple[Answer, ...]
    tet_days: tuple[date, ...]
    asked: Window | None = None
    beside: Beside | None = None

    @property
    def is_locality(self) -> bool:
        """Say whether the respondent is a locality, not an agency."""
        return self.unit_id in self.panel.localities.index

    @cached_property
    def row(self) -> Any:
        """Give the respondent's row of the register, named as on the last day of the panel."""
        if self.is_locality:
            return self.panel.localities.loc[self.unit_id]
        return self.panel.agencies.set_index("id").loc[self.unit_id]

    @cached_property
    def name(self) -> str:
        """Give the respondent's full name: `tỉnh Quảng Ninh`, `Bộ Ngoại giao`."""
        if self.is_locality:
            return full_name(self.row["kind"] or "tỉnh", self.row["name_vi"])
        return str(self.row["name_vi"])

    @cached_property
    def programme(self) -> Any | None:
        """Give the respondent's programme that began first; None = none is registered."""
        rows = [
            row
            for row in self.panel.programmes.itertuples(index=False)
            if self.unit_id in (row.locality_id, row.agency_id)
        ]
        return min(rows, key=lambda row: (row.start or date.max, row.id), default=None)

    @property
    def start(self) -> date | None:
        """Give the day that parts before from after: the start of a programme that was built; None
        where there is none, or the letter does not ask for before and after."""
        programme = self.programme
        if programme is None or programme.status != "built" or self.letter.window != "programme":
            return None
        start: date | None = programme.start
        return start

    @property
    def until(self) -> date:
        """Give the end (exclusive) of the days that count: a respondent's numbers end with it, and
        with the window that was asked for."""
        ended = self.row["valid_to"]
        ends = [self.panel.until]
        ends += [] if ended is None else [ended + ONE_DAY]
        ends += [] if self.asked is None else [self.asked.end]
        return min(ends)

    @cached_property
    def asked_window(self) -> Window:
        """Give the days the letter asks about: those the officer named, those of the letter, else
        the last 52 weeks. They may lie partly or wholly outside of what was read."""
        if self.asked is not None:
            return self.asked
        if self.letter.first_day is not None and self.letter.last_day is not None:
            return Window(self.letter.first_day, self.letter.last_day + ONE_DAY)
        return Window(self.until - timedelta(days=LEVEL_DAYS), self.until)

    @cached_property
    def read_window(self) -> Window | None:
        """Give the part of the asked days that lies before the end of the data; None = none of it:
        the window is yet to come, or the respondent had ended."""
        end = min(self.asked_window.end, self.until)
        return Window(self.asked_window.start, end) if self.asked_window.start < end else None

    @cached_property
    def measured(self) -> Measured:
        """Measure the respondent around its programme, or its levels over the asked window."""
        if self.start is not None and self.start < self.until:
            return locality_changes(self.panel, self.unit_id, self.start, self.until, self.tet_days)
        window = self.read_window or Window(self.until - timedelta(days=LEVEL_DAYS), self.until)
        return locality_levels(self.panel, self.unit_id, window, self.tet_days)

    @cached_property
    def levels(self) -> LocalityLevels | None:
        """Measure the levels over the part of the asked days that was read; None = none of it."""
        window = self.read_window
        if window is None:
            return None
        found = self.measured
        if isinstance(found, LocalityLevels) and found.window == window:
            return found
        return locality_levels(self.panel, self.unit_id, window, self.tet_days)

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
    def relative(self) -> tuple[tuple[UnitEffect, ...], str]:
        """Give the locality's lines beside comparable localities, or the reason for none."""
        beside = self.beside or Beside(self.panel, self.tet_days)
        return beside.of(self.unit_id, self.until - ONE_DAY)

    @cached_property
    def monthly(self) -> dict[str, list[tuple[date, float | None, int]]]:
        """Give the monthly interactions per post, which a chart and a table share."""
        return monthly_interactions(self.panel, self.measured.accounts, self.window)
