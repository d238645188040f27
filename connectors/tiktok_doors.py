"""TikTok's three doors: what each is asked, and what its replies say. Knows no request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.base import parse_each
from tracker.errors import (
    AccessDenied,
    BadRequest,
    MetricUnavailable,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Reply
from tracker.payload import count, items, optional, optional_text, pick, required_count, text
from tracker.readings import AccountRef, PostCounts, ProfileCounts
from tracker.secrets import Secret, Token

Found = dict[str, PostCounts | ReadError]

ONE_DAY = timedelta(days=1)
SERVICE_START = date(2016, 9, 1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
OUR_APP = ("invalid_client", "unauthorized_client", "40101")
"""Refusals by a token service that concern the keys in the settings, not the owner's consent."""
UNDOUBTED = ("id", "item_id", "open_id", "create_time")
"""Fields without which a reply is worth nothing."""

ERRORS: dict[str, type[ReadError]] = {
    "access_token_invalid": AccessDenied,
    "invalid_grant": AccessDenied,
    "invalid_client": AccessDenied,
    "40101": AccessDenied,
    "40104": AccessDenied,
    "40105": AccessDenied,
    "40110": AccessDenied,
    "scope_not_authorized": PermissionMissing,
    "scope_permission_missed": PermissionMissing,
    "40001": PermissionMissing,
    "rate_limit_exceeded": RateLimited,
    "40100": RateLimited,
    "daily_quota_limit_exceeded": QuotaExhausted,
    "invalid_params": BadRequest,
    "40002": BadRequest,
    "internal_error": Unreachable,
    "50000": Unreachable,
}
"""By the code of whichever API; every 5xxxx is a passing trouble. `invalid_params` may also stand
for a lost account or one unknown field: see `read_error`.
"""


def named(written: str) -> dict[str, str]:
    """Read `theirs=ours theirs=ours`."""
    return dict(pair.split("=", 1) for pair in written.split())


@dataclass(frozen=True)
class Door:
    """One of the three APIs. `paths` are by method: the counts of an account, its videos, known
    videos. `profile` and `post` are our columns by its fields, `id` is the field with a post's id,
    `notes` and `texts` are those of a post that are no counts; `identity` says whose numbers they
    are, with the scope each field needs. `consent` are the scopes an owner is asked for, `app` the
    secrets that name our app.
    """

    key: str
    paths: Mapping[str, str]
    profile: Mapping[str, str]
    post: Mapping[str, str]
    id: str
    notes: tuple[str, ...]
    texts: tuple[str, ...]
    identity: Mapping[str, str]
    consent: tuple[str, ...] = ()
    app: tuple[str, str] = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")

    @property
    def keys(self) -> str:
        """Name the settings that hold our app's key and secret."""
        return " and ".join(f"TRACKER_{name}" for name in self.app)

    def fields(self, method: str, token: Token) -> list[str]:
        """List what to ask for: one field whose scope was not granted fails the whole request."""
        if method == "profile":
            identity = [name for name, scope in self.identity.items() if is_granted(token, scope)]
            return [*identity, *self.profile]
        return [self.id, "create_time", *self.notes, *self.texts, *self.post]

    def keep(self, method: str) -> tuple[str, ...]:
        """List what the archive may keep: what is parsed, but no texts."""
        status = ("code", "message", "error", "data.cursor", "data.has_more", "data.search_id")
        user = "data.user" if self.key == "display" else "data"
        fields = [f"{user}.{name}" for name in (*self.identity, *self.profile)]
        if method != "profile":
            kept = (self.id, "create_time", *self.notes, *self.post)
            fields = [f"data.videos[].{name}" for name in kept]
        return (*status, *fields)


