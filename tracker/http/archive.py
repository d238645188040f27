"""Keeps what replies held, without texts and people, so that a night can be read again.

One file a day and platform, `<folder>/<day>/<platform>.jsonl.gz`: one gzip member and one line of
JSON a reply. Only the fields that a parser reads are kept, secrets are taken out, and a reply that
does not fit on the disk leaves nothing behind.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from tracker.errors import RateLimited, ReadError, StoreError
from tracker.http.reply import Reply
from tracker.secrets import redact, redact_value

KEPT_HEADERS = ("date", "link", "retry-after", "location")
KEPT_HEADER_WORDS = ("ratelimit", "rate-limit", "usage")
"""Headers with such a word in their name tell when to come back, and are kept too."""

ERROR_FIELDS = ("error", "error_description", "message")
"""Kept of every reply with status 400 and above: they hold the platform's reason."""

_DISK_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_SLICE = 65536
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Archive:
    """The archived replies of a data folder; safe to use from several threads of one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._open: dict[tuple[str, date], int] = {}

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; the next reply opens its own again."""
        with self._lock:
            while self._open:
                os.close(self._open.popitem()[1])

    def put(
        self,
        platform: str,
        day: date,
        reply: Reply,
        keep: Sequence[str],
        sent: Any = None,
        whose: str = "",
    ) -> str:
        """Keep one reply of a night; give the sha256 (hex) of its kept body.

        `sent` is the body of a question that was posted, `whose` the account whose token was used.
        Raises StoreError in one sentence when it cannot be written; nothing of it is left then.
        """
        allowed = (*keep, *ERROR_FIELDS) if reply.status >= 400 else tuple(keep)
        body = _encode(prune(reply.body, allowed))
        if redact(body) != body:
            body = _encode(redact_value(json.loads(body)))
        digest = hashlib.sha256(body.encode()).hexdigest()
        head = {
            **asked_of(reply.url, sent, whose),
            "status": reply.status,
            "kind": reply.kind,
            "headers": kept_headers(reply.headers),
            "received_at": reply.received_at.isoformat(),
            "digest": digest,
        }
        self._append(platform, day, f'{_encode(head)[:-1]},"body":{body}}}\n')
        return digest

    def put_failure(
        self, platform: str, day: date, asked: Mapping[str, Any], failure: ReadError
    ) -> None:
        """Keep that a question (see `asked_of`) brought no reply, so that a replay fails too."""
        retry_at = failure.retry_at if isinstance(failure, RateLimited) else None
        line = {
            **asked,
            "failure": type(failure).__name__,
            "message": redact(str(failure)),
            "retry_at": retry_at.isoformat() if retry_at else None,
        }
        self._append(platform, day, _encode(line) + "\n")

    def days(self) -> list[date]:
        """List the nights of which something is kept, oldest first."""
        return sorted(day for day, _ in self._day_folders())

    def members(self, day: date, platform: str | None = None) -> Iterator[dict[str, Any]]:
        """Read the kept replies of a night in the order they came; a torn last one is left out."""
        wanted = f"{platform}.jsonl.gz" if platform else "*.jsonl.gz"
        for path in sorted((self.folder / day.isoformat()).glob(wanted)):
            for line in whole_members(path.read_bytes()):
                yield json.loads(line)

    def prune(self, before: date, platform: str | None = None) -> int:
        """Delete what is older than a day, of one platform or of all; give the number of files."""
        self.close()
        removed = 0
        for day, folder in list(self._day_folders()):
            if day >= before:
                continue
            for path in folder.glob(f"{platform}.jsonl.gz" if platform else "*.jsonl.gz"):
                path.unlink()
                removed += 1
            if not any(folder.iterdir()):
                folder.rmdir()
        return removed

    def _day_folders(self) -> Iterator[tuple[date, Path]]:
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                yield date.fromisoformat(folder.name), folder
            except ValueError:
                continue

    def _append(self, platform: str, day: date, line: str) -> None:
        member = gzip.compress(line.encode(), compresslevel=1, mtime=0)
        with self._lock:
            try:
                if (platform, day) not in self._open:
                    path = self.folder / day.isoformat() / f"{platform}.jsonl.gz"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._open[platform, day] = open_whole(path)
                append_whole(self._open[platform, day], member)
            except OSError as error:
                full = error.errno in _DISK_FULL
                why = "the disk is full" if full else (error.strerror or type(error).__name__)
                raise StoreError(
                    f"a reply of {platform} could not be archived in "
                    f"{self.folder / day.isoformat()}: {why}; nothing of it was kept"
                ) from error


