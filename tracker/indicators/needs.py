"""What an indicator needs to be published, and the definition breaks of what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.indicators.looks import COMPONENTS, looks_of
from tracker.indicators.registry import Indicator
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import platform_named

NO_LOOKS_VI = "chưa nạp số liệu từng bài đăng"
NO_VIEWS_VI = "nền tảng không cho biết lượt xem của bài đăng ở kênh đọc này"
NO_REACH_VI = "số người tiếp cận chỉ có khi chủ tài khoản ủy quyền; không ước tính từ lượt xem"
NO_REPLIES_VI = (
    "trên nền tảng này cơ quan trả lời bằng bình luận; bình luận không được thu thập nên không biết"
)

REPLIES = ("bluesky", "mastodon", "x")
"""Where an account's public replies are posts of its own, of the kind `reply` (the connectors)."""


@dataclass(frozen=True)
class Need:
    """Something an indicator is made of.

    `metrics` are the (entity, column) whose change of meaning concerns it. With `refusal_vi` it
    must be there: the one metric published in the lane, or the platform among `platforms`; without,
    what is missing is unknown number by number (a component of interactions is named instead).
    """

    text_en: str
    metrics: tuple[tuple[str, str], ...] = ()
    refusal_vi: str = ""
    platforms: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ("owner", "public", "declared")

    def met(self, platform: str, lane: str | None) -> bool:
        """Say whether a platform offers it in a lane, None = in any."""
        if not self.refusal_vi:
            return True
        if self.platforms:
            return platform in self.platforms
        return any(
            measure.column == column
            for entity, column in self.metrics
            for name in ([lane] if lane is not None else self.lanes)
            if name in self.lanes
            for measure in platform_named(platform).measures_of(entity, name)
        )


NEEDS = {
    "account.followers": Need("followers of the account", (("account", "followers"),)),
    "post.published_at": Need("publication times of posts", (("account", "posts"),)),
    "post.interactions": Need(
        "reactions, comments and shares of posts; the missing ones are named",
        tuple(("post", name) for name in COMPONENTS),
    ),
    "post.views": Need("views of posts", (("post", "views"),), NO_VIEWS_VI),
    "post.reach": Need(
        "reach of posts, in the lane owner only", (("post", "reach"),), NO_REACH_VI, (), ("owner",)
    ),
    "post.language": Need("language and letters of posts, decided when they were read"),
    "post.replies": Need(
        "replies as posts: Bluesky, Mastodon, X", (), NO_REPLIES_VI, platforms=REPLIES
    ),
    "looks": Need("the looks at single posts (`with_looks`)"),
    "register": Need("accounts and owners of the register"),
}


def lacking(panel: Panel, item: Indicator, account_id: str, lane: str | None) -> str | None:
    """Say in Vietnamese why an indicator cannot be had of an account in a lane (None = in any);
    None = it can."""
    platform = panel.platform_of(account_id)
    for need in item.needs:
        if not NEEDS[need].met(platform, lane):
            return NEEDS[need].refusal_vi
    if "looks" in item.needs and looks_of(panel) is None:
        return NO_LOOKS_VI
    return None


def breaks_of(panel: Panel, item: Indicator, account_id: str) -> list[tuple[date, str]]:
    """Give the days from which a metric behind an indicator means something else, with Vietnamese
    notes, oldest first."""
    platform = panel.platform_of(account_id)
    return sorted(
        {
            pair
            for need in item.needs
            for entity, column in NEEDS[need].metrics
            for pair in panel.breaks_of(platform, entity, column)
        }
    )


def break_notes(panel: Panel, item: Indicator, account_id: str, window: Window) -> tuple[str, ...]:
    """Say which definition breaks lie inside a window: its number mixes two meanings."""
    return tuple(
        f"định nghĩa thay đổi từ {day:%d/%m/%Y}: {note}"
        for day, note in breaks_of(panel, item, account_id)
        if window.start < day < window.end
    )
