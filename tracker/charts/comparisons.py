"""Charts of an effect over days: the counterfactual and the placebo plot. Draws nothing and
computes no effect: the numbers come from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.charts.shapes import (
    LARGEST,
    START_VI,
    UNKNOWN_VI,
    Line,
    Mark,
    Values,
    check_days,
    check_interval,
    check_numbers,
    spoken,
    spoken_change,
    spoken_range,
)
from tracker.text.printable import clean, day_text


@dataclass(frozen=True, slots=True)
class CounterfactualChart:
    """What happened and what comparable units say would have happened, day by day.

    All columns have the length of `days`, which ascend. `low`..`high` is the band around the
    counterfactual, empty where there is none. From `start` on the difference is shaded. `marks` are
    further events and breaks.
    """

    key: str
    title: str
    unit: str
    days: tuple[date, ...]
    actual: Values
    counterfactual: Values
    start: date
    low: Values = ()
    high: Values = ()
    marks: tuple[Mark, ...] = ()
    decimals: int = 0
    actual_name: str = "Thực tế"
    counterfactual_name: str = "Đối chứng (nếu không có chương trình)"
    band_name: str = "Khoảng tin cậy của đối chứng"
    difference_name: str = "Chênh lệch từ khi bắt đầu"

    def __post_init__(self) -> None:
        check_days(self.key, self.days)
        columns = [self.actual, self.counterfactual]
        columns += [self.low, self.high] if self.has_band else []
        for values in columns:
            if len(values) != len(self.days):
                raise ValueError(f"{self.key}: {len(self.days)} days, {len(values)} values")
            check_numbers(self.key, values, LARGEST)
        for low, high in zip(self.low, self.high, strict=True):
            check_interval(self.key, low, high)

    @property
    def has_band(self) -> bool:
        """Say whether there is a band at all."""
        return bool(self.low or self.high)

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """Give the start of the programme and the other marks."""
        return (Mark(self.start, START_VI, "start"), *self.marks)

    @property
    def numbers(self) -> list[float]:
        """List all known numbers that are drawn."""
        columns = (self.actual, self.counterfactual, self.low, self.high)
        return [value for column in columns for value in column if value is not None]

    @property
    def since_start(self) -> tuple[Values, Values]:
        """Give actual and counterfactual with what lies before the start taken out."""
        after = [day >= self.start for day in self.days]
        return (
            tuple(v if on else None for v, on in zip(self.actual, after, strict=True)),
            tuple(v if on else None for v, on in zip(self.counterfactual, after, strict=True)),
        )

    @property
    def alt_text(self) -> str:
        """Say in one sentence how far actual and counterfactual lie apart at the end."""
        head = f"Biểu đồ “{self.title}” ({self.unit}): "
        began = f"chương trình bắt đầu ngày {day_text(self.start)}"
        actual, expected = self.since_start
        both = [
            (place, one, other)
            for place, (one, other) in enumerate(zip(actual, expected, strict=True))
            if one is not None and other is not None
        ]
        if not both:
            return clean(f"{head}từ khi bắt đầu {UNKNOWN_VI} để so với đối chứng; {began}.")
        place, one, other = both[-1]
        parts = [
            f"ngày {day_text(self.days[place])} thực tế là {spoken(one, self.decimals)}, "
            f"đối chứng là {spoken(other, self.decimals)}",
            f"chênh lệch {spoken_change(one - other, self.decimals)}",
        ]
        if self.has_band:
            interval = spoken_range(self.low[place], self.high[place], self.decimals)
            parts[0] += f" ({interval or 'khoảng chưa rõ'})"
            parts.append(self._outside([(place, one) for place, one, _ in both]))
        since = sum(day >= self.start for day in self.days)
        if len(both) < since:
            parts.append(f"{since - len(both)}/{since} kỳ từ khi bắt đầu {UNKNOWN_VI}")
        return clean(f"{head}{'; '.join([*parts, began])}.")

    def _outside(self, known: list[tuple[int, float]]) -> str:
        ends = [(value, self.low[place], self.high[place]) for place, value in known]
        banded = [(v, low, high) for v, low, high in ends if low is not None and high is not None]
        outside = sum(not low <= v <= high for v, low, high in banded)
        return f"thực tế nằm ngoài khoảng ở {outside}/{len(banded)} kỳ có khoảng"


@dataclass(frozen=True, slots=True)
class PlaceboChart:
    """The gap (actual less counterfactual) of the treated unit among those of comparable units,
    for which the same was computed as if they had started on the same day."""

    key: str
    title: str
    unit: str
    treated: Line
    placebos: tuple[Line, ...]
    start: date
    marks: tuple[Mark, ...] = ()
    decimals: int = 0
    placebos_name: str = "Đơn vị so sánh (giả định cùng bắt đầu)"

    def __post_init__(self) -> None:
        for line in (self.treated, *self.placebos):
            check_days(f"line {line.name!r}", line.days)
            check_numbers(f"line {line.name!r}", line.values, LARGEST)

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """Give the start of the programme and the other marks."""
        return (Mark(self.start, START_VI, "start"), *self.marks)

    @property
    def numbers(self) -> list[float]:
        """List all known numbers that are drawn."""
        lines = (self.treated, *self.placebos)
        return [value for line in lines for value in line.values if value is not None]

    @property
    def alt_text(self) -> str:
        """Say in one sentence where the treated unit ends up among the placebos."""
        head = f"Biểu đồ “{self.title}” ({self.unit}): "
        began = f"chương trình bắt đầu ngày {day_text(self.start)}"
        known = {
            day: value
            for day, value in zip(self.treated.days, self.treated.values, strict=True)
            if value is not None and day >= self.start
        }
        if not known:
            return clean(f"{head}{self.treated.name}: từ khi bắt đầu {UNKNOWN_VI}; {began}.")
        day = max(known)
        own = known[day]
        others = [
            value
            for line in self.placebos
            for at, value in zip(line.days, line.values, strict=True)
            if at == day and value is not None
        ]
        parts = [
            f"ngày {day_text(day)} chênh lệch của {self.treated.name} là "
            f"{spoken_change(own, self.decimals)}"
        ]
        if others:
            as_far = sum(abs(other) >= abs(own) for other in others)
            parts.append(
                f"của {len(others)} đơn vị so sánh từ {spoken_change(min(others), self.decimals)} "
                f"đến {spoken_change(max(others), self.decimals)}, trong đó {as_far} đơn vị lệch "
                "khỏi 0 ít nhất bằng thế"
            )
        else:
            parts.append(f"đơn vị so sánh {UNKNOWN_VI}")
        return clean(f"{head}{'; '.join([*parts, began])}.")
