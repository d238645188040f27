"""Bluesky of the synthetic country: the public AppView's methods, shapes, limits and errors.

Source: the platform card, from the lexicons of August 2026 and measurements on the real AppView.
Counts are exact; there are no views.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.bluesky_items import (
    POST,
    author,
    created_at,
    handle_of,
    post_of,
    profile_text,
    stamp,
    strange_post,
    uri,
)
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, joined, to_json
from jobs.sandbox.shape import Shape, Sizes
from jobs.sandbox.world import Whole, World, local_day

BATCH = 25
POST_BATCH = 25
PAGE = 100

POST_COUNTS = ("reactions", "shares", "comments", "quotes", "saves")
"""The world's names of likeCount, repostCount, replyCount, quoteCount, bookmarkCount."""
FILTERS = (
    "posts_with_replies",
    "posts_no_replies",
    "posts_with_media",
    "posts_and_author_threads",
    "posts_with_video",
)


@dataclass(frozen=True)
class Feed:
    """An account's feed over all time, oldest first.

    `places` orders it: twice the Unix second of entering, plus 1 for a repost. `numbers` are those
    of its own posts, -1 for a post of somebody else.
    """

    places: Whole
    numbers: Whole


class Bluesky:
    """Answers for `{url}/bluesky/xrpc`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._fixed: dict[tuple[int, int], str] = {}
        self._feeds: dict[str, Feed] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        if request.verb != "GET":
            return Reply(405, to_json({"error": "Method Not Allowed"}), Work("unknown"))
        method = request.path.strip("/")
        work = Work(method)
        if "authorization" in request.headers:
            return error(400, "InvalidToken", "Bad token scope", work)
        if method == "com.atproto.identity.resolveHandle":
            return self._resolve(scene, request, work)
        if method == "app.bsky.actor.getProfile":
            return self._profile(scene, request, work)
        if method == "app.bsky.actor.getProfiles":
            return self._profiles(scene, request, work)
        if method == "app.bsky.feed.getAuthorFeed":
            return self._feed(scene, request, work)
        if method == "app.bsky.feed.getPosts":
            return self._posts(scene, request, work)
        return error(501, "MethodNotImplemented", "Method Not Implemented", Work("unknown"))

    def _resolve(self, scene: Scene, request: Request, work: Work) -> Reply:
        handle = (request.one("handle") or "").lower()
        account = by_handle(scene, handle)
        if account is None or scene.state(account.id) != "open":
            return error(400, "InvalidRequest", "Unable to resolve handle", work)
        return Reply(
            200, to_json({"did": account.native_id}), Work(work.method, "resolve", (handle,))
        )

    def _profile(self, scene: Scene, request: Request, work: Work) -> Reply:
        actor = request.one("actor") or ""
        account = by_actor(scene, actor)
        state = scene.state(account.id) if account else "unknown"
        if account and state == "open":
            found = Work(work.method, "profiles", (account.native_id,))
            return Reply(200, self._profile_text(scene, account), found)
        reason = Work(work.method, "reason", (actor,))
        if state in ("deactivated", "unreachable"):
            return error(400, "AccountDeactivated", "Account is deactivated", reason)
        if state == "takedown":
            return error(400, "AccountTakedown", "Account has been suspended", reason)
        return error(400, "InvalidRequest", "Profile not found", reason)

    def _profiles(self, scene: Scene, request: Request, work: Work) -> Reply:
        actors = request.every("actors")
        if not actors:
            return error(
                400, "InvalidRequest", 'Error: Params must have the property "actors"', work
            )
        if len(actors) > BATCH:
            return error(400, "InvalidRequest", f"Error: array too big (maximum {BATCH})", work)
        asked = [by_actor(scene, actor) for actor in actors]
        found = [item for item in asked if item and scene.state(item.id) == "open"]
        texts = ",".join(self._profile_text(scene, item) for item in found)
        return Reply(
            200,
            f'{{"profiles":[{texts}]}}',
            Work(work.method, "profiles", tuple(dict.fromkeys(actors))),
        )

    def _profile_text(self, scene: Scene, account: SyntheticAccount) -> str:
        world, key = scene.world, account.id
        handle, title = handle_of(account, scene.now), account.title_on(local_day(scene.now))
        counts = {
            "followersCount": world.followers_at(key, scene.counted_at),
            "followsCount": world.following_at(key, scene.counted_at),
            "postsCount": world.posts_at(key, scene.now),
        }
        return joined(profile_text(account, handle, title), counts)

    def _feed(self, scene: Scene, request: Request, work: Work) -> Reply:
        actor = request.one("actor") or ""
        limit = request.one("limit") or "50"
        if not limit.isdigit() or not 1 <= int(limit) <= PAGE:
            return error(
                400, "InvalidRequest", f"Error: limit can not be greater than {PAGE}", work
            )
        if (request.one("filter") or FILTERS[0]) not in FILTERS:
            return error(
                400, "InvalidRequest", "Error: filter must be one of the known values", work
            )
        account = by_actor(scene, actor)
        if account is None or scene.state(account.id) != "open":
            return error(
                400, "InvalidRequest", "Profile not found", Work(work.method, "list", (), actor)
            )
        places, numbers = self._visible(scene, account)
        cursor = request.one("cursor")
        before, hollow = 2**62, False
        if cursor is not None:
            read = read_cursor(cursor, account)
            if read is None:
                return error(500, "InternalServerError", "Internal Server Error", work)
            before, hollow = read
        end = int(np.searchsorted(places, before))
        start = max(0, end - int(limit))
        page = slice(end if hollow else start, end)
        entries = list(zip(places[page].tolist()[::-1], numbers[page].tolist()[::-1], strict=True))
        lines = self._lines(scene, account, entries)
        if account.id in country.PINNED and request.one("includePins") == "true" and cursor is None:
            oldest = self._post_texts(scene, account, [int(numbers[numbers >= 0][0])])
            pin = '{"$type":"app.bsky.feed.defs#reasonPin"}'
            lines.insert(0, f'{{"post":{oldest[0]},"reason":{pin}}}')
        following = ""
        if hollow or start > 0:
            last = before if hollow else int(places[start])
            empty_next = account.id in country.EMPTY_PAGE and cursor is None
            following = f',"cursor":"{write_cursor(account, last, hollow=empty_next)}"'
        seen = Work(
            work.method,
            "list",
            tuple(entry_key(account, *entry) for entry in entries),
            account.native_id,
        )
        return Reply(200, f'{{"feed":[{",".join(lines)}]{following}}}', seen)

    def _visible(self, scene: Scene, account: SyntheticAccount) -> tuple[Whole, Whole]:
        """Give (places, numbers) of what the feed shows now, oldest first."""
        if account.id not in self._feeds:
            self._feeds[account.id] = feed_of(scene.world, account)
        feed = self._feeds[account.id]
        deleted = scene.world.posts(account.id).deleted
        own = feed.numbers >= 0
        shown = feed.places // 2 <= scene.now
        shown[own] &= deleted[feed.numbers[own]] > scene.now
        return feed.places[shown], feed.numbers[shown]

    def _lines(
        self, scene: Scene, account: SyntheticAccount, entries: list[tuple[int, int]]
    ) -> list[str]:
        own = [number for _, number in entries if number >= 0]
        texts = iter(self._post_texts(scene, account, own))
        by = to_json(author(account, scene.now))
        lines = []
        for place, number in entries:
            text = next(texts) if number >= 0 else strange_post(account, place // 2)
            if place % 2:
                kind, at = "app.bsky.feed.defs#reasonRepost", stamp(place // 2)
                lines.append(
                    f'{{"post":{text},"reason":{{"$type":"{kind}","by":{by},"indexedAt":"{at}"}}}}'
                )
            else:
                lines.append(f'{{"post":{text}}}')
        return lines

    def _posts(self, scene: Scene, request: Request, work: Work) -> Reply:
        uris = request.every("uris")
        if not uris:
            return error(400, "InvalidRequest", 'Error: Params must have the property "uris"', work)
        if len(uris) > POST_BATCH:
            return error(
                400, "InvalidRequest", f"Error: array too big (maximum {POST_BATCH})", work
            )
        texts = []
        for asked in uris:
            known = post_of(scene, asked)
            if known and scene.state(known[0].id) == "open":
                texts += self._post_texts(scene, known[0], [known[1]])
        found = Work(work.method, "posts", tuple(dict.fromkeys(uris)))
        return Reply(200, f'{{"posts":[{",".join(texts)}]}}', found)

    def _post_texts(self, scene: Scene, account: SyntheticAccount, numbers: list[int]) -> list[str]:
        """Write post views: the unchanging part is kept, the counts are those of this moment."""
        counts = scene.world.counts_at(
            account.id, np.array(numbers, dtype=np.int64), scene.counted_at
        )
        by = to_json(author(account, scene.now))
        columns = (counts[name].tolist() for name in POST_COUNTS)
        return [
            f'{{"author":{by},{self._fixed_text(account, number)},"likeCount":{likes},'
            f'"repostCount":{reposts},"replyCount":{replies},"quoteCount":{quotes},'
            f'"bookmarkCount":{bookmarks}}}'
            for number, likes, reposts, replies, quotes, bookmarks in zip(
                numbers, *columns, strict=True
            )
        ]

    def _fixed_text(self, account: SyntheticAccount, number: int) -> str:
        """Write what never changes in a post view, as the inside of a JSON object."""
        kept = self._fixed.get((account.number, number))
        if kept is not None:
            return kept
        posts = self.world.posts(account.id)
        second = int(posts.published[number])
        language = LANGUAGES[int(posts.language[number])]
        address = uri(account, second)
        body = {
            "uri": address,
            "cid": "bafyrei" + hashlib.sha256(address.encode()).hexdigest()[:52],
            "record": {
                "$type": POST,
                "createdAt": created_at(number, second),
                "langs": [language],
                "text": caption(account, number, language),
            },
            "indexedAt": stamp(second, "412"),
            "labels": [],
        }
        self._fixed[account.number, number] = to_json(body)[1:-1]
        return self._fixed[account.number, number]


def feed_of(world: World, account: SyntheticAccount) -> Feed:
    """Line up an account's feed: own posts, what it passed on of others, and of itself."""
    posts = world.posts(account.id)
    numbers = np.arange(len(posts.published))
    again = numbers[::20] if account.id in country.SELF_REPOST else numbers[:0]
    places = np.concatenate(
        (posts.published * 2, posts.boosts * 2 + 1, (posts.published[again] + 9_001) * 2 + 1)
    )
    owners = np.concatenate((numbers, np.full(len(posts.boosts), -1), again))
    order = np.argsort(places, kind="stable")
    return Feed(places[order], owners[order])


