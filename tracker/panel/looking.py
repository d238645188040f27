"""The looks at single posts: what each was seen with, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from tracker import models
from tracker.metrics import POST_COLUMNS
from tracker.panel.exports import connected
from tracker.panel.frames import rows_of
from tracker.panel.loading import query, table
from tracker.panel.panel import Panel
from tracker.periods import day_number
from tracker.readings import LANES
from tracker.store import Store
from tracker.store.bases import NO_DERIVED

LOOK_COLUMNS = (
    *("account", "post", "published_at", "url", "kind", "language", "letters"),
    *("lane", "seen_at", *POST_COLUMNS, "reach"),
)


def post_looks(
    source: Panel | str | Store,
    *,
    accounts: Sequence[str] | None = None,
    until: date | None = None,
    corrected: bool = True,
) -> pd.DataFrame:
    """List every look at every post, and one row for a post that was never looked at.

    Columns LOOK_COLUMNS: `published_at` and `seen_at` (when it was read) are Unix seconds UTC;
    counts are float, NaN = unknown; `lane` is text, missing like `seen_at` where there was no look.
    Looks under terms that forbid derived numbers are left out; corrections are applied unless
    `corrected` is False. `until` (exclusive) limits the nights; a Panel brings its own accounts and
    end. Posts without an instant of publication are left out: they have no age.
    """
    if isinstance(source, Panel):
        accounts = list(source.accounts.index) if accounts is None else accounts
        until = source.until if until is None else until
    end = 2**31 - 1 if until is None else day_number(until)
    forbidden = ", ".join(f"'{key}'" for key in NO_DERIVED)
    names = ", ".join(f"s.{name}" for name in POST_COLUMNS)
    with connected(source) as connection:
        rows = query(
            connection,
            "SELECT post.account_id, post.native_id, post.published_at, post.url, post.kind,"
            f" post.language, post.letters, s.lane, a.observed_at, {names}, d.value, s.day"
            " FROM post LEFT JOIN post_snapshot AS s ON s.post_id = post.id AND s.day < {0}"
            " AND EXISTS (SELECT 1 FROM attempt AS b WHERE b.id = s.attempt_id"
            f" AND b.basis NOT IN ({forbidden}))"
            " LEFT JOIN attempt AS a ON a.id = s.attempt_id"
            " LEFT JOIN detail AS d ON d.subject = 'post' AND d.subject_id = CAST(post.id AS TEXT)"
            " AND d.day = s.day AND d.lane = s.lane AND d.metric = 'reach'"
            " WHERE {accounts} AND post.published_at IS NOT NULL AND post.first_seen_on < {0}",
            accounts,
            "post.account_id",
            (end,),
        )
        corrections = table(connection, models.Correction)
    frame = pd.DataFrame(rows, columns=[*LOOK_COLUMNS, "day"])
    for name in ("letters", "seen_at", *POST_COLUMNS, "reach"):
        frame[name] = frame[name].astype(float)
    lanes = np.asarray([*LANES, None], dtype=object)
    frame["lane"] = lanes[frame["lane"].fillna(len(LANES)).to_numpy(dtype=int)]
    for item in rows_of(corrections.sort_values("id")) if corrected else ():
        if item.post is None or item.metric not in frame.columns:
            continue
        mask = (
            (frame["account"] == item.account_id)
            & (frame["post"] == item.post)
            & (frame["lane"] == item.lane)
            & (frame["day"] >= day_number(item.day_from))
            & (frame["day"] <= day_number(item.day_to))
        )
        frame.loc[mask, item.metric] = np.nan if item.value is None else float(item.value)
    return frame[list(LOOK_COLUMNS)]
