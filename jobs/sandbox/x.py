"""X of the synthetic country: users, posts, partial errors, and the two names of everything.

Source: the platform card, from the documentation of August 2026 and bodies as users report them.
The reply writes post, repost, edit_history_post_ids where it was asked with `post.fields`, and
tweet, retweet otherwise; users, who can be asked without either, have the one or the other.
Handles are those of the register and mostly longer than the 15 letters that can be looked up, as
some old ones are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Headers, Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.world import Whole, World, local_day, utc
from jobs.sandbox.x_items import (
    BATCH,
    FIRST_START,
    NAMED,
    NUMBERED,
    fields_of,
    handles_at,
    has_empty_page,
    hides_views,
    invalid,
    is_protected,
    listed,
    not_authorized,
    not_found,
    post_id,
    post_of,
    problem,
    read_token,
    reason_of,
    references,
    second_of,
    unknown_value,
    write_token,
)

TOKEN = "gialap-token-cua-ung-dung-x"
PAGE = 100
LEAST_PAGE = 5
DEPTH = 3_200
"""How many of the most recent posts a list reaches back to."""
FIRST_VIEWS = int(datetime(2022, 12, 15, tzinfo=UTC).timestamp())
"""Posts before this instant show 0 views."""
WINDOW = 900
LIMITS = {"users": 300, "users/by": 300, "users/tweets": 10_000, "tweets": 3_500}
"""Requests of an app in 15 minutes, by method."""

USER_FIELDS = {"public_metrics", "created_at", "protected", "verified", "verified_type", "withheld"}
POST_FIELDS = {"public_metrics", "created_at", "author_id", "lang", "referenced_{word}s"}
FIELDS = ("user.fields", "tweet.fields", "post.fields")
PARAMETERS = {
    "users": ("ids", *FIELDS),
    "users/by": ("usernames", *FIELDS),
    "tweets": ("ids", *FIELDS),
    "users/tweets": ("max_results", "exclude", "start_time", "pagination_token", *FIELDS),
}


class X:
    """Answers for `{url}/x/2`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._fixed: dict[tuple[int, int, str, frozenset[str]], str] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.strip("/")
        owner = re.fullmatch(r"users/([^/]+)/tweets", path)
        method = "users/tweets" if owner else path
        if request.verb != "GET" or method not in PARAMETERS:
            return Reply(404, "", Work("unknown"), (), "text/plain")
        work = Work(method)
        if request.bearer() != TOKEN:
            return problem(401, "Unauthorized", "Unauthorized", "about:blank", work)
        for name, _ in request.query:
            if name not in PARAMETERS[method]:
                return invalid(name, f"The query parameter [{name}] is not one of the known", work)
        word = "post" if request.one("post.fields") is not None else "tweet"
        known_fields = {"user.fields": USER_FIELDS}
        known_fields[f"{word}.fields"] = {name.format(word=word) for name in POST_FIELDS}
        for name in FIELDS:
            unknown = fields_of(request, name) - known_fields.get(name, set())
            if unknown:
                return unknown_value(name, min(unknown), work)
        if owner:
            return self._timeline(scene, request, owner[1], word, work)
        if method == "tweets":
            return self._posts(scene, request, word, work)
        return self._users(scene, request, work)

    def _users(self, scene: Scene, request: Request, work: Work) -> Reply:
        by_id = work.method == "users"
        name = "ids" if by_id else "usernames"
        keys, refused = listed(request, name, NUMBERED if by_id else NAMED, work)
        if refused:
            return refused
        found, errors = [], []
        fields = fields_of(request, "user.fields")
        handles = {} if by_id else handles_at(scene)
        for key in keys:
            account = country.account_of("x", key) if by_id else handles.get(key.lower())
            reason = reason_of(scene, account, key, name)
            if account is None or reason is not None:
                errors.append(reason)
            else:
                found.append(self._user(scene, account, fields))
        done = Work(work.method, "profiles" if by_id else "resolve", tuple(keys))
        return good(scene, found, errors, "", done)

    def _user(self, scene: Scene, account: SyntheticAccount, fields: set[str]) -> str:
        day, world = local_day(scene.now), scene.world
        posts = "post_count" if account.number % 2 else "tweet_count"
        every: dict[str, object] = {
            "public_metrics": {
                "followers_count": world.followers_at(account.id, scene.counted_at),
                "following_count": world.following_at(account.id, scene.counted_at),
                posts: world.posts_at(account.id, scene.now),
                "listed_count": account.number % 40,
                "like_count": None if account.number % 3 else 4_321,
            },
            "created_at": "2021-01-04T02:00:00.000Z",
            "protected": is_protected(account),
            "verified": False,
            "verified_type": "government" if account.number % 2 else "none",
        }
        shown = {name: value for name, value in every.items() if name in fields}
        named = {"username": account.handle_on(day), "name": account.title_on(day)}
        return to_json({"id": account.native_id, **named, **shown})

    def _timeline(self, scene: Scene, request: Request, user: str, word: str, work: Work) -> Reply:
        if not NUMBERED.fullmatch(user):
            return unknown_value("id", user, work)
        size = request.one("max_results") or "10"
        if not size.isdigit() or not LEAST_PAGE <= int(size) <= PAGE:
            said = f"The `max_results` query parameter value [{size}] is not between 5 and 100"
            return invalid("max_results", said, work)
        if set((request.one("exclude") or "retweets").split(",")) - {"retweets", "replies"}:
            return unknown_value("exclude", request.one("exclude"), work)
        start = second_of(request.one("start_time"))
        if start is None or start < FIRST_START:
            said = "Invalid 'start_time'. 'start_time' must be on or after 2010-11-06T00:00Z"
            return invalid("start_time", said, work)
        account = country.account_of("x", user)
        reason = reason_of(scene, account, user, "id")
        if account is not None and reason is None and is_protected(account):
            reason = not_authorized("user", "id", user)
        if account is None or reason is not None:
            return good(scene, [], [reason], "", work)
        token = request.one("pagination_token")
        before, hollow = (scene.now, False) if token is None else read_token(token, account)
        if before is None:
            return unknown_value("pagination_token", token, work)
        numbers = self._visible(scene, account, start, before)
        page = numbers[:0] if hollow else numbers[-int(size) :][::-1]
        following = ""
        if len(numbers) > len(page):
            last = int(scene.world.posts(account.id).published[page[-1]]) - 1 if len(page) else None
            empty_next = has_empty_page(account) and token is None
            following = write_token(account, before if last is None else last, hollow=empty_next)
        ids = [post_id(account, int(at)) for at in scene.world.posts(account.id).published[page]]
        meta: dict[str, object] = {"result_count": len(ids)}
        if ids:
            meta |= {"newest_id": ids[0], "oldest_id": ids[-1]}
        if following:
            meta["next_token"] = following
        texts = self._texts(scene, account, page.tolist(), word, request)
        done = Work(work.method, "list", tuple(ids), user)
        return good(scene, texts, [], to_json(meta), done)

    def _visible(self, scene: Scene, account: SyntheticAccount, start: int, before: int) -> Whole:
        """List the posts a list shows of those published in [start, before], oldest first."""
        numbers = scene.world.visible_posts(account.id, scene.now)[-DEPTH:]
        published = scene.world.posts(account.id).published[numbers]
        first, end = np.searchsorted(published, start), np.searchsorted(published, before, "right")
        return numbers[int(first) : int(end)]

    def _posts(self, scene: Scene, request: Request, word: str, work: Work) -> Reply:
        ids, refused = listed(request, "ids", NUMBERED, work)
        if refused:
            return refused
        found: dict[SyntheticAccount, list[int]] = {}
        errors = []
        for asked in ids:
            post = post_of(scene, asked)
            if post is None or scene.state(post[0].id) != "open":
                errors.append(not_found("tweet", "ids", asked))
            elif is_protected(post[0]):
                errors.append(not_authorized("tweet", "ids", asked))
            else:
                found.setdefault(post[0], []).append(post[1])
        texts = [
            text
            for account, numbers in found.items()
            for text in self._texts(scene, account, numbers, word, request)
        ]
        return good(scene, texts, errors, "", Work(work.method, "posts", tuple(ids)))

    def _texts(
        self,
        scene: Scene,
        account: SyntheticAccount,
        numbers: Sequence[int],
        word: str,
        request: Request,
    ) -> list[str]:
        """Write posts: the unchanging part is kept, the counts are those of this moment."""
        fields = frozenset(fields_of(request, f"{word}.fields"))
        fixed = [self._fixed_text(account, number, word, fields) for number in numbers]
        if "public_metrics" not in fields:
            return [f"{{{text}}}" for text in fixed]
        chosen = np.array(numbers, dtype=np.int64)
        counts = scene.world.counts_at(account.id, chosen, scene.counted_at)
        counts["views"][scene.world.posts(account.id).published[chosen] < FIRST_VIEWS] = 0
        names = {
            f"re{word}_count": "shares",
            "reply_count": "comments",
            "like_count": "reactions",
            "quote_count": "quotes",
        }
        if not hides_views(account):
            names |= {"bookmark_count": "saves", "impression_count": "views"}
        form = ",".join(f'"{name}":%d' for name in names)
        columns = (counts[name].tolist() for name in names.values())
        return [
            f'{{{text},"public_metrics":{{{form % values}}}}}'
            for text, values in zip(fixed, zip(*columns, strict=True), strict=True)
        ]

    def _fixed_text(
        self, account: SyntheticAccount, number: int, word: str, fields: frozenset[str]
    ) -> str:
        """Write what never changes in a post, as the inside of a JSON object."""
        key = (account.number, number, word, fields)
        if key not in self._fixed:
            posts = self.world.posts(account.id)
            second, language = int(posts.published[number]), LANGUAGES[int(posts.language[number])]
            native_id = post_id(account, second)
            every: dict[str, object] = {
                "created_at": utc(second).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "author_id": account.native_id,
                "lang": language,
            }
            if kinds := references(number):
                other = [{"type": kind, "id": post_id(account, second - 4_507)} for kind in kinds]
                every[f"referenced_{word}s"] = other
            shown = {name: value for name, value in every.items() if name in fields}
            named = {"id": native_id, "text": caption(account, number, language)}
            edits = {f"edit_history_{word}_ids": [native_id]}
            self._fixed[key] = to_json({**named, **edits, **shown})[1:-1]
        return self._fixed[key]


