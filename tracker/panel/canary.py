"""Metrics that a platform has stopped telling: looked at from all of its accounts together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy import Connection

from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.panel.exports import connected
from tracker.periods import date_of, day_number
from tracker.platforms import platform_named
from tracker.readings import LANES
from tracker.store import Store

QUIET_NIGHTS = 3
"""A metric that no account brings for so many nights with readings in a row counts as retired."""
NIGHTS_BEFORE = 14
USUAL_SHARE = 0.5
"""It must have been there for this share of the readings before."""
LEAST_ROWS = 5
"""With fewer readings a night nothing can be said about a platform."""


@dataclass(frozen=True)
class Retired:
    """A platform has told a metric of no account (or post) since `since`, and did before."""

    platform: str
    entity: str
    metric: str
    lane: str
    since: date


def retired_metrics(source: str | Store, day: date) -> list[Retired]:
    """List the metrics that went quiet on all of a platform's accounts, as of one night.

    Looked at are the nights that brought readings: the last three must hold none of a metric that
    half of the readings of the fourteen days before held. Details are left out: platforms give
    them now and then.
    """
    with connected(source) as connection:
        found = _of_entity(connection, day, "account", ACCOUNT_COLUMNS)
        return found + _of_entity(connection, day, "post", POST_COLUMNS)


def _of_entity(
    connection: Connection, day: date, entity: str, columns: tuple[str, ...]
) -> list[Retired]:
    counts = ", ".join(f"count(s.{column})" for column in columns)
    owner = "account.id = s.account_id"
    if entity == "post":
        owner = "account.id = (SELECT post.account_id FROM post WHERE post.id = s.post_id)"
    last = day_number(day)
    first = last - NIGHTS_BEFORE - QUIET_NIGHTS
    rows = connection.exec_driver_sql(
        f"SELECT account.platform, s.lane, s.day, count(*), {counts}"
        f" FROM {entity}_snapshot AS s JOIN account ON {owner}"
        f" WHERE s.day > {first} AND s.day <= {last} AND account.voided IS NULL"
        " GROUP BY account.platform, s.lane, s.day ORDER BY account.platform, s.lane, s.day"
    )
    nights: dict[tuple[str, int], list[tuple[int, int, tuple[int, ...]]]] = defaultdict(list)
    for platform, lane, at, whole, *known in rows:
        nights[platform, lane].append((int(at), whole, tuple(known)))
    found = []
    for (platform, lane), series in nights.items():
        told = {
            measure.column
            for measure in platform_named(platform).measures_of(entity, LANES[lane])
            if not measure.detail
        }
        for place, column in enumerate(columns):
            shares = [(at, whole, known[place] / whole) for at, whole, known in series]
            quiet, before = shares[-QUIET_NIGHTS:], shares[:-QUIET_NIGHTS]
            if (
                column in told
                and len(quiet) == QUIET_NIGHTS
                and len(before) >= QUIET_NIGHTS
                and quiet[-1][0] == last
                and all(whole >= LEAST_ROWS and not share for _, whole, share in quiet)
                and median(share for _, _, share in before) >= USUAL_SHARE
            ):
                first_quiet = _first_quiet(shares)
                found.append(Retired(platform, entity, column, LANES[lane], first_quiet))
    return found


def _first_quiet(shares: list[tuple[int, int, float]]) -> date:
    """Give the first night of the unbroken silence at the end of a series."""
    at = shares[-1][0]
    for night, _, share in reversed(shares):
        if share:
            break
        at = night
    return date_of(at)
