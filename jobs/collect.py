"""Accounts -> readings -> store: whom to read tonight, in which order, and what a failure stops.

Profiles first, then the lists of accounts whose total of posts changed or whose weekly walk is due, then the posts
that reached an age mark. Each platform has its own dispatcher with at most `parallel` requests in flight; one writer.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from connectors.base import Connector
from tracker.errors import (
    AccessDenied,
    AccountGone,
    NotFoundOrNoAccess,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    Unreachable,
)
from tracker.http import Http, Tally
from tracker.periods import day_number, scheduled_at
from tracker.readings import LANES, PostCounts, ProfileCounts, Reading
from tracker.store import DueAccount, DuePost, Store

log = logging.getLogger("tracker.collect")

LANE = "public"
SAVE_ACCOUNTS = 50
SAVE_SECONDS = 1.0
WEEKLY_WALK = timedelta(days=7)
FIRST_WALK = timedelta(days=91)
WALK_OVERLAP = timedelta(days=2)
CLOCKS_AGREE = timedelta(minutes=5)
PASSES = 3
SILENT_PLATFORM = 3
"""After this many unreachable answers and not one good one, the platform is left alone for this run."""


@dataclass(frozen=True)
class Night:
    """What stays the same through one collection. `clock` gives UTC, `say` takes one line for the operator."""

    store: Store
    http: Http
    connectors: Mapping[str, Connector]
    day: date
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    accounts: tuple[str, ...] | None = None
    known_causes: dict[str, str] = field(default_factory=dict)
    """Account id -> the cause of its last failure; only another cause is logged, never the repetition."""

    def compare_clocks(self, server_time: datetime | None) -> None:
        """Warn where this machine's clock and a platform's differ by more than five minutes."""
        if server_time is None or abs(self.clock() - server_time) <= CLOCKS_AGREE:
            return
        log.warning("this machine's clock says %s, a platform's %s", self.clock(), server_time)

    @property
    def platforms(self) -> tuple[str, ...]:
        """List the platforms that can be read tonight."""
        return tuple(self.connectors)


@dataclass
class Collected:
    """What one collection brought. `missing` counts active accounts whose profile is still unread,
    `units` requests by platform, `statuses` attempts by status; `stopped` says why a platform was left.
    """

    missing: int = 0
    posts: int = 0
    units: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)
    unexpected: int = 0

    @property
    def passing(self) -> int:
        """Count the failures that may pass when asked again."""
        return self.statuses["unreachable"] + self.statuses["changed"]

    @property
    def complete(self) -> bool:
        """Say whether everything that was asked for could be read."""
        return not (self.unexpected or self.missing or self.stopped)


Task = Callable[[], list[Reading]]


@dataclass
class Dispatcher:
    """Asks one platform; remembers what stopped it, so that the accounts left get the same cause without a request.

    `known` holds the last known counts by account id, for the rule that a fall to 0 is asked for twice.
    """

    night: Night
    connector: Connector
    known: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stopped: ReadError | None = None
    answered: bool = False
    silent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, error: ReadError | None) -> None:
        """Take in the outcome of a whole request; some outcomes stop the platform."""
        with self.lock:
            if error is None:
                self.answered = True
                return
            self.silent += isinstance(error, Unreachable)
            dead = not self.answered and self.silent >= SILENT_PLATFORM
            if dead or isinstance(
                error, AccessDenied | QuotaExhausted | RateLimited | PermissionMissing
            ):
                self.stopped = self.stopped or error

    def read_profiles(self, due: Sequence[DueAccount]) -> list[Reading]:
        """Read the counts of one batch of accounts; every account comes back with a reading or its cause."""
        night, tried_at = self.night, self.night.clock()
        if self.stopped:
            return [self._not_asked(account, "profile", tried_at) for account in due]
        left = {account.ref.id: account for account in due}
        readings = []
        with night.http.tally() as tally:
            try:
                for ref, result in self.connector.profiles([account.ref for account in due]):
                    account = left.pop(ref.id)
                    result = self._ask_zero_twice(account, result)
                    readings.append(self._profile(account, tried_at, tally, result))
                self.note(None)
                night.compare_clocks(tally.server_time)
            except ReadError as error:
                self.note(error)
                readings += [
                    self._profile(account, tried_at, tally, error) for account in left.values()
                ]
        return _with_requests(readings, tally.requests)

    def list_posts(self, due: DueAccount, since: datetime | None) -> list[Reading]:
        """List one account's posts down to `since`; what came before a failure is kept."""
        night, tried_at = self.night, self.night.clock()
        if self.stopped:
            return [self._not_asked(due, "posts", tried_at)]
        seen: dict[str, PostCounts] = {}
        failure: ReadError | None = None
        with night.http.tally() as tally:
            try:
                for post in self.connector.posts(due.ref, since):
                    seen.setdefault(post.native_id, post)
            except ReadError as error:
                failure = error
        self.note(failure)
        reading = self._reading(due.ref.id, due.basis, "posts", tried_at, tally, failure)
        reading = replace(reading, posts=tuple(seen.values()), walked=failure is None)
        return _with_requests([reading], tally.requests)

    def refresh(self, due: Sequence[DuePost]) -> list[Reading]:
        """Read one batch of posts again, across accounts; one reading an account."""
        night, tried_at = self.night, self.night.clock()
        if self.stopped:
            return []
        by_ref = {post.ref: post for post in due}
        counts: dict[str, list[PostCounts]] = {post.ref.account.id: [] for post in due}
        missing: dict[str, list[str]] = {account: [] for account in counts}
        failures: dict[str, ReadError] = {}
        failure: ReadError | None = None
        with night.http.tally() as tally:
            try:
                for ref, result in self.connector.refresh([post.ref for post in due]):
                    del by_ref[ref]
                    if isinstance(result, PostCounts):
                        counts[ref.account.id].append(result)
                    elif isinstance(result, NotFoundOrNoAccess | AccountGone):
                        missing[ref.account.id].append(ref.native_id)
                    else:
                        failures[ref.account.id] = result
            except ReadError as error:
                failure = error
        self.note(failure)
        if failure is not None:
            failures |= {ref.account.id: failure for ref in by_ref}
        readings = [
            replace(
                self._reading(
                    account,
                    None,
                    "refresh",
                    tried_at,
                    tally,
                    failures.get(account),
                ),
                posts=tuple(counts[account]),
                missing=tuple(missing[account]),
            )
            for account in counts
        ]
        return _with_requests(readings, tally.requests)

    def _ask_zero_twice(
        self, account: DueAccount, result: ProfileCounts | ReadError
    ) -> ProfileCounts | ReadError:
        """Ask again where a known number of followers became 0: a fault of the platform, more often than not."""
        before = self.known.get(account.ref.id, {}).get("followers")
        if not isinstance(result, ProfileCounts) or result.followers != 0 or not before:
            return result
        [(_, again)] = list(self.connector.profiles([account.ref]))
        return again

    def _profile(
        self,
        account: DueAccount,
        tried_at: datetime,
        tally: Tally,
        result: ProfileCounts | ReadError,
    ) -> Reading:
        return self._reading(account.ref.id, account.basis, "profile", tried_at, tally, result)

    def _reading(
        self,
        account_id: str,
        basis: str | None,
        what: str,
        tried_at: datetime,
        tally: Tally,
        result: ProfileCounts | ReadError | None,
    ) -> Reading:
        error = result if isinstance(result, ReadError) else None
        return Reading(
            account_id=account_id,
            day=self.night.day,
            lane=LANE,
            what=what,
            tried_at=tried_at,
            observed_at=tally.received_at or tried_at,
            status=error.status if error else "ok",
            message=str(error) if error else None,
            basis=basis,
            source=self.connector.source,
            digest=tally.digests[-1] if tally.digests else None,
            retry_at=_retry_at(error),
            profile=result if isinstance(result, ProfileCounts) else None,
        )

    def _not_asked(self, account: DueAccount, what: str, tried_at: datetime) -> Reading:
        assert self.stopped is not None
        return Reading(
            account_id=account.ref.id,
            day=self.night.day,
            lane=LANE,
            what=what,
            tried_at=tried_at,
            observed_at=tried_at,
            status=self.stopped.status,
            message=f"not asked: {self.stopped}",
            basis=account.basis,
            source=self.connector.source,
            retry_at=_retry_at(self.stopped),
        )


