"""`tracker export observations | attempts`: readings as read, one number per row, in an order that
never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import pandas as pd
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tracker import models
from tracker.errors import StoreError
from tracker.panel.frames import rows_of
from tracker.panel.loading import table
from tracker.panel.panel import Panel
from tracker.panel.reader import Reader, Row, bounds, iso
from tracker.periods import date_of
from tracker.readings import LANES
from tracker.store import Store, open_store

OBSERVATION_COLUMNS = (
    "day",
    "observed_at",
    "platform",
    "account",
    "native_id",
    "entity",
    "post",
    "metric",
    "value",
    "step",
    "lane",
    "qualifier",
    "basis",
    "definition",
    "source",
)
ATTEMPT_COLUMNS = (
    "day",
    "tried_at",
    "platform",
    "account",
    "lane",
    "what",
    "status",
    "retry_at",
    "requests",
)
CHUNK_DAYS = 28


def observations(
    source: Panel | str | Store,
    *,
    since: date | None = None,
    until: date | None = None,
    platforms: Sequence[str] | None = None,
    accounts: Sequence[str] | None = None,
    corrected: bool = False,
    today: date | None = None,
) -> Iterator[pd.DataFrame]:
    """Give every number as it was read, in portions of eight weeks, so that a whole store fits in
    little memory.

    Columns: OBSERVATION_COLUMNS, text or None except `value` and `step` (whole numbers or None);
    ordered by (day, platform, account, entity, post, metric, lane) over all portions. `value` None
    = expected but unknown: the account was asked for on that night (or stood active in the
    schedule) and the platform publishes the number. `observed_at` is ISO with Z; None where nothing
    was answered because nothing was asked. `since` inclusive, `until` exclusive. `corrected` puts
    corrections in place and adds a column `correction` with their ids. With `today`, numbers that
    their basis no longer lets us keep are left out. Voided accounts are left out.
    """
    with connected(source) as connection:
        reader = Reader(connection, platforms, accounts, corrected=corrected, today=today)
        first, end = reader.days(since, until)
        for start in range(first, end, CHUNK_DAYS):
            rows = reader.rows(start, min(end, start + CHUNK_DAYS))
            if rows:
                yield _framed(rows, corrected=corrected)


def attempts(
    source: Panel | str | Store,
    *,
    since: date | None = None,
    until: date | None = None,
    platforms: Sequence[str] | None = None,
    accounts: Sequence[str] | None = None,
) -> Iterator[pd.DataFrame]:
    """Give every attempt, in portions of eight weeks; columns ATTEMPT_COLUMNS.

    Ordered by (day, platform, account, lane, what, tried_at); instants ISO with Z, None = not said.
    Voided accounts are in it: what was tried stays on record.
    """
    with connected(source) as connection:
        known = {
            row.id: row.platform
            for row in rows_of(table(connection, models.Account))
            if (platforms is None or row.platform in platforms)
            and (accounts is None or row.id in accounts)
        }
        low, high = bounds(connection, "attempt", since, until)
        for start in range(low, high, CHUNK_DAYS):
            found = connection.exec_driver_sql(
                "SELECT account_id, day, lane, what, tried_at, status, retry_at, requests"
                " FROM attempt"
                f" WHERE day >= {start} AND day < {min(high, start + CHUNK_DAYS)}"
            )
            rows = sorted(
                (day, known[account], account, LANES[lane], what, tried, status, retry, requests)
                for account, day, lane, what, tried, status, retry, requests in found
                if account in known
            )
            if rows:
                shaped = [
                    (
                        date_of(row[0]).isoformat(),
                        iso(row[5]),
                        *row[1:5],
                        row[6],
                        iso(row[7]),
                        row[8],
                    )
                    for row in rows
                ]
                yield pd.DataFrame(shaped, columns=list(ATTEMPT_COLUMNS), dtype=object)


@contextmanager
def connected(source: Panel | str | Store) -> Iterator[Connection]:
    """Open a reading connection to where a panel came from, a URL or an open store."""
    try:
        if isinstance(source, Store):
            with source.engine.connect() as connection:
                yield connection
            return
        url = source.url if isinstance(source, Panel) else source
        with open_store(url) as store, store.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreError(f"the store could not be read: {str(error).splitlines()[0]}") from error


def _framed(rows: list[Row], *, corrected: bool) -> pd.DataFrame:
    columns = [*OBSERVATION_COLUMNS, "correction"] if corrected else list(OBSERVATION_COLUMNS)
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    for name in ("value", "step"):
        frame[name] = frame[name].astype("Int64")
    return frame
