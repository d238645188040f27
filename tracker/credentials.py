"""Tokens that owners gave us for single accounts: encrypted, renewed in time, one writer each.

They live in a SQLite file of their own beside the store (`credentials.sqlite`, owner-only rights,
`synchronous=FULL`), encrypted with TRACKER_SECRET_KEY (Fernet: AES-128-CBC with HMAC-SHA256). They
are never in a backup or an export. A token belongs to the machine that got it: on a copy of the
folder elsewhere it sleeps until it is taken over, because two machines that renew a single-use
token end each other's chain. Knows no platform.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from tracker.errors import (
    AccessDenied,
    BadRequest,
    ConfigError,
    PermissionMissing,
    RateLimited,
    ReadError,
    StoreError,
    Unreachable,
    not_connected,
)
from tracker.locks import holding
from tracker.readings import AccountRef
from tracker.secrets import Secret, Token, remember

FILE = "credentials.sqlite"
LOCKS = "credentials.locks"
"""Folder of one lock for each token, held while it is renewed."""
MOST_LOST = 2
"""So many answers of a token service in a row may be lost; then a person consents again."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS token (account_id TEXT PRIMARY KEY, platform TEXT NOT NULL,"
    " machine TEXT NOT NULL, sealed BLOB NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER,"
    " refresh_expires_at INTEGER, renewable INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0,"
    " ended TEXT) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Kept:
    """What may be said of a kept token without showing it.

    `ends_at` is when a person must consent again unless it is renewed before, None = no end stated.
    `ended` says why it can no longer be renewed. `asleep`: it belongs to another machine.
    `renewable`: the night renews it, as far as the platform lets it.
    """

    account_id: str
    platform: str
    ends_at: datetime | None
    ended: str | None
    asleep: bool
    renewable: bool


def new_key() -> str:
    """Make a key for TRACKER_SECRET_KEY."""
    return Fernet.generate_key().decode()


def this_machine() -> str:
    """Name this machine: its system id where it has one, else its network address, hashed."""
    known = Path("/etc/machine-id")
    try:
        written = known.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        written = ""
    return hashlib.sha256((written or str(uuid.getnode())).encode()).hexdigest()[:16]


