"""Reads Facebook Pages and their posts through the Graph API, by two doors.

Public: the system-user token of an app with Page Public Content Access reads any published page.
Owner: the page token that an administrator's consent brought reads that page, views and reach of
its posts included. Terms: Platform Terms; numbers are kept while the stated purpose needs them.
Cost: no money; each id asked counts as one call, 50 ids a request, the newest 25 posts of a page
come along with it. Counts are exact but for what privacy settings hide; an absent `shares` is
unknown, not 0. Reels are not listed. Documentation: https://developers.facebook.com/docs/graph-api,
v26.0 (Page, Page published_posts, Insights, Rate limits, Handling errors), read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors import graph
from connectors.base import Budget, Tokens, batches, not_connected
from tracker.errors import (
    AccessDenied,
    AccountMoved,
    BadRequest,
    MetricUnavailable,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    TooMuchData,
)
from tracker.http import Http, Reply
from tracker.http.reply import parse_json
from tracker.payload import count, instant, items, optional, optional_text, pick, text
from tracker.platforms import REACTION_KINDS
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token, remember
from tracker.settings import Settings

Found = TypeVar("Found")

_TOTAL = "limit(0).summary(total_count)"
PAGE_FIELDS = (
    *("id", "username", "followers_count", "fan_count", "is_published"),
    "has_transitioned_to_new_page_experience",
)
POST_FIELDS = {
    **{name: name for name in ("id", "created_time", "permalink_url", "status_type")},
    "is_published": "is_published",
    "from": "from{id}",
    "message": "message",
    "shares": "shares",
    "comments": f"comments.filter(stream).{_TOTAL}",
    "reactions": ",".join(
        (
            f"reactions.{_TOTAL}",
            *(f"reactions.type({kind.upper()}).{_TOTAL}.as(r_{kind})" for kind in REACTION_KINDS),
        )
    ),
}
"""Field → how it is asked for. `filter(stream)` counts replies to comments too."""

METRICS = {"views": "post_media_view", "reach": "post_total_media_view_unique"}
"""Column → metric of a post over its life; told to the owner only."""
TRIED = (("views", "reach"), ("views",), ("reach",), ())
"""One invalid metric fails the whole call without being named: which columns are asked for at
first, and after each refusal."""
COLUMNS = {
    "followers_count": ("followers",),
    "fan_count": ("likes",),
    "has_transitioned_to_new_page_experience": ("likes",),
    "shares": ("shares",),
    "comments": ("comments",),
    "reactions": ("reactions", *(f"reactions_{kind}" for kind in REACTION_KINDS)),
    "insights": ("views", "reach"),
    **dict.fromkeys(("username", "is_published", "permalink_url"), ()),
    **dict.fromkeys(("status_type", "from", "message"), ()),
}
"""Fields that the platform may refuse without cost to others, and the columns that go with each."""

POST_KEEP = (
    *("id", "created_time", "permalink_url", "status_type", "is_published", "is_own"),
    *("shares.count", "comments.summary.total_count", "reactions.summary.total_count"),
    *(f"r_{kind}.summary.total_count" for kind in REACTION_KINDS),
    *("insights.data[].name", "insights.data[].values[].value"),
)
EDGE_KEEP = (
    *(f"data[].{field}" for field in POST_KEEP),
    *("paging.next", "paging.cursors.after", "error"),
)
OBJECTS_KEEP = (
    "objects[].asked",
    *(f"objects[].{field}" for field in dict.fromkeys((*PAGE_FIELDS, *POST_KEEP))),
    *(f"objects[].published_posts.{field}" for field in EDGE_KEEP[:-1]),
    "error",
)
FINAL = (
    *('"code":4,', '"code":17,', '"code":32,', '"code":80001,', '"error_subcode":99,'),
    "reduce the amount of data",
)
"""A used-up budget and a request that is too large do not get better within the minute."""

SCOPES = ("pages_show_list", "pages_read_engagement", "read_insights")
PAGE_BUDGET = "page"


@dataclass(frozen=True)
class Door:
    """The credential that a request goes with; `bucket` is the budget it takes from."""

    credential: str
    token: Secret
    bucket: str = ""


class Facebook:
    """Pages by their number, which stays when the user name changes; posts by `<page>_<post>`.

    A page without a known number is asked for by its user name, and its answer tells the number. A
    post's kind is its `status_type` in small letters (`added_photos`).
    """

    platform: ClassVar[str] = "facebook"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Graph API v26.0, Page and published_posts, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        **graph.ERRORS,
        "341": RateLimited,
        "368": RateLimited,
        "80001": RateLimited,
        "2500": BadRequest,
        "2635": BadRequest,
    }
    batch: ClassVar[int] = 50
    post_batch: ClassVar[int] = 50
    parallel: ClassVar[int] = 4
    pace: ClassVar[float | None] = 4.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget("id"), PAGE_BUDGET: Budget("id")}
    """The platform states no number: an app or user token has 200 × its daily users in each rolling
    hour, a system-user or page token 4,800 × engaged users of each page in 24 hours. Its headers
    tell the percentage used."""
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 25
    newest_size: ClassVar[int] = 25
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1
    needs_for_consent: ClassVar[tuple[str, ...]] = ("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET")
    consent_vi: ClassVar[str] = (
        "Người bấm đồng ý phải có quyền trên Trang Facebook (phân tích, nội dung, kiểm duyệt hoặc "
        "quản lý) và đăng nhập bằng tài khoản Facebook của mình. Nếu ứng dụng còn ở chế độ phát "
        "triển, quản trị viên ứng dụng phải thêm người đó làm người thử nghiệm trước. Trong hộp "
        "thoại hãy chọn đúng Trang và giữ nguyên các quyền được hỏi. Ủy quyền mất khi người đó đổi "
        "mật khẩu, thôi quyền trên Trang hoặc quá 90 ngày; khi đó làm lại bước này."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("facebook", "https://graph.facebook.com/v26.0")
        self.auth = settings.base_url("facebook", "https://www.facebook.com/v26.0", "auth")
        self.app_secret = settings.secrets.get("FACEBOOK_APP_SECRET")
        access = settings.secrets.get("FACEBOOK_ACCESS_TOKEN")
        self.public = Door(self.platform, access) if access else None
        self.guard = graph.Guard(http, self.platform)
        self.nested: int | None = None
        """How many posts come with a page; smaller after a request was too large, for the run."""
        self.tried = 0
        """The place in TRIED that this run has come to."""
        self.refused: set[str] = set()
        """Fields that the platform refused in this run."""
        self.closed: set[tuple[str, str]] = set()
        """(credential, `insights` or `posts`) that it may not read, found out in this run."""
        self.shown: dict[tuple[str, str], tuple[str, PostsPage]] = {}
        """(account id, lane) → the page's number and the posts that came along with it."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door where the page is connected, the public one where it is open."""
        connected = ("owner",) if self.tokens.find(account.id) else ()
        opened = ("public",) if self.public else ()
        return (*connected, *opened) or ("owner",)

    def credential(self, account: AccountRef) -> str:
        """Give the account, whose page token serves it alone, or the platform for the public
        door.
        """
        return account.id if account.lane == "owner" else self.platform

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every page's posts can be listed."""
        return True

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read pages with their newest posts: 50 a request, or each with its own token."""
        known: dict[str, list[AccountRef]] = {}
        for account in accounts:
            self.shown.pop((account.id, account.lane), None)
            try:
                page = self._page(account)
                if account.lane == "owner":
                    found = self._by_id(account, [page], "page")[page]
                    yield account, self._profile(account, found)
                elif self.public is None:
                    raise not_connected(account)
                else:
                    known.setdefault(page, []).append(account)
            except ReadError as error:
                yield account, error
        for ids in batches(list(known), self.batch):
            assert self.public is not None, "nobody is known without the public door"
            for page, found in self._objects(self.public, ids, "page"):
                for account in known[page]:
                    yield account, self._profile(account, found)

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List published posts newest first, behind those that came along with the page.

        Ends where the platform names no next page; a page in the order of time that reaches back
        behind `since` is the last one too, as is any that is wholly older. A post that cannot be
        read is raised at the end, after all others.
        """
        number, page = self.shown.get((account.id, account.lane), (self._page(account), None))
        seen: set[str] = {post.native_id for post in page.posts} if page else set()
        broken: ReadError | None = None
        cursors: set[str] = set()
        size = self.list_size
        while page is None or not (page.after is None or page.reaches(since)):
            after = page.after if page else None
            try:
                page = self._through(
                    account, partial(self._edge, page=number, after=after, size=size)
                )
            except TooMuchData:
                if size == 1:
                    raise
                size //= 2
                continue
            broken = broken or page.error
            for post in page.posts:
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
            if page.after in cursors:
                raise PayloadChanged(f"the posts of {account.id} come back to a cursor", "paging")
            cursors |= {page.after} if page.after else set()
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts, 50 a request: across pages by the public door, else page by page."""
        groups: dict[str, dict[str, list[PostRef]]] = {}
        for post in posts:
            known = groups.setdefault(self.credential(post.account), {})
            known.setdefault(post.native_id, []).append(post)
        for known in groups.values():
            account = next(iter(known.values()))[0].account
            for ids in batches(list(known), self.post_batch):
                try:
                    found = self._by_id(account, ids, "post")
                except ReadError as error:
                    if account.lane != "owner":
                        raise
                    found = dict.fromkeys(ids, error)
                for native_id in ids:
                    result = parsed(parse_known_post, found[native_id])
                    for post in known[native_id]:
                        yield post, result

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the address of the dialog in which a person chooses the page."""
        asked = {
            "client_id": self.settings.secret("FACEBOOK_APP_ID").reveal(),
            "redirect_uri": redirect,
            "state": account.id,
            "response_type": "code",
            "scope": ",".join(SCOPES),
        }
        return f"{self.auth}/dialog/oauth?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn a code into the token of the account's page, by way of the person's long token."""
        _, short = self._user_token({"redirect_uri": redirect, "code": Secret(code)})
        at, person = self._user_token(
            {"grant_type": "fb_exchange_token", "fb_exchange_token": short}
        )
        granted = list(self._granted(person))
        page = next((item for item in granted if is_page_of(item, account)), None)
        if page is None and account.native_id:
            page = self._unlisted(account.native_id, person)
        if page is None:
            ids = ", ".join(sorted(object_id(item) for item in granted)) or "none"
            raise PermissionMissing(
                f"the consent is for these pages: {ids}; not for {selector(account)} of "
                f"{account.id}: open the address again and choose its page"
            )
        access = optional_text(page, "access_token")
        if not access:
            raise PermissionMissing(
                f"no token came for page {object_id(page)}: the person has no task on it that "
                "lets an application read it"
            )
        return Token(
            access=Secret(access),
            issued_at=at,
            refresh_expires_at=self._data_access_end(Secret(access)),
            kind="page",
            native_id=object_id(page),
            scopes=SCOPES,
        )

    def renew(self, token: Token) -> Token:
        """Raise AccessDenied: a page token has no end, and none comes after it."""
        raise AccessDenied("a Facebook page token cannot be renewed: its office consents again")

    def _user_token(self, form: Mapping[str, str | Secret]) -> tuple[datetime, Secret]:
        app: dict[str, str | Secret] = {
            "client_id": self.settings.secret("FACEBOOK_APP_ID").reveal(),
            "client_secret": self.settings.secret("FACEBOOK_APP_SECRET"),
        }
        reply = self._exchange("oauth/access_token", {**app, **form})
        access = text(graph.answer(reply, CONSENT_ERRORS), "access_token")
        return reply.received_at, Secret(access)

    def _granted(self, person: Secret) -> Iterator[Any]:
        """List the pages that a person granted, each with its token."""
        after: dict[str, str] = {}
        for _ in range(100):
            form = {"fields": "id,username,access_token", "limit": "100", **after}
            reply = self._exchange("me/accounts", {**form, **self._signed(person)})
            body = graph.answer(reply, CONSENT_ERRORS)
            yield from items(body, "data")
            cursor = graph.after(body)
            if cursor is None or not optional(body, "paging.next"):
                return
            after = {"after": cursor}

    def _unlisted(self, page: str, person: Secret) -> Any:
        """Ask a page itself for its token: pages of a business portfolio may be missing from the
        person's list. None where it gives none.
        """
        reply = self._exchange(page, {"fields": "id,access_token", **self._signed(person)})
        has_token = isinstance(reply.body, dict) and "access_token" in reply.body
        return reply.body if has_token else None

    def _data_access_end(self, access: Secret) -> datetime | None:
        """Say until when a token sees data (90 days); None where that cannot be learnt."""
        app, secret = (self.settings.secret(name).reveal() for name in self.needs_for_consent)
        form = {"input_token": access, "access_token": Secret(f"{app}|{secret}")}
        try:
            body = self._exchange("debug_token", form).body
            seconds = count(body, "data.data_access_expires_at")
        except ReadError:
            return None
        return datetime.fromtimestamp(seconds, UTC) if seconds else None

    def _exchange(self, path: str, form: Mapping[str, str | Secret]) -> Reply:
        return self.http.exchange(
            f"{self.base}/{path}", form, platform=self.platform, in_query=True
        )

    def _signed(self, token: Secret) -> dict[str, Secret]:
        """Give a token with the proof that we know the app's secret, where that is set."""
        if self.app_secret is None:
            return {"access_token": token}
        return {"access_token": token, "appsecret_proof": proof_of(token, self.app_secret)}

    def _page(self, account: AccountRef) -> str:
        """Say by which number or name a page is asked for. Raises BadRequest without one."""
        token = self.tokens.find(account.id) if account.lane == "owner" else None
        found = account.native_id or (token and token.native_id) or selector(account)
        if not found:
            raise BadRequest(
                f"{account.id} has no page number and no user name; register its address with "
                f"/name or profile.php?id=, not {account.url!r}"
            )
        return found

    def _profile(self, account: AccountRef, found: Any) -> ProfileCounts | ReadError:
        """Read one answered page, and remember how far its newest posts reached."""
        profile = parsed(parse_page, found)
        if isinstance(profile, ReadError):
            return profile
        profile = replace(profile, unavailable=self._unavailable(account))
        listed = optional(found, "published_posts")
        if listed is not None:
            page = parse_posts(listed)
            is_all = page.error is None and page.after is None
            profile = replace(profile, newest=page.posts, newest_is_all=is_all)
            if page.error is None:
                assert profile.native_id is not None, "parse_page always gives the id"
                self.shown[account.id, account.lane] = profile.native_id, page
        return as_registered(profile, account)

    def _unavailable(self, account: AccountRef) -> tuple[str, ...]:
        columns = {column for name in self.refused for column in COLUMNS[name]}
        if account.lane == "owner":
            columns |= METRICS.keys() - set(self._metrics(account.id))
        return tuple(sorted(columns))

    def _metrics(self, credential: str) -> tuple[str, ...]:
        """List the columns of insights to ask for: nobody but an owner sees any."""
        is_closed = (credential, "insights") in self.closed or "insights" in self.refused
        return () if credential == self.platform or is_closed else TRIED[self.tried]

    def _through(self, account: AccountRef, ask: Callable[[Door], Found]) -> Found:
        """Ask by the account's door; a refused page token is replaced once, if there is another."""
        if account.lane != "owner":
            if self.public is None:
                raise not_connected(account)
            return ask(self.public)
        token = self.tokens.fresh(account, None)
        try:
            return ask(Door(account.id, token.access, PAGE_BUDGET))
        except AccessDenied:
            token = self.tokens.fresh(account, None, rejected=token)
            return ask(Door(account.id, token.access, PAGE_BUDGET))

    def _by_id(self, account: AccountRef, ids: Sequence[str], entity: str) -> dict[str, Any]:
        """Read objects by the account's door: id → the object, or why it cannot be read."""
        return self._through(account, lambda door: dict(self._objects(door, ids, entity)))

    def _objects(self, door: Door, ids: Sequence[str], entity: str) -> Iterator[tuple[str, Any]]:
        """Read pages or posts by id, each with the object or the error that concerns it alone.

        One id that cannot be read fails its request: those that the refusal names are left out and
        the others asked again; where it names none, the request is cut in halves. One that is too
        large is asked with fewer nested posts, then with fewer ids.
        """
        pieces = [list(ids)]
        while pieces:
            some = pieces.pop()
            size = self.nested or self.list_size
            asked = [("ids", ",".join(some))]
            try:
                body = self._answer(
                    door, "", asked, entity, OBJECTS_KEEP, read_objects, units=len(some)
                )
            except TooMuchData as error:
                if entity == "page" and size > 1:
                    self.nested = min(self.nested or size, size // 2)
                    pieces.append(some)
                elif len(some) > 1:
                    pieces += halves(some)
                else:
                    yield some[0], error
                continue
            except (NotFoundOrNoAccess, AccountMoved) as error:
                named = some if len(some) == 1 else named_in(str(error), some)
                left = [native_id for native_id in some if native_id not in named]
                yield from ((native_id, error) for native_id in named)
                pieces += halves(some) if not named else [left] if left else []
                continue
            found = {text(item, "asked"): item for item in items(body, "objects")}
            yield from ((key, found.get(key) or left_out(key)) for key in some)

    def _edge(self, door: Door, page: str, after: str | None, size: int) -> PostsPage:
        """Read one page of a list of posts. Raises PayloadChanged where there is no list."""
        asked = [("limit", str(size)), *([("after", after)] if after else [])]
        path = f"{page}/published_posts"
        body = self._answer(door, path, asked, "post", EDGE_KEEP, partial(read_edge, page=page))
        items(body, "data")
        return parse_posts(body)

    def _answer(
        self,
        door: Door,
        path: str,
        params: Sequence[tuple[str, str]],
        entity: str,
        keep: tuple[str, ...],
        read: Callable[[bytes], Any],
        units: int = 1,
    ) -> Any:
        """Ask, and again without the field, the insights or the posts that are refused: an owner
        may grant no insights, and the older Page Public Metadata Access reads no posts.

        A field that another kind of object does not have says that an id is no page: raises
        NotFoundOrNoAccess then.
        """
        given_up: set[tuple[str, str]] = set()
        while True:
            fields, metrics = self._fields(entity, door), self._metrics(door.credential)
            tried = self.tried
            try:
                reply = self._get(door, path, [*params, ("fields", fields)], keep, read, units)
                return graph.answer(reply, self.errors)
            except MetricUnavailable as error:
                node = re.search(r"on node type \((\w+)\)", str(error))
                if node and node[1] not in ("Page", "Post", "PagePost"):
                    raise NotFoundOrNoAccess(f"a {node[1]}, no page: {error}") from error
                if error.metric in COLUMNS:
                    self.refused.add(error.metric)
                elif metrics and str(error).startswith("code 100"):
                    self.tried = max(self.tried, tried + 1)
                elif metrics:
                    self.closed.add((door.credential, "insights"))
                if fields == self._fields(entity, door):
                    raise
            except PermissionMissing:
                what = (door.credential, "insights" if metrics else "posts")
                if what in self.closed or (entity == "post" and not metrics):
                    self.closed -= given_up
                    raise
                given_up.add(what)
                self.closed.add(what)

    def _fields(self, entity: str, door: Door) -> str:
        """Write what is asked of each object: pages hold their newest posts."""
        asked = [how for name, how in POST_FIELDS.items() if name not in self.refused]
        if metrics := self._metrics(door.credential):
            named = ",".join(METRICS[column] for column in metrics)
            asked.append(f"insights.metric({named}).period(lifetime){{name,values}}")
        if entity == "post":
            return ",".join(asked)
        own = ",".join(name for name in PAGE_FIELDS if name not in self.refused)
        if (door.credential, "posts") in self.closed:
            return own
        size = self.nested or self.list_size
        return f"{own},published_posts.limit({size}){{{','.join(asked)}}}"

    def _get(
        self,
        door: Door,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        read: Callable[[bytes], Any],
        units: int,
    ) -> Reply:
        """Ask within the budget of a door.

        The archived address holds neither token nor proof: with an app secret the token goes into
        the Authorization header and the proof is the parameter that is taken out.
        """
        self.guard.check(door.credential)
        remember(door.token)
        secret, headers = ("access_token", door.token), {}
        if self.app_secret is not None:
            secret = ("appsecret_proof", proof_of(door.token, self.app_secret))
            headers = {"Authorization": f"Bearer {door.token.reveal()}"}
        reply = self.http.get(
            f"{self.base}/{path}",
            params,
            platform=self.platform,
            keep=keep,
            secret=secret,
            headers=headers,
            read=read,
            units=units,
            bucket=door.bucket,
            final=FINAL,
        )
        self.guard.note(door.credential, reply)
        return reply


CONSENT_ERRORS: dict[str, type[ReadError]] = {
    **Facebook.errors,
    "1": AccessDenied,
    "101": AccessDenied,
    **{f"100/{subcode}": AccessDenied for subcode in (36007, 36008, 36009)},
}
"""What the token service means: 1 a wrong app secret, 101 a wrong app, 100 with these subcodes a
code that has ended, does not fit the redirect address, or was used."""


def proof_of(token: Secret, app_secret: Secret) -> Secret:
    """Give `appsecret_proof`: the HMAC-SHA256 of a token under the app's secret, in hex."""
    key, message = app_secret.reveal().encode(), token.reveal().encode()
    return Secret(hmac.new(key, message, "sha256").hexdigest())


def selector(account: AccountRef) -> str | None:
    """Give the number or the user name that an account was registered with; None without one."""
    if account.native_id:
        return account.native_id
    address = urlsplit(account.url or "")
    numbers = [
        part
        for part in (*dict(parse_qsl(address.query)).values(), *address.path.split("/"))
        if part.isdigit()
    ]
    names = [part for part in address.path.split("/") if part and part != "profile.php"]
    found = numbers[-1] if numbers else account.handle or (names[0] if names else "")
    return found if re.fullmatch(r"[A-Za-z0-9.]+", found) else None


def named_in(said: str, ids: Sequence[str]) -> list[str]:
    """List the ids of a request that a refusal blames: those that do not exist (803), the one that
    cannot be loaded (100/33), the one that was merged away (21); empty where it names none.
    """
    found = re.search(r"do not exist: (.+)|Object with ID '([^']+)'|Page ID (\d+) was", said)
    words = set(re.split(r"[,\s]+", " ".join(filter(None, found.groups())))) if found else set()
    return [native_id for native_id in ids if native_id in words]


def halves(ids: list[str]) -> list[list[str]]:
    """Cut a request in two."""
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]]


