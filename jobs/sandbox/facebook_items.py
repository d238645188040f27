"""What stands in Facebook's replies: pages, posts, ids, cursors, field expansions, errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Headers, Reply, Scene, Work
from jobs.sandbox.world import local_day, utc

VERSION: Headers = (("facebook-api-version", "v26.0"),)
KINDS = ("like", "love", "care", "haha", "wow", "sad", "angry")
SHARES_OF_KINDS = (0.70, 0.15, 0.03, 0.04, 0.03, 0.02, 0.01)
"""Each kind's part of all reactions; together a little less, as on the platform."""
STATUS_TYPES = ("added_photos", "added_video", "mobile_status_update", "shared_story")
METRICS = {"post_media_view": 1.0, "post_total_media_view_unique": 0.8}
"""Metric of a post → its part of the world's views."""
PAGE_FIELDS = frozenset(
    (
        *("id", "name", "username", "link", "followers_count", "fan_count", "is_published"),
        *("verification_status", "has_transitioned_to_new_page_experience", "published_posts"),
    )
)
POST_FIELDS = frozenset(
    (
        *("id", "created_time", "permalink_url", "status_type", "is_published", "from"),
        *("message", "shares", "comments", "reactions", "insights"),
    )
)
_FIRST_POST = 122_000_000_000_000_000


def graph_json(value: Any) -> str:
    """Write JSON as the Graph API does: only ASCII, slashes escaped, no spaces."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


@cache
def pages() -> tuple[SyntheticAccount, ...]:
    """List the country's pages."""
    return tuple(item for item in country.more_accounts() if item.platform == "facebook")


def turn(account: SyntheticAccount) -> int:
    """Give a page's place in the list, 0..89; quirks go by it."""
    return account.number - pages()[0].number


def is_old(account: SyntheticAccount) -> bool:
    """Say whether a page has not gone over to the new experience: its likes are its own."""
    return turn(account) % 9 == 4


def is_nameless(account: SyntheticAccount) -> bool:
    """Say whether a page has no user name."""
    return turn(account) % 13 == 7


def hides_shares(account: SyntheticAccount) -> bool:
    """Say whether a page's posts never come with `shares`."""
    return turn(account) == 5


def has_empty_page(account: SyntheticAccount) -> bool:
    """Say whether the second page of a page's posts is empty and still has a next one."""
    return turn(account) == 2


def has_insights(account: SyntheticAccount) -> bool:
    """Say whether the owner gets insights; too few people like some pages."""
    return turn(account) != 6


def is_unlisted(account: SyntheticAccount) -> bool:
    """Say whether a page belongs to a business portfolio, so that `me/accounts` leaves it out."""
    return turn(account) == 10


def state_of(scene: Scene, account: SyntheticAccount) -> str:
    """Say what the platform knows of a page: see World.state; every second page that ended with
    the merger of localities was merged into another (`moved`).
    """
    state = scene.state(account.id)
    merged = account.ended_by_merger and local_day(scene.now) >= country.MERGER
    return "moved" if state == "closed" and merged and turn(account) % 2 == 0 else state


def likes_of(followers: int) -> int:
    """Give the likes of an old page."""
    return followers * 97 // 100


def kinds_of(reactions: int) -> list[int]:
    """Cut a post's reactions into their kinds."""
    return [int(reactions * part) for part in SHARES_OF_KINDS]


@lru_cache(maxsize=64)
def _by_name(now: int) -> dict[str, SyntheticAccount]:
    day = local_day(now)
    named = (item for item in pages() if not is_nameless(item))
    return {plain(item.handle_on(day)): item for item in named}


def plain(name: str) -> str:
    """Write a user name so that equal ones are equal."""
    return name.casefold().replace(".", "")


def page_of(asked: str, now: int) -> SyntheticAccount | None:
    """Find a page by number or user name."""
    if asked.isdigit():
        return country.account_of("facebook", asked)
    return _by_name(now).get(plain(asked))


def post_id(account: SyntheticAccount, second: int) -> str:
    """Give the id of the post that a page published at a Unix second."""
    return f"{account.native_id}_{_FIRST_POST + second * 1000 + account.number % 1000}"


def post_of(scene: Scene, asked: str) -> tuple[SyntheticAccount, int] | None:
    """Find page and number of a post by its id; None if it cannot be seen (any more)."""
    page, _, written = asked.partition("_")
    account = country.account_of("facebook", page)
    if account is None or not written.isdigit() or state_of(scene, account) != "open":
        return None
    second = (int(written) - _FIRST_POST) // 1000
    posts = scene.world.posts(account.id)
    number = int(np.searchsorted(posts.published, second))
    is_known = number < len(posts.published) and posts.published[number] == second
    if not is_known or second > scene.now or posts.deleted[number] <= scene.now:
        return None
    return (account, number) if post_id(account, second) == asked else None


