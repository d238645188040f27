"""Grows the synthetic country's numbers: followers by day, posts with counts at any instant.

Every account has its own generators, keyed by (seed, account id, purpose), so that nothing depends
on the order in which accounts are asked for. An account is grown when it is first needed. Reads no
clock, knows no HTTP.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.planted import TRUTH, Truth
from jobs.sandbox.rhythm import (
    DAYS,
    Floats,
    autoregressive,
    bursts,
    ramp_of,
    shock,
    tet,
    trend,
    weekdays,
)
from tracker.periods import LOCAL, day_number

Whole = NDArray[np.int64]

DAY_SECONDS = 86_400
_FIRST_MIDNIGHT = int(datetime(*country.START.timetuple()[:3], tzinfo=LOCAL).timestamp())
_NEVER = 2**62
# Everything grows between 06:00 and 24:00 local time: at 01:00 the counts still stand where the day
# before ended.
_WAKES = 6 * 3600
COUNTS = ("views", "reactions", "comments", "shares", "quotes", "saves")

# platform: (median followers on the first day, least, most)
_SIZES = {
    "youtube": (25_000, 3_000, 400_000),
    "bluesky": (8_000, 2_000, 80_000),
    "mastodon": (6_000, 1_500, 50_000),
}
_SIZE_ELSEWHERE = (15_000, 900, 300_000)
_GROWTH_SHARE = 0.0010
_POSTS_A_WEEK = 2.0


@dataclass(frozen=True)
class Growth:
    """One account's followers. `ends[d]` is the count at the end of the country's day d."""

    first: int
    ends: Whole


@dataclass(frozen=True)
class Posts:
    """One account's posts, oldest first. Instants are Unix seconds; `totals` is what each will
    ever have, one row for each of `COUNTS`.

    `language` indexes captions.LANGUAGES; `deleted` is far in the future for posts that stay.
    `added` is when an item entered the list (earlier than `published` for scheduled videos);
    `boosts` are the instants at which the account passed on somebody else's post.
    """

    published: Whole
    added: Whole
    deleted: Whole
    language: Whole
    totals: Whole
    boosts: Whole


class World:
    """The whole country for one seed."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self._growth: dict[str, Growth] = {}
        self._posts: dict[str, Posts] = {}
        self._gaps: dict[str, frozenset[int]] = {}

    @staticmethod
    def truth() -> Truth:
        """Give the planted constants."""
        return TRUTH

    # --- One account at one instant ---

    def followers(self, key: str, instant: datetime) -> int:
        """Give an account's true followers (unrounded, shown or not) at a UTC instant."""
        return self.followers_at(key, int(instant.timestamp()))

    def followers_at(self, key: str, second: int) -> int:
        """Give the true followers at a Unix second."""
        growth = self.growth(key)
        day, of_day = divmod(second - _FIRST_MIDNIGHT, DAY_SECONDS)
        if day < 0:
            return growth.first
        if day >= DAYS:
            return int(growth.ends[-1])
        before = int(growth.ends[day - 1]) if day else growth.first
        change = int(growth.ends[day]) - before
        awake = max(0, of_day - _WAKES)
        return before + change * awake // (DAY_SECONDS - _WAKES)

    def following_at(self, key: str, second: int) -> int:
        """Give how many accounts it follows: a few more every year."""
        return (
            40
            + country.account(key).number % 30
            + max(0, second - _FIRST_MIDNIGHT) // (60 * DAY_SECONDS)
        )

    def posts_at(self, key: str, second: int) -> int:
        """Give the number of posts the platform states: visible ones, on Mastodon with boosts."""
        posts = self.posts(key)
        visible = int(np.searchsorted(posts.published, second, "right"))
        visible -= int(np.count_nonzero(posts.deleted <= second))
        if country.account(key).platform == "mastodon":
            visible += int(np.searchsorted(posts.boosts, second, "right"))
        return visible

    def views_at(self, key: str, second: int) -> int:
        """Give a channel's running total of views: its videos' and earlier ones."""
        posts = self.posts(key)
        share = self.share_at_age(second - posts.published)
        views = np.floor(posts.totals[COUNTS.index("views")] * share).sum()
        return 40 * self.growth(key).first + int(views)

    def visible_posts(self, key: str, second: int) -> Whole:
        """List the numbers of the posts that can be seen at a Unix second, oldest first."""
        posts = self.posts(key)
        return np.flatnonzero((posts.published <= second) & (posts.deleted > second))

    def counts_at(self, key: str, numbers: Whole, second: int) -> dict[str, Whole]:
        """Give the counts of some posts at a Unix second; they never fall. Shape: one array of
        posts per count.
        """
        posts = self.posts(key)
        share = self.share_at_age(second - posts.published[numbers])
        counts = np.floor(posts.totals[:, numbers] * share).astype(np.int64)
        return dict(zip(COUNTS, counts, strict=True))

    @staticmethod
    def share_at_age(seconds: Whole) -> Floats:
        """Give which part of its final counts a post has at an age: 0 at birth, nearing 1."""
        hours: Floats = np.maximum(seconds, 0) / 3600.0
        return hours / (hours + TRUTH.half_count_hours)

    def state(self, key: str, second: int) -> str:
        """Say what the platform knows of an account at a Unix second.

        `open`, `unborn`, `unreachable` (this night only), `moved`, or the way it ended: `closed`,
        `takedown`, `suspended`, `deactivated`.
        """
        account = country.account(key)
        day = local_day(second)
        if day < account.opened:
            return "unborn"
        ended = country.CLOSED.get(key)
        if ended and day >= ended[0]:
            return ended[1]
        if account.ended_by_merger and day >= country.MERGER:
            ways = {"bluesky": "deactivated", "mastodon": "moved"}
            return ways.get(account.platform, "closed")
        return "unreachable" if day_number(day) in self.gap_days(key) else "open"

    def reachable(self, key: str, instant: datetime) -> bool:
        """Say whether a reader without faults gets the account's numbers at a UTC instant."""
        return self.state(key, int(instant.timestamp())) == "open"

    # --- Growing ---

    def generator(self, key: str, purpose: str) -> np.random.Generator:
        """Give the random numbers of one account for one purpose."""
        digest = hashlib.sha256(f"{key}/{purpose}".encode()).digest()
        return np.random.default_rng(
            [self.seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()]
        )

    def growth(self, key: str) -> Growth:
        """Give an account's followers, grown once."""
        if key not in self._growth:
            self._growth[key] = self._grow(country.account(key))
        return self._growth[key]

    def posts(self, key: str) -> Posts:
        """Give an account's posts, written once."""
        if key not in self._posts:
            self._posts[key] = self._write(country.account(key))
        return self._posts[key]

    def gap_days(self, key: str) -> frozenset[int]:
        """List the days (since 1970) on which an account cannot be reached."""
        if key not in self._gaps:
            rng = self.generator(key, "gaps")
            found = set(np.flatnonzero(rng.random(DAYS) < 0.003).tolist())
            if rng.random() < 0.15:
                first = int(rng.integers(30, DAYS - 30))
                found.update(range(first, first + int(rng.integers(5, 26))))
            zero = day_number(country.START)
            self._gaps[key] = frozenset(zero + day for day in found)
        return self._gaps[key]

    def _grow(self, account: SyntheticAccount) -> Growth:
        rng = self.generator(account.id, "growth")
        size = self._size(account)
        opened = (account.opened - country.START).days
        rate = size * _GROWTH_SHARE * rng.lognormal(0, 0.25)
        loading = rng.uniform(0.7, 1.3)
        noise = np.exp(autoregressive(rng, DAYS, 0.5, 0.25) - 0.25**2 / 2)
        mean = rate * self._country_growth * self._common**loading * noise * bursts(rng)
        mean *= 1 + (TRUTH.growth - 1) * ramp_of(account)
        mean[:opened] = 0
        # A tenth of those who come leave again, so that single days fall; the mean of the net
        # change is `mean`.
        net = rng.poisson(mean * 1.1) - rng.poisson(mean * 0.1)
        first = 30 if opened else int(size)
        ends = first + np.cumsum(net)
        for incident, sign in ((country.PURGED, -1), (country.MERGED_PAGES, 1)):
            if account.id in incident:
                on, share = incident[account.id]
                day = (on - country.START).days
                ends[day:] += sign * int(share * ends[day - 1])
        return Growth(first, ends.astype(np.int64))

    def _write(self, account: SyntheticAccount) -> Posts:
        rng = self.generator(account.id, "posts")
        ramp = ramp_of(account)
        rate = _POSTS_A_WEEK / 7 * rng.lognormal(-0.02, 0.2) * self._country_posting
        rate = rate * (1 + (TRUTH.posting - 1) * ramp)
        rate[: (account.opened - country.START).days] = 0
        days = np.repeat(np.arange(DAYS), rng.poisson(rate))
        published = np.sort(days * DAY_SECONDS + rng.integers(7 * 3600, 21 * 3600, len(days)))
        # No two posts of an account within the same second: a slope of one second keeps the order.
        published = np.maximum.accumulate(published - np.arange(len(days))) + np.arange(len(days))
        published = (_FIRST_MIDNIGHT + published).astype(np.int64)
        days = (published - _FIRST_MIDNIGHT) // DAY_SECONDS
        deleted = np.full(len(days), _NEVER, dtype=np.int64)
        doomed = rng.random(len(days)) < 0.004
        deleted[doomed] = (
            published[doomed] + rng.integers(2 * DAY_SECONDS, 40 * DAY_SECONDS, len(days))[doomed]
        )
        added = published.copy()
        if account.platform == "youtube":
            scheduled = rng.random(len(days)) < 0.03
            added[scheduled] -= rng.integers(DAY_SECONDS, 3 * DAY_SECONDS, len(days))[scheduled]
        english = rng.uniform(0.05, 0.20) + TRUTH.english_points * ramp[days]
        language = (rng.random(len(days)) < english).astype(np.int64)
        totals = self._totals(rng, account, days, ramp)
        passes_on = account.platform == "bluesky" and account.number % 6 == 1
        passes_on = passes_on or (account.platform == "mastodon" and account.number % 5 == 2)
        boosts = published[::8] + 4_507 if passes_on else published[:0]
        return Posts(published, added, deleted, language, totals, boosts)

    def _totals(
        self, rng: np.random.Generator, account: SyntheticAccount, days: Whole, ramp: Floats
    ) -> Whole:
        """Draw what each post will ever have: one row for each of `COUNTS`."""
        size = self._size(account)
        level = rng.lognormal(0, 0.3)
        spread = 0.6
        each = self._country_interactions[days] * (1 + (TRUTH.interactions - 1) * ramp[days])
        each = each * rng.lognormal(-(spread**2) / 2, spread, len(days))
        nothing = np.zeros(len(days), dtype=np.int64)
        if account.platform == "youtube":
            views = rng.poisson(0.30 * size * level * each)
            likes, comments = rng.binomial(views, 0.035), rng.binomial(views, 0.0025)
            return np.stack((views, likes, comments, nothing, nothing, nothing))
        if account.platform in country.MORE_PLATFORMS:
            views = rng.poisson(0.40 * size * level * each)
            parts = (0.035, 0.0025, 0.004, 0.0005, 0.002)
            return np.stack((views, *(rng.binomial(views, part) for part in parts)))
        taps = 0.012 * size * level * each
        quotes = rng.poisson(taps * 0.01)
        likes, replies = rng.poisson(taps * 0.82), rng.poisson(taps * 0.07)
        shares, saves = rng.poisson(taps * 0.11), rng.poisson(taps * 0.03)
        return np.stack((nothing, likes, replies, shares, quotes, saves))

    def _size(self, account: SyntheticAccount) -> float:
        """Draw the followers on the first day; pilots are bigger, which is no effect."""
        median, least, most = _SIZES.get(account.platform, _SIZE_ELSEWHERE)
        pilot = account.place is not None and account.place.id in country.PILOTS
        drawn = median * (2 if pilot else 1) * self.generator(account.id, "size").lognormal(0, 0.8)
        return float(np.clip(drawn, least, most))

    # --- What all accounts share ---

    @cached_property
    def _common(self) -> Floats:
        """Give the slow common factor around 1: good and bad months of the whole country."""
        rng = self.generator("country", "common")
        return np.exp(autoregressive(rng, DAYS, 0.97, 0.08))

    @cached_property
    def _country_growth(self) -> Floats:
        rhythm = weekdays(TRUTH.weekday_growth) * tet(TRUTH.tet_growth)
        return rhythm * trend() * shock(TRUTH.shock_growth)

    @cached_property
    def _country_interactions(self) -> Floats:
        return trend() * shock(TRUTH.shock_interactions) * self._common**0.5

    @cached_property
    def _country_posting(self) -> Floats:
        return weekdays(TRUTH.weekday_posting) * tet(TRUTH.tet_posting)


@lru_cache(maxsize=4096)
def local_day(second: int) -> date:
    """Give the local (UTC+7) date of a Unix second."""
    return datetime.fromtimestamp(second, LOCAL).date()


def midnight(day: date) -> int:
    """Give the Unix second at which a local day begins."""
    return _FIRST_MIDNIGHT + (day - country.START).days * DAY_SECONDS


def utc(second: int) -> datetime:
    """Give a Unix second as a UTC datetime."""
    return datetime.fromtimestamp(second, UTC)
