"""What an effect is: the value that `effect` gives and reports print. Nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

GROUP_TIME = "group_time"
DID = "did"
DIFP_RIDGE = "difp_ridge"
SC = "sc"
DIFP = "difp"
SDID = "sdid"
ITS = "its"
STATE_SPACE = "state_space"
AUTO = "auto"

METHODS_VI = {
    GROUP_TIME: "khác biệt kép theo nhóm và thời gian",
    DID: "khác biệt kép",
    DIFP_RIDGE: "đối chứng tổng hợp khử mức nền, có phạt",
    SC: "đối chứng tổng hợp",
    DIFP: "đối chứng tổng hợp khử mức nền",
    SDID: "khác biệt kép tổng hợp",
    ITS: "ngoại suy xu hướng của chính chuỗi đó (chuỗi gián đoạn)",
    STATE_SPACE: "mô hình không gian trạng thái (mức địa phương)",
}
"""The methods that may stand in `Effect.method`, with their names for print."""
SENSITIVITY = (ITS, STATE_SPACE)
"""Methods that lean on one series' own past: lines to compare with, never a headline."""

NO_TREATED = "no treated unit"
NO_COUNTERFACTUAL = "no counterfactual possible"
NOT_ENOUGH = "insufficient data"
POOR_FIT = "poor fit before the start"


@dataclass(frozen=True)
class Refusal:
    """Why there is no effect: `key` is one of the four constants above, `reason` a Vietnamese
    sentence."""

    key: str
    reason: str


class EventEffect(NamedTuple):
    """The effect at one distance from the start.

    `event` counts periods since the first treated one (0 = that one, below 0 = before). `treated`
    is the number of treated units behind it. `low`..`high` is a pointwise interval at 1 - alpha,
    None where it cannot be formed. A tuple, as `Point`, because a map has a hundred thousand.
    """

    event: int
    estimate: float
    low: float | None
    high: float | None
    treated: int


@dataclass(frozen=True, slots=True)
class GroupTime:
    """ATT(g, t): the effect on the cohort first treated in `group`, in the period `time`.

    Both are labels of the frame's index. `treated` and `controls` count the units behind it. Cells
    with time < group are placebo differences before the start.
    """

    group: Hashable
    time: Hashable
    estimate: float
    treated: int
    controls: int


@dataclass(frozen=True)
class Aggregate:
    """ATT(g, t) averaged over cells at or after the start; `error` is the standard error, None
    where it cannot be formed."""

    estimate: float
    error: float | None
    low: float | None
    high: float | None


class Point(NamedTuple):
    """One period of one treated unit (or the mean of several with one start) and what comparable
    units say it would have been, in the unit of the frame (log units with log=True).

    `low`..`high` is the pointwise band around the counterfactual at 1 - alpha: plus and minus
    Student's t times the root mean square of what placebo units show in the same period. None where
    it cannot be formed: too few controls, or a line that leans on one series' own past.
    """

    period: Hashable
    observed: float | None
    counterfactual: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Effect:
    """What happened to treated units relative to comparable ones.

    `estimate` is the mean effect per treated unit over its periods since the start, in the unit of
    the frame (log points with log=True); None = refused, and `refusal` says why. `low`..`high` is
    the interval at 1 - alpha and `p` the two-sided p-value that goes with it; None where the data
    carry an estimate but no statement about chance. `p_t` comes from Student's t (Welch, or the gap
    scaled by placebo gaps), `p_rank` from relabelling or from the rank among placebos; `p` is the
    headline made of them, as `method` prescribes. `error` is the standard error or placebo scale.

    `units` are the treated units used, `controls` those they are compared with, `weights` their
    shares in the counterfactual (empty for group_time, where every cell has its own controls).
    `time_weights`: weights of the periods before the start (sdid with one start only). `by_event`
    runs from the first period before to the last after; `pretrend_p` tests that nothing happened
    before the start (small = the groups already drifted apart). `att_gt` and `aggregates` (keys
    simple, event, group, calendar) are filled by group_time; `placebos` (control -> effect measured
    if it had started then) and `path` by the other methods. `warnings` are Vietnamese sentences.
    """

    estimate: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    method: str = ""
    units: tuple[Hashable, ...] = ()
    weights: Mapping[Hashable, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    by_event: tuple[EventEffect, ...] = ()
    refusal: Refusal | None = None
    controls: tuple[Hashable, ...] = ()
    error: float | None = None
    p_t: float | None = None
    p_rank: float | None = None
    pretrend_p: float | None = None
    att_gt: tuple[GroupTime, ...] = ()
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)
    time_weights: Mapping[Hashable, float] = field(default_factory=dict)
    placebos: Mapping[Hashable, float] = field(default_factory=dict)
    path: tuple[Point, ...] = ()
    alpha: float = 0.05
    log: bool = False

    @property
    def known(self) -> bool:
        """Say whether there is an estimate."""
        return self.estimate is not None

    @property
    def method_vi(self) -> str:
        """Give the method's name for print; empty when refused before one was chosen."""
        return METHODS_VI.get(self.method, "")

    @property
    def percent(self) -> tuple[float, float | None, float | None] | None:
        """Give estimate, low and high in percent, 100 (e^x - 1); None unless log=True and known."""
        if not self.log or self.estimate is None:
            return None
        low, high = (
            None if bound is None else 100 * math.expm1(bound) for bound in (self.low, self.high)
        )
        return 100 * math.expm1(self.estimate), low, high
