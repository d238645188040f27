"""A table as a sheet: header frozen and filtered, real numbers and days, notes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from tracker.tables import (
    Cell,
    Column,
    Form,
    Table,
    around_text,
    cell_text,
    lines_below,
    number_text,
    rounded,
    set_right,
)
from tracker.text.printable import whole
from tracker.writers.excel.book import MOST_LETTERS, Book, height, pieces

LOW_VI, HIGH_VI = "cận dưới", "cận trên"
FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was."""
LARGEST = 10**15
"""Excel keeps 15 digits; a longer number is written as its text, to the last digit."""
REST_VI = "Phần tiếp theo của các ô dài"


def table_sheet(book: Book, table: Table, name: str) -> None:
    """Write one table: mark, title, day, header, rows, notes."""
    sheet = book.sheet(name)
    bold = book.look(bold=True)
    top = [book.labels.mark, table.title, book.labels.as_of_line]
    for row, text in enumerate(line for line in top if line):
        sheet.write_string(row, 0, pieces(whole(text), MOST_LETTERS)[0], bold)
    header = 4 if book.labels.mark else 3
    places = _places(table)
    widths = _widths(table)
    _write_header(book, sheet, (header, widths), table, places)
    rest: list[tuple[str, str]] = []
    for row, cells in enumerate(table.rows, start=header + 1):
        texts = [cell_text(*both) for both in zip(cells, table.columns, strict=True)]
        sheet.set_row(row, height(list(zip(texts, widths, strict=True))))
        for cell, column, text, (place, bounds) in zip(
            cells, table.columns, texts, places, strict=True
        ):
            more = _write_cell(book, sheet, (row, place), cell, column, text)
            rest += [(f"{_letters(place)}{row + 1}", piece) for piece in more]
            if bounds:
                _write_bounds(book, sheet, (row, place), cell, column)
    last = header + len(table.rows)
    width = places[-1][0] + 2 * places[-1][1]
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    if table.rows:
        sheet.autofilter(header, 0, last, width)
    _write_below(book, sheet, last + 2, (width, _total_width(widths, places)), table, rest)


def _write_header(
    book: Book,
    sheet: Any,
    at: tuple[int, Sequence[float]],
    table: Table,
    places: Sequence[tuple[int, bool]],
) -> None:
    row, widths = at
    head = book.look(bold=True, text_wrap=True, border=1, bg_color="#E7E6E6", align="center")
    titles = []
    for column, (place, bounds), wide in zip(table.columns, places, widths, strict=True):
        heads = [column.heading]
        heads += [f"{column.title} - {end}" for end in (LOW_VI, HIGH_VI)] if bounds else []
        sheet.set_column(place, place + len(heads) - 1, wide, None)
        for number, text in enumerate(heads):
            sheet.write_string(row, place + number, pieces(whole(text), MOST_LETTERS)[0], head)
            titles.append((whole(text), wide))
    sheet.set_row(row, height(titles))


def _write_below(
    book: Book,
    sheet: Any,
    row: int,
    wide: tuple[int, float],
    table: Table,
    rest: Sequence[tuple[str, str]],
) -> None:
    """Write notes and sources over the whole width, then what did not fit into its cell."""
    italic = book.look(italic=True, text_wrap=True)
    lines = [piece for line in lines_below(table) for piece in pieces(line, MOST_LETTERS)]
    lines += [REST_VI] if rest else []
    lines += [f"{place}: {piece}" for place, piece in rest]
    last, width = wide
    for line in lines:
        sheet.set_row(row, height([(line, width)]))
        if last:
            sheet.merge_range(row, 0, row, last, "", italic)
        sheet.write_string(row, 0, line, italic)
        row += 1


def _letters(place: int) -> str:
    """Name a column as Excel does: 0 is A, 26 is AA."""
    first, last = divmod(place, 26)
    return (_letters(first - 1) if first else "") + chr(ord("A") + last)


def _widths(table: Table) -> list[float]:
    """Give the widths of columns; a number that did not fit would show as ####."""
    found = []
    for at, column in enumerate(table.columns):
        numbers = [
            len(cell_text(replace(row[at], low=None, high=None), column)) + 2.0
            for row in table.rows
            if set_right(row[at])
        ]
        found.append(max(4 + 8 * column.width, *numbers, 0))
    return found


def _total_width(widths: Sequence[float], places: Sequence[tuple[int, bool]]) -> float:
    return sum(
        wide * (3 if bounds else 1) for wide, (_, bounds) in zip(widths, places, strict=True)
    )


def _places(table: Table) -> list[tuple[int, bool]]:
    """Give for each column its place in the sheet and whether two interval columns follow."""
    places, place = [], 0
    for index in range(len(table.columns)):
        bounds = any(
            row[index].low is not None or row[index].high is not None for row in table.rows
        )
        places.append((place, bounds))
        place += 3 if bounds else 1
    return places


def _write_cell(
    book: Book, sheet: Any, at: tuple[int, int], cell: Cell, column: Column, text: str
) -> list[str]:
    """Write a cell; give what did not fit into it."""
    value = cell.value
    if cell.text or value is None:
        return _write_text(book, sheet, at, text)
    if isinstance(value, date):
        if value < FIRST_DAY:
            return _write_text(book, sheet, at, text)
        look = book.look(border=1, num_format="dd/mm/yyyy")
        sheet.write_datetime(*at, datetime.combine(value, time(0)), look)
        return []
    if abs(value) >= LARGEST:
        return _write_text(book, sheet, at, text)
    form = cell.form or column.form
    sheet.write_number(*at, value, book.look(border=1, num_format=_shape(form, value, cell)))
    return []


def _write_text(book: Book, sheet: Any, at: tuple[int, int], text: str) -> list[str]:
    first, *more = pieces(text, MOST_LETTERS - 20)
    sheet.write_string(*at, first, book.look(border=1, text_wrap=True))
    return more


def _write_bounds(book: Book, sheet: Any, at: tuple[int, int], cell: Cell, column: Column) -> None:
    """Write the two ends of an interval; an open end and a missing interval say so in words."""
    form = cell.form or column.form
    words = "không giới hạn" if (cell.low, cell.high) != (None, None) else "không có khoảng"
    for number, bound in enumerate((cell.low, cell.high), start=1):
        place = (at[0], at[1] + number)
        if bound is None or abs(bound) >= LARGEST:
            text = words if bound is None else number_text(bound, form.decimals)
            sheet.write_string(*place, text, book.look(border=1, text_wrap=True))
        else:
            look = book.look(border=1, num_format=_shape(form, bound))
            sheet.write_number(*place, bound, look)


def _shape(form: Form, value: float, cell: Cell | None = None) -> str:
    """Write the number format that shows what the other files print; words are quoted."""
    sign = "%" if form.kind == "percent" else ""
    before, after = ("", sign) if cell is None else around_text(cell, form)
    before, after = (f'"{words}"' if words else "" for words in (before, after))
    digits = "#,##0" + ("." + "0" * form.decimals if form.decimals else "")
    plain = f"{before}{digits}{after}"
    if value and not rounded(value, form.decimals):
        return f"{plain};{plain};{plain}"  # what rounds to 0 has no sign
    if not form.signed:
        return plain
    return f"{before}+{digits}{after};{before}-{digits}{after};{plain}"
