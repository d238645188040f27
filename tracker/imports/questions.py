"""Cells of a letter as the store keys them, and what may be answered to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracker.imports.contacts import NO_CONTACT, contact_in
from tracker.letters import EVIDENCE, Field, Letter, column_of, line_columns
from tracker.sheets import parse_day, parse_decimal, parse_number
from tracker.text import fold
from tracker.text.printable import day_text

SEVERAL = ";"
"""Parts several choices in one answer."""


def question_of(field: str, item: str = "", column: str = "") -> str:
    """Name a cell as the store keys it: `key_message`, or `channels/danang-ubnd-youtube/reason`."""
    return f"{field}/{item}/{column}" if item or column else field


def parts_of(question: str) -> tuple[str, str, str]:
    """Give field, item and column of a key that `question_of` made."""
    field, _, rest = question.partition("/")
    item, _, column = rest.rpartition("/")
    return field, item, column


def field_named(letter: Letter, key: str) -> Field | None:
    """Find a field of a letter; None = it asks for no such thing."""
    return next((field for field in letter.fields if field.key == key), None)


def misplaced(field: Field, item: str, column: str) -> str | None:
    """Say what was expected where a field has no such part or column; None = it has."""
    columns = [one.key for one in line_columns(field)]
    parts = [key for key, _ in field.parts]
    if columns:
        known = [*columns, EVIDENCE]
        return None if column in known else f"a column of {field.key}: {', '.join(known)}"
    if column:
        return f"no column ({field.key} asks for no lines)"
    if field.kind == "measured":
        return f"a question that is answered by hand ({field.key} is measured)"
    if parts:
        return None if item in parts else f"a part of {field.key}: {', '.join(parts)}"
    return f"no part ({field.key} is one answer)" if item else None


def checked_text(field: Field, column: str, text: str) -> str:
    """Check an answer and write it as reports print it: choices as the letter writes them, numbers
    1.234,5, days dd/mm/yyyy. Raises ValueError whose text is what was expected.
    """
    if not text:
        return ""
    if contact := contact_in(text):
        raise ValueError(NO_CONTACT.format(contact))
    asked = column_of(field, column) if column else None
    if asked is None:
        several = field.multiple and not column
        return text if column else _chosen(text, field.options, several=several)
    if asked.form == "number":
        return _number(text)
    if asked.form == "day":
        day = parse_day(text)
        return "" if day is None else day_text(day)
    return _chosen(text, asked.options, several=False)


def _chosen(text: str, options: Sequence[str], *, several: bool) -> str:
    if not options:
        return text
    known = {fold(option): option for option in options}
    given = [one.strip() for one in text.split(SEVERAL)] if several else [text]
    found = [known.get(fold(one)) for one in given if one]
    if not found or None in found:
        some = f"some of (parted by {SEVERAL})" if several else "one of"
        raise ValueError(f"{some} {', '.join(options)}")
    return f"{SEVERAL} ".join(dict.fromkeys(one for one in found if one))


def _number(text: str) -> str:
    try:
        number: float | None = parse_number(text)
    except ValueError:
        number = parse_decimal(text)
    if number is None:
        return ""
    whole, _, rest = f"{number:,.10f}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + (f",{rest}" if rest else "")


def stored_line_evidence(rows: Iterable[Mapping[str, Any]]) -> str:
    """Give the evidence of a line that came cell by cell, each once."""
    return "; ".join(dict.fromkeys(row["evidence"] for row in rows if row["evidence"]))
