"""Any chart as an interactive Plotly figure: a plain dictionary, its JSON, and Plotly's script."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from tracker.charts.comparisons import CounterfactualChart, PlaceboChart
from tracker.charts.event_study import EventStudyChart
from tracker.charts.figure_comparisons import (
    counterfactual_figure,
    event_study_figure,
    placebo_figure,
)
from tracker.charts.figure_parts import (
    DASHES,
    days_axis,
    gap_shape,
    layout,
    line_trace,
    mark_shapes,
    mark_words,
)
from tracker.charts.figure_ranking import ranking_figure
from tracker.charts.ranking import RankingChart
from tracker.charts.shapes import COLOURS, Chart

AnyChart = Chart | CounterfactualChart | PlaceboChart | EventStudyChart | RankingChart


def figure(chart: AnyChart, note: str = "") -> dict[str, Any]:
    """Build the Plotly figure as a dictionary. `note` is printed in it (the synthetic mark)."""
    if isinstance(chart, Chart):
        return _series_figure(chart, note)
    if isinstance(chart, CounterfactualChart):
        return counterfactual_figure(chart, note)
    if isinstance(chart, PlaceboChart):
        return placebo_figure(chart, note)
    if isinstance(chart, EventStudyChart):
        return event_study_figure(chart, note)
    return ranking_figure(chart, note)


def _series_figure(chart: Chart, note: str) -> dict[str, Any]:
    lines = [
        line_trace(
            line.name, line.days, line.values, color=COLOURS[number], dash=DASHES[number], width=2
        )
        for number, line in enumerate(chart.lines)
    ]
    shapes = [gap_shape(*gap) for gap in chart.gaps] + mark_shapes(chart.marks)
    words = mark_words(chart.marks, [day for line in chart.lines for day in line.days])
    return {"data": lines, "layout": layout(note, chart.unit, days_axis(), shapes, words)}


def figure_json(chart: AnyChart, note: str = "") -> str:
    """Write the figure as JSON that may stand inside a script element of a page."""
    text = json.dumps(figure(chart, note), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def plotly_script() -> tuple[str, bytes]:
    """Give name and content of Plotly's JavaScript, which lies beside the pages to work offline.

    The name holds its version, so that a newer script never lies under the pages of an older one.
    """
    content = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    found = re.search(rb"plotly\.js v(\d+\.\d+\.\d+)", content[:1000])
    assert found is not None, "Plotly's script names its version in its first lines"
    return f"plotly-{found[1].decode('ascii')}.min.js", content
