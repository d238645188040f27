"""What all pictures share: the drawing surface, axes, words, marks, the legend, the PNG.

Axes, ticks and legend are drawn by hand: matplotlib takes as long for them as for all else, and
a report of all localities draws more than a hundred pictures.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tracker.charts.shapes import (
    MARK_COLOURS,
    Mark,
    Values,
    lonely,
    padded,
    right_of_line,
    spoken,
)
from tracker.periods import day_number
from tracker.text.printable import clean, day_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 130
COMPRESSION = 1
"""PNG's usual level 6 takes a fifth of the time of the whole picture for a tenth fewer bytes."""
GREY = "#999999"
GRID = "#dddddd"
WIDTH, HEIGHT = 6.5, 3.4
"""Inches."""
PLACE = (0.12, 0.2, 0.85, 0.72)
"""Where the plot lies on its surface: left, bottom, width, height, as shares."""
BACKING = {"facecolor": "#ffffff", "alpha": 0.8, "edgecolor": "none", "pad": 0.6}
"""Under words that lie over lines."""

Dash = str | tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Style:
    """How something looks, in the plot and in its legend. `fill` makes it an area."""

    colour: str
    dash: Dash = "-"
    width: float = 1.5
    marker: str = ""
    face: str = ""
    size: float = 5.0
    fill: bool = False
    alpha: float = 1.0
    hatch: str = ""

    @property
    def line(self) -> dict[str, Any]:
        """Give the words by which matplotlib knows a line."""
        found: dict[str, Any] = {"color": self.colour, "linestyle": self.dash}
        found |= {"linewidth": self.width, "alpha": self.alpha}
        if self.marker:
            face = self.face or self.colour
            found |= {"marker": self.marker, "markersize": self.size, "markerfacecolor": face}
        return found

    @property
    def area(self) -> dict[str, Any]:
        """Give the words by which matplotlib knows an area."""
        if self.hatch:
            return {"facecolor": "none", "edgecolor": self.colour, "hatch": self.hatch, "lw": 0}
        return {"facecolor": self.colour, "alpha": self.alpha, "linewidth": 0}


