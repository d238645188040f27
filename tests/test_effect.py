"""Effects: cases worked by hand, refusals, missing values, order, baselines, multiple testing."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tracker.effects.effect import effect, unit_effects
from tracker.effects.estimated import (
    NO_COUNTERFACTUAL,
    NO_TREATED,
    NOT_ENOUGH,
    POOR_FIT,
    Effect,
)
from tracker.effects.multiple import adjust
from tracker.effects.placebos import fits_badly
from tracker.effects.study import filled
from tracker.effects.synthetic import simplex_weights

METHODS = ("group_time", "did", "sc", "difp", "difp_ridge", "sdid")


def weeks(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2022-01-03", periods=count, freq="7D")


def noise(units: int, periods: int, seed: int = 1) -> pd.DataFrame:
    """Give units that share a walk and differ in level, as logs; columns u00, u01, ..."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 0.05, periods))
    values = walk[:, None] + rng.normal(0, 0.1, (periods, units)) + rng.normal(5, 1, units)
    return pd.DataFrame(values, weeks(periods), [f"u{number:02}" for number in range(units)])


def one_treated(frame: pd.DataFrame, start: int) -> dict[str, object]:
    return {unit: frame.index[start] if unit == "u00" else None for unit in frame}


def pilots(frame: pd.DataFrame, count: int, start: int) -> dict[str, object]:
    return {
        unit: frame.index[start] if number < count else None for number, unit in enumerate(frame)
    }


SMALL = pd.DataFrame(
    {"a": [1.0, 3.0, 8.0, 10.0], "b": [0.0, 2.0, 2.0, 4.0], "c": [2.0, 2.0, 4.0, 4.0]},
    index=[1, 2, 3, 4],
)
"""a is treated from 3: its means are 2 and 9; those of b 1 and 3, of c 2 and 4."""


@pytest.mark.parametrize("method", ["did", "group_time"])
def test_difference_in_differences_by_hand(method: str) -> None:
    """(9 - 2) - ((3 - 1) + (4 - 2)) / 2 = 5; against the last period: 9 - 3 - ((3 - 2) + (4 - 2)) /
    2 = 4.5."""
    members = {"a": 3, "b": None, "c": None}
    assert effect(SMALL, members, method).estimate == pytest.approx(5.0)
    assert effect(SMALL, members, method, baseline="last").estimate == pytest.approx(4.5)


def test_cells_and_averages_by_hand() -> None:
    """Cohorts 2 (a) and 3 (b), never c; pooled bases a 1, b (0 + 2) / 2 = 1, c 2 and 2.

    ATT(2,2) against b and c: (3-1) - ((2-0) + (2-2)) / 2 = 1; ATT(2,3), against c only:
    (8-1) - (4-2) = 5; ATT(2,4) = 9 - 2 = 7. ATT(3,3) = (2-1) - (4-2) = -1, ATT(3,4) = 3 - 2 = 1.
    """
    found = effect(SMALL, {"a": 2, "b": 3, "c": None}, "group_time")
    table = {(cell.group, cell.time): cell.estimate for cell in found.att_gt}
    expected = {(2, 2): 1.0, (2, 3): 5.0, (2, 4): 7.0, (3, 3): -1.0, (3, 4): 1.0}
    assert {cell: table[cell] for cell in expected} == pytest.approx(expected)
    assert {name: one.estimate for name, one in found.aggregates.items()} == pytest.approx(
        {
            "simple": (1 + 5 + 7 - 1 + 1) / 5,
            "group": (13 / 3 + 0) / 2,
            "event": ((1 - 1) / 2 + (5 + 1) / 2 + 7) / 3,
            "calendar": (1 + (5 - 1) / 2 + (7 + 1) / 2) / 3,
        }
    )
    assert found.estimate == found.aggregates["group"].estimate
    assert {one.event: one.treated for one in found.by_event if one.event >= 0} == {
        0: 2,
        1: 2,
        2: 1,
    }


def test_welch_is_welch_for_one_cohort() -> None:
    """The change of each unit from before to after, compared by Welch as scipy does."""
    frame = noise(24, 60)
    found = effect(frame, pilots(frame, 6, 30), "group_time")
    change = (frame.iloc[30:].mean() - frame.iloc[:30].mean()).to_numpy()
    test = stats.ttest_ind(change[:6], change[6:], equal_var=False)
    assert found.estimate == pytest.approx(change[:6].mean() - change[6:].mean())
    assert found.p_t == pytest.approx(test.pvalue)
    bounds = test.confidence_interval()
    assert found.low is not None
    assert found.high is not None
    assert found.low <= bounds.low + 1e-12
    assert found.high >= bounds.high - 1e-12
    assert found.p == max(found.p_t, found.p_rank)


