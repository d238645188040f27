"""Every connector over loopback HTTP against the sandbox, with and without faults.

The sandbox runs in its own process; what it should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path

import pytest
from live import (
    AFTER_MERGER,
    FAULTS,
    NIGHT,
    WORLD,
    Posts,
    Profiles,
    archived,
    http,
    is_open,
    listed_in_passes,
    posts_in_passes,
    profiles_in_passes,
    read_posts,
    read_profiles,
    registered,
    sandbox,
    settings,
    settings_with,
)

from connectors.base import Connector, NoTokens
from connectors.catalogue import CONNECTORS
from jobs.sandbox import country
from jobs.sandbox.bluesky_items import STRANGER, uri
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.mastodon_items import status_id
from jobs.sandbox.register import registered_id
from jobs.sandbox.start import Sandbox
from jobs.sandbox.world import local_day
from jobs.sandbox.youtube_items import video_id
from tracker.errors import (
    AccessDenied,
    AccountGone,
    AccountMoved,
    NotFoundOrNoAccess,
    QuotaExhausted,
)
from tracker.http import LiveHttp
from tracker.metrics import step
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

PLATFORMS = country.PLATFORMS


def accounts_of(platform: str) -> list[SyntheticAccount]:
    return [item for item in country.accounts() if item.platform == platform]


def expected_profile(account: SyntheticAccount, at: datetime = NIGHT) -> ProfileCounts:
    """Say what an open account shows at an instant."""
    second = int(at.timestamp())
    followers = WORLD.followers_at(account.id, second)
    if account.platform == "youtube":
        followers -= followers % step("youtube", "account", "followers", followers)
    is_hidden = local_day(second) >= country.FOLLOWERS_HIDDEN.get(account.id, date.max)
    on_youtube = account.platform == "youtube"
    return ProfileCounts(
        native_id=registered_id(account),
        handle=account.handle_on(local_day(second)) if account.platform != "mastodon" else None,
        followers=None if is_hidden else followers,
        following=None if on_youtube else WORLD.following_at(account.id, second),
        posts=WORLD.posts_at(account.id, second),
        views=WORLD.views_at(account.id, second) if on_youtube else None,
    )


REASON = {
    ("youtube", "closed"): NotFoundOrNoAccess,
    ("youtube", "unreachable"): NotFoundOrNoAccess,
    ("bluesky", "takedown"): AccountGone,
    ("bluesky", "deactivated"): AccountGone,
    ("bluesky", "unreachable"): AccountGone,
    ("mastodon", "suspended"): AccountGone,
    ("mastodon", "unreachable"): NotFoundOrNoAccess,
    ("mastodon", "moved"): AccountMoved,
}
"""How each platform says that an account cannot be read."""


def native_id(account: SyntheticAccount, number: int) -> str:
    """Give the native id of a post of the sandbox."""
    if account.platform == "youtube":
        return video_id(account, number)
    second = int(WORLD.posts(account.id).published[number])
    if account.platform == "bluesky":
        return uri(account, second)
    return str(status_id(account, second))


def expected_posts(account: SyntheticAccount, at: datetime = NIGHT) -> dict[str, PostCounts]:
    """Say what the posts of an account show at an instant, by native id, without their texts."""
    second = int(at.timestamp())
    numbers = WORLD.visible_posts(account.id, second)
    counts = {
        key: values.tolist() for key, values in WORLD.counts_at(account.id, numbers, second).items()
    }
    found = {}
    for place, number in enumerate(numbers.tolist()):
        key = native_id(account, number)
        shown = {name: column[place] for name, column in counts.items()}
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(
                int(WORLD.posts(account.id).published[number]), UTC
            ),
            **shown_counts(account, shown),
        )
    return found


def shown_counts(account: SyntheticAccount, counts: dict[str, int]) -> dict[str, object]:
    """Choose the counts that a platform publishes and an owner does not hide."""
    if account.platform == "youtube":
        hides_likes = account.id in country.LIKES_HIDDEN
        closed = account.id in country.COMMENTS_OFF
        return {
            "views": counts["views"],
            "reactions": None if hides_likes else counts["reactions"],
            "comments": None if closed else counts["comments"],
        }
    shown = {name: counts[name] for name in ("reactions", "comments", "shares")}
    saves = {"saves": counts["saves"]} if account.platform == "bluesky" else {}
    return {**shown, **saves, "details": {"quotes": counts["quotes"]}}


def same_counts(found: PostCounts, expected: PostCounts) -> bool:
    """Compare two posts by what was counted, and the instant roughly: Bluesky's carry fractions."""
    assert found.published_at is not None
    assert expected.published_at is not None
    names = ("native_id", "views", "reactions", "comments", "shares", "saves", "details")
    same = all(getattr(found, name) == getattr(expected, name) for name in names)
    return same and abs(found.published_at - expected.published_at) < timedelta(minutes=1)


