"""Writes the rows people fill: the register's mirror, corrections, outcomes, answers, editions, the
log of changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Float, Integer, Table, select

from tracker.errors import StoreError
from tracker.store.daily import rebuild_accounts
from tracker.store.engine import mark
from tracker.store.results import Transaction
from tracker.store.upserts import table_of, upsert

PUT_TABLES = (
    "locality",
    "locality_name",
    "agency",
    "account",
    "account_period",
    "programme",
    "programme_element",
    "element",
    "event",
    "definition_break",
    "target",
    "correction",
    "outcome",
    "answer",
)
TRUTH = {"true": True, "1": True, "false": False, "0": False}


def put_rows(
    connection: Connection, name: str, rows: Sequence[Mapping[str, Any]], *, replace: bool
) -> int:
    """Insert or update rows by key; see `Store.put_rows`."""
    if name not in PUT_TABLES:
        raise StoreError(
            f"rows cannot be put into {name!r}; expected one of {', '.join(PUT_TABLES)}"
        )
    table = table_of(name)
    keys = [column.name for column in table.primary_key.columns]
    stored = {tuple(row[key] for key in keys): row for row in stored_rows(connection, table)}
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    changed = []
    for given in rows:
        row = _typed_row(table, keys, given)
        key = tuple(row[name] for name in keys)
        before = stored.get(key)
        after = {**(before or {}), **_said(row, before, replace=replace)}
        if before == after:
            continue
        stored[key] = after
        changed.append(after)
        by_columns.setdefault(tuple(after), []).append(tuple(map(_for_driver, after.values())))
    for columns, group in by_columns.items():
        upsert(connection, name, group, columns, conflict="replace")
    if name == "correction" and changed:
        rebuild_accounts(connection, sorted({row["account_id"] for row in changed}))
    return len(changed)


def _said(
    row: Mapping[str, Any], before: Mapping[str, Any] | None, *, replace: bool
) -> Mapping[str, Any]:
    """Leave out what is unknown and would overwrite something known."""
    if replace or before is None:
        return row
    return {column: value for column, value in row.items() if value is not None}


def _typed_row(table: Table, keys: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    row = {}
    for name, value in given.items():
        if name not in table.columns:
            known = ", ".join(column.name for column in table.columns)
            raise StoreError(f"the table {table.name} has no column {name!r}; it has {known}")
        row[name] = _typed(table, table.columns[name], value)
    for key in keys:
        if row.get(key) is None:
            row[key] = _default_key(table, key)
    return row


def _default_key(table: Table, key: str) -> Any:
    if key == "valid_from":
        return date.min
    if table.name == "answer" and key == "row":
        return 0
    raise StoreError(f"a row for the table {table.name} lacks its key {key!r}")


def _typed(table: Table, column: Column[Any], value: Any) -> Any:
    """Read a cell as its column's type; an empty text is unknown."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    try:
        if isinstance(column.type, Date):
            return date.fromisoformat(value)
        if isinstance(column.type, Boolean):
            return TRUTH[value.casefold()]
        if isinstance(column.type, Integer | BigInteger):
            return int(value)
        if isinstance(column.type, Float):
            return float(value)
    except (ValueError, KeyError) as error:
        kind = type(column.type).__name__.lower()
        raise StoreError(f"{table.name}.{column.name} is {value!r}; expected a {kind}") from error
    return value


def _for_driver(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def stored_rows(
    connection: Connection, table: Table, equals: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Read rows as dictionaries of typed values, in the order of the key."""
    query = select(table).order_by(*table.primary_key.columns)
    for column, value in (equals or {}).items():
        query = query.where(table.columns[column] == value)
    return [dict(row._mapping) for row in connection.execute(query)]


def rows(connection: Connection, name: str, equals: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a table; see `Store.rows`."""
    return stored_rows(connection, table_of(name), equals)


def void_account(connection: Connection, account_id: str, reason: str) -> None:
    """Take an account out of every panel; the reason stays."""
    if not reason.strip():
        raise StoreError("an account is voided with a reason; none was given")
    sign = mark(connection)
    done = connection.exec_driver_sql(
        f"UPDATE account SET voided = {sign} WHERE id = {sign} AND voided IS NULL",
        (reason, account_id),
    )
    if done.rowcount == 0:
        raise StoreError(f"there is no account {account_id!r} to void, or it is void already")


def save_edition(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep an edition; an issued one never changes."""
    key = {name: row[name] for name in ("letter", "unit_id", "number")}
    for stored in stored_rows(connection, table_of("edition"), key):
        same = stored["digest"] == row["digest"] and stored["status"] == row["status"]
        if stored["status"] == "issued" and not same:
            raise StoreError(
                f"edition {row['number']} of letter {row['letter']} for {row['unit_id']}"
                " is issued and does not change; make the next edition"
            )
    upsert(
        connection,
        "edition",
        [tuple(map(_for_driver, row.values()))],
        tuple(row),
        conflict="replace",
    )


def append_change(connection: Connection, change: Transaction, at: datetime) -> None:
    """Append a command to the log of changes."""
    signs = ", ".join([mark(connection)] * 5)
    connection.exec_driver_sql(
        f"INSERT INTO change (at, office, command, digest, rows) VALUES ({signs})",
        (int(at.timestamp()), change.office, change.command, change.digest, change.rows),
    )


def blank_edition(connection: Connection, values: tuple[str, str, str, str, int]) -> None:
    """Write tables and digest of an edition that the purge has blanked."""
    sign = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE edition SET tables = {sign}, digest = {sign}"
        f" WHERE letter = {sign} AND unit_id = {sign} AND number = {sign}",
        values,
    )
