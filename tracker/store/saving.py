"""Writes readings: attempts, account snapshots, renames; posts are written beside, in `posts`.
Knows no platform's JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tracker.errors import StoreError
from tracker.periods import day_number
from tracker.readings import LANES, Reading
from tracker.store import daily, posts
from tracker.store.bases import basis_of, definitions_text
from tracker.store.engine import fetch_for, mark
from tracker.store.results import Renamed, Saved
from tracker.store.upserts import ATTEMPT_KEY, next_id, upsert

LANE_CODES = {lane: code for code, lane in enumerate(LANES)}
ATTEMPT_FACTS = (
    *("observed_at", "status", "message", "retry_at", "requests"),
    *("basis", "source", "evidence", "digest", "definitions", "walked"),
)

_counts = attrgetter("followers", "following", "posts", "views", "likes")


class Known(NamedTuple):
    """What the store knows of an account before a save. `newest_day` is the last night anything was
    tried.
    """

    platform: str
    native_id: str | None
    basis: str | None
    newest_day: int | None


class Period(NamedTuple):
    """The latest owner, handle and address of an account."""

    valid_from: date
    valid_to: date | None
    agency_id: str
    handle: str | None
    url: str | None


def save(connection: Connection, readings: Sequence[Reading]) -> Saved:
    """Write readings; see `Store.save`."""
    if not readings:
        return Saved()
    accounts = _known_accounts(connection, readings)
    attempt_ids = _file_attempts(connection, readings, accounts)
    filed = [
        posts.Filed(
            reading=reading,
            account_id=reading.account_id,
            attempt_id=attempt_id,
            day=day_number(reading.day),
            lane=LANE_CODES[reading.lane],
            observed_at=int(reading.observed_at.timestamp()),
            newest=(accounts[reading.account_id].newest_day or 0) <= day_number(reading.day),
        )
        for reading, attempt_id in zip(readings, attempt_ids, strict=True)
    ]
    account_rows = _save_profiles(connection, filed)
    written = posts.save_posts(connection, filed)
    touched = written.touched | _days_of_new_followers(connection, filed)
    daily.rebuild_days(connection, touched)
    return Saved(
        accounts=len({reading.account_id for reading in readings}),
        posts=written.created,
        snapshots=account_rows + written.snapshots,
        renames=_follow_handles(connection, readings, accounts),
        resolved=_resolve(connection, readings, accounts),
        strangers=_strangers(readings, accounts),
    )


def instant(value: datetime | None) -> int | None:
    """Turn a UTC instant into Unix seconds."""
    return None if value is None else int(value.timestamp())


def _known_accounts(connection: Connection, readings: Sequence[Reading]) -> dict[str, Known]:
    wanted = sorted({reading.account_id for reading in readings})
    known = {
        row[0]: Known(*row[1:])
        for row in fetch_for(
            connection,
            "SELECT id, platform, native_id, basis,"
            " (SELECT max(day) FROM attempt WHERE attempt.account_id = account.id)"
            " FROM account WHERE id IN ({values})",
            wanted,
        )
    }
    if unknown := [account for account in wanted if account not in known]:
        raise StoreError(
            f"a reading names the account {unknown[0]!r}, which the register does not know"
        )
    return known


def _file_attempts(
    connection: Connection, readings: Sequence[Reading], accounts: dict[str, Known]
) -> list[int]:
    """Insert the attempts that are new and give the id of each reading's attempt, in order."""
    first = next_id(connection, "attempt")
    rows = []
    for number, reading in enumerate(readings):
        known = accounts[reading.account_id]
        day = day_number(reading.day)
        rows.append(
            (
                first + number,
                reading.account_id,
                day,
                LANE_CODES[reading.lane],
                reading.what,
                instant(reading.tried_at),
                instant(reading.observed_at),
                reading.status,
                reading.message,
                instant(reading.retry_at),
                reading.requests,
                reading.basis or basis_of(known.platform, known.basis, reading.lane),
                reading.source,
                reading.evidence,
                reading.digest,
                definitions_text(known.platform, day),
                reading.walked,
            )
        )
    if upsert(connection, "attempt", rows, conflict="ignore", key=ATTEMPT_KEY) == len(rows):
        return [row[0] for row in rows]
    filed = {
        tuple(row[:5]): (row[5], row[6])
        for row in fetch_for(
            connection,
            f"SELECT {', '.join(ATTEMPT_KEY)}, id, status FROM attempt"
            " WHERE account_id IN ({values}) AND day BETWEEN {mark} AND {mark}",
            sorted(accounts),
            (min(row[2] for row in rows), max(row[2] for row in rows)),
        )
    }
    _succeed_at_second_try(connection, rows, filed)
    return [filed[row[1:6]][0] for row in rows]


def _succeed_at_second_try(
    connection: Connection,
    rows: Sequence[tuple[Any, ...]],
    filed: dict[tuple[Any, ...], tuple[int, str]],
) -> None:
    """Let a success take the place of a failure of the same second, which a fixed clock makes of
    every second try.
    """
    better = []
    for row in rows:
        attempt_id, status = filed[row[1:6]]
        if status != "ok" and row[7] == "ok":
            better.append((*row[6:10], row[10], *row[11:], attempt_id))
    if better:
        sign = mark(connection)
        changes = [f"{name} = {sign}" for name in ATTEMPT_FACTS]
        changes[4] = f"requests = requests + {sign}"
        connection.exec_driver_sql(
            f"UPDATE attempt SET {', '.join(changes)} WHERE id = {sign}", better
        )


