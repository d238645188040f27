"""Reads Telegram channels: subscribers through a bot, views of posts from the public preview pages.

Terms: the Bot API is free; a bot token (TRACKER_TELEGRAM_BOT_TOKEN) gives the exact number of
members of public channels, one request a channel. It gives no views of past posts. The preview
pages at t.me need no key and are nobody's API: they are read only where the owners of the channels
agree (TRACKER_TELEGRAM_PREVIEW=1), one page in two seconds, 20 posts a page. Views and reactions
are rounded down to three significant figures from 1,000 up. Without a bot the subscribers come
from the channel's card, exact. Documentation: https://core.telegram.org/bots/api (10.1, June 2026)
and the markup of the pages, which nobody promises; read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.base import Budget, Tokens
from connectors.telegram_pages import (
    PAGE_HEADERS,
    PAGE_KEEP,
    HistoryPage,
    page_answer,
    parse_card,
    parse_history,
    read_page,
    why_no_preview,
)
from tracker.errors import (
    AccessDenied,
    AccountMoved,
    BadRequest,
    ConfigError,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    RateLimited,
    ReadError,
    Unreachable,
    shown,
)
from tracker.http import Http, Reply
from tracker.payload import optional, optional_text, pick, required_count
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

ERROR_KEEP = (
    *("ok", "error_code", "description"),
    *("parameters.retry_after", "parameters.migrate_to_chat_id"),
)
COUNT_KEEP = (*ERROR_KEEP, "result")
CHAT_KEEP = (*ERROR_KEEP, "result.id", "result.username")
PAGES_A_SECOND = 0.5
OF_ALL = (AccessDenied, RateLimited, Unreachable)
"""Errors that every further request would meet again."""


class Telegram:
    """Channels and groups by numeric id, posts by the number of their message in the channel.

    An album is one post under the number of its first message. Forwarded messages are left out:
    they carry the views of the original. A post's kind is `post`, or `service` for what Telegram
    itself wrote into the channel (a new photo, a pinned post), which has no views.
    """

    platform: ClassVar[str] = "telegram"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "Telegram Bot API 10.1 and public pages of t.me, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = {
        "Bad Request: chat not found": NotFoundOrNoAccess,
        "Bad Request: need administrator rights": PermissionMissing,
        "Bad Request: member list is inaccessible": PermissionMissing,
        "migrate_to_chat_id": AccountMoved,
        "401": AccessDenied,
        "403": PermissionMissing,
        "404": AccessDenied,
        "429": RateLimited,
    }
    """By the start of the description, else by code; 404 answers what is no token at all."""
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 20
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 1.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget()}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = 20
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = True
    list_every: ClassVar[int] = 1

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http = http
        self.base = settings.base_url("telegram", "https://api.telegram.org")
        self.pages = settings.base_url("telegram", "https://t.me", "preview")
        self.bot = settings.secrets.get("TELEGRAM_BOT_TOKEN")
        self.preview = settings.is_on("TELEGRAM_PREVIEW")
        if self.bot is None and not self.preview:
            raise ConfigError(
                "Telegram needs TRACKER_TELEGRAM_BOT_TOKEN (a bot from @BotFather, reads "
                "subscribers) or TRACKER_TELEGRAM_PREVIEW=1 (public pages, also views of posts, "
                "where the owners of the channels agree)"
            )
        self.alone: set[str] = set()
        """Accounts whose refusal says nothing of the others, remembered for the run."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the public door, the only one."""
        return ("public",)

    def has_posts(self, account: AccountRef) -> bool:
        """Say whether the preview pages may be read and know the channel, by its public name."""
        return self.preview and username_of(account) is not None

    def credential(self, account: AccountRef) -> str:
        """Give the platform: one bot reads all; a chat that refuses it stands for itself."""
        return account.id if account.id in self.alone else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read the subscribers, one request a channel; what concerns one chat costs no other."""
        for account in accounts:
            try:
                yield account, self._by_bot(account) if self.bot else self._by_card(account)
            except OF_ALL:
                raise
            except PermissionMissing as error:
                self.alone.add(account.id)
                yield account, error
            except ReadError as error:
                yield account, error

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List the posts newest first, with their counts.

        Ends after the first page wholly older than `since` or without a link to older ones. A
        post that cannot be read costs no other: it is raised when everything else was given.
        """
        broken: ReadError | None = None
        before: int | None = None
        while True:
            page = self._history(account, before)
            for result in page.shown.values():
                if isinstance(result, PostCounts):
                    yield result
                elif result is not None:
                    broken = broken or result
            is_older = since is not None and page.last_at is not None and page.last_at < since
            if page.before is None or is_older:
                break
            if before is not None and page.before >= before:
                raise PayloadChanged(f"the pages of {account.id} come back to one read", "before")
            before = page.before
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read known posts again from the pages that hold them, the fewest for each channel."""
        accounts: dict[str, dict[int, list[PostRef]]] = {}
        for post in posts:
            if post.native_id.isdecimal():
                known = accounts.setdefault(post.account.id, {})
                known.setdefault(int(post.native_id), []).append(post)
            else:
                yield post, BadRequest(f"{shown(post.native_id)} is no number of a message")
        for left in accounts.values():
            account = next(iter(left.values()))[0].account
            try:
                while left:
                    for number, result in self._newest_of(account, list(left)):
                        for post in left.pop(number):
                            yield post, result
            except OF_ALL:
                raise
            except ReadError as error:
                for post in (post for refs in left.values() for post in refs):
                    yield post, error

    def _newest_of(
        self, account: AccountRef, numbers: Sequence[int]
    ) -> Iterator[tuple[int, PostCounts | ReadError]]:
        """Read the page that begins at the newest of some messages; give all it decides."""
        newest = max(numbers)
        page = self._history(account, newest + 1)
        lowest = 0 if page.before is None else min(page.shown, default=0)
        if lowest > newest:
            raise PayloadChanged(f"a page of {account.id} is newer than what was asked", "posts")
        for number in numbers:
            if number >= lowest:
                yield number, page.shown.get(number) or left_out(account, number)

    def _by_bot(self, account: AccountRef) -> ProfileCounts:
        """Read the count by id; by name where no id is known, or the bot no longer knows the id.

        A bot finds a channel that it is not in by its name first; the servers may forget it again.
        """
        if account.native_id is None:
            return self._by_name(account)
        try:
            followers = self._members(account.native_id)
        except NotFoundOrNoAccess:
            if username_of(account) is None:
                raise
            return self._by_name(account)
        return ProfileCounts(native_id=account.native_id, followers=followers)

    def _by_name(self, account: AccountRef) -> ProfileCounts:
        name = required_username(account)
        chat = parse_chat(self._ask("getChat", f"@{name}", CHAT_KEEP))
        if account.native_id not in (None, chat.native_id):
            raise NotFoundOrNoAccess(
                f"@{name} is now chat {chat.native_id}; {account.native_id} of {account.id} is not "
                "found any more"
            )
        if chat.handle is not None and chat.handle.casefold() == name.casefold():
            chat = replace(chat, handle=name)
        assert chat.native_id is not None, "parse_chat always gives the id"
        return replace(chat, followers=self._members(chat.native_id))

    def _members(self, chat: str) -> int:
        return required_count(self._ask("getChatMemberCount", chat, COUNT_KEEP), "result")

    def _ask(self, method: str, chat: str, keep: tuple[str, ...]) -> Any:
        assert self.bot is not None, "asked only with a bot"
        reply = self.http.get(
            f"{self.base}/bot{{secret}}/{method}",
            [("chat_id", chat)],
            platform=self.platform,
            keep=keep,
            secret=("{secret}", self.bot),
        )
        return answer(reply)

    def _by_card(self, account: AccountRef) -> ProfileCounts:
        name = required_username(account)
        return ProfileCounts(followers=parse_card(self._page(name, ()), name))

    def _history(self, account: AccountRef, before: int | None) -> HistoryPage:
        """Read one page of a channel's posts, those before a message, or the newest.

        Where there is no preview, t.me leads on to the card, which says why.
        """
        if not self.preview:
            raise PermissionMissing("posts are read only with TRACKER_TELEGRAM_PREVIEW=1")
        name = required_username(account)
        page = self._page(f"s/{name}", [] if before is None else [("before", str(before))])
        if page["page"] == "card":
            self.alone.add(account.id)
            raise PermissionMissing(f"t.me/s/{name} is not shown: {why_no_preview(page)}")
        found = parse_history(page)
        if found.chat is not None and account.native_id not in (None, found.chat):
            self.alone.add(account.id)
            raise PermissionMissing(
                f"t.me/{name} shows chat {found.chat}, not {account.native_id} of {account.id}: "
                "the name has another owner; correct it in the register"
            )
        return found

    def _page(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        self.http.slow(self.platform, PAGES_A_SECOND)
        reply = self.http.get(
            f"{self.pages}/{path}",
            params,
            platform=self.platform,
            keep=PAGE_KEEP,
            headers=PAGE_HEADERS,
            read=read_page,
        )
        return page_answer(reply)


def username_of(account: AccountRef) -> str | None:
    """Give the public name of a channel without the @; None where it has none that t.me shows."""
    path = urlsplit(account.url or "").path.strip("/").removeprefix("s/")
    name = (account.handle or path).removeprefix("@")
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{2,31}", name) else None


def required_username(account: AccountRef) -> str:
    """Give the public name. Raises BadRequest that says what to register."""
    name = username_of(account)
    if name is None:
        raise BadRequest(
            f"{account.id} has no public name; register it as @name or https://t.me/name, not "
            f"{account.handle or account.url!r}"
        )
    return name


def parse_chat(body: Any) -> ProfileCounts:
    """Read id and name of a `getChat` reply; the id is a JSON number."""
    native_id = pick(body, "result.id")
    if isinstance(native_id, bool) or not isinstance(native_id, int):
        raise PayloadChanged(f"the id of a chat came as {shown(repr(native_id))}", "result.id")
    username = optional_text(body, "result.username")
    return ProfileCounts(native_id=str(native_id), handle=username)


def left_out(account: AccountRef, number: int) -> NotFoundOrNoAccess:
    """Say that a page does not show a message that belongs on it."""
    return NotFoundOrNoAccess(f"the pages of {account.id} do not show message {number}: deleted")


def answer(reply: Reply) -> Any:
    """Give the body of a good reply of the Bot API. Raises the ReadError it stands for."""
    if reply.status == 200 and isinstance(reply.body, dict) and reply.body.get("ok") is True:
        return reply.body
    raise parse_error(reply)


def parse_error(reply: Reply) -> ReadError:
    """Turn a reply of the Bot API that is not `ok` into our kind of error.

    The start of the description decides, then the code, which equals the HTTP status. The limits
    are not published; a 429 names the seconds to wait.
    """
    body = reply.body
    if not isinstance(body, dict) or "error_code" not in body:
        if reply.status == 200:
            return PayloadChanged(f"Telegram answered {reply.kind} of another shape", "$")
        return Unreachable(f"Telegram answered HTTP {reply.status} without its JSON ({reply.kind})")
    code, said = str(body["error_code"]), str(body.get("description"))
    message = f"Telegram answered {code} {said}"
    moved = optional(body, "parameters.migrate_to_chat_id")
    if moved is not None:
        return AccountMoved(f"{message}; it is now chat {moved}", str(moved))
    named = [kind for start, kind in Telegram.errors.items() if said.startswith(start)]
    kind = named[0] if named else Telegram.errors.get(code, BadRequest)
    if reply.status >= 500:
        return Unreachable(message)
    if kind is RateLimited:
        seconds = optional(body, "parameters.retry_after")
        wait = timedelta(seconds=seconds) if isinstance(seconds, int) else None
        return RateLimited(message, None if wait is None else reply.received_at + wait)
    if kind is AccessDenied:
        return AccessDenied(f"{message}; check TRACKER_TELEGRAM_BOT_TOKEN with @BotFather")
    if kind is PermissionMissing:
        return PermissionMissing(f"{message}; the channel's owner adds the bot as administrator")
    return kind(message)