def left_out(native_id: str) -> NotFoundOrNoAccess:
    """Say that a reply leaves an id out."""
    return NotFoundOrNoAccess(f"Facebook left out {native_id}: closed, hidden, or a wrong id")


def read_objects(data: bytes) -> Any:
    """Turn the reply to `ids`, an object by id, into a list: ids hold dots and cannot be named in
    what the archive keeps. An empty list stands for nothing found.
    """
    body = parse_json(data)
    if not isinstance(body, dict) or "error" in body:
        return {"objects": []} if body == [] else body
    found = [{"asked": key, **item} for key, item in body.items() if isinstance(item, dict)]
    for item in found:
        own = item.get("id")
        item["published_posts"] = trimmed(item.get("published_posts"), own)
    return {"objects": found}


def read_edge(data: bytes, page: str) -> Any:
    """Turn a page of posts into what is kept of it."""
    return trimmed(parse_json(data), page)


def trimmed(edge: Any, page: Any) -> Any:
    """Give a list of posts without the ids of others and without addresses that hold a token:
    `is_own` says whether a post is by the page, `paging.next` that there is more.
    """
    if not isinstance(edge, dict):
        return edge
    listed, paging = edge.get("data"), edge.get("paging")
    posts = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    for post in posts:
        by = post.pop("from", None)
        if isinstance(by, dict) and by.get("id") is not None:
            own = (page, str(post.get("id")).partition("_")[0])
            post["is_own"] = str(by["id"]) in own
    if isinstance(paging, dict) and paging.get("next"):
        paging["next"] = True
    return edge


