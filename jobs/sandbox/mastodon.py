"""Mastodon of the synthetic country: one server, `gialap.example`, speaking the API of version 4.6.

Source: the platform card, from the documentation of July 2026 and measurements. Every account lives
on this server, so that its numbers are the home server's.
"""

from __future__ import annotations

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.mastodon_items import (
    EMPTY_STATUS,
    SECOND_STEP,
    account_text,
    boost_text,
    stamp,
    status_id,
    status_of,
)
from jobs.sandbox.messages import Headers, Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Shape, Sizes
from jobs.sandbox.world import Whole, World, local_day

BATCH = 40
POST_BATCH = 20
PAGE = 40
RATE_LIMIT = 300
POST_COUNTS = ("comments", "shares", "reactions", "quotes")
"""The world's names of replies_count, reblogs_count, favourites_count, quotes_count."""


class Mastodon:
    """Answers for `{url}/mastodon/{server}/api`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._fixed: dict[tuple[int, int], str] = {}
        self._timelines: dict[str, tuple[Whole, Whole]] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request; the path begins with the server's name."""
        server, _, path = request.path.strip("/").partition("/")
        steps = path.removeprefix("api/").split("/")
        if server != country.SERVER:
            return Reply(
                502, "<html><body>502 Bad Gateway</body></html>", Work("unknown"), (), "text/html"
            )
        reply = self._route(scene, request, steps)
        return Reply(reply.status, reply.body, reply.work, (*reply.headers, *limits(scene.now)))

    def _route(self, scene: Scene, request: Request, steps: list[str]) -> Reply:
        match steps:
            case ["v1" | "v2", "instance"]:
                return Reply(200, to_json(INSTANCE), Work("instance"))
            case ["v1", "accounts"]:
                return self._accounts(scene, request)
            case ["v1", "accounts", "lookup"]:
                return self._lookup(scene, request)
            case ["v1", "accounts", native_id]:
                return self._account(scene, native_id)
            case ["v1", "accounts", native_id, "statuses"]:
                return self._timeline(scene, request, native_id)
            case ["v1", "statuses"]:
                return self._statuses(scene, request)
            case ["v1", "statuses", native_id]:
                return self._status(scene, native_id)
        return not_found(Work("unknown"))

    def _accounts(self, scene: Scene, request: Request) -> Reply:
        ids = request.every("id[]")
        method = "accounts"
        if len(ids) > BATCH:
            return error(422, f"Validation failed: Ids must be at most {BATCH}", Work(method))
        asked = [country.account_of("mastodon", native_id) for native_id in dict.fromkeys(ids)]
        found = [item for item in asked if item and known(scene, item)]
        found.sort(key=lambda item: -item.number)
        texts = ",".join(account_text(scene, item) for item in found)
        return Reply(200, f"[{texts}]", Work(method, "profiles", tuple(dict.fromkeys(ids))))

    def _lookup(self, scene: Scene, request: Request) -> Reply:
        wanted = (
            (request.one("acct") or "").removeprefix("@").lower().removesuffix(f"@{country.SERVER}")
        )
        day = local_day(scene.now)
        every = (item for item in country.accounts() if item.platform == "mastodon")
        account = next((item for item in every if item.handle_on(day) == wanted), None)
        if account is None or not known(scene, account):
            return not_found(Work("accounts/lookup"))
        return Reply(
            200, account_text(scene, account), Work("accounts/lookup", "resolve", (wanted,))
        )

    def _account(self, scene: Scene, native_id: str) -> Reply:
        account = country.account_of("mastodon", native_id)
        work = Work("accounts/:id", "profiles", (native_id,))
        if account is None or not known(scene, account):
            return not_found(work)
        return Reply(200, account_text(scene, account), work)

    def _timeline(self, scene: Scene, request: Request, native_id: str) -> Reply:
        method = "accounts/:id/statuses"
        account = country.account_of("mastodon", native_id)
        if account is None or not known(scene, account):
            return not_found(Work(method))
        limit = request.one("limit") or "20"
        size = min(int(limit), PAGE) if limit.isdigit() and int(limit) else 20
        ids, numbers = self._visible(
            scene, account, without_boosts=request.one("exclude_reblogs") == "true"
        )
        chosen = page_of(ids, request, size)
        page = list(zip(ids[chosen].tolist()[::-1], numbers[chosen].tolist()[::-1], strict=True))
        own = [number for _, number in page if number >= 0]
        texts = iter(self._texts(scene, account, own))
        lines = [
            next(texts) if number >= 0 else boost_text(scene, account, status)
            for status, number in page
        ]
        work = Work(method, "list", tuple(str(status) for status, _ in page), native_id)
        return Reply(
            200, f"[{','.join(lines)}]", work, link(request, [status for status, _ in page], size)
        )

    def _visible(
        self, scene: Scene, account: SyntheticAccount, *, without_boosts: bool
    ) -> tuple[Whole, Whole]:
        """Give (status ids, own posts' numbers or -1 for a boost) of what the list shows now."""
        posts = scene.world.posts(account.id)
        if account.id not in self._timelines:
            own = posts.published * SECOND_STEP + account.number * 2
            boosts = posts.boosts * SECOND_STEP + account.number * 2 + 1
            ids = np.concatenate((own, boosts))
            order = np.argsort(ids)
            numbers = np.concatenate((np.arange(len(own)), np.full(len(boosts), -1)))
            self._timelines[account.id] = (ids[order], numbers[order])
        ids, numbers = self._timelines[account.id]
        shown = ids // SECOND_STEP <= scene.now
        if scene.state(account.id) != "open":
            shown[:] = False
        mine = numbers >= 0
        shown[mine] &= posts.deleted[numbers[mine]] > scene.now
        if without_boosts:
            shown &= mine
        return ids[shown], numbers[shown]

    def _statuses(self, scene: Scene, request: Request) -> Reply:
        ids = request.every("id[]")
        if len(ids) > POST_BATCH:
            return error(
                422, f"Validation failed: Ids must be at most {POST_BATCH}", Work("statuses")
            )
        asked = tuple(dict.fromkeys(ids))
        texts = [text for native_id in asked for text in self._one(scene, native_id)]
        return Reply(200, f"[{','.join(texts)}]", Work("statuses", "posts", asked))

    def _status(self, scene: Scene, native_id: str) -> Reply:
        texts = self._one(scene, native_id)
        work = Work("statuses/:id", "posts", (native_id,))
        return Reply(200, texts[0], work) if texts else not_found(work)

    def _one(self, scene: Scene, native_id: str) -> list[str]:
        found = status_of(scene, native_id)
        if found is None or scene.state(found[0].id) != "open":
            return []
        return self._texts(scene, found[0], [found[1]])

    def _texts(self, scene: Scene, account: SyntheticAccount, numbers: list[int]) -> list[str]:
        """Write statuses: the unchanging part is kept, counts and account are of this moment."""
        counts = scene.world.counts_at(
            account.id, np.array(numbers, dtype=np.int64), scene.counted_at
        )
        owner = account_text(scene, account)
        columns = (counts[name].tolist() for name in POST_COUNTS)
        return [
            f'{{{self._fixed_text(account, number)},"replies_count":{replies},'
            f'"reblogs_count":{boosts},"favourites_count":{favourites},'
            f'"quotes_count":{quotes},"account":{owner}}}'
            for number, replies, boosts, favourites, quotes in zip(numbers, *columns, strict=True)
        ]

    def _fixed_text(self, account: SyntheticAccount, number: int) -> str:
        """Write what never changes in a status, as the inside of a JSON object."""
        kept = self._fixed.get((account.number, number))
        if kept is not None:
            return kept
        posts = self.world.posts(account.id)
        second = int(posts.published[number])
        language = LANGUAGES[int(posts.language[number])]
        native_id = status_id(account, second)
        body = {
            **EMPTY_STATUS,
            "id": str(native_id),
            "created_at": stamp(second),
            "visibility": "unlisted" if number % 11 == 5 else "public",
            "language": language,
            "uri": f"https://{country.SERVER}/users/{account.word}/statuses/{native_id}",
            "url": f"https://{country.SERVER}/@{account.word}/{native_id}",
            "content": f"<p>{caption(account, number, language)}</p>",
        }
        self._fixed[account.number, number] = to_json(body)[1:-1]
        return self._fixed[account.number, number]