def asked_of(request: str, sent: Any, whose: str) -> dict[str, Any]:
    """Write down what was asked: the address, a posted body, and whose token was used."""
    asked: dict[str, Any] = {"request": request}
    if sent is not None:
        asked["sent"] = redact_value(sent)
    return {**asked, "whose": whose} if whose else asked


def open_whole(path: Path) -> int:
    """Open a file to append to, without the half member that a kill or a power cut left."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)  # Windows has it
    data = path.read_bytes() if path.exists() else b""
    file = os.open(path, flags, 0o644)
    whole = sum(length for _, length in _members(data))
    if whole < len(data):
        os.ftruncate(file, whole)
    return file


def append_whole(file: int, member: bytes) -> None:
    """Write a member at the end of an open file, or leave the file as it was and raise OSError."""
    written = os.write(file, member)
    if written < len(member):
        os.ftruncate(file, os.lseek(file, 0, os.SEEK_END) - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def whole_members(data: bytes) -> Iterator[bytes]:
    """Unpack one member after the other; a torn last one ends the walk."""
    return (text for text, _ in _members(data))


def _members(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Give each whole gzip member's text and its packed length in bytes."""
    start = 0
    while start < len(data):
        unpacker = zlib.decompressobj(wbits=31)
        parts, end = [], start
        while not unpacker.eof:
            part = data[end : end + _SLICE]
            if not part:
                return
            try:
                parts.append(unpacker.decompress(part))
            except zlib.error:
                return
            end += len(part)
        end -= len(unpacker.unused_data)
        yield b"".join(parts), end - start
        start = end


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Choose the headers that a connector may read again: paging, waiting, the server's clock."""
    return {
        name: redact(value)
        for name, value in headers.items()
        if name in KEPT_HEADERS or any(word in name for word in KEPT_HEADER_WORDS)
    }


def prune(body: Any, keep: Sequence[str]) -> Any:
    """Keep only the named fields of JSON data: `items[].statistics.viewCount`, `[].id`, `error`.

    A name that ends at an object keeps all of it. What has another shape than named becomes None.
    `feed[!reason].post.uri` is for those places of a list that have no `reason`; names with `[]`
    are for the others then.
    """
    return _pruned(body, _tree(tuple(keep)))


Tree = dict[str, "Tree"]


@lru_cache(maxsize=256)
def _tree(keep: tuple[str, ...]) -> Tree:
    """Turn names into nested keys, `[]` standing for the places of a list; {} keeps all below."""
    root: Tree = {}
    for name in sorted(keep, key=len, reverse=True):
        steps = [step for step in name.replace("[", ".[").split(".") if step]
        branch = root
        for step in steps[:-1]:
            branch = branch.setdefault(step, {})
        branch[steps[-1]] = {}
    return root or {"": {}}


def _pruned(value: Any, tree: Tree) -> Any:
    """Cut data to a tree that is not empty. Called for every object of every reply, hence terse."""
    if isinstance(value, dict):
        return {
            name: _pruned(value[name], branch) if branch else value[name]
            for name, branch in tree.items()
            if name in value
        }
    if isinstance(value, list):
        return _pruned_places(value, tree)
    return None


def _pruned_places(places: list[Any], tree: Tree) -> list[Any] | None:
    """Cut each place of a list: by the first `[!key]` whose key it lacks, else by `[]`."""
    without = [(name[2:-1], branch) for name, branch in tree.items() if name.startswith("[!")]
    if not without and "[]" not in tree:
        return None
    others = tree.get("[]", {"": {}})
    if not without:
        return [_pruned(place, others) for place in places] if others else places
    found = []
    for place in places:
        branch = next((branch for key, branch in without if _lacks(place, key)), others)
        found.append(_pruned(place, branch) if branch else place)
    return found


def _lacks(place: Any, key: str) -> bool:
    return isinstance(place, dict) and place.get(key) is None
