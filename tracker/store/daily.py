"""Makes `daily`: posts by account, publication day, kind and language at the age of 168 hours.
Derived, in SQL, by sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Connection

from tracker.models import Daily
from tracker.models.views import lane_text
from tracker.platforms import PLATFORMS
from tracker.readings import LANES
from tracker.store.bases import NO_DERIVED
from tracker.store.engine import fetch, mark

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
LOCAL_SECONDS = 7 * 3_600
"""Local time is UTC+7, fixed (`periods.LOCAL`)."""

LANE_ORDER = ("owner", "public", "declared")
"""DESIGN rule 4: the first lane that knows the number counts."""

MEASURES = ("interactions", "views")

DAYS_UNTIL_NEXT_SNAPSHOT = """
    SELECT account_id, day FROM daily
    WHERE account_id IN ({values}) AND day >= {mark} AND day < coalesce((
        SELECT min(later.day) FROM account_snapshot AS later
        WHERE later.account_id = daily.account_id AND later.day > {mark}
            AND later.followers IS NOT NULL), 2147483647)"""
"""Publication days whose followers stood last in the night of a given day."""


def publication_day(published_at: int) -> int:
    """Give the local day number of an instant in Unix seconds."""
    return (published_at + LOCAL_SECONDS) // DAY_SECONDS


def day_starts_at(day: int) -> int:
    """Give the first second of a local day, in Unix seconds."""
    return day * DAY_SECONDS - LOCAL_SECONDS


def rebuild_days(connection: Connection, days: Iterable[tuple[str, int]]) -> None:
    """Make the rows of these (account id, publication day) anew."""
    rows = sorted(days)
    if not rows:
        return
    _prepare_touched(connection)
    sign = mark(connection)
    connection.exec_driver_sql(
        f"INSERT INTO touched (account_id, day) VALUES ({sign}, {sign})", rows
    )
    connection.exec_driver_sql(
        f"DELETE FROM daily WHERE account_id = {sign} AND day = {sign}", rows
    )
    _fill_touched(connection)


def rebuild_accounts(connection: Connection, account_ids: Sequence[str] | None) -> None:
    """Make all rows of these accounts anew, None = of all accounts."""
    if account_ids is None:
        account_ids = [row[0] for row in fetch(connection, "SELECT id FROM account")]
    if not account_ids:
        return
    _prepare_touched(connection)
    sign = mark(connection)
    of_accounts = [(account_id,) for account_id in account_ids]
    connection.exec_driver_sql(f"DELETE FROM daily WHERE account_id = {sign}", of_accounts)
    connection.exec_driver_sql(
        f"INSERT INTO touched (account_id, day) SELECT DISTINCT account_id,"
        f" (published_at + {LOCAL_SECONDS}) / {DAY_SECONDS}"
        f" FROM post WHERE account_id = {sign} AND published_at IS NOT NULL",
        of_accounts,
    )
    _fill_touched(connection)


def _prepare_touched(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE IF NOT EXISTS touched"
        " (account_id TEXT NOT NULL, day INTEGER NOT NULL)"
    )


def _fill_touched(connection: Connection) -> None:
    corrected = bool(fetch(connection, "SELECT 1 FROM correction LIMIT 1"))
    connection.exec_driver_sql(_insert_sql(connection.dialect.name, corrected=corrected))
    connection.exec_driver_sql("DELETE FROM touched")


def _component(column: str, counted: str) -> str:
    """Count a component as 0 only where the platform does not tell it in the lane; told but unknown
    stays unknown. One that a platform tells for some posts only (Facebook's shares) is left out of
    all: posts that have it would not compare with those that have not.
    """
    untold: dict[int, list[str]] = {}
    uneven: dict[int, list[str]] = {}
    for code, lane in enumerate(LANES):
        for platform in PLATFORMS.values():
            told = {m.column: m.always for m in platform.measures_of("post", lane) if not m.detail}
            if column not in told:
                untold.setdefault(code, []).append(platform.key)
            elif not told[column]:
                uneven.setdefault(code, []).append(platform.key)
    whens = [
        f"WHEN s.lane = {code} AND item.platform IN ({', '.join(map(repr, keys))}) THEN {number}"
        for found, number in ((uneven, "0"), (untold, f"coalesce({counted}, 0)"))
        for code, keys in found.items()
    ]
    return f"CASE {' '.join(whens)} ELSE {counted} END" if whens else counted


def _lane_rank(column: str) -> str:
    cases = " ".join(
        f"WHEN {LANES.index(lane)} THEN {rank}" for rank, lane in enumerate(LANE_ORDER)
    )
    return f"CASE {column} {cases} END"


def _day_of(dialect: str, column: str) -> str:
    """Write SQL that turns a register date into a day number."""
    if dialect == "sqlite":
        return f"CAST(julianday({column}) - 2440587.5 AS INTEGER)"
    return f"({column} - DATE '1970-01-01')"


def _corrected(dialect: str, entity: str, column: str, subject: str) -> str:
    """Write SQL for a number of snapshot `s` as the latest correction of its day, lane and metric
    leaves it.
    """
    keys = {column} | {
        key
        for platform in PLATFORMS.values()
        for measure in platform.measures_of(entity)
        if measure.column == column and not measure.detail
        for key in measure.keys
    }
    names = ", ".join(f"'{key}'" for key in sorted(keys))
    matching = (
        f"FROM correction AS c WHERE {subject} AND c.metric IN ({names})"
        f" AND c.lane = {lane_text('s.lane')}"
        f" AND s.day BETWEEN {_day_of(dialect, 'c.day_from')} AND {_day_of(dialect, 'c.day_to')}"
    )
    latest = "ORDER BY coalesce(CAST(c.entered_on AS TEXT), '') DESC, c.id DESC LIMIT 1"
    return (
        f"CASE WHEN EXISTS (SELECT 1 {matching})"
        f" THEN (SELECT c.value {matching} {latest}) ELSE s.{column} END"
    )


@lru_cache(maxsize=4)
def _insert_sql(dialect: str, *, corrected: bool) -> str:
    """Write the statement that fills `daily` for the touched days.

    item: the posts of the touched days. look: their counts with the instant they were read, unless
    the terms forbid derived numbers. known: one row a post, lane, measure (0 interactions, 1 views)
    and look that knows it. paired: beside the look before. settled: the first look at or after 168
    hours, its number interpolated from the look before; a look at 168 hours sharp counts alone.
    best: of the lanes, the first in order.
    """

    def of_post(column: str) -> str:
        if not corrected:
            return f"s.{column}"
        return _corrected(
            dialect, "post", column, "c.account_id = item.account_id AND c.post = item.native_id"
        )

    def best(measure: str) -> str:
        lanes = [
            f"max(CASE WHEN lane = {LANES.index(lane)}"
            f" AND measure = {MEASURES.index(measure)} THEN number END)"
            for lane in LANE_ORDER
        ]
        return f"coalesce({', '.join(lanes)})"

    followers = "s.followers"
    if corrected:
        subject = "c.account_id = s.account_id AND c.post IS NULL"
        followers = _corrected(dialect, "account", "followers", subject)
    forbidden = ", ".join(f"'{key}'" for key in NO_DERIVED)
    interactions = " + ".join(
        _component(column, of_post(column)) for column in ("reactions", "comments", "shares")
    )
    starts_at = f"CAST(touched.day AS BIGINT) * {DAY_SECONDS} - {LOCAL_SECONDS}"
    return f"""
INSERT INTO daily (account_id, day, kind, language, posts, posts_day7, interactions_day7,
                   posts_views_day7, views_day7, followers)
WITH item AS (
    SELECT post.id, post.account_id, post.native_id, touched.day, account.platform,
           coalesce(post.kind, '{Daily.NO_KIND}') AS kind,
           coalesce(post.language, '{Daily.NO_LANGUAGE}') AS language,
           post.published_at + {WEEK_SECONDS} AS due
    FROM touched
    JOIN account ON account.id = touched.account_id
    JOIN post ON post.account_id = touched.account_id
        AND post.published_at >= {starts_at} AND post.published_at < {starts_at} + {DAY_SECONDS}
), look AS (
    SELECT item.id, item.due, s.lane, attempt.observed_at AS seen, {interactions} AS interactions,
           {of_post("views")} AS views
    FROM item
    JOIN post_snapshot AS s ON s.post_id = item.id
    JOIN attempt ON attempt.id = s.attempt_id
    WHERE attempt.basis NOT IN ({forbidden})
), known AS (
    SELECT id, due, lane, 0 AS measure, seen, interactions AS number
    FROM look WHERE interactions IS NOT NULL
    UNION ALL
    SELECT id, due, lane, 1 AS measure, seen, views AS number
    FROM look WHERE views IS NOT NULL
), paired AS (
    SELECT id, due, lane, measure, seen, number,
           lag(seen) OVER looks AS seen_before, lag(number) OVER looks AS number_before
    FROM known WINDOW looks AS (PARTITION BY id, lane, measure ORDER BY seen)
), settled AS (
    SELECT id, measure, lane,
           CASE WHEN seen = due THEN number
                ELSE number_before
                    + (number - number_before) * 1.0 * (due - seen_before) / (seen - seen_before)
           END AS number
    FROM paired WHERE seen = due OR (seen > due AND seen_before < due)
), best AS (
    SELECT id, {best("interactions")} AS interactions, {best("views")} AS views
    FROM settled GROUP BY id
), summed AS (
    SELECT item.account_id, item.day, item.kind, item.language, count(*) AS posts,
           count(best.interactions) AS posts_day7, sum(best.interactions) AS interactions_day7,
           count(best.views) AS posts_views_day7, sum(best.views) AS views_day7
    FROM item LEFT JOIN best ON best.id = item.id
    GROUP BY item.account_id, item.day, item.kind, item.language
)
SELECT summed.account_id, summed.day, summed.kind, summed.language, summed.posts, summed.posts_day7,
       summed.interactions_day7, summed.posts_views_day7, summed.views_day7,
       (SELECT {followers} FROM account_snapshot AS s
        WHERE s.account_id = summed.account_id AND s.day <= summed.day AND {followers} IS NOT NULL
        ORDER BY s.day DESC, {_lane_rank("s.lane")} LIMIT 1) AS followers
FROM summed"""
