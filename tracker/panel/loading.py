"""Reads a store into a Panel: register, readings, corrections. SELECT only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel, select

from tracker import models
from tracker.errors import StoreError
from tracker.metrics import ACCOUNT_COLUMNS
from tracker.panel.frames import rows_of
from tracker.panel.panel import Panel
from tracker.periods import LOCAL, date_of, day_number
from tracker.readings import LANES
from tracker.store import Store, open_store

LOCAL_SECONDS = int(LOCAL.utcoffset(None).total_seconds())
DAY_SECONDS = 86_400


def load_panel(
    source: str | Store,
    *,
    accounts: Sequence[str] | None = None,
    localities: Sequence[str] | None = None,
    until: date | None = None,
    corrected: bool = True,
    archived_since: date | None = None,
) -> Panel:
    """Load a panel from a store or its SQLAlchemy URL.

    `accounts` and `localities` (owners at any time) limit what is loaded, None = all; `until` is
    exclusive: nights before it are in, None = everything. `corrected` applies corrections; they are
    listed either way. `archived_since` is the first night whose replies are still archived: from it
    on attempts carry digests (None = none do). Raises StoreError for no store, an older or newer
    store, or one that cannot be read.
    """
    if isinstance(source, Store):
        return _load(source, accounts, localities, until, archived_since, corrected=corrected)
    with open_store(source) as store:
        return _load(store, accounts, localities, until, archived_since, corrected=corrected)


def _load(
    store: Store,
    accounts: Sequence[str] | None,
    localities: Sequence[str] | None,
    until: date | None,
    archived_since: date | None,
    *,
    corrected: bool,
) -> Panel:
    try:
        with store.engine.connect() as connection:
            return _read(
                connection,
                store.url,
                accounts,
                localities,
                until,
                archived_since,
                corrected=corrected,
            )
    except SQLAlchemyError as error:
        raise StoreError(f"the store could not be read: {str(error).splitlines()[0]}") from error


def _read(
    connection: Connection,
    url: str,
    accounts: Sequence[str] | None,
    localities: Sequence[str] | None,
    until: date | None,
    archived_since: date | None,
    *,
    corrected: bool,
) -> Panel:
    agencies = table(connection, models.Agency)
    periods = table(connection, models.AccountPeriod)
    rows = table(connection, models.Account)
    rows = rows[rows["voided"].isna()]
    if localities is not None:
        inside = set(agencies.loc[agencies["locality_id"].isin(list(localities)), "id"])
        rows = rows[
            rows["id"].isin(set(periods.loc[periods["agency_id"].isin(inside), "account_id"]))
        ]
    if accounts is not None:
        rows = rows[rows["id"].isin(list(accounts))]
    rows = rows.sort_values("id", ignore_index=True)
    wanted = rows["id"].tolist()
    everything = accounts is None and localities is None
    chosen = None if everything else wanted
    end = day_number(until) if until is not None else _end_of(connection)
    snapshots = _snapshots(connection, chosen, end)
    snapshots = snapshots[snapshots["account"].isin(wanted)] if everything else snapshots
    corrections = table(connection, models.Correction)
    corrections["applied"] = 0
    if corrected:
        snapshots, corrections = _corrected(snapshots.reset_index(drop=True), corrections)
    since = end if archived_since is None else day_number(archived_since)
    attempts = _attempts(connection, chosen, end, since)
    return Panel(
        until=date_of(end),
        snapshots=snapshots.reset_index(drop=True),
        rounding=_rounding(connection, chosen, end),
        daily=_daily(connection, chosen, end),
        posts_covered=_posts_covered(connection, chosen, end, attempts),
        attempts=attempts,
        nights=_nights(connection, end),
        account_rows=rows,
        periods=periods[periods["account_id"].isin(wanted)].reset_index(drop=True),
        agencies=agencies,
        locality_rows=table(connection, models.Locality),
        locality_names=table(connection, models.LocalityName),
        programmes=table(connection, models.Programme),
        elements=_elements(connection),
        events=table(connection, models.Event),
        targets=table(connection, models.Target),
        outcomes=table(connection, models.Outcome),
        definition_breaks=table(connection, models.DefinitionBreakRow),
        corrections=corrections,
        meta={row.key: row.value for row in rows_of(table(connection, models.Meta))},
        url=url,
    )


def table(connection: Connection, model: type[SQLModel]) -> pd.DataFrame:
    """Read a small table whole: columns as in its class, typed values (dates are `date`), None =
    unknown."""
    found = connection.execute(select(model.__table__))  # type: ignore[attr-defined]  # set by SQLModel for tables
    return pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()), dtype=object)


def query(
    connection: Connection,
    sql: str,
    chosen: Sequence[str] | None,
    column: str,
    values: Sequence[Any] = (),
) -> list[tuple[Any, ...]]:
    """Run a SELECT that holds `{accounts}` where a condition on `column` belongs, in portions of
    chosen accounts.

    `values` are day numbers (ints) for the `{0}`, `{1}` … of the SQL; numbers only, so that they
    can stand in it.
    """
    numbers = [int(value) for value in values]
    if chosen is None:
        return _all_rows(connection, sql.format(*numbers, accounts="1 = 1"), ())
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    found: list[tuple[Any, ...]] = []
    for first in range(0, len(chosen), 500):
        part = tuple(chosen[first : first + 500])
        condition = f"{column} IN ({', '.join([mark] * len(part))})"
        found += _all_rows(connection, sql.format(*numbers, accounts=condition), part)
    return found


def _all_rows(connection: Connection, sql: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Fetch the driver's own tuples: made into rows of SQLAlchemy they take twice as long."""
    result = connection.exec_driver_sql(sql, values) if values else connection.exec_driver_sql(sql)
    rows = list(result.cursor.fetchall())
    result.close()
    return rows


