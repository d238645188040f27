"""YouTube of the synthetic country: Data API v3 with a key or an owner's token, in its shapes,
roundings and errors; the token service of owners' consents; the public feed.

Source: the platform card, from the discovery document revision 20261104. Takes `fields` and
`prettyPrint` without following them: replies are compact and complete.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Night, Shape, Sizes, fewest
from jobs.sandbox.tokens import TokenService
from jobs.sandbox.world import DAY_SECONDS, Whole, World, local_day
from jobs.sandbox.youtube_items import (
    STATISTICS_PATH,
    Items,
    Parts,
    check,
    etag,
    private_upload,
    uploads_of,
    video_id,
    video_of,
)

BATCH = 50
PAGE = 50
GENERAL_UNITS = 10_000
STATISTICS_UNITS = 10_000
PLACEHOLDER_DAYS = 30
"""A deleted video stays in the uploads as "Deleted video" this long."""
TOKEN_LIFE = 3600
FEED_SIZE = 15
CLIENT_ID = "gialap-youtube-ung-dung"
CLIENT_SECRET = "gialap-youtube-bi-mat"
"""The app of owners' consents. Not in `environment`: a country without a key must stay refused."""


class YouTube:
    """Answers for `{url}/youtube/v3`, `{url}/youtube/auth` and `{url}/youtube/feeds`."""

    def __init__(self, world: World) -> None:
        self.items = Items(world)
        self.tokens = TokenService("youtube", TOKEN_LIFE, None)

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.strip("/")
        if path == "auth/token" and request.verb == "POST":
            return self._token(scene, request)
        if request.verb != "GET":
            return Reply(405, to_json({"error": "Method Not Allowed"}), Work("unknown"))
        if path == "feeds/videos.xml":
            return self._feed(scene, request)
        method = path.removeprefix("v3/")
        work = Work(METHODS.get(method, "unknown"))
        refusal = self._refuse_token(scene, request, work)
        refusal = refusal or (None if request.bearer() else refuse_key(request, work))
        if refusal:
            return refusal
        if method == "channels":
            return self._channels(scene, request)
        if method == "playlistItems":
            return self._uploads(scene, request)
        if method in ("videos", "videos:batchGetStats"):
            return self._videos(scene, request, method)
        if method == "search":
            return error(403, "searchDisabled", "The sandbox never lists by search.", work)
        return error(404, "notFound", f"There is no method {method}.", work)

    def _channels(self, scene: Scene, request: Request) -> Reply:
        handle, user = request.one("forHandle"), request.one("forUsername")
        ids = many(request, "id")
        mine = request.one("mine") == "true"
        chosen = [each for each in (ids, handle, user, mine) if each]
        method = METHODS["channels"]
        if len(chosen) != 1:
            return error(400, "missingRequiredParameter", "No filter selected.", Work(method))
        if len(ids) > BATCH:
            return too_many(method)
        if not parts_of(request):
            return error(400, "missingRequiredParameter", "Required parameter: part", Work(method))
        if mine:
            owner = self.tokens.who(request.bearer(), scene.now)
            asked = {owner}
            work = Work(method, "reason", (owner.native_id if owner else "",))
        elif ids:
            asked = {country.account_of("youtube", native_id) for native_id in ids}
            work = Work(method, "profiles", tuple(dict.fromkeys(ids)))
        else:
            wanted = (handle or user or "").removeprefix("@").lower()
            day = local_day(scene.now)
            asked = {item for item in channels() if item.handle_on(day).removeprefix("@") == wanted}
            work = Work(method, "resolve", (wanted,))
        found = [item for item in asked if item and scene.state(item.id) == "open"]
        found.sort(key=lambda item: hashlib.sha256(item.native_id.encode()).digest())
        items = [to_json(self._channel(scene, item, parts_of(request))) for item in found]
        return listing("channelListResponse", items, len(items), len(items), work)

    def _channel(self, scene: Scene, account: SyntheticAccount, parts: Parts) -> dict[str, object]:
        world, key, day = scene.world, account.id, local_day(scene.now)
        item: dict[str, object] = {
            "kind": "youtube#channel",
            "etag": etag(account.native_id),
            "id": account.native_id,
        }
        if "snippet" in parts:
            item["snippet"] = {
                "title": account.title_on(day),
                "description": "Kênh giả lập",
                "customUrl": account.handle_on(day),
                "publishedAt": "2019-05-19T02:00:00Z",
                "country": "VN",
            }
        if "contentDetails" in parts:
            uploads = uploads_of(account)
            item["contentDetails"] = {"relatedPlaylists": {"likes": "", "uploads": uploads}}
        if "statistics" in parts:
            hides = followers_hidden(account, scene.now)
            shown = str(shown_subscribers(world.followers_at(key, scene.counted_at)))
            item["statistics"] = {
                "viewCount": str(world.views_at(key, scene.counted_at)),
                **({} if hides else {"subscriberCount": shown}),
                "hiddenSubscriberCount": hides,
                "videoCount": str(world.posts_at(key, scene.now)),
            }
        if "status" in parts:
            item["status"] = {"privacyStatus": "public", "isLinked": True, "madeForKids": False}
        return item

    def _uploads(self, scene: Scene, request: Request) -> Reply:
        method = METHODS["playlistItems"]
        playlist = request.one("playlistId") or ""
        parts = parts_of(request)
        if not playlist or not parts:
            return error(
                400,
                "missingRequiredParameter",
                "Required parameters: part, playlistId",
                Work(method),
            )
        size = request.one("maxResults") or "5"
        if not size.isdigit() or not 1 <= int(size) <= PAGE:
            return error(400, "invalidValue", f"maxResults must lie in 1..{PAGE}.", Work(method))
        account = (
            country.account_of("youtube", f"UC{playlist[2:]}")
            if playlist.startswith("UU")
            else None
        )
        work = Work(method, "list", (), playlist)
        if account is None or scene.state(account.id) != "open":
            return error(404, "playlistNotFound", "The playlist cannot be found.", work)
        shown = self._listed(scene, account)
        if not len(shown):
            return error(404, "playlistNotFound", "The playlist cannot be found.", work)
        owns = self.tokens.who(request.bearer(), scene.now) is account
        start = page_start(request.one("pageToken"), account)
        if start is None or start > len(shown):
            return error(400, "invalidPageToken", "The page token is invalid.", Work(method))
        page = shown[start : start + int(size)].tolist()
        posts = scene.world.posts(account.id)
        deleted = posts.deleted[page] <= scene.now
        channel = account.title_on(local_day(scene.now))
        items = [
            self.items.upload(account, number, start + place, parts, channel, gone=gone)
            for place, (number, gone) in enumerate(zip(page, deleted.tolist(), strict=True))
        ]
        if owns and start == 0 and account.number % 2 == 0:
            items.insert(0, private_upload(account, scene.now, parts))
        work = Work(method, "list", tuple(video_id(account, number) for number in page), playlist)
        end = start + len(page)
        token = page_token(account, end) if end < len(shown) else None
        return listing("playlistItemListResponse", items, len(shown), int(size), work, token)

    def _listed(self, scene: Scene, account: SyntheticAccount) -> Whole:
        """List the uploads' numbers in the playlist's order: by time of adding, newest first."""
        posts = scene.world.posts(account.id)
        kept = (posts.published <= scene.now) & (
            posts.deleted + PLACEHOLDER_DAYS * DAY_SECONDS > scene.now
        )
        numbers = np.flatnonzero(kept)
        return numbers[np.argsort(-posts.added[numbers], kind="stable")]

    def _videos(self, scene: Scene, request: Request, path: str) -> Reply:
        method = METHODS[path]
        ids = many(request, "id")
        parts = parts_of(request)
        if not ids or not parts:
            return error(
                400, "missingRequiredParameter", "Required parameters: part, id", Work(method)
            )
        if len(ids) > BATCH:
            return too_many(method)
        wanted: dict[str, list[int]] = {}
        for video in dict.fromkeys(ids):
            known = video_of(video)
            if known and scene.state(known[0].id) == "open":
                wanted.setdefault(known[0].id, []).append(known[1])
        items = [
            item
            for key, numbers in sorted(wanted.items())
            for item in self._counted(scene, country.account(key), numbers, parts, path)
        ]
        owner = self.tokens.who(request.bearer(), scene.now)
        whose = f"{owner.id}/" if owner else ""
        work = Work(method, "posts", tuple(f"{whose}{video}" for video in dict.fromkeys(ids)))
        kind = "batchGetStatsResponse" if path == STATISTICS_PATH else "videoListResponse"
        return listing(kind, items, len(items), len(items), work)

    def _counted(
        self,
        scene: Scene,
        account: SyntheticAccount,
        numbers: Sequence[int],
        parts: Parts,
        path: str,
    ) -> list[str]:
        """Write the items of one channel's videos that can be seen now."""
        posts = scene.world.posts(account.id)
        asked = np.array(
            [number for number in numbers if number < len(posts.published)], dtype=np.int64
        )
        asked = asked[(posts.published[asked] <= scene.now) & (posts.deleted[asked] > scene.now)]
        counts = scene.world.counts_at(account.id, asked, scene.counted_at)
        shown = {"viewCount": counts["views"].tolist()}
        if account.id not in country.LIKES_HIDDEN:
            shown["likeCount"] = counts["reactions"].tolist()
        if path != STATISTICS_PATH:
            shown["favoriteCount"] = [0] * len(asked)
        if account.id not in country.COMMENTS_OFF:
            shown["commentCount"] = counts["comments"].tolist()
        channel = account.title_on(local_day(scene.now))
        items = []
        for number, *values in zip(asked.tolist(), *shown.values(), strict=True):
            inside = ",".join(
                f'"{name}":"{value}"' for name, value in zip(shown, values, strict=True)
            )
            items.append(self.items.video(account, number, parts, channel, inside, path))
        return items

    def _refuse_token(self, scene: Scene, request: Request, work: Work) -> Reply | None:
        """Refuse a token that is wrong or has ended, and a question about oneself without one."""
        token = request.bearer()
        if token and self.tokens.who(token, scene.now) is None:
            said = "Request had invalid authentication credentials."
            return error(401, "authError", said, work, "global")
        if not token and request.one("mine") == "true":
            said = "The request uses the <code>mine</code> parameter but is not authorized."
            return error(401, "authorizationRequired", said, work)
        return None

    def _token(self, scene: Scene, request: Request) -> Reply:
        form, work = request.form(), Work("token")
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return token_error(401, "invalid_client", "The provided client secret is invalid.")
        first = form.get("grant_type") == "authorization_code"
        if first:
            issued = self.tokens.by_code(form.get("code", ""), scene.now)
            if issued is None:
                return token_error(400, "invalid_grant", "Malformed auth code.")
        else:
            renewed = self.tokens.by_refresh(form.get("refresh_token", ""), scene.now)
            if isinstance(renewed, str):
                return token_error(400, "invalid_grant", "Token has been expired or revoked.")
            issued = renewed
        account, pair = issued
        body = {
            "access_token": pair.access,
            "expires_in": TOKEN_LIFE - 1,
            "scope": "https://www.googleapis.com/auth/youtube.readonly",
            "token_type": "Bearer",
        }
        body |= {"refresh_token": pair.refresh} if first else {}
        return Reply(200, to_json(body), Work(work.method, "token", (), account.id))

    def _feed(self, scene: Scene, request: Request) -> Reply:
        """Write the feed of the newest videos: likes that are hidden read 0."""
        channel = request.one("channel_id") or ""
        account = country.account_of("youtube", channel)
        if account is None or scene.state(account.id) != "open":
            page = "<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>"
            return Reply(404, page, Work("feed", "reason", (channel,)), (), "text/html")
        numbers = scene.world.visible_posts(account.id, scene.now)[::-1][:FEED_SIZE]
        counts = scene.world.counts_at(account.id, numbers, scene.counted_at)
        likes = counts["reactions"] * (account.id not in country.LIKES_HIDDEN)
        entries = [
            self.items.feed_entry(account, number, views, stars)
            for number, views, stars in zip(
                numbers.tolist(), counts["views"].tolist(), likes.tolist(), strict=True
            )
        ]
        work = Work(
            "feed",
            "reason",
            (channel,),
            shown=tuple(video_id(account, number) for number in numbers.tolist()),
        )
        body = f"{FEED_HEAD}<yt:channelId>{channel[2:]}</yt:channelId>{''.join(entries)}</feed>"
        return Reply(200, body, work, (), "text/xml; charset=UTF-8")


