"""Frames for `effect`: numbers worked by hand, and each rule that keeps an account, a period or a
unit out."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from panel_sample import sample_panel
from test_maps import Page, place_panel, shipped_localities, steady

from jobs.sandbox import country
from jobs.sandbox.planted import TRUTH
from jobs.sandbox.world import COUNTS, DAY_SECONDS, World, midnight
from tracker.effects.frame_choice import NOT_THROUGH_VI
from tracker.effects.frame_grid import grid_of
from tracker.effects.frame_growth import FLAT_VI, ROUNDED_VI, period_flows
from tracker.effects.frames import FrameFacts, unit_frame
from tracker.errors import ConfigError
from tracker.flows import intervals, share_out
from tracker.indicators import INDICATORS, LOOK_COLUMNS, sources, with_looks
from tracker.indicators.events import Events
from tracker.indicators.measuring import NOTHING_VI
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI, OPEN

MONDAY = date(2024, 1, 1)
FOUR_WEEKS = Window(MONDAY, date(2024, 1, 29))
UNTIL = date(2024, 1, 30)
BOTH = (Page("doi-a", "doi"), Page("doi-b", "doi", "mastodon"))
GROWTH = "followers_percent_30_days"


def day(number: int) -> date:
    """Give a day of January 2024 by its distance from Monday the first."""
    return MONDAY + timedelta(days=number)


def growth(
    followers: Mapping[str, pd.Series], pages: tuple[Page, ...] = BOTH, **more: object
) -> tuple[pd.DataFrame, FrameFacts]:
    """Make the frame of follower growth over the four weeks."""
    given = {name: more.pop(name) for name in ("cadence", "tet_days", "window") if name in more}
    panel = place_panel(pages, followers, **{"until": UNTIL, **more})
    frame, _, facts = unit_frame(panel, GROWTH, **{"window": FOUR_WEEKS, **given})
    return frame, facts


def test_growth_is_the_difference_of_logarithms_of_summed_followers() -> None:
    """a: 1,000 growing by 10 a day, b: 500 by 20. First week: ln(1,710 / 1,500); the fourth ends
    with 1,280 + 1,060 and began with 1,210 + 920: ln(2,340 / 2,130)."""
    frame, facts = growth(
        {"doi-a": steady(1000, 10, MONDAY, UNTIL), "doi-b": steady(500, 20, MONDAY, UNTIL)}
    )
    assert frame.index.tolist() == [pd.Timestamp(day(7 * week)) for week in range(4)]
    assert frame.columns.tolist() == ["doi"]
    assert frame["doi"].iloc[0] == pytest.approx(math.log(1710 / 1500))
    assert frame["doi"].iloc[3] == pytest.approx(math.log(2340 / 2130))
    assert facts.accounts == {"doi": (("doi-a", "public"), ("doi-b", "public"))}
    assert facts.log is False
    assert any("có trùng" in note for note in facts.notes)
    assert set(facts.without) == {"bac", "nam", "bien", "rung"}


def test_a_month_is_four_weeks() -> None:
    """1,000 to 1,280 in 28 days."""
    frame, _ = growth({"doi-a": steady(1000, 10, MONDAY, UNTIL)}, BOTH[:1], cadence="M")
    assert frame["doi"].tolist() == [pytest.approx(math.log(1.28))]


def test_a_purge_does_not_move_the_frame() -> None:
    """On the tenth day 400 of 1,070 vanish: the week counts its other six days, 7 x 60 / 6 = 70 of
    1,070."""
    series = steady(1000, 10, MONDAY - timedelta(days=60), UNTIL)
    series[series.index > pd.Timestamp(day(9))] -= 400
    frame, _ = growth({"doi-a": series}, BOTH[:1])
    before = 1000 + 10 * 60
    assert frame["doi"].iloc[1] == pytest.approx(math.log(1 + 70 / (before + 70)))


def test_a_week_with_a_long_gap_is_missing_and_not_interpolated() -> None:
    series = steady(1000, 10, MONDAY, UNTIL)
    gone = (series.index > pd.Timestamp(day(5))) & (series.index < pd.Timestamp(day(11)))
    frame, _ = growth({"doi-a": series[~gone]}, BOTH[:1])
    assert frame["doi"].notna().tolist() == [True, False, True, True]


def test_growth_needs_accounts_with_60_percent_of_the_followers() -> None:
    """b misses a week: with a third of the followers the unit goes on with a alone, with more
    than four fifths it does not."""
    gap = steady(500, 5, MONDAY, UNTIL)
    gap = gap[(gap.index <= pd.Timestamp(day(5))) | (gap.index >= pd.Timestamp(day(11)))]
    small, _ = growth({"doi-a": steady(1000, 10, MONDAY, UNTIL), "doi-b": gap})
    assert small["doi"].iloc[1] == pytest.approx(math.log(1140 / 1070))
    large, _ = growth({"doi-a": steady(1000, 10, MONDAY, UNTIL), "doi-b": gap + 4500})
    assert large["doi"].notna().tolist() == [True, False, True, True]


def test_an_account_that_opens_in_the_middle_is_left_out_and_named() -> None:
    late = steady(500, 20, day(14), UNTIL)
    frame, facts = growth({"doi-a": steady(1000, 10, MONDAY, UNTIL), "doi-b": late})
    assert frame["doi"].iloc[3] == pytest.approx(math.log(1280 / 1210))
    (out,) = facts.left_out
    assert (out.account_id, out.unit, out.reason) == ("doi-b", "doi", NOT_THROUGH_VI)
    assert facts.notes[0].startswith("dùng 1 trong 2 tài khoản")


def test_an_account_must_run_through_on_both_sides_of_every_start_that_concerns_it() -> None:
    """Ten weeks, an adopter in the sixth: what bien did in the last seven weeks is 70 % of the
    frame, but 40 % of the weeks before that start."""
    window = Window(MONDAY, day(70))
    pages = (Page("doi-a", "doi"), Page("bien-a", "bien"), Page("rung-a", "rung"))
    panel = place_panel(
        pages,
        {
            "doi-a": steady(1000, 10, MONDAY, day(71)),
            "bien-a": steady(1000, 10, day(21), day(71)),
            "rung-a": steady(1000, 10, MONDAY, day(71)),
        },
        starts={"doi": day(35)},
        until=day(72),
    )
    frame, members, facts = unit_frame(panel, GROWTH, window=window)
    assert frame.columns.tolist() == ["doi", "rung"]
    assert members == {"doi": pd.Timestamp(day(35)), "rung": None}
    assert facts.without["bien"] == NOT_THROUGH_VI
    alone = replace(panel, programmes=panel.programmes.iloc[:0])
    assert "bien" in unit_frame(alone, GROWTH, window=window)[0].columns


def test_one_lane_carries_the_whole_series() -> None:
    """Declared for the first half, public for the second: neither runs through; with both all
    along, the owner's numbers come first."""
    first, last = steady(1000, 10, MONDAY, day(14)), steady(1140, 10, day(14), UNTIL)
    panel = place_panel(BOTH[:1], {"doi-a": last}, until=UNTIL)
    declared = place_panel(BOTH[:1], {"doi-a": first}, lanes={"doi-a": ["declared"]}, until=UNTIL)
    both = pd.concat([declared.snapshots, panel.snapshots], ignore_index=True)
    frame, _, facts = unit_frame(replace(panel, snapshots=both), GROWTH, window=FOUR_WEEKS)
    assert frame.columns.empty
    assert facts.without["doi"] == NOT_THROUGH_VI
    whole = {"doi-a": steady(1000, 10, MONDAY, UNTIL)}
    lanes = {"doi-a": ["public", "owner", "declared"]}
    panel = place_panel(BOTH[:1], whole, lanes=lanes, until=UNTIL)
    assert unit_frame(panel, GROWTH, window=FOUR_WEEKS)[2].accounts["doi"] == (("doi-a", "owner"),)
    chosen = unit_frame(panel, GROWTH, window=FOUR_WEEKS, lane="declared")[2]
    assert chosen.accounts["doi"] == (("doi-a", "declared"),)


