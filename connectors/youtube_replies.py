"""Reads the replies of YouTube's Data API v3 and of Google's token service. Asks nobody.

Documentation: https://developers.google.com/youtube/v3/docs, description revision 20261104, and
https://developers.google.com/identity/protocols/oauth2/web-server; read November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Reply
from tracker.payload import count, instant, items, optional, optional_text, pick, text
from tracker.platforms import YOUTUBE
from tracker.readings import PostCounts, ProfileCounts
from tracker.secrets import Secret, Token

SCOPE = "https://www.googleapis.com/auth/youtube.readonly"
CHANNEL_KEEP = (
    "items[].id",
    "items[].snippet.customUrl",
    "items[].statistics.subscriberCount",
    "items[].statistics.hiddenSubscriberCount",
    "items[].statistics.viewCount",
    "items[].statistics.videoCount",
    "error",
)
UPLOADS_KEEP = (
    "nextPageToken",
    "items[].status.privacyStatus",
    "items[].contentDetails.videoId",
    "items[].contentDetails.videoPublishedAt",
    "error",
)
VIDEO_KEEP = (
    "items[].id",
    "items[].snippet.publishTime",
    "items[].snippet.publishedAt",
    "items[].statistics.viewCount",
    "items[].statistics.likeCount",
    "items[].statistics.commentCount",
    "error",
)
ERRORS: dict[str, type[ReadError]] = {
    "quotaExceeded": QuotaExhausted,
    "dailyLimitExceeded": QuotaExhausted,
    "API_KEY_INVALID": AccessDenied,
    "keyInvalid": AccessDenied,
    "authError": AccessDenied,
    "invalid_grant": AccessDenied,
    "SERVICE_DISABLED": PermissionMissing,
    "accessNotConfigured": PermissionMissing,
    "API_KEY_HTTP_REFERRER_BLOCKED": PermissionMissing,
    "API_KEY_IP_ADDRESS_BLOCKED": PermissionMissing,
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
    "RATE_LIMIT_EXCEEDED": RateLimited,
    "playlistNotFound": NotFoundOrNoAccess,
    "playlistItemsNotAccessible": NotFoundOrNoAccess,
    "backendError": Unreachable,
    "invalidPageToken": BadRequest,
}
"""By reason; the first reason of this table that a reply names decides."""


def listed(body: Any) -> list[Any]:
    """Give the items of a reply; the key is absent when there are none."""
    return [] if optional(body, "items") is None else items(body, "items")


def parse_channel(item: Any) -> ProfileCounts:
    """Read one channel. Counts come as decimal text; a hidden subscriber count is unknown."""
    statistics = pick(item, "statistics")
    is_hidden = optional(statistics, "hiddenSubscriberCount") is True
    return ProfileCounts(
        native_id=text(item, "id"),
        handle=optional_text(item, "snippet.customUrl"),
        followers=None if is_hidden else count(statistics, "subscriberCount"),
        posts=count(statistics, "videoCount"),
        views=count(statistics, "viewCount"),
    )


@dataclass(frozen=True)
class UploadsPage:
    """One page of an uploads playlist, without deleted and private entries."""

    posts: tuple[PostCounts, ...]
    next_token: str | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether every video came before `since`; a page without any decides nothing."""
        if since is None or not self.posts:
            return False
        return all(
            post.published_at is not None and post.published_at < since for post in self.posts
        )


def parse_uploads(body: Any) -> UploadsPage:
    """Read a `playlistItems.list` reply.

    Entries without `videoPublishedAt` are deleted or private and left out, as are those that only
    their owner is shown. `snippet.publishedAt` is the time of adding and not read. Title and
    description are optional because the archive does not keep them.
    """
    posts = []
    for item in listed(body):
        published_at = optional(item, "contentDetails.videoPublishedAt")
        if published_at is None or optional(item, "status.privacyStatus") not in (None, "public"):
            continue
        video = text(item, "contentDetails.videoId")
        caption = [optional_text(item, f"snippet.{key}") for key in ("title", "description")]
        posts.append(
            PostCounts(
                native_id=video,
                published_at=instant(published_at),
                url=f"https://www.youtube.com/watch?v={video}",
                kind="video",
                text="\n".join(part for part in caption if part) or None,
            )
        )
    return UploadsPage(tuple(posts), optional_text(body, "nextPageToken"))


def parse_video(item: Any) -> PostCounts:
    """Read one video; the new method calls the instant `publishTime`, the old one `publishedAt`.

    Absent counts are unknown: likes hidden, comments off, views of members-only videos.
    """
    statistics = pick(item, "statistics")
    published_at = optional(item, "snippet.publishTime") or optional(item, "snippet.publishedAt")
    video = text(item, "id")
    return PostCounts(
        native_id=video,
        published_at=None if published_at is None else instant(published_at),
        url=f"https://www.youtube.com/watch?v={video}",
        kind="video",
        views=count(statistics, "viewCount"),
        reactions=count(statistics, "likeCount"),
        comments=count(statistics, "commentCount"),
    )


