"""Bulk paths for imported numbers: whole files of counts of accounts and of posts, by sets. Knows
no file format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from tracker.errors import StoreError
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS, step
from tracker.periods import date_of
from tracker.platforms import platform_named
from tracker.readings import LANES
from tracker.store import daily
from tracker.store.bases import basis_of, definitions_text
from tracker.store.engine import fetch_for, mark
from tracker.store.posts import POST_COLUMNS as POST_FACTS
from tracker.store.posts import find_posts
from tracker.store.register_rows import put_rows
from tracker.store.results import Conflict, Loaded
from tracker.store.upserts import next_id, upsert

AccountNumber = tuple[str, int, int, str, str, int | None, int | None, str | None, str | None]
"""account id, day, observed_at, lane, metric, value, step, qualifier, source."""

PostNumber = tuple[
    str, str, int | None, int, str, str | None, int | None, str | None, str | None, str | None
]
"""account id, native id, published_at, observed_at, lane, metric, value, url, kind, language."""

Look = tuple[Any, int, int]
"""Subject (account id or post id), day, lane code: the key of a snapshot."""


@dataclass(frozen=True)
class Replacement:
    """Why and by whom stored numbers are corrected."""

    reason: str
    entered_on: date | None
    office: str | None


@dataclass(slots=True)
class Incoming:
    """What a file says of one look: the columns in order, details by metric, steps and qualifiers
    by metric.
    """

    account_id: str
    post: str | None
    observed_at: int
    source: str | None
    values: list[int | None]
    details: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def column_of(platform: str, entity: str, metric: str) -> int | None:
    """Give the position of the column that keeps a metric, under the platform's own key; None = a
    detail.
    """
    columns = ACCOUNT_COLUMNS if entity == "account" else POST_COLUMNS
    for measure in platform_named(platform).measures_of(entity):
        if metric in measure.keys and not measure.detail:
            return columns.index(measure.column)
    return columns.index(metric) if metric in columns else None


class Loading:
    """One bulk import: gathers looks in memory, compares them with the store, writes what is new.
    """

    def __init__(
        self,
        connection: Connection,
        entity: str,
        digest: str | None,
        replacement: Replacement | None,
    ) -> None:
        self.connection = connection
        self.entity = entity
        self.digest = digest
        self.replacement = replacement
        self.columns = ACCOUNT_COLUMNS if entity == "account" else POST_COLUMNS
        self.accounts: dict[str, tuple[str, str | None]] = {
            row[0]: (row[1], row[2])
            for row in connection.exec_driver_sql("SELECT id, platform, basis FROM account")
        }
        self.looks: dict[Look, Incoming] = {}
        self.unchanged = 0
        self.created = 0
        self.conflicts: list[Conflict] = []

    def platform(self, account_id: str) -> str:
        """Give the platform of an account. Raises StoreError for an account the register does not
        know.
        """
        if account_id not in self.accounts:
            raise StoreError(
                f"numbers name the account {account_id!r}, which the register does not know"
            )
        return self.accounts[account_id][0]

    def put(self, incoming: Incoming, look: Look, platform: str, metric: str, value: int) -> None:
        """Add a number to a look; a second, different number of the same look is a conflict."""
        column = column_of(platform, self.entity, metric)
        before = incoming.details.get(metric) if column is None else incoming.values[column]
        if before is None and column is None:
            incoming.details[metric] = value
        elif before is None and column is not None:
            incoming.values[column] = value
        elif before == value:
            self.unchanged += 1
        else:
            assert before is not None, "a number that differs is a number"
            self._conflict(incoming, look, metric, before, value)

    def _conflict(
        self, incoming: Incoming, look: Look, metric: str, stored: int, given: int
    ) -> None:
        self.conflicts.append(
            Conflict(
                incoming.account_id,
                incoming.post,
                date_of(look[1]),
                LANES[look[2]],
                metric,
                stored,
                given,
            )
        )

    def write(self) -> set[str]:
        """Write what is new and give the accounts whose numbers changed."""
        stored = self._stored_looks()
        stored_details = self._stored_details(stored)
        fresh = []
        for look, incoming in self.looks.items():
            before = stored.get(look)
            if self._compare(look, incoming, before, stored_details):
                fresh.append((look, incoming, None if before is None else before[0]))
        attempts = self._file_attempts(
            [(look, item) for look, item, attempt_id in fresh if attempt_id is None]
        )
        snapshots = []
        details = []
        for look, incoming, attempt_id in fresh:
            if attempt_id is None:
                attempt_id = attempts[incoming.account_id, look[1], look[2], incoming.observed_at]
            snapshots.append((*look, attempt_id, *incoming.values))
            details += self._detail_rows(look, incoming)
        snapshots.sort(key=lambda row: row[:3])
        upsert(self.connection, f"{self.entity}_snapshot", snapshots)
        upsert(self.connection, "detail", details)
        return {incoming.account_id for _, incoming, _ in fresh}

    def _compare(
        self,
        look: Look,
        incoming: Incoming,
        before: Sequence[Any] | None,
        stored_details: Mapping[tuple[str, int, int, str], int],
    ) -> bool:
        """Take out of a look what the store has already or has otherwise; say whether anything is
        left to write.
        """
        if before is None:
            self.created += len(incoming.details) + 5 - incoming.values.count(None)
            return True
        new = 0
        for at, (was, value) in enumerate(zip(before[1:], incoming.values, strict=True)):
            if value is None:
                continue
            incoming.values[at] = None if was is not None else value
            new += self._judge(look, incoming, self.columns[at], was, value)
        for metric, value in list(incoming.details.items()):
            was = stored_details.get((str(look[0]), look[1], look[2], metric))
            if was is not None:
                del incoming.details[metric]
            new += self._judge(look, incoming, metric, was, value)
        self.created += new
        return new > 0

    def _judge(
        self, look: Look, incoming: Incoming, metric: str, was: int | None, value: int
    ) -> bool:
        if was is None:
            return True
        if was == value:
            self.unchanged += 1
        else:
            self._conflict(incoming, look, metric, was, value)
        return False

    def _stored_looks(self) -> dict[Look, Sequence[Any]]:
        """Read the stored looks of the same subjects and days: key -> attempt id and columns."""
        days: dict[Any, tuple[int, int]] = {}
        for subject, day, _ in self.looks:
            first, last = days.get(subject, (day, day))
            days[subject] = (min(first, day), max(last, day))
        table = f"{self.entity}_snapshot"
        subject_id = f"{self.entity}_id"
        stored: dict[Look, Sequence[Any]] = {}
        if not days:
            return {}
        rows = fetch_for(
            self.connection,
            f"SELECT {subject_id}, day, lane, attempt_id, {', '.join(self.columns)} FROM {table}"
            f" WHERE {subject_id} IN ({{values}}) AND day BETWEEN {{mark}} AND {{mark}}",
            list(days),
            (min(first for first, _ in days.values()), max(last for _, last in days.values())),
        )
        for row in rows:
            look = (row[0], row[1], row[2])
            if look in self.looks:
                stored[look] = tuple(row[3:])
        return stored

    def _stored_details(self, stored: Mapping[Look, Any]) -> dict[tuple[str, int, int, str], int]:
        subjects = sorted({str(look[0]) for look in stored if self.looks[look].details})
        if not subjects:
            return {}
        rows = fetch_for(
            self.connection,
            "SELECT subject_id, day, lane, metric, value FROM detail"
            f" WHERE subject = '{self.entity}' AND value IS NOT NULL AND subject_id IN ({{values}})",
            subjects,
        )
        return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}

    def _file_attempts(
        self, fresh: Sequence[tuple[Look, Incoming]]
    ) -> dict[tuple[str, int, int, int], int]:
        """Find or make the import attempt of each (account, day, lane, observed_at)."""
        wanted = {
            (item.account_id, look[1], look[2], item.observed_at): item.source
            for look, item in fresh
        }
        found = self._stored_attempts({key[0] for key in wanted})
        free = next_id(self.connection, "attempt")
        rows: list[tuple[Any, ...]] = []
        for key, source in wanted.items():
            if key in found:
                continue
            account_id, day, lane, observed_at = key
            platform, basis = self.accounts[account_id]
            found[key] = free + len(rows)
            rows.append(
                (
                    found[key],
                    account_id,
                    day,
                    lane,
                    "import",
                    observed_at,
                    observed_at,
                    "ok",
                    0,
                    basis_of(platform, basis, LANES[lane]),
                    source,
                    self.digest,
                    definitions_text(platform, day),
                    False,
                )
            )
        rows.sort(key=lambda row: row[1:4])
        upsert(
            self.connection,
            "attempt",
            rows,
            (
                "id",
                "account_id",
                "day",
                "lane",
                "what",
                "tried_at",
                "observed_at",
                "status",
                "requests",
                "basis",
                "source",
                "digest",
                "definitions",
                "walked",
            ),
        )
        return found

    def _stored_attempts(self, account_ids: set[str]) -> dict[tuple[str, int, int, int], int]:
        return {
            (row[0], row[1], row[2], row[3]): row[4]
            for row in fetch_for(
                self.connection,
                "SELECT account_id, day, lane, tried_at, id FROM attempt"
                " WHERE account_id IN ({values}) AND what = 'import'",
                sorted(account_ids),
            )
        }

    def _detail_rows(self, look: Look, incoming: Incoming) -> list[tuple[Any, ...]]:
        rows = []
        head = (self.entity, str(look[0]), look[1], look[2])
        for metric in incoming.details.keys() | incoming.remarks.keys():
            rounding, qualifier = incoming.remarks.get(metric, (None, None))
            rows.append((*head, metric, incoming.details.get(metric), rounding, qualifier))
        return rows

    def settle_conflicts(self) -> list[dict[str, Any]]:
        """Write corrections instead of conflicts where a reason was given; a correction that is
        there settles one too.
        """
        if not self.conflicts:
            return []
        rows = [self._correction(conflict) for conflict in self.conflicts]
        known = {
            row[0]
            for row in fetch_for(
                self.connection,
                "SELECT id FROM correction WHERE id IN ({values})",
                [row["id"] for row in rows],
            )
        }
        self.unchanged += sum(row["id"] in known for row in rows)
        still = [
            (conflict, row)
            for conflict, row in zip(self.conflicts, rows, strict=True)
            if row["id"] not in known
        ]
        self.conflicts = [conflict for conflict, _ in still]
        if self.replacement is None:
            return []
        self.conflicts = []
        written = [row for _, row in still]
        put_rows(self.connection, "correction", written, replace=False)
        return written

    def _correction(self, conflict: Conflict) -> dict[str, Any]:
        platform = self.platform(conflict.account_id)
        column = column_of(platform, self.entity, conflict.metric)
        metric = conflict.metric if column is None else self.columns[column]
        key = (
            conflict.account_id,
            conflict.post,
            conflict.day,
            conflict.lane,
            metric,
            conflict.given,
        )
        replacement = self.replacement or Replacement("", None, None)
        return {
            "id": "replace-" + hashlib.sha256(repr(key).encode()).hexdigest()[:16],
            "account_id": conflict.account_id,
            "post": conflict.post,
            "day_from": conflict.day,
            "day_to": conflict.day,
            "lane": conflict.lane,
            "metric": metric,
            "value": conflict.given,
            "reason": replacement.reason,
            "evidence": self.digest,
            "entered_on": replacement.entered_on,
            "office": replacement.office,
        }


def load_account_numbers(
    connection: Connection,
    rows: Iterable[AccountNumber],
    digest: str | None,
    replacement: Replacement | None,
) -> Loaded:
    """Write imported numbers of accounts; see `Store.import_account_numbers`."""
    loading = Loading(connection, "account", digest, replacement)
    looks = loading.looks
    for account_id, day, observed_at, lane, metric, value, rounding, qualifier, source in rows:
        if value is None:
            continue
        platform = loading.platform(account_id)
        look = (account_id, day, LANES.index(lane))
        incoming = looks.get(look)
        if incoming is None:
            incoming = looks[look] = Incoming(account_id, None, observed_at, source, [None] * 5)
        loading.put(incoming, look, platform, metric, value)
        if rounding is not None or qualifier is not None:
            _remark(loading, incoming, platform, lane, metric, value, rounding, qualifier)
    changed = loading.write()
    corrections = loading.settle_conflicts()
    with_posts = {
        row[0] for row in connection.exec_driver_sql("SELECT DISTINCT account_id FROM post")
    }
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
        incoming.remarks[name] = (kept, said)


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
    upsert(connection, "post", made, POST_FACTS)
    if learnt:
        sign = mark(connection)
        changes = ", ".join(
            f"{name} = COALESCE({name}, {sign})" for name in ("published_at", "url", "kind")
        )
        connection.exec_driver_sql(f"UPDATE post SET {changes} WHERE id = {sign}", learnt)
    return ids, changed
