"""Threads of the synthetic country: Profile Discovery, owners' lists and insights, consent, errors.

Source: the platform card and Meta's Threads documentation of 2026; bodies of errors as third
parties recorded them. Counts are exact; sums of a week are those of the posts that are visible now.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, joined, to_json
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.threads_items import (
    FIELDS,
    METRICS,
    USAGE,
    USER_METRICS,
    WEEK,
    WEEK_SECONDS,
    Feed,
    ended_token,
    error,
    feed_of,
    fields_of,
    has_empty_end,
    has_ended_grant,
    hides_replies,
    insights_text,
    item_text,
    lasting,
    media_id,
    media_of,
    missing,
    not_permitted,
    of_threads,
    permalink,
    read_cursor,
    unknown_metric,
    user_insight,
    write_cursor,
)
from jobs.sandbox.tokens import TokenService, code_for
from jobs.sandbox.world import Whole, World, local_day

PAGE = 100
LEAST_FOLLOWERS = 5_000
"""Below it Discovery shows nobody. Meta has said 1,000 and 100; the country has no such small ones.
"""
NO_INSTAGRAM = "langson-ubnd-threads"
"""The profile without a linked Instagram account: its followers are told to nobody but Discovery.
"""
HOUR, DAY = 3_600, 86_400
LIFE = 60 * DAY
FIRST_SECOND = 1_688_540_400

DISCOVERY_TOKEN = "gialap-khoa-threads-kham-pha"
"""Our own token for Discovery; followed by `-1000` it may ask so many questions in 24 hours."""
CLIENT_ID = "gialap-ung-dung-threads"
CLIENT_SECRET = "gialap-bi-mat-threads"
SHORT = "ngan-"
"""Begins a token of an hour."""


class Threads:
    """Answers for `{url}/threads/v1.0`, token requests included."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.short = TokenService("threads", HOUR, None)
        self.long = TokenService("threads", LIFE, None)
        self.asked: dict[str, list[int]] = {}
        """Token of Discovery → the seconds of its questions."""
        self._fixed: dict[tuple[int, int], str] = {}
        self._feeds: dict[str, Feed] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.removeprefix("v1.0").strip("/")
        if request.verb == "POST" and path == "oauth/access_token":
            return self._short_token(scene, request)
        if request.verb != "GET":
            return error(400, 100, "Unsupported post request.", Work("unknown"), 33)
        if path == "access_token":
            return self._long_token(scene, request)
        if path == "refresh_access_token":
            return self._renewed(scene, request)
        token = request.one("access_token") or request.bearer()
        if path in ("profile_lookup", "profile_posts"):
            return self._discovery(scene, request, path, token)
        owner = self._owner(scene, token)
        if owner is None and not token.startswith(DISCOVERY_TOKEN):
            return ended_token(Work(path.rpartition("/")[2]))
        return self._own(scene, request, path, owner)

    def _owner(self, scene: Scene, token: str) -> SyntheticAccount | None:
        if token.startswith(SHORT):
            return self.short.who(token.removeprefix(SHORT), scene.now)
        return self.long.who(token, scene.now)

    # --- Discovery ---

    def _discovery(self, scene: Scene, request: Request, path: str, token: str) -> Reply:
        name = (request.one("username") or "").lower()
        account = next(
            (item for item in of_threads() if item.handle_on(local_day(scene.now)) == name), None
        )
        work = Work(path, "profiles", (f"public {name}",))
        if path == "profile_posts":
            work = Work(path, "list", (), f"public {name}")
        if not token.startswith(DISCOVERY_TOKEN):
            owner = self._owner(scene, token)
            return ended_token(work) if owner is None else not_permitted(work)
        if refused := self._too_many(scene, token, work):
            return refused
        if account is None or not self.is_public(scene, account):
            return missing(name, work)
        if path == "profile_posts":
            return self._list(scene, request, account, work)
        followers = scene.world.followers_at(account.id, scene.counted_at)
        counts: dict[str, int | None] = {"follower_count": followers}
        counts |= {f"{key}_count": value for key, value in self.week(scene, account).items()}
        if hides_replies(account):
            counts["replies_count"] = None
        about = {
            "username": name,
            "name": account.title_on(local_day(scene.now)),
            "profile_picture_url": "https://gialap.example/anh.jpg",
            "biography": "Hồ sơ giả lập",
            "is_verified": False,
        }
        return Reply(200, joined(to_json(about), counts), work, USAGE)

    def _too_many(self, scene: Scene, token: str, work: Work) -> Reply | None:
        """Count a question; refuse it where the token's limit for the last 24 hours is reached."""
        limit = token.removeprefix(DISCOVERY_TOKEN).removeprefix("-")
        if not limit.isdigit():
            return None
        seconds = [at for at in self.asked.get(token, ()) if at > scene.now - DAY]
        self.asked[token] = [*seconds, scene.now]
        if len(seconds) < int(limit):
            return None
        return error(403, 4, "(#4) Application request limit reached", Work(work.method))

    def is_public(self, scene: Scene, account: SyntheticAccount) -> bool:
        """Say whether Discovery shows a profile."""
        followers = scene.world.followers_at(account.id, scene.counted_at)
        is_private = account.number % 13 == 5
        return scene.state(account.id) == "open" and not is_private and followers >= LEAST_FOLLOWERS

    def week(self, scene: Scene, account: SyntheticAccount) -> dict[str, int]:
        """Give what happened in seven days to the posts that are visible now."""
        numbers = scene.world.visible_posts(account.id, scene.now)
        now = scene.world.counts_at(account.id, numbers, scene.counted_at)
        before = scene.world.counts_at(account.id, numbers, scene.counted_at - WEEK_SECONDS)
        return {key: int((now[name] - before[name]).sum()) for key, name in WEEK.items()}

    # --- Owners ---

    def _own(
        self, scene: Scene, request: Request, path: str, owner: SyntheticAccount | None
    ) -> Reply:
        who, _, what = path.partition("/")
        work = Work(what or "me")
        is_own = owner is not None and who in ("me", owner.native_id)
        if owner is not None and not what and is_own:
            return self._me(scene, owner, Work("me", "resolve", (owner.native_id,)))
        if owner is not None and what == "threads_insights" and is_own:
            return self._user_insights(
                scene, request, owner, Work(what, "profiles", (owner.native_id,))
            )
        if owner is not None and what == "threads" and is_own:
            work = Work(what, "list", (), owner.native_id)
            return (
                self._list(scene, request, owner, work)
                if scene.state(owner.id) == "open"
                else missing(who, work)
            )
        if what == "insights":
            return self._insights(scene, request, who, owner, Work(what, "posts", (who,)))
        return missing(who, work)

    def _me(self, scene: Scene, owner: SyntheticAccount, work: Work) -> Reply:
        if scene.state(owner.id) != "open":
            return missing("me", work)
        name = owner.handle_on(local_day(scene.now))
        return Reply(200, to_json({"id": owner.native_id, "username": name}), work, USAGE)

    def _user_insights(
        self, scene: Scene, request: Request, owner: SyntheticAccount, work: Work
    ) -> Reply:
        metrics = (request.one("metric") or "").split(",")
        if scene.state(owner.id) != "open":
            return missing(owner.native_id, work)
        if refused := unknown_metric(metrics, USER_METRICS, work):
            return refused
        if "followers_count" in metrics and owner.id == NO_INSTAGRAM:
            said = "THREADS_API__FEATURE_NOT_AVAILABLE: This user does not have access to this"
            return error(400, 10, f"{said} Threads API feature.", work, keep=True)
        week = self.week(scene, owner)
        followers = scene.world.followers_at(owner.id, scene.counted_at)
        listed = [user_insight(owner, name, followers, week, scene.now) for name in metrics]
        return Reply(200, to_json({"data": listed}), work, USAGE)

    def _insights(
        self,
        scene: Scene,
        request: Request,
        media: str,
        owner: SyntheticAccount | None,
        work: Work,
    ) -> Reply:
        metrics = (request.one("metric") or "").split(",")
        known = media_of(scene, media)
        if known is None or scene.state(known[0].id) != "open":
            return missing(media, work)
        account, number = known
        if account is not owner:
            said = "(#100) Only available for media objects created by the app-scoped user"
            return error(400, 100, said, work)
        if refused := unknown_metric(metrics, METRICS, work):
            return refused
        [insights] = self._counts(scene, account, [number], metrics)
        return Reply(200, insights, work, USAGE)

    # --- Lists ---

    def _list(self, scene: Scene, request: Request, account: SyntheticAccount, work: Work) -> Reply:
        fields, metrics = fields_of(request.one("fields") or "id")
        limit, since = request.one("limit") or "25", request.one("since") or str(FIRST_SECOND)
        unknown = [name for name in fields if name not in FIELDS]
        if unknown or (metrics and work.method == "profile_posts"):
            name = unknown[0] if unknown else "insights"
            said = f"(#100) Tried accessing nonexisting field ({name}) on node type (ThreadsMedia)"
            return error(400, 100, said, work)
        if metrics and (refused := unknown_metric(metrics, METRICS, work)):
            return refused
        if not limit.isdigit() or not 1 <= int(limit) <= PAGE:
            return error(400, 100, f"(#100) Param limit must be from 1 to {PAGE}", work)
        if not since.isdigit() or not FIRST_SECOND <= int(since) <= scene.now:
            return error(400, 100, "(#100) Param since is out of range", work)
        after = request.one("after")
        before = 2**62 if after is None else read_cursor(after, account)
        if before is None:
            return error(400, 100, "(#100) Param after is not a valid cursor", work)
        from_second = int(since) if request.one("since") else 0
        seconds, numbers = self._visible(scene, account, from_second, before)
        start = max(0, len(seconds) - int(limit))
        page = list(zip(seconds[start:].tolist(), numbers[start:].tolist(), strict=True))[::-1]
        ids = tuple(media_id(account, *entry) for entry in page)
        texts = self._lines(scene, account, page, fields, metrics)
        paging = ""
        if page and (start or has_empty_end(account)):
            cursors = {
                "before": write_cursor(account, page[0][0]),
                "after": write_cursor(account, page[-1][0]),
            }
            paging = f',"paging":{{"cursors":{to_json(cursors)}}}'
        own = tuple(key for key, (_, number) in zip(ids, page, strict=True) if number >= 0)
        seen = Work(
            work.method,
            "list",
            ids if page or after is None else ("end",),
            work.account,
            own if metrics else (),
        )
        return Reply(200, f'{{"data":[{",".join(texts)}]{paging}}}', seen, USAGE)

    def _visible(
        self, scene: Scene, account: SyntheticAccount, since: int, before: int
    ) -> tuple[Whole, Whole]:
        """Give (seconds, numbers) of the entries from `since` until `before`, oldest first."""
        if account.id not in self._feeds:
            self._feeds[account.id] = feed_of(scene.world, account)
        feed = self._feeds[account.id]
        deleted = scene.world.posts(account.id).deleted
        own = feed.numbers >= 0
        shown = (feed.seconds >= since) & (feed.seconds < before) & (feed.seconds <= scene.now)
        shown[own] &= deleted[feed.numbers[own]] > scene.now
        return feed.seconds[shown], feed.numbers[shown]

    def _lines(
        self,
        scene: Scene,
        account: SyntheticAccount,
        page: list[tuple[int, int]],
        fields: list[str],
        metrics: list[str],
    ) -> list[str]:
        counts = iter(self._counts(scene, account, [number for _, number in page], metrics))
        lines = []
        for second, number in page:
            key = (account.number, second)
            if key not in self._fixed:
                self._fixed[key] = item_text(self.world, account, second, number)
            text = self._fixed[key]
            if "permalink" in fields and (link := permalink(account, second, number)):
                text += f',"permalink":"{link}"'
            insights = f',"insights":{next(counts)}' if metrics else ""
            lines.append(f"{{{text}{insights}}}")
        return lines

    def _counts(
        self, scene: Scene, account: SyntheticAccount, numbers: list[int], metrics: list[str]
    ) -> list[str]:
        """Write the insights of posts; an empty list for one that was only passed on."""
        known = np.array([number for number in numbers if number >= 0], dtype=np.int64)
        found = scene.world.counts_at(account.id, known, scene.counted_at) if metrics else {}
        rows = zip(*(found[METRICS[name]].tolist() for name in metrics), strict=True)
        return [
            insights_text(account, number, metrics, next(rows)) if number >= 0 else '{"data":[]}'
            for number in (numbers if metrics else ())
        ]

    # --- Tokens ---

    def _short_token(self, scene: Scene, request: Request) -> Reply:
        form, work = request.form(), Work("oauth/access_token")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return error(400, 101, "Error validating application.", work)
        issued = self.short.by_code(form.get("code", ""), scene.now)
        asked = form.get("grant_type") == "authorization_code" and form.get("redirect_uri")
        if issued is None or not asked:
            said = "Matching code was not found or was already used"
            flat = {"error_type": "OAuthException", "code": 400, "error_message": said}
            return Reply(400, to_json(flat), work)
        account, pair = issued
        body = {
            "access_token": SHORT + pair.access,
            "token_type": "bearer",
            "user_id": int(account.native_id),
        }
        return Reply(200, to_json(body), Work(work.method, "token", (), account.id))

    def _long_token(self, scene: Scene, request: Request) -> Reply:
        work, token = Work("access_token"), request.one("access_token") or ""
        owner = self._owner(scene, token) if token.startswith(SHORT) else None
        if request.one("client_secret") != CLIENT_SECRET:
            return error(400, 1, "Error validating client secret.", work)
        if owner is None or request.one("grant_type") != "th_exchange_token":
            return ended_token(work)
        issued = self.long.by_code(code_for(owner.id), scene.now)
        assert issued is not None, "an account of this platform"
        return lasting(issued[1], scene.now, Work(work.method, "token", (), owner.id))

    def _renewed(self, scene: Scene, request: Request) -> Reply:
        work, token = Work("refresh_access_token"), request.one("access_token") or ""
        owner = self.long.who(token, scene.now)
        if owner is None or request.one("grant_type") != "th_refresh_token":
            return ended_token(work)
        pair = self.long.pairs[owner.id]
        if (pair.ends or 0) - scene.now > LIFE - DAY:
            return error(400, 100, "The token must be at least 24 hours old", work)
        if has_ended_grant(owner):
            said = "Error validating access token: the user has not authorized application"
            return error(400, 190, said, work, 458)
        renewed = self.long.by_refresh(pair.refresh, scene.now)
        assert not isinstance(renewed, str), "the token was found valid above"
        return lasting(renewed[1], scene.now, Work(work.method, "token", (), owner.id))


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast, in a way that passes."""
    said = "(#613) Calls to this api have exceeded the rate limit."
    body = {"message": said, "type": "OAuthException", "code": 613, "is_transient": True}
    return Reply(429, to_json({"error": body}), work, (("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    said = "An unexpected error has occurred. Please retry your request later."
    body = {"message": said, "type": "OAuthException", "is_transient": True, "code": 2}
    return Reply(500, to_json({"error": body}), work)


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: one a profile and door, the pages of each list
    and the empty one that a last cursor led to, one a post whose counts no list brought, and those
    of consents and renewals. Source: the "night minimum" of the platform card.
    """
    pages = sum(
        max(1, ceil(len(entries - {"end"}) / PAGE)) + ("end" in entries)
        for entries in night.listed.values()
    )
    return (
        len(night.profiles)
        + pages
        + len(night.posts - night.shown)
        + len(night.resolved)
        + night.tokens
    )


SHAPE = Shape(
    key="threads",
    base="/threads/",
    serve=Threads,
    sizes=Sizes(1, PAGE, 1, list_has_counts=False),
    environment={
        "TRACKER_THREADS_URL": "{url}/threads/v1.0",
        "TRACKER_THREADS_AUTH_URL": "{url}/threads/oauth",
        "TRACKER_THREADS_ACCESS_TOKEN": DISCOVERY_TOKEN,
        "TRACKER_THREADS_APP_ID": CLIENT_ID,
        "TRACKER_THREADS_APP_SECRET": CLIENT_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("access_token",),
    minimum=minimum,
)
