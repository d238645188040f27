"""Observed change before and after: windows, labels, reasons, rounding, calibration, power."""

from datetime import date, timedelta
from math import inf

import numpy as np
import pandas as pd
import pytest

from tracker.effects import BELOW, INSUFFICIENT, NOT_COMPARED, OBSERVED, SHORT, change
from tracker.indicators.welch import autocorrelation, mean_of, percent_change, welch, wide_hac

START = date(2022, 2, 21)
TET = (
    date(2021, 2, 12),
    date(2022, 2, 1),
    date(2023, 1, 22),
    date(2024, 2, 10),
)


def days(first: date, count: int, every: int = 1) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([first + timedelta(days=every * number) for number in range(count)])


def counter(first: date, flows: np.ndarray, base: float = 20_000.0) -> pd.Series:
    """Turn daily flows into nightly readings; the reading of a day stands at its start."""
    values = base + np.concatenate([[0.0], np.cumsum(flows)])
    return pd.Series(values, index=days(first, len(values)))


def noisy_flows(
    rng: np.random.Generator, count: int, *, lift: float = 0.0, correlation: float = 0.5
) -> np.ndarray:
    """Poisson flows with weekday rhythm, Tết dip, AR(1) log-noise of sd .25 and bursts (methods,
    section 4)."""
    noise = rng.normal(0, 0.25 * np.sqrt(1 - correlation**2), count)
    noise[0] = rng.normal(0, 0.25)
    for day in range(1, count):
        noise[day] += correlation * noise[day - 1]
    rates = 30 * np.resize([1.1, 1, 1, 1, 1, 0.95, 0.95], count) * np.exp(noise)
    bursts = rng.random(count) < 0.02
    rates[bursts] *= 1 + rng.pareto(2.5, int(bursts.sum()))
    first = START - timedelta(days=364)
    for tet in TET:
        at = (tet - first).days
        rates[max(0, at - 3) : max(0, at + 7)] *= 0.7
    rates[364:] *= 1 + lift
    return rng.poisson(rates).astype(float)


def steady(count: int, per_day: float) -> np.ndarray:
    return np.full(count, per_day)


def test_windows_are_52_whole_weeks_with_a_run_in_of_14_days() -> None:
    """Ten a day before, twelve from the first day of the after window."""
    flows = np.concatenate([steady(364 + 14, 10.0), steady(364, 12.0)])
    found = change(counter(date(2021, 2, 22), flows), START, kind="stock", tet_days=TET)
    assert found.windows is not None
    before, after = found.windows
    assert (before.start, before.last_day) == (date(2021, 2, 22), date(2022, 2, 20))
    assert (after.start, after.last_day) == (date(2022, 3, 7), date(2023, 3, 5))
    assert (found.before, found.after) == pytest.approx((10.0, 12.0))
    assert found.difference == pytest.approx(2.0)
    assert found.percent == pytest.approx(20.0)
    assert found.label == OBSERVED
    assert found.reason is None
    assert (found.weeks_before, found.weeks_after) == (49, 50)


def test_tet_weeks_are_left_out() -> None:
    """Nothing but Tết differs: its flows must not move the level."""
    flows = steady(364 + 14 + 364, 10.0)
    first = date(2021, 2, 22)
    for tet in TET[1:3]:
        at = (tet - first).days
        flows[at - 3 : at + 7] = 0.0
    found = change(counter(first, flows), START, kind="stock", tet_days=TET)
    assert (found.before, found.after) == pytest.approx((10.0, 10.0))
    assert "bỏ các tuần Tết" in found.method


def test_unequal_tet_content_forces_tet_out_even_when_it_should_be_kept() -> None:
    """The windows of a programme of March 2023 with 26 weeks hold Tết 2023 before and none
    after."""
    flows = steady(182 + 14 + 182, 10.0)
    start = date(2023, 3, 6)
    series = counter(start - timedelta(days=182), flows)
    found = change(series, start, kind="stock", tet_days=TET, keep_tet=True)
    assert found.weeks_before < 26
    assert any("Tết" in warning for warning in found.warnings)
    even = change(counter(date(2021, 2, 22), steady(742, 10.0)), START, kind="stock", keep_tet=True)
    assert even.weeks_before == 52


