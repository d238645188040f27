"""What one cell says: counts, fractions, days and instants, each strictly or not at all."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from tracker.periods import LOCAL
from tracker.text import nfc

UNKNOWN_WORDS = frozenset(
    {"-", "--", "–", "—", "?", "…", "...", "n/a", "#n/a", "na", "nan", "null", "none"}
    | {"không có", "chưa có", "không rõ", "chưa rõ"}
)
DIGITS_KEPT = 10**15
"""A spreadsheet keeps 15 digits of a number; longer ids must be text cells."""

MAX_DIGITS = 18
DAY_EXPECTED = "a day as yyyy-mm-dd or dd/mm/yyyy"
INSTANT_EXPECTED = (
    "a day with a time, as 2024-09-15T08:30:00+07:00 or 15/09/2024 08:30 (UTC+7 without an offset)"
)


@lru_cache(maxsize=2**16)
def clean(cell: str) -> str:
    """Strip blanks at both ends, also invisible ones, and compose Vietnamese letters (NFC)."""
    return cell.strip() if cell.isascii() else nfc(cell)


def cell_text(cell: object) -> str:
    """Write the value of a workbook cell as the text that a CSV would hold.

    A fraction of exactly three digits gets a fourth (`12.345` -> `12.3450`), so that nobody takes
    the decimal point of a number cell for a thousands separator. Raises ValueError for a number of
    more digits than a spreadsheet keeps.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number_text(cell)
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time(0) else cell).isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return clean(str(cell))


def _number_text(number: int | float) -> str:
    if abs(number) >= DIGITS_KEPT:
        raise ValueError("a long id or number as a text cell (a number cell keeps only 15 digits)")
    if number == int(number):
        return str(int(number))
    text = format(Decimal(format(number, ".15g")), "f")
    return text + "0" if len(text.partition(".")[2]) == 3 else text


def _refuse_unknown_word(text: str) -> None:
    if text.lower() in UNKNOWN_WORDS:
        raise ValueError("an empty cell where the value is unknown")


_GROUPS = re.compile(r"[1-9]\d{0,2}([.,\u00a0\u202f ])\d{3}(?:\1\d{3})*", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)


def parse_number(text: str) -> int | None:
    """Read a count: digits, separators only between groups of three (`1.234.567`, `12,345`).

    '' is None (unknown). Raises ValueError whose text is what was expected: for `12,5`, `1.23`,
    `0.123`, `-5`, `12K`, `-`, `n/a`.
    """
    if not text:
        return None
    _refuse_unknown_word(text)
    if not _DIGITS.fullmatch(text):
        grouped = _GROUPS.fullmatch(text)
        if grouped is None:
            raise ValueError(
                "a whole number of 0 or more, separators only between groups of three (12.345)"
            )
        text = text.replace(grouped[1], "")
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a count of at most {MAX_DIGITS} digits")
    return int(text)


def parse_decimal(text: str) -> float | None:
    """Read a value that may have a fraction: `1234.5`, `12,5`, `1.234.567,8`, `-0,3`; '' is None.

    One separator before exactly three digits (`12.345`) may mean either and raises ValueError.
    """
    if not text:
        return None
    _refuse_unknown_word(text)
    sign, digits = (-1, text[1:]) if text.startswith(("-", "−")) else (1, text)
    if re.fullmatch(r"\d+", digits, re.ASCII):
        return float(sign * int(digits))
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits, re.ASCII):
        raise ValueError("a number whose separator is clear: 12345, or 12,3450 for a fraction")
    if re.fullmatch(r"\d+[.,]\d+", digits, re.ASCII):
        return sign * float(digits.replace(",", "."))
    for thousands, comma in ((".", ","), (",", ".")):
        group = re.escape(thousands)
        if re.fullmatch(
            rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+(?:{re.escape(comma)}\d+)?", digits, re.ASCII
        ):
            return sign * float(digits.replace(thousands, "").replace(comma, "."))
    raise ValueError("a number such as 1234,5 or 1.234.567,8")


def parse_day(text: str) -> date | None:
    """Read a day written as yyyy-mm-dd or dd/mm/yyyy; '' is None.

    Raises ValueError whose text is what was expected.
    """
    if not text:
        return None
    _refuse_unknown_word(text)
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", text, re.ASCII):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: 00:00(?::00)?)?", text, re.ASCII):
        day, month, year = (int(part) for part in found.groups())
    else:
        raise ValueError(DAY_EXPECTED)
    try:
        parsed = date(year, month, day)
    except ValueError:
        raise ValueError(
            f"{DAY_EXPECTED} that is in the calendar (the day stands before the month)"
        ) from None
    if not 1900 <= year <= 2100:
        raise ValueError(f"{DAY_EXPECTED} between 1900 and 2100")
    return parsed


def parse_instant(text: str) -> datetime | None:
    """Read a day with time of day as UTC; '' is None.

    `2024-09-15T01:30:00Z`, `2024-09-15 08:30+07:00`, `15/09/2024 08:30`; without an offset it is
    Vietnamese time (UTC+7). A day alone raises ValueError: posts are compared at an age of 168
    hours, so the hour matters.
    """
    if not text:
        return None
    _refuse_unknown_word(text)
    iso = text
    if found := re.fullmatch(
        r"(\d{1,2})/(\d{1,2})/(\d{4})[T ]+(\d{1,2}):(\d{2}.*)", text, re.ASCII
    ):
        day, month, year, hour, rest = found.groups()
        iso = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{rest}"
    if ":" not in iso or len(iso) < 14:
        raise ValueError(INSTANT_EXPECTED)
    try:
        instant = datetime.fromisoformat(iso)
    except ValueError:
        raise ValueError(INSTANT_EXPECTED) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=LOCAL)
    if not 1900 < instant.year <= 2100:
        raise ValueError(f"{INSTANT_EXPECTED}, between 1901 and 2100")
    return instant.astimezone(UTC)
