"""What every part of the national view looks at: all respondents of a letter, measured once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from tracker.effects.unit_levels import UnitLevel, unit_level
from tracker.indicators import INDICATORS
from tracker.letters import Answer, Letter, UnitStatus
from tracker.panel import Panel
from tracker.panel.maps import units_on
from tracker.periods import MERGER, Window
from tracker.reports.facts import LEVEL_DAYS, ONE_DAY, Facts
from tracker.tables import Origin
from tracker.text import sort_key

NATION = "viet-nam"
"""Who a national edition belongs to, in place of a respondent."""
FROM_TABLE = Origin(source="tính từ các dòng của bảng")
"""Where averages and totals over respondents come from."""


@dataclass(frozen=True)
class National:
    """All respondents of a letter, with what they answered and sent.

    `units` are localities of the map `map_name`, or agencies. `answers` are by respondent; who gave
    none may be absent. `asked` takes the place of the letter's window.
    """

    panel: Panel
    letter: Letter
    units: tuple[str, ...]
    on: date
    tet_days: tuple[date, ...]
    map_name: str
    statuses: tuple[UnitStatus, ...]
    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    asked: Window | None = None

    @cached_property
    def names(self) -> dict[str, str]:
        """Give respondent -> short name, in the order of a Vietnamese dictionary."""
        if self.of_localities:
            known = self.panel.localities["name_vi"]
        else:
            known = self.panel.agencies.set_index("id")["name_vi"]
        named = {unit: str(known[unit]) for unit in self.units}
        return dict(sorted(named.items(), key=lambda one: (sort_key(one[1]), one[0])))

    @property
    def of_localities(self) -> bool:
        """Say whether localities answer, not agencies."""
        return self.letter.respondents == "localities"

    @cached_property
    def facts(self) -> dict[str, Facts]:
        """Give what the report of each respondent looks at, in the order of `names`."""
        return {
            unit: Facts(
                self.panel,
                self.letter,
                unit,
                self.on,
                tuple(self.answers.get(unit, ())),
                self.tet_days,
                self.asked,
            )
            for unit in self.names
        }

    @cached_property
    def window(self) -> Window | None:
        """Give the days over which all respondents are compared: those asked for, those of the
        letter, else the last 52 weeks, as far as they were read; None = nothing of them was.

        Localities of the map of 63 ended with 30 June 2025, and so does their window.
        """
        merged = self.of_localities and self.map_name != "34"
        until = min(self.panel.until, MERGER) if merged else self.panel.until
        letter = self.letter
        if self.asked is not None:
            wanted = self.asked
        elif letter.first_day is not None and letter.last_day is not None:
            wanted = Window(letter.first_day, letter.last_day + ONE_DAY)
        else:
            wanted = Window(until - timedelta(days=LEVEL_DAYS), until)
        end = min(wanted.end, until)
        return Window(wanted.start, end) if wanted.start < end else None

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Give respondent -> its accounts on the last day of the window, by id."""
        day = (self.window.end if self.window else self.panel.until) - ONE_DAY
        if self.of_localities:
            owners = units_on(self.panel, self.map_name, day)
        else:
            owners = self.panel.accounts_on(day)["agency_id"]
        found: dict[str, list[str]] = {unit: [] for unit in self.names}
        for account, unit in owners.items():
            if unit in found:
                found[unit].append(str(account))
        return {unit: sorted(accounts) for unit, accounts in found.items()}

    def levels(self, indicator: str, window: Window) -> dict[str, UnitLevel]:
        """Measure one indicator of every respondent over a window, its accounts added up."""
        item = INDICATORS[indicator]
        return {
            unit: unit_level(self.panel, item, unit, accounts, window, self.tet_days)
            for unit, accounts in self.members.items()
        }


def names_text(names: Sequence[str], everyone: int) -> str:
    """Write a list of respondents; all of them in two words."""
    return "tất cả các đơn vị" if len(names) == everyone > 1 else "; ".join(names)
