"""Reads the replies of LinkedIn's Community Management API and of its token service. Asks nobody.

Documentation: learn.microsoft.com/linkedin/marketing (share statistics 2025-11 and 2026-03, network
size, posts, organization access control, programmatic refresh tokens); read November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.base import parse_each
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Reply
from tracker.payload import count, items, optional, optional_text, pick, text
from tracker.readings import PostCounts
from tracker.secrets import Secret, Token

SCOPES = ("r_organization_social", "rw_organization_admin")
DAY_LIMIT = "DAY limit"
"""Stands in a 429 that lasts until midnight UTC."""
WRONG_LIST = "Unpermitted fields present in PARAMETER"
"""Stands in a 403 for a `List()` that is written wrongly: our fault, not a missing permission."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERRORS: dict[str, type[ReadError]] = {
    "400": BadRequest,
    "401": AccessDenied,
    "403": PermissionMissing,
    "404": NotFoundOrNoAccess,
    "413": TooMuchData,
    "414": TooMuchData,
    "426": BadRequest,
    "429": QuotaExhausted,
}
"""By HTTP status; the codes in the body (65600 to 65602, 100, 101) only repeat it."""
ERROR_KEEP = ("status", "code", "serviceErrorCode", "message")
PAGING_KEEP = ("paging.links[].rel", "paging.links[].href")
SIZE_KEEP = ("firstDegreeSize", *ERROR_KEEP)
LOOKUP_KEEP = ("elements[].id", "elements[].vanityName", *ERROR_KEEP)
POSTS_KEEP = (
    "elements[].id",
    "elements[].lifecycleState",
    "elements[].publishedAt",
    "elements[].lastModifiedAt",
    "elements[].reshareContext.parent",
    *PAGING_KEEP,
    *ERROR_KEEP,
)
STATISTICS_KEEP = (
    "elements[].share",
    "elements[].ugcPost",
    *(
        f"elements[].totalShareStatistics.{field}"
        for field in (
            "impressionCount",
            "uniqueImpressionsCount",
            "clickCount",
            "likeCount",
            "commentCount",
            "shareCount",
        )
    ),
    *PAGING_KEEP,
    *ERROR_KEEP,
)
ROLES_KEEP = ("elements[].organization", *PAGING_KEEP, *ERROR_KEEP)


@dataclass(frozen=True)
class PostsPage:
    """One page of a list of posts. `oldest_change` is the earliest instant at which one of its
    entries (drafts too) was changed, None when it shows none; `broken` is why a post of it could
    not be read; `next_start` None = the end.
    """

    posts: tuple[PostCounts, ...]
    oldest_change: datetime | None
    broken: ReadError | None
    next_start: int | None

    def reaches(self, since: datetime | None) -> bool:
        """Say whether what follows is older than `since`; an empty page decides nothing."""
        return since is not None and self.oldest_change is not None and self.oldest_change < since


@dataclass(frozen=True)
class Listed:
    """One entry of a list; `post` None = not published."""

    post: PostCounts | None
    changed_at: datetime | None


def parse_posts(body: Any) -> PostsPage:
    """Read a page of the `author` finder: published posts, reshares among them."""
    entries = parse_each(items(body, "elements"), "id", parse_listed)
    listed = [entry for entry in entries.values() if isinstance(entry, Listed)]
    broken = [entry for entry in entries.values() if isinstance(entry, ReadError)]
    changes = [entry.changed_at for entry in listed if entry.changed_at is not None]
    return PostsPage(
        posts=tuple(entry.post for entry in listed if entry.post is not None),
        oldest_change=min(changes, default=None),
        broken=broken[0] if broken else None,
        next_start=next_start(body),
    )


def parse_listed(item: Any) -> Listed:
    """Read one entry. Drafts and posts that failed to appear have no `publishedAt`."""
    changed_at = milliseconds(item, "lastModifiedAt")
    if text(item, "lifecycleState") != "PUBLISHED":
        return Listed(None, changed_at)
    published_at = milliseconds(item, "publishedAt")
    if published_at is None:
        raise PayloadChanged("the reply lacks publishedAt of a published post", "publishedAt")
    urn = text(item, "id")
    post = PostCounts(
        native_id=urn,
        published_at=published_at,
        url=post_url(urn),
        kind="post" if optional(item, "reshareContext") is None else "reshare",
        text=optional_text(item, "commentary") or None,
    )
    return Listed(post, max(changed_at or published_at, published_at))


def parse_counts(item: Any, kind: tuple[str, str]) -> PostCounts:
    """Read the statistics of one post; an absent count is unknown."""
    pick(item, "totalShareStatistics")
    urn = text(item, kind[1])
    details = {
        "reach": lifetime_count(item, "uniqueImpressionsCount"),
        "clicks": lifetime_count(item, "clickCount"),
    }
    return PostCounts(
        native_id=urn,
        url=post_url(urn),
        views=lifetime_count(item, "impressionCount"),
        reactions=lifetime_count(item, "likeCount"),
        comments=lifetime_count(item, "commentCount"),
        shares=lifetime_count(item, "shareCount"),
        details={name: value for name, value in details.items() if value is not None},
    )


def lifetime_count(item: Any, field: str) -> int | None:
    """Read one count; a negative one is unknown.

    LinkedIn documents negatives for the counts of single days only (more likes taken back than
    given). As a total it tells nothing, yet the reply is whole and its other counts are good.
    """
    path = f"totalShareStatistics.{field}"
    value = optional(item, path)
    is_negative = isinstance(value, int) and not isinstance(value, bool) and value < 0
    return None if is_negative else count(item, path)