INSTANCE = {"domain": country.SERVER, "title": "Máy chủ giả lập", "version": "4.6.0"}


def known(scene: Scene, account: SyntheticAccount) -> bool:
    """Say whether the server still answers for an account: also for a suspended or a moved one."""
    return scene.state(account.id) in ("open", "suspended", "moved")


def page_of(ids: Whole, request: Request, size: int) -> slice:
    """Choose a page of ascending ids: `max_id` and `since_id` bound it, `min_id` walks forward."""
    upper, lower, forward = (
        _number(request.one(name)) for name in ("max_id", "since_id", "min_id")
    )
    end = len(ids) if upper is None else int(np.searchsorted(ids, upper, "left"))
    if forward is not None:
        start = int(np.searchsorted(ids, forward, "right"))
        return slice(start, min(end, start + size))
    start = 0 if lower is None else int(np.searchsorted(ids, lower, "right"))
    return slice(max(start, end - size), end)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) <= 18 else None


def link(request: Request, page: list[int], size: int) -> Headers:
    """Give the Link header: a full page names the next one, even where that will be empty."""
    if not page:
        return ()
    kept = [
        (name, value)
        for name, value in request.query
        if name not in ("max_id", "min_id", "since_id")
    ]
    query = "".join(f"{name}={value}&" for name, value in kept)
    host, path = request.headers.get("host", "localhost"), request.path.strip("/")
    address = f"http://{host}/mastodon/{path}?{query}"
    links = [f'<{address}min_id={page[0]}>; rel="prev"']
    if len(page) == size:
        links.insert(0, f'<{address}max_id={page[-1]}>; rel="next"')
    return (("Link", ", ".join(links)),)


def limits(second: int) -> Headers:
    """Give the rate-limit headers; the reset is an ISO 8601 time. Nothing is rationed."""
    reset = stamp(second - second % 300 + 300)
    return (
        ("X-RateLimit-Limit", str(RATE_LIMIT)),
        ("X-RateLimit-Remaining", str(RATE_LIMIT - 1)),
        ("X-RateLimit-Reset", reset),
    )


def error(status: int, sentence: str, work: Work) -> Reply:
    """Give an error reply: one sentence."""
    return Reply(status, to_json({"error": sentence}), Work(work.method))


def not_found(work: Work) -> Reply:
    """Say that a record does not exist; a profile asked for alone still had to be asked for."""
    return Reply(404, to_json({"error": "Record not found"}), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    retry = (("Retry-After", str(retry_after)),)
    return Reply(429, to_json({"error": "Too many requests"}), work, retry)


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    said = "There was a temporary problem serving your request"
    return Reply(503, to_json({"error": said}), work)


SHAPE = Shape(
    key="mastodon",
    base="/mastodon/",
    serve=Mastodon,
    sizes=Sizes(BATCH, PAGE, POST_BATCH, list_has_counts=True),
    environment={"TRACKER_MASTODON_URL": "{url}/mastodon/{{server}}/api/v1"},
    limited=limited,
    trouble=trouble,
)