FEED_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">'
)
METHODS = {
    "channels": "channels.list",
    "playlistItems": "playlistItems.list",
    "videos": "videos.list",
    "videos:batchGetStats": "videos.batchGetStats",
    "search": "search.list",
}


def listing(
    kind: str,
    items: Sequence[str],
    total: int,
    per_page: int,
    work: Work,
    token: str | None = None,
) -> Reply:
    """Give a list reply of items already written; the key is absent when nothing was found."""
    following = f'"nextPageToken":"{token}",' if token else ""
    found = f'"items":[{",".join(items)}],' if items else ""
    body = (
        f'{{"kind":"youtube#{kind}","etag":"{etag(kind)}",{following}{found}'
        f'"pageInfo":{{"totalResults":{total},"resultsPerPage":{per_page}}}}}'
    )
    return Reply(200, body, work)


def error(status: int, reason: str, message: str, work: Work, domain: str = "youtube") -> Reply:
    """Give an error reply in Google's form."""
    body = {
        "error": {
            "code": status,
            "message": message,
            "errors": [{"message": message, "domain": domain, "reason": reason}],
        }
    }
    return Reply(status, to_json(body), Work(work.method))


def token_error(status: int, name: str, message: str) -> Reply:
    """Give an error reply in the token service's form."""
    body = {"error": name, "error_description": message}
    return Reply(status, to_json(body), Work("token"))


