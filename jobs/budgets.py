"""What a platform lets us ask in a day: counted while the night runs, kept in the store, stopped at
a reserve. A quota day is the platform's own.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.base import Budget, Connector
from tracker.errors import QuotaExhausted
from tracker.platforms import platform_named
from tracker.store import Store

RESERVE = 0.1
"""Share of a day's units that a night leaves for people, unless TRACKER_<PLATFORM>_UNITS is set."""

MOST_USD = 25.0
"""What a night may spend a day of a bucket that costs money, unless TRACKER_<PLATFORM>_UNITS is
set.
"""


def quota_day(platform: str, now: datetime) -> date:
    """Give the date of the platform's quota day at a UTC instant."""
    return now.astimezone(ZoneInfo(platform_named(platform).quota_zone)).date()


def next_reset(platform: str, now: datetime) -> datetime:
    """Give the UTC instant at which the platform's next quota day begins."""
    zone = ZoneInfo(platform_named(platform).quota_zone)
    following = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(following, time(), zone).astimezone(UTC)


def credential_name(credential: str, bucket: str) -> str:
    """Name a bucket of a credential as the ledger does."""
    return f"{credential}:{bucket}" if bucket else credential


def bucket_of(connector: Connector, lane: str, what: str) -> str:
    """Say which bucket of its budget a phase of a lane uses."""
    return connector.buckets.get(f"{lane}/{what}", connector.buckets.get(what, ""))


@dataclass
class Meter:
    """Counts the units of one platform through one run. Safe for threads.

    `allowed` is what a night may use a day of each bucket, set by the operator, None = the budget
    less the reserve. What was used before this run is read from the store when it is first needed.
    A platform that is billed by the day (X: what is read again on the same UTC day is free) is left
    when its day ends while the run goes on.
    """

    platform: str
    budgets: Mapping[str, Budget]
    allowed: int | None
    store: Store
    clock: Callable[[], datetime]
    _began_on: date | None = None
    _used: Counter[tuple[str, date]] = field(default_factory=Counter)
    _known: set[tuple[str, date]] = field(default_factory=set)
    _unfiled: Counter[tuple[str, date]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def limit(self, bucket: str) -> int | None:
        """Give how many units a day the night may use of a bucket; None = nothing is stated."""
        budget = self.budgets.get(bucket)
        if budget is not None and budget.usd:
            return self.allowed or int(MOST_USD / budget.usd)
        if budget is None or budget.units is None or budget.hours != 24:
            return self.allowed if bucket == "" else None
        return self.allowed or int(budget.units * (1 - RESERVE))

    def check(self, credential: str, bucket: str) -> None:
        """Raise QuotaExhausted where a credential has used what the night may use of a bucket."""
        now = self.clock()
        self._refuse_another_day(now)
        limit = self.limit(bucket)
        if limit is None:
            return
        used = self.used(credential, bucket, quota_day(self.platform, now))
        if used >= limit:
            unit = self.budgets[bucket].unit if bucket in self.budgets else "request"
            raise QuotaExhausted(
                f"{used} of {limit} {unit}s that a night may use in a day are used",
                next_reset(self.platform, now),
            )

    def _refuse_another_day(self, now: datetime) -> None:
        if not platform_named(self.platform).billed_by_day:
            return
        today = quota_day(self.platform, now)
        if self._began_on is None:
            self._began_on = today
        if today != self._began_on:
            raise QuotaExhausted(
                f"the billing day {self._began_on} has ended; what is left would be paid for twice"
            )

    def used(self, credential: str, bucket: str, day: date) -> int:
        """Give the units a credential has used of a bucket on a quota day."""
        name = self._name(credential, bucket)
        with self._lock:
            key = (name, day)
            if key not in self._known:
                self._used[key] += self.store.quota_used(self.platform, name, day)
                self._known.add(key)
            return self._used[key]

    def _name(self, credential: str, bucket: str) -> str:
        budget = self.budgets.get(bucket)
        whole = budget is not None and budget.app
        return credential_name(self.platform if whole else credential, bucket)

    def note(self, credential: str, units: Mapping[str, int]) -> None:
        """Take in what one question has used, by bucket."""
        day = quota_day(self.platform, self.clock())
        for bucket, count in units.items():
            self.used(credential, bucket, day)
            key = (self._name(credential, bucket), day)
            with self._lock:
                self._used[key] += count
                self._unfiled[key] += count

    def file(self) -> None:
        """Write what was used since the last time into the store's ledger."""
        with self._lock:
            unfiled, self._unfiled = self._unfiled, Counter()
        for (name, day), count in unfiled.items():
            self.store.add_quota(self.platform, name, day, count)
