"""The panel: everything one comparison or report reads, as frames in memory. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker import metrics
from tracker.metrics import ACCOUNT_COLUMNS
from tracker.panel.frames import rows_of
from tracker.panel.gaps import Gap, Series, find_gaps
from tracker.panel.register import Register
from tracker.periods import Window, date_of, day_number

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


@dataclass(frozen=True)
class Behind:
    """What a number rests on: how many observations, of which days, their largest step."""

    count: int
    step: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, eq=False)
class Panel(Register):
    """The register and the readings up to `until` (exclusive: nights before it are in).

    Collected frames:

    - `snapshots`: one row per (account, lane, day), sorted; columns `account`, `lane` (text),
      `day` (days since 1970-01-01: where the count stood at the start of that day), `followers`,
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
      `tried_at` (Unix seconds), `status`, `message`, `basis`, `digest` (None = not archived, or
      older than what the panel was loaded with).
    - `nights`: index day number; `ran` (False = it never ran), `expected`, `read`, `missing`.

    `meta` holds the store's own facts (`synthetic`), `url` says where more can be asked (`trace`).
    """

    snapshots: pd.DataFrame
    rounding: pd.DataFrame
    daily: pd.DataFrame
    posts_covered: pd.DataFrame
    attempts: pd.DataFrame
    nights: pd.DataFrame
    meta: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @cached_property
    def first_day(self) -> date:
        """Give the first day with a reading of any account, `until` if there is none."""
        return date_of(int(self._days.min())) if len(self._days) else self.until

    @property
    def synthetic(self) -> bool:
        """Say whether the store was ever filled by the sandbox (rule 12)."""
        return self.meta.get("synthetic") == "1"

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
        return self.remember(key, lambda: self._series(account_id, metric, lane))

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
        return self.remember(key, lambda: self._steps(account_id, metric, lane))

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

    def readings_behind(
        self, account_id: str, lane: str, entity: Literal["account", "post"], window: Window
    ) -> Behind:
        """Say how many readings of followers, or how many posts, of a lane lie in a window.

        A counter's window ends with the reading at the start of the day after it.
        """
        key = ("behind", account_id, lane, entity, window)
        return self.remember(key, lambda: self._behind(account_id, lane, entity, window))

    def _behind(self, account_id: str, lane: str, entity: str, window: Window) -> Behind:
        first, end = day_number(window.start), day_number(window.end)
        if entity == "account":
            place = self._slices.get((account_id, lane), slice(0, 0))
            days, values = self._days[place], self._columns["followers"][place]
            there = (days >= first) & (days <= end) & ~np.isnan(values)
            steps = self.steps(account_id, "followers", lane)[0].to_numpy()[there]
            return _behind(days[there], np.ones(int(there.sum())), steps)
        covered = dict(self.posts_lanes(account_id))[lane]
        counts = self.posts(account_id, covered)["posts"].to_numpy()
        days = day_number(covered.start) + np.arange(len(counts))
        there = (days >= first) & (days < end) & (counts > 0)
        return _behind(days[there], counts[there], np.ones(1))

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
        return self.remember(key, lambda: self._posts(account_id, covered))

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
        let us keep the number. For imported series: intervals above twice their median.
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

    def first_night(self, account_id: str) -> int | None:
        """Give the day number of the first night that asked for an account; None = none did."""
        return self._first_nights.get(account_id)

    @cached_property
    def _first_nights(self) -> dict[str, int]:
        days = self.attempts.groupby("account")["day"].min()
        return {str(account): int(day) for account, day in days.items()}

    def replies_of(self, account_id: str) -> list[Any]:
        """List the successful attempts of an account that carry the digest of an archived reply, as
        rows of `attempts`, oldest first."""
        return self._replies.get(account_id, [])

    @cached_property
    def _replies(self) -> dict[str, list[Any]]:
        frame = self.attempts
        found: dict[str, list[Any]] = {}
        for row in rows_of(frame[frame["digest"].notna() & (frame["status"] == "ok")]):
            found.setdefault(row.account, []).append(row)
        return found

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


def _behind(
    days: NDArray[np.int64], counts: NDArray[np.float64], steps: NDArray[np.float64]
) -> Behind:
    if not len(days):
        return Behind(0, 1, None, None)
    return Behind(
        int(counts.sum()), int(steps.max()), date_of(int(days[0])), date_of(int(days[-1]))
    )


def _outcome_by_day(tries: pd.DataFrame) -> dict[int, str]:
    """Give the status that counts for each night: `ok` if any try succeeded, else the last
    one's."""
    found: dict[int, str] = {}
    for day, status in zip(tries["day"].tolist(), tries["status"].tolist(), strict=True):
        if found.get(day) != "ok":
            found[day] = status
    return found