def check_profiles(platform: str, found: Profiles, at: datetime = NIGHT) -> None:
    for account in accounts_of(platform):
        state = WORLD.state(account.id, int(at.timestamp()))
        result = found[account.id]
        if state == "open":
            expected = expected_profile(account, at)
            if account.id in country.HANDLE_INVALID and isinstance(result, ProfileCounts):
                assert result.handle in (None, expected.handle)
            assert result == expected, account.id
        else:
            kind = REASON.get((platform, state), NotFoundOrNoAccess)
            assert type(result) is kind, (account.id, state, result)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_account_is_read_in_the_fewest_calls(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    accounts = [registered(account) for account in accounts_of(platform)]
    with http.tally() as tally:
        found = read_profiles(CONNECTORS[platform](http, settings, NoTokens()), accounts)
    check_profiles(platform, found)
    served = sandbox.stats()[platform]
    assert tally.requests == served["calls"] == served["minimum"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_handles_are_resolved_by_one_call_each(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """On YouTube and Mastodon the look-up holds the counts; Bluesky's gives the DID only."""
    chosen = [item for item in accounts_of(platform) if is_open(item)][:5]
    connector = CONNECTORS[platform](http, settings, NoTokens())
    found = read_profiles(connector, [registered(item, resolved=False) for item in chosen])
    assert found == {account.id: expected_profile(account) for account in chosen}
    served = sandbox.stats()[platform]
    assert served["calls"] == served["minimum"] == (6 if platform == "bluesky" else 5)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_whole_lists_hold_every_post_once_in_the_fewest_calls(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    chosen = [item for item in accounts_of(platform) if is_open(item) and is_plain(item)][:3]
    connector = CONNECTORS[platform](http, settings, NoTokens())
    for account in chosen:
        check_list(account, list(connector.posts(registered(account), None)))
    served = sandbox.stats()[platform]
    assert served["calls"] == served["minimum"] + sum(spare_pages(account) for account in chosen)


def is_plain(account: SyntheticAccount) -> bool:
    """Say whether a feed has nothing but posts and reposts of others."""
    return account.id not in country.EMPTY_PAGE | country.SELF_REPOST | country.PINNED


def spare_pages(account: SyntheticAccount) -> int:
    """Count the pages of a list without an own post on them, which nobody can know beforehand.

    A Bluesky feed holds reposts too; a full last page of Mastodon leads to an empty one.
    """
    own = len(WORLD.visible_posts(account.id, int(NIGHT.timestamp())))
    page = CONNECTORS[account.platform].list_size
    if account.platform == "mastodon":
        return int(own % page == 0)
    if account.platform == "youtube":
        return 0
    reposts = int((WORLD.posts(account.id).boosts <= NIGHT.timestamp()).sum())
    return ceil((own + reposts) / page) - ceil(own / page)


def check_list(account: SyntheticAccount, listed: Sequence[PostCounts]) -> None:
    expected = expected_posts(account)
    assert len(listed) == len(expected)
    found = {post.native_id: post for post in listed}
    assert found.keys() == expected.keys()
    assert all(post.text for post in listed)
    if account.platform != "youtube":
        assert all(same_counts(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("key", sorted(country.EMPTY_PAGE | country.SELF_REPOST | country.PINNED))
def test_feeds_with_empty_pages_pins_and_reposts_of_oneself_lose_nothing(
    key: str, http: LiveHttp, settings: Settings
) -> None:
    connector = CONNECTORS["bluesky"](http, settings, NoTokens())
    check_list(country.account(key), list(connector.posts(registered(country.account(key)), None)))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_walk_reaches_the_day_asked_for_and_no_further(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    since = NIGHT - timedelta(days=91)
    account = next(item for item in accounts_of(platform) if is_open(item) and is_plain(item))
    connector = CONNECTORS[platform](http, settings, NoTokens())
    listed = list(connector.posts(registered(account), since))
    wanted = {
        key
        for key, post in expected_posts(account).items()
        if (post.published_at or NIGHT) >= since
    }
    assert wanted
    assert wanted <= {post.native_id for post in listed}
    assert len(listed) <= len(wanted) + 2 * connector.list_size


@pytest.mark.parametrize("platform", PLATFORMS)
def test_posts_are_read_again_across_accounts_in_the_fewest_calls(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    posts, expected = posts_to_refresh(platform)
    found = read_posts(CONNECTORS[platform](http, settings, NoTokens()), posts)
    check_posts(found, expected)
    served = sandbox.stats()[platform]
    assert served["calls"] == served["minimum"]


def posts_to_refresh(platform: str) -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose the newest 30 posts of four accounts, and one that was deleted; None: it is gone."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in [item for item in accounts_of(platform) if is_open(item)][:4]:
        shown = expected_posts(account)
        keys = list(shown)[-30:]
        written = WORLD.posts(account.id)
        gone = [n for n, at in enumerate(written.deleted.tolist()) if at <= NIGHT.timestamp()][:1]
        expected |= {key: shown[key] for key in keys}
        expected |= {native_id(account, number): None for number in gone}
        keys += [native_id(account, number) for number in gone]
        posts += [PostRef(registered(account), key) for key in keys]
    assert None in expected.values()
    return posts, expected


def check_posts(found: Posts, expected: dict[str, PostCounts | None]) -> None:
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        result = found[key]
        if wanted is None:
            assert isinstance(result, NotFoundOrNoAccess)
        else:
            assert isinstance(result, PostCounts), result
            assert same_counts(result, wanted)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    platform: str, sandbox: Sandbox, settings: Settings, http: LiveHttp
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    sandbox.set_faults(FAULTS)
    connector = CONNECTORS[platform](http, settings, NoTokens())
    accounts = [registered(account) for account in accounts_of(platform)]
    check_profiles(platform, profiles_in_passes(connector, accounts, connector.batch))
    for account in [item for item in accounts_of(platform) if is_open(item)][:12]:
        check_list(account, listed_in_passes(connector, registered(account)))
    posts, expected = posts_to_refresh(platform)
    check_posts(posts_in_passes(connector, posts, connector.post_batch), expected)
    assert sandbox.stats()[platform]["faults"], "no fault was met: the test shows nothing"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_after_the_merger_every_platform_says_in_its_way_where_accounts_went(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    sandbox.set_clock(AFTER_MERGER.isoformat())
    accounts = [registered(account) for account in accounts_of(platform)]
    found = read_profiles(CONNECTORS[platform](http, settings, NoTokens()), accounts)
    check_profiles(platform, found, AFTER_MERGER)
    moved = {account: result for account, result in found.items() if type(result) is AccountMoved}
    assert bool(moved) == (platform == "mastodon")
    for key, result in moved.items():
        successor = country.successor(key)
        assert successor is not None
        assert isinstance(result, AccountMoved)
        assert result.moved_to == f"https://{country.SERVER}/@{successor.word}"


def test_a_domain_that_no_longer_points_back_is_an_unknown_handle_not_a_rename(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    [(key, (first, _))] = country.HANDLE_INVALID.items()
    sandbox.set_clock(f"{first}T18:00:00Z")
    found = read_profiles(
        CONNECTORS["bluesky"](http, settings, NoTokens()), [registered(country.account(key))]
    )
    result = found[key]
    assert isinstance(result, ProfileCounts)
    assert result.handle is None
    assert result.followers is not None


@pytest.mark.parametrize(
    ("platform", "field", "column"),
    [
        ("youtube", "videoCount", "posts"),
        ("bluesky", "followersCount", "followers"),
        ("mastodon", "following_count", "following"),
    ],
)
def test_a_retired_metric_costs_that_number_only(
    platform: str, field: str, column: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    account = next(item for item in accounts_of(platform) if is_open(item))
    connector = CONNECTORS[platform](http, settings, NoTokens())
    before = read_profiles(connector, [registered(account)])[account.id]
    sandbox.set_faults({"retired": {platform: [field]}})
    after = read_profiles(connector, [registered(account)])[account.id]
    changed = [
        name
        for name in ("native_id", "handle", "followers", "following", "posts", "views")
        if getattr(before, name) != getattr(after, name)
    ]
    assert changed == [column]
    assert getattr(after, column) is None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_vanished_account_does_not_cost_its_batch(
    platform: str, sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    chosen = [item for item in accounts_of(platform) if is_open(item)][:6]
    sandbox.set_faults({"vanished": [chosen[2].id]})
    connector = CONNECTORS[platform](http, settings, NoTokens())
    found = read_profiles(connector, [registered(account) for account in chosen])
    assert isinstance(found.pop(chosen[2].id), NotFoundOrNoAccess)
    assert all(isinstance(result, ProfileCounts) for result in found.values())
    assert len(found) == 5


def test_a_wrong_key_is_told_from_a_lost_channel(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    wrong = settings_with(sandbox, tmp_path, TRACKER_YOUTUBE_API_KEY="khoa-sai-hoan-toan")
    connector = CONNECTORS["youtube"](http, wrong, NoTokens())
    account = registered(accounts_of("youtube")[0])
    with pytest.raises(AccessDenied, match="API key not valid"):
        read_profiles(connector, [account])


def test_the_end_of_the_quota_names_the_hour_of_the_reset(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    sandbox.set_faults({"quota": {"youtube": 0}})
    connector = CONNECTORS["youtube"](http, settings, NoTokens())
    with pytest.raises(QuotaExhausted) as caught:
        read_profiles(connector, [registered(accounts_of("youtube")[0])])
    assert caught.value.reset_at == datetime(2024, 9, 3, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_archived_night_reads_the_same_again(
    platform: str, settings: Settings, tmp_path: Path
) -> None:
    """The archive keeps what the parsers read, without the texts and without other people."""
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(CONNECTORS[platform](http, settings, NoTokens()))
    )
    assert after == before
    assert country.API_KEY not in kept
    assert "giả lập" not in kept
    assert STRANGER not in kept


def read_everything(connector: Connector) -> Iterator[object]:
    """Read profiles, one list and some posts. Texts do not compare."""
    accounts = accounts_of(connector.platform)
    yield from read_profiles(connector, [registered(item) for item in accounts[:30]]).values()
    account = next(item for item in accounts if is_open(item))
    yield from connector.posts(registered(account), NIGHT - timedelta(days=120))
    posts, _ = posts_to_refresh(connector.platform)
    yield from read_posts(connector, posts[:25]).values()
