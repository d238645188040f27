"""Interrupted series: a unit against the trend of its own past. A sensitivity line, never a
headline.

Whatever else changed at the start counts as effect, and so does a trend that bends by itself
(docs/methods.md, section 4). Plain arrays in, plain arrays out.
"""

from __future__ import annotations

import math

import numpy as np

from tracker.effects.mixtures import Line, mixture
from tracker.effects.study import ROUNDING, Floats

CORRELATIONS = np.linspace(0.0, 0.95, 20)
"""Of neighbouring periods; all equally likely beforehand."""
YEAR_DAYS = 365.25
HARMONICS = 2
CYCLES = 2
"""So many whole years must lie before the start for a yearly rhythm to be told from a trend."""
LONGEST_PERIOD = 45
LEAST = 3


def interrupted(series: Floats, start: int, days: float | None, alpha: float) -> Line | None:
    """Fit level and trend before and since the start; None with too few known
    periods or where nothing moves.

    y_t = a + b t + since the start (c + d (t - start)) + yearly rhythm + e_t; the estimate is the
    mean of c + d (t - start) over the known periods since. e_t is AR(1), its correlation integrated
    out over `CORRELATIONS` (flat priors on the regressors and on log var e: the restricted
    likelihood). Two yearly harmonics where two whole years lie before; `days` is the length of a
    period, None = unknown, and then there are none. NaN keeps its place in time.
    """
    known = ~np.isnan(series)
    times = np.arange(len(series), dtype=np.float64)
    since = np.column_stack([times >= start, (times >= start) * (times - start)])
    rest = [np.ones(len(times)), times, _rhythm(times, start, days)]
    design = np.column_stack([since, *rest])
    freedom = int(known.sum()) - design.shape[1]
    if freedom < 1 or known[:start].sum() < LEAST or known[start:].sum() < LEAST:
        return None
    ask = np.zeros(design.shape[1])
    ask[:2] = since[known & (times >= start)].mean(axis=0)
    y, x, steps = series[known], design[known], np.diff(times[known])
    logs, centres, scales, paths = [], [], [], []
    for correlation in CORRELATIONS:
        kept = correlation**steps
        noise = np.append(1.0, np.sqrt(1 - kept**2))
        white_y = np.append(y[0], y[1:] - kept * y[:-1]) / noise
        white_x = np.concatenate([x[:1], x[1:] - kept[:, None] * x[:-1]]) / noise[:, None]
        square = white_x.T @ white_x
        slopes = np.linalg.solve(square, white_x.T @ white_y)
        left = float(((white_y - white_x @ slopes) ** 2).sum())
        if left <= ROUNDING**2 * float(white_y @ white_y):
            return None
        size = np.linalg.slogdet(square)[1] + freedom * math.log(left)
        logs.append(float(-np.log(noise).sum() - size / 2))
        centres.append(float(ask @ slopes))
        scales.append(math.sqrt(left / freedom * float(ask @ np.linalg.solve(square, ask))))
        paths.append(design[:, 2:] @ slopes[2:])
    found = mixture(logs, centres, scales, freedom)
    low, high = found.quantile(alpha / 2), found.quantile(1 - alpha / 2)
    return Line(found.weights @ np.array(paths), found.mean, low, high, found.two_sided(0.0))


def _rhythm(times: Floats, start: int, days: float | None) -> Floats:
    """Give sines and cosines of the year (periods x regressors), none where it cannot be seen."""
    if days is None or start * days < CYCLES * YEAR_DAYS or days > LONGEST_PERIOD:
        return np.zeros((len(times), 0))
    turn = 2 * math.pi * times * days / YEAR_DAYS
    waves = [wave(turn * k) for k in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(waves)
