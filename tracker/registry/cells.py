"""From the texts of a row to typed values, with a problem for every cell that does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cache
from typing import Any, Generic, cast, get_args, get_type_hints

from tracker.errors import Problem
from tracker.registry.rows import AnyRow, Row
from tracker.sheets import SheetRow, parse_day, parse_decimal, parse_number
from tracker.text import fold, nearest, nfc

ID_SHAPE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*|[A-Z][0-9]*")
"""Small letters, digits and hyphens; or a code of communication elements (A, A1)."""

ID_EXPECTED = "an id of small letters without marks, digits and hyphens, such as ubnd-quang-ninh"
SPANS = (
    ("valid_from", "valid_to"),
    ("active_from", "active_to"),
    ("start", "end"),
    ("day_from", "day_to"),
)
"""Pairs of columns whose second day must not lie before the first."""


@dataclass(frozen=True)
class Placed(Generic[AnyRow]):
    """A typed row and the place it came from."""

    row: AnyRow
    at: SheetRow


def read_rows(
    row_type: type[AnyRow],
    sheet: Iterable[SheetRow],
    given: Mapping[int, Mapping[str, str]] | None = None,
) -> tuple[list[Placed[AnyRow]], list[Problem]]:
    """Type the cells of every row; a row with a problem is left out.

    `given` overrides cells by row number: what was worked out before, such as a missing id.
    """
    placed: list[Placed[AnyRow]] = []
    problems: list[Problem] = []
    for at in sheet:
        values, wrong = _values(row_type, at, (given or {}).get(at.number, {}))
        problems += wrong
        if not wrong:
            placed.append(Placed(row_type(**values), at))
    return placed, problems


def _values(
    row_type: type[Row], at: SheetRow, given: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, parse, required in _readers(cast(Any, row_type)):
        text = nfc(given.get(name, at.get(name)))
        if not text and required:
            problems.append(at.problem(name, "a value (this column must be filled)"))
            continue
        try:
            values[name] = parse(text) if text else None
        except ValueError as error:
            problems.append(at.problem(name, str(error)))
    for first, last in SPANS:
        if values.get(first) and values.get(last) and values[last] < values[first]:
            problems.append(at.problem(last, f"a day not before {first} ({values[first]})"))
    return values, problems


@cache
def _readers(row_type: Any) -> tuple[tuple[str, Callable[[str], Any], bool], ...]:
    """List (column, how to read it, must it be filled) of a class of rows."""
    types = get_type_hints(row_type)
    return tuple(
        (
            field.name,
            _reader(field.name, types[field.name]),
            field.default is MISSING,
        )
        for field in fields(row_type)
    )


def _reader(name: str, hint: Any) -> Callable[[str], Any]:
    kinds = set(get_args(hint) or (hint,)) - {type(None)}
    if kinds == {date}:
        return parse_day
    if kinds == {int}:
        return parse_number
    if kinds == {float}:
        return parse_decimal
    if kinds == {bool}:
        return parse_flag
    return parse_id if name == "id" else str


def parse_id(text: str) -> str:
    """Accept an id. Raises ValueError whose text is what was expected."""
    if not ID_SHAPE.fullmatch(text):
        raise ValueError(ID_EXPECTED)
    return text


def parse_flag(text: str) -> bool:
    """Read yes or no. Raises ValueError whose text is what was expected."""
    words = {"true": True, "1": True, "có": True, "false": False, "0": False, "không": False}
    if text.lower() not in words:
        raise ValueError("true or false")
    return words[text.lower()]


def one_of(
    text: str | None,
    known: Mapping[str, Iterable[str]] | Iterable[str],
) -> str | None:
    """Find the key that a word means; keys may have Vietnamese synonyms, compared by `fold`.

    '' or None stays None. Raises ValueError that lists the keys and suggests a near one.
    """
    if not text:
        return None
    synonyms: Mapping[str, Iterable[str]] = (
        known if isinstance(known, Mapping) else dict.fromkeys(known, ())
    )
    meant = {fold(word): key for key, words in synonyms.items() for word in (key, *words)}
    if fold(text) in meant:
        return meant[fold(text)]
    raise ValueError(f"one of {', '.join(synonyms)}{did_you_mean(text, synonyms)}")


def new_or_one_of(text: str, known: Mapping[str, Iterable[str]]) -> str:
    """Like `one_of`, but a new well-formed key is taken as it is: such lists are data.

    A word that is nearly a known one is a misspelling and raises ValueError.
    """
    try:
        return one_of(text, known) or ""
    except ValueError:
        key = text.lower().replace(" ", "_").replace("-", "_")
        if nearest(text, known) or not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            raise
        return key


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Write ` (did you mean …?)` when a known word is near, else ''."""
    near = nearest(text, known)
    return f" (did you mean {near}?)" if near else ""


def doubled(placed: Iterable[Placed[AnyRow]], column: str) -> list[Problem]:
    """Find rows whose key stands in the same sheet twice."""
    first: dict[tuple[str, ...], int] = {}
    problems = []
    for one in placed:
        earlier = first.setdefault(one.row.key, one.at.number)
        if earlier != one.at.number:
            problems.append(one.at.problem(column, f"a row only once (row {earlier} has the same)"))
    return problems


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by the row they are in."""
    return sorted(problems, key=lambda problem: problem.row or 0)
