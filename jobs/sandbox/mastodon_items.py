"""What stands in Mastodon's replies: accounts, boosts, and the ids of statuses."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene, joined, to_json
from jobs.sandbox.world import local_day, utc

SECOND_STEP = 1000 << 16
"""By how much status ids grow in a second: they hold milliseconds above 16 bits."""
EMPTY_STATUS: dict[str, object] = {
    "in_reply_to_id": None,
    "in_reply_to_account_id": None,
    "sensitive": False,
    "spoiler_text": "",
    "edited_at": None,
    "reblog": None,
    "application": None,
    "media_attachments": [],
    "mentions": [],
    "tags": [],
    "emojis": [],
    "card": None,
    "poll": None,
}


def account_text(scene: Scene, account: SyntheticAccount) -> str:
    """Write an Account: a suspended one comes emptied, with zeros; a moved one says where to."""
    world, state, day = scene.world, scene.state(account.id), local_day(scene.now)
    if state == "suspended":
        zeros = {"followers_count": 0, "following_count": 0, "statuses_count": 0}
        return joined(fixed_account_text(account, "", None, state), zeros)
    followers = world.followers_at(account.id, scene.counted_at)
    since = country.FOLLOWERS_HIDDEN.get(account.id)
    if since and day >= since:
        followers = -1
    if state == "moved":
        followers //= 50
    counts = {
        "followers_count": followers,
        "following_count": world.following_at(account.id, scene.counted_at),
        "statuses_count": world.posts_at(account.id, scene.now),
    }
    return joined(fixed_account_text(account, account.title_on(day), day, state), counts)


@lru_cache(maxsize=1024)
def fixed_account_text(
    account: SyntheticAccount, title: str, last_status: date | None, state: str
) -> str:
    """Write an Account entity without its counts."""
    fixed: dict[str, object] = {
        "id": account.native_id,
        "username": account.word,
        "acct": account.word,
        "display_name": title,
        "locked": False,
        "bot": False,
        "group": False,
        "created_at": "2020-10-05T00:00:00.000Z",
        "note": "<p>Tài khoản giả lập</p>" if title else "",
        "url": f"https://{country.SERVER}/@{account.word}",
        "uri": f"https://{country.SERVER}/users/{account.word}",
        "last_status_at": last_status.isoformat() if last_status else None,
        "hide_collections": False,
        "emojis": [],
        "fields": [],
    }
    if state == "suspended":
        fixed["suspended"] = True
    if state == "moved":
        target = country.successor(account.id)
        assert target is not None, "only an account that ended in the merger has moved"
        address = f"https://{country.SERVER}/@{target.word}"
        fixed["moved"] = {"id": target.native_id, "acct": target.word, "url": address}
    return to_json(fixed)


def boost_text(scene: Scene, account: SyntheticAccount, status: int) -> str:
    """Write the status that passes on somebody else's post: its own counts are zeros."""
    second = status // SECOND_STEP
    zeros = {"replies_count": 0, "reblogs_count": 0, "favourites_count": 0, "quotes_count": 0}
    theirs = {
        **EMPTY_STATUS,
        "id": str(status - 3600 * SECOND_STEP),
        "created_at": stamp(second - 3600),
        "visibility": "public",
        "content": "<p>Bài của người khác được chia sẻ lại</p>",
        **dict.fromkeys(zeros, 777),
        "account": {"id": "1", "acct": "nguoikhac@khac.example"},
    }
    own = {
        **EMPTY_STATUS,
        "id": str(status),
        "created_at": stamp(second),
        "visibility": "public",
        "language": None,
        "uri": f"https://{country.SERVER}/users/{account.word}/statuses/{status}/activity",
        "url": None,
        "content": theirs["content"],
        "reblog": theirs,
        **zeros,
    }
    return f'{to_json(own)[:-1]},"account":{account_text(scene, account)}}}'


def status_id(account: SyntheticAccount, second: int) -> int:
    """Give the id of the status of a Unix second: the instant and, below it, the account."""
    return second * SECOND_STEP + account.number * 2


def status_of(scene: Scene, native_id: str) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of a status; None for one that cannot be seen (any more)."""
    if not native_id.isdigit():
        return None
    number = int(native_id) % SECOND_STEP // 2
    if number >= len(country.accounts()):
        return None
    account = country.accounts()[number]
    second = int(native_id) // SECOND_STEP
    posts = scene.world.posts(account.id)
    place = int(np.searchsorted(posts.published, second))
    if (
        place >= len(posts.published)
        or str(status_id(account, int(posts.published[place]))) != native_id
    ):
        return None
    seen = posts.published[place] <= scene.now < posts.deleted[place]
    return (account, place) if account.platform == "mastodon" and seen else None


def stamp(second: int) -> str:
    """Write an instant with milliseconds and Z."""
    return utc(second).strftime("%Y-%m-%dT%H:%M:%S.000Z")
