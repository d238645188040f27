"""A night stops at its reserve, counts in the platform's own day, and goes on after the reset."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.base import Budget
from jobs.budgets import Meter, credential_name, next_reset, quota_day
from tracker.errors import QuotaExhausted
from tracker.store import Store

NIGHT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
"""01:00 of 23 November 2026 in Viet Nam."""


def meter(store: Store, units: int | None = 100, allowed: int | None = None) -> Meter:
    budgets = {"": Budget("unit", units), "statistics": Budget("unit", 50)}
    return Meter("youtube", budgets, allowed, store, lambda: NIGHT)


@pytest.mark.parametrize(
    ("platform", "now", "day", "reset"),
    [
        ("youtube", NIGHT, date(2026, 11, 22), datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (
            "youtube",
            datetime(2026, 7, 1, 6, 59, tzinfo=UTC),
            date(2026, 6, 30),
            datetime(2026, 7, 1, 7, tzinfo=UTC),
        ),
        ("tiktok", NIGHT, date(2026, 11, 22), datetime(2026, 11, 23, 0, tzinfo=UTC)),
    ],
    ids=["YouTube in winter: 15:00 in Viet Nam", "YouTube in summer: 14:00", "TikTok: 07:00"],
)
def test_a_quota_day_is_the_platforms_own(
    platform: str, now: datetime, day: date, reset: datetime
) -> None:
    assert quota_day(platform, now) == day
    assert next_reset(platform, now) == reset


def test_a_night_leaves_a_tenth_of_the_day_to_people(store: Store) -> None:
    one = meter(store)
    one.note("key", {"": 89})
    one.check("key", "")
    one.note("key", {"": 1})
    with pytest.raises(QuotaExhausted, match="90 of 90 units") as caught:
        one.check("key", "")
    assert caught.value.reset_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_buckets_and_credentials_are_counted_apart(store: Store) -> None:
    one = meter(store)
    one.note("key", {"": 90, "statistics": 1})
    one.check("key", "statistics")
    one.check("other key", "")


def test_what_an_operator_allows_is_the_limit(store: Store) -> None:
    one = meter(store, allowed=10)
    one.note("key", {"": 10})
    with pytest.raises(QuotaExhausted):
        one.check("key", "")
    unlimited = Meter("bluesky", {"": Budget()}, None, store, lambda: NIGHT)
    unlimited.note("bluesky", {"": 10**6})
    unlimited.check("bluesky", "")


def test_a_run_that_was_killed_has_its_units_in_the_ledger(store: Store) -> None:
    first = meter(store)
    first.note("key", {"": 60})
    first.file()
    first.note("key", {"": 5})  # never filed: the process is gone
    second = meter(store)
    assert second.used("key", "", date(2026, 11, 22)) == 60
    second.note("key", {"": 30, "statistics": 2})
    second.file()
    second.file()
    assert store.quota_used("youtube", "key", date(2026, 11, 22)) == 90
    assert store.quota_used("youtube", "key:statistics", date(2026, 11, 22)) == 2
    with pytest.raises(QuotaExhausted):
        second.check("key", "")


def test_a_bucket_has_its_own_name_in_the_ledger() -> None:
    assert credential_name("key", "") == "key"
    assert credential_name("key", "posts") == "key:posts"


def test_a_platform_billed_by_the_day_is_left_when_its_day_ends(store: Store) -> None:
    now = [datetime(2026, 11, 22, 23, 59, tzinfo=UTC)]
    one = Meter("x", {"": Budget()}, None, store, lambda: now[0])
    one.check("x", "")
    now[0] = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    with pytest.raises(QuotaExhausted, match="billing day 2026-11-22 has ended"):
        one.check("x", "")


def test_a_night_spends_no_more_than_a_little_unless_it_is_allowed_to(store: Store) -> None:
    budgets = {"posts": Budget("post read", 96_000, usd=0.005)}
    assert Meter("x", budgets, None, store, lambda: NIGHT).limit("posts") == 5_000
    assert Meter("x", budgets, 20_000, store, lambda: NIGHT).limit("posts") == 20_000
