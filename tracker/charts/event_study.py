"""The chart of an event study. Draws nothing and computes no effect: numbers come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, pairwise

from tracker.charts.shapes import (
    LARGEST,
    UNKNOWN_VI,
    check_interval,
    check_numbers,
    spoken_change,
    spoken_range,
)
from tracker.text.printable import clean

MOST_TICKS = 13
WORDS_OF_BASE = 0.3
"""How wide the words that name the base of an event study are, as a share of the axis."""


@dataclass(frozen=True, slots=True)
class EventPoint:
    """The effect at one distance from the start: `event` counts periods, 0 = the first treated.

    `value` None = not known (a hole). `units` counts the treated units behind it, if known.
    """

    event: int
    value: float | None
    low: float | None = None
    high: float | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        check_numbers(f"event {self.event}", (self.value, self.low, self.high), LARGEST)
        check_interval(f"event {self.event}", self.low, self.high)


@dataclass(frozen=True, slots=True)
class EventStudyChart:
    """Effects by distance from the start. `base` is the first and the last event (both inclusive,
    both below 0) with whose mean the others are compared; None where there is no single one."""

    key: str
    title: str
    unit: str
    points: tuple[EventPoint, ...]
    base: tuple[int, int] | None = None
    period: str = "kỳ"
    decimals: int = 0
    interval_name: str = "Khoảng tin cậy từng kỳ"

    def __post_init__(self) -> None:
        events = [point.event for point in self.points]
        if any(after <= before for before, after in pairwise(events)):
            raise ValueError(f"{self.key}: events must ascend, each once")
        if self.base and not self.base[0] <= self.base[1] < 0:
            raise ValueError(f"{self.key}: a base lies before the start, not {self.base}")

    @property
    def numbers(self) -> list[float]:
        """List all known numbers that are drawn."""
        known = [one for one in self.points if one.value is not None]
        ends = [number for one in known for number in (one.value, one.low, one.high)]
        return [number for number in ends if number is not None]

    @property
    def span(self) -> tuple[float, float]:
        """Give the ends of the axis of events; the start always lies between them."""
        events = [point.event for point in self.points] + list(self.base or ())
        return min([*events, -1]) - 0.5, max([*events, 0]) + 0.5

    @property
    def ticks(self) -> list[int]:
        """Choose the events to be named on the axis: evenly, 0 among them, few enough to read."""
        first, last = (round(end) for end in (self.span[0] + 0.5, self.span[1] - 0.5))
        steps = (step * 10**power for power in count() for step in (1, 2, 5))
        apart = next(step for step in steps if (last - first) // step < MOST_TICKS)
        return list(range(-(-first // apart) * apart, last + 1, apart))

    @property
    def point_size(self) -> float:
        """Say how large points are drawn: 1, less where there are too many to lie side by side."""
        return max(0.4, min(1.0, 40 / max(1, len(self.points))))

    @property
    def base_at(self) -> tuple[float, str]:
        """Say where on the axis the words of the base stand, and which end of them stands there."""
        first, last = self.base or (-1, -1)
        left, right = self.span
        if last + 0.4 - left > WORDS_OF_BASE * (right - left):
            return last + 0.4, "right"
        return first - 0.4, "left"

    @property
    def base_text(self) -> str:
        """Name the base in words; '' where there is none."""
        if self.base is None:
            return ""
        first, last = self.base
        return f"{self.period} {first}" + ("" if first == last else f" đến {last}")

    def point_text(self, point: EventPoint) -> str:
        """Write a point out: period, effect, interval, units."""
        if point.value is None:
            return f"{self.period} {point.event}: {UNKNOWN_VI}"
        ends = spoken_range(point.low, point.high, self.decimals)
        units = f", {point.units} đơn vị" if point.units is not None else ""
        value = spoken_change(point.value, self.decimals)
        return f"{self.period} {point.event}: {value}" + (f" ({ends})" if ends else "") + units

    @property
    def alt_text(self) -> str:
        """Say in one sentence how the effect begins and ends, and what was seen before."""
        head = f"Biểu đồ “{self.title}” ({self.unit}): "
        known = [point for point in self.points if point.value is not None]
        before = [point for point in known if point.event < 0]
        after = [point for point in known if point.event >= 0]
        parts = []
        if self.base_text:
            parts.append(f"mốc so sánh là {self.base_text}")
        if after:
            parts += [self.point_text(point) for point in dict.fromkeys((after[0], after[-1]))]
        else:
            parts.append(f"từ khi bắt đầu {UNKNOWN_VI}")
        parts.append(
            f"khoảng không chứa 0 ở {_apart(before)} trước và {_apart(after)} từ khi bắt đầu"
        )
        return clean(f"{head}{'; '.join(parts)}.")


def _apart(points: list[EventPoint]) -> str:
    ends = [(one.low, one.high) for one in points if one.low is not None and one.high is not None]
    return f"{sum(low > 0 or high < 0 for low, high in ends)}/{len(ends)} kỳ"
