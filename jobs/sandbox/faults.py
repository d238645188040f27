"""Faults on purpose: which request fails how, decided by seed, request and attempt.

A request is told apart by what it asks, not by when it comes: in whatever order parallel requests
arrive, the same ones fail. After two faults in a row a request is answered, so a reader that tries
three times misses nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from jobs.sandbox import country
from jobs.sandbox.messages import Reply, Request, Work
from jobs.sandbox.world import midnight

KINDS = ("429", "500", "timeout", "truncated", "html", "cut_json", "html_200")
"""`truncated`: the connection breaks inside the body. `cut_json`: the body arrives whole and its
JSON is cut short. `html`: a proxy's error page with status 502; `html_200`: the same with status
200.
"""
MOST_IN_A_ROW = 2


class ControlError(ValueError):
    """A control request asks for something that does not exist; one sentence."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong. Everything is off by default.

    `rate` of requests fail, by one of `kinds`. `retry_after` seconds stand in a 429; after
    `timeout_seconds` the connection closes without an answer. Token services never fail of
    themselves: a lost reply there ends a chain for good. `retired` names fields by platform
    that are no longer sent, `vanished` account ids the platforms do not know any more, `freeze` the
    local day by platform from which counters stand still. `latency_ms` delays every answer. `quota`
    are the units YouTube gives a day.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = KINDS[:5]
    seed: int = 0
    retry_after: int = 1
    timeout_seconds: float = 0.2
    retired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vanished: frozenset[str] = frozenset()
    freeze: Mapping[str, int] = field(default_factory=dict)
    """Unix second by platform."""
    latency_ms: float = 0.0
    quota: Mapping[str, int] = field(default_factory=dict)


def parse_faults(body: Mapping[str, Any]) -> Faults:
    """Read the JSON of a control request. Raises ControlError."""
    known = {item.name for item in fields(Faults)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ControlError(
            f"there is no fault setting {unknown[0]!r}; known are {', '.join(sorted(known))}"
        )
    values = dict(body)
    if "kinds" in values:
        values["kinds"] = tuple(values["kinds"])
        _all_known("fault kind", values["kinds"], KINDS)
    for name in ("retired", "freeze", "quota"):
        _all_known("platform", values.get(name, {}), (*country.PLATFORMS, *country.MORE_PLATFORMS))
    if "retired" in values:
        values["retired"] = {
            platform: tuple(names) for platform, names in values["retired"].items()
        }
    if "vanished" in values:
        values["vanished"] = frozenset(values["vanished"])
        _all_known("account", values["vanished"], [item.id for item in country.every_account()])
    if "freeze" in values:
        values["freeze"] = {
            platform: midnight(parse_day(day)) for platform, day in values["freeze"].items()
        }
    return Faults(**values)


def parse_day(text: str) -> date:
    """Read an ISO day. Raises ControlError."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ControlError(f"{text!r} is not a day such as 2024-09-05") from error


def parse_instant(text: str) -> datetime:
    """Read an ISO instant with its zone. Raises ControlError."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ControlError(f"{text!r} is not an instant such as 2024-09-02T18:00:00Z") from error
    if instant.tzinfo is None:
        raise ControlError(f"{text!r} has no zone; write 2024-09-02T18:00:00Z")
    return instant


def _all_known(what: str, given: Any, known: Any) -> None:
    for name in given:
        if name not in known:
            raise ControlError(f"there is no {what} {name!r}")


class FaultDrawer:
    """Decides, request by request; remembers how often each was seen and failed in a row."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._seen: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def draw(self, platform: str, request: Request) -> str | None:
        """Give the fault that this request meets; None for none."""
        if not self.faults.rate or not self.faults.kinds:
            return None
        identity = identify(platform, request)
        self._seen[identity] += 1
        attempt = self._seen[identity]
        digest = hashlib.sha256(f"{self.faults.seed}/{identity}/{attempt}".encode()).digest()
        unlucky = int.from_bytes(digest[:6], "big") / 2**48 < self.faults.rate
        if not unlucky or self._in_a_row[identity] >= MOST_IN_A_ROW:
            self._in_a_row[identity] = 0
            return None
        self._in_a_row[identity] += 1
        return self.faults.kinds[digest[6] % len(self.faults.kinds)]


def identify(platform: str, request: Request) -> str:
    """Name what a request asks for, without its secret and whatever the order of its parameters."""
    asked = sorted(pair for pair in request.query if pair[0] not in ("key", "access_token"))
    return f"{platform} {request.path} {asked} {request.body.decode('utf-8', 'replace')}"


def broken_page(kind: str, work: Work) -> Reply:
    """Give the page of a proxy in place of an answer, with status 502 or 200."""
    status = 200 if kind == "html_200" else 502
    page = (
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    )
    return Reply(status, page, work, (), "text/html; charset=utf-8")
