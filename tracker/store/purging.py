"""Deletes what the terms of a basis no longer let us keep (DESIGN rule 7), and makes anew what was
derived from it.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from tracker.periods import day_number
from tracker.platforms import Basis
from tracker.readings import LANES
from tracker.store import daily
from tracker.store.bases import limited_bases
from tracker.store.engine import mark
from tracker.store.results import Purged

# Each condition binds platform, day, basis, in this order.
_ACCOUNTS = """account_id IN (SELECT id FROM account WHERE platform = {sign}) AND day < {sign}
    AND EXISTS (SELECT 1 FROM attempt WHERE attempt.id = attempt_id AND attempt.basis = {sign})"""

_POSTS = """post_id IN (
        SELECT post.id FROM post JOIN account ON account.id = post.account_id
        WHERE account.platform = {sign})
    AND day < {sign}
    AND EXISTS (SELECT 1 FROM attempt WHERE attempt.id = attempt_id AND attempt.basis = {sign})"""

_ACCOUNT_DETAILS = """subject = 'account'
    AND subject_id IN (SELECT id FROM account WHERE platform = {sign})
    AND day < {sign} AND EXISTS (
        SELECT 1 FROM account_snapshot AS s JOIN attempt ON attempt.id = s.attempt_id
        WHERE s.account_id = detail.subject_id AND s.day = detail.day AND s.lane = detail.lane
            AND attempt.basis = {sign})"""

_POST_DETAILS = """subject = 'post' AND subject_id IN (
        SELECT CAST(post.id AS TEXT) FROM post JOIN account ON account.id = post.account_id
        WHERE account.platform = {sign})
    AND day < {sign} AND EXISTS (
        SELECT 1 FROM post_snapshot AS s JOIN attempt ON attempt.id = s.attempt_id
        WHERE s.post_id = CAST(detail.subject_id AS BIGINT) AND s.day = detail.day
            AND s.lane = detail.lane AND attempt.basis = {sign})"""

STEPS = (
    ("detail", "details of accounts", _ACCOUNT_DETAILS),
    ("detail", "details of posts", _POST_DETAILS),
    ("account_snapshot", "counts of accounts", _ACCOUNTS),
    ("post_snapshot", "counts of posts", _POSTS),
)
"""Details first: their snapshots say under which basis they are held."""


def purge(connection: Connection, today: date, *, dry_run: bool) -> list[Purged]:
    """Delete, or with `dry_run` only count, the numbers that are older than their basis allows; see
    `Store.purge`.
    """
    found: list[Purged] = []
    for platform, basis in limited_bases():
        found += _purge_basis(connection, platform, basis, today, dry_run=dry_run)
    return found


def _purge_basis(
    connection: Connection, platform: str, basis: Basis, today: date, *, dry_run: bool
) -> list[Purged]:
    assert basis.days_kept is not None, "only a limited basis has something to purge"
    before = today - timedelta(days=basis.days_kept)
    values = (platform, day_number(before), basis.key)
    reason = f"{platform}, {basis.key}: kept {basis.days_kept} days, nothing before {before}"
    touched = _touched_days(connection, values)
    found = []
    for table, what, condition in STEPS:
        where = f"FROM {table} WHERE {condition.format(sign=mark(connection))}"
        rows = connection.exec_driver_sql(f"SELECT count(*) {where}", values).scalar_one()
        if rows:
            found.append(Purged(table, what, rows, reason))
            if not dry_run:
                connection.exec_driver_sql(f"DELETE {where}", values)
    if touched:
        found.append(Purged("daily", "days made anew from what is left", len(touched), reason))
        if not dry_run:
            daily.rebuild_days(connection, touched)
    return found


def purge_account(
    connection: Connection, account_id: str, post: str | None, reason: str
) -> list[Purged]:
    """Delete what was read of an account, or of one of its posts (native id); what its office
    declared stays, and so do the attempts, which hold no number. See `Store.purge_account`.
    """
    sign = mark(connection)
    declared = LANES.index("declared")
    wanted = "SELECT id FROM post WHERE account_id = {0}" + (" AND native_id = {0}" if post else "")
    posts = wanted.format(sign)
    values: tuple[object, ...] = (account_id, post) if post else (account_id,)
    as_text = posts.replace("SELECT id", "SELECT CAST(id AS TEXT)")
    steps = [
        (
            "detail",
            f"subject = 'post' AND lane <> {declared} AND subject_id IN ({as_text})",
            values,
        ),
        ("post_snapshot", f"lane <> {declared} AND post_id IN ({posts})", values),
        (
            "post",
            f"id IN ({posts})"
            " AND NOT EXISTS (SELECT 1 FROM post_snapshot AS s WHERE s.post_id = post.id)",
            values,
        ),
    ]
    if post is None:
        one = (account_id,)
        own = f"subject = 'account' AND lane <> {declared} AND subject_id = {sign}"
        steps.append(("detail", own, one))
        steps.append(("account_snapshot", f"lane <> {declared} AND account_id = {sign}", one))
    found = []
    for table, condition, bound in steps:
        done = connection.exec_driver_sql(f"DELETE FROM {table} WHERE {condition}", bound)
        if done.rowcount:
            found.append(Purged(table, f"of {post or account_id}", done.rowcount, reason))
    daily.rebuild_accounts(connection, [account_id])
    return found


def _touched_days(connection: Connection, values: tuple[object, ...]) -> set[tuple[str, int]]:
    """Find the publication days derived from numbers that will go; read before they go."""
    sign = mark(connection)
    published = f"(post.published_at + {daily.LOCAL_SECONDS}) / {daily.DAY_SECONDS}"
    of_posts = connection.exec_driver_sql(
        f"SELECT DISTINCT post.account_id, {published} FROM post"
        " WHERE published_at IS NOT NULL"
        f" AND id IN (SELECT post_id FROM post_snapshot WHERE {_POSTS.format(sign=sign)})",
        values,
    )
    found = {(row[0], row[1]) for row in of_posts}
    of_followers = connection.exec_driver_sql(
        "SELECT daily.account_id, daily.day FROM daily JOIN (SELECT account_id, min(day) AS first"
        f" FROM account_snapshot WHERE {_ACCOUNTS.format(sign=sign)} GROUP BY account_id) AS gone"
        " ON gone.account_id = daily.account_id AND daily.day >= gone.first"
        " WHERE daily.followers IS NOT NULL",
        values,
    )
    return found | {(row[0], row[1]) for row in of_followers}
