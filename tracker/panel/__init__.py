"""SQL into documented frames: the panel that indicators, effects, checks and reports read. Writes
nothing."""

from tracker.panel.exports import ATTEMPT_COLUMNS, OBSERVATION_COLUMNS, attempts, observations
from tracker.panel.gaps import CAUSES_VI, Gap
from tracker.panel.loading import load_panel
from tracker.panel.panel import LANE_ORDER, LANES_VI, Panel
from tracker.panel.register import Rename
from tracker.panel.tracing import trace

__all__ = [
    "ATTEMPT_COLUMNS",
    "CAUSES_VI",
    "LANES_VI",
    "LANE_ORDER",
    "OBSERVATION_COLUMNS",
    "Gap",
    "Panel",
    "Rename",
    "attempts",
    "load_panel",
    "observations",
    "trace",
]