def too_many(method: str) -> Reply:
    """Refuse a batch above 50 ids."""
    message = f"The request specifies more than {BATCH} ids."
    return error(400, "invalidFilters", message, Work(method), "youtube.parameter")


def refuse_key(request: Request, work: Work) -> Reply | None:
    """Refuse a request without the sandbox's key; None for the right one."""
    key = request.one("key") or request.headers.get("x-goog-api-key")
    if key == country.API_KEY:
        return None
    if key is None:
        said = "Method doesn't allow unregistered callers (callers without established identity)."
        return error(403, "forbidden", said, work, "global")
    said = "API key not valid. Please pass a valid API key."
    body = {
        "error": {
            "code": 400,
            "message": said,
            "errors": [{"message": said, "domain": "global", "reason": "badRequest"}],
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"service": "youtube.googleapis.com"},
                }
            ],
        }
    }
    return Reply(400, to_json(body), Work(work.method))


def quota_exceeded(work: Work) -> Reply:
    """Refuse a request after the day's units are used up."""
    said = "The request cannot be completed because you have exceeded your quota."
    return error(403, "quotaExceeded", said, work, "youtube.quota")


def shown_subscribers(count: int) -> int:
    """Round down to three significant figures from 1,000 up, as the platform shows subscribers."""
    unit = int(10 ** max(0, len(str(count)) - 3))
    return count // unit * unit


