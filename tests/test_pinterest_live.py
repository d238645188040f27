"""Pinterest over loopback HTTP against the sandbox: each account by its owner's token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sandbox_folder
from live import (
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    KnownTokens,
    Posts,
    Profiles,
    archived,
    check_posts,
    consents,
    http,
    listed_in_passes,
    live,
    on_the_night,
    posts_in_passes,
    profiles_in_passes,
    read_posts,
    read_profiles,
    ref,
    sandbox,
    settings,
    settings_with,
)

from connectors.base import NoTokens
from connectors.pinterest import Pinterest
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene
from jobs.sandbox.pinterest import (
    has_empty_page,
    metrics_of,
    monthly_views,
    pin_id,
    pins_of,
)
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from tracker.errors import (
    AccessDenied,
    PermissionMissing,
    Unreachable,
)
from tracker.http import LiveHttp
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

SCENE = Scene(WORLD, SECOND, SECOND)
ACCOUNTS = [item for item in country.more_accounts() if item.platform == "pinterest"]
PLAIN = [item for item in ACCOUNTS if not has_empty_page(item)]


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Token]:
    """Let the owners of all accounts consent."""
    running = on_the_night(sandbox_folder.sandbox())
    settings = settings_with(running, tmp_path_factory.mktemp("data"))
    with live() as http:
        return consents(Pinterest(http, settings, NoTokens()), ACCOUNTS)


@pytest.fixture
def pinterest(http: LiveHttp, settings: Settings, connected: dict[str, Token]) -> Pinterest:
    return Pinterest(http, settings, KnownTokens(connected))


def expected_profile(account: SyntheticAccount) -> ProfileCounts:
    followers = WORLD.followers_at(account.id, SECOND)
    monthly = monthly_views(account, followers)
    saved = [pin for pin in pins_of(SCENE, account) if pin.kind == "saved"]
    return ProfileCounts(
        native_id=account.native_id,
        handle=account.handle_on(country.START),
        followers=None if account.number % 45 == 7 else followers,
        following=WORLD.following_at(account.id, SECOND),
        posts=None if account.number % 30 == 3 else WORLD.posts_at(account.id, SECOND) + len(saved),
        details={} if monthly is None else {"views_30d": monthly},
    )


def expected_posts(account: SyntheticAccount) -> dict[str, PostCounts]:
    """Say what the own pins of an account show, by id, without texts and kinds."""
    numbers = WORLD.visible_posts(account.id, SECOND)
    counts = WORLD.counts_at(account.id, numbers, SECOND)
    found = {}
    for place, number in enumerate(numbers.tolist()):
        second = int(WORLD.posts(account.id).published[number])
        key = pin_id(account, second)
        row = {name: int(column[place]) for name, column in counts.items()}
        is_told, has_saves = metrics_of(number, row) is not None, number % 11 != 5
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(second, UTC),
            url=f"https://www.pinterest.com/pin/{key}/",
            views=row["views"] if is_told else None,
            reactions=row["reactions"] if is_told else None,
            comments=row["comments"] if is_told else None,
            saves=row["saves"] if is_told and has_saves else None,
        )
    return found


def read(pinterest: Pinterest, accounts: Sequence[SyntheticAccount]) -> Profiles:
    return read_profiles(pinterest, [ref(account) for account in accounts])


def test_every_account_is_read_in_one_call(sandbox: Sandbox, pinterest: Pinterest) -> None:
    found = read(pinterest, ACCOUNTS)
    assert found == {account.id: expected_profile(account) for account in ACCOUNTS}
    assert any(one.followers is None for one in found.values() if isinstance(one, ProfileCounts))
    served = sandbox.stats()["pinterest"]
    assert served["calls"] == served["minimum"] == len(ACCOUNTS)


def check_list(account: SyntheticAccount, listed: Sequence[PostCounts]) -> None:
    ids = [int(post.native_id) for post in listed]
    assert ids == sorted(ids, reverse=True)
    assert {post.native_id: replace(post, kind=None) for post in listed} == expected_posts(account)
    assert {post.kind for post in listed} == {"image", "video", "multiple_images"}
    assert all(post.text for post in listed)


def test_lists_hold_every_own_pin_once_in_the_fewest_calls(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    for account in PLAIN[:3]:
        check_list(account, list(pinterest.posts(ref(account), None)))
    served = sandbox.stats()["pinterest"]
    assert served["calls"] == served["minimum"] >= 6


def test_an_empty_page_with_a_bookmark_is_not_the_end(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    account = next(item for item in ACCOUNTS if has_empty_page(item))
    check_list(account, list(pinterest.posts(ref(account), None)))


def test_a_walk_reaches_the_day_asked_for_and_no_further(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    since = NIGHT - timedelta(days=91)
    listed = list(pinterest.posts(ref(PLAIN[0]), since))
    wanted = {
        key
        for key, post in expected_posts(PLAIN[0]).items()
        if post.published_at is not None and post.published_at >= since
    }
    assert wanted <= {post.native_id for post in listed}
    assert sandbox.stats()["pinterest"]["calls"] <= 2


def posts_to_refresh() -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose the newest 30 pins of three accounts and a deleted one; None: it is gone."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in PLAIN[:3]:
        shown, written = expected_posts(account), WORLD.posts(account.id)
        gone = [n for n, at in enumerate(written.deleted.tolist()) if at <= SECOND][-1:]
        keys = list(shown)[-30:]
        expected |= {key: shown[key] for key in keys}
        missing = [pin_id(account, int(written.published[number])) for number in gone]
        expected |= dict.fromkeys(missing)
        posts += [PostRef(ref(account), key) for key in (*keys, *missing)]
    return posts, expected


def check_pins(found: Posts, expected: dict[str, PostCounts | None]) -> None:
    """Compare pins but for their kinds; None: it is gone."""
    bare = {
        key: replace(result, kind=None) if isinstance(result, PostCounts) else result
        for key, result in found.items()
    }
    check_posts(bare, expected)


def test_known_pins_are_read_by_pages_and_the_last_one_alone(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    """One page of 250 brings 30 young pins; a deleted one is asked for by its id."""
    posts, expected = posts_to_refresh()
    assert None in expected.values()
    check_pins(read_posts(pinterest, posts), expected)
    served = sandbox.stats()["pinterest"]
    gone = sum(one is None for one in expected.values())
    assert served["calls"] == served["minimum"] == 3 + gone


def test_two_old_pins_are_asked_for_one_by_one(sandbox: Sandbox, pinterest: Pinterest) -> None:
    account = PLAIN[0]
    oldest = list(expected_posts(account))[:2]
    found = dict(pinterest.refresh([PostRef(ref(account), key) for key in oldest]))
    assert all(isinstance(one, PostCounts) for one in found.values())
    assert sandbox.stats()["pinterest"]["by_method"] == {"pins": 1, "pins/{id}": 2}


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    sandbox.set_faults(FAULTS)
    found = profiles_in_passes(pinterest, [ref(account) for account in ACCOUNTS])
    assert found == {account.id: expected_profile(account) for account in ACCOUNTS}
    for account in PLAIN[:8]:
        check_list(account, listed_in_passes(pinterest, ref(account)))
    posts, expected = posts_to_refresh()
    check_pins(posts_in_passes(pinterest, posts), expected)
    assert sandbox.stats()["pinterest"]["faults"]


def test_a_token_that_ended_is_renewed_once_and_works(
    sandbox: Sandbox, pinterest: Pinterest, connected: dict[str, Token]
) -> None:
    """After 31 days the access token has ended; the refresh token is good for 60 and works once."""
    account = ACCOUNTS[-1]
    sandbox.set_clock((NIGHT + timedelta(days=31)).isoformat())
    [result] = read(pinterest, [account]).values()
    assert isinstance(result, ProfileCounts)
    renewed = pinterest.tokens.find(account.id)
    assert renewed is not None
    assert renewed.refresh != connected[account.id].refresh
    assert renewed.native_id == account.native_id
    assert sandbox.stats()["pinterest"]["by_method"] == {"oauth/token": 1, "user_account": 2}
    with pytest.raises(AccessDenied, match="refused"):
        pinterest.renew(connected[account.id])


def test_a_consent_that_ended_is_denied_and_says_what_to_do(
    sandbox: Sandbox, pinterest: Pinterest
) -> None:
    sandbox.set_clock((NIGHT + timedelta(days=61)).isoformat())
    [result] = read(pinterest, ACCOUNTS[4:5]).values()
    assert isinstance(result, AccessDenied)
    assert pinterest.credential(ref(ACCOUNTS[4])) == ACCOUNTS[4].id


def test_a_consent_of_another_account_is_refused(sandbox: Sandbox, pinterest: Pinterest) -> None:
    mine, other = ACCOUNTS[5], ACCOUNTS[6]
    with pytest.raises(PermissionMissing, match=other.native_id):
        pinterest.exchange(ref(mine), code_for(other.id), REDIRECT)
    with pytest.raises(AccessDenied, match="283"):
        pinterest.exchange(ref(mine), "ma-sai", REDIRECT)


def test_the_shared_token_reads_its_own_account_and_no_other(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path, connected: dict[str, Token]
) -> None:
    holder, other = ACCOUNTS[8], ACCOUNTS[9]
    shared = connected[holder.id].access.reveal()
    given = settings_with(sandbox, tmp_path, TRACKER_PINTEREST_ACCESS_TOKEN=shared)
    pinterest = Pinterest(http, given, NoTokens())
    found = read(pinterest, [other, holder, ACCOUNTS[10]])
    assert found[holder.id] == expected_profile(holder)
    refused = found[other.id]
    assert isinstance(refused, PermissionMissing)
    assert holder.native_id in str(refused)
    assert shared not in str(refused)
    assert [pinterest.credential(ref(one)) for one in (other, holder)] == [
        other.id,
        "pinterest",
    ]
    assert list(pinterest.posts(ref(holder), NIGHT - timedelta(days=30)))
    with pytest.raises(PermissionMissing):
        list(pinterest.posts(ref(other), None))
    assert sandbox.stats()["pinterest"]["by_method"] == {"pins": 2, "user_account": 2}


def test_an_account_without_consent_says_what_to_do(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    pinterest = Pinterest(http, settings, NoTokens())
    [result] = read(pinterest, ACCOUNTS[:1]).values()
    assert isinstance(result, PermissionMissing)
    assert f"tracker connect pinterest --account {ACCOUNTS[0].id}" in str(result)
    assert sandbox.stats()["pinterest"]["calls"] == 0


def test_a_wrong_app_secret_is_denied_and_a_missing_one_never_sent(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path, connected: dict[str, Token]
) -> None:
    name, wrong = "TRACKER_PINTEREST_APP_SECRET", "gialap-khoa-sai-hoan-toan"
    settings = settings_with(sandbox, tmp_path, **{name: wrong})
    with pytest.raises(AccessDenied) as caught:
        Pinterest(http, settings, NoTokens()).renew(connected[ACCOUNTS[0].id])
    assert wrong not in str(caught.value)
    settings = settings_with(sandbox, tmp_path, **{name: ""})
    with pytest.raises(Unreachable, match=name) as unsent:
        Pinterest(http, settings, NoTokens()).renew(connected[ACCOUNTS[0].id])
    assert unsent.value.not_sent


def test_a_vanished_account_costs_no_other(sandbox: Sandbox, pinterest: Pinterest) -> None:
    sandbox.set_faults({"vanished": [ACCOUNTS[12].id]})
    found = read(pinterest, ACCOUNTS[11:14])
    assert [type(one) for one in found.values()] == [ProfileCounts, AccessDenied, ProfileCounts]


def test_a_retired_metric_costs_that_number_only(sandbox: Sandbox, pinterest: Pinterest) -> None:
    sandbox.set_faults({"retired": {"pinterest": ["monthly_views", "reaction"]}})
    [result] = read(pinterest, [ACCOUNTS[0]]).values()
    assert result == replace(expected_profile(ACCOUNTS[0]), details={})
    listed = list(pinterest.posts(ref(ACCOUNTS[0]), NIGHT - timedelta(days=30)))
    assert {post.reactions for post in listed} == {None}
    assert any(post.views for post in listed)


def test_an_archived_night_reads_the_same_again(
    settings: Settings, tmp_path: Path, connected: dict[str, Token]
) -> None:
    """The archive keeps what the parsers read: no token, no text, no name of the account."""
    known = KnownTokens(connected)
    unasked = KnownTokens({key: Token(Secret("not asked for"), NIGHT) for key in connected})
    before, after, kept = archived(
        tmp_path,
        lambda http: read_everything(Pinterest(http, settings, known)),
        lambda http: read_everything(Pinterest(http, settings, unasked)),
    )
    assert after == before
    for hidden in ("gialap-access", "gialap-refresh", "giả lập", "700000000000000"):
        assert hidden not in kept


def read_everything(pinterest: Pinterest) -> Iterator[object]:
    yield from read(pinterest, ACCOUNTS[:30]).values()
    yield from pinterest.posts(ref(PLAIN[0]), NIGHT - timedelta(days=120))
    yield from (result for _, result in pinterest.refresh(posts_to_refresh()[0][:25]))
