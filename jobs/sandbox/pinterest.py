"""Pinterest of the synthetic country: API v5 with each owner's token, in its shapes and errors.

Source: the platform card, from the OpenAPI description 5.23 to 5.28. Refresh tokens work once; a
page of pins holds what the account saved from others, too.
"""

from __future__ import annotations

import base64
import bisect
from dataclasses import dataclass

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Shape, Sizes
from jobs.sandbox.tokens import TokenService
from jobs.sandbox.world import DAY_SECONDS, World, utc

APP_ID = "1500000-gialap"
APP_SECRET = "gialap-khoa-ung-dung-pinterest"
PAGE = 250
MEDIA = ("image", "image", "video", "multiple_images")


@dataclass(frozen=True)
class Pin:
    """One entry of an account's pins; `number` is that of its own post, -1 for somebody else's,
    whose `kind` is `saved` or `foreign`.
    """

    id: str
    second: int
    number: int = -1
    kind: str = "own"


class Pinterest:
    """Answers for `{url}/pinterest`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = TokenService("pinterest", 30 * DAY_SECONDS, 60 * DAY_SECONDS, single_use=True)

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.strip("/")
        if path == "oauth/token":
            return self._token(scene, request)
        method = "pins/{id}" if path.startswith("pins/") else path
        work = Work(method)
        if request.verb != "GET" or method not in ("user_account", "pins", "pins/{id}"):
            return error(404, 50, "Not found.", Work("unknown"))
        account = self.tokens.who(request.bearer(), scene.now)
        state = scene.state(account.id) if account else "unknown"
        if account is not None and state == "unreachable":
            refused = Work(method, "reason", (account.native_id,))
            return error(403, 29, "You are not permitted to access that resource.", refused)
        if account is None or state != "open":
            return error(401, 2, "Authentication failed.", work)
        if method == "user_account":
            found = Work(method, "profiles", (account.native_id,))
            return Reply(200, to_json(account_of(scene, account)), found)
        if method == "pins":
            return self._pins(scene, request, account)
        return self._pin(scene, request, account, path.removeprefix("pins/"))

    def _pins(self, scene: Scene, request: Request, account: SyntheticAccount) -> Reply:
        size = request.one("page_size") or "25"
        if not size.isdigit() or not 1 <= int(size) <= PAGE:
            return error(400, 1, f"page_size must be between 1 and {PAGE}.", Work("pins"))
        every = pins_of(scene, account)
        end, hollow = len(every), False
        if written := request.one("bookmark"):
            read = read_bookmark(written)
            if read is None:
                return error(400, 1, "Invalid bookmark.", Work("pins"))
            hollow = read[1]
            end = bisect.bisect_left(every, read[0], key=lambda pin: int(pin.id))
        start = end if hollow else max(0, end - int(size))
        page = every[start:end][::-1]
        bookmark = None
        if start > 0:
            last = int(every[start].id) if start < len(every) else int(every[-1].id) + 1
            bookmark = write_bookmark(last, hollow=has_empty_page(account) and not written)
        metrics = request.one("pin_metrics") == "true"
        body = {"items": pin_items(scene, account, page, metrics=metrics), "bookmark": bookmark}
        subjects = tuple(pin.id for pin in page)
        return Reply(200, to_json(body), Work("pins", "list", subjects, account.native_id))

    def _pin(
        self, scene: Scene, request: Request, account: SyntheticAccount, native_id: str
    ) -> Reply:
        work = Work("pins/{id}", "posts", (native_id,))
        found = [pin for pin in pins_of(scene, account) if pin.id == native_id]
        if not found:
            return error(404, 50, "Pin not found.", work)
        metrics = request.one("pin_metrics") == "true"
        return Reply(200, to_json(pin_items(scene, account, found, metrics=metrics)[0]), work)

    def _token(self, scene: Scene, request: Request) -> Reply:
        form, work = request.form(), Work("oauth/token")
        app = base64.b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()
        if request.verb != "POST" or request.headers.get("authorization") != f"Basic {app}":
            return error(401, 2, "Authentication failed.", work)
        if form.get("grant_type") == "authorization_code" and form.get("redirect_uri"):
            issued = self.tokens.by_code(form.get("code", ""), scene.now)
            if issued is None:
                return error(400, 283, "Invalid authorization code.", work)
        elif form.get("grant_type") == "refresh_token":
            renewed = self.tokens.by_refresh(form.get("refresh_token", ""), scene.now)
            if isinstance(renewed, str):
                return error(401, 2, "Authentication failed.", work)
            issued = renewed
        else:
            return error(400, 1, "Missing required parameters.", work)
        account, pair = issued
        body = {
            "response_type": form["grant_type"],
            "access_token": pair.access,
            "token_type": "bearer",
            "expires_in": (pair.ends or 0) - scene.now,
            "refresh_token": pair.refresh,
            "refresh_token_expires_in": (pair.refresh_ends or 0) - scene.now,
            "scope": "boards:read pins:read user_accounts:read",
        }
        return Reply(200, to_json(body), Work(work.method, "token", (), account.id))


def pin_id(account: SyntheticAccount, second: int, kind: str = "own") -> str:
    """Make a pin's id: 18 digits that sort like time, far beyond 2^53."""
    place = ("own", "saved", "foreign").index(kind)
    return str(second * 10**8 + account.number * 10 + place)


