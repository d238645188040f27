"""One import as a value: what is asked, what was checked, what was done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tracker.errors import InputError, Problem
from tracker.imports.finding import Accounts
from tracker.registry import Register
from tracker.store import Store, Transaction


@dataclass(frozen=True)
class Imported:
    """What an import did, or with `dry_run` would do.

    `rows` of the sheet; of them `created`, `changed` (register rows filled or replaced, numbers
    corrected) and `unchanged`. `notes` are sentences for the person who asked.
    """

    kind: str
    rows: int
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One import: what to read, into what, and who asked."""

    kind: str
    path: Path
    store: Store
    folder: Path
    known: Register
    now: datetime
    office: str | None
    reason: str | None
    dry_run: bool

    @cached_property
    def digest(self) -> str:
        """Give the sha256 of the file: what the log of changes and the attempts name it by."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def accounts(self) -> Accounts:
        """Give the register's accounts, to be found by what a cell says."""
        return Accounts(tuple(self.known.accounts.values()), self.known.account_periods)


@dataclass(frozen=True)
class Plan:
    """A checked sheet: `write` runs in the transaction and may write the register `files`."""

    write: Callable[[Transaction], Imported]
    files: tuple[str, ...] = ()


def no_rows(file: str) -> InputError:
    """Refuse a sheet that has a header only."""
    return InputError([Problem(file, None, None, None, "at least one row below the header")])
