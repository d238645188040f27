"""The register as it stood: owners and names on a day, maps, renames, terms. Knows no SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from tracker.errors import ConfigError
from tracker.metrics import BREAKS
from tracker.panel.frames import rows_of
from tracker.periods import MERGER, Window
from tracker.platforms import Basis, platform_named

Found = TypeVar("Found")
MAPS = ("63", "34", "pilot")


@dataclass(frozen=True)
class Rename:
    """A new handle, address or owner of an account from `day` on; `what` is `handle` or
    `agency`."""

    account_id: str
    day: date
    what: str
    old: str
    new: str


@dataclass(frozen=True, eq=False)
class Register:
    """What people registered, up to `until` (exclusive). Voided accounts are left out.

    Frames, columns as in the tables of the store (dates are `date`, None = unknown or open):
    `account_rows`, `periods`, `agencies`, `locality_rows`, `locality_names`, `programmes`,
    `elements` (with their programmes), `events`, `targets`, `outcomes`, `definition_breaks`;
    `corrections` carries `applied`, the numbers each one changed in this panel.
    """

    until: date
    account_rows: pd.DataFrame
    periods: pd.DataFrame
    agencies: pd.DataFrame
    locality_rows: pd.DataFrame
    locality_names: pd.DataFrame
    programmes: pd.DataFrame
    elements: pd.DataFrame
    events: pd.DataFrame
    targets: pd.DataFrame
    outcomes: pd.DataFrame
    definition_breaks: pd.DataFrame
    corrections: pd.DataFrame

    @cached_property
    def _remembered(self) -> dict[tuple[Any, ...], Any]:
        """Keep answers that a table asks for many times; a panel never changes."""
        return {}

    @cached_property
    def _measured(self) -> dict[tuple[Any, ...], Any]:
        """Keep what indicators measured; never shared with a panel that carries other looks."""
        return {}

    def remember(
        self, key: tuple[Any, ...], make: Callable[[], Found], *, measured: bool = False
    ) -> Found:
        """Give what `make` makes, once for the life of the panel: later callers with the same key
        get the same value, and must not change it. `measured` says that it may rest on looks."""
        memory = self._measured if measured else self._remembered
        if key not in memory:
            memory[key] = make()
        found: Found = memory[key]
        return found

    @property
    def last_night(self) -> date:
        """Give the last night that may be in the panel: counts are known up to the start of that
        day."""
        return self.until - timedelta(days=1)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Give the accounts as they are owned and named on the last day of the panel.

        Index account id; columns `platform, native_id, agency_id, agency_name, agency_kind,
        locality_id, locality_name, handle, url, basis, languages, active_from, active_to` (basis:
        never empty, the platform's default where the register names none).
        """
        return self.accounts_on(self.last_night)

    @cached_property
    def localities(self) -> pd.DataFrame:
        """Give all localities of all maps, named as on the last day of the panel.

        Index locality id; columns `name_vi, name_en, kind, gso_code, valid_from, valid_to,
        successor_id, pilot_2022`.
        """
        return self.localities_on(self.last_night)

    def accounts_on(self, day: date) -> pd.DataFrame:
        """Give the accounts as owned and named on `day`, shaped as `accounts`.

        An account without an owner on that day keeps its last one before; one that begins later has
        none.
        """
        key = ("accounts", day)
        return self.remember(key, lambda: self._accounts_on(day))

    def _accounts_on(self, day: date) -> pd.DataFrame:
        owned = _valid_on(self.periods, "account_id", day)
        agencies = self.agencies.set_index("id") if len(self.agencies) else self.agencies
        names = self.localities_on(day)["name_vi"]
        rows = []
        for account in rows_of(self.account_rows):
            period = owned.get(account.id)
            agency = agencies.loc[period.agency_id] if period is not None else None
            locality = agency["locality_id"] if agency is not None else None
            rows.append(
                {
                    "id": account.id,
                    "platform": account.platform,
                    "native_id": account.native_id,
                    "agency_id": period.agency_id if period is not None else None,
                    "agency_name": agency["name_vi"] if agency is not None else None,
                    "agency_kind": agency["kind"] if agency is not None else None,
                    "locality_id": locality,
                    "locality_name": names.get(locality) if locality is not None else None,
                    "handle": period.handle if period is not None else None,
                    "url": period.url if period is not None else None,
                    "basis": account.basis or platform_named(account.platform).default_basis.key,
                    "languages": account.languages,
                    "active_from": account.active_from,
                    "active_to": account.active_to,
                }
            )
        columns = [
            "id",
            "platform",
            "native_id",
            "agency_id",
            "agency_name",
            "agency_kind",
            "locality_id",
            "locality_name",
            "handle",
            "url",
            "basis",
            "languages",
            "active_from",
            "active_to",
        ]
        return pd.DataFrame(rows, columns=columns, dtype=object).set_index("id")

    def localities_on(self, day: date) -> pd.DataFrame:
        """Give all localities with the names they have on `day` (or had last before it), shaped as
        `localities`."""
        named = _valid_on(self.locality_names, "locality_id", day, first_if_none=True)
        rows = []
        for locality in rows_of(self.locality_rows):
            name = named.get(locality.id)
            rows.append(
                {
                    "id": locality.id,
                    "name_vi": name.name_vi if name is not None else locality.id,
                    "name_en": name.name_en if name is not None else None,
                    "kind": name.kind if name is not None else None,
                    "gso_code": locality.gso_code,
                    "valid_from": locality.valid_from,
                    "valid_to": locality.valid_to,
                    "successor_id": locality.successor_id,
                    "pilot_2022": bool(locality.pilot_2022),
                }
            )
        columns = [
            "id",
            "name_vi",
            "name_en",
            "kind",
            "gso_code",
            "valid_from",
            "valid_to",
            "successor_id",
            "pilot_2022",
        ]
        return pd.DataFrame(rows, columns=columns, dtype=object).set_index("id")

    def map_localities(self, name: str) -> list[str]:
        """List the localities of a map (`63`, `34`, `pilot`), by id. Raises ConfigError for another
        name."""
        if name not in MAPS:
            raise ConfigError(f"unknown map {name!r}; expected one of {', '.join(MAPS)}")
        day = MERGER if name == "34" else MERGER - timedelta(days=1)
        found = self.localities
        return [
            str(locality_id)
            for locality_id, row in found.iterrows()
            if (row["valid_from"] is None or row["valid_from"] <= day)
            and (row["valid_to"] is None or day <= row["valid_to"])
            and (name != "pilot" or row["pilot_2022"])
        ]

    def on_map(self, name: str) -> pd.Series:
        """Place the accounts on a map: index account id, value locality id, None = not on it.

        `63` and `pilot` take owners of 30 June 2025 at the latest; `34` takes the owners of the
        panel's last day and follows a retired locality to its successor.
        """
        places = set(self.map_localities(name))
        if name == "34":
            successors = {
                str(place): found for place, found in self.localities["successor_id"].items()
            }
            owned = self.accounts["locality_id"]
            found = [_successor(place, places, successors) for place in owned]
        else:
            owned = self.accounts_on(min(self.last_night, MERGER - timedelta(days=1)))[
                "locality_id"
            ]
            found = [place if place in places else None for place in owned]
        return pd.Series(found, index=owned.index, dtype=object, name="locality_id")

    def accounts_of(self, locality_id: str, day: date | None = None) -> list[str]:
        """List the accounts whose owner on `day` (None = the panel's last) belongs to a locality,
        by id."""
        frame = self.accounts if day is None or day >= self.last_night else self.accounts_on(day)
        return sorted(str(account) for account in frame.index[frame["locality_id"] == locality_id])

    def renames(self, account_id: str, window: Window) -> list[Rename]:
        """List the changes of handle and owner of an account on days inside a window."""
        found: list[Rename] = []
        rows = self.periods[self.periods["account_id"] == account_id].sort_values("valid_from")
        for before, after in zip(rows_of(rows), rows_of(rows)[1:], strict=False):
            if after.valid_from is None or after.valid_from not in window:
                continue
            for what, old, new in (
                ("handle", before.handle, after.handle),
                ("agency", before.agency_id, after.agency_id),
            ):
                if old != new and new is not None:
                    found.append(
                        Rename(account_id, after.valid_from, what, str(old or ""), str(new))
                    )
        return found

    def events_of(self, account_id: str, window: Window) -> pd.DataFrame:
        """List the events of an account and of its locality inside a window (columns of the
        register)."""
        locality = self.accounts["locality_id"].get(account_id)
        frame = self.events
        if not len(frame):
            return frame
        mine = (frame["account_id"] == account_id) | (
            frame["account_id"].isna() & (frame["locality_id"] == locality)
        )
        inside = np.asarray([day in window for day in frame["day"]], dtype=bool)
        found: pd.DataFrame = frame.loc[mine.to_numpy(dtype=bool) & inside]
        return found

    def basis_of(self, account_id: str, lane: str) -> Basis:
        """Give the terms the numbers of an account are held under in a lane: `declared` has its
        own."""
        key = ("basis", account_id, lane)
        return self.remember(key, lambda: self._basis_of(account_id, lane))

    def _basis_of(self, account_id: str, lane: str) -> Basis:
        accounts = self.accounts
        platform, basis = (accounts.at[account_id, name] for name in ("platform", "basis"))
        return platform_named(str(platform)).basis_in(lane, str(basis))

    def corrections_of(self, account_id: str) -> list[Any]:
        """List the corrections of an account and of its posts, as rows of `corrections`."""
        return self._corrections.get(account_id, [])

    @cached_property
    def _corrections(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for row in rows_of(self.corrections):
            found.setdefault(row.account_id, []).append(row)
        return found

    def platform_of(self, account_id: str) -> str:
        """Give the key of an account's platform."""
        return self._platforms[account_id]

    @cached_property
    def _platforms(self) -> dict[str, str]:
        return {str(row.id): str(row.platform) for row in rows_of(self.account_rows)}

    def breaks_of(self, platform: str, entity: str, metric: str) -> list[tuple[date, str]]:
        """List the days from which a metric means something else, with Vietnamese notes, oldest
        first."""
        return self._breaks.get((platform, entity, metric), [])

    @cached_property
    def _breaks(self) -> dict[tuple[str, str, str], list[tuple[date, str]]]:
        notes = {
            (item.platform, item.entity, item.metric, item.day): item.note_vi for item in BREAKS
        }
        for row in rows_of(self.definition_breaks):
            notes[row.platform, row.entity, row.metric, row.day] = row.note_vi or ""
        found: dict[tuple[str, str, str], list[tuple[date, str]]] = {}
        for (platform, entity, metric, day), note in sorted(notes.items()):
            found.setdefault((platform, entity, metric), []).append((day, note))
        return found


def _successor(
    place: str | None, places: set[str], successors: dict[str, str | None]
) -> str | None:
    """Follow a retired locality to the one of the map that took it in."""
    for _ in range(5):
        if place is None or place in places:
            return place
        place = successors.get(place)
    return None


def _valid_on(
    frame: pd.DataFrame, key: str, day: date, *, first_if_none: bool = False
) -> dict[str, Any]:
    """Give for each key the row that began last on or before `day`."""
    found: dict[str, Any] = {}
    rows = rows_of(frame)
    for row in sorted(rows, key=lambda row: row.valid_from or date.min):
        name = getattr(row, key)
        if (row.valid_from or date.min) <= day or (first_if_none and name not in found):
            found[name] = row
    return found
