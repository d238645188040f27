"""What the sandbox knows of one platform beside its answers: where it is served, how it says that
it is asked too often or in trouble, and how few requests would suffice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

from jobs.sandbox.messages import Reply, Request, Scene, Work
from jobs.sandbox.world import World


class Service(Protocol):
    """Answers the requests of one platform."""

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request, whatever its verb."""
        ...


@dataclass(frozen=True)
class Sizes:
    """What one request of a platform can hold, and whether a page of posts carries their counts."""

    batch: int
    page: int
    post_batch: int
    list_has_counts: bool


@dataclass
class Night:
    """What was asked of one platform under one local day of the clock."""

    profiles: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    resolved: set[str] = field(default_factory=set)
    listed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    posts: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    """Posts whose counts came along with something else."""
    tokens: int = 0

    def note(self, work: Work) -> None:
        """Take in what one good reply was good for."""
        if work.kind == "profiles":
            self.profiles.update(work.subjects)
        elif work.kind == "reason":
            self.reasons.update(work.subjects)
        elif work.kind == "resolve":
            self.resolved.update(work.subjects)
        elif work.kind == "list":
            self.listed[work.account].update(work.subjects)
        elif work.kind == "posts":
            self.posts.update(work.subjects)
        elif work.kind == "token":
            self.tokens += 1
        self.shown.update(work.shown)


def fewest(night: Night, sizes: Sizes) -> int:
    """Count the requests that would have sufficed.

    ceil(accounts asked / batch) + accounts asked for alone because a batch leaves them out
    without a reason + handles resolved + for every account listed max(1, ceil(entries / page))
    + ceil(posts asked by id / batch) + tokens issued, where posts that a list or a profile already
    showed with their counts are not needed again. Source: the "night minimum" of each platform
    card; Mastodon counts its batch look-up (40 accounts).
    """
    shown = set(night.shown)
    if sizes.list_has_counts and night.listed:
        shown |= set().union(*night.listed.values())
    pages = sum(max(1, ceil(len(entries) / sizes.page)) for entries in night.listed.values())
    asked = ceil(len(night.profiles) / sizes.batch) + len(night.reasons) + len(night.resolved)
    return asked + pages + ceil(len(night.posts - shown) / sizes.post_batch) + night.tokens


@dataclass(frozen=True)
class Shape:
    """One platform of the sandbox.

    `base` is the beginning of its paths. `environment` are the variables that point a tracker at
    it, with `{url}` for the sandbox's address. `limited(retry_after, second, work)` and
    `trouble(work)` say in the platform's own form that it is asked too often, or broken.
    `token_paths` are the ends of paths of its token service. `minimum` counts the requests that
    would have sufficed for a night, where `fewest` with `sizes` is not the rule.
    """

    key: str
    base: str
    serve: Callable[[World], Service]
    sizes: Sizes
    environment: Mapping[str, str]
    limited: Callable[[int, int, Work], Reply]
    trouble: Callable[[Work], Reply]
    token_paths: tuple[str, ...] = ()
    minimum: Callable[[Night], int] | None = None

    def fewest(self, night: Night) -> int:
        """Count the requests that would have sufficed for a night."""
        return self.minimum(night) if self.minimum else fewest(night, self.sizes)

    def is_token(self, request: Request) -> bool:
        """Say whether a request goes to the token service."""
        return request.path.endswith(self.token_paths) if self.token_paths else False
