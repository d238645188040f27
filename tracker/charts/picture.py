"""A chart as a PNG picture, drawn by matplotlib without a window.

Axes, ticks and legend are drawn by hand: matplotlib takes as long for them as for all else, and
a report of all localities draws more than a hundred pictures.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tracker.charts.shapes import COLOURS, MARK_COLOURS, Chart, Mark, spoken
from tracker.periods import day_number
from tracker.text.printable import clean, day_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = ("-", "--", ":", "-.", (0, (7, 2)), (0, (7, 2, 1, 2)), "-")
DOTS_PER_INCH = 130
COMPRESSION = 3
"""PNG's usual level 6 takes a fifth of the time of the whole picture for a tenth fewer bytes."""
GREY = "#999999"


@cache
def _canvas() -> tuple[Figure, Axes]:
    """Make the one drawing surface that all pictures share."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(6.5, 3.4), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(drawing)
    axes = drawing.add_axes((0.12, 0.2, 0.85, 0.72))
    axes.set_axis_off()
    return drawing, axes


@lru_cache(maxsize=8)
def picture(chart: Chart, note: str = "") -> bytes:
    """Draw the chart as PNG. `note` is printed in it (the synthetic mark).

    The last few are remembered: Word, workbook and page of one report show the same pictures.
    """
    drawing, axes = _canvas()
    for artist in [*axes.lines, *axes.texts, *axes.patches, *axes.collections]:
        artist.remove()
    _lay_axes(axes, chart)
    for number, line in enumerate(chart.lines):
        axes.plot(
            [day_number(day) for day in line.days],
            [math.nan if value is None else value for value in line.values],
            color=COLOURS[number],
            linestyle=DASHES[number],
            linewidth=1.5,
        )
        _legend(axes, number, line.name, len(chart.lines))
    for mark in chart.marks:
        _mark(axes, mark)
    axes.text(
        1,
        1.05,
        note,
        ha="right",
        fontsize=7,
        weight="bold",
        color=MARK_COLOURS["break"],
        transform=axes.transAxes,
    )
    target = io.BytesIO()
    settings = {"compress_level": COMPRESSION}
    drawing.savefig(target, format="png", metadata={"Software": None}, pil_kwargs=settings)
    return target.getvalue()


def _lay_axes(axes: Axes, chart: Chart) -> None:
    """Set the ranges; draw gaps, lines of the grid, ticks with their words, and the two axes."""
    from matplotlib.ticker import MaxNLocator

    days = [day for line in chart.lines for day in line.days]
    values = [value for line in chart.lines for value in line.values if value is not None]
    first, last = (day_number(min(days)), day_number(max(days))) if days else (0, 1)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = 0.04 * (high - low) or max(1.0, 0.04 * abs(high))
    wide = 0.02 * (last - first) or 1
    axes.set_xlim(first - wide, last + wide)
    axes.set_ylim(low - margin, high + margin)
    for start, end in chart.gaps:
        axes.axvspan(day_number(start), day_number(end), color=GREY, alpha=0.3, linewidth=0)
    levels = [
        float(level)
        for level in MaxNLocator(6).tick_values(low, high)
        if low - margin <= level <= high + margin
    ]
    axes.hlines(levels, first - wide, last + wide, color="#dddddd", linewidth=0.6, zorder=0)
    for level in levels:
        axes.text(
            -0.01,
            level,
            _tick(level),
            ha="right",
            va="center",
            fontsize=7.5,
            transform=axes.get_yaxis_transform(),
        )
    for day in _month_ticks(days):
        axes.text(
            day_number(day),
            -0.03,
            _tick_text(day),
            ha="center",
            va="top",
            fontsize=7.5,
            transform=axes.get_xaxis_transform(),
        )
    axes.text(
        -0.11,
        0.5,
        _plain(chart.unit, 40),
        rotation=90,
        ha="center",
        va="center",
        fontsize=8,
        transform=axes.transAxes,
    )
    axes.plot(
        [0, 0, 1],
        [1, 0, 0],
        color="#000000",
        linewidth=0.8,
        transform=axes.transAxes,
        clip_on=False,
    )


def _legend(axes: Axes, number: int, name: str, lines: int) -> None:
    """Draw a line's piece and its name below the axes: two to a row, three where there are many."""
    columns, longest = (2, 44) if lines <= 4 else (3, 27)
    row, column = divmod(number, columns)
    left, height = column / columns, -0.14 - 0.065 * row
    axes.plot(
        [left, left + 0.04],
        [height, height],
        color=COLOURS[number],
        linestyle=DASHES[number],
        linewidth=1.5,
        transform=axes.transAxes,
        clip_on=False,
    )
    words = _plain(name, longest)
    axes.text(left + 0.05, height, words, va="center", fontsize=7, transform=axes.transAxes)


def _mark(axes: Axes, mark: Mark) -> None:
    """Draw a dotted upright line with its words along it."""
    colour, day = MARK_COLOURS[mark.kind], day_number(mark.day)
    axes.axvline(day, color=colour, linewidth=0.9, linestyle=":")
    axes.text(
        day,
        0.98,
        _plain(mark.text, 36) + " ",
        rotation=90,
        fontsize=6.5,
        color=colour,
        ha="right",
        va="top",
        transform=axes.get_xaxis_transform(),
    )


def _plain(text: str, longest: int) -> str:
    """Write out dollar signs, between which matplotlib would read formulas; cut long texts."""
    line = " ".join(clean(text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return line.replace("$", r"\$")


def _month_ticks(days: Sequence[date]) -> list[date]:
    """Choose first days of months, at most nine, evenly over a chart; else its first and last."""
    if not days:
        return []
    first, last = min(days), max(days)
    months = range(first.year * 12 + first.month, last.year * 12 + last.month)
    apart = next(apart for apart in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if len(months) <= 8 * apart)
    ticks = [date(month // 12, month % 12 + 1, 1) for month in months if month % apart == 0]
    return ticks if len(ticks) > 1 else sorted({first, last})


def _tick_text(day: date) -> str:
    return f"{day:%m/%Y}" if day.day == 1 else day_text(day)


def _tick(value: float) -> str:
    return spoken(value, 0 if value == round(value) else 2)
