"""A ranking as a picture: a row per unit, highest on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.charts.picture_legend import draw_legend
from tracker.charts.picture_parts import (
    WIDTH,
    Style,
    blanked,
    empty_axes,
    lay_values_across,
    png,
    words,
)
from tracker.charts.ranking import RankingChart
from tracker.charts.shapes import ACTUAL, MEAN_COLOURS, OWN, UNKNOWN_VI

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP, FOOT = 0.3, 0.85
LEFT, RIGHT = 1.75, 0.85
"""Inches around the plot, for note, legend, names and ranks."""
ROWS_HIGH = 8.3
"""Inches for the rows of a long ranking, so that it fits a page of A4."""


def ranking_picture(chart: RankingChart, note: str) -> bytes:
    """Draw a point and an interval per unit, ties side by side, the means upright."""
    count = max(len(chart.units), 1)
    high = min(0.2 * max(count, 4), ROWS_HIGH)
    total = TOP + high + FOOT
    place = (LEFT / WIDTH, FOOT / total, (WIDTH - LEFT - RIGHT) / WIDTH, high / total)
    drawing, axes = empty_axes(total, place)
    axes.set_ylim(count - 0.5, -0.5)
    inch = 1 / high
    lay_values_across(axes, *chart.span, below=-0.06 * inch)
    _rows(axes, chart, 7.0 if high / count >= 0.14 else 5.5)
    entries = _points(axes, chart)
    for (name, value), colour, dash in zip(
        chart.mean_texts, MEAN_COLOURS, ("--", ":"), strict=False
    ):
        style = Style(colour, dash, 1.6)
        axes.axvline(value, **style.line)
        entries.append((name, style))
    axes.plot([0, 1], [0, 0], color="#000000", linewidth=0.8, transform=axes.transAxes)
    across = {"ha": "center", "va": "top", "transform": axes.transAxes}
    words(axes, 0.5, -0.24 * inch, chart.unit, size=8, longest=60, **across)
    plot = WIDTH - LEFT - RIGHT
    wide = (WIDTH - 0.2) / plot
    left = (0.15 - LEFT) / plot
    draw_legend(axes, entries, top=-0.5 * inch, apart=0.16 * inch, left=left, wide=wide)
    return png(drawing, axes, note, above=1 + 0.1 * inch)


def _rows(axes: Axes, chart: RankingChart, size: float) -> None:
    """Write names left and ranks right of the plot; shade what is tied."""
    across = axes.get_yaxis_transform()
    for first, last in chart.ties:
        axes.axhspan(first - 0.4, last + 0.4, color="#eeeeee", linewidth=0, zorder=-1)
        ends = [first - 0.35, last + 0.35]
        bar = axes.plot([1.01, 1.01], ends, color="#444444", linewidth=1.6, transform=across)
        bar[0].set_clip_on(False)
    for place, (unit, rank) in enumerate(zip(chart.ordered, chart.rank_texts, strict=True)):
        weight, longest = ("bold", 26) if unit.name == chart.own else ("normal", 30)
        how = {"va": "center_baseline", "weight": weight, "transform": across}
        words(axes, -0.015, place, unit.name, size=size, longest=longest, ha="right", **how)
        words(axes, 1.025, place, rank, size=size, longest=20, ha="left", **how)
        if unit.value is None:
            words(axes, 0.01, place, UNKNOWN_VI, size=size, longest=30, ha="left", **how)


def _points(axes: Axes, chart: RankingChart) -> list[tuple[str, Style]]:
    """Draw points and intervals, the own unit as a diamond; give their entries in the legend."""
    other = Style(ACTUAL, "-", 1.2, marker="o")
    own = Style(OWN, "-", 1.6, marker="D")
    entries = []
    for style, name, is_own in ((other, "Đơn vị, với", False), (own, f"{chart.own}, với", True)):
        shown = [
            (place, unit)
            for place, unit in enumerate(chart.ordered)
            if unit.value is not None and (unit.name == chart.own) == is_own
        ]
        for place, unit in shown:
            if unit.low is not None and unit.high is not None:
                ends = (unit.low, unit.high)
                axes.plot(ends, (place, place), color=style.colour, linewidth=style.width)
        if shown:
            values = blanked(unit.value for _, unit in shown)
            points = {**style.line, "linestyle": "none"}
            axes.plot(values, [place for place, _ in shown], **points)
            entries.append((f"{name} {chart.interval_name.lower()}", style))
    return entries
