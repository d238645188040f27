"""Writes a form as a protected workbook: only the cells to fill can be changed.

There is no password: the lock is against slips of the hand, and the way back checks every cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

from tracker.sheets.columns import refusal
from tracker.sheets.form import (
    CHOICES_SHEET,
    FORM_MARK,
    IDENTITY,
    KEY_COLUMN,
    LOCKED,
    LONGEST_CELL,
    MACHINE_SHEET,
    OPEN,
    Form,
    FormCell,
    FormRow,
    FormSheet,
)
from tracker.sheets.workbook import NOTES_SHEET, column_letter
from tracker.text.printable import whole

A4 = 9
LINE_POINTS = 15
MOST_POINTS = 400
OPEN_LINES = 2
"""A cell to fill is at least so many lines high; one line more in a wide column."""
WIDE = 40

GREY, BLUE, AMBER = "F2F2F2", "DDE6F0", "FFF8E1"
BASE = {"font_name": "Times New Roman", "font_size": 12, "text_wrap": True, "valign": "top"}
EDGE = {"border": 1, "border_color": "#A6A6A6", "align": "left", "indent": 1}
PERMITTED = {"format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True}


def write_form(path: Path, form: Form) -> None:
    """Write a form as .xlsx. Raises InputError for another kind of file, or a text that no cell
    holds."""
    import xlsxwriter

    if path.suffix.lower() != ".xlsx":
        raise refusal(path.name, "a name that ends in .xlsx for a sheet to fill")
    _refuse_long_texts(path, form)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": whole(form.title)[:255],
                "comments": form.mark[:255],
                "created": datetime.combine(form.made_on, time(0)),
            }
        )
        _Writer(book, form).write()


def _refuse_long_texts(path: Path, form: Form) -> None:
    for sheet in form.sheets:
        for row in sheet.rows:
            for cell in row.cells:
                if len(whole(cell.text)) > LONGEST_CELL:
                    longest = f"texts of at most {LONGEST_CELL} characters, as a cell holds"
                    raise refusal(f"{path.name} [{sheet.title}]", longest)


class _Writer:
    """One workbook being written: its formats and the places of its drop-downs."""

    def __init__(self, book: Any, form: Form) -> None:
        self.book, self.form = book, form
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.lists: dict[tuple[str, ...], str] = {}

    def look(self, **extra: Any) -> Any:
        key = tuple(sorted(extra.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**BASE, **extra})
        return self.formats[key]

    def write(self) -> None:
        self._guide()
        for sheet in self.form.sheets:
            self._sheet(sheet)
        self._machine()
        self._choices()

    def _page(self, title: str) -> Any:
        page = self.book.add_worksheet(title)
        page.set_paper(A4)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.7)
        page.hide_gridlines(2)
        mark = whole(self.form.mark)[:200].replace("&", "&&")
        page.set_header(f'&C&"Times New Roman,Bold"{mark}' if mark else "")
        footer = whole(self.form.footer)[:150].replace("&", "&&")
        page.set_footer(f"&L{footer}&R&P/&N")
        page.protect("", PERMITTED)
        return page

    def _guide(self) -> None:
        page = self._page(NOTES_SHEET)
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 74)
        at = 0
        if self.form.mark:
            look = self.look(bold=True, font_color="#B00000", align="center")
            page.merge_range(at, 0, at, 1, "", look)
            page.write_string(at, 0, whole(self.form.mark), look)
            at += 1
        look = self.look(bold=True, font_size=14, align="center", valign="vcenter")
        page.merge_range(at, 0, at, 1, "", look)
        page.write_string(at, 0, whole(self.form.title), look)
        page.set_row(at, _points([(self.form.title, 82)], 1) + 10)
        for line, (title, sentence) in enumerate(self.form.guide, start=at + 2):
            page.write_string(line, 0, whole(title), self.look(bold=True))
            page.write_string(line, 1, whole(sentence), self.look())
            page.set_row(line, _points([(title, 24), (sentence, 74)], 1) + 3)

    def _sheet(self, sheet: FormSheet) -> None:
        """Write keys (hidden row and column), the notes, the header and the rows."""
        page = self._page(sheet.title)
        page.set_landscape()
        page.set_column(0, 0, None, None, {"hidden": True})
        last = len(sheet.columns)
        for at, column in enumerate(sheet.columns, start=1):
            page.set_column(at, at, column.width)
        for at, key in enumerate((KEY_COLUMN, *(column.key for column in sheet.columns))):
            page.write_string(0, at, key, self.look())
        page.set_row(0, None, None, {"hidden": True})
        top = 1
        width = sum(column.width for column in sheet.columns)
        notes = [(self.form.mark, True)] if self.form.mark else []
        for note, strong in [*notes, *((note, at == 0) for at, note in enumerate(sheet.notes))]:
            color = "#B00000" if note == self.form.mark else "#000000"
            look = self.look(bold=strong, font_color=color)
            page.merge_range(top, 1, top, last, "", look)
            page.write_string(top, 1, whole(note), look)
            page.set_row(top, _points([(note, width)], 1) + 2)
            top += 1
        head = self.look(bold=True, bg_color=f"#{BLUE}", **EDGE)
        for at, column in enumerate(sheet.columns, start=1):
            page.write_string(top, at, column.title_vi, head)
        titles = [(column.title_vi, column.width) for column in sheet.columns]
        page.set_row(top, _points(titles, 1) + 4)
        page.freeze_panes(top + 1, 1)
        page.repeat_rows(top)
        for number, row in enumerate(sheet.rows, start=top + 1):
            self._row(page, number, row, sheet)

    def _row(self, page: Any, number: int, row: FormRow, sheet: FormSheet) -> None:
        page.write_string(number, 0, row.key, self.look())
        if row.heading:
            look = self.look(bold=True, bg_color=f"#{BLUE}", **EDGE)
            text = next((cell.text for cell in row.cells if cell.text), "")
            page.merge_range(number, 1, number, len(sheet.columns), "", look)
            page.write_string(number, 1, whole(text), look)
            width = sum(column.width for column in sheet.columns)
            page.set_row(number, _points([(text, width)], 1) + 3)
            return
        texts = []
        fewest = 1
        for at, (cell, column) in enumerate(zip(row.cells, sheet.columns, strict=True), start=1):
            color = GREY if cell.locked else AMBER
            look = self.look(locked=cell.locked, bg_color=f"#{color}", num_format="@", **EDGE)
            if cell.text:
                page.write_string(number, at, whole(cell.text), look)
            else:
                page.write_blank(number, at, None, look)
            texts.append((cell.text, column.width))
            if not cell.locked and not cell.choices:
                fewest = max(fewest, OPEN_LINES + (column.width >= WIDE))
            if cell.choices and not cell.locked:
                page.data_validation(number, at, number, at, self._rule(cell))
        page.set_row(number, _points(texts, fewest) + 3)

    def _rule(self, cell: FormCell) -> dict[str, Any]:
        """Make the drop-down of a cell. Where several may be chosen, other texts are let through:
        the way back checks them."""
        rule: dict[str, Any] = {"validate": "list", "source": self._list(cell.choices)}
        if cell.several:
            rule["show_error"] = False
            rule["input_title"] = "Chọn một hoặc nhiều"
            rule["input_message"] = "Nhiều lựa chọn thì ghi cách nhau bằng dấu chấm phẩy (;)."
        else:
            rule["error_title"] = "Chưa đúng"
            rule["error_message"] = "Hãy chọn một giá trị trong danh sách."
        return rule

    def _list(self, choices: tuple[str, ...]) -> str:
        place = self.lists.setdefault(choices, column_letter(len(self.lists)))
        return f"='{CHOICES_SHEET}'!${place}$1:${place}${len(choices)}"

    def _machine(self) -> None:
        """Keep what was written: without it nobody can say later what was changed."""
        page = self.book.add_worksheet(MACHINE_SHEET)
        page.very_hidden()
        page.protect("")
        lines: list[tuple[str, ...]] = [(FORM_MARK,)]
        lines += [(IDENTITY, key, value) for key, value in self.form.identity.items()]
        for sheet in self.form.sheets:
            for row in sheet.rows:
                lines += _machine_lines(sheet, row)
        for at, line in enumerate(lines):
            for column, text in enumerate(line):
                page.write_string(at, column, whole(text))

    def _choices(self) -> None:
        page = self.book.add_worksheet(CHOICES_SHEET)
        page.very_hidden()
        page.protect("")
        for at, choices in enumerate(self.lists):
            for number, choice in enumerate(choices):
                page.write_string(number, at, whole(choice))


def _machine_lines(sheet: FormSheet, row: FormRow) -> list[tuple[str, ...]]:
    if row.heading:
        return []
    return [
        (LOCKED if cell.locked else OPEN, sheet.title, row.key, column.key, cell.text)
        for column, cell in zip(sheet.columns, row.cells, strict=True)
    ]


def _points(texts: Sequence[tuple[str, float]], fewest: int) -> float:
    """Estimate the height of a row from (text, width in letters): not every program does."""
    lines = [
        sum(max(1, math.ceil(len(line) * 1.15 / width)) for line in text.split("\n"))
        for text, width in texts
    ]
    return min(MOST_POINTS, LINE_POINTS * max([fewest, *lines]))