@pytest.mark.parametrize(("weeks", "length", "label"), [(26, 182, OBSERVED), (12, 84, SHORT)])
def test_shorter_data_fall_back_to_26_and_12_weeks(weeks: int, length: int, label: str) -> None:
    flows = steady(weeks * 7 + 14 + weeks * 7, 10.0)
    series = counter(START - timedelta(days=weeks * 7), flows)
    found = change(series, START, kind="stock")
    assert found.windows is not None
    assert found.windows[0].days == length
    assert found.label == label
    assert len(found.beside) == (2 if label == OBSERVED else 0)


def test_an_after_window_that_is_not_over_gives_the_reason_and_the_level() -> None:
    series = counter(date(2021, 2, 22), steady(364 + 40, 10.0))
    found = change(series, START, kind="stock")
    assert found.label == INSUFFICIENT
    assert found.difference is None
    assert found.p is None
    assert found.before == pytest.approx(10.0)
    assert found.reason is not None
    assert "cần đến 30/05/2022" in found.reason
    assert "số liệu mới đến 02/04/2022" in found.reason


def test_until_cuts_what_may_be_used() -> None:
    series = counter(date(2021, 2, 22), steady(742, 10.0))
    found = change(series, START, kind="stock", until=date(2022, 10, 1))
    assert found.windows is not None
    assert found.windows[0].days == 182


def test_fewer_than_60_percent_valid_weeks_are_not_enough() -> None:
    """Nightly readings, but only in every second week of the time before."""
    series = counter(date(2021, 2, 22), steady(742, 10.0))
    for week in range(0, 52, 2):
        series.iloc[week * 7 : week * 7 + 7] = np.nan
    found = change(series, START, kind="stock", lengths=(364,))
    assert found.label == INSUFFICIENT
    assert "% số tuần hợp lệ trước" in (found.reason or "")


def test_fewer_than_8_valid_weeks_are_not_enough() -> None:
    series = counter(START - timedelta(days=42), steady(42 + 14 + 84, 10.0))
    found = change(series, START, kind="stock")
    assert found.label == INSUFFICIENT
    assert "6 tuần hợp lệ trước" in (found.reason or "")


def test_fewer_than_10_posts_a_side_are_not_enough() -> None:
    index = days(date(2021, 2, 22), 742)
    posts = pd.Series(0.0, index=index)
    posts.iloc[::40] = 1.0
    found = change(posts * 50, START, kind="ratio", weights=posts, posts=posts, lengths=(364,))
    assert found.label == INSUFFICIENT
    assert "bài" in (found.reason or "")


def test_a_mean_below_one_event_a_week_is_not_enough() -> None:
    series = counter(date(2021, 2, 22), np.where(np.arange(742) % 14 == 0, 1.0, 0.0))
    found = change(series, START, kind="stock")
    assert found.label == INSUFFICIENT
    assert found.reason == "trung bình dưới 1 lượt mỗi tuần"


def test_an_empty_series_is_insufficient_and_never_zero() -> None:
    empty = pd.Series([], index=pd.DatetimeIndex([]), dtype=float)
    for kind in ("stock", "flow"):
        found = change(empty, START, kind=kind)
        assert (found.before, found.after, found.label) == (None, None, INSUFFICIENT)
        assert found.reason


def test_posts_per_week_are_seven_times_posts_over_covered_days() -> None:
    """One post a day before, two after; a week that is not covered does not count as zero."""
    index = days(date(2021, 2, 22), 742)
    posts = pd.Series([1.0 if number < 364 else 2.0 for number in range(742)], index=index)
    posts.iloc[100:107] = np.nan
    found = change(posts, START, posts=posts, scale=7.0)
    assert (found.before, found.after) == pytest.approx((7.0, 14.0))
    assert found.percent == pytest.approx(100.0)


def test_weekly_values_are_compared_as_they_are() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate([rng.normal(100, 5, 54), rng.normal(130, 5, 54)])
    series = pd.Series(values, index=days(date(2021, 2, 22), 108, every=7))
    found = change(series, START)
    assert found.before == pytest.approx(values[:52].mean())
    assert found.after == pytest.approx(values[54:106].mean())
    assert found.low is not None
    assert found.low > 20


