"""What all Plotly figures share: texts, marks, gaps, the layout. Plain dictionaries.

Building them through plotly.graph_objects costs twice as much (and half a second of imports).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tracker.charts.shapes import MARK_COLOURS, UNKNOWN_VI, Mark, Values, lonely, right_of_line
from tracker.text.printable import clean

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,2px,8px,2px")
WORDS = "#444444"
"""The colour of all other words: Plotly's own, written out; contrast 9.7 on white."""
LONGEST_NAME = 60
BACKING = {"bgcolor": "rgba(255,255,255,0.8)"}
"""Under words that lie over lines."""


def html(text: str) -> str:
    """Plotly reads its texts as a little HTML, and formulas between dollar signs where a notebook
    has MathJax: what is not meant so is written out."""
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("$", "&#36;")


def short(text: str, longest: int = LONGEST_NAME) -> str:
    """Cut a text that would push the plot off its page, and write it out as `html`."""
    line = " ".join(clean(text).split())
    return html(line if len(line) <= longest else line[: longest - 1] + "…")


def numbers(values: Iterable[float | None]) -> list[float | None]:
    """Turn numbers of any library into those that JSON knows."""
    return [None if value is None else float(value) for value in values]


def line_trace(name: str, days: Sequence[date], values: Values, **style: Any) -> dict[str, Any]:
    """Make a line over days; known values between two holes become dots."""
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": html(name),
        "x": [day.isoformat() for day in days],
        "y": numbers(values),
        "connectgaps": False,
        "line": style,
    }
    if dots := set(lonely(values)):
        trace["mode"] = "lines+markers"
        sizes = [7 if place in dots else 0 for place in range(len(values))]
        trace["marker"] = {"size": sizes, "color": style["color"], "opacity": 1}
        trace["marker"]["line"] = {"width": 0}
    return trace


def days_axis() -> dict[str, Any]:
    """Make an axis of days."""
    return {"type": "date", "tickformat": "%m/%Y", "hoverformat": "%d/%m/%Y"}


def layout(
    note: str, unit: str, xaxis: dict[str, Any], shapes: list[Any], words: list[Any]
) -> dict[str, Any]:
    """Lay out a figure; `note` stands above it."""
    return {
        "title": {
            "text": f"<b>{html(note)}</b>" if note else "",
            "font": {"size": 12, "color": MARK_COLOURS["break"]},
        },
        "separators": ",.",
        "xaxis": xaxis,
        "yaxis": {"title": {"text": html(unit)}, "tickformat": ",", "rangemode": "normal"},
        "shapes": shapes,
        "annotations": words,
        "legend": {"orientation": "h", "y": -0.15},
        "margin": {"t": 40, "r": 20},
        "height": 420,
        "showlegend": True,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
    }


def comparison_layout(
    note: str, unit: str, xaxis: dict[str, Any], shapes: list[Any], words: list[Any], decimals: int
) -> dict[str, Any]:
    """Lay out a figure of an effect: words in one colour, whole names and numbers in the hover."""
    found = layout(note, unit, xaxis, shapes, words)
    found["font"] = {"color": WORDS}
    found["yaxis"] |= {
        "title": {"text": short(unit)},
        "hoverformat": f",.{decimals}f",
        "gridcolor": "#dddddd",
        "zeroline": False,
    }
    found["hoverlabel"] = {"namelength": -1}
    found["legend"] = {"orientation": "h", "y": -0.2}
    return found


def without_numbers() -> dict[str, Any]:
    """Say in the middle of a figure that nothing is known."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    return place | {"text": UNKNOWN_VI, "font": {"size": 14, "color": WORDS}}


def zero_line(found: dict[str, Any]) -> dict[str, Any]:
    """Show the line of no difference above all else, whatever the values are."""
    found["yaxis"]["rangemode"] = "tozero"
    shape = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    found["shapes"].append(shape | {"line": {"color": "#000000", "width": 1.2}})
    return found


def gap_shape(first: date, last: date) -> dict[str, Any]:
    """Shade the days from first to last."""
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


def mark_shapes(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Draw an upright line at each mark."""
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": mark.day.isoformat(),
            "x1": mark.day.isoformat(),
            "y0": 0,
            "y1": 1,
            "line": {"color": MARK_COLOURS[mark.kind], "width": 1, "dash": "dot"},
        }
        for mark in marks
    ]


def mark_words(marks: Sequence[Mark], days: Sequence[date], **more: Any) -> list[dict[str, Any]]:
    """Write the words of the marks along their lines; `days` are those of the axis."""
    return [
        {
            "xref": "x",
            "yref": "paper",
            "x": mark.day.isoformat(),
            "y": 1.0,
            "text": html(mark.text),
            "showarrow": False,
            "textangle": -90,
            "xanchor": "left" if right else "right",
            "yanchor": "top",
            "font": {"size": 11, "color": MARK_COLOURS[mark.kind]},
            **more,
        }
        for mark, right in zip(marks, right_of_line(marks, days), strict=True)
    ]
