"""Turns stored snapshots into rows of one number each, a portion of days after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from tracker import models
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS, definition
from tracker.metrics import step as rounding_step
from tracker.panel.frames import rows_of
from tracker.panel.loading import query, table
from tracker.periods import date_of, day_number
from tracker.platforms import Basis, Measure, platform_named
from tracker.readings import LANES


@lru_cache(maxsize=100_000)
def iso(instant: int | None) -> str | None:
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def bounds(
    connection: Connection, name: str, since: date | None, until: date | None
) -> tuple[int, int]:
    """Give the day numbers [first, end) a table holds, cut to `since` and `until`."""
    low, high = connection.exec_driver_sql(f"SELECT MIN(day), MAX(day) FROM {name}").one()
    if low is None:
        return 0, 0
    first = max(int(low), day_number(since)) if since else int(low)
    return first, min(int(high) + 1, day_number(until)) if until else int(high) + 1


Row = tuple[Any, ...]


class Reader:
    """Reads one portion of days after another; holds what all portions need."""

    def __init__(
        self,
        connection: Connection,
        platforms: Sequence[str] | None,
        accounts: Sequence[str] | None,
        *,
        corrected: bool,
        today: date | None,
    ) -> None:
        self.connection = connection
        self.today = today
        self.accounts = {
            row.id: row
            for row in rows_of(table(connection, models.Account))
            if row.voided is None
            and (platforms is None or row.platform in platforms)
            and (accounts is None or row.id in accounts)
        }
        self.chosen = None if platforms is None and accounts is None else sorted(self.accounts)
        self.corrections = _Corrections(table(connection, models.Correction)) if corrected else None
        night = table(connection, models.Night)
        self.nights = [int(day) for day in night["day"]]
        first_tries = query(
            connection,
            "SELECT account_id, lane, MIN(day) FROM attempt WHERE what = 'profile' AND {accounts}"
            " GROUP BY account_id, lane",
            self.chosen,
            "account_id",
        )
        self.scheduled = {(account, lane): int(day) for account, lane, day in first_tries}

    def days(self, since: date | None, until: date | None) -> tuple[int, int]:
        """Give the day numbers [first, end) of everything that was read, tried or scheduled."""
        found = [
            bounds(self.connection, name, since, until)
            for name in ("account_snapshot", "attempt", "night")
        ]
        found.append(bounds(self.connection, "post_snapshot", since, until))
        known = [pair for pair in found if pair != (0, 0)]
        if not known:
            return 0, 0
        return min(first for first, _ in known), max(end for _, end in known)

    def rows(self, start: int, end: int) -> list[Row]:
        """Give the rows of the days [start, end), ordered."""
        details = self._details(start, end)
        rows = self._account_rows(start, end, details) + self._post_rows(start, end, details)
        rows.sort(key=lambda row: (row[0], row[2], row[3], row[5], row[6] or "", row[7], row[10]))
        return rows

    def _details(self, start: int, end: int) -> dict[tuple[str, str, int, int], list[Row]]:
        """Give the details of some days by (subject, id, day, lane)."""
        found: dict[tuple[str, str, int, int], list[Row]] = {}
        rows = self.connection.exec_driver_sql(
            "SELECT subject, subject_id, day, lane, metric, value, step, qualifier FROM detail"
            f" WHERE day >= {start} AND day < {end}"
        )
        for subject, subject_id, day, lane, metric, value, step, qualifier in rows:
            found.setdefault((subject, subject_id, day, lane), []).append(
                (metric, value, step, qualifier)
            )
        return found

    def _account_rows(
        self, start: int, end: int, details: Mapping[tuple[str, str, int, int], list[Row]]
    ) -> list[Row]:
        names = ", ".join(f"s.{name}" for name in ACCOUNT_COLUMNS)
        found = query(
            self.connection,
            f"SELECT s.account_id, s.day, s.lane, a.what, a.observed_at, a.basis, a.source, {names}"
            " FROM account_snapshot AS s JOIN attempt AS a ON a.id = s.attempt_id"
            " WHERE {accounts} AND s.day >= {0} AND s.day < {1}",
            self.chosen,
            "s.account_id",
            (start, end),
        )
        rows: list[Row] = []
        seen = set()
        for account_id, day, lane, what, observed_at, basis, source, *values in found:
            if account_id not in self.accounts or not self._kept(account_id, lane, day):
                continue
            seen.add((account_id, day, lane))
            rows += self._expand(
                entity="account",
                account_id=account_id,
                post=None,
                day=day,
                lane=lane,
                about=(observed_at, basis, source),
                numbers=dict(zip(ACCOUNT_COLUMNS, values, strict=True)),
                details=details.get(("account", account_id, day, lane), []),
                expected=what != "import",
            )
        return rows + self._unread_rows(start, end, seen)

    def _unread_rows(self, start: int, end: int, seen: set[tuple[str, int, int]]) -> list[Row]:
        """Give empty rows for the nights on which an account of the schedule brought nothing."""
        tries = query(
            self.connection,
            "SELECT account_id, day, lane, observed_at, basis, source FROM attempt"
            " WHERE what = 'profile' AND {accounts} AND day >= {0} AND day < {1} ORDER BY tried_at",
            self.chosen,
            "account_id",
            (start, end),
        )
        asked = {(account, int(day), lane): about for account, day, lane, *about in tries}
        nights = {night for night in self.nights if start <= night < end} | {
            day for _, day, _ in asked
        }
        rows: list[Row] = []
        for (account_id, lane), first in self.scheduled.items():
            account = self.accounts.get(account_id)
            if account is None:
                continue
            for day in (night for night in nights if night >= first):
                if (account_id, day, lane) in seen or not self._active(account, day):
                    continue
                if not self._kept(account_id, lane, day):
                    continue
                unasked = (None, self._basis(account_id, lane).key, None)
                rows += self._expand(
                    entity="account",
                    account_id=account_id,
                    post=None,
                    day=day,
                    lane=lane,
                    about=tuple(asked.get((account_id, day, lane), unasked)),
                    numbers=dict.fromkeys(ACCOUNT_COLUMNS),
                    details=[],
                    expected=True,
                )
        return rows

    def _post_rows(
        self, start: int, end: int, details: Mapping[tuple[str, str, int, int], list[Row]]
    ) -> list[Row]:
        names = ", ".join(f"s.{name}" for name in POST_COLUMNS)
        found = query(
            self.connection,
            "SELECT post.account_id, post.id, post.native_id, s.day, s.lane, a.what, a.observed_at,"
            f" a.basis, a.source, {names} FROM post_snapshot AS s JOIN post ON post.id = s.post_id"
            " JOIN attempt AS a ON a.id = s.attempt_id"
            " WHERE {accounts} AND s.day >= {0} AND s.day < {1}",
            self.chosen,
            "post.account_id",
            (start, end),
        )
        rows: list[Row] = []
        for (
            account_id,
            post_id,
            native_id,
            day,
            lane,
            what,
            observed_at,
            basis,
            source,
            *values,
        ) in found:
            if account_id not in self.accounts or not self._kept(account_id, lane, day):
                continue
            rows += self._expand(
                entity="post",
                account_id=account_id,
                post=native_id,
                day=day,
                lane=lane,
                about=(observed_at, basis, source),
                numbers=dict(zip(POST_COLUMNS, values, strict=True)),
                details=details.get(("post", str(post_id), day, lane), []),
                expected=what != "import",
            )
        return rows

    def _expand(
        self,
        *,
        entity: str,
        account_id: str,
        post: str | None,
        day: int,
        lane: int,
        about: Sequence[Any],
        numbers: Mapping[str, int | None],
        details: Sequence[Row],
        expected: bool,
    ) -> list[Row]:
        """Turn one snapshot with its details into rows, one per metric key of the platform."""
        account = self.accounts[account_id]
        observed_at, basis, source = about
        exactness = {metric: (step, qualifier) for metric, _, step, qualifier in details}
        values: dict[str, int | None] = {
            **numbers,
            **{m: v for m, v, _, _ in details if m not in numbers},
        }
        measures = _measures(account.platform, entity)
        if expected:
            told = {m.column: None for m in measures.values() if _is_told(m, LANES[lane])}
            values = {**told, **values}
        rows: list[Row] = []
        for column, value in values.items():
            measure = measures.get(column)
            correction = None
            if self.corrections is not None:
                value, correction = self.corrections.apply(
                    account_id, post, day, LANES[lane], column, value
                )
            unsaid = not expected or measure is None or not _is_told(measure, LANES[lane])
            if value is None and correction is None and unsaid:
                continue
            step, qualifier = self._exactness(
                account.platform, entity, column, value, lane, exactness
            )
            for key in measure.keys if measure is not None else (column,):
                row = (
                    _day_text(day),
                    iso(observed_at),
                    account.platform,
                    account_id,
                    account.native_id,
                    entity,
                    post,
                    key,
                    value,
                    step,
                    LANES[lane],
                    qualifier,
                    basis,
                    _definition(account.platform, entity, column, day),
                    source,
                )
                rows.append(row if self.corrections is None else (*row, correction))
        return rows

    def _exactness(
        self,
        platform: str,
        entity: str,
        column: str,
        value: int | None,
        lane: int,
        stored: Mapping[str, tuple[int | None, str | None]],
    ) -> tuple[int | None, str | None]:
        """Give step and qualifier of a number: as stored, else by the platform's rounding, declared
        numbers exact."""
        if value is None:
            return None, None
        step, qualifier = stored.get(column, (None, None))
        if step is None:
            step = (
                1 if LANES[lane] == "declared" else rounding_step(platform, entity, column, value)
            )
        return step, qualifier or "exact"

    def _active(self, account: Any, day: int) -> bool:
        on = date_of(day)
        begun = account.active_from is None or account.active_from <= on
        return begun and (account.active_to is None or on <= account.active_to)

    def _basis(self, account_id: str, lane: int) -> Basis:
        account = self.accounts[account_id]
        return platform_named(account.platform).basis_in(LANES[lane], account.basis)

    def _kept(self, account_id: str, lane: int, day: int) -> bool:
        """Say whether the basis still lets us hold a number of that day."""
        days = self._basis(account_id, lane).days_kept
        return (
            self.today is None or days is None or date_of(day) >= self.today - timedelta(days=days)
        )


class _Corrections:
    """Corrections by what they correct; the last one in the order of ids wins."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.found: dict[
            tuple[str, str | None, str, str], list[tuple[int, int, int | None, str]]
        ] = {}
        for row in rows_of(frame.sort_values("id")):
            key = (row.account_id, row.post, row.lane, row.metric)
            span = (day_number(row.day_from), day_number(row.day_to), row.value, row.id)
            self.found.setdefault(key, []).append(span)

    def apply(
        self, account_id: str, post: str | None, day: int, lane: str, column: str, value: int | None
    ) -> tuple[int | None, str | None]:
        """Give the corrected value and the correction's id, or the value as it is and None."""
        correction = None
        for first, last, corrected, name in self.found.get((account_id, post, lane, column), ()):
            if first <= day <= last:
                value, correction = corrected, name
        return value, correction


@lru_cache(maxsize=10_000)
def _day_text(day: int) -> str:
    return date_of(day).isoformat()


@lru_cache(maxsize=10_000)
def _definition(platform: str, entity: str, metric: str, day: int) -> str:
    return definition(platform, entity, metric, date_of(day))


def _is_told(measure: Measure, lane: str) -> bool:
    """Say whether a missing number of a lane counts as unknown; details come now and then."""
    return measure.always and not measure.detail and lane in measure.lanes


@lru_cache(maxsize=64)
def _measures(platform: str, entity: str) -> dict[str, Measure]:
    return {measure.column: measure for measure in platform_named(platform).measures_of(entity)}
