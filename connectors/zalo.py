"""Reads Zalo Official Accounts and their articles, each with the token that its owner gave.

Terms: nothing is public. An Official Account (OA) verified as a state agency allows the app
(TRACKER_ZALO_APP_ID, TRACKER_ZALO_APP_SECRET), once and again whenever the chain of tokens breaks;
some groups of calls need a paid package of the OA. A token can do whatever the OA can, sending
messages included; only its information and its articles are read, followers' ids never. Counts are
exact; there are no likes and no comments, and what is absent is unknown. No limit is published: one
call a second. Documentation:
developers.zalo.me (Official Account API v2.0, OAuth v4) as the official SDK of October 2024 and
integrators of 2026 show it; read November 2026. Nothing of it was tried on a real OA yet.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

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
    shown,
)
from tracker.http import Http, Reply
from tracker.payload import count, optional, optional_text, pick, required_count
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

TYPES = {"normal": "article", "video": "video"}
"""The platform's types of articles, which it lists apart, and what we call them."""
LISTS = ("medias", "articles")
"""Names of the list of articles: the documented one, and one that integrators met."""
PAGE = 10
"""More is refused: -201 "maximum limit is 10"."""
LIMITED = "-32"
LIMITED_TRIES = 2
"""How often a question is asked again, because such a reply comes with HTTP 200."""
SLOW_PACE = 0.2
"""Requests a second once Zalo has said that its limit a minute is reached."""
REFRESH_LIFE = timedelta(days=90)
MILLISECONDS_FROM = 10**11
"""Dates are milliseconds, seen in seconds too: a number below this one is seconds (until 5138)."""
Pairs = Sequence[tuple[str, str]]
WHOLE_ACCOUNT = (AccessDenied, RateLimited, Unreachable)
"""Errors that the other list of the same OA would meet too."""

OA_KEEP = ("error", "message", "data.oa_id", "data.oaid", "data.oa_alias", "data.num_follower")
ARTICLE_FIELDS = ("id", "status", "create_date", "link_view", "total_view", "total_share")
ARTICLES_KEEP = (
    *("error", "message", "data.total"),
    *(f"data.{name}[].{field}" for name in LISTS for field in ARTICLE_FIELDS),
)


