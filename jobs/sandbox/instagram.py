"""Instagram of the synthetic country: Business Discovery, the doors of connected accounts, their
token service, shapes, limits and errors.

Source: the platform card, from Meta's documentation of Graph API v26.0. Everything is served under
one base; a version at the beginning of a path is taken as it comes.
"""

from __future__ import annotations

import re
from math import ceil
from typing import Any

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.instagram_items import (
    CONVERTED_AT,
    METRICS,
    STRANGER,
    Field,
    Misspelt,
    Posts,
    by_name,
    is_taken,
    name_now,
    numbers_of,
    parse_fields,
    quirk,
    read_cursor,
    write_cursor,
)
from jobs.sandbox.messages import Headers, Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.tokens import TokenService
from jobs.sandbox.world import DAY_SECONDS, World

ME = "17841499000000001"
PUBLIC_TOKEN = "gialap-khoa-instagram-cong-khai"
APP_ID = "9900990099009900"
APP_SECRET = "gialap-bi-mat-instagram"
PAGE = 25
MOST = 50
OWN_PAGE = 100
DAYS = 60
OWN = "owner "
"""Begins the names of what was read through an owner's door, in the ledger."""

PROFILE = ("username", "name", "followers_count", "follows_count", "media_count")
MEDIA = (
    *("id", "caption", "media_type", "media_product_type", "permalink", "timestamp"),
    *("like_count", "comments_count"),
)
DISCOVERED = (*MEDIA, "view_count", "reposts_count")
USAGE: Headers = (("X-App-Usage", '{"call_count":7,"total_cputime":1,"total_time":2}'),)
GONE = "does not exist, cannot be loaded due to missing permissions, or does not support this"


