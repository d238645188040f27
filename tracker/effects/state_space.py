"""State space on a grid: a local level and the mean of the controls. A sensitivity line, never a
headline.

With white noise its intervals hold; they widen with the persistence of the noise, where the usual
default prior does not (docs/methods.md, section 4). No optimiser and no draws: the likelihood is
exact, and what it does not know is integrated out. Plain arrays in, plain arrays out.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigh_tridiagonal

from tracker.effects.mixtures import Line, Mixture, mixture
from tracker.effects.study import Floats, Ints

RATIOS = np.geomspace(1e-4, 10.0, 24)
"""Variance of a step of the level over that of the noise; the prior is flat on its logarithm."""
SLOPE_VARIANCE = 10.0
"""Of the coefficient of the controls' mean, in standard deviations of both and of the noise."""
LEAST = 4


def state_space(series: Floats, controls: Floats | None, start: int, alpha: float) -> Line | None:
    """Extrapolate a series from before the start; None with fewer than four known periods on a
    side, or where nothing moves.

    y_t = m_t + b x_t + e_t, m_t = m_(t-1) + u_t, x = mean of the controls (None = none), both in
    standard deviations before the start. m_0 has a flat prior, b ~ N(0, 10 var e), var e 1 / var e;
    r = var u / var e is integrated out over `RATIOS`. Given r, the mean of y since the start has
    Student's t; with gaps, the known periods only.
    """
    known = ~np.isnan(series)
    before, after = np.flatnonzero(known[:start]), start + np.flatnonzero(known[start:])
    if min(len(before), len(after)) < LEAST:
        return None
    unit, level = float(series[before].std()), float(series[before].mean())
    if unit == 0:
        return None
    columns = [np.ones(len(series))]
    if controls is not None and controls[before].std() > 0:
        columns.append((controls - controls[before].mean()) / controls[before].std())
    design = np.column_stack(columns)
    found, paths = _integrated((series - level) / unit, design, before, after)
    seen = float((series[after].mean() - level) / unit)
    low, high = (seen - found.quantile(share) for share in (1 - alpha / 2, alpha / 2))
    expected = level + unit * (found.weights @ paths)
    gap = unit * (seen - found.mean)
    return Line(expected, gap, unit * low, unit * high, found.two_sided(seen))


def _integrated(
    series: Floats, design: Floats, before: Ints, after: Ints
) -> tuple[Mixture, Floats]:
    """Give what the mean of `series[after]` is expected to be, and the expected path by ratio.

    With K = min(s, t) over the times before, var y = var e (I + r K); one eigenvalue problem, that
    of the inverse of K, which has three diagonals, serves all ratios.
    """
    times = before + 1.0
    apart = 1 / np.diff(times, prepend=0.0)
    inverse, vectors = eigh_tridiagonal(apart + np.append(apart[1:], 0.0), -apart[1:])
    values = 1 / inverse
    x, y = vectors.T @ design[before], vectors.T @ series[before]
    ones = vectors.T @ times
    late = after + 1.0
    spread = float(np.minimum.outer(late, late).mean())
    ask = design[after].mean(axis=0)
    prior = np.diag([0.0] + [1 / SLOPE_VARIANCE] * (design.shape[1] - 1))
    freedom = len(before) - 1.0
    shared = np.minimum.outer(np.arange(len(series)) + 1.0, times) @ vectors
    logs, centres, scales, paths = [], [], [], []
    for ratio in RATIOS:
        weight = 1 / (1 + ratio * values)
        precision = (x.T * weight) @ x + prior
        slopes = np.linalg.solve(precision, (x.T * weight) @ y)
        rest = float(y @ (weight * y) - slopes @ precision @ slopes)
        cross = ratio * ones
        left = ask - x.T @ (weight * cross)
        variance = 1 / len(after) + ratio * spread - float(cross @ (weight * cross))
        variance += float(left @ np.linalg.solve(precision, left))
        path = design @ slopes + ratio * (shared @ (weight * (y - x @ slopes)))
        size = np.linalg.slogdet(precision)[1] + freedom * math.log(rest)
        logs.append(float(np.log(weight).sum() - size) / 2)
        centres.append(float(path[after].mean()))
        scales.append(math.sqrt(rest / freedom * variance))
        paths.append(path)
    return mixture(logs, centres, scales, freedom), np.array(paths)
