"""The data dictionary (data/README.md), written from the registry alone."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.indicators.needs import NEEDS
from tracker.indicators.registry import INDICATORS, Indicator

_COMBINED = {
    "sum": "sum of the accounts' levels",
    "share": "summed growth over summed followers at the start of the window",
    "ratio": "numerators and denominators are summed first, then divided",
    "pool": "the posts of all accounts together",
    "none": "not added up",
}
_SHAPES = {
    "series": "a level of a window, comparable before and after",
    "value": "one number of one window",
    "rows": "a list of one window",
}
_INTERVALS = {
    "mean": "95 %, weeks as the sample with effective n; of rounded counts by their steps",
    "wilson": "95 %, Wilson, with the weeks as clusters",
}


def dictionary(indicators: Sequence[Indicator] | None = None) -> str:
    """Write one section per indicator, in the order of the registry."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the registry of `tracker/indicators`; a test compares this file with it.",
        "Windows, Tết weeks, cadence, rounding and intervals: see `tracker/flows.py` and",
        "`tracker/effects/change.py`. A number that cannot be computed is empty and carries its",
        "reason, never 0.",
    ]
    for item in indicators if indicators is not None else INDICATORS.values():
        lines += [
            "",
            f"## {item.key}",
            "",
            f"- Title: {item.title_vi} ({item.title_en})",
            f"- Unit: {item.unit_vi} ({item.unit_en})",
            f"- Formula: {item.formula}",
            f"- Công thức: {item.formula_vi}",
            f"- Level: {item.level}",
            f"- Gives: {_SHAPES[item.shape]}",
            *([f"- Interval: {_INTERVALS[item.interval]}"] if item.shape == "series" else []),
            f"- Read from: {item.entity}",
            f"- Needs: {'; '.join(NEEDS[need].text_en for need in item.needs)}",
            f"- Several accounts: {_COMBINED[item.combine]}",
            f"- Minimum data: {item.minimum}",
            f"- Source: {item.source}",
        ]
    return "\n".join(lines) + "\n"
