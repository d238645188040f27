"""Asks one platform tonight's questions: what a failure stops, what is asked twice, what becomes of
a fault of ours.

Knows in which order nothing: that is `phases`.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from connectors.base import Connector, batches
from jobs.budgets import Meter, bucket_of
from tracker.errors import (
    AccessDenied,
    AccountGone,
    BadRequest,
    NotFoundOrNoAccess,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    TrackerError,
    Unreachable,
)
from tracker.http import Http, Tally
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.periods import day_number, scheduled_at
from tracker.platforms import PLATFORMS
from tracker.readings import LANES, AccountRef, PostCounts, PostRef, ProfileCounts, Reading
from tracker.secrets import redact
from tracker.store import DueAccount, DuePost, Store

log = logging.getLogger("tracker.collect")

READ_LANES = ("owner", "public")
"""The lanes that a night reads, the better one first."""
CLOCKS_AGREE = timedelta(minutes=5)
FIRST_WALK = timedelta(days=91)
WALK_OVERLAP = timedelta(days=2)
SILENT = 3
"""After this many requests without an answer, and not one with, a credential is left alone for this
run.
"""
EVERY_PHASE = ""
Item = TypeVar("Item")
KnownPosts = Mapping[tuple[str, str], Mapping[str, int]]


@dataclass(frozen=True)
class Night:
    """What stays the same through one collection. `clock` gives UTC, `say` takes one line for the
    operator.
    """

    store: Store
    http: Http
    connectors: Mapping[str, Connector]
    day: date
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    meters: Mapping[str, Meter] = field(default_factory=dict)
    accounts: tuple[str, ...] | None = None
    apart: Collection[str] = ()
    """Accounts that nobody can read before their owner consents; they are not asked."""
    known_causes: dict[str, str] = field(default_factory=dict)
    """Account id -> how its last reading ended; only another cause is logged, never the repetition.
    """

    def meter(self, platform: str) -> Meter | None:
        """Give what counts a platform's units; None in a replay, which uses none."""
        return self.meters.get(platform)

    @property
    def platforms(self) -> tuple[str, ...]:
        """List the platforms that can be read tonight."""
        return tuple(self.connectors)


@dataclass
class Asked:
    """One question: its requests, and the error that ended it."""

    tried_at: datetime
    tally: Tally
    error: ReadError | None = None


