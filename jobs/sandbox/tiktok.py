"""TikTok of the synthetic country: Display API, Accounts API, Research API, their token services.

Source: the platform card and TikTok's pages on tokens of November 2026 (access 2 hours, refresh 180
days, every refresh token good for one use; in the Accounts API a day and a year). Counts are exact.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from math import ceil
from typing import Any

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.tiktok_items import (
    BUSINESS_NOTES,
    BUSINESS_SCOPES,
    BUSINESS_USER,
    BUSINESS_VIDEO,
    DISPLAY_SCOPES,
    PAGE,
    RESEARCH_LAG,
    RESEARCH_NOTES,
    RESEARCH_VIDEO,
    USER,
    VIDEO,
    VIDEO_NOTES,
    Refusal,
    business_counts,
    check_fields,
    display_counts,
    has_empty_page,
    is_private,
    keys,
    known,
    listed,
    notes,
    post_of,
    read_json,
    scopes_of,
    search_of,
    seen,
    user_counts,
    video,
    video_ids,
)
from jobs.sandbox.tokens import Pair, TokenService
from jobs.sandbox.world import DAY_SECONDS, World, local_day

CLIENT_KEY, CLIENT_SECRET = "gialap-khoa-ung-dung", "gialap-bi-mat-ung-dung"
BUSINESS_ID, BUSINESS_SECRET = "7000000000000000001", "gialap-bi-mat-doanh-nghiep"
RESEARCH_REQUESTS = 1000
CLIENT_LIFE = 7200
LOG = "20240902gialap0000000000000000"


class TikTok:
    """Answers for `{url}/tiktok/v2` and `{url}/tiktok/business`."""

    def __init__(self, world: World) -> None:
        self.world = world
        day = DAY_SECONDS
        self.display = TokenService("tiktok", 7200, 180 * day, single_use=True)
        self.business = TokenService("tiktok", day, 365 * day, single_use=True)
        self.clients: dict[str, int] = {}
        """Client token of the Research API -> Unix second of its end."""
        self.asked: Counter[date] = Counter()
        """Requests to the Research API by UTC day."""

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        work = Work(request.path.strip("/") or "unknown")
        try:
            if request.path.startswith("business/"):
                return self._business(scene, request, work)
            if request.path == "v2/oauth/token/":
                return self._token(scene, request.form(), work)
            if request.path.startswith("v2/research/"):
                return self._research(scene, request, work)
            return self._display(scene, request, work)
        except Refusal as refusal:
            return refused(request, refusal, self._owed(request, work))

    def _owed(self, request: Request, work: Work) -> Work:
        """Say what a refused request was still good for: the reason why an account is not read."""
        if not request.path.endswith(("user/info/", "business/get/", "token/")):
            return work
        asked = request.bearer() or request.headers.get("access-token", "")
        return Work(work.method, "reason", (asked + request.body.decode("utf-8", "replace"),))

    # --- Display ---

    def _display(self, scene: Scene, request: Request, work: Work) -> Reply:
        account = self.display.who(request.bearer(), scene.now)
        if account is None or scene.state(account.id) not in ("open", "unreachable"):
            raise Refusal(401, "access_token_invalid", "The access token is invalid.")
        if scene.state(account.id) == "unreachable":
            raise Refusal(401, "scope_not_authorized", "The user did not authorize the scope.")
        asked = (request.one("fields") or "").split(",")
        if request.path == "v2/user/info/" and request.verb == "GET":
            return self._user(scene, account, asked, work)
        check_fields(asked, ("id", "create_time", *VIDEO_NOTES, *VIDEO))
        handle, body = account.handle_on(local_day(scene.now)), request.json()
        if request.path == "v2/video/list/" and request.verb == "POST":
            numbers, paging, fillers = listed(scene, account, body or {}, "invalid_params")
        elif request.path == "v2/video/query/" and request.verb == "POST":
            ids = video_ids((body or {}).get("filters"), "invalid_params")
            numbers, paging, fillers = known(scene, account, ids), {}, ()
            work = Work(work.method, "posts", keys(account, ids))
        else:
            raise Refusal(404, "unsupported_path", "Unsupported path")
        counts = display_counts(self.world, account, numbers, scene.counted_at)
        videos = [
            video(notes(self.world, account, number, handle), each, asked, VIDEO_NOTES, VIDEO)
            for number, each in zip(numbers.tolist(), counts, strict=True)
        ]
        return v2({"videos": videos, **paging}, seen(work, account, videos, "id", fillers))

    def _user(
        self, scene: Scene, account: SyntheticAccount, asked: Sequence[str], work: Work
    ) -> Reply:
        check_fields(asked, ("open_id", "union_id", "username", "display_name", *USER))
        if "username" in asked and "user.info.profile" not in scopes_of(account, DISPLAY_SCOPES):
            raise Refusal(401, "scope_not_authorized", "The user did not authorize the scope.")
        day = local_day(scene.now)
        counts = user_counts(self.world, account, scene.counted_at)
        every = {
            "open_id": account.native_id,
            "union_id": f"union-{account.native_id}",
            "username": account.handle_on(day),
            "display_name": account.title_on(day),
            **{name: counts[column] for name, column in USER.items()},
        }
        shown = {name: every[name] for name in asked}
        return v2({"user": shown}, Work(work.method, "profiles", (account.native_id,)))

    # --- Accounts API ---

    def _business(self, scene: Scene, request: Request, work: Work) -> Reply:
        if request.path.startswith("business/tt_user/oauth2/"):
            return self._business_token(scene, request, work)
        account = self.business.who(request.headers.get("access-token", ""), scene.now)
        if account is None or scene.state(account.id) not in ("open", "unreachable"):
            raise Refusal(200, 40105, "Access token is incorrect or has been revoked.")
        if request.one("business_id") != account.native_id or scene.state(account.id) != "open":
            raise Refusal(200, 40001, "No permission to operate the account")
        asked = read_json(request.one("fields"))
        if request.path == "business/business/get/":
            check_fields(asked, ("username", *BUSINESS_USER), 40002)
            if "username" in asked and "user.info.username" not in scopes_of(
                account, BUSINESS_SCOPES
            ):
                raise Refusal(200, 40001, "user.info.username was not granted")
            counts = user_counts(self.world, account, scene.counted_at)
            shown: dict[str, object] = {"username": account.handle_on(local_day(scene.now))}
            shown |= {name: counts[column] for name, column in BUSINESS_USER.items()}
            profile = Work(work.method, "profiles", (account.native_id,))
            return business({name: shown[name] for name in asked}, profile)
        if request.path != "business/business/video/list/":
            raise Refusal(404, 40404, "no such method")
        check_fields(asked, ("item_id", "create_time", *BUSINESS_NOTES, *BUSINESS_VIDEO), 40002)
        filters = request.one("filters")
        if filters is None:
            body = {"max_count": read_json(request.one("max_count") or "10")}
            if cursor := request.one("cursor"):
                body["cursor"] = read_json(cursor)
            numbers, paging, fillers = listed(scene, account, body, 40002)
        else:
            ids = video_ids(read_json(filters), 40002)
            numbers, fillers = known(scene, account, ids), ()
            paging = {"cursor": scene.now * 1000, "has_more": False}
            work = Work(work.method, "posts", keys(account, ids))
        handle = account.handle_on(local_day(scene.now))
        counts_of = business_counts(self.world, account, numbers, scene.counted_at)
        videos = []
        for number, each in zip(numbers.tolist(), counts_of, strict=True):
            item = video(
                notes(self.world, account, number, handle),
                each,
                asked,
                BUSINESS_NOTES,
                BUSINESS_VIDEO,
            )
            if account.number % 2:
                item["create_time"] = str(item["create_time"])
            videos.append(item)
        shown_work = seen(work, account, videos, "item_id", fillers)
        return business({"videos": videos, **paging}, shown_work)

    # --- Research API ---

    def _research(self, scene: Scene, request: Request, work: Work) -> Reply:
        if self.clients.get(request.bearer(), 0) <= scene.now:
            raise Refusal(401, "access_token_invalid", "The access token is invalid.")
        today = datetime.fromtimestamp(scene.now, UTC).date()
        self.asked[today] += 1
        if self.asked[today] > RESEARCH_REQUESTS:
            raise Refusal(429, "daily_quota_limit_exceeded", "Daily quota limit exceeded")
        asked, body = (request.one("fields") or "").split(","), request.json() or {}
        if request.path == "v2/research/user/info/":
            check_fields(asked, tuple(USER))
            account = by_name(scene, body.get("username", ""))
            if account is None:
                raise Refusal(400, "invalid_params", "cannot find the user")
            counts = user_counts(self.world, account, scene.counted_at - RESEARCH_LAG)
            shown = {name: counts[USER[name]] for name in asked}
            return v2(shown, Work(work.method, "profiles", (f"@{body['username']}",)))
        if request.path != "v2/research/video/query/":
            raise Refusal(404, "unsupported_path", "Unsupported path")
        check_fields(asked, ("id", "create_time", *RESEARCH_NOTES, *RESEARCH_VIDEO))
        return self._search(scene, asked, body, work)

    def _search(self, scene: Scene, asked: Sequence[str], body: Any, work: Work) -> Reply:
        """Answer a query of videos: cut into pages first, then what may not be shown is left out,
        so that pages come short.
        """
        start, end, size, cursor = search_of(body)
        [condition] = body["query"]["and"]
        values = condition["field_values"]
        found: list[tuple[SyntheticAccount, int]] = []
        if condition["field_name"] == "username":
            for account in filter(None, (by_name(scene, name) for name in values)):
                published = self.world.posts(account.id).published
                inside = np.flatnonzero((published >= start) & (published < end))
                found += [(account, int(number)) for number in inside]
        elif condition["field_name"] == "video_id":
            posts = (post_of(self.world, str(value), scene.now) for value in values)
            found = [one for one in posts if one and start <= self._second(*one) < end]
        else:
            raise Refusal(400, "invalid_params", "query.and[0].field_name is invalid")
        videos = []
        for account, number in found[cursor : cursor + size]:
            if self._is_shown(scene, account, number):
                one = np.array([number], dtype=np.int64)
                [counts] = display_counts(self.world, account, one, scene.counted_at - RESEARCH_LAG)
                handle = account.handle_on(local_day(scene.now))
                about = notes(self.world, account, number, handle)
                item = video(about, counts, asked, RESEARCH_NOTES, RESEARCH_VIDEO)
                videos.append({**item, "id": about["id"]})
        more = cursor + size < len(found)
        if not more and cursor == 0 and found and has_empty_page(found[0][0]):
            more = True
        search = str(7_400_000_000_000_000_000 + start)
        paging = {"cursor": cursor + size, "has_more": more, "search_id": search}
        # Each page is one request, however much is on it.
        pages = tuple(f"{start} {cursor} {place}" for place in range(PAGE))
        page = Work(work.method, "list", pages, f"research {values}")
        return v2({"videos": videos, **paging}, page)

    def _is_shown(self, scene: Scene, account: SyntheticAccount, number: int) -> bool:
        """Say whether the Research API has a post already, and still."""
        deleted = int(self.world.posts(account.id).deleted[number])
        return self._second(account, number) <= scene.now - RESEARCH_LAG and deleted > scene.now

    def _second(self, account: SyntheticAccount, number: int) -> int:
        return int(self.world.posts(account.id).published[number])

    # --- Tokens ---

    def _token(self, scene: Scene, form: Mapping[str, str], work: Work) -> Reply:
        """Answer the token service of Display and Research API."""
        if (form.get("client_key"), form.get("client_secret")) != (CLIENT_KEY, CLIENT_SECRET):
            raise Refusal(401, "invalid_client", "Client key or secret is incorrect.")
        if form.get("grant_type") == "client_credentials":
            token = f"gialap-client-{scene.now}-{len(self.clients)}"
            self.clients[token] = scene.now + CLIENT_LIFE
            issued = {"access_token": token, "expires_in": CLIENT_LIFE, "token_type": "Bearer"}
            return Reply(200, to_json(issued), Work(work.method, "token", ("client",)))
        found = issue(self.display, scene, form, form.get("code", ""))
        if found is None:
            raise Refusal(400, "invalid_grant", "The grant is invalid, expired or revoked.")
        account, pair = found
        issued = {
            **lives(pair, scene.now, "refresh_expires_in"),
            "open_id": account.native_id,
            "scope": ",".join(scopes_of(account, DISPLAY_SCOPES)),
        }
        return Reply(200, to_json(issued), Work(work.method, "token", (account.id,)))

    def _business_token(self, scene: Scene, request: Request, work: Work) -> Reply:
        """Answer the token service of the Accounts API, which is asked in JSON."""
        form = request.json() or request.form()
        if (form.get("client_id"), form.get("client_secret")) != (BUSINESS_ID, BUSINESS_SECRET):
            raise Refusal(200, 40101, "App id or secret is invalid")
        if not form.get("redirect_uri", "/").endswith("/"):
            raise Refusal(200, 40002, "redirect_uri must end in a slash")
        found = issue(self.business, scene, form, form.get("auth_code", ""))
        if found is None:
            code = 40110 if "auth_code" in form else 40105
            raise Refusal(200, code, "The code or refresh token is incorrect or has been revoked.")
        account, pair = found
        issued = {
            **lives(pair, scene.now, "refresh_token_expires_in"),
            "open_id": account.native_id,
            "scope": ",".join(scopes_of(account, BUSINESS_SCOPES)),
        }
        return business(issued, Work(work.method, "token", (account.id,)))


def issue(
    service: TokenService, scene: Scene, form: Mapping[str, str], code: str
) -> tuple[SyntheticAccount, Pair] | None:
    """Issue tokens for a code or a refresh token; None where the account or the grant is gone."""
    if form.get("grant_type") == "authorization_code":
        found: tuple[SyntheticAccount, Pair] | str | None = service.by_code(code, scene.now)
    else:
        found = service.by_refresh(form.get("refresh_token", ""), scene.now)
    if found is None or isinstance(found, str):
        return None
    return found if scene.state(found[0].id) in ("open", "unreachable") else None


def lives(pair: Pair, now: int, refresh_name: str) -> dict[str, object]:
    """Write a pair of tokens with the seconds they live."""
    return {
        "access_token": pair.access,
        "expires_in": (pair.ends or now) - now,
        "refresh_token": pair.refresh,
        refresh_name: (pair.refresh_ends or now) - now,
        "token_type": "Bearer",
    }


def by_name(scene: Scene, name: str) -> SyntheticAccount | None:
    """Find a public account by its username of today."""
    day = local_day(scene.now)
    for account in country.more_accounts():
        if account.platform == "tiktok" and account.handle_on(day) == name:
            is_open = scene.state(account.id) == "open" and not is_private(account)
            return account if is_open else None
    return None


def v2(data: Any, work: Work) -> Reply:
    """Answer in the form of v2: the error object is there on success too."""
    good = {"code": "ok", "message": "", "log_id": LOG}
    return Reply(200, to_json({"data": data, "error": good}), work)


def business(data: Any, work: Work) -> Reply:
    """Answer in the form of the Accounts API."""
    body = {"code": 0, "message": "OK", "request_id": LOG, "data": data}
    return Reply(200, to_json(body), work)


def refused(request: Request, refusal: Refusal, work: Work) -> Reply:
    """Refuse in the form of the API that was asked: v2, its token service, or the Accounts API,
    whose HTTP status is 200 all the same.
    """
    code, message = refusal.code, refusal.message
    if request.path.startswith("business/"):
        body: dict[str, object] = {"code": code, "message": message, "request_id": LOG, "data": {}}
        return Reply(200, to_json(body), work)
    if request.path.endswith("oauth/token/"):
        body = {"error": code, "error_description": message, "log_id": LOG}
    else:
        body = {"data": {}, "error": {"code": code, "message": message, "log_id": LOG}}
    return Reply(refusal.status, to_json(body), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    refusal = Refusal(429, "rate_limit_exceeded", "The API rate limit was exceeded.")
    reply = refused(Request("GET", "v2/", ()), refusal, work)
    return Reply(reply.status, reply.body, work, (("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    return refused(
        Request("GET", "v2/", ()), Refusal(500, "internal_error", "Internal error"), work
    )


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: 1 a profile, 1 a page of 20, 1 for 20 known
    videos of one account, and the tokens. A page of a Research query counts as one.
    """
    left: defaultdict[str, int] = defaultdict(int)
    for post in night.posts - night.shown:
        left[post.partition(":")[0]] += 1
    pages = sum(max(1, ceil(len(entries) / PAGE)) for entries in night.listed.values())
    asked = len(night.profiles) + len(night.reasons) + night.tokens
    return asked + pages + sum(ceil(number / PAGE) for number in left.values())


SHAPE = Shape(
    key="tiktok",
    base="/tiktok/",
    serve=TikTok,
    sizes=Sizes(1, PAGE, PAGE, list_has_counts=True),
    environment={
        "TRACKER_TIKTOK_URL": "{url}/tiktok/v2",
        "TRACKER_TIKTOK_BUSINESS_URL": "{url}/tiktok/business",
        "TRACKER_TIKTOK_CLIENT_KEY": CLIENT_KEY,
        "TRACKER_TIKTOK_CLIENT_SECRET": CLIENT_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("oauth/token/", "oauth2/token/", "oauth2/refresh_token/"),
    minimum=minimum,
)
