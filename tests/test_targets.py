"""Targets: base, basis and progress; the 20 % a year of Quyết định 173/QĐ-TTg."""

from datetime import date, timedelta

import pytest
from test_maps import Page, place_panel, steady

from tracker.effects.targets import (
    MEASURE_VI,
    NOT_BEGUN_VI,
    NOT_MEASURED_VI,
    PERIOD_VI,
    basis_vi,
    presence_target,
    progress,
    targets_of,
)
from tracker.errors import ConfigError
from tracker.panel import Panel
from tracker.platforms import NOT_ALLOWED_VI
from tracker.registry import Target

PAGES = (Page("doi-a", "doi"), Page("doi-b", "doi", "mastodon"))
YEAR = date(2026, 1, 1)
JULY = date(2026, 7, 1)
UNTIL = JULY + timedelta(days=2)


def of_followers(*, late: bool = False, platform: str = "bluesky") -> Panel:
    """1,000 followers at the start of 2026, 1,150 at the start of July (181 days)."""
    pages = (Page("doi-a", "doi", platform), *PAGES[1:])
    grown = {"doi-a": steady(1000, 150 / 181, YEAR, UNTIL)}
    if late:
        grown["doi-b"] = steady(5000, 0, date(2026, 5, 1), UNTIL)
    return place_panel(pages, grown, until=UNTIL)


def test_the_target_of_decision_173_is_twenty_percent_a_year() -> None:
    """1,200 must be reached; 150 of 200 are, with 181 of 365 days gone."""
    target = presence_target("doi", 2026)
    found = progress(of_followers(), target, JULY)
    assert (found.base.value, found.actual.value) == (pytest.approx(1000.0), pytest.approx(1150.0))
    assert found.wanted == pytest.approx(1200.0)
    assert found.progress == pytest.approx(0.75)
    assert found.change_percent == pytest.approx(15.0)
    assert found.elapsed == pytest.approx(181 / 365)
    assert found.reached is False
    assert any(MEASURE_VI in note for note in found.notes)
    assert found.basis_vi == "tăng 20 % so với cùng kỳ năm trước"
    assert "173/QĐ-TTg" in str(target.source)
    assert "VnExpress" in str(target.source)


def test_the_decision_sets_no_target_outside_2026_to_2030() -> None:
    assert presence_target("doi", 2030).period == "2030"
    with pytest.raises(ConfigError, match="2026 to 2030"):
        presence_target("doi", 2025)


def test_a_page_that_opened_in_the_year_makes_no_progress() -> None:
    """Its 5,000 followers would reach any target; only pages known at both ends count (rule 5)."""
    found = progress(of_followers(late=True), presence_target("doi", 2026), JULY)
    assert found.accounts == ("doi-a",)
    assert found.progress == pytest.approx(0.75)
    assert "1 trong 2 tài khoản có số ở cả hai đầu kỳ" in found.notes


def test_a_rounded_number_reaches_a_target_only_for_sure() -> None:
    """Shown 10,000 and 12,000, steps of 100: 10,000..10,099 and 12,000..12,099; 20 % more may be
    12,119, so that nobody knows."""
    shown = steady(10_000, 2000 / 181, YEAR, UNTIL) // 100 * 100
    pages = (Page("doi-a", "doi", "youtube", "owner_consent"),)
    panel = place_panel(pages, {"doi-a": shown}, until=UNTIL)
    target = presence_target("doi", 2026)
    found = progress(panel, target, JULY)
    assert found.actual.value == 12_000
    assert found.reached is None
    assert progress(panel, Target("followers", "doi", "2026", 12_000.0), JULY).reached is True
    assert progress(panel, Target("followers", "doi", "2026", 12_100.0), JULY).reached is False


def test_what_the_terms_forbid_is_no_progress() -> None:
    pages = (Page("doi-a", "doi", "youtube"),)
    panel = place_panel(pages, {"doi-a": steady(900, 1, YEAR, UNTIL)}, until=UNTIL)
    found = progress(panel, presence_target("doi", 2026), JULY)
    assert found.progress is None
    assert found.reason in (NOT_ALLOWED_VI, "không có lần đọc nào gần ngày này")


