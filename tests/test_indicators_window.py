"""Indicators of audience, activity, language, presence and answers over ten days of three accounts.

The panel (`panel_sample.ten_days`) begins on Monday 2 September 2024; posts by day, I7 =
interactions at day 7, I28 at day 28:

- Bluesky: a1 day 0 (vi, I7 10, I28 12), a2 day 1 (en, 20, 26), a3 day 1 (reply, en, 10 letters, 0,
  0), a4 day 4 (language undecided, 30, 33), a5 day 8 (lo; 9 after five days, 13 after nine; not
  seen again). Followers 200 on day 0, 2 more every day.
- Facebook with its owner's consent: b1 day 0 (video, I7 5, views 100, reach 80), b2 day 3 (video,
  8, 400, 200), b3 day 6 (photo, 12, 310, reach unknown), b4 day 9 (photo, 3, views unknown, reach
  50).
- YouTube under `key_30d`: one video; its terms forbid derived numbers.
"""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from panel_sample import MONDAY, TEN_DAYS, Told, ten_days

from tracker.indicators import INDICATORS, Value, value_over
from tracker.indicators.audience import follower_jumps, followers_at_end, followers_of_unit
from tracker.indicators.frequency import posting_frequency
from tracker.indicators.languages import post_languages
from tracker.indicators.measuring import NO_SERIES_VI, sources
from tracker.indicators.needs import NO_LOOKS_VI, NO_REPLIES_VI
from tracker.indicators.presence import (
    presence_accounts,
    presence_languages,
    presence_platforms,
)
from tracker.indicators.proportions import wilson
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI

BLUESKY, FACEBOOK, YOUTUBE = "quangninh-bluesky", "quangninh-facebook", "danang-youtube"


def over(panel: Panel, key: str, account: str = BLUESKY, window: Window = TEN_DAYS) -> Value:
    return value_over(panel, INDICATORS[key], account, window)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return ten_days()


def test_every_indicator_says_what_it_is() -> None:
    for item in INDICATORS.values():
        assert item.formula_vi, item.key
        assert item.needs, item.key
        assert (item.shape == "series") == (item.over is None), item.key


def test_every_indicator_of_an_account_answers_or_says_why_not(panel: Panel) -> None:
    for item in INDICATORS.values():
        if item.entity == "register" or item.shape == "rows":
            continue
        for account in (BLUESKY, FACEBOOK, YOUTUBE):
            found = value_over(panel, item, account, TEN_DAYS)
            assert (found.value is None) == (found.reason is not None), (item.key, account)


def test_what_the_terms_forbid_is_forbidden_for_every_derived_indicator(panel: Panel) -> None:
    """YouTube under key_30d: levels of the last 30 days only, whatever an indicator is made of."""
    published = [
        item
        for item in INDICATORS.values()
        if item.entity == "post" and item.shape != "rows" and "post.replies" not in item.needs
    ]
    for item in published:
        reason = value_over(panel, item, YOUTUBE, TEN_DAYS).reason
        assert reason == NOT_ALLOWED_VI or "post.reach" in item.needs, item.key


def test_a_window_indicator_is_never_compared_before_and_after(panel: Panel) -> None:
    assert sources(panel, INDICATORS["posting_frequency"], BLUESKY) == ({}, NO_SERIES_VI)


# audience


def test_followers_at_the_end_are_the_reading_of_that_night(panel: Panel) -> None:
    """The window ends with the night of 12 September: 200 + 2 x 10 = 220."""
    found = over(panel, "followers_at_end")
    assert (found.value, found.lane, found.last_day) == (220.0, "public", date(2024, 9, 12))
    assert found == followers_at_end(panel, BLUESKY, TEN_DAYS)


def test_an_old_level_under_key_30d_is_gone_and_a_new_one_carries_its_step(panel: Panel) -> None:
    """12 September lies 34 days before the end of the panel; 10 October six."""
    assert over(panel, "followers_at_end", YOUTUBE).reason == NOT_ALLOWED_VI
    late = Window(date(2024, 10, 1), date(2024, 10, 10))
    found = over(panel, "followers_at_end", YOUTUBE, late)
    assert (found.value, found.low, found.high, found.step) == (12_300, 12_300, 12_399, 100)


def test_followers_of_a_locality_are_labelled_as_overlapping(panel: Panel) -> None:
    """Bluesky 220 and Facebook 1,000; Đà Nẵng has YouTube alone, whose old level is not allowed."""
    both = followers_of_unit(panel, "quang-ninh", TEN_DAYS)
    assert (both.value, both.accounts, both.lane) == (1220.0, 2, "owner+public")
    assert both.notes == ("có trùng",)
    assert followers_of_unit(panel, "da-nang", TEN_DAYS).reason == NOT_ALLOWED_VI
    nobody = followers_of_unit(panel, "cao-bang", TEN_DAYS)
    assert (nobody.value, nobody.reason) == (None, "chưa có tài khoản nào trong danh bạ")


