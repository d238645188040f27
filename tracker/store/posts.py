"""Writes the posts of readings: new posts, what became known of old ones, snapshots, details, posts
that went missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tracker.language import detect
from tracker.readings import PostCounts, Reading
from tracker.store.daily import (
    DAY_SECONDS,
    LOCAL_SECONDS,
    WEEK_SECONDS,
    day_starts_at,
    publication_day,
)
from tracker.store.engine import CHUNK, fetch, mark
from tracker.store.upserts import next_id, upsert

POST_COLUMNS = (
    "id",
    "account_id",
    "native_id",
    "published_at",
    "url",
    "kind",
    "letters",
    "language",
    "language_margin",
    "detector",
    "first_seen_on",
)
NOTHING = (None,) * 5
NEVER = 0
KNEW = {"views": 8, "reactions": 4, "comments": 2, "shares": 1}
"""The bit of each column that `daily` is made of."""

_counts = attrgetter("views", "reactions", "comments", "shares", "saves")


class Filed(NamedTuple):
    """A reading with its attempt and codes; `newest`: nothing of a later night is known of the
    account.
    """

    reading: Reading
    account_id: str
    attempt_id: int
    day: int
    lane: int
    observed_at: int
    newest: bool


@dataclass
class Written:
    """What became of the posts; `touched` are (account id, publication day) whose `daily` rows no
    longer hold.
    """

    created: int = 0
    snapshots: int = 0
    touched: set[tuple[str, int]] = field(default_factory=set)


Key = tuple[str, str]


def save_posts(connection: Connection, filed: Sequence[Filed]) -> Written:
    """Write every post of the readings, some hundred of one lane at a time so that memory stays
    small.
    """
    written = Written()
    items: list[Filed] = []
    seen: list[PostCounts] = []
    for item in sorted(filed, key=attrgetter("lane")):
        if items and (len(seen) >= CHUNK or items[0].lane != item.lane):
            _save_seen(connection, items, seen, written)
            items, seen = [], []
        posts = item.reading.posts
        if item.reading.profile is not None and item.reading.profile.newest:
            posts = (*posts, *item.reading.profile.newest)
        items += [item] * len(posts)
        seen += posts
    if seen:
        _save_seen(connection, items, seen, written)
    _file_missing(connection, filed)
    return written


def find_posts(
    connection: Connection,
    account_ids: Sequence[str],
    native_ids: Sequence[str],
    *,
    lane: int = 0,
    before: int = NEVER,
) -> list[Any]:
    """Look up posts by account id and native id, side by side; None in the place of a post that is
    not known.

    Else position in its part, id, published_at, url, kind, gone_on, letters, and what the latest
    look in a lane knew if that look came before the night `before` and 168 hours or more after
    publication: views (8), reactions (4), comments (2), shares (1), added up; None if there is no
    such look.
    """
    sign = mark(connection)
    latest = day_starts_at(before - 1) - WEEK_SECONDS
    found: list[Any] = []
    for start in range(0, len(native_ids), CHUNK):
        part = native_ids[start : start + CHUNK]
        values: list[Any] = [None] * (2 * len(part))
        values[0::2] = account_ids[start : start + CHUNK]
        values[1::2] = part
        rows: list[Any] = [None] * len(part)
        for row in fetch(connection, _find_sql(sign, len(part)), (latest, before, lane, *values)):
            rows[row[0]] = row
        found += rows
    return found


@lru_cache(maxsize=1024)
def _find_sql(sign: str, count: int) -> str:
    knew = " + ".join(
        f"CASE WHEN s.{column} IS NULL THEN 0 ELSE {bit} END" for column, bit in KNEW.items()
    )
    wanted = ", ".join(f"({at}, {sign}, {sign})" for at in range(count))
    return (
        "SELECT wanted.column1, id, published_at, url, kind, gone_on, letters,"
        f" CASE WHEN published_at <= {sign} THEN"
        f" (SELECT CASE WHEN s.day < {sign} AND published_at <="
        f" CAST(s.day AS BIGINT) * {DAY_SECONDS} - {LOCAL_SECONDS + WEEK_SECONDS} THEN {knew} END"
        f" FROM post_snapshot AS s WHERE s.post_id = post.id AND s.lane = {sign}"
        " ORDER BY s.day DESC LIMIT 1) END"
        f" FROM (VALUES {wanted}) AS wanted"
        " JOIN post ON account_id = wanted.column2 AND native_id = wanted.column3"
    )


def _save_seen(
    connection: Connection, items: Sequence[Filed], seen: Sequence[PostCounts], written: Written
) -> None:
    """Write posts of one lane, and the readings they came in, side by side."""
    week_ago = max(item.observed_at for item in items) - WEEK_SECONDS
    found = find_posts(
        connection,
        [item.account_id for item in items],
        [counts.native_id for counts in seen],
        lane=items[0].lane,
        before=min(item.day for item in items),
    )
    made = _new_posts(connection, items, seen, found) if None in found else {}
    snapshots = []
    details: list[tuple[Any, ...]] = []
    changed = []
    touched = written.touched
    for item, counts, known in zip(items, seen, found, strict=True):
        values = _counts(counts)
        if known is None:
            post_id = made[item.account_id, counts.native_id][0]
        else:
            _, post_id, published_at, url, kind, gone_on, letters, knew = known
            if (
                url is None
                or published_at is None
                or gone_on is not None
                or kind != counts.kind
                or (letters is None and counts.text is not None)
            ):
                changed.append((item, counts, known))
            if (
                published_at is not None
                and (published_at <= week_ago or not item.newest)
                and not (item.newest and _settled(item, published_at, knew, values))
            ):
                touched.add((item.account_id, publication_day(published_at)))
        if counts.details:
            details += [
                ("post", str(post_id), item.day, item.lane, metric, value, None, None)
                for metric, value in counts.details.items()
                if value is not None
            ]
        elif values == NOTHING and not item.reading.looked:
            continue
        snapshots.append((post_id, item.day, item.lane, item.attempt_id, *values))
    rows = list(made.values())
    upsert(connection, "post", rows, POST_COLUMNS)
    touched |= {(row[1], publication_day(row[3])) for row in rows if row[3] is not None}
    touched |= _complete_posts(connection, changed)
    snapshots.sort(key=itemgetter(0))
    upsert(connection, "post_snapshot", snapshots)
    upsert(connection, "detail", details)
    written.created += len(rows)
    written.snapshots += len(snapshots)


def _settled(
    item: Filed, published_at: int, knew: int | None, values: tuple[int | None, ...]
) -> bool:
    """Say whether this look changes nothing in `daily`: too early, or day 7 was settled before,
    known or not.

    It was when an earlier look came 168 hours or more after publication and knew every number this
    one knows.
    """
    if knew is None:
        return item.observed_at - published_at < WEEK_SECONDS
    views, reactions, comments, shares, _ = values
    return not (
        (views is not None and not knew & 8)
        or (reactions is not None and not knew & 4)
        or (comments is not None and not knew & 2)
        or (shares is not None and not knew & 1)
    )


def _new_posts(
    connection: Connection,
    items: Sequence[Filed],
    seen: Sequence[PostCounts],
    found: Sequence[Any],
) -> dict[Key, tuple[Any, ...]]:
    """Make the rows of posts seen for the first time; their text is read for its language and
    dropped.
    """
    made: dict[Key, tuple[Any, ...]] = {}
    first = next_id(connection, "post")
    for item, counts, known in zip(items, seen, found, strict=True):
        key = (item.account_id, counts.native_id)
        if known is None and key not in made:
            made[key] = (first + len(made), *key, *_facts(counts), item.day)
    return made


def _facts(counts: PostCounts) -> tuple[Any, ...]:
    """Give published_at, url, kind, letters, language, language_margin, detector."""
    published_at = None if counts.published_at is None else int(counts.published_at.timestamp())
    if counts.text is None:
        return (published_at, counts.url, counts.kind, None, None, None, None)
    found = detect(counts.text)
    return (
        published_at,
        counts.url,
        counts.kind,
        found.letters,
        found.language,
        found.margin,
        found.detector,
    )


def _complete_posts(
    connection: Connection, changed: Sequence[tuple[Filed, PostCounts, Any]]
) -> set[tuple[str, int]]:
    """Write what became known of old posts: missing facts, another kind, that a missing post is
    back.
    """
    rows = []
    touched = set()
    for item, counts, (_, post_id, published_at, url, kind, gone_on, letters, _) in changed:
        back = gone_on is not None and item.day >= gone_on
        new_kind = counts.kind if kind is None or (item.newest and counts.kind) else kind
        told = (
            new_kind != kind
            or (published_at is None and counts.published_at is not None)
            or (letters is None and counts.text is not None)
        )
        if not (told or back or (url is None and counts.url is not None)):
            continue
        facts = _facts(counts)
        rows.append((*facts, new_kind, None if back else gone_on, post_id))
        moment = facts[0] if published_at is None else published_at
        if told and moment is not None:
            touched.add((item.account_id, publication_day(moment)))
    if rows:
        sign = mark(connection)
        learnt = ("published_at", "url", "letters", "language", "language_margin", "detector")
        changes = ", ".join(f"{column} = COALESCE({column}, {sign})" for column in learnt)
        connection.exec_driver_sql(
            f"UPDATE post SET {changes}, kind = {sign}, gone_on = {sign} WHERE id = {sign}",
            [(row[0], row[1], *row[3:]) for row in rows],
        )
    return touched


def _file_missing(connection: Connection, filed: Sequence[Filed]) -> None:
    """Note the first night a post was asked for and not returned; a later sight of it stands."""
    rows = [
        (item.day, item.account_id, native_id, item.day)
        for item in filed
        for native_id in item.reading.missing
    ]
    if rows:
        sign = mark(connection)
        connection.exec_driver_sql(
            f"UPDATE post SET gone_on = {sign} WHERE account_id = {sign} AND native_id = {sign}"
            " AND gone_on IS NULL AND NOT EXISTS (SELECT 1 FROM post_snapshot AS s"
            f" WHERE s.post_id = post.id AND s.day >= {sign})",
            rows,
        )