class Instagram:
    """Answers for `{url}/instagram`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = TokenService("instagram", DAYS * DAY_SECONDS, None)
        self._posts = Posts()

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = re.sub(r"^v[0-9]+\.[0-9]+/", "", request.path).strip("/")
        work = Work(path)
        if request.verb == "POST" and path == "access_token":
            return self._by_code(scene, request, work)
        if request.verb != "GET":
            return error(100, "Unsupported post request.", Work("unknown"))
        if path in ("access_token", "refresh_access_token"):
            return self._longer(scene, request, work)
        try:
            fields = parse_fields(request.one("fields") or "id")
        except Misspelt as misspelt:
            return error(2500, str(misspelt), Work("unknown"))
        if path in ("me", "me/media"):
            return self._own(scene, request, fields, work)
        return self._discovery(scene, request, fields, Work("discovery"))

    # --- Business Discovery ---

    def _discovery(
        self, scene: Scene, request: Request, fields: tuple[Field, ...], work: Work
    ) -> Reply:
        if request.one("access_token") != PUBLIC_TOKEN:
            return error(190, "Invalid OAuth access token - Cannot parse access token", work)
        if re.sub(r"^v[0-9]+\.[0-9]+/", "", request.path).strip("/") != ME:
            return error(100, f"Unsupported get request. Object {GONE}", work, 33)
        [asked] = [item for item in fields if item.name == "business_discovery"] or [Field("")]
        name = asked.arguments.get("username", "")
        unknown = {*asked.names} - {"id", "media", *PROFILE}
        media = next((item for item in asked.inner if item.name == "media"), None)
        unknown |= {*media.names} - {*DISCOVERED} if media else set()
        if not asked.name or unknown:
            said = f"(#100) Tried accessing nonexisting field ({min(unknown, default='?')})"
            return error(100, f"{said} on node type (ShadowIGUser)", work)
        if media is not None and not 1 <= int(media.arguments.get("limit", str(PAGE))) <= MOST:
            return error(1, "Please reduce the amount of data you're asking for", work)
        account = by_name(scene, name)
        if account is None and is_taken(scene, name):
            found: dict[str, Any] = {"username": name, "followers_count": 44, "id": STRANGER}
            return good({"business_discovery": found, "id": ME}, Work("discovery"), USAGE)
        if account is None or quirk(account) == "personal" or scene.state(account.id) != "open":
            return not_shown(name, Work("discovery", "reason", (name,)))
        found = profile(scene, account, asked.names)
        ids: tuple[str, ...] = ()
        if media is not None:
            page = self._page(scene, account, media)
            if page is None:
                return error(100, "(#100) Invalid cursor", work)
            if page["data"] or media.arguments.get("after"):
                found["media"] = page
            ids = tuple(item["id"] for item in page["data"])
        work = Work("discovery list", "list", ids, account.native_id)
        if "followers_count" in asked.names:
            work = Work("discovery", "profiles", (account.native_id,), shown=ids)
        found["id"] = account.native_id
        return good({"business_discovery": found, "id": ME}, work, USAGE)

    def _page(self, scene: Scene, account: SyntheticAccount, media: Field) -> dict[str, Any] | None:
        """Write a page of a discovered account's posts; None for a wrong cursor."""
        read = read_cursor(account, media.arguments.get("after"))
        if read is None:
            return None
        start, is_hollow = read
        every = numbers_of(scene, account)
        end = start if is_hollow else start + int(media.arguments.get("limit", str(PAGE)))
        data = self._posts.written(scene, account, every[start:end], media.names)
        cursors = {"before": write_cursor(account, start, hollow=False)} if data else {}
        if end < len(every):
            hollow = quirk(account) == "hollow" and start == 0
            cursors["after"] = write_cursor(account, end, hollow=hollow)
        return {"data": data, "paging": {"cursors": cursors}} if cursors else {"data": data}

    # --- Connected accounts ---

    def _own(self, scene: Scene, request: Request, fields: tuple[Field, ...], work: Work) -> Reply:
        account = self.tokens.who(request.one("access_token") or "", scene.now)
        if account is None:
            account = self._short(request.one("access_token") or "")
        if account is None:
            return error(190, "Error validating access token: Session has expired", work, 463)
        if scene.state(account.id) != "open":
            return error(100, f"Unsupported get request. Object {GONE}", work, 33)
        names = tuple(item.name for item in fields)
        allowed = (*MEDIA, "insights") if work.method == "me/media" else ("id", "user_id", *PROFILE)
        unknown = {*names} - {*allowed}
        if unknown:
            said = f"Tried accessing nonexisting field ({min(unknown)})"
            return error(100, said, work)
        usage = [{"type": "instagram", "call_count": 1, "estimated_time_to_regain_access": 0}]
        headers = (("X-Business-Use-Case-Usage", to_json({account.native_id: usage})),)
        if work.method == "me/media":
            return self._own_media(scene, request, account, fields, headers)
        found = {"user_id": account.native_id, **profile(scene, account, names)}
        kind = "profiles" if "followers_count" in names else "resolve"
        subjects = (OWN + account.native_id,)
        return good(
            {**found, "id": f"25{account.number:014d}"}, Work("me", kind, subjects), headers
        )

    def _own_media(
        self,
        scene: Scene,
        request: Request,
        account: SyntheticAccount,
        fields: tuple[Field, ...],
        headers: Headers,
    ) -> Reply:
        work = Work("me/media")
        limit = int(request.one("limit") or PAGE)
        read = read_cursor(account, request.one("after"))
        if not 1 <= limit <= OWN_PAGE:
            return error(1, "Please reduce the amount of data you're asking for", work)
        if read is None:
            return error(100, "(#100) Invalid cursor", work)
        wanted = next((item for item in fields if item.name == "insights"), Field(""))
        metrics = tuple(filter(None, wanted.arguments.get("metric", "").split(",")))
        for place, metric in enumerate(metrics):
            if metric not in METRICS:
                known = ", ".join(METRICS)
                said = f"(#100) metric[{place}] must be one of the following values: {known}"
                return error(100, said, work)
        every = numbers_of(scene, account)
        start, end = read[0], read[0] + limit
        published = self.world.posts(account.id).published
        oldest = every[start:end][-1:]
        was_personal = quirk(account) == "converted" and any(published[oldest] < CONVERTED_AT)
        if metrics and was_personal:
            return error(100, "Media posted before business account conversion", work, 2108006)
        names = tuple(item.name for item in fields)
        data = self._posts.written(scene, account, every[start:end], names, metrics)
        paging: dict[str, Any] = {}
        if data:
            after = write_cursor(account, end, hollow=False)
            paging["cursors"] = {
                "before": write_cursor(account, start, hollow=False),
                "after": after,
            }
        if end < len(every):
            token = request.one("access_token")
            paging["next"] = f"https://graph.instagram.com/me/media?access_token={token}"
        ids = tuple(item["id"] for item in data)
        body = {"data": data, "paging": paging} if paging else {"data": data}
        return good(body, Work("me/media", "list", ids, OWN + account.native_id), headers)

    # --- Tokens ---

    def _by_code(self, scene: Scene, request: Request, work: Work) -> Reply:
        """Change a code into a token of an hour."""
        form = request.form()
        known = (form.get("client_id"), form.get("client_secret")) == (APP_ID, APP_SECRET)
        issued = self.tokens.by_code(form.get("code", ""), scene.now) if known else None
        if issued is None or quirk(issued[0]) == "personal":
            said = "Matching code was not found or was already used"
            body = {"error_type": "OAuthException", "code": 400, "error_message": said}
            return Reply(400, to_json(body), work)
        account, pair = issued
        granted = "instagram_business_basic,instagram_business_manage_insights"
        token = {
            "access_token": pair.refresh,
            "user_id": f"25{account.number:014d}",
            "permissions": granted,
        }
        return good({"data": [token]}, Work("code", "token", (), account.native_id))

    def _longer(self, scene: Scene, request: Request, work: Work) -> Reply:
        """Change a token of an hour into one of 60 days, or one that is a day old into the next."""
        token, grant = request.one("access_token") or "", request.one("grant_type")
        if work.method == "access_token":
            is_known = grant == "ig_exchange_token" and request.one("client_secret") == APP_SECRET
            account = self._short(token) if is_known else None
        else:
            account = self.tokens.who(token, scene.now) if grant == "ig_refresh_token" else None
            pair = self.tokens.pairs[account.id] if account else None
            born = pair.ends - DAYS * DAY_SECONDS if pair and pair.ends else 0
            if scene.now - born < DAY_SECONDS:
                account = None
        if account is None:
            return error(190, "Error validating access token: Session has expired", work, 463)
        issued = self.tokens.by_refresh(self.tokens.pairs[account.id].refresh, scene.now)
        assert not isinstance(issued, str), "the pair was just looked up"
        life = DAYS * DAY_SECONDS
        body = {"access_token": issued[1].access, "token_type": "bearer", "expires_in": life}
        return good(body, Work(work.method, "token", (), account.native_id))

    def _short(self, token: str) -> SyntheticAccount | None:
        """Find whose token of an hour this is."""
        pairs = self.tokens.pairs.items()
        key = next((key for key, pair in pairs if pair.refresh == token), None)
        return None if key is None else country.account(key)