def test_followers_that_may_not_be_added_up_stay_out_of_the_sum(panel: Panel) -> None:
    """Facebook moved to Đà Nẵng: its 1,000 count; YouTube's 12,300 may be shown and not added."""
    periods = panel.periods.replace("so-quang-ninh", "ubnd-da-nang")
    late = Window(date(2024, 10, 1), date(2024, 10, 10))
    found = followers_of_unit(replace(panel, periods=periods), "da-nang", late)
    assert (found.value, found.accounts) == (1000.0, 1)
    assert found.notes == ("cộng 1 trên 2 tài khoản", f"1 tài khoản {NOT_ALLOWED_VI}")


def test_an_account_without_a_level_is_left_out_of_the_sum_and_said(panel: Panel) -> None:
    frame = panel.snapshots
    unread = replace(panel, snapshots=frame[frame["account"] != FACEBOOK])
    found = followers_of_unit(unread, "quang-ninh", TEN_DAYS)
    assert (found.value, found.accounts) == (220.0, 1)
    assert found.notes == (
        "cộng 1 trên 2 tài khoản",
        "1 tài khoản không có lần đọc nào gần ngày này",
    )


def test_a_purge_is_listed_and_named_beside_the_growth(panel: Panel) -> None:
    """On 8 September 50 followers are taken away: nine days of 2 are left, 18 / 9 = 2 a day; with
    the purge in, (20 - 50) / 10 = -3."""
    frame = panel.snapshots.copy()
    late = (frame["account"] == BLUESKY) & (frame["day"] >= day_number(date(2024, 9, 8)))
    frame.loc[late, "followers"] -= 50
    purged = replace(panel, snapshots=frame)
    jumps = follower_jumps(purged, BLUESKY, TEN_DAYS)
    assert jumps.frame[["day", "kind", "change"]].to_numpy().tolist() == [
        [date(2024, 9, 8), "purge", -48.0]
    ]
    growth = over(purged, "followers_per_day")
    assert growth.value == pytest.approx(2.0)
    assert growth.notes == (
        "08/09/2024: giảm đột ngột -48, không tính vào mức tăng",
        "nếu tính cả các thay đổi đột ngột: -3.00",
    )
    assert not len(follower_jumps(panel, BLUESKY, TEN_DAYS).frame)
    assert follower_jumps(panel, YOUTUBE, TEN_DAYS).reason == NOT_ALLOWED_VI


# activity


def test_silent_days_and_the_longest_silence(panel: Panel) -> None:
    """Posts on days 0, 1, 4 and 8: six of ten days without, at most days 5 to 7 in a row."""
    found = over(panel, "silent_days")
    assert (found.value, found.n) == (pytest.approx(60.0), 10)
    low, high = wilson(6, 10)
    assert (found.low, found.high) == (pytest.approx(100 * low), pytest.approx(100 * high))
    silence = over(panel, "longest_silence")
    assert (silence.value, silence.n, silence.unit) == (3.0, 10, "ngày")
    assert silence.notes == ("từ 07/09/2024 đến 09/09/2024",)


def test_a_silence_at_the_edge_may_be_longer(panel: Panel) -> None:
    """From 11 September to the end nothing more is posted on Bluesky."""
    window = Window(date(2024, 9, 9), date(2024, 9, 23))
    found = over(panel, "longest_silence", window=window)
    assert found.value == 12.0
    assert found.notes == (
        "từ 11/09/2024 đến 22/09/2024",
        "chạm đầu hoặc cuối phần quan sát được: có thể dài hơn",
    )


def test_a_window_that_is_covered_in_part_says_so(panel: Panel) -> None:
    window = Window(date(2024, 6, 1), date(2024, 7, 11))
    found = over(panel, "longest_silence", window=window)
    assert (found.value, found.n) == (10.0, 10)
    assert found.notes[0] == "chỉ quan sát được từ 01/07/2024 đến 10/07/2024"
    before = over(panel, "longest_silence", window=Window(date(2024, 1, 1), date(2024, 2, 1)))
    assert before.reason == "chưa đọc được danh sách bài đăng trong khoảng thời gian này"


def test_regularity_is_the_share_of_weeks_with_a_post(panel: Panel) -> None:
    """Weeks of 26 August (no post), 2 and 9 September (posts): 2 of 3.

    Lag-1 autocorrelation -1/6 + 1/3, so three weeks count as 3 x (5/6) / (7/6) = 15/7; the variance
    1/3 / (15/7) is 2.1 times that of three draws, 2/9 / 3, and Wilson rests on 3 / 2.1 weeks.
    """
    window = Window(date(2024, 8, 26), date(2024, 9, 16))
    found = over(panel, "active_weeks", window=window)
    assert (found.value, found.n) == (pytest.approx(200 / 3), 3)
    assert (found.low, found.high) == (
        pytest.approx(100 * wilson(2 / 2.1, 3 / 2.1)[0]),
        pytest.approx(100 * wilson(2 / 2.1, 3 / 2.1)[1]),
    )


