"""What Facebook, Instagram and Threads share: the error envelope of Meta's Graph API, its usage
headers and its paging. Knows no field of any of them.

Documentation: Handling errors, Rate limits, Batch requests (developers.facebook.com, Graph API
v26.0), read November 2026. HTTP status is mostly 400 and not dependable: codes decide.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.errors import (
    AccessDenied,
    AccountMoved,
    BadRequest,
    MetricUnavailable,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import optional

ERRORS: dict[str, type[ReadError]] = {
    "190": AccessDenied,
    "102": AccessDenied,
    "10": PermissionMissing,
    "3": PermissionMissing,
    "200": PermissionMissing,
    "803": NotFoundOrNoAccess,
    "21": AccountMoved,
    "4": RateLimited,
    "17": RateLimited,
    "32": RateLimited,
    "613": RateLimited,
    "1": Unreachable,
    "2": Unreachable,
    "100": BadRequest,
}
"""By code, the ones all three share; 200 stands for 200 to 299. Messages and subcodes decide where
a code means several things: see `read_error`."""

SLOW_AT, STOP_AT = 75, 90
"""Percent of a budget from which we slow down, and from which we stop."""
SLOW_PACE = 0.2


def answer(reply: Reply, errors: dict[str, type[ReadError]]) -> Any:
    """Give the JSON object of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict) and "error" not in reply.body:
        return reply.body
    raise read_error(reply.body, reply, errors)


def read_error(body: Any, reply: Reply, errors: dict[str, type[ReadError]]) -> ReadError:
    """Turn an error envelope (of a reply, or of one part of a batch) into our kind of error.

    `errors` is the connector's own table: code, or `code/subcode`, → kind. What a code means beside
    that: 10 "Object does not exist" is no missing permission, 10 "Not enough viewers" and
    "feature not available" concern one metric only, 100/33 is an object that is gone or not shown
    to us, 100 that names a field or a metric concerns that one, 1 with "reduce the amount of data"
    is a request that is too large.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        if reply.status >= 500:
            return Unreachable(f"HTTP {reply.status}, {reply.kind}")
        return PayloadChanged(f"HTTP {reply.status}, {reply.kind} of another shape", "$")
    code, subcode = str(error.get("code", "")), str(error.get("error_subcode", ""))
    said = " ".join(str(error.get(name) or "") for name in ("message", "error_user_msg")).strip()
    message = f"code {code}{'/' + subcode if subcode else ''}: {said}"
    lowered = said.casefold()
    if code == "1" and (subcode == "99" or "reduce the amount of data" in lowered):
        return TooMuchData(message)
    if code == "10" and "does not exist" in lowered:
        return NotFoundOrNoAccess(message)
    if (code == "10" and "enough viewers" in lowered) or "feature_not_available" in lowered:
        return MetricUnavailable(message, "")
    if code == "100" and subcode == "33":
        return NotFoundOrNoAccess(message)
    if code == "100" and (metric := refused_name(said)) is not None:
        return MetricUnavailable(message, metric)
    kind = errors.get(f"{code}/{subcode}") or errors.get(code)
    if kind is None and code.isdigit() and 200 <= int(code) <= 299:
        kind = PermissionMissing
    if kind is None:
        kind = Unreachable if error.get("is_transient") or reply.status >= 500 else BadRequest
    if kind is RateLimited:
        return RateLimited(message, regain_at(reply))
    if kind is AccountMoved:
        found = re.findall(r"page ID (\d+)", said, re.IGNORECASE)
        return AccountMoved(message, found[-1] if found else None)
    return kind(message)


def refused_name(said: str) -> str | None:
    """Find which field or metric a code 100 refuses; "" where it refuses one without naming it,
    None where it speaks of something else.
    """
    found = re.search(r"nonexisting field \(([^)]+)\)", said)
    if found:
        return found[1]
    refused = ("valid insights metric", "must be one of the following values")
    return "" if any(words in said for words in refused) else None


def regain_at(reply: Reply) -> datetime | None:
    """Give the UTC instant from which a limited credential may ask again; None = not said."""
    minutes = [
        entry["estimated_time_to_regain_access"]
        for entry in _business_usages(reply)
        if isinstance(entry.get("estimated_time_to_regain_access"), int)
    ]
    longest = max(minutes, default=0)
    return reply.received_at + timedelta(minutes=longest) if longest else None


def usage(reply: Reply) -> int:
    """Give how many percent of a budget are used up, the highest of what the headers say; 0 = they
    say nothing. It may exceed 100.
    """
    found = [0]
    for name in ("x-app-usage", "x-page-usage"):
        found += _percents(_parsed(reply.headers.get(name, "")))
    for entry in _business_usages(reply):
        found += _percents(entry)
    return max(found)


class Guard:
    """Slows down at 75 % of a budget and stops at 90 %, before the platform does. Thread-safe."""

    def __init__(self, http: Http, platform: str) -> None:
        self.http, self.platform = http, platform
        self._stops: dict[str, RateLimited] = {}
        self._lock = threading.Lock()

    def check(self, credential: str) -> None:
        """Raise RateLimited where a credential has used up what we allow ourselves."""
        with self._lock:
            stop = self._stops.get(credential)
        if stop is not None:
            raise stop

    def note(self, credential: str, reply: Reply) -> None:
        """Take in what a reply says of the budget."""
        used = usage(reply)
        if used >= SLOW_AT:
            self.http.slow(self.platform, SLOW_PACE)
        if used >= STOP_AT:
            again = regain_at(reply) or reply.received_at + timedelta(hours=1)
            said = f"{used} % of the budget is used; we stop at {STOP_AT} %"
            with self._lock:
                self._stops.setdefault(credential, RateLimited(said, again))


def after(body: Any) -> str | None:
    """Give the cursor behind a page of a nested list; None = the end."""
    found = optional(body, "paging.cursors.after")
    return found if isinstance(found, str) and found else None


def _business_usages(reply: Reply) -> Iterator[dict[str, Any]]:
    listed = _parsed(reply.headers.get("x-business-use-case-usage", ""))
    if isinstance(listed, dict):
        for entries in listed.values():
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict):
                    yield entry


def _percents(entry: Any) -> list[int]:
    if not isinstance(entry, dict):
        return []
    names = ("call_count", "total_time", "total_cputime")
    return [entry[name] for name in names if isinstance(entry.get(name), int)]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
