"""What a connector hands over and the store keeps: frozen values, checked on creation. Knows no
platform's JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

LANES = ("public", "owner", "declared")
"""How a number came; the position is the code that the store keeps."""

QUALIFIERS = ("exact", "at_least", "at_most", "about")
PHASES = ("profile", "posts", "refresh", "import", "backfill")
MAX_COUNT = 2**63 - 1


def check_count(name: str, value: int | None) -> None:
    """Refuse what is not a count: None (unknown) and 0..2**63-1 pass; negatives, floats and
    booleans raise ValueError.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number or None, not {value!r}")
    if not 0 <= value <= MAX_COUNT:
        raise ValueError(f"{name} must lie in 0..2**63-1, not {value}")


def check_instant(name: str, value: datetime | None) -> None:
    """Refuse instants that are not UTC."""
    if value is not None and value.utcoffset() != timedelta(0):
        raise ValueError(f"{name} must be a UTC datetime, not {value!r}")


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as a connector is given it. `native_id` is the platform's permanent id, None until
    resolved once. `lane` says by which door it is to be read: `public`, or `owner` as its owner
    allowed.
    """

    id: str
    platform: str
    native_id: str | None = None
    handle: str | None = None
    url: str | None = None
    lane: str = "public"


@dataclass(frozen=True, slots=True)
class PostRef:
    """A post to be read again."""

    account: AccountRef
    native_id: str


@dataclass(frozen=True, slots=True)
class PostCounts:
    """The counts of one post at one moment; None means the platform does not say.

    `text` is read once for its language and then dropped. `details` holds every count without a
    column of its own under the platform's key (`quotes`). `published_at` is UTC, None where a
    refresh does not repeat it.
    """

    native_id: str
    published_at: datetime | None = None
    url: str | None = None
    kind: str | None = None
    views: int | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    saves: int | None = None
    details: Mapping[str, int] = field(default_factory=dict)
    text: str | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.native_id:
            raise ValueError("a post needs its native id")
        check_instant("published_at", self.published_at)
        for name in ("views", "reactions", "comments", "shares", "saves"):
            check_count(name, getattr(self, name))
        for name, value in self.details.items():
            check_count(name, value)


@dataclass(frozen=True, slots=True)
class ProfileCounts:
    """The counts of one account at one moment; None means the platform does not say.

    `newest` holds posts that came along in the same reply, newest first; `newest_is_all` says that
    the account has no others. `views` and `likes` are running totals of the account. `unavailable`
    names metrics that the platform refused to give at all (retired or renamed), which costs no
    other.
    """

    native_id: str | None = None
    handle: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    views: int | None = None
    likes: int | None = None
    details: Mapping[str, int] = field(default_factory=dict)
    newest: tuple[PostCounts, ...] = ()
    newest_is_all: bool = False
    unavailable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("followers", "following", "posts", "views", "likes"):
            check_count(name, getattr(self, name))
        for name, value in self.details.items():
            check_count(name, value)


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt at one phase of one account in one lane, with what it brought.

    `day` is the local date of the scheduled night; `tried_at` and `observed_at` are UTC. `status`
    is `ok` or an error's status. `posts` are the posts seen, `missing` the native ids that were
    asked for and not returned. `looked`: the counts of the posts were asked for, so that a post
    without any was looked at and is unknown. `walked` says that the whole list down to the due age
    was seen.
    `digest` is the sha256 of the archived reply.
    """

    account_id: str
    day: date
    lane: str
    what: str
    tried_at: datetime
    observed_at: datetime
    status: str = "ok"
    message: str | None = None
    requests: int = 0
    basis: str | None = None
    source: str | None = None
    evidence: str | None = None
    digest: str | None = None
    retry_at: datetime | None = None
    profile: ProfileCounts | None = None
    posts: tuple[PostCounts, ...] = ()
    missing: tuple[str, ...] = ()
    looked: bool = False
    walked: bool = False

    def __post_init__(self) -> None:
        if self.lane not in LANES:
            raise ValueError(f"lane must be one of {', '.join(LANES)}, not {self.lane!r}")
        if self.what not in PHASES:
            raise ValueError(f"what must be one of {', '.join(PHASES)}, not {self.what!r}")
        for name in ("tried_at", "observed_at", "retry_at"):
            check_instant(name, getattr(self, name))