@dataclass(frozen=True)
class PostsPage:
    """One page of a list of posts, newest first. `after` is the cursor behind it, None at the end;
    `error` is of the first post that cannot be read, or of the list itself.
    """

    posts: tuple[PostCounts, ...]
    after: str | None
    error: ReadError | None = None

    def reaches(self, since: datetime | None) -> bool:
        """Say whether what follows is older than `since`; a page out of the order of time must be
        wholly older. None = everything is wanted.
        """
        times = [post.published_at for post in self.posts if post.published_at]
        if since is None or not times:
            return False
        is_ordered = all(later >= earlier for later, earlier in pairwise(times))
        return (times[-1] if is_ordered else max(times)) < since


def parse_posts(edge: Any) -> PostsPage:
    """Read a list of posts: published ones of the page itself. One broken post costs no other."""
    posts: list[PostCounts] = []
    error: ReadError | None = None
    after = None
    try:
        for item in items(edge, "data"):
            if optional(item, "is_own") is False or optional(item, "is_published") is False:
                continue
            result = parsed(parse_post, item)
            if isinstance(result, PostCounts):
                posts.append(result)
            else:
                error = error or result
        if optional(edge, "paging.next"):
            after = text(edge, "paging.cursors.after")
    except PayloadChanged as changed:
        error = error or changed
    return PostsPage(tuple(posts), after, error)


