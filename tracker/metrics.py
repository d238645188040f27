"""The vocabulary of counts: metric keys, rounding steps and dated breaks of meaning. Knows no
connector and no store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ACCOUNT_COLUMNS = ("followers", "following", "posts", "views", "likes")
POST_COLUMNS = ("views", "reactions", "comments", "shares", "saves")


@dataclass(frozen=True)
class DefinitionBreak:
    """From `day` on, `metric` of `entity` (account or post) of `platform` means something else."""

    platform: str
    entity: str
    metric: str
    day: date
    note_vi: str
    source: str


BREAKS = (
    DefinitionBreak(
        "youtube",
        "post",
        "views",
        date(2025, 3, 31),
        "Từ 31/03/2025 lượt xem Shorts được tính ở mỗi lần bắt đầu phát hoặc phát lại",
        "YouTube Data API revision history, 2025",
    ),
    DefinitionBreak(
        "youtube",
        "post",
        "views",
        date(2026, 8, 24),
        "Từ 24/08/2026 mọi định dạng tính lượt xem ngay ở khung hình đầu tiên",
        "YouTube Data API revision history, 2026",
    ),
    DefinitionBreak(
        "youtube",
        "account",
        "views",
        date(2025, 3, 31),
        "Từ 31/03/2025 lượt xem Shorts được tính ở mỗi lần bắt đầu phát hoặc phát lại",
        "YouTube Data API revision history, 2025",
    ),
    DefinitionBreak(
        "youtube",
        "account",
        "views",
        date(2026, 8, 24),
        "Từ 24/08/2026 mọi định dạng tính lượt xem ngay ở khung hình đầu tiên",
        "YouTube Data API revision history, 2026",
    ),
    DefinitionBreak(
        "facebook",
        "post",
        "views",
        date(2025, 11, 15),
        "Từ 15/11/2025 Meta bỏ lượt hiển thị, thay bằng lượt xem (post_media_view)",
        "Meta, Deprecated Page Insights metrics, 2 March 2026",
    ),
    DefinitionBreak(
        "facebook",
        "post",
        "reach",
        date(2026, 6, 15),
        "Từ 15/06/2026 Meta bỏ số người tiếp cận cũ, thay bằng số người xem",
        "Meta, Deprecated Page Insights metrics, 2 March 2026",
    ),
)


def definition(platform: str, entity: str, metric: str, day: date) -> str:
    """Name the definition in force on a day: `1` before the first known break, then the ISO day of
    the last break.
    """
    passed = [
        item.day
        for item in BREAKS
        if (item.platform, item.entity, item.metric) == (platform, entity, metric)
        and item.day <= day
    ]
    return max(passed).isoformat() if passed else "1"


ROUNDED = {
    ("youtube", "account", "followers"),
    ("telegram", "post", "views"),
    ("telegram", "post", "reactions"),
}
"""Counts that are shown rounded down to three significant figures from 1,000 up."""


def step(platform: str, entity: str, metric: str, value: int) -> int:
    """Give the rounding unit of a number as the platform shows it; 1 = exact.

    YouTube shows subscribers rounded down to three significant figures from 1,000 up
    (YouTube Data API, channels.statistics.subscriberCount): 12,345 is shown as 12,300, step 100.
    Telegram's preview pages show views and reactions in the same way ("12.3K", "1.45M"). The
    connectors read kinds of reactions as `reactions_…`, rounded likewise.
    """
    kind = "reactions" if metric.startswith("reactions_") else metric
    if (platform, entity, kind) in ROUNDED and value >= 1000:
        return int(10 ** (len(str(value)) - 3))
    return 1