def pins_of(scene: Scene, account: SyntheticAccount) -> list[Pin]:
    """List an account's pins as they are now, oldest first: its own, some saved from others, and
    some that others put on its boards.
    """
    seconds = scene.world.posts(account.id).published.tolist()
    found = []
    for number in scene.world.visible_posts(account.id, scene.now).tolist():
        second = seconds[number]
        found.append(Pin(pin_id(account, second), second, number))
        for every, rest, later, kind in ((9, 4, 300, "saved"), (21, 6, 500, "foreign")):
            if number % every == rest and second + later <= scene.now:
                at = second + later
                found.append(Pin(pin_id(account, at, kind), at, kind=kind))
    return sorted(found, key=lambda pin: int(pin.id))


def account_of(scene: Scene, account: SyntheticAccount) -> dict[str, object]:
    """Write an account; small ones have no monthly views, and some counts are null."""
    world, key, number = scene.world, account.id, account.number
    saved = sum(pin.kind == "saved" for pin in pins_of(scene, account))
    followers = world.followers_at(key, scene.counted_at)
    return {
        "account_type": "BUSINESS",
        "id": account.native_id,
        "profile_image": "https://i.pinimg.com/gialap.jpg",
        "website_url": "",
        "username": account.handle_on(country.START),
        "about": "Tài khoản giả lập",
        "business_name": account.title,
        "board_count": 4 + number % 9,
        "pin_count": None if number % 30 == 3 else world.posts_at(key, scene.now) + saved,
        "follower_count": None if number % 45 == 7 else followers,
        "following_count": world.following_at(key, scene.now),
        "monthly_views": monthly_views(account, followers),
    }


def monthly_views(account: SyntheticAccount, followers: int) -> int | None:
    """Give the views of the last 30 days; None for what Pinterest finds too small."""
    return None if account.number % 5 == 1 else followers * 7 + account.number


def pin_items(
    scene: Scene, account: SyntheticAccount, pins: list[Pin], *, metrics: bool
) -> list[dict[str, object]]:
    """Write pins; the metrics of others' pins are never told."""
    own = [pin.number for pin in pins if pin.number >= 0]
    counted = scene.world.counts_at(account.id, np.array(own, dtype=np.int64), scene.counted_at)
    rows = {number: place for place, number in enumerate(own)}
    names = ("views", "reactions", "comments", "saves")
    columns = {name: counted[name].tolist() for name in names}
    items = []
    for pin in pins:
        counts = (
            {name: columns[name][rows[pin.number]] for name in names} if pin.number >= 0 else None
        )
        items.append(pin_item(scene, account, pin, counts if metrics else None))
    return items


