"""One treated unit, or a few, against a weighted mean of others, judged by placebo units.

The designs did, sc, difp, difp_ridge and sdid differ in two weights only: of the controls, and of
the periods before the start. The same is done to every control as if it had started then; the
spread of those effects is what chance does. docs/methods.md, sections 4 and 6. Arrays are periods x
units; unknown values of controls have been filled, those of the treated unit are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from tracker.effects.estimated import DID, DIFP, DIFP_RIDGE, SC, SDID
from tracker.effects.study import ROUNDING, Bools, Floats, Ints
from tracker.effects.synthetic import (
    noise_of,
    published_weights,
    simplex_weights,
    time_weights,
    unit_weights,
)

FIT_PERCENTILE = 90


@dataclass(frozen=True)
class Design:
    """What to compute: `method` and the position of the first treated period. `last` takes the last
    period before the start as the base instead of all of them (did only); `size` is the number of
    treated units averaged."""

    method: str
    start: int
    last: bool = False
    size: int = 1


@dataclass(frozen=True)
class Fit:
    """A target against its controls. `gap` (periods) is target less counterfactual, with the level
    before the start removed as the design does; NaN where the target is unknown. `shift` is that
    level; `times` are the weights of the periods before the start. `misfit` is the root mean square
    of the gap before."""

    weights: Floats
    times: Floats
    gap: Floats
    shift: float
    effect: float
    misfit: float


@dataclass(frozen=True)
class Placebos:
    """The same design on controls: `effects` and `misfits` (draws), `gaps` (draws x periods, NaN
    where unknown), `scales` their root mean square (periods)."""

    effects: Floats
    gaps: Floats
    scales: Floats
    misfits: Floats


def fit(design: Design, target: Floats, donors: Floats, *, published: bool = False) -> Fit:
    """Fit one target (periods, NaN = unknown) to its donors (periods x units, no NaN).

    `published` takes the steps of the published program for sc. Effect = mean gap since the start
    less the time-weighted gap before; sc subtracts nothing.
    """
    known = ~np.isnan(target)
    start = design.start
    before = np.flatnonzero(known[:start])
    after = start + np.flatnonzero(known[start:])
    weights = _control_weights(design, target[before], donors[before], len(after), published)
    gap = target - donors @ weights
    times = _base_weights(design, donors, before, after)
    shift = float(times @ gap[before])
    gap = gap - shift
    misfit = math.sqrt(float((gap[before] ** 2).mean()))
    spread = np.zeros(start)
    spread[before] = times
    effect = float(gap[after].mean())
    if abs(effect) <= ROUNDING * np.abs(donors).max():
        effect = 0.0
    return Fit(weights, spread, gap, shift, effect, misfit)


def _control_weights(
    design: Design, target: Floats, donors: Floats, after: int, published: bool
) -> Floats:
    count = donors.shape[1]
    if design.method == DID:
        return np.full(count, 1 / count)
    if design.method == SC:
        if published:
            return published_weights(target, donors, noise_of(donors))
        return simplex_weights(target, donors)
    if design.method == DIFP:
        return simplex_weights(target - target.mean(), donors - donors.mean(axis=0))
    return unit_weights(target, donors, noise_of(donors), design.size * after)


def _base_weights(design: Design, donors: Floats, before: Ints, after: Ints) -> Floats:
    count = len(before)
    if design.method == SC:
        return np.zeros(count)
    if design.method == SDID:
        return time_weights(donors[before], donors[after].mean(axis=0))
    if not design.last:
        return np.full(count, 1 / count)
    found = np.zeros(count)
    found[-1] = 1.0
    return found


def placebo_fits(
    design: Design, donors: Floats, known: Bools, picks: Sequence[Sequence[int]]
) -> Placebos:
    """Fit every pick of controls (their mean, if several) to the other controls.

    `known` (periods x units) says which values were observed; a pick's gap is formed only where any
    of it was.
    """
    effects, gaps, misfits = [], [], []
    for pick in picks:
        chosen = list(pick)
        target = np.where(known[:, chosen].any(axis=1), donors[:, chosen].mean(axis=1), np.nan)
        found = fit(design, target, np.delete(donors, chosen, axis=1))
        effects.append(found.effect)
        gaps.append(found.gap)
        misfits.append(found.misfit)
    paths = np.array(gaps)
    return Placebos(np.array(effects), paths, _rms(paths), np.array(misfits))


def _rms(gaps: Floats) -> Floats:
    """Give the root mean square over draws (rows), NaN where no draw has a value."""
    known = ~np.isnan(gaps)
    total = np.nansum(gaps**2, axis=0)
    numbers = known.sum(axis=0)
    found: Floats = np.sqrt(np.where(numbers > 0, total / np.maximum(numbers, 1), np.nan))
    return found


def draw_picks(
    controls: int, sizes: Sequence[int], wanted: int | None, rng: np.random.Generator
) -> list[list[list[int]]]:
    """Choose which controls play the treated units: per draw, per start, the positions.

    With one treated unit every control plays it once, or `wanted` of them; with several, `wanted`
    (or 199) draws without overlap inside a draw.
    """
    if sum(sizes) == 1:
        chosen = np.arange(controls)
        if wanted is not None and wanted < controls:
            chosen = np.sort(rng.choice(controls, size=wanted, replace=False))
        return [[[int(one)]] for one in chosen]
    cuts = np.cumsum(sizes)[:-1]
    found = []
    for _ in range(199 if wanted is None else wanted):
        drawn = rng.permutation(controls)[: sum(sizes)]
        found.append([part.tolist() for part in np.split(drawn, cuts)])
    return found


def scaled_t(effect: float, effects: Floats, freedom: int) -> tuple[float, float]:
    """Give the placebo scale sqrt(mean of placebo effects^2) and the p of effect / scale under
    Student's t."""
    scale = math.sqrt(float((effects**2).mean()))
    if scale == 0:
        return scale, float(effect == 0)
    return scale, float(2 * special.stdtr(freedom, -abs(effect) / scale))


def rank_p(own: float, others: Floats) -> float:
    """Give the share of placebos at least as large, the own value counted in: (1 + number) /
    (placebos + 1)."""
    return (1 + int((np.abs(others) >= abs(own) * (1 - 1e-12)).sum())) / (len(others) + 1)


def fits_badly(misfit: float, misfits: Floats) -> bool:
    """Say whether the misfit before the start lies above the 90th percentile of placebo misfits."""
    limit = np.percentile(misfits, FIT_PERCENTILE, method="higher")
    return bool(misfit > limit * (1 + 1e-9))


def is_synthetic(method: str) -> bool:
    """Say whether a method chooses its weights by the fit before the start."""
    return method in (SC, DIFP, DIFP_RIDGE, SDID)
