"""A form to fill: what its cells say, which of them may be changed, and what came back.

Knows no letter and no store; a row is known by its key, a column by its own, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tracker.errors import Problem
from tracker.text.printable import whole

MACHINE_SHEET, CHOICES_SHEET = "Máy đọc", "Lựa chọn"
"""Hidden sheets: what was written, for the way back; the words of the drop-downs."""

FORM_MARK = "tracker-form 1"
"""First cell of the machine sheet: by it a workbook is known as a form."""

IDENTITY, LOCKED, OPEN = "identity", "locked", "open"
"""What a line of the machine sheet holds: who the form is for; a locked or an open cell."""

KEY_COLUMN = "#"
LONGEST_CELL = 32_767
LONGEST_TITLE = 31


@dataclass(frozen=True, slots=True)
class FormCell:
    """One cell: its text, whether it may be changed, and the words that are offered for it."""

    text: str = ""
    locked: bool = True
    choices: tuple[str, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column; `width` in letters."""

    key: str
    title_vi: str
    width: float


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row: its key, and its cells in the order of the columns; at least one cell is locked.

    `heading` rows part the others and hold nothing to fill.
    """

    key: str
    cells: tuple[FormCell, ...]
    heading: bool = False


@dataclass(frozen=True, slots=True)
class FormSheet:
    """A sheet: its name, sentences above the header, columns and rows."""

    title: str
    notes: tuple[str, ...]
    columns: tuple[FormColumn, ...]
    rows: tuple[FormRow, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A workbook to fill.

    `identity` is for the way back and is not shown. `guide` are the lines of the first sheet, each
    (title or '', sentence). `made_on` is its day of creation. `footer` stands on every printed
    page, `mark` on every page and sheet, '' = none.
    """

    title: str
    identity: Mapping[str, str]
    guide: tuple[tuple[str, str], ...]
    sheets: tuple[FormSheet, ...]
    made_on: date
    footer: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FilledCell:
    """A cell that came back: where it stands, what it says, and what it said when it was written.

    `row` counts as the office sees it, from 1.
    """

    file: str
    sheet: str
    row: int
    key: str
    column: str
    title: str
    text: str
    written: str

    @property
    def changed(self) -> bool:
        """Say whether somebody changed the cell."""
        return self.text != self.written

    def problem(self, expected: str) -> Problem:
        """Name the cell and what stands there, and say what was expected."""
        place = f"{self.file} [{self.sheet}]"
        return Problem(place, self.row, self.title, self.text, expected)


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form that came back: for whom it was written, its open cells row by row, and what is wrong
    with it."""

    file: str
    identity: Mapping[str, str]
    rows: tuple[tuple[FilledCell, ...], ...]
    problems: tuple[Problem, ...] = field(default=())


def sheet_title(wanted: str, taken: set[str]) -> str:
    """Name a sheet: at most 31 characters, cut between words, none of []:*?/\\, not `taken` (which
    it enters)."""
    first = re.split(r"[;:]", whole(wanted))[0]
    words = re.sub(r"[\[\]:*?/\\']+", " ", first).split() or ["Danh sách"]
    title, number = _fitting(words, LONGEST_TITLE), 1
    while title.lower() in taken:
        number += 1
        ending = f" {number}"
        title = _fitting(words, LONGEST_TITLE - len(ending)) + ending
    taken.add(title.lower())
    return title


def _fitting(words: Sequence[str], longest: int) -> str:
    name = words[0][:longest]
    for word in words[1:]:
        if len(name) + 1 + len(word) > longest:
            break
        name += f" {word}"
    return name.rstrip(" ,.-–")
