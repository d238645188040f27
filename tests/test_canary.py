"""Metrics that a platform stops telling, and lanes that tell different numbers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import post, reading, register

from tracker.panel import disagreements, retired_metrics
from tracker.store import Store

FIRST = date(2024, 9, 2)
ACCOUNTS = ("danang-bluesky", "hanoi-bluesky")


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def nights(store: Store, known: int, silent: int, *, lost: str = "followers") -> date:
    """Run nights that bring all counts, then nights without one of them; give the last."""
    for number in range(known + silent):
        counts: dict[str, int | None] = {"followers": 100, "following": 5, "posts_total": 7}
        if number >= known:
            counts[lost] = None
        store.save([reading(account, day(number), **counts) for account in ACCOUNTS])
    return day(known + silent - 1)


@pytest.fixture(autouse=True)
def two_accounts_are_enough(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    register(store, *ACCOUNTS)
    monkeypatch.setattr("tracker.panel.canary.LEAST_ROWS", 2)


def test_a_metric_that_goes_quiet_on_all_accounts_is_retired_alone(store: Store) -> None:
    last = nights(store, 10, 3)
    [gone] = retired_metrics(store, last)
    assert (gone.platform, gone.entity, gone.metric) == ("bluesky", "account", "followers")
    assert (gone.lane, gone.since) == ("public", day(10))


@pytest.mark.parametrize(("known", "silent"), [(10, 2), (2, 3), (13, 0)])
def test_two_silent_nights_or_no_nights_before_prove_nothing(
    store: Store, known: int, silent: int
) -> None:
    assert retired_metrics(store, nights(store, known, silent)) == []


def test_one_account_that_still_tells_it_clears_the_platform(store: Store) -> None:
    last = nights(store, 10, 2) + timedelta(days=1)
    quiet = reading(ACCOUNTS[0], last, followers=None, posts_total=7)
    store.save([quiet, reading(ACCOUNTS[1], last, followers=9)])
    assert retired_metrics(store, last) == []


def test_a_metric_that_was_never_there_is_not_retired(store: Store) -> None:
    for number in range(12):
        store.save([reading(account, day(number), followers=number) for account in ACCOUNTS])
    assert retired_metrics(store, day(11)) == []


def test_a_retired_metric_of_posts_is_found_too(store: Store) -> None:
    for number in range(12):
        shares = 3 if number < 9 else None
        for account in ACCOUNTS:
            one = post(f"{account}-{number}", reactions=5, comments=1, shares=shares)
            store.save([reading(account, day(number), what="posts", posts=(one,))])
    [gone] = retired_metrics(store, day(11))
    assert (gone.entity, gone.metric, gone.since) == ("post", "shares", day(9))


def test_lanes_that_differ_by_more_than_their_steps_are_said(store: Store) -> None:
    store.save([reading("danang-bluesky", FIRST, followers=100)])
    store.save([reading("danang-bluesky", FIRST, followers=103, lane="owner")])
    [found] = disagreements(store, FIRST, day(1))
    assert (found.metric, found.first_value, found.second_value) == ("followers", 103, 100)
    assert found.sentence == (
        "danang-bluesky: followers of 2024-09-02 differ: owner 103, public 100"
    )
    assert disagreements(store, day(1), day(2)) == []


def test_lanes_that_agree_within_the_rounding_are_silent(store: Store) -> None:
    store.save([reading("danang-youtube", FIRST, followers=12_300)])
    store.save([reading("danang-youtube", FIRST, followers=12_300, lane="owner")])
    assert disagreements(store, FIRST, day(1)) == []
