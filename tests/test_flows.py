"""Counters into flows: gaps, weeks, jumps, glitches, cadence."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tracker.flows import cadence, intervals, spread_limit, times_of, value_at, weekly
from tracker.periods import Window

MONDAY = date(2024, 1, 1)


def counter(values: list[float], start: date = MONDAY, every: int = 1) -> pd.Series:
    days = [start + timedelta(days=every * number) for number in range(len(values))]
    return pd.Series(values, index=pd.DatetimeIndex(days), dtype=float)


def test_a_week_is_seven_times_flow_over_exposure() -> None:
    """100, 110 … 240: ten a day; a week of readings at both ends holds 70."""
    frame = weekly(
        counter([100 + 10 * day for day in range(15)]), Window(MONDAY, date(2024, 1, 15))
    )
    assert frame["value"].tolist() == [70.0, 70.0]
    assert frame["exposure"].tolist() == [7.0, 7.0]


def test_a_reading_belongs_to_the_start_of_its_day() -> None:
    """Net change between the readings of 1 and 8 January is the week of 1 to 7 January."""
    series = counter([1000, 1070, 1140], every=7)
    frame = weekly(series, Window(MONDAY, date(2024, 1, 15)))
    assert frame["flow"].tolist() == [70.0, 70.0]


def test_a_gap_of_more_than_three_nights_across_two_weeks_is_never_shared_out() -> None:
    """Nightly readings, none from Friday to Tuesday: the change of six days is in neither week."""
    series = counter([100.0 + 10 * day for day in range(15)])
    series.iloc[4:9] = np.nan
    frame = weekly(series, Window(MONDAY, date(2024, 1, 15)))
    assert frame["exposure"].tolist() == [3.0, 5.0]
    assert frame["flow"].tolist() == [30.0, 50.0]
    assert frame["valid"].tolist() == [False, True]
    assert np.isnan(frame["value"].iloc[0])
    assert frame["value"].iloc[1] == 70.0


def test_a_gap_of_three_nights_across_two_weeks_is_shared_out_by_time() -> None:
    series = counter([100.0 + 10 * day for day in range(15)])
    series.iloc[6:8] = np.nan
    frame = weekly(series, Window(MONDAY, date(2024, 1, 15)))
    assert frame["flow"].tolist() == pytest.approx([70.0, 70.0])


def test_a_long_gap_inside_one_week_counts_whole() -> None:
    series = counter([100.0 + 10 * day for day in range(15)])
    series.iloc[1:6] = np.nan
    frame = weekly(series, Window(MONDAY, date(2024, 1, 15)))
    assert frame["valid"].tolist() == [True, True]


def test_weekly_sheets_are_shared_out_up_to_eight_days() -> None:
    """Read on Thursdays: each week takes three days of one interval and four of the next."""
    series = counter([1000, 1070, 1210, 1280], start=date(2024, 1, 4), every=7)
    frame = weekly(series, Window(date(2024, 1, 8), date(2024, 1, 22)))
    assert frame["flow"].tolist() == pytest.approx([30 + 80, 60 + 40])


def test_cadence_is_the_median_interval() -> None:
    assert cadence(times_of(counter([1.0] * 5, every=7).index)) == 7.0
    assert np.isnan(cadence(np.array([1.0])))
    assert [spread_limit(pace) for pace in (1.0, 7.0, 8.0, 9.0, 30.0)] == [
        3.0,
        8.0,
        8.0,
        45.0,
        45.0,
    ]


def test_a_purge_is_left_out_and_the_series_re_based() -> None:
    """20,000 followers, about ten a day; on one night 1,500 vanish and do not come back."""
    rng = np.random.default_rng(1)
    values = 20_000 + np.cumsum(rng.poisson(10, 100)).astype(float)
    values[60:] -= 1_500
    found = intervals(counter(values.tolist()))
    assert [(jump.day, jump.kind) for jump in found.jumps] == [
        (MONDAY + timedelta(days=60), "purge")
    ]
    assert not found.kept[59]
    assert found.kept.sum() == 98
    assert found.change[found.kept].sum() == values[-1] - values[0] - found.change[59]


def test_a_level_that_is_back_within_three_days_is_a_glitch_not_two_jumps() -> None:
    rng = np.random.default_rng(2)
    values = 20_000 + np.cumsum(rng.poisson(10, 100)).astype(float)
    whole = values.copy()
    values[60:62] = 3.0
    found = intervals(counter(values.tolist()))
    assert [jump.kind for jump in found.jumps] == ["glitch"]
    assert found.kept.all()
    assert found.change.sum() == whole[-1] - whole[0]
    assert found.exposure.max() == 3.0


def test_merged_pages_are_a_rise() -> None:
    values = [5_000.0 + 3 * day for day in range(80)]
    values[40:] = [value + 4_000 for value in values[40:]]
    assert [jump.kind for jump in intervals(counter(values)).jumps] == ["import"]


def test_quiet_pages_do_not_jump_by_one_follower() -> None:
    values = np.cumsum([1.0 if day % 9 == 0 else 0.0 for day in range(120)]) + 40
    assert intervals(counter(values.tolist())).jumps == ()


def test_a_hole_is_judged_by_its_flow_per_cadence() -> None:
    """83 days without a reading bring 83 days of growth: no jump."""
    values = [10_000.0 + 20 * day for day in range(200)]
    series = counter(values)
    series.iloc[60:142] = np.nan
    assert intervals(series).jumps == ()


def test_a_running_total_never_falls() -> None:
    found = intervals(counter([100, 110, 105, 120] * 1), running_total=True)
    assert found.kept.tolist() == [True, False, True]


def test_net_flows_of_followers_may_be_negative() -> None:
    found = intervals(counter([1000.0, 998.0, 1001.0]))
    assert found.change.tolist() == [-2.0, 3.0]
    assert found.kept.all()


def test_timestamps_with_a_zone_are_taken_to_local_time() -> None:
    """18:00 UTC is 01:00 on the next day in UTC+7."""
    index = pd.DatetimeIndex(["2024-01-01 18:00"], tz="UTC")
    assert times_of(index)[0] == times_of(pd.DatetimeIndex(["2024-01-02 01:00"]))[0]


def test_the_same_day_twice_is_refused() -> None:
    series = pd.Series([1.0, 2.0], index=pd.DatetimeIndex(["2024-01-01", "2024-01-01"]))
    with pytest.raises(ValueError, match="2024-01-01 stands twice"):
        intervals(series)


def test_the_nearest_reading_is_taken_within_its_limit_only() -> None:
    series = counter([100.0, 200.0], every=7)
    assert value_at(series, date(2024, 1, 3), within=3) == (MONDAY, 100.0)
    assert value_at(series, date(2024, 1, 20), within=3) is None
