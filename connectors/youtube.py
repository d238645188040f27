"""Reads YouTube channels and videos through the Data API v3 with an API key.

Terms: an API key reads every public channel; numbers read that way may be kept 30 days (basis
`key_30d`). Cost: 1 unit a request, failed ones included: 50 channels, one page of 50 uploads, or
50 videos; `videos:batchGetStats` has a bucket of 10,000 units a day of its own. Rounding:
subscribers are rounded down to three significant figures from 1,000 up, everything else is exact.
`search.list` is never used. Documentation: https://developers.google.com/youtube/v3/docs,
description revision 20261104, read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from connectors.base import batches, parse_each
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
from tracker.http import Http, Reply
from tracker.payload import count, instant, items, optional, optional_text, pick, text
from tracker.platforms import YOUTUBE
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

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


class YouTube:
    """Channels by id (`UC…`), posts by video id.

    `native_id` of an account is the channel id, of a post the video id. A post's kind is always
    `video`: the API has no field for Shorts, and only one of the two methods that refresh counts
    says what was live, so that a kind read from it would change with the method that answered.
    """

    platform: ClassVar[str] = "youtube"
    needs: ClassVar[tuple[str, ...]] = ("YOUTUBE_API_KEY",)
    source: ClassVar[str] = "YouTube Data API v3, description revision 20261104, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
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
    batch: ClassVar[int] = 50
    post_batch: ClassVar[int] = 50
    parallel: ClassVar[int] = 8
    pace: ClassVar[float | None] = 10.0
    list_size: ClassVar[int] = 50
    list_has_counts: ClassVar[bool] = False

    def __init__(self, http: Http, settings: Settings) -> None:
        self.http = http
        self.base = settings.base_url("youtube", "https://www.googleapis.com/youtube/v3")
        self.key = settings.secret("YOUTUBE_API_KEY")
        self.has_batch_stats = True
        """Whether `videos:batchGetStats` takes our key; a refusal is remembered for the run."""

    def credential(self, account: AccountRef) -> str:
        """Give the platform: one key reads all accounts."""
        return self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read channels, 50 a request; one without a channel id is resolved by its own request."""
        known: dict[str, list[AccountRef]] = {}
        for account in accounts:
            selector = channel_selector(account)
            if selector is None:
                yield account, unresolvable(account)
            elif selector[0] == "id":
                known.setdefault(selector[1], []).append(account)
            else:
                yield account, self._resolve(account, selector)
        for ids in batches(list(known), self.batch):
            found = self._channels([("id", ",".join(ids)), ("maxResults", str(self.batch))])
            for native_id in ids:
                result = found.get(native_id) or left_out("channel", native_id)
                for account in known[native_id]:
                    yield account, as_registered(result, account)

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List the uploads newest first; the counts are unknown here, `refresh` reads them.

        Ends after the first page wholly older than `since`: scheduled videos may sit out of order.
        A playlist that is not found is a channel without public videos (or closed: `profiles`
        says so). An invalid page token restarts the walk once.
        """
        playlist = "UU" + self._channel_id(account).removeprefix("UC")
        seen: set[str] = set()
        tokens: set[str] = set()
        token: str | None = None
        restarts = 0
        while True:
            reply = self._get("playlistItems", uploads_request(playlist, token), UPLOADS_KEEP)
            reasons = error_reasons(reply.body)
            if "playlistNotFound" in reasons and token is None and not restarts:
                return
            if "invalidPageToken" in reasons and token is not None and not restarts:
                restarts, token = 1, None
                tokens.clear()
                continue
            page = parse_uploads(answer(reply))
            for post in page.posts:
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
            if page.next_token is None or page.is_older_than(since):
                return
            if page.next_token in tokens:
                raise PayloadChanged(
                    f"the uploads of {account.id} come back to a page already read", "nextPageToken"
                )
            token = page.next_token
            tokens.add(token)

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read the counts of known videos, 50 a request, across channels.

        Asks `videos:batchGetStats` (own quota bucket) first. The description lists OAuth scopes
        and does not say whether a key is enough, so a refusal falls back to `videos.list`.
        """
        known: dict[str, list[PostRef]] = {}
        for post in posts:
            known.setdefault(post.native_id, []).append(post)
        for ids in batches(list(known), self.post_batch):
            found = parse_each(listed(self._videos(ids)), "id", parse_video)
            for native_id in ids:
                for post in known[native_id]:
                    yield post, found.get(native_id) or left_out("video", native_id)

    def _videos(self, ids: Sequence[str]) -> Any:
        asked = ("id", ",".join(ids))
        if self.has_batch_stats:
            try:
                return answer(
                    self._get(
                        "videos:batchGetStats",
                        [
                            ("part", "id,snippet,statistics"),
                            asked,
                            ("fields", "items(id,snippet/publishTime,statistics)"),
                        ],
                        VIDEO_KEEP,
                    )
                )
            except (AccessDenied, PermissionMissing, NotFoundOrNoAccess, BadRequest):
                self.has_batch_stats = False
        return answer(
            self._get(
                "videos",
                [
                    ("part", "snippet,statistics"),
                    asked,
                    ("maxResults", str(self.post_batch)),
                    ("fields", "items(id,snippet/publishedAt,statistics)"),
                ],
                VIDEO_KEEP,
            )
        )

    def _channels(
        self, selector: Sequence[tuple[str, str]]
    ) -> dict[str, ProfileCounts | ReadError]:
        reply = self._get(
            "channels",
            [
                ("part", "snippet,statistics"),
                *selector,
                ("fields", "items(id,snippet/customUrl,statistics)"),
            ],
            CHANNEL_KEEP,
        )
        return parse_each(listed(answer(reply)), "id", parse_channel)

    def _resolve(self, account: AccountRef, selector: tuple[str, str]) -> ProfileCounts | ReadError:
        """Read one channel by handle or user name; the same reply holds id and counts."""
        try:
            found = self._channels([selector])
        except (NotFoundOrNoAccess, BadRequest, PayloadChanged) as error:
            return error
        if not found:
            return left_out("channel", selector[1])
        return as_registered(next(iter(found.values())), account)

    def _channel_id(self, account: AccountRef) -> str:
        selector = channel_selector(account)
        if selector is None:
            raise unresolvable(account)
        if selector[0] == "id":
            return selector[1]
        profile = self._resolve(account, selector)
        if isinstance(profile, ReadError):
            raise profile
        assert profile.native_id is not None, "parse_channel always gives the id"
        return profile.native_id

    def _get(self, method: str, params: Sequence[tuple[str, str]], keep: tuple[str, ...]) -> Reply:
        return self.http.get(
            f"{self.base}/{method}",
            [*params, ("prettyPrint", "false")],
            platform=self.platform,
            keep=keep,
            secret=("key", self.key),
        )


