"""Before against after, and treated localities against comparable ones."""

from tracker.effects.change import change, compare
from tracker.effects.effect import effect, unit_effects
from tracker.effects.estimated import (
    METHODS_VI,
    NO_COUNTERFACTUAL,
    NO_TREATED,
    NOT_ENOUGH,
    POOR_FIT,
    Aggregate,
    Effect,
    EventEffect,
    GroupTime,
    Point,
    Refusal,
)
from tracker.effects.frames import FrameFacts, unit_frame
from tracker.effects.locality import locality_changes, locality_levels
from tracker.effects.multiple import adjust
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
from tracker.effects.outcome_rows import OutcomeRow, YearOnYear, outcome_rows, year_on_year
from tracker.effects.peers import Figure, benchmarks, peer_groups, standings, unit_figures
from tracker.effects.rows import (
    DUPLICATES_VI,
    AccountRow,
    GroupRow,
    IndicatorRow,
    LocalityChanges,
    LocalityLevels,
)
from tracker.effects.targets import Progress, presence_target, progress, targets_of

__all__ = [
    "BELOW",
    "DUPLICATES_VI",
    "INSUFFICIENT",
    "LABELS_VI",
    "METHODS_VI",
    "NOT_COMPARED",
    "NOT_ENOUGH",
    "NO_COUNTERFACTUAL",
    "NO_TREATED",
    "OBSERVED",
    "POOR_FIT",
    "SHORT",
    "AccountRow",
    "Aggregate",
    "Beside",
    "Change",
    "Effect",
    "EventEffect",
    "Figure",
    "FrameFacts",
    "GroupRow",
    "GroupTime",
    "IndicatorRow",
    "LocalityChanges",
    "LocalityLevels",
    "OutcomeRow",
    "Point",
    "Progress",
    "Refusal",
    "YearOnYear",
    "adjust",
    "benchmarks",
    "change",
    "compare",
    "effect",
    "locality_changes",
    "locality_levels",
    "outcome_rows",
    "peer_groups",
    "presence_target",
    "progress",
    "standings",
    "targets_of",
    "unit_effects",
    "unit_figures",
    "unit_frame",
    "year_on_year",
]