_USER = "follower_count=followers following_count=following likes_count=likes video_count=posts"
_VIDEO = "view_count=views like_count=reactions comment_count=comments share_count=shares"
DISPLAY = Door(
    "display",
    named("profile=user/info/ posts=video/list/ known=video/query/"),
    named(_USER),
    named(_VIDEO),
    id="id",
    notes=("share_url",),
    texts=("title", "video_description"),
    identity=named("open_id=user.info.basic username=user.info.profile"),
    consent=("user.info.basic", "user.info.profile", "user.info.stats", "video.list"),
)
BUSINESS = Door(
    "business",
    named("profile=business/get/ posts=business/video/list/ known=business/video/list/"),
    named(
        "followers_count=followers following_count=following total_likes=likes videos_count=posts"
    ),
    named(
        "video_views=views likes=reactions comments=comments shares=shares favorites=saves"
        " reach=reach"
    ),
    id="item_id",
    notes=("share_url", "media_type"),
    texts=("caption",),
    identity=named("username=user.info.username"),
    consent=("user.info.basic", "user.info.username", "user.info.stats", "video.list"),
    app=("TIKTOK_BUSINESS_ID", "TIKTOK_BUSINESS_SECRET"),
)
RESEARCH = Door(
    "research",
    named("profile=user/info/ posts=video/query/ known=video/query/"),
    named(_USER),
    named(f"{_VIDEO} favorites_count=saves"),
    id="id",
    notes=("username",),
    texts=("video_description",),
    identity={},
)
DOORS = {door.key: door for door in (DISPLAY, BUSINESS, RESEARCH)}


def door_of(token: Token) -> Door:
    """Give the API a token is good for."""
    return DOORS.get(token.kind, DISPLAY)


def username_of(account: AccountRef) -> str:
    """Give the name without @, from the handle or the web address; empty where there is none."""
    path = unquote(urlsplit(account.url or "").path).strip("/").partition("/")[0]
    return (account.handle or (path if path.startswith("@") else "")).removeprefix("@")


def is_same_name(first: str, second: str) -> bool:
    """Compare usernames, which are the same in whatever capitals."""
    return first.removeprefix("@").casefold() == second.removeprefix("@").casefold()


def is_granted(token: Token, scope: str) -> bool:
    """Say whether an owner granted a scope; with a token that lists none it is tried."""
    return not token.scopes or scope in token.scopes


def require(token: Token, scope: str, account: AccountRef) -> None:
    """Refuse what would fail, because the owner unticked a permission."""
    if not is_granted(token, scope):
        raise PermissionMissing(
            f"the consent for {account.id} lacks {scope}; {advice(account)}, with every permission"
        )


def refuse_stranger(account: AccountRef, token: Token) -> None:
    """Refuse the token of another account than the registered one."""
    if account.native_id and token.native_id and account.native_id != token.native_id:
        raise PermissionMissing(
            f"the consent is for {token.native_id}, but {account.id} is registered as "
            f"{account.native_id}; consent while logged in as its owner, or correct the register: "
            "an open_id holds for one app, another app gives another one"
        )


def advice(account: AccountRef) -> str:
    """Say what a person must do."""
    return f"its office consents again with: tracker connect tiktok --account {account.id}"


def left_out(native_id: str) -> NotFoundOrNoAccess:
    """Say that TikTok gave no such video; it does not tell deleted from hidden ones."""
    return NotFoundOrNoAccess(f"TikTok left out {native_id}: deleted, not public, or a wrong id")