def test_rounded_followers_give_months_but_never_weeks() -> None:
    """YouTube shows 20,000 + 50 a day in steps of 100: 1,400 in 28 days are 14 steps; 300 are not
    more than 4."""
    pages = (Page("doi-a", "doi", "youtube", "owner_consent"),)
    shown = steady(20_000, 50, MONDAY, UNTIL) // 100 * 100
    frame, facts = growth({"doi-a": shown}, pages)
    assert frame.empty
    assert facts.without["doi"] == ROUNDED_VI
    monthly, _ = growth({"doi-a": shown}, pages, cadence="M")
    assert monthly["doi"].tolist() == [pytest.approx(math.log(21_400 / 20_000))]
    flat = steady(20_000, 12, MONDAY, UNTIL) // 100 * 100
    assert growth({"doi-a": flat}, pages, cadence="M")[1].without["doi"] == FLAT_VI


def test_what_the_terms_forbid_is_in_no_frame() -> None:
    pages = (Page("doi-a", "doi", "youtube"),)  # held under key_30d
    _, facts = growth({"doi-a": steady(900, 1, MONDAY, UNTIL)}, pages)
    assert facts.without["doi"] == NOT_ALLOWED_VI


def test_numbers_that_may_not_be_added_up_are_in_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """No platform has such terms today: growth allowed, totals over owners not."""
    alone = replace(OPEN, totals=False)
    monkeypatch.setattr(Panel, "basis_of", lambda *_: alone)
    _, facts = growth({"doi-a": steady(900, 1, MONDAY, UNTIL)}, BOTH[:1])
    assert facts.without["doi"] == NOT_ALLOWED_VI