def parse_token(reply: Reply, before: Token | None) -> Token:
    """Read the reply of the token service; ends are told as seconds from now.

    Raises AccessDenied for a code or a consent that is wrong or has ended. A service in trouble and
    an app that is set up wrongly are Unreachable: a new consent would not help.
    """
    if reply.status == 200 and isinstance(reply.body, dict):
        body, now = reply.body, reply.received_at
        refresh = optional_text(body, "refresh_token")
        ends = ends_at(body, "refresh_token_expires_in", now)
        return Token(
            access=Secret(text(body, "access_token")),
            issued_at=now,
            expires_at=ends_at(body, "expires_in", now),
            refresh=Secret(refresh) if refresh else before.refresh if before else None,
            refresh_expires_at=ends or (before.refresh_expires_at if before else None),
            native_id=before.native_id if before else None,
            scopes=(SCOPE,),
        )
    if reply.status == 200:
        raise PayloadChanged(f"Google's token service answered {reply.kind}", "$")
    body = reply.body if isinstance(reply.body, dict) else {}
    name, said = body.get("error"), body.get("error_description") or "no description"
    message = f"Google's token service answered HTTP {reply.status} {name}: {said}"
    if name == "invalid_grant":
        raise AccessDenied(
            f"{message}; while the app's consent screen is in testing a consent ends after 7 days"
        )
    if name and reply.status < 500:
        message += "; check TRACKER_YOUTUBE_CLIENT_ID, _SECRET and the redirect address"
    raise Unreachable(message, not_sent=bool(name) and reply.status < 500)


def ends_at(body: Any, path: str, now: datetime) -> datetime | None:
    """Turn seconds from now into an instant; None where none are told."""
    seconds = count(body, path)
    return None if seconds is None else now + timedelta(seconds=seconds)


def answer(reply: Reply) -> Any:
    """Give the body of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply that is not a JSON object with status 200 into our kind of error.

    A 403 is not one thing: the reason decides, then the status. An error page in HTML is a
    trouble of the servers in front, hence passing.
    """
    if reply.body is None and reply.status != 200:
        return Unreachable(f"YouTube answered HTTP {reply.status} without JSON ({reply.kind})")
    if reply.status == 200:
        return PayloadChanged(f"YouTube answered {reply.kind} that is not a JSON object", "$")
    reasons = error_reasons(reply.body)
    known = [kind for reason, kind in ERRORS.items() if reason in reasons]
    kind = known[0] if known else error_of_status(reply.status)
    said = f"HTTP {reply.status} {', '.join(reasons)}: {error_message(reply.body)}"
    message = f"YouTube answered {said}"
    if kind is QuotaExhausted:
        return QuotaExhausted(message, next_quota_day(reply.received_at))
    if kind is RateLimited:
        return RateLimited(message, retry_at(reply))
    return kind(message)


def error_of_status(status: int) -> type[ReadError]:
    """Give our kind for an HTTP status whose reason is not on the card."""
    if status >= 500:
        return Unreachable
    return {
        401: AccessDenied,
        403: PermissionMissing,
        404: NotFoundOrNoAccess,
        429: RateLimited,
    }.get(status, BadRequest)


def error_reasons(body: Any) -> list[str]:
    """List the reasons of an error body; the token service gives its one reason as text."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, str):
        return [error]
    if not isinstance(error, Mapping):
        return []
    entries = [*(error.get("details") or ()), *(error.get("errors") or ())]
    return [
        str(entry["reason"])
        for entry in entries
        if isinstance(entry, Mapping) and entry.get("reason")
    ]


def error_message(body: Any) -> str:
    """Give the platform's own sentence, or a remark that there is none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    return str(message) if message else "no message"


def next_quota_day(now: datetime) -> datetime:
    """Give the UTC instant at which the quota day after `now` (UTC) starts: 00:00 US Pacific."""
    zone = ZoneInfo(YOUTUBE.quota_zone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)


def retry_at(reply: Reply) -> datetime | None:
    """Give the UTC instant a `Retry-After` header in seconds names; None without one."""
    seconds = reply.headers.get("retry-after", "")
    return reply.received_at + timedelta(seconds=int(seconds)) if seconds.isdigit() else None


def left_out(what: str, native_id: str) -> NotFoundOrNoAccess:
    """Say that a reply leaves an id out, which YouTube does for closed and mistyped ones alike."""
    return NotFoundOrNoAccess(
        f"YouTube left out {what} {native_id}: closed, private, or a wrong id"
    )