def profile(scene: Scene, account: SyntheticAccount, names: tuple[str, ...]) -> dict[str, Any]:
    """Write the asked fields of an account."""
    found = {
        "username": name_now(account, scene.now),
        "name": account.title,
        "followers_count": scene.world.followers_at(account.id, scene.counted_at),
        "follows_count": scene.world.following_at(account.id, scene.counted_at),
        "media_count": len(numbers_of(scene, account)),
    }
    return {name: found[name] for name in names if name in found}


def good(body: Any, work: Work, headers: Headers = ()) -> Reply:
    """Give a good reply."""
    return Reply(200, to_json(body), work, headers)


def error(code: int, message: str, work: Work, subcode: int | None = None) -> Reply:
    """Give an error in the form all of Meta's platforms share."""
    body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    return Reply(400, to_json({"error": {**body, "fbtrace_id": "AGiaLap"}}), work)


def not_shown(name: str, work: Work) -> Reply:
    """Say that a name belongs to no professional account."""
    body = {
        "message": "Invalid user id",
        "type": "OAuthException",
        "code": 110,
        "error_subcode": 2207013,
        "is_transient": False,
        "error_user_title": "Cannot find User",
        "error_user_msg": f"The user with username: {name} cannot be found.",
        "fbtrace_id": "AGiaLap",
    }
    return Reply(400, to_json({"error": body}), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast; with a status that says so too, that it may be retried."""
    reply = error(4, "(#4) Application request limit reached", work)
    return Reply(429, reply.body, work, (("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is in trouble for the moment."""
    reply = error(2, "An unexpected error has occurred. Please retry your request later.", work)
    return Reply(500, reply.body, work)


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: one for each account with its newest posts, one
    for each name that is not shown, and pages of the posts that did not come along.
    """
    pages = 0
    for account, entries in night.listed.items():
        size = OWN_PAGE if account.startswith(OWN) else PAGE
        left = entries if account.startswith(OWN) else entries - night.shown
        pages += ceil(len(left) / size) if entries else 1
    asked = len(night.profiles) + len(night.reasons) + len(night.resolved)
    return asked + pages + night.tokens


SHAPE = Shape(
    key="instagram",
    base="/instagram/",
    serve=Instagram,
    sizes=Sizes(1, PAGE, PAGE, list_has_counts=True),
    environment={
        "TRACKER_INSTAGRAM_URL": "{url}/instagram/v26.0",
        "TRACKER_INSTAGRAM_ACCESS_TOKEN": PUBLIC_TOKEN,
        "TRACKER_INSTAGRAM_USER_ID": ME,
        "TRACKER_INSTAGRAM_APP_ID": APP_ID,
        "TRACKER_INSTAGRAM_APP_SECRET": APP_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("access_token",),
    minimum=minimum,
)
