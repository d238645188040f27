"""Views per post at equal age. Source: docs/methods.md, section 5, indicator 7.

A few posts carry most views, so that the median and a trimmed mean are what is reported; the mean
stands beside them because it alone can be added up over accounts and weeks as a ratio of sums.
"""

from __future__ import annotations

import numpy as np

from tracker.indicators.equal_age import mean_of_posts, posts_at_age
from tracker.indicators.events import Events
from tracker.indicators.post_numbers import PostNumbers, Statistic
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window

MINIMUM = (
    "8 weeks with posts, 60 % covered weeks and 10 posts with known views on a side, at least one"
    " view a week"
)
SOURCE = "docs/methods.md, section 5, indicator 7"
NO_VIEWS_VI = "không có bài đăng nào có số lượt xem ở độ tuổi này trong khoảng thời gian này"


@indicator(
    key="views_per_post_median",
    title_vi="Lượt xem mỗi bài sau 7 ngày, trung vị",
    title_en="Views per post at day 7, median",
    unit_vi="lượt/bài",
    unit_en="views per post",
    formula="median over posts of views at the age of 168 h; windows are compared on the log scale",
    formula_vi="trung vị theo bài của lượt xem khi bài đủ 7 ngày tuổi (168 giờ)",
    level="out-take",
    entity="post",
    combine="pool",
    needs=("post.views", "looks"),
    minimum=MINIMUM,
    source=SOURCE,
    empty_vi=NO_VIEWS_VI,
)
def views_per_post_median(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> PostNumbers | None:
    """Measure the median views of a post at day 7."""
    return _views(panel, account_id, lane, covered, 7, "median")


@indicator(
    key="views_per_post_trimmed",
    title_vi="Lượt xem mỗi bài sau 7 ngày, trung bình bỏ 10 % mỗi đầu",
    title_en="Views per post at day 7, 10 % trimmed mean",
    unit_vi="lượt/bài",
    unit_en="views per post",
    formula=(
        "mean over posts of views at 168 h without the lowest and the highest tenth (rounded down);"
        " windows are compared on the log scale"
    ),
    formula_vi=(
        "trung bình theo bài của lượt xem ở 7 ngày tuổi, bỏ 10 % số bài thấp nhất và cao nhất"
    ),
    level="out-take",
    entity="post",
    combine="pool",
    needs=("post.views", "looks"),
    minimum=MINIMUM,
    source=SOURCE,
    empty_vi=NO_VIEWS_VI,
)
def views_per_post_trimmed(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> PostNumbers | None:
    """Measure the trimmed mean of a post's views at day 7."""
    return _views(panel, account_id, lane, covered, 7, "trimmed")


@indicator(
    key="views_per_post_median_day28",
    title_vi="Lượt xem mỗi bài sau 28 ngày, trung vị",
    title_en="Views per post at day 28, median",
    unit_vi="lượt/bài",
    unit_en="views per post",
    formula="median over posts of views at the age of 672 h; for long video, whose views come late",
    formula_vi="trung vị theo bài của lượt xem khi bài đủ 28 ngày tuổi (672 giờ), cho video dài",
    level="out-take",
    entity="post",
    combine="pool",
    needs=("post.views", "looks"),
    minimum=MINIMUM,
    source=SOURCE,
    empty_vi=NO_VIEWS_VI,
)
def views_per_post_median_day28(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> PostNumbers | None:
    """Measure the median views of a post at day 28."""
    return _views(panel, account_id, lane, covered, 28, "median")


@indicator(
    key="views_per_post",
    title_vi="Lượt xem mỗi bài sau 7 ngày, trung bình",
    title_en="Views per post at day 7, mean",
    unit_vi="lượt/bài",
    unit_en="views per post",
    formula="sum(V7) / posts with known V7; one widely seen post decides it: read the median first",
    formula_vi="tổng lượt xem ở 7 ngày tuổi, chia cho số bài; đọc cùng trung vị",
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.views", "looks"),
    minimum=MINIMUM,
    source=SOURCE,
    empty_vi=NO_VIEWS_VI,
)
def views_per_post(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure the mean views of a post at day 7, as a ratio of sums."""
    aged = posts_at_age(panel, account_id, lane, covered, 7)
    return None if aged is None else mean_of_posts(aged, "views", covered)


def _views(
    panel: Panel, account_id: str, lane: str, covered: Window, days: int, statistic: Statistic
) -> PostNumbers | None:
    aged = posts_at_age(panel, account_id, lane, covered, days)
    if aged is None:
        return None
    return PostNumbers(
        aged["day"].to_numpy(dtype=np.float64),
        aged["views"].to_numpy(dtype=np.float64),
        (covered,),
        statistic,
    )
