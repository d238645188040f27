"""What a chart consists of: lines, marks, gaps; the colours both drawings share. Draws nothing.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; each line also has
its own dashes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from tracker.text.printable import clean, day_text

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARK_COLOURS = {"start": "#000000", "event": "#777777", "break": "#B00020"}
MOST_LINES = len(COLOURS)
SEPARATORS = str.maketrans(",.", ".,")


def spoken(value: float, decimals: int) -> str:
    """Write a number of a chart the Vietnamese way, 12.345,6."""
    return f"{value:,.{decimals}f}".translate(SEPARATORS)


@dataclass(frozen=True, slots=True)
class Line:
    """One series. `values` are in the chart's unit; None = unknown, drawn as a hole, never as 0."""

    name: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(self.values):
            raise ValueError(
                f"line {self.name!r} has {len(self.days)} days, {len(self.values)} values"
            )
        if any(value is not None and not math.isfinite(value) for value in self.values):
            raise ValueError(
                f"line {self.name!r} holds a number that is not finite; unknown is None"
            )


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated mark: `start` of the programme, `event`, or `break` of what the number means."""

    day: date
    text: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in MARK_COLOURS:
            raise ValueError(f"a mark is one of {', '.join(MARK_COLOURS)}, not {self.kind!r}")


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
                parts.append(f"{line.name}: chưa có số liệu.")
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
