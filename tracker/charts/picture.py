"""Any chart as a PNG picture, drawn by matplotlib without a window."""

from __future__ import annotations

from functools import lru_cache

from tracker.charts.comparisons import CounterfactualChart, PlaceboChart
from tracker.charts.event_study import EventStudyChart
from tracker.charts.figure import AnyChart
from tracker.charts.picture_comparisons import (
    counterfactual_picture,
    event_study_picture,
    placebo_picture,
)
from tracker.charts.picture_legend import draw_legend
from tracker.charts.picture_parts import (
    GREY,
    Style,
    draw_axes,
    draw_line,
    draw_marks,
    empty_axes,
    lay_days,
    lay_values,
    name_days,
    png,
    series_tick,
)
from tracker.charts.picture_ranking import ranking_picture
from tracker.charts.shapes import COLOURS, Chart
from tracker.periods import day_number

DASHES = ("-", "--", ":", "-.", (0, (7, 2)), (0, (7, 2, 1, 2)), (0, (1, 1, 4, 1)))


@lru_cache(maxsize=8)
def picture(chart: AnyChart, note: str = "") -> bytes:
    """Draw the chart as PNG. `note` is printed in it (the synthetic mark).

    The last few are remembered: Word, workbook and page of one report show the same pictures.
    """
    if isinstance(chart, Chart):
        return _series_picture(chart, note)
    if isinstance(chart, CounterfactualChart):
        return counterfactual_picture(chart, note)
    if isinstance(chart, PlaceboChart):
        return placebo_picture(chart, note)
    if isinstance(chart, EventStudyChart):
        return event_study_picture(chart, note)
    return ranking_picture(chart, note)


def _series_picture(chart: Chart, note: str) -> bytes:
    drawing, axes = empty_axes()
    days = [day for line in chart.lines for day in line.days]
    values = [value for line in chart.lines for value in line.values if value is not None]
    lay_days(axes, days)
    for start, end in chart.gaps:
        axes.axvspan(day_number(start), day_number(end), color=GREY, alpha=0.3, linewidth=0)
    ends = (min(values), max(values)) if values else (0.0, 1.0)
    lay_values(axes, *ends, series_tick)
    name_days(axes, days)
    draw_axes(axes, chart.unit)
    entries = []
    for number, line in enumerate(chart.lines):
        style = Style(COLOURS[number], DASHES[number])
        draw_line(axes, [day_number(day) for day in line.days], line.values, style)
        entries.append((line.name, style))
    draw_legend(axes, entries)
    draw_marks(axes, chart.marks, days)
    return png(drawing, axes, note)
