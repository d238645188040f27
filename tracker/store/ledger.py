"""The ledger of nights, the units a credential used, and facts about the store itself. Knows no
reading.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from tracker.errors import StoreError
from tracker.periods import date_of, day_number
from tracker.store.engine import mark
from tracker.store.results import NightRow
from tracker.store.upserts import upsert


def begin_night(connection: Connection, day: date, started_at: datetime, expected: int) -> None:
    """Enter a night that starts; a resumed night keeps its first start."""
    sign = mark(connection)
    connection.exec_driver_sql(
        f"INSERT INTO night (day, started_at, expected) VALUES ({sign}, {sign}, {sign})"
        " ON CONFLICT (day) DO UPDATE SET"
        " started_at = COALESCE(night.started_at, excluded.started_at),"
        " expected = excluded.expected",
        (day_number(day), int(started_at.timestamp()), expected),
    )


def finish_night(
    connection: Connection, day: date, finished_at: datetime, read: int, missing: int
) -> None:
    """Enter what a night brought."""
    row = (day_number(day), int(finished_at.timestamp()), read, missing)
    upsert(connection, "night", [row], ("day", "finished_at", "read", "missing"))


def record_missed_night(connection: Connection, day: date) -> None:
    """Enter a scheduled night that never ran."""
    upsert(connection, "night", [(day_number(day),)], ("day",), conflict="ignore")


def nights(connection: Connection, since: date | None) -> list[NightRow]:
    """List the nights of the ledger, oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT day, started_at, finished_at, expected, read, missing FROM night"
        f" WHERE day >= {mark(connection)} ORDER BY day",
        (day_number(since) if since is not None else -(2**31),),
    )
    return [NightRow(date_of(row[0]), _at(row[1]), _at(row[2]), *row[3:]) for row in rows]


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def add_quota(connection: Connection, platform: str, credential: str, day: date, units: int) -> int:
    """Add used units and give the day's total."""
    signs = ", ".join([mark(connection)] * 4)
    connection.exec_driver_sql(
        f"INSERT INTO quota (platform, credential, day, units) VALUES ({signs})"
        " ON CONFLICT (platform, credential, day)"
        " DO UPDATE SET units = quota.units + excluded.units",
        (platform, credential, day_number(day), units),
    )
    return quota_used(connection, platform, credential, day)


def quota_used(connection: Connection, platform: str, credential: str, day: date) -> int:
    """Give the units used on a quota day; a day without a row has used none."""
    sign = mark(connection)
    used = connection.exec_driver_sql(
        f"SELECT units FROM quota WHERE platform = {sign} AND credential = {sign} AND day = {sign}",
        (platform, credential, day_number(day)),
    ).scalar()
    return 0 if used is None else int(used)


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Keep a fact about the store."""
    upsert(connection, "meta", [(key, value)])


def refuse_real_numbers(connection: Connection) -> None:
    """Raise StoreError where a store that is not synthetic holds readings or imported numbers."""
    if meta(connection, "synthetic") == "1":
        return
    if connection.exec_driver_sql("SELECT 1 FROM attempt LIMIT 1").first() is not None:
        raise StoreError(
            "the store holds real numbers, so simulated ones may not be read into it: "
            "make another data folder with: tracker init FOLDER"
        )


def meta(connection: Connection, key: str) -> str | None:
    """Read a fact about the store."""
    found = connection.exec_driver_sql(
        f"SELECT value FROM meta WHERE key = {mark(connection)}", (key,)
    ).scalar()
    return None if found is None else str(found)
