"""One idempotent upsert for every table, built from the metadata, run by the driver. Knows no reading."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from tracker.models import Row


def table_of(name: str) -> Table:
    """Find a table of the store by name."""
    return Row.metadata.tables[name]


@lru_cache(maxsize=256)
def _statement(
    dialect: str, table: str, columns: tuple[str, ...], conflict: str, key: tuple[str, ...]
) -> str:
    made: Dialect = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    quote = made.identifier_preparer.quote
    name = quote(table)
    values = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(columns))
    insert = f"INSERT INTO {name} ({', '.join(map(quote, columns))}) VALUES ({values})"
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
) -> str:
    """Write the upsert of a table for `sqlite` or `postgresql`, one driver sign a column.

    `columns` None = all, in the order of the table; `key` None = the primary key. `conflict` says what happens to a
    row that is there: `keep` takes every new number and keeps the old one where the new is NULL, `replace` takes
    NULL as well, `ignore` leaves the row alone.
    """
    made = table_of(table)
    return _statement(
        dialect,
        table,
        tuple(columns or (column.name for column in made.columns)),
        conflict,
        tuple(key or (column.name for column in made.primary_key.columns)),
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
    """Write rows in one driver-level `executemany`; give how many the database says it touched."""
    if not rows:
        return 0
    sql = upsert_sql(connection.dialect.name, table, columns, conflict=conflict, key=key)
    return connection.exec_driver_sql(sql, list(rows)).rowcount


def next_id(connection: Connection, table: str) -> int:
    """Give the first free whole-number id; safe because a store has one writer, which holds the write lock."""
    return int(
        connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").scalar_one()
    )
