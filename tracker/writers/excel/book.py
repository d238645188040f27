"""The open workbook: its properties, the looks of its cells, the names and print of its sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from tracker.text.printable import clean, whole

A4 = 9
LINE_POINTS = 15
MOST_LINES = 27
"""Excel allows rows of at most 409 points."""
MOST_LETTERS = 32_767
"""What a cell holds; Excel calls a file with more in one broken."""
GO_ON_VI = "(tiếp)"
FONT = "Times New Roman"
LOOK = {"font_name": FONT, "font_size": 11, "valign": "top"}
RESERVED = {"history"}
"""Names of sheets that Excel keeps for itself."""
MOST_PROPERTY = 255


@dataclass(frozen=True, slots=True)
class Labels:
    """What a workbook says about itself. `mark` is printed on every sheet, '' = none."""

    title: str
    subject: str
    author: str
    comments: str
    as_of_line: str
    mark: str
    made_on: date


@dataclass
class Book:
    """The open workbook, its formats (made once per look) and the names of its sheets."""

    book: Any
    labels: Labels
    formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: set(RESERVED))

    def look(self, **extra: Any) -> Any:
        """Give the format with these properties."""
        key = tuple(sorted(extra.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**LOOK, **extra})
        return self.formats[key]

    def sheet(self, name: str) -> Any:
        """Add a sheet: A4 landscape, one page wide, mark and page number on every page."""
        sheet = self.book.add_worksheet(_sheet_name(name, self.names))
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=1.18, right=0.79, top=0.98, bottom=0.79)
        mark = whole(self.labels.mark)[:200].replace("&", "&&")
        sheet.set_header(f'&C&"{FONT},Bold"{mark}' if mark else "")
        sheet.set_footer("&C&P/&N")
        return sheet


@contextmanager
def open_book(labels: Labels, path: Path) -> Iterator[Book]:
    """Open a workbook, and write it when all sheets are there.

    The zip entries that xlsxwriter makes in memory bear the first day of 1980, not the clock's.
    """
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
        "in_memory": True,
        "default_format_properties": {"font_name": FONT, "font_size": 11},
    }
    with xlsxwriter.Workbook(str(path), options) as raw:
        raw.set_properties(
            {
                "title": clean(labels.title)[:MOST_PROPERTY],
                "subject": clean(labels.subject)[:MOST_PROPERTY],
                "author": clean(labels.author)[:MOST_PROPERTY],
                "comments": clean(labels.comments)[:MOST_PROPERTY],
                "created": datetime.combine(labels.made_on, time(0)),
            }
        )
        yield Book(raw, labels)


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """Make a name that Excel accepts: at most 31 characters, none of []:*?/\\, not taken."""
    base = re.sub(r"[\[\]:*?/\\'\s]+", " ", clean(wanted)).strip()[:26].strip() or "Bảng"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base} {number}"
    taken.add(name.lower())
    return name


def height(texts: Sequence[tuple[str, float]]) -> float:
    """Estimate the height of a row in points from (text, column width): not every program does."""
    lines = [
        sum(1 + int(len(line) * 1.05 / width) for line in text.split("\n")) for text, width in texts
    ]
    return LINE_POINTS * min(MOST_LINES, max(lines, default=1))


def pieces(text: str, longest: int) -> list[str]:
    """Cut a text into pieces of at most `longest` letters, between words where there are any.

    All but the last end with a mark, all but the first begin with it: nothing is lost unseen.
    """
    if len(text.encode("utf-16-le")) // 2 <= longest:
        return [text]
    room = (longest - 2 * len(GO_ON_VI) - 2) // 2 if _has_wide(text) else longest - 16
    found = []
    while len(text) > room:
        at = max(text.rfind(" ", room // 2, room), text.rfind("\n", room // 2, room))
        at = room if at < 0 else at + 1
        found.append(text[:at])
        text = text[at:]
    found.append(text)
    last = len(found) - 1
    return [
        f"{GO_ON_VI + ' ' if place else ''}{piece}{'' if place == last else ' ' + GO_ON_VI}"
        for place, piece in enumerate(found)
    ]


def _has_wide(text: str) -> bool:
    """Say whether a text has letters (emoji) that Excel counts as two."""
    return len(text.encode("utf-16-le")) // 2 > len(text)
