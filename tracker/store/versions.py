"""Making, checking, upgrading and copying a store file. Knows no rows."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, inspect

from tracker.errors import StoreError
from tracker.models import REVISIONS
from tracker.store.engine import place

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def store_file(engine: Engine) -> Path | None:
    """Give the file of a SQLite store, None for a server. Raises StoreError for a folder."""
    if engine.dialect.name != "sqlite":
        return None
    file = Path((engine.url.database or "").removeprefix("file:")).absolute()
    if file.is_dir():
        raise StoreError(f"{file} is a folder; expected the file of a tracker store")
    return file


def revision(engine: Engine) -> str | None:
    """Read a store's version; None = an empty database. Raises StoreError where there is something
    else.
    """
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if found is not None:
                return str(found)
    if tables:
        raise StoreError(f"{place(engine)} is a database, but not a tracker store")
    return None


def check_or_create(engine: Engine, *, create: bool) -> None:
    """Refuse what is not a store of this version; with `create` make one where there is nothing."""
    file = store_file(engine)
    if file is not None and not file.exists():
        if not create:
            raise StoreError(f"there is no store at {file}; `tracker init` makes one")
        if not file.parent.is_dir():
            raise StoreError(f"the folder of the store does not exist: {file.parent}")
        migrate(engine)
        write_ahead(engine)
        return
    found = revision(engine)
    if found is None:
        if not create:
            raise StoreError(
                f"{place(engine)} is empty, not a tracker store; `tracker init` makes one"
            )
        migrate(engine)
    elif found != REVISIONS[-1]:
        raise StoreError(_wrong_version(engine, found))
    write_ahead(engine)


def write_ahead(engine: Engine) -> None:
    """Let a SQLite store be read while it is written; the mode stays with the file.

    Set only on what is known to be a store, because it changes the file's first page.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        [mode] = connection.cursor().execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _wrong_version(engine: Engine, found: str) -> str:
    age, cure = (
        ("an older", "run `tracker upgrade`")
        if found in REVISIONS
        else ("a newer", "update the program")
    )
    return (
        f"{place(engine)} is a store of {age} version ({found}, this program reads"
        f" {REVISIONS[-1]}): {cure}"
    )


def migrate(engine: Engine) -> None:
    """Run all migrations that are missing, inside one transaction that holds the write lock from
    its start.
    """
    from alembic import command  # only where a store is made or upgraded: it takes long to load
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:  # else a rebuilt table takes the rows along that point at it
            _pragma(connection.connection.driver_connection, "foreign_keys = OFF")
        try:
            with connection.execution_options(writes=True).begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if sqlite and (
                    broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                ):
                    raise StoreError(
                        f"{place(engine)} has a row in {broken[0]}"
                        f" that points at no row of {broken[2]}"
                    )
        finally:
            if sqlite:
                _pragma(connection.connection.driver_connection, "foreign_keys = ON")


def _pragma(connection: object, setting: str) -> None:
    # the driver's own connection, which SQLAlchemy does not type; no effect inside a transaction
    connection.execute(f"PRAGMA {setting}")  # type: ignore[attr-defined]


def upgrade(engine: Engine, copy_to: Path | None) -> tuple[str, str, Path | None]:
    """Bring a store to the newest version after copying its file; a current store is left alone."""
    file = store_file(engine)
    if file is not None and not file.exists():
        raise StoreError(f"there is no store at {file}; `tracker init` makes one")
    found = revision(engine)
    if found is None:
        raise StoreError(f"{place(engine)} is empty, not a tracker store; `tracker init` makes one")
    newest = REVISIONS[-1]
    if found == newest:
        return found, newest, None
    if found not in REVISIONS:
        raise StoreError(_wrong_version(engine, found))
    copy = None
    if file is not None:
        copy = copy_store(
            engine, copy_to or file.with_name(f"{file.stem}.version-{found}{file.suffix}")
        )
    migrate(engine)
    return found, newest, copy


def copy_store(engine: Engine, target: Path) -> Path:
    """Write a compact copy to `target`: whole or not at all."""
    if engine.dialect.name != "sqlite":
        raise StoreError(f"{place(engine)} is on a server: back it up with pg_dump")
    if target.is_dir():
        raise StoreError(f"{target} is a folder; expected the name of the copy")
    if not target.parent.is_dir():
        raise StoreError(f"the folder of the copy does not exist: {target.parent}")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
    finally:
        connection.close()
        part.unlink(missing_ok=True)
    return target
