"""Whom and what to ask tonight, and what was known before. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, text

from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.periods import date_of, day_number
from tracker.readings import LANES, AccountRef, PostRef
from tracker.store.bases import basis_of
from tracker.store.daily import DAY_SECONDS
from tracker.store.engine import CHUNK, fetch_for, mark
from tracker.store.results import DueAccount, DuePost

MARKS = (1, 2, 3, 6, 7, 14, 28, 90)
"""Ages in days at which a post is looked at, so that posts are compared at equal age (DESIGN rule
6).
"""

LATEST_AGE = 120
"""A mark missed for so long is not made up for: the look would be of another age."""

ACTIVE = """
    account.voided IS NULL
    AND (account.active_from IS NULL OR account.active_from <= :on)
    AND (account.active_to IS NULL OR account.active_to >= :on)"""

WITH_PERIOD = """
    LEFT JOIN account_period AS period ON period.account_id = account.id AND period.valid_from = (
        SELECT max(other.valid_from) FROM account_period AS other
        WHERE other.account_id = account.id AND other.valid_from <= :on)"""

DUE_ACCOUNTS = f"""
SELECT account.id, account.platform, account.native_id, period.handle, period.url, period.agency_id,
       account.basis, account.languages,
       (SELECT s.posts FROM account_snapshot AS s
        WHERE s.account_id = account.id AND s.lane = :lane AND s.posts IS NOT NULL AND s.day <= (
            SELECT listed.day FROM attempt AS listed
            WHERE listed.account_id = account.id AND listed.day <= :day AND listed.lane = :lane
                AND listed.what = 'posts' AND listed.status = 'ok'
            ORDER BY listed.day DESC LIMIT 1)
        ORDER BY s.day DESC LIMIT 1) AS last_posts_total,
       (SELECT walk.day FROM attempt AS walk
        WHERE walk.account_id = account.id AND walk.day <= :day AND walk.lane = :lane
            AND walk.what = 'posts' AND walk.status = 'ok' AND walk.walked
        ORDER BY walk.day DESC LIMIT 1) AS last_walk,
       (SELECT count(DISTINCT strike.day) FROM attempt AS strike
        WHERE strike.account_id = account.id AND strike.lane = :lane AND strike.what = 'profile'
            AND strike.status IN ('gone', 'unclear') AND strike.day <= :day
            AND strike.day > coalesce((
                SELECT max(good.day) FROM attempt AS good
                WHERE good.account_id = account.id AND good.lane = :lane AND good.what = 'profile'
                    AND good.status = 'ok' AND good.day <= :day), -2147483648)) AS strikes
FROM account {WITH_PERIOD}
WHERE {ACTIVE} AND NOT EXISTS (
    SELECT 1 FROM attempt AS done
    WHERE done.account_id = account.id AND done.day = :day AND done.lane = :lane
        AND done.what = :what AND done.status = 'ok')"""

REACHED = " ".join(
    f"WHEN :at - post.published_at >= {age * DAY_SECONDS} THEN {age}" for age in reversed(MARKS)
)

# A post that was missing is asked for again only in the night that reaches its next mark.
DUE_POSTS = f"""
WITH aged AS (
    SELECT post.id, post.native_id, post.published_at, post.gone_on, account.id AS account_id,
           account.platform, account.native_id AS account_native_id, period.handle, period.url,
           CASE {REACHED} END AS mark,
           (SELECT attempt.observed_at
            FROM post_snapshot AS s JOIN attempt ON attempt.id = s.attempt_id
            WHERE s.post_id = post.id AND s.lane = :lane ORDER BY s.day DESC LIMIT 1) AS seen_at,
           (SELECT max(s.day) FROM post_snapshot AS s
            WHERE s.post_id = post.id AND s.lane = :lane) AS seen_on
    FROM post JOIN account ON account.id = post.account_id {WITH_PERIOD}
    WHERE {ACTIVE} AND (post.published_at > :at - {LATEST_AGE * DAY_SECONDS}
        OR NOT EXISTS (SELECT 1 FROM post_snapshot AS any_look WHERE any_look.post_id = post.id))
)
SELECT account_id, platform, account_native_id, handle, url, native_id, published_at, seen_on,
       coalesce(mark, {MARKS[0]}) AS mark
