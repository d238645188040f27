"""The arithmetic of layer A: Welch with effective sample size, the ratio of two levels, the wide
HAC beside it.

Formulae and calibration: docs/methods.md, sections 4 and 6. Values are one per unit (week or month)
in time order, NaN where the unit is not valid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Mean:
    """Mean of one side, the variance of that mean, and the effective number of units behind it."""

    mean: float
    variance: float
    effective: float


@dataclass(frozen=True)
class Test:
    """A difference with its standard error, degrees of freedom, two-sided p and 95 % interval."""

    difference: float
    error: float
    freedom: float
    p: float
    low: float
    high: float


def autocorrelation(values: Floats) -> float:
    """Give the lag-1 autocorrelation plus 1/n, clipped to [0, .9]; only neighbouring valid units
    form pairs.

    r = [mean of d_t d_(t+1) over pairs] x (n - 1) / [sum of d_t^2] + 1/n; without gaps this is the
    usual estimate.
    """
    valid = ~np.isnan(values)
    count = int(valid.sum())
    deviation = np.where(valid, values - np.nanmean(values), 0.0)
    total = float((deviation**2).sum())
    pairs = int((valid[1:] & valid[:-1]).sum())
    if total <= 0 or pairs == 0:
        return min(0.9, 1 / count)
    lagged = float((deviation[1:] * deviation[:-1]).sum()) / pairs * (count - 1)
    return min(0.9, max(0.0, lagged / total + 1 / count))


def mean_of(values: Floats, extra_variance: float = 0.0) -> Mean:
    """Give the mean and its variance s^2 / n_e, with n_e = max(2, n (1 - r) / (1 + r)).

    `extra_variance` is added to the variance of the mean (rounding, q^2 / 6 / D^2). Needs two valid
    values.
    """
    valid = values[~np.isnan(values)]
    correlation = autocorrelation(values)
    effective = max(2.0, len(valid) * (1 - correlation) / (1 + correlation))
    return Mean(
        float(valid.mean()), float(valid.var(ddof=1)) / effective + extra_variance, effective
    )


def welch(before: Mean, after: Mean) -> Test:
    """Compare two means: Satterthwaite degrees of freedom from n_e - 1, Student's t at 95 %."""
    difference = after.mean - before.mean
    variance = before.variance + after.variance
    if variance <= 0:
        return Test(difference, 0.0, math.inf, float(difference == 0), difference, difference)
    parts = [(side.variance, side.effective - 1) for side in (before, after)]
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    error = math.sqrt(variance)
    reach = quantile(freedom) * error
    p = float(2 * special.stdtr(freedom, -abs(difference) / error))
    return Test(difference, error, freedom, p, difference - reach, difference + reach)


def quantile(freedom: float) -> float:
    """Give the two-sided 95 % quantile of Student's t."""
    return float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2))


def percent_change(
    before: Mean, after: Mean, freedom: float
) -> tuple[float | None, float | None, float | None]:
    """Give 100 x (after / before - 1) with Fieller's 95 % limits, None where they do not exist.

    Fieller's limits hold 0 exactly when Welch's interval does. They are not bounded where `before`
    itself cannot be told from zero; the percentage is None where `before` is not above zero.
    """
    if before.mean <= 0:
        return None, None, None
    percent = 100 * (after.mean / before.mean - 1)
    if before.variance + after.variance <= 0:
        return percent, percent, percent
    square = quantile(freedom) ** 2
    leading = before.mean**2 - square * before.variance
    if leading <= 0:
        return percent, None, None
    middle = before.mean * after.mean
    root = math.sqrt(max(0.0, middle**2 - leading * (after.mean**2 - square * after.variance)))
    return percent, 100 * ((middle - root) / leading - 1), 100 * ((middle + root) / leading - 1)


def log_ratio(before: Mean, after: Mean, freedom: float) -> tuple[float, float, float] | None:
    """Give the change in percent on the log scale with its interval (delta method); None unless
    both are above 0."""
    if before.mean <= 0 or after.mean <= 0:
        return None
    ratio = math.log(after.mean / before.mean)
    spread = before.variance / before.mean**2 + after.variance / after.mean**2
    reach = quantile(freedom) * math.sqrt(spread) if spread > 0 else 0.0
    low, middle, high = (100 * math.expm1(value) for value in (ratio - reach, ratio, ratio + reach))
    return middle, low, high


def wide_hac(before: Floats, after: Floats) -> tuple[float, float, float]:
    """Give the difference of means with the fixed-b HAC interval: Bartlett, S = ceil(1.3 sqrt n), b
    = S / n.

    Critical value 1.96 + 2.9694 b + .4160 b^2 - .5324 b^3 (Lazarus et al. 2018; Kiefer and
    Vogelsang 2005). Units that are not valid weigh nothing and keep their place in time.
    """
    influence = np.concatenate([-_influence(before), _influence(after)])
    count = int((~np.isnan(before)).sum() + (~np.isnan(after)).sum())
    lags = math.ceil(1.3 * math.sqrt(count))
    variance = float((influence**2).sum())
    for lag in range(1, min(lags, len(influence))):
        variance += 2 * (1 - lag / lags) * float((influence[lag:] * influence[:-lag]).sum())
    share = lags / count
    critical = 1.96 + 2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3
    difference = float(np.nanmean(after) - np.nanmean(before))
    reach = critical * math.sqrt(max(0.0, variance))
    return difference, difference - reach, difference + reach


def _influence(values: Floats) -> Floats:
    known = ~np.isnan(values)
    influence: Floats = np.where(known, values - np.nanmean(values), 0.0) / int(known.sum())
    return influence
