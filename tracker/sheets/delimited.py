"""CSV: encoding, separator, quotes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker.errors import InputError, Problem
from tracker.sheets.cells import clean
from tracker.sheets.columns import HEADER_SEARCH, Layout, known_names, refusal


def text_lines(path: Path, layout: Layout | None) -> Iterator[tuple[int, list[str]]]:
    """Yield every record of a CSV file, cleaned, with its number."""
    separator, skipped = _separator(path, layout)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(skipped):
            file.readline()
        reader = csv.reader(file, delimiter=separator, strict=True)
        number = skipped
        try:
            for record in reader:
                number += 1
                yield number, [cell.strip() if cell.isascii() else clean(cell) for cell in record]
        except UnicodeDecodeError as error:
            raise _not_utf8(path.name) from error
        except csv.Error as error:
            expected = f"a text in quotes to end, and a separator after it ({error})"
            raise InputError([Problem(path.name, number + 1, None, None, expected)]) from error


def _not_utf8(file: str) -> InputError:
    return refusal(
        file, 'text in UTF-8; in Excel choose "Save As", then "CSV UTF-8 (Comma delimited)"'
    )


def _separator(path: Path, layout: Layout | None) -> tuple[str, int]:
    """Find the separator that shows most columns, and how many lines (`sep=;`) to skip."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(2**16)
    except UnicodeDecodeError as error:
        raise _not_utf8(path.name) from error
    if "\0" in sample:
        raise _not_utf8(path.name)
    lines = sample.splitlines(keepends=True)
    if lines and (stated := re.fullmatch(r"sep=([,;\t])", lines[0].strip("\r\n"))):
        return stated[1], 1
    best, best_score = ",", (0, 0)
    for separator in ",;\t":
        for record in _filled_records(lines, separator):
            score = (known_names(record, layout) if layout else 0, len(record))
            if score > best_score:
                best, best_score = separator, score
            if layout is None:
                break
    return best, 0


def _filled_records(lines: Sequence[str], separator: str) -> list[list[str]]:
    records = []
    try:
        for record in csv.reader(lines, delimiter=separator):
            if any(cell.strip() for cell in record):
                records.append(record)
            if len(records) == HEADER_SEARCH:
                break
    except csv.Error:
        return records
    return records
