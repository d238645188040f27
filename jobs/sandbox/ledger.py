"""Counts what the sandbox served, and how few requests would have sufficed for the same."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from jobs.sandbox.messages import Work
from jobs.sandbox.shape import Night
from jobs.sandbox.shapes import SHAPES


class Ledger:
    """What was served since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._methods: dict[str, Counter[str]] = {platform: Counter() for platform in SHAPES}
        self._faults: dict[str, Counter[str]] = {platform: Counter() for platform in SHAPES}
        self._statuses: dict[str, Counter[str]] = {platform: Counter() for platform in SHAPES}
        self._nights: dict[str, dict[date, Night]] = {platform: {} for platform in SHAPES}

    def note(self, platform: str, day: date, work: Work, status: int) -> None:
        """Take in one reply."""
        self._methods[platform][work.method] += 1
        self._statuses[platform][str(status)] += 1
        self._nights[platform].setdefault(day, Night()).note(work)

    def note_fault(self, platform: str, kind: str, method: str) -> None:
        """Take in one request that met a fault: a call that adds nothing to the minimum."""
        self._methods[platform][method] += 1
        self._faults[platform][kind] += 1

    def stats(self) -> dict[str, dict[str, Any]]:
        """Give, by platform: calls, minimum, by_method, by_status, faults and what was asked."""
        return {platform: self._stats(platform) for platform in SHAPES}

    def _stats(self, platform: str) -> dict[str, Any]:
        nights = self._nights[platform].values()
        return {
            "calls": self._methods[platform].total(),
            "minimum": sum(SHAPES[platform].fewest(night) for night in nights),
            "by_method": dict(sorted(self._methods[platform].items())),
            "by_status": dict(sorted(self._statuses[platform].items())),
            "faults": dict(sorted(self._faults[platform].items())),
            "profiles": sum(len(night.profiles | night.resolved) for night in nights),
            "listed": sum(len(night.listed) for night in nights),
            "posts": sum(len(night.posts) for night in nights),
            "tokens": sum(night.tokens for night in nights),
        }
