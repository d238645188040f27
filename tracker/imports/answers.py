"""What offices answered to the declared questions of a letter: one cell a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tracker.errors import InputError, Problem
from tracker.imports.contacts import NO_CONTACT, contact_in
from tracker.imports.finding import Found
from tracker.imports.questions import checked_text, field_named, misplaced, question_of
from tracker.letters import Letter, letter_ids, letter_named, line_columns
from tracker.registry import Register
from tracker.sheets import Layout, Sheet, SheetRow, parse_day, parse_number
from tracker.text import nearest

ANSWERS = Layout(
    ("letter", "locality_id|agency_id", "field", "value"),
    ("item", "column", "row", "evidence", "answered_on", "office"),
)


def check_answers(
    sheet: Sheet, known: Register, folder: Path | None = None, office: str | None = None
) -> list[dict[str, Any]]:
    """Check a sheet of answers; give rows for the table `answer`. Raises InputError.

    `folder` is the data folder, whose letters may be answered too; `office` answers where a row
    names none.
    """
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    first: dict[tuple[Any, ...], int] = {}
    letters = letter_ids(folder)
    outline = cache(lambda letter: letter_named(letter, folder))
    for at in sheet.rows:
        wrong: list[Problem] = []
        unit = _read_unit(at, known, wrong)
        letter = at.get("letter")
        if letter not in letters:
            expected = f"the id of a letter: {', '.join(letters)}"
            wrong.append(at.problem("letter", expected))
            field, value = "", ""
        else:
            field, value = _field_and_value(at, outline(letter), wrong)
        row = _read(at, "row", parse_number, wrong)
        answered_on = _read(at, "answered_on", parse_day, wrong)
        for column in ("evidence", "office"):
            if contact := contact_in(at.get(column)):
                wrong.append(at.problem(column, NO_CONTACT.format(contact)))
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
                "office": at.get("office") or office,
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


def _field_and_value(at: SheetRow, letter: Letter, problems: list[Problem]) -> tuple[str, str]:
    """Check the field, its part or column, and what is answered."""
    name, value, item, column = (at.get(one) for one in ("field", "value", "item", "column"))
    field = field_named(letter, name)
    if field is None:
        keys = [one.key for one in letter.fields]
        near = nearest(name, keys)
        hint = f" (did you mean {near}?)" if near else ""
        expected = f"a field of letter {letter.id}: {', '.join(keys)}{hint}"
        problems.append(at.problem("field", expected))
        return name, value
    if wrong := misplaced(field, item, column):
        by_line = column or line_columns(field)
        named = "column" if by_line else "item" if item or field.parts else "field"
        problems.append(at.problem(named, wrong))
        return name, value
    try:
        return name, checked_text(field, column, value)
    except ValueError as error:
        problems.append(at.problem("value", str(error)))
        return name, value
