"""Time series as an interactive Plotly figure and as a picture for Word, with the same words.

Figures are plain dictionaries: building them through plotly.graph_objects costs twice as much.
Colours are those of Okabe and Ito, which colour-blind readers can tell apart, and each line also
has its own dashes. Knows no panel and no file of a report.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tracker.periods import day_number
from tracker.tables import clean, day_text, number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
PICTURE_DASHES = ("-", "--", ":", "-.", (0, (7, 2)), (0, (7, 2, 1, 2)), "-")
MARK_COLOURS = {"start": "#000000", "event": "#777777", "break": "#B00020"}
MOST_LINES = len(COLOURS)
PICTURE_DOTS_PER_INCH = 130


@dataclass(frozen=True, slots=True)
class Line:
    """One series. `values` are in the chart's unit; None = unknown, drawn as a hole, never as 0."""

    name: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(self.values):
            raise ValueError(
                f"line {self.name!r} has {len(self.days)} days, {len(self.values)} values"
            )
        if any(value is not None and not math.isfinite(value) for value in self.values):
            raise ValueError(
                f"line {self.name!r} holds a number that is not finite; unknown is None"
            )


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated mark: `start` of the programme, `event`, or `break` of what the number means."""

    day: date
    text: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in MARK_COLOURS:
            raise ValueError(f"a mark is one of {', '.join(MARK_COLOURS)}, not {self.kind!r}")


@dataclass(frozen=True, slots=True)
class Chart:
    """A time series chart. `gaps` are days without a reading, first and last inclusive."""

    key: str
    title: str
    unit: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    gaps: tuple[tuple[date, date], ...] = ()
    decimals: int = 0

    def __post_init__(self) -> None:
        if len(self.lines) > MOST_LINES:
            raise ValueError(f"a chart shows at most {MOST_LINES} lines, not {len(self.lines)}")

    @property
    def alt_text(self) -> str:
        """Say in words what the chart shows, for those who cannot see it."""
        parts = [f"Biểu đồ: {self.title} ({self.unit})."]
        for line in self.lines:
            known = [(d, v) for d, v in zip(line.days, line.values, strict=True) if v is not None]
            if not known:
                parts.append(f"{line.name}: chưa có số liệu.")
                continue
            (first, low), (last, high) = known[0], known[-1]
            parts.append(
                f"{line.name}: {number_text(low, self.decimals)} ngày {day_text(first)}, "
                f"{number_text(high, self.decimals)} ngày {day_text(last)}."
            )
        parts += [
            f"{day_text(mark.day)}: {mark.text}." for mark in self.marks if mark.kind == "start"
        ]
        if self.gaps:
            parts.append(f"{len(self.gaps)} khoảng trống được tô xám.")
        return clean(" ".join(parts))


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
    title = f"<b style='color:#B00020'>{_html(note)}</b>" if note else ""
    return {
        "data": lines,
        "layout": {
            "title": {"text": title, "font": {"size": 12}},
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


@cache
def _canvas() -> tuple[Figure, Axes]:
    """Make the one drawing surface that all pictures share."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(6.5, 3.4), dpi=PICTURE_DOTS_PER_INCH)
    FigureCanvasAgg(drawing)
    return drawing, drawing.add_axes((0.12, 0.2, 0.85, 0.72))


@lru_cache(maxsize=8)
def picture(chart: Chart, note: str = "") -> bytes:
    """Draw the chart as PNG. `note` is printed in it (the synthetic mark).

    The last few are remembered: Word, workbook and page of one report show the same pictures.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    drawing, axes = _canvas()
    axes.clear()
    for number, line in enumerate(chart.lines):
        axes.plot(
            [day_number(day) for day in line.days],
            [math.nan if value is None else value for value in line.values],
            color=COLOURS[number],
            linestyle=PICTURE_DASHES[number],
            linewidth=1.5,
            label=_plain(line.name, 42),
        )
    for first, last in chart.gaps:
        axes.axvspan(day_number(first), day_number(last), color="#999999", alpha=0.3, linewidth=0)
    for mark in chart.marks:
        colour = MARK_COLOURS[mark.kind]
        axes.axvline(day_number(mark.day), color=colour, linewidth=0.9, linestyle=":")
        axes.text(
            day_number(mark.day),
            0.98,
            _plain(mark.text, 36) + " ",
            rotation=90,
            fontsize=6.5,
            color=colour,
            ha="right",
            va="top",
            transform=axes.get_xaxis_transform(),
        )
    axes.set_ylabel(_plain(chart.unit, 40), fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    ticks = _month_ticks([day for line in chart.lines for day in line.days])
    axes.set_xticks([day_number(day) for day in ticks], [_tick_text(day) for day in ticks])
    axes.tick_params(labelsize=7.5)
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if chart.lines:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=7, frameon=False
        )
    written = drawing.text(
        0.99, 0.965, note, ha="right", fontsize=7, weight="bold", color=MARK_COLOURS["break"]
    )
    target = io.BytesIO()
    settings = {"compress_level": 3}  # the usual level takes a tenth of the time of the whole picture
    drawing.savefig(target, format="png", metadata={"Software": None}, pil_kwargs=settings)
    written.remove()
    return target.getvalue()


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


def _tick(value: float, position: int) -> str:
    del position  # matplotlib hands over the number of the tick, which does not matter here
    return number_text(value, 0 if value == round(value) else 2)
