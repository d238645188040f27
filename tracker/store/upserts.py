"""One idempotent upsert for every table, built from the metadata, run by the driver. Knows no
reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from tracker.models import Row

ATTEMPT_KEY = ("account_id", "day", "lane", "what", "tried_at")
"""What makes two attempts the same one."""

LONGEST = 900
"""Values in one statement: SQLite built with old limits takes 999."""


def table_of(name: str) -> Table:
    """Find a table of the store by name."""
    return Row.metadata.tables[name]


@lru_cache(maxsize=256)
def _statement(
    dialect: str,
    table: str,
    columns: tuple[str, ...],
    conflict: str,
    key: tuple[str, ...],
    rows: int,
) -> str:
    made: Dialect = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    quote = made.identifier_preparer.quote
    name = quote(table)
    values = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(columns))
    insert = (
        f"INSERT INTO {name} ({', '.join(map(quote, columns))})"
        f" VALUES {', '.join([f'({values})'] * rows)}"
    )
    target = ", ".join(map(quote, key))
    rest = [quote(column) for column in columns if column not in key]
    if conflict == "ignore" or not rest:
        return f"{insert} ON CONFLICT ({target}) DO NOTHING"
    if conflict == "replace":
        changes = [f"{column} = excluded.{column}" for column in rest]
    else:
        changes = [f"{column} = COALESCE(excluded.{column}, {name}.{column})" for column in rest]
    return f"{insert} ON CONFLICT ({target}) DO UPDATE SET {', '.join(changes)}"


def upsert_sql(
    dialect: str,
    table: str,
    columns: Sequence[str] | None = None,
    *,
    conflict: str = "keep",
    key: Sequence[str] | None = None,
    rows: int = 1,
) -> str:
    """Write the upsert of a table for `sqlite` or `postgresql`, one driver sign a value, for some
    rows at once.

    `columns` None = all, in the order of the table; `key` None = the primary key. `conflict` says
    what happens to a row that is there: `keep` takes every new number and keeps the old one where
    the new is NULL, `replace` takes NULL as well, `ignore` leaves the row alone.
    """
    made = table_of(table)
    return _statement(
        dialect,
        table,
        tuple(columns or (column.name for column in made.columns)),
        conflict,
        tuple(key or (column.name for column in made.primary_key.columns)),
        rows,
    )


def upsert(
    connection: Connection,
    table: str,
    rows: Sequence[tuple[Any, ...]],
    columns: Sequence[str] | None = None,
    *,
    conflict: str = "keep",
    key: Sequence[str] | None = None,
) -> int:
    """Write rows by driver-level `executemany`; give how many the database says it touched.

    SQLite takes a hundred rows of a snapshot in one statement twice as fast as one by one
    (measured); a key may come twice and the later row wins. PostgreSQL refuses a key twice in one
    statement, so there it is one by one.
    """
    if not rows:
        return 0
    dialect = connection.dialect.name
    touched = 0
    block = LONGEST // len(rows[0]) if dialect == "sqlite" else 1
    whole = len(rows) // block * block if block > 1 and len(rows) >= block else 0
    if whole:
        sql = upsert_sql(dialect, table, columns, conflict=conflict, key=key, rows=block)
        blocks = [
            tuple(chain.from_iterable(rows[start : start + block]))
            for start in range(0, whole, block)
        ]
        touched += connection.exec_driver_sql(sql, blocks).rowcount
    if whole < len(rows):
        sql = upsert_sql(dialect, table, columns, conflict=conflict, key=key)
        touched += connection.exec_driver_sql(sql, list(rows[whole:])).rowcount
    return touched


def next_id(connection: Connection, table: str) -> int:
    """Give the first free whole-number id; safe because a store has one writer, which holds the
    write lock.
    """
    return int(
        connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").scalar_one()
    )