def _end_of(connection: Connection) -> int:
    """Give the day after the last night or reading of the store; the day number of tomorrow is
    never asked for."""
    newest = [
        connection.exec_driver_sql(f"SELECT MAX(day) FROM {name}").scalar()
        for name in ("account_snapshot", "night")
    ]
    known = [int(day) for day in newest if day is not None]
    return max(known) + 1 if known else 1


def _floats(rows: list[tuple[Any, ...]], at: int) -> np.ndarray:
    return np.asarray([row[at] for row in rows], dtype=object).astype(float)


def _lanes(rows: list[tuple[Any, ...]], at: int) -> np.ndarray:
    names = np.asarray(LANES, dtype=object)
    codes = np.fromiter((row[at] for row in rows), dtype=np.int64, count=len(rows))
    lanes: np.ndarray = names[codes]
    return lanes


def _ints(rows: list[tuple[Any, ...]], at: int) -> np.ndarray:
    return np.fromiter((row[at] for row in rows), dtype=np.int64, count=len(rows))


def _texts(rows: list[tuple[Any, ...]], at: int) -> np.ndarray:
    return np.asarray([row[at] for row in rows], dtype=object)


def _snapshots(connection: Connection, chosen: Sequence[str] | None, end: int) -> pd.DataFrame:
    names = ", ".join(ACCOUNT_COLUMNS)
    rows = query(
        connection,
        f"SELECT account_id, lane, day, {names} FROM account_snapshot"
        " WHERE {accounts} AND day < {0}"
        " ORDER BY account_id, lane, day",
        chosen,
        "account_id",
        (end,),
    )
    frame = {"account": _texts(rows, 0), "lane": _lanes(rows, 1), "day": _ints(rows, 2)}
    for at, name in enumerate(ACCOUNT_COLUMNS, start=3):
        frame[name] = _floats(rows, at)
    return pd.DataFrame(frame)


def _rounding(connection: Connection, chosen: Sequence[str] | None, end: int) -> pd.DataFrame:
    names = ", ".join(f"'{name}'" for name in ACCOUNT_COLUMNS)
    rows = query(
        connection,
        "SELECT subject_id, lane, day, metric, step, qualifier FROM detail"
        f" WHERE subject = 'account' AND metric IN ({names}) AND {{accounts}} AND day < {{0}}"
        " ORDER BY subject_id, lane, metric, day",
        chosen,
        "subject_id",
        (end,),
    )
    return pd.DataFrame(
        {
            "account": _texts(rows, 0),
            "lane": _lanes(rows, 1),
            "day": _ints(rows, 2),
            "metric": _texts(rows, 3),
            "step": _floats(rows, 4),
            "qualifier": _texts(rows, 5),
        }
    )


