"""Weights of a synthetic control: one solver for all of its forms.

Plain arrays in, plain arrays out. `target` has shape periods, `donors` periods x units.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import nnls

from tracker.effects.study import Floats

STEPS = 10_000
FIRST_STEPS = 100
SMALLEST_STEP = 1e-5


def simplex_weights(target: Floats, donors: Floats, ridge: float = 0.0) -> Floats:
    """Find the weights w >= 0, sum w = 1, that minimise |target - donors w|^2 + ridge |w|^2.

    As sum w = 1, the residual is Z w with Z = donors - target 1'. Non-negative least squares of
    |Z u|^2 + ridge |u|^2 + (1 - sum u)^2 gives u = s w with the same w: for a given direction w the
    best s is 1 / (1 + q) and the value q / (1 + q), which grows with q = |Z w|^2 + ridge |w|^2. So
    the row of ones needs no heavy weight, and the solution is exact (Lawson and Hanson 1974).
    """
    count = donors.shape[1]
    apart = donors - target[:, None]
    scale = math.sqrt(float((apart**2).sum()) / count + ridge)
    if scale <= 0:
        return np.full(count, 1 / count)
    rows = [apart / scale, np.ones((1, count))]
    if ridge > 0:
        rows.insert(1, math.sqrt(ridge) / scale * np.eye(count))
    system = np.concatenate(rows)
    wanted = np.zeros(len(system))
    wanted[-1] = 1.0
    found, _ = nnls(system, wanted)
    weights: Floats = found / found.sum()
    return weights


def published_weights(target: Floats, donors: Floats, noise: float) -> Floats:
    """Find synthetic control weights by the steps of the published program, to reproduce what was
    printed.

    Frank and Wolfe with exact line search from equal weights: 100 steps, weights below a quarter of
    the largest set to zero, then up to 10,000 steps or until a step lowers the mean square by less
    than (1e-5 noise)^2 (package synthdid of Arkhangelsky et al. 2021, sc_estimate; noise = standard
    deviation of the first differences of the donors). On flat ground this stops short of the
    optimum: for Prop 99 it gives the printed -19.6 where `simplex_weights` gives -19.5.
    """
    count = donors.shape[1]
    weights = _frank_wolfe(target, donors, noise, np.full(count, 1 / count), FIRST_STEPS)
    weights[weights <= weights.max() / 4] = 0.0
    return _frank_wolfe(target, donors, noise, weights / weights.sum(), STEPS)


def _frank_wolfe(
    target: Floats, donors: Floats, noise: float, weights: Floats, steps: int
) -> Floats:
    """Walk towards one donor at a time; `gap` = donors w - target is carried along."""
    periods = len(target)
    least = (SMALLEST_STEP * noise) ** 2
    squares = np.einsum("tn,tn->n", donors, donors)
    gram, goal = donors.T @ donors, donors.T @ target
    fitted = gram @ weights
    level = float(target @ target)
    value = (float(weights @ fitted) - 2 * float(weights @ goal) + level) / periods
    for step in range(steps):
        best = int((fitted - goal).argmin())
        inner = float(weights @ fitted)
        length = float(squares[best]) - 2 * float(fitted[best]) + inner
        slope = inner - float(weights @ goal) - float(fitted[best]) + float(goal[best])
        if length <= 0 or slope <= 0:
            break
        share = min(1.0, slope / length)
        weights = (1 - share) * weights
        weights[best] += share
        fitted = (1 - share) * fitted + share * gram[best]
        before, value = value, value - share * (2 * slope - share * length) / periods
        if step >= 1 and before - value <= least:
            break
    return weights


def unit_weights(target: Floats, donors: Floats, noise: float, length: int) -> Floats:
    """Find weights with an intercept and a ridge: those of synthetic difference-in-differences.

    Both sides without their means over the periods; ridge = periods x zeta^2 with
    zeta = length^(1/4) noise, `length` = treated units x periods since the start (Arkhangelsky et
    al. 2021, equations 4 and 5).
    """
    ridge = len(target) * math.sqrt(length) * noise**2
    return simplex_weights(target - target.mean(), donors - donors.mean(axis=0), ridge)


def time_weights(before: Floats, after: Floats) -> Floats:
    """Find weights of the periods before the start that make up the mean since, over the donors.

    `before` has shape periods x units, `after` units (means since the start); with an intercept and
    without a ridge (Arkhangelsky et al. 2021, equation 6, where the ridge is 1e-6 of the noise).
    """
    units = before.T
    return simplex_weights(after - after.mean(), units - units.mean(axis=0))


def noise_of(donors: Floats) -> float:
    """Give the standard deviation of the first differences of the donors (periods x units); 0 with
    fewer than two."""
    steps = np.diff(donors, axis=0)
    return float(steps.std(ddof=1)) if steps.size > 1 else 0.0
