"""What the store answers with: frozen values. Knows no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tracker.readings import AccountRef, PostRef


@dataclass(frozen=True)
class Renamed:
    """An account that answered under another handle: the period before ended, one with the new
    handle began on `day`.
    """

    account_id: str
    old: str
    new: str
    day: date


@dataclass(frozen=True)
class Saved:
    """What one save wrote. `posts` are posts seen for the first time.

    `resolved` are (account id, permanent id) learnt for the first time; `strangers` are (account
    id, known, came): accounts that answered with another permanent id than the register's, which a
    person must look at.
    """

    accounts: int = 0
    posts: int = 0
    snapshots: int = 0
    renames: tuple[Renamed, ...] = ()
    resolved: tuple[tuple[str, str], ...] = ()
    strangers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class DueAccount:
    """An account without a successful attempt yet.

    `last_posts_total` is the account's `posts` count as it stood at the last successful `posts`
    attempt, and `last_walk` the night of the last attempt that saw the whole list: both None if
    there was none. `strikes` counts the nights since the last success on which the platform
    answered `gone` or `unclear`.
    """

    ref: AccountRef
    agency_id: str | None
    basis: str
    languages: str | None
    last_posts_total: int | None
    last_walk: date | None
    strikes: int


@dataclass(frozen=True)
class DuePost:
    """A post to be looked at. `mark` is the age in days it has reached since `last_look` (None =
    never looked at).
    """

    ref: PostRef
    published_at: datetime | None
    last_look: date | None
    mark: int


@dataclass(frozen=True)
class Conflict:
    """A stored number that an import would change. `post` is the post's native id, None = a number
    of the account.
    """

    account_id: str
    post: str | None
    day: date
    lane: str
    metric: str
    stored: int
    given: int


@dataclass(frozen=True)
class Loaded:
    """What a bulk import did: numbers written, numbers already there, and conflicts, which were not
    written.

    `corrections` are the rows written to the table `correction` instead of the conflicts, when a
    reason was given.
    """

    created: int = 0
    unchanged: int = 0
    conflicts: tuple[Conflict, ...] = ()
    corrections: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Purged:
    """Rows that the terms no longer let us keep."""

    table: str
    what: str
    rows: int
    reason: str


@dataclass(frozen=True)
class NightRow:
    """A night of the ledger; `started_at` None = it never ran. Instants are UTC."""

    day: date
    started_at: datetime | None
    finished_at: datetime | None
    expected: int | None
    read: int | None
    missing: int | None


@dataclass
class Transaction:
    """One command's changes: all or nothing.

    Whoever runs the command adds what it changed to `rows` (`change.rows += store.put_rows(...)`);
    a command that changed nothing is not logged.
    """

    command: str
    digest: str | None
    office: str | None
    rows: int = field(default=0)
