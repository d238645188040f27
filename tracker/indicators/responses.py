"""Public replies of an account, where they can be known at all.

On Bluesky, Mastodon and X an account answers with posts of its own, of the kind `reply`; they are
listed with its posts, and a reply to itself (a thread) is one of them. Everywhere else it answers
with comments: comments and their authors are personal data and not collected, so that the number of
answers is unknown there, never 0.
"""

from __future__ import annotations

from tracker.indicators.equal_age import by_day, published_in
from tracker.indicators.events import Events
from tracker.indicators.looks import looks_of
from tracker.indicators.needs import REPLIES
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window

REPLY = "reply"


@indicator(
    key="replies_per_week",
    title_vi="Số bài trả lời công khai mỗi tuần",
    title_en="Public replies per week",
    unit_vi="bài/tuần",
    unit_en="replies per week",
    formula=(
        "7 x own posts of the kind reply / covered days; replies to itself (threads) are among"
        " them; Bluesky, Mastodon and X only"
    ),
    formula_vi=(
        "7 × số bài trả lời do tài khoản đăng (kể cả trả lời chính mình), chia cho số ngày quan "
        "sát được; chỉ có trên Bluesky, Mastodon và X"
    ),
    level="output",
    entity="post",
    combine="sum",
    needs=("post.published_at", "post.replies", "looks"),
    minimum="8 valid weeks, 60 % valid weeks and 10 replies on a side, at least one reply a week",
    source="own definition; kinds of posts as the connectors of the three platforms read them",
)
def replies_per_week(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure the replies an account posts per week; nothing where they are not posts."""
    looks = looks_of(panel)
    if looks is None or panel.platform_of(account_id) not in REPLIES:
        return None
    posts = published_in(looks.posts(account_id), covered)
    replies = by_day(posts, (posts["kind"] == REPLY).to_numpy().astype(float), covered)
    return Events(replies, posts=replies, scale=7.0)
