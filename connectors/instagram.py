"""Reads Instagram's professional accounts: any of them by Business Discovery, and those whose
office has connected them by their own token.

Terms: Meta Platform Terms; only counts, ids, times and permalinks are kept. Business Discovery
(`public`) asks from one professional account of ours, which is linked to a page, by name: personal,
closed, renamed and age-gated accounts are not shown, and nobody says which it is. It costs one call
an account (200 calls an hour for each daily user of the app), followers and the newest 25 posts
together. Counts are exact; what an owner hides is left out, never 0. Views stand on Reels only and
include paid ones. Own tokens (`owner`, Instagram Login) have a budget of their own and tell saves,
shares, reach and views of every post besides, organic ones, up to 48 hours late. Stories are in no
list. Documentation: Instagram Platform (Business Discovery, IG User, IG Media, Media Insights,
Business Login, Rate limits) on developers.facebook.com, Graph API v26.0, read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from connectors import graph
from connectors.base import Budget, Tokens, not_connected
from tracker.errors import (
    AccessDenied,
    BadRequest,
    MetricUnavailable,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.http.reply import parse_json
from tracker.payload import count, instant, items, optional, optional_text, pick, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

OWN_PAGE = 100
SCOPES = ("instagram_business_basic", "instagram_business_manage_insights")
STOPPING = (AccessDenied, PermissionMissing, QuotaExhausted, RateLimited, Unreachable)
"""Errors that every further request with the same token would meet again."""
NAME = re.compile(r"[a-z0-9._]{1,30}")

PROFILE_FIELDS = ("username", "followers_count", "follows_count", "media_count")
POST_FIELDS = ("id", "caption", "media_type", "media_product_type", "permalink", "timestamp")
POST_COUNTS = ("like_count", "comments_count")
DISCOVERY_COUNTS = (*POST_COUNTS, "view_count", "reposts_count")
METRICS = ("views", "saved", "shares", "reach", "reposts")
ESSENTIAL = ("id", "user_id", "timestamp")
COLUMNS = {
    "followers_count": "followers",
    "follows_count": "following",
    "media_count": "posts",
    "like_count": "reactions",
    "comments_count": "comments",
    "view_count": "views",
    "reposts_count": "reposts",
    "saved": "saves",
    **{name: name for name in ("views", "shares", "reach", "reposts")},
}
"""Field or metric → the column that stays empty when it is refused."""

_POST_KEEP = tuple(name for name in (*POST_FIELDS, *DISCOVERY_COUNTS) if name != "caption")
DISCOVERY_KEEP = (
    *(f"business_discovery.{name}" for name in ("id", *PROFILE_FIELDS)),
    *(f"business_discovery.media.data[].{name}" for name in _POST_KEEP),
    "business_discovery.media.paging.cursors.after",
    "error",
)
OWN_KEEP = (
    *(f"{at}{name}" for name in ("user_id", *PROFILE_FIELDS) for at in ("", "data[].")),
    "error",
)
OWN_POSTS_KEEP = (
    *(f"data[].{name}" for name in _POST_KEEP),
    "data[].insights.data[].name",
    "data[].insights.data[].values[].value",
    "paging.cursors.after",
    "paging.has_next",
    "error",
)


@dataclass(frozen=True)
class Page:
    """One page of an account's posts, newest first. `following` is the cursor behind it, None = the
    end; `oldest_at` the oldest instant on it, None when it is empty.
    """

    posts: Mapping[str, PostCounts | ReadError]
    following: str | None
    oldest_at: datetime | None

    def reaches(self, since: datetime | None) -> bool:
        """Say whether nothing newer than `since` lies behind: the list is in order of time."""
        return since is not None and self.oldest_at is not None and self.oldest_at < since


class Instagram:
    """Accounts by name, posts by media id.

    `native_id` of an account is its `17841…` id, the same through both doors; the name is what a
    look-up needs, so that a renamed account is lost until the office tells its new name. A post's
    kind is its place (`feed`, `reels`), else what it is (`image`, `video`, `carousel_album`).
    """

    platform: ClassVar[str] = "instagram"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Instagram Platform, Graph API v26.0, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        **graph.ERRORS,
        "110": NotFoundOrNoAccess,
        "80002": RateLimited,
    }
    """By code; 110 (with 2207013) is a name that Business Discovery does not show, 80002 the end of
    an account's own budget."""
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 25
    parallel: ClassVar[int] = 4
    pace: ClassVar[float | None] = 0.05
    budgets: ClassVar[Mapping[str, Budget]] = {
        "": Budget("call", 200, hours=1, rolling=True),
        "owner": Budget("call"),
    }
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 25
    newest_size: ClassVar[int] = 25
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1
    needs_for_consent: ClassVar[tuple[str, ...]] = ("INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET")
    consent_vi: ClassVar[str] = (
        "Tài khoản Instagram phải là tài khoản chuyên nghiệp (doanh nghiệp hoặc người sáng tạo nội "
        "dung). Ứng dụng Meta phải được duyệt hai quyền instagram_business_basic và "
        "instagram_business_manage_insights; khi chưa được duyệt, quản trị viên ứng dụng thêm tài "
        "khoản này làm người thử nghiệm Instagram và tài khoản chấp nhận lời mời trước. Người giữ "
        "mật khẩu đăng nhập đúng tài khoản của cơ quan, mở địa chỉ dưới đây và bật cả hai quyền. "
        "Sự đồng ý có hiệu lực 60 ngày và được máy tự gia hạn."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("instagram", "https://graph.facebook.com/v26.0")
        self.business = settings.base_url(
            "instagram", "https://graph.instagram.com/v26.0", "business"
        )
        # Consent page and code service are two hosts of one door: both follow the same setting.
        self.consent = settings.base_url("instagram", "https://www.instagram.com/oauth", "auth")
        self.codes = settings.base_url("instagram", "https://api.instagram.com/oauth", "auth")
        self.token = settings.secrets.get("INSTAGRAM_ACCESS_TOKEN")
        self.me = settings.secrets.get("INSTAGRAM_USER_ID")
        self.guard = graph.Guard(http, self.platform)
        self.refused: dict[str, set[str]] = {"public": set(), "owner": set()}
        """Fields and metrics that a door no longer knows, remembered for the run."""
        self.without_insights: set[str] = set()
        """Accounts with a post whose missing insights fail a whole page, remembered for the run."""
        self.pages: dict[tuple[str, str, str | None], Page] = {}
        """(account id, lane, cursor) → the page behind that cursor as last read in this run."""
        self.given: set[tuple[str, str]] = set()
        """(account id, lane) whose first page went out with the profile in this run."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door where the account is connected, and the public one where we have a
        token for it; the owner's where there is neither.
        """
        lanes = ["owner"] if self.tokens.find(account.id) is not None else []
        if self.token is not None and self.me is not None:
            lanes.append("public")
        return tuple(lanes) or ("owner",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: both doors list posts."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account for its own token, the platform for ours."""
        return account.id if account.lane == "owner" else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read accounts, one call each; discovered ones bring their newest 25 posts along.

        An error of our own token is raised, one of an owner's token costs its account only.
        """
        for account in accounts:
            try:
                owned = account.lane == "owner"
                yield account, self._own_profile(account) if owned else self._discovered(account)
            except ReadError as error:
                if account.lane != "owner" and isinstance(error, STOPPING):
                    raise
                yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List posts newest first, with their counts, behind those that came with the profile.

        Ends with the page that reaches back to `since`: the list is in order of time, so that no
        page is read in vain. A post that cannot be read is raised after all others were given.
        """
        given = (account.id, account.lane) in self.given
        seen: set[str] = set()
        broken: ReadError | None = None
        for page in self._walk(account, lambda cursor, _: given and cursor is None):
            for native_id, post in page.posts.items():
                if isinstance(post, ReadError):
                    broken = broken or post
                elif native_id not in seen:
                    seen.add(native_id)
                    yield post
            if page.reaches(since):
                break
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts again, account by account.

        No door is documented to look up several posts by their ids, so pages of the list are read
        until all are found or it ends; those that this run has seen without them are skipped.
        """
        accounts: dict[AccountRef, dict[str, list[PostRef]]] = {}
        for post in posts:
            accounts.setdefault(post.account, {}).setdefault(post.native_id, []).append(post)
        for account, waiting in accounts.items():
            try:
                for native_id, result in self._find(account, set(waiting)):
                    for post in waiting.pop(native_id):
                        yield post, result
            except ReadError as error:
                if account.lane != "owner" and isinstance(error, STOPPING):
                    raise
                for post in (post for refs in waiting.values() for post in refs):
                    yield post, error

    def _find(
        self, account: AccountRef, wanted: set[str]
    ) -> Iterator[tuple[str, PostCounts | ReadError]]:
        for page in self._walk(account, lambda _, known: wanted.isdisjoint(known.posts)):
            for native_id in wanted & page.posts.keys():
                yield native_id, page.posts[native_id]
            wanted.difference_update(page.posts)
            if not wanted:
                return
        for native_id in wanted:
            yield native_id, NotFoundOrNoAccess(f"{native_id} is not in the list of {account.id}")

    def _walk(
        self, account: AccountRef, skip: Callable[[str | None, Page], bool]
    ) -> Iterator[Page]:
        """Give page after page; one that this run has read already and may `skip` comes without its
        posts and without a request.
        """
        cursor: str | None = None
        cursors: set[str] = set()
        while True:
            page = self.pages.get((account.id, account.lane, cursor))
            if page is not None and skip(cursor, page):
                page = replace(page, posts={})
            else:
                page = self._page(account, cursor)
            yield page
            cursor = page.following
            if cursor is None:
                return
            if cursor in cursors:
                raise PayloadChanged(
                    f"the posts of {account.id} come back to a page already read", "paging"
                )
            cursors.add(cursor)

    def _page(self, account: AccountRef, cursor: str | None) -> Page:
        """Read one page of an account's posts in its lane and remember it."""
        if account.lane == "owner":
            page = self._own_page(account, cursor)
        else:
            found = self._discover(account, cursor)
            native_id = id_of(found, "id")
            if account.native_id not in (None, native_id):
                raise BadRequest(
                    f"the name of {account.id} now belongs to {native_id}, not to "
                    f"{account.native_id}; a person decides"
                )
            page = parse_discovered(found)
        self.pages[account.id, account.lane, cursor] = page
        return page

    def _narrowing(
        self, lane: str, names: Sequence[str], limit: int, ask: Callable[[Sequence[str], int], Any]
    ) -> Any:
        """Ask for fields and a number of posts: for fewer posts where the platform finds it too
        much, without the fields that it no longer knows, which is remembered.
        """
        while True:
            known = [name for name in names if name not in self.refused[lane]]
            try:
                return ask(known, limit)
            except TooMuchData:
                if limit == 1:
                    raise
                limit //= 2
            except (MetricUnavailable, BadRequest) as error:
                refused = refused_names(error, known)
                if not refused:
                    raise
                self.refused[lane] |= refused

    # --- Business Discovery ---

    def _discovered(self, account: AccountRef) -> ProfileCounts:
        """Read an account and its newest posts in one call.

        Posts of a stranger under the account's name are not ours to keep, and a page with a post
        that cannot be read is left to `posts`, which says so.
        """
        self.given.discard((account.id, "public"))
        found = self._discover(account, None, PROFILE_FIELDS)
        profile = parse_profile(found, "id", self.refused["public"])
        if account.native_id not in (None, profile.native_id):
            return profile
        try:
            page = parse_discovered(found)
        except PayloadChanged:
            return profile
        newest = tuple(post for post in page.posts.values() if isinstance(post, PostCounts))
        if len(newest) < len(page.posts):
            return profile
        self.pages[account.id, "public", None] = page
        self.given.add((account.id, "public"))
        is_all = page.following is None and (bool(newest) or not profile.posts)
        return replace(profile, newest=newest, newest_is_all=is_all)

    def _discover(
        self, account: AccountRef, cursor: str | None, profile_fields: Sequence[str] = ()
    ) -> Any:
        """Give what stands inside `business_discovery`: the outer id of the reply is our own."""
        if self.token is None or self.me is None:
            raise PermissionMissing(
                "Business Discovery needs TRACKER_INSTAGRAM_ACCESS_TOKEN and "
                f"TRACKER_INSTAGRAM_USER_ID; without them {not_connected(account)}"
            )
        name, me, token = name_of(account), self.me.reveal(), self.token

        def ask(known: Sequence[str], limit: int) -> Any:
            self.guard.check(self.platform)
            reply = self.http.get(
                f"{self.base}/{me}",
                [("fields", discovery(name, known, cursor, limit))],
                platform=self.platform,
                keep=DISCOVERY_KEEP,
                secret=("access_token", token),
            )
            self.guard.note(self.platform, reply)
            try:
                return pick(graph.answer(reply, self.errors), "business_discovery")
            except (AccessDenied, NotFoundOrNoAccess, MetricUnavailable) as error:
                raise explained(error, account, reply) from error

        names = (*profile_fields, *POST_FIELDS, *DISCOVERY_COUNTS)
        return self._narrowing("public", names, self.list_size, ask)

    # --- Own accounts ---

    def _own_profile(self, account: AccountRef) -> ProfileCounts:
        def ask(known: Sequence[str], limit: int) -> Any:
            return self._own(account, "me", [("fields", ",".join(known))], OWN_KEEP)

        body = self._narrowing("owner", ("user_id", *PROFILE_FIELDS), 1, ask)
        return parse_profile(only(body), "user_id", self.refused["owner"])

    def _own_page(self, account: AccountRef, cursor: str | None) -> Page:
        """Read one page with its insights, or without them where those of one post fail all."""
        after = [("after", cursor)] if cursor else []

        def ask(known: Sequence[str], limit: int) -> Any:
            params = [("fields", own_fields(known)), ("limit", str(limit)), *after]
            return self._own(account, "me/media", params, OWN_POSTS_KEEP)

        names = (*POST_FIELDS, *POST_COUNTS)
        if account.id not in self.without_insights:
            try:
                body = self._narrowing("owner", (*names, *METRICS), OWN_PAGE, ask)
                return parse_page(body, own_cursor(body))
            except (MetricUnavailable, BadRequest, PermissionMissing):
                self.without_insights.add(account.id)
        body = self._narrowing("owner", names, OWN_PAGE, ask)
        return parse_page(body, own_cursor(body))

    def _own(
        self,
        account: AccountRef,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
    ) -> Any:
        """Ask with the account's own token, once more with a new one where it is refused."""
        token = self.tokens.fresh(account, self.renew)
        try:
            return self._answer(account, token.access, path, params, keep)
        except AccessDenied:
            token = self.tokens.fresh(account, self.renew, rejected=token)
        return self._answer(account, token.access, path, params, keep)

    def _answer(
        self,
        account: AccountRef,
        token: Secret,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
    ) -> Any:
        self.guard.check(account.id)
        reply = self.http.get(
            f"{self.business}/{path}",
            params,
            platform=self.platform,
            keep=keep,
            secret=("access_token", token),
            read=without_next,
            bucket="owner",
        )
        self.guard.note(account.id, reply)
        return graph.answer(reply, self.errors)

    # --- Consent ---

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which the account's owner consents."""
        asked = {
            "client_id": self.settings.secret("INSTAGRAM_APP_ID").reveal(),
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "state": account.id,
        }
        return f"{self.consent}/authorize?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code into a token of an hour, see whose it is, and turn that into one of 60
        days. The code carries `#_` at its end as it stands in the address.
        """
        app_secret = self.settings.secret("INSTAGRAM_APP_SECRET")
        form: dict[str, str | Secret] = {
            "client_id": self.settings.secret("INSTAGRAM_APP_ID").reveal(),
            "client_secret": app_secret,
            "grant_type": "authorization_code",
            "redirect_uri": redirect,
            "code": Secret(code.removesuffix("#_")),
        }
        reply = self.http.exchange(f"{self.codes}/access_token", form, platform=self.platform)
        short = issued(reply)
        scopes = scopes_of(short)
        if scopes and SCOPES[0] not in scopes:
            raise PermissionMissing(f"{account.id}: the permission {SCOPES[0]} was not granted")
        access = Secret(text(short, "access_token"))
        asked = [("fields", "user_id,username")]
        owner = only(self._answer(account, access, "me", asked, OWN_KEEP))
        check_owner(account, owner)
        exchange: dict[str, str | Secret] = {
            "grant_type": "ig_exchange_token",
            "client_secret": app_secret,
            "access_token": access,
        }
        url = f"{self.business}/access_token"
        reply = self.http.exchange(url, exchange, platform=self.platform, in_query=True)
        return parse_token(reply, id_of(owner, "user_id"), scopes)

    def renew(self, token: Token) -> Token:
        """Get 60 more days for a token that is a day old at least and has not ended."""
        form: dict[str, str | Secret] = {
            "grant_type": "ig_refresh_token",
            "access_token": token.access,
        }
        url = f"{self.business}/refresh_access_token"
        reply = self.http.exchange(url, form, platform=self.platform, in_query=True)
        return parse_token(reply, token.native_id, token.scopes)


def name_of(account: AccountRef) -> str:
    """Give the name to look up: the handle, else the first part of the web address."""
    written = account.handle or urlsplit(account.url or "").path.strip("/").partition("/")[0]
    name = written.strip().removeprefix("@").lower()
    if not NAME.fullmatch(name):
        raise BadRequest(f"{account.id} has no Instagram name that can be looked up: {written!r}")
    return name


def discovery(name: str, known: Sequence[str], cursor: str | None, limit: int) -> str:
    """Write the nested question: fields of the account, and one page of its posts."""
    own = ["id", *(field for field in known if field in PROFILE_FIELDS)]
    each = ",".join(field for field in known if field not in PROFILE_FIELDS)
    after = f".after({cursor})" if cursor else ""
    return (
        f"business_discovery.username({name})"
        f"{{{','.join(own)},media{after}.limit({limit}){{{each}}}}}"
    )


def own_fields(known: Sequence[str]) -> str:
    """Write the fields of own posts, their insights nested."""
    metrics = ",".join(name for name in known if name in METRICS)
    fields = ",".join(name for name in known if name not in METRICS)
    return f"{fields},insights.metric({metrics})" if metrics else fields


def refused_names(error: ReadError, asked: Sequence[str]) -> set[str]:
    """Find which of the asked fields and metrics an error refuses for good: the one it names, or
    those missing from the values it lists.
    """
    droppable = set(asked) - set(ESSENTIAL)
    if isinstance(error, MetricUnavailable) and error.metric in droppable:
        return {error.metric}
    _, listed, values = str(error).partition("must be one of the following values")
    allowed = set(re.findall(r"\w+", values))
    return (droppable & set(METRICS)) - allowed if listed else set()


def explained(error: ReadError, account: AccountRef, reply: Reply) -> ReadError:
    """Say what an error of Business Discovery means: only code 110 speaks of the other account."""
    if str(optional(reply.body, "error.code")) == "110":
        return NotFoundOrNoAccess(
            f"{account.id}: Instagram shows no professional account named {name_of(account)}: it "
            "is personal, closed, renamed or age-gated, or the name is wrong; ask the office "
            f"({error})"
        )
    if isinstance(error, AccessDenied):
        return AccessDenied(f"TRACKER_INSTAGRAM_ACCESS_TOKEN is refused: {error}")
    if isinstance(error, NotFoundOrNoAccess):
        return PermissionMissing(
            f"TRACKER_INSTAGRAM_USER_ID is not an account that the token may ask from: {error}"
        )
    if isinstance(error, MetricUnavailable) and error.metric == "business_discovery":
        return PermissionMissing(
            "Business Discovery wants a token of Facebook Login and the id of a professional "
            f"account that is linked to a page: {error}"
        )
    return error


def parse_profile(found: Any, id_path: str, refused: set[str]) -> ProfileCounts:
    """Read an account. `refused` are the fields and metrics that are not asked for any more."""
    return ProfileCounts(
        native_id=id_of(found, id_path),
        handle=optional_text(found, "username"),
        followers=count(found, "followers_count"),
        following=count(found, "follows_count"),
        posts=count(found, "media_count"),
        unavailable=tuple(sorted({COLUMNS[name] for name in refused if name in COLUMNS})),
    )


def parse_discovered(found: Any) -> Page:
    """Read the posts of a discovered account: `media` is absent where nothing was posted. There is
    no link to the next page; no cursor `after` is the end.
    """
    media = optional(found, "media")
    return Page({}, None, None) if media is None else parse_page(media, graph.after(media))


def parse_page(media: Any, cursor: str | None) -> Page:
    """Read a page of posts; one that cannot be read costs no other.

    Raises PayloadChanged for a post without an id, because nobody could say which it is.
    """
    posts: dict[str, PostCounts | ReadError] = {}
    for item in items(media, "data"):
        native_id = id_of(item, "id")
        try:
            posts[native_id] = parse_post(item)
        except ReadError as error:
            posts[native_id] = error
    read = [post.published_at for post in posts.values() if isinstance(post, PostCounts)]
    return Page(posts, cursor, min((at for at in read if at is not None), default=None))


def parse_post(item: Any) -> PostCounts:
    """Read one post. What its owner hides is not sent; insights that do not exist (yet) come as an
    empty list: both are unknown.

    `views` are those of Business Discovery (Reels, with paid ones) or of the insights (organic).
    """
    metrics = parse_insights(item)
    views = count(item, "view_count")
    reposts = count(item, "reposts_count")
    details = {
        "reposts": metrics.get("reposts") if reposts is None else reposts,
        "reach": metrics.get("reach"),
    }
    kind = optional_text(item, "media_product_type") or optional_text(item, "media_type")
    return PostCounts(
        native_id=id_of(item, "id"),
        published_at=instant(text(item, "timestamp"), "timestamp"),
        url=optional_text(item, "permalink"),
        kind=kind.lower() if kind else None,
        views=metrics.get("views") if views is None else views,
        reactions=count(item, "like_count"),
        comments=count(item, "comments_count"),
        shares=metrics.get("shares"),
        saves=metrics.get("saved"),
        details={name: value for name, value in details.items() if value is not None},
        text=optional_text(item, "caption"),
    )


def parse_insights(item: Any) -> dict[str, int | None]:
    """Read the insights nested in a post, by metric; none where there are none."""
    if optional(item, "insights") is None:
        return {}
    return {
        text(entry, "name"): count(entry, "values[0].value")
        for entry in items(item, "insights.data")
    }


def without_next(data: bytes) -> Any:
    """Read a page of own posts; of the link to the next one only whether it is there, because it
    holds the token.
    """
    body = parse_json(data)
    if not isinstance(body, dict) or not isinstance(paging := body.get("paging"), dict):
        return body
    links = ("next", "previous")
    kept = {name: value for name, value in paging.items() if name not in links}
    return dict(body, paging={**kept, "has_next": bool(paging.get("next"))})


def own_cursor(body: Any) -> str | None:
    """Give the cursor behind a page of own posts: `next` decides, the cursor alone says nothing."""
    if optional(body, "paging.has_next") is not True:
        return None
    return text(body, "paging.cursors.after")


def only(body: Any) -> Any:
    """Give the object of a reply that may be wrapped into a list of one, as documented for some."""
    listed = body.get("data") if isinstance(body, dict) else None
    return listed[0] if isinstance(listed, list) and len(listed) == 1 else body


def id_of(item: Any, path: str) -> str:
    """Give an id as text; one written as a number keeps all its digits."""
    value = optional(item, path)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(item, path)


def check_owner(account: AccountRef, owner: Any) -> None:
    """Raise PermissionMissing where the consent came from another account than asked."""
    native_id, name = id_of(owner, "user_id"), optional_text(owner, "username")
    asked = account.native_id or name_of(account)
    if asked != (native_id if account.native_id else name):
        raise PermissionMissing(
            f"the consent is for {name} ({native_id}), not for {account.id} ({asked}): sign in to "
            "Instagram as the account of the office and consent again"
        )


def scopes_of(body: Any) -> tuple[str, ...]:
    """List the permissions granted with a token: a list, or one text with commas."""
    given = optional(body, "permissions")
    if isinstance(given, str):
        given = given.split(",")
    return tuple(str(name).strip() for name in given) if isinstance(given, list) else ()


def parse_token(reply: Reply, native_id: str | None, scopes: tuple[str, ...]) -> Token:
    """Read a token of 60 days."""
    body = issued(reply)
    life = count(body, "expires_in")
    return Token(
        access=Secret(text(body, "access_token")),
        issued_at=reply.received_at,
        expires_at=None if life is None else reply.received_at + timedelta(seconds=life),
        kind="instagram_login",
        native_id=native_id,
        scopes=scopes,
    )


def issued(reply: Reply) -> Any:
    """Give the object of a token service's good reply.

    Raises AccessDenied where it refuses (a code used twice, a token that ended), Unreachable where
    it is in trouble or too many ask; it has two forms to say so.
    """
    body = only(reply.body)
    if reply.status == 200 and isinstance(body, dict) and body.get("access_token"):
        return body
    if not isinstance(body, dict) or reply.status >= 500:
        raise Unreachable(f"the token service answered HTTP {reply.status}, {reply.kind}")
    if isinstance(body.get("error"), dict):
        error = graph.read_error(body, reply, Instagram.errors)
        said = str(error)
    else:
        error = RateLimited("") if reply.status == 429 else BadRequest("")
        said = str(body.get("error_message") or f"HTTP {reply.status} without a token")
    if isinstance(error, RateLimited):
        raise Unreachable(f"too many ask the token service: {said}", not_sent=True)
    if isinstance(error, Unreachable):
        raise Unreachable(f"the token service is in trouble: {said}")
    raise AccessDenied(f"Instagram gives no token: {said}")
