"""What a post brings at equal age. Source: docs/methods.md, section 5, indicators 3 and 4.

I7 = reactions + comments + shares at the age of 168 hours, linear between the two looks that
bracket it. A component the platform does not publish counts as none and is named beside the number
(`parts_vi`).
"""

from __future__ import annotations

from tracker.indicators.events import Events
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import platform_named

MINIMUM = (
    "8 weeks with posts, 60 % covered weeks and 10 posts with known day-7 interactions on a side,"
    " at least one interaction a week"
)
COMPONENTS_VI = {"reactions": "cảm xúc/lượt thích", "comments": "bình luận", "shares": "chia sẻ"}


@indicator(
    key="interactions_per_post",
    title_vi="Tương tác mỗi bài sau 7 ngày",
    title_en="Interactions per post at day 7",
    unit_vi="lượt/bài",
    unit_en="interactions per post",
    formula="sum(I7) / posts with known I7; I7 = reactions + comments + shares at the age of 168 h",
    formula_vi=(
        "tổng cảm xúc, bình luận, chia sẻ khi bài đủ 7 ngày tuổi (168 giờ), chia cho số bài"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions",),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 3",
)
def interactions_per_post(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure interactions per post at the age of seven days."""
    posts = panel.posts(account_id, covered)
    return Events(posts["interactions"], posts["posts_day7"], posts=posts["posts_day7"])


@indicator(
    key="engagement_rate",
    title_vi="Tỷ lệ tương tác theo người theo dõi",
    title_en="Engagement rate by followers",
    unit_vi="%",
    unit_en="%",
    formula="100 x sum(I7) / sum over posts of followers at publication (ratio of sums)",
    formula_vi=(
        "100 × tổng tương tác ở 7 ngày tuổi, chia cho tổng số người theo dõi lúc đăng của từng bài"
    ),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "account.followers"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 4",
)
def engagement_rate(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure interactions per follower reached out to, in percent, as a ratio of sums."""
    posts = panel.posts(account_id, covered)
    return Events(
        posts["rated_interactions"],
        posts["follower_posts"],
        posts=posts["rated_posts"],
        scale=100.0,
    )


@indicator(
    key="engagement_rate_post_mean",
    title_vi="Tỷ lệ tương tác, trung bình theo bài",
    title_en="Engagement rate, mean over posts",
    unit_vi="%",
    unit_en="%",
    formula="mean over posts of 100 x I7 / followers at publication; beside, as many tools use it",
    formula_vi=("trung bình theo bài của 100 × tương tác, chia cho số người theo dõi lúc đăng"),
    level="out-take",
    entity="post",
    combine="ratio",
    needs=("post.interactions", "account.followers"),
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 4",
)
def engagement_rate_post_mean(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure the mean over posts of interactions per follower, in percent."""
    posts = panel.posts(account_id, covered)
    return Events(
        posts["post_rates"],
        posts["rated_posts"],
        posts=posts["rated_posts"],
        counted=posts["rated_interactions"],
        scale=100.0,
    )


def parts_vi(platform: str, lane: str | None = None) -> str:
    """Name the components of interactions that a platform publishes in a lane (None = in any), and
    those it does not."""
    measures = platform_named(platform).measures_of("post", lane)
    columns = {measure.column for measure in measures if measure.always}
    there = " + ".join(title for name, title in COMPONENTS_VI.items() if name in columns)
    missing = ", ".join(title for name, title in COMPONENTS_VI.items() if name not in columns)
    return f"{there}; không công bố: {missing}" if missing else there