def test_accounts_count_for_the_owner_of_the_last_day() -> None:
    """The page passes from Đồi to Bắc inside the window: all its weeks are Bắc's."""
    pages = (Page("doi-a", "doi", moves=((day(20), "bac"),)),)
    frame, _ = growth({"doi-a": steady(1000, 10, MONDAY, UNTIL)}, pages)
    assert frame.columns.tolist() == ["bac"]
    assert frame["bac"].notna().all()


def test_a_series_ends_at_a_definition_break() -> None:
    """followers mean something else from the third week on."""
    series = {"doi-a": steady(1000, 10, MONDAY, UNTIL)}
    breaks = [("bluesky", "account", "followers", day(14))]
    frame, facts = growth(series, BOTH[:1], breaks=breaks)
    assert frame["doi"].notna().tolist() == [True, True, False, False]
    assert any("15/01/2024: định nghĩa thay đổi" in note for note in facts.notes)
    both, facts = growth({**series, "doi-b": series["doi-a"]}, BOTH, breaks=breaks)
    assert both["doi"].notna().all(), "the page on Mastodon runs through"
    assert [one.account_id for one in facts.left_out] == ["doi-a"]


def test_tet_weeks_and_the_run_in_are_left_out() -> None:
    """Tết on 20 January touches the third week (days -3 to +6: 17 to 26 January) and the fourth.
    The programme begins on Tuesday of the second week: the start cuts that week in two, and the
    next begins within 14 days."""
    series = {"doi-a": steady(1000, 10, MONDAY, UNTIL)}
    tet, _ = growth(series, BOTH[:1], tet_days=[date(2024, 1, 20)])
    assert tet["doi"].notna().tolist() == [True, True, False, False]
    panel = place_panel(BOTH[:1], series, starts={"doi": day(8)}, until=UNTIL)
    frame, members, facts = unit_frame(panel, GROWTH, window=FOUR_WEEKS)
    assert members == {"doi": pd.Timestamp(day(14))}
    assert frame["doi"].notna().tolist() == [True, False, False, False]
    kept, _, _ = unit_frame(panel, GROWTH, window=FOUR_WEEKS, run_in=0)
    assert kept["doi"].notna().tolist() == [True, False, True, True]
    assert any("14 ngày đầu" in note for note in facts.notes)


POSTS = (
    # account, day, posts, posts with day-7 interactions, these, followers at publication, language
    ("doi-a", day(0), 2, 2, 60.0, 1000.0, "vi"),
    ("doi-a", day(3), 1, 0, math.nan, 1000.0, "en"),
    ("doi-b", day(6), 1, 1, 90.0, 500.0, "und"),
    ("doi-a", day(7), 1, 1, 0.0, 1000.0, "vi"),
    ("doi-b", day(15), 4, 4, 80.0, 500.0, "lo"),
)


def of_posts(key: str, **more: object) -> tuple[pd.DataFrame, FrameFacts]:
    panel = place_panel(BOTH, {}, posts=POSTS, until=date(2024, 3, 1))
    frame, _, facts = unit_frame(panel, key, window=FOUR_WEEKS, **more)
    return frame, facts


