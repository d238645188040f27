"""What stands in LinkedIn's replies: ids, what posts are like, collections and errors."""

from __future__ import annotations

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Scene, Work, to_json
from jobs.sandbox.world import DAY_SECONDS, Whole

URN = "urn:li:organization:"
WINDOW_DAYS = 365
"""Statistics cover posts of the last 12 months."""
EDITED_AFTER = 21 * DAY_SECONDS


def pages() -> list[SyntheticAccount]:
    """List the LinkedIn pages."""
    return [item for item in country.more_accounts() if item.platform == "linkedin"]


def page_of(urn: str) -> SyntheticAccount | None:
    """Find a page by its urn."""
    return country.account_of("linkedin", urn.removeprefix(URN)) if urn.startswith(URN) else None


def post_urn(account: SyntheticAccount, number: int, second: int) -> str:
    """Make a post's urn: 19 digits out of instant, account and number; every third is a ugcPost."""
    kind = "ugcPost" if number % 3 == 0 else "share"
    return f"urn:li:{kind}:{(second * 1000 << 22) + (account.number << 12) + number % 4096}"


def number_of(scene: Scene, account: SyntheticAccount, urn: str) -> int | None:
    """Find a post's number by its urn; None if it cannot be seen (any more)."""
    digits = urn.rpartition(":")[2]
    second = (int(digits) >> 22) // 1000 if digits.isdigit() else 0
    posts = scene.world.posts(account.id)
    place = int(np.searchsorted(posts.published, second))
    if place >= len(posts.published) or posts.published[place] != second:
        return None
    if second > scene.now or posts.deleted[place] <= scene.now:
        return None
    return place if post_urn(account, place, second) == urn else None


def changed_at(published: Whole, number: int, now: int) -> int:
    """Give when a post was last changed: one in seventeen was edited three weeks later."""
    second = int(published[number])
    edited = second + EDITED_AFTER
    return edited if number % 17 == 3 and edited <= now else second


def has_statistics(second: int, number: int, now: int) -> bool:
    """Say whether a post has statistics: within 12 months, and some never have any."""
    return second > now - WINDOW_DAYS * DAY_SECONDS and number % 29 != 7


def takes_back(number: int) -> bool:
    """Say whether a post shows a negative number of likes."""
    return number % 97 == 3


def reach_of(views: int) -> int:
    """Give how many people saw a post."""
    return views * 7 // 10


def clicks_of(views: int) -> int:
    """Give how many clicks a post got."""
    return views // 50


def list_of(written: str) -> list[str] | None:
    """Read `List(a,b)` of Rest.li 2.0; None for anything else."""
    if not written.startswith("List(") or not written.endswith(")"):
        return None
    urns = written[5:-1].split(",")
    return urns if all(urns) else None


def listing(texts: list[str], start: int, count: int, more: str, work: Work) -> Reply:
    """Give a collection of items already written, with the link to its next page."""
    links = [{"type": "application/json", "rel": "next", "href": more}] if more else []
    if start:
        links.insert(0, {"type": "application/json", "rel": "prev", "href": "/rest/?start=0"})
    paging = to_json({"start": start, "count": count, "links": links})
    return Reply(200, f'{{"paging":{paging},"elements":[{",".join(texts)}]}}', work)


def error(status: int, code: str, message: str, work: Work, service_code: int = 0) -> Reply:
    """Give an error reply in the API's form."""
    body: dict[str, object] = {"status": status, "code": code, "message": message}
    if service_code:
        body["serviceErrorCode"] = service_code
    return Reply(status, to_json(body), work)


def token_error(status: int, name: str, message: str, work: Work) -> Reply:
    """Give an error reply in the token service's form."""
    return Reply(status, to_json({"error": name, "error_description": message}), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast for the moment."""
    body = {
        "status": 429,
        "serviceErrorCode": 101,
        "code": "TOO_MANY_REQUESTS",
        "message": "Resource level throttle limit for calls to this resource is reached.",
    }
    return Reply(429, to_json(body), work, (("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    return error(500, "INTERNAL_SERVER_ERROR", "Internal Server Error", work)
