"""Texts and days as they may stand in any file: what a report prints passes through here."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

LONGEST_TEXT = 8000
"""Titles, names and alternative texts are cut there, and say so; texts and cells never are."""

# What XML 1.0 forbids or a reader cannot see: control characters, lone surrogates, non-characters,
# and the marks that turn the direction of writing (they can make a number read backwards).
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@lru_cache(maxsize=20_000)
def whole(text: str) -> str:
    """Make a text printable everywhere: NFC, no control characters, one kind of line end; nothing
    is cut.
    """
    lines = _LINE_END.sub("\n", text)
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", lines))


def clean(text: str) -> str:
    """Make a text printable as `whole` does, at most `LONGEST_TEXT` long; a cut is marked."""
    text = whole(text[: 2 * LONGEST_TEXT])
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "… (đã cắt bớt)"


def day_text(day: date) -> str:
    """Write a day as dd/mm/yyyy."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"
