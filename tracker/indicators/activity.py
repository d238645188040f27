"""What an account publishes. Source: docs/methods.md, section 5, indicator 2."""

from __future__ import annotations

from tracker.indicators.events import Events
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window


@indicator(
    key="posts_per_week",
    title_vi="Số bài đăng mỗi tuần",
    title_en="Posts per week",
    unit_vi="bài/tuần",
    unit_en="posts per week",
    formula="7 x posts published / covered days, by publication time; deleted posts stay counted",
    level="output",
    entity="post",
    combine="sum",
    minimum="8 valid weeks, 60 % valid weeks and 10 posts on a side, at least one post a week",
    source="docs/methods.md, section 5, indicator 2",
)
def posts_per_week(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure posts per week over the publication days that are known."""
    posts = panel.posts(account_id, covered)
    return Events(posts["posts"], posts=posts["posts"], scale=7.0)
