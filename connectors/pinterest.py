"""Reads Pinterest accounts and their own pins, each with its owner's consent.

Terms: only the consenting account's own data; there is no public look-up of others. The app is free
and has trial access at first: 1,000 requests a day for everything it reads; standard access after
a review has 100 a second. A night needs one request an account and one for each 250 pins. Follower
counts are exact; metrics of pins are estimates that are one or two days late. Monthly views are the
sum of the last 30 days and no running total. Tokens last 30 days and are renewed for 60 days at a
time, each refresh token once. Documentation: https://developers.pinterest.com/docs/api/v5 (OpenAPI
5.23 to 5.28), rate limits and access tiers; read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from connectors.base import Budget, Tokens
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import count, instant, items, optional, optional_text, required_count, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

ERROR_KEEP = ("code", "message")
ACCOUNT_KEEP = (
    *("id", "username", "follower_count", "following_count", "pin_count", "monthly_views"),
    *ERROR_KEEP,
)
PIN_FIELDS = (
    *("id", "created_at", "is_owner", "parent_pin_id", "media.media_type"),
    *(f"pin_metrics.lifetime_metrics.{name}" for name in ("impression", "reaction", "comment")),
    "pin_metrics.lifetime_metrics.save",
)
PIN_KEEP = (*PIN_FIELDS, *ERROR_KEEP)
PINS_KEEP = (*(f"items[].{field}" for field in PIN_FIELDS), "bookmark", *ERROR_KEEP)
WITH_METRICS = ("pin_metrics", "true")


class Pinterest:
    """Accounts and pins by their ids, which are digits beyond 2^53 in texts.

    Pins that the account saved from others (`parent_pin_id`) or that stand on its boards by others
    (`is_owner` false) are left out. A pin's kind is that of its media: `image`, `video`,
    `multiple_images`. Without a token of its own an account is read by the one of
    TRACKER_PINTEREST_ACCESS_TOKEN, which is good for the one account it belongs to.
    """

    platform: ClassVar[str] = "pinterest"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Pinterest API v5 (OpenAPI 5.23 to 5.28), read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "400": BadRequest,
        "401": AccessDenied,
        "403": PermissionMissing,
        "404": NotFoundOrNoAccess,
        "429": RateLimited,
    }
    """By HTTP status; the codes in the body (2, 29, 50, 8) repeat it and are not documented."""
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 250
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 2.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget("call", 1000, app=True)}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 250
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    needs_for_consent: ClassVar[tuple[str, ...]] = ("PINTEREST_APP_ID", "PINTEREST_APP_SECRET")
    consent_vi: ClassVar[str] = (
        "Người mở đường dẫn phải đang đăng nhập chính tài khoản Pinterest này (tài khoản doanh "
        "nghiệp thì mới có lượt xem). Ứng dụng phải được Pinterest chấp nhận (quyền dùng thử là "
        "đủ) và ghi sẵn địa chỉ chuyển hướng. Sự đồng ý tự gia hạn khi đọc hằng đêm; nếu ngừng đọc "
        "quá 60 ngày hoặc đổi mật khẩu thì phải đồng ý lại."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("pinterest", "https://api.pinterest.com/v5")
        self.auth = settings.base_url("pinterest", "https://www.pinterest.com/oauth", "auth")
        self.shared = settings.secrets.get("PINTEREST_ACCESS_TOKEN")
        self.holder: ProfileCounts | None = None
        """Whose the shared token is, asked once a run."""
        self.strangers: set[str] = set()
        """Accounts that the shared token does not belong to; their refusal says nothing of it."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door, the only one."""
        return ("owner",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every consenting account's pins can be listed."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the platform for the shared token, the account for its own and where it has none."""
        is_shared = self.shared is not None and self.tokens.find(account.id) is None
        return self.platform if is_shared and account.id not in self.strangers else account.id

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read accounts, one request each; what one token is refused costs no other account."""
        for account in accounts:
            try:
                yield account, self._profile(account)
            except ReadError as error:
                yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List own pins newest first, with their counts.

        Ends after the first page wholly older than `since`, or without a bookmark; an empty page
        with one goes on. A pin that cannot be read costs no other: it is raised at the end.
        """
        self._check_holder(account)
        broken: ReadError | None = None
        seen: set[str] = set()
        bookmarks: set[str] = set()
        bookmark: str | None = None
        while True:
            page = self._page(account, bookmark)
            for native_id, result in page.shown.items():
                if isinstance(result, PostCounts) and native_id not in seen:
                    yield result
                elif isinstance(result, ReadError):
                    broken = broken or result
            seen.update(page.shown)
            bookmark = page.bookmark
            if bookmark is None or page.is_older_than(since):
                break
            if bookmark in bookmarks:
                raise PayloadChanged(f"the pins of {account.id} come back to one page", "bookmark")
            bookmarks.add(bookmark)
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known pins again, account by account; what one token is refused costs no other."""
        accounts: dict[str, dict[str, list[PostRef]]] = {}
        for post in posts:
            known = accounts.setdefault(post.account.id, {})
            known.setdefault(post.native_id, []).append(post)
        for left in accounts.values():
            account = next(iter(left.values()))[0].account
            try:
                self._check_holder(account)
                for native_id, result in self._pins(account, list(left)):
                    for post in left.pop(native_id):
                        yield post, result
            except ReadError as error:
                for post in (post for refs in left.values() for post in refs):
                    yield post, error

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which the account's owner consents. Raises ConfigError."""
        asked = {
            "client_id": self.settings.secret("PINTEREST_APP_ID").reveal(),
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": "user_accounts:read,pins:read,boards:read",
            "state": account.id,
        }
        return f"{self.auth}/?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code into a token, and make sure that it is this account's."""
        form: dict[str, str | Secret] = {
            "grant_type": "authorization_code",
            "code": Secret(code),
            "redirect_uri": redirect,
            "continuous_refresh": "true",  # the default of apps made after 25 September 2025
        }
        token = parse_token(self._exchange(form), None)
        reply = self._send(account, "user_account", (), ACCOUNT_KEEP, token.access)
        found = parse_account(answer(reply))
        check_owner(account, found)
        return replace(token, native_id=found.native_id)

    def renew(self, token: Token) -> Token:
        """Get the next pair of tokens; 60 days begin anew."""
        if token.refresh is None:
            raise AccessDenied("Pinterest gave no refresh token for this account")
        form: dict[str, str | Secret] = {
            "grant_type": "refresh_token",
            "refresh_token": token.refresh,
        }
        return parse_token(self._exchange(form), token)

    def _profile(self, account: AccountRef) -> ProfileCounts:
        if self.holder is not None:
            self._check_holder(account)
        profile = parse_account(self._get(account, "user_account", (), ACCOUNT_KEEP))
        if self.tokens.find(account.id) is not None:
            check_owner(account, profile)
        else:
            self.holder = profile
            self._check_holder(account)
        if profile.handle and profile.handle.casefold() == (account.handle or "").casefold():
            return replace(profile, handle=account.handle)
        return profile

    def _check_holder(self, account: AccountRef) -> None:
        """Raise PermissionMissing where an account has no token of its own and the shared one is
        another account's; asks once a run whose it is.
        """
        if self.shared is None or self.tokens.find(account.id) is not None:
            return
        if self.holder is None:
            self.holder = parse_account(self._get(account, "user_account", (), ACCOUNT_KEEP))
        try:
            check_owner(account, self.holder)
        except PermissionMissing:
            self.strangers.add(account.id)
            raise

    def _pins(
        self, account: AccountRef, ids: Sequence[str]
    ) -> Iterator[tuple[str, PostCounts | ReadError]]:
        """Read pins in the fewest requests that can be known beforehand.

        A page of 250 costs as much as one pin, and the pins asked for are mostly young: pages are
        read from the newest while each brings two or more of them, the rest one by one. What the
        whole list does not hold is gone.
        """
        left = dict.fromkeys(ids)
        bookmark: str | None = None
        while len(left) > 1:
            page = self._page(account, bookmark)
            found = [native_id for native_id in left if native_id in page.shown]
            for native_id in found:
                del left[native_id]
                yield native_id, page.shown[native_id] or left_out(native_id)
            if page.bookmark is None:
                yield from ((native_id, left_out(native_id)) for native_id in left)
                return
            if len(found) < 2 or page.bookmark == bookmark:
                break
            bookmark = page.bookmark
        for native_id in left:
            yield native_id, self._pin(account, native_id)

    def _pin(self, account: AccountRef, native_id: str) -> PostCounts | ReadError:
        """Read one pin; gives the error that concerns it alone, raises the others."""
        try:
            path = f"pins/{quote(native_id, safe='')}"
            pin = parse_pin(self._get(account, path, [WITH_METRICS], PIN_KEEP))
        except (NotFoundOrNoAccess, PayloadChanged, BadRequest) as error:
            return error
        return pin or left_out(native_id)

    def _page(self, account: AccountRef, bookmark: str | None) -> PinsPage:
        asked = [("page_size", str(self.list_size)), WITH_METRICS]
        asked += [] if bookmark is None else [("bookmark", bookmark)]
        return parse_pins(self._get(account, "pins", asked, PINS_KEEP))

    def _get(
        self,
        account: AccountRef,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
    ) -> Any:
        """Ask with the account's own token, renewed once where it is refused, or the shared one."""
        own = self.tokens.find(account.id)
        if own is None and self.shared is not None:
            reply = self._send(account, path, params, keep, self.shared)
            if reply.status == 401:
                said = error_sentence(reply)
                raise AccessDenied(f"{said}; set TRACKER_PINTEREST_ACCESS_TOKEN anew")
            return answer(reply)
        renew = self.renew if own is not None and own.refresh is not None else None
        token = self.tokens.fresh(account, renew)
        reply = self._send(account, path, params, keep, token.access)
        if reply.status == 401:
            token = self.tokens.fresh(account, renew, rejected=token)
            reply = self._send(account, path, params, keep, token.access)
        if reply.status == 401:
            raise AccessDenied(
                f"{error_sentence(reply)}; its office consents again with: "
                f"tracker connect pinterest --account {account.id}"
            )
        return answer(reply)

    def _send(
        self,
        account: AccountRef,
        path: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        token: Secret,
    ) -> Reply:
        """Put one question on the wire; all accounts have the same addresses."""
        return self.http.get(
            f"{self.base}/{path}",
            params,
            platform=self.platform,
            keep=keep,
            secret=("Authorization", token),
            whose=account.id,
        )

    def _exchange(self, form: Mapping[str, str | Secret]) -> Reply:
        app, secret = (self.settings.secrets.get(name) for name in self.needs_for_consent)
        if app is None or secret is None:
            names = " and ".join(f"TRACKER_{name}" for name in self.needs_for_consent)
            raise Unreachable(f"{names} must be set to get a token", not_sent=True)
        return self.http.exchange(
            f"{self.base}/oauth/token",
            form,
            platform=self.platform,
            basic=(app.reveal(), secret),
        )


def check_owner(account: AccountRef, found: ProfileCounts) -> None:
    """Raise PermissionMissing where a token answers as another account than the one asked for.

    Its id decides, or its user name where the id is not known yet.
    """
    path = urlsplit(account.url or "").path.strip("/")
    name = (account.handle or path).removeprefix("@").casefold()
    is_same = account.native_id == found.native_id
    if account.native_id is None:
        is_same = not name or (found.handle or "").casefold() == name
    if not is_same:
        raise PermissionMissing(
            f"the token answers as account {found.native_id} and not as {account.id} "
            f"({account.native_id or 'of another name'}); that account's owner must consent"
        )


def parse_account(body: Any) -> ProfileCounts:
    """Read `user_account`. Counts are null where Pinterest does not say, monthly views for small
    accounts; pins include those saved from others.
    """
    monthly = count(body, "monthly_views")
    return ProfileCounts(
        native_id=text(body, "id"),
        handle=optional_text(body, "username"),
        followers=count(body, "follower_count"),
        following=count(body, "following_count"),
        posts=count(body, "pin_count"),
        details={} if monthly is None else {"views_30d": monthly},
    )


@dataclass(frozen=True)
class PinsPage:
    """One page of a list of pins, newest first: by id counts, the reason they cannot be read, or
    None for what is left out. `last_at` is the newest instant (UTC) on it, None when empty.
    """

    shown: Mapping[str, PostCounts | ReadError | None]
    last_at: datetime | None
    bookmark: str | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether all of the page is older than `since`; an empty page decides nothing."""
        return since is not None and self.last_at is not None and self.last_at < since


def parse_pins(body: Any) -> PinsPage:
    """Read a page of pins; a bookmark that is null, absent or empty is the end."""
    shown: dict[str, PostCounts | ReadError | None] = {}
    instants: list[datetime] = []
    for item in items(body, "items"):
        native_id = text(item, "id")
        try:
            instants.append(created_at(item))
            shown[native_id] = parse_pin(item)
        except ReadError as error:
            shown[native_id] = error
    return PinsPage(shown, max(instants, default=None), optional_text(body, "bookmark") or None)


def parse_pin(item: Any) -> PostCounts | None:
    """Read one pin; None for one that is not the account's own.

    Metrics are null unless Pinterest has some, and the fields of a period differ: what is absent is
    unknown. Only those of the whole life are read, the others are rolling.
    """
    if optional(item, "is_owner") is False or optional(item, "parent_pin_id") is not None:
        return None
    caption = [optional_text(item, name) for name in ("title", "description")]
    native_id, of_life = text(item, "id"), "pin_metrics.lifetime_metrics"
    return PostCounts(
        native_id=native_id,
        published_at=created_at(item),
        url=f"https://www.pinterest.com/pin/{native_id}/",
        kind=optional_text(item, "media.media_type"),
        views=count(item, f"{of_life}.impression"),
        reactions=count(item, f"{of_life}.reaction"),
        comments=count(item, f"{of_life}.comment"),
        saves=count(item, f"{of_life}.save"),
        text="\n".join(part for part in caption if part) or None,
    )


def created_at(item: Any) -> datetime:
    """Give a pin's instant; Pinterest writes UTC, at times without saying so."""
    written = text(item, "created_at")
    has_zone = re.search(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$", written)
    return instant(written if has_zone else f"{written}Z", "created_at")


def parse_token(reply: Reply, old: Token | None) -> Token:
    """Read the reply of the token service; what a renewal does not repeat stays as it was.

    Raises AccessDenied where the code or the refresh token is wrong, used up or has ended.
    """
    if reply.status in (400, 401, 403):
        raise AccessDenied(f"the token service refused: {error_sentence(reply)}")
    body = answer(reply)
    made = reply.received_at
    refresh, left = optional_text(body, "refresh_token"), count(body, "refresh_token_expires_in")
    kept_end = None if old is None else old.refresh_expires_at
    return Token(
        access=Secret(text(body, "access_token")),
        issued_at=made,
        expires_at=made + timedelta(seconds=required_count(body, "expires_in")),
        refresh=Secret(refresh) if refresh else (None if old is None else old.refresh),
        refresh_expires_at=kept_end if left is None else made + timedelta(seconds=left),
        native_id=None if old is None else old.native_id,
        scopes=tuple(re.findall(r"[^\s,]+", optional_text(body, "scope") or "")),
    )


def answer(reply: Reply) -> Any:
    """Give the object of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply that is not a JSON object with status 200 into our kind of error."""
    message = error_sentence(reply)
    if reply.status == 200:
        return PayloadChanged(f"Pinterest answered {reply.kind} that is no JSON object", "$")
    if reply.status == 429:
        return RateLimited(message, again(reply))
    if reply.status >= 500 or not isinstance(reply.body, dict):
        return Unreachable(message)
    return Pinterest.errors.get(str(reply.status), BadRequest)(message)


def error_sentence(reply: Reply) -> str:
    """Give status, code and the platform's own sentence, or what kind of reply came instead."""
    if not isinstance(reply.body, dict):
        return f"Pinterest answered HTTP {reply.status} without JSON ({reply.kind})"
    code, said = reply.body.get("code"), reply.body.get("message") or "no message"
    return f"Pinterest answered HTTP {reply.status} code {code}: {said}"


def again(reply: Reply) -> datetime | None:
    """Give the UTC instant from which a limited app may ask again; None = not said.

    `X-RateLimit-Reset` and `Retry-After` hold seconds to wait.
    """
    for name in ("x-ratelimit-reset", "retry-after"):
        seconds = reply.headers.get(name, "")
        if re.fullmatch(r"[0-9]{1,7}", seconds):
            return reply.received_at + timedelta(seconds=int(seconds))
    return None


def left_out(native_id: str) -> NotFoundOrNoAccess:
    """Say that an account's pins do not hold one that they held."""
    return NotFoundOrNoAccess(
        f"Pinterest does not list pin {native_id} any more: deleted or hidden"
    )
