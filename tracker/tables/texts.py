"""The one formatter: numbers, days, intervals and cells as Vietnamese text."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import NumberPattern, parse_pattern

from tracker.platforms import NOT_ALLOWED_VI
from tracker.tables.shapes import QUALIFIERS_VI, Cell, Column, Form
from tracker.text.printable import day_text, whole

UNKNOWN_VI = "chưa có số liệu"
WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
"""Room for every digit of the largest number that a computer holds."""


@cache
def _pattern(decimals: int) -> tuple[NumberPattern, Locale]:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return parse_pattern(pattern), Locale.parse("vi_VN")


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Round as it is printed: halves away from zero, what rounds to 0 without a sign.

    Of a float 15 digits count, as in Excel: 3 x 1.005 is 3.015 and not a little less.
    """
    exact = Decimal(f"{value:.15g}" if isinstance(value, float) else value)
    found = exact.quantize(Decimal(1).scaleb(-decimals), context=WIDE)
    return found or abs(found)


@lru_cache(maxsize=10_000)
def number_text(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number the Vietnamese way, halves away from zero: 1234567.85 is 1.234.567,9."""
    shown = rounded(value, decimals)
    pattern, locale = _pattern(decimals)
    with localcontext(WIDE):
        text = str(pattern.apply(shown, locale))
    return f"+{text}" if signed and shown > 0 else text


def days_text(first: date | None, last: date | None) -> str:
    """Write a range of days, both inclusive; '' where nothing is known."""
    if first is None or last is None:
        known = first or last
        return day_text(known) if known else ""
    return f"{day_text(first)} - {day_text(last)}"


def unknown_text(reason: str) -> str:
    """Write what stands in place of a number that is not known: the reason belongs to it."""
    if reason.startswith((NOT_ALLOWED_VI, UNKNOWN_VI)):
        return whole(reason)
    return whole(f"{UNKNOWN_VI} ({reason})") if reason else UNKNOWN_VI


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
        return whole(cell.text)
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
