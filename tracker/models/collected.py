"""Tables the nights and the imports fill. Knows no register file and no platform.

`day` is days since 1970-01-01 (`periods.day_number`); instants are Unix seconds UTC; `lane` is the
position in `readings.LANES` (0 public, 1 owner, 2 declared). Counts are 64-bit, NULL = unknown, 0 =
stated zero.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlmodel import Field

from tracker.models.base import CLUSTERED, ID, Row


class Attempt(Row, table=True):
    """One try to read one thing (`profile`, `posts`, `import`) of one account in one lane,
    successful or not.

    `basis` is the key of the terms the numbers are held under; `definitions` names metrics whose
    meaning has changed (`account.views=2025-03-31`), None = all first definitions; `walked`: the
    whole list of posts was seen.
    """

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("account_id", "day", "lane", "what", "tried_at"),)
    id: int = Field(primary_key=True, sa_type=ID, sa_column_kwargs={"autoincrement": False})
    account_id: str = Field(sa_column_args=[ForeignKey("account.id")])
    day: int
    lane: int = Field(sa_type=SmallInteger)
    what: str
    tried_at: int = Field(sa_type=BigInteger)
    observed_at: int = Field(sa_type=BigInteger)
    status: str
    message: str | None = Field(default=None, sa_type=Text)
    retry_at: int | None = Field(default=None, sa_type=BigInteger)
    requests: int = 0
    basis: str
    source: str | None = Field(default=None, sa_type=Text)
    evidence: str | None = Field(default=None, sa_type=Text)
    digest: str | None = None
    definitions: str | None = Field(default=None, sa_type=Text)
    walked: bool = False


class AccountSnapshot(Row, table=True):
    """Where the counts of an account stood in one night."""

    __tablename__ = "account_snapshot"
    __table_args__ = CLUSTERED
    account_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    lane: int = Field(primary_key=True, sa_type=SmallInteger)
    attempt_id: int = Field(sa_type=BigInteger)
    followers: int | None = Field(default=None, sa_type=BigInteger)
    following: int | None = Field(default=None, sa_type=BigInteger)
    posts: int | None = Field(default=None, sa_type=BigInteger)
    views: int | None = Field(default=None, sa_type=BigInteger)
    likes: int | None = Field(default=None, sa_type=BigInteger)


class Post(Row, table=True):
    """One published item. `gone_on` is the night it was first missing since it was last seen;
    `language_margin` percent.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("account_id", "native_id"),
        Index(None, "account_id", "published_at"),
    )
    id: int = Field(primary_key=True, sa_type=ID, sa_column_kwargs={"autoincrement": False})
    account_id: str = Field(sa_column_args=[ForeignKey("account.id")])
    native_id: str
    published_at: int | None = Field(default=None, sa_type=BigInteger)
    url: str | None = Field(default=None, sa_type=Text)
    kind: str | None = None
    letters: int | None = None
    language: str | None = None
    language_margin: int | None = None
    detector: str | None = None
    label: str | None = None
    first_seen_on: int
    gone_on: int | None = None


class PostSnapshot(Row, table=True):
    """Where the counts of a post stood in one night."""

    __tablename__ = "post_snapshot"
    __table_args__ = CLUSTERED
    post_id: int = Field(primary_key=True, sa_type=BigInteger)
    day: int = Field(primary_key=True)
    lane: int = Field(primary_key=True, sa_type=SmallInteger)
    attempt_id: int = Field(sa_type=BigInteger)
    views: int | None = Field(default=None, sa_type=BigInteger)
    reactions: int | None = Field(default=None, sa_type=BigInteger)
    comments: int | None = Field(default=None, sa_type=BigInteger)
    shares: int | None = Field(default=None, sa_type=BigInteger)
    saves: int | None = Field(default=None, sa_type=BigInteger)


class Detail(Row, table=True):
    """A number without a column above; or, with `value` NULL, step and qualifier of a number that
    has one.

    `subject` is `account` or `post`, `subject_id` the account's id or the post's id as text. A
    snapshot row of the same subject, day and lane always stands beside it.
    """

    __tablename__ = "detail"
    __table_args__ = CLUSTERED
    subject: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    lane: int = Field(primary_key=True, sa_type=SmallInteger)
    metric: str = Field(primary_key=True)
    value: int | None = Field(default=None, sa_type=BigInteger)
    step: int | None = Field(default=None, sa_type=BigInteger)
    qualifier: str | None = None


class Daily(Row, table=True):
    """Posts of an account by local publication day, kind and language, compared at the age of 168
    hours. Derived.

    `interactions_day7` sums reactions, comments and shares of the `posts_day7` posts that have them
    (NULL if none); `views_day7` those of `posts_views_day7`; `followers` stood last at or before
    the publication day. An unknown kind is `unknown`, an undetermined language `und` (ISO 639-2).
    """

    __tablename__ = "daily"
    __table_args__ = CLUSTERED
    NO_KIND: ClassVar[str] = "unknown"
    NO_LANGUAGE: ClassVar[str] = "und"
    account_id: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    posts: int
    posts_day7: int
    interactions_day7: float | None = None
    posts_views_day7: int
    views_day7: float | None = None
    followers: int | None = Field(default=None, sa_type=BigInteger)


class Night(Row, table=True):
    """A scheduled night; `started_at` None = it never ran. `expected`, `read`, `missing` count
    accounts.
    """

    __tablename__ = "night"
    day: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    started_at: int | None = Field(default=None, sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    expected: int | None = None
    read: int | None = None
    missing: int | None = None


class Quota(Row, table=True):
    """Units of a credential used on a quota day of the platform's own time zone. `credential` is a
    name, never a secret.
    """

    __tablename__ = "quota"
    __table_args__ = CLUSTERED
    platform: str = Field(primary_key=True)
    credential: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    units: int = Field(sa_type=BigInteger)


class Meta(Row, table=True):
    """Facts about the store itself: `synthetic` = "1" for ever once the sandbox has filled it."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str
