"""Telegram of the synthetic country: the Bot API's counts, and the public preview pages.

Source: the platform card, from the Bot API 10.1, the source of its server, and saved pages of t.me.
A bot that was not told a chat's name does not know its id: some chats must be found by name first.
"""

from __future__ import annotations

import bisect

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Shape, Sizes
from jobs.sandbox.telegram_items import (
    WORDS,
    by_name,
    card_html,
    history_html,
    is_group,
    is_unmet,
    messages,
    preview_off,
    refuses_bot,
)
from jobs.sandbox.world import World

BOT_TOKEN = "1900000000:gialap-khoa-bot-telegram"
PAGE = 20
HTML = "text/html; charset=utf-8"
PAGES = ("page", "card")
"""Methods that are pages and no part of the API."""


class Telegram:
    """Answers for `{url}/telegram/api` and `{url}/telegram/preview`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.met: set[str] = set()
        """Accounts that the bot has found by name."""

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        place, _, rest = request.path.partition("/")
        if place == "api":
            return self._method(scene, request, rest)
        english = request.headers.get("accept-language", "").startswith("en")
        words = WORDS["en" if english else "vi"]
        if place != "preview" or request.verb != "GET":
            return Reply(404, "", Work("unknown"), (), HTML)
        if rest.startswith("s/"):
            return self._history(scene, request, rest.removeprefix("s/"), words)
        account = open_account(scene, by_name(rest))
        html = card_html(scene, account, rest, words)
        return Reply(200, html, Work("card", "profiles", (f"card {rest.casefold()}",)), (), HTML)

    def _method(self, scene: Scene, request: Request, rest: str) -> Reply:
        token, _, method = rest.removeprefix("bot").partition("/")
        work = Work(method)
        if ":" not in token or method not in ("getChat", "getChatMemberCount"):
            return error(404, "Not Found", Work("unknown"))
        if token != BOT_TOKEN:
            return error(401, "Unauthorized", work)
        asked = request.one("chat_id") or ""
        if not asked:
            return error(400, "Bad Request: chat_id is empty", work)
        by_id = not asked.startswith("@")
        account = country.account_of("telegram", asked) if by_id else by_name(asked[1:])
        state = scene.state(account.id) if account else "unknown"
        if account and (
            refuses_bot(account) or (state == "unreachable" and account.number % 2 == 0)
        ):
            refused = Work(method, "profiles", (account.native_id,))
            return error(403, "Forbidden: bot was kicked from the channel chat", refused)
        unmet = account and by_id and is_unmet(account) and account.id not in self.met
        if account is None or state != "open" or unmet:
            reason = Work(method, "reason" if unmet or not by_id else "profiles", (asked,))
            return error(400, "Bad Request: chat not found", reason)
        if method == "getChat":
            self.met.add(account.id)
            return good(chat(scene, account), Work(method, "resolve", (asked.casefold(),)))
        followers = scene.world.followers_at(account.id, scene.counted_at)
        return good(followers, Work(method, "profiles", (account.native_id,)))

    def _history(self, scene: Scene, request: Request, name: str, words: dict[str, str]) -> Reply:
        account = open_account(scene, by_name(name))
        if account is None or is_group(account) or preview_off(account):
            work = Work("page", "list", (), account.native_id if account else name)
            return Reply(302, "", work, (("Location", f"/telegram/preview/{name}"),), HTML)
        every = messages(scene, account)
        before = request.one("before") or ""
        end = len(every)
        if before.isdecimal():
            end = bisect.bisect_left(every, int(before), key=lambda item: item.id)
        start = max(0, end - PAGE)
        page = every[start:end]
        older = page[0].id if start > 0 else None
        newer = page[-1].id if page and end < len(every) else None
        seen = Work("page", "list", tuple(str(item.id) for item in page), account.native_id)
        return Reply(200, history_html(scene, account, page, (older, newer), words), seen, (), HTML)


def open_account(scene: Scene, account: SyntheticAccount | None) -> SyntheticAccount | None:
    """Give an account that can be seen now."""
    return account if account and scene.state(account.id) == "open" else None


def chat(scene: Scene, account: SyntheticAccount) -> dict[str, object]:
    """Write what `getChat` tells of a channel; ids are JSON numbers."""
    return {
        "id": int(account.native_id),
        "title": account.title,
        "username": account.handle_on(country.START),
        "type": "supergroup" if is_group(account) else "channel",
        "active_usernames": [account.handle_on(country.START)],
        "description": "Kênh giả lập",
        "accent_color_id": account.number % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {"unlimited_gifts": False},
    }


def good(result: object, work: Work) -> Reply:
    """Give a good reply of the Bot API."""
    return Reply(200, to_json({"ok": True, "result": result}), work)


def error(code: int, description: str, work: Work) -> Reply:
    """Give an error of the Bot API: the HTTP status equals its code."""
    return Reply(code, to_json({"ok": False, "error_code": code, "description": description}), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast: the Bot API in its JSON, the pages without a word."""
    headers = (("Retry-After", str(retry_after)),)
    if work.method in PAGES:
        return Reply(429, "", work, headers, HTML)
    body = {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {retry_after}",
        "parameters": {"retry_after": retry_after},
    }
    return Reply(429, to_json(body), work, headers)


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    if work.method in PAGES:
        return Reply(500, "", work, (), HTML)
    return error(500, "Internal Server Error", work)


SHAPE = Shape(
    key="telegram",
    base="/telegram/",
    serve=Telegram,
    sizes=Sizes(1, PAGE, PAGE, list_has_counts=True),
    environment={
        "TRACKER_TELEGRAM_URL": "{url}/telegram/api",
        "TRACKER_TELEGRAM_BOT_TOKEN": BOT_TOKEN,
        "TRACKER_TELEGRAM_PREVIEW_URL": "{url}/telegram/preview",
        "TRACKER_TELEGRAM_PREVIEW": "1",
    },
    limited=limited,
    trouble=trouble,
)
