"""What a post brings at equal age, post by post. Source: docs/methods.md, section 5, 3 to 6.

All of these read the looks at single posts, in one lane: a number that lane does not know is
unknown, never taken from another lane and never zero. Ratios are ratios of sums over the posts that
have both numbers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracker.flows import Floats
from tracker.indicators.events import Events
from tracker.indicators.looks import looks_of
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window, day_number

MINIMUM = (
    "8 weeks with posts, 60 % covered weeks and 10 posts with the known number on a side, at least"
    " one interaction a week"
)


@indicator(
    key="interactions_per_post_day28",
    title_vi="Tương tác mỗi bài sau 28 ngày",
    title_en="Interactions per post at day 28",
    unit_vi="lượt/bài",
    unit_en="interactions per post",
    formula="sum(I28) / posts with known I28; I28 = reactions + comments + shares at 672 h",
    formula_vi=(
        "tổng cảm xúc, bình luận, chia sẻ khi bài đủ 28 ngày tuổi (672 giờ), chia cho số bài"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "looks"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 3",
    empty_vi="không có bài đăng nào có số tương tác ở ngày thứ 28 trong khoảng thời gian này",
)
def interactions_per_post_day28(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure interactions per post at the age of 28 days."""
    aged = posts_at_age(panel, account_id, lane, covered, 28)
    return None if aged is None else mean_of_posts(aged, "interactions", covered)


@indicator(
    key="interactions_per_mature_post",
    title_vi="Tương tác mỗi bài đã trên 90 ngày tuổi",
    title_en="Interactions per post, lifetime of mature posts",
    unit_vi="lượt/bài",
    unit_en="interactions per post",
    formula="sum(I) / posts; I = reactions + comments + shares at the last look, from 90 days on",
    formula_vi=(
        "tổng cảm xúc, bình luận, chia sẻ ở lần đọc cuối, khi bài từ 90 ngày tuổi, chia cho số bài"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "looks"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 3, history",
    empty_vi="không có bài đăng nào được đọc khi đã từ 90 ngày tuổi trong khoảng thời gian này",
)
def interactions_per_mature_post(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure lifetime interactions per mature post: for windows from before the collection, both
    alike; never beside numbers of day 7."""
    looks = looks_of(panel)
    if looks is None:
        return None
    found = looks.mature(account_id, lane, panel.platform_of(account_id))
    return mean_of_posts(published_in(found, covered), "interactions", covered)


@indicator(
    key="engagement_rate_by_views",
    title_vi="Tỷ lệ tương tác theo lượt xem",
    title_en="Engagement rate by views",
    unit_vi="%",
    unit_en="%",
    formula="100 x sum(I7) / sum(V7) over posts with both known at 168 h (ratio of sums)",
    formula_vi=(
        "100 × tổng tương tác, chia cho tổng lượt xem ở 7 ngày tuổi, của các bài có cả hai số"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "post.views", "looks"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 5",
    empty_vi="không có bài đăng nào có cả tương tác và lượt xem ở ngày thứ 7",
)
def engagement_rate_by_views(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure interactions per view at day 7, in percent."""
    aged = posts_at_age(panel, account_id, lane, covered, 7)
    return None if aged is None else ratio_of_posts(aged, "views", covered)


@indicator(
    key="engagement_rate_by_reach",
    title_vi="Tỷ lệ tương tác theo số người tiếp cận",
    title_en="Engagement rate by reach",
    unit_vi="%",
    unit_en="%",
    formula="100 x sum(I7) / sum(reach at 168 h) over posts with both known; lane owner only",
    formula_vi=(
        "100 × tổng tương tác, chia cho tổng số người tiếp cận ở 7 ngày tuổi; chỉ khi chủ tài "
        "khoản ủy quyền, không ước tính từ lượt xem"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "post.reach", "looks"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 6",
    empty_vi="không có bài đăng nào có cả tương tác và số người tiếp cận ở ngày thứ 7",
)
def engagement_rate_by_reach(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure interactions per person reached at day 7, in percent; nothing but in the owner's
    lane."""
    if lane != "owner":
        return None
    aged = posts_at_age(panel, account_id, lane, covered, 7)
    return None if aged is None else ratio_of_posts(aged, "reach", covered)


def posts_at_age(
    panel: Panel, account_id: str, lane: str, covered: Window, days: int
) -> pd.DataFrame | None:
    """Give the posts published on covered days with their counts at an age (see `Looks.at_age`);
    None = the panel carries no looks."""
    looks = looks_of(panel)
    if looks is None:
        return None
    found = looks.at_age(account_id, lane, days, panel.platform_of(account_id))
    return published_in(found, covered)


def mean_of_posts(posts: pd.DataFrame, column: str, covered: Window) -> Events:
    """Divide the sum of a number by the posts that have it, day by day of publication."""
    numbers = posts[column].to_numpy(dtype=float)
    known = ~np.isnan(numbers)
    count = by_day(posts, known.astype(float), covered)
    return Events(by_day(posts, np.nan_to_num(numbers), covered), count, posts=count)


def ratio_of_posts(posts: pd.DataFrame, base: str, covered: Window) -> Events:
    """Divide summed interactions by a summed base, of posts that have both, in percent."""
    numbers, bases = (posts[name].to_numpy(dtype=float) for name in ("interactions", base))
    both = ~np.isnan(numbers) & ~np.isnan(bases)
    return Events(
        by_day(posts, np.where(both, numbers, 0.0), covered),
        by_day(posts, np.where(both, bases, 0.0), covered),
        posts=by_day(posts, both.astype(float), covered),
        scale=100.0,
    )


def by_day(posts: pd.DataFrame, numbers: Floats, covered: Window) -> pd.Series:
    """Add a number per post up by day of publication; every covered day is in the index."""
    first, size = day_number(covered.start), covered.days
    at = posts["day"].to_numpy(dtype=np.int64) - first
    return pd.Series(
        np.bincount(at, weights=numbers, minlength=size), index=pd.Index(first + np.arange(size))
    )


def published_in(posts: pd.DataFrame, covered: Window) -> pd.DataFrame:
    """Keep the posts published on some days."""
    days = posts["day"].to_numpy(dtype=np.int64)
    return posts[(days >= day_number(covered.start)) & (days < day_number(covered.end))]
