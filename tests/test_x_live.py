"""X over loopback HTTP against the sandbox: what is read, what it costs, and what is refused.

What the sandbox should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from live import (
    AFTER_MERGER,
    FAULTS,
    NIGHT,
    SECOND,
    WORLD,
    Profiles,
    archived,
    http,
    in_passes,
    is_open,
    listed_in_passes,
    profiles_in_passes,
    read_posts,
    read_profiles,
    registered,
    sandbox,
    settings,
    settings_with,
)

from connectors.base import NoTokens
from connectors.x import X
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.start import Sandbox
from jobs.sandbox.world import local_day, utc
from jobs.sandbox.x import FIRST_VIEWS, TOKEN
from jobs.sandbox.x_items import (
    has_empty_page,
    hides_views,
    is_protected,
    post_id,
    references,
)
from tracker.errors import (
    AccessDenied,
    AccountGone,
    BadRequest,
    ConfigError,
    NotFoundOrNoAccess,
    PermissionMissing,
    RateLimited,
)
from tracker.http import LiveHttp
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

ACCOUNTS = [item for item in country.more_accounts() if item.platform == "x"]
OPEN = [account for account in ACCOUNTS if is_open(account)]
SHOWN = [account for account in OPEN if not is_protected(account)]
"""Accounts whose posts can be listed."""


@pytest.fixture
def x(http: LiveHttp, settings: Settings) -> X:
    return X(http, settings, NoTokens())


def expected_profile(account: SyntheticAccount, second: int = SECOND) -> ProfileCounts:
    return ProfileCounts(
        native_id=account.native_id,
        handle=account.handle_on(local_day(second)),
        followers=WORLD.followers_at(account.id, second),
        following=WORLD.following_at(account.id, second),
        posts=WORLD.posts_at(account.id, second),
    )


@cache
def expected_posts(
    account: SyntheticAccount, since: datetime | None = None
) -> dict[str, PostCounts]:
    """Say what the posts of an account show on the night, newest first, without their texts."""
    posts = WORLD.posts(account.id)
    numbers = WORLD.visible_posts(account.id, SECOND)[::-1]
    counts = {
        name: values.tolist()
        for name, values in WORLD.counts_at(account.id, numbers, SECOND).items()
    }
    found = {}
    for place, number in enumerate(numbers.tolist()):
        second = int(posts.published[number])
        if since is not None and utc(second) < since:
            continue
        kinds, key = references(number), post_id(account, second)
        views = None if hides_views(account) else counts["views"][place]
        found[key] = PostCounts(
            native_id=key,
            published_at=utc(second),
            url=f"https://x.com/i/web/status/{key}",
            kind="reply" if "replied_to" in kinds else "quote" if kinds else "post",
            views=views if second >= FIRST_VIEWS else None,
            reactions=counts["reactions"][place],
            comments=counts["comments"][place],
            shares=counts["shares"][place],
            saves=None if hides_views(account) else counts["saves"][place],
            details={"quotes": counts["quotes"][place]},
        )
    return found


def check_profiles(found: Profiles, second: int = SECOND) -> None:
    for account in ACCOUNTS:
        state, result = WORLD.state(account.id, second), found[account.id]
        if state == "open":
            assert result == expected_profile(account, second), account.id
        else:
            kind = AccountGone if account.number % 2 else NotFoundOrNoAccess
            assert type(result) is kind, (account.id, state, result)


def check_list(listed: Sequence[PostCounts], expected: dict[str, PostCounts]) -> None:
    assert [post.native_id for post in listed] == list(expected)
    assert listed == list(expected.values())
    assert all(post.text for post in listed)


def test_every_account_is_read_in_one_request_and_paid_for_once(
    sandbox: Sandbox, http: LiveHttp, x: X
) -> None:
    with http.tally() as tally:
        check_profiles(read_profiles(x, [registered(account) for account in ACCOUNTS]))
    served = sandbox.stats()["x"]
    assert tally.requests == served["calls"] == served["minimum"] == 1
    assert dict(tally.units) == {"users": len(OPEN)}


def test_accounts_without_an_id_are_found_by_name_together(
    sandbox: Sandbox, http: LiveHttp, x: X
) -> None:
    """A name that X would refuse with the whole batch costs nothing and is said to be wrong."""
    wrong = AccountRef("wrong-x", "x", None, "longer_than_fifteen")
    named = [registered(account, resolved=False) for account in ACCOUNTS]
    found = read_profiles(x, [*named, wrong])
    assert type(found["wrong-x"]) is BadRequest
    for account in ACCOUNTS:
        if is_open(account):
            assert found[account.id] == expected_profile(account)
    served = sandbox.stats()["x"]
    assert served["calls"] == served["minimum"] == 1


def test_after_the_merger_ended_accounts_are_missing_or_suspended(sandbox: Sandbox, x: X) -> None:
    sandbox.set_clock(AFTER_MERGER.isoformat())
    found = read_profiles(x, [registered(account) for account in ACCOUNTS])
    check_profiles(found, int(AFTER_MERGER.timestamp()))
    assert {AccountGone, NotFoundOrNoAccess, ProfileCounts} == {type(one) for one in found.values()}


@pytest.mark.parametrize("word", ["tweet", "post"])
def test_lists_hold_every_post_newest_first_in_either_vocabulary(
    word: str, sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    """An empty page in the middle ends nothing and costs one request."""
    x = X(http, settings_with(sandbox, tmp_path, TRACKER_X_WORD=word), NoTokens())
    quirks = (has_empty_page, hides_views, lambda account: account.number % 10 == 1)
    chosen = [next(item for item in SHOWN if quirk(item)) for quirk in quirks]
    with http.tally() as tally:
        for account in chosen:
            check_list(list(x.posts(registered(account), None)), expected_posts(account))
    served = sandbox.stats()["x"]
    assert served["minimum"] == sum(ceil(len(expected_posts(item)) / 100) for item in chosen)
    assert served["calls"] == served["minimum"] + 1
    assert dict(tally.units) == {"posts": sum(len(expected_posts(item)) for item in chosen)}


def test_a_walk_brings_what_came_since_the_instant_asked_for_and_nothing_else(x: X) -> None:
    account = SHOWN[5]
    everything = list(expected_posts(account).values())
    since = everything[7].published_at
    assert since is not None
    listed = list(x.posts(registered(account), since + timedelta(milliseconds=1)))
    check_list(listed, expected_posts(account, since))
    assert len(listed) == 8


def test_a_night_costs_the_fewest_calls_and_no_object_twice(
    sandbox: Sandbox, http: LiveHttp, x: X
) -> None:
    since = NIGHT - timedelta(days=7)
    paid = 0
    with http.tally() as tally:
        found = read_profiles(x, [registered(account) for account in ACCOUNTS])
        older: list[PostRef] = []
        for account in SHOWN:
            check_list(list(x.posts(registered(account), since)), expected_posts(account, since))
            shown = expected_posts(account)
            old = [key for key, post in shown.items() if (post.published_at or NIGHT) < since]
            older += [PostRef(registered(account), key) for key in old[:4]]
            paid += len(shown) - len(old)
        refreshed = list(x.refresh(older))
    check_profiles(found)
    assert len(refreshed) == len(older) > 300
    for post, result in refreshed:
        assert result == expected_posts(country.account(post.account.id))[post.native_id]
    served = sandbox.stats()["x"]
    assert served["calls"] == tally.requests == served["minimum"]
    assert served["minimum"] == 1 + len(SHOWN) + ceil(len(older) / 100)
    assert dict(tally.units) == {"users": len(OPEN), "posts": paid + len(older)}


def test_deleted_posts_are_missing_and_cost_no_other(x: X) -> None:
    account = SHOWN[0]
    written = WORLD.posts(account.id)
    times = zip(written.published.tolist(), written.deleted.tolist(), strict=True)
    gone = [post_id(account, second) for second, deleted in times if deleted <= SECOND]
    kept = list(expected_posts(account))[:3]
    assert gone
    found = dict(x.refresh([PostRef(registered(account), key) for key in (*gone, *kept)]))
    by_id = {post.native_id: result for post, result in found.items()}
    assert {type(by_id[key]) for key in gone} == {NotFoundOrNoAccess}
    assert [by_id[key] for key in kept] == list(expected_posts(account).values())[:3]


def test_a_protected_account_shows_its_counts_and_stops_only_itself(sandbox: Sandbox, x: X) -> None:
    account = next(item for item in OPEN if is_protected(item))
    ref, other = registered(account), registered(SHOWN[0])
    assert x.credential(ref) == "x"
    with pytest.raises(PermissionMissing, match="not authorized"):
        list(x.posts(ref, None))
    assert (x.credential(ref), x.credential(other)) == (account.id, "x")
    assert read_profiles(x, [ref])[account.id] == expected_profile(account)
    calls = sandbox.stats()["x"]["calls"]
    with pytest.raises(PermissionMissing, match="is protected"):
        list(x.posts(ref, None))
    assert sandbox.stats()["x"]["calls"] == calls
    [(_, result)] = x.refresh([PostRef(ref, next(iter(expected_posts(account))))])
    assert type(result) is PermissionMissing


def test_a_vanished_account_does_not_cost_its_batch(sandbox: Sandbox, x: X) -> None:
    chosen = OPEN[:6]
    sandbox.set_faults({"vanished": [chosen[2].id]})
    found = read_profiles(x, [registered(account) for account in chosen])
    assert type(found.pop(chosen[2].id)) is NotFoundOrNoAccess
    assert found == {item.id: expected_profile(item) for item in chosen if item != chosen[2]}


def test_a_retired_metric_costs_that_number_only(sandbox: Sandbox, x: X) -> None:
    account = next(item for item in SHOWN if not hides_views(item))
    key, before = next(iter(expected_posts(account).items()))
    sandbox.set_faults({"retired": {"x": ["bookmark_count"]}})
    [(_, after)] = x.refresh([PostRef(registered(account), key)])
    assert isinstance(after, PostCounts)
    assert before.saves is not None
    assert after.saves is None
    assert (after.views, after.shares, after.details) == (
        before.views,
        before.shares,
        before.details,
    )


def test_x_is_off_until_an_operator_switches_it_on(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    off = settings_with(sandbox, tmp_path, TRACKER_X_ENABLED="0")
    with pytest.raises(ConfigError, match=r"Enterprise.*TRACKER_X_ENABLED=1"):
        X(http, off, NoTokens())
    without = settings_with(sandbox, tmp_path, TRACKER_X_BEARER_TOKEN="")
    with pytest.raises(ConfigError, match="TRACKER_X_BEARER_TOKEN"):
        X(http, without, NoTokens())


def test_a_wrong_token_stops_the_platform_and_is_not_shown(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    wrong = "gialap-token-sai-hoan-toan"
    settings = settings_with(sandbox, tmp_path, TRACKER_X_BEARER_TOKEN=wrong)
    with pytest.raises(AccessDenied, match="make a new token") as caught:
        read_profiles(X(http, settings, NoTokens()), [registered(ACCOUNTS[0])])
    assert wrong not in str(caught.value)


def test_a_limit_far_away_is_not_waited_for(sandbox: Sandbox, x: X) -> None:
    sandbox.set_faults({"rate": 1.0, "kinds": ["429"], "retry_after": 900})
    with pytest.raises(RateLimited) as caught:
        read_profiles(x, [registered(ACCOUNTS[0])])
    assert caught.value.retry_at == NIGHT + timedelta(seconds=900)


@pytest.mark.parametrize(
    ("path", "params", "said"),
    [
        ("users", [("ids", ",".join(str(n) for n in range(101)))], "list [101] is not between"),
        ("users", [("ids", "gialap")], "value [gialap] is not valid"),
        ("users/by", [("usernames", "gialap_hue,gialap.hue")], "does not match"),
        ("users/1/tweets", [("max_results", "3")], "[3] is not between 5 and 100"),
        ("users/1/tweets", [("start_time", "2009-01-01T00:00:00Z")], "on or after"),
        ("users/1/tweets", [("trang", "2")], "[trang] is not one of"),
        ("tweets", [("ids", "1"), ("tweet.fields", "referenced_posts")], "referenced_posts"),
    ],
)
def test_the_sandbox_refuses_what_the_platform_refuses(
    path: str, params: list[tuple[str, str]], said: str, http: LiveHttp, settings: Settings
) -> None:
    status, body = asked(http, settings, path, *params)
    assert status == 400
    assert said in body["errors"][0]["message"]


def test_the_sandbox_shows_only_the_fields_asked_for(http: LiveHttp, settings: Settings) -> None:
    account = SHOWN[0]
    _, users = asked(http, settings, "users", ("ids", account.native_id))
    assert set(users["data"][0]) == {"id", "username", "name"}
    _, posts = asked(http, settings, f"users/{account.native_id}/tweets")
    assert set(posts["data"][0]) == {"id", "text", "edit_history_tweet_ids"}
    assert posts["meta"]["result_count"] == 10
    assert asked(http, settings, "usage/credits") == (404, None)


def asked(
    http: LiveHttp, settings: Settings, path: str, *params: tuple[str, str]
) -> tuple[int, Any]:
    """Ask the sandbox as nobody should: status and body."""
    secret = ("Authorization", settings.secret("X_BEARER_TOKEN"))
    address = f"{settings.base_url('x', '')}/{path}"
    reply = http.get(address, params, platform="x", secret=secret)
    return reply.status, reply.body


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, http: LiveHttp, x: X
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    sandbox.set_faults(FAULTS)
    check_profiles(profiles_in_passes(x, [registered(account) for account in ACCOUNTS], 10))
    for account in SHOWN[:20]:
        check_list(listed_in_passes(x, registered(account)), expected_posts(account))
    posts = [PostRef(registered(item), key) for item in SHOWN for key in expected_posts(item)][::60]
    assert in_passes(x.refresh, posts, 5) == {
        post: expected_posts(country.account(post.account.id))[post.native_id] for post in posts
    }
    assert sandbox.stats()["x"]["faults"], "no fault was met: the test shows nothing"


def test_an_archived_night_reads_the_same_again(settings: Settings, tmp_path: Path) -> None:
    """The archive keeps what the parsers read, without texts, names and the token."""
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(X(http, settings, NoTokens()))
    )
    assert after == before
    assert "giả lập" not in kept
    assert "like_count': 4321" not in kept
    assert TOKEN not in kept


def read_everything(x: X) -> Iterator[object]:
    """Read profiles, one list and some posts. Texts do not compare."""
    yield from read_profiles(x, [registered(account) for account in ACCOUNTS]).values()
    yield from x.posts(registered(SHOWN[0]), NIGHT - timedelta(days=120))
    keys = list(expected_posts(SHOWN[1]))[:5]
    yield from read_posts(x, [PostRef(registered(SHOWN[1]), key) for key in keys]).values()