def followers_hidden(account: SyntheticAccount, second: int) -> bool:
    """Say whether the owner hides the counter of followers at a Unix second."""
    since = country.FOLLOWERS_HIDDEN.get(account.id)
    return since is not None and local_day(second) >= since


def channels() -> list[SyntheticAccount]:
    """List the YouTube accounts."""
    return [item for item in country.accounts() if item.platform == "youtube"]


def page_token(account: SyntheticAccount, start: int) -> str:
    """Make the token of a page that begins at a place of the list."""
    stem = f"{account.number}.{start}"
    return f"{start:05d}{check(stem)}"


def page_start(token: str | None, account: SyntheticAccount) -> int | None:
    """Read a page token of the same channel; 0 without a token, None for a wrong one."""
    if token is None:
        return 0
    start = int(token[:5]) if token[:5].isdigit() else -1
    return start if token == page_token(account, start) else None


def many(request: Request, name: str) -> list[str]:
    """List the values of a parameter that takes commas."""
    return [part for value in request.every(name) for part in value.split(",") if part]


def parts_of(request: Request) -> Parts:
    """List the parts asked for."""
    return frozenset(many(request, "part"))


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    detail = {
        "message": "Rate limit exceeded.",
        "domain": "usageLimits",
        "reason": "rateLimitExceeded",
    }
    body = {
        "code": 429,
        "message": "Rate limit exceeded.",
        "errors": [detail],
        "status": "RESOURCE_EXHAUSTED",
    }
    return Reply(429, to_json({"error": body}), work, (("Retry-After", str(retry_after)),))


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    detail = {"message": "Backend Error", "domain": "global", "reason": "backendError"}
    body = {"error": {"code": 503, "message": "Backend Error", "errors": [detail]}}
    return Reply(503, to_json(body), work)


SIZES = Sizes(BATCH, PAGE, BATCH, list_has_counts=False)


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: the videos of each owner are asked with the
    owner's own token, all others together.
    """
    owned = Counter(owner for video in night.posts if (owner := video.rpartition("/")[0]))
    public = {video for video in night.posts if "/" not in video}
    own = sum(ceil(count / BATCH) for count in owned.values())
    return fewest(replace(night, posts=public), SIZES) + own


SHAPE = Shape(
    key="youtube",
    base="/youtube/",
    serve=YouTube,
    sizes=SIZES,
    environment={
        "TRACKER_YOUTUBE_URL": "{url}/youtube/v3",
        "TRACKER_YOUTUBE_AUTH_URL": "{url}/youtube/auth",
        "TRACKER_YOUTUBE_FEED_URL": "{url}/youtube/feeds",
        "TRACKER_YOUTUBE_API_KEY": country.API_KEY,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("auth/token",),
    minimum=minimum,
)
