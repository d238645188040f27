"""The band around a counterfactual and the lines of the placebo plot rest on the same gaps."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tracker.effects import Effect, effect, placebo_gaps, unit_effects

START = 40


def noisy(units: int, periods: int = 80) -> pd.DataFrame:
    """Units that share a walk and differ in level, as logs; some values are unknown."""
    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.normal(0, 0.05, periods))
    values = walk[:, None] + rng.normal(0, 0.1, (periods, units)) + rng.normal(3, 0.5, units)
    values[rng.random(values.shape) < 0.02] = np.nan
    weeks = pd.date_range("2022-01-03", periods=periods, freq="7D")
    return pd.DataFrame(values, weeks, [f"u{number:02}" for number in range(units)])


def treated(frame: pd.DataFrame, *units: str) -> dict[str, object]:
    return {str(unit): frame.index[START] if unit in units else None for unit in frame}


def test_the_band_by_hand() -> None:
    """Twelve controls stay at 0 but for one week, when the first is 11: its placebo gap is 11 less
    the mean of the other eleven, 0; theirs is 0 less a mean of 1. Root mean square sqrt((121 + 11)
    / 12) = sqrt(11), times t with 11 degrees of freedom, 2.20099, is 7.2999."""
    frame = pd.DataFrame(0.0, range(80), [f"u{number:02}" for number in range(13)])
    frame.loc[60, "u01"] = 11.0
    members = {str(unit): START if unit == "u00" else None for unit in frame}
    found = effect(frame, members, "did")
    gaps = placebo_gaps(frame, members, found)
    assert list(gaps.loc[60]) == pytest.approx([11.0, *[-1.0] * 11])
    point = found.path[60]
    assert point.counterfactual == pytest.approx(11 / 12)
    assert point.low == pytest.approx(11 / 12 - 7.2999, abs=1e-4)
    assert point.high == pytest.approx(11 / 12 + 7.2999, abs=1e-4)
    assert found.path[59].low == found.path[59].high == 0.0


@pytest.mark.parametrize("method", ["did", "difp_ridge", "difp", "sc", "sdid"])
def test_gaps_band_and_placebo_effects_agree(method: str) -> None:
    frame = noisy(22)
    members = treated(frame, "u00", "u01")
    found = unit_effects(frame, members, method)["u00"]
    gaps = placebo_gaps(frame, members, found)
    assert list(gaps.columns) == list(found.controls) == list(frame.columns[2:])
    assert list(gaps.index) == list(frame.index)
    assert gaps.iloc[START:].mean().to_dict() == pytest.approx(dict(found.placebos))
    reach = stats.t.ppf(0.975, 19) * np.sqrt((gaps**2).mean(axis=1))
    for point, half in zip(found.path, reach, strict=True):
        if point.counterfactual is None:
            assert point.low is point.high is None
        else:
            assert point.low == pytest.approx(point.counterfactual - half)
            assert point.high == pytest.approx(point.counterfactual + half)
    assert gaps.isna().sum().sum() == frame.iloc[:, 2:].isna().sum().sum()


def test_with_logarithms_gaps_are_in_log_points() -> None:
    frame = noisy(22)
    members = treated(frame, "u00")
    levels = frame.apply(np.exp)
    plain, logs = effect(frame, members), effect(levels, members, log=True)
    pd.testing.assert_frame_equal(
        placebo_gaps(levels, members, logs), placebo_gaps(frame, members, plain)
    )


def test_the_baseline_goes_along() -> None:
    frame = noisy(14)
    members = treated(frame, "u00")
    found = effect(frame, members, "did", baseline="last")
    gaps = placebo_gaps(frame, members, found, baseline="last")
    assert gaps.iloc[START:].mean().to_dict() == pytest.approx(dict(found.placebos))


def test_few_controls_have_lines_but_no_band() -> None:
    frame = noisy(7)
    members = treated(frame, "u00")
    found = effect(frame, members, "did")
    assert len(placebo_gaps(frame, members, found).columns) == 6
    assert all(point.low is None for point in found.path)


def test_where_nothing_was_measured_there_are_no_lines() -> None:
    frame = noisy(7)
    members = treated(frame, "u00")
    refused = effect(frame, members)
    assert refused.refusal is not None
    assert placebo_gaps(frame, members, refused).empty
    two = frame[["u00", "u01", "u02"]]
    assert placebo_gaps(two, members, effect(two, members, "did")).empty


@pytest.mark.parametrize("method", ["its", "group_time"])
def test_other_effects_have_no_placebo_gaps(method: str) -> None:
    frame = noisy(22)
    members = treated(frame, "u00", "u01") if method == "group_time" else treated(frame, "u00")
    found: Effect = effect(frame, members, method)
    assert all(point.low is None for point in found.path)
    assert not math.isnan(found.estimate or 0.0)
    if found.controls:
        with pytest.raises(ValueError, match=f"no placebo gaps of {method}"):
            placebo_gaps(frame, members, found)
    else:
        assert placebo_gaps(frame, members, found).empty