def frequency_of(days: list[int]) -> Value:
    """Class twelve weeks (1 July to 22 September 2024) with a post on these days."""
    july = day_number(date(2024, 7, 1)) - day_number(MONDAY)
    posts = [Told(BLUESKY, f"p{day}", july + day) for day in days]
    window = Window(date(2024, 7, 1), date(2024, 7, 1) + timedelta(days=84))
    return posting_frequency(ten_days(posts, looked=False), BLUESKY, window)


def test_the_frequency_class_follows_its_rule() -> None:
    """Five days a week in six of twelve weeks: daily; in five: a week with a post each is 5/12 and
    July and August have posts, September none: 2 of 2 whole months, too few to tell.

    One post in nine of twelve weeks: weekly. No post at all: said so.
    """
    five = [7 * week + day for week in range(6) for day in range(5)]
    daily = frequency_of(five)
    assert (daily.value, daily.text, daily.n) == (4.0, "hằng ngày", 12)
    assert daily.notes[0] == "6/12 tuần có bài trong ít nhất 5 ngày; 6/12 tuần có bài"
    weekly = frequency_of([7 * week for week in range(9)])
    assert (weekly.value, weekly.text) == (3.0, "hằng tuần")
    unknown = frequency_of(five[:-5])
    assert (unknown.value, unknown.text) == (None, None)
    assert unknown.reason == ("không đủ 3 tháng quan sát tròn để phân biệt hằng tháng với hằng năm")
    silent = frequency_of([])
    assert (silent.value, silent.text) == (0.0, "không đăng bài")


def test_months_tell_month_from_year() -> None:
    """1 July to 30 September holds three whole months; a post on the 10th of each is monthly, in
    two of three (67 %) it is yearly."""
    first = date(2024, 7, 1)
    window = Window(first, date(2024, 10, 1))
    for months, text in (((7, 8, 9), "hằng tháng"), ((7, 9), "hằng năm")):
        posts = [
            Told(BLUESKY, f"p{month}", (date(2024, month, 10) - MONDAY).days) for month in months
        ]
        found = posting_frequency(ten_days(posts, looked=False), BLUESKY, window)
        assert found.text == text


def test_ten_days_are_too_short_for_a_frequency_class(panel: Panel) -> None:
    found = over(panel, "posting_frequency")
    assert (found.value, found.text) == (None, None)
    assert found.reason == "cần ít nhất 8 tuần quan sát đủ để xếp mức độ đăng bài"


# languages


def test_posts_not_in_vietnamese_rest_on_decided_posts(panel: Panel) -> None:
    """a1 vi, a2 en, a5 lo are decided: 2 of 3. a3 has ten letters, a4 is undecided: both apart.

    Wilson for 2 of 3 with z = 1.96: middle .5731, half width .3654.
    """
    found = over(panel, "posts_not_vietnamese")
    assert (found.value, found.n) == (pytest.approx(200 / 3), 3)
    assert found.low == pytest.approx(57.31 - 36.54, abs=0.01)
    assert found.high == pytest.approx(57.31 + 36.54, abs=0.01)
    assert found.notes == ("1 bài chưa xác định được ngôn ngữ", "1 bài dưới 20 chữ cái")


def test_languages_are_listed_with_the_border_ones_and_what_is_apart(panel: Panel) -> None:
    found = post_languages(panel, BLUESKY, TEN_DAYS)
    frame = found.frame.set_index("language")
    assert frame["posts"].to_dict() == {"en": 1, "lo": 1, "vi": 1, "km": 0, "und": 1, "short": 1}
    assert frame["share"].tolist()[:4] == pytest.approx([100 / 3, 100 / 3, 100 / 3, 0.0])
    assert frame["share"].isna().tolist() == [False] * 4 + [True] * 2
    assert (found.n, found.lane) == (3, "public")
    assert frame.at["km", "high"] == pytest.approx(100 * wilson(0, 3)[1])


def test_a_language_named_by_an_import_counts_without_letters() -> None:
    """A sheet says the language and tells no letters; a caption nobody read is untold."""
    posts = [
        Told(BLUESKY, "p1", 0, letters=None, language="en"),
        Told(BLUESKY, "p2", 1, letters=None, language=None),
    ]
    found = post_languages(ten_days(posts), BLUESKY, TEN_DAYS).frame.set_index("language")
    assert found["posts"].to_dict() == {"en": 1, "km": 0, "lo": 0, "untold": 1}