def test_an_exact_mixture_is_found_and_its_weights_named() -> None:
    """u00 is a quarter of u01 and three quarters of u02, 2 higher, and gains 1 from its start."""
    frame = noise(25, 60)
    frame["u00"] = 0.25 * frame["u01"] + 0.75 * frame["u02"] + 2.0
    frame.loc[frame.index[40] :, "u00"] += 1.0
    found = effect(frame, one_treated(frame, 40), "difp")
    assert found.estimate == pytest.approx(1.0)
    assert found.weights == pytest.approx({"u01": 0.25, "u02": 0.75})
    assert found.path[0].counterfactual == pytest.approx(frame["u00"].iloc[0])
    assert found.path[-1].counterfactual == pytest.approx(frame["u00"].iloc[-1] - 1.0)
    assert [one.event for one in found.by_event] == list(range(-40, 20))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_the_solver_meets_the_conditions_of_an_optimum(seed: int, ridge: float) -> None:
    """On the simplex the gradient is least, and equal, where weights are positive (Karush, Kuhn and
    Tucker)."""
    rng = np.random.default_rng(seed)
    donors, target = rng.normal(0, 1, (12, 8)), rng.normal(0, 1, 12)
    weights = simplex_weights(target, donors, ridge)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    gradient = donors.T @ (donors @ weights - target) + ridge * weights
    least = float(gradient @ weights)
    assert (gradient >= least - 1e-8).all()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["did", "difp", "difp_ridge", "sdid", "group_time"]),
    st.lists(st.floats(-1e3, 1e3), min_size=22, max_size=22),
)
def test_the_level_of_a_unit_does_not_matter(method: str, levels: list[float]) -> None:
    frame = noise(22, 70)
    frame.iloc[3:6, 4] = np.nan
    members = one_treated(frame, 40)
    first, second = (
        effect(one, members, method, placebos=20) for one in (frame, frame + np.array(levels))
    )
    assert second.estimate == pytest.approx(first.estimate, abs=1e-6)
    assert second.p == pytest.approx(first.p, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_and_columns_decides_nothing(method: str) -> None:
    frame = noise(30, 60)
    frame.iloc[5, 3] = np.nan
    members = pilots(frame, 3, 30) if method == "group_time" else one_treated(frame, 30)
    shuffled = frame.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    assert effect(shuffled, members, method) == effect(frame, members, method)


def test_the_seed_decides_all_draws_and_nothing_else_does() -> None:
    frame = noise(30, 60)
    members = pilots(frame, 6, 30)
    assert effect(frame, members, seed=5) == effect(frame, members, seed=5)
    assert effect(frame, members, seed=5) != effect(frame, members, seed=6)
    assert effect(frame, members, seed=5).p_t == effect(frame, members, seed=6).p_t


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_effect_lies_within_its_interval(method: str) -> None:
    frame = noise(30, 80)
    count = 6 if method == "group_time" else 1
    frame.iloc[40:, :count] += 0.3
    found = effect(frame, pilots(frame, count, 40), method)
    assert found.low is not None
    assert found.high is not None
    assert found.p is not None
    assert 0 < found.low < 0.3 < found.high
    assert found.p < 0.05
    assert found.pretrend_p is not None
    assert found.pretrend_p > 0.05


def test_groups_that_drift_apart_before_the_start_are_noticed() -> None:
    frame = noise(30, 60)
    frame.iloc[:, :8] += 0.01 * np.arange(60)[:, None]
    found = effect(frame, pilots(frame, 8, 40))
    assert found.pretrend_p is not None
    assert found.pretrend_p < 0.01
    frame = noise(30, 60)
    frame.iloc[36:40, :8] += 0.3
    jumped = effect(frame, pilots(frame, 8, 40))
    assert jumped.pretrend_p is not None
    assert jumped.pretrend_p < 0.05


def test_a_weekly_interval_is_wider_at_a_smaller_alpha() -> None:
    frame = noise(30, 60)
    wide = effect(frame, one_treated(frame, 30), alpha=0.01)
    usual = effect(frame, one_treated(frame, 30))
    assert wide.error == usual.error
    assert wide.high - wide.low > usual.high - usual.low


def test_logs_are_taken_and_the_percentage_is_given() -> None:
    frame = np.exp(noise(30, 60))
    frame.iloc[30:, 0] *= 1.5
    found = effect(frame, one_treated(frame, 30), log=True)
    assert found.estimate == pytest.approx(np.log(1.5), abs=0.1)
    assert found.percent is not None
    assert found.percent[0] == pytest.approx(100 * np.expm1(found.estimate))
    assert effect(frame, one_treated(frame, 30)).percent is None
    frame.iloc[3, 5] = 0.0
    assert "1 giá trị không dương bị bỏ khi lấy logarit" in (
        effect(frame, one_treated(frame, 30), log=True).warnings
    )


# Which method, and when none


def chosen(units: int, treated: int, before: int, after: int = 30) -> Effect:
    frame = noise(units, before + after)
    return effect(frame, pilots(frame, treated, before))


def test_the_data_choose_the_method() -> None:
    """docs/methods.md, section 6."""
    assert chosen(14, 4, 26).method == "group_time"
    assert chosen(20, 1, 26).method == "difp_ridge"
    assert chosen(20, 1, 25).method == "did"
    assert chosen(19, 1, 40).method == "did"
    assert chosen(11, 1, 40).method == "did"
    assert chosen(30, 3, 40).method == "difp_ridge"


@pytest.mark.parametrize(
    ("units", "treated", "before", "after", "key", "says"),
    [
        (10, 1, 40, 30, NO_COUNTERFACTUAL, "chỉ có 9 đơn vị so sánh"),
        (13, 4, 40, 30, NO_COUNTERFACTUAL, "chỉ có 9 đơn vị so sánh"),
        (30, 1, 7, 30, NOT_ENOUGH, "chỉ có 7 kỳ trước khi bắt đầu"),
        (30, 1, 40, 7, NOT_ENOUGH, "chỉ có 7 kỳ từ khi bắt đầu"),
        (30, 5, 25, 30, NOT_ENOUGH, "chưa đủ 26 kỳ trước khi bắt đầu"),
        (30, 5, 40, 7, NOT_ENOUGH, "chưa đủ 8 kỳ từ khi bắt đầu"),
        (30, 1, 0, 30, NO_COUNTERFACTUAL, "bắt đầu trước khi có số liệu"),
        (30, 0, 30, 30, NO_TREATED, "không có đơn vị nào bắt đầu"),
    ],
)
def test_data_that_cannot_carry_an_effect_are_refused(
    units: int, treated: int, before: int, after: int, key: str, says: str
) -> None:
    found = chosen(units, treated, before, after)
    assert (found.estimate, found.low, found.high, found.p) == (None, None, None, None)
    assert found.refusal is not None
    assert found.refusal.key == key
    assert says in found.refusal.reason


def test_months_need_six_before_for_a_cohort_and_24_for_one_locality() -> None:
    frame = noise(30, 60).set_axis(pd.period_range("2020-01", periods=60, freq="M"))
    assert effect(frame, pilots(frame, 5, 6)).method == "group_time"
    assert effect(frame, pilots(frame, 5, 5)).refusal is not None
    assert effect(frame, pilots(frame, 1, 24)).method == "difp_ridge"
    assert effect(frame, pilots(frame, 1, 23)).method == "did"


def test_ten_to_eighteen_controls_are_judged_by_their_rank() -> None:
    """With 12 controls no p lies below 1/13, whatever the effect."""
    frame = noise(13, 60)
    frame.iloc[30:, 0] += 5
    found = effect(frame, one_treated(frame, 30))
    assert found.p == found.p_rank == pytest.approx(1 / 13)
    assert "p theo thứ hạng, nhỏ nhất có thể là 1/13" in found.warnings


def test_a_unit_that_never_fitted_its_controls_is_refused() -> None:
    frame = noise(30, 60)
    frame["u00"] += 0.5 * np.sin(np.arange(60))
    found = effect(frame, one_treated(frame, 40))
    assert found.refusal is not None
    assert found.refusal.key == POOR_FIT
    assert found.method == "difp_ridge"
    by_name = effect(frame, one_treated(frame, 40), "difp_ridge")
    assert by_name.known
    assert any("khớp" in warning for warning in by_name.warnings)


def test_a_poor_fit_lies_above_the_90th_percentile_of_placebo_fits() -> None:
    """Of the misfits 0..18 that percentile is 17, the smallest with at least 90 % at or below."""
    assert not fits_badly(17.0, np.arange(19.0))
    assert fits_badly(17.5, np.arange(19.0))


def test_a_method_asked_for_by_name_gives_its_number_and_says_what_is_missing() -> None:
    """Below ten controls there is no statement about chance."""
    frame = noise(6, 20)
    found = effect(frame, one_treated(frame, 10), "difp_ridge")
    assert found.estimate is not None
    assert (found.low, found.high, found.p, found.p_rank) == (None, None, None, None)
    assert any("chỉ có 5 đơn vị so sánh" in warning for warning in found.warnings)
    assert any("cần ít nhất 26" in warning for warning in found.warnings)
    cohort = effect(frame, pilots(frame, 2, 10), "group_time")
    assert cohort.known
    assert (cohort.low, cohort.p, cohort.aggregates["simple"].low) == (None, None, None)


def test_units_treated_before_the_data_begin_are_left_out_and_named() -> None:
    frame = noise(30, 60)
    members = pilots(frame, 6, 30) | {"u05": date(2021, 1, 1)}
    found = effect(frame, members)
    assert "u05" not in found.units + found.controls
    assert any("u05" in warning for warning in found.warnings)


def test_late_adopters_are_controls_until_they_start() -> None:
    frame = noise(30, 80)
    members = pilots(frame, 5, 30) | dict.fromkeys(frame.columns[20:], frame.index[60])
    cells = {(cell.group, cell.time): cell for cell in effect(frame, members).att_gt}
    first = frame.index[30]
    assert cells[first, frame.index[59]].controls == 25
    assert cells[first, frame.index[60]].controls == 15
    never = effect(frame, members, controls="never")
    assert {cell.controls for cell in never.att_gt} == {15}


def test_only_named_units_are_compared_with() -> None:
    frame = noise(30, 60)
    named = list(frame.columns[5:18])
    found = effect(frame, one_treated(frame, 30), controls=named)
    assert list(found.controls) == named
    with pytest.raises(ValueError, match="not in the frame"):
        effect(frame, one_treated(frame, 30), controls=["nowhere"])


def test_units_without_an_entry_count_as_never_treated_and_are_counted() -> None:
    frame = noise(30, 60)
    found = effect(frame, {"u00": frame.index[30], "u77": None})
    assert found.estimate == effect(frame, one_treated(frame, 30)).estimate
    assert "29 đơn vị không có trong danh sách được coi là chưa tham gia" in found.warnings
    assert "không có số liệu của u77" in found.warnings


# Missing values


@pytest.mark.parametrize("method", METHODS)
def test_a_few_gaps_move_little_and_missing_is_never_zero(method: str) -> None:
    frame = noise(30, 80)
    count = 6 if method == "group_time" else 1
    frame.iloc[40:, :count] += 0.3
    holes = frame.mask(np.random.default_rng(4).random(frame.shape) < 0.1)
    members = pilots(frame, count, 40)
    whole, found = effect(frame, members, method), effect(holes, members, method)
    assert found.estimate == pytest.approx(whole.estimate, abs=0.05)
    assert found.error == pytest.approx(whole.error, rel=0.5)
    assert found.units == whole.units
    assert found.controls == whole.controls


def test_a_unit_with_too_many_gaps_is_left_out_and_named() -> None:
    """Known in 17 of 30 weeks before the start: below 60 %."""
    frame = noise(30, 60)
    frame.iloc[:13, 7] = np.nan
    found = effect(frame, one_treated(frame, 30))
    assert "u07" not in found.controls
    assert any("dưới 60 %" in warning and "u07" in warning for warning in found.warnings)
    frame.iloc[12, 7] = 5.0
    assert "u07" in effect(frame, one_treated(frame, 30)).controls
    frame.iloc[:13, 0] = np.nan
    refused = effect(frame, one_treated(frame, 30))
    assert refused.refusal is not None
    assert refused.refusal.key == NOT_ENOUGH


def test_weeks_nobody_knows_are_dropped() -> None:
    frame = noise(30, 61)
    frame.iloc[10] = np.nan
    found = effect(frame, one_treated(frame, 31))
    assert found.estimate == effect(frame.drop(frame.index[10]), one_treated(frame, 31)).estimate
    assert "bỏ 1 kỳ không đơn vị nào có số liệu" in found.warnings


def test_gaps_are_filled_by_the_period_and_by_what_the_unit_did_around_them() -> None:
    """Two units five apart; one of them does not know the period in which both rose by 2."""
    values = np.array([[1.0, 1.0, 3.0, 1.0], [6.0, 6.0, np.nan, 6.0]])
    assert filled(values)[1] == pytest.approx([6.0, 6.0, 8.0, 6.0], abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_where_nothing_moves_nothing_is_found(method: str) -> None:
    """Counters that stand still, each at a level no binary fraction holds."""
    frame = pd.DataFrame({f"u{unit:02}": [unit + 0.1] * 60 for unit in range(30)}, weeks(60))
    found = effect(frame, pilots(frame, 6 if method == "group_time" else 1, 30), method)
    if method == "sc":
        assert found.estimate == pytest.approx(-1.0)
    else:
        assert (found.estimate, found.p) == (0.0, 1.0)


# Shapes of arguments


def test_starts_may_be_dates_timestamps_texts_or_lie_between_two_periods() -> None:
    frame = noise(30, 60)
    wanted = effect(frame, one_treated(frame, 30)).estimate
    day = frame.index[30].date()
    for start in (day, pd.Timestamp(day), day.isoformat(), day - timedelta(days=3)):
        assert effect(frame, {"u00": start}).estimate == wanted
    plain = frame.set_axis([one.date() for one in frame.index])
    assert effect(plain, {"u00": day}).estimate == wanted
    assert effect(frame.set_axis(range(60)), {"u00": 30}).estimate == wanted


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"method": "best"}, "group_time, did, difp_ridge, sc, difp, sdid, its, state_space"),
        ({"method": "bsts"}, "method is one of auto"),
        ({"method": "its", "baseline": "last"}, "has no baseline"),
        ({"baseline": "first"}, "baseline is one of"),
        ({"method": "sdid", "baseline": "last"}, "has no baseline"),
        ({"alpha": 1.0}, "alpha"),
        ({"placebos": 1}, "placebos"),
        ({"controls": "some"}, "controls is"),
    ],
)
def test_unknown_options_are_refused_with_the_list(arguments: dict[str, object], says: str) -> None:
    frame = noise(30, 60)
    with pytest.raises(ValueError, match=says):
        effect(frame, one_treated(frame, 30), **arguments)