def test_a_ratio_is_a_ratio_of_sums() -> None:
    """Weeks of ten posts at 1 and of one post at 12: (10 x 1 + 12) / 11 = 2, not 6.5."""
    index = days(date(2021, 2, 22), 108, every=7)
    posts = pd.Series(np.resize([10.0, 1.0], 108), index=index)
    interactions = pd.Series(np.resize([10.0, 12.0], 108), index=index)
    found = change(interactions, START, kind="ratio", weights=posts, posts=posts)
    assert found.before == pytest.approx(2.0)
    assert found.difference == pytest.approx(0.0)


def test_relative_growth_is_percent_of_the_start_of_its_window_per_30_days() -> None:
    """10 a day of 10,000 is 3 % per 30 days; after the window starts at 13,780: 10 / 13,780 x
    3,000."""
    series = counter(date(2021, 2, 22), steady(742, 10.0), base=10_000)
    found = change(series, START, kind="stock", relative=True)
    assert found.before == pytest.approx(3.0)
    assert found.after == pytest.approx(3000 * 10 / (10_000 + 3_780))


def test_monthly_sheets_are_compared_in_months_of_four_weeks() -> None:
    rng = np.random.default_rng(7)
    flows = rng.poisson(10, 30 * 28).astype(float)
    flows[364:] += 5
    nightly = counter(START - timedelta(days=364), flows)
    found = change(nightly.iloc[::28], START, kind="stock", tet_days=TET)
    assert found.unit == "month"
    assert (found.weeks_before, found.weeks_after) == (13, 13)
    assert found.label == OBSERVED
    assert "giữ các tuần Tết" in found.method
    assert found.difference == pytest.approx(5.0, abs=0.6)


def test_fewer_than_12_months_are_not_enough() -> None:
    nightly = counter(START - timedelta(days=280), steady(280 + 14 + 364, 10.0))
    found = change(nightly.iloc[::28], START, kind="stock")
    assert found.label == INSUFFICIENT
    assert "tháng hợp lệ trước" in (found.reason or "")


def test_readings_too_far_apart_are_refused() -> None:
    nightly = counter(START - timedelta(days=364), steady(742, 10.0))
    found = change(nightly.iloc[::60], START, kind="stock")
    assert "quá dài" in (found.reason or "")