def test_posts_of_all_accounts_are_added_up() -> None:
    frame, facts = of_posts("posts_per_week")
    assert frame["doi"].tolist() == [4.0, 1.0, 4.0, 0.0]
    assert facts.log is False, "one value in four is zero"
    alone, _ = of_posts("posts_per_week", platform="mastodon")
    assert alone["doi"].tolist() == [1.0, 0.0, 4.0, 0.0]


def test_interactions_per_post_are_a_ratio_of_sums() -> None:
    """First week: (60 + 90) / (2 + 1) = 50, not the mean of 30 and 90; the post without known
    interactions counts in neither. A week without posts has no ratio."""
    frame, _ = of_posts("interactions_per_post")
    assert frame["doi"].iloc[:3].tolist() == [50.0, 0.0, 20.0]
    assert pd.isna(frame["doi"].iloc[3])


def test_a_unit_of_which_nothing_is_known_has_no_column() -> None:
    """Posts are listed, but no count at day 7 is known: no ratio, and a reason."""
    posts = [("doi-a", day(number), 1, 0, math.nan, 1000.0, "vi") for number in range(28)]
    panel = place_panel(BOTH[:1], {}, posts=posts, until=date(2024, 3, 1))
    frame, members, facts = unit_frame(panel, "interactions_per_post", window=FOUR_WEEKS)
    assert frame.shape == (4, 0)
    assert members == {}
    assert facts.without["doi"] == NOTHING_VI


def test_the_engagement_rate_is_a_ratio_of_sums() -> None:
    """First week: 100 x 150 / (2 x 1,000 + 1 x 500) = 6 %."""
    frame, _ = of_posts("engagement_rate")
    assert frame["doi"].iloc[0] == pytest.approx(6.0)


def test_posts_not_in_vietnamese_are_a_share_of_the_decided_ones() -> None:
    """First week: one of three, the undecided post counts in neither; third week: all four."""
    frame, facts = of_posts("posts_not_vietnamese")
    assert frame["doi"].iloc[:3].tolist() == [pytest.approx(100 / 3), 0.0, 100.0]
    assert facts.log is False
    assert facts.unit_vi == "%"


VIDEOS = (Page("doi-y", "doi", "youtube", "owner_consent"),)


def of_views(key: str, start: date, *views: tuple[str, int, float]) -> pd.DataFrame:
    """Make the frame of eight weeks; `views`: account, day after `start`, views at day 7."""
    rows = []
    for at, (account, number, count) in enumerate(views):
        when = (day_number(start) + number) * DAY_SECONDS
        facts = (account, f"p{at}", when, None, "video", "vi", 40.0)
        taps = (math.nan, math.nan, math.nan, math.nan, math.nan)
        rows.append((*facts, "public", when + 7.0 * DAY_SECONDS, count, *taps))
    window = Window(start, start + timedelta(days=56))
    known = Window(start - timedelta(days=7), window.end + timedelta(days=7))
    panel = place_panel(VIDEOS, {}, until=known.end, covered=known)
    looks = pd.DataFrame(rows, columns=list(LOOK_COLUMNS))
    return unit_frame(with_looks(panel, looks), key, window=window)[0]


def test_views_per_post_are_the_median_of_a_week_s_posts() -> None:
    """10, 30 and 1,000 views: median 30, mean 1,040 / 3; the next week has one post."""
    views = (("doi-y", 0, 10.0), ("doi-y", 2, 1000.0), ("doi-y", 6, 30.0), ("doi-y", 7, 5.0))
    frame = of_views("views_per_post_median", MONDAY, *views)
    assert frame["doi"].iloc[:2].tolist() == [30.0, 5.0]
    assert frame["doi"].iloc[2:].isna().all()
    mean = of_views("views_per_post", MONDAY, *views)
    assert mean["doi"].iloc[:2].tolist() == [pytest.approx(1040 / 3), 5.0]


def test_views_end_where_the_platform_counts_them_anew() -> None:
    """YouTube counts views of Shorts otherwise from 31 March 2025 on (metrics.BREAKS)."""
    start = date(2025, 3, 3)
    views = [("doi-y", 7 * week, 50.0) for week in range(8)]
    for key in ("views_per_post_median", "views_per_post"):
        frame = of_views(key, start, *views)
        assert frame["doi"].notna().tolist() == [True] * 4 + [False] * 4


