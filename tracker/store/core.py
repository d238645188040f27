"""`Store`: one open store, one writer. Everything that changes it is a method here; the SQL lies in
the modules beside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from tracker.errors import StoreError
from tracker.periods import scheduled_at
from tracker.readings import PostRef, Reading
from tracker.store import daily, due, ledger, numbers, purging, register_rows, saving, versions
from tracker.store.engine import BUSY_SECONDS, make_engine, store_errors
from tracker.store.loading import Replacement
from tracker.store.results import (
    DueAccount,
    DuePost,
    Loaded,
    NightRow,
    Purged,
    Saved,
    Transaction,
)

COLLECTOR_LOCK = 12_532_905
"""Key of the lock that one collector at a time holds on a database server."""


class Store:
    """An open store. Reads use a connection of their own; writes are one transaction each and never
    overlap.

    Methods that write join an open `transaction()` of the same thread, so that a whole command is
    all or nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = engine.url.render_as_string(hide_password=False)
        self._writer = threading.RLock()
        self._of_thread = threading.local()

    def close(self) -> None:
        """Release every connection."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _opened(self) -> Connection | None:
        """The connection of the transaction this thread has open."""
        return getattr(self._of_thread, "connection", None)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give the connection of the open transaction, else one of its own that commits at the
        end.
        """
        opened = self._opened
        if opened is not None:
            yield opened
            return
        with (
            self._writer,
            store_errors(self.engine),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            self._of_thread.connection = connection
            try:
                yield connection
            finally:
                self._of_thread.connection = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give a connection for reading: inside a transaction of this thread its own, so that it
        sees its writes.
        """
        opened = self._opened
        if opened is not None:
            yield opened
            return
        with store_errors(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(
        self, command: str, digest: str | None = None, *, at: datetime, office: str | None = None
    ) -> Iterator[Transaction]:
        """Run one command's writes all or nothing, and append its row to `change` (if it changed
        any row).

        `digest` is the sha256 of the file behind it; `at` is UTC. Raise inside to take everything
        back.
        """
        change = Transaction(command=command, digest=digest, office=office)
        with self._writing() as connection:
            yield change
            if change.rows:
                register_rows.append_change(connection, change, at)

    def save(self, readings: Sequence[Reading]) -> Saved:
        """Write whole readings in one transaction: attempts, snapshots, posts, details, and `daily`
        where touched.

        Saving the same reading twice changes nothing, and NULL never overwrites a number. Pass all
        readings of an account together, up to 50 accounts at once. A number that was not zero and
        becomes 0 must have been asked for twice by the caller: see `last_counts`. The account
        learns its permanent id once; another handle under the same permanent id closes the open
        account period the day before and opens one with the same agency. Raises StoreError for an
        account that the register does not know.
        """
        with self._writing() as connection:
            return saving.save(connection, readings)

    def last_counts(self, account_ids: Sequence[str], lane: str) -> dict[str, dict[str, int]]:
        """Give the last known number of each account's columns, by account id and metric.

        For the caller's rule: a known non-zero that becomes 0 is asked for a second time before it
        is saved.
        """
        with self._reading() as connection:
            return due.last_counts(connection, account_ids, lane)

    def last_post_counts(
        self, posts: Sequence[PostRef], lane: str
    ) -> dict[tuple[str, str], dict[str, int]]:
        """Give the last known number of each post's columns, by (account id, native id); for the
        same rule.
        """
        with self._reading() as connection:
            return due.last_post_counts(connection, posts, lane)

    def due(
        self,
        day: date,
        lane: str,
        what: str | None,
        *,
        platforms: Sequence[str] | None = None,
        accounts: Sequence[str] | None = None,
    ) -> list[DueAccount]:
        """List active accounts, by id, without a successful attempt at `what` in this lane on this
        night; None lists all active ones.
        """
        with self._reading() as connection:
            return due.due_accounts(connection, day, lane, what, platforms, accounts)

    def due_posts(
        self,
        day: date,
        lane: str,
        *,
        at: datetime | None = None,
        platforms: Sequence[str] | None = None,
        accounts: Sequence[str] | None = None,
    ) -> list[DuePost]:
        """List posts of active accounts that reached an age mark and were not looked at since,
        oldest first.

        `at` is the UTC instant whose ages count; None = the scheduled instant of the night.
        """
        with self._reading() as connection:
            return due.due_posts(
                connection, day, lane, at or scheduled_at(day), platforms, accounts
            )

    def import_account_numbers(
        self,
        rows: Iterable[numbers.AccountNumber],
        *,
        digest: str | None = None,
        replace_reason: str | None = None,
        entered_on: date | None = None,
        office: str | None = None,
    ) -> Loaded:
        """Write many imported numbers of accounts: tuples (account id, day, observed_at, lane,
        metric, value, step, qualifier, source), `day` as day number, `observed_at` in Unix
        seconds UTC.

        `value` None is passed over (unknown). A stored number that differs is not written and comes
        back as a conflict; with `replace_reason` a correction is written instead. Each (account,
        day, lane, observed_at) is one attempt of `import`, held under the account's basis
        (`declared` numbers under the basis `declared`).
        """
        with self._writing() as connection:
            correction = Replacement(replace_reason, entered_on, office) if replace_reason else None
            return numbers.load_account_numbers(connection, rows, digest, correction)

    def import_post_numbers(
        self,
        rows: Iterable[numbers.PostNumber],
        *,
        digest: str | None = None,
        source: str | None = None,
        replace_reason: str | None = None,
        entered_on: date | None = None,
        office: str | None = None,
        days: Sequence[int] | None = None,
    ) -> Loaded:
        """Write many imported numbers of posts: tuples (account id, native id, published_at,
        observed_at, lane, metric, value, url, kind, language), both instants in Unix seconds
        UTC.

        The night of a number is its entry in `days` (day numbers), None = the local date of
        `observed_at`. Otherwise as `import_account_numbers`; a row with metric None only makes the
        post known.
        """
        with self._writing() as connection:
            correction = Replacement(replace_reason, entered_on, office) if replace_reason else None
            return numbers.load_post_numbers(connection, rows, digest, source, correction, days)

    def rebuild_daily(self, account_ids: Sequence[str] | None = None) -> None:
        """Make `daily` anew for these accounts, None = for all."""
        with self._writing() as connection:
            daily.rebuild_accounts(connection, account_ids)

    def put_rows(
        self, table: str, rows: Sequence[Mapping[str, Any]], *, replace: bool = False
    ) -> int:
        """Insert or update rows by key; give how many rows are new or changed (what `change.rows`
        counts).

        Values may be typed or the text of a CSV cell; an empty text is unknown. Columns not named
        stay as they are, and unknown (None) does not overwrite a known value unless `replace`. A
        missing `valid_from` of a key means "since always" (0001-01-01). Raises StoreError for an
        unknown table or column.
        """
        with self._writing() as connection:
            return register_rows.put_rows(connection, table, rows, replace=replace)

    def rows(self, table: str, **equals: Any) -> list[dict[str, Any]]:
        """Give the rows of a small table in the order of its key, as dictionaries of typed
        values.
        """
        with self._reading() as connection:
            return register_rows.rows(connection, table, equals)

    def void_account(
        self, account_id: str, reason: str, at: datetime, office: str | None = None
    ) -> None:
        """Take an account out of every panel and keep it listed with the reason."""
        with self.transaction(f"account void {account_id}", at=at, office=office) as change:
            with self._writing() as connection:
                register_rows.void_account(connection, account_id, reason)
            change.rows += 1

    def put_answers(self, rows: Sequence[Mapping[str, Any]], *, replace: bool = False) -> int:
        """Keep what offices answered to the declared questions of a letter: rows of the table
        `answer`.
        """
        return self.put_rows("answer", rows, replace=replace)

    def save_edition(
        self,
        *,
        letter: str,
        unit_id: str,
        number: int,
        status: str,
        tables: str,
        digest: str,
        made_at: datetime,
        document_number: str | None = None,
        document_date: date | None = None,
    ) -> None:
        """Keep one edition. A draft of the same number is replaced; an issued edition never changes
        (StoreError).
        """
        with self._writing() as connection:
            register_rows.save_edition(
                connection,
                {
                    "letter": letter,
                    "unit_id": unit_id,
                    "number": number,
                    "status": status,
                    "document_number": document_number,
                    "document_date": document_date,
                    "made_at": int(made_at.timestamp()),
                    "tables": tables,
                    "digest": digest,
                },
            )

    def blank_edition(
        self, letter: str, unit_id: str, number: int, tables: str, digest: str
    ) -> None:
        """Put an edition in its own place after the terms took numbers out of it, issued or not."""
        with self._writing() as connection:
            key = (letter, unit_id, number)
            register_rows.blank_edition(connection, (tables, digest, *key))

    def begin_night(self, day: date, started_at: datetime, expected: int) -> None:
        """Enter a night that starts; a resumed night keeps its first start."""
        with self._writing() as connection:
            ledger.begin_night(connection, day, started_at, expected)

    def finish_night(self, day: date, finished_at: datetime, read: int, missing: int) -> None:
        """Enter what a night brought."""
        with self._writing() as connection:
            ledger.finish_night(connection, day, finished_at, read, missing)

    def record_missed_night(self, day: date) -> None:
        """Enter a scheduled night that never ran; a night that is in the ledger stays as it is."""
        with self._writing() as connection:
            ledger.record_missed_night(connection, day)

    def nights(self, since: date | None = None) -> list[NightRow]:
        """List the nights of the ledger, oldest first."""
        with self._reading() as connection:
            return ledger.nights(connection, since)

    def add_quota(self, platform: str, credential: str, day: date, units: int) -> int:
        """Add used units to a credential's quota day and give the day's total."""
        with self._writing() as connection:
            return ledger.add_quota(connection, platform, credential, day, units)

    def quota_used(self, platform: str, credential: str, day: date) -> int:
        """Give the units a credential has used on a quota day."""
        with self._reading() as connection:
            return ledger.quota_used(connection, platform, credential, day)

    def mark_synthetic(self) -> None:
        """Mark the store as filled by the sandbox, for ever. Raises StoreError where real numbers
        are in it.
        """
        with self._writing() as connection:
            ledger.refuse_real_numbers(connection)
            ledger.put_meta(connection, "synthetic", "1")

    @property
    def synthetic(self) -> bool:
        """Say whether the sandbox has ever filled this store."""
        with self._reading() as connection:
            return ledger.meta(connection, "synthetic") == "1"

    def purge(
        self,
        today: date,
        *,
        dry_run: bool = False,
        at: datetime | None = None,
        also: Sequence[Callable[[date, bool], Sequence[Purged]]] = (),
    ) -> list[Purged]:
        """Delete numbers held longer than their basis allows, and what was derived from them; list
        what went.

        `also` are further rooms' purges (today, dry_run) -> list, run inside the same transaction;
        they may call this store. A purge that deleted something appends a row to `change`, dated
        `at` (None = the scheduled instant of `today`).
        """
        with self._writing() as connection:
            found = purging.purge(connection, today, dry_run=dry_run)
            for further in also:
                found += further(today, dry_run)
            if found and not dry_run:
                change = Transaction("purge", None, None, rows=sum(item.rows for item in found))
                register_rows.append_change(connection, change, at or scheduled_at(today))
            return found

    def purge_account(
        self,
        account_id: str,
        reason: str,
        at: datetime,
        *,
        post: str | None = None,
        office: str | None = None,
        also: Sequence[Callable[[], Sequence[Purged]]] = (),
    ) -> list[Purged]:
        """Delete what was read of an account, or of one post of it, because its owner withdrew or
        the platform asks for it; what the office declared stays. `also` are further rooms' parts of
        it, run in the same transaction. It is recorded with the reason.
        """
        command = f"purge {account_id}{f' {post}' if post else ''}: {reason}"
        with self.transaction(command, at=at, office=office) as change:
            with self._writing() as connection:
                found = purging.purge_account(connection, account_id, post, reason)
            for further in also:
                found += further()
            change.rows += sum(item.rows for item in found)
        return found

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Be the only collector of this database while the `with` block runs.

        A SQLite file is guarded by a lock beside it; a database server may be reached from several
        machines, so there the server keeps the lock (PostgreSQL advisory lock, freed when the
        connection ends). Raises StoreError where another collector works on it.
        """
        if self.engine.dialect.name == "sqlite":
            yield
            return
        with store_errors(self.engine), self.engine.connect() as connection:
            taken = connection.exec_driver_sql(
                f"SELECT pg_try_advisory_lock({COLLECTOR_LOCK})"
            ).scalar_one()
            if not taken:
                raise StoreError(
                    "another collector works on this database; this one was not started"
                )
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({COLLECTOR_LOCK})")

    def backup(self, target: Path) -> Path:
        """Write a compact copy of the store to `target` in one atomic step. Tokens are not in the
        store.
        """
        with self._writer, store_errors(self.engine):
            return versions.copy_store(self.engine, target)


def open_store(url: str, *, create: bool = False, busy_seconds: float = BUSY_SECONDS) -> Store:
    """Open the store at a SQLAlchemy URL, or with `create` make it where there is none.

    Raises StoreError in one sentence for no store, an older or newer store, a folder, a file that
    is no store.
    """
    engine = make_engine(url, busy_seconds)
    with store_errors(engine):
        try:
            versions.check_or_create(engine, create=create)
        except BaseException:
            engine.dispose()
            raise
    return Store(engine)


def upgrade(url: str, *, copy_to: Path | None = None) -> tuple[str, str, Path | None]:
    """Bring an older store to this program's version; give version before, version after and the
    copy made first.

    SQLite files are copied first (`VACUUM INTO`), beside the store or to `copy_to`. A current store
    is left alone.
    """
    engine = make_engine(url, BUSY_SECONDS)
    try:
        with store_errors(engine):
            return versions.upgrade(engine, copy_to)
    finally:
        engine.dispose()