class Credentials:
    """The kept tokens of a data folder; a `Tokens` for connectors. Safe for threads and processes.

    `key` None = no TRACKER_SECRET_KEY: nothing can be read then, and every account says so.
    """

    def __init__(
        self,
        path: Path,
        key: Secret | None,
        clock: Callable[[], datetime],
        machine: str | None = None,
    ) -> None:
        self.path, self.clock = path, clock
        self.machine = machine or this_machine()
        self._key = key
        self._cipher: Fernet | None = None
        self._locked: str | None = None

    @property
    def locked(self) -> str | None:
        """Say in one sentence why what is kept cannot be read; None = it can, or there is nothing.

        Looked at once for every state of the file: a token may come while a night runs.
        """
        if self._cipher is None and self._locked is None and self.path.exists():
            self._unlock()
        return self._locked

    # --- For connectors ---

    def find(self, account_id: str) -> Token | None:
        """Give the kept token, however old; None where there is none that we may use."""
        row = self._row(account_id)
        if row is None or self.locked or row["machine"] != self.machine:
            return None
        return self._open(row["sealed"])

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        """Give a token that can be used now; see connectors.base.Tokens."""
        token = self._usable(account)
        if not self._is_due(token, rejected):
            return token
        with holding(self.path.with_name(LOCKS) / f"{account.id}.lock"):
            token = self._usable(account)  # another process may have renewed it meanwhile
            if not self._is_due(token, rejected):
                return token
            return self._renewed(account, token, renew, rejected)

    # --- For the commands ---

    def keep(self, account_id: str, platform: str, token: Token) -> None:
        """Write a token; it is on the disk when this returns. Raises ConfigError without a key."""
        cipher = self._made_cipher()
        _hide(token)
        row = (
            account_id,
            platform,
            self.machine,
            cipher.encrypt(_written(token)),
            _seconds(token.issued_at),
            _seconds(token.expires_at),
            _seconds(token.refresh_expires_at),
            2 if token.refresh is not None else int(_renews_itself(token)),
        )
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO token (account_id, platform, machine, sealed, issued_at,"
                " expires_at, refresh_expires_at, renewable) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def kept(self) -> list[Kept]:
        """List what is kept, by account; needs no key."""
        return [
            Kept(
                row["account_id"],
                row["platform"],
                _ends_at(row),
                row["ended"],
                row["machine"] != self.machine,
                bool(row["renewable"]),
            )
            for row in self._rows()
        ]

    def forget(self, account_id: str) -> bool:
        """Delete a token; say whether there was one."""
        if not self._meta():
            return False
        with self._writing() as connection:
            done = connection.execute("DELETE FROM token WHERE account_id = ?", (account_id,))
            return done.rowcount > 0

    def take_over(self) -> list[str]:
        """Wake the tokens of another machine here; give their accounts."""
        asleep = [row["account_id"] for row in self._rows() if row["machine"] != self.machine]
        if asleep:
            with self._writing() as connection:
                connection.execute("UPDATE token SET machine = ?", (self.machine,))
        return asleep

    # --- Inside ---

    def _usable(self, account: AccountRef) -> Token:
        """Give the kept token of an account, or raise what keeps us from using it."""
        row = self._row(account.id)
        if row is None:
            raise not_connected(account.platform, account.id)
        if self.locked:
            raise AccessDenied(self.locked)
        if row["machine"] != self.machine:
            raise PermissionMissing(
                f"the token of {account.id} was got on another machine and sleeps here; if that "
                "machine no longer collects, wake it with: tracker connect --take-over"
            )
        token = self._open(row["sealed"])
        if row["ended"] is not None and not self._lasts(token):
            raise AccessDenied(row["ended"])
        return token

    def _is_due(self, token: Token, rejected: Token | None) -> bool:
        if rejected is not None and rejected.access == token.access:
            return True
        return token.renew_from is not None and self.clock() >= token.renew_from

    def _lasts(self, token: Token) -> bool:
        return token.expires_at is None or self.clock() < token.expires_at

    def _renewed(
        self,
        account: AccountRef,
        token: Token,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None,
    ) -> Token:
        """Get the next token and write it down before anybody uses it. The caller holds the lock.

        Where that fails, the old one is given while it lasts and has not been refused.
        """
        try:
            return self._next(account, token, renew)
        except ReadError as failure:
            if isinstance(failure, AccessDenied):
                self._note(account.id, ended=str(failure))
            if rejected is None and self._lasts(token):
                return token
            raise

    def _next(
        self, account: AccountRef, token: Token, renew: Callable[[Token], Token] | None
    ) -> Token:
        """Ask for the next token, once, and write it down.

        Before the question the answer counts as lost, so that a killed process has told it; only
        what was never sent, or was answered and refused without using anything up, takes it back.
        """
        row = self._row(account.id)
        lost = int(row["lost"])
        again = f"its office consents again with: {_command(account)}"
        if row["ended"] is not None:
            raise AccessDenied(row["ended"])
        if lost >= MOST_LOST:
            raise AccessDenied(
                f"two answers of the token service for {account.id} were lost; {again}"
            )
        if renew is None:
            raise AccessDenied(f"the token of {account.id} has ended; {again}")
        self._note(account.id, lost=lost + 1)
        try:
            new = _completed(renew(token), token)
        except AccessDenied as error:
            why = f"the token of {account.id} cannot be renewed ({error})"
            raise AccessDenied(f"{why}; {again}") from error
        except (BadRequest, PermissionMissing, RateLimited):
            self._note(account.id, lost=lost)
            raise
        except Unreachable as error:
            if error.not_sent:
                self._note(account.id, lost=lost)
            raise
        self.keep(account.id, account.platform, new)
        return new

    def _note(self, account_id: str, **facts: Any) -> None:
        assert facts.keys() <= {"lost", "ended"}
        with self._writing() as connection:
            for name, value in facts.items():
                connection.execute(
                    f"UPDATE token SET {name} = ? WHERE account_id = ?", (value, account_id)
                )

    def _row(self, account_id: str) -> Any:
        found = self._rows("WHERE account_id = ?", (account_id,))
        return found[0] if found else None

    def _rows(self, where: str = "", values: Sequence[object] = ()) -> list[Mapping[str, Any]]:
        if not self._meta():
            return []
        with self._connected() as connection:
            return list(
                connection.execute(f"SELECT * FROM token {where} ORDER BY account_id", values)
            )

    def _unlock(self) -> None:
        """Make the cipher, or keep the sentence that says why there is none."""
        key, meta = self._key, self._meta()
        if not meta:
            return
        try:
            if key is not None:
                cipher = _cipher(key, meta["salt"])
                cipher.decrypt(meta["check"])
                self._cipher = cipher
                return
        except InvalidToken:
            pass
        accounts = ", ".join(row["account_id"] for row in self._rows()) or "none"
        why = "is not set" if key is None else f"is not the key {self.path.name} was written with"
        self._locked = (
            f"TRACKER_SECRET_KEY {why}: put the key back, or move {self.path} away and let these "
            f"accounts consent again: {accounts}"
        )

    def _made_cipher(self) -> Fernet:
        if self.locked:
            raise ConfigError(self.locked)
        if self._cipher is not None:
            return self._cipher
        if self._key is None:
            raise ConfigError("TRACKER_SECRET_KEY is not set; tokens are kept encrypted with it")
        salt = os.urandom(16)
        cipher = _cipher(self._key, salt)
        with holding(self.path.with_name(LOCKS) / "new.lock"):
            if not self._meta():
                with self._writing() as connection:
                    for statement in _TABLES:
                        connection.execute(statement)
                    rows = [("salt", salt), ("check", cipher.encrypt(b"tracker"))]
                    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        if self.locked:  # another process made the file meanwhile, with another key
            raise ConfigError(self.locked)
        assert self._cipher is not None, "a file with a key check is either opened or locked"
        return self._cipher

    def _meta(self) -> dict[str, bytes]:
        """Read salt and key check; nothing where nothing was ever kept."""
        if not self.path.exists() or not self.path.stat().st_size:
            return {}
        with self._connected() as connection:
            return {row["key"]: row["value"] for row in connection.execute("SELECT * FROM meta")}

    def _open(self, sealed: bytes) -> Token:
        assert self._cipher is not None, "a locked file gives no row to open"
        try:
            token = _read(self._cipher.decrypt(sealed))
        except (InvalidToken, ValueError, KeyError) as error:
            raise StoreError(f"{self.path} is damaged: a token in it cannot be read") from error
        _hide(token)
        return token

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self.path, timeout=60, isolation_level=None)
            ) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")
                yield connection
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.path} cannot be used: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction that is on the disk at its end."""
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _cipher(key: Secret, salt: bytes) -> Fernet:
    """Make the cipher of a key: a Fernet key as it is, any other text through scrypt."""
    text = key.reveal()
    try:
        return Fernet(text.encode())
    except ValueError:
        made = hashlib.scrypt(text.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
        return Fernet(base64.urlsafe_b64encode(made))


def _completed(new: Token, old: Token) -> Token:
    """Take over from the old token what the service did not repeat."""
    return replace(
        new,
        refresh=new.refresh or old.refresh,
        kind=new.kind or old.kind,
        native_id=new.native_id or old.native_id,
        scopes=new.scopes or old.scopes,
    )


def _ends_at(row: Mapping[str, Any]) -> datetime | None:
    """Say when only a new consent helps: the end of what renews, else of the token itself."""
    end = row["refresh_expires_at"]
    if end is None and row["renewable"] != 2:
        end = row["expires_at"]
    return None if end is None else datetime.fromtimestamp(end, UTC)


def _renews_itself(token: Token) -> bool:
    """Say whether a token without a refresh token is one that is exchanged for its successor."""
    return token.expires_at is not None and token.refresh_expires_at is None


def _command(account: AccountRef) -> str:
    return f"tracker connect {account.platform} --account {account.id}"


def _hide(token: Token) -> None:
    for secret in (token.access, token.refresh):
        if secret is not None:
            remember(secret)


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _written(token: Token) -> bytes:
    facts = {
        "access": token.access.reveal(),
        "refresh": token.refresh.reveal() if token.refresh else None,
        "issued_at": token.issued_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "refresh_expires_at": (
            token.refresh_expires_at.isoformat() if token.refresh_expires_at else None
        ),
        "kind": token.kind,
        "native_id": token.native_id,
        "scopes": list(token.scopes),
    }
    return json.dumps(facts).encode()


def _read(data: bytes) -> Token:
    facts = json.loads(data)

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(facts[name]) if facts[name] else None

    return Token(
        access=Secret(facts["access"]),
        issued_at=datetime.fromisoformat(facts["issued_at"]),
        expires_at=moment("expires_at"),
        refresh=Secret(facts["refresh"]) if facts["refresh"] else None,
        refresh_expires_at=moment("refresh_expires_at"),
        kind=facts["kind"],
        native_id=facts["native_id"],
        scopes=tuple(facts["scopes"]),
    )
