"""Counterfactual, placebo plot and event study as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tracker.charts.comparisons import CounterfactualChart, PlaceboChart
from tracker.charts.event_study import EventStudyChart
from tracker.charts.figure_parts import (
    BACKING,
    WORDS,
    comparison_layout,
    days_axis,
    html,
    line_trace,
    mark_shapes,
    mark_words,
    numbers,
    short,
    without_numbers,
    zero_line,
)
from tracker.charts.shapes import (
    ACTUAL,
    AFTER,
    BEFORE,
    COUNTERFACTUAL,
    PLACEBO,
    START_VI,
    TREATED,
    Values,
    runs,
)


def counterfactual_figure(chart: CounterfactualChart, note: str) -> dict[str, Any]:
    """Draw actual, counterfactual, its band, and the difference since the start."""
    actual, expected = chart.since_start
    data = []
    if chart.has_band:
        band = _area(chart.band_name, chart.days, chart.low, chart.high)
        data.append(band | {"fillcolor": "rgba(180,92,28,0.18)"})
    pattern = {"shape": "/", "size": 7, "solidity": 0.15, "fgcolor": ACTUAL, "bgcolor": "#ffffff00"}
    difference = _area(chart.difference_name, chart.days, actual, expected)
    edge = {"line": {"width": 1, "color": ACTUAL}}
    data.append(difference | edge | {"fillpattern": pattern, "fillcolor": "rgba(0,114,178,0.06)"})
    data.append(
        line_trace(
            chart.counterfactual_name,
            chart.days,
            chart.counterfactual,
            color=COUNTERFACTUAL,
            dash="dash",
            width=2,
        )
    )
    data.append(
        line_trace(
            chart.actual_name, chart.days, chart.actual, color=ACTUAL, dash="solid", width=2.5
        )
    )
    return {"data": data, "layout": _over_days(chart, chart.days, note)}


def _over_days(
    chart: CounterfactualChart | PlaceboChart, days: Sequence[date], note: str
) -> dict[str, Any]:
    marks = chart.all_marks
    words = mark_words(marks, [*days, *(mark.day for mark in marks)], **BACKING)
    words += [] if chart.numbers else [without_numbers()]
    shapes = mark_shapes(marks)
    return comparison_layout(note, chart.unit, days_axis(), shapes, words, chart.decimals)


def _area(name: str, days: Sequence[date], low: Values, high: Values) -> dict[str, Any]:
    """Fill between two columns, each stretch a closed shape of its own: a hole is left open."""
    x: list[str | None] = []
    y: list[float | None] = []
    for run in runs(low, high):
        x += [days[place].isoformat() for place in (*run, *reversed(run))] + [None]
        y += numbers([*(high[place] for place in run), *(low[place] for place in reversed(run))])
        y.append(None)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": html(name),
        "x": x[:-1],
        "y": y[:-1],
        "fill": "toself",
        "line": {"width": 0.5, "color": "#999999"},
        "hoverinfo": "skip",
    }


def placebo_figure(chart: PlaceboChart, note: str) -> dict[str, Any]:
    """Draw thin grey gaps of placebos, one entry in the legend for all, and the treated gap."""
    data = []
    for number, line in enumerate(chart.placebos):
        trace = line_trace(line.name, line.days, line.values, color=PLACEBO, dash="solid", width=1)
        data.append(trace | {"legendgroup": "placebos", "showlegend": False})
        if number == 0:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": html(f"{chart.placebos_name}: {len(chart.placebos)}"),
                    "x": [None],
                    "y": [None],
                    "line": {"color": PLACEBO, "width": 1},
                    "legendgroup": "placebos",
                }
            )
    own = chart.treated
    data.append(line_trace(own.name, own.days, own.values, color=TREATED, dash="solid", width=3))
    days = [day for line in (own, *chart.placebos) for day in line.days]
    return {"data": data, "layout": zero_line(_over_days(chart, days, note))}


def event_study_figure(chart: EventStudyChart, note: str) -> dict[str, Any]:
    """Draw points with intervals: hollow squares before the start, discs since."""
    known = [point for point in chart.points if point.value is not None]
    ends = [(point, point.low, point.high) for point in known if point.low is not None]
    intervals = {
        "type": "scatter",
        "mode": "lines",
        "name": html(chart.interval_name),
        "x": [at for point, _, _ in ends for at in (int(point.event), int(point.event), None)],
        "y": numbers([at for _, low, high in ends for at in (low, high, None)]),
        "line": {"color": WORDS, "width": 1.5},
        "hoverinfo": "skip",
    }
    data = [intervals]
    for name, colour, symbol, side in (
        (f"Trước khi bắt đầu ({chart.period})", BEFORE, "square-open", False),
        (f"Từ khi bắt đầu ({chart.period})", AFTER, "circle", True),
    ):
        shown = [point for point in known if (point.event >= 0) == side]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": html(name),
                "x": [int(point.event) for point in shown],
                "y": numbers(point.value for point in shown),
                "hovertext": [html(chart.point_text(point)) for point in shown],
                "hoverinfo": "text",
                "marker": {"color": colour, "symbol": symbol, "size": 9 * chart.point_size},
            }
        )
    low, high = chart.span
    xaxis = {
        "title": {"text": short(f"số {chart.period} kể từ khi bắt đầu")},
        "range": [low, high],
        "tickvals": chart.ticks,
        "ticktext": [str(event) for event in chart.ticks],
        "zeroline": False,
    }
    words = [_words(START_VI, -0.5, 1.0, "right") | {"textangle": -90, "yanchor": "top"}]
    words += [] if chart.numbers else [without_numbers()]
    shapes = [_before(low), _upright(-0.5), *_base(chart)]
    if chart.base is not None:
        words.append(
            _words(f"mốc so sánh: {chart.base_text}", chart.base_at[0], 0.03, chart.base_at[1])
        )
    found = comparison_layout(note, chart.unit, xaxis, shapes, words, chart.decimals)
    found["legend"]["y"] = -0.25
    return {"data": data, "layout": zero_line(found)}


def _before(low: float) -> dict[str, Any]:
    shape = {"type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": -0.5, "y0": 0, "y1": 1}
    return shape | {"fillcolor": "#eeeeee", "line": {"width": 0}, "layer": "below"}


def _upright(at: float) -> dict[str, Any]:
    shape = {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1}
    return shape | {"line": {"color": "#000000", "width": 1, "dash": "dot"}}


def _base(chart: EventStudyChart) -> list[dict[str, Any]]:
    """Draw a bar along the foot of the plot from the first to the last event of the base."""
    if chart.base is None:
        return []
    first, last = chart.base
    shape = {"type": "rect", "xref": "x", "yref": "paper", "x0": first - 0.4, "x1": last + 0.4}
    return [shape | {"y0": 0, "y1": 0.02, "fillcolor": "#000000", "line": {"width": 0}}]


def _words(text: str, at: float, height: float, xanchor: str) -> dict[str, Any]:
    return {
        "xref": "x",
        "yref": "paper",
        "x": at,
        "y": height,
        "text": short(text),
        "showarrow": False,
        "xanchor": xanchor,
        "yanchor": "bottom",
        "font": {"size": 11, "color": "#000000"},
        **BACKING,
    }
