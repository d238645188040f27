"""What stands in TikTok's replies: ids of videos, counts as each API tells them, pages, and the
accounts with something strange about them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene, Work
from jobs.sandbox.world import COUNTS, DAY_SECONDS, Whole, World

BUSINESS_LAG = 36 * 3600
RESEARCH_LAG = 2 * DAY_SECONDS
"""How many seconds the counts of the Accounts API and of the Research API are behind."""
FROZEN_AFTER = 365 * DAY_SECONDS
"""From this age on the Accounts API's counts stand still."""
DISPLAY_SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.list")
BUSINESS_SCOPES = ("user.info.basic", "user.info.username", "user.info.stats", "video.list")


PAGE = 20
SHORT_PAGE = 13
RESEARCH_PAGE = 100
Notes = Mapping[str, object]

USER = {
    "follower_count": "followers",
    "following_count": "following",
    "likes_count": "likes",
    "video_count": "posts",
}
VIDEO = {
    "view_count": "views",
    "like_count": "reactions",
    "comment_count": "comments",
    "share_count": "shares",
}
VIDEO_NOTES = {"title": "text", "video_description": "text", "share_url": "address"}
RESEARCH_NOTES = {"username": "handle", "video_description": "text"}
RESEARCH_VIDEO = {**VIDEO, "favorites_count": "saves"}
BUSINESS_USER = {
    "followers_count": "followers",
    "following_count": "following",
    "total_likes": "likes",
    "videos_count": "posts",
}
BUSINESS_NOTES = {"share_url": "address", "media_type": "kind", "caption": "text"}
BUSINESS_VIDEO = {
    "video_views": "views",
    "likes": "reactions",
    "comments": "comments",
    "shares": "shares",
    "favorites": "saves",
    "reach": "reach",
}


