"""Series, effects and rankings as interactive Plotly figures and as pictures, with the same words.

Knows no panel, no way to compute an effect, and no file of a report. Every kind of chart is a
frozen value with an `alt_text`; `figure`, `figure_json` and `picture` draw any of them.
"""

from tracker.charts.comparisons import CounterfactualChart, PlaceboChart
from tracker.charts.event_study import EventPoint, EventStudyChart
from tracker.charts.figure import AnyChart, figure, figure_json, plotly_script
from tracker.charts.picture import picture
from tracker.charts.ranking import MOST_UNITS, Ranked, RankingChart
from tracker.charts.shapes import MOST_LINES, Chart, Line, Mark

__all__ = [
    "MOST_LINES",
    "MOST_UNITS",
    "AnyChart",
    "Chart",
    "CounterfactualChart",
    "EventPoint",
    "EventStudyChart",
    "Line",
    "Mark",
    "PlaceboChart",
    "Ranked",
    "RankingChart",
    "figure",
    "figure_json",
    "picture",
    "plotly_script",
]
