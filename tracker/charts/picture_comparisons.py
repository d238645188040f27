"""Counterfactual, placebo plot and event study as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.charts.comparisons import CounterfactualChart, PlaceboChart
from tracker.charts.event_study import EventStudyChart
from tracker.charts.picture_legend import draw_legend
from tracker.charts.picture_parts import (
    BACKING,
    PLACE,
    Style,
    blanked,
    draw_axes,
    draw_line,
    draw_marks,
    empty_axes,
    lay_days,
    lay_values,
    name_days,
    png,
    under_axis,
    words,
)
from tracker.charts.shapes import (
    ACTUAL,
    AFTER,
    BEFORE,
    COUNTERFACTUAL,
    PLACEBO,
    START_VI,
    TREATED,
    UNKNOWN_VI,
    Values,
    runs,
)
from tracker.periods import day_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def counterfactual_picture(chart: CounterfactualChart, note: str) -> bytes:
    """Draw actual, counterfactual, its band, and the difference since the start, hatched."""
    drawing, axes = empty_axes()
    marks = chart.all_marks
    days = [*chart.days, *(mark.day for mark in marks)] if chart.days else []
    places = [day_number(day) for day in chart.days]
    lay_days(axes, days)
    _lay_values(axes, chart.numbers)
    name_days(axes, days)
    draw_axes(axes, chart.unit)
    band = Style(COUNTERFACTUAL, fill=True, alpha=0.2)
    difference = Style(ACTUAL, fill=True, hatch="////")
    expected = Style(COUNTERFACTUAL, "--")
    actual = Style(ACTUAL, "-", 1.8)
    if chart.has_band:
        _area(axes, places, chart.low, chart.high, band)
    _area(axes, places, *chart.since_start, difference)
    draw_line(axes, places, chart.counterfactual, expected)
    draw_line(axes, places, chart.actual, actual)
    entries = [
        (chart.actual_name, actual),
        (chart.counterfactual_name, expected),
        (chart.difference_name, difference),
        *([(chart.band_name, band)] if chart.has_band else []),
    ]
    draw_legend(axes, entries)
    draw_marks(axes, marks if chart.days else (), days, BACKING)
    return png(drawing, axes, note)


def _lay_values(axes: Axes, numbers: Sequence[float], *also: float) -> None:
    """Lay the axis so that it shows all numbers and those `also`; say if none is known."""
    if numbers:
        lay_values(axes, min([*numbers, *also]), max([*numbers, *also]))
        return
    lay_values(axes, 0.0, 1.0)
    middle = {"ha": "center", "va": "center", "transform": axes.transAxes, "bbox": BACKING}
    words(axes, 0.5, 0.5, UNKNOWN_VI, size=10, longest=40, **middle)


def _area(axes: Axes, places: Sequence[float], low: Values, high: Values, style: Style) -> None:
    """Fill between two columns stretch by stretch: a hole is left open, one day is a stroke."""
    for run in runs(low, high):
        x = places[run.start : run.stop]
        below, above = blanked(low[run.start : run.stop]), blanked(high[run.start : run.stop])
        if len(run) == 1:
            axes.vlines(x, below, above, color=style.colour, alpha=style.alpha, linewidth=3)
        else:
            axes.fill_between(x, below, above, **style.area)


def placebo_picture(chart: PlaceboChart, note: str) -> bytes:
    """Draw thin grey gaps of placebos, and the treated gap over them."""
    drawing, axes = empty_axes()
    lines = (*chart.placebos, chart.treated)
    marks = chart.all_marks
    days = [day for line in lines for day in line.days]
    days += [mark.day for mark in marks] if days else []
    lay_days(axes, days)
    _lay_values(axes, chart.numbers, 0.0)
    name_days(axes, days)
    draw_axes(axes, chart.unit)
    grey, own = Style(PLACEBO, "-", 0.6), Style(TREATED, "-", 2.2)
    for line in chart.placebos:
        draw_line(axes, [day_number(day) for day in line.days], line.values, grey)
    axes.axhline(0, color="#000000", linewidth=0.9)
    treated = chart.treated
    draw_line(axes, [day_number(day) for day in treated.days], treated.values, own)
    grey_name = f"{chart.placebos_name}: {len(chart.placebos)}"
    draw_legend(axes, [(treated.name, own), *([(grey_name, grey)] if chart.placebos else [])])
    draw_marks(axes, marks if days else (), days, BACKING)
    return png(drawing, axes, note)


def event_study_picture(chart: EventStudyChart, note: str) -> bytes:
    """Draw points with intervals: hollow squares before the start, discs since."""
    height = 3.7
    drawing, axes = empty_axes(height, (PLACE[0], 0.25, PLACE[2], 0.67))
    axes.set_xlim(*chart.span)
    axes.axvspan(chart.span[0], -0.5, color="#eeeeee", linewidth=0, zorder=-1)
    low, high = min([*chart.numbers, 0.0]), max([*chart.numbers, 0.0])
    _lay_values(axes, chart.numbers, low - 0.12 * (high - low), high)
    for event in chart.ticks:
        under_axis(axes, event, str(event))
    across = axes.transAxes
    what = f"số {chart.period} kể từ khi bắt đầu"
    words(axes, 0.5, -0.1, what, size=8, longest=60, ha="center", va="top", transform=across)
    draw_axes(axes, chart.unit)
    axes.axhline(0, color="#000000", linewidth=0.9)
    size = 5 * chart.point_size
    before = Style(BEFORE, "none", marker="s", face="#ffffff", size=size)
    after = Style(AFTER, "none", marker="o", size=size)
    interval = Style("#444444", "-", 1.2)
    known = [point for point in chart.points if point.value is not None]
    ends = [(one.event, one.low, one.high) for one in known]
    sure = [(at, low, high) for at, low, high in ends if low is not None and high is not None]
    if sure:
        events, lows, highs = (list(column) for column in zip(*sure, strict=True))
        axes.vlines(events, lows, highs, color="#444444", linewidth=1.2)
    for style, side in ((before, False), (after, True)):
        shown = [point for point in known if (point.event >= 0) == side]
        axes.plot([one.event for one in shown], blanked(one.value for one in shown), **style.line)
    _start_and_base(axes, chart)
    names = ("Trước khi bắt đầu", "Từ khi bắt đầu", chart.interval_name)
    entries = list(zip(names, (before, after, interval), strict=True))
    draw_legend(axes, entries, top=-0.21)
    return png(drawing, axes, note)


def _start_and_base(axes: Axes, chart: EventStudyChart) -> None:
    """Mark the start between -1 and 0, and the base by a bar along the foot of the plot."""
    down = axes.get_xaxis_transform()
    axes.axvline(-0.5, color="#000000", linewidth=0.9, linestyle=":")
    upright = {"rotation": 90, "ha": "right", "va": "top", "transform": down, "bbox": BACKING}
    words(axes, -0.55, 0.98, START_VI, size=6.5, longest=36, **upright)
    if chart.base is None:
        return
    first, last = chart.base
    ends = [first - 0.4, last + 0.4]
    axes.plot(ends, [0.01, 0.01], color="#000000", linewidth=3.5, transform=down)
    at, side = chart.base_at
    how = {"ha": side, "va": "bottom", "transform": down, "bbox": BACKING}
    words(axes, at, 0.035, f"mốc so sánh: {chart.base_text}", size=6.5, longest=50, **how)
