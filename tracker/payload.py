"""Reads values out of a platform's JSON, or says loudly what is missing. Knows no platform.

A path is dotted: `statistics.viewCount`, `items[0].id`. None means that the platform does not say;
a value of an unexpected kind is never bent into shape: it raises PayloadChanged with its path.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn

from tracker.errors import PayloadChanged, shown
from tracker.readings import MAX_COUNT

_ABSENT = object()


def pick(body: Any, path: str) -> Any:
    """Give a promised value. Raises PayloadChanged when it is missing or null."""
    value = _find(body, path)
    if value is _ABSENT:
        raise PayloadChanged(f"the reply lacks {path}", path)
    if value is None:
        raise PayloadChanged(f"the reply holds null at {path}", path)
    return value


def optional(body: Any, path: str) -> Any:
    """Give a value that the platform may leave out: None when it is missing or null."""
    value = _find(body, path)
    return None if value is _ABSENT else value


def count(body: Any, path: str) -> int | None:
    """Give a count written as a whole number or as decimal text; None when missing or null.

    Raises PayloadChanged on anything else: negatives, fractions, "12K", true, an empty text.
    """
    value = optional(body, path)
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        _refuse(path, "a count", value)
    return value


def required_count(body: Any, path: str) -> int:
    """Give a promised count. Raises PayloadChanged when it is missing, null or not a count."""
    pick(body, path)
    value = count(body, path)
    assert value is not None, "pick has just found it"
    return value


def text(body: Any, path: str) -> str:
    """Give a promised text. Raises PayloadChanged when it is missing, null, empty or not a text."""
    value = pick(body, path)
    if not isinstance(value, str) or not value:
        _refuse(path, "a text", value)
    return value


def optional_text(body: Any, path: str) -> str | None:
    """Give a text that the platform may leave out; an empty one is a text. None = not said."""
    value = optional(body, path)
    if value is not None and not isinstance(value, str):
        _refuse(path, "a text", value)
    return value


def items(body: Any, path: str) -> list[Any]:
    """Give a promised list, possibly empty. Raises PayloadChanged when it is not there."""
    value = pick(body, path)
    if not isinstance(value, list):
        _refuse(path, "a list", value)
    return value


def instant(written: Any, path: str = "time") -> datetime:
    """Read an RFC 3339 time with its zone and give it in UTC.

    Digits beyond microseconds are cut. Raises PayloadChanged for a time without a zone, because
    guessing one would move posts to another day.
    """
    try:
        found = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        _refuse(path, "a time such as 2026-01-31T08:00:00Z", written)
    if found.tzinfo is None:
        _refuse(path, "a time with its zone", written)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        _refuse(path, "a time of this age", written)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str | int, ...]:
    """Cut `items[0].id` into ("items", 0, "id")."""
    steps: list[str | int] = []
    for part in path.split("."):
        name, *places = part.split("[")
        if name:
            steps.append(name)
        steps += [int(place.removesuffix("]")) for place in places]
    return tuple(steps)


def _find(body: Any, path: str) -> Any:
    """Walk down a path; _ABSENT when a key or place is not there or a null stands in the way."""
    value = body
    for step in _steps(path):
        if value is None:
            return _ABSENT
        if isinstance(step, str):
            if not isinstance(value, dict):
                _refuse(path, f"an object around {step!r}", value)
            value = value.get(step, _ABSENT)
        else:
            if not isinstance(value, list):
                _refuse(path, f"a list around place {step}", value)
            value = value[step] if step < len(value) else _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value


def _refuse(path: str, expected: str, value: Any) -> NoReturn:
    came = f"an object of {len(value)} keys" if isinstance(value, dict) else None
    came = f"a list of {len(value)}" if isinstance(value, list) else came
    raise PayloadChanged(f"at {path} expected {expected}, came {came or shown(repr(value))}", path)
