"""Threads' connector over loopback HTTP against the sandbox: both doors, calls, faults, tokens.

The sandbox runs in its own process; what it should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from live import (
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    KnownTokens,
    Profiles,
    archived,
    check_posts,
    consents,
    http,
    is_open,
    listed_in_passes,
    live,
    posts_in_passes,
    profiles_in_passes,
    read_posts,
    read_profiles,
    registered,
    sandbox,
    settings,
    settings_with,
)

from connectors.threads import Threads
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.register import registered_handle
from jobs.sandbox.start import Sandbox
from jobs.sandbox.threads import DISCOVERY_TOKEN, LEAST_FOLLOWERS, NO_INSTAGRAM
from jobs.sandbox.threads_items import (
    METRICS,
    WEEK,
    WEEK_SECONDS,
    feed_of,
    has_empty_end,
    has_ended_grant,
    hides_replies,
    is_quote,
    kind_of,
    media_id,
    permalink,
)
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PermissionMissing,
    RateLimited,
    Unreachable,
)
from tracker.http import LiveHttp
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

ACCOUNTS = [item for item in country.more_accounts() if item.platform == "threads"]


@pytest.fixture
def tokens() -> KnownTokens:
    return KnownTokens(renewable=True)


@pytest.fixture
def connector(http: LiveHttp, settings: Settings, tokens: KnownTokens) -> Threads:
    return Threads(http, settings, tokens)


def connect(connector: Threads, tokens: KnownTokens, some: Sequence[SyntheticAccount]) -> None:
    """Let the offices of some accounts consent."""
    tokens.tokens |= consents(connector, some)


def is_public(account: SyntheticAccount) -> bool:
    followers = WORLD.followers_at(account.id, SECOND)
    return is_open(account) and account.number % 13 != 5 and followers >= LEAST_FOLLOWERS


def expected_profile(account: SyntheticAccount, lane: str) -> ProfileCounts:
    followers = WORLD.followers_at(account.id, SECOND)
    if lane == "owner":
        if account.id == NO_INSTAGRAM:
            return ProfileCounts(account.native_id, unavailable=("followers",))
        return ProfileCounts(account.native_id, followers=followers)
    numbers = WORLD.visible_posts(account.id, SECOND)
    now = WORLD.counts_at(account.id, numbers, SECOND)
    before = WORLD.counts_at(account.id, numbers, SECOND - WEEK_SECONDS)
    week = {f"{key}_7d": int(now[name].sum() - before[name].sum()) for key, name in WEEK.items()}
    if hides_replies(account):
        del week["replies_7d"]
    return ProfileCounts(
        handle=registered_handle(account, local_day(SECOND)), followers=followers, details=week
    )


def expected_posts(account: SyntheticAccount, lane: str = "owner") -> dict[str, PostCounts]:
    """Say what an account's posts show, newest first."""
    published = WORLD.posts(account.id).published
    found = {}
    for number in WORLD.visible_posts(account.id, SECOND).tolist()[::-1]:
        second = int(published[number])
        counts = WORLD.counts_at(account.id, np.array([number]), SECOND)
        shown = {name: int(counts[column][0]) for name, column in METRICS.items()}
        key = media_id(account, second, number)
        facts = {
            "published_at": datetime.fromtimestamp(second, UTC),
            "url": permalink(account, second, number),
            "kind": "quote" if is_quote(number) else kind_of(number).lower(),
        }
        found[key] = PostCounts(key, **facts, **(counted(shown) if lane == "owner" else {}))
    return found


def counted(shown: dict[str, int]) -> dict[str, object]:
    """Put the platform's metrics where we keep them."""
    return {
        "views": shown["views"],
        "reactions": shown["likes"],
        "comments": shown["replies"],
        "shares": shown["reposts"],
        "details": {"quotes": shown["quotes"], "sends": shown["shares"]},
    }


def only_counts(post: PostCounts) -> PostCounts:
    """Give a post as a refresh knows it: without time, address and kind."""
    return PostCounts(
        post.native_id,
        views=post.views,
        reactions=post.reactions,
        comments=post.comments,
        shares=post.shares,
        details=post.details,
    )


def check_profiles(found: Profiles, lane: str, some: Sequence[SyntheticAccount]) -> None:
    assert found.keys() == {account.id for account in some}
    for account in some:
        shown = is_public(account) if lane == "public" else is_open(account)
        if shown:
            assert found[account.id] == expected_profile(account, lane), account.id
        else:
            assert type(found[account.id]) is NotFoundOrNoAccess, account.id


