"""Before against after, and treated localities against comparable ones."""

from tracker.effects.change import change, compare
from tracker.effects.locality import locality_changes, locality_levels
from tracker.effects.observed import (
    BELOW,
    INSUFFICIENT,
    LABELS_VI,
    NOT_COMPARED,
    OBSERVED,
    SHORT,
    Beside,
    Change,
)
from tracker.effects.rows import (
    DUPLICATES_VI,
    AccountRow,
    GroupRow,
    IndicatorRow,
    LocalityChanges,
    LocalityLevels,
)

__all__ = [
    "BELOW",
    "DUPLICATES_VI",
    "INSUFFICIENT",
    "LABELS_VI",
    "NOT_COMPARED",
    "OBSERVED",
    "SHORT",
    "AccountRow",
    "Beside",
    "Change",
    "GroupRow",
    "IndicatorRow",
    "LocalityChanges",
    "LocalityLevels",
    "change",
    "compare",
    "locality_changes",
    "locality_levels",
]
