"""Reads X accounts and posts through the X API v2 with an app's bearer token. Off by default.

Terms: the developer agreement (clause "Government Use") wants an Enterprise plan as soon as what is
read is made available to a government office, so nothing is asked before TRACKER_X_ENABLED=1.
Scraping is forbidden: there is no other door. A deleted post must leave the store within 24 hours
of a request. Cost: every object in a reply is paid for (user 0.010 USD, post 0.005 USD), requests
and refusals are not; the same object again within one UTC day is free, so a night belongs into one
UTC day (until 07:00 in Viet Nam). Rounding: none, counts are exact at the time of the request.

Asked is only what is read. Videos would need the media expansion: its view counts belong to the
file and are shared by all posts that show it, so they are not a post's views. Since August 2026 the
platform renames tweet to post, field by field: either name is read, and TRACKER_X_WORD says which
one is sent. Documentation: https://docs.x.com (xdevplatform/docs of 2026-08-22, OpenAPI 2.167);
read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.base import Budget, Parsed, Tokens, batches, parse_each
from tracker.errors import (
    AccessDenied,
    AccountGone,
    BadRequest,
    ConfigError,
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
from tracker.platforms import X as PLATFORM
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

USERNAME, ID = re.compile(r"[A-Za-z0-9_]{1,15}"), re.compile(r"[0-9]{1,19}")
"""What the platform takes; one other name or id would fail all hundred of its request."""
FIRST_START = datetime(2010, 11, 6, tzinfo=UTC)
"""The earliest `start_time` that the list of posts takes."""
FIRST_VIEWS = datetime(2022, 12, 15, tzinfo=UTC)
"""When views began to be counted, as the platform's card says; earlier posts show 0."""
NO_BETTER = ("usage-capped",)
"""A 429 that waiting minutes does not help: the month's reads are used up."""

PROBLEM = ("title", "detail", "type", "reset_date", "errors[].message")
PARTIAL = tuple(f"errors[].{key}" for key in ("value", "resource_id", "title", "detail", "type"))
USER_METRICS = ("followers_count", "following_count", "tweet_count", "post_count")
USERS_KEEP = (
    *(f"data[].{key}" for key in ("id", "username", "protected")),
    *(f"data[].public_metrics.{key}" for key in USER_METRICS),
    *PARTIAL,
    *PROBLEM,
)
POSTS_KEEP = (
    *(f"data[].{key}" for key in ("id", "author_id", "created_at", "public_metrics")),
    *(f"data[].referenced_{word}s[].type" for word in ("tweet", "post")),
    "meta.result_count",
    "meta.next_token",
    *PARTIAL,
    *PROBLEM,
)


