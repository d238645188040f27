"""What passes between server and platforms: a request, a reply, and what it was good for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from jobs.sandbox.world import World

JSON_TYPE = "application/json; charset=utf-8"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request, already cut up. `path` is what follows the platform's base; header names are
    lower case.
    """

    verb: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Read the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self) -> dict[str, str]:
        """Read the body as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def bearer(self) -> str:
        """Give the token of the Authorization header, empty where there is none."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def one(self, name: str) -> str | None:
        """Give the first value of a parameter; None where it was not sent."""
        return next((value for key, value in self.query if key == name), None)

    def every(self, name: str) -> list[str]:
        """List the values of a parameter that may be sent several times."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True)
class Work:
    """What a good reply was good for; the ledger makes the minimum of it.

    `kind`: `profiles` (accounts asked for together), `reason` (one account asked for alone after a
    batch left it out), `resolve` (a handle turned into an id), `list` (one page of the posts of
    `account`), `posts` (posts asked for by id), `token` (a token of `account` was issued or
    renewed), `other`. `subjects` are the ids of accounts or posts, `shown` those of posts whose
    counts came along.
    """

    method: str
    kind: str = "other"
    subjects: tuple[str, ...] = ()
    account: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """One reply. `body` is text; `work` says what it was good for."""

    status: int
    body: str
    work: Work
    headers: Headers = ()
    content_type: str = JSON_TYPE


@dataclass(frozen=True)
class Scene:
    """The country at the moment of one request.

    `now` decides what exists, `counted_at` how far the counters of the platform have come (earlier
    than `now` while they are frozen); both Unix seconds. `vanished` are account ids that the
    platform no longer knows.
    """

    world: World
    now: int
    counted_at: int
    vanished: frozenset[str] = frozenset()

    def state(self, key: str) -> str:
        """Say what the platform knows of an account: see World.state, and `vanished`."""
        return "vanished" if key in self.vanished else self.world.state(key, self.now)


def to_json(value: Any) -> str:
    """Write JSON without spaces, as the platforms do on request."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def joined(fixed: str, counts: Mapping[str, int | None]) -> str:
    """Add the counts of this moment to a JSON object written before; None leaves one out."""
    added = "".join(f',"{name}":{value}' for name, value in counts.items() if value is not None)
    return f"{fixed[:-1]}{added}}}"
