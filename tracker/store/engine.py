"""Connections to the store's database, and its errors said in one sentence. Knows no table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from tracker.errors import StoreError

BUSY_SECONDS = 10.0
WRITER_LOCK = 0x7472616B
"""The PostgreSQL advisory lock that keeps the store at one writer; SQLite has one by itself."""

CHUNK = 500
"""Values in one statement: SQLite built with old limits takes 999."""


def make_engine(url: str, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Make an engine whose writing transactions take the write lock when they begin. Raises
    StoreError.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            engine = create_engine(parsed)
            event.listen(engine, "begin", _begin_postgresql)
            return engine
        engine = create_engine(parsed, connect_args={"timeout": busy_seconds})
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"{url!r} is not the address of a database: {error}") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the store at {parsed.render_as_string()} needs the package {error.name}: "
            "install image-promotion-tracker[postgres]"
        ) from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver opens no transaction of its own
    for pragma in (
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -32768",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


def place(engine: Engine) -> str:
    """Name the store for a message, without a password."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        return engine.url.database
    return engine.url.render_as_string()


_FULL = "is full: free some space and run the command again; nothing of this step was kept"
_LOCKED = "is locked by another program: wait until it ends and run the command again"
_SENTENCES = {
    "disk is full": _FULL,
    "No space left": _FULL,
    "locked": _LOCKED,
    "lock timeout": _LOCKED,
    "readonly": "cannot be written: give this user the right to write it and its folder",
    "not a database": "is not a tracker store: the file is not a database",
    "malformed": "is damaged: restore a backup with `tracker restore`",
    "unable to open": "cannot be opened: its folder is missing or closed to this user",
}


@contextmanager
def store_errors(engine: Engine) -> Iterator[None]:
    """Turn database errors into StoreError with one sentence that names the store."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(
            f"{place(engine)} refused a row that names something it does not know,"
            f" or lacks a value: {error.orig}"
        ) from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = str(error.orig if isinstance(error, DBAPIError) else error)
        for sign, sentence in _SENTENCES.items():
            if sign in cause:
                raise StoreError(f"the store {place(engine)} {sentence}") from error
        raise StoreError(f"the store {place(engine)} failed: {' '.join(cause.split())}") from error


def mark(connection: Connection) -> str:
    """Give the driver's sign for one value in a statement."""
    return "?" if connection.dialect.name == "sqlite" else "%s"


def marks(connection: Connection, count: int) -> str:
    """Give the signs for a list of values: `?, ?, ?`."""
    return ", ".join([mark(connection)] * count)


def fetch(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a SELECT on the driver and give plain tuples; no row objects are made on the way."""
    cursor = connection.exec_driver_sql(sql, tuple(values)).cursor
    assert cursor is not None, "a SELECT has a cursor"
    return list(cursor.fetchall())


def fetch_for(
    connection: Connection, sql: str, values: Sequence[Any], more: Sequence[Any] = ()
) -> Iterator[Sequence[Any]]:
    """Run a SELECT for many values: `{values}` in it becomes their list, `{mark}` one sign; `more`
    are bound after.
    """
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        statement = sql.format(values=marks(connection, len(part)), mark=mark(connection))
        yield from fetch(connection, statement, (*part, *more))
