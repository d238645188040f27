"""Readable views over the compact tables: text lanes, ISO days, UTC instants. Made anew by every
migration run.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from tracker.readings import LANES


def day_text(dialect: str, column: str) -> str:
    """Write SQL that shows a day number as an ISO date."""
    if dialect == "sqlite":
        return f"date({column} * 86400, 'unixepoch')"
    return f"to_char(DATE '1970-01-01' + {column}, 'YYYY-MM-DD')"


def instant_text(dialect: str, column: str) -> str:
    """Write SQL that shows Unix seconds as an ISO instant in UTC."""
    if dialect == "sqlite":
        return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"
    return f"to_char(to_timestamp({column}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def lane_text(column: str) -> str:
    """Write SQL that shows a lane code as its name."""
    cases = " ".join(f"WHEN {code} THEN '{lane}'" for code, lane in enumerate(LANES))
    return f"CASE {column} {cases} END"


def view_definitions(dialect: str) -> dict[str, str]:
    """Give the SELECT of every view, by name."""

    def day(column: str) -> str:
        return day_text(dialect, column)

    def at(column: str) -> str:
        return instant_text(dialect, column)

    return {
        "v_account": """
            SELECT account.id, account.platform, account.native_id, account.basis, account.voided,
                   account.active_from, account.active_to, account_period.handle, account_period.url,
                   account_period.valid_from, account_period.valid_to, account_period.agency_id,
                   agency.name_vi AS agency, agency.locality_id
            FROM account
            LEFT JOIN account_period ON account_period.account_id = account.id
            LEFT JOIN agency ON agency.id = account_period.agency_id""",
        "v_attempt": f"""
            SELECT attempt.id, {day("attempt.day")} AS day, {at("attempt.tried_at")} AS tried_at,
                   {at("attempt.observed_at")} AS observed_at, account.platform, attempt.account_id,
                   {lane_text("attempt.lane")} AS lane, attempt.what, attempt.status, attempt.message,
                   {at("attempt.retry_at")} AS retry_at, attempt.requests, attempt.basis, attempt.source,
                   attempt.evidence, attempt.digest, attempt.definitions, attempt.walked
            FROM attempt JOIN account ON account.id = attempt.account_id""",
        "v_account_reading": f"""
            SELECT {day("account_snapshot.day")} AS day, {at("attempt.observed_at")} AS observed_at,
                   account.platform, account_snapshot.account_id, {lane_text("account_snapshot.lane")} AS lane,
                   account_snapshot.followers, account_snapshot.following, account_snapshot.posts,
                   account_snapshot.views, account_snapshot.likes, attempt.basis, attempt.source
            FROM account_snapshot
            JOIN account ON account.id = account_snapshot.account_id
            JOIN attempt ON attempt.id = account_snapshot.attempt_id""",
        "v_post": f"""
            SELECT post.id, account.platform, post.account_id, post.native_id,
                   {at("post.published_at")} AS published_at, post.url, post.kind, post.letters, post.language,
                   post.language_margin, post.detector, post.label, {day("post.first_seen_on")} AS first_seen_on,
                   {day("post.gone_on")} AS gone_on
            FROM post JOIN account ON account.id = post.account_id""",
        "v_post_reading": f"""
            SELECT {day("post_snapshot.day")} AS day, {at("attempt.observed_at")} AS observed_at,
                   account.platform, post.account_id, post.native_id, {at("post.published_at")} AS published_at,
                   {lane_text("post_snapshot.lane")} AS lane, post_snapshot.views, post_snapshot.reactions,
                   post_snapshot.comments, post_snapshot.shares, post_snapshot.saves, attempt.basis, attempt.source
            FROM post_snapshot
            JOIN post ON post.id = post_snapshot.post_id
            JOIN account ON account.id = post.account_id
            JOIN attempt ON attempt.id = post_snapshot.attempt_id""",
        "v_detail": f"""
            SELECT detail.subject, detail.subject_id, {day("detail.day")} AS day,
                   {lane_text("detail.lane")} AS lane, detail.metric, detail.value, detail.step, detail.qualifier
            FROM detail""",
        "v_daily": f"""
            SELECT daily.account_id, {day("daily.day")} AS day, daily.kind, daily.language, daily.posts,
                   daily.posts_day7, daily.interactions_day7, daily.posts_views_day7, daily.views_day7,
                   daily.followers
            FROM daily""",
        "v_night": f"""
            SELECT {day("night.day")} AS day, {at("night.started_at")} AS started_at,
                   {at("night.finished_at")} AS finished_at, night.expected, night.read, night.missing
            FROM night""",
        "v_change": f"""
            SELECT {at("change.at")} AS at, change.office, change.command, change.digest, change.rows
            FROM change""",
    }


def drop_views(connection: Connection) -> None:
    """Drop every view, because a table cannot be rebuilt under a view that names it."""
    for name in view_definitions(connection.dialect.name):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def create_views(connection: Connection) -> None:
    """Create every view."""
    for name, select in view_definitions(connection.dialect.name).items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