def pin_item(
    scene: Scene, account: SyntheticAccount, pin: Pin, counts: dict[str, int] | None
) -> dict[str, object]:
    """Write one pin; its time has no zone, but on some accounts."""
    said = "Ghim của người khác"
    if pin.number >= 0:
        language = LANGUAGES[int(scene.world.posts(account.id).language[pin.number])]
        said = caption(account, pin.number, language)
    zone = "-00:00" if account.number % 7 == 0 else ""
    return {
        "id": pin.id,
        "created_at": f"{utc(pin.second):%Y-%m-%dT%H:%M:%S}{zone}",
        "link": None,
        "title": said,
        "description": None,
        "alt_text": None,
        "creative_type": "REGULAR",
        "board_id": str(700_000_000_000_000_000 + account.number),
        "board_owner": {"username": account.handle_on(country.START)},
        "is_owner": pin.kind != "foreign",
        "is_standard": True,
        "parent_pin_id": f"{int(pin.id) - 77}" if pin.kind == "saved" else None,
        "media": {"media_type": MEDIA[pin.number % len(MEDIA)] if pin.number >= 0 else "image"},
        "pin_metrics": None if counts is None else metrics_of(pin.number, counts),
    }


def metrics_of(number: int, counts: dict[str, int]) -> dict[str, dict[str, int]] | None:
    """Write a pin's metrics: null for some, without saves for others; 90 days differ."""
    if number % 23 == 3:
        return None
    of_life = {
        "impression": counts["views"],
        "pin_click": counts["views"] // 20,
        "clickthrough": counts["views"] // 50,
        "reaction": counts["reactions"],
        "comment": counts["comments"],
        "save": counts["saves"],
    }
    if number % 11 == 5:
        del of_life["save"]
    rolling = {"impression": counts["views"] // 3, "pin_click": 1, "clickthrough": 1, "save": 1}
    return {"90d": rolling, "lifetime_metrics": of_life}


def has_empty_page(account: SyntheticAccount) -> bool:
    """Say whether the second page of an account's pins is empty and has a bookmark."""
    return account.number % 45 == 2


def write_bookmark(before: int, *, hollow: bool) -> str:
    """Make the bookmark of the pins before an id; `hollow` announces an empty page first."""
    return base64.urlsafe_b64encode(f"gialap|{before}|{int(hollow)}".encode()).decode()


def read_bookmark(written: str) -> tuple[int, bool] | None:
    """Read a bookmark; None for one that is none."""
    try:
        name, before, hollow = base64.urlsafe_b64decode(written).decode().split("|")
        return (int(before), hollow == "1") if name == "gialap" else None
    except ValueError:
        return None


def error(status: int, code: int, message: str, work: Work) -> Reply:
    """Give an error in the platform's form."""
    body = {"code": code, "message": message, "status": "failure"}
    return Reply(status, to_json(body), work)


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast."""
    headers = (
        ("X-RateLimit-Limit", "1000, 1000;w=86400"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", str(retry_after)),
    )
    body = {"code": 8, "message": "You have exceeded your rate limit. Try again later."}
    return Reply(429, to_json(body), work, headers)


def trouble(work: Work) -> Reply:
    """Say that the service is broken for the moment."""
    return error(500, 0, "Sorry! Something went wrong on our end. Please try again later.", work)


SHAPE = Shape(
    key="pinterest",
    base="/pinterest/",
    serve=Pinterest,
    sizes=Sizes(1, PAGE, 1, list_has_counts=True),
    environment={
        "TRACKER_PINTEREST_URL": "{url}/pinterest",
        "TRACKER_PINTEREST_APP_ID": APP_ID,
        "TRACKER_PINTEREST_APP_SECRET": APP_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("oauth/token",),
)