def of_posts() -> Panel:
    """doi publishes daily in the first half of 2025 and every other day twice in that of 2026, one
    post more each Monday of 2026."""
    rows = []
    for number in range(181):
        rows.append(("doi-a", date(2025, 1, 1) + timedelta(days=number), 1, 1, 5.0, 10.0, "vi"))
        day = YEAR + timedelta(days=number)
        count = 1 + (day.weekday() == 0)
        rows.append(("doi-a", day, count, count, 5.0, 10.0, "vi"))
    return place_panel(PAGES[:1], {}, posts=rows, until=UNTIL)


def test_other_indicators_are_compared_with_the_same_days_of_the_year_before() -> None:
    """181 posts then, 181 + 26 Mondays now: 7.0 and 7 x 207 / 181 posts a week; 20 % more are 8.4.
    Of the 1.4 to go 1.0055 are done."""
    target = Target("posts_per_week", "doi", "2026", 20.0, "so với cùng kỳ")
    found = progress(of_posts(), target, JULY)
    assert found.base.value == pytest.approx(7.0)
    assert found.actual.value == pytest.approx(7 * 207 / 181)
    assert found.wanted == pytest.approx(8.4)
    assert found.progress == pytest.approx((7 * 207 / 181 - 7) / 1.4)
    assert found.windows is not None
    assert [one.start for one in found.windows] == [date(2025, 1, 1), YEAR]


def test_a_planned_number_is_reached_from_its_base() -> None:
    """`kế hoạch`: 10 posts a week, from 7 a year before: 1.0055 of 3."""
    target = Target("posts_per_week", "doi", "2026", 10.0, "theo kế hoạch năm")
    found = progress(of_posts(), target, JULY)
    assert found.wanted == 10.0
    assert found.progress == pytest.approx((7 * 207 / 181 - 7) / 3)
    assert found.reached is False
    assert found.basis_vi == "theo kế hoạch năm"


def test_the_period_just_before_is_another_base() -> None:
    target = Target("posts_per_week", "doi", "2026-04..2026-06", 10.0, "% so với kỳ trước")
    found = progress(of_posts(), target, JULY)
    assert found.windows is not None
    assert found.windows[0].start == YEAR
    assert found.basis_vi == "tăng 10 % so với kỳ liền trước"
    assert found.elapsed == 1.0


def test_what_cannot_be_measured_says_why() -> None:
    panel = of_posts()
    for target, reason in (
        (Target("visitors_total", "doi", "2026", 9e6), NOT_MEASURED_VI),
        (Target("followers", "doi", "quý II", 9.0), PERIOD_VI),
        (Target("followers", "doi", "2027", 9.0), NOT_BEGUN_VI),
    ):
        found = progress(panel, target, JULY)
        assert (found.reason, found.progress, found.reached) == (reason, None, None)
    assert progress(panel, Target("followers", "rung", "2026", 9.0), JULY).reason is not None


def test_an_agency_may_have_a_target_too() -> None:
    found = progress(of_followers(), Target("followers", "ubnd-doi", "2026", 1150.0), JULY)
    assert found.actual.value == pytest.approx(1150.0)
    assert found.progress == pytest.approx(1.0)


def test_the_register_holds_targets() -> None:
    rows: list[dict[str, object]] = [
        {"indicator": "posts_per_week", "unit": "doi", "period": "2026", "value": 10.0},
        {
            "indicator": "followers",
            "unit": "bien",
            "period": "2026",
            "value": 20,
            "basis": "cùng kỳ",
        },
    ]
    panel = place_panel(targets=rows)
    assert [one.unit for one in targets_of(panel)] == ["bien", "doi"]
    (mine,) = targets_of(panel, "bien")
    assert basis_vi(mine) == "tăng 20 % so với cùng kỳ năm trước"