def _save_profiles(connection: Connection, filed: Sequence[posts.Filed]) -> int:
    rows = []
    details = []
    for item in filed:
        profile = item.reading.profile
        if profile is None:
            continue
        account_id = item.reading.account_id
        rows.append((account_id, item.day, item.lane, item.attempt_id, *_counts(profile)))
        details += [
            ("account", account_id, item.day, item.lane, metric, value, None, None)
            for metric, value in profile.details.items()
            if value is not None
        ]
    upsert(connection, "account_snapshot", rows)
    upsert(connection, "detail", details)
    return len(rows)


def _days_of_new_followers(
    connection: Connection, filed: Sequence[posts.Filed]
) -> set[tuple[str, int]]:
    """Find the publication days whose followers at publication may have changed: from the night to
    the next one known.
    """
    by_day: dict[int, list[str]] = {}
    for item in filed:
        if item.reading.profile is not None and item.reading.profile.followers is not None:
            by_day.setdefault(item.day, []).append(item.reading.account_id)
    return {
        (row[0], row[1])
        for day, account_ids in by_day.items()
        for row in fetch_for(connection, daily.DAYS_UNTIL_NEXT_SNAPSHOT, account_ids, (day, day))
    }


def _resolve(
    connection: Connection, readings: Sequence[Reading], accounts: dict[str, Known]
) -> tuple[tuple[str, str], ...]:
    """Keep the permanent id of accounts that had none."""
    learnt = {
        reading.account_id: reading.profile.native_id
        for reading in readings
        if reading.profile is not None
        and reading.profile.native_id is not None
        and accounts[reading.account_id].native_id is None
    }
    if learnt:
        sign = mark(connection)
        connection.exec_driver_sql(
            f"UPDATE account SET native_id = {sign} WHERE id = {sign} AND native_id IS NULL",
            [(native_id, account_id) for account_id, native_id in learnt.items()],
        )
    return tuple(learnt.items())


def _strangers(
    readings: Sequence[Reading], accounts: dict[str, Known]
) -> tuple[tuple[str, str, str], ...]:
    """List accounts that answered with another permanent id: (account id, known, came)."""
    found = {}
    for reading in readings:
        known = accounts[reading.account_id].native_id
        came = reading.profile.native_id if reading.profile is not None else None
        if known is not None and came is not None and known != came:
            found[reading.account_id] = (reading.account_id, known, came)
    return tuple(found.values())


def _follow_handles(
    connection: Connection, readings: Sequence[Reading], accounts: dict[str, Known]
) -> tuple[Renamed, ...]:
    """Give an account that answered under another handle a new period.

    The permanent id must be the known one; the first time it is learnt, the registered address led
    to it.
    """
    told = {}
    for reading in sorted(readings, key=lambda reading: reading.day):
        profile = reading.profile
        if profile is None or not profile.handle:
            continue
        known = accounts[reading.account_id].native_id
        if known is None or profile.native_id is None or known == profile.native_id:
            told[reading.account_id] = (profile.handle, reading.day)
    if not told:
        return ()
    renames = []
    for account_id, period in _latest_periods(connection, sorted(told)).items():
        handle, day = told[account_id]
        if (
            same_handle(period.handle, handle)
            or period.valid_to is not None
            or day < period.valid_from
        ):
            continue
        if period.handle is None:
            _set_handle(connection, account_id, period, handle)
        else:
            _open_period(connection, account_id, period, handle, day)
            renames.append(Renamed(account_id, period.handle, handle, day))
    return tuple(renames)


def same_handle(one: str | None, other: str | None) -> bool:
    """Compare handles as platforms do: without the @ sign and without case."""
    return (one or "").lstrip("@").casefold() == (other or "").lstrip("@").casefold()


def _latest_periods(connection: Connection, account_ids: Sequence[str]) -> dict[str, Period]:
    rows = fetch_for(
        connection,
        "SELECT account_id, valid_from, valid_to, agency_id, handle, url FROM account_period"
        " WHERE account_id IN ({values}) ORDER BY account_id, valid_from",
        account_ids,
    )
    return {row[0]: Period(_date(row[1]) or date.min, _date(row[2]), *row[3:]) for row in rows}


def _date(value: Any) -> date | None:
    """Read a date as the driver gives it: text on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _set_handle(connection: Connection, account_id: str, period: Period, handle: str) -> None:
    row = (account_id, period.valid_from.isoformat(), period.agency_id, handle)
    upsert(connection, "account_period", [row], ("account_id", "valid_from", "agency_id", "handle"))


def _open_period(
    connection: Connection, account_id: str, period: Period, handle: str, day: date
) -> None:
    """End the open period the day before and begin one with the new handle; on its own first day it
    is only renamed.
    """
    columns = ("account_id", "valid_from", "valid_to", "agency_id", "handle", "url")
    started = period.valid_from.isoformat()
    url = period.url
    if url is not None and period.handle is not None:
        url = url.replace(period.handle.lstrip("@"), handle.lstrip("@"))
    rows: list[tuple[str | None, ...]] = []
    if day > period.valid_from:
        ended = (day - timedelta(days=1)).isoformat()
        rows.append((account_id, started, ended, period.agency_id, period.handle, period.url))
    rows.append((account_id, day.isoformat(), None, period.agency_id, handle, url))
    upsert(connection, "account_period", rows, columns)
