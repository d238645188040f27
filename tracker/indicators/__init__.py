"""The indicators: one decorated function each, and the registry that the dictionary is generated
from.

A series (`INDICATORS[key].shape == "series"`) is measured over a window with `value_over` and can
be compared before and after; the others are functions of a panel, an account (or a locality or
agency) and a window. Indicators of single posts need a panel that carries the looks at them:
`with_looks(panel, frame)`.
"""

from tracker.indicators import (
    activity,
    audience,
    engagement,
    equal_age,
    frequency,
    languages,
    performance,
    presence,
    ranking,
    responses,
    views,
)
from tracker.indicators.data_dictionary import dictionary
from tracker.indicators.engagement import parts_vi
from tracker.indicators.looks import LOOK_COLUMNS, Looks, with_looks
from tracker.indicators.measuring import combined, sources, value_of, value_over, with_readings
from tracker.indicators.needs import breaks_of
from tracker.indicators.registry import (
    INDICATORS,
    OVERLAP_VI,
    Indicator,
    Rows,
    Value,
    indicator,
    window_rows,
    window_value,
)

__all__ = [
    "INDICATORS",
    "LOOK_COLUMNS",
    "OVERLAP_VI",
    "Indicator",
    "Looks",
    "Rows",
    "Value",
    "activity",
    "audience",
    "breaks_of",
    "combined",
    "dictionary",
    "engagement",
    "equal_age",
    "frequency",
    "indicator",
    "languages",
    "parts_vi",
    "performance",
    "presence",
    "ranking",
    "responses",
    "sources",
    "value_of",
    "value_over",
    "views",
    "window_rows",
    "window_value",
    "with_looks",
    "with_readings",
]