@dataclass
class Walk:
    """How far the lists of one OA were read in this run, by type.

    `offsets` is where each goes on, `ended` those that were read to their end, `places` at which
    (type, offset) each article stood. `hidden` articles and `broken` ones `posts` met on the way.
    `turn` lets one thread at a time read on.
    """

    account: AccountRef
    offsets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TYPES, 0))
    ended: set[str] = field(default_factory=set)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    hidden: dict[str, ReadError] = field(default_factory=dict)
    broken: list[ReadError] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Zalo:
    """OAs by their id (`oa_id`, about 19 digits, text), articles by the platform's id.

    The handle is the alias of the OA where it has one. A post's kind is `article` or `video`.
    Hidden articles are left out of lists, and are not found when asked for: nobody sees them any
    more. There is no question for the counts of one article, so `refresh` reads the lists, going on
    where `posts` ended in the same run.
    """

    platform: ClassVar[str] = "zalo"
    needs: ClassVar[tuple[str, ...]] = ("ZALO_APP_ID", "ZALO_APP_SECRET")
    source: ClassVar[str] = "Zalo Official Account API v2.0, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "-216": AccessDenied,
        "-220": AccessDenied,
        "-14014": AccessDenied,
        "-202": PermissionMissing,
        "-206": PermissionMissing,
        "-213": PermissionMissing,
        "-224": PermissionMissing,
        "-205": NotFoundOrNoAccess,
        LIMITED: RateLimited,
        "-201": BadRequest,
    }
    """Of openapi.zalo.me, and -14014 of the token service. Other hosts of Zalo give the same
    numbers another meaning."""
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 1000
    """No request holds that many: posts of one OA must come together, or its lists are read
    again for each part."""
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 1.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget()}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = PAGE
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    needs_for_consent: ClassVar[tuple[str, ...]] = ("ZALO_APP_ID", "ZALO_APP_SECRET")
    consent_vi: ClassVar[str] = (
        "Cần có trước: Zalo OA đã xác thực là cơ quan nhà nước; ứng dụng trên developers.zalo.me "
        "đã kích hoạt, có quyền đọc thông tin OA và quản lý bài viết. Người quản trị OA mở địa chỉ "
        "dưới đây, đăng nhập Zalo, chọn đúng OA, tích ô đồng ý và bấm Cho phép. Zalo chuyển đến "
        "địa chỉ đã đăng ký với ứng dụng, trong đó có code=…; trang có thể báo lỗi, không sao: "
        "chép nguyên địa chỉ ấy và dán vào đây trong vòng mười phút. Mã nhận được có toàn quyền "
        "với OA, nhưng chương trình chỉ đọc thông tin OA và danh sách bài viết. Không chép mã sang "
        "máy khác: mỗi mã gia hạn chỉ dùng được một lần."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.tokens = http, tokens
        self.base = settings.base_url("zalo", "https://openapi.zalo.me/v2.0")
        self.auth = settings.base_url("zalo", "https://oauth.zaloapp.com/v4", "auth")
        self.app_id = settings.secret("ZALO_APP_ID").reveal()
        self.app_secret = settings.secret("ZALO_APP_SECRET")
        self.walks: dict[str, Walk] = {}
        """By account id, for this run."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door, the only one."""
        return ("owner",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every OA lists its articles."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account: each has its own token, and its own limit."""
        return account.id

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read one OA a request; an error concerns that OA alone."""
        for account in accounts:
            try:
                yield account, parse_profile(self._ask(account, "oa/getoa", OA_KEEP, ()))
            except ReadError as error:
                yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List the articles that can be seen, newest first, with their counts.

        Articles and videos are two lists, read side by side: no page more than one after the other.
        Each ends after the first page wholly older than `since` or with fewer than ten entries
        (the stated total is not dependable). An entry that cannot be read, or a list that is
        refused, costs no other: it is raised at the end.
        """
        self._refuse_stranger(account)
        walk = self.walks[account.id] = Walk(account)
        lists = [self._list(walk, name, since) for name in TYPES]
        yield from heapq.merge(*lists, key=written_at, reverse=True)
        if walk.broken:
            raise walk.broken[0]

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known articles again, OA by OA, from the pages of its lists."""
        own: dict[str, list[PostRef]] = {}
        for post in posts:
            own.setdefault(post.account.id, []).append(post)
        for asked in own.values():
            account = asked[0].account
            walk = self.walks.setdefault(account.id, Walk(account))
            found: dict[str, PostCounts | ReadError] = {**walk.hidden}
            failure: ReadError | None = None
            try:
                for page in self._search(walk, {post.native_id for post in asked} - found.keys()):
                    found |= page.articles
            except ReadError as error:
                failure = error
            for post in asked:
                yield post, found.get(post.native_id) or failure or left_out(post)

    # --- Consent ---

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which an administrator of the OA allows the app to read it."""
        asked = {"app_id": self.app_id, "redirect_uri": redirect, "state": account.id}
        return f"{self.auth}/oa/permission?{urlencode(asked)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn a code into the first pair of tokens, and ask Zalo whose it is."""
        token = parse_token(self._exchange("authorization_code", "code", Secret(code)), None)
        owner = parse_profile(answer(self._get(account, token, "oa/getoa", OA_KEEP, ()))).native_id
        refuse_other(account, owner)
        return replace(token, native_id=owner)

    def renew(self, token: Token) -> Token:
        """Get the next pair, in one single request: a refresh token works once.

        Raises Unreachable where the answer is lost, because Zalo may have used the token up, and
        AccessDenied where it says so.
        """
        if token.refresh is None:
            raise AccessDenied("there is no refresh token")
        return parse_token(self._exchange("refresh_token", "refresh_token", token.refresh), token)

    def _exchange(self, grant: str, name: str, secret: Secret) -> Reply:
        return self.http.exchange(
            f"{self.auth}/oa/access_token",
            {name: secret, "app_id": self.app_id, "grant_type": grant},
            platform=self.platform,
            secret=("header:secret_key", self.app_secret),
        )

    # --- Lists ---

    def _list(self, walk: Walk, name: str, since: datetime | None) -> Iterator[PostCounts]:
        """List the articles of one type that can be seen."""
        while name not in walk.ended:
            try:
                page = self._next_page(walk, name)
            except WHOLE_ACCOUNT:
                raise
            except ReadError as error:
                walk.broken.append(error)
                return
            for native_id, article in page.articles.items():
                if isinstance(article, PostCounts):
                    yield article
                elif isinstance(article, NotFoundOrNoAccess):
                    walk.hidden[native_id] = article
                else:
                    walk.broken.append(article)
            if page.is_older_than(since):
                return

    def _search(self, walk: Walk, wanted: set[str]) -> Iterator[ArticlesPage]:
        """Give pages until all wanted articles were on them, or the lists have ended.

        Where one was met in this run, that page is read again; where it is not there any more, the
        lists have shifted and are read from the start. The others stand behind what was read.
        Nobody knows which list an article is in, so the lists are read on in turn.
        """
        self._refuse_stranger(walk.account)
        with walk.turn:
            left = set(wanted)
            met = left & walk.places.keys()
            for name, offset in sorted({walk.places[native_id] for native_id in met}):
                page = self._page(walk, name, offset)
                left -= page.articles.keys()
                yield page
            if left & met:
                walk.offsets, walk.ended, walk.places = dict.fromkeys(TYPES, 0), set(), {}
            while left and len(walk.ended) < len(TYPES):
                for name in [name for name in TYPES if name not in walk.ended]:
                    if left:
                        page = self._next_page(walk, name)
                        left -= page.articles.keys()
                        yield page

    def _next_page(self, walk: Walk, name: str) -> ArticlesPage:
        """Read on in a list; gives what was not met before.

        Offsets count from the newest article: one that appears meanwhile pushes another over to the
        next page, where it comes again.
        """
        met = set(walk.places)
        page = self._page(walk, name, walk.offsets[name])
        if page.size >= PAGE and met.issuperset(page.articles):
            raise PayloadChanged(
                f"the {name} list of {walk.account.id} comes back to a page already read", "offset"
            )
        fresh = {key: item for key, item in page.articles.items() if key not in met}
        return replace(page, articles=fresh)

    def _page(self, walk: Walk, name: str, offset: int) -> ArticlesPage:
        asked = (("offset", str(offset)), ("limit", str(PAGE)), ("type", name))
        body = self._ask(walk.account, "article/getslice", ARTICLES_KEEP, asked)
        page = parse_articles(body, name, offset)
        walk.places |= dict.fromkeys(page.articles, (name, offset))
        walk.offsets[name] = max(walk.offsets[name], offset + page.size)
        if page.size < PAGE:
            walk.ended.add(name)
        return page

    # --- Questions ---

    def _refuse_stranger(self, account: AccountRef) -> None:
        """Raise PermissionMissing where the kept token is another OA's: its articles are not ours.

        `profiles` gives the other OA's id, which the store reports.
        """
        token = self.tokens.find(account.id)
        if token is not None:
            refuse_other(account, token.native_id)

    def _ask(self, account: AccountRef, method: str, keep: tuple[str, ...], params: Pairs) -> Any:
        """Give the body of a good reply; a refused token is renewed once, whatever its end says."""
        token = self.tokens.fresh(account, self.renew)
        try:
            return answer(self._get(account, token, method, keep, params))
        except AccessDenied:
            token = self.tokens.fresh(account, self.renew, rejected=token)
        return answer(self._get(account, token, method, keep, params))

    def _get(
        self, account: AccountRef, token: Token, method: str, keep: tuple[str, ...], params: Pairs
    ) -> Reply:
        """Ask, and up to twice more, slower from then on, where the limit a minute is reached."""
        ask = partial(
            self.http.get,
            f"{self.base}/{method}",
            params,
            platform=self.platform,
            keep=keep,
            secret=("header:access_token", token.access),
            whose=account.id,
        )
        reply = ask()
        for _ in range(LIMITED_TRIES):
            if error_code(reply.body) != LIMITED:
                break
            self.http.slow(self.platform, SLOW_PACE)
            reply = ask()
        return reply


def oa_of(account: AccountRef) -> str | None:
    """Give the id of the OA: the stored one, or the one in its address `zalo.me/<oa_id>`."""
    last = urlsplit(account.url or "").path.rstrip("/").rpartition("/")[2]
    return account.native_id or (last if last.isdecimal() else None)


def refuse_other(account: AccountRef, owner: str | None) -> None:
    """Raise PermissionMissing where a consent came from another OA than the registered one."""
    registered = oa_of(account)
    if registered and owner and registered != owner:
        raise PermissionMissing(
            f"the consent came from OA {owner}, but {account.id} is registered as OA {registered}; "
            "an administrator must consent again and choose that OA"
        )


def parse_profile(body: Any) -> ProfileCounts:
    """Read a `getoa` reply. The id is `oa_id` or `oaid`, text or a whole number."""
    data = pick(body, "data")
    name = "oa_id" if optional(data, "oa_id") is not None else "oaid"
    return ProfileCounts(
        native_id=id_text(data, name),
        handle=optional_text(data, "oa_alias") or None,
        followers=count(data, "num_follower"),
    )


@dataclass(frozen=True)
class ArticlesPage:
    """One page of a list. `size` counts all entries, hidden and unreadable ones included;
    `newest_at` is the latest date on it, None where there is none.
    """

    size: int
    articles: dict[str, PostCounts | ReadError]
    newest_at: datetime | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether all of the page is older than `since`; one without dates decides nothing."""
        return since is not None and self.newest_at is not None and self.newest_at < since


def parse_articles(body: Any, name: str, offset: int) -> ArticlesPage:
    """Read a `getslice` reply of the list `name`. Raises PayloadChanged for an entry without id."""
    entries = listed(pick(body, "data"), offset)
    articles: dict[str, PostCounts | ReadError] = {}
    dates = []
    for entry in entries:
        native_id = id_text(entry, "id")
        try:
            articles[native_id] = parse_article(entry, TYPES[name])
        except ReadError as error:
            articles[native_id] = error
        with suppress(PayloadChanged):
            dates.append(created_at(entry))
    return ArticlesPage(len(entries), articles, max(dates, default=None))


def listed(data: Any, offset: int) -> list[Any]:
    """Find the list of articles: under a known name, else the only list there is.

    No list at all is the end where the stated total lies before the page. Raises PayloadChanged
    otherwise: an empty list and a list under a new name must not look alike.
    """
    known = [name for name in LISTS if optional(data, name) is not None]
    found = [data[name] for name in known or data if isinstance(data[name], list)]
    if len(found) == 1:
        return list(found[0])
    total = count(data, "total")
    if not found and total is not None and total <= offset:
        return []
    raise PayloadChanged(f"the reply holds no list of articles at data.{LISTS[0]}", "data")


def parse_article(item: Any, kind: str) -> PostCounts:
    """Read one article. Raises NotFoundOrNoAccess for a hidden one; an absent count is unknown."""
    status = optional(item, "status")
    if status == "hide":
        raise NotFoundOrNoAccess(f"article {id_text(item, 'id')} is hidden by its OA")
    if status not in (None, "show"):
        raise PayloadChanged(
            f"at status expected show or hide, came {shown(repr(status))}", "status"
        )
    return PostCounts(
        native_id=id_text(item, "id"),
        published_at=created_at(item),
        url=optional_text(item, "link_view") or None,
        kind=kind,
        views=count(item, "total_view"),
        shares=count(item, "total_share"),
        text=optional_text(item, "title") or None,
    )


def created_at(item: Any) -> datetime:
    """Read `create_date`, milliseconds or seconds since 1970, told apart by size; gives UTC."""
    number = required_count(item, "create_date")
    seconds, milliseconds = divmod(number, 1000) if number >= MILLISECONDS_FROM else (number, 0)
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError, OSError):
        raise PayloadChanged(
            f"at create_date expected a date, came {number}", "create_date"
        ) from None


def written_at(article: PostCounts) -> datetime:
    """Give the instant by which lists are merged."""
    assert article.published_at is not None, "parse_article always gives it"
    return article.published_at


def id_text(item: Any, path: str) -> str:
    """Read an id that comes as text or as a whole number, which may lie beyond 2^53."""
    value = pick(item, path)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise PayloadChanged(f"at {path} expected an id, came {shown(repr(value))}", path)
    return value


def error_code(body: Any) -> str | None:
    """Give the code of a reply as text: a whole number or digits; None where there is none."""
    code = body.get("error") if isinstance(body, Mapping) else None
    return None if code is None or isinstance(code, bool) else str(code).strip()


def answer(reply: Reply) -> Any:
    """Give the body of a good reply. Raises the ReadError that the reply stands for."""
    code = error_code(reply.body)
    if reply.status == 200 and code == "0":
        return reply.body
    if reply.status == 200 and code is None:
        raise PayloadChanged(f"Zalo answered {reply.kind} of another shape than promised", "$")
    message = f"Zalo answered HTTP {reply.status}, error {code}: {sentence(reply.body)}"
    kind = Zalo.errors.get(code or "") or error_of_status(reply.status)
    if kind is RateLimited:
        raise RateLimited(message, retry_at(reply))
    raise kind(message)


def error_of_status(status: int) -> type[ReadError]:
    """Give our kind for a status without a known code, as gateways send them."""
    if status >= 500:
        return Unreachable
    return RateLimited if status == 429 else BadRequest


def retry_at(reply: Reply) -> datetime:
    """Give the UTC instant from which to ask again: the stated one, or a minute later."""
    seconds = reply.headers.get("retry-after", "")
    return reply.received_at + timedelta(seconds=int(seconds) if seconds.isdecimal() else 60)


def sentence(body: Any) -> str:
    """Give Zalo's own words; the token service spreads them over three fields of other names."""
    names = ("message", "error_name", "error_reason", "error_description")
    said = [str(body[name]) for name in names if body.get(name)] if isinstance(body, dict) else []
    return ", ".join(dict.fromkeys(said)) or "no message"


def parse_token(reply: Reply, before: Token | None) -> Token:
    """Read a pair of tokens; `before` is the one that was renewed, None for the first.

    A reply that holds an access token is never refused for something else in it: the old pair is
    used up. `expires_in` is text or a number of seconds. Without a new refresh token the old one
    goes on, to its own end.
    """
    body = reply.body if isinstance(reply.body, dict) else {}
    access, renewed = body.get("access_token"), body.get("refresh_token")
    if reply.status != 200 or not isinstance(access, str) or not access:
        raise refusal(reply, before)
    token = Token(
        access=Secret(access),
        issued_at=reply.received_at,
        expires_at=end_of(reply),
        refresh=before.refresh if before else None,
        refresh_expires_at=before.refresh_expires_at if before else None,
        native_id=before.native_id if before else None,
    )
    if not isinstance(renewed, str) or not renewed:
        return token
    end = reply.received_at + REFRESH_LIFE
    return replace(token, refresh=Secret(renewed), refresh_expires_at=end)


def end_of(reply: Reply) -> datetime | None:
    """Give the end of the new access token; None where the reply does not say it readably."""
    try:
        seconds = count(reply.body, "expires_in")
        return None if seconds is None else reply.received_at + timedelta(seconds=seconds)
    except (PayloadChanged, OverflowError):
        return None


def refusal(reply: Reply, before: Token | None) -> ReadError:
    """Say what a reply of the token service without a token means.

    An empty one is the answer to a used refresh token (reported in August 2026), -14014 that to an
    unknown one: only a person helps, as with a refused code. Another code speaks of the app or of
    our question, and the pair stays good. A page of a gateway, or a reply cut short, tells nothing
    about what the service has done.
    """
    again = "an administrator of the OA must allow the app again"
    code = error_code(reply.body)
    if sentence(reply.body) != "no message" or code not in (None, "0"):
        kind = AccessDenied if before is None else Zalo.errors.get(code or "", BadRequest)
        said = f"Zalo's token service answered error {code}: {sentence(reply.body)}"
        return AccessDenied(f"{said}; {again}") if kind is AccessDenied else BadRequest(said)
    if reply.status == 200 and reply.body is None and is_empty(reply):
        return AccessDenied(f"Zalo's token service answered nothing: the token is used up; {again}")
    return Unreachable(
        f"Zalo's token service answered HTTP {reply.status}, {reply.kind}, without a token; "
        "whether the old one still works is unknown"
    )


def is_empty(reply: Reply) -> bool:
    """Say whether a reply that is no JSON has no body, as far as its headers tell."""
    size = reply.headers.get("content-length", "0")
    return "html" not in reply.kind and (size == "0" or "content-encoding" in reply.headers)


def left_out(post: PostRef) -> NotFoundOrNoAccess:
    """Say that an article is in no list any more, which may mean several things."""
    return NotFoundOrNoAccess(
        f"article {post.native_id} is not in the lists of {post.account.id}: deleted, or a wrong id"
    )