def write_cursor(account: SyntheticAccount, second: int, *, empty: bool) -> str:
    """Make the cursor behind a post; `empty` announces an empty page before the next."""
    return f"QVFIgialap{account.number}{'e' if empty else 'f'}{second}"


def read_cursor(cursor: str, account: SyntheticAccount) -> tuple[int, bool] | None:
    """Read a cursor of the same page; None for a foreign one."""
    found = re.fullmatch(rf"QVFIgialap{account.number}([ef])(\d+)", cursor)
    return (int(found[2]), found[1] == "e") if found else None


@dataclass(frozen=True)
class Field:
    """One field of an expansion: `reactions.type(LIKE).limit(0).as(r_like)`."""

    name: str
    options: Mapping[str, str]
    inner: tuple[Field, ...]

    @property
    def shown_as(self) -> str:
        """Give the key of the reply."""
        return self.options.get("as", self.name)


@lru_cache(maxsize=512)
def read_fields(written: str) -> tuple[Field, ...]:
    """Read the parameter `fields`."""
    return tuple(_field(part) for part in _parts(written) if part)


def _parts(written: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, sign in enumerate(written):
        depth += (sign in "({") - (sign in ")}")
        if sign == "," and not depth:
            yield written[start:place]
            start = place + 1
    yield written[start:]


def _field(written: str) -> Field:
    head, _, inner = written.partition("{")
    options = dict(re.findall(r"\.([a-z_]+)\(([^)]*)\)", head))
    return Field(re.split(r"[.({]", head)[0], options, read_fields(inner.removesuffix("}")))


def fixed_texts(scene: Scene, account: SyntheticAccount, number: int) -> dict[str, str]:
    """Write the fields of a post that never change, as JSON by name."""
    posts = scene.world.posts(account.id)
    second = int(posts.published[number])
    native_id = post_id(account, second)
    story = native_id.partition("_")[2]
    values = {
        "id": native_id,
        "created_time": utc(second).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "permalink_url": f"https://www.facebook.com/{account.native_id}/posts/{story}",
        "status_type": STATUS_TYPES[number % len(STATUS_TYPES)],
        "is_published": True,
        "from": {"id": account.native_id},
        "message": caption(account, number, LANGUAGES[int(posts.language[number])]),
    }
    return {name: f'"{name}":{graph_json(value)}' for name, value in values.items()}


def counted_texts(
    account: SyntheticAccount, counts: Mapping[str, int], fields: tuple[Field, ...]
) -> Iterator[str]:
    """Write the fields of a post that count something, as they were asked for."""
    kinds = dict(zip(KINDS, kinds_of(counts["reactions"]), strict=True))
    for field in fields:
        name = field.shown_as
        if field.name == "shares" and counts["shares"] and not hides_shares(account):
            yield f'"{name}":{{"count":{counts["shares"]}}}'
        elif field.name in ("comments", "reactions"):
            wanted = field.options.get("type", "").lower()
            total = kinds[wanted] if wanted else counts[field.name]
            yield f'"{name}":{{"data":[],"summary":{{"total_count":{total}}}}}'
        elif field.name == "insights":
            told = [
                {"name": metric, "values": [{"value": int(counts["views"] * METRICS[metric])}]}
                for metric in field.options.get("metric", "").split(",")
                if has_insights(account)
            ]
            yield f'"{name}":{graph_json({"data": told})}'


def usage(of: str, percent: int) -> Headers:
    """Give the header that tells how much of a budget is used."""
    entry = {
        "type": "pages",
        "call_count": percent,
        "total_cputime": 1,
        "total_time": 2,
        "estimated_time_to_regain_access": 0,
    }
    return (*VERSION, ("x-business-use-case-usage", json.dumps({of: [entry]})))


def error(
    work: Work,
    code: int,
    message: str,
    *,
    status: int = 400,
    headers: Headers = (),
    **more: object,
) -> Reply:
    """Give an error in the Graph API's envelope."""
    named = {"message": message, "type": "OAuthException", "code": code, **more}
    body = graph_json({"error": {**named, "fbtrace_id": "AgialapTraceFacebook"}})
    return Reply(status, body, work, (*VERSION, *headers))


def not_loadable(work: Work, asked: str) -> Reply:
    """Say that an object is gone or not shown to us."""
    said = (
        f"Unsupported get request. Object with ID '{asked}' does not exist, cannot be loaded due "
        "to missing permissions, or does not support this operation"
    )
    return error(work, 100, said, error_subcode=33)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    said = "(#613) Calls to this api have exceeded the rate limit."
    return error(work, 613, said, status=429, headers=(("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    said = "An unexpected error has occurred. Please retry your request later."
    return error(work, 2, said, status=500, is_transient=True)
