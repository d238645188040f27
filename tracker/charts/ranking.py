"""A ranking of units with intervals. Draws nothing; ranks and means come from outside, because what
a tie is depends on how the numbers were measured.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracker.charts.shapes import (
    LARGEST,
    UNKNOWN_VI,
    check_interval,
    check_numbers,
    spoken,
    spoken_range,
)
from tracker.text.names import sort_key
from tracker.text.printable import clean

MOST_UNITS = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """One unit of a ranking. `value` None = not known: listed last, without a point. Units with the
    same `rank` are tied; None = not ranked."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    rank: int | None = None

    def __post_init__(self) -> None:
        check_numbers(self.name, (self.value, self.low, self.high), LARGEST)
        check_interval(self.name, self.low, self.high)


@dataclass(frozen=True, slots=True)
class RankingChart:
    """Units from the highest to the lowest value, with intervals and means.

    `own` is the name of the unit the chart is about, marked among the others; `mean` is the mean of
    all units, `mean_without` that of all but `own`. Units are drawn in the order of `ordered`.
    """

    key: str
    title: str
    unit: str
    units: tuple[Ranked, ...]
    own: str | None = None
    mean: float | None = None
    mean_without: float | None = None
    decimals: int = 0
    interval_name: str = "Khoảng tin cậy"

    def __post_init__(self) -> None:
        if len(self.units) > MOST_UNITS:
            raise ValueError(f"{self.key}: at most {MOST_UNITS} units, not {len(self.units)}")
        if self.own is not None and self.own not in {unit.name for unit in self.units}:
            raise ValueError(f"{self.key}: {self.own!r} is not among the units")
        if self.own is None and self.mean_without is not None:
            raise ValueError(f"{self.key}: a mean without a unit must say which (own)")
        check_numbers(self.key, (self.mean, self.mean_without), LARGEST)

    @property
    def span(self) -> tuple[float, float]:
        """Give the lowest and the highest number shown."""
        numbers = [number for one in self.units for number in (one.value, one.low, one.high)]
        known = [one for one in (*numbers, self.mean, self.mean_without) if one is not None]
        return (min(known), max(known)) if known else (0.0, 1.0)

    @property
    def ordered(self) -> tuple[Ranked, ...]:
        """Sort by value, highest first, then by name as a Vietnamese dictionary; unknown last."""
        return tuple(
            sorted(
                self.units,
                key=lambda one: (one.value is None, -(one.value or 0.0), sort_key(one.name)),
            )
        )

    @property
    def rank_texts(self) -> tuple[str, ...]:
        """Name the rank of each unit of `ordered`: `hạng 1`, `đồng hạng 2`, '' where unknown."""
        shared = Counter(unit.rank for unit in self.units)
        return tuple(
            ""
            if unit.rank is None
            else f"{'đồng hạng' if shared[unit.rank] > 1 else 'hạng'} {unit.rank}"
            for unit in self.ordered
        )

    @property
    def ties(self) -> tuple[tuple[int, int], ...]:
        """Give the first and last place in `ordered` of neighbours that share a rank."""
        found: list[tuple[int, int]] = []
        ranks = [unit.rank for unit in self.ordered]
        first = 0
        for place in range(1, len(ranks) + 1):
            if place < len(ranks) and ranks[place] == ranks[first]:
                continue
            if place - first > 1 and ranks[first] is not None:
                found.append((first, place - 1))
            first = place
        return tuple(found)

    @property
    def mean_texts(self) -> tuple[tuple[str, float], ...]:
        """Write out the means to be drawn, the number first, with their values."""
        named = (
            (f" (có {self.own})" if self.own else "", self.mean),
            (f" (không có {self.own})", self.mean_without),
        )
        return tuple(
            (f"Trung bình {self.number_text(value)}{which}", value)
            for which, value in named
            if value is not None
        )

    def number_text(self, value: float) -> str:
        """Write a value of the chart the Vietnamese way."""
        return spoken(value, self.decimals)

    def unit_text(self, unit: Ranked, rank_text: str) -> str:
        """Write a unit out: name, value, interval, rank."""
        if unit.value is None:
            return f"{unit.name}: {UNKNOWN_VI}"
        ends = spoken_range(unit.low, unit.high, self.decimals)
        written = f"{unit.name}: {self.number_text(unit.value)}"
        return written + (f" ({ends})" if ends else "") + (f", {rank_text}" if rank_text else "")

    @property
    def alt_text(self) -> str:
        """Say in one sentence who is highest and lowest, where the own unit stands, the means."""
        rows = list(zip(self.ordered, self.rank_texts, strict=True))
        known = [(unit, text) for unit, text in rows if unit.value is not None]
        parts = [f"{len(self.units)} đơn vị"]
        if known:
            parts.append(f"cao nhất là {self.unit_text(*known[0])}")
        if len(known) > 1:
            parts.append(f"thấp nhất là {self.unit_text(*known[-1])}")
        ends = {known[0][0].name, known[-1][0].name} if known else set()
        own = [row for row in rows if row[0].name == self.own and self.own not in ends]
        parts += [self.unit_text(*row) for row in own[:1]]
        parts += [f"{text[:1].lower()}{text[1:]}" for text, _ in self.mean_texts]
        if len(known) < len(rows):
            parts.append(f"{len(rows) - len(known)} đơn vị {UNKNOWN_VI}")
        return clean(f"Biểu đồ “{self.title}” ({self.unit}): {'; '.join(parts)}.")