def test_doubled_labels_and_strange_starts_are_refused() -> None:
    frame = noise(30, 60)
    with pytest.raises(ValueError, match="twice"):
        effect(pd.concat([frame, frame.iloc[:1]]), one_treated(frame, 30))
    with pytest.raises(ValueError, match="cannot be compared"):
        effect(frame.set_axis(range(60)), {"u00": "spring"})


# Many units, many tests


def test_every_unit_by_itself_gives_what_it_would_give_alone() -> None:
    frame = noise(40, 90)
    frame.iloc[3:5, 20] = np.nan
    starts: dict[str, object] = dict.fromkeys(frame.columns)
    starts |= {"u00": frame.index[40], "u01": frame.index[40], "u02": frame.index[60]}
    found = unit_effects(frame, starts)
    assert list(found) == ["u00", "u01", "u02"]
    for unit in found:
        others = [other for other in found if other != unit]
        alone = {other: start for other, start in starts.items() if other not in others}
        assert found[unit] == effect(frame.drop(columns=others), alone)


def test_benjamini_and_hochberg_by_hand() -> None:
    """.01 .02 .03 .5 of four: 4 x .01 = .04, 4/2 x .02 = .04, 4/3 x .03 = .04, .5; Benjamini and
    Yekutieli times 1 + 1/2 + 1/3 + 1/4 = 25/12."""
    p = {"a": 0.5, "b": 0.03, "c": None, "d": 0.01, "e": 0.02}
    assert adjust(p) == pytest.approx({"a": 0.5, "b": 0.04, "c": None, "d": 0.04, "e": 0.04})
    assert adjust([0.5, 0.03, 0.01, 0.02], "by") == pytest.approx(
        [1.0, 0.04 * 25 / 12, 0.04 * 25 / 12, 0.04 * 25 / 12]
    )
    assert adjust([]) == []
    assert adjust([None, float("nan")]) == [None, None]


def test_adjusted_values_agree_with_scipy() -> None:
    p = np.random.default_rng(3).random(40) ** 3
    for method in ("bh", "by"):
        expected = stats.false_discovery_control(p, method=method)
        assert adjust(p, method) == pytest.approx(expected.tolist())


def test_a_p_outside_0_and_1_or_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([1.2])
    with pytest.raises(ValueError, match="bh, by"):
        adjust([0.2], "holm")
