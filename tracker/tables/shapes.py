"""What a printed table consists of: forms of numbers, origins, cells, columns, rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

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
    number. `source` is words for a declared or published number; None or '' = not known. `key` is
    that of the indicator or metric, `definition` the version of what is counted (`1`, or the day of
    its last change), `formula` Vietnamese words; `corrections` are ids of those that reach the
    number, `digests` the first digits of the sha256 of the last archived replies behind it.
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
    key: str = ""
    definition: str = ""
    formula: str = ""
    corrections: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


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
