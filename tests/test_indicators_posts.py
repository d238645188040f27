"""Indicators of single posts at equal age: engagement, views, performance, best and worst.

The panel is that of `test_indicators_window`: ten days of three accounts from Monday 2 September
2024. Bluesky's I7: a1 10, a2 20, a3 (a reply) 0, a4 30, a5 11; I28: 12, 26, 0, 33, a5 unknown.
Facebook, lane owner: I7 5, 8, 12, 3; views 100, 400, 310, unknown; reach 80, 200, unknown, 50.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from panel_sample import (
    MONDAY,
    TEN_DAYS,
    TEN_DAYS_POSTS,
    Told,
    looks_frame,
    taps,
    ten_days,
)

from tracker.indicators import (
    INDICATORS,
    LOOK_COLUMNS,
    Looks,
    Value,
    combined,
    parts_vi,
    value_of,
    value_over,
)
from tracker.indicators.needs import NO_REACH_VI, NO_VIEWS_VI
from tracker.indicators.performance import (
    NO_BASELINE_VI,
    ZERO_VI,
    baselines,
    middle_half,
    performance,
    post_performance,
)
from tracker.indicators.post_numbers import PostNumbers, median, trimmed_mean
from tracker.indicators.ranking import best_and_worst_posts, best_and_worst_weeks
from tracker.indicators.samples import plan_for
from tracker.panel import Panel, load_panel, observations
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI
from tracker.store import Store

BLUESKY, FACEBOOK, YOUTUBE = "quangninh-bluesky", "quangninh-facebook", "danang-youtube"


def over(panel: Panel, key: str, account: str = FACEBOOK, window: Window = TEN_DAYS) -> Value:
    return value_over(panel, INDICATORS[key], account, window)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return ten_days()


# equal age


def test_a_number_between_two_looks_is_linear_and_a_sharp_one_stands_alone(panel: Panel) -> None:
    """a5: 9 after five days and 13 after nine: 9 + (7 - 5) / (9 - 5) x 4 = 11 after seven; after 28
    nobody looked."""
    looks = Looks(looks_frame(TEN_DAYS_POSTS))
    week = looks.at_age(BLUESKY, "public", 7, "bluesky").set_index("post")["interactions"]
    assert week.to_dict() == {"a1": 10, "a2": 20, "a3": 0, "a4": 30, "a5": 11}
    month = looks.at_age(BLUESKY, "public", 28, "bluesky").set_index("post")["interactions"]
    assert month.drop("a5").tolist() == [12, 26, 0, 33]
    assert np.isnan(month["a5"])
    assert looks.at_age(BLUESKY, "owner", 7, "bluesky")["interactions"].isna().all()


def test_a_component_that_is_published_but_unknown_leaves_the_post_out() -> None:
    """Facebook says nothing of shares where there are none: that is unknown, not 0; Instagram tells
    nobody but the owner of shares, so that the public number goes without."""
    row = dict.fromkeys(LOOK_COLUMNS, np.nan) | {"account": "a", "post": "p", "published_at": 0}
    seen = row | {"lane": "public", "seen_at": 7 * 86_400.0, "reactions": 4.0, "comments": 1.0}
    looks = Looks(pd.DataFrame([seen]))
    assert looks.at_age("a", "public", 7, "instagram")["interactions"].tolist() == [5.0]
    assert looks.at_age("a", "public", 7, "x")["interactions"].isna().all()
    # Facebook tells shares of some posts only: they count for none, or those would stand out
    assert looks.at_age("a", "public", 7, "facebook")["interactions"].tolist() == [5.0]


def test_the_components_of_a_lane_are_named() -> None:
    """Instagram tells shares to the owner alone."""
    assert parts_vi("instagram", "public").endswith("không công bố: chia sẻ")
    assert "không công bố" not in parts_vi("instagram", "owner")


def test_looks_without_a_column_are_refused() -> None:
    with pytest.raises(ValueError, match="reach"):
        Looks(pd.DataFrame(columns=[name for name in LOOK_COLUMNS if name != "reach"]))


def test_interactions_at_day_28_leave_out_what_is_not_known(panel: Panel) -> None:
    """(12 + 26 + 0 + 33) / 4 = 17.75; a5 was not seen at 28 days."""
    found = over(panel, "interactions_per_post_day28", BLUESKY)
    assert (found.value, found.n, found.lane) == (pytest.approx(17.75), 4, "public")
    facebook = over(panel, "interactions_per_post_day28")
    assert facebook.value is None
    assert "ngày thứ 28" in (facebook.reason or "")


def test_day_seven_from_looks_is_day_seven_from_the_daily_table(panel: Panel) -> None:
    """Bluesky: (10 + 20 + 0 + 30 + 11) / 5 = 14.2, both ways."""
    assert over(panel, "interactions_per_post", BLUESKY).value == pytest.approx(14.2)
    covered = dict(panel.posts_lanes(BLUESKY))["public"]
    looks = Looks(looks_frame(TEN_DAYS_POSTS)).at_age(BLUESKY, "public", 7, "bluesky")
    assert looks["interactions"].mean() == pytest.approx(14.2)
    assert covered.start == date(2024, 7, 1)


def test_mature_posts_count_with_their_last_look() -> None:
    """Published on 2 and 3 July: looks after 89, 90 and 100 days; the last one counts, a post last
    seen after 89 days is not mature. (50 + 7) / 2 = 28.5."""
    none = {"comments": 0.0, "shares": 0.0}
    first = (date(2024, 7, 2) - MONDAY).days

    def post(name: str, day: int, *looks: tuple[float, float]) -> Told:
        seen = tuple(("public", age, {"reactions": count, **none}) for age, count in looks)
        return Told(BLUESKY, name, day, looks=seen)

    posts = [
        post("m1", first, (89, 40), (90, 44), (100, 50)),
        post("m2", first + 1, (90, 7)),
        post("m3", first + 1, (89, 1000)),
    ]
    window = Window(date(2024, 7, 2), date(2024, 7, 12))
    found = over(ten_days(posts), "interactions_per_mature_post", BLUESKY, window)
    assert (found.value, found.n) == (pytest.approx(28.5), 2)


def test_engagement_by_views_divides_sums_over_posts_with_both(panel: Panel) -> None:
    """100 x (5 + 8 + 12) / (100 + 400 + 310) = 3.086 %; b4 has no views. The mean of the rates
    would be 3.62."""
    found = over(panel, "engagement_rate_by_views")
    assert (found.value, found.n, found.lane) == (pytest.approx(2500 / 810), 3, "owner")
    assert over(panel, "engagement_rate_by_views", BLUESKY).reason == NO_VIEWS_VI


def test_engagement_by_reach_is_the_owners_alone(panel: Panel) -> None:
    """100 x (5 + 8 + 3) / (80 + 200 + 50) = 4.848 %; b3 has no reach and is not guessed from its
    views. The same numbers in the lane public give nothing."""
    found = over(panel, "engagement_rate_by_reach")
    assert (found.value, found.n, found.lane) == (pytest.approx(1600 / 330), 3, "owner")
    assert over(panel, "engagement_rate_by_reach", BLUESKY).reason == NO_REACH_VI
    frame = looks_frame(TEN_DAYS_POSTS).assign(lane="public")
    covered = panel.posts_covered.assign(lane="public")
    public = replace(panel, looks=Looks(frame), posts_covered=covered)  # type: ignore[call-arg]  # a panel with looks
    refused = over(public, "engagement_rate_by_reach")
    assert (refused.value, refused.reason) == (None, NO_REACH_VI)
    item = INDICATORS["engagement_rate_by_reach"]
    assert item.make(public, FACEBOOK, "public", TEN_DAYS) is None


# views


def test_views_are_reported_by_median_and_trimmed_mean(panel: Panel) -> None:
    """100, 400, 310: median 310; of three posts a tenth is none, so the trimmed mean is 270."""
    assert over(panel, "views_per_post_median").value == 310.0
    trimmed = over(panel, "views_per_post_trimmed")
    assert (trimmed.value, trimmed.n) == (pytest.approx(270.0), 3)
    assert over(panel, "views_per_post").value == pytest.approx(270.0)
    late = over(panel, "views_per_post_median_day28")
    assert (late.value, late.low) == (None, None)
    assert over(panel, "views_per_post_median", YOUTUBE).reason == NOT_ALLOWED_VI


def test_a_tenth_is_left_out_at_each_end() -> None:
    """Of 1 to 9 and 1,000 the ends go: (2 + … + 9) / 8 = 5.5; the median is 5.5 as well."""
    numbers = np.array([1000.0, *range(1, 10)])
    level, influence = trimmed_mean(numbers)
    assert level == pytest.approx(5.5)
    assert influence.sum() == pytest.approx(0.0)
    assert np.abs(influence).max() < 10
    assert median(numbers)[0] == 5.5


def test_several_accounts_are_pooled_post_by_post_never_averaged(panel: Panel) -> None:
    """1, 2, 3 and 100, 200: the median of all five is 3; the mean of the medians would be 76."""
    days = np.arange(3.0) + day_number(MONDAY)
    one = PostNumbers(days, np.array([1.0, 2.0, 3.0]), (TEN_DAYS,), "median")
    two = PostNumbers(days[:2], np.array([100.0, 200.0]), (TEN_DAYS,), "median")
    both = combined(INDICATORS["views_per_post_median"], [one, two])
    assert both.sample(TEN_DAYS, plan_for(both, (TEN_DAYS, TEN_DAYS), ())).level == 3.0


@pytest.mark.parametrize("statistic", ["median", "trimmed"])
def test_intervals_of_views_cover_what_they_should(statistic: str) -> None:
    """26 weeks of five posts each, lognormal, posts of a week alike: of 300 seeded draws at least
    90 % of the intervals hold the true level."""
    rng = np.random.default_rng(8)
    window = Window(MONDAY, MONDAY + timedelta(days=182))
    days = np.repeat(np.arange(26) * 7.0, 5) + np.tile(np.arange(5.0), 26) + day_number(MONDAY)
    truth = {"median": 1.0, "trimmed": 0.0}
    many = np.exp(rng.normal(0, np.hypot(0.3, 1.0), 400_000))
    truth["trimmed"] = trimmed_mean(many)[0]
    held = 0
    for _ in range(300):
        week = np.repeat(rng.normal(0, 0.3, 26), 5)
        numbers = np.exp(week + rng.normal(0, 1.0, 130))
        source = PostNumbers(days, numbers, (window,), statistic)  # type: ignore[arg-type]  # parametrised
        sample = source.sample(window, plan_for(source, (window, window), (), keep_tet=True))
        item = INDICATORS[f"views_per_post_{statistic}"]
        value = value_of(sample, item, "public")
        assert value.low is not None
        assert value.high is not None
        held += value.low <= truth[statistic] <= value.high
    assert held >= 270


# performance


def earlier(counts: list[float], kind: str = "post") -> list[Told]:
    """File one post a day before the Monday, the last count on the day before it."""
    days = range(-len(counts), 0)
    return [
        Told(BLUESKY, f"e{kind}{day}", day, kind, looks=taps(count))
        for day, count in zip(days, counts, strict=True)
    ]


def test_the_middle_half_leaves_a_quarter_out_at_each_end() -> None:
    """1 to 12 without 1, 2, 3 and 10, 11, 12: (4 + … + 9) / 6 = 6.5."""
    assert middle_half(np.arange(1.0, 13.0)) == pytest.approx(6.5)
    assert np.isnan(middle_half(np.zeros(0)))


def test_a_window_is_held_against_the_posts_before_it() -> None:
    """Twelve earlier posts with 1 to 12 interactions: baseline 6.5. In the window a1 10, a2 20, a4
    30, a5 11: 71 / (4 x 6.5) = 2.731; the reply a3 has no earlier replies and is left out."""
    panel = ten_days([*earlier([float(n) for n in range(1, 13)]), *TEN_DAYS_POSTS])
    found = performance(panel, BLUESKY, TEN_DAYS)
    assert (found.value, found.n) == (pytest.approx(71 / 26), 4)
    assert found.notes == (f"1 bài để ngoài: {NO_BASELINE_VI}",)
    assert found.unit == "lần"


def test_a_post_is_held_against_the_last_posts_of_its_kind_before_it() -> None:
    """The last 100 only: 50 posts of 1,000 interactions and then 100 of 8 give a baseline of 8 to
    a1, 10 / 8 = 1.25; a2 has a1 among them, which the middle half leaves out: 20 / 8 = 2.5."""
    posts = [*earlier([1000.0] * 50 + [8.0] * 100), *TEN_DAYS_POSTS]
    aged = Looks(looks_frame(posts)).at_age(BLUESKY, "public", 7, "bluesky")
    base, behind = baselines(aged)
    at = aged.index[aged["post"] == "a1"][0]
    assert (base[at], behind[at]) == (8.0, 100)
    frame = post_performance(ten_days(posts[100:]), BLUESKY, TEN_DAYS).frame.set_index("post")
    assert frame.loc[["a1", "a2"], "ratio"].tolist() == [1.25, 2.5]
    assert np.isnan(frame.at["a3", "baseline"])
    assert frame.at["a1", "published_on"] == MONDAY


def test_too_few_or_silent_earlier_posts_are_no_baseline(panel: Panel) -> None:
    assert performance(panel, BLUESKY, TEN_DAYS).reason == NO_BASELINE_VI
    silent = ten_days([*earlier([0.0] * 12), *TEN_DAYS_POSTS])
    found = performance(silent, BLUESKY, TEN_DAYS)
    assert (found.value, found.reason) == (None, ZERO_VI)
    assert post_performance(silent, BLUESKY, TEN_DAYS).frame["ratio"].isna().all()
    assert performance(panel, YOUTUBE, TEN_DAYS).reason == NOT_ALLOWED_VI


def test_an_unknown_count_is_no_part_of_a_baseline() -> None:
    """Ten known posts of 4 and five nobody looked at: the baseline rests on ten and is 4."""
    posts = [*earlier([4.0] * 15), *TEN_DAYS_POSTS]
    posts[:5] = [replace(one, looks=()) for one in posts[:5]]
    frame = post_performance(ten_days(posts), BLUESKY, TEN_DAYS).frame.set_index("post")
    assert (frame.at["a1", "baseline"], frame.at["a1", "n"]) == (4.0, 10)


# best and worst


def test_best_and_worst_posts_never_name_a_post_twice(panel: Panel) -> None:
    """Bluesky's five known posts give two on each side: 30 and 20; 0 and 10."""
    found = best_and_worst_posts(panel, BLUESKY, TEN_DAYS)
    assert found.frame[["side", "rank", "post"]].to_numpy().tolist() == [
        ["best", 1, "a4"],
        ["best", 2, "a2"],
        ["worst", 1, "a3"],
        ["worst", 2, "a1"],
    ]
    assert found.frame["url"].iloc[0] == "https://example.org/a4"
    assert found.n == 5
    assert best_and_worst_posts(panel, YOUTUBE, TEN_DAYS).reason == NOT_ALLOWED_VI