def test_weeks_that_differ_more_than_posts_widen_the_interval() -> None:
    """Eight weeks, ten posts each, all English or all Vietnamese in turn: eight clusters, not 80
    posts."""
    posts = [
        Told(BLUESKY, f"p{week}-{number}", 7 * week - 56, language="en" if week % 2 else "vi")
        for week in range(8)
        for number in range(10)
    ]
    window = Window(MONDAY - timedelta(days=56), MONDAY)
    found = over(ten_days(posts), "posts_not_vietnamese", window=window)
    assert (found.value, found.n) == (50.0, 80)
    assert found.low is not None
    assert found.low < 100 * wilson(4, 8)[0] + 2


def test_without_looks_an_indicator_of_single_posts_says_so() -> None:
    bare = ten_days(looked=False)
    assert over(bare, "posts_not_vietnamese").reason == NO_LOOKS_VI
    assert post_languages(bare, BLUESKY, TEN_DAYS).reason == NO_LOOKS_VI
    assert over(bare, "silent_days").value == pytest.approx(60.0)


# presence


def test_presence_counts_accounts_platforms_and_languages(panel: Panel) -> None:
    """Quảng Ninh: Bluesky and Facebook. Facebook's four posts are Vietnamese; with Bluesky's one
    that makes five, the only language with three posts or more."""
    accounts = presence_accounts(panel, "quang-ninh", TEN_DAYS)
    assert (accounts.value, accounts.notes) == (
        2.0,
        ("2 tài khoản có bài đăng trong khoảng thời gian này",),
    )
    platforms = presence_platforms(panel, "quang-ninh", TEN_DAYS)
    assert (platforms.value, platforms.notes) == (2.0, ("Bluesky, Facebook",))
    languages = presence_languages(panel, "quang-ninh", TEN_DAYS)
    assert languages.value == 1.0
    assert languages.notes[0] == "tiếng Việt: 5 bài"
    assert languages.notes[-1] == "đã đăng ký: tiếng Việt, tiếng Trung"


def test_presence_of_an_agency_and_of_nobody(panel: Panel) -> None:
    assert presence_accounts(panel, "so-quang-ninh", TEN_DAYS).value == 1.0
    assert presence_accounts(panel, "cao-bang", TEN_DAYS).value == 0.0
    assert presence_languages(panel, "cao-bang", TEN_DAYS).value is None
    assert presence_languages(panel, "da-nang", TEN_DAYS).reason == NOT_ALLOWED_VI


def test_an_account_that_has_ended_is_no_presence(panel: Panel) -> None:
    rows = panel.account_rows.copy()
    rows.loc[rows["id"] == FACEBOOK, "active_to"] = date(2024, 9, 5)
    ended = replace(panel, account_rows=rows)
    assert presence_accounts(ended, "quang-ninh", TEN_DAYS).value == 1.0


# responses


def test_replies_are_counted_where_they_are_posts_and_unknown_elsewhere(panel: Panel) -> None:
    """One reply in ten days: 7 x 1 / 10 = 0.7 a week; on Facebook an answer is a comment."""
    found = over(panel, "replies_per_week")
    assert (found.value, found.unit) == (pytest.approx(0.7), "bài/tuần")
    for account in (FACEBOOK, YOUTUBE):
        refused = over(panel, "replies_per_week", account)
        assert (refused.value, refused.reason) == (None, NO_REPLIES_VI)
        assert INDICATORS["replies_per_week"].make(panel, account, "public", TEN_DAYS) is None


# definition breaks


def test_a_definition_break_inside_the_window_is_named() -> None:
    """On Facebook views mean something else from 15 November 2025; here the same from 5 September
    2024, entered in the register."""
    panel = ten_days()
    row = ("facebook", "post", "views", date(2024, 9, 5), "cách đếm mới", "thử")
    columns = list(panel.definition_breaks.columns)
    broken = replace(panel, definition_breaks=pd.DataFrame([row], columns=columns, dtype=object))
    said = "định nghĩa thay đổi từ 05/09/2024: cách đếm mới"
    assert said in over(broken, "views_per_post", FACEBOOK).notes
    assert said not in over(broken, "interactions_per_post_day28", FACEBOOK).notes
    assert said not in over(panel, "views_per_post", FACEBOOK).notes


def test_nothing_known_is_never_zero(panel: Panel) -> None:
    """Before the first list of posts there is no number, and none is 0."""
    early = Window(date(2024, 5, 1), date(2024, 5, 11))
    for item in INDICATORS.values():
        if item.shape == "rows" or item.entity == "register":
            continue
        found = value_over(panel, item, BLUESKY, early)
        assert found.value is None, item.key
