"""What the placebo plot draws: the gaps of the controls, each as if it had started with the unit.

Made when asked for, one effect at a time: a map of localities keeps no such paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from tracker.effects.estimated import DID, DIFP, DIFP_RIDGE, SC, SDID, Effect
from tracker.effects.placebo_effect import pool_of
from tracker.effects.placebos import Design, placebo_fits
from tracker.effects.study import read_study

WITH_PLACEBOS = (DID, SC, DIFP, DIFP_RIDGE, SDID)
FEWEST = 3
"""A placebo needs two other controls."""


def placebo_gaps(
    frame: pd.DataFrame,
    members: Mapping[Any, Any],
    found: Effect,
    *,
    baseline: Literal["pooled", "last"] = "pooled",
) -> pd.DataFrame:
    """Give observed less counterfactual of every control of an effect on one unit.

    `frame`, `members` and `baseline` as they were given to `effect` or `unit_effects`, `found` what
    came back. Index the periods used, columns the controls, float in the unit of the frame (log
    points where `found.log`), NaN = not known. The mean of a column since the start is its entry of
    `found.placebos`; the band of `found.path` is t times the root mean square of a row. No columns
    where the effect was refused or has under three controls. Raises ValueError for an effect on
    several units and for a method without placebos.
    """
    if not found.known or len(found.controls) < FEWEST:
        return pd.DataFrame(index=frame.index)
    if len(found.units) != 1 or found.method not in WITH_PLACEBOS:
        raise ValueError(f"no placebo gaps of {found.method} on {len(found.units)} units")
    study = read_study(frame, members, log=found.log)
    wanted = {*found.units, *found.controls}
    study = study.keep(np.array([unit in wanted for unit in study.units], dtype=np.bool_))
    pool = pool_of(study, {})
    start = int(study.starts[study.treated][0])
    design = Design(found.method, start, baseline == "last" and found.method == DID)
    picks = [[number] for number in range(len(pool.units))]
    gaps = placebo_fits(design, pool.donors, pool.known, picks).gaps
    return pd.DataFrame(gaps.T, index=pd.Index(study.periods), columns=list(pool.units))