def test_posts_without_a_number_are_counted_and_not_ranked() -> None:
    posts = [replace(one, looks=()) if one.post == "a4" else one for one in TEN_DAYS_POSTS]
    found = best_and_worst_posts(ten_days(posts), BLUESKY, TEN_DAYS)
    assert found.frame["post"].tolist() == ["a2", "a5", "a3", "a1"]
    assert found.notes == ("1 bài chưa có số tương tác ở ngày thứ 7, không xếp",)
    alone = best_and_worst_posts(ten_days(posts[:1]), BLUESKY, TEN_DAYS)
    assert alone.reason == "cần ít nhất hai bài có số tương tác ở ngày thứ 7 để xếp thứ tự"
    assert not len(alone.frame)


def test_equal_posts_stand_in_order_of_publication() -> None:
    posts = [Told(BLUESKY, f"p{day}", day, looks=taps(5)) for day in range(4)]
    found = best_and_worst_posts(ten_days(posts), BLUESKY, TEN_DAYS)
    assert found.frame["post"].tolist() == ["p0", "p1", "p2", "p3"]


def test_best_and_worst_weeks_are_ranked_by_interactions_per_post(panel: Panel) -> None:
    """Week of 2 September: 10 + 20 + 0 + 30 over four posts, 15; of 9 September: 11 over one. The
    week of 26 August has no post and is not ranked."""
    window = Window(date(2024, 8, 26), date(2024, 9, 16))
    found = best_and_worst_weeks(panel, BLUESKY, window)
    assert found.frame.to_numpy().tolist() == [
        ["best", 1, MONDAY, 4, 4, 60.0, 15.0],
        ["worst", 1, date(2024, 9, 9), 1, 1, 11.0, 11.0],
    ]
    assert found.n == 2
    one = best_and_worst_weeks(panel, BLUESKY, TEN_DAYS)
    assert (len(one.frame), "hai tuần" in (one.reason or "")) == (0, True)


