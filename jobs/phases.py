"""Accounts -> readings -> store: whom to read tonight and in which order.

Profiles first, then the lists of accounts whose total of posts changed or whose weekly walk is due,
then the posts that reached an age mark. Each platform has its own dispatcher with at most
`parallel` requests in flight; one writer.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from jobs.collect import LANE, Dispatcher, Night, chunks, final_statuses, retry_at
from tracker.periods import scheduled_at
from tracker.readings import Reading
from tracker.store import DueAccount

log = logging.getLogger("tracker.collect")

SAVE_ACCOUNTS = 50
SAVE_SECONDS = 1.0
WEEKLY_WALK = timedelta(days=7)
FIRST_WALK = timedelta(days=91)
WALK_OVERLAP = timedelta(days=2)
PASSES = 3
PASSING = ("unreachable", "changed")
"""Failures that may pass when asked again in the same night."""
LOST = ("gone", "unclear", "moved")
"""Failures that concern one account; all others are told once for a platform."""

Task = Callable[[], list[Reading]]
Tasks = Mapping[str, Sequence[Task]]


@dataclass
class Collected:
    """What one collection brought.

    `missing` counts active accounts whose profile is still unread, `units` requests by platform,
    `statuses` attempts by status. `failed` is, by phase, the cause of each account that could not
    be read to the end; `stopped` says why a platform was left, `retry_at` (UTC) when the first of
    them answers again.
    """

    missing: int = 0
    posts: int = 0
    units: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    failed: dict[str, dict[str, str]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    retry_at: datetime | None = None
    told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Say whether everything that was asked for could be read."""
        return not (self.missing or self.stopped or any(self.failed.values()))


def collect(night: Night, since: date | None = None) -> Collected:
    """Read everything that is still missing for one night.

    A second call asks only what the first did not get. With `since` only lists of posts are read,
    down to that day.
    """
    collected = Collected()
    askers = {
        key: Dispatcher(night, item, lambda posts: night.store.last_post_counts(posts, LANE))
        for key, item in night.connectors.items()
    }
    if since is None:
        _repeat(night, "profile", lambda only: _profile_tasks(night, askers, only), collected)
    _repeat(night, "posts", lambda only: _list_tasks(night, askers, since, only), collected)
    _repeat(night, "refresh", lambda only: _refresh_tasks(night, askers, only), collected)
    if since is None:
        collected.missing = len(_due(night, askers, "profile", None))
    for key, asker in askers.items():
        _note_stops(key, asker, collected)
    return collected


def _note_stops(platform: str, asker: Dispatcher, collected: Collected) -> None:
    for (credential, _), error in asker.stopped.items():
        name = platform if credential == platform else f"{platform} ({credential})"
        collected.stopped[name] = str(error)
        moment = retry_at(error)
        if moment is not None and (collected.retry_at is None or moment < collected.retry_at):
            collected.retry_at = moment


def needs_walk(due: DueAccount, posts_total: int | None, day: date) -> bool:
    """Say whether an account's posts must be listed: never walked, total changed, or a week ago.

    `posts_total` is the account's last known number of posts; where it is unknown the list is
    walked every night.
    """
    if due.last_walk is None or day - due.last_walk >= WEEKLY_WALK:
        return True
    return posts_total is None or posts_total != due.last_posts_total


def walk_since(due: DueAccount, day: date, since: date | None = None) -> datetime:
    """Give the instant down to which a list is walked: two days before the last walk, 91 days at
    the first one.
    """
    if since is not None:
        return scheduled_at(since)
    if due.last_walk is None:
        return scheduled_at(day) - FIRST_WALK
    return scheduled_at(due.last_walk) - WALK_OVERLAP


def _due(
    night: Night, askers: Mapping[str, Dispatcher], what: str, only: Collection[str] | None
) -> list[DueAccount]:
    """List whom to ask; in a second pass (`only`) without those whose credential is stopped."""
    due = night.store.due(night.day, LANE, what, platforms=night.platforms, accounts=night.accounts)
    if only is None:
        return due
    return [
        account
        for account in due
        if account.ref.id in only and not askers[account.ref.platform].stop_of(account.ref, what)
    ]


def _lost_tonight(night: Night) -> set[str]:
    """List accounts the platform did not find tonight: asking for their posts would tell no
    more.
    """
    final = final_statuses(night.store, night.day)
    return {account for account, status in final.items() if status in LOST}


def _profile_tasks(
    night: Night, askers: Mapping[str, Dispatcher], only: Collection[str] | None
) -> Tasks:
    due = _due(night, askers, "profile", only)
    known = night.store.last_counts([account.ref.id for account in due], LANE)
    tasks: dict[str, list[Task]] = {}
    for platform, asker in askers.items():
        asker.known = known
        own = [account for account in due if account.ref.platform == platform]
        tasks[platform] = [
            (lambda a=asker, b=batch: a.read_profiles(b))  # type: ignore[misc]  # mypy cannot type lambda defaults
            for batch in chunks(own, asker.connector.batch)
        ]
    return tasks