FROM aged
WHERE (published_at IS NULL OR mark IS NOT NULL)
    AND (seen_at IS NULL OR seen_at < published_at + mark * {DAY_SECONDS})
    AND (gone_on IS NULL OR (
        gone_on < :day AND published_at + mark * {DAY_SECONDS} > :at - {DAY_SECONDS}))"""


def due_accounts(
    connection: Connection,
    day: date,
    lane: str,
    what: str | None,
    platforms: Sequence[str] | None,
    accounts: Sequence[str] | None,
) -> list[DueAccount]:
    """List accounts to be asked; see `Store.due`."""
    values = {
        "on": day.isoformat(),
        "day": day_number(day),
        "lane": LANES.index(lane),
        "what": what,
    }
    rows = _select(connection, DUE_ACCOUNTS, "ORDER BY account.id", values, platforms, accounts)
    return [
        DueAccount(
            ref=AccountRef(row.id, row.platform, row.native_id, row.handle, row.url),
            agency_id=row.agency_id,
            basis=basis_of(row.platform, row.basis, lane),
            languages=row.languages,
            last_posts_total=row.last_posts_total,
            last_walk=None if row.last_walk is None else date_of(row.last_walk),
            strikes=row.strikes,
        )
        for row in rows
    ]


def due_posts(
    connection: Connection,
    day: date,
    lane: str,
    at: datetime,
    platforms: Sequence[str] | None,
    accounts: Sequence[str] | None,
) -> list[DuePost]:
    """List posts to be looked at; see `Store.due_posts`."""
    values = {
        "on": day.isoformat(),
        "day": day_number(day),
        "lane": LANES.index(lane),
        "at": int(at.timestamp()),
    }
    order = "ORDER BY published_at, account_id, native_id"
    rows = _select(
        connection, DUE_POSTS, order, values, platforms, accounts, "platform", "account_id"
    )
    return [
        DuePost(
            ref=PostRef(
                AccountRef(
                    row.account_id, row.platform, row.account_native_id, row.handle, row.url
                ),
                row.native_id,
            ),
            published_at=None
            if row.published_at is None
            else datetime.fromtimestamp(row.published_at, UTC),
            last_look=None if row.seen_on is None else date_of(row.seen_on),
            mark=row.mark,
        )
        for row in rows
    ]


def _select(
    connection: Connection,
    sql: str,
    order: str,
    values: dict[str, Any],
    platforms: Sequence[str] | None,
    accounts: Sequence[str] | None,
    platform_column: str = "account.platform",
    account_column: str = "account.id",
) -> Sequence[Any]:
    binds: list[BindParameter[Any]] = []
    for column, name, chosen in (
        (platform_column, "platforms", platforms),
        (account_column, "accounts", accounts),
    ):
        if chosen is not None:
            sql += f" AND {column} IN :{name}"
            values[name] = list(chosen)
            binds.append(bindparam(name, expanding=True))
    return connection.execute(text(f"{sql} {order}").bindparams(*binds), values).all()


def last_counts(
    connection: Connection, account_ids: Sequence[str], lane: str
) -> dict[str, dict[str, int]]:
    """Give the last known number of each column of accounts; see `Store.last_counts`."""
    found: dict[str, dict[str, int]] = {account_id: {} for account_id in account_ids}
    for column in ACCOUNT_COLUMNS:
        rows = fetch_for(
            connection,
            f"SELECT account.id, (SELECT s.{column} FROM account_snapshot AS s"
            f" WHERE s.account_id = account.id AND s.lane = {LANES.index(lane)}"
            f" AND s.{column} IS NOT NULL"
            " ORDER BY s.day DESC LIMIT 1) FROM account WHERE account.id IN ({values})",
            list(account_ids),
        )
        for account_id, number in rows:
            if number is not None:
                found[account_id][column] = number
    return found


def last_post_counts(
    connection: Connection, posts: Sequence[PostRef], lane: str
) -> dict[tuple[str, str], dict[str, int]]:
    """Give the last known number of each column of posts; see `Store.last_post_counts`."""
    found: dict[tuple[str, str], dict[str, int]] = {
        (post.account.id, post.native_id): {} for post in posts
    }
    numbers = ", ".join(
        f"(SELECT s.{column} FROM post_snapshot AS s WHERE s.post_id = post.id"
        f" AND s.lane = {LANES.index(lane)} AND s.{column} IS NOT NULL ORDER BY s.day DESC LIMIT 1)"
        for column in POST_COLUMNS
    )
    sign = mark(connection)
    for start in range(0, len(posts), CHUNK):
        part = posts[start : start + CHUNK]
        wanted = ", ".join([f"({sign}, {sign})"] * len(part))
        for account_id, native_id, *counts in connection.exec_driver_sql(
            f"SELECT post.account_id, post.native_id, {numbers} FROM (VALUES {wanted}) AS wanted"
            " JOIN post ON post.account_id = wanted.column1 AND post.native_id = wanted.column2",
            tuple(value for post in part for value in (post.account.id, post.native_id)),
        ):
            found[account_id, native_id] = {
                column: number
                for column, number in zip(POST_COLUMNS, counts, strict=True)
                if number is not None
            }
    return found
