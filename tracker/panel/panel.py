"""The panel: everything one comparison or report reads, as frames in memory. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker import metrics
from tracker.errors import ConfigError
from tracker.metrics import ACCOUNT_COLUMNS, BREAKS
from tracker.panel.frames import rows_of
from tracker.panel.gaps import Gap, Series, find_gaps
from tracker.periods import Window, date_of, day_number
from tracker.platforms import DECLARED, Basis, platform_named

LANE_ORDER = ("owner", "public", "declared")
"""The order in which a comparison takes its lane: the first that covers both windows (rule 4)."""

LANES_VI = {"owner": "chủ tài khoản ủy quyền", "public": "công khai", "declared": "tự khai"}
POST_PARTS = (
    "posts",
    "posts_day7",
    "interactions",
    "rated_posts",
    "rated_interactions",
    "follower_posts",
    "post_rates",
)
MERGER = date(2025, 7, 1)
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
class Panel:
    """Readings and register up to `until` (exclusive: nights before it are in). Voided accounts are
    left out.

    Collected frames:

    - `snapshots`: one row per (account, lane, day), sorted; columns `account`, `lane` (text), `day`
      (days since 1970-01-01: where the count stood at the start of that day), `followers`,
      `following`, `posts`, `views`, `likes` (float, NaN = unknown). Corrections are applied where
      the panel was loaded with them.
    - `rounding`: step and qualifier of declared numbers that are not exact: `account`, `lane`,
      `day`, `metric`, `step`, `qualifier`.
    - `daily`: posts by `account`, publication `day`, `kind`, `language`: `posts`, `posts_day7`
      (with known day-7 interactions), `interactions_day7`, `posts_views_day7`, `views_day7`,
      `followers` (at publication).
    - `posts_covered`: one row per (`account`, `lane`) that looked at posts; `first`, `last` (day
      numbers): publication days in [first, last) are known.
    - `attempts`: the nights' attempts (imports are not in it): `account`, `day`, `lane`, `what`,
      `tried_at` (Unix seconds), `status`, `message`, `basis`.
    - `nights`: index day number; `ran` (False = it never ran), `expected`, `read`, `missing`.

    Register frames (dates are `date`, None = unknown or open): `account_rows`, `periods`,
    `agencies`, `locality_rows`, `locality_names`, `programmes`, `elements` (with their programmes),
    `events`, `targets`, `outcomes`, `definition_breaks`; `corrections` carries `applied`, the
    numbers each one changed here. `meta` holds the store's own facts (`synthetic`), `url` says
    where more can be asked (`trace`).
    """

    until: date
    snapshots: pd.DataFrame
    rounding: pd.DataFrame
    daily: pd.DataFrame
    posts_covered: pd.DataFrame
    attempts: pd.DataFrame
    nights: pd.DataFrame
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
    meta: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def last_night(self) -> date:
        """Give the last night that may be in the panel: counts are known up to the start of that
        day."""
        return self.until - timedelta(days=1)

    @cached_property
    def first_day(self) -> date:
        """Give the first day with a reading of any account, `until` if there is none."""
        return date_of(int(self._days.min())) if len(self._days) else self.until

    @property
    def synthetic(self) -> bool:
        """Say whether the store was ever filled by the sandbox (rule 12)."""
        return self.meta.get("synthetic") == "1"

    # the register on a day

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

    @cached_property
    def _remembered(self) -> dict[tuple[Any, ...], Any]:
        """Keep answers that a table asks for many times; a panel never changes."""
        return {}

    def accounts_on(self, day: date) -> pd.DataFrame:
        """Give the accounts as owned and named on `day`, shaped as `accounts`.

        An account without an owner on that day keeps its last one before; one that begins later has
        none.
        """
        key = ("accounts", day)
        if key not in self._remembered:
            self._remembered[key] = self._accounts_on(day)
        frame: pd.DataFrame = self._remembered[key]
        return frame

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
        if lane == "declared":
            return DECLARED
        key = ("basis", account_id)
        if key not in self._remembered:
            platform, basis = self.accounts.loc[account_id, ["platform", "basis"]]
            self._remembered[key] = platform_named(str(platform)).basis(str(basis))
        found: Basis = self._remembered[key]
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

    # readings

    @cached_property
    def _slices(self) -> dict[tuple[str, str], slice]:
        """Say where the rows of each (account, lane) lie in `snapshots`."""
        frame = self.snapshots
        if not len(frame):
            return {}
        account = frame["account"].to_numpy()
        lane = frame["lane"].to_numpy()
        edge = np.flatnonzero((account[1:] != account[:-1]) | (lane[1:] != lane[:-1])) + 1
        starts = np.concatenate([[0], edge])
        stops = np.concatenate([edge, [len(frame)]])
        return {
            (str(account[start]), str(lane[start])): slice(int(start), int(stop))
            for start, stop in zip(starts, stops, strict=True)
        }

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.float64]]:
        return {name: self.snapshots[name].to_numpy(dtype=float) for name in ACCOUNT_COLUMNS}

    @cached_property
    def _days(self) -> NDArray[np.int64]:
        days: NDArray[np.int64] = self.snapshots["day"].to_numpy(dtype=np.int64)
        return days

    def lanes(self, account_id: str, metric: str = "followers") -> list[str]:
        """List the lanes in which a metric of an account has a known number, in the order of rule
        4."""
        return [lane for lane in LANE_ORDER if self.series(account_id, metric, lane).notna().any()]

    def series(self, account_id: str, metric: str, lane: str) -> pd.Series:
        """Give the readings of one metric of one account in one lane.

        Index: day (timestamps without zone, local); value float, NaN = read but unknown; empty if
        never read.
        """
        key = ("series", account_id, metric, lane)
        if key not in self._remembered:
            self._remembered[key] = self._series(account_id, metric, lane)
        found: pd.Series = self._remembered[key]
        return found

    def _series(self, account_id: str, metric: str, lane: str) -> pd.Series:
        place = self._slices.get((account_id, lane), slice(0, 0))
        days = pd.DatetimeIndex(
            self._days[place].astype("datetime64[D]").astype("datetime64[s]"), name="day"
        )
        return pd.Series(self._columns[metric][place], index=days, name=account_id)

    def steps(self, account_id: str, metric: str, lane: str) -> tuple[pd.Series, pd.Series]:
        """Give the rounding step (float) and the qualifier (text) of every reading of `series`,
        same index.

        Read numbers: the platform's rounding. Declared numbers: as stored, else exact.
        """
        key = ("steps", account_id, metric, lane)
        if key not in self._remembered:
            self._remembered[key] = self._steps(account_id, metric, lane)
        found: tuple[pd.Series, pd.Series] = self._remembered[key]
        return found

    def _steps(self, account_id: str, metric: str, lane: str) -> tuple[pd.Series, pd.Series]:
        series = self.series(account_id, metric, lane)
        step = np.ones(len(series))
        words = np.full(len(series), "exact", dtype=object)
        days = self._days[self._slices.get((account_id, lane), slice(0, 0))]
        if lane != "declared":
            platform = self.platform_of(account_id)
            codes, values = pd.factorize(series.to_numpy())
            each = [metrics.step(platform, "account", metric, int(value)) for value in values]
            step[:] = np.asarray([*each, 1.0], dtype=float)[
                codes
            ]  # code -1, unknown, takes the last
        for row in self._rounding.get((account_id, lane, metric), ()):
            at = int(np.searchsorted(days, row.day))
            if at < len(days) and days[at] == row.day:
                step[at] = 1.0 if np.isnan(row.step) else row.step
                words[at] = row.qualifier or "exact"
        return pd.Series(step, index=series.index), pd.Series(words, index=series.index)

    @cached_property
    def _rounding(self) -> dict[tuple[str, str, str], list[Any]]:
        found: dict[tuple[str, str, str], list[Any]] = {}
        for row in rows_of(self.rounding):
            found.setdefault((row.account, row.lane, row.metric), []).append(row)
        return found

    def readings(self, metric: str, lane: str | None = None) -> pd.DataFrame:
        """Give one metric of all accounts as a wide frame: index day (timestamps), columns account
        id, float.

        `lane` None takes, account by account, the one lane with the most known readings (ties:
        owner, public, declared), never a mixture; its name is in `frame.attrs["lanes"]`.
        """
        chosen, lanes = {}, {}
        for account in self.accounts.index:
            options = [lane] if lane is not None else list(LANE_ORDER)
            known = {option: self.series(account, metric, option).dropna() for option in options}
            best = max(options, key=lambda option: len(known[option]))
            if len(known[best]):
                chosen[account], lanes[account] = known[best], best
        frame = (
            pd.DataFrame(chosen) if chosen else pd.DataFrame(index=pd.DatetimeIndex([], name="day"))
        )
        frame = frame.sort_index().rename_axis(index="day", columns="account")
        frame.attrs["lanes"] = lanes
        return frame

    def last_reading(
        self, account_id: str, metric: str, before: date
    ) -> tuple[date, str, float] | None:
        """Find the newest known number on a night before `before`: (day, lane, value); ties take
        rule 4's lane."""
        best: tuple[date, str, float] | None = None
        for lane in LANE_ORDER:
            known = self.series(account_id, metric, lane).dropna()
            known = known[known.index < pd.Timestamp(before)]
            if len(known) and (best is None or known.index[-1].date() > best[0]):
                best = (known.index[-1].date(), lane, float(known.iloc[-1]))
        return best

    # posts

    @cached_property
    def _daily_of(self) -> dict[str, pd.DataFrame]:
        return {str(account): rows for account, rows in self.daily.groupby("account", sort=False)}

    def posts_lanes(self, account_id: str) -> list[tuple[str, Window]]:
        """List the lanes an account's posts were looked at in, by rule 4, with the publication days
        they cover."""
        end = day_number(self.last_night)
        found = {
            str(row.lane): (int(row.first), min(int(row.last), end))
            for row in self._posts_covered_of.get(account_id, ())
        }
        return [
            (lane, Window(date_of(found[lane][0]), date_of(found[lane][1])))
            for lane in LANE_ORDER
            if lane in found and found[lane][1] > found[lane][0]
        ]

    @cached_property
    def _posts_covered_of(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for row in rows_of(self.posts_covered):
            found.setdefault(row.account, []).append(row)
        return found

    def posts(self, account_id: str, covered: Window) -> pd.DataFrame:
        """Give an account's posts by publication day over covered days (see `posts_lanes`).

        Index: every day of `covered` (timestamps); columns `posts`, `posts_day7` (with known day-7
        interactions), `interactions` (their sum), and of those whose followers at publication are
        known too `rated_posts`, `rated_interactions`, `follower_posts` (followers at publication
        summed over posts) and `post_rates` (interactions over followers, summed over posts), all
        float; a day without posts holds 0. Posts younger than eight days at the end of the panel
        have no known day-7 interactions.
        """
        key = ("posts", account_id, covered)
        if key not in self._remembered:
            self._remembered[key] = self._posts(account_id, covered)
        found: pd.DataFrame = self._remembered[key]
        return found

    def _posts(self, account_id: str, covered: Window) -> pd.DataFrame:
        rows = self._daily_of.get(account_id)
        first, last = day_number(covered.start), day_number(covered.end)
        size = last - first
        parts = self._post_parts(rows) if rows is not None else {}
        inside = np.zeros(0, dtype=bool)
        day = np.zeros(0, dtype=np.int64)
        if rows is not None:
            day = rows["day"].to_numpy() - first
            inside = (day >= 0) & (day < size)
        sums = {
            name: np.bincount(day[inside], weights=parts[name][inside], minlength=size)
            if parts
            else np.zeros(size)
            for name in POST_PARTS
        }
        days = np.arange(first, last).astype("datetime64[D]").astype("datetime64[s]")
        return pd.DataFrame(sums, index=pd.DatetimeIndex(days, name="day"))

    def _post_parts(self, rows: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Give what each row of `daily` adds to the columns of `posts`."""
        mature = rows["day"].to_numpy() + 8 <= day_number(self.last_night)
        day7 = np.where(mature, rows["posts_day7"].to_numpy(dtype=float), 0.0)
        known = np.nan_to_num(rows["interactions_day7"].to_numpy(dtype=float))
        interactions = np.where(mature, known, 0.0)
        followers = np.nan_to_num(rows["followers"].to_numpy(dtype=float))
        rated = followers > 0
        return {
            "posts": rows["posts"].to_numpy(dtype=float),
            "posts_day7": day7,
            "interactions": interactions,
            "rated_posts": np.where(rated, day7, 0.0),
            "rated_interactions": np.where(rated, interactions, 0.0),
            "follower_posts": np.where(rated, day7 * followers, 0.0),
            "post_rates": np.where(rated, interactions / np.where(rated, followers, 1.0), 0.0),
        }

    # gaps

    def gaps(
        self, window: Window, accounts: Iterable[str] | None = None, metric: str = "followers"
    ) -> list[Gap]:
        """List the expected readings of a metric that are missing on nights in a window, with their
        causes.

        By schedule: nights since the account was first asked for, while it was active and its basis
        let us keep the number. For imported series: intervals above three times their median.
        Ordered by account, lane, day.
        """
        found: list[Gap] = []
        for account in self.accounts.index if accounts is None else accounts:
            for lane in LANE_ORDER:
                found += find_gaps(
                    self._series_for_gaps(str(account), lane, metric), self.nights, window
                )
        return found

    def expected(
        self, window: Window, account_id: str, metric: str = "followers"
    ) -> tuple[int, int]:
        """Count the readings of an account in a window: (expected, known), over all lanes."""
        missing = sum(gap.nights for gap in self.gaps(window, [account_id], metric))
        first, end = day_number(window.start), day_number(window.end)
        known = 0
        for lane in LANE_ORDER:
            place = self._slices.get((account_id, lane), slice(0, 0))
            days, values = self._days[place], self._columns[metric][place]
            known += int(((days >= first) & (days < end) & ~np.isnan(values)).sum())
        return known + missing, known

    @cached_property
    def _attempts_of(self) -> dict[tuple[str, str], pd.DataFrame]:
        profiles = self.attempts[self.attempts["what"] == "profile"]
        return {
            (str(account), str(lane)): rows
            for (account, lane), rows in profiles.groupby(["account", "lane"], sort=False)
        }

    def _series_for_gaps(self, account_id: str, lane: str, metric: str) -> Series:
        place = self._slices.get((account_id, lane), slice(0, 0))
        known = ~np.isnan(self._columns[metric][place])
        tries = self._attempts_of.get((account_id, lane))
        begun: Any = self.accounts.at[account_id, "active_from"]
        ended: Any = self.accounts.at[account_id, "active_to"]
        kept = None if lane == "declared" else self.basis_of(account_id, lane).days_kept
        return Series(
            account_id=account_id,
            lane=lane,
            metric=metric,
            days=self._days[place][known],
            tried={} if tries is None else _outcome_by_day(tries),
            active_from=begun,
            active_to=ended,
            readable_from=None if kept is None else self.last_night - timedelta(days=kept),
        )


def _outcome_by_day(tries: pd.DataFrame) -> dict[int, str]:
    """Give the status that counts for each night: `ok` if any try succeeded, else the last
    one's."""
    found: dict[int, str] = {}
    for day, status in zip(tries["day"].tolist(), tries["status"].tolist(), strict=True):
        if found.get(day) != "ok":
            found[day] = status
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
    rows: Sequence[Any] = rows_of(frame)
    for row in sorted(rows, key=lambda row: row.valid_from or date.min):
        name = getattr(row, key)
        if (row.valid_from or date.min) <= day or (first_if_none and name not in found):
            found[name] = row
    return found
