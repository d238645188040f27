"""The one shape of a printed table, and the one formatter: cells become Vietnamese text.

The same text stands in Word, Excel and on the page. Knows no file format, no panel and no letter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import NumberPattern, parse_pattern

from tracker.platforms import NOT_ALLOWED_VI
from tracker.text.printable import clean, day_text

UNKNOWN_VI = "chưa có số liệu"
QUALIFIERS_VI = {"exact": "", "at_least": "hơn ", "at_most": "gần ", "about": "khoảng "}


@dataclass(frozen=True, slots=True)
class Form:
    """How a number is written. `kind`: text, number, percent (the value is in percent) or day."""

    kind: str = "text"
    decimals: int = 0
    signed: bool = False

    def __post_init__(self) -> None:
        if self.kind not in ("text", "number", "percent", "day"):
            raise ValueError(f"a form is text, number, percent or day, not {self.kind!r}")


TEXT = Form()
COUNT = Form("number")
DAY = Form("day")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a number came from: its line in the annex of origins.

    Days are the first and last day read, inclusive; `readings` counts the observations behind the
    number. `source` is words for a declared or published number; None or '' = not known.
    """

    account: str = ""
    platform: str = ""
    lane: str = ""
    metric: str = ""
    first_day: date | None = None
    last_day: date | None = None
    readings: int | None = None
    step: float | None = None
    basis: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: words, a number with what is known about it, or the reason why there is none.

    `value` None = unknown, and then `reason` says why; it is never 0 for unknown and never NaN.
    `low`..`high` is the interval, None on a side = open. `step` > 1: rounded by the platform, the
    truth lies less than one step away. `form` replaces the column's where rows differ in unit.
    """

    value: int | float | date | None = None
    text: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    qualifier: str = "exact"
    reason: str = ""
    id: str = ""
    form: Form | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        for number in (self.value, self.low, self.high, self.step):
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(f"a cell holds a number or None for unknown, not {number}")
        if self.qualifier not in QUALIFIERS_VI:
            known = ", ".join(QUALIFIERS_VI)
            raise ValueError(f"a qualifier is one of {known}, not {self.qualifier!r}")

    @property
    def is_number(self) -> bool:
        """Say whether the cell prints a number that the annex of origins must trace."""
        return not self.text and isinstance(self.value, (int, float))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: title, unit printed under it, form of its cells, relative width."""

    title: str
    form: Form = TEXT
    unit: str = ""
    width: float = 1.0

    @property
    def heading(self) -> str:
        """Give the title with its unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, slots=True)
class Table:
    """A table as every writer prints it.

    `code` begins the ids of its numbers (K → K01a). The first `merged` columns repeat over the rows
    of one thing and are printed once per run of equal texts in Word and on the page, on every row
    in Excel. `wide` asks for landscape.
    """

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    merged: int = 0
    wide: bool = False

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                expected = f"expected {len(self.columns)}"
                raise ValueError(
                    f"row {number} of table {self.code} has {len(row)} cells; {expected}"
                )


@cache
def _pattern(decimals: int) -> tuple[NumberPattern, Locale]:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return parse_pattern(pattern), Locale.parse("vi_VN")


@lru_cache(maxsize=10_000)
def number_text(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number the Vietnamese way, halves away from zero: 1234567.85 is 1.234.567,9."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    pattern, locale = _pattern(decimals)
    text = str(pattern.apply(rounded, locale))
    return f"+{text}" if signed and rounded > 0 else text


def days_text(first: date | None, last: date | None) -> str:
    """Write a range of days, both inclusive; '' where nothing is known."""
    if first is None or last is None:
        known = first or last
        return day_text(known) if known else ""
    return f"{day_text(first)} - {day_text(last)}"


def unknown_text(reason: str) -> str:
    """Write what stands in place of a number that is not known: the reason belongs to it."""
    if reason.startswith((NOT_ALLOWED_VI, UNKNOWN_VI)):
        return clean(reason)
    return clean(f"{UNKNOWN_VI} ({reason})") if reason else UNKNOWN_VI


def _plain(value: float, form: Form) -> str:
    sign = "%" if form.kind == "percent" else ""
    return number_text(value, form.decimals, signed=form.signed) + sign


def interval_text(cell: Cell, form: Form) -> str:
    """Write the interval of a number, `[-4,0; 21,0]`; an open side as ≥ or ≤; none as ""."""
    low = None if cell.low is None else _plain(cell.low, form)
    high = None if cell.high is None else _plain(cell.high, form)
    if low is not None and high is not None:
        return f"[{low}; {high}]"
    if low is not None:
        return f"[≥ {low}]"
    return "" if high is None else f"[≤ {high}]"


def around_text(cell: Cell, form: Form) -> tuple[str, str]:
    """Give what stands before and after the number itself: qualifier; unit sign and step."""
    after = "%" if form.kind == "percent" else ""
    if cell.step is not None and cell.step > 1:
        after += f" (±{number_text(cell.step, form.decimals)})"
    return QUALIFIERS_VI[cell.qualifier], after


def cell_text(cell: Cell, column: Column) -> str:
    """Write a cell as it is printed everywhere."""
    if cell.text:
        return clean(cell.text)
    if cell.value is None:
        return unknown_text(cell.reason)
    if isinstance(cell.value, date):
        return day_text(cell.value)
    form = cell.form or column.form
    before, after = around_text(cell, form)
    number = number_text(cell.value, form.decimals, signed=form.signed)
    return " ".join(filter(None, (f"{before}{number}{after}", interval_text(cell, form))))


def is_unknown(cell: Cell) -> bool:
    """Say whether a cell prints a reason instead of a value."""
    return not cell.text and cell.value is None


def set_right(cell: Cell) -> bool:
    """Say whether a cell is set to the right: a number or a day."""
    return cell.is_number or (not cell.text and isinstance(cell.value, date))


def numbered(table: Table) -> Table:
    """Give every number of a table its id, K01a = table K, row 01, number column (a).

    A column `Mã` after the merged columns shows the row's part, the headings show the letters.
    """
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    holding = {
        index: next(letters)
        for index in range(len(table.columns))
        if any(row[index].is_number for row in table.rows)
    }
    columns = [
        replace(column, title=f"{column.title} ({holding[index]})") if index in holding else column
        for index, column in enumerate(table.columns)
    ]
    columns.insert(table.merged, Column("Mã", width=0.5))
    rows = []
    for number, row in enumerate(table.rows, start=1):
        code = f"{table.code}{number:02d}"
        cells = [
            replace(cell, id=code + holding[index]) if cell.is_number else cell
            for index, cell in enumerate(row)
        ]
        cells.insert(table.merged, Cell(text=code))
        rows.append(tuple(cells))
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def spans(table: Table) -> list[list[tuple[int, int]]]:
    """Say for each cell how many rows and columns it covers: (down, across).

    Merged columns join equal texts downwards: down 0 = covered by the row above. Neighbours unknown
    for the same reason are joined sideways, so that the reason stands there once: across 0 =
    covered by the cell to the left.
    """
    down = _down(table)
    across: list[list[int]] = []
    for number, row in enumerate(table.rows):
        line = [1] * len(row)
        for index in range(len(row) - 1, -1, -1):
            if not down[number][index]:
                line[index] = across[number - 1][index]
            elif index + 1 < len(row) and _joins(table, number, index, down[number]):
                line[index], line[index + 1] = 1 + line[index + 1], 0
        across.append(line)
    return [list(zip(*both, strict=True)) for both in zip(down, across, strict=True)]


def _down(table: Table) -> list[list[int]]:
    texts = [
        [cell_text(row[index], table.columns[index]) for index in range(table.merged)]
        for row in table.rows
    ]
    down = [[1] * len(table.columns) for _ in table.rows]
    for number in range(len(texts) - 1, 0, -1):
        for index in range(table.merged):
            if texts[number][: index + 1] == texts[number - 1][: index + 1]:
                down[number - 1][index] += down[number][index]
                down[number][index] = 0
    return down


def _joins(table: Table, number: int, index: int, down: list[int]) -> bool:
    """Say whether a cell and the next one are unknown for the same reason, over the same rows."""
    cell, following = table.rows[number][index : index + 2]
    return (
        is_unknown(cell)
        and is_unknown(following)
        and cell.reason == following.reason
        and down[index] == down[index + 1]
        and index + 1 != table.merged
    )