def good(
    scene: Scene,
    texts: Sequence[str],
    errors: Sequence[dict[str, str] | None],
    meta: str,
    work: Work,
) -> Reply:
    """Give a reply with what was found; keys that would be empty are absent."""
    parts = [f'"data":[{",".join(texts)}]'] if texts else []
    if errors:
        parts.append(f'"errors":{to_json(list(errors))}')
    if meta:
        parts.append(f'"meta":{meta}')
    limit = LIMITS[work.method]
    reset = (scene.now // WINDOW + 1) * WINDOW
    return Reply(200, f"{{{','.join(parts)}}}", work, rate_headers(limit, limit - 1, reset))


def rate_headers(limit: int, remaining: int, reset: int) -> Headers:
    """Write what is left of the quarter hour."""
    return (
        ("x-rate-limit-limit", str(limit)),
        ("x-rate-limit-remaining", str(remaining)),
        ("x-rate-limit-reset", str(reset)),
    )


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    refused = problem(429, "Too Many Requests", "Too Many Requests", "about:blank", work)
    limit = LIMITS.get(work.method, LIMITS["users"])
    return Reply(429, refused.body, work, rate_headers(limit, 0, second + retry_after))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    return problem(503, "Service Unavailable", "Service Unavailable", "about:blank", work)


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: users by id and users by name, 100 each, the
    pages of every list, and 100 posts at a time of those that no list showed.
    """
    users = ceil(len(night.profiles) / BATCH) + ceil(len(night.resolved) / BATCH)
    pages = sum(max(1, ceil(len(entries) / PAGE)) for entries in night.listed.values())
    shown = night.shown.union(*night.listed.values())
    return users + pages + ceil(len(night.posts - shown) / BATCH)


SHAPE = Shape(
    key="x",
    base="/x/2/",
    serve=X,
    sizes=Sizes(BATCH, PAGE, BATCH, list_has_counts=True),
    environment={
        "TRACKER_X_URL": "{url}/x/2",
        "TRACKER_X_BEARER_TOKEN": TOKEN,
        "TRACKER_X_ENABLED": "1",
    },
    limited=limited,
    trouble=trouble,
    minimum=minimum,
)
