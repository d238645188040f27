"""Answers from what was kept: an archived night, or a folder of payloads. Knows no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tracker.errors import PayloadChanged, RateLimited, ReadError, Unreachable
from tracker.http.archive import prune
from tracker.http.reply import NotRecorded, Reply, Tallies, Tally, full_address, parse_json
from tracker.secrets import Secret, is_loopback, redact

MANIFEST = "manifest.json"
_ANY = ("*", "")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Address:
    """A request as it is compared: without a loopback port, the parameters in order."""

    host: str
    path: str
    params: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: str) -> _Address:
        parts = urlsplit(request)
        host = "" if is_loopback(request) else parts.netloc
        return cls(host, parts.path, tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))))

    def answers(self, asked: _Address) -> bool:
        """Say whether a recorded request answers another one, by the rules of ReplayHttp."""
        same_place = (self.host, self.path) == (asked.host, asked.path)
        is_end = not self.host and not self.path.startswith("/")
        if not same_place and not (is_end and asked.path.endswith("/" + self.path)):
            return False
        if _ANY not in self.params:
            return self.params == asked.params
        return set(self.params) - {_ANY} <= set(asked.params)


class ReplayHttp:
    """Replies by request, for parsing again and for tests.

    `source` is what `Archive.members` gives: the last reply to a request answers, because a resumed
    night asked again. Or it is a folder with `manifest.json`, a list of

        {"request": "channels?part=statistics&id=UC1", "file": "one.json", "status": 200,
         "headers": {"Link": "…"}, "kind": "application/json",
         "received_at": "2026-11-01T18:00:00Z"}

    where only `request` must be there (without `file` the body is empty); further keys are notes.
    A request that does not begin with a scheme is compared with the end of the asked path, and one
    that ends in `*` takes any further parameters. Replies to the same request are given in turn,
    the last one for ever. `pruned` cuts payload bodies to the fields of `keep`, as archived ones.
    """

    def __init__(self, source: Path | Iterable[Mapping[str, Any]], *, pruned: bool = False) -> None:
        self._tallies = Tallies()
        self._pruned = pruned
        self._recorded: dict[_Address, list[Mapping[str, Any]]] = {}
        if isinstance(source, Path):
            for entry in read_manifest(source):
                self._recorded.setdefault(_Address.of(entry["request"]), []).append(entry)
        else:
            self._recorded = {_Address.of(entry["request"]): [entry] for entry in source}

    def tally(self) -> AbstractContextManager[Tally]:
        """Count what this thread asks inside the `with` block."""
        return self._tallies.start()

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        platform: str,
        keep: Sequence[str] = (),
        secret: tuple[str, Secret] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Give the recorded reply, or fail as the recorded request did.

        Raises NotRecorded for a request that was never answered.
        """
        asked = redact(full_address(url, params))
        self._tallies.count_request()
        entries = self._entries(_Address.of(asked))
        if not entries:
            raise NotRecorded(
                f"no recorded {platform} reply answers {asked} "
                f"({len(self._recorded)} requests are recorded)"
            )
        entry = entries.pop(0) if len(entries) > 1 else entries[0]
        if "failure" in entry:
            raise recorded_failure(entry)
        body = entry.get("body")
        reply = Reply(
            status=entry.get("status", 200),
            headers={name.lower(): value for name, value in entry.get("headers", {}).items()},
            body=prune(body, keep) if self._pruned else body,
            kind=entry.get("kind", "application/json"),
            digest=entry.get("digest", ""),
            received_at=recorded_at(entry),
            url=asked,
        )
        self._tallies.count_reply(reply)
        return reply

    def _entries(self, asked: _Address) -> list[Mapping[str, Any]]:
        if asked in self._recorded:
            return self._recorded[asked]
        for known, entries in self._recorded.items():
            if known.answers(asked):
                return entries
        return []


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """Read a payload folder's manifest and the bodies it names."""
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return [{**entry, **read_payload(folder, entry.get("file"))} for entry in entries]


def read_payload(folder: Path, file: str | None) -> dict[str, Any]:
    """Read a payload as a reply would be read: what is not whole JSON has no body."""
    if file is None:
        return {}
    data = (folder / file).read_bytes()
    return {"body": parse_json(data), "digest": hashlib.sha256(data).hexdigest()}


def recorded_at(entry: Mapping[str, Any]) -> datetime:
    """Give the instant a reply was received; payloads made by hand have none: 1970-01-01."""
    written = entry.get("received_at")
    return datetime.fromisoformat(written) if written else _NEVER


def recorded_failure(entry: Mapping[str, Any]) -> ReadError:
    """Make the failure that the archive noted."""
    message, retry_at = entry["message"], entry.get("retry_at")
    if entry["failure"] == "RateLimited":
        return RateLimited(message, datetime.fromisoformat(retry_at) if retry_at else None)
    if entry["failure"] == "PayloadChanged":
        return PayloadChanged(message, "$")
    return Unreachable(message)
