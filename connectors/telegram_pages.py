"""Reads the public preview pages of Telegram: HTML → plain data → counts. Knows no network.

Nobody promises the markup; the names of its parts are those of November 2026. Where they are not
found the layout has changed, which is said and is never a 0. Numbers from 1,000 up are rounded
down to three significant figures.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from tracker.errors import (
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    RateLimited,
    ReadError,
    Unreachable,
    shown,
)
from tracker.http import Reply
from tracker.payload import instant, items, optional, optional_text, text
from tracker.readings import PostCounts

PAGE_KEEP = (
    *("page", "before", "empty", "extra", "counters[].value", "counters[].type"),
    *("posts[].post", "posts[].chat", "posts[].time", "posts[].views", "posts[].reactions"),
    *("posts[].forwarded", "posts[].service"),
)
PAGE_HEADERS = {"Accept": "text/html", "Accept-Language": "en"}
MEMBERS = re.compile(r"([0-9][0-9\s]*)\s(?:subscribers?|members?)(?:, .*)?")
VOID = frozenset(
    [
        *("area", "base", "br", "col", "embed", "hr", "img", "input"),
        *("link", "meta", "source", "track", "wbr"),
    ]
)
"""Elements of HTML that are never closed."""


def parse_card(page: Any, name: str) -> int:
    """Read the members on a card: "12 345 subscribers", "4 321 members, 56 online".

    Raises NotFoundOrNoAccess for a name that nobody has (its card is an invitation to write), for
    a person and for a bot ("8 705 765 monthly users" are no followers).
    """
    lines = items(page, "extra")
    for line in lines:
        if found := MEMBERS.fullmatch(line):
            return int(re.sub(r"\s", "", found[1]))
    if any(line[:1].isdecimal() and not line.endswith("monthly users") for line in lines):
        raise layout_changed(f"t.me/{name}", "extra")
    raise NotFoundOrNoAccess(
        f"t.me/{name} shows no channel and no group: nobody has the name, or a person or a bot has"
    )


def why_no_preview(page: Any) -> str:
    """Say what the card tells of a channel whose posts are not shown."""
    lines = items(page, "extra")
    if any("subscriber" in line for line in lines):
        return "the channel has its preview off; its owner can switch it on"
    if any("member" in line for line in lines):
        return "it is a group, and groups have no preview"
    return "no channel shows itself under this name; it may have changed: correct the register"


@dataclass(frozen=True)
class HistoryPage:
    """One page of a channel's messages.

    `shown` holds them newest first by number: counts, the reason they cannot be read, or None for
    what is left out. `last_at` is the newest instant (UTC), None when empty; `before` leads to
    older ones; `chat` is the id of the channel where the page tells it.
    """

    shown: Mapping[int, PostCounts | ReadError | None]
    last_at: datetime | None
    before: int | None
    chat: str | None


def parse_history(page: Any) -> HistoryPage:
    """Read a page of messages.

    Raises PayloadChanged for a page without messages that still links to older ones or counts
    pictures: then the names of the page's parts have changed, and nobody knows what it holds.
    """
    listed = items(page, "posts")
    older = optional_text(page, "before")
    counted = [text(counter, "type") for counter in items(page, "counters")[1:]]
    if not listed and (older or counted):
        raise layout_changed("t.me/s", "posts")
    found: dict[int, PostCounts | ReadError | None] = {}
    for item in listed:
        number = text(item, "post").rpartition("/")[2]
        if not number.isdecimal() or (older is not None and not older.isdecimal()):
            raise layout_changed("t.me/s", "posts")
        try:
            found[int(number)] = parse_message(item)
        except ReadError as error:
            found[int(number)] = error
    return HistoryPage(
        shown=dict(sorted(found.items(), reverse=True)),
        last_at=max((at for at in map(written_at, listed) if at is not None), default=None),
        before=None if older is None else int(older),
        chat=next((optional_text(item, "chat") for item in listed), None),
    )


def parse_message(item: Any) -> PostCounts | None:
    """Read one message; None for a forwarded one. Absent views and reactions are unknown.

    Stars that were paid for are no reactions: one donor gives thousands.
    """
    if optional(item, "forwarded") is True:
        return None
    channel, _, number = text(item, "post").rpartition("/")
    views = optional_text(item, "views")
    reactions = [parse_rounded(each, "reactions") for each in items(item, "reactions")]
    return PostCounts(
        native_id=number,
        published_at=instant(text(item, "time"), "time"),
        url=f"https://t.me/{channel}/{number}",
        kind="service" if optional(item, "service") is True else "post",
        views=None if views is None else parse_rounded(views, "views"),
        reactions=sum(reactions) if reactions else None,
        text=(optional_text(item, "text") or "").strip() or None,
    )


def written_at(item: Any) -> datetime | None:
    """Give the instant of a message; None where it cannot be read."""
    try:
        return instant(text(item, "time"), "time")
    except PayloadChanged:
        return None


def parse_rounded(written: str, path: str) -> int:
    """Read a number as the pages write it: "987", "12.3K", "1.45M"."""
    found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]+))?([KMB]?)", written.strip())
    zeros = 3 * "_KMB".index(found[3] or "_") if found else 0
    if found is None or len(found[2] or "") > zeros:
        raise PayloadChanged(f"at {path} expected a number like 12.3K, came {shown(written)}", path)
    return int(found[1] + (found[2] or "").ljust(zeros, "0"))


class PageReader(HTMLParser):
    """Picks out of a page of t.me what is read, by the names of its parts (November 2026).

    `open` are the open elements, each with the part that its text belongs to ("" = none of its
    own). Text inside an emoji belongs to no reaction.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.posts: list[dict[str, Any]] = []
        self.counters: list[dict[str, str]] = []
        self.extra: list[str] = []
        self.facts: dict[str, Any] = {"page": None, "before": None, "empty": False}

    def found(self) -> dict[str, Any]:
        """Give everything that was picked out, as plain data, without the names of people."""
        extra = [line.strip() for line in self.extra if not line.strip().startswith("@")]
        return {**self.facts, "counters": self.counters, "extra": extra, "posts": self.posts}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note which part begins."""
        given = dict(attrs)
        part = self._part(tag, given, (given.get("class") or "").split())
        if tag not in VOID:
            self.open.append((tag, part))
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and what was left open inside it."""
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Give text to the innermost part around it."""
        part = next((part for _, part in reversed(self.open) if part), "")
        if part == "extra":
            self.extra[-1] += data
        elif part in ("value", "type"):
            self.counters[-1][part] += data
        elif part in ("views", "text"):
            self.posts[-1][part] = (self.posts[-1][part] or "") + data
        elif part == "reaction" and self.open[-1][1] == part:
            self.posts[-1]["reactions"][-1] += data

    def _part(self, tag: str, given: Mapping[str, str | None], names: Sequence[str]) -> str:
        """Take in an element's own facts; say to which part its text belongs."""
        if "tgme_page" in names:
            self.facts["page"] = "card"
        elif "tgme_channel_info" in names:
            self.facts["page"] = "channel"
        elif "tme_no_messages_found" in names:
            self.facts["empty"] = True
        elif "data-before" in given:
            self.facts["before"] = given["data-before"]
        elif "tgme_page_extra" in names:
            self.extra.append("")
            return "extra"
        elif "tgme_channel_info_counter" in names:
            self.counters.append({"value": "", "type": ""})
        elif self.counters and "counter_value" in names:
            return "value"
        elif self.counters and "counter_type" in names:
            return "type"
        elif "tgme_widget_message" in names and given.get("data-post"):
            self.posts.append(
                {
                    "post": given["data-post"],
                    "chat": chat_of(given.get("data-view")),
                    **{"time": None, "views": None, "reactions": [], "text": None},
                    **{"forwarded": False, "service": "service_message" in names},
                }
            )
        elif self.posts:
            return self._part_of_post(tag, given, names)
        return ""

    def _part_of_post(self, tag: str, given: Mapping[str, str | None], names: Sequence[str]) -> str:
        post = self.posts[-1]
        if any(name.startswith("tgme_widget_message_forwarded_from") for name in names):
            post["forwarded"] = True
        elif tag == "time" and given.get("datetime"):
            post["time"] = given["datetime"]
        elif "tgme_widget_message_views" in names:
            post["views"] = ""
            return "views"
        elif "tgme_reaction" in names and "tgme_reaction_paid" not in names:
            post["reactions"].append("")
            return "reaction"
        return "text" if "js-message_text" in names else ""