def test_posts_before_the_first_look_are_unknown_not_zero() -> None:
    known = Window(day(7), date(2024, 2, 28))
    panel = place_panel(BOTH[:1], {}, posts=POSTS, until=date(2024, 3, 1), covered=known)
    frame, _, _ = unit_frame(panel, "posts_per_week", window=FOUR_WEEKS)
    assert frame["doi"].tolist()[1:] == [1.0, 0.0, 0.0]
    assert pd.isna(frame["doi"].iloc[0])


def test_frames_read_the_same_numbers_as_the_indicators() -> None:
    """The shortcuts of frame_parts against the registry, account by account and week by week."""
    panel = sample_panel()
    window = Window(date(2022, 3, 7), date(2022, 5, 30))
    for key in ("posts_per_week", "interactions_per_post", "engagement_rate"):
        source = sources(panel, INDICATORS[key], "quangninh-bluesky")[0]["public"]
        assert isinstance(source, Events)
        frame, _, _ = unit_frame(panel, key, window=window, platform="bluesky", run_in=0)
        for first, value in frame["quang-ninh"].items():
            assert isinstance(first, pd.Timestamp)
            week = (source.times >= day_number(first.date())) & (
                source.times < day_number(first.date()) + 7
            )
            number = source.scale * source.top[week].sum() / source.bottom[week].sum()
            assert value == pytest.approx(number), f"{key} of {first}"


def test_flows_by_running_sums_are_those_of_share_out() -> None:
    rng = np.random.default_rng(5)
    days = np.sort(rng.choice(np.arange(0, 140), 80, replace=False)) + day_number(MONDAY) - 5
    series = pd.Series(1e5 + np.cumsum(rng.normal(5, 3, 80)), index=days)
    series.iloc[40:] += 40_000
    grid = grid_of(Window(MONDAY, MONDAY + timedelta(days=126)), "W", ())
    found = intervals(series)
    for limit in (1.0, 3.0, 8.0):
        wanted = share_out(found, grid.starts, grid.starts + 7, limit)
        for ours, theirs in zip(period_flows(found, grid, limit), wanted, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-6)


MERGED = (
    Page("bac-ubnd", "bac", ended=date(2025, 6, 30)),
    Page("bac-so", "bac", "mastodon", moves=((date(2025, 7, 1), "song-2025"),)),
    Page("nam-ubnd", "nam", moves=((date(2025, 7, 1), "song-2025"),)),
)


def merged(window: Window, map_name: str = "34") -> tuple[pd.DataFrame, FrameFacts]:
    level = {
        "bac-ubnd": steady(1000, 10, date(2025, 4, 1), date(2025, 6, 30)),
        "bac-so": steady(100, 1, date(2025, 4, 1), date(2025, 9, 1)),
        "nam-ubnd": steady(2000, 2, date(2025, 4, 1), date(2025, 9, 1)),
    }
    frame, _, facts = unit_frame(place_panel(MERGED, level), GROWTH, map_name, window=window)
    return frame, facts


def test_before_the_merger_the_new_unit_is_the_sum_of_its_parts() -> None:
    """Week of 7 April 2025: 60 + 6 + 12 days have gone; 91 new of 1,060 + 106 + 2,012."""
    frame, facts = merged(Window(date(2025, 4, 7), date(2025, 6, 30)))
    assert frame.columns.tolist() == ["song-2025"]
    assert frame["song-2025"].iloc[0] == pytest.approx(math.log(1 + 91 / 3178))
    assert any("tổng tử số" in note for note in facts.notes)


def test_across_the_merger_only_pages_that_go_on_count() -> None:
    """The retired page would be a fall of 1,900 followers; without it 21 new of 106 + 2,012."""
    frame, facts = merged(Window(date(2025, 4, 7), date(2025, 8, 25)))
    assert frame["song-2025"].iloc[0] == pytest.approx(math.log(1 + 21 / 2118))
    assert frame["song-2025"].notna().all()
    assert [one.account_id for one in facts.left_out] == ["bac-ubnd"]
    assert any("không cộng vào trang kế tiếp" in note for note in facts.notes)