class Refusal(Exception):
    """A request is answered by an error: HTTP status, code, sentence."""

    def __init__(self, status: int, code: str | int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def is_private(account: SyntheticAccount) -> bool:
    """Say whether an account shows its videos to its followers only."""
    return account.number % 30 == 19


def has_short_pages(account: SyntheticAccount) -> bool:
    """Say whether pages of its list hold fewer videos than asked for."""
    return account.number % 4 == 1


def has_empty_page(account: SyntheticAccount) -> bool:
    """Say whether the second page of its list is empty though more follow."""
    return account.number % 9 == 2


def scopes_of(account: SyntheticAccount, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """List what its owner ticked: some keep their username to themselves."""
    hides = account.number % 10 == 3
    return tuple(name for name in scopes if not hides or name not in scopes[1:2])


def is_photo(number: int) -> bool:
    """Say whether a post is one of photos."""
    return number % 11 == 4


def video_id(account: SyntheticAccount, second: int) -> int:
    """Give the id of the post published at a Unix second: it begins with that second."""
    return (second << 32) | (account.number << 12) | 7


def post_of(world: World, written: str, now: int) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of a post by its id; None if it cannot be seen (any more)."""
    found = int(written) if written.isdigit() else 0
    every, number = country.every_account(), (found & 0xFFFFFFFF) >> 12
    account = every[number] if number < len(every) else None
    if account is None or account.platform != "tiktok" or is_private(account):
        return None
    second = found >> 32
    posts = world.posts(account.id)
    place = int(np.searchsorted(posts.published, second))
    known = place < len(posts.published) and posts.published[place] == second
    if not known or second > now or posts.deleted[place] <= now:
        return None
    return (account, place) if video_id(account, second) == found else None


def visible(world: World, account: SyntheticAccount, now: int) -> Whole:
    """List the numbers of an account's public posts, newest first."""
    numbers = world.visible_posts(account.id, now)[::-1]
    return numbers[:0] if is_private(account) else numbers


def user_counts(world: World, account: SyntheticAccount, second: int) -> dict[str, int]:
    """Give an account's counts at a Unix second by our names."""
    posts = world.posts(account.id)
    share = world.share_at_age(second - posts.published)
    likes = int(np.floor(posts.totals[COUNTS.index("reactions")] * share).sum())
    return {
        "followers": world.followers_at(account.id, second),
        "following": world.following_at(account.id, second),
        "likes": 12 * world.growth(account.id).first + likes,
        "posts": 0 if is_private(account) else world.posts_at(account.id, second),
    }


def business_counts(
    world: World, account: SyntheticAccount, numbers: Whole, second: int
) -> list[dict[str, int]]:
    """Give counts as the Accounts API does: late, with the views of advertising, not after a year,
    and reach only of posts that somebody watched within 7 days.
    """
    posts = world.posts(account.id)
    ages = np.minimum(second - BUSINESS_LAG - posts.published[numbers], FROZEN_AFTER)
    totals = posts.totals[:, numbers]
    now = np.floor(totals * world.share_at_age(ages)).astype(np.int64)
    week = np.floor(totals * world.share_at_age(ages - 7 * DAY_SECONDS)).astype(np.int64)
    found = []
    for place in range(len(numbers)):
        counts = dict(zip(COUNTS, now[:, place].tolist(), strict=True))
        if now[0, place] > week[0, place]:
            counts["reach"] = counts["views"] * 4 // 5
        counts["views"] += counts["views"] // 20
        found.append(counts)
    return found


def display_counts(
    world: World, account: SyntheticAccount, numbers: Whole, second: int
) -> list[dict[str, int]]:
    """Give the counts of this moment, post by post."""
    columns = world.counts_at(account.id, numbers, second)
    rows = zip(*(columns[name].tolist() for name in COUNTS), strict=True)
    return [dict(zip(COUNTS, row, strict=True)) for row in rows]


@lru_cache(maxsize=65_536)
def notes(world: World, account: SyntheticAccount, number: int, handle: str) -> Notes:
    """Give what never changes in a post while its account has this handle, by our names."""
    posts = world.posts(account.id)
    second = int(posts.published[number])
    kind = "photo" if is_photo(number) else "video"
    written = video_id(account, second)
    address = f"https://www.tiktok.com/@{handle}/{kind}/{written}"
    return {
        "id": written,
        "second": second,
        "kind": kind.upper(),
        "handle": handle,
        "address": f"{address}?utm_campaign=tt4d_open_api&utm_source=gialap",
        "text": caption(account, number, LANGUAGES[int(posts.language[number])]),
    }


def listed(
    scene: Scene, account: SyntheticAccount, body: Mapping[str, Any], refusal: str | int
) -> tuple[Whole, dict[str, object], tuple[str, ...]]:
    """Give one page of a list: numbers, paging, and fillers for the ledger that stand for what a
    short or empty page did not hold. The cursor is the millisecond before which to go on; one that
    ends in 1 announces an empty page.
    """
    size = body.get("max_count", 10)
    if not isinstance(size, int) or not 1 <= size <= PAGE:
        raise Refusal(400, refusal, f"max_count must lie between 1 and {PAGE}")
    cursor = body.get("cursor")
    numbers = visible(scene.world, account, scene.now)
    published = scene.world.posts(account.id).published[numbers]
    if cursor is not None:
        if cursor % 1000 == 1:
            paging = {"cursor": cursor - 1, "has_more": True}
            return numbers[:0], paging, tuple(f"{cursor} {place}" for place in range(size))
        numbers = numbers[published * 1000 < cursor]
    least = min(size, SHORT_PAGE) if has_short_pages(account) else size
    page, more = numbers[:least], len(numbers) > least
    last = int(scene.world.posts(account.id).published[page[-1]]) if len(page) else scene.now
    hollow = int(more and cursor is None and has_empty_page(account))
    missing = tuple(f"{cursor} {place}" for place in range(size - least)) if more else ()
    return page, {"cursor": last * 1000 + hollow, "has_more": more}, missing


def known(scene: Scene, account: SyntheticAccount, ids: Sequence[str]) -> Whole:
    """Find the posts of an account among ids; others' and deleted ones are left out."""
    found = (post_of(scene.world, written, scene.now) for written in ids)
    numbers = [one[1] for one in found if one is not None and one[0] is account]
    return np.array(numbers, dtype=np.int64)


def video_ids(filters: Any, refusal: str | int) -> list[str]:
    """Read the ids that are asked for."""
    ids = filters.get("video_ids") if isinstance(filters, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= PAGE:
        raise Refusal(400, refusal, f"filters.video_ids must hold 1 to {PAGE} ids")
    return [str(each) for each in ids]


def video(
    about: Mapping[str, object],
    counts: Mapping[str, int],
    asked: Sequence[str],
    texts: Mapping[str, str],
    columns: Mapping[str, str],
) -> dict[str, object]:
    """Write one video with the fields that were asked for; a count that is not known is absent."""
    item: dict[str, object] = {}
    for name in asked:
        if name in ("id", "item_id"):
            item[name] = str(about["id"])
        elif name == "create_time":
            item[name] = about["second"]
        elif name in texts:
            item[name] = about[texts[name]]
        elif columns[name] in counts:
            item[name] = counts[columns[name]]
    return item


def seen(
    work: Work,
    account: SyntheticAccount,
    videos: Sequence[Mapping[str, object]],
    id_field: str,
    fillers: tuple[str, ...],
) -> Work:
    """Say what a page of videos was good for."""
    if work.kind == "posts":
        return work
    shown = keys(account, [str(item[id_field]) for item in videos])
    return Work(work.method, "list", shown + fillers, account.native_id, shown)


def keys(account: SyntheticAccount, ids: Sequence[str]) -> tuple[str, ...]:
    """Name posts for the ledger, with whose they are."""
    return tuple(f"{account.number}:{each}" for each in dict.fromkeys(ids))


def search_of(body: Any) -> tuple[int, int, int, int]:
    """Read start and end (Unix seconds, half-open), size and cursor of a Research query."""
    try:
        start, end = (
            datetime.strptime(body[name], "%Y%m%d").replace(tzinfo=UTC)
            for name in ("start_date", "end_date")
        )
        size, cursor = body.get("max_count", 20), body.get("cursor", 0)
    except (KeyError, TypeError, ValueError):
        raise Refusal(400, "invalid_params", "start_date and end_date are required") from None
    if not timedelta(0) <= end - start < timedelta(days=30):
        raise Refusal(400, "invalid_params", "end_date is more than 30 days after start_date")
    if not 1 <= size <= RESEARCH_PAGE:
        raise Refusal(400, "invalid_params", f"max_count is above {RESEARCH_PAGE}")
    if cursor and not body.get("search_id"):
        raise Refusal(400, "invalid_params", "search_id is required with a cursor")
    return int(start.timestamp()), int(end.timestamp()) + DAY_SECONDS, size, cursor


def check_fields(asked: Sequence[str], known: Sequence[str], code: str | int = "") -> None:
    """Refuse a field that does not exist, by its name."""
    for name in asked:
        if name not in known:
            raise Refusal(400, code or "invalid_params", f"Invalid field {name} in the request")


def read_json(written: str | None) -> Any:
    """Read a parameter of the Accounts API."""
    try:
        return json.loads(written or "null") or []
    except ValueError:
        raise Refusal(200, 40002, "a parameter is no JSON") from None
