"""Before against after, and treated localities against comparable ones."""

from tracker.effects.beside import (
    NAMED,
    PRIMARY,
    VIEWS,
    IndicatorEffects,
    MapEffects,
    UnitEffect,
    map_effects,
)
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
from tracker.effects.placebo_gaps import placebo_gaps
from tracker.effects.rows import (
    DUPLICATES_VI,
    AccountRow,
    GroupRow,
    IndicatorRow,
    LocalityChanges,
    LocalityLevels,
)
from tracker.effects.targets import Progress, presence_target, progress, targets_of
from tracker.effects.wording import beside_vi, both_vi, is_sure, observed_vi

__all__ = [
    "BELOW",
    "DUPLICATES_VI",
    "INSUFFICIENT",
    "LABELS_VI",
    "METHODS_VI",
    "NAMED",
    "NOT_COMPARED",
    "NOT_ENOUGH",
    "NO_COUNTERFACTUAL",
    "NO_TREATED",
    "OBSERVED",
    "POOR_FIT",
    "PRIMARY",
    "SHORT",
    "VIEWS",
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
    "IndicatorEffects",
    "IndicatorRow",
    "LocalityChanges",
    "LocalityLevels",
    "MapEffects",
    "OutcomeRow",
    "Point",
    "Progress",
    "Refusal",
    "UnitEffect",
    "YearOnYear",
    "adjust",
    "benchmarks",
    "beside_vi",
    "both_vi",
    "change",
    "compare",
    "effect",
    "is_sure",
    "locality_changes",
    "locality_levels",
    "map_effects",
    "observed_vi",
    "outcome_rows",
    "peer_groups",
    "placebo_gaps",
    "presence_target",
    "progress",
    "standings",
    "targets_of",
    "unit_effects",
    "unit_figures",
    "unit_frame",
    "year_on_year",
]