def parse_page(item: Any) -> ProfileCounts:
    """Read one page. Likes are known of old pages only: on new ones `fan_count` is followers."""
    number = object_id(item)
    if optional(item, "is_published") is False:
        raise NotFoundOrNoAccess(f"page {number} is not published")
    is_old = optional(item, "has_transitioned_to_new_page_experience") is False
    return ProfileCounts(
        native_id=number,
        handle=optional_text(item, "username") or None,
        followers=count(item, "followers_count"),
        likes=count(item, "fan_count") if is_old else None,
    )


def parse_post(item: Any) -> PostCounts:
    """Read one post. Absent `shares`, totals and insights are unknown."""
    kinds = {f"reactions_{kind}": f"r_{kind}.summary.total_count" for kind in REACTION_KINDS}
    details = {name: count(item, path) for name, path in kinds.items()}
    told = insights(item)
    details["reach"] = told.get(METRICS["reach"])
    return PostCounts(
        native_id=text(item, "id"),
        published_at=instant(text(item, "created_time"), "created_time"),
        url=optional_text(item, "permalink_url"),
        kind=(optional_text(item, "status_type") or "").lower() or None,
        views=told.get(METRICS["views"]),
        reactions=count(item, "reactions.summary.total_count"),
        comments=count(item, "comments.summary.total_count"),
        shares=count(item, "shares.count"),
        details={name: number for name, number in details.items() if number is not None},
        text=optional_text(item, "message"),
    )


