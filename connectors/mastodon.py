"""Reads Mastodon accounts and posts, each from the account's own server. Needs no key as a rule.

Terms: set by each server; reading public accounts costs nothing and 300 requests in 5 minutes are
allowed for an address. Every other server shows only the followers and interactions that it
happens to know, so remote copies are refused. Counts are exact on the home server; what other
servers did not send back is missing from them, so they are lower bounds. There are no view counts.
Some servers want a token even for public accounts (TRACKER_MASTODON_ACCESS_TOKEN): it is sent only
to servers that asked for one. Documentation: https://docs.joinmastodon.org, July 2026 (server
4.6), and measurements on GoToSocial 0.20; read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from connectors.base import Budget, Parsed, Tokens, batches, parse_each
from tracker.errors import (
    AccessDenied,
    AccountGone,
    AccountMoved,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import count, instant, optional, optional_text, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

PUBLIC = ("public", "unlisted")
NO_SUCH_METHOD = (404, 405, 501)
"""How servers without batch look-up answer it: GoToSocial 405, Mastodon before 4.3 404."""
SERVER_TROUBLE = (AccessDenied, PermissionMissing, RateLimited, Unreachable)
"""Errors that every further request to the same server would meet again."""

ACCOUNT_FIELDS = (
    "id",
    "acct",
    "followers_count",
    "following_count",
    "statuses_count",
    "suspended",
    "moved.acct",
    "moved.url",
    "pleroma.hide_followers_count",
    "pleroma.hide_follows_count",
)
ACCOUNT_KEEP = (*ACCOUNT_FIELDS, "error")
ACCOUNTS_KEEP = (*(f"[].{field}" for field in ACCOUNT_FIELDS), "error")
STATUS_FIELDS = (
    "id",
    "created_at",
    "url",
    "visibility",
    "in_reply_to_id",
    "reblog.id",
    "replies_count",
    "reblogs_count",
    "favourites_count",
    "quotes_count",
)
STATUS_KEEP = (*STATUS_FIELDS, "error")
STATUSES_KEEP = (*(f"[].{field}" for field in STATUS_FIELDS), "error")


class Mastodon:
    """Accounts by server and id, posts by the status id of the account's server.

    An account's address is `user@server`. Its `native_id` is `<server>/<id>`: an id means
    something on its own server only, and is text (GoToSocial uses ULIDs). A post's `native_id` is
    the status id; the account says on which server. A post's kind is `post` or `reply`.
    """

    platform: ClassVar[str] = "mastodon"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Mastodon API documentation, July 2026 (server 4.6), read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "401": PermissionMissing,
        "403": PermissionMissing,
        "404": NotFoundOrNoAccess,
        "410": AccountGone,
        "422": TooMuchData,
        "429": RateLimited,
        "503": Unreachable,
    }
    """By HTTP status: the body holds a sentence only."""
    batch: ClassVar[int] = 40
    post_batch: ClassVar[int] = 20
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 1.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget()}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 40
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http = http
        self.base = settings.base_url("mastodon", "https://{server}/api/v1")
        self.token = settings.secrets.get("MASTODON_ACCESS_TOKEN")
        self.asked_for_token: set[str] = set()
        """Servers that refused an anonymous request, remembered for the run."""
        self.one_by_one: set[tuple[str, str]] = set()
        """(server, method) without batch look-up, remembered for the run."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the public door, the only one."""
        return ("public",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every account's posts can be listed."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account's server: what one refuses says nothing of the others."""
        try:
            return server_of(account)
        except BadRequest:
            return self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read accounts server by server; trouble with one server costs only its own accounts."""
        servers: dict[str, list[AccountRef]] = {}
        for account in accounts:
            try:
                servers.setdefault(server_of(account), []).append(account)
            except BadRequest as error:
                yield account, error
        for server, members in servers.items():
            waiting = {account.id: account for account in members}
            try:
                for account, result in self._profiles_on(server, members):
                    waiting.pop(account.id, None)
                    yield account, result
            except ReadError as error:
                for account in waiting.values():
                    yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List own public and unlisted posts and replies newest first, with their counts.

        Boosts are not asked for and dropped if they come: their counts belong to another post.
        Ends after the first page wholly older than `since`, at an empty page (GoToSocial links to
        one after its last full page), or without a link to the next.
        """
        server = server_of(account)
        base = self._base(server)
        url = f"{base}/accounts/{quote(self._account_id(server, account), safe='')}/statuses"
        asked: Sequence[tuple[str, str]] = (("limit", "40"), ("exclude_reblogs", "true"))
        pages = {url}
        seen: set[str] = set()
        while True:
            reply = self._get(server, url, asked, STATUSES_KEEP)
            page = parse_statuses(list_answer(reply, server))
            for post in page.posts:
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
            following = next_page(reply.headers.get("link", ""))
            if following is None or page.last_at is None or page.is_older_than(since):
                return
            if following in pages or not following.startswith(base + "/"):
                raise PayloadChanged(
                    f"{server} links the posts of {account.id} to a page already read "
                    "or to another server",
                    "Link",
                )
            url, asked = following, ()
            pages.add(url)

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts, 20 a request on each server, or one by one where it has no batch."""
        servers: dict[str, dict[str, list[PostRef]]] = {}
        for post in posts:
            try:
                known = servers.setdefault(server_of(post.account), {})
                known.setdefault(post.native_id, []).append(post)
            except BadRequest as error:
                yield post, error
        for server, known in servers.items():
            waiting = dict(known)
            try:
                for native_id, result in self._items(server, "statuses", list(known), parse_status):
                    if isinstance(result, AccountGone):
                        result = NotFoundOrNoAccess(str(result))
                    for post in waiting.pop(native_id):
                        yield post, result
            except ReadError as error:
                for post in (post for refs in waiting.values() for post in refs):
                    yield post, error

    def _profiles_on(
        self, server: str, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        known: dict[str, list[AccountRef]] = {}
        for account in accounts:
            if account.native_id:
                known.setdefault(id_on_server(account.native_id), []).append(account)
            else:
                yield account, self._lookup(server, account)
        parse = partial(parse_account, server=server)
        for native_id, result in self._items(server, "accounts", list(known), parse):
            for account in known[native_id]:
                yield account, result

    def _items(
        self, server: str, method: str, ids: Sequence[str], parse: Callable[[Any], Parsed]
    ) -> Iterator[tuple[str, Parsed | ReadError]]:
        """Read accounts or statuses by id, in batches where the server knows them."""
        for some in batches(ids, self.batch if method == "accounts" else self.post_batch):
            found = None
            if len(some) > 1 and (server, method) not in self.one_by_one:
                found = self._batch(server, method, some, parse)
            for native_id in some:
                if found is None:
                    yield native_id, self._item(server, method, native_id, parse)
                else:
                    yield native_id, found.get(native_id) or left_out(server, native_id)

    def _batch(
        self, server: str, method: str, ids: Sequence[str], parse: Callable[[Any], Parsed]
    ) -> dict[str, Parsed | ReadError] | None:
        """Look several ids up at once; None where the server cannot, which is remembered.

        A server that finds the batch too long (HTTP 422) is asked for the halves.
        """
        keep = ACCOUNTS_KEEP if method == "accounts" else STATUSES_KEEP
        asked = [("id[]", native_id) for native_id in ids]
        reply = self._get(server, f"{self._base(server)}/{method}", asked, keep)
        if reply.status in NO_SUCH_METHOD:
            self.one_by_one.add((server, method))
            return None
        if reply.status == 422 and len(ids) > 1:
            half = len(ids) // 2
            first = self._batch(server, method, ids[:half], parse)
            second = self._batch(server, method, ids[half:], parse)
            return None if first is None or second is None else first | second
        return parse_each(list_answer(reply, server), "id", parse)

    def _item(
        self, server: str, method: str, native_id: str, parse: Callable[[Any], Parsed]
    ) -> Parsed | ReadError:
        """Look one id up; gives the error that concerns it alone, raises the others."""
        keep = ACCOUNT_KEEP if method == "accounts" else STATUS_KEEP
        url = f"{self._base(server)}/{method}/{quote(native_id, safe='')}"
        try:
            return parse(answer(self._get(server, url, (), keep), server))
        except SERVER_TROUBLE:
            raise
        except ReadError as error:
            return error

    def _lookup(self, server: str, account: AccountRef) -> ProfileCounts | ReadError:
        """Find an account by name; the same reply holds its id and its counts."""
        asked = [("acct", user_of(account))]
        reply = self._get(server, f"{self._base(server)}/accounts/lookup", asked, ACCOUNT_KEEP)
        try:
            return parse_account(answer(reply, server), server)
        except SERVER_TROUBLE:
            raise
        except ReadError as error:
            return error

    def _account_id(self, server: str, account: AccountRef) -> str:
        if account.native_id:
            return id_on_server(account.native_id)
        profile = self._lookup(server, account)
        if isinstance(profile, ReadError):
            raise profile
        assert profile.native_id is not None, "parse_account always gives the id"
        return id_on_server(profile.native_id)

    def _base(self, server: str) -> str:
        return self.base.format(server=server)

    def _get(
        self, server: str, url: str, params: Sequence[tuple[str, str]], keep: tuple[str, ...]
    ) -> Reply:
        """Ask without a token, and once more with it where the server wants one."""
        if server not in self.asked_for_token:
            reply = self.http.get(url, params, platform=self.platform, keep=keep)
            if reply.status != 401 or self.token is None:
                return reply
            self.asked_for_token.add(server)
        assert self.token is not None, "a server is remembered only when there is a token"
        secret = ("Authorization", self.token)
        reply = self.http.get(url, params, platform=self.platform, keep=keep, secret=secret)
        if reply.status == 401:
            raise AccessDenied(f"{server} refused the access token: {error_sentence(reply)}")
        return reply


def server_of(account: AccountRef) -> str:
    """Give the server that an account lives on.

    The stored id knows it best, then the web address, then the part behind the @: a server may
    give out handles under a domain that is not its own.
    """
    if account.native_id and "/" in account.native_id:
        return account.native_id.partition("/")[0]
    host = urlsplit(account.url or "").netloc
    if host:
        return host.casefold()
    user, _, server = (account.handle or "").removeprefix("@").partition("@")
    if not user or not server:
        raise BadRequest(
            f"{account.id} has no server; register it as user@server or with its web address, "
            f"not {account.handle!r}"
        )
    return server.casefold()


def user_of(account: AccountRef) -> str:
    """Give the name without the server."""
    if account.handle:
        return account.handle.removeprefix("@").partition("@")[0]
    return urlsplit(account.url or "").path.rstrip("/").rpartition("/")[2].removeprefix("@")


def id_on_server(native_id: str) -> str:
    """Give the part of `<server>/<id>` that the server itself knows."""
    return native_id.partition("/")[2] or native_id


def parse_account(item: Any, server: str) -> ProfileCounts:
    """Read one account of `server`.

    Raises AccountGone for a suspended one (it comes with zeros, which are not a fall to 0),
    AccountMoved for one that left, NotFoundOrNoAccess for the copy of an account of another
    server. A count of -1 is hidden; other servers leave keys out: both are unknown. The handle is
    not reported: a server does not rename accounts, and handles may carry another domain than
    the server's.
    """
    acct = text(item, "acct")
    if optional(item, "suspended") is True:
        raise AccountGone(f"{acct} on {server} is suspended")
    if "@" in acct:
        raise NotFoundOrNoAccess(
            f"{acct} on {server} is a remote copy: ask the server the account lives on"
        )
    if optional(item, "moved") is not None:
        target = optional(item, "moved.url") or optional(item, "moved.acct")
        raise AccountMoved(f"{acct} on {server} moved to {target}", target)
    return ProfileCounts(
        native_id=f"{server}/{text(item, 'id')}",
        followers=shown_count(item, "followers_count", "pleroma.hide_followers_count"),
        following=shown_count(item, "following_count", "pleroma.hide_follows_count"),
        posts=shown_count(item, "statuses_count"),
    )


def shown_count(item: Any, path: str, hidden_by: str | None = None) -> int | None:
    """Read a count; None where it is -1 (forks that hide it) or a flag says that it is hidden.

    Pleroma and Akkoma show 0 and set `hide_followers_count` in their own part of the account.
    """
    if hidden_by is not None and optional(item, hidden_by) is True:
        return None
    return None if optional(item, path) == -1 else count(item, path)


@dataclass(frozen=True)
class StatusPage:
    """One page of an account's posts. `last_at` is the newest instant on it, None when empty."""

    posts: tuple[PostCounts, ...]
    last_at: datetime | None

    def is_older_than(self, since: datetime | None) -> bool:
        """Say whether all of the page is older than `since`."""
        return since is not None and self.last_at is not None and self.last_at < since


def parse_statuses(items: Sequence[Any]) -> StatusPage:
    """Read a list of statuses: public and unlisted ones, without boosts of other posts."""
    posts = tuple(
        parse_status(item)
        for item in items
        if text(item, "visibility") in PUBLIC and optional(item, "reblog") is None
    )
    listed = [instant(text(item, "created_at"), "created_at") for item in items]
    return StatusPage(posts, max(listed, default=None))


def parse_status(item: Any) -> PostCounts:
    """Read one status. `quotes_count` is there from server 4.5 on; quotes are kept apart."""
    quotes = count(item, "quotes_count")
    return PostCounts(
        native_id=text(item, "id"),
        published_at=instant(text(item, "created_at"), "created_at"),
        url=optional_text(item, "url"),
        kind="post" if optional(item, "in_reply_to_id") is None else "reply",
        reactions=count(item, "favourites_count"),
        comments=count(item, "replies_count"),
        shares=count(item, "reblogs_count"),
        details={} if quotes is None else {"quotes": quotes},
        text=plain_text(item),
    )


class TextOfHtml(HTMLParser):
    """Collects the text of a post; line breaks and paragraphs become new lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start a new line where the page would."""
        if tag in ("br", "p", "li", "blockquote"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Take the text as it stands."""
        self.parts.append(data)


def plain_text(item: Any) -> str | None:
    """Give warning and content of a status without HTML; None when the archive dropped them."""
    reader = TextOfHtml()
    reader.feed(f"{optional(item, 'spoiler_text') or ''}\n{optional(item, 'content') or ''}")
    reader.close()
    return "".join(reader.parts).strip() or None


def next_page(link: str) -> str | None:
    """Find the address marked `rel="next"` in a `Link` header; None at the end."""
    for address, rel in re.findall(r'<([^>]*)>\s*;[^,]*?rel="?([a-z]+)"?', link):
        if rel == "next":
            return str(address)
    return None


def answer(reply: Reply, server: str) -> Any:
    """Give the object of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, dict):
        return reply.body
    raise parse_error(reply, server)


def list_answer(reply: Reply, server: str) -> list[Any]:
    """Give the list of a good reply. Raises the ReadError that the reply stands for."""
    if reply.status == 200 and isinstance(reply.body, list):
        return reply.body
    raise parse_error(reply, server)


def parse_error(reply: Reply, server: str) -> ReadError:
    """Turn a reply of another shape or status than promised into our kind of error."""
    if reply.status == 200:
        return PayloadChanged(f"{server} answered {reply.kind} of another shape than promised", "$")
    message = f"{server} answered HTTP {reply.status}: {error_sentence(reply)}"
    if reply.status == 401:
        return PermissionMissing(
            f"{message}; get a token from this server and set TRACKER_MASTODON_ACCESS_TOKEN"
        )
    kind = Mastodon.errors.get(str(reply.status), BadRequest)
    if reply.status >= 500:
        kind = Unreachable
    return RateLimited(message, retry_at(reply)) if kind is RateLimited else kind(message)


def error_sentence(reply: Reply) -> str:
    """Give the server's own sentence, or what kind of reply came instead."""
    said = optional(reply.body, "error") if isinstance(reply.body, dict) else None
    return str(said) if said else f"no sentence, {reply.kind}"


def retry_at(reply: Reply) -> datetime | None:
    """Give the UTC instant of `X-RateLimit-Reset` (an ISO time, not seconds) or `Retry-After`."""
    try:
        return instant(reply.headers["x-ratelimit-reset"])
    except (KeyError, PayloadChanged):
        seconds = reply.headers.get("retry-after", "")
        return reply.received_at + timedelta(seconds=int(seconds)) if seconds.isdigit() else None


def left_out(server: str, native_id: str) -> NotFoundOrNoAccess:
    """Say that a batch left an id out, which servers do for deleted and hidden ones alike."""
    return NotFoundOrNoAccess(f"{server} left out {native_id}: deleted, hidden, or a wrong id")
