"""What stands in Bluesky's replies: profiles, authors, posts of others, and the ids of posts."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene, to_json
from jobs.sandbox.world import local_day, utc

POST = "app.bsky.feed.post"
STRANGER = "did:plc:gialapnguoidungkhac2222a"
"""Author of the posts that others wrote and our accounts reposted."""
_TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=1024)
def profile_text(account: SyntheticAccount, handle: str, title: str) -> str:
    """Write a profile without its counts."""
    return to_json(
        {
            "did": account.native_id,
            "handle": handle,
            "displayName": title,
            "description": "Tài khoản giả lập",
            "associated": {"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": False},
            "labels": [],
            "createdAt": "2020-11-02T03:00:00.000Z",
            "indexedAt": "2020-11-02T03:00:00.412Z",
        }
    )


def author(account: SyntheticAccount, second: int) -> dict[str, object]:
    """Give the author object inside a post."""
    return {
        "did": account.native_id,
        "handle": handle_of(account, second),
        "displayName": account.title_on(local_day(second)),
        "labels": [],
        "createdAt": "2020-11-02T03:00:00.000Z",
    }


@lru_cache(maxsize=16_384)
def strange_post(account: SyntheticAccount, second: int) -> str:
    """Write somebody else's post that the account passed on; its counts are the other author's."""
    address = f"at://{STRANGER}/{POST}/{tid(second - 3600)}"
    body = {
        "uri": address,
        "cid": "bafyrei" + hashlib.sha256(address.encode()).hexdigest()[:52],
        "author": {"did": STRANGER, "handle": f"nguoikhac.{country.SERVER}", "labels": []},
        "record": {
            "$type": POST,
            "createdAt": stamp(second - 3600),
            "langs": ["vi"],
            "text": "Bài của người khác được đăng lại",
        },
        "replyCount": 77,
        "repostCount": 777,
        "likeCount": 7_777,
        "quoteCount": 7,
        "bookmarkCount": 7 + account.number,
        "indexedAt": stamp(second - 3600),
        "labels": [],
    }
    return to_json(body)


def handle_of(account: SyntheticAccount, second: int) -> str:
    """Give the handle that the network shows at a Unix second."""
    day = local_day(second)
    broken = country.HANDLE_INVALID.get(account.id)
    return "handle.invalid" if broken and broken[0] <= day < broken[1] else account.handle_on(day)


@lru_cache(maxsize=65_536)
def tid(second: int) -> str:
    """Make a record key: 13 letters that sort like time."""
    number = second * 1_000_000 << 10
    return "".join(_TID_LETTERS[number >> 5 * place & 31] for place in reversed(range(13)))


def uri(account: SyntheticAccount, second: int) -> str:
    """Give the address of the post published at a Unix second."""
    return f"at://{account.native_id}/{POST}/{tid(second)}"


def post_of(scene: Scene, address: str) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of a post by its address; None if it cannot be seen (any more)."""
    pieces = address.removeprefix("at://").split("/")
    account = country.account_of("bluesky", pieces[0]) if len(pieces) == 3 else None
    if account is None or len(pieces[2]) != 13 or set(pieces[2]) - set(_TID_LETTERS):
        return None
    number = 0
    for letter in pieces[2]:
        number = number * 32 + _TID_LETTERS.index(letter)
    second = (number >> 10) // 1_000_000
    posts = scene.world.posts(account.id)
    place = int(np.searchsorted(posts.published, second))
    known = place < len(posts.published) and posts.published[place] == second
    if not known or second > scene.now or posts.deleted[place] <= scene.now:
        return None
    return (account, place) if uri(account, second) == address else None


def created_at(number: int, second: int) -> str:
    """Write the author's own time: in UTC, at times with an offset, seldom far in the future."""
    if number % 97 == 41:
        return stamp(second + 10 * 86_400)
    if number % 7 == 3:
        return utc(second + 7 * 3600).strftime("%Y-%m-%dT%H:%M:%S.000+07:00")
    return stamp(second)


def stamp(second: int, milliseconds: str = "000") -> str:
    """Write an instant with milliseconds and Z."""
    return utc(second).strftime(f"%Y-%m-%dT%H:%M:%S.{milliseconds}Z")
