"""Where a number came from: the observations behind it, their attempts and the digests of what was
archived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.panel.exports import connected
from tracker.panel.loading import query
from tracker.panel.panel import Panel
from tracker.panel.reader import iso
from tracker.periods import Window, date_of, day_number, local_date
from tracker.readings import LANES
from tracker.store import Store

TRACE_COLUMNS = (
    "observation",
    "account",
    "post",
    "day",
    "lane",
    "metric",
    "value",
    "attempt",
    "what",
    "observed_at",
    "status",
    "basis",
    "source",
    "evidence",
    "digest",
)


def trace(
    source: Panel | str | Store,
    account_id: str,
    metric: str,
    window: Window,
    *,
    lane: str | None = None,
    entity: str = "account",
) -> pd.DataFrame:
    """List the observations of one metric of an account (or of its posts) on nights of a window.

    Columns TRACE_COLUMNS, ordered by day, lane, post; `observation` names the reading for print
    (`account/danang-ubnd-youtube/2024-09-02/public/followers`), `attempt` is the attempt's number,
    `digest` the sha256 of the archived reply or imported file, `value` a whole number or None.
    `metric` is a column of the store (`followers`, `reactions` …) or a detail's key. Raises
    ValueError for another entity.
    """
    if entity not in ("account", "post"):
        raise ValueError(f"entity must be account or post, not {entity!r}")
    first, end = day_number(window.start), day_number(window.end)
    with connected(source) as connection:
        found = query(connection, _sql(entity, metric), [account_id], _owner(entity), (first, end))
    rows = []
    for (
        post,
        day,
        code,
        value,
        attempt,
        what,
        observed_at,
        status,
        basis,
        origin,
        evidence,
        digest,
    ) in found:
        name = LANES[code]
        if lane is not None and name != lane:
            continue
        on = date_of(day).isoformat()
        subject = f"account/{account_id}" if post is None else f"post/{account_id}/{post}"
        about = (attempt, what, iso(observed_at), status, basis, origin, evidence, digest)
        rows.append(
            (f"{subject}/{on}/{name}/{metric}", account_id, post, on, name, metric, value, *about)
        )
    rows.sort(key=lambda row: (row[3], row[4], row[2] or ""))
    frame = pd.DataFrame(rows, columns=list(TRACE_COLUMNS), dtype=object)
    frame["value"] = frame["value"].astype("Int64")
    return frame


def _owner(entity: str) -> str:
    return "s.account_id" if entity == "account" else "post.account_id"


def _sql(entity: str, metric: str) -> str:
    """Write the SELECT for a metric; one without a column of its own lies in `detail`."""
    columns: Sequence[str] = ACCOUNT_COLUMNS if entity == "account" else POST_COLUMNS
    if not metric.replace("_", "").isalnum():
        raise ValueError(f"{metric!r} is not the name of a metric")
    subject = "s.account_id" if entity == "account" else "CAST(s.post_id AS TEXT)"
    value = f"s.{metric}"
    joined = ""
    if metric not in columns:
        value = "d.value"
        joined = (
            f" JOIN detail AS d ON d.subject = '{entity}' AND d.subject_id = {subject}"
            f" AND d.day = s.day AND d.lane = s.lane AND d.metric = '{metric}'"
        )
    post = "NULL" if entity == "account" else "post.native_id"
    joined += " JOIN attempt AS a ON a.id = s.attempt_id"
    if entity == "post":
        joined += " JOIN post ON post.id = s.post_id"
    return (
        f"SELECT {post}, s.day, s.lane, {value}, a.id, a.what, a.observed_at, a.status, a.basis,"
        f" a.source, a.evidence, a.digest FROM {entity}_snapshot AS s{joined}"
        " WHERE {accounts} AND s.day >= {0} AND s.day < {1}"
    )


ARRIVAL_COLUMNS = ("account", "lane", "imported", "first_day", "last_day", "readings", "on")


def arrivals(source: Panel | str | Store, accounts: Sequence[str], since: datetime) -> pd.DataFrame:
    """List what was read of some accounts, or imported for them, after an instant.

    Columns ARRIVAL_COLUMNS, one row per account, lane and way it came (`imported`: by a file, as
    the log of changes dates it): `first_day` and `last_day` are nights, `readings` counts them,
    `on` is the local day on which the last of it came.
    """
    after = int(since.timestamp())
    head = "SELECT a.account_id, a.lane, MIN(a.day), MAX(a.day), COUNT(DISTINCT a.day)"
    tail = " GROUP BY a.account_id, a.lane"
    read = (
        f"{head}, MAX(a.tried_at) FROM attempt AS a WHERE {{accounts}} AND a.status = 'ok'"
        f" AND a.what <> 'import' AND a.tried_at > {{0}}{tail}"
    )
    first = "SELECT digest, MIN(at) AS at FROM change WHERE digest IS NOT NULL GROUP BY digest"
    imported = (
        f"{head}, MAX(c.at) FROM attempt AS a JOIN ({first}) AS c ON c.digest = a.digest"
        f" WHERE {{accounts}} AND a.what = 'import' AND c.at > {{0}}{tail}"
    )
    rows = []
    with connected(source) as connection:
        for by_file, sql in ((False, read), (True, imported)):
            for account, lane, *days, count, at in query(
                connection, sql, list(accounts), "a.account_id", (after,)
            ):
                on = local_date(datetime.fromtimestamp(int(at), UTC))
                first_day, last_day = (date_of(int(day)) for day in days)
                rows.append((account, LANES[lane], by_file, first_day, last_day, int(count), on))
    rows.sort()
    return pd.DataFrame(rows, columns=list(ARRIVAL_COLUMNS), dtype=object)