def _list_tasks(
    night: Night,
    askers: Mapping[str, Dispatcher],
    since: date | None,
    only: Collection[str] | None,
) -> Tasks:
    lost = _lost_tonight(night)
    due = [account for account in _due(night, askers, "posts", only) if account.ref.id not in lost]
    known = night.store.last_counts([account.ref.id for account in due], LANE)
    tasks: dict[str, list[Task]] = {platform: [] for platform in askers}
    for account in due:
        total = known.get(account.ref.id, {}).get("posts")
        if since is None and not needs_walk(account, total, night.day):
            continue
        start = walk_since(account, night.day, since)
        asker = askers[account.ref.platform]
        tasks[account.ref.platform].append(
            lambda a=asker, d=account, s=start: a.list_posts(d, s)  # type: ignore[misc]  # as above
        )
    return tasks


def _refresh_tasks(
    night: Night, askers: Mapping[str, Dispatcher], only: Collection[str] | None
) -> Tasks:
    lost = _lost_tonight(night)
    due = [
        post
        for post in night.store.due_posts(
            night.day, LANE, platforms=night.platforms, accounts=night.accounts
        )
        if post.ref.account.id not in lost and (only is None or post.ref.account.id in only)
    ]
    tasks: dict[str, list[Task]] = {}
    for platform, asker in askers.items():
        own = [post for post in due if post.ref.account.platform == platform]
        tasks[platform] = [
            (lambda a=asker, b=batch: a.refresh(b))  # type: ignore[misc]  # as above
            for batch in chunks(own, asker.connector.post_batch)
        ]
    return tasks


def _repeat(
    night: Night,
    what: str,
    make_tasks: Callable[[Collection[str] | None], Tasks],
    collected: Collected,
) -> None:
    """Run a phase, and again for the accounts that failed in a way that passes."""
    failed: dict[str, str] = {}
    again: set[str] | None = None
    for _ in range(PASSES):
        ended = _phase(night, what, make_tasks(again), collected)
        failed = {key: status for key, status in {**failed, **ended}.items() if status != "ok"}
        again = {key for key, status in failed.items() if status in PASSING}
        if not again:
            break
    collected.failed[what] = failed


def _phase(night: Night, what: str, tasks: Tasks, collected: Collected) -> dict[str, str]:
    """Run every platform's tasks side by side and write what they bring; give how each account
    ended.

    Written are whole accounts, 50 of them or one second of readings at a time. Raises StoreError
    where a reply cannot be archived or a reading not be saved.
    """
    planned = {platform: len(each) for platform, each in tasks.items() if each}
    if not planned:
        return {}
    counts = ", ".join(f"{platform} {count}" for platform, count in planned.items())
    night.say(f"{PLANNED[what]}: {counts}")
    pools = {
        platform: ThreadPoolExecutor(night.connectors[platform].parallel, platform)
        for platform in planned
    }
    ended: dict[str, str] = {}
    buffer: list[Reading] = []
    saved_at = time.monotonic()
    try:
        waiting: dict[Future[list[Reading]], str] = {
            pools[platform].submit(task): platform
            for platform in planned
            for task in tasks[platform]
        }
        for future in as_completed(list(waiting)):
            platform = waiting.pop(future)
            readings = future.result()
            collected.units[platform] += sum(reading.requests for reading in readings)
            for reading in readings:
                _tell(night, platform, reading, collected)
                if ended.get(reading.account_id, "ok") == "ok":
                    ended[reading.account_id] = reading.status
            buffer += readings
            accounts = len({reading.account_id for reading in buffer})
            if accounts >= SAVE_ACCOUNTS or time.monotonic() - saved_at >= SAVE_SECONDS:
                _save(night, buffer, collected)
                buffer, saved_at = [], time.monotonic()
        _save(night, buffer, collected)
    finally:
        for pool in pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
    return ended


PLANNED = {
    "profile": "requests for profiles",
    "posts": "lists of posts",
    "refresh": "requests for posts at an age mark",
}
"""Phase -> what its tasks are, for the operator."""


def _save(night: Night, readings: Sequence[Reading], collected: Collected) -> None:
    if not readings:
        return
    saved = night.store.save(readings)
    collected.posts += saved.posts
    collected.statuses.update(reading.status for reading in readings)
    for renamed in saved.renames:
        night.say(f"{renamed.account_id} goes on as {renamed.new}, formerly {renamed.old}")
    for account, known, came in saved.strangers:
        log.warning("%s answered as %s, not as %s: a person decides", account, came, known)


def _tell(night: Night, platform: str, reading: Reading, collected: Collected) -> None:
    """Log the first failure and the recovery: of an account by itself, of a platform once."""
    status, account = reading.status, reading.account_id
    if status in LOST or status == "ok":
        before = night.known_causes.get(account, "ok")
        if status == "ok" and before in LOST and reading.what == "profile":
            log.info("%s is read again", account)
        if status == "ok" or before == status:
            return
        night.known_causes[account] = status
        log.warning("%s: %s: %s", account, status, reading.message)
    elif (platform, status) not in collected.told:
        collected.told.add((platform, status))
        log.warning("%s: %s: %s (first at %s)", platform, status, reading.message, account)
