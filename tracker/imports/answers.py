"""What offices answered to the declared questions of a letter: one cell a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracker.errors import InputError, Problem
from tracker.imports.finding import Found
from tracker.letters import letter_ids, letter_named
from tracker.registry import Register
from tracker.sheets import Layout, Sheet, SheetRow, parse_day, parse_number
from tracker.text import fold, nearest

ANSWERS = Layout(
    ("letter", "locality_id|agency_id", "field", "value"),
    ("item", "column", "row", "evidence", "answered_on", "office"),
)


def question_of(field: str, item: str = "", column: str = "") -> str:
    """Name a cell as the store keys it: `key_message`, or `channels/danang-ubnd-youtube/reason`."""
    return f"{field}/{item}/{column}" if item or column else field


def parts_of(question: str) -> tuple[str, str, str]:
    """Give field, item and column of a key that `question_of` made."""
    field, _, rest = question.partition("/")
    item, _, column = rest.rpartition("/")
    return field, item, column


def choices_of(letter: str) -> dict[str, tuple[str, ...]]:
    """Give the keys of a letter's fields with the choices of each (empty: free text)."""
    return {field.key: field.options for field in letter_named(letter).fields}


def check_answers(sheet: Sheet, known: Register) -> list[dict[str, Any]]:
    """Check a sheet of answers; give rows for the table `answer`. Raises InputError."""
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    first: dict[tuple[Any, ...], int] = {}
    for at in sheet.rows:
        wrong: list[Problem] = []
        letter = _read(at, "letter", _letter, wrong)
        unit = _read_unit(at, known, wrong)
        field, value = ("", "") if letter is None else _field_and_value(at, letter, wrong)
        row = _read(at, "row", parse_number, wrong)
        answered_on = _read(at, "answered_on", parse_day, wrong)
        question = question_of(field, at.get("item"), at.get("column"))
        key = letter, unit, question, row or 0
        if not wrong and first.setdefault(key, at.number) != at.number:
            wrong.append(at.problem("field", f"each cell once; row {first[key]} has it too"))
        problems += wrong
        rows.append(
            {
                "letter": letter,
                "unit_id": unit,
                "question": question,
                "row": row or 0,
                "value": value or None,
                "evidence": at.get("evidence") or None,
                "entered_on": answered_on,
                "office": at.get("office") or None,
            }
        )
    if problems:
        raise InputError(problems)
    return rows


def _read(
    at: SheetRow, column: str, parse: Callable[[str], Found], problems: list[Problem]
) -> Found | None:
    try:
        return parse(at.get(column))
    except ValueError as error:
        problems.append(at.problem(column, str(error)))
        return None


def _letter(text: str) -> str:
    if text not in letter_ids():
        raise ValueError(f"the id of a letter: {', '.join(letter_ids())}")
    return text


def _read_unit(at: SheetRow, known: Register, problems: list[Problem]) -> str:
    """Find who answers: a locality, also through its People's Committee, else an agency."""
    if text := at.get("locality_id"):
        match, column, what = known.find_locality(text), "locality_id", "a locality"
    else:
        text = at.get("agency_id")
        match, column, what = known.find_agency(text), "agency_id", "an agency"
    if len(match.ids) != 1:
        near = f" (did you mean {match.suggestion}?)" if match.suggestion else ""
        several = f": {' or '.join(match.ids)}" if match.ids else near
        problems.append(at.problem(column, f"the id of {what} of the register{several}"))
        return ""
    found = match.ids[0]
    agency = known.agencies.get(found)
    committee = agency is not None and found == f"ubnd-{agency.locality_id}"
    return agency.locality_id or found if agency is not None and committee else found


def _field_and_value(at: SheetRow, letter: str, problems: list[Problem]) -> tuple[str, str]:
    """Check the field, and the value where the letter offers choices."""
    fields = choices_of(letter)
    field, value = at.get("field"), at.get("value")
    if field not in fields:
        near = nearest(field, fields)
        hint = f" (did you mean {near}?)" if near else ""
        expected = f"a field of letter {letter}: {', '.join(fields)}{hint}"
        problems.append(at.problem("field", expected))
        return field, value
    choices = {fold(choice): choice for choice in fields[field]}
    if not value or not choices or at.get("item") or at.get("column"):
        return field, value
    if fold(value) not in choices:
        problems.append(at.problem("value", f"one of {', '.join(fields[field])}"))
    return field, choices.get(fold(value), value)
