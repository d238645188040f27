"""`tracker trace`: the readings behind a number, with the corrections that apply to them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from jobs.opening import Opened
from tracker.errors import ConfigError
from tracker.periods import Window
from tracker.text import nearest

if TYPE_CHECKING:
    import pandas as pd


def trace_rows(
    opened: Opened, account: str, metric: str, first: date, last: date, *, posts: bool
) -> pd.DataFrame:
    """List the readings of a metric on nights from `first` to `last`, both inclusive: the columns
    of `tracker.panel.trace` and `correction`, the id of what corrects the reading (empty = none).

    Raises ConfigError for an account or a metric that nobody knows, and days in the wrong order.
    """
    from tracker.panel import trace

    known = [row["id"] for row in opened.store.rows("account")]
    if account not in known:
        near = nearest(account, known)
        raise ConfigError(
            f"no account {account!r} in the register" + (f" (did you mean {near}?)" if near else "")
        )
    if last < first:
        raise ConfigError(f"--to {last} lies before --from {first}")
    window = Window(first, last + timedelta(days=1))
    entity = "post" if posts else "account"
    try:
        found = trace(opened.store, account, metric, window, entity=entity)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    corrections = [
        row
        for row in opened.store.rows("correction", account_id=account)
        if row["metric"] == metric and bool(row["post"]) == posts
    ]
    found["correction"] = [
        next(
            (
                one["id"]
                for one in reversed(corrections)
                if one["lane"] == row.lane
                and one["day_from"].isoformat() <= str(row.day) <= one["day_to"].isoformat()
                and (not posts or one["post"] == row.post)
            ),
            "",
        )
        for row in found.itertuples()
    ]
    return found
