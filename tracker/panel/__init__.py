"""SQL into documented frames: the panel that indicators, effects, checks and reports read. Writes
nothing."""

from tracker.panel.canary import Retired, retired_metrics
from tracker.panel.disagreements import Disagreement, disagreements
from tracker.panel.exports import ATTEMPT_COLUMNS, OBSERVATION_COLUMNS, attempts, observations
from tracker.panel.gaps import CAUSES_VI, Gap
from tracker.panel.loading import load_panel
from tracker.panel.looking import LOOK_COLUMNS, post_looks
from tracker.panel.maps import (
    CROSSWALK,
    MixedUnit,
    added_up,
    crosswalk,
    map_sentences,
    mixed_units,
    unit_of,
    units_on,
)
from tracker.panel.panel import LANE_ORDER, LANES_VI, Panel
from tracker.panel.register import Rename
from tracker.panel.tracing import ARRIVAL_COLUMNS, arrivals, trace

__all__ = [
    "ARRIVAL_COLUMNS",
    "ATTEMPT_COLUMNS",
    "CAUSES_VI",
    "CROSSWALK",
    "LANES_VI",
    "LANE_ORDER",
    "LOOK_COLUMNS",
    "OBSERVATION_COLUMNS",
    "Disagreement",
    "Gap",
    "MixedUnit",
    "Panel",
    "Rename",
    "Retired",
    "added_up",
    "arrivals",
    "attempts",
    "crosswalk",
    "disagreements",
    "load_panel",
    "map_sentences",
    "mixed_units",
    "observations",
    "post_looks",
    "retired_metrics",
    "trace",
    "unit_of",
    "units_on",
]
