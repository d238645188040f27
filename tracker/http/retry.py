"""Says how long to wait before asking again, and how fast to ask at all. Knows no address."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pyrate_limiter import GCRA, Rate
from urllib3 import BaseHTTPResponse, Retry

RETRIED = frozenset({408, 429, *range(500, 600)} - {501, 505})
"""Statuses that may pass: too slow, too many, and servers in trouble (not what they cannot do)."""

LONGEST_BACKOFF = 60.0


class PatientRetry(Retry):
    """urllib3's Retry with an injected way to wait.

    A pause that the server asks for is kept to the second. Otherwise pauses grow as 1, 2, 4, 8 s,
    each times 0.5 to 1.5, so that 32 threads do not come back in step.
    """

    def __init__(
        self,
        *args: Any,
        wait: Callable[[float], None],
        clock: Callable[[], datetime],
        jitter: Callable[[], float],
        **options: Any,
    ) -> None:
        self.wait, self.clock, self.jitter = wait, clock, jitter
        super().__init__(*args, **options)

    def new(self, **changes: Any) -> PatientRetry:
        """Copy with some values changed, as urllib3 does after each attempt."""
        return super().new(wait=self.wait, clock=self.clock, jitter=self.jitter, **changes)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Give the pause in seconds that a reply asks for; None when it asks for none."""
        return asked_pause(response.status, response.headers, self.clock())

    def get_backoff_time(self) -> float:
        """Give the pause in seconds after the attempts so far."""
        pause = 2.0 ** (len(self.history) - 1) * (0.5 + self.jitter())
        return min(pause, LONGEST_BACKOFF)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next attempt."""
        asked = None if response is None else self.get_retry_after(response)
        self.wait(asked or self.get_backoff_time())


def asked_pause(status: int, headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how many seconds a reply asks us to stay away; None when it does not say.

    `Retry-After` holds seconds or a date (RFC 9110). A 429 without it may say when its limit is
    reset: Mastodon as ISO 8601, Bluesky as Unix seconds, others as seconds from now.
    """
    asked = _seconds_until(headers.get("Retry-After"), now)
    if asked is None and status == 429:
        for name in ("RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"):
            asked = asked if asked is not None else _seconds_until(headers.get(name), now)
    return asked


def _seconds_until(written: str | None, now: datetime) -> float | None:
    """Read seconds, Unix seconds, an ISO instant or an HTTP date; None for anything else."""
    if written is None:
        return None
    written = written.strip()
    if re.fullmatch(r"[0-9]{1,12}", written):
        seconds = float(written)
        return max(0.0, seconds - now.timestamp()) if seconds > 1e9 else seconds
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(written)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    return None


class Pace:
    """An even stream of requests of one credential, shared by all threads.

    `per_second` may be a fraction. Requests come one by one, without a burst at the start: two
    neighbours are at least 1/per_second apart. `seconds` is a clock that never goes back.
    """

    def __init__(
        self, per_second: float, wait: Callable[[float], None], seconds: Callable[[], float]
    ) -> None:
        hour = 3_600_000  # milliseconds: long enough for one request an hour to be a whole number
        self._rates = [Rate(max(1, math.floor(per_second * 3600)), hour, burst=1)]
        self._rule = GCRA()
        self._state = self._rule.initial(self._rates)
        self._lock = threading.Lock()
        self._wait, self._seconds = wait, seconds

    def keep(self) -> None:
        """Take the next turn and wait until it comes. Turns are given in the order of asking."""
        with self._lock:
            now = int(self._seconds() * 1000)
            pause = self._take_turn(now)
            if pause:
                self._take_turn(now + pause)
        if pause:
            self._wait(pause / 1000)

    def _take_turn(self, at: int) -> int:
        """Take a turn at an instant, or give the milliseconds after it at which one is free."""
        self._state, decision = self._rule.step(self._rates, self._state, at, 1)
        return 0 if decision.allowed else max(1, decision.retry_after_ms or 0)
