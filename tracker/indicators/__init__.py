"""The indicators: one decorated function each, and the registry that the dictionary is generated
from."""

from tracker.indicators import activity, audience, engagement
from tracker.indicators.engagement import parts_vi
from tracker.indicators.measuring import combined, sources, value_of, value_over, with_readings
from tracker.indicators.registry import INDICATORS, Indicator, Value, dictionary, indicator

__all__ = [
    "INDICATORS",
    "Indicator",
    "Value",
    "activity",
    "audience",
    "combined",
    "dictionary",
    "engagement",
    "indicator",
    "parts_vi",
    "sources",
    "value_of",
    "value_over",
    "with_readings",
]
