"""Reads TikTok accounts and videos with their owners' consent, through the Display API or the
Accounts API (API for Business); for approved universities also through the Research API.

Terms: nobody may read the counts of an account whose owner has not consented; the Research API is
for academics in the US, the EEA, the UK, Canada and Switzerland (TRACKER_TIKTOK_RESEARCH=1). What a
consent gave is deleted when it is withdrawn; rankings of creators are prohibited. Cost: nothing, a
request for the counts of an account, one for 20 videos. Limits: Display 600 a minute and method,
Accounts 40 a minute, account and method and 600 a minute for the app, Research 1,000 a day (UTC).
Rounding: none. The Accounts API tells favourites (`saves`) and reach besides; its counts are 24 to
48 hours old, include advertising and stand still 365 days after publication, and reach vanishes
after 7 quiet days. Research numbers may lag for days. Documentation:
https://developers.tiktok.com/doc (Get User Info, List Videos, Query Videos, Refresh a User Access
Token of 2 November 2026, Query User Info of 1 September 2026) and
https://business-api.tiktok.com/portal/docs (Accounts API v1.3), read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import unquote, urlencode

from connectors.base import Budget, Tokens, batches, not_connected
from connectors.tiktok_doors import (
    BUSINESS,
    DISPLAY,
    ERRORS,
    LONG_AGO,
    ONE_DAY,
    OUR_APP,
    RESEARCH,
    SERVICE_START,
    Door,
    Found,
    advice,
    compact,
    data_of,
    door_of,
    id_text,
    is_older,
    is_same_name,
    left_out,
    moment_of,
    next_cursor,
    parse_profile,
    parse_token,
    parse_videos,
    refuse_stranger,
    require,
    status_of,
    uploaded_on,
    username_of,
)
from tracker.errors import (
    AccessDenied,
    BadRequest,
    MetricUnavailable,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Http, NotRecorded, Reply
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

Body = Mapping[str, Any]
Form = dict[str, str | Secret]
Answer = tuple[Token, Any]
"""The token that was asked with, which names the door, and the `data` of the reply."""
Fresh = Callable[[Token | None], Token]
"""Gives a token; another one where it is told which has just been refused."""

WINDOW = timedelta(days=29)
"""From the first to the last day of a Research query, which covers at most 30 days."""
SCHEDULED = timedelta(days=10)
"""How long before its publication a video may have been uploaded, which is when it gets its id."""
TROUBLE = (AccessDenied, PermissionMissing, QuotaExhausted, RateLimited, Unreachable)
"""Errors that the next request with the same token would meet again."""
FINAL = ("daily_quota_limit_exceeded",)
NEEDED = {"profile": "user.info.stats", "posts": "video.list", "known": "video.list"}
"""Method -> scope without which it tells nothing."""


class TikTok:
    """Accounts by `open_id`, which is permanent but another one in each app, or by username in the
    Research API, which tells no id; posts by video id. A post's kind is `video` or `photo`.

    An account's token says by which of the two owners' APIs it is read. A new consent is for the
    Accounts API, which tells more, where its app is set (TRACKER_TIKTOK_BUSINESS_ID and _SECRET),
    and for the Display API otherwise.
    """

    platform: ClassVar[str] = "tiktok"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "TikTok Display API v2, Accounts API v1.3, Research API, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = ERRORS
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 100
    """One request of the Research API; the owners' APIs take `video_batch` of one account."""
    video_batch: ClassVar[int] = 20
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 0.6
    """Of each token: the Accounts API allows 40 a minute for an account."""
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget(), "research": Budget("request", 1000)}
    buckets: ClassVar[Mapping[str, str]] = {
        f"public/{phase}": "research" for phase in ("profile", "posts", "refresh")
    }
    list_size: ClassVar[int] = 20
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1
    needs_for_consent: tuple[str, ...] = DISPLAY.app
    consent_vi: ClassVar[str] = (
        "Người quản trị tài khoản TikTok bật mục Phân tích (Analytics) một lần trong ứng dụng "
        "TikTok, rồi mở địa chỉ dưới đây trên trình duyệt, đăng nhập đúng tài khoản của cơ quan, "
        "giữ nguyên mọi quyền được đánh dấu và bấm Đồng ý. Hệ thống chỉ đọc số liệu, không đăng và "
        "không xóa gì. Chủ tài khoản có thể rút ủy quyền bất cứ lúc nào trong Cài đặt › Bảo mật › "
        "Quyền của ứng dụng; khi đó số liệu đã đọc phải được xóa."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        address = partial(settings.base_url, "tiktok")
        self.base = address("https://open.tiktokapis.com/v2")
        self.business = address("https://business-api.tiktok.com/open_api/v1.3", "business")
        self.auth = address("https://www.tiktok.com/v2/auth", "auth")
        self.research = settings.is_on("TIKTOK_RESEARCH")
        self.consents_to = BUSINESS if settings.secrets.keys() >= {*BUSINESS.app} else DISPLAY
        self.needs_for_consent = self.consents_to.app
        self.refused: set[tuple[str, str]] = set()
        """(door, field) that the platform no longer knows, remembered for the run."""
        self.client: Token | None = None
        """Our own token for the Research API, kept for the run."""
        self.seen_at: datetime | None = None
        """When the Research API last answered, UTC."""
        self.lock = threading.Lock()

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door, or the public one where research is on and nobody consented."""
        is_open = self.research and self.tokens.find(account.id) is None
        return ("public",) if is_open else ("owner",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every account's posts can be listed."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account, which has its own token; the platform in the Research API."""
        return self.platform if account.lane == "public" and self.research else account.id

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read accounts, one a request."""
        for account in accounts:
            result: ProfileCounts | ReadError
            try:
                asked = {"username": username_of(account)}
                token, data = self._ask(account, "profile", asked)
                result = parse_profile(data, token, account, self.refused)
            except ReadError as error:
                if self.credential(account) == self.platform and isinstance(error, TROUBLE):
                    raise
                result = error
            yield account, result

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List public posts newest first, with their counts.

        A page may be short or empty though more follow: only `has_more` says where the list ends.
        Ends after the first page wholly older than `since`. A post that cannot be parsed costs no
        other: its error is raised when the walk is over.
        """
        is_public = account.lane == "public"
        seen: set[str] = set()
        broken: ReadError | None = None
        for page in self._windows(account, since) if is_public else self._pages(account, "posts"):
            for native_id, post in page.items():
                if isinstance(post, ReadError):
                    broken = broken or post
                elif native_id not in seen:
                    seen.add(native_id)
                    yield post
            if is_older(page, since):
                break
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts: 20 of one account a request, or 100 of any in the Research API.

        A post that is deleted or no longer public is left out without a word.
        """
        groups: dict[str, list[PostRef]] = {}
        for post in posts:
            groups.setdefault(self.credential(post.account), []).append(post)
        for group in groups.values():
            account = group[0].account
            ids = list(dict.fromkeys(post.native_id for post in group))
            is_public = account.lane == "public"
            found = self._searched(account, ids) if is_public else self._known(account, ids)
            for post in group:
                yield post, found.get(post.native_id) or left_out(post.native_id)

    # --- Consent ---

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the address the account's owner opens. The page is always shown, so that nobody
        consents unawares for the account that happens to be logged in.
        """
        asked = {
            "client_key": self.settings.secret(self.consents_to.app[0]).reveal(),
            "scope": ",".join(self.consents_to.consent),
            "response_type": "code",
            "redirect_uri": self._registered(redirect),
            "state": account.id,
            "disable_auto_auth": "1",
        }
        return f"{self.auth}/authorize/?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code of the consent into a token, and make sure whose it is: by `open_id` where
        the register knows it, by the username otherwise.
        """
        door = self.consents_to
        form: Form = {
            "grant_type": "authorization_code",
            "redirect_uri": self._registered(redirect),
            "auth_code" if door is BUSINESS else "code": Secret(unquote(code)),
        }
        token = parse_token(self._ask_tokens(door, "token", form), door)
        refuse_stranger(account, token)
        for scope in NEEDED.values():
            require(token, scope, account)
        username = username_of(account)
        if account.native_id is None and username:
            _, data = self._asked(lambda _: token, account, "profile", {})
            profile = parse_profile(data, token, account)
            if profile.handle and not is_same_name(profile.handle, username):
                raise PermissionMissing(
                    f"the consent is for @{profile.handle}, but {account.id} is registered as "
                    f"@{username}; consent while logged in as its owner, or correct the register"
                )
        return token

    def renew(self, token: Token) -> Token:
        """Get the next token; a refresh token that comes back replaces the old one at once.

        A refusal that concerns our app or the moment is no end of the consent: it is Unreachable,
        marked as one that nothing can have come of.
        """
        door = door_of(token)
        if token.refresh is None:
            raise AccessDenied("the token came without a refresh token")
        if not self.settings.secrets.keys() >= {*door.app}:
            raise Unreachable(f"{door.keys} must be set to renew tokens", not_sent=True)
        form: Form = {"grant_type": "refresh_token", "refresh_token": token.refresh}
        reply = self._ask_tokens(door, "refresh_token", form)
        try:
            return parse_token(reply, door, before=token)
        except (Unreachable, PayloadChanged) as error:
            raise Unreachable(str(error)) from error
        except ReadError as error:
            if isinstance(error, AccessDenied) and status_of(reply.body)[0] not in OUR_APP:
                raise
            raise Unreachable(str(error), not_sent=True) from error

    def _ask_tokens(self, door: Door, method: str, form: Form) -> Reply:
        """Ask the token service of a door; the Display API has one address for everything."""
        key, secret = (self.settings.secret(name) for name in door.app)
        app = {"client_id" if door is BUSINESS else "client_key": key, "client_secret": secret}
        url = f"{self.base}/oauth/token/"
        if door is BUSINESS:
            url = f"{self.business}/tt_user/oauth2/{method}/"
        return self.http.exchange(
            url, {**app, **form}, platform=self.platform, as_json=door is BUSINESS
        )

    def _registered(self, redirect: str) -> str:
        """Write the redirect address as it is registered with the app: the Accounts API takes only
        those that end in a slash.
        """
        return redirect.rstrip("/") + "/" if self.consents_to is BUSINESS else redirect

    # --- The owners' APIs ---

    def _pages(
        self, account: AccountRef, method: str, ids: Collection[str] = ()
    ) -> Iterator[Found]:
        """List an account's videos page by page, or those of `ids`: the Display API gives them at
        once, the Accounts API may need several pages.
        """
        body: Body = {"filters": {"video_ids": list(ids)}} if ids else {"max_count": self.list_size}
        cursors: set[str] = set()
        while True:
            token, data = self._ask(account, method, body)
            page = parse_videos(data, door_of(token))
            yield page
            if method == "known" and (door_of(token) is DISPLAY or page.keys() >= set(ids)):
                return
            cursor = next_cursor(data, cursors)
            if cursor is None:
                return
            body = {**body, "cursor": cursor}

    def _known(self, account: AccountRef, ids: Sequence[str]) -> Found:
        """Read known videos of one account; what would fail again is not asked again."""
        found: Found = {}
        trouble: ReadError | None = None
        for some in batches(ids, self.video_batch):
            try:
                if trouble is not None:
                    raise trouble
                for page in self._pages(account, "known", some):
                    found |= page
            except ReadError as error:
                trouble = error if isinstance(error, TROUBLE) else None
                found |= dict.fromkeys(some, error)
        return found

    # --- The Research API ---

    def _windows(self, account: AccountRef, since: datetime | None) -> Iterator[Found]:
        """List an account's videos window by window, down to the day of `since`, newest first."""
        first = since.date() if since else SERVICE_START
        end = self._today(account)
        while end >= first:
            start = max(end - WINDOW, first)
            found = self._search(account, ("username", [username_of(account)]), start, end)
            yield dict(sorted(found.items(), key=lambda pair: moment_of(pair[1]), reverse=True))
            end = start - ONE_DAY

    def _searched(self, account: AccountRef, ids: Sequence[str]) -> Found:
        """Read known videos of any account. A query needs days, which the ids tell."""
        today = self._today(account)
        found: Found = {}
        left = sorted((uploaded_on(native_id), native_id) for native_id in ids)
        while left:
            first = left[0][0]
            reach = first + WINDOW - SCHEDULED
            some = [native_id for day, native_id in left[: self.post_batch] if day <= reach]
            left = left[len(some) :]
            end = max(first, min(first + WINDOW, today))
            found |= self._search(account, ("video_id", some), first, end)
        return found

    def _search(
        self, account: AccountRef, wanted: tuple[str, list[Any]], start: date, end: date
    ) -> Found:
        """Read all pages of one query (field, values), each further one with the `search_id` of the
        first.
        """
        condition = {"operation": "IN", "field_name": wanted[0], "field_values": wanted[1]}
        days = {"start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}"}
        query = {"query": {"and": [condition]}, **days, "max_count": self.post_batch}
        found: Found = {}
        following: Body = {}
        cursors: set[str] = set()
        while True:
            _, data = self._ask(account, "posts", {**query, **following})
            found |= parse_videos(data, RESEARCH)
            cursor = next_cursor(data, cursors)
            if cursor is None:
                return found
            following = {"cursor": cursor, "search_id": id_text(data, "search_id")}

    def _today(self, account: AccountRef) -> date:
        """Give the UTC day of the Research API's last answer; its token service is one."""
        self._client_token(account, None)
        if self.seen_at is None:
            raise Unreachable("the Research API has not yet said what day it is")
        return self.seen_at.date()

    def _client_token(self, account: AccountRef, rejected: Token | None) -> Token:
        """Give our own token for the Research API; one thread fetches it for all."""
        if not self.research:
            raise not_connected(account)
        if not self.settings.secrets.keys() >= {*RESEARCH.app}:
            raise PermissionMissing(f"{RESEARCH.keys} must be set for the Research API")
        if not username_of(account):
            raise BadRequest(f"{account.id} has no username: the Research API knows nothing else")
        with self.lock:
            if self.client is None or (rejected and rejected.access == self.client.access):
                try:
                    reply = self._ask_tokens(RESEARCH, "", {"grant_type": "client_credentials"})
                except NotRecorded:  # an archived night holds no token, and needs none
                    self.client = Token(Secret("not asked for"), LONG_AGO, kind=RESEARCH.key)
                else:
                    self.client = parse_token(reply, RESEARCH)
                    self.seen_at = reply.received_at
            return self.client

    # --- Requests ---

    def _ask(self, account: AccountRef, method: str, body: Body) -> Answer:
        """Ask by the door of the account's lane."""

        def fresh(rejected: Token | None) -> Token:
            if account.lane == "public":
                return self._client_token(account, rejected)
            token = self.tokens.fresh(account, self.renew, rejected)
            refuse_stranger(account, token)
            return replace(token, native_id=token.native_id or account.native_id)

        return self._asked(fresh, account, method, body)

    def _asked(self, fresh: Fresh, account: AccountRef, method: str, body: Body) -> Answer:
        """Ask, once more with another token where one is refused, and without each field that the
        platform no longer knows.
        """
        token, is_renewed = fresh(None), False
        while True:
            door = door_of(token)
            require(token, NEEDED[method], account)
            asked = door.fields(method, token)
            fields = [name for name in asked if (door.key, name) not in self.refused]
            reply = self._send(token, account, method, fields, body)
            if door is RESEARCH:
                self.seen_at = reply.received_at
            try:
                return token, data_of(reply, door, method, fields)
            except MetricUnavailable as error:
                self.refused.add((door.key, error.metric))
            except AccessDenied as error:
                if is_renewed:
                    raise AccessDenied(f"{error}; {advice(account)}") from error
                token, is_renewed = fresh(token), True

    def _send(
        self, token: Token, account: AccountRef, method: str, fields: Sequence[str], body: Body
    ) -> Reply:
        """Put one request into a door's own form."""
        door = door_of(token)
        path, keep = door.paths[method], door.keep(method)
        more: dict[str, Any] = {"platform": self.platform, "keep": keep, "final": FINAL}
        if door is BUSINESS:
            asked: dict[str, Any] = {"fields": list(fields)}
            if method != "profile":
                asked |= {"max_count": self.list_size, **body}
            params = [("business_id", token.native_id or "")]
            params += [(name, compact(value)) for name, value in asked.items()]
            secret = ("header:Access-Token", token.access)
            return self.http.get(f"{self.business}/{path}", params, secret=secret, **more)
        if door is DISPLAY:
            more["whose"] = account.id
        params = [("fields", ",".join(fields))]
        secret = ("Authorization", token.access)
        if door is RESEARCH:
            url = f"{self.base}/research/{path}"
            return self.http.post(
                url, body, params=params, secret=secret, bucket="research", **more
            )
        if method == "profile":
            return self.http.get(f"{self.base}/{path}", params, secret=secret, **more)
        return self.http.post(f"{self.base}/{path}", body, params=params, secret=secret, **more)
