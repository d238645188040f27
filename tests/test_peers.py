"""Peers: averages with and without oneself, ratios of sums, ranks that intervals allow, groups."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from test_maps import Page, place_panel, steady

from tracker.effects.peers import (
    GROUPINGS,
    NO_REGION_VI,
    OTHERS_VI,
    PARTLY_VI,
    PILOT_VI,
    SIZES,
    STANDINGS,
    Figure,
    all_benchmarks,
    benchmarks,
    peer_groups,
    standings,
    unit_figures,
)
from tracker.errors import ConfigError
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI, OPEN

MONDAY = date(2024, 1, 1)
WINDOW = Window(MONDAY, MONDAY + timedelta(days=84))
UNTIL = WINDOW.end + timedelta(days=10)
KEY = "interactions_per_post"


def test_the_average_stands_with_and_without_oneself() -> None:
    """Numbers of three units: 10, 20, 60. With oneself 30; without 40, 35 and 15; median 20."""
    figures = {
        name: Figure(value, value, value) for name, value in [("a", 10), ("b", 20), ("c", 60)]
    }
    frame = standings(figures, dict.fromkeys("abc", "tất cả")).set_index("unit")
    assert frame["average"].tolist() == [30.0, 30.0, 30.0]
    assert frame.loc[["a", "b", "c"], "average_without_self"].tolist() == [40.0, 35.0, 15.0]
    assert frame["median"].unique().tolist() == [20.0]
    assert frame.index.tolist() == ["c", "b", "a"], "the largest first"


def test_the_average_of_a_rate_is_a_ratio_of_sums() -> None:
    """4 per post over 100 posts and 10 over 20: (400 + 200) / 120 = 5, not 7."""
    figures = {"a": Figure(4, 3, 5, weight=100), "b": Figure(10, 8, 12, weight=20)}
    frame = standings(figures, {"a": "x", "b": "x"}).set_index("unit")
    assert frame["average"].tolist() == [5.0, 5.0]
    assert frame.at["a", "average_without_self"] == 10.0


def test_units_whose_intervals_overlap_share_a_rank() -> None:
    """a is surely first; b and c overlap: ranks 2 to 3; d is surely last."""
    figures = {
        "a": Figure(90, 80, 100),
        "b": Figure(50, 40, 60),
        "c": Figure(45, 35, 55),
        "d": Figure(10, 5, 15),
    }
    frame = standings(figures, dict.fromkeys("abcd", "x")).set_index("unit")
    assert list(zip(frame["rank_from"], frame["rank_to"], strict=True)) == [
        (1, 1),
        (2, 3),
        (2, 3),
        (4, 4),
    ]
    assert frame["tied"].tolist() == [False, True, True, False]


def test_an_open_interval_ties_with_all_it_may_reach() -> None:
    figures = {"a": Figure(90, 80, 100), "b": Figure(50, 40, None), "c": Figure(10, 5, 15)}
    frame = standings(figures, dict.fromkeys("abc", "x")).set_index("unit")
    assert (frame.at["a", "rank_from"], frame.at["a", "rank_to"]) == (1, 2)
    assert (frame.at["b", "rank_from"], frame.at["b", "rank_to"]) == (1, 2)
    assert (frame.at["c", "rank_from"], frame.at["c", "rank_to"]) == (3, 3)


def test_a_unit_alone_in_its_group_has_nobody_to_be_compared_with() -> None:
    frame = standings({"a": Figure(1, 1, 1)}, {"a": "x", "b": "x", "c": None})
    assert tuple(frame.columns) == STANDINGS
    assert len(frame) == 1
    assert frame["units"].tolist() == [1]
    assert np.isnan(frame["average_without_self"].iloc[0])


PAGES = (
    Page("nam-a", "nam"),
    Page("doi-a", "doi"),
    Page("doi-m", "doi", "mastodon"),
    Page("bien-y", "bien", "youtube"),
)


def small() -> Panel:
    """Twelve weeks, one post a day: nam 30 interactions each, doi 10 and 50, bien under terms that
    allow nothing; nam and doi have 12,000 and 700 followers."""
    days = [WINDOW.start + timedelta(days=number) for number in range(WINDOW.days)]
    each = {"nam-a": 30.0, "doi-a": 10.0, "doi-m": 50.0, "bien-y": 99.0}
    posts = [(name, day, 1, 1, taps, 100.0, "vi") for name, taps in each.items() for day in days]
    followers = {
        "nam-a": steady(12_000, 0, MONDAY, UNTIL),
        "doi-a": steady(600, 0, MONDAY, UNTIL),
        "doi-m": steady(100, 0, MONDAY, UNTIL),
    }
    return place_panel(PAGES, followers, posts=posts, until=UNTIL)


def test_units_are_measured_over_a_window_with_their_denominators() -> None:
    """doi: (84 x 10 + 84 x 50) / 168 = 30."""
    figures, out = unit_figures(small(), KEY, "63", WINDOW)
    assert set(figures) == {"nam", "doi"}
    assert figures["doi"].value == pytest.approx(30.0)
    assert (figures["doi"].weight, figures["nam"].weight) == (168.0, 84.0)
    (refused,) = out
    assert refused.account_id == "bien-y"
    assert "điều khoản" in refused.reason


def test_numbers_that_may_not_be_added_up_are_not_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = replace(OPEN, totals=False)
    monkeypatch.setattr(Panel, "basis_of", lambda *_: alone)
    figures, out = unit_figures(small(), KEY, "63", WINDOW)
    assert figures == {}
    assert {one.reason for one in out} == {NOT_ALLOWED_VI}


def test_pilots_are_a_group_and_a_merged_unit_may_be_one_in_part() -> None:
    panel = small()
    groups, missing = peer_groups(panel, "63", UNTIL, "pilot")
    assert groups == dict.fromkeys(("bac", "doi", "bien", "rung"), OTHERS_VI) | {"nam": PILOT_VI}
    assert missing == []
    assert peer_groups(panel, "34", UNTIL, "pilot")[0]["song-2025"] == PARTLY_VI


def test_sizes_are_tiers_of_followers_and_unknown_without_readings() -> None:
    groups, missing = peer_groups(small(), "63", WINDOW.end, "size")
    assert groups["nam"] == SIZES[1][1]
    assert groups["doi"] == SIZES[0][1]
    assert groups["rung"] is None
    assert missing == ["3 đơn vị chưa rõ nhóm"]


def test_without_a_source_of_regions_the_table_says_what_is_missing() -> None:
    panel = small()
    frame, notes = benchmarks(panel, KEY, "63", WINDOW, "region")
    assert frame.empty
    assert NO_REGION_VI in notes
    regions = {"nam": "Miền Trung", "doi": "Miền Trung", "rung": ""}
    frame, notes = benchmarks(panel, KEY, "63", WINDOW, "region", regions=regions)
    assert frame["group"].tolist() == ["Miền Trung", "Miền Trung"]
    assert NO_REGION_VI not in notes
    assert "3 đơn vị chưa có nguồn về vùng" in notes


def test_all_groupings_at_once_say_the_same_as_one_by_one() -> None:
    panel, regions = small(), {"nam": "Miền Trung"}
    found = all_benchmarks(panel, KEY, "63", WINDOW, regions=regions)
    assert tuple(found) == GROUPINGS
    for by, (frame, notes) in found.items():
        alone, said = benchmarks(panel, KEY, "63", WINDOW, by, regions=regions)
        pd.testing.assert_frame_equal(frame, alone)
        assert notes == said


def test_a_count_of_the_register_is_compared_without_platforms() -> None:
    """nam has one account, doi two, bien one, bac and rung none: 0 is a number here."""
    panel = small()
    figures, out = unit_figures(panel, "presence_accounts", "63", WINDOW)
    assert {unit: one.value for unit, one in figures.items()} == {
        "bac": 0.0,
        "nam": 1.0,
        "doi": 2.0,
        "bien": 1.0,
        "rung": 0.0,
    }
    assert out == []
    found = all_benchmarks(panel, "presence_accounts", "63", WINDOW)
    assert found["platform"][0].empty
    others = found["pilot"][0].set_index("unit").loc["doi"]
    assert (others["rank_from"], others["rank_to"], others["average"]) == (1, 1, 0.75)


def test_platforms_are_compared_one_by_one() -> None:
    frame, notes = benchmarks(small(), KEY, "63", WINDOW, "platform")
    assert frame[["unit", "group", "value"]].to_numpy().tolist() == [
        ["nam", "bluesky", 30.0],
        ["doi", "bluesky", 10.0],
        ["doi", "mastodon", 50.0],
    ]
    assert any(note.startswith("1 tài khoản không tham gia") for note in notes)


def test_followers_growth_is_averaged_over_summed_followers() -> None:
    """nam gains 12 a day on 12,000 (3 % in 30 days), doi 6 on 600 (30 %): together 540 / 12,600."""
    panel = place_panel(
        PAGES[:2],
        {"nam-a": steady(12_000, 12, MONDAY, UNTIL), "doi-a": steady(600, 6, MONDAY, UNTIL)},
        until=UNTIL,
    )
    frame, _ = benchmarks(panel, "followers_percent_30_days", "63", WINDOW, "size")
    assert frame.set_index("unit")["value"].to_dict() == pytest.approx({"nam": 3.0, "doi": 30.0})
    figures, _ = unit_figures(panel, "followers_percent_30_days", "63", WINDOW)
    both = standings(figures, dict.fromkeys(figures, "x"))
    assert both["average"].iloc[0] == pytest.approx(100 * 540 / 12_600)
    assert isinstance(both, pd.DataFrame)


def test_unknown_peers_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected one of pilot, region, size, platform"):
        benchmarks(small(), KEY, "63", WINDOW, "friends")
