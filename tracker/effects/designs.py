"""Group-time difference-in-differences: cells ATT(g, t), their averages, Welch and relabelling.

ATT(g,t) = mean[Y_t - B | first treated in g] - mean[Y_t - B | not yet treated], B = mean of Y over
all t < g (pooled), or Y_(g-1), before the start Y_(t-1) (last: the published form of Callaway and
Sant'Anna 2021). docs/methods.md, section 6. Positions instead of labels; starts = number of periods
means not treated within the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from tracker.effects.study import ROUNDING, Bools, Floats, Ints, Study

PRE_DRAWS = 199
FEW_PRODUCTS = 2**17


@dataclass(frozen=True)
class Cells:
    """ATT(g, t): `att` and `controls` (units compared with) have shape cohorts x periods; NaN and 0
    where there is no cell. `cohorts` are starts, `sizes` the units behind each."""

    cohorts: Ints
    sizes: Ints
    att: Floats
    controls: Ints
    pooled: bool

    @property
    def post(self) -> Bools:
        """Say which cells lie at or after the start and exist; shape cohorts x periods."""
        times = np.arange(self.att.shape[1])
        return (times >= self.cohorts[:, None]) & ~np.isnan(self.att)


@dataclass(frozen=True)
class Tested:
    """Estimates with their standard errors, degrees of freedom and t-values from draws of labels;
    shapes functionals, functionals, draws x functionals. NaN = no error can be formed."""

    estimate: Floats
    error: Floats
    freedom: Floats
    drawn: Floats


def cells_of(study: Study, *, pooled: bool, least: int) -> Cells:
    """Compute all cells that have at least `least` controls; unknown values are left out."""
    count = len(study.periods)
    cohorts = np.unique(study.starts[(study.starts >= 1) & (study.starts < count)])
    att = np.full((len(cohorts), count), np.nan)
    controls = np.zeros((len(cohorts), count), dtype=np.int64)
    for row, start in enumerate(cohorts):
        own = study.starts == start
        apart = _apart(study.values, int(start), pooled)
        usable = ~np.isnan(apart)
        eligible = _eligible(study.starts, study.donors, int(start), count, pooled)
        numbers = (usable & eligible).sum(axis=0)
        valid = (usable[own].sum(axis=0) > 0) & (numbers >= max(1, least))
        treated = np.nanmean(apart[own][:, valid], axis=0)
        others = np.nansum(np.where(eligible, apart, 0.0)[:, valid], axis=0) / numbers[valid]
        att[row, valid] = treated - others
        controls[row, valid] = numbers[valid]
    sizes = np.array([(study.starts == start).sum() for start in cohorts], dtype=np.int64)
    return Cells(cohorts, sizes, att, controls, pooled)


def _apart(values: Floats, start: int, pooled: bool) -> Floats:
    """Give Y_t - B for every unit and period; the first period has no earlier one as its base."""
    if pooled:
        before = values[:, :start]
        known = (~np.isnan(before)).sum(axis=1)
        sums = np.nansum(before, axis=1)
        base = np.where(known > 0, sums / np.maximum(known, 1), np.nan)
        return values - base[:, None]
    apart = values - values[:, [start - 1]]
    apart[:, 1:start] = values[:, 1:start] - values[:, : start - 1]
    apart[:, 0] = np.nan
    return apart


def _eligible(starts: Ints, donors: Bools, start: int, count: int, pooled: bool) -> Bools:
    """Say which units (rows) may be compared with a cohort in each period: not yet treated there,
    nor in the period of the base."""
    times = np.arange(count)
    until = np.maximum(times, start - 1) if pooled else times
    found: Bools = (starts[:, None] > until) & (donors & (starts != start))[:, None]
    return found


def averages(cells: Cells) -> dict[str, Floats]:
    """Give the weights (cohorts x periods) of the four averages over cells since the start.

    simple: all cells by cohort size; group: mean over the periods of each cohort, then by size;
    event: by size at each distance from the start, then the mean over distances; calendar: the same
    by period (Callaway and Sant'Anna 2021, section 3). A cell that does not exist weighs nothing.
    """
    post, sizes = cells.post, cells.sizes[:, None].astype(np.float64)
    by_size = post * sizes
    numbers = post.sum(axis=1, keepdims=True)
    share = np.where(numbers > 0, sizes, 0.0) / max(1.0, float(sizes[numbers > 0].sum()))
    calendar = by_size / np.maximum(by_size.sum(axis=0), 1)
    event = np.zeros_like(by_size)
    distances = _events(cells)
    since = np.unique(distances[post])
    for distance in since:
        at = post & (distances == distance)
        event[at] = (by_size / by_size[at].sum())[at] / len(since)
    return {
        "simple": by_size / max(1.0, by_size.sum()),
        "event": event,
        "group": post * share / np.maximum(numbers, 1),
        "calendar": calendar / max(1, int((post.sum(axis=0) > 0).sum())),
    }


def _events(cells: Cells) -> Ints:
    distances: Ints = np.arange(cells.att.shape[1]) - cells.cohorts[:, None]
    return distances


def event_weights(cells: Cells) -> tuple[list[int], Floats, list[int]]:
    """Give the distances from the start, the weights of their cells by cohort size (cohorts x
    periods x distances), and the treated units behind each."""
    distances, known = _events(cells), ~np.isnan(cells.att)
    found = np.unique(distances[known])
    at = known[:, :, None] & (distances[:, :, None] == found)
    by_size = at * cells.sizes[:, None, None].astype(np.float64)
    totals = by_size.sum(axis=(0, 1))
    return found.tolist(), by_size / totals, totals.astype(int).tolist()


def slope_weights(cells: Cells) -> Floats:
    """Give the weights (cohorts x periods) of the linear trend per period before the start, by
    cohort size; all zero where no cohort has three periods before."""
    found = np.zeros_like(cells.att)
    times = np.arange(cells.att.shape[1], dtype=np.float64)
    total = 0
    for row, (start, size) in enumerate(zip(cells.cohorts, cells.sizes, strict=True)):
        if start < 3 or np.isnan(cells.att[row, 1:start]).any():
            continue
        centred = times[:start] - times[:start].mean()
        found[row, :start] = size * centred / (centred**2).sum()
        total += int(size)
    return found / max(1, total)


def test(
    study: Study,
    values: Floats,
    cells: Cells,
    weights: Floats,
    draws: int,
    rng: np.random.Generator,
) -> Tested:
    """Test weighted sums of cells: generalised Welch, and the same t under shuffled labels.

    `values` are the study's values without gaps, `weights` has shape cohorts x periods x
    functionals. With w fixed, the sum of cells is the sum over groups of units with the same start
    of the mean of z = Y a, where a (periods) depends on the group only. So its variance is the sum
    of s^2(z) / n over groups, and the degrees of freedom are Satterthwaite's. A group of one unit
    borrows the s^2 that its a gives over the largest group. Labels are shuffled over all units and
    t is formed anew each time (studentised, hence valid with unequal variances: Chung and Romano
    2013).
    """
    kinds, labels = np.unique(
        np.stack([study.starts, study.donors.astype(np.int64)]), axis=1, return_inverse=True
    )
    labels = labels.reshape(-1)
    sizes = np.bincount(labels, minlength=kinds.shape[1])
    largest = int(sizes.argmax())
    scores = np.stack(
        [
            product(values, _loads(study, cells, weights, int(start), bool(donor), int(size)))
            for (start, donor), size in zip(kinds.T, sizes, strict=True)
        ]
    )
    scores -= scores.mean(axis=1, keepdims=True)
    _, error, freedom = _welch(scores, labels[None], sizes, largest)
    # The loads of all groups add up to zero, so centred scores give the same sums, more exactly.
    # The estimate itself is the sum of the cells, which leave gaps out instead of filling them.
    tiny = ROUNDING * np.abs(values).max()
    estimate = np.einsum("gt,gtf->f", np.nan_to_num(cells.att), weights)
    estimate[np.abs(estimate) <= tiny] = 0.0
    error[error <= tiny] = 0.0
    shuffled = rng.permuted(np.tile(labels, (draws, 1)), axis=1)
    means, errors, _ = _welch(scores, shuffled, sizes, largest)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.where(errors > tiny, means / errors, 0.0)
    return Tested(estimate, error[0], freedom[0], drawn)


def _loads(
    study: Study, cells: Cells, weights: Floats, start: int, donor: bool, size: int
) -> Floats:
    """Give a (periods x functionals) for one group of units: its part as treated minus its part as
    control, the base subtracted from both."""
    count = cells.att.shape[1]
    times = np.arange(count)
    found = np.zeros((count, weights.shape[2]))
    for row, cohort in enumerate(cells.cohorts):
        share = np.zeros(count)
        if start == cohort:
            share[:] = size / cells.sizes[row]
        elif donor:
            eligible = _eligible(study.starts, study.donors, int(cohort), count, cells.pooled)
            until = np.maximum(times, cohort - 1) if cells.pooled else times
            share = np.where(start > until, -size / np.maximum(eligible.sum(axis=0), 1), 0.0)
        found += _less_base(weights[row] * share[:, None], int(cohort), cells.pooled)
    return found


def _less_base(loads: Floats, start: int, pooled: bool) -> Floats:
    """Turn weights on Y_t - B into weights on Y."""
    found = loads.copy()
    if pooled:
        found[:start] -= loads.sum(axis=0) / start
    else:
        found[: start - 1] -= loads[1:start]
        found[start - 1] -= loads[start:].sum(axis=0)
    return found


def product(left: Floats, right: Floats) -> Floats:
    """Multiply two matrices a few columns at a time.

    The library behind numpy wakes a thread per core above 2^18 multiplications; for the small
    products of this module waking them costs five times the work itself.
    """
    count = max(1, FEW_PRODUCTS // max(1, left.size))
    found: Floats = np.empty((left.shape[0], right.shape[1]))
    for first in range(0, right.shape[1], count):
        found[:, first : first + count] = left @ right[:, first : first + count]
    return found


def _welch(
    scores: Floats, labels: Ints, sizes: Ints, largest: int
) -> tuple[Floats, Floats, Floats]:
    """Give sums of group means, their errors and degrees of freedom for several labellings.

    `scores` has shape groups x units x functionals, `labels` labellings x units; results
    labellings x functionals, NaN where no group has two units.
    """
    shape = (len(labels), scores.shape[2])
    total, variance, spread = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for group, size in enumerate(sizes):
        inside = (labels == group).astype(np.float64)
        basis, number = (inside, int(size)) if size > 1 else (None, int(sizes[largest]))
        mean = product(inside, scores[group]) / size
        total += mean
        if basis is None:
            basis = (labels == largest).astype(np.float64)
            mean = product(basis, scores[group]) / number
        if number < 2:
            variance += np.nan
            continue
        square = (product(basis, scores[group] ** 2) / number - mean**2) * number / (number - 1)
        part = np.maximum(square, 0.0) / size
        variance += part
        spread += part**2 / (number - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where(spread > 0, variance**2 / spread, math.inf)
    return total, np.sqrt(variance), freedom


def two_sided(estimate: Floats, error: Floats, freedom: Floats) -> Floats:
    """Give the p-value of Student's t; NaN without an error, 1 for nothing over nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(estimate == 0, 0.0, np.abs(estimate) / error)
    p: Floats = np.where(np.isnan(error), np.nan, 2 * special.stdtr(freedom, -t))
    return p
