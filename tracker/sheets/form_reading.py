"""Reads a form that came back: which cells were changed, and what was done to the locked ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker.errors import Problem, shown
from tracker.sheets.cells import cell_text
from tracker.sheets.columns import refusal
from tracker.sheets.form import (
    FORM_MARK,
    IDENTITY,
    KEY_COLUMN,
    LOCKED,
    MACHINE_SHEET,
    OPEN,
    FilledCell,
    FilledForm,
)
from tracker.sheets.workbook import (
    BROKEN,
    SOUND,
    column_letter,
    open_workbook,
    refuse_bombs,
    sheet_rows,
    uncounted_formulas,
)
from tracker.text import nfc

UNTOUCHED = "a locked cell to stay as it was written, which was {}; answers go into open cells"
MACHINE_COLUMNS = 5
STRAY = "answers in the lines that the sheet offers, none beside them"
TWICE = "each line of the sheet once (this one stands there twice)"


def read_form(path: Path) -> FilledForm | None:
    """Read a form, None where the file is no form. Raises InputError for a damaged or unsafe file.

    The cells come back row by row in the order of the sheets, each with what it said when it was
    written. What must not be changed and was, is a problem.
    """
    import openpyxl

    if not path.is_file():
        return None
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK\x03\x04"):
            return None
    if not openpyxl.DEFUSEDXML:
        raise refusal(path.name, "the package defusedxml to be installed (it guards the reader)")
    try:
        formulas = refuse_bombs(path)
        book = open_workbook(path, results=True)
        try:
            return _form_in(path, book, formulas)
        finally:
            book.close()
    except BROKEN as error:
        raise refusal(path.name, SOUND) from error


@dataclass
class _Written:
    """What the machine sheet remembers: for whom; sheet -> row key -> column -> (locked, text)."""

    identity: dict[str, str] = field(default_factory=dict)
    cells: dict[str, dict[str, dict[str, tuple[bool, str]]]] = field(default_factory=dict)


def _form_in(path: Path, book: Any, formulas: bool) -> FilledForm | None:
    if MACHINE_SHEET not in book.sheetnames:
        return None
    written = _written(book[MACHINE_SHEET])
    if written is None:
        return None
    rows: list[tuple[FilledCell, ...]] = []
    problems: list[Problem] = []
    for title, expected in written.cells.items():
        if title not in book.sheetnames:
            problems.append(Problem(path.name, None, None, None, f"the sheet [{title}]"))
            continue
        if formulas:
            problems += uncounted_formulas(path, title)
        rows += _Sheet(path.name, title, expected, problems).rows(sheet_rows(book[title]))
    return FilledForm(path.name, written.identity, tuple(rows), tuple(problems))


def _written(sheet: Any) -> _Written | None:
    lines = (
        [*(plain(cell) for cell in cells), *[""] * MACHINE_COLUMNS]
        for _, cells in sheet_rows(sheet)
    )
    if next(lines, [""])[0] != FORM_MARK:
        return None
    found = _Written()
    for line in lines:
        what, first, key, column, text = line[:MACHINE_COLUMNS]
        if what == IDENTITY:
            found.identity[first] = key
        elif what in (LOCKED, OPEN):
            row = found.cells.setdefault(first, {}).setdefault(key, {})
            row[column] = (what == LOCKED, text)
    return found


def plain(cell: object) -> str:
    """Give a cell's text as it is compared: composed, line ends as \\n, blanks around cut."""
    try:
        text = cell_text(cell)
    except ValueError:
        text = str(cell)
    return nfc(text.replace("\r\n", "\n").replace("_x000D_", "")).strip()


class _Sheet:
    """One sheet on its way back; what is wrong with it goes into `problems`."""

    def __init__(
        self,
        file: str,
        title: str,
        expected: Mapping[str, Mapping[str, tuple[bool, str]]],
        problems: list[Problem],
    ) -> None:
        self.file, self.title, self.expected, self.problems = file, title, expected, problems
        self.columns: list[str] = []
        self.titles: list[str] = []

    def rows(
        self, lines: Iterable[tuple[int, Sequence[object]]]
    ) -> Iterator[tuple[FilledCell, ...]]:
        """Yield the open cells of each row that was written.

        Above the first row with a key stand the hidden row of column keys, sentences and, last,
        the header.
        """
        seen: set[str] = set()
        begun = False
        for number, cells in lines:
            line = [plain(cell) for cell in cells]
            key = line[0] if line else ""
            if key == KEY_COLUMN:
                self.columns = line
            elif key in self.expected and key not in seen:
                seen.add(key)
                yield tuple(self._open_cells(number, key, line))
            elif key in seen:
                self._wrong(number, TWICE)
            elif not key and any(line):
                if begun:
                    self._wrong(number, STRAY)
                self.titles = self.titles if begun else line
            begun = begun or (bool(key) and key != KEY_COLUMN)
        for key in self.expected:
            if key not in seen:
                self._wrong(None, f"the line {key!r}, which was taken out of the sheet")

    def _wrong(self, number: int | None, expected: str) -> None:
        place = f"{self.file} [{self.title}]"
        self.problems.append(Problem(place, number, None, None, expected))

    def _open_cells(self, number: int, key: str, line: Sequence[str]) -> Iterator[FilledCell]:
        for column, (locked, before) in self.expected[key].items():
            if column not in self.columns:
                self._wrong(number, f"the column {column!r}, which was taken out of the sheet")
                continue
            at = self.columns.index(column)
            title = _at(self.titles, at) or column_letter(at)
            text, written = _at(line, at), plain(before)
            cell = FilledCell(self.file, self.title, number, key, column, title, text, written)
            if not locked:
                yield cell
            elif cell.changed:
                self.problems.append(cell.problem(UNTOUCHED.format(shown(written))))


def _at(line: Sequence[str], at: int) -> str:
    return line[at] if at < len(line) else ""