def _retry_at(error: ReadError | None) -> datetime | None:
    if isinstance(error, RateLimited):
        return error.retry_at
    if isinstance(error, QuotaExhausted):
        return error.reset_at
    return None


def _with_requests(readings: list[Reading], requests: int) -> list[Reading]:
    """File the requests of a shared call under its first account, so that the sum of attempts is the calls made."""
    return [replace(readings[0], requests=requests), *readings[1:]] if readings else readings


def chunks(items: Sequence[DueAccount], size: int) -> Iterator[Sequence[DueAccount]]:
    """Cut a list into batches of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def needs_walk(due: DueAccount, posts_total: int | None, day: date) -> bool:
    """Say whether an account's posts must be listed: never walked, total changed since the walk, or a week ago.

    `posts_total` is the account's last known number of posts; where it is unknown the list is walked every night.
    """
    if due.last_walk is None or day - due.last_walk >= WEEKLY_WALK:
        return True
    return posts_total is None or posts_total != due.last_posts_total


def walk_since(due: DueAccount, day: date, since: date | None = None) -> datetime:
    """Give the instant down to which a list is walked: two days before the last walk, 91 days at the first one."""
    if since is not None:
        return scheduled_at(since)
    if due.last_walk is None:
        return scheduled_at(day) - FIRST_WALK
    return scheduled_at(due.last_walk) - WALK_OVERLAP


def collect(night: Night, since: date | None = None) -> Collected:
    """Read everything that is still missing for one night. A second call asks only what the first did not get."""
    collected = Collected()
    dispatchers = {key: Dispatcher(night, item) for key, item in night.connectors.items()}
    if since is None:
        _try_again(night, "profiles", lambda: _profile_tasks(night, dispatchers), collected)
    _try_again(night, "lists of posts", lambda: _list_tasks(night, dispatchers, since), collected)
    _try_again(night, "posts at an age mark", lambda: _refresh_tasks(night, dispatchers), collected)
    collected.missing = len(_due(night, "profile")) if since is None else 0
    collected.stopped = {
        key: str(item.stopped) for key, item in dispatchers.items() if item.stopped
    }
    return collected


def final_statuses(store: Store, day: date) -> dict[str, str]:
    """Give each account's best profile attempt of a night: `ok` once it was read, else the last."""
    final: dict[str, str] = {}
    rows = store.rows("attempt", day=day_number(day), what="profile", lane=LANES.index(LANE))
    for row in sorted(rows, key=lambda row: row["tried_at"]):
        if final.get(row["account_id"]) != "ok":
            final[row["account_id"]] = row["status"]
    return final