def test_the_map_of_63_ends_with_june_2025() -> None:
    frame, facts = merged(Window(date(2025, 4, 7), date(2025, 8, 25)), "63")
    assert frame.columns.tolist() == ["bac", "nam"]
    assert frame.index[-1] == pd.Timestamp(2025, 6, 23)
    assert facts.window.end == date(2025, 7, 1)
    assert any("dừng ở ngày 30/06/2025" in note for note in facts.notes)
    with pytest.raises(ConfigError, match="ended on 30 June 2025"):
        merged(Window(date(2025, 7, 7), date(2025, 8, 25)), "63")


def test_a_mixed_unit_has_no_column_and_is_named_with_its_share() -> None:
    level = {name: steady(1000, 10, date(2025, 4, 1), date(2025, 9, 1)) for name in ("nam-ubnd",)}
    panel = place_panel(MERGED, level, starts={"nam": date(2025, 5, 5)})
    frame, members, facts = unit_frame(panel, GROWTH, "34")
    assert "song-2025" not in frame.columns
    assert "song-2025" not in members
    (mixed,) = facts.mixed
    assert (mixed.unit, mixed.exposed_share) == ("song-2025", 1.0)
    assert "song-2025" in facts.without
    assert "song-2025" not in {one.unit for one in facts.left_out}


def test_what_does_not_exist_is_refused() -> None:
    panel = place_panel(BOTH, {"doi-a": steady(1000, 10, MONDAY, UNTIL)}, until=UNTIL)
    with pytest.raises(ConfigError, match="unknown indicator"):
        unit_frame(panel, "likes")
    with pytest.raises(ConfigError, match="unknown cadence"):
        unit_frame(panel, GROWTH, cadence="D")
    with pytest.raises(ConfigError, match="no whole period"):
        unit_frame(panel, GROWTH, window=Window(MONDAY, day(5)))
    with pytest.raises(ConfigError, match="no readings"):
        unit_frame(panel, GROWTH, window=Window(date(2024, 5, 1), date(2024, 6, 1)))


# the planted country

CONTROLS = tuple(place.id for place in country.places() if place.programme_start is None)[:24]
YEARS = Window(date(2021, 2, 22), date(2023, 2, 20))


@pytest.fixture(scope="module")
def planted() -> Panel:
    """Eight pilots and 24 never-adopters of the sandbox country on Bluesky, two years."""
    world, places = World(1), {*country.PILOTS, *CONTROLS}
    accounts = [
        one
        for one in country.accounts()
        if one.platform == "bluesky" and one.place is not None and one.place.id in places
    ]
    last = day_number(YEARS.end) + 10
    first = day_number(country.START)
    snapshots, daily, known = [], [], []
    for account in accounts:
        grown = world.growth(account.id)
        opened = day_number(account.opened)
        days = np.arange(opened + 1, last)
        snapshots.append(
            pd.DataFrame(
                {"account": account.id, "day": days, "followers": grown.ends[days - first - 1]}
            )
        )
        posts = world.posts(account.id)
        on = (posts.published - midnight(country.START)) // DAY_SECONDS + first
        share = world.share_at_age(np.array([168 * 3600]))
        taps = posts.totals[[COUNTS.index(name) for name in ("reactions", "comments", "shares")]]
        rows = {
            "account": account.id,
            "day": on,
            "kind": "post",
            "language": np.where(posts.language == 1, "en", "vi"),
            "posts": 1,
            "posts_day7": 1,
            "interactions_day7": np.floor(taps * share).sum(axis=0),
            "posts_views_day7": 0,
            "views_day7": 0.0,
            "followers": grown.ends[on - first].astype(float),
        }
        daily.append(pd.DataFrame(rows)[on < last])
        known.append(opened)
    pages = [Page(one.id, str(one.place and one.place.id)) for one in accounts]
    panel = place_panel(pages, until=country.START + timedelta(days=last - first))
    frame = pd.concat(snapshots).assign(lane="public", following=np.nan, posts=np.nan)
    return replace(
        panel,
        snapshots=frame.assign(views=np.nan, likes=np.nan).sort_values(
            ["account", "day"], ignore_index=True
        ),
        daily=pd.concat(daily, ignore_index=True),
        posts_covered=panel.posts_covered.assign(first=known, last=last),
        locality_rows=shipped_localities(),
        agencies=pd.DataFrame(
            [{"id": f"ubnd-{place}", "name_vi": place, "locality_id": place} for place in places]
        ).assign(kind="ubnd"),
        programmes=place_panel(
            starts=dict.fromkeys(country.PILOTS, country.PILOT_START)
        ).programmes,
    )


