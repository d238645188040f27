"""Reads Threads profiles: any large public one by Profile Discovery, and those whose office has
connected them by their own token.

Terms: Meta Platform Terms; only counts, ids, times and permalinks are kept, nothing comes from
oEmbed. Profile Discovery (`public`) asks by name with one token of ours, 1,000 questions in any 24
hours; an app without Advanced Access is shown Meta's own profiles only. It tells the followers and
what happened in the last seven days, never totals, no id, and the posts without any count. Private
profiles, those of minors and those below a number of followers that Meta has changed before are not
shown, and nobody says which it is. Own tokens (`owner`) tell the followers, unless no Instagram
account is linked, and the counts of every post, one call a post; 48,000 calls a day at least.
Counts are exact; views and the platform's own `shares` are labelled "in development". Replies to
others are in no list. Documentation: Threads API (Profiles, Retrieve User Posts, Insights, Get
Access Tokens, Long-Lived Tokens, Overview) on developers.facebook.com, read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from connectors import graph
from connectors.base import Budget, Tokens, parse_each
from tracker.errors import (
    AccessDenied,
    BadRequest,
    MetricUnavailable,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import count, instant, items, optional, optional_text, required_count, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

BASE = "https://graph.threads.com/v1.0"
SCOPES = ("threads_basic", "threads_manage_insights")
NAME = re.compile(r"[a-z0-9._]{1,30}")
FIRST_SECOND = 1_688_540_400
"""Lists refuse a `since` before 5 July 2023, when Threads opened."""
FINAL = ('"code":4,', '"code":17,', "reduce the amount of data")
"""A used-up budget and a request that is too large do not get better within the minute."""
STOPPING = (AccessDenied, PermissionMissing, RateLimited, Unreachable)
"""Errors that every further request with the same token would meet again."""

POST_FIELDS = ("id", "media_type", "permalink", "text", "timestamp", "is_quote_post")
ESSENTIAL = ("id", "media_type", "timestamp")
METRICS = ("views", "likes", "replies", "reposts", "quotes", "shares")
WEEK = ("likes", "quotes", "replies", "reposts", "views")
_INSIGHTS = (
    *("data[].name", "data[].total_value.value"),
    *("data[].values[].value", "data[].values[].end_time"),
)
PROFILE_KEEP = ("username", "follower_count", *(f"{name}_count" for name in WEEK), "error")
OWNER_KEEP = ("id", "username", "error")
INSIGHTS_KEEP = (*_INSIGHTS, "error")
LIST_KEEP = (
    *(f"data[].{name}" for name in POST_FIELDS if name != "text"),
    *(f"data[].insights.{name}" for name in _INSIGHTS),
    *("paging.cursors.after", "error"),
)


@dataclass(frozen=True)
class Page:
    """One page of a profile's posts, newest first, without what it only passed on. `following` is
    the cursor behind it, None = the end; `newest_at` the latest instant on it, None when no post
    has one. `has_counts`: the counts came along, None = there is no post to tell it by.
    """

    posts: Mapping[str, PostCounts | ReadError]
    following: str | None
    newest_at: datetime | None
    has_counts: bool | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether every post came before `since`; a page without any decides nothing."""
        return since is not None and self.newest_at is not None and self.newest_at < since


