"""XLSX: the one filled sheet of a workbook, read with care for hostile and half-counted files."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker.errors import Problem
from tracker.sheets.cells import cell_text
from tracker.sheets.columns import refusal

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_COLUMNS = 256
MAX_UNPACKED = 512 * 2**20
"""Bytes; a sheet of 500,000 rows unpacks to about a quarter. More is taken for a zip bomb."""

MAX_RATIO = 200
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
)
"""What zipfile, the XML parser, defusedxml and openpyxl raise for a damaged or hostile workbook."""

SOUND = "a workbook that opens in Excel (this file is damaged or unsafe)"
NOTES_SHEET = "Hướng dẫn"


def workbook_lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield every row of the one filled sheet of a workbook, its cells as plain text."""
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise refusal(path.name, "the package defusedxml to be installed (it guards the reader)")
    try:
        formulas = refuse_bombs(path)
        book = open_workbook(path, results=True)
    except BROKEN as error:
        raise refusal(path.name, SOUND) from error
    try:
        sheet = _only_filled_sheet(path.name, book)
        if formulas:
            problems.extend(uncounted_formulas(path, sheet.title))
        for number, cells in sheet_rows(sheet):
            line = []
            for at, cell in enumerate(cells):
                try:
                    line.append(cell_text(cell))
                except ValueError as error:
                    line.append(str(cell))
                    problems.append(
                        Problem(path.name, number, column_letter(at), str(cell), str(error))
                    )
            yield number, line
    except BROKEN as error:
        raise refusal(path.name, SOUND) from error
    finally:
        book.close()


def refuse_bombs(path: Path) -> bool:
    """Refuse a workbook that unpacks to too much or declares entities; say whether it has formulas.

    No office program writes a document type into these files; entity bombs need one.
    """
    formulas = False
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        packed = max(1, sum(member.compress_size for member in members))
        if unpacked > MAX_UNPACKED or (unpacked > 2**24 and unpacked / packed > MAX_RATIO):
            expected = f"a workbook that unpacks to less than {MAX_UNPACKED // 2**20} MB"
            raise refusal(path.name, f"{expected}; save large series as CSV")
        for member in members:
            with archive.open(member) as part:
                if b"<!DOCTYPE" in part.read(2**16):
                    raise refusal(path.name, SOUND)
            if member.filename.startswith("xl/worksheets/sheet"):
                with archive.open(member) as part:
                    blocks = iter(partial(part.read, 2**20), b"")
                    formulas = formulas or any(b"<f" in block for block in blocks)
    return formulas


def open_workbook(path: Path, *, results: bool) -> Any:
    """Open a workbook for reading without openpyxl's warnings about decorations it leaves out."""
    import openpyxl

    with warnings.catch_warnings(action="ignore", category=UserWarning):
        return openpyxl.load_workbook(path, read_only=True, data_only=results)


def _only_filled_sheet(file: str, book: Any) -> ReadOnlyWorksheet:
    """Give the one visible sheet with content, the notes of a template left aside.

    `book` is Any because openpyxl's types do not know read-only workbooks.
    """
    shown = [
        sheet
        for sheet in book.worksheets
        if sheet.sheet_state == "visible" and sheet.title != NOTES_SHEET
    ]
    filled = [
        sheet for sheet in shown if any(any(cells) for _, cells in islice(sheet_rows(sheet), 1000))
    ]
    if len(filled) > 1:
        names = ", ".join(sheet.title for sheet in filled)
        raise refusal(
            file, f"one sheet with rows (there are {names}); put each into a file of its own"
        )
    if not filled:
        raise refusal(file, "a header and rows (the workbook is empty)")
    only: ReadOnlyWorksheet = filled[0]
    return only


def sheet_rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield (row number, raw values). The size a sheet claims for itself is not believed."""
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, cells[:MAX_COLUMNS]


def uncounted_formulas(path: Path, title: str) -> list[Problem]:
    """List the formulas without a stored result, which openpyxl gives as blank, that is unknown."""
    book, results = open_workbook(path, results=False), open_workbook(path, results=True)
    problems = []
    try:
        for (number, cells), (_, values) in zip(
            sheet_rows(book[title]), sheet_rows(results[title]), strict=True
        ):
            for at, (cell, value) in enumerate(zip(cells, values, strict=True)):
                if value is None and isinstance(cell, str) and cell.startswith("="):
                    expected = "a value (this formula has no result: open and save in Excel)"
                    problems.append(Problem(path.name, number, column_letter(at), cell, expected))
    finally:
        book.close()
        results.close()
    return problems


def column_letter(at: int) -> str:
    """Name a column as the office sees it, counted from 0: 0 -> A."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(at + 1)
