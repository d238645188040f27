"""Opens a CSV or XLSX file and hands its rows over one by one or as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from tracker.errors import InputError, Problem
from tracker.sheets.columns import (
    HEADER_SEARCH,
    RUNNING_NUMBERS,
    Layout,
    header_at,
    name_columns,
    refusal,
)
from tracker.sheets.delimited import text_lines
from tracker.sheets.workbook import workbook_lines

OTHER_FORMS = frozenset({".xls", ".ods", ".doc", ".docx", ".pdf", ".zip", ".json", ".html"})


@dataclass(frozen=True)
class SheetRow:
    """One row: `number` as the office sees it (1 is the first line), `cells` column -> text."""

    number: int
    cells: Mapping[str, str]
    file: str = ""

    def get(self, column: str) -> str:
        """Give the text of a cell; '' where the sheet has no such column or the cell is blank."""
        return self.cells.get(column, "")

    def problem(self, column: str | None, expected: str) -> Problem:
        """Name this row, a column and what stands there, and say what was expected."""
        value = None if column is None else self.get(column)
        return Problem(self.file, self.number, column, value, expected)


@dataclass(frozen=True)
class OpenSheet:
    """A sheet being read: `lines` yields (row number, texts); `problems` fills meanwhile."""

    file: str
    columns: tuple[str, ...]
    lines: Iterator[tuple[int, list[str]]]
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """A sheet that was read whole; rows without any content are left out."""

    file: str
    columns: tuple[str, ...]
    rows: list[SheetRow]


def read_sheet(path: Path, layout: Layout | None = None) -> Sheet:
    """Read a CSV or XLSX file whole.

    With a `layout` its columns are checked, synonyms translated and title lines above the header
    skipped; without one the first line with content is the header. Raises InputError with every
    problem of form.
    """
    sheet = open_sheet(path, layout)
    rows = [
        SheetRow(number, dict(zip(sheet.columns, line, strict=True)), sheet.file)
        for number, line in sheet.lines
    ]
    if sheet.problems:
        raise InputError(sheet.problems)
    return Sheet(sheet.file, sheet.columns, rows)


def open_sheet(path: Path, layout: Layout | None = None) -> OpenSheet:
    """Open a CSV or XLSX file and read its header; the lines follow one by one."""
    _refuse_what_is_no_file(path)
    problems: list[Problem] = []
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        lines = workbook_lines(path, problems)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise refusal(
            path.name,
            "a .xlsx workbook without password or a CSV file (this is an old or locked one)",
        )
    else:
        lines = text_lines(path, layout)
    filled = ((number, line) for number, line in lines if any(line))
    head = list(islice(filled, HEADER_SEARCH))
    if not head:
        empty = refusal(path.name, "a header and rows (the file is empty)")
        raise InputError(problems) if problems else empty
    at = header_at([line for _, line in head], layout)
    number, header = head[at]
    names = name_columns(path.name, number, header, layout)
    rest = chain(head[at + 1 :], filled)
    dropped = RUNNING_NUMBERS if layout else frozenset()
    kept = [at for at, name in enumerate(names) if name and name not in dropped]
    columns = tuple(names[at] for at in kept)
    fitted = _fitted(path.name, names, kept, rest, problems)
    return OpenSheet(path.name, columns, fitted, problems)


def _refuse_what_is_no_file(path: Path) -> None:
    if path.is_dir():
        raise refusal(str(path.absolute()), "a CSV or XLSX file (this is a folder)")
    if not path.is_file():
        raise refusal(str(path.absolute()), "a CSV or XLSX file (there is none of this name)")
    if path.suffix.lower() in OTHER_FORMS:
        raise refusal(
            path.name,
            f"a .csv or .xlsx file, not {path.suffix.lower()}; save it as one of these first",
        )


def _fitted(
    file: str,
    names: list[str],
    kept: list[int],
    lines: Iterable[tuple[int, list[str]]],
    problems: list[Problem],
) -> Iterator[tuple[int, list[str]]]:
    """Cut or fill each line to the columns that are kept; a value under no header is a problem."""
    nameless = [at for at, name in enumerate(names) if not name]
    width = len(names)
    whole = len(kept) == width
    for number, line in lines:
        if whole and len(line) == width:
            yield number, line
            continue
        full = line + [""] * (width - len(line))
        stray = next((full[at] for at in (*nameless, *range(width, len(full))) if full[at]), None)
        if stray is not None:
            expected = "no value outside the named columns (is a text with a separator unquoted?)"
            problems.append(Problem(file, number, None, stray, expected))
        elif any(fitted := [full[at] for at in kept]):
            yield number, fitted
