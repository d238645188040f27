"""A ranking as a Plotly figure: a row per unit, highest on top."""

from __future__ import annotations

from typing import Any

from tracker.charts.figure_parts import WORDS, comparison_layout, html, numbers, short
from tracker.charts.ranking import RankingChart
from tracker.charts.shapes import ACTUAL, MEAN_COLOURS, OWN, UNKNOWN_VI, padded

ROW_PIXELS = 24


def ranking_figure(chart: RankingChart, note: str) -> dict[str, Any]:
    """Draw a point and an interval per unit, ties side by side, the means upright."""
    rows = list(zip(chart.ordered, chart.rank_texts, strict=True))
    known = [(place, unit) for place, (unit, _) in enumerate(rows) if unit.value is not None]
    ends = [(place, unit.low, unit.high) for place, unit in known if unit.low is not None]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": html(chart.interval_name),
            "x": numbers([at for _, low, high in ends for at in (low, high, None)]),
            "y": [at for place, _, _ in ends for at in (place, place, None)],
            "line": {"color": WORDS, "width": 2},
            "hoverinfo": "skip",
        }
    ]
    for name, symbol, colour, own in (
        ("Đơn vị", "circle", ACTUAL, False),
        (chart.own or "", "diamond", OWN, True),
    ):
        shown = [(place, unit) for place, unit in known if (unit.name == chart.own) == own]
        if shown:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": short(name),
                    "x": numbers(unit.value for _, unit in shown),
                    "y": [place for place, _ in shown],
                    "hovertext": [html(chart.unit_text(*rows[place])) for place, _ in shown],
                    "hoverinfo": "text",
                    "marker": {"color": colour, "symbol": symbol, "size": 12 if own else 9},
                }
            )
    for (name, value), colour, dash in zip(
        chart.mean_texts, MEAN_COLOURS, ("dash", "dot"), strict=False
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": short(name, 90),
                "x": [float(value), float(value)],
                "y": [-0.5, len(rows) - 0.5],
                "line": {"color": colour, "dash": dash, "width": 2},
                "hoverinfo": "name",
            }
        )
    unknown = [place for place, (unit, _) in enumerate(rows) if unit.value is None]
    words = [_words(UNKNOWN_VI, 0.01, place) for place in unknown]
    words += [_words(text, 1.01, place) for place, (_, text) in enumerate(rows) if text]
    return {"data": data, "layout": _layout(chart, note, words)}


def _layout(chart: RankingChart, note: str, words: list[dict[str, Any]]) -> dict[str, Any]:
    count = len(chart.units)
    xaxis = {
        "title": {"text": short(chart.unit)},
        "tickformat": ",",
        "gridcolor": "#dddddd",
        "zeroline": False,
        "range": list(padded(*chart.span)),
    }
    found = comparison_layout(note, "", xaxis, _ties(chart), words, chart.decimals)
    names = [
        f"<b>{short(unit.name, 36)}</b>" if unit.name == chart.own else short(unit.name, 36)
        for unit in chart.ordered
    ]
    found["yaxis"] = {
        "tickvals": list(range(count)),
        "ticktext": names,
        "range": [max(count, 1) - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }
    found["height"] = 210 + ROW_PIXELS * max(count, 4)
    found["margin"] = {"t": 40, "r": 110, "b": 150}
    found["legend"] = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}
    return found


def _ties(chart: RankingChart) -> list[dict[str, Any]]:
    """Shade the rows that share a rank, and draw a bar beside them."""
    shapes: list[dict[str, Any]] = []
    for first, last in chart.ties:
        shape = {"type": "rect", "xref": "paper", "yref": "y", "y0": first - 0.4, "y1": last + 0.4}
        shape |= {"line": {"width": 0}, "layer": "below"}
        shapes.append(shape | {"x0": 0, "x1": 1, "fillcolor": "#eeeeee"})
        shapes.append(shape | {"x0": 1, "x1": 1.006, "fillcolor": WORDS})
    return shapes


def _words(text: str, x: float, place: int) -> dict[str, Any]:
    return {
        "xref": "paper",
        "yref": "y",
        "x": x,
        "y": place,
        "text": html(text),
        "showarrow": False,
        "xanchor": "left",
        "font": {"size": 11, "color": WORDS},
    }
