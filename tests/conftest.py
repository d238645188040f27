"""Small factories for tests: a store in a temporary folder, and readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tracker import secrets
from tracker.periods import scheduled_at
from tracker.readings import PostCounts, ProfileCounts, Reading
from tracker.store import Store, open_store

NIGHT = date(2024, 9, 2)
"""A night of the tests; it is scheduled at 18:00 UTC on the day before."""


LONGEST = ("test_twelve.py", "test_crash.py", "test_demo.py")
"""Minutes each: begun first, no core has to wait for them alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the order says nothing, it only saves time."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="module", autouse=True)
def no_secret_of_another_file() -> None:
    """Forget the secrets of the files before: what one invents another may print."""
    secrets._known.clear()
    secrets._longest_first = ()


def reading(
    account_id: str = "danang-bluesky",
    day: date = NIGHT,
    *,
    what: str = "profile",
    lane: str = "public",
    status: str = "ok",
    posts: tuple[PostCounts, ...] = (),
    minute: int = 5,
    **profile: Any,
) -> Reading:
    """Make a reading tried `minute` after the schedule.

    Keywords such as `followers=10` make its profile; its number of posts is called `posts_total`.
    """
    if "posts_total" in profile:
        profile["posts"] = profile.pop("posts_total")
    moment = scheduled_at(day) + timedelta(minutes=minute)
    return Reading(
        account_id=account_id,
        day=day,
        lane=lane,
        what=what,
        tried_at=moment,
        observed_at=moment,
        status=status,
        profile=ProfileCounts(**profile) if profile else None,
        posts=posts,
    )


def post(native_id: str, published_at: datetime | None = None, **counts: Any) -> PostCounts:
    """Make the counts of a post, by default published at noon UTC two days before the night."""
    when = published_at or datetime(2024, 8, 31, 12, tzinfo=UTC)
    return PostCounts(native_id=native_id, published_at=when, **counts)


def register(store: Store, *accounts: str) -> None:
    """Put a locality, its People's Committee and accounts into a store; the platform is the id's
    last part.
    """
    store.put_rows("locality", [{"id": "da-nang", "gso_code": "48"}])
    store.put_rows(
        "agency",
        [
            {
                "id": "ubnd-da-nang",
                "name_vi": "UBND thành phố Đà Nẵng",
                "kind": "ubnd",
                "locality_id": "da-nang",
            }
        ],
    )
    for account in accounts:
        platform = account.rsplit("-", 1)[1]
        store.put_rows(
            "account", [{"id": account, "platform": platform, "active_from": "2021-01-01"}]
        )
        store.put_rows(
            "account_period",
            [
                {
                    "account_id": account,
                    "valid_from": "2021-01-01",
                    "agency_id": "ubnd-da-nang",
                    "handle": account,
                }
            ],
        )


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Make further stores by name; all are closed afterwards."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        opened.append(open_store(f"sqlite:///{tmp_path / name}", create=True))
        return opened[-1]

    yield make
    for made in opened:
        made.close()


@pytest.fixture
def store(new_store: Callable[[str], Store]) -> Store:
    """An empty store with three registered accounts: Bluesky, Mastodon and YouTube."""
    made = new_store("tracker.sqlite")
    register(made, "danang-bluesky", "danang-mastodon", "danang-youtube")
    return made
