"""Effect (layer B): treated units against comparable ones. The only thing that may be called an
effect.

In a notebook: `effect(frame, {"001": date(2022, 2, 21), "002": None, ...}, log=True)` for weekly
values of localities. Formulae and calibration: docs/methods.md, sections 4 and 6. Nothing here
knows accounts or indicators; numpy and scipy do the arithmetic, pandas only carries the frame.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from tracker.effects.admission import choose, shortcomings, with_a_before
from tracker.effects.cohort_effect import cohort_effect
from tracker.effects.estimated import (
    AUTO,
    DID,
    GROUP_TIME,
    METHODS_VI,
    NOT_ENOUGH,
    SENSITIVITY,
    Effect,
    Refusal,
)
from tracker.effects.placebo_effect import Pool, placebo_effect, pool_of
from tracker.effects.sensitivity import sensitivity
from tracker.effects.study import Study, read_study, without_gaps_too_large

BASELINES = ("pooled", "last")


@dataclass(frozen=True)
class _Options:
    """The arguments of `effect` that every design takes."""

    method: str
    last: bool
    placebos: int | None
    alpha: float
    log: bool
    seed: int


def effect(
    frame: pd.DataFrame,
    members: Mapping[Any, Any],
    method: str = AUTO,
    *,
    baseline: Literal["pooled", "last"] = "pooled",
    placebos: int | None = None,
    alpha: float = 0.05,
    log: bool = False,
    controls: str | Iterable[Hashable] | None = None,
    seed: int = 0,
) -> Effect:
    """Estimate what happened to treated units relative to comparable ones.

    `frame`: index periods (dates, timestamps, periods, numbers; any order), columns units, float in
    any unit, NaN = unknown. `members`: unit -> first treated period (a label of the index or
    anything that compares with it), None = never treated. Units of the frame without an entry count
    as never treated, with a warning: keep units of mixed status out of the frame.

    `method`
    - `auto`: chosen by the table of docs/methods.md, section 6, which also refuses (`estimate`
      None, `refusal` says why). Its minimum of 26 weeks stands for 26 periods where the index has
      no dates.
    - `group_time`: cohorts by start, every cell against units not yet treated; p is the larger of
      Welch's and that of relabelling (`placebos` draws, 999).
    - `did`: mean gap since the start less mean gap before, against the plain mean of the controls.
      Several treated units go through the arithmetic of group_time.
    - `difp_ridge`, `difp`, `sc`, `sdid`: synthetic controls with intercept and ridge, with
      intercept, without either, and with weights of periods too. One unit, or the mean of a few;
      p from the placebo-scaled t, every control one placebo (or `placebos` of them).
    - `its`, `state_space`: the unit's own past extrapolated, with level, trend and yearly rhythm,
      or with a local level and the mean of the controls. Lines to compare with, as a warning says:
      never chosen by `auto`, never a headline.
    A method asked for by name gives its number also where the table would refuse, with a warning
    for each rule not met; below 10 controls without interval and p.

    `baseline="last"` (group_time, did): the published form of Callaway and Sant'Anna (2021): the
    last period before the start as base, before it the preceding period, and only never-treated
    controls where there are any. `controls`: `never`, `not_yet` (never and not yet treated, the
    default with a pooled baseline) or the units that may be compared with. `log`: take natural
    logarithms first; the estimate is then in log points. `seed` fixes all draws; the order of rows
    and columns changes nothing.

    Raises ValueError for an unknown method or option, doubled labels, starts that do not compare.
    """
    options = _options(method, baseline, placebos, alpha, log, seed)
    study = _read(frame, members, options, controls)
    return _measured(study, options, {})


def unit_effects(
    frame: pd.DataFrame,
    members: Mapping[Any, Any],
    method: str = AUTO,
    *,
    baseline: Literal["pooled", "last"] = "pooled",
    placebos: int | None = None,
    alpha: float = 0.05,
    log: bool = False,
    controls: str | Iterable[Hashable] | None = None,
    seed: int = 0,
) -> dict[Hashable, Effect]:
    """Estimate the effect on every treated unit by itself, against units never treated.

    Arguments as for `effect`. Each entry equals `effect` on a frame without the other treated
    units; placebo fits are shared by units with the same start.
    """
    options = _options(method, baseline, placebos, alpha, log, seed)
    study = _read(frame, members, options, controls)
    pools: dict[tuple[Hashable, ...], Pool] = {}
    found: dict[Hashable, Effect] = {}
    for row in np.flatnonzero(study.treated):
        alone = ~study.treated
        alone[row] = True
        found[study.units[row]] = _measured(study.keep(alone), options, pools)
    return found


def _options(
    method: str, baseline: str, placebos: int | None, alpha: float, log: bool, seed: int
) -> _Options:
    known = [AUTO, *METHODS_VI]
    if method not in known:
        raise ValueError(f"method is one of {', '.join(known)}, not {method!r}")
    if baseline not in BASELINES:
        raise ValueError(f"baseline is one of {', '.join(BASELINES)}, not {baseline!r}")
    if baseline == "last" and method not in (AUTO, GROUP_TIME, DID):
        raise ValueError(f"{method} has no baseline to choose: it weights the periods itself")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not {alpha}")
    if placebos is not None and placebos < 2:
        raise ValueError("placebos is at least 2")
    return _Options(method, baseline == "last", placebos, alpha, log, seed)


def _read(
    frame: pd.DataFrame,
    members: Mapping[Any, Any],
    options: _Options,
    controls: str | Iterable[Hashable] | None,
) -> Study:
    study = read_study(frame, members, log=options.log, controls=controls)
    if controls is None and options.last and not study.treated.all():
        return replace(study, donors=~study.treated)
    return study


def _measured(study: Study, options: _Options, pools: dict[tuple[Hashable, ...], Pool]) -> Effect:
    """Clean, choose, compute; a refusal becomes an effect without a number."""
    cleaned = with_a_before(study)
    if isinstance(cleaned, Refusal):
        return _refused(study, options, options.method, cleaned)
    starts = cleaned.starts[cleaned.treated].tolist()
    cleaned = without_gaps_too_large(cleaned, starts)
    if not cleaned.treated.any():
        return _refused(cleaned, options, options.method, Refusal(NOT_ENOUGH, GAPS_VI))
    method, strict = options.method, options.method == AUTO
    if strict:
        chosen = choose(cleaned)
        if isinstance(chosen, Refusal):
            return _refused(cleaned, options, "", chosen)
        method, cleaned = chosen
    else:
        cleaned = replace(
            cleaned, warnings=(*cleaned.warnings, *shortcomings(cleaned, options.method))
        )
    found: Effect | Refusal
    if method == GROUP_TIME or (method == DID and int(cleaned.treated.sum()) > 1):
        found = cohort_effect(
            cleaned,
            pooled=not options.last,
            strict=strict,
            draws=options.placebos,
            alpha=options.alpha,
            seed=options.seed,
        )
    elif method in SENSITIVITY:
        found = sensitivity(cleaned, pool_of(cleaned, pools), method, options.alpha)
    else:
        found = placebo_effect(
            cleaned,
            pool_of(cleaned, pools),
            method,
            last=options.last and method == DID,
            strict=strict,
            placebos=options.placebos,
            alpha=options.alpha,
            seed=options.seed,
        )
    if isinstance(found, Refusal):
        return _refused(cleaned, options, method, found)
    return replace(found, method=method, log=options.log)


GAPS_VI = "dưới 60 % số kỳ hợp lệ trước hoặc sau khi bắt đầu"


def _refused(study: Study, options: _Options, method: str, refusal: Refusal) -> Effect:
    """Give an effect without a number, with the reason and what was noted on the way."""
    return Effect(
        estimate=None,
        method="" if method == AUTO else method,
        units=tuple(unit for unit, yes in zip(study.units, study.treated, strict=True) if yes),
        warnings=study.warnings,
        refusal=refusal,
        controls=tuple(unit for unit, yes in zip(study.units, ~study.treated, strict=True) if yes),
        alpha=options.alpha,
        log=options.log,
    )
