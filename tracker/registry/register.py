"""Everything known about localities, agencies and accounts, with the questions asked about days."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tracker.errors import ConfigError
from tracker.registry.rows import (
    ROW_TYPES,
    Account,
    AccountPeriod,
    Agency,
    Correction,
    DefinitionBreakRow,
    Element,
    Event,
    Locality,
    LocalityName,
    Programme,
    ProgrammeElement,
    Row,
    Target,
    holds,
)
from tracker.text import Match, fold, full_name, match_locality, nearest, slug, sort_key

MERGER = date(2025, 7, 1)
"""From this day the map has 34 units (Nghị quyết 202/2025/QH15); the day before it had 63."""

MAPS = ("63", "34", "pilot")
COMMITTEE = "Ủy ban nhân dân"


def no_rows() -> Mapping[Any, Any]:
    """Give an empty mapping that cannot be changed."""
    return MappingProxyType({})


@dataclass(frozen=True)
class Register:
    """All rows of a register, by id or by key, in file order."""

    localities: Mapping[str, Locality] = field(default_factory=no_rows)
    locality_names: tuple[LocalityName, ...] = ()
    elements: Mapping[str, Element] = field(default_factory=no_rows)
    agencies: Mapping[str, Agency] = field(default_factory=no_rows)
    accounts: Mapping[str, Account] = field(default_factory=no_rows)
    account_periods: tuple[AccountPeriod, ...] = ()
    programmes: Mapping[str, Programme] = field(default_factory=no_rows)
    programme_elements: tuple[ProgrammeElement, ...] = ()
    events: Mapping[str, Event] = field(default_factory=no_rows)
    definition_breaks: tuple[DefinitionBreakRow, ...] = ()
    targets: tuple[Target, ...] = ()
    corrections: Mapping[str, Correction] = field(default_factory=no_rows)

    def rows(self, kind: str) -> list[Row]:
        """List the rows of one kind (a name of `rows.ROW_TYPES`)."""
        held = getattr(self, kind)
        return list(held.values() if isinstance(held, Mapping) else held)

    def with_rows(self, kind: str, rows: Iterable[Row]) -> Register:
        """Give a register with these rows added, or in the place of those with their key."""
        by_key = {row.key: row for row in (*self.rows(kind), *rows)}
        held: dict[str, Any] = {name: getattr(self, name) for name in ROW_TYPES}
        if isinstance(held[kind], tuple):
            held[kind] = tuple(by_key.values())
        else:
            held[kind] = MappingProxyType({key[0]: row for key, row in by_key.items()})
        return Register(**held)

    # localities

    @cached_property
    def _names(self) -> dict[str, list[LocalityName]]:
        found: dict[str, list[LocalityName]] = defaultdict(list)
        for name in sorted(self.locality_names, key=lambda row: row.valid_from or date.min):
            found[name.locality_id].append(name)
        return found

    def localities_on(self, day: date) -> list[Locality]:
        """List the localities valid on a day, in Vietnamese order of their names of that day."""
        valid = [one for one in self.localities.values() if holds(one, day)]
        return sorted(valid, key=lambda one: sort_key(self.locality_name(one.id, day)))

    def localities_of_map(self, name: str) -> list[Locality]:
        """List the localities of a map: `63` (to 30/06/2025), `34` (from then on), `pilot` (8)."""
        if name not in MAPS:
            raise ConfigError(f"unknown map {name!r}; expected one of {', '.join(MAPS)}")
        if name == "34":
            return self.localities_on(MERGER)
        old = self.localities_on(date(2025, 6, 30))
        return [one for one in old if name == "63" or one.pilot_2022]

    def name_on(self, locality_id: str, day: date) -> LocalityName | None:
        """Find the name of a locality on a day, outside its life the nearest; None: it has none."""
        names = self._names.get(locality_id, [])
        earlier = [name for name in names if (name.valid_from or date.min) <= day]
        return earlier[-1] if earlier else next(iter(names), None)

    def locality_name(self, locality_id: str, day: date) -> str:
        """Give the Vietnamese name on a day, without rank; the id where there is no name."""
        name = self.name_on(locality_id, day)
        return name.name_vi if name else locality_id

    def locality_full_name(self, locality_id: str, day: date) -> str:
        """Give name and rank on a day: `tỉnh Quảng Ninh`."""
        name = self.name_on(locality_id, day)
        return full_name(name.kind or "", name.name_vi).strip() if name else locality_id

    def successor(self, locality_id: str) -> Locality | None:
        """Find the locality that a locality went into; None while it still is."""
        ended = self.localities.get(locality_id)
        return self.localities.get(ended.successor_id or "") if ended else None

    def predecessors(self, locality_id: str) -> list[Locality]:
        """List the localities that went into a locality."""
        return [one for one in self.localities.values() if one.successor_id == locality_id]

    def find_locality(self, text: str, start: date | None = None, end: date | None = None) -> Match:
        """Find what a name or id of a locality means.

        Where two maps share a name, the days `start`..`end` decide, if they lie in one map only.
        """
        if text in self.localities:
            return Match((text,))
        names = ((name.locality_id, name.name_vi) for name in self.locality_names)
        match = match_locality(text, names)
        if len(match.ids) < 2 or (start is None and end is None):
            return match
        days = [day for day in (start, end) if day is not None]
        kept = tuple(
            one for one in match.ids if all(holds(self.localities[one], day) for day in days)
        )
        return Match(kept) if len(kept) == 1 else match

    # agencies

    @cached_property
    def _agencies_by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for agency in self.agencies.values():
            found[agency_key(agency.name_vi)].append(agency.id)
        return found

    def find_agency(self, text: str) -> Match:
        """Find what a name or id of an agency means; `UBND` counts as `Ủy ban nhân dân`."""
        if text in self.agencies:
            return Match((text,))
        ids = tuple(self._agencies_by_name.get(agency_key(text), ()))
        if ids:
            return Match(ids)
        known = (*self.agencies, *(agency.name_vi for agency in self.agencies.values()))
        return Match(suggestion=nearest(text, known))

    def agency_name(self, agency_id: str, day: date) -> str:
        """Give the name of an agency on a day; a People's Committee has its locality's then."""
        agency = self.agencies[agency_id]
        place = agency.locality_id
        if place and place in self.localities and agency_id == f"ubnd-{place}":
            return f"{COMMITTEE} {self.locality_full_name(place, day)}"
        return agency.name_vi

    def agency_on(self, agency_id: str, day: date) -> Agency | None:
        """Find the agency itself or, after its end, the one that stands in its place on a day."""
        seen: set[str] = set()
        agency = self.agencies.get(agency_id)
        while agency and agency.valid_to and agency.valid_to < day and agency.successor_id:
            if agency.id in seen:
                return None
            seen.add(agency.id)
            agency = self.agencies.get(agency.successor_id)
        return agency

    # accounts

    @cached_property
    def _periods(self) -> dict[str, list[AccountPeriod]]:
        found: dict[str, list[AccountPeriod]] = defaultdict(list)
        for period in sorted(self.account_periods, key=lambda row: row.valid_from or date.min):
            found[period.account_id].append(period)
        return found

    def periods_of(self, account_id: str) -> list[AccountPeriod]:
        """List the periods of an account, oldest first."""
        return list(self._periods.get(account_id, []))

    def period_on(self, account_id: str, day: date) -> AccountPeriod | None:
        """Find who owned an account and how it was called on a day."""
        return next((one for one in self.periods_of(account_id) if holds(one, day)), None)

    def accounts_on(self, day: date) -> list[Account]:
        """List the accounts that are active and not voided on a day."""
        return [
            account
            for account in self.accounts.values()
            if not account.voided
            and (account.active_from is None or account.active_from <= day)
            and (account.active_to is None or day <= account.active_to)
        ]

    def owner_of(self, account_id: str, day: date) -> Agency | None:
        """Find the agency that owns an account on a day, after its end the successor, else None."""
        period = self.period_on(account_id, day)
        return self.agency_on(period.agency_id, day) if period else None


def agency_key(name: str) -> str:
    """Make the key by which names of agencies are compared: case, marks and `UBND` are forgiven."""
    words = slug(name)
    committee = re.match(r"(?:ubnd|uy-ban-nhan-dan)-(?=.)", words)
    return f"ubnd {fold(words[committee.end() :])}" if committee else words
