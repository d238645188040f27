"""Published results, rebuilt from the data in tests/data (its README names source and licence).

Tolerance: every digit that was printed (half a unit of the last one), unless said otherwise.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tracker.effects.effect import effect
from tracker.effects.estimated import Effect
from tracker.effects.synthetic import simplex_weights

DATA = Path(__file__).parent / "data"

ATT_GT = {
    2004: {2004: -0.0105, 2005: -0.0704, 2006: -0.1373, 2007: -0.1008},
    2006: {2004: 0.0065, 2005: -0.0028, 2006: -0.0046, 2007: -0.0412},
    2007: {2004: 0.0305, 2005: -0.0027, 2006: -0.0311, 2007: -0.0261},
}
"""Callaway and Sant'Anna (2021): first year of a raised minimum wage -> year -> effect."""


def counties() -> tuple[pd.DataFrame, dict[int, int | None]]:
    """Give log employment of teenagers (years x counties) and when the minimum wage was raised."""
    table = pd.read_csv(DATA / "mpdta.csv.gz", index_col="countyreal")
    raised = table.pop("first_treated")
    table.columns = table.columns.astype(int)
    members = {
        county: None if np.isnan(year) else int(year) for county, year in raised.to_dict().items()
    }
    return np.log(table.T), members


def states() -> tuple[pd.DataFrame, dict[str, int | None]]:
    """Give packs of cigarettes per head (years x states) and the year of California's tax."""
    packs = pd.read_csv(DATA / "prop99.csv", index_col="year")
    return packs, {state: 1989 if state == "California" else None for state in packs}


def counties_effect(**options: object) -> Effect:
    frame, members = counties()
    return effect(frame, members, "group_time", baseline="last", **options)


def test_the_twelve_group_time_effects_of_the_minimum_wage() -> None:
    found = counties_effect()
    table = {(cell.group, cell.time): cell.estimate for cell in found.att_gt}
    printed = {(group, time): value for group, row in ATT_GT.items() for time, value in row.items()}
    assert set(table) == set(printed)
    for cell, value in printed.items():
        assert table[cell] == pytest.approx(value, abs=0.00005), cell


@pytest.mark.parametrize(
    ("name", "estimate", "error"),
    [("event", -0.0772, 0.0200), ("group", -0.0310, 0.0124), ("simple", -0.0400, 0.0120)],
)
def test_the_aggregates_of_the_minimum_wage(name: str, estimate: float, error: float) -> None:
    """Errors: the analytic ones of three packages; ours count cohorts with n - 1, the smallest of
    which has 20 counties."""
    found = counties_effect().aggregates[name]
    assert found.estimate == pytest.approx(estimate, abs=0.00005)
    assert found.error == pytest.approx(error, rel=0.03)


def test_the_event_study_of_the_minimum_wage() -> None:
    """Documentation of R package did, "Getting started": dynamic effects from -3 to 3."""
    found = {one.event: round(one.estimate, 4) for one in counties_effect().by_event}
    assert found == {
        -3: 0.0305,
        -2: -0.0006,
        -1: -0.0245,
        0: -0.0199,
        1: -0.0510,
        2: -0.1373,
        3: -0.1008,
    }


def test_not_yet_treated_counties_may_be_compared_with_too() -> None:
    """With every county not yet treated as control, 2004 in 2004 is -0.0194 (same package)."""
    found = counties_effect(controls="not_yet")
    cell = next(one for one in found.att_gt if (one.group, one.time) == (2004, 2004))
    assert cell.estimate == pytest.approx(-0.0194, abs=0.00005)
    assert (cell.treated, cell.controls) == (20, 309 + 40 + 131)


@pytest.mark.parametrize(
    ("method", "estimate", "error"),
    [("did", -27.3, 17.3), ("sc", -19.6, 10.6), ("difp", -11.1, 10.1), ("sdid", -15.6, 9.4)],
)
def test_the_tobacco_tax_of_california(method: str, estimate: float, error: float) -> None:
    """Arkhangelsky et al. (2021), table 1; errors: root mean square over all 38 placebo states
    (docs/methods.md, section 3; the printed ones are drawn at random)."""
    frame, members = states()
    found = effect(frame, members, method)
    assert found.estimate == pytest.approx(estimate, abs=0.05)
    assert found.error == pytest.approx(error, abs=0.05)


def test_the_years_that_synthetic_did_compares_with() -> None:
    """Weights of 1986-1988 as the tests of azcausal 0.2.5 have them from R: .3665, .2065, .4271."""
    frame, members = states()
    found = effect(frame, members, "sdid")
    assert set(found.time_weights) == {1986, 1987, 1988}
    assert [found.time_weights[year] for year in (1986, 1987, 1988)] == pytest.approx(
        [0.366470, 0.206453, 0.427076], abs=1e-5
    )


def test_the_synthetic_california_of_abadie() -> None:
    """Abadie, Diamond and Hainmueller (2010): about 26 packs less in 2000; Utah and Nevada weigh
    most."""
    frame, members = states()
    found = effect(frame, members, "sc")
    assert found.by_event[-1].estimate == pytest.approx(-26.8, abs=0.05)
    assert sorted(found.weights, key=lambda state: -found.weights[state])[:3] == [
        "Utah",
        "Montana",
        "Nevada",
    ]


def test_the_printed_synthetic_control_stops_short_of_the_optimum() -> None:
    """The published program gives -19.6; the exact weights fit better and give -19.5."""
    frame, members = states()
    before = frame.loc[:1988]
    own, others = before["California"].to_numpy(), before.drop(columns="California")
    exact = simplex_weights(own, others.to_numpy())
    printed = effect(frame, members, "sc").weights
    steps = np.array([printed.get(state, 0.0) for state in others])
    misfits = [
        float(((own - others.to_numpy() @ weights) ** 2).mean()) for weights in (exact, steps)
    ]
    assert misfits[0] < misfits[1] < 1.02 * misfits[0]
    gap = (frame["California"] - frame.drop(columns="California") @ exact).loc[1989:].mean()
    assert gap == pytest.approx(-19.51, abs=0.005)
