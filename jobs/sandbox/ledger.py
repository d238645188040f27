"""Counts what the sandbox served, and how few requests would have sufficed for the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any

from jobs.sandbox import bluesky, country, mastodon, youtube
from jobs.sandbox.messages import Work


@dataclass(frozen=True)
class Sizes:
    """What one request of a platform can hold, and whether a page of posts carries their counts."""

    batch: int
    page: int
    post_batch: int
    list_has_counts: bool


SIZES = {
    "youtube": Sizes(youtube.BATCH, youtube.PAGE, youtube.BATCH, list_has_counts=False),
    "bluesky": Sizes(bluesky.BATCH, bluesky.PAGE, bluesky.POST_BATCH, list_has_counts=True),
    "mastodon": Sizes(mastodon.BATCH, mastodon.PAGE, mastodon.POST_BATCH, list_has_counts=True),
}


@dataclass
class Night:
    """What was asked of one platform under one local day of the clock."""

    profiles: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    resolved: set[str] = field(default_factory=set)
    listed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    posts: set[str] = field(default_factory=set)

    def minimum(self, sizes: Sizes) -> int:
        """Count the requests that would have sufficed.

        ceil(accounts asked / batch) + accounts asked for alone because a batch leaves them out
        without a reason + handles resolved + for every account listed max(1, ceil(entries / page))
        + ceil(posts asked by id / batch), where posts that a list already showed with their counts
        are not needed again. Source: the "night minimum" of each platform card; Mastodon counts its
        batch look-up (40 accounts).
        """
        shown = (
            set().union(*self.listed.values()) if sizes.list_has_counts and self.listed else set()
        )
        pages = sum(max(1, ceil(len(entries) / sizes.page)) for entries in self.listed.values())
        asked = ceil(len(self.profiles) / sizes.batch) + len(self.reasons) + len(self.resolved)
        return asked + pages + ceil(len(self.posts - shown) / sizes.post_batch)


class Ledger:
    """What was served since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._methods: dict[str, Counter[str]] = {
            platform: Counter() for platform in country.PLATFORMS
        }
        self._faults: dict[str, Counter[str]] = {
            platform: Counter() for platform in country.PLATFORMS
        }
        self._statuses: dict[str, Counter[str]] = {
            platform: Counter() for platform in country.PLATFORMS
        }
        self._nights: dict[str, dict[date, Night]] = {
            platform: {} for platform in country.PLATFORMS
        }

    def note(self, platform: str, day: date, work: Work, status: int) -> None:
        """Take in one reply."""
        self._methods[platform][work.method] += 1
        self._statuses[platform][str(status)] += 1
        night = self._nights[platform].setdefault(day, Night())
        if work.kind == "profiles":
            night.profiles.update(work.subjects)
        elif work.kind == "reason":
            night.reasons.update(work.subjects)
        elif work.kind == "resolve":
            night.resolved.update(work.subjects)
        elif work.kind == "list":
            night.listed[work.account].update(work.subjects)
        elif work.kind == "posts":
            night.posts.update(work.subjects)

    def note_fault(self, platform: str, kind: str, method: str) -> None:
        """Take in one request that met a fault: a call that adds nothing to the minimum."""
        self._methods[platform][method] += 1
        self._faults[platform][kind] += 1

    def stats(self) -> dict[str, dict[str, Any]]:
        """Give, by platform: calls, minimum, by_method, by_status, faults and what was asked."""
        return {platform: self._stats(platform) for platform in country.PLATFORMS}

    def _stats(self, platform: str) -> dict[str, Any]:
        nights = self._nights[platform].values()
        return {
            "calls": self._methods[platform].total(),
            "minimum": sum(night.minimum(SIZES[platform]) for night in nights),
            "by_method": dict(sorted(self._methods[platform].items())),
            "by_status": dict(sorted(self._statuses[platform].items())),
            "faults": dict(sorted(self._faults[platform].items())),
            "profiles": sum(len(night.profiles | night.resolved) for night in nights),
            "listed": sum(len(night.listed) for night in nights),
            "posts": sum(len(night.posts) for night in nights),
        }
