"""Says before a night what it will ask: calls, units, money, minutes, a line a platform."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from connectors.base import Connector
from connectors.catalogue import CONNECTORS
from jobs.budgets import Meter, bucket_of, quota_day
from jobs.collect import READ_LANES, WALK_OVERLAP, Dispatcher, Night
from jobs.opening import (
    Opened,
    choose_platforms,
    make_connectors,
    night_clock,
    night_day,
    open_credentials,
    open_http,
    unconnected_accounts,
)
from jobs.phases import in_lane, list_every, needs_walk, reads
from tracker.periods import scheduled_at
from tracker.store import DueAccount


@dataclass(frozen=True)
class PlatformPlan:
    """What the rest of a night will ask of one platform, about.

    `calls` are requests; `units` by bucket of the budget, with `left` of each (None = no number is
    stated); `usd` is money; `minutes` at the connector's own pace. Not counted are what the lists
    of posts bring to light: further pages and new posts.
    """

    platform: str
    profiles: int
    lists: int
    posts: int
    calls: int
    units: dict[str, int]
    left: dict[str, int | None]
    usd: float
    minutes: float

    def line(self) -> str:
        """Give the same for a person."""
        units = ", ".join(
            f"{count} {name or 'ordinary'} units" + ("" if left is None else f" of {left} left")
            for name, count, left in (
                (name, count, self.left[name]) for name, count in self.units.items()
            )
        )
        money = f"about {self.usd:.2f} US dollars" if self.usd else "no money"
        return (
            f"{self.platform}: about {self.calls} requests: {self.profiles} profiles, "
            f"{self.lists} lists, {self.posts} posts at an age mark; {units or 'no units'}; "
            f"{money}; about {self.minutes:.1f} minutes"
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the same for a program."""
        return asdict(self)


def plan_night(
    opened: Opened, day: date | None, platforms: tuple[str, ...]
) -> tuple[list[PlatformPlan], list[str]]:
    """Plan the rest of a night, and say which platforms do not start. Asks no platform."""
    clock = night_clock(opened.settings)
    night = night_day(clock(), day, opened.settings)
    chosen = choose_platforms(opened, night, platforms, None)
    with open_http(opened, night, clock, CONNECTORS) as http:
        tokens = open_credentials(opened, clock)
        made, refused = make_connectors(opened.settings, chosen, http, tokens)
        apart = unconnected_accounts(opened)
        plan = Night(opened.store, http, made, night, clock, _silent, apart=apart)
        plans = []
        for key, connector in made.items():
            meter = Meter(
                key, connector.budgets, opened.settings.units.get(key), opened.store, clock
            )
            asker = Dispatcher(plan, connector, lambda posts: {})
            plans.append(_plan_platform(plan, asker, meter))
    return plans, refused


def _plan_platform(night: Night, asker: Dispatcher, meter: Meter) -> PlatformPlan:
    connector, key = asker.connector, asker.connector.platform
    calls = profiles = lists = posts = 0
    units: Counter[str] = Counter()
    credentials: Counter[str] = Counter()
    for lane in READ_LANES:
        due = [
            in_lane(account, lane)
            for account in night.store.due(night.day, lane, "profile", platforms=[key])
        ]
        asked = [
            account
            for account in due
            if account.ref.id not in night.apart and reads(asker, account.ref, "profile")
        ]
        listed = [
            account
            for account in asked
            if reads(asker, account.ref, "posts") and _may_be_listed(connector, account, night.day)
        ]
        looks = [
            post
            for post in night.store.due_posts(night.day, lane, platforms=[key])
            if reads(asker, replace(post.ref.account, lane=lane), "refresh")
        ]
        shown = sum(_posts_to_come(night, account, connector.list_size) for account in listed)
        requests = (
            ("profile", len(asked), -(-len(asked) // connector.batch)),
            ("posts", shown, len(listed)),
            ("refresh", len(looks), -(-len(looks) // connector.post_batch)),
        )
        for what, things, count in requests:
            calls += count
            units += _units(connector, (lane, what), things, count)
        credentials.update(connector.credential(account.ref) for account in asked)
        profiles, lists, posts = profiles + len(asked), lists + len(listed), posts + len(looks)
    usd = sum(count * connector.budgets[name].usd for name, count in units.items())
    return PlatformPlan(
        platform=key,
        profiles=profiles,
        lists=lists,
        posts=posts,
        calls=calls,
        units=dict(units),
        left={name: _left(meter, credentials, name) for name in units},
        usd=round(usd, 2),
        minutes=round(calls / (connector.pace * 60), 1) if connector.pace else 0.0,
    )


def _may_be_listed(connector: Connector, account: DueAccount, day: date) -> bool:
    """Say whether an account's posts may have to be listed: its number of posts is not known yet
    tonight; where the newest come along with the profile, they are enough but for the first walk.
    """
    if connector.newest_size and account.last_walk is not None:
        return False
    return needs_walk(account, None, day, list_every(connector, account.ref.lane))


def _posts_to_come(night: Night, account: DueAccount, page: int) -> int:
    """Say how many posts a walk of an account will show, about: what it posted in the last four
    weeks, for the days since its last walk and the two before it; a whole page where it was never
    walked.
    """
    if account.last_walk is None:
        return page
    since = scheduled_at(night.day - timedelta(days=28)).timestamp()
    rows = night.store.rows("post", account_id=account.ref.id)
    recent: int = sum((row["published_at"] or 0) >= since for row in rows)
    days = (night.day - account.last_walk + WALK_OVERLAP).days
    return max(1, round(recent / 28 * days))


def _units(connector: Connector, asked: tuple[str, str], things: int, calls: int) -> Counter[str]:
    """Say what a phase costs by bucket: each thing read where objects are paid for or counted by
    id, else each call.
    """
    found: Counter[str] = Counter()
    bucket = bucket_of(connector, *asked)
    budget = connector.budgets.get(bucket)
    if not calls or budget is None:
        return found
    found[bucket] = calls if budget.unit in ("request", "unit", "call") else things
    return found


def _left(meter: Meter, credentials: Counter[str], bucket: str) -> int | None:
    """Give what the busiest credential may still use of a bucket today."""
    limit = meter.limit(bucket)
    if limit is None or not credentials:
        return limit
    [(busiest, _)] = credentials.most_common(1)
    day = quota_day(meter.platform, meter.clock())
    return max(0, limit - meter.used(busiest, bucket, day))


def _silent(line: str) -> None:
    """Print nothing: a plan is not a night."""
