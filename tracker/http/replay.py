"""Answers from what was kept: an archived night, or a folder of payloads. Knows no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tracker.errors import PayloadChanged, RateLimited, ReadError, Unreachable
from tracker.http.archive import prune
from tracker.http.reply import NotRecorded, Reply, Tallies, Tally, full_address, parse_json
from tracker.secrets import Secret, is_loopback, redact, redact_value

MANIFEST = "manifest.json"
_ANY = ("*", "")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Address:
    """A request as it is compared: without a loopback port, the parameters in order, the body of a
    posted one as JSON, and whose token was used.
    """

    host: str
    path: str
    params: tuple[tuple[str, str], ...]
    sent: str = ""
    whose: str = ""

    @classmethod
    def of(cls, request: str, sent: Any = None, whose: str = "") -> _Address:
        parts = urlsplit(request)
        host = "" if is_loopback(request) else parts.netloc
        params = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
        body = "" if sent is None else json.dumps(redact_value(sent), sort_keys=True)
        return cls(host, parts.path, params, body, whose)

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any]) -> _Address:
        """Give the question that a recorded entry answers."""
        return cls.of(entry["request"], entry.get("sent"), entry.get("whose", ""))

    def answers(self, asked: _Address) -> bool:
        """Say whether a recorded request answers another one, by the rules of ReplayHttp."""
        same_place = (self.host, self.path) == (asked.host, asked.path)
        is_end = not self.host and not self.path.startswith("/")
        if not same_place and not (is_end and asked.path.endswith("/" + self.path)):
            return False
        if self.sent != asked.sent or self.whose not in ("", asked.whose):
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

    where only `request` must be there (without `file` the body is empty); `sent` is the body of a
    posted question (JSON data, the pairs of a form as an object); further keys are notes.
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
                self._recorded.setdefault(_Address.of_entry(entry), []).append(entry)
        else:
            self._recorded = {
                _Address.of(entry["request"], entry.get("sent"), entry.get("whose", "")): [entry]
                for entry in source
            }

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
        read: Callable[[bytes], Any] = parse_json,
        units: int = 1,
        bucket: str = "",
        final: Sequence[str] = (),
        whose: str = "",
    ) -> Reply:
        """Give the recorded reply, or fail as the recorded request did.

        Raises NotRecorded for a request that was never answered.
        """
        self._tallies.count_request(units, bucket)
        address = full_address(url, params)
        return self._recorded_reply(address, (None, whose), platform, keep, read)

    def post(
        self,
        url: str,
        sent: Any,
        *,
        platform: str,
        params: Sequence[tuple[str, str]] = (),
        keep: Sequence[str] = (),
        secret: tuple[str, Secret] | None = None,
        headers: Mapping[str, str] | None = None,
        form: bool = False,
        units: int = 1,
        bucket: str = "",
        final: Sequence[str] = (),
        whose: str = "",
    ) -> Reply:
        """Give the recorded reply to a posted question, as `get` does."""
        self._tallies.count_request(units, bucket)
        address = full_address(url, params)
        return self._recorded_reply(address, (sent, whose), platform, keep, parse_json)

    def exchange(
        self,
        url: str,
        form: Mapping[str, str | Secret],
        *,
        platform: str,
        secret: tuple[str, Secret] | None = None,
        basic: tuple[str, Secret] | None = None,
        in_query: bool = False,
        as_json: bool = False,
    ) -> Reply:
        """Give the recorded reply of a token service; secrets are left out of what was asked."""
        self._tallies.count_request()
        sent = {name: item for name, item in form.items() if not isinstance(item, Secret)}
        if in_query:
            address = full_address(url, list(sent.items()))
            return self._recorded_reply(address, (None, ""), platform, ("*",), parse_json)
        return self._recorded_reply(url, (sent, ""), platform, ("*",), parse_json)

    def charge(self, units: int, bucket: str = "") -> None:
        """Add units that only the reply tells to the running tallies."""
        self._tallies.charge(units, bucket)

    def slow(self, platform: str, per_second: float) -> None:
        """Do nothing: a replay has no pace."""

    def _recorded_reply(
        self,
        address: str,
        more: tuple[Any, str],
        platform: str,
        keep: Sequence[str],
        read: Callable[[bytes], Any],
    ) -> Reply:
        asked = redact(address)
        entries = self._entries(_Address.of(asked, *more))
        if not entries:
            raise NotRecorded(
                f"no recorded {platform} reply answers {asked} "
                f"({len(self._recorded)} requests are recorded)"
            )
        entry = entries.pop(0) if len(entries) > 1 else entries[0]
        if "failure" in entry:
            raise recorded_failure(entry)
        body = read(entry["data"]) if "data" in entry else entry.get("body")
        reply = Reply(
            status=entry.get("status", 200),
            headers={name.lower(): value for name, value in entry.get("headers", {}).items()},
            body=prune(body, keep) if self._pruned and keep != ("*",) else body,
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
    """Read a payload's bytes; whoever asks for it says how they are parsed."""
    if file is None:
        return {}
    data = (folder / file).read_bytes()
    return {"data": data, "digest": hashlib.sha256(data).hexdigest()}


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
