"""What stands in Instagram's replies: the language of nested fields, posts with their counts, the
quirks of single accounts, and the ids of posts.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene
from jobs.sandbox.world import DAY_SECONDS, local_day

RENAMED_ON = date(2024, 9, 6)
"""From this local day on a few accounts have another name, and one of the old ones another owner.
"""
STRANGER = "17841488000000001"
"""The id of the account that takes a name which became free."""
CONVERTED_AT = int(datetime(2022, 7, 1, tzinfo=UTC).timestamp())
"""Before this a few accounts were personal: posts of that time have no insights."""
METRICS = {
    "views": "views",
    "reach": "reach",
    "likes": "reactions",
    "comments": "comments",
    "saved": "saves",
    "shares": "shares",
    "reposts": "quotes",
}
"""Insight → the world's name of the count."""


@dataclass(frozen=True)
class Field:
    """One field of a nested question: `media.after(x).limit(25){id,like_count}`."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[Field, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """List the names of the inner fields."""
        return tuple(item.name for item in self.inner)


class Misspelt(ValueError):
    """A question that cannot be read."""


def parse_fields(written: str) -> tuple[Field, ...]:
    """Read a `fields` parameter. Raises Misspelt."""
    found, rest = _fields(written)
    if rest:
        raise Misspelt(f"Syntax error near {rest[:20]!r}")
    return found


def _fields(written: str) -> tuple[tuple[Field, ...], str]:
    found, rest = [], written
    while True:
        name = re.match(r"[a-z_]+", rest)
        if name is None:
            raise Misspelt(f"Syntax error near {rest[:20]!r}")
        rest = rest[name.end() :]
        arguments: dict[str, str] = {}
        inner: tuple[Field, ...] = ()
        while argument := re.match(r"\.([a-z_]+)\(([^()]*)\)", rest):
            arguments[argument[1]] = argument[2]
            rest = rest[argument.end() :]
        if rest.startswith("{"):
            inner, rest = _fields(rest[1:])
            if not rest.startswith("}"):
                raise Misspelt("Syntax error: } is missing")
            rest = rest[1:]
        found.append(Field(name[0], arguments, inner))
        if not rest.startswith(","):
            return tuple(found), rest
        rest = rest[1:]


# --- Accounts ---


@cache
def by_word() -> dict[str, SyntheticAccount]:
    """List the accounts by the names they have in the register."""
    every = (item for item in country.more_accounts() if item.platform == "instagram")
    return {item.word: item for item in every}


def place_of(account: SyntheticAccount) -> int:
    """Give an account's place among the 90, from 0: quirks go by it."""
    return list(by_word().values()).index(account)


@cache
def quirk(account: SyntheticAccount) -> str:
    """Name what is special about an account, empty for most.

    `personal` (no professional account: shown to nobody), `hides_likes`, `silent` (never posted),
    `renamed`, `taken` (renamed, and somebody else has the old name), `hollow` (the second page of
    its list is empty and still carries a cursor), `converted` (was personal once).
    """
    place = place_of(account)
    if place == 50:
        return "silent"
    if place == 71:
        return "taken"
    known = {7: "personal", 11: "renamed", 17: "hollow", 21: "converted", 4: "hides_likes"}
    return "hides_likes" if place % 30 == 19 else known.get(place % 30, "")


def name_now(account: SyntheticAccount, second: int) -> str:
    """Give an account's name at a Unix second."""
    moved = quirk(account) in ("renamed", "taken") and local_day(second) >= RENAMED_ON
    return f"{account.word}.moi" if moved else account.word


def by_name(scene: Scene, name: str) -> SyntheticAccount | None:
    """Find who has a name now."""
    account = by_word().get(name.removesuffix(".moi"))
    return account if account is not None and name_now(account, scene.now) == name else None


def is_taken(scene: Scene, name: str) -> bool:
    """Say whether a stranger has the name of a renamed account."""
    account = by_word().get(name)
    return account is not None and quirk(account) == "taken" and by_name(scene, name) is None


def numbers_of(scene: Scene, account: SyntheticAccount) -> list[int]:
    """List the numbers of an account's visible posts, newest first."""
    if quirk(account) == "silent":
        return []
    visible: list[int] = scene.world.visible_posts(account.id, scene.now).tolist()
    return visible[::-1]