def channel_selector(account: AccountRef) -> tuple[str, str] | None:
    """Say by which parameter `channels.list` finds an account: id, forHandle or forUsername.

    None for custom addresses (`/c/name`, `/name`), which the API does not resolve; the handle of
    the same name may belong to somebody else.
    """
    if account.native_id:
        return "id", account.native_id
    parts = [unquote(part) for part in urlsplit(account.url or "").path.split("/") if part]
    if len(parts) >= 2 and parts[0] == "channel":
        return "id", parts[1]
    if len(parts) >= 2 and parts[0] == "user":
        return "forUsername", parts[1]
    if parts and parts[0].startswith("@"):
        return "forHandle", parts[0]
    if account.handle and (account.handle.startswith("@") or not parts):
        return "forHandle", "@" + account.handle.removeprefix("@")
    return None


def uploads_request(playlist: str, token: str | None) -> list[tuple[str, str]]:
    """Give the parameters of one page of an uploads playlist."""
    params = [
        ("part", "snippet,contentDetails"),
        ("playlistId", playlist),
        ("maxResults", "50"),
        (
            "fields",
            "nextPageToken,"
            "items(snippet(title,description),contentDetails(videoId,videoPublishedAt))",
        ),
    ]
    return params if token is None else [*params, ("pageToken", token)]


def as_registered(
    result: ProfileCounts | ReadError, account: AccountRef
) -> ProfileCounts | ReadError:
    """Write the handle as the register does when only capitals differ, which is not a rename."""
    if isinstance(result, ReadError) or not result.handle or not account.handle:
        return result
    if result.handle.casefold() != account.handle.casefold():
        return result
    return replace(result, handle=account.handle)


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

    Entries without `videoPublishedAt` are deleted or private and left out. `snippet.publishedAt`
    is the time of adding and not read. Title and description are optional because the archive
    does not keep them.
    """
    posts = []
    for item in listed(body):
        published_at = optional(item, "contentDetails.videoPublishedAt")
        if published_at is None:
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
    known = [kind for reason, kind in YouTube.errors.items() if reason in reasons]
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


def unresolvable(account: AccountRef) -> BadRequest:
    """Say what an account needs before it can be read."""
    return BadRequest(
        f"{account.id} has no channel id, handle or user name that YouTube resolves; "
        f"register its address with /channel/UC… or @handle, not {account.url!r}"
    )