def _daily(connection: Connection, chosen: Sequence[str] | None, end: int) -> pd.DataFrame:
    rows = query(
        connection,
        "SELECT account_id, day, kind, language, posts, posts_day7, interactions_day7,"
        " posts_views_day7, views_day7, followers FROM daily"
        " WHERE {accounts} AND day < {0} ORDER BY account_id, day, kind, language",
        chosen,
        "account_id",
        (end,),
    )
    return pd.DataFrame(
        {
            "account": _texts(rows, 0),
            "day": _ints(rows, 1),
            "kind": _texts(rows, 2),
            "language": _texts(rows, 3),
            "posts": _ints(rows, 4),
            "posts_day7": _ints(rows, 5),
            "interactions_day7": _floats(rows, 6),
            "posts_views_day7": _ints(rows, 7),
            "views_day7": _floats(rows, 8),
            "followers": _floats(rows, 9),
        }
    )


def _posts_covered(
    connection: Connection, chosen: Sequence[str] | None, end: int, attempts: pd.DataFrame
) -> pd.DataFrame:
    """Say over which publication days the posts of each (account, lane) are known.

    From the day of the oldest post that was looked at, up to the last look or successful listing: a
    list runs newest first, so that what was published between is on it.
    """
    rows = query(
        connection,
        "SELECT post.account_id, s.lane, MIN(post.published_at), MAX(s.day)"
        " FROM post JOIN post_snapshot AS s ON s.post_id = post.id"
        " WHERE {accounts} AND s.day < {0} AND post.published_at IS NOT NULL"
        " GROUP BY post.account_id, s.lane ORDER BY post.account_id, s.lane",
        chosen,
        "post.account_id",
        (end,),
    )
    listed = attempts[(attempts["what"] == "posts") & (attempts["status"] == "ok")]
    newest = listed.groupby(["account", "lane"], sort=False)["day"].max().to_dict()
    found = []
    for account, code, published, seen in rows:
        lane = LANES[code]
        first = (int(published) + LOCAL_SECONDS) // DAY_SECONDS
        found.append((account, lane, first, max(int(seen), int(newest.get((account, lane), seen)))))
    return pd.DataFrame(found, columns=["account", "lane", "first", "last"])


def _attempts(
    connection: Connection, chosen: Sequence[str] | None, end: int, since: int
) -> pd.DataFrame:
    rows = query(
        connection,
        "SELECT account_id, day, lane, what, tried_at, status, message, basis,"
        " CASE WHEN day >= {1} THEN digest END FROM attempt"
        " WHERE what <> 'import' AND {accounts} AND day < {0}"
        " ORDER BY account_id, day, lane, what, tried_at",
        chosen,
        "account_id",
        (end, since),
    )
    return pd.DataFrame(
        {
            "account": _texts(rows, 0),
            "day": _ints(rows, 1),
            "lane": _lanes(rows, 2),
            "what": _texts(rows, 3),
            "tried_at": _ints(rows, 4),
            "status": _texts(rows, 5),
            "message": _texts(rows, 6),
            "basis": _texts(rows, 7),
            "digest": _texts(rows, 8),
        }
    )


def _nights(connection: Connection, end: int) -> pd.DataFrame:
    frame = table(connection, models.Night)
    frame = frame[frame["day"].astype("int64") < end]
    index = pd.Index(frame["day"].astype("int64"), name="day")
    return pd.DataFrame(
        {
            "ran": [started is not None for started in frame["started_at"]],
            **{name: frame[name].to_numpy() for name in ("expected", "read", "missing")},
        },
        index=index,
    ).sort_index()


def _elements(connection: Connection) -> pd.DataFrame:
    """Join the elements of programmes with their names: one row per programme and element."""
    links = table(connection, models.ProgrammeElement)
    names = table(connection, models.Element).rename(columns={"id": "element_id"})
    return links.merge(names, on="element_id", how="left")


def _corrected(
    snapshots: pd.DataFrame, corrections: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the corrections of account numbers in place, in the order of their ids; counts what each
    one changed."""
    corrections = corrections.sort_values("id", ignore_index=True)
    applied = []
    for item in rows_of(corrections):
        if item.post is not None or item.metric not in ACCOUNT_COLUMNS:
            applied.append(0)
            continue
        mask = (
            (snapshots["account"] == item.account_id)
            & (snapshots["lane"] == item.lane)
            & (snapshots["day"] >= day_number(item.day_from))
            & (snapshots["day"] < day_number(item.day_to + timedelta(days=1)))
        )
        snapshots.loc[mask, item.metric] = np.nan if item.value is None else float(item.value)
        applied.append(int(mask.sum()))
    corrections["applied"] = applied
    return snapshots, corrections
