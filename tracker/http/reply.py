"""What a request brings back, and the count of what was asked. Knows no network and no file."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, Protocol
from urllib.parse import urlencode

from tracker.errors import TrackerError
from tracker.secrets import Secret


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_json(data: bytes) -> Any | None:
    """Parse a body; None where it is not whole JSON in UTF-8 (an error page, a cut, NaN)."""
    try:
        return _decoder.decode(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True)
class Reply:
    """One final answer of a platform, whatever its status.

    `headers` have lower-case keys. `body` is the parsed JSON, None where the reply is not whole
    JSON; `kind` is the content type without its parameters. `digest` is the sha256 of what the
    archive keeps of it, empty when nothing is archived. `received_at` is UTC. `url` is the address
    with its parameters, without the secret.
    """

    status: int
    headers: Mapping[str, str]
    body: Any | None
    kind: str
    digest: str
    received_at: datetime
    url: str


@dataclass
class Tally:
    """What one thread asked while the tally ran.

    `requests` counts every request, retries and redirects included; `units` what they cost in the
    platform's own units, by bucket of its budget; `digests` are those of archived replies, in
    order; `received_at` (UTC) and `date_header` belong to the last reply.
    """

    requests: int = 0
    units: Counter[str] = field(default_factory=Counter)
    digests: list[str] = field(default_factory=list)
    received_at: datetime | None = None
    date_header: str | None = None

    @property
    def server_time(self) -> datetime | None:
        """Give the platform's own clock at the last reply; None where it did not say."""
        try:
            return parsedate_to_datetime(self.date_header) if self.date_header else None
        except ValueError:
            return None


class Http(Protocol):
    """The one object that touches the network, live or replayed."""

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
        """Ask once and give the final reply, whatever its status.

        `keep` names the fields that the archive may keep (`items[].statistics.viewCount`). `secret`
        is a query parameter and its value, or ("Authorization", token) for a bearer token, or
        ("header:access_token", token) for a header of another name, or ("{secret}", token) for a
        place in the address. `read` turns bytes into plain data where the reply is not JSON (a
        page, a feed), None where it is not what was promised. `units` is what each request costs
        of the budget `bucket`. A reply that holds one of the texts `final` will not get better and
        is not retried (a day's quota behind a 429). `whose` names the account where only the token
        tells whom the question is about, so that the archive can tell the answers apart. Raises
        Unreachable, RateLimited (a wait above the cap) and PayloadChanged (larger than the cap).
        """
        ...

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
        """Ask a question whose parameters stand in the body: JSON data, or a `form` of texts.

        For reading only: it is retried and archived as `get` is. `sent` holds no secret.
        """
        ...

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
        """Ask a token service once: never retried, never archived, no redirect followed.

        `form` goes into the body as a form or (`as_json`) as JSON, or with `in_query` into the
        address of a GET; `basic` is user and password. Every token in the reply is hidden from all
        texts from then on. Raises Unreachable where there is no answer; whether the service has
        acted is unknown then.
        """
        ...

    def charge(self, units: int, bucket: str = "") -> None:
        """Add units that only the reply tells (objects that cost money) to the tallies."""
        ...

    def slow(self, platform: str, per_second: float) -> None:
        """Ask a platform no faster than this from now on; a loopback address has no pace."""
        ...

    def tally(self) -> AbstractContextManager[Tally]:
        """Count what this thread asks inside the `with` block."""
        ...


class NotRecorded(TrackerError):
    """A replay was asked for something that was never answered; not a ReadError, so it is loud."""


class Tallies(threading.local):
    """The running tallies of each thread."""

    def __init__(self) -> None:
        self.running: list[Tally] = []

    @contextmanager
    def start(self) -> Iterator[Tally]:
        """Run one tally; tallies may be nested."""
        tally = Tally()
        self.running.append(tally)
        try:
            yield tally
        finally:
            self.running.pop()

    def count_request(self, units: int = 1, bucket: str = "") -> None:
        """Count one request on the wire and what it costs."""
        for tally in self.running:
            tally.requests += 1
        self.charge(units, bucket)

    def charge(self, units: int, bucket: str) -> None:
        """Add units to a bucket."""
        for tally in self.running:
            if units:
                tally.units[bucket] += units

    def count_reply(self, reply: Reply) -> None:
        """Note one final reply."""
        for tally in self.running:
            tally.received_at = reply.received_at
            tally.date_header = reply.headers.get("date")
            if reply.digest:
                tally.digests.append(reply.digest)


def full_address(url: str, params: Sequence[tuple[str, str]]) -> str:
    """Join an address and its parameters."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