def without_counts(urn: str) -> PostCounts:
    """Give a post that LinkedIn tells nothing of: every count is unknown."""
    return PostCounts(native_id=urn, url=post_url(urn))


def post_url(urn: str) -> str:
    """Give the public address of a post."""
    return f"https://www.linkedin.com/feed/update/{urn}/"


def parted(
    posts: Sequence[PostCounts], oldest: datetime
) -> tuple[list[PostCounts], list[PostCounts]]:
    """Part posts into those published at an instant or later, newest first, and the others."""
    ready = [
        post for post in posts if post.published_at is not None and post.published_at >= oldest
    ]
    gone = {post.native_id for post in ready}
    return newest_first(ready), [post for post in posts if post.native_id not in gone]


def newest_first(posts: Sequence[PostCounts]) -> list[PostCounts]:
    """Order posts by publication."""
    return sorted(posts, key=lambda post: post.published_at or EPOCH, reverse=True)


def next_start(body: Any) -> int | None:
    """Read where the next page starts from its link; None = there is none."""
    for link in optional(body, "paging.links") or ():
        if optional(link, "rel") == "next":
            found = parse_qs(urlsplit(text(link, "href")).query).get("start", [""])[0]
            if not found.isdigit():
                raise PayloadChanged("the link to the next page names no start", "paging.links")
            return int(found)
    return None


def milliseconds(item: Any, path: str) -> datetime | None:
    """Read an instant in milliseconds since 1970, UTC."""
    value = count(item, path)
    try:
        return None if value is None else EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        raise PayloadChanged(f"at {path} expected milliseconds, came {value}", path) from None


def id_text(item: Any, path: str) -> str:
    """Read an id, a number or a text, as its exact text."""
    value = optional(item, path)
    return (
        str(value) if isinstance(value, int) and not isinstance(value, bool) else text(item, path)
    )


def parse_token(reply: Reply, before: Token | None) -> Token:
    """Read the reply of the token service; ends are told as seconds from now.

    Where a token is renewed, the end of the consent stays the earlier one. Raises AccessDenied for
    a code or refresh token that is wrong, used up or has ended. A service in trouble and a wrong
    app secret are Unreachable: a new consent would not help.
    """
    if reply.status == 200 and isinstance(reply.body, dict):
        body, now = reply.body, reply.received_at
        fresh = optional_text(body, "refresh_token")
        ends = ends_at(body, "refresh_token_expires_in", now)
        if before is not None and before.refresh_expires_at is not None:
            ends = min(ends or before.refresh_expires_at, before.refresh_expires_at)
        return Token(
            access=Secret(text(body, "access_token")),
            issued_at=now,
            expires_at=ends_at(body, "expires_in", now),
            refresh=Secret(fresh) if fresh else before.refresh if before else None,
            refresh_expires_at=ends,
            native_id=before.native_id if before else None,
            scopes=before.scopes if before else SCOPES,
        )
    if reply.status == 200:
        raise PayloadChanged(f"LinkedIn's token service answered {reply.kind}", "$")
    body = reply.body if isinstance(reply.body, dict) else {}
    name, said = body.get("error"), body.get("error_description") or "no description"
    message = f"LinkedIn's token service answered HTTP {reply.status} {name}: {said}"
    if name == "invalid_client":
        raise Unreachable(f"{message}; check TRACKER_LINKEDIN_CLIENT_SECRET", not_sent=True)
    if reply.status in (400, 401) and name:
        raise AccessDenied(message)
    raise Unreachable(message, not_sent=reply.status == 429)


def ends_at(body: Any, path: str, now: datetime) -> datetime | None:
    """Turn seconds from now into an instant; None where none are told."""
    seconds = count(body, path)
    return None if seconds is None else now + timedelta(seconds=seconds)


def answer(reply: Reply) -> Any:
    """Give the object of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply that is not a JSON object with status 200 into our kind of error.

    A page in HTML is a trouble of the servers in front, hence passing. A 429 that tells how many
    seconds to wait is a short pause; any other lasts until the next UTC day.
    """
    if reply.status == 200:
        return PayloadChanged(f"LinkedIn answered {reply.kind} that is not a JSON object", "$")
    body = reply.body if isinstance(reply.body, dict) else {}
    codes = [str(body[name]) for name in ("serviceErrorCode", "code") if body.get(name)]
    said = str(body.get("message") or f"no message ({reply.kind})")
    message = f"LinkedIn answered HTTP {' '.join([str(reply.status), *codes])}: {said}"
    kind = ERRORS.get(str(reply.status), BadRequest)
    if kind is QuotaExhausted:
        seconds = reply.headers.get("retry-after", "")
        if seconds.isdigit() and DAY_LIMIT not in said:
            return RateLimited(message, reply.received_at + timedelta(seconds=int(seconds)))
        return QuotaExhausted(message, next_utc_day(reply.received_at))
    if reply.status >= 500 or (not body and kind is not TooMuchData):
        return Unreachable(message)
    if reply.status == 426:
        message += "; set TRACKER_LINKEDIN_VERSION to a version that is active"
    return (BadRequest if WRONG_LIST in said else kind)(message)


def next_utc_day(now: datetime) -> datetime:
    """Give the UTC midnight after an instant: then the day's calls are counted anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