def chat_of(view: str | None) -> str | None:
    """Read the id of the channel out of a message's `data-view`; None where it is not in it.

    It is JSON in base64, its `c` the id without the -100 in front that the Bot API writes.
    """
    try:
        number = json.loads(urlsafe_b64decode(f"{view}=="))["c"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(number - 10**12) if isinstance(number, int) and number < 0 else None


def read_page(data: bytes) -> dict[str, Any] | None:
    """Turn a page into plain data; None for what is not a whole page."""
    page = data.decode("utf-8", "replace")
    if "</html>" not in page:
        return None
    reader = PageReader()
    reader.feed(page)
    reader.close()
    return reader.found()


def page_answer(reply: Reply) -> Any:
    """Give what a good page holds. Raises the ReadError that the reply stands for."""
    if reply.status == 429:
        seconds = reply.headers.get("retry-after", "")
        again = reply.received_at + timedelta(seconds=int(seconds)) if seconds.isdigit() else None
        raise RateLimited("t.me says that pages are asked for too often", again)
    if reply.status >= 500:
        raise Unreachable(f"t.me answered HTTP {reply.status} ({reply.kind})")
    if reply.status != 200:
        raise BadRequest(f"t.me answered HTTP {reply.status} ({reply.kind})")
    if not isinstance(reply.body, dict):
        raise PayloadChanged(f"t.me answered {reply.kind} that is not a whole page", "$")
    if reply.body["empty"]:
        raise Unreachable("t.me says that there are no posts, as it does when asked too often")
    if reply.body["page"] is None:
        raise layout_changed("t.me", "page")
    return reply.body


def layout_changed(where: str, path: str) -> PayloadChanged:
    """Say that a page is not built as it was."""
    return PayloadChanged(f"{where}: layout changed, {path} is not where it was", path)
