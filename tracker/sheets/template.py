"""The sheet to fill: columns, drop-downs, an example row and notes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.sheets.columns import refusal
from tracker.sheets.workbook import NOTES_SHEET, column_letter

CHOICES_SHEET = "Lựa chọn"


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a template: `choices` become a drop-down, `note_vi` a line on the notes sheet."""

    name: str
    note_vi: str
    example: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


def write_template(
    path: Path, title: str, columns: Sequence[TemplateColumn], notes: Sequence[str] = ()
) -> None:
    """Write the sheet to fill: header and example row; as .xlsx also drop-downs and notes.

    The example row is recognised again by the import and left out.
    """
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.name for column in columns])
            writer.writerow([column.example for column in columns])
        return
    if path.suffix.lower() != ".xlsx":
        raise refusal(path.name, "a template whose name ends in .xlsx or .csv")
    _write_workbook(path, title, columns, notes)


def _write_workbook(
    path: Path, title: str, columns: Sequence[TemplateColumn], notes: Sequence[str]
) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.freeze_panes = "A2"
    choices = book.create_sheet(CHOICES_SHEET)
    choices.sheet_state = "hidden"
    listed = 0
    for at, column in enumerate(columns, start=1):
        letter = column_letter(at - 1)
        sheet.column_dimensions[letter].width = max(
            14, len(column.name) + 4, min(40, len(column.example) + 2)
        )
        head = sheet.cell(1, at, column.name)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFE2A9" if column.required else "DDE6F0")
        sheet.column_dimensions[letter].number_format = "@"
        example = sheet.cell(2, at, column.example or None)
        example.font = Font(italic=True, color="808080")
        example.number_format = "@"
        if not column.choices:
            continue
        listed += 1
        for number, choice in enumerate(column.choices, start=1):
            choices.cell(number, listed, choice)
        place = column_letter(listed - 1)
        source = f"'{CHOICES_SHEET}'!${place}$1:${place}${len(column.choices)}"
        rule = DataValidation(
            type="list", formula1=source, allow_blank=not column.required, showErrorMessage=True
        )
        rule.error = f"Chọn một giá trị trong danh sách của cột {column.name}"
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}5000")
    _write_notes(book.create_sheet(NOTES_SHEET, 1), columns, notes)
    book.save(path)


def _write_notes(sheet: Any, columns: Sequence[TemplateColumn], notes: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.append(["Cột", "Bắt buộc", "Ý nghĩa", "Ví dụ"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column in columns:
        sheet.append([column.name, "có" if column.required else "", column.note_vi, column.example])
    sheet.append([])
    for note in notes:
        sheet.append([note])
    for letter, width in (("A", 22), ("B", 10), ("C", 90), ("D", 44)):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2, max_row=len(columns) + 1):
        row[2].alignment = Alignment(wrap_text=True, vertical="top")