def rounded(series: pd.Series, step: float) -> pd.Series:
    return (series // step) * step


def test_a_rounded_stock_is_compared_by_window_ends_and_its_interval_is_the_step() -> None:
    """Step 100 over 364 days: each growth lies within 100/364 of x/D, their difference within twice
    that."""
    flows = np.concatenate([steady(378, 10.0), steady(364, 20.0)])
    series = rounded(counter(START - timedelta(days=364), flows, base=30_000), 100)
    found = change(series, START, kind="stock", steps=100, tet_days=TET)
    assert found.difference == pytest.approx(10.0, abs=200 / 364)
    assert found.low == pytest.approx(found.difference - 200 / 364)
    assert found.high == pytest.approx(found.difference + 200 / 364)
    assert found.low <= 10.0 <= found.high
    assert found.p is None
    assert found.label == OBSERVED


def test_a_change_within_the_steps_is_labelled_below_display_resolution() -> None:
    series = rounded(counter(START - timedelta(days=364), steady(742, 0.2), base=300_500), 1000)
    found = change(series, START, kind="stock", steps=1000, least_events=0)
    assert found.label == BELOW
    assert any("dưới độ phân giải" in warning for warning in found.warnings)


def test_numbers_given_as_at_least_leave_their_side_open() -> None:
    """'Hơn N' at the end of the after window: the growth may be any larger."""
    index = days(START - timedelta(days=364), 54, every=14)
    series = pd.Series(10_000.0 + 140.0 * np.arange(54), index=index)
    words = pd.Series("exact", index=index)
    words.iloc[-8:] = "at_least"
    found = change(series, START, kind="stock", qualifiers=words)
    assert found.high is None
    assert found.low is not None
    assert found.difference is not None


def test_purges_are_left_out_and_reported_with_and_without() -> None:
    rng = np.random.default_rng(11)
    flows = rng.poisson(10, 742).astype(float)
    flows[100] = -2_000
    found = change(counter(START - timedelta(days=364), flows), START, kind="stock")
    assert [jump.kind for jump in found.jumps] == ["purge"]
    assert found.before == pytest.approx(np.delete(flows[:364], 100).mean())
    assert found.with_jumps is not None
    assert found.difference is not None
    assert found.with_jumps - found.difference == pytest.approx(2_010 / 364, abs=0.05)
    assert any("giảm đột ngột" in warning for warning in found.warnings)


def test_a_definition_break_is_never_crossed() -> None:
    series = counter(START - timedelta(days=364), steady(742, 10.0))
    found = change(series, START, kind="stock", breaks=[(date(2022, 6, 1), "cách tính mới")])
    assert found.windows is not None
    assert found.label == OBSERVED or found.label == SHORT
    assert found.windows[1].end <= date(2022, 6, 1)
    crossed = change(series, START, kind="stock", breaks=[(date(2022, 3, 10), "cách tính mới")])
    assert crossed.label == NOT_COMPARED
    assert crossed.difference is None
    assert crossed.before is not None
    assert "10/03/2022: cách tính mới" in (crossed.reason or "")


def test_a_ratio_without_denominators_is_refused() -> None:
    with pytest.raises(ValueError, match="denominators"):
        change(counter(START, steady(10, 1.0)), START, kind="ratio")


def test_effective_n_shrinks_with_autocorrelation() -> None:
    """r = lag-1 autocorrelation + 1/n, n_e = max(2, n (1 - r) / (1 + r)): 0,0,1,1 has r = 0 +
    1/4."""
    values = np.array([0.0, 0.0, 1.0, 1.0])
    assert autocorrelation(values) == pytest.approx(0.25 + 0.25)
    assert mean_of(values).effective == pytest.approx(2.0)
    assert mean_of(values).variance == pytest.approx((1 / 3) / 2)
    gap = np.array([0.0, np.nan, 1.0, np.nan])
    assert autocorrelation(gap) == pytest.approx(0.5)


def test_the_percentage_holds_zero_exactly_when_the_difference_does() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        before, after = mean_of(rng.normal(10, 4, 20)), mean_of(rng.normal(12, 4, 20))
        test = welch(before, after)
        _, low, high = percent_change(before, after, test.freedom)
        assert low is not None
        assert high is not None
        assert (low <= 0 <= high) == (test.low <= 0 <= test.high)


def test_a_level_that_cannot_be_told_from_zero_bounds_no_percentage() -> None:
    before, after = (
        mean_of(np.array([-3.0, 4.0, -2.0, 3.0, 1.0])),
        mean_of(np.array([5.0, 6.0, 7.0])),
    )
    percent, low, high = percent_change(before, after, 4.0)
    assert percent is not None
    assert (low, high) == (None, None)
    assert percent_change(mean_of(np.array([-1.0, -2.0])), after, 4.0) == (None, None, None)


def test_wide_hac_uses_the_fixed_b_critical_value() -> None:
    """White noise of sd 1, 50 + 50: S = 13, b = .13, critical value 2.35 over the standard error of
    .2."""
    rng = np.random.default_rng(9)
    reaches = []
    for _ in range(50):
        difference, low, high = wide_hac(rng.normal(0, 1, 50), rng.normal(0, 1, 50))
        assert low < difference < high
        reaches.append((high - low) / 2)
    assert np.mean(reaches) == pytest.approx(2.35 * 0.2, rel=0.15)


def test_false_positives_are_not_significantly_above_five_percent() -> None:
    """200 null draws: at most 18 may be significant (one-sided binomial at 1 %)."""
    rng = np.random.default_rng(20240916)
    first = START - timedelta(days=364)
    significant = covered = 0
    for _ in range(200):
        found = change(counter(first, noisy_flows(rng, 742)), START, kind="stock", tet_days=TET)
        assert found.p is not None
        significant += found.p < 0.05
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert significant <= 18
    assert covered == 200 - significant


def test_a_lift_of_forty_percent_is_found() -> None:
    """A test that never rejects fails too: power at 40 % is at least .85."""
    rng = np.random.default_rng(20240917)
    first = START - timedelta(days=364)
    draws = [
        change(counter(first, noisy_flows(rng, 742, lift=0.4)), START, kind="stock", tet_days=TET)
        for _ in range(40)
    ]
    assert np.mean([(found.p or inf) < 0.05 for found in draws]) >= 0.85