def entry_key(account: SyntheticAccount, place: int, number: int) -> str:
    """Name one line of a feed for the ledger: the address of an own post, the place of a repost."""
    return f"repost {place}" if place % 2 or number < 0 else uri(account, place // 2)


def by_handle(scene: Scene, handle: str) -> SyntheticAccount | None:
    """Find who owns a handle now; an old one stops resolving at once."""
    if handle == "handle.invalid":
        return None
    every = (item for item in country.accounts() if item.platform == "bluesky")
    return next((item for item in every if handle_of(item, scene.now) == handle), None)


def by_actor(scene: Scene, actor: str) -> SyntheticAccount | None:
    """Find an account by DID or handle."""
    if actor.startswith("did:"):
        return country.account_of("bluesky", actor)
    return by_handle(scene, actor.lower())


def write_cursor(account: SyntheticAccount, place: int, *, hollow: bool) -> str:
    """Make the cursor of the page after a place; `hollow` announces an empty page before it."""
    return f"{account.number:03d}{'e' if hollow else 'f'}{place}"


def read_cursor(cursor: str, account: SyntheticAccount) -> tuple[int, bool] | None:
    """Read a cursor of the same account; None for a stale or foreign one."""
    stem, kind, place = cursor[:3], cursor[3:4], cursor[4:]
    if stem != f"{account.number:03d}" or kind not in ("e", "f") or not place.isdigit():
        return None
    return int(place), kind == "e"


def error(status: int, name: str, message: str, work: Work) -> Reply:
    """Give an error reply in the network's form."""
    kept = work if work.kind in ("reason",) else Work(work.method)
    return Reply(status, to_json({"error": name, "message": message}), kept)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    named = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    headers = (
        ("Retry-After", str(retry_after)),
        ("ratelimit-limit", "3000"),
        ("ratelimit-remaining", "0"),
        ("ratelimit-reset", str(second + retry_after)),
        ("ratelimit-policy", "3000;w=300"),
    )
    return Reply(429, to_json(named), work, headers)


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    return Reply(502, to_json({"error": "UpstreamFailure", "message": "Upstream failure"}), work)


SHAPE = Shape(
    key="bluesky",
    base="/bluesky/xrpc/",
    serve=Bluesky,
    sizes=Sizes(BATCH, PAGE, POST_BATCH, list_has_counts=True),
    environment={"TRACKER_BLUESKY_URL": "{url}/bluesky/xrpc"},
    limited=limited,
    trouble=trouble,
)
