"""Lines beside the headline: interrupted series and state space, against their own arithmetic done
another way, and asked through `effect`."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import special

from tracker.effects import NOT_ENOUGH, effect, interrupted, state_space, unit_effects
from tracker.effects.interrupted import interrupted as by_trend
from tracker.effects.mixtures import Line
from tracker.effects.sensitivity import EXTRAPOLATED_VI, INDEX_VI
from tracker.effects.state_space import SLOPE_VARIANCE
from tracker.effects.state_space import state_space as by_level
from tracker.effects.study import Floats

WEEKS, START = 80, 40


def noise(rng: np.random.Generator, correlation: float, count: int = WEEKS) -> Floats:
    found = rng.normal(size=count)
    for at in range(1, count):
        found[at] += correlation * found[at - 1]
    return found


def kalman(y: Floats, x: Floats, after: Floats, ratio: float) -> tuple[float, float, float]:
    """Filter level and coefficient, y one by one: mean and variance (over var e) of the mean of y
    at later times, and the log-likelihood with var e integrated out."""
    state, cover = np.zeros(2), np.diag([1e9, SLOPE_VARIANCE])
    square = size = 0.0
    for at, value in enumerate(y):
        cover = cover + np.diag([ratio, 0.0])
        look = np.array([1.0, x[at]])
        spread = float(look @ cover @ look) + 1
        miss = value - float(look @ state)
        gain = cover @ look / spread
        state, cover = state + gain * miss, cover - np.outer(gain, gain) * spread
        square, size = square + miss**2 / spread, size + math.log(spread)
    ask = np.array([1.0, after.mean()])
    steps = np.arange(1, len(after) + 1)
    moving = ratio * np.minimum.outer(steps, steps).mean() + 1 / len(after)
    chance = -size / 2 - (len(y) - 1) / 2 * math.log(square)
    variance = (float(ask @ cover @ ask) + moving) * square / (len(y) - 1)
    return float(ask @ state), variance, chance


def test_the_state_space_is_that_of_a_kalman_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    x = np.cumsum(rng.normal(size=WEEKS))
    y = 3 + 0.5 * x + np.cumsum(rng.normal(0, 0.3, WEEKS)) + rng.normal(size=WEEKS)
    before = slice(0, START)
    own_x = (x - x[before].mean()) / x[before].std()
    own_y = (y - y[before].mean()) / y[before].std()
    logs, alone = [], []
    for ratio in (0.001, 0.1, 5.0):
        centre, variance, chance = kalman(own_y[before], own_x[before], own_x[START:], ratio)
        monkeypatch.setattr(state_space, "RATIOS", np.array([ratio]))
        line = by_level(y, x, START, 0.05)
        assert line is not None
        unit = float(y[before].std())
        assert line.estimate / unit == pytest.approx(own_y[START:].mean() - centre, abs=1e-6)
        reach = special.stdtrit(START - 1, 0.975) * math.sqrt(variance)
        assert (line.high - line.low) / 2 / unit == pytest.approx(reach, rel=1e-6)
        logs.append(chance)
        alone.append(line.estimate)
    odds = np.exp(np.array(logs) - max(logs))
    monkeypatch.setattr(state_space, "RATIOS", np.array([0.001, 0.1, 5.0]))
    mixed = by_level(y, x, START, 0.05)
    assert mixed is not None
    assert mixed.estimate == pytest.approx(float(odds @ alone / odds.sum()), rel=1e-5)


def test_without_correlation_an_interrupted_series_is_least_squares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    times = np.arange(WEEKS)
    y = 10 + 0.1 * times + (times >= START) * (2 + 0.05 * (times - START)) + rng.normal(size=WEEKS)
    y[[3, 50]] = np.nan
    monkeypatch.setattr(interrupted, "CORRELATIONS", np.array([0.0]))
    line = by_trend(y, START, 7.0, 0.05)
    known = ~np.isnan(y)
    late = times >= START
    design = np.column_stack([np.ones(WEEKS), times, late, late * (times - START)])[known]
    slopes, left, *_ = np.linalg.lstsq(design, y[known], rcond=None)
    ask = np.array([0, 0, 1, (times[late & known] - START).mean()])
    freedom = int(known.sum()) - 4
    error = math.sqrt(left[0] / freedom * (ask @ np.linalg.inv(design.T @ design) @ ask))
    assert line is not None
    assert line.estimate == pytest.approx(float(ask @ slopes))
    reach = float(special.stdtrit(freedom, 0.975)) * error
    assert (line.low, line.high) == pytest.approx((line.estimate - reach, line.estimate + reach))
    assert line.expected[-1] == pytest.approx(slopes[0] + slopes[1] * times[-1])


def test_a_yearly_rhythm_is_not_taken_for_a_trend() -> None:
    """Three years of weeks with a summer peak; the start lies after two of them."""
    rng = np.random.default_rng(6)
    weeks = np.arange(156)
    y = 5 + 2 * np.sin(2 * np.pi * weeks * 7 / 365.25) + rng.normal(0, 0.2, 156)
    with_year, without = by_trend(y, 120, 7.0, 0.05), by_trend(y, 120, None, 0.05)
    assert with_year is not None
    assert without is not None
    assert abs(with_year.estimate) < 0.3 < abs(without.estimate)
    assert with_year.high - with_year.low < (without.high - without.low) / 3


def lines(y: Floats, x: Floats) -> tuple[Line, Line]:
    one, two = by_trend(y, START, 7.0, 0.05), by_level(y, x, START, 0.05)
    assert one is not None
    assert two is not None
    return one, two


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_neither_finds_what_is_not_there_and_both_find_a_leap(correlation: float) -> None:
    """200 draws: at most 18 may be significant (one-sided binomial at 1 %), the state space at most
    10 (.05); a leap of 15 standard deviations is found in nearly all of 20."""
    rng = np.random.default_rng(20240918)
    false = np.zeros(2)
    for _ in range(200):
        y, x = noise(rng, correlation), rng.normal(size=WEEKS)
        found = lines(y, x)
        false += [one.p < 0.05 for one in found]
        assert all((one.p < 0.05) != (one.low <= 0 <= one.high) for one in found)
    assert false[0] <= 18
    assert false[1] <= 10
    leap = 15 * (np.arange(WEEKS) >= START)
    sure = np.zeros(2)
    for _ in range(20):
        found = lines(noise(rng, correlation) + leap, rng.normal(size=WEEKS))
        sure += [one.p < 0.05 for one in found]
    assert (sure >= 18).all()


def frame_of(units: int, *, leap: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    common = np.cumsum(rng.normal(0, 0.2, WEEKS))
    values = 10 + common[:, None] + rng.normal(0, 0.3, (WEEKS, units))
    values[START:, 0] += leap
    return pd.DataFrame(
        values,
        pd.date_range("2022-01-03", periods=WEEKS, freq="7D"),
        [f"u{number:02d}" for number in range(units)],
    )


BEGAN = date(2022, 1, 3) + pd.Timedelta(weeks=START)


@pytest.mark.parametrize("method", ["its", "state_space"])
def test_a_line_is_asked_for_by_name_and_says_that_it_is_no_finding(method: str) -> None:
    frame = frame_of(25, leap=2.0)
    found = effect(frame, {"u00": BEGAN}, method)
    assert found.method == method
    assert found.estimate is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.estimate < found.high
    assert (EXTRAPOLATED_VI if method == "its" else INDEX_VI) in found.warnings
    assert "đối chiếu" in " ".join(found.warnings)
    assert len(found.path) == WEEKS
    assert found.by_event[0].event == -START
    since = [one.estimate for one in found.by_event if one.event >= 0]
    assert np.mean(since) == pytest.approx(found.estimate, abs=1.5)
    assert effect(frame, {"u00": BEGAN}).method == "difp_ridge"
    each = unit_effects(frame, {"u00": BEGAN, "u01": BEGAN}, method)
    assert set(each) == {"u00", "u01"}


def test_the_state_space_leans_on_the_controls_and_the_trend_does_not() -> None:
    frame = frame_of(25, leap=2.0)
    compared = effect(frame, {"u00": BEGAN}, "state_space")
    assert compared.estimate == pytest.approx(2.0, abs=0.3)
    assert len(compared.controls) == 24
    assert effect(frame, {"u00": BEGAN}, "its").controls == ()


def test_without_controls_a_line_can_still_be_drawn() -> None:
    """A national event: nobody is left to compare with."""
    alone = frame_of(1, leap=8.0)
    assert effect(alone, {"u00": BEGAN}).estimate is None
    for method in ("its", "state_space"):
        found = effect(alone, {"u00": BEGAN}, method)
        assert found.estimate is not None
        assert EXTRAPOLATED_VI in found.warnings


@pytest.mark.parametrize("method", ["its", "state_space"])
def test_several_starts_are_averaged_and_what_cannot_be_drawn_is_refused(method: str) -> None:
    frame = frame_of(25)
    later = BEGAN + pd.Timedelta(weeks=10)
    one, two = (effect(frame, {"u00": BEGAN}, method), effect(frame, {"u01": later}, method))
    both = effect(frame, {"u00": BEGAN, "u01": later}, method, controls=list(frame.columns[2:]))
    alone = [
        effect(frame.drop(columns=other), {unit: start}, method)
        for unit, start, other in (("u00", BEGAN, "u01"), ("u01", later, "u00"))
    ]
    assert one.estimate is not None
    assert two.estimate is not None
    assert both.estimate == pytest.approx(np.mean([found.estimate for found in alone]))
    assert both.p is None
    still = frame.assign(u00=1.0)
    refused = effect(still, {"u00": BEGAN}, method)
    assert refused.refusal is not None
    assert refused.refusal.key == NOT_ENOUGH