def compact(value: Any) -> str:
    """Write a parameter of the Accounts API: everything but texts as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def parse_profile(
    data: Any, token: Token, account: AccountRef, refused: Collection[tuple[str, str]] = ()
) -> ProfileCounts:
    """Read one account. The Accounts API tells no id: it is the one that was asked for. A name that
    differs from the registered one only by its capitals is no rename.
    """
    door, item, native_id = door_of(token), data, token.native_id
    if door is DISPLAY:
        item = pick(data, "user")
        native_id = text(item, "open_id")
    counts = {column: count(item, name) for name, column in door.profile.items()}
    handle = optional_text(item, "username") if door.identity else None
    if handle and account.handle and is_same_name(handle, account.handle):
        handle = account.handle
    gone = [column for name, column in door.profile.items() if (door.key, name) in refused]
    return ProfileCounts(
        native_id,
        handle,
        followers=counts["followers"],
        following=counts["following"],
        posts=counts["posts"],
        likes=counts["likes"],
        unavailable=tuple(gone),
    )


def parse_videos(data: Any, door: Door) -> Found:
    """Read the videos of one reply by id. The list may be null or absent where there are none, but
    only in a reply that says whether more follow.
    """
    if optional(data, "videos") is None:
        pick(data, "has_more")
        return {}
    every = [{**item, door.id: id_text(item, door.id)} for item in items(data, "videos")]
    return parse_each(every, door.id, partial(parse_video, door=door))


def parse_video(item: Any, door: Door) -> PostCounts:
    """Read one video or photo post. Absent counts are unknown. The address comes without what
    counts its visitors; the Research API tells the name instead.
    """
    native_id, username = text(item, door.id), optional_text(item, "username")
    counts = {column: count(item, name) for name, column in door.post.items()}
    reach = counts.pop("reach", None)
    url = (optional_text(item, "share_url") or "").partition("?")[0] or None
    if username:
        url = f"https://www.tiktok.com/@{username}/video/{native_id}"
    kind = optional_text(item, "media_type") or ("photo" if "/photo/" in (url or "") else "video")
    said = dict.fromkeys(filter(None, (optional_text(item, name) for name in door.texts)))
    return PostCounts(
        native_id,
        published_at(item),
        url,
        kind.lower(),
        **counts,
        details={} if reach is None else {"reach": reach},
        text="\n".join(said) or None,
    )


def published_at(item: Any) -> datetime:
    """Read `create_time`: Unix seconds, which the Accounts API has given as text and as number."""
    seconds = required_count(item, "create_time")
    if not 0 < seconds < 2**33:
        raise PayloadChanged(f"at create_time expected Unix seconds, came {seconds}", "create_time")
    return datetime.fromtimestamp(seconds, UTC)


def id_text(item: Any, path: str) -> str:
    """Read an id. The Research API writes numbers beyond 2^53: they become their exact text."""
    value = pick(item, path)
    return str(value) if type(value) is int else text(item, path)


def uploaded_on(native_id: str) -> date:
    """Give the UTC day on which a video was uploaded: its id begins with that second (above the
    lower 32 bits), which TikTok does not document. Any other id counts as one of the first day.
    """
    seconds = int(native_id) >> 32 if re.fullmatch("[0-9]{1,19}", native_id) else 0
    return max(SERVICE_START, datetime.fromtimestamp(seconds, UTC).date())


def next_cursor(data: Any, before: set[str]) -> Any:
    """Give the cursor of the next page as it came, None at the end; `before` are earlier ones."""
    more = pick(data, "has_more")
    if not isinstance(more, bool):
        raise PayloadChanged(f"at has_more expected true or false, came {more!r}", "has_more")
    cursor = pick(data, "cursor") if more else None
    if str(cursor) in before:
        raise PayloadChanged("the list comes back to a page already read", "cursor")
    before.add(str(cursor))
    return cursor


def is_older(page: Found, since: datetime | None) -> bool:
    """Say whether every post came before `since`; a page without any decides nothing."""
    moments = [moment_of(post) for post in page.values() if isinstance(post, PostCounts)]
    return since is not None and bool(moments) and max(moments) < since


def moment_of(post: PostCounts | ReadError) -> datetime:
    """Give when a post was published; one that could not be parsed counts as the oldest."""
    return (isinstance(post, PostCounts) and post.published_at) or LONG_AGO


def parse_token(reply: Reply, door: Door, before: Token | None = None) -> Token:
    """Read what a token service issued; `before` is the token it renews."""
    good = "0" if door is BUSINESS else ""
    if reply.status != 200 or not reply.body or status_of(reply.body)[0] != good:
        raise read_error(reply)
    data = pick(reply.body, "data") if door is BUSINESS else reply.body
    known = before or Token(Secret(""), reply.received_at)

    def end(name: str) -> datetime | None:
        seconds = count(data, name)
        return None if seconds is None else reply.received_at + timedelta(seconds=seconds)

    refresh = optional_text(data, "refresh_token")
    refresh_ends = end("refresh_expires_in") or end("refresh_token_expires_in")
    scopes = re.findall(r"[^\s,]+", optional_text(data, "scope") or "")
    return Token(
        access=Secret(text(data, "access_token")),
        issued_at=reply.received_at,
        expires_at=end("expires_in"),
        refresh=Secret(refresh) if refresh else known.refresh,
        refresh_expires_at=refresh_ends or known.refresh_expires_at,
        kind=door.key,
        native_id=optional_text(data, "open_id") or known.native_id,
        scopes=tuple(scopes) or known.scopes,
    )


def data_of(reply: Reply, door: Door, method: str, fields: Sequence[str]) -> Any:
    """Give the `data` of a good reply. `error` is there on success too and says `ok`; the Accounts
    API answers HTTP 200 whatever happened, and says 0. Raises the ReadError it stands for.
    """
    if reply.status == 200 and status_of(reply.body)[0] == ("0" if door is BUSINESS else "ok"):
        return pick(reply.body, "data")
    error = read_error(reply, fields)
    is_lost = door is RESEARCH and method == "profile" and isinstance(error, BadRequest)
    raise NotFoundOrNoAccess(str(error)) if is_lost else error


def read_error(reply: Reply, fields: Sequence[str] = ()) -> ReadError:
    """Turn a reply of another shape or status than promised into our kind of error.

    The code decides, then the status. `invalid_params` that names one of the `fields` asked for is
    about that one; of a Research account it says that there is none (renamed, private, closed). A
    pause is a minute where none is named, because limits count the last minute.
    """
    code, said = status_of(reply.body)
    if reply.status == 200 and code in ("", "ok", "0"):
        return PayloadChanged(f"TikTok answered {reply.kind} of another shape than promised", "$")
    message = f"TikTok answered HTTP {reply.status} {code}: {said or reply.kind}"
    if code in OUR_APP:
        message += f" (look at {DISPLAY.keys}, or {BUSINESS.keys})"
    kind = ERRORS.get(code)
    if kind is None and (reply.status >= 500 or not code or re.fullmatch("5[0-9]{4}", code)):
        kind = Unreachable
    if kind is BadRequest and (name := refused_field(said, fields)) is not None:
        return MetricUnavailable(message, name)
    if kind is RateLimited or (reply.status == 429 and kind is not QuotaExhausted):
        seconds = reply.headers.get("retry-after", "")
        pause = timedelta(seconds=int(seconds) if seconds.isdigit() else 60)
        return RateLimited(message, reply.received_at + pause)
    if kind is QuotaExhausted:
        midnight = reply.received_at.replace(hour=0, minute=0, second=0, microsecond=0)
        return QuotaExhausted(message, midnight + ONE_DAY)
    return (kind or BadRequest)(message)


def status_of(body: Any) -> tuple[str, str]:
    """Give code and sentence of any of the three forms, empty where there are none: the object
    `error`, the text `error` of the token service, the number `code` of the Accounts API.
    """
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("code", "")), str(error.get("message", ""))
    said = body.get("error_description") or body.get("message") or ""
    return str(error or body.get("code", "")), str(said)


def refused_field(said: str, asked: Sequence[str]) -> str | None:
    """Find the field that a refusal speaks of first; None where it speaks of something else."""
    places = {name: re.search(rf"\b{name}\b", said) for name in asked}
    found = [(place.start(), name) for name, place in places.items() if place]
    name = min(found)[1] if found else None
    return None if name in UNDOUBTED else name
