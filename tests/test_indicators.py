"""Indicators over a small panel worked by hand, the dictionary, and a locality's comparison."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tracker.effects import (
    DUPLICATES_VI,
    INSUFFICIENT,
    NOT_COMPARED,
    OBSERVED,
    LocalityChanges,
    locality_changes,
    locality_levels,
)
from tracker.indicators import INDICATORS, dictionary, parts_vi, value_over
from tracker.panel import Panel, load_panel
from tracker.periods import Window, day_number, scheduled_at
from tracker.platforms import NOT_ALLOWED_VI
from tracker.store import Store

FIRST = date(2024, 9, 2)
TEN_DAYS = Window(FIRST, FIRST + timedelta(days=10))
START = date(2022, 2, 21)
TET = (date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22))


def history(
    store: Store, account: str, first: date, counts: list[float], lane: str = "declared"
) -> None:
    """File daily follower counts as an import."""
    rows = []
    for number, count in enumerate(counts):
        day = first + timedelta(days=number)
        at = int(scheduled_at(day).timestamp())
        rows.append(
            (account, day_number(day), at, lane, "followers", int(count), None, None, "sheet")
        )
    store.import_account_numbers(rows)


def posts(store: Store, account: str, first: date, every: int, count: int, taps: int) -> None:
    """File posts every few days, looked at when exactly one and seven days old."""
    rows = []
    for number in range(count):
        published = datetime.combine(first, datetime.min.time(), UTC) + timedelta(
            days=every * number
        )
        for age, share in ((1, 0.5), (7, 1.0)):
            seen = int((published + timedelta(days=age)).timestamp())
            for metric, value in (("reactions", taps * share), ("comments", 0), ("shares", 0)):
                if metric == "shares" and account.endswith("youtube"):
                    continue
                at = int(published.timestamp())
                rows.append(
                    (
                        account,
                        f"p{number}",
                        at,
                        seen,
                        "declared",
                        metric,
                        int(value),
                        None,
                        None,
                        None,
                    )
                )
    store.import_post_numbers(rows)


@pytest.fixture
def small(store: Store) -> Panel:
    """Three accounts, ten days: Bluesky grows by 2 a day, Mastodon stands, YouTube was never
    read."""
    history(store, "danang-bluesky", FIRST, [100 + 2 * day for day in range(11)])
    history(store, "danang-mastodon", FIRST, [50] * 11)
    posts(store, "danang-bluesky", FIRST, 1, 5, 10)
    return load_panel(store, until=FIRST + timedelta(days=16))


def test_growth_per_day_is_change_over_days(small: Panel) -> None:
    """100 at the start, 120 ten days later: 2 a day, 100 x 30 x 2 / 100 = 60 % per 30 days."""
    growth = value_over(small, INDICATORS["followers_per_day"], "danang-bluesky", TEN_DAYS)
    assert growth.value == pytest.approx(2.0)
    assert (growth.unit, growth.lane, growth.readings) == ("người/ngày", "declared", 11)
    assert (growth.first_day, growth.last_day) == (FIRST, FIRST + timedelta(days=10))
    relative = value_over(
        small, INDICATORS["followers_percent_30_days"], "danang-bluesky", TEN_DAYS
    )
    assert relative.value == pytest.approx(60.0)


def test_an_account_that_stands_grows_by_zero_and_one_never_read_by_nothing(small: Panel) -> None:
    item = INDICATORS["followers_per_day"]
    assert value_over(small, item, "danang-mastodon", TEN_DAYS).value == 0.0
    unread = value_over(small, item, "danang-youtube", TEN_DAYS)
    assert unread.value is None
    assert unread.reason


def test_posts_per_week_counts_covered_days_only(small: Panel) -> None:
    """Five posts on 2 to 6 September, the last looked at on 13 September: 5 posts in 10 days are
    3.5 a week."""
    found = value_over(small, INDICATORS["posts_per_week"], "danang-bluesky", TEN_DAYS)
    assert found.value == pytest.approx(3.5)
    assert found.n == 5
    never = value_over(small, INDICATORS["posts_per_week"], "danang-mastodon", TEN_DAYS)
    assert never.value is None
    assert never.reason


def test_interactions_are_compared_at_day_seven(small: Panel) -> None:
    """Five posts with 10 interactions at 168 hours each; followers at publication 100, 102, 104,
    106, 108.

    Ratio of sums 100 x 50 / 520 = 9.615 %; mean over posts of 1000/100, 1000/102 … = 9.623 %.
    """
    window = TEN_DAYS
    item = INDICATORS["interactions_per_post"]
    assert value_over(small, item, "danang-bluesky", window).value == pytest.approx(10.0)
    rate = value_over(small, INDICATORS["engagement_rate"], "danang-bluesky", window)
    assert rate.value == pytest.approx(100 * 50 / 520)
    mean = value_over(small, INDICATORS["engagement_rate_post_mean"], "danang-bluesky", window)
    assert mean.value == pytest.approx(
        np.mean([1000 / followers for followers in range(100, 110, 2)])
    )


def test_posts_younger_than_eight_days_have_no_known_interactions(small: Panel) -> None:
    early = replace(small, until=FIRST + timedelta(days=10))
    frame = early.posts("danang-bluesky", early.posts_lanes("danang-bluesky")[0][1])
    assert frame["posts"].sum() == 5
    assert frame["posts_day7"].sum() == 2


def test_missing_components_are_named() -> None:
    assert parts_vi("youtube") == "cảm xúc/lượt thích + bình luận; không công bố: chia sẻ"
    assert "không công bố" not in parts_vi("bluesky")


def test_the_data_dictionary_is_generated_from_the_registry() -> None:
    """Write `tracker.indicators.dictionary()` to data/README.md after a change of the registry."""
    written = Path(__file__).parent.parent / "data" / "README.md"
    assert written.read_text(encoding="utf-8") == dictionary()
    for key, item in INDICATORS.items():
        assert key == item.key
        assert f"## {key}" in dictionary()


def steady(per_day_before: float, per_day_after: float) -> list[float]:
    rng = np.random.default_rng(4)
    rates = np.where(np.arange(742) < 378, per_day_before, per_day_after)
    return (10_000 + np.concatenate([[0], np.cumsum(rng.poisson(rates))])).tolist()


@pytest.fixture
def programme(store: Store) -> LocalityChanges:
    """Bluesky doubles its growth and its taps, Mastodon began too late, YouTube is held under
    key_30d."""
    history(store, "danang-bluesky", date(2021, 2, 22), steady(10, 20))
    history(store, "danang-mastodon", date(2022, 1, 10), [500.0 + day for day in range(420)])
    history(store, "danang-youtube", date(2022, 12, 1), [12_300.0] * 100, lane="public")
    posts(store, "danang-bluesky", date(2021, 2, 22), 3, 126, 20)
    panel = load_panel(store, until=date(2023, 4, 1))
    return locality_changes(panel, "da-nang", START, date(2023, 4, 1), TET)


def test_a_locality_shows_each_account_before_and_after(programme: LocalityChanges) -> None:
    bluesky, mastodon, youtube = programme.accounts
    assert [row.key for row in bluesky.indicators][:3] == [
        "followers_per_day",
        "followers_percent_30_days",
        "posts_per_week",
    ]
    growth = bluesky.indicators[0]
    assert growth.change is not None
    assert growth.before is not None
    assert growth.change.label == OBSERVED
    assert growth.change.difference == pytest.approx(10, abs=1)
    assert growth.before.value == growth.change.before
    assert growth.after.value == growth.change.after
    assert growth.after.low is not None
    assert growth.after.low < growth.after.value < (growth.after.high or 0)
    assert bluesky.observed
    assert bluesky.followers_before.value == steady(10, 20)[364]
    assert bluesky.followers_after.value == steady(10, 20)[742]
    assert bluesky.followers_last.value == steady(10, 20)[742]
    assert bluesky.readings == 743
    assert not mastodon.observed
    assert "3 tuần hợp lệ trước" in (mastodon.reason or "")
    assert mastodon.followers_after.value is not None
    assert youtube.reason == NOT_ALLOWED_VI


def test_what_the_terms_forbid_says_so_and_shows_no_old_level(programme: LocalityChanges) -> None:
    youtube = programme.accounts[2]
    for row in youtube.indicators[:2]:
        assert row.after.value is None
        assert row.change is not None
        assert row.change.reason == NOT_ALLOWED_VI
    assert youtube.followers_before.value is None
    assert youtube.followers_last.value == 12_300
    assert youtube.followers_last.step == 100


def test_totals_rest_on_accounts_observed_in_both_windows(programme: LocalityChanges) -> None:
    total = programme.total
    assert (total.observed, total.registered) == (1, 3)
    assert total.accounts == ("danang-bluesky",)
    assert total.others == ("danang-mastodon", "danang-youtube")
    change = total.indicators[0].change
    assert change is not None
    assert change.difference == programme.accounts[0].indicators[0].change.difference  # type: ignore[union-attr]
    assert [row.platform for row in programme.platforms] == ["bluesky", "mastodon", "youtube"]
    assert programme.platforms[2].reason == NOT_ALLOWED_VI
    assert programme.windows is not None


def test_followers_added_up_are_marked_as_counted_twice(store: Store) -> None:
    for account in ("danang-bluesky", "danang-mastodon"):
        history(store, account, date(2021, 2, 22), steady(10, 12))
    panel = load_panel(store)
    found = locality_changes(panel, "da-nang", START, panel.until, TET)
    one, two = (row.indicators[0] for row in found.accounts[:2])
    total = found.total.indicators[0]
    assert found.total.observed == 2
    assert found.total.label_vi == DUPLICATES_VI
    assert one.after.value is not None
    assert two.after.value is not None
    assert total.after.value == pytest.approx(one.after.value + two.after.value)
    assert total.after.accounts == 2
    assert found.total.followers_after.value == 2 * steady(10, 12)[742]


def test_two_lanes_give_both_levels_and_no_change(store: Store) -> None:
    """Declared before, public after, no common days: no difference is formed."""
    values = steady(10, 10)
    history(store, "danang-bluesky", date(2021, 2, 22), values[:370], lane="declared")
    history(store, "danang-bluesky", date(2022, 3, 1), values[372:], lane="public")
    panel = load_panel(store)
    row = locality_changes(panel, "da-nang", START, panel.until, TET).accounts[0]
    change = row.indicators[0].change
    assert change is not None
    assert change.label == NOT_COMPARED
    assert change.reason == "hai nguồn khác nhau, không tính chênh lệch"
    assert row.indicators[0].before is not None
    assert row.indicators[0].before.lane == "declared"
    assert row.indicators[0].after.lane == "public"
    assert change.before is not None
    assert change.after is not None


def test_two_lanes_that_agree_on_14_common_days_are_bridged(store: Store) -> None:
    values = steady(10, 20)
    history(store, "danang-bluesky", date(2021, 2, 22), values[:390], lane="declared")
    history(store, "danang-bluesky", date(2022, 2, 26), values[369:], lane="public")
    panel = load_panel(store)
    row = locality_changes(panel, "da-nang", START, panel.until, TET).accounts[0]
    change = row.indicators[0].change
    assert change is not None
    assert change.known
    assert row.lane == "declared+public"
    assert any("21 ngày chung khớp nhau" in note for note in row.notes)


def test_two_lanes_that_disagree_once_are_not_bridged(store: Store) -> None:
    values = steady(10, 20)
    history(store, "danang-bluesky", date(2021, 2, 22), values[:390], lane="declared")
    other = values[369:]
    other[5] += 1
    history(store, "danang-bluesky", date(2022, 2, 26), other, lane="public")
    panel = load_panel(store)
    row = locality_changes(panel, "da-nang", START, panel.until, TET).accounts[0]
    assert row.indicators[0].change is not None
    assert row.indicators[0].change.label == NOT_COMPARED


def test_the_first_lane_that_covers_both_windows_is_taken(store: Store) -> None:
    values = steady(10, 20)
    history(store, "danang-bluesky", date(2021, 2, 22), values, lane="declared")
    history(store, "danang-bluesky", date(2021, 2, 22), values, lane="owner")
    panel = load_panel(store)
    assert locality_changes(panel, "da-nang", START, panel.until, TET).accounts[0].lane == "owner"


def test_a_programme_older_than_the_data_has_no_before(store: Store) -> None:
    history(store, "danang-bluesky", date(2022, 3, 1), steady(10, 10)[:400])
    panel = load_panel(store)
    found = locality_changes(panel, "da-nang", START, panel.until, TET)
    change = found.accounts[0].indicators[0].change
    assert change is not None
    assert change.label == INSUFFICIENT
    assert "0 tuần hợp lệ trước" in (change.reason or "")
    assert any("trước khi có số liệu" in warning for warning in found.warnings)


def test_a_locality_without_accounts_says_so(store: Store) -> None:
    panel = load_panel(store)
    found = locality_changes(panel, "nowhere", START, date(2023, 4, 1), TET)
    assert found.accounts == ()
    assert found.total.reason == "chưa có tài khoản nào trong danh bạ"
    levels = locality_levels(panel, "nowhere", TEN_DAYS, TET)
    assert levels.total.registered == 0


def test_levels_of_a_window_need_no_programme(small: Panel) -> None:
    found = locality_levels(small, "da-nang", TEN_DAYS)
    growth = found.accounts[0].indicators[0]
    assert growth.before is None
    assert growth.change is None
    assert growth.after.value == pytest.approx(2.0)
    assert found.accounts[0].followers_before.value == 100
    assert found.accounts[0].followers_after.value == 120


def test_rounded_followers_carry_the_step_as_their_interval(store: Store) -> None:
    store.put_rows(
        "account", [{"id": "danang-youtube", "platform": "youtube", "basis": "owner_consent"}]
    )
    shown = [value // 100 * 100 for value in steady(10, 20)]
    history(store, "danang-youtube", date(2021, 2, 22), shown, lane="public")
    panel = load_panel(store)
    row = locality_changes(panel, "da-nang", START, panel.until, TET).accounts[2]
    change = row.indicators[0].change
    assert row.steps == (100, 100)
    assert change is not None
    assert change.p is None
    assert change.high is not None
    assert change.low is not None
    assert change.high - change.low == pytest.approx(4 * 100 / 364)
    assert row.indicators[0].after.step == 100
    assert (row.followers_after.low, row.followers_after.high) == (
        row.followers_after.value,
        (row.followers_after.value or 0) + 99,
    )


def test_wide_readings_are_what_a_notebook_needs(small: Panel) -> None:
    wide = small.readings("followers", "declared")
    assert isinstance(wide.index, pd.DatetimeIndex)
    assert wide.loc["2024-09-04", "danang-bluesky"] == 104.0
