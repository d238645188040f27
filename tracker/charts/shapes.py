"""What a chart of series consists of: lines, marks, gaps; colours, numbers and checks that all
kinds of charts share. Draws nothing.

Colours have a contrast of at least 4.5 on white, and keep apart for readers with any of the three
kinds of colour blindness; each line also has its own dashes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from tracker.periods import day_number
from tracker.text.printable import clean, day_text

Values = tuple[float | None, ...]
"""Numbers in the unit of the chart; None = unknown, drawn as a hole, never as 0."""

COLOURS = ("#0072B2", "#B45C1C", "#8714F7", "#573117", "#DA0F6A", "#1B1D84", "#000000")
MARK_COLOURS = {"start": "#000000", "event": "#595959", "break": "#B00020"}
"""All words of marks are in these: contrast at least 4.5 on white and on the grey of a gap."""
ACTUAL, COUNTERFACTUAL, TREATED, PLACEBO = "#0072B2", "#B45C1C", "#B45C1C", "#767676"
BEFORE, AFTER, OWN, MEAN_COLOURS = "#595959", "#0072B2", "#B45C1C", ("#000000", "#573117")
MOST_LINES = len(COLOURS)
LARGEST = 1e15
"""What other charts than series may hold; beyond it the arithmetic of an axis loses its units."""
SEPARATORS = str.maketrans(",.", ".,")
UNKNOWN_VI = "chưa có số liệu"
START_VI = "Bắt đầu chương trình"
WORDS_WIDE = 0.022
"""How wide the words along a mark are, as a share of the days shown."""


def spoken(value: float, decimals: int) -> str:
    """Write a number of a chart the Vietnamese way, 12.345,6; halves away from zero, as tables."""
    if abs(value) >= LARGEST:
        return f"{value:,.{decimals}f}".translate(SEPARATORS)
    rounded = Decimal(f"{float(value):.15g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded or abs(rounded):,.{decimals}f}".translate(SEPARATORS)


def spoken_change(value: float, decimals: int) -> str:
    """Write a difference with its sign: +12,5 or -3,0; what rounds to 0 has none."""
    text = spoken(value, decimals)
    return f"+{text}" if value > 0 and text != spoken(0, decimals) else text


def spoken_range(low: float | None, high: float | None, decimals: int) -> str:
    """Write an interval in words; '' where it is not known."""
    if low is None or high is None:
        return ""
    return f"khoảng từ {spoken(low, decimals)} đến {spoken(high, decimals)}"


def padded(low: float, high: float) -> tuple[float, float]:
    """Give the ends of an axis that shows low to high with a margin."""
    margin = 0.04 * (high - low) or max(1.0, 0.04 * abs(high))
    return low - margin, high + margin


def check_numbers(what: str, values: Iterable[float | None], largest: float = math.inf) -> None:
    """Raise ValueError for a number that is not finite or not below `largest`."""
    for value in values:
        if value is not None and not (math.isfinite(value) and abs(value) < largest):
            raise ValueError(
                f"{what} holds a number that is not finite (or too large): {value}; unknown is None"
            )


def check_days(what: str, days: Sequence[date]) -> None:
    """Raise ValueError unless days ascend, each once."""
    if any(after <= before for before, after in pairwise(days)):
        raise ValueError(f"{what}: days must ascend, each once")


def check_interval(what: str, low: float | None, high: float | None) -> None:
    """Raise ValueError unless both ends of an interval are known, in their order, or neither is."""
    if (low is None) != (high is None):
        raise ValueError(f"{what}: an interval has two ends or none, not {low}..{high}")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{what}: the low end {low} lies above the high end {high}")


def runs(*columns: Values) -> list[range]:
    """List the stretches of positions at which all columns are known; a hole lies between two."""
    found: list[range] = []
    for place, values in enumerate(zip(*columns, strict=True)):
        if any(value is None for value in values):
            continue
        if found and found[-1].stop == place:
            found[-1] = range(found[-1].start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found


def lonely(values: Values) -> list[int]:
    """List the known values between two holes: a line does not show them, a dot must."""
    return [run.start for run in runs(values) if len(run) == 1]


@dataclass(frozen=True, slots=True)
class Line:
    """One series. `values` are in the chart's unit. `account` is the id of the account it was read
    of, `basis` the terms it is held under; '' = of no account."""

    name: str
    days: tuple[date, ...]
    values: Values
    account: str = ""
    basis: str = ""

    def __post_init__(self) -> None:
        if len(self.days) != len(self.values):
            raise ValueError(
                f"line {self.name!r} has {len(self.days)} days, {len(self.values)} values"
            )
        check_numbers(f"line {self.name!r}", self.values)


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated mark: `start` of the programme, `event`, or `break` of what the number means."""

    day: date
    text: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in MARK_COLOURS:
            raise ValueError(f"a mark is one of {', '.join(MARK_COLOURS)}, not {self.kind!r}")


def right_of_line(marks: Sequence[Mark], days: Sequence[date]) -> list[bool]:
    """Say which marks have their words right of their line instead of left: those whose words would
    cover the mark before them."""
    wide = WORDS_WIDE * (day_number(max(days)) - day_number(min(days))) if days else 0.0
    taken_to = -math.inf
    right = [False] * len(marks)
    for place in sorted(range(len(marks)), key=lambda place: marks[place].day):
        day = day_number(marks[place].day)
        right[place] = day - wide < taken_to or day == taken_to
        taken_to = day + wide if right[place] else day
    return right


@dataclass(frozen=True, slots=True)
class Chart:
    """A time series chart. `gaps` are days without a reading, first and last inclusive."""

    key: str
    title: str
    unit: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    gaps: tuple[tuple[date, date], ...] = ()
    decimals: int = 0

    def __post_init__(self) -> None:
        if len(self.lines) > MOST_LINES:
            raise ValueError(f"a chart shows at most {MOST_LINES} lines, not {len(self.lines)}")

    @property
    def alt_text(self) -> str:
        """Say in words what the chart shows, for those who cannot see it."""
        parts = [f"Biểu đồ: {self.title} ({self.unit})."]
        for line in self.lines:
            known = [(d, v) for d, v in zip(line.days, line.values, strict=True) if v is not None]
            if not known:
                parts.append(f"{line.name}: {UNKNOWN_VI}.")
                continue
            (first, low), (last, high) = known[0], known[-1]
            parts.append(
                f"{line.name}: {spoken(low, self.decimals)} ngày {day_text(first)}, "
                f"{spoken(high, self.decimals)} ngày {day_text(last)}."
            )
        parts += [
            f"{day_text(mark.day)}: {mark.text}." for mark in self.marks if mark.kind == "start"
        ]
        if self.gaps:
            parts.append(f"{len(self.gaps)} khoảng trống được tô xám.")
        return clean(" ".join(parts))
