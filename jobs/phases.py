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
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from connectors.base import Connector, batches
from jobs.collect import (
    READ_LANES,
    Dispatcher,
    KnownPosts,
    Night,
    final_statuses,
    has_counts,
    retry_at,
    walk_since,
)
from tracker.periods import scheduled_at
from tracker.readings import AccountRef, PostRef, Reading
from tracker.store import DueAccount, DuePost

log = logging.getLogger("tracker.collect")

SAVE_ACCOUNTS = 50
SAVE_SECONDS = 1.0
WEEKLY_WALK = timedelta(days=7)
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
    failed: dict[str, dict[Who, str]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    unavailable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    retry_at: datetime | None = None
    told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Say whether everything that was asked for could be read."""
        return not (self.missing or self.stopped or any(self.failed.values()))


def collect(night: Night, since: date | None = None) -> Collected:
    """Read everything that is still missing for one night.

    A second call asks only what the first did not get. With `since` only lists of posts are read,
    down to that day, for accounts that were not walked back so far before.
    """
    collected = Collected()
    askers = {
        key: Dispatcher(night, item, lambda posts: _last_counts(night, posts))
        for key, item in night.connectors.items()
    }
    if since is None:
        _repeat(night, "profile", lambda only: _profile_tasks(night, askers, only), collected)
        _repeat(night, "posts", lambda only: _list_tasks(night, askers, only), collected)
    else:
        _repeat(
            night, "backfill", lambda only: _backfill_tasks(night, askers, since, only), collected
        )
    _repeat(night, "refresh", lambda only: _refresh_tasks(night, askers, only), collected)
    for key, asker in askers.items():
        _note_stops(key, asker, collected)
        if asker.unavailable:
            collected.unavailable[key] = tuple(sorted(asker.unavailable))
    return collected


def _last_counts(night: Night, posts: Sequence[PostRef]) -> KnownPosts:
    """Look up what is known of posts, which all have one lane."""
    return night.store.last_post_counts(posts, posts[0].account.lane) if posts else {}


def _note_stops(platform: str, asker: Dispatcher, collected: Collected) -> None:
    for (credential, _), error in asker.stopped.items():
        name = platform if credential == platform else f"{platform} ({credential})"
        collected.stopped[name] = str(error)
        moment = retry_at(error)
        if moment is not None and (collected.retry_at is None or moment < collected.retry_at):
            collected.retry_at = moment


def needs_walk(due: DueAccount, posts_total: int | None, day: date, every: int = 1) -> bool:
    """Say whether an account's posts must be listed: never walked, total changed, or a week ago.

    `posts_total` is the account's last known number of posts; where it is unknown the list is
    walked `every` so many days.
    """
    if due.last_walk is None or day - due.last_walk >= WEEKLY_WALK:
        return True
    if posts_total is None:
        return day - due.last_walk >= timedelta(days=every)
    return posts_total != due.last_posts_total


Who = tuple[str, str]
"""An account in a lane: (account id, lane)."""


def list_every(connector: Connector, lane: str) -> int:
    """Give the days between two walks where the number of posts does not tell: an owner's list
    carries what his posts drew, and is walked every night.
    """
    return 1 if lane == "owner" else connector.list_every


def _due(
    night: Night, askers: Mapping[str, Dispatcher], what: str, only: Collection[Who] | None
) -> list[DueAccount]:
    """List whom to ask, each in the lanes it is read in; posts are listed in the best lane only.

    In a second pass (`only`) without those whose credential is stopped.
    """
    found = []
    for lane in READ_LANES:
        for due in night.store.due(
            night.day,
            lane,
            None if what == "backfill" else what,  # how far back was walked is asked elsewhere
            platforms=night.platforms,
            accounts=night.accounts,
        ):
            account = in_lane(due, lane)
            asker = askers[account.ref.platform]
            if account.ref.id in night.apart or not reads(asker, account.ref, what):
                continue
            if only is None or (
                (account.ref.id, lane) in only and not asker.stop_of(account.ref, what)
            ):
                found.append(account)
    return found


def in_lane(due: DueAccount, lane: str) -> DueAccount:
    """Say by which door an account is to be asked."""
    return replace(due, ref=replace(due.ref, lane=lane))


def reads(asker: Dispatcher, account: AccountRef, what: str) -> bool:
    """Say whether a phase of an account is read in its lane."""
    lanes = asker.connector.lanes(account)
    if what == "profile":
        return account.lane in lanes
    if account.lane != lanes[0] or not asker.connector.has_posts(account):
        return False
    return what != "refresh" or has_counts(account.platform, account.lane)


def _lost_tonight(night: Night) -> set[Who]:
    """List accounts the platform did not find tonight: asking for their posts would tell no
    more.
    """
    return {
        (account, lane)
        for lane in READ_LANES
        for account, status in final_statuses(night.store, night.day, lane=lane).items()
        if status in LOST
    }


def _profile_tasks(
    night: Night, askers: Mapping[str, Dispatcher], only: Collection[Who] | None
) -> Tasks:
    due = _due(night, askers, "profile", only)
    tasks: dict[str, list[Task]] = {platform: [] for platform in askers}
    for lane in READ_LANES:
        some = [account for account in due if account.ref.lane == lane]
        known = night.store.last_counts([account.ref.id for account in some], lane)
        for platform, asker in askers.items():
            own = [account for account in some if account.ref.platform == platform]
            for account in own:
                asker.known[lane, account.ref.id] = known.get(account.ref.id, {})
            tasks[platform] += [
                (lambda a=asker, b=batch: a.read_profiles(b))  # type: ignore[misc]  # mypy cannot type lambda defaults
                for batch in batches(own, 1 if lane == "owner" else asker.connector.batch)
            ]
    return tasks


def _list_tasks(
    night: Night,
    askers: Mapping[str, Dispatcher],
    only: Collection[Who] | None,
) -> Tasks:
    lost = _lost_tonight(night)
    tasks: dict[str, list[Task]] = {platform: [] for platform in askers}
    every = _due(night, askers, "posts", only)
    due = [account for account in every if (account.ref.id, account.ref.lane) not in lost]
    for lane in READ_LANES:
        ids = [account.ref.id for account in due if account.ref.lane == lane]
        known = night.store.last_counts(ids, lane)
        for account in (account for account in due if account.ref.lane == lane):
            asker = askers[account.ref.platform]
            total = known.get(account.ref.id, {}).get("posts")
            if needs_walk(account, total, night.day, list_every(asker.connector, lane)):
                start = walk_since(account, night.day)
                tasks[account.ref.platform].append(
                    lambda a=asker, d=account, s=start: a.list_posts(d, s)  # type: ignore[misc]  # as above
                )
    return tasks


def _backfill_tasks(
    night: Night, askers: Mapping[str, Dispatcher], since: date, only: Collection[Who] | None
) -> Tasks:
    """List the accounts whose posts have not been walked back to a day yet, whenever that was."""
    done = {
        row["account_id"]
        for row in night.store.rows("attempt", what="backfill", status="ok")
        if (row["message"] or "") <= since.isoformat()
    }
    tasks: dict[str, list[Task]] = {platform: [] for platform in askers}
    for account in _due(night, askers, "backfill", only):
        if account.ref.id not in done:
            tasks[account.ref.platform].append(
                lambda a=askers[account.ref.platform], d=account: [  # type: ignore[misc]  # as above
                    replace(one, message=one.message or since.isoformat())
                    for one in a.list_posts(d, scheduled_at(since), "backfill")
                ]
            )
    return tasks


def _refresh_tasks(
    night: Night, askers: Mapping[str, Dispatcher], only: Collection[Who] | None
) -> Tasks:
    lost = _lost_tonight(night)
    tasks: dict[str, list[Task]] = {platform: [] for platform in askers}
    for lane in READ_LANES:
        due = []
        for post in night.store.due_posts(
            night.day, lane, platforms=night.platforms, accounts=night.accounts
        ):
            account = replace(post.ref.account, lane=lane)
            who = (account.id, lane)
            if who in lost or not (only is None or who in only):
                continue
            if reads(askers[account.platform], account, "refresh"):
                due.append(replace(post, ref=replace(post.ref, account=account)))
        for platform, asker in askers.items():
            own = [post for post in due if post.ref.account.platform == platform]
            for some in by_account(own) if lane == "owner" else [own]:
                tasks[platform] += [
                    (lambda a=asker, b=batch: a.refresh(b))  # type: ignore[misc]  # as above
                    for batch in batches(some, asker.connector.post_batch)
                ]
    return tasks


def by_account(posts: Sequence[DuePost]) -> list[list[DuePost]]:
    """Part posts by account: where each account has a token of its own, no batch goes across."""
    parts: dict[str, list[DuePost]] = {}
    for post in posts:
        parts.setdefault(post.ref.account.id, []).append(post)
    return list(parts.values())


def _repeat(
    night: Night,
    what: str,
    make_tasks: Callable[[Collection[Who] | None], Tasks],
    collected: Collected,
) -> None:
    """Run a phase, and again for the accounts that failed in a way that passes."""
    failed: dict[Who, str] = {}
    again: set[Who] | None = None
    for _ in range(PASSES):
        ended = _phase(night, what, make_tasks(again), collected)
        failed = {key: status for key, status in {**failed, **ended}.items() if status != "ok"}
        again = {key for key, status in failed.items() if status in PASSING}
        if not again:
            break
    collected.failed[what] = failed


def _phase(night: Night, what: str, tasks: Tasks, collected: Collected) -> dict[Who, str]:
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
    ended: dict[Who, str] = {}
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
                who = (reading.account_id, reading.lane)
                if ended.get(who, "ok") == "ok":
                    ended[who] = reading.status
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
    "backfill": "lists of posts further back",
}
"""Phase -> what its tasks are, for the operator."""


def _save(night: Night, readings: Sequence[Reading], collected: Collected) -> None:
    if not readings:
        return
    saved = night.store.save(readings)
    for meter in night.meters.values():
        meter.file()
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