def lost_tonight(night: Night) -> set[str]:
    """List accounts the platform did not find tonight: asking for their posts would tell no more."""
    final = final_statuses(night.store, night.day)
    return {account for account, status in final.items() if status in ("gone", "unclear", "moved")}


def _due(night: Night, what: str) -> list[DueAccount]:
    return night.store.due(
        night.day, LANE, what, platforms=night.platforms, accounts=night.accounts
    )


def _profile_tasks(night: Night, dispatchers: Mapping[str, Dispatcher]) -> dict[str, list[Task]]:
    due = _due(night, "profile")
    known = night.store.last_counts([account.ref.id for account in due], LANE)
    tasks: dict[str, list[Task]] = {}
    for platform, dispatcher in dispatchers.items():
        dispatcher.known = known
        own = [account for account in due if account.ref.platform == platform]
        tasks[platform] = [
            (lambda d=dispatcher, b=batch: d.read_profiles(b))  # type: ignore[misc]  # mypy cannot type lambda defaults
            for batch in chunks(own, dispatcher.connector.batch)
        ]
    return tasks


def _list_tasks(
    night: Night, dispatchers: Mapping[str, Dispatcher], since: date | None
) -> dict[str, list[Task]]:
    lost = lost_tonight(night)
    due = [account for account in _due(night, "posts") if account.ref.id not in lost]
    known = night.store.last_counts([account.ref.id for account in due], LANE)
    tasks: dict[str, list[Task]] = {platform: [] for platform in dispatchers}
    for account in due:
        total = known.get(account.ref.id, {}).get("posts")
        if since is None and not needs_walk(account, total, night.day):
            continue
        start = walk_since(account, night.day, since)
        dispatcher = dispatchers[account.ref.platform]
        tasks[account.ref.platform].append(
            lambda d=dispatcher, a=account, s=start: d.list_posts(a, s)  # type: ignore[misc]  # as above
        )
    return tasks