# from a store


def test_looks_of_a_store_agree_with_what_the_store_derived(store: Store) -> None:
    """Twenty posts, read at irregular ages: interactions at day 7 from single looks sum to those of
    `daily`, post for post, unknown ones included."""
    rng = np.random.default_rng(3)
    account = "danang-bluesky"
    rows = []
    for number in range(20):
        published = datetime(2024, 9, 2, 5, tzinfo=UTC) + timedelta(days=number)
        for age in sorted(rng.uniform(0.5, 12, 3)):
            seen = int((published + timedelta(days=float(age))).timestamp())
            at = int(published.timestamp())
            for metric in ("reactions", "comments", "shares"):
                count = int(40 * age) + number
                row = (account, f"p{number}", at, seen, "declared", metric, count, None, None, None)
                rows.append(row)
    store.import_post_numbers(rows)
    panel = load_panel(store, until=date(2024, 11, 1))
    aged = Looks(looks_of(store)).at_age(account, "declared", 7, "bluesky")
    daily = panel.daily.set_index("day")
    assert len(aged) == 20
    assert 0 < aged["interactions"].notna().sum() < 20
    for day, number in zip(aged["day"], aged["interactions"], strict=True):
        assert daily.at[day, "interactions_day7"] == pytest.approx(number, nan_ok=True)


def looks_of(store: Store) -> pd.DataFrame:
    """Put the looks at posts together from the export, as the panel is to give them."""
    numbers = pd.concat(observations(store))
    numbers = numbers[numbers["entity"] == "post"].drop_duplicates(
        ["account", "post", "lane", "observed_at", "metric"]
    )
    numbers["metric"] = numbers["metric"].replace(
        {"likes": "reactions", "replies": "comments", "reposts": "shares"}
    )
    numbers = numbers.drop_duplicates(["account", "post", "lane", "observed_at", "metric"])
    keys = ["account", "post", "lane", "observed_at"]
    wide = numbers.astype({"value": float}).pivot(index=keys, columns="metric", values="value")
    wide = wide.reset_index().rename_axis(columns=None)
    wide["seen_at"] = [
        datetime.fromisoformat(str(at).replace("Z", "+00:00")).timestamp()
        for at in wide["observed_at"]
    ]
    facts = pd.DataFrame(store.rows("post")).rename(
        columns={"account_id": "account", "native_id": "post"}
    )
    wide = wide.merge(facts, on=["account", "post"])
    return wide.reindex(columns=list(LOOK_COLUMNS))
