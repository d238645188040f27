"""What stands in Threads' replies: posts and what was passed on, insights, cursors, ids, errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Scene, Work, to_json
from jobs.sandbox.tokens import Pair
from jobs.sandbox.world import Whole, World, local_day, utc

METRICS = {
    "views": "views",
    "likes": "reactions",
    "replies": "comments",
    "reposts": "shares",
    "quotes": "quotes",
    "shares": "saves",
}
"""Metric of a post → the world's name; what is sent on is the world's saves."""
WEEK = {name: METRICS[name] for name in ("likes", "quotes", "replies", "reposts", "views")}
USER_METRICS = {name: name for name in (*WEEK, "clicks", "followers_count")}
WEEK_SECONDS = 7 * 86_400
FIELDS = (
    *("id", "media_product_type", "media_type", "permalink", "username", "text", "timestamp"),
    *("shortcode", "is_quote_post"),
)
KINDS = ("TEXT_POST", "IMAGE", "VIDEO", "CAROUSEL_ALBUM")
FACADE = "REPOST_FACADE"
OWN_IDS, FACADE_IDS = 18_000_000_000_000_000, 18_500_000_000_000_000
USAGE = (("x-app-usage", '{"call_count":3,"total_cputime":1,"total_time":2}'),)
PASSED_ON = 4_507
"""Seconds after an own post at which something of somebody else is passed on."""


@dataclass(frozen=True)
class Feed:
    """A profile's list over all time, oldest first. `seconds` orders it; `numbers` are those of its
    own posts, -1 for a post of somebody else.
    """

    seconds: Whole
    numbers: Whole


def feed_of(world: World, account: SyntheticAccount) -> Feed:
    """Line up own posts and what every fourth profile passed on of others."""
    own = world.posts(account.id).published
    passed = own[::9] + PASSED_ON if account.number % 4 == 1 else own[:0]
    passed = passed[~np.isin(passed, own)]
    seconds = np.concatenate((own, passed))
    numbers = np.concatenate((np.arange(len(own)), np.full(len(passed), -1)))
    order = np.argsort(seconds, kind="stable")
    return Feed(seconds[order], numbers[order])


def has_empty_end(account: SyntheticAccount) -> bool:
    """Say whether the last page of a list still has a cursor, which leads to an empty one."""
    return account.number % 5 == 0


def hides_replies(account: SyntheticAccount) -> bool:
    """Say whether Discovery leaves the replies out, as one list of its fields does."""
    return account.number % 17 == 3


def media_id(account: SyntheticAccount, second: int, number: int) -> str:
    """Give the id of an own post, or (number -1) of what was passed on."""
    return str((OWN_IDS if number >= 0 else FACADE_IDS) + second * 10_000 + account.number)


def media_of(scene: Scene, media: str) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of what has an id; None if it cannot be seen (any more)."""
    if not media.isdigit() or int(media) < OWN_IDS:
        return None
    is_own = int(media) < FACADE_IDS
    second, place = divmod(int(media) - (OWN_IDS if is_own else FACADE_IDS), 10_000)
    every = country.every_account()
    account = every[place] if place < len(every) else None
    if account is None or account.platform != "threads" or second > scene.now:
        return None
    if not is_own:
        return account, -1
    posts = scene.world.posts(account.id)
    number = int(np.searchsorted(posts.published, second))
    known = number < len(posts.published) and posts.published[number] == second
    return (account, number) if known and posts.deleted[number] > scene.now else None


def permalink(account: SyntheticAccount, second: int, number: int) -> str | None:
    """Give the address of a post; left out where somebody claims the rights in it."""
    if number % 23 == 11:
        return None
    name = account.handle_on(local_day(second))
    return f"https://www.threads.com/@{name}/post/gialap{second:x}"


def is_quote(number: int) -> bool:
    """Say whether an own post quotes another."""
    return number >= 0 and number % 19 == 4


def kind_of(number: int) -> str:
    """Give the media type."""
    return FACADE if number < 0 else KINDS[number % len(KINDS)]


def item_text(world: World, account: SyntheticAccount, second: int, number: int) -> str:
    """Write what never changes in a post, without braces and address."""
    body: dict[str, object] = {
        "id": media_id(account, second, number),
        "media_product_type": "THREADS",
        "media_type": kind_of(number),
        "timestamp": utc(second).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "is_quote_post": is_quote(number),
    }
    if number >= 0:
        language = LANGUAGES[int(world.posts(account.id).language[number])]
        body["text"] = caption(account, number, language)
    return to_json(body)[1:-1]