class X:
    """Accounts by user id, posts by post id: both are decimal texts of up to 19 digits.

    A post's kind is `post`, `reply` or `quote`. Reposts are not read: they carry the counts of
    the original.
    """

    platform: ClassVar[str] = "x"
    needs: ClassVar[tuple[str, ...]] = ("X_BEARER_TOKEN",)
    source: ClassVar[str] = "X API v2, OpenAPI 2.167 of 2026-08-22, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "resource-not-found": NotFoundOrNoAccess,
        "resource-unavailable": NotFoundOrNoAccess,
        "disallowed-resource": NotFoundOrNoAccess,
        "not-authorized-for-resource": PermissionMissing,
        "not-authorized-for-field": PermissionMissing,
        "field-unauthorized": PermissionMissing,
        "field-hydration-failure": Unreachable,
        "client-forbidden": PermissionMissing,
        "unsupported-authentication": AccessDenied,
        "credits": QuotaExhausted,
        "credits-depleted": QuotaExhausted,
        "usage-capped": QuotaExhausted,
        "rate-limit-exceeded": RateLimited,
        "invalid-request": BadRequest,
    }
    """By the last part of a problem's `type`, whose host changes; `about:blank` leaves it to the
    HTTP status. A suspended account is a resource not found with another sentence."""
    batch: ClassVar[int] = 100
    post_batch: ClassVar[int] = 100
    parallel: ClassVar[int] = 4
    pace: ClassVar[float | None] = 3.0
    """Within 3,500 look-ups of posts and 10,000 lists in 15 minutes; users are few requests."""
    budgets: ClassVar[Mapping[str, Budget]] = {
        "": Budget(),
        "users": Budget("user read", usd=0.010),
        "posts": Budget("post read", 96_000, usd=0.005),
    }
    """A billing month takes 3 million post reads: this is the share of one of its 31 days."""
    buckets: ClassVar[Mapping[str, str]] = {
        "profile": "users",
        "posts": "posts",
        "refresh": "posts",
        "backfill": "posts",
    }
    list_size: ClassVar[int] = 100
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        if self.platform not in settings.enabled:
            raise ConfigError(PLATFORM.warning_vi)
        self.http = http
        self.base = settings.base_url("x", "https://api.x.com/2")
        self.token = settings.secret("X_BEARER_TOKEN")
        self.word = settings.options.get("X_WORD", "tweet")
        self.protected: set[str] = set()
        """User ids whose posts only followers see, as their profiles said in this run."""
        self.alone: set[str] = set()
        """Accounts that were refused on their own, which says nothing of the others."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the public door, the only one."""
        return ("public",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: a protected account's list is refused, which the night reports."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the platform, whose one token reads all accounts; an account that was refused on its
        own (protected) stands for itself.
        """
        return account.id if account.id in self.alone else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read users, 100 a request: those with an id by their ids, the others by their names."""
        wanted: dict[tuple[str, str], list[AccountRef]] = {}
        for account in accounts:
            try:
                wanted.setdefault(user_selector(account), []).append(account)
            except BadRequest as error:
                yield account, error
        for parameter in ("ids", "usernames"):
            keys = [key for asked, key in wanted if asked == parameter]
            for some in batches(keys, self.batch):
                found = self._users(parameter, some)
                for key in some:
                    for account in wanted[parameter, key]:
                        yield account, self._noted(account, as_registered(found[key], account))

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List own posts, replies and quotes newest first, with their counts.

        The platform itself leaves out what is older than `since` (to the second) and goes back no
        further than the 3,200 most recent posts. Reposts are not asked for and dropped if they
        come. A page may be empty and still name the next; the last one names none.
        """
        user = self._user_id(account)
        if user in self.protected:
            sentence = (
                "is protected: only its followers see its posts; its office can end that on X"
            )
            raise self._noted(account, PermissionMissing(f"{account.id} {sentence}"))
        seen: set[str] = set()
        tokens: set[str] = set()
        token: str | None = None
        while True:
            asked = posts_request(self.word, since, token)
            body = self._get(f"users/{user}/tweets", asked, POSTS_KEEP, "posts")
            page = parse_timeline(body, user)
            if isinstance(page, ReadError):
                raise self._noted(account, page)
            for post in page.posts:
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
            if page.next_token is None:
                return
            if page.next_token in tokens:
                raise PayloadChanged(
                    f"the posts of {account.id} come back to a page already read", "meta.next_token"
                )
            token = page.next_token
            tokens.add(token)

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts, 100 a request, across accounts; those of a closed account are gone."""
        known: dict[str, list[PostRef]] = {}
        for post in posts:
            if ID.fullmatch(post.native_id):
                known.setdefault(post.native_id, []).append(post)
            else:
                yield post, BadRequest(f"{post.native_id!r} is no id of a post on X")
        for ids in batches(list(known), self.post_batch):
            asked = [("ids", ",".join(ids)), *post_fields(self.word)]
            body = self._get("tweets", asked, POSTS_KEEP, "posts")
            found = parse_lookup(body, ids, "id", parse_post)
            for native_id in ids:
                result = found[native_id]
                if isinstance(result, AccountGone):
                    result = NotFoundOrNoAccess(str(result))
                for post in known[native_id]:
                    yield post, self._noted(post.account, result)

    def _users(self, parameter: str, keys: Sequence[str]) -> dict[str, ProfileCounts | ReadError]:
        """Look users up by `ids` or `usernames`, and remember the protected ones."""
        path, name = ("users", "id") if parameter == "ids" else ("users/by", "username")
        asked = [(parameter, ",".join(keys)), ("user.fields", "public_metrics,protected")]
        body = self._get(path, asked, USERS_KEEP, "users")
        found = parse_lookup(body, keys, name, parse_user)
        self.protected.update(
            text(item, "id") for item in listed(body) if optional(item, "protected") is True
        )
        return found

    def _user_id(self, account: AccountRef) -> str:
        """Give the id of an account; a name is resolved by one request."""
        parameter, key = user_selector(account)
        if parameter == "ids":
            return key
        profile = self._users(parameter, [key])[key]
        if isinstance(profile, ReadError):
            raise self._noted(account, profile)
        assert profile.native_id is not None, "parse_user always gives the id"
        return profile.native_id

    def _noted(self, account: AccountRef, result: Parsed) -> Parsed:
        """Remember an account whose own refusal must not stop the others."""
        if isinstance(result, PermissionMissing):
            self.alone.add(account.id)
        return result

    def _get(
        self, path: str, params: Sequence[tuple[str, str]], keep: tuple[str, ...], bucket: str
    ) -> Any:
        """Ask, and count the objects of a good reply: they are what costs money."""
        reply = self.http.get(
            f"{self.base}/{path}",
            params,
            platform=self.platform,
            keep=keep,
            secret=("Authorization", self.token),
            units=0,
            final=NO_BETTER,
        )
        body = answer(reply)
        self.http.charge(len(listed(body)), bucket)
        return body


def user_selector(account: AccountRef) -> tuple[str, str]:
    """Say by which parameter a user is found: `ids`, or `usernames` in small letters.

    Raises BadRequest for what the platform would refuse together with the rest of its batch.
    """
    if account.native_id:
        if ID.fullmatch(account.native_id):
            return "ids", account.native_id
        raise BadRequest(f"{account.id}: {account.native_id!r} is no id of a user on X")
    name = (account.handle or "").removeprefix("@")
    if not name and account.url:
        # An address of more parts (/i/user/1, /name/status/1) begins with a word of X's own, or
        # is a post's.
        name = urlsplit(account.url).path.strip("/").removeprefix("@")
    if USERNAME.fullmatch(name):
        return "usernames", name.lower()
    raise BadRequest(
        f"{account.id} has no user id, and {name!r} is no user name that X looks up "
        "(1 to 15 letters, digits and _); register its numeric id"
    )


def post_fields(word: str) -> list[tuple[str, str]]:
    """Name the fields of posts that are read; what is not asked for is not in the reply."""
    fields = f"public_metrics,created_at,author_id,referenced_{word}s"
    return [(f"{word}.fields", fields)]


def posts_request(word: str, since: datetime | None, token: str | None) -> list[tuple[str, str]]:
    """Give the parameters of one page of a user's posts."""
    params = [("max_results", "100"), ("exclude", "retweets"), *post_fields(word)]
    if since is not None and since >= FIRST_START:
        params.append(("start_time", f"{since:%Y-%m-%dT%H:%M:%SZ}"))
    return params if token is None else [*params, ("pagination_token", token)]


def as_registered(
    result: ProfileCounts | ReadError, account: AccountRef
) -> ProfileCounts | ReadError:
    """Write the handle as the register does when only capitals differ, which is not a rename."""
    if isinstance(result, ReadError) or not result.handle or not account.handle:
        return result
    if result.handle.casefold() != account.handle.removeprefix("@").casefold():
        return result
    return replace(result, handle=account.handle)


def listed(body: Any) -> list[Any]:
    """Give the objects of a reply; the key is absent when there are none."""
    return [] if optional(body, "data") is None else items(body, "data")


def parse_lookup(
    body: Any, keys: Sequence[str], name: str, parse: Callable[[Any], Parsed]
) -> dict[str, Parsed | ReadError]:
    """Give for each key what a look-up found, or why not; `name` is the field that holds the key.

    Raises PayloadChanged for a reply without objects and without reasons, and PermissionMissing
    where the counts themselves are refused.
    """
    if not {"data", "errors"} & body.keys():
        raise PayloadChanged("X answered neither objects nor reasons", "data")
    reasons = parse_reasons(body)
    whole = reasons.get("")
    if isinstance(whole, PermissionMissing):
        raise whole
    parsed = parse_each(listed(body), name, parse)
    by_key = {key.casefold(): result for key, result in parsed.items()}
    found: dict[str, Parsed | ReadError] = {}
    for key in keys:
        result = by_key.get(key)
        if result is None or isinstance(result, PayloadChanged):
            result = reasons.get(key) or whole or result
        found[key] = result or NotFoundOrNoAccess(f"X left out {name} {key} and gave no reason")
    return found


def parse_reasons(body: Any) -> dict[str, ReadError]:
    """Read the partial errors of a reply, by the id or name they speak of, in small letters.

    What speaks of no single object (a field that could not be filled) stands under "".
    """
    reasons: dict[str, ReadError] = {}
    for entry in items(body, "errors") if optional(body, "errors") is not None else ():
        about = optional(entry, "resource_id") or optional(entry, "value") or ""
        reasons.setdefault(str(about).casefold(), parse_reason(entry))
    return reasons


def parse_reason(entry: Any) -> ReadError:
    """Turn one partial error into our kind of error.

    Suspended and missing accounts share the type, so the sentence tells them apart. An unknown type
    is no proof that an account is gone, but nothing was read either.
    """
    title, detail = optional(entry, "title"), optional(entry, "detail")
    message = f"X says {title}: {detail or optional(entry, 'message')}"
    if title == "Forbidden" and "suspended" in str(detail):
        return AccountGone(message)
    return X.errors.get(problem_of(entry), NotFoundOrNoAccess)(message)


def parse_user(item: Any) -> ProfileCounts:
    """Read one user. `tweet_count` or `post_count` counts reposts too; `like_count` is how many
    likes the user gave, and not read. Counts left out are unknown.
    """
    metrics = pick(item, "public_metrics")
    return ProfileCounts(
        native_id=text(item, "id"),
        handle=text(item, "username"),
        followers=count(metrics, "followers_count"),
        following=count(metrics, "following_count"),
        posts=either(metrics, "post_count", "tweet_count"),
    )


@dataclass(frozen=True)
class TimelinePage:
    """One page of a user's posts, without reposts."""

    posts: tuple[PostCounts, ...]
    next_token: str | None


def parse_timeline(body: Any, user: str) -> TimelinePage | ReadError:
    """Read one page of the posts of a user, or the reason why there is none.

    No posts at all is a `meta` without `data`.
    """
    if optional(body, "data") is None:
        reasons = parse_reasons(body)
        if user in reasons:
            return reasons[user]
        if optional(body, "meta") is None:
            lost = PayloadChanged("X answered a list without data, meta and reasons", "meta")
            return next(iter(reasons.values()), lost)
    own = (item for item in listed(body) if optional(item, "author_id") in (None, user))
    posts = tuple(parse_post(item) for item in own if "retweeted" not in references(item))
    return TimelinePage(posts, optional_text(body, "meta.next_token"))


def references(item: Any) -> set[str]:
    """Tell how a post refers to others: `retweeted`, `quoted`, `replied_to`."""
    found: set[str] = set()
    for key in ("referenced_posts", "referenced_tweets"):
        if optional(item, key) is not None:
            found |= {text(one, "type") for one in items(item, key)}
    return found


def parse_post(item: Any) -> PostCounts:
    """Read one post. Shares are the reposts; quotes are kept apart.

    Raises BadRequest for a repost, which carries the counts of the original.
    """
    native_id, kinds = text(item, "id"), references(item)
    if "retweeted" in kinds:
        raise BadRequest(f"{native_id} is a repost: its counts belong to the original post")
    metrics = pick(item, "public_metrics")
    published_at = instant(text(item, "created_at"), "created_at")
    views, quotes = count(metrics, "impression_count"), count(metrics, "quote_count")
    return PostCounts(
        native_id=native_id,
        published_at=published_at,
        url=f"https://x.com/i/web/status/{native_id}",
        kind="reply" if "replied_to" in kinds else "quote" if "quoted" in kinds else "post",
        views=None if views == 0 and published_at < FIRST_VIEWS else views,
        reactions=count(metrics, "like_count"),
        comments=count(metrics, "reply_count"),
        shares=either(metrics, "repost_count", "retweet_count"),
        saves=count(metrics, "bookmark_count"),
        details={} if quotes is None else {"quotes": quotes},
        text=optional_text(item, "text"),
    )


def either(metrics: Any, new: str, old: str) -> int | None:
    """Read a count under its new or its old name."""
    value = count(metrics, new)
    return count(metrics, old) if value is None else value


def answer(reply: Reply) -> Any:
    """Give the body of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply that is not a JSON object with status 200 into our kind of error.

    An error page in HTML is a trouble of the servers in front. Credits that are used up come with
    HTTP 402 and without a date, because a person must buy new ones; a spending limit comes with 403
    and the day on which the next billing cycle begins.
    """
    if reply.status == 200:
        return PayloadChanged(f"X answered {reply.kind} that is not a JSON object", "$")
    body = reply.body if isinstance(reply.body, dict) else {}
    said = [optional(body, key) for key in ("title", "detail", "errors[0].message")]
    sentence = ": ".join(str(part) for part in said if part) or f"no sentence, {reply.kind}"
    message = f"X answered HTTP {reply.status} {sentence}"
    kind = X.errors.get(problem_of(body)) or error_of_status(reply.status)
    if reply.status >= 500 or (reply.kind == "text/html" and reply.status != 429):
        kind = Unreachable
    if kind is RateLimited:
        return RateLimited(message, retry_at(reply))
    if kind is QuotaExhausted:
        return QuotaExhausted(
            f"{message}; credits and limits are set at console.x.com", next_cycle(body)
        )
    if kind is AccessDenied:
        message += "; make a new token at console.x.com and set TRACKER_X_BEARER_TOKEN"
    return kind(message)


def problem_of(body: Any) -> str:
    """Give the last part of a problem's type: its host is api.twitter.com or api.x.com."""
    return str(optional(body, "type") or "").rpartition("/")[2]


def error_of_status(status: int) -> type[ReadError]:
    """Give our kind for an HTTP status without a known type.

    An empty 404 is how X answers a path that it does not serve: our fault, nobody is gone.
    """
    return {
        401: AccessDenied,
        402: QuotaExhausted,
        403: PermissionMissing,
        429: RateLimited,
    }.get(status, BadRequest)


def retry_at(reply: Reply) -> datetime | None:
    """Give the UTC instant of `x-rate-limit-reset` (Unix seconds) or `Retry-After` (seconds)."""
    if (reset := reply.headers.get("x-rate-limit-reset", "")).isdigit():
        return datetime.fromtimestamp(int(reset), UTC)
    if (seconds := reply.headers.get("retry-after", "")).isdigit():
        return reply.received_at + timedelta(seconds=int(seconds))
    return None


def next_cycle(body: Any) -> datetime | None:
    """Give the UTC midnight of `reset_date`; None where the platform names no day."""
    try:
        return instant(f"{optional(body, 'reset_date')}T00:00:00Z")
    except PayloadChanged:
        return None
