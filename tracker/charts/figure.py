"""A chart as an interactive Plotly figure, built as a plain dictionary.

Building it through plotly.graph_objects costs twice as much (and half a second of imports).
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from tracker.charts.shapes import COLOURS, MARK_COLOURS, Chart, Mark
from tracker.text.printable import clean

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")


def figure(chart: Chart, note: str = "") -> dict[str, Any]:
    """Build the Plotly figure as a dictionary. `note` is printed in it (the synthetic mark)."""
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": clean(line.name),
            "x": [day.isoformat() for day in line.days],
            "y": list(line.values),
            "connectgaps": False,
            "line": {"color": COLOURS[number], "dash": DASHES[number], "width": 2},
        }
        for number, line in enumerate(chart.lines)
    ]
    title = {
        "text": f"<b>{_html(note)}</b>" if note else "",
        "font": {"size": 12, "color": MARK_COLOURS["break"]},
    }
    return {
        "data": lines,
        "layout": {
            "title": title,
            "separators": ",.",
            "xaxis": {"type": "date", "tickformat": "%m/%Y", "hoverformat": "%d/%m/%Y"},
            "yaxis": {
                "title": {"text": _html(chart.unit)},
                "tickformat": ",",
                "rangemode": "normal",
            },
            "shapes": [_gap_shape(*gap) for gap in chart.gaps]
            + [_mark_shape(one) for one in chart.marks],
            "annotations": [_mark_words(mark) for mark in chart.marks],
            "legend": {"orientation": "h", "y": -0.15},
            "margin": {"t": 40, "r": 20},
            "height": 420,
            "showlegend": True,
            "paper_bgcolor": "#ffffff",
            "plot_bgcolor": "#ffffff",
        },
    }


def _gap_shape(first: date, last: date) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": first.isoformat(),
        "x1": last.isoformat(),
        "y0": 0,
        "y1": 1,
        "fillcolor": "#999999",
        "opacity": 0.25,
        "line": {"width": 0},
    }


def _mark_shape(mark: Mark) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": mark.day.isoformat(),
        "x1": mark.day.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"color": MARK_COLOURS[mark.kind], "width": 1, "dash": "dot"},
    }


def _mark_words(mark: Mark) -> dict[str, Any]:
    return {
        "xref": "x",
        "yref": "paper",
        "x": mark.day.isoformat(),
        "y": 1.0,
        "text": _html(mark.text),
        "showarrow": False,
        "textangle": -90,
        "xanchor": "right",
        "yanchor": "top",
        "font": {"size": 11, "color": MARK_COLOURS[mark.kind]},
    }


def figure_json(chart: Chart, note: str = "") -> str:
    """Write the figure as JSON that may stand inside a script element of a page."""
    text = json.dumps(figure(chart, note), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _html(text: str) -> str:
    """Plotly reads its texts as a little HTML: what is not meant as HTML is written out."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@cache
def plotly_script() -> tuple[str, bytes]:
    """Give name and content of Plotly's JavaScript, which lies beside the pages to work offline."""
    content = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return "plotly.min.js", content
