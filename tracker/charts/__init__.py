"""Time series as an interactive Plotly figure and as a picture for Word, with the same words.

Knows no panel and no file of a report.
"""

from tracker.charts.figure import figure, figure_json, plotly_script
from tracker.charts.picture import picture
from tracker.charts.shapes import MOST_LINES, Chart, Line, Mark

__all__ = [
    "MOST_LINES",
    "Chart",
    "Line",
    "Mark",
    "figure",
    "figure_json",
    "picture",
    "plotly_script",
]