# --- Posts ---


def media_id(account: SyntheticAccount, second: int) -> str:
    """Give a post's id: 17 digits, beyond 2^53, unique in the country."""
    return f"180{account.number:04d}{second:010d}"


def stamp(second: int) -> str:
    """Write an instant as Instagram does."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}+0000"


def is_reel(number: int) -> bool:
    """Say whether a post is a Reel: every third one."""
    return number % 3 == 0


class Posts:
    """Writes posts: what never changes is kept."""

    def __init__(self) -> None:
        self._fixed: dict[tuple[int, int], dict[str, Any]] = {}

    def written(
        self,
        scene: Scene,
        account: SyntheticAccount,
        numbers: Iterable[int],
        fields: tuple[str, ...],
        metrics: tuple[str, ...] = (),
    ) -> list[dict[str, Any]]:
        """Write posts with the asked fields, and with insights where metrics are asked."""
        some = list(numbers)
        columns = scene.world.counts_at(
            account.id, np.array(some, dtype=np.int64), scene.counted_at
        )
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        found = []
        for number, row in zip(some, rows, strict=True):
            counts = dict(zip(columns, row, strict=True))
            post = self._fixed_part(scene, account, number) | public_counts(account, number, counts)
            item = {name: post[name] for name in fields if name in post}
            if metrics:
                young = int(scene.world.posts(account.id).published[number])
                is_counted = young <= scene.now - DAY_SECONDS
                shown = metrics if is_counted else ()
                item["insights"] = {"data": [insight(post["id"], it, counts) for it in shown]}
            found.append(item | {"id": post["id"]})
        return found

    def _fixed_part(self, scene: Scene, account: SyntheticAccount, number: int) -> dict[str, Any]:
        key = (account.number, number)
        if key not in self._fixed:
            posts = scene.world.posts(account.id)
            second = int(posts.published[number])
            found: dict[str, Any] = {"id": media_id(account, second)}
            if number % 11:
                language = LANGUAGES[int(posts.language[number])]
                found["caption"] = caption(account, number, language)
            kind = "VIDEO" if is_reel(number) else ("IMAGE", "CAROUSEL_ALBUM")[number % 2]
            found["media_type"] = kind
            found["media_product_type"] = "REELS" if is_reel(number) else "FEED"
            code = base64.urlsafe_b64encode(second.to_bytes(5, "big")).decode().rstrip("=")
            found["permalink"] = f"https://www.instagram.com/p/GL{account.number}{code}/"
            found["timestamp"] = stamp(second)
            self._fixed[key] = found
        return self._fixed[key]


def public_counts(account: SyntheticAccount, number: int, counts: Mapping[str, int]) -> Any:
    """Give the counts that everybody sees: no likes where the owner hides them, views on Reels."""
    shown = {"comments_count": counts["comments"], "reposts_count": counts["quotes"]}
    if quirk(account) != "hides_likes":
        shown["like_count"] = counts["reactions"]
    if is_reel(number):
        shown["view_count"] = counts["views"]
    return shown


def insight(post: str, metric: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """Write one insight of a post."""
    value = reach(counts["views"]) if metric == "reach" else counts[METRICS[metric]]
    return {
        "name": metric,
        "period": "lifetime",
        "values": [{"value": value}],
        "id": f"{post}/insights/{metric}/lifetime",
    }


def reach(views: int) -> int:
    """Give how many people made a number of views."""
    return views * 4 // 5


def write_cursor(account: SyntheticAccount, place: int, *, hollow: bool) -> str:
    """Make the cursor of the page from a place of the list; `hollow` announces an empty one."""
    written = f"{account.number}:{'e' if hollow else 'f'}:{place}"
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(account: SyntheticAccount, cursor: str | None) -> tuple[int, bool] | None:
    """Read a cursor of the same account: (place, whether the page is hollow); None for a foreign or
    damaged one.
    """
    if not cursor:
        return 0, False
    try:
        written = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        number, kind, place = written.split(":")
        return (int(place), kind == "e") if int(number) == account.number else None
    except ValueError:
        return None