def read(connector: Threads, lane: str, some: Sequence[SyntheticAccount] = ACCOUNTS) -> Profiles:
    return read_profiles(connector, [registered(account, lane) for account in some])


def test_every_profile_is_looked_up_in_one_call(connector: Threads, sandbox: Sandbox) -> None:
    """Private, closed and small ones are not shown, and are not told apart."""
    check_profiles(read(connector, "public"), "public", ACCOUNTS)
    served = sandbox.stats()["threads"]
    assert served["calls"] == served["minimum"] == len(ACCOUNTS)
    assert any(is_open(account) and not is_public(account) for account in ACCOUNTS)


def test_followers_of_connected_profiles_are_one_call_each(
    connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    chosen = [item for item in ACCOUNTS if is_open(item)][:24]
    assert NO_INSTAGRAM in {item.id for item in chosen}
    connect(connector, tokens, chosen)
    assert sandbox.stats()["threads"]["minimum"] == sandbox.stats()["threads"]["calls"] == 72
    sandbox.reset_stats()
    check_profiles(read(connector, "owner", chosen), "owner", chosen)
    served = sandbox.stats()["threads"]
    assert served["calls"] == served["minimum"] == len(chosen)


def test_the_better_door_comes_first(
    connector: Threads, tokens: KnownTokens, http: LiveHttp, sandbox: Sandbox, tmp_path: Path
) -> None:
    closed = settings_with(sandbox, tmp_path, TRACKER_THREADS_ACCESS_TOKEN="")
    connected, other = (registered(account) for account in ACCOUNTS[:2])
    connect(connector, tokens, ACCOUNTS[:1])
    assert connector.lanes(connected) == ("owner", "public")
    assert connector.lanes(other) == ("public",)
    assert Threads(http, closed, tokens).lanes(connected) == ("owner",)
    assert Threads(http, closed, tokens).lanes(other) == ("owner",)
    assert connector.credential(registered(ACCOUNTS[0], "owner")) == connected.id
    assert connector.credential(connected) == "threads"


def with_and_without_empty_end() -> list[SyntheticAccount]:
    """Choose open profiles whose last page leads on, and others; one passes on posts of others."""
    shown = [item for item in ACCOUNTS if is_public(item)]
    passing = next(item for item in shown if (feed_of(WORLD, item).numbers < 0).any())
    ends = [item for item in shown if has_empty_end(item)][:2]
    return list(dict.fromkeys([passing, *ends, *shown[:3]]))


@pytest.mark.parametrize("lane", ["public", "owner"])
def test_whole_lists_hold_every_own_post_once_in_the_fewest_calls(
    lane: str, connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    """In public without counts; an owner's list brings them, so that no post is asked for."""
    chosen = with_and_without_empty_end()
    connect(connector, tokens, chosen if lane == "owner" else [])
    sandbox.reset_stats()
    for account in chosen:
        listed = list(connector.posts(registered(account, lane), None))
        expected = expected_posts(account, lane)
        assert [post.native_id for post in listed] == list(expected)
        assert listed == list(expected.values())
        assert all(post.text for post in listed)
    served = sandbox.stats()["threads"]
    assert served["calls"] == served["minimum"]
    assert connector.nested is (True if lane == "owner" else None)


def test_a_walk_lists_what_is_newer_and_no_more(connector: Threads, sandbox: Sandbox) -> None:
    account = next(item for item in ACCOUNTS if is_public(item) and not has_empty_end(item))
    since = NIGHT - timedelta(days=91)
    listed = [post.native_id for post in connector.posts(registered(account), since)]
    wanted = [
        key
        for key, post in expected_posts(account).items()
        if post.published_at and post.published_at >= since
    ]
    assert listed == wanted
    assert sandbox.stats()["threads"]["calls"] == 1
    long_ago = datetime(2021, 3, 1, tzinfo=UTC)
    assert len(list(connector.posts(registered(account), long_ago))) > len(wanted)


def test_a_list_that_answers_without_counts_is_not_asked_for_them_again(
    connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    chosen = [item for item in ACCOUNTS if is_open(item)][:2]
    connect(connector, tokens, chosen)
    sandbox.set_faults({"retired": {"threads": ["insights"]}})
    for account in chosen:
        listed = list(connector.posts(registered(account, "owner"), NIGHT - timedelta(days=30)))
        assert listed
        assert all(post.views is None for post in listed)
    assert connector.nested is False


def posts_to_refresh(
    some: Sequence[SyntheticAccount],
) -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose the newest 15 posts of some accounts, and one that was deleted; None: it is gone."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in some:
        newest = list(expected_posts(account).items())[:15]
        chosen: dict[str, PostCounts | None] = {key: only_counts(post) for key, post in newest}
        written = WORLD.posts(account.id)
        gone = np.flatnonzero(written.deleted <= SECOND).tolist()[:1]
        chosen |= {media_id(account, int(written.published[n]), n): None for n in gone}
        posts += [PostRef(registered(account, "owner"), key) for key in chosen]
        expected |= chosen
    assert None in expected.values()
    return posts, expected


def test_posts_are_read_again_with_their_owners_tokens(
    connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    chosen = [item for item in ACCOUNTS if is_open(item)][:4]
    connect(connector, tokens, chosen)
    sandbox.reset_stats()
    posts, expected = posts_to_refresh(chosen)
    check_posts(read_posts(connector, posts), expected)
    served = sandbox.stats()["threads"]
    assert served["calls"] == served["minimum"] == len(posts)


def test_a_post_of_somebody_else_is_told_from_a_deleted_one(
    connector: Threads, tokens: KnownTokens
) -> None:
    mine, other = [item for item in ACCOUNTS if is_open(item)][:2]
    connect(connector, tokens, [mine])
    foreign = next(iter(expected_posts(other)))
    [(_, result)] = connector.refresh([PostRef(registered(mine, "owner"), foreign)])
    assert type(result) is BadRequest


@pytest.mark.parametrize("lane", ["public", "owner"])
def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    lane: str, connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    chosen = [item for item in ACCOUNTS if is_open(item)][:30] if lane == "owner" else ACCOUNTS
    connect(connector, tokens, chosen if lane == "owner" else [])
    sandbox.set_faults({**FAULTS, "seed": 5})
    found = profiles_in_passes(connector, [registered(account, lane) for account in chosen])
    check_profiles(found, lane, chosen)
    for account in [item for item in chosen if is_public(item)][:8]:
        listed = listed_in_passes(connector, registered(account, lane))
        assert listed == list(expected_posts(account, lane).values())
    if lane == "owner":
        posts, expected = posts_to_refresh([item for item in chosen if is_open(item)][:4])
        check_posts(posts_in_passes(connector, posts), expected)
    assert sandbox.stats()["threads"]["faults"], "no fault was met: the test shows nothing"


def test_a_consent_is_for_the_profile_that_gave_it(
    connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    mine, other = [item for item in ACCOUNTS if is_open(item)][:2]
    asked = registered(mine, "owner")
    address = urlsplit(connector.consent_address(asked, REDIRECT))
    assert f"{address.scheme}://{address.netloc}" == sandbox.url
    assert address.path == "/threads/oauth/authorize"
    assert parse_qs(address.query)["state"] == [mine.id]
    assert parse_qs(address.query)["scope"] == ["threads_basic,threads_manage_insights"]
    token = connector.exchange(asked, f"{code_for(mine.id)}#_", REDIRECT)
    assert token.native_id == mine.native_id
    assert token.issued_at == NIGHT
    assert token.expires_at == NIGHT + timedelta(days=60)
    with pytest.raises(PermissionMissing, match=other.native_id):
        connector.exchange(asked, code_for(other.id), REDIRECT)
    with pytest.raises(AccessDenied, match="already used"):
        connector.exchange(asked, "ma-sai", REDIRECT)


def test_tokens_are_renewed_in_time_and_end_without_it(
    connector: Threads, tokens: KnownTokens, sandbox: Sandbox
) -> None:
    """A day old at least, and not after 60 days; where the owner took it back, never."""
    chosen = [item for item in ACCOUNTS if is_open(item) and not has_ended_grant(item)][:1]
    withdrawn = [item for item in ACCOUNTS if is_open(item) and has_ended_grant(item)][:1]
    connect(connector, tokens, chosen + withdrawn)
    first, taken_back = (tokens.tokens[item.id] for item in chosen + withdrawn)
    with pytest.raises(AccessDenied, match="24 hours"):
        connector.renew(first)
    sandbox.set_clock((NIGHT + timedelta(days=50)).isoformat())
    second = connector.renew(first)
    assert second.access != first.access
    assert second.native_id == chosen[0].native_id
    with pytest.raises(AccessDenied, match="consents again"):
        connector.renew(taken_back)
    # The first one was replaced: it is refused, and a new one is asked for, in vain so soon.
    [result] = read(connector, "owner", chosen).values()
    assert type(result) is AccessDenied
    tokens.tokens[chosen[0].id] = second
    sandbox.set_clock((NIGHT + timedelta(days=60)).isoformat())
    [result] = read(connector, "owner", chosen).values()
    assert isinstance(result, ProfileCounts)
    sandbox.set_clock((NIGHT + timedelta(days=120)).isoformat())
    with pytest.raises(AccessDenied, match="expired"):
        connector.renew(second)


def test_a_token_without_the_permission_looks_nobody_up(
    connector: Threads, tokens: KnownTokens, http: LiveHttp, sandbox: Sandbox, tmp_path: Path
) -> None:
    chosen = [item for item in ACCOUNTS if is_public(item)][:2]
    connect(connector, tokens, chosen)
    foreign = tokens.tokens[chosen[0].id].access.reveal()
    for secret, kind in ((foreign, PermissionMissing), ("gialap-khoa-sai-hoan-toan", AccessDenied)):
        wrong = settings_with(sandbox, tmp_path, TRACKER_THREADS_ACCESS_TOKEN=secret)
        with pytest.raises(kind):
            read(Threads(http, wrong, tokens), "public", chosen)


def test_the_limit_of_discovery_is_counted_in_the_last_24_hours(
    http: LiveHttp, tokens: KnownTokens, sandbox: Sandbox, tmp_path: Path
) -> None:
    token = f"{DISCOVERY_TOKEN}-3"
    limited = settings_with(sandbox, tmp_path, TRACKER_THREADS_ACCESS_TOKEN=token)
    connector = Threads(http, limited, tokens)
    chosen = [item for item in ACCOUNTS if is_public(item)][:4]
    with http.tally() as tally, pytest.raises(RateLimited, match="limit reached"):
        read(connector, "public", chosen)
    assert tally.units == {"discovery": 4}
    sandbox.set_clock((NIGHT + timedelta(hours=25)).isoformat())
    [result] = read(connector, "public", chosen[:1]).values()
    assert isinstance(result, ProfileCounts)


def test_a_retired_count_costs_that_number_only(connector: Threads, sandbox: Sandbox) -> None:
    account = next(item for item in ACCOUNTS if is_public(item) and not hides_replies(item))
    sandbox.set_faults({"retired": {"threads": ["quotes_count"]}})
    [found] = read(connector, "public", [account]).values()
    expected = expected_profile(account, "public")
    assert isinstance(found, ProfileCounts)
    assert found.followers == expected.followers
    assert dict(found.details).keys() == expected.details.keys() - {"quotes_7d"}


def test_a_service_in_trouble_is_not_a_lost_profile(connector: Threads, sandbox: Sandbox) -> None:
    sandbox.set_faults({"rate": 1.0, "kinds": ["500"], "seed": 1})
    with live(retries=0) as hasty:
        connector.http = hasty
        with pytest.raises(Unreachable):
            read(connector, "public", ACCOUNTS[:1])


def test_an_archived_night_reads_the_same_again(
    connector: Threads, settings: Settings, tokens: KnownTokens, tmp_path: Path
) -> None:
    """The archive keeps what the parsers read, without texts, names and tokens."""
    chosen = [item for item in ACCOUNTS if is_open(item)][:4]
    connect(connector, tokens, chosen)
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(Threads(http, settings, tokens), chosen)
    )
    assert after == before
    assert "giả lập" not in kept
    assert DISCOVERY_TOKEN not in kept
    assert not any(token.access.reveal() in kept for token in tokens.tokens.values())


def read_everything(connector: Threads, chosen: Sequence[SyntheticAccount]) -> Iterator[object]:
    """Read both doors, some lists and posts. Texts do not compare."""
    shown = next(item for item in chosen if is_public(item))
    for lane in ("public", "owner"):
        yield from read(connector, lane, chosen).values()
        yield from connector.posts(registered(shown, lane), NIGHT - timedelta(days=200))
    posts, _ = posts_to_refresh(chosen)
    yield from read_posts(connector, posts).values()