def parse_known_post(item: Any) -> PostCounts:
    """Read a post that was asked for by id; one taken back to a draft cannot be seen."""
    if optional(item, "is_published") is False:
        raise NotFoundOrNoAccess(f"post {text(item, 'id')} is not published any more")
    return parse_post(item)


def insights(item: Any) -> dict[str, int | None]:
    """Read the metrics of a post over its life; empty data is unknown, not 0."""
    if optional(item, "insights.data") is None:
        return {}
    return {
        text(metric, "name"): count(metric, "values[0].value")
        for metric in items(item, "insights.data")
    }


def object_id(item: Any) -> str:
    """Give the id of an object as text; a number becomes its decimal text."""
    found = pick(item, "id")
    return str(found) if isinstance(found, int) else text(item, "id")


def parsed(parse: Callable[[Any], Found], item: Any) -> Found | ReadError:
    """Give what an object holds, or the error that stands for it."""
    if isinstance(item, ReadError):
        return item
    try:
        return parse(item)
    except ReadError as error:
        return error


def plain(handle: str) -> str:
    """Write a user name so that equal ones are equal: capitals and dots do not count."""
    return handle.casefold().replace(".", "")


def as_registered(profile: ProfileCounts, account: AccountRef) -> ProfileCounts:
    """Write the user name as the register does where only capitals and dots differ."""
    is_same = profile.handle and account.handle and plain(profile.handle) == plain(account.handle)
    return replace(profile, handle=account.handle) if is_same else profile


def is_page_of(item: Any, account: AccountRef) -> bool:
    """Say whether a granted page is the account's: by number, else by user name."""
    asked = selector(account)
    name = optional_text(item, "username")
    if account.native_id or not name:
        return object_id(item) == asked
    return asked is not None and (object_id(item) == asked or plain(name) == plain(asked))
