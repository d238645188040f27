"""`tracker trace`: the passport of a printed number, and the readings behind a number with the
corrections that apply to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from jobs.opening import Opened, night_clock
from tracker.errors import ConfigError
from tracker.periods import Window, local_date
from tracker.text import nearest

if TYPE_CHECKING:
    import pandas as pd

    from tracker.reports.tracing import Traced


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


def edition_place(text: str) -> tuple[str, str, int | None]:
    """Read `LETTER/UNIT` or `LETTER/UNIT/N`; no N = the latest edition. Raises ConfigError."""
    parts = text.split("/")
    numbered = len(parts) == 3 and parts[2].isdecimal()
    if not all(parts) or not (numbered or len(parts) == 2):
        raise ConfigError(
            f"found {text!r}; expected an edition such as 3836/quang-ninh or 3836/quang-ninh/2"
        )
    return parts[0], parts[1], int(parts[2]) if numbered else None


def print_number(
    opened: Opened,
    place: str,
    number_id: str,
    form: str,
    say: Callable[[str], None],
    *,
    readings: bool,
) -> None:
    """Print the passport of one printed number of an edition, on request with the readings behind.

    Raises ConfigError for an edition, an id or a form that is not there, InputError for a torn
    edition.
    """
    from jobs.editing import kept_edition
    from jobs.printing import print_rows
    from tracker.reports import document_of
    from tracker.reports.tracing import trace_number

    if form not in ("table", "json"):
        raise ConfigError(f"no format {form!r} for a printed number; expected table or json")
    edition, _ = kept_edition(opened, *edition_place(place))
    document = document_of(edition, local_date(night_clock(opened.settings)()))
    traced = trace_number(document, number_id)
    behind = readings_behind(opened, traced) if readings else None
    name = f"{edition.letter}/{edition.unit_id}/{edition.number}"
    if form == "json":
        plain = {"edition": name, "digest": edition.digest, "passport": dict(traced.facts)}
        if behind is not None:
            plain["readings"] = json.loads(behind.to_json(orient="records"))
        say(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    say(f"{name} · {document.edition_line}")
    width = max(len(heading) for heading, _ in traced.facts)
    for heading, text in traced.facts:
        say(f"{heading.ljust(width)}  {text}")
    if behind is not None and len(behind):
        say("")
        print_rows(behind, "table")
    elif behind is not None:
        say(f"\n{no_readings(traced)}")


def readings_behind(opened: Opened, traced: Traced) -> pd.DataFrame:
    """List the readings of the accounts behind a printed number, shaped as `trace_rows`; empty for
    what was not counted on accounts, or only on their posts."""
    import pandas as pd

    from tracker.reports.origins import accounts_of

    origin = traced.origin
    metrics = [column for entity, column in traced.metrics if entity == "account"]
    found = []
    if origin.first_day is not None and origin.last_day is not None:
        last = origin.last_day + timedelta(days=1)  # a count stood at the end of the day before
        for account in accounts_of(origin):
            for metric in metrics:
                rows = trace_rows(opened, account, metric, origin.first_day, last, posts=False)
                found.append(rows[rows["lane"].isin(origin.lane.split("+"))])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def no_readings(traced: Traced) -> str:
    """Say where else to look for what is behind a number without readings of accounts."""
    from tracker.reports.origins import accounts_of

    origin = traced.origin
    columns = [column for entity, column in traced.metrics if entity == "post"]
    accounts = accounts_of(origin)
    if columns and accounts and origin.first_day and origin.last_day:
        days = f"--from {origin.first_day} --to {origin.last_day}"
        return f"counted on posts: tracker trace {accounts[0]} {columns[0]} --posts {days}"
    return "no readings of an account are kept behind this number; its source stands above"