def contrast(panel: Panel, key: str, *, log: bool) -> float:
    """Difference in differences by hand: what pilots did since the start, less what others did."""
    frame, members, facts = unit_frame(panel, key, window=YEARS, tet_days=country.TET)
    assert len(frame.columns) >= 30
    assert sum(start is not None for start in members.values()) >= 7
    assert facts.window == YEARS
    late = frame.index >= pd.Timestamp(country.PILOT_START)
    before, after = frame[~late].mean(), frame[late].mean()
    change = np.log(after / before) if log else after - before
    treated = [unit for unit, start in members.items() if start is not None]
    return float(change[treated].mean() - change.drop(treated).mean())


@pytest.mark.parametrize(
    ("key", "truth", "log", "within"),
    [
        ("posts_per_week", math.log(TRUTH.posting), True, 0.10),
        ("interactions_per_post", math.log(TRUTH.interactions), True, 0.10),
        ("posts_not_vietnamese", 100 * TRUTH.english_points, False, 3.0),
    ],
)
def test_the_planted_programme_is_visible_in_the_frame(
    planted: Panel, key: str, truth: float, log: bool, within: float
) -> None:
    assert contrast(planted, key, log=log) == pytest.approx(truth, abs=within)


def test_the_planted_growth_is_visible_in_the_frame(planted: Panel) -> None:
    """New followers a day are multiplied by 1.40; the rate falls a little as pages grow faster."""
    assert 0.20 < contrast(planted, GROWTH, log=True) < math.log(TRUTH.growth) + 0.05


def test_63_localities_by_12_indicators_over_three_years_take_far_less_than_a_second() -> None:
    """Three years of nightly readings and daily posts of 63 accounts; six indicators, twice."""
    localities = shipped_localities()
    places = localities.loc[localities["gso_code"].notna() & localities["valid_to"].notna(), "id"]
    places = [*places, *localities.loc[localities["successor_id"].isna(), "id"]][:63]
    days = np.arange(day_number(MONDAY), day_number(MONDAY) + 1096)
    size = len(days)
    rng = np.random.default_rng(1)
    accounts = np.repeat([f"{place}-page" for place in places], size)
    panel = place_panel([Page(f"{place}-page", place) for place in places])
    counts = 5000 + np.cumsum(rng.poisson(5, (len(places), size)), axis=1).ravel().astype(float)
    snapshots = pd.DataFrame({"account": accounts, "lane": "public", "followers": counts})
    nothing = dict.fromkeys(("following", "posts", "views", "likes"), np.nan)
    daily = pd.DataFrame({"account": accounts, "kind": "post", "language": "vi"})
    panel = replace(
        panel,
        until=date(2027, 1, 1),
        snapshots=snapshots.assign(day=np.tile(days, len(places)), **nothing),
        daily=daily.assign(
            day=np.tile(days, len(places)),
            posts=1,
            posts_day7=1,
            interactions_day7=rng.poisson(30, len(daily)).astype(float),
            posts_views_day7=0,
            views_day7=0.0,
            followers=counts,
        ),
        locality_rows=localities,
        agencies=pd.DataFrame(
            [{"id": f"ubnd-{place}", "name_vi": place, "locality_id": place} for place in places]
        ).assign(kind="ubnd"),
    )
    keys = (
        *(GROWTH, "posts_per_week", "interactions_per_post", "engagement_rate"),
        *("engagement_rate_post_mean", "posts_not_vietnamese"),
    )
    seconds = []
    for _ in range(2):  # the better of two: other work on the machine costs CPU time too
        fresh, started = replace(panel), time.process_time()
        for key in (*keys, *keys):
            frame, _, _ = unit_frame(fresh, key, "34", window=Window(MONDAY, date(2026, 12, 28)))
            assert frame.shape[0] == 156
        seconds.append(time.process_time() - started)
    assert min(seconds) < 1.0
