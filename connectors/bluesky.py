"""Reads Bluesky accounts and posts from the public AppView. Needs no key.

Terms: public, openly federated data, no cost and no registration; a post that is gone is no longer
asked for. Counts are exact and unrounded, and may lag by seconds to minutes, because the public
host caches. No `Authorization` header is ever sent: the public host refuses a foreign one.
There are no view counts on this network. Documentation: lexicons of bluesky-social/atproto,
2026-08-20, and docs.bsky.app, 2026-04; read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Budget, Tokens, batches, parse_each
from tracker.errors import (
    AccessDenied,
    AccountGone,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import count, instant, items, optional, optional_text, pick, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

REPOST = "app.bsky.feed.defs#reasonRepost"
UNKNOWN_HANDLE = "handle.invalid"

ERROR_KEEP = ("error", "message")
PROFILE_FIELDS = ("did", "handle", "followersCount", "followsCount", "postsCount")
PROFILES_KEEP = (*(f"profiles[].{field}" for field in PROFILE_FIELDS), *ERROR_KEEP)
PROFILE_KEEP = (*PROFILE_FIELDS, *ERROR_KEEP)
POST_FIELDS = (
    "uri",
    "author.did",
    "record.createdAt",
    "record.reply.parent.cid",
    "indexedAt",
    "likeCount",
    "repostCount",
    "replyCount",
    "quoteCount",
    "bookmarkCount",
)
# A post with a reason was passed on: it may be somebody else's, and its address names its author.
FEED_KEEP = (
    "cursor",
    "feed[].reason.$type",
    "feed[].reason.indexedAt",
    *(f"feed[!reason].post.{field}" for field in POST_FIELDS),
    *ERROR_KEEP,
)
POSTS_KEEP = (*(f"posts[].{field}" for field in POST_FIELDS), *ERROR_KEEP)


class Bluesky:
    """Accounts by DID, posts by `at://` address.

    `native_id` of an account is the DID, which is permanent while handles change freely; of a post
    the whole `at://<did>/app.bsky.feed.post/<rkey>`. A post's kind is `post` or `reply`.
    """

    platform: ClassVar[str] = "bluesky"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "AT Protocol lexicons, bluesky-social/atproto 2026-08-20, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "AccountDeactivated": AccountGone,
        "AccountTakedown": AccountGone,
        "BlockedActor": NotFoundOrNoAccess,
        "BlockedByActor": NotFoundOrNoAccess,
        "AuthMissing": PermissionMissing,
        "ExpiredToken": AccessDenied,
        "InvalidToken": AccessDenied,
        "RateLimitExceeded": RateLimited,
        "UpstreamFailure": Unreachable,
        "InternalServerError": Unreachable,
        "MethodNotImplemented": BadRequest,
        "InvalidRequest": BadRequest,
    }
    """By error name. `InvalidRequest` also stands for "not found": see `parse_error`."""
    batch: ClassVar[int] = 25
    post_batch: ClassVar[int] = 25
    parallel: ClassVar[int] = 4
    pace: ClassVar[float | None] = 10.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget()}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 100
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http = http
        self.base = settings.base_url("bluesky", "https://public.api.bsky.app/xrpc")

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the public door, the only one."""
        return ("public",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every account's posts can be listed."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the platform: one address reads all accounts."""
        return self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read profiles, 25 a request; those left out are asked one by one for the reason."""
        known: dict[str, list[AccountRef]] = {}
        for account in accounts:
            try:
                known.setdefault(self._did(account), []).append(account)
            except (NotFoundOrNoAccess, BadRequest, PayloadChanged) as error:
                yield account, error
        for dids in batches(list(known), self.batch):
            asked = [("actors", did) for did in dids]
            body = answer(self._get("app.bsky.actor.getProfiles", asked, PROFILES_KEEP))
            found = parse_each(items(body, "profiles"), "did", parse_profile)
            for did in dids:
                result = found.get(did) or self._profile(did)
                for account in known[did]:
                    yield account, result

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List own posts and replies newest first, with their counts.

        The filter is `posts_with_replies`: the profile's `postsCount` counts replies too, so only
        this list explains a total that moved; `kind` tells the two apart. Reposts come under every
        filter and are dropped; so is whatever another author wrote, and a post that comes twice.
        Ends after the first page indexed wholly before
        `since`. A stale cursor is answered with HTTP 500: the walk restarts from the top once.
        """
        did = self._did(account)
        seen: set[str] = set()
        cursors: set[str] = set()
        cursor: str | None = None
        restarts = 0
        while True:
            reply = self._get("app.bsky.feed.getAuthorFeed", feed_request(did, cursor), FEED_KEEP)
            if reply.status == 500 and cursor is not None and not restarts:
                restarts, cursor = 1, None
                cursors.clear()
                continue
            page = parse_feed(answer(reply), did)
            for post in page.posts:
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
            if page.cursor is None or page.is_older_than(since):
                return
            if page.cursor in cursors:
                raise PayloadChanged(
                    f"the posts of {account.id} come back to a page already read", "cursor"
                )
            cursor = page.cursor
            cursors.add(cursor)

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts, 25 a request, across accounts; deleted ones are silently left out."""
        known: dict[str, list[PostRef]] = {}
        for post in posts:
            known.setdefault(post.native_id, []).append(post)
        for uris in batches(list(known), self.post_batch):
            asked = [("uris", uri) for uri in uris]
            body = answer(self._get("app.bsky.feed.getPosts", asked, POSTS_KEEP))
            found = parse_each(items(body, "posts"), "uri", parse_post)
            for uri in uris:
                for post in known[uri]:
                    yield post, found.get(uri) or NotFoundOrNoAccess(f"Bluesky left out {uri}")

    def _did(self, account: AccountRef) -> str:
        """Give the DID of an account; a handle is resolved by one request."""
        if account.native_id:
            return account.native_id
        if not account.handle:
            raise BadRequest(f"{account.id} has neither a DID nor a handle to resolve")
        asked = [("handle", account.handle.removeprefix("@"))]
        reply = self._get("com.atproto.identity.resolveHandle", asked, ("did", *ERROR_KEEP))
        return text(answer(reply), "did")

    def _profile(self, did: str) -> ProfileCounts | ReadError:
        """Ask for one profile that a batch left out, to learn why; it may be back by now."""
        try:
            asked = [("actor", did)]
            return parse_profile(
                answer(self._get("app.bsky.actor.getProfile", asked, PROFILE_KEEP))
            )
        except (AccountGone, NotFoundOrNoAccess, BadRequest, PayloadChanged) as error:
            return error

    def _get(self, method: str, params: Sequence[tuple[str, str]], keep: tuple[str, ...]) -> Reply:
        return self.http.get(f"{self.base}/{method}", params, platform=self.platform, keep=keep)


def feed_request(did: str, cursor: str | None) -> list[tuple[str, str]]:
    """Give the parameters of one page of an account's posts."""
    params = [
        ("actor", did),
        ("limit", "100"),
        ("filter", "posts_with_replies"),
        ("includePins", "false"),
    ]
    return params if cursor is None else [*params, ("cursor", cursor)]


def parse_profile(item: Any) -> ProfileCounts:
    """Read one profile. The counts are optional in the lexicon: absent is unknown.

    `handle.invalid` says that the domain no longer points back: an unknown handle, not a rename.
    """
    handle = text(item, "handle")
    return ProfileCounts(
        native_id=text(item, "did"),
        handle=None if handle == UNKNOWN_HANDLE else handle,
        followers=count(item, "followersCount"),
        following=count(item, "followsCount"),
        posts=count(item, "postsCount"),
    )


@dataclass(frozen=True)
class FeedPage:
    """One page of an account's posts. `last_at` is the newest instant on it, None when empty."""

    posts: tuple[PostCounts, ...]
    last_at: datetime | None
    cursor: str | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether all of the page is older than `since`; an empty page decides nothing."""
        return since is not None and self.last_at is not None and self.last_at < since


def parse_feed(body: Any, did: str) -> FeedPage:
    """Read a `getAuthorFeed` reply: the own posts of `did`, newest first by `indexedAt`.

    An entry with a `reason` was passed on or pinned: even an own post stands a second time at its
    own place. A repost tells when it was made, which says how old the page is. A page may be short
    or empty and still carry a cursor; no cursor is the end.
    """
    listed: list[datetime] = []
    own: list[tuple[datetime, PostCounts]] = []
    for item in items(body, "feed"):
        if optional(item, "reason") is not None:
            if optional(item, "reason.$type") == REPOST:
                listed.append(instant(text(item, "reason.indexedAt"), "reason.indexedAt"))
            continue
        indexed_at = instant(text(item, "post.indexedAt"), "post.indexedAt")
        listed.append(indexed_at)
        if text(item, "post.author.did") == did:
            own.append((indexed_at, parse_post(pick(item, "post"))))
    own.sort(key=lambda pair: pair[0], reverse=True)
    return FeedPage(
        tuple(post for _, post in own), max(listed, default=None), optional_text(body, "cursor")
    )


def parse_post(item: Any) -> PostCounts:
    """Read one post view. Shares are the reposts; quotes are kept apart.

    `published_at` is the earlier of `createdAt` (set by the author, may lie in the future or be
    no date at all) and `indexedAt` (the server's own time), which is also how the network sorts.
    """
    uri = text(item, "uri")
    quotes = count(item, "quoteCount")
    return PostCounts(
        native_id=uri,
        published_at=published_at(item),
        url=f"https://bsky.app/profile/{text(item, 'author.did')}/post/{uri.rpartition('/')[2]}",
        kind="post" if optional(item, "record.reply") is None else "reply",
        reactions=count(item, "likeCount"),
        comments=count(item, "replyCount"),
        shares=count(item, "repostCount"),
        saves=count(item, "bookmarkCount"),
        details={} if quotes is None else {"quotes": quotes},
        text=optional_text(item, "record.text"),
    )


def published_at(item: Any) -> datetime:
    """Give the earlier of `createdAt` and `indexedAt`; an unreadable `createdAt` does not count."""
    indexed_at = instant(text(item, "indexedAt"), "indexedAt")
    try:
        return min(instant(text(item, "record.createdAt")), indexed_at)
    except PayloadChanged:
        return indexed_at


def answer(reply: Reply) -> Any:
    """Give the body of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply that is not a JSON object with status 200 into our kind of error.

    Nearly every refusal has HTTP status 400, so the name in the body decides, and for
    `InvalidRequest` the message: "Profile not found" and "Unable to resolve handle" speak of the
    account, everything else of our request.
    """
    if reply.status == 200:
        return PayloadChanged(f"Bluesky answered {reply.kind} that is not a JSON object", "$")
    body = reply.body if isinstance(reply.body, dict) else {}
    name, said = str(body.get("error", "")), str(body.get("message", ""))
    message = f"Bluesky answered HTTP {reply.status} {name}: {said or reply.kind}"
    if name == "InvalidRequest" and speaks_of_account(said):
        return NotFoundOrNoAccess(message)
    kind = Bluesky.errors.get(name) or error_of_status(reply.status)
    return RateLimited(message, retry_at(reply)) if kind is RateLimited else kind(message)


def speaks_of_account(message: str) -> bool:
    """Say whether an InvalidRequest means that the account is not there."""
    return message.casefold().startswith(("profile not found", "unable to resolve handle"))


def error_of_status(status: int) -> type[ReadError]:
    """Give our kind for an HTTP status without a known error name, as proxies send them."""
    if status >= 500:
        return Unreachable
    return {
        401: AccessDenied,
        403: PermissionMissing,
        404: NotFoundOrNoAccess,
        429: RateLimited,
    }.get(status, BadRequest)


def retry_at(reply: Reply) -> datetime | None:
    """Give the UTC instant of `ratelimit-reset` (Unix seconds) or `Retry-After` (seconds)."""
    if (reset := reply.headers.get("ratelimit-reset", "")).isdigit():
        return datetime.fromtimestamp(int(reset), UTC)
    if (seconds := reply.headers.get("retry-after", "")).isdigit():
        return reply.received_at + timedelta(seconds=int(seconds))
    return None
