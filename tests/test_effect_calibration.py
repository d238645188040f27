"""Calibration of layer B on invented panels (docs/methods.md, sections 4 and 6, "Validation").

1,000 seeded draws for each headline method where section 6 admits it: at most 67 rejections at 5 %
(one-sided binomial at 1 %), at least 85 % found of a rise by 40 %, coverage at least .92. Layer B
is judged against "no change relative to comparable localities" under a common trend, which the
plain average difference, shown beside it, takes for an effect.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from tracker.effects.effect import effect
from tracker.effects.estimated import Effect

DRAWS = 1000
MOST_REJECTIONS = 67
LEAST_POWER = 0.85
LEAST_COVERAGE = 0.92
RISE = float(np.log(1.4))
A_YEAR = float(np.log(1.2)) / 52


def panel(rng: np.random.Generator, units: int, periods: int) -> np.ndarray:
    """Draw weekly logs (periods x units): a common trend of +20 % a year and a common random walk
    with loadings 1 +- .3, AR(1) noise of .5 with sd .15, Pareto bursts in 2 % of the weeks, own
    levels. No unit differs from the others in kind."""
    walk = np.cumsum(rng.normal(0, 0.05, periods))
    loadings = 1 + 0.3 * rng.normal(size=units)
    shocks = rng.normal(0, 0.15 * np.sqrt(0.75), (periods, units))
    shocks[0] /= np.sqrt(0.75)
    noise = signal.lfilter([1.0], [1.0, -0.5], shocks, axis=0)
    bursts = np.where(
        rng.random((periods, units)) < 0.02, np.log1p(rng.pareto(2.5, (periods, units))), 0.0
    )
    common = A_YEAR * np.arange(periods)[:, None] + walk[:, None] * loadings
    return np.asarray(rng.normal(5, 1, units) + common + noise + bursts)


def measured(values: np.ndarray, treated: int, start: int, **options: object) -> Effect:
    members = {unit: start if unit < treated else None for unit in range(values.shape[1])}
    return effect(pd.DataFrame(values), members, **options)


@dataclass
class Outcome:
    """What a method did over all draws: shares of admitted draws."""

    admitted: int
    rejections: int
    coverage: float
    power: float


def one_locality(method: str, units: int, before: int, after: int, seed: int) -> Outcome:
    """Draw panels with one unit treated by nobody.

    A rise by a constant since the start moves the estimate by that constant and nothing else (the
    weights know only what was before, the placebos only the others; asserted on the first draw), so
    power needs no second fit.
    """
    rng = np.random.default_rng(seed)
    found = []
    for draw in range(DRAWS):
        values = panel(rng, units, before + after)
        one = measured(values, 1, before, method=method)
        found.append(one)
        if draw == 0:
            values[before:, 0] += RISE
            risen = measured(values, 1, before, method=method)
            assert risen.estimate == pytest.approx(one.estimate + RISE)
            assert risen.error == pytest.approx(one.error)
    known = [one for one in found if one.p is not None]
    estimates = np.array([one.estimate for one in known])
    errors = np.array([one.error for one in known])
    risen_p = 2 * stats.t.sf(np.abs(estimates + RISE) / errors, units - 2)
    return Outcome(
        admitted=len(known),
        rejections=sum(one.p < 0.05 for one in known if one.p is not None),
        coverage=float(np.mean([one.low <= 0 <= one.high for one in known])),
        power=float((risen_p < 0.05).mean()),
    )


def test_one_locality_by_de_meaned_ridge_synthetic_control() -> None:
    """30 controls, 52 + 52 weeks. A tenth of the draws is refused for a poor fit before the
    start."""
    found = one_locality("auto", 31, 52, 52, 20260101)
    print(found)
    assert found.admitted >= 0.85 * DRAWS
    assert found.rejections <= MOST_REJECTIONS
    assert found.power >= LEAST_POWER
    assert found.coverage >= LEAST_COVERAGE


def test_one_locality_with_little_before_by_difference_in_differences() -> None:
    """30 controls but 20 weeks before: the plain gap, judged by placebos."""
    found = one_locality("auto", 31, 20, 26, 20260102)
    print(found)
    assert found.admitted == DRAWS
    assert found.rejections <= MOST_REJECTIONS
    assert found.power >= LEAST_POWER
    assert found.coverage >= LEAST_COVERAGE


def test_a_cohort_by_group_time_and_the_plain_difference_beside_it() -> None:
    """8 pilots, 30 never-adopters, 52 + 52 weeks; power on every tenth draw.

    The plain difference of averages (Welch on the weeks of the first pilot, before against after)
    takes the common trend for an effect in four of five draws.
    """
    rng = np.random.default_rng(20260103)
    rejections = covered = naive = powered = 0
    drifting = 0
    for draw in range(DRAWS):
        values = panel(rng, 38, 104)
        found = measured(values, 8, 52)
        assert found.method == "group_time"
        assert found.p is not None
        assert found.low is not None
        assert found.high is not None
        assert found.pretrend_p is not None
        rejections += found.p < 0.05
        covered += found.low <= 0 <= found.high
        drifting += found.pretrend_p < 0.05
        naive += stats.ttest_ind(values[:52, 0], values[52:, 0], equal_var=False).pvalue < 0.05
        if draw % 10 == 0:
            values[52:, :8] += RISE
            powered += (measured(values, 8, 52, placebos=199).p or 1.0) < 0.05
    print(rejections, covered, powered, drifting, naive)
    assert rejections <= MOST_REJECTIONS
    assert drifting <= MOST_REJECTIONS
    assert covered >= LEAST_COVERAGE * DRAWS
    assert powered >= LEAST_POWER * DRAWS / 10
    assert naive > 0.8 * DRAWS


def test_adopters_at_two_dates_against_each_other_and_the_rest() -> None:
    """4 pilots at week 30, 6 at week 60, 20 never; gaps in 5 % of the weeks; 300 draws, at most 24
    rejections (one-sided binomial at 1 %)."""
    rng = np.random.default_rng(20260104)
    members = {unit: 30 if unit < 4 else 60 if unit < 10 else None for unit in range(30)}
    rejections = covered = 0
    for _ in range(300):
        values = panel(rng, 30, 104)
        values[rng.random(values.shape) < 0.05] = np.nan
        found = effect(pd.DataFrame(values), members, placebos=199)
        assert found.low is not None
        assert found.high is not None
        rejections += (found.p or 0.0) < 0.05
        covered += found.low <= 0 <= found.high
    print(rejections, covered)
    assert rejections <= 24
    assert covered >= LEAST_COVERAGE * 300
