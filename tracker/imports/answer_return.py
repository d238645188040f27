"""The filled workbook of a letter on its way back: what is new, what was withdrawn, what is wrong.

Only what somebody changed on the sheet counts. A cell that was left as it was written says nothing
against an answer that came since; a cell that was cleared withdraws its answer ("asked, not
answered") only where the import is told to replace, else the answer stays and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.errors import InputError, Problem
from tracker.imports.answer_form import (
    ANSWER,
    DAY_KEY,
    FORM_KIND,
    OFFICE_KEY,
    Stored,
    asked_by,
    stored_text,
)
from tracker.imports.contacts import NO_CONTACT, contact_in
from tracker.imports.questions import checked_text, field_named, misplaced, parts_of, question_of
from tracker.letters import EVIDENCE, Letter
from tracker.registry import Register
from tracker.sheets import FilledCell, FilledForm, parse_day


@dataclass(frozen=True, slots=True)
class Returned:
    """What a form brings: rows of the table `answer` that differ from the stored ones, how many
    answers stand on the form, and the cells whose clearing was not carried out."""

    rows: tuple[dict[str, Any], ...]
    answered: int
    kept: tuple[FilledCell, ...]


def check_identity(
    form: FilledForm, known: Register, letters: Sequence[str], *, synthetic: bool
) -> tuple[str, str]:
    """Give the letter and the respondent that a form was written for. Raises InputError where it
    was not written for this register and store.
    """
    said = form.identity
    letter, unit = said.get("letter", ""), said.get("unit", "")
    wrong = ""
    if said.get("kind") != FORM_KIND:
        wrong = "a sheet of answers, as tracker answers writes it"
    elif letter not in letters:
        wrong = f"a sheet of a letter that is here: {', '.join(letters)}, not {letter!r}"
    elif unit not in known.localities and unit not in known.agencies:
        wrong = f"a sheet of a locality or agency of the register, not {unit!r}"
    elif said.get("synthetic") == "1" and not synthetic:
        wrong = "a sheet of official numbers; this one was written from a synthetic store"
    if wrong:
        raise InputError([Problem(form.file, None, None, None, wrong)])
    return letter, unit


def check_form(
    form: FilledForm,
    letter: Letter,
    unit: str,
    stored: Stored,
    *,
    office: str | None,
    today: date,
    replacing: bool,
) -> Returned:
    """Check a form that came back against the letter and the stored answers of its respondent.

    `office` takes the place of the one on the form, `today` that of a missing day. Raises
    InputError with every problem.
    """
    problems = list(form.problems)
    head = {
        cell.key: cell for row in form.rows for cell in row if cell.key in (OFFICE_KEY, DAY_KEY)
    }
    said_office, said_day = _head(head, problems)
    reader = _Reader(letter, stored, problems, replacing=replacing)
    for cells in form.rows:
        if cells and cells[0].key not in head:
            reader.read(cells)
    if problems:
        raise InputError(problems)
    rows = [
        {
            "letter": letter.id,
            "unit_id": unit,
            "question": question,
            "row": row,
            "value": value or None,
            "evidence": evidence or None,
            "entered_on": said_day or today,
            "office": office or said_office or None,
        }
        for (question, row), (value, evidence) in reader.found.items()
    ]
    return Returned(tuple(rows), reader.answered, tuple(reader.kept))


def _head(
    cells: Mapping[str, FilledCell], problems: list[Problem]
) -> tuple[str | None, date | None]:
    office, day = cells.get(OFFICE_KEY), cells.get(DAY_KEY)
    answered_on = None
    if office is not None and (contact := contact_in(office.text)):
        problems.append(office.problem(NO_CONTACT.format(contact)))
    try:
        answered_on = parse_day(day.text) if day is not None else None
    except ValueError as error:
        assert day is not None, "only a cell can be misread"
        problems.append(day.problem(str(error)))
    return (office.text if office is not None else None), answered_on


class _Reader:
    """Reads row after row: `found` holds the new state of each cell that changes."""

    def __init__(
        self, letter: Letter, stored: Stored, problems: list[Problem], *, replacing: bool
    ) -> None:
        self.letter, self.stored, self.problems = letter, stored, problems
        self.replacing = replacing
        self.found: dict[tuple[str, int], tuple[str, str]] = {}
        self.kept: list[FilledCell] = []
        self.answered = 0

    def read(self, cells: Sequence[FilledCell]) -> None:
        try:
            row, asked = asked_by(cells[0].key)
        except ValueError:
            self.problems.append(cells[0].problem("a line as the program wrote it"))
            return
        by_column = {cell.column: cell for cell in cells}
        if ANSWER in by_column:
            self._take(asked, row, by_column[ANSWER], by_column.get(EVIDENCE))
            return
        field, _, item = asked.partition("/")
        for column, cell in by_column.items():
            self._take(question_of(field, item, column), row, cell, None)

    def _take(
        self, question: str, row: int, answer: FilledCell, evidence: FilledCell | None
    ) -> None:
        """Settle one answer and its evidence against what is stored."""
        self.answered += bool(answer.text)
        stored = self.stored.get((question, row))
        before = stored_text(self.stored, question, row)
        proof = (stored or {}).get("evidence") or ""
        value = self._settled(answer, before, question, known=stored is not None or bool(before))
        if evidence is not None:
            proof = self._settled(evidence, proof, question, known=stored is not None)
        if (value, proof) != (before, (stored or {}).get("evidence") or ""):
            self.found[question, row] = (value, proof)

    def _settled(self, cell: FilledCell, before: str, question: str, *, known: bool) -> str:
        """Give what a cell says from now on."""
        if not cell.changed and (known or not cell.text):
            return before
        if not cell.text:
            if before and not self.replacing:
                self.kept.append(cell)
            return "" if self.replacing else before
        return self._checked(cell, question)

    def _checked(self, cell: FilledCell, question: str) -> str:
        name, item, column = parts_of(question)
        field = field_named(self.letter, name)
        try:
            if field is None or (wrong := misplaced(field, item if not column else "", column)):
                asked = f"a question of letter {self.letter.id}; ask for a new sheet"
                raise ValueError(asked if field is None else wrong)
            if cell.column == EVIDENCE:
                if contact := contact_in(cell.text):
                    raise ValueError(NO_CONTACT.format(contact))
                return cell.text
            return checked_text(field, column, cell.text)
        except ValueError as error:
            self.problems.append(cell.problem(str(error)))
            return ""


def kept_note(kept: Sequence[FilledCell]) -> str:
    """Say which cells were cleared and keep their answers."""
    places = ", ".join(f"[{cell.sheet}] row {cell.row}" for cell in kept)
    return (
        f"{len(kept)} cleared cells keep their answers ({places}); "
        "withdraw them with --replace REASON"
    )