def _refresh_tasks(night: Night, dispatchers: Mapping[str, Dispatcher]) -> dict[str, list[Task]]:
    lost = lost_tonight(night)
    due = [
        post
        for post in night.store.due_posts(
            night.day, LANE, platforms=night.platforms, accounts=night.accounts
        )
        if post.ref.account.id not in lost
    ]
    tasks: dict[str, list[Task]] = {}
    for platform, dispatcher in dispatchers.items():
        own = [post for post in due if post.ref.account.platform == platform]
        size = dispatcher.connector.post_batch
        tasks[platform] = [
            (lambda d=dispatcher, b=own[at : at + size]: d.refresh(b))  # type: ignore[misc]  # as above
            for at in range(0, len(own), size)
        ]
    return tasks


def _try_again(
    night: Night,
    name: str,
    make_tasks: Callable[[], Mapping[str, Sequence[Task]]],
    collected: Collected,
) -> None:
    """Run a phase, and run it again for what failed in a way that passes: unreachable, or a reply cut short."""
    for _ in range(PASSES):
        before = collected.passing
        _phase(night, name, make_tasks(), collected)
        if collected.passing == before:
            return


def _phase(
    night: Night, name: str, tasks: Mapping[str, Sequence[Task]], collected: Collected
) -> None:
    """Run every platform's tasks side by side and write what they bring, 50 accounts or one second at a time."""
    total = sum(len(each) for each in tasks.values())
    if total == 0:
        return
    night.say(f"{name}: {total} requests planned")
    done: queue.Queue[tuple[str, list[Reading] | None]] = queue.Queue()
    pools = [
        _start(platform, each, night.connectors[platform].parallel, done)
        for platform, each in tasks.items()
        if each
    ]
    buffer: list[Reading] = []
    saved_at = time.monotonic()
    try:
        for _ in range(total):
            platform, readings = done.get()
            if readings is None:
                collected.unexpected += 1
                continue
            collected.units[platform] += sum(reading.requests for reading in readings)
            buffer += readings
            accounts = len({reading.account_id for reading in buffer})
            if accounts >= SAVE_ACCOUNTS or time.monotonic() - saved_at >= SAVE_SECONDS:
                _save(night, buffer, collected)
                buffer, saved_at = [], time.monotonic()
        _save(night, buffer, collected)
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _start(
    platform: str,
    tasks: Sequence[Task],
    parallel: int,
    done: queue.Queue[tuple[str, list[Reading] | None]],
) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(parallel, thread_name_prefix=platform)

    def run(task: Task) -> None:
        try:
            done.put((platform, task()))
        except Exception as error:  # the one broad except: a fault of ours must not end the night
            log.exception("unexpected %s while reading %s", type(error).__name__, platform)
            done.put((platform, None))

    for task in tasks:
        pool.submit(run, task)
    return pool


def _save(night: Night, readings: Sequence[Reading], collected: Collected) -> None:
    if not readings:
        return
    collected.posts += night.store.save(readings).posts
    collected.statuses.update(reading.status for reading in readings)
    for reading in readings:
        if reading.status not in ("ok", night.known_causes.get(reading.account_id)):
            night.known_causes[reading.account_id] = reading.status
            log.warning("%s: %s: %s", reading.account_id, reading.status, reading.message)