class Threads:
    """Profiles by name in public, by the app's own id for them where connected; posts by media id.

    A look-up tells no id, so that a renamed profile is lost until the office tells its new name. A
    post's kind is its media type (`text_post`, `image`, `video`, `carousel_album`, `audio`), or
    `quote` where it quotes another post.
    """

    platform: ClassVar[str] = "threads"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Threads API v1.0, Profiles, Posts and Insights, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {**graph.ERRORS, "101": AccessDenied}
    """By code; 101 is an app that Meta does not know (any more)."""
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 1
    parallel: ClassVar[int] = 4
    pace: ClassVar[float | None] = 4.0
    budgets: ClassVar[Mapping[str, Budget]] = {
        "": Budget("call", 48_000, rolling=True),
        "discovery": Budget("request", 1_000, rolling=True),
    }
    """48,000 is what a profile that nobody saw has: 4,800 for each time it was seen, at least 10.
    """
    buckets: ClassVar[Mapping[str, str]] = {
        "public/profile": "discovery",
        "public/posts": "discovery",
        "public/backfill": "discovery",
    }
    list_size: ClassVar[int] = 100
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = False
    """What is documented, and true of the public door always. Owners' lists are asked for counts
    all the same: posts that bring them need no call of their own that night."""
    list_every: ClassVar[int] = 7
    needs_for_consent: ClassVar[tuple[str, ...]] = ("THREADS_APP_ID", "THREADS_APP_SECRET")
    consent_vi: ClassVar[str] = (
        "Ứng dụng Meta phải có trường hợp sử dụng Threads và được duyệt hai quyền threads_basic và "
        "threads_manage_insights; khi chưa được duyệt, quản trị viên ứng dụng thêm hồ sơ này làm "
        "người thử nghiệm Threads và hồ sơ chấp nhận lời mời trước (Cài đặt → Quyền của trang "
        "web). Người giữ mật khẩu đăng nhập đúng hồ sơ Threads của cơ quan, mở địa chỉ dưới đây và "
        "đồng ý cả hai quyền. Hồ sơ chưa liên kết tài khoản Instagram thì Threads không cho biết "
        "số người theo dõi. Sự đồng ý có hiệu lực 60 ngày và được máy tự gia hạn."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("threads", BASE)
        self.consent = settings.base_url("threads", "https://threads.com/oauth", "auth")
        self.token = settings.secrets.get("THREADS_ACCESS_TOKEN")
        self.guard = graph.Guard(http, self.platform)
        self.refused: set[str] = set()
        """Fields and metrics that the platform no longer knows, remembered for the run."""
        self.nested: bool | None = None
        """Whether a list brings the counts of its posts; None until the first one was asked."""
        self.without_insights: set[str] = set()
        """Accounts whose list was refused with counts where others' is not."""
        self.limits: dict[str, int] = {}
        """Account id → the size of page that was not too much for the platform."""
        self.trying = threading.Lock()

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door where the account is connected, and the public one where we have a
        token for it; the owner's where there is neither.
        """
        is_connected = self.tokens.find(account.id) is not None
        is_open = self.token is not None
        return ("owner",) * (is_connected or not is_open) + ("public",) * is_open

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: both doors list posts."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account for its own token, the platform for ours."""
        return account.id if account.lane == "owner" else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read profiles, one call each. An error of our own token is raised, one of an owner's
        token costs its profile only.
        """
        for account in accounts:
            try:
                owned = account.lane == "owner"
                yield account, self._own_profile(account) if owned else self._look_up(account)
            except ReadError as error:
                if account.lane != "owner" and isinstance(error, STOPPING):
                    raise
                yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List own posts newest first: those of others that were passed on are left out.

        The platform itself leaves out what is older than `since`; the walk ends at a page without
        a cursor `after`, at an empty one, or at one wholly older than `since`. A post that cannot
        be read is raised after all others were given.
        """
        seen: set[str] = set()
        cursors: set[str] = set()
        broken: ReadError | None = None
        cursor: str | None = None
        while True:
            page = self._page(account, since, cursor)
            for native_id, post in page.posts.items():
                if isinstance(post, ReadError):
                    broken = broken or post
                elif native_id not in seen:
                    seen.add(native_id)
                    yield post
            cursor = page.following
            if cursor is None or page.is_older_than(since):
                break
            if cursor in cursors:
                raise PayloadChanged(
                    f"the posts of {account.id} come back to a page already read",
                    "paging.cursors.after",
                )
            cursors.add(cursor)
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read the counts of known posts, one call each, with the tokens of their owners.

        In public no post has a count: nothing is asked, and everything stays unknown.
        """
        stopped: dict[str, ReadError] = {}
        for post in posts:
            account = post.account
            if account.lane != "owner":
                yield post, PostCounts(post.native_id)
                continue
            try:
                if account.id in stopped:
                    raise stopped[account.id]
                yield post, self._counts(account, post.native_id)
            except ReadError as error:
                if isinstance(error, STOPPING):
                    stopped[account.id] = error
                yield post, error

    # --- Profile Discovery ---

    def _look_up(self, account: AccountRef) -> ProfileCounts:
        asked = [("username", name_of(account))]
        found = parse_profile(self._discover(account, "profile_lookup", asked, PROFILE_KEEP))
        is_same = (found.handle or "").casefold() == name_of(account)
        return replace(found, handle=account.handle) if is_same and account.handle else found

    def _discover(
        self,
        account: AccountRef,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
    ) -> Any:
        if self.token is None:
            raise PermissionMissing(
                f"{account.id} cannot be looked up without TRACKER_THREADS_ACCESS_TOKEN; or its "
                f"office consents with: tracker connect threads --account {account.id}"
            )
        try:
            return self._ask(self.platform, self.token, path, params, keep, bucket="discovery")
        except AccessDenied as error:
            raise AccessDenied(f"TRACKER_THREADS_ACCESS_TOKEN is refused: {error}") from error
        except PermissionMissing as error:
            raise PermissionMissing(
                "the app may not look up profiles: it needs Advanced Access to "
                f"threads_profile_discovery ({error})"
            ) from error
        except NotFoundOrNoAccess as error:
            raise NotFoundOrNoAccess(
                f"Threads shows no profile named {name_of(account)}: it is private, closed, "
                "renamed, a minor's or has too few followers, or the app is not approved yet; ask "
                f"the office ({error})"
            ) from error

    # --- Own profiles ---

    def _own_profile(self, account: AccountRef) -> ProfileCounts:
        """Read the followers; None and `unavailable` where the platform does not give them, as
        where no Instagram account is linked.
        """
        owner = self.tokens.fresh(account, self.renew).native_id or account.native_id
        try:
            found = self._insights(account, "{owner}/threads_insights", ("followers_count",))
        except MetricUnavailable:
            return ProfileCounts(owner, unavailable=("followers",))
        return ProfileCounts(owner, followers=found.get("followers_count"))

    def _counts(self, account: AccountRef, native_id: str) -> PostCounts:
        """Read one post without the metrics that are no longer known. Where a refusal does not say
        which it means, each is asked for by itself, once in a run.
        """
        while metrics := self._known(METRICS):
            try:
                return post_of(native_id, self._insights(account, f"{native_id}/insights", metrics))
            except MetricUnavailable as error:
                refused = {error.metric} & {*metrics}
                if not refused and not error.metric:
                    refused = self._refused_of(account, f"{native_id}/insights", metrics)
                if not refused:
                    raise
                self.refused |= refused
        return PostCounts(native_id)

    def _refused_of(self, account: AccountRef, path: str, metrics: Sequence[str]) -> set[str]:
        """Find out which metrics are refused when they are asked for one by one."""
        refused = set()
        for metric in metrics:
            try:
                self._insights(account, path, (metric,))
            except MetricUnavailable:
                refused.add(metric)
        return refused

    def _insights(
        self, account: AccountRef, path: str, metrics: Sequence[str]
    ) -> dict[str, int | None]:
        params = [("metric", ",".join(metrics))]
        return parse_insights(self._own(account, path, params, INSIGHTS_KEEP, metrics))

    def _own(
        self,
        account: AccountRef,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        metrics: Sequence[str],
    ) -> Any:
        """Ask with the account's own token, once more with a new one where it is refused.

        `{owner}` in the path is the id the token is good for: `me` looks alike in the archive
        whosever it is.
        """
        token = self.tokens.fresh(account, self.renew)
        where = path.replace("{owner}", token.native_id or account.native_id or "me")
        try:
            return self._ask(account.id, token.access, where, params, keep, metrics=metrics)
        except AccessDenied:
            token = self.tokens.fresh(account, self.renew, rejected=token)
        try:
            return self._ask(account.id, token.access, where, params, keep, metrics=metrics)
        except AccessDenied as error:
            raise AccessDenied(
                f"Threads refuses the token of {account.id} ({error}); its office consents again "
                f"with: tracker connect threads --account {account.id}"
            ) from error

    def _ask(
        self,
        credential: str,
        token: Secret,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        *,
        bucket: str = "",
        metrics: Sequence[str] = (),
    ) -> Any:
        self.guard.check(credential)
        reply = self.http.get(
            f"{self.base}/{path}",
            params,
            platform=self.platform,
            keep=keep,
            secret=("access_token", token),
            bucket=bucket,
            final=FINAL,
        )
        self.guard.note(credential, reply)
        return answer(reply, metrics)

    # --- Lists ---

    def _page(self, account: AccountRef, since: datetime | None, cursor: str | None) -> Page:
        """Read one page; until it is known whether lists bring counts, one at a time."""
        if account.lane != "owner" or self.nested is not None:
            return self._fitting_page(account, since, cursor)
        with self.trying:
            page = self._fitting_page(account, since, cursor)
            if self.nested is None and account.id not in self.without_insights:
                self.nested = page.has_counts
            return page

    def _fitting_page(
        self, account: AccountRef, since: datetime | None, cursor: str | None
    ) -> Page:
        """Read one page: smaller where the platform finds it too much, without what it refuses."""
        while True:
            limit = self.limits.get(account.id, self.list_size)
            fields = self._known(POST_FIELDS)
            counted = account.lane == "owner" and self.nested is not False
            metrics = self._known(METRICS) if counted else ()
            if account.id in self.without_insights:
                metrics = ()
            insights = (f"insights.metric({','.join(metrics)})",) if metrics else ()
            params = [("fields", ",".join((*fields, *insights))), ("limit", str(limit))]
            if since is not None:
                params.append(("since", str(max(int(since.timestamp()), FIRST_SECOND))))
            if cursor is not None:
                params.append(("after", cursor))
            try:
                return parse_page(self._list(account, params, metrics))
            except TooMuchData:
                if limit == 1:
                    raise
                self.limits[account.id] = limit // 2
            except (BadRequest, MetricUnavailable, PermissionMissing) as error:
                self._drop(account, error, (*fields, *metrics), is_counted=bool(metrics))

    def _list(
        self, account: AccountRef, params: Sequence[tuple[str, str]], metrics: Sequence[str]
    ) -> Any:
        if account.lane == "owner":
            return self._own(account, "{owner}/threads", params, LIST_KEEP, metrics)
        asked = [("username", name_of(account)), *params]
        return self._discover(account, "profile_posts", asked, LIST_KEEP)

    def _drop(
        self, account: AccountRef, error: ReadError, asked: Sequence[str], *, is_counted: bool
    ) -> None:
        """Remember what a list was refused for: a field or metric of its own, else the counts, of
        all accounts where no list has brought any yet. Raises the error where nothing is left.
        """
        name = error.metric if isinstance(error, MetricUnavailable) else None
        if name in asked and name not in ESSENTIAL:
            self.refused.add(str(name))
        elif not is_counted:
            raise error
        elif self.nested is None and not isinstance(error, PermissionMissing):
            self.nested = False
        else:
            self.without_insights.add(account.id)

    def _known(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.refused)

    # --- Consent ---

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which the profile's owner consents."""
        asked = {
            "client_id": self.settings.secret("THREADS_APP_ID").reveal(),
            "redirect_uri": redirect,
            "scope": ",".join(SCOPES),
            "response_type": "code",
            "state": account.id,
        }
        return f"{self.consent}/authorize?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code into a token of an hour, see whose it is, and turn that into one of 60
        days. The code carries `#_` at its end as it stands in the address.
        """
        app_secret = self.settings.secret("THREADS_APP_SECRET")
        service = token_service(self.base)
        reply = self.http.exchange(
            f"{service}/oauth/access_token",
            {
                "client_id": self.settings.secret("THREADS_APP_ID").reveal(),
                "client_secret": app_secret,
                "grant_type": "authorization_code",
                "redirect_uri": redirect,
                "code": Secret(code.removesuffix("#_")),
            },
            platform=self.platform,
        )
        short = Secret(text(issued(reply), "access_token"))
        owner = self._ask(account.id, short, "me", [("fields", "id,username")], OWNER_KEEP)
        check_owner(account, owner)
        reply = self.http.exchange(
            f"{service}/access_token",
            {
                "grant_type": "th_exchange_token",
                "client_secret": app_secret,
                "access_token": short,
            },
            platform=self.platform,
            in_query=True,
        )
        return parse_token(reply, id_of(owner))

    def renew(self, token: Token) -> Token:
        """Get 60 more days for a token that is a day old at least and has not ended."""
        reply = self.http.exchange(
            f"{token_service(self.base)}/refresh_access_token",
            {"grant_type": "th_refresh_token", "access_token": token.access},
            platform=self.platform,
            in_query=True,
        )
        return parse_token(reply, token.native_id)


def token_service(base: str) -> str:
    """Give the address that token requests begin with: without a version at the platform itself,
    as it stands where another one was set.
    """
    return base.rpartition("/")[0] if base == BASE else base


def name_of(account: AccountRef) -> str:
    """Give the name to look up: the handle, else the first part of the web address."""
    written = account.handle or urlsplit(account.url or "").path.strip("/").partition("/")[0]
    name = written.strip().removeprefix("@").lower()
    if not NAME.fullmatch(name):
        raise BadRequest(f"{account.id} has no Threads name that can be looked up: {written!r}")
    return name


def id_of(item: Any) -> str:
    """Give an id as text; one written as a number keeps all its digits."""
    value = optional(item, "id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(item, "id")


def parse_profile(body: Any) -> ProfileCounts:
    """Read a looked-up profile; beside the followers everything is a sum of the last seven days."""
    week = {f"{name}_7d": count(body, f"{name}_count") for name in WEEK}
    return ProfileCounts(
        handle=optional_text(body, "username"),
        followers=count(body, "follower_count"),
        details={name: value for name, value in week.items() if value is not None},
    )


def parse_insights(body: Any) -> dict[str, int | None]:
    """Read metrics by name, from `total_value` or from `values`, whose latest one counts."""
    return {text(entry, "name"): latest(entry) for entry in items(body, "data")}


def latest(metric: Any) -> int | None:
    """Give the value of one metric; an empty list is unknown."""
    if optional(metric, "total_value") is not None:
        return count(metric, "total_value.value")
    if optional(metric, "values") is None:
        return None
    values = items(metric, "values")
    newest = max(values, key=lambda entry: optional_text(entry, "end_time") or "", default=None)
    return count(newest, "value")


def post_of(native_id: str, metrics: Mapping[str, int | None]) -> PostCounts:
    """Make the counts of a post: `shares` are its reposts, what the platform calls shares is sent
    on to others.
    """
    details = {"quotes": metrics.get("quotes"), "sends": metrics.get("shares")}
    return PostCounts(
        native_id,
        views=metrics.get("views"),
        reactions=metrics.get("likes"),
        comments=metrics.get("replies"),
        shares=metrics.get("reposts"),
        details={name: value for name, value in details.items() if value is not None},
    )


def parse_post(item: Any) -> PostCounts:
    """Read one post of a list, with its counts where they came along."""
    insights = optional(item, "insights")
    kind = text(item, "media_type").lower()
    return replace(
        post_of(id_of(item), {} if insights is None else parse_insights(insights)),
        published_at=instant(text(item, "timestamp"), "timestamp"),
        url=optional_text(item, "permalink"),
        kind="quote" if optional(item, "is_quote_post") is True else kind,
        text=optional_text(item, "text"),
    )


def parse_page(body: Any) -> Page:
    """Read a page of posts; one that cannot be read costs no other.

    A REPOST_FACADE stands for somebody else's post. There is no link to the next page: the end is
    a page without a cursor `after`, or without entries.
    """
    listed = items(body, "data")
    own = [item for item in listed if optional(item, "media_type") != "REPOST_FACADE"]
    posts = parse_each([{**item, "id": id_of(item)} for item in own], "id", parse_post)
    read = [post.published_at for post in posts.values() if isinstance(post, PostCounts)]
    counted = any(optional(item, "insights") is not None for item in own)
    return Page(
        posts,
        graph.after(body) if listed else None,
        max((at for at in read if at is not None), default=None),
        counted if own else None,
    )


def answer(reply: Reply, metrics: Sequence[str]) -> Any:
    """Give the JSON object of a good reply. Raises the ReadError that the reply stands for.

    Beside what Meta's services share: a refused metric is named by its place among those asked for,
    and a profile without a linked Instagram account has no access to the number of its followers.
    """
    try:
        return graph.answer(reply, Threads.errors)
    except (BadRequest, MetricUnavailable, PermissionMissing) as error:
        said = str(error)
        place = re.search(r"metric\[(\d+)\] must be one of", said)
        if place is not None and int(place[1]) < len(metrics):
            raise MetricUnavailable(said, metrics[int(place[1])]) from error
        lowered = said.casefold()
        if "feature_not_available" in lowered or "this threads api feature" in lowered:
            raise MetricUnavailable(said, "followers_count") from error
        raise


def issued(reply: Reply) -> Any:
    """Give the body of a token service's good reply. Raises AccessDenied where only a new consent
    helps, Unreachable where it is unknown whether the service has acted.
    """
    body = reply.body
    if reply.status == 200 and isinstance(body, dict) and "access_token" in body:
        return body
    if isinstance(body, dict) and body.get("error_message") and reply.status < 500:
        raise AccessDenied(f"Threads: {body['error_message']}; the owner consents again")
    error = graph.read_error(body, reply, Threads.errors)
    if isinstance(error, PayloadChanged | RateLimited):
        raise error
    if isinstance(error, Unreachable) and "client secret" not in str(error).casefold():
        raise error
    raise AccessDenied(f"Threads: {error}; the owner consents again")


def parse_token(reply: Reply, native_id: str | None) -> Token:
    """Read a token of 60 days; `expires_in` are seconds. It renews itself: there is no other."""
    body = issued(reply)
    life = timedelta(seconds=required_count(body, "expires_in"))
    return Token(
        access=Secret(text(body, "access_token")),
        issued_at=reply.received_at,
        expires_at=reply.received_at + life,
        native_id=native_id,
    )


def check_owner(account: AccountRef, owner: Any) -> None:
    """Raise PermissionMissing where the consent came from another profile than asked."""
    native_id, name = id_of(owner), optional_text(owner, "username")
    if account.native_id:
        if native_id == account.native_id:
            return
    elif name is None or name.casefold() == name_of(account):
        return
    asked = f"{account.id} ({account.native_id or name_of(account)})"
    raise PermissionMissing(
        f"the consent is for @{name} ({native_id}), not for {asked}: sign in to Threads as the "
        "profile of the office and consent again"
    )