@dataclass
class Dispatcher:
    """Asks one platform; remembers what stopped it, so that the accounts left get the same cause
    without a request.

    `known` holds the last known counts by (lane, account id), and `known_posts` looks up those of
    posts by (account id, native id), for the rule that a fall to 0 is asked for twice. `stopped` is
    by credential and phase: a refusal of one Mastodon server says nothing of another. `unavailable`
    are the metrics that the platform refused to give tonight.
    """

    night: Night
    connector: Connector
    known_posts: Callable[[Sequence[PostRef]], KnownPosts]
    known: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    unavailable: set[str] = field(default_factory=set)
    stopped: dict[tuple[str, str], ReadError] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    silent: Counter[str] = field(default_factory=Counter)
    clock_compared: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    first: threading.Lock = field(default_factory=threading.Lock)

    def read_profiles(self, due: Sequence[DueAccount]) -> list[Reading]:
        """Read the counts of one batch of accounts; every account comes back with a reading or its
        cause. Where the newest posts came along and reach back far enough, its list counts as
        walked.
        """
        with self._turn():
            self._stop_at_reserve([account.ref for account in due], "profile")
            readings = self._of_stopped(due, "profile")
            filed = {reading.account_id for reading in readings}
            left = {account.ref.id: account for account in due if account.ref.id not in filed}
            if not left:
                return readings
            results: list[tuple[DueAccount, ProfileCounts | ReadError]] = []
            with self._asking(next(iter(left.values())).ref) as asked:
                refs = [account.ref for account in left.values()]
                for ref, result in self.connector.profiles(refs):
                    sure = self._sure_profile(left[ref.id], result)
                    results.append((left.pop(ref.id), sure))
            doubtful = list(left.values()) if _may_be_one(asked.error, len(left)) else []
            if asked.error is not None and not doubtful:
                results += [(account, asked.error) for account in left.values()]
            self._note("profile", ((account.ref, result) for account, result in results))
        self._compare_clocks(asked.tally)
        made = [self._reading(one.ref, one.basis, "profile", asked, it) for one, it in results]
        walks = [
            replace(self._reading(one.ref, one.basis, "posts", asked, None), walked=True)
            for one, it in results
            if isinstance(it, ProfileCounts) and self._shows_the_whole_walk(one, it)
        ]
        apart = [reading for half in halves(doubtful) for reading in self.read_profiles(half)]
        return readings + _with_requests([*made, *apart], asked.tally.requests) + walks

    def _shows_the_whole_walk(self, due: DueAccount, profile: ProfileCounts) -> bool:
        """Say whether the posts that came along with a profile are all that a walk would list."""
        if due.ref.lane != self.connector.lanes(due.ref)[0] or not self.connector.has_posts(
            due.ref
        ):
            return False
        if profile.newest_is_all:
            return True
        since = walk_since(due, self.night.day)
        return any(
            post.published_at is not None and post.published_at < since for post in profile.newest
        )

    def list_posts(
        self, due: DueAccount, since: datetime | None, what: str = "posts"
    ) -> list[Reading]:
        """List one account's posts down to `since`; what came before a failure is kept. `what` is
        the phase it is filed under: `posts`, or `backfill`.
        """
        with self._turn():
            self._stop_at_reserve([due.ref], what)
            if not_asked := self._of_stopped([due], what):
                return not_asked
            seen: dict[PostRef, PostCounts] = {}
            with self._asking(due.ref) as asked:
                for post in self.connector.posts(due.ref, since):
                    seen.setdefault(PostRef(due.ref, post.native_id), post)
                self._make_sure(seen)
            self._note(what, [(due.ref, asked.error)])
        reading = self._reading(due.ref, due.basis, what, asked, asked.error)
        reading = replace(reading, posts=tuple(seen.values()), walked=asked.error is None)
        return _with_requests([reading], asked.tally.requests)

    def refresh(self, due: Sequence[DuePost]) -> list[Reading]:
        """Read one batch of posts again, across accounts; one reading an account, none for those
        that are stopped.
        """
        with self._turn():
            self._stop_at_reserve([post.ref.account for post in due], "refresh")
            left = {post.ref for post in due if not self.stop_of(post.ref.account, "refresh")}
            refs = [post.ref for post in due if post.ref in left]
            if not refs:
                return []
            seen: dict[PostRef, PostCounts] = {}
            missing: set[PostRef] = set()
            failures: dict[str, ReadError] = {}
            with self._asking(refs[0].account) as asked:
                for ref, result in self.connector.refresh(refs):
                    left.remove(ref)
                    if isinstance(result, PostCounts):
                        seen[ref] = result
                    elif isinstance(result, NotFoundOrNoAccess | AccountGone):
                        missing.add(ref)
                    else:
                        failures[ref.account.id] = result
                left |= seen.keys()
                self._make_sure(seen)
                left -= seen.keys()
            doubtful = [post for post in due if post.ref in left]
            if not _may_be_one(asked.error, len(doubtful)):
                if asked.error is not None:
                    failures |= {ref.account.id: asked.error for ref in left}
                doubtful = []
            apart = {post.ref for post in doubtful}
            accounts = {ref.account.id: ref.account for ref in refs if ref not in apart}
            self._note("refresh", ((ref, failures.get(key)) for key, ref in accounts.items()))
        readings = [
            replace(
                self._reading(account, None, "refresh", asked, failures.get(key)),
                posts=tuple(counts for ref, counts in seen.items() if ref.account.id == key),
                missing=tuple(
                    ref.native_id for ref in refs if ref in missing and ref.account.id == key
                ),
            )
            for key, account in accounts.items()
        ]
        readings += [reading for half in halves(doubtful) for reading in self.refresh(half)]
        return _with_requests(readings, asked.tally.requests)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let questions run side by side once the platform has answered; the first ones go one at a
        time.

        So a wrong key is refused once, not once for every request in flight.
        """
        with self.first:
            if not self.answered:
                yield
                return
        yield

    @contextmanager
    def _asking(self, account: AccountRef) -> Iterator[Asked]:
        """Count the requests and units of one question and keep the error that ended it.

        `account` is one of those asked about: all of a question share a credential's budget.
        """
        meter = self.night.meter(self.connector.platform)
        credential = self.connector.credential(account)
        with self.night.http.tally() as tally:
            asked = Asked(self.night.clock(), tally)
            try:
                yield asked
            except ReadError as error:
                asked.error = error
            except TrackerError:
                raise  # the disk is full, the store is gone: nothing can go on
            except (
                Exception
            ) as error:  # the one broad except: a fault of ours must not end the night
                platform = self.connector.platform
                log.exception("unexpected %s while reading %s", type(error).__name__, platform)
                asked.error = ReadError(redact(f"unexpected {type(error).__name__}: {error}"))
            finally:
                if meter is not None:
                    meter.note(credential, tally.units)

    def _note(self, what: str, outcomes: Iterable[tuple[AccountRef, object]]) -> None:
        """Take in how one question ended for each account; some errors stop the credential or the
        phase.
        """
        by_credential: dict[str, list[object]] = {}
        for ref, result in outcomes:
            by_credential.setdefault(self.connector.credential(ref), []).append(result)
        with self.lock:
            for credential, results in by_credential.items():
                self._note_credential(credential, what, results)

    def _note_credential(self, credential: str, what: str, results: Sequence[object]) -> None:
        if all(isinstance(result, Unreachable) for result in results):
            self.silent[credential] += 1
            if credential not in self.answered and self.silent[credential] >= SILENT:
                self._stop(credential, EVERY_PHASE, results[0])
            return
        self.answered.add(credential)
        for result in results:
            if isinstance(result, AccessDenied | QuotaExhausted | RateLimited):
                self._stop(credential, EVERY_PHASE, result)
            elif isinstance(result, PermissionMissing):
                self._stop(credential, what, result)

    def _stop_at_reserve(self, accounts: Sequence[AccountRef], what: str) -> None:
        """Stop the credentials of some accounts that have used what a night may use."""
        meter = self.night.meter(self.connector.platform)
        if meter is None:
            return
        bucket = bucket_of(self.connector, accounts[0].lane, what) if accounts else ""
        for credential in {self.connector.credential(account) for account in accounts}:
            try:
                meter.check(credential, bucket)
            except QuotaExhausted as error:
                with self.lock:
                    self._stop(credential, what if bucket else EVERY_PHASE, error)

    def _stop(self, credential: str, what: str, error: object) -> None:
        assert isinstance(error, ReadError), "only an error stops a credential"
        self.stopped.setdefault((credential, what), error)

    def stop_of(self, account: AccountRef, what: str) -> ReadError | None:
        """Give the error that keeps an account from being asked in a phase; None = nothing does."""
        credential = self.connector.credential(account)
        stop = self.stopped.get((credential, EVERY_PHASE))
        return stop or self.stopped.get((credential, what))

    def _of_stopped(self, due: Sequence[DueAccount], what: str) -> list[Reading]:
        """Give those whose credential is stopped their cause, without a request."""
        now = self.night.clock()
        asked = Asked(now, Tally())
        readings = []
        for account in due:
            if stop := self.stop_of(account.ref, what):
                reading = self._reading(account.ref, account.basis, what, asked, stop)
                readings.append(replace(reading, message=f"not asked: {stop}"))
        return readings

    def _sure_profile(
        self, account: DueAccount, result: ProfileCounts | ReadError
    ) -> ProfileCounts | ReadError:
        """Ask again where a known number became 0: a fault of the platform, more often than not."""
        if isinstance(result, ReadError):
            return result
        self.unavailable.update(result.unavailable)
        before = self.known.get((account.ref.lane, account.ref.id), {})
        if _fell(before, result, ACCOUNT_COLUMNS):
            try:
                [(_, again)] = self.connector.profiles([account.ref])
            except ReadError as error:
                return error
            if isinstance(again, ReadError):
                return again
            result = again
        if not result.newest:
            return result
        seen = {PostRef(account.ref, post.native_id): post for post in result.newest}
        self._make_sure(seen)
        return replace(result, newest=tuple(seen.values()))

    def _make_sure(self, seen: dict[PostRef, PostCounts]) -> None:
        """Ask again for posts of which a known number became 0; without a second answer they are
        left out.
        """
        zeros = [
            ref
            for ref, counts in seen.items()
            if any(getattr(counts, column) == 0 for column in POST_COLUMNS)
        ]
        known = self.known_posts(zeros) if zeros else {}
        doubtful = {
            ref: seen.pop(ref)
            for ref in zeros
            if _fell(known.get((ref.account.id, ref.native_id), {}), seen[ref], POST_COLUMNS)
        }
        for batch in batches(list(doubtful), self.connector.post_batch):
            for ref, again in self.connector.refresh(batch):
                if isinstance(again, PostCounts):
                    counts = {column: getattr(again, column) for column in POST_COLUMNS}
                    seen[ref] = replace(doubtful[ref], **counts, details=again.details)

    def _compare_clocks(self, tally: Tally) -> None:
        """Warn, at the first reply, where this machine's clock and the platform's differ by over
        five minutes.
        """
        if self.clock_compared or tally.server_time is None:
            return
        self.clock_compared = True
        here = self.night.clock()
        if abs(here - tally.server_time) > CLOCKS_AGREE:
            platform = self.connector.platform
            log.warning(
                "this machine's clock says %s, %s says %s", here, platform, tally.server_time
            )

    def _looks_at_counts(self, account: AccountRef, what: str) -> bool:
        """Say whether a phase asks for the counts of the posts it shows."""
        if not has_counts(self.connector.platform, account.lane):
            return False
        return what in ("profile", "refresh") or self.connector.list_has_counts

    def _reading(
        self,
        account: AccountRef,
        basis: str | None,
        what: str,
        asked: Asked,
        result: ProfileCounts | ReadError | None,
    ) -> Reading:
        error = result if isinstance(result, ReadError) else None
        return Reading(
            account_id=account.id,
            day=self.night.day,
            lane=account.lane,
            what=what,
            tried_at=asked.tried_at,
            observed_at=asked.tally.received_at or asked.tried_at,
            status=error.status if error else "ok",
            message=str(error) if error else None,
            basis=basis,
            source=self.connector.source,
            digest=asked.tally.digests[-1] if asked.tally.digests else None,
            retry_at=retry_at(error),
            looked=error is None and self._looks_at_counts(account, what),
            profile=result if isinstance(result, ProfileCounts) else None,
        )


def has_counts(platform: str, lane: str) -> bool:
    """Say whether a platform tells any count of posts in a lane."""
    return bool(PLATFORMS[platform].measures_of("post", lane))


def retry_at(error: ReadError | None) -> datetime | None:
    """Give the UTC instant from which a platform answers again; None where it does not say."""
    if isinstance(error, RateLimited):
        return error.retry_at
    if isinstance(error, QuotaExhausted):
        return error.reset_at
    return None


def _fell(before: Mapping[str, int], now: object, columns: Iterable[str]) -> bool:
    """Say whether a known number that was not 0 is 0 now."""
    return any(before.get(column) and getattr(now, column) == 0 for column in columns)


def _with_requests(readings: list[Reading], requests: int) -> list[Reading]:
    """File the requests of a shared call under its first account, so that the sum of attempts is
    the calls made.
    """
    if not readings:
        return readings
    first = readings[0]
    return [replace(first, requests=first.requests + requests), *readings[1:]]


def _may_be_one(error: ReadError | None, asked: int) -> bool:
    """Say whether a refused request may be the fault of one id in it: its halves will tell."""
    return isinstance(error, BadRequest) and asked > 1


def halves(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut into two parts; nothing for nothing."""
    middle = (len(items) + 1) // 2
    return (part for part in (items[:middle], items[middle:]) if part)


def final_statuses(
    store: Store, day: date, what: str = "profile", lane: str | None = None
) -> dict[str, str]:
    """Give each account's best attempt of a night at one phase: `ok` once it was read, in this lane
    or (None) in any, else the last.
    """
    final: dict[str, str] = {}
    equals = {} if lane is None else {"lane": LANES.index(lane)}
    rows = store.rows("attempt", day=day_number(day), what=what, **equals)
    for row in sorted(rows, key=lambda row: row["tried_at"]):
        if final.get(row["account_id"]) != "ok":
            final[row["account_id"]] = row["status"]
    return final


def walk_since(due: DueAccount, day: date, since: date | None = None) -> datetime:
    """Give the instant down to which a list is walked: two days before the last walk, 91 days at
    the first one.
    """
    if since is not None:
        return scheduled_at(since)
    if due.last_walk is None:
        return scheduled_at(day) - FIRST_WALK
    return scheduled_at(due.last_walk) - WALK_OVERLAP