def insights_text(
    account: SyntheticAccount, number: int, metrics: Sequence[str], values: Sequence[int]
) -> str:
    """Write a post's counts over its life."""
    listed = ",".join(
        f'{_insight_head(name)},"values":[{{"value":{value}}}]}}'
        for name, value in zip(metrics, values, strict=True)
    )
    return f'{{"data":[{listed}]}}'


@lru_cache(maxsize=16)
def _insight_head(name: str) -> str:
    return to_json({"name": name, "period": "lifetime", "title": name.capitalize()})[:-1]


def user_insight(
    account: SyntheticAccount, name: str, followers: int, week: dict[str, int], now: int
) -> dict[str, object]:
    """Give one metric of a profile in the shape it has: views by day, clicks by address, the
    followers as they are now, everything else as a sum.
    """
    end = now - now % 86_400 + 7 * 3_600
    shape: dict[str, object] = {"total_value": {"value": week.get(name, followers)}}
    if name == "views":
        days = ((end - 86_400, week[name] // 7), (end, week[name] // 9))
        shape = {
            "values": [
                {"value": value, "end_time": utc(at).strftime("%Y-%m-%dT%H:%M:%S+0000")}
                for at, value in days
            ]
        }
    elif name == "clicks":
        shape = {"link_total_values": [{"value": 3, "link_url": "https://gialap.example/"}]}
    about = {"name": name, "period": "day", "title": name, "description": "…"}
    return {**about, **shape, "id": f"{account.native_id}/insights/{name}/day"}


def fields_of(written: str) -> tuple[list[str], list[str]]:
    """Cut `id,text,insights.metric(views,likes)` into fields and metrics."""
    found = re.search(r"insights\.metric\(([a-z_,]*)\)", written)
    plain = written.replace(found[0], "") if found else written
    fields = [name for name in plain.split(",") if name]
    return fields, found[1].split(",") if found else []


def write_cursor(account: SyntheticAccount, second: int) -> str:
    """Make the cursor of the page behind a second."""
    return f"QVFIUgialap{account.number:04d}Z{second}"


def read_cursor(cursor: str, account: SyntheticAccount) -> int | None:
    """Read a cursor of the same profile; None for a foreign one."""
    start = f"QVFIUgialap{account.number:04d}Z"
    second = cursor.removeprefix(start)
    return int(second) if cursor.startswith(start) and second.isdigit() else None


def of_threads() -> list[SyntheticAccount]:
    """List the country's profiles on Threads."""
    return [item for item in country.more_accounts() if item.platform == "threads"]


def has_ended_grant(account: SyntheticAccount) -> bool:
    """Say whether the owner has taken the consent back, so that it cannot be prolonged."""
    return account.number % 29 == 11


def unknown_metric(metrics: list[str], known: dict[str, str], work: Work) -> Reply | None:
    """Refuse the first metric that does not exist; None = all do."""
    for place, name in enumerate(metrics):
        if name not in known:
            listed = ", ".join(known)
            said = f"(#100) metric[{place}] must be one of the following values: {listed}"
            return error(400, 100, said, work)
    return None


def lasting(pair: Pair, now: int, work: Work) -> Reply:
    """Hand out a token of 60 days."""
    body = {
        "access_token": pair.access,
        "token_type": "bearer",
        "expires_in": (pair.ends or now) - now,
    }
    return Reply(200, to_json(body), work)


def missing(name: str, work: Work) -> Reply:
    """Say that there is nothing of this name, or nothing for the one who asks."""
    said = (
        f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation"
    )
    return error(400, 100, said, work, 33, keep=True)


def not_permitted(work: Work) -> Reply:
    """Say that the app has no Advanced Access, or the token not this permission."""
    return error(400, 10, "(#10) Application does not have permission for this action", work)


def ended_token(work: Work) -> Reply:
    """Refuse a token that is wrong, replaced or has ended."""
    said = "Error validating access token: Session has expired"
    return error(400, 190, said, work, 463)


def error(
    status: int,
    code: int,
    message: str,
    work: Work,
    subcode: int | None = None,
    *,
    keep: bool = False,
) -> Reply:
    """Give an error in Meta's envelope. `keep`: asking was needed to learn it."""
    body: dict[str, object] = {"message": message, "type": "THApiException", "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    body["fbtrace_id"] = "Agialap"
    return Reply(status, to_json({"error": body}), work if keep else Work(work.method), USAGE)
