"""One bulk import: gathers looks in memory, compares them with the store, writes what is new.

Knows no file format; `numbers` beside feeds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from tracker.errors import StoreError
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.periods import date_of
from tracker.platforms import platform_named
from tracker.readings import LANES
from tracker.store.bases import basis_of, definitions_text
from tracker.store.engine import fetch_for
from tracker.store.register_rows import put_rows
from tracker.store.results import Conflict
from tracker.store.upserts import ATTEMPT_KEY, next_id, upsert

COLUMNS = (
    *("id", "account_id", "day", "lane", "what", "tried_at", "observed_at", "status", "requests"),
    *("basis", "source", "digest", "definitions", "walked"),
)
ENOUGH = 20_000
"""Looks gathered before they are written: memory stays small and a file may have any length."""

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
    details: dict[str, int] | None = None
    remarks: dict[str, tuple[int | None, str | None]] | None = None


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
    """One bulk import: gathers looks in memory, compares them with the store, writes what is
    new.
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
        if column is not None:
            before = incoming.values[column]
            if before is None:
                incoming.values[column] = value
                return
        else:
            incoming.details = incoming.details or {}
            before = incoming.details.setdefault(metric, value)
            if before == value:
                return
        if before == value:
            self.unchanged += 1
        else:
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
        """Write what is new of the looks gathered so far, forget them, and give the accounts
        changed.
        """
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
            if incoming.details or incoming.remarks:
                details += self._detail_rows(look, incoming)
        self.looks.clear()
        snapshots.sort(key=itemgetter(0, 1, 2))
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
            self.created += len(incoming.details or ()) + 5 - incoming.values.count(None)
            return True
        new = 0
        for at, (was, value) in enumerate(zip(before[1:], incoming.values, strict=True)):
            if value is None:
                continue
            incoming.values[at] = None if was is not None else value
            new += self._judge(look, incoming, self.columns[at], was, value)
        for metric, value in list((incoming.details or {}).items()):
            was = stored_details.get((str(look[0]), look[1], look[2], metric))
            if was is not None and incoming.details:
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
            f" WHERE subject = '{self.entity}' AND value IS NOT NULL"
            " AND subject_id IN ({values})",
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
        free = next_id(self.connection, "attempt")
        rows: list[tuple[Any, ...]] = []
        for (account_id, day, lane, observed_at), source in wanted.items():
            platform, basis = self.accounts[account_id]
            rows.append(
                (
                    free + len(rows),
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
        made = upsert(self.connection, "attempt", rows, COLUMNS, conflict="ignore", key=ATTEMPT_KEY)
        if made == len(rows):
            return {row[1:4] + row[5:6]: row[0] for row in rows}
        return self._stored_attempts({key[0] for key in wanted})

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
        numbers = incoming.details or {}
        remarks = incoming.remarks or {}
        for metric in sorted(numbers.keys() | remarks.keys()):
            rounding, qualifier = remarks.get(metric, (None, None))
            rows.append((*head, metric, numbers.get(metric), rounding, qualifier))
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
