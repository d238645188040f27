"""Bulk paths for imported numbers: whole files of counts of accounts and of posts, by sets.

Knows no file format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from tracker.metrics import ACCOUNT_COLUMNS, step
from tracker.readings import LANES
from tracker.store import daily
from tracker.store.engine import fetch, mark
from tracker.store.loading import ENOUGH, Incoming, Loading, Replacement, column_of
from tracker.store.posts import POST_COLUMNS, find_posts
from tracker.store.results import Loaded
from tracker.store.upserts import next_id, upsert

AccountNumber = tuple[str, int, int, str, str, int | None, int | None, str | None, str | None]
"""account id, day, observed_at, lane, metric, value, step, qualifier, source."""

PostNumber = tuple[
    str, str, int | None, int, str, str | None, int | None, str | None, str | None, str | None
]
"""account id, native id, published_at, observed_at, lane, metric, value, url, kind, language."""


def load_account_numbers(
    connection: Connection,
    rows: Iterable[AccountNumber],
    digest: str | None,
    replacement: Replacement | None,
) -> Loaded:
    """Write imported numbers of accounts; see `Store.import_account_numbers`."""
    loading = Loading(connection, "account", digest, replacement)
    looks = loading.looks
    changed: set[str] = set()
    for account_id, day, observed_at, lane, metric, value, rounding, qualifier, source in rows:
        if value is None:
            continue
        platform = loading.platform(account_id)
        look = (account_id, day, LANES.index(lane))
        incoming = looks.get(look)
        if incoming is None:
            if len(looks) == ENOUGH:
                changed |= loading.write()
            incoming = looks[look] = Incoming(account_id, None, observed_at, source, [None] * 5)
        loading.put(incoming, look, platform, metric, value)
        if rounding is not None or qualifier is not None:
            _remark(loading, incoming, platform, lane, metric, value, rounding, qualifier)
    changed |= loading.write()
    corrections = loading.settle_conflicts()
    with_posts = {row[0] for row in fetch(connection, "SELECT DISTINCT account_id FROM post")}
    daily.rebuild_accounts(connection, sorted(changed & with_posts))
    return Loaded(loading.created, loading.unchanged, tuple(loading.conflicts), tuple(corrections))


def _remark(
    loading: Loading,
    incoming: Incoming,
    platform: str,
    lane: str,
    metric: str,
    value: int,
    rounding: int | None,
    qualifier: str | None,
) -> None:
    """Keep a step that cannot be computed from the value, and a qualifier that is not `exact`."""
    column = column_of(platform, "account", metric)
    name = metric if column is None else ACCOUNT_COLUMNS[column]
    computed = 1 if lane == "declared" else step(platform, "account", name, value)
    kept = None if rounding == computed else rounding
    said = None if qualifier == "exact" else qualifier
    if kept is not None or said is not None:
        incoming.remarks = {**(incoming.remarks or {}), name: (kept, said)}


def load_post_numbers(
    connection: Connection,
    rows: Iterable[PostNumber],
    digest: str | None,
    source: str | None,
    replacement: Replacement | None,
    days: Sequence[int] | None = None,
) -> Loaded:
    """Write imported numbers of posts; see `Store.import_post_numbers`."""
    given = list(rows)
    nights = days or [daily.publication_day(row[3]) for row in given]
    loading = Loading(connection, "post", digest, replacement)
    ids, changed = _known_or_made(loading, given)
    looks = loading.looks
    for row, night in zip(given, nights, strict=True):
        account_id, native_id, _, observed_at, lane, metric, value, _, _, _ = row
        if value is None or metric is None:
            continue
        look = (ids[account_id, native_id], night, LANES.index(lane))
        incoming = looks.get(look)
        if incoming is None:
            if len(looks) == ENOUGH:
                changed |= loading.write()
            incoming = looks[look] = Incoming(
                account_id, native_id, observed_at, source, [None] * 5
            )
        loading.put(incoming, look, loading.platform(account_id), metric, value)
    changed |= loading.write()
    corrections = loading.settle_conflicts()
    daily.rebuild_accounts(connection, sorted(changed))
    return Loaded(loading.created, loading.unchanged, tuple(loading.conflicts), tuple(corrections))


def _known_or_made(
    loading: Loading, given: Sequence[PostNumber]
) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Find or make the posts of a file; give their ids and the accounts whose posts changed."""
    connection = loading.connection
    first_rows: dict[tuple[str, str], PostNumber] = {}
    for row in given:
        loading.platform(row[0])
        first_rows.setdefault((row[0], row[1]), row)
    keys = list(first_rows)
    found = find_posts(connection, [key[0] for key in keys], [key[1] for key in keys])
    ids: dict[tuple[str, str], int] = {}
    made: list[tuple[Any, ...]] = []
    learnt = []
    changed = set()
    free = next_id(connection, "post")
    for at, key in enumerate(keys):
        _, _, published_at, observed_at, _, _, _, url, kind, language = first_rows[key]
        detector = None if language is None else "import"
        if found[at] is None:
            ids[key] = free + len(made)
            seen_on = daily.publication_day(observed_at)
            made.append(
                (ids[key], *key, published_at, url, kind, None, language, None, detector, seen_on)
            )
            changed.add(key[0])
            continue
        _, ids[key], was_published_at, was_url, was_kind, _, _, _ = found[at]
        if (
            (was_published_at is None and published_at is not None)
            or (was_url is None and url is not None)
            or (was_kind is None and kind is not None)
        ):
            learnt.append((published_at, url, kind, ids[key]))
            changed.add(key[0])
    upsert(connection, "post", made, POST_COLUMNS)
    if learnt:
        sign = mark(connection)
        changes = ", ".join(
            f"{name} = COALESCE({name}, {sign})" for name in ("published_at", "url", "kind")
        )
        connection.exec_driver_sql(f"UPDATE post SET {changes} WHERE id = {sign}", learnt)
    return ids, changed