@lru_cache(maxsize=4)
def _canvas(height: float, place: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """Make the drawing surface that all pictures of one size share."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(WIDTH, height), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(drawing)
    axes = drawing.add_axes(place)
    axes.set_axis_off()
    return drawing, axes


def empty_axes(
    height: float = HEIGHT, place: tuple[float, float, float, float] = PLACE
) -> tuple[Figure, Axes]:
    """Give the surface of a size, wiped clean, and its axes."""
    drawing, axes = _canvas(height, place)
    for artist in [*axes.lines, *axes.texts, *axes.patches, *axes.collections]:
        artist.remove()
    return drawing, axes


def png(drawing: Figure, axes: Axes, note: str, above: float = 1.05) -> bytes:
    """Write the note above the plot and give the picture as PNG."""
    from matplotlib import rc_context

    words(
        axes,
        1,
        above,
        note,
        size=7,
        longest=120,
        ha="right",
        weight="bold",
        color=MARK_COLOURS["break"],
        transform=axes.transAxes,
    )
    target = io.BytesIO()
    settings = {"compress_level": COMPRESSION}
    with rc_context({"text.hinting": "none"}):  # at this size unseen, and a quarter of the time
        drawing.savefig(target, format="png", metadata={"Software": None}, pil_kwargs=settings)
    return target.getvalue()


def plain(text: str, longest: int) -> str:
    """Write out dollar signs, between which matplotlib would read formulas; cut long texts."""
    line = " ".join(clean(text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return line.replace("$", r"\$")


def words(
    axes: Axes, x: float, y: float, text: str, *, size: float, longest: int, **how: Any
) -> None:
    """Put a text into the picture, cut to `longest` characters."""
    axes.text(x, y, plain(text, longest), fontsize=size, **how)


def blanked(values: Iterable[float | None]) -> list[float]:
    """Turn unknown values into NaN, which matplotlib leaves out."""
    return [math.nan if value is None else float(value) for value in values]


def draw_line(axes: Axes, places: Sequence[float], values: Values, style: Style) -> None:
    """Draw a line with its holes; known values between two holes become dots."""
    axes.plot(places, blanked(values), **style.line)
    if dots := lonely(values):
        axes.plot(
            [places[dot] for dot in dots],
            blanked(values[dot] for dot in dots),
            color=style.colour,
            linestyle="none",
            marker="o",
            markersize=2 * style.width,
        )


def even_tick(value: float, step: float) -> str:
    """Write the number of a tick with as many decimals as its step has."""
    decimals = next(d for d in range(17) if d == 16 or math.isclose(step, round(step, d)))
    return spoken(value, decimals)


def series_tick(value: float, step: float) -> str:
    """Write the number of a tick without decimals if it has none, else with two or more."""
    if step >= 0.01:
        return spoken(value, 0 if value == round(value) else 2)
    return even_tick(value, step)


def lay_values(
    axes: Axes, low: float, high: float, tick_text: Callable[[float, float], str] = even_tick
) -> None:
    """Set the range of values from low to high with a margin; draw the grid and its numbers."""
    axes.set_ylim(*padded(low, high))
    levels, step = _levels(low, high)
    left, right = axes.get_xlim()
    axes.hlines(levels, left, right, color=GRID, linewidth=0.6, zorder=0)
    across = axes.get_yaxis_transform()
    for level in levels:
        text = tick_text(level, step)
        axes.text(-0.01, level, text, ha="right", va="center", fontsize=7.5, transform=across)


def lay_values_across(axes: Axes, low: float, high: float, below: float) -> None:
    """Set the range of values from left to right; draw the grid, and its numbers `below`."""
    axes.set_xlim(*padded(low, high))
    levels, step = _levels(low, high)
    bottom, top = axes.get_ylim()
    axes.vlines(levels, bottom, top, color=GRID, linewidth=0.6, zorder=0)
    for level in levels:
        under_axis(axes, level, even_tick(level, step), below)


def _levels(low: float, high: float) -> tuple[list[float], float]:
    from matplotlib.ticker import MaxNLocator

    found = [float(level) for level in MaxNLocator(6).tick_values(low, high)]
    step = found[1] - found[0] if len(found) > 1 else 1.0
    first, last = padded(low, high)
    return [level for level in found if first <= level <= last], step


def lay_days(axes: Axes, days: Sequence[date]) -> None:
    """Set the range of days, with a margin."""
    first, last = (day_number(min(days)), day_number(max(days))) if days else (0, 1)
    wide = 0.02 * (last - first) or 1
    axes.set_xlim(first - wide, last + wide)


def name_days(axes: Axes, days: Sequence[date]) -> None:
    """Write months below the axis."""
    for day in _month_ticks(days):
        under_axis(axes, day_number(day), f"{day:%m/%Y}" if day.day == 1 else day_text(day))


def under_axis(axes: Axes, at: float, text: str, below: float = -0.03) -> None:
    """Write the words of a tick below the axis."""
    down = axes.get_xaxis_transform()
    axes.text(at, below, text, ha="center", va="top", fontsize=7.5, transform=down)


def draw_axes(axes: Axes, unit: str) -> None:
    """Draw the two axes and write the unit along the upright one."""
    upright = {"rotation": 90, "ha": "center", "va": "center", "transform": axes.transAxes}
    words(axes, -0.11, 0.5, unit, size=8, longest=40, **upright)
    axes.plot(
        [0, 0, 1],
        [1, 0, 0],
        color="#000000",
        linewidth=0.8,
        transform=axes.transAxes,
        clip_on=False,
    )


def draw_marks(
    axes: Axes, marks: Sequence[Mark], days: Sequence[date], backing: dict[str, Any] | None = None
) -> None:
    """Draw a dotted upright line for each mark, with its words along it."""
    for mark, right in zip(marks, right_of_line(marks, days), strict=True):
        colour, day = MARK_COLOURS[mark.kind], day_number(mark.day)
        axes.axvline(day, color=colour, linewidth=0.9, linestyle=":")
        text = plain(mark.text, 36)
        axes.text(
            day,
            0.98,
            f" {text}" if right else f"{text} ",
            rotation=90,
            fontsize=6.5,
            color=colour,
            ha="left" if right else "right",
            va="top",
            transform=axes.get_xaxis_transform(),
            bbox=backing,
        )


def _month_ticks(days: Sequence[date]) -> list[date]:
    """Choose first days of months, at most nine, evenly over a chart; else its first and last."""
    if not days:
        return []
    first, last = min(days), max(days)
    months = range(first.year * 12 + first.month, last.year * 12 + last.month)
    apart = next(apart for apart in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if len(months) <= 8 * apart)
    ticks = [date(month // 12, month % 12 + 1, 1) for month in months if month % apart == 0]
    return ticks if len(ticks) > 1 else sorted({first, last})
