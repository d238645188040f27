"""Series as sheets: counts of accounts and posts over the days, checked row by row at speed.

Half a million rows pass here, so each distinct text is worked out once (`finding.Remembered`) and a
row without a problem costs a few look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Generic, TypeVar

from tracker.errors import Problem
from tracker.imports.finding import (
    Accounts,
    Found,
    KnownAccount,
    Remembered,
    parse_lane,
    parse_metric,
    parse_qualifier,
)
from tracker.periods import LOCAL, date_of, day_number, local_date, scheduled_at
from tracker.sheets import OpenSheet, parse_day, parse_instant, parse_number
from tracker.sheets.cells import DAY_EXPECTED, INSTANT_EXPECTED, MAX_DIGITS

Row = TypeVar("Row", bound=tuple[Any, ...])
LOCAL_OFFSET = int((LOCAL.utcoffset(None) or timedelta()).total_seconds())

AccountNumber = tuple[str, int, int, str, str, int | None, int | None, str | None, str | None]
"""(account id, day, observed_at, lane, metric, value, step, qualifier, source) for the store."""

PostNumber = tuple[
    str, str, int | None, int, str, str | None, int | None, str | None, str | None, str | None
]
"""(account id, native id, published_at, observed_at, lane, metric, value, url, kind, language)."""

Key = tuple[str, str | None, int, str, str]
"""(account id, post's native id, day, lane, metric): at most one number each."""


@dataclass
class Numbers(Generic[Row]):
    """The checked rows of a sheet, for the store, and how many lines there were of which sort."""

    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: int = 0
    doubled: int = 0
    unknown: int = 0
    first: dict[Key, tuple[int, int]] = field(default_factory=dict)
    """Key -> (number, row of the sheet), of every number that is known."""

    def add(self, number: int, key: Key, row: Row, value: int) -> bool:
        """Take a number once and say so; the same key with another number is a problem."""
        stood, earlier = self.first.setdefault(key, (value, number))
        if earlier == number:
            self.rows.append(row)
            return True
        if stood != value:
            expected = f"{stood}, as in row {earlier}, which counts the same"
            self.problems.append(Problem(self.file, number, "value", str(value), expected))
        self.doubled += 1
        return False


def needed(parse: Callable[[str], Found | None], expected: str) -> Callable[[str], Found]:
    """Make a reader that refuses the empty cell."""

    def read(text: str) -> Found:
        found = parse(text)
        if found is None:
            raise ValueError(f"{expected} (this column must be filled)")
        return found

    return read


def day_until(today: date) -> Callable[[str], int]:
    """Make the reader of a day that is not after today, as a day number."""

    def read(text: str) -> int:
        day = needed(parse_day, DAY_EXPECTED)(text)
        if day > today:
            raise ValueError(f"a day not after today ({today.isoformat()})")
        return day_number(day)

    return read


def instant_until(now: datetime) -> Callable[[str], int]:
    """Make the reader of an instant that is not after now, in Unix seconds."""

    def read(text: str) -> int:
        instant = needed(parse_instant, INSTANT_EXPECTED)(text)
        if instant > now:
            raise ValueError(f"an instant not after now ({now:%Y-%m-%dT%H:%M:%SZ})")
        return int(instant.timestamp())

    return read


def day_of(seconds: int) -> int:
    """Give the number of the local (UTC+7) day of an instant."""
    return (seconds + LOCAL_OFFSET) // 86400


def parse_step(text: str) -> int | None:
    """Read a rounding unit of 1 or more; '' is None (exact, or what the platform's rounding is)."""
    step = parse_number(text)
    if step == 0:
        raise ValueError("a rounding unit of 1 or more (100 for hundreds)")
    return step


def parse_code(text: str) -> str | None:
    """Read a short code such as a language (`vi`) or a kind of post (`video`); '' is None."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,19}|", text):
        raise ValueError("a short word of plain letters such as video or vi")
    return text.lower() or None


@cache
def scheduled_seconds(day: int) -> int:
    """Give the scheduled instant of a night in Unix seconds: when a count without one stood."""
    return int(scheduled_at(date_of(day)).timestamp())


class Cells:
    """The readers of a series sheet: each distinct text of a column is read once."""

    def __init__(self, sheet: OpenSheet, accounts: Accounts, now: datetime) -> None:
        self.sheet = sheet
        self.accounts = Remembered(accounts.find)
        self.days = Remembered(day_until(local_date(now)))
        self.instants = Remembered(instant_until(now))
        self.lanes = Remembered(parse_lane)
        self.values = Remembered(parse_number)
        self.steps = Remembered(parse_step)
        self.qualifiers = Remembered(parse_qualifier)
        self.codes = Remembered(parse_code)
        self._metrics: dict[tuple[str, str], Remembered[str]] = {}
        self._places = {name: place for place, name in enumerate(sheet.columns)}

    def at(self, *columns: str) -> list[int]:
        """Give the places of columns in a line; -1, where '' is put, for one the sheet lacks."""
        return [self._places.get(column, -1) for column in columns]

    def metric(
        self, account: KnownAccount | ValueError, entity: str, text: str
    ) -> str | ValueError:
        """Find a metric's column; of an unknown account nothing can be said."""
        if isinstance(account, ValueError):
            return ""
        key = account.platform, entity
        if key not in self._metrics:
            self._metrics[key] = Remembered(lambda metric: parse_metric(*key, metric))
        return self._metrics[key][text]

    def value(self, text: str) -> int | ValueError | None:
        """Read a count; plain digits take the short way."""
        if text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
            return int(text)
        return self.values[text]

    def problems(self, number: int, line: Sequence[str], **found: object) -> list[Problem]:
        """Write the problems among the values found in one line, given by column."""
        return [
            Problem(self.sheet.file, number, column, line[self.at(column)[0]], str(value))
            for column, value in found.items()
            if isinstance(value, ValueError)
        ]

    def finish(self, numbers: Numbers[Any]) -> None:
        """Take over the problems of form, and say how counts with separators were read."""
        numbers.problems += self.sheet.problems
        numbers.problems.sort(key=lambda problem: problem.row or 0)
        grouped = [(text, value) for text, value in self.values.items() if isinstance(value, int)]
        if grouped:
            shown = ", ".join(f"{text} = {value}" for text, value in grouped[:3])
            more = f" and {len(grouped) - 3} more" if len(grouped) > 3 else ""
            numbers.notes.append(f"counts with separators were read as {shown}{more}")
        if numbers.unknown:
            numbers.notes.append(f"{numbers.unknown} rows without a number change nothing")
