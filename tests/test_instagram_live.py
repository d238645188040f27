"""Instagram's connector over loopback HTTP against the sandbox: both doors, calls, faults, tokens.

The sandbox runs in its own process; what it should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

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
    http,
    is_open,
    listed_in_passes,
    profiles_in_passes,
    read_profiles,
    registered,
    sandbox,
    settings,
    settings_with,
)

from connectors.base import batches
from connectors.instagram import Instagram
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.instagram import ME, PUBLIC_TOKEN
from jobs.sandbox.instagram_items import (
    CONVERTED_AT,
    STRANGER,
    is_reel,
    media_id,
    quirk,
    reach,
)
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import DAY_SECONDS
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PermissionMissing,
    ReadError,
)
from tracker.http import Http, LiveHttp
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.secrets import Token
from tracker.settings import Settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

ACCOUNTS = [item for item in country.more_accounts() if item.platform == "instagram"]


@pytest.fixture
def tokens() -> KnownTokens:
    return KnownTokens(renewable=True)


@pytest.fixture
def connector(http: LiveHttp, settings: Settings, tokens: KnownTokens) -> Instagram:
    return Instagram(http, settings, tokens)


def is_shown(account: SyntheticAccount) -> bool:
    return is_open(account) and quirk(account) != "personal"


def with_quirk(name: str) -> list[SyntheticAccount]:
    found = [item for item in ACCOUNTS if is_shown(item) and quirk(item) == name]
    assert found, name
    return found


def expected_posts(account: SyntheticAccount, lane: str = "public") -> dict[str, PostCounts]:
    """Say what an account's posts show, newest first."""
    found: dict[str, PostCounts] = {}
    if quirk(account) == "silent":
        return found
    numbers = WORLD.visible_posts(account.id, SECOND)[::-1]
    columns = {
        key: values.tolist() for key, values in WORLD.counts_at(account.id, numbers, SECOND).items()
    }
    published = WORLD.posts(account.id).published
    for place, number in enumerate(numbers.tolist()):
        second = int(published[number])
        counts = {key: values[place] for key, values in columns.items()}
        key = media_id(account, second)
        hides = quirk(account) == "hides_likes"
        shown = {"views": counts["views"] if is_reel(number) else None}
        details = {"reposts": counts["quotes"]}
        if lane == "owner":
            tells = second <= SECOND - DAY_SECONDS
            names = ("views", "shares", "saves")
            shown = {name: counts[name] if tells else None for name in names}
            details = {**details, "reach": reach(counts["views"])} if tells else {}
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(second, UTC),
            kind="reels" if is_reel(number) else "feed",
            reactions=None if hides else counts["reactions"],
            comments=counts["comments"],
            details=details,
            **shown,
        )
    return found


def same(found: Sequence[PostCounts], expected: Sequence[PostCounts]) -> bool:
    """Compare posts in their order; addresses and texts are checked elsewhere."""
    names = ("native_id", "published_at", "kind", "views", "reactions", "comments", "shares")
    names = (*names, "saves", "details")
    return [[getattr(post, name) for name in names] for post in found] == [
        [getattr(post, name) for name in names] for post in expected
    ]


def check_profile(account: SyntheticAccount, result: ProfileCounts | ReadError) -> None:
    if not is_shown(account):
        assert isinstance(result, NotFoundOrNoAccess), (account.id, result)
        return
    assert isinstance(result, ProfileCounts), (account.id, result)
    expected = list(expected_posts(account).values())
    assert (result.native_id, result.handle) == (account.native_id, account.word)
    assert result.followers == WORLD.followers_at(account.id, SECOND)
    assert result.following == WORLD.following_at(account.id, SECOND)
    assert result.posts == len(expected)
    assert same(result.newest, expected[:25])
    assert all(post.url and post.url.startswith("https://www.inst") for post in result.newest)
    assert result.newest_is_all == (len(expected) <= 25)


def read(
    connector: Instagram, accounts: Sequence[SyntheticAccount], lane: str = "public"
) -> Profiles:
    return read_profiles(connector, [registered(account, lane) for account in accounts])


def test_every_account_is_read_with_its_newest_posts_in_one_call(
    sandbox: Sandbox, http: LiveHttp, connector: Instagram
) -> None:
    """Personal and lost accounts cost one call too, and say nothing of each other."""
    with http.tally() as tally:
        found = read(connector, ACCOUNTS)
    for account in ACCOUNTS:
        check_profile(account, found[account.id])
    served = sandbox.stats()["instagram"]
    assert tally.requests == served["calls"] == served["minimum"] == len(ACCOUNTS)
    assert tally.units == {"": len(ACCOUNTS)}


def test_lists_go_on_behind_the_newest_posts_and_are_complete_in_the_fewest_calls(
    sandbox: Sandbox, connector: Instagram
) -> None:
    chosen = [*with_quirk("")[:8], *with_quirk("silent"), *with_quirk("hollow")[:1]]
    for account in chosen:
        profile = read(connector, [account])[account.id]
        assert isinstance(profile, ProfileCounts)
        listed = list(connector.posts(registered(account), None))
        assert same([*profile.newest, *listed], list(expected_posts(account).values())), account.id
        # Captions are absent where there is none.
        assert sum(post.text is not None for post in listed) >= len(listed) * 0.8
    served = sandbox.stats()["instagram"]
    assert served["minimum"] <= served["calls"] <= served["minimum"] * 1.02


def test_a_list_without_a_profile_before_it_begins_at_the_top(
    sandbox: Sandbox, connector: Instagram
) -> None:
    account = with_quirk("hides_likes")[0]
    listed = list(connector.posts(registered(account), None))
    assert same(listed, list(expected_posts(account).values()))
    assert all(post.reactions is None for post in listed)
    served = sandbox.stats()["instagram"]
    assert served["calls"] == served["minimum"] == ceil(len(listed) / 25)


def test_where_the_newest_posts_reach_back_far_enough_nothing_more_is_asked(
    sandbox: Sandbox, connector: Instagram
) -> None:
    account = with_quirk("")[0]
    expected = list(expected_posts(account).values())
    read(connector, [account])
    assert list(connector.posts(registered(account), NIGHT - timedelta(days=2))) == []
    assert sandbox.stats()["instagram"]["calls"] == 1
    since = expected[30].published_at
    assert same(list(connector.posts(registered(account), since)), expected[25:50])
    assert sandbox.stats()["instagram"]["calls"] == 2


def test_posts_are_found_again_by_pages_and_pages_seen_without_them_are_skipped(
    sandbox: Sandbox, connector: Instagram
) -> None:
    account = with_quirk("")[0]
    expected = list(expected_posts(account).values())
    read(connector, [account])
    for places, calls in (((30, 55), 2), ((30,), 1), ((60,), 1), ((80,), 1), ((49, 90), 2)):
        sandbox.reset_stats()
        refs = [PostRef(registered(account), expected[place].native_id) for place in places]
        found = [post for _, post in connector.refresh(refs) if isinstance(post, PostCounts)]
        assert same(found, [expected[place] for place in places])
        assert sandbox.stats()["instagram"]["calls"] == calls, places


def test_posts_are_refreshed_across_accounts_and_deleted_ones_are_told(
    sandbox: Sandbox, connector: Instagram
) -> None:
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in with_quirk("")[:4]:
        shown = expected_posts(account)
        written = WORLD.posts(account.id)
        gone = [
            media_id(account, int(at))
            for at, end in zip(written.published.tolist(), written.deleted.tolist(), strict=True)
            if end <= SECOND
        ][:1]
        some = dict(list(shown.items())[:30])
        expected |= some | dict.fromkeys(gone)
        posts += [PostRef(registered(account), key) for key in (*some, *gone)]
    assert None in expected.values()
    found = {ref.native_id: result for ref, result in connector.refresh(posts)}
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        result = found[key]
        if wanted is None:
            assert isinstance(result, NotFoundOrNoAccess)
        else:
            assert isinstance(result, PostCounts)
            assert same([result], [wanted])
    served = sandbox.stats()["instagram"]
    assert served["calls"] == served["minimum"]


def test_a_renamed_account_is_lost_and_a_stranger_under_its_name_is_not_taken_for_it(
    sandbox: Sandbox, connector: Instagram
) -> None:
    sandbox.set_clock("2024-09-10T18:00:00Z")
    [taken] = with_quirk("taken")
    renamed = with_quirk("renamed")[0]
    found = read(connector, [taken, renamed])
    result = found[taken.id]
    assert isinstance(result, ProfileCounts)
    assert (result.native_id, result.newest) == (STRANGER, ())
    assert isinstance(found[renamed.id], NotFoundOrNoAccess)
    with pytest.raises(BadRequest, match=STRANGER):
        list(connector.posts(registered(taken), None))


@pytest.mark.parametrize(("field", "column"), [("follows_count", "following")])
def test_a_retired_metric_costs_that_number_only(
    field: str, column: str, sandbox: Sandbox, connector: Instagram
) -> None:
    account = with_quirk("")[0]
    before = read(connector, [account])[account.id]
    sandbox.set_faults({"retired": {"instagram": [field]}})
    after = read(connector, [account])[account.id]
    names = ("native_id", "handle", "followers", "following", "posts", "newest")
    assert [name for name in names if getattr(before, name) != getattr(after, name)] == [column]
    assert getattr(after, column) is None


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, connector: Instagram, tokens: KnownTokens
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    own = with_quirk("")[3]
    connect(connector, tokens, own)
    sandbox.set_faults(FAULTS)
    found = profiles_in_passes(connector, [registered(account) for account in ACCOUNTS], 1)
    for account in ACCOUNTS:
        check_profile(account, found[account.id])
    for account in with_quirk("")[:3]:
        listed = listed_in_passes(connector, registered(account))
        assert same(listed, list(expected_posts(account).values())[25:])
    listed = listed_in_passes(connector, registered(own, "owner"))
    assert same(listed, list(expected_posts(own, "owner").values()))
    assert sandbox.stats()["instagram"]["faults"], "no fault was met: the test shows nothing"


def connect(connector: Instagram, tokens: KnownTokens, account: SyntheticAccount) -> Token:
    """Walk an owner through the consent."""
    code = code_for(account.id) + "#_"
    token = connector.exchange(registered(account, "owner"), code, REDIRECT)
    tokens.tokens[account.id] = token
    return token


def test_an_owner_consents_and_tells_more(
    sandbox: Sandbox, connector: Instagram, tokens: KnownTokens
) -> None:
    account, other = with_quirk("")[1:3]
    ref = registered(account, "owner")
    assert connector.lanes(ref) == ("public",)
    address = urlsplit(connector.consent_address(ref, REDIRECT))
    asked = parse_qs(address.query)
    assert (asked["state"], asked["redirect_uri"]) == ([account.id], [REDIRECT])
    assert address.path.endswith("/authorize")
    token = connect(connector, tokens, account)
    assert (token.native_id, token.kind) == (account.native_id, "instagram_login")
    assert token.expires_at == NIGHT + timedelta(days=60)
    assert connector.lanes(ref) == ("owner", "public")
    assert connector.credential(ref) == account.id
    sandbox.reset_stats()
    profile = read(connector, [account], "owner")[account.id]
    assert isinstance(profile, ProfileCounts)
    assert profile.native_id == account.native_id
    assert profile.followers == WORLD.followers_at(account.id, SECOND)
    listed = list(connector.posts(ref, None))
    assert same(listed, list(expected_posts(account, "owner").values()))
    served = sandbox.stats()["instagram"]
    assert served["calls"] == served["minimum"] == 1 + ceil(len(listed) / 100)
    oldest = PostRef(ref, listed[-1].native_id)
    sandbox.reset_stats()
    assert list(connector.refresh([oldest])) == [(oldest, listed[-1])]
    assert sandbox.stats()["instagram"]["calls"] == 1
    with pytest.raises(PermissionMissing, match=other.native_id):
        connector.exchange(registered(other, "owner"), code_for(account.id), REDIRECT)


def test_posts_of_before_the_account_was_professional_cost_their_insights_only(
    connector: Instagram, tokens: KnownTokens
) -> None:
    account = with_quirk("converted")[0]
    connect(connector, tokens, account)
    listed = list(connector.posts(registered(account, "owner"), None))
    expected = list(expected_posts(account, "owner").values())
    whole = [post for post in listed if post.saves is not None]
    assert whole
    assert same(whole, [post for post in expected if post.saves is not None][: len(whole)])
    assert [post.reactions for post in listed] == [post.reactions for post in expected]
    moment = datetime.fromtimestamp(CONVERTED_AT, UTC)
    assert all(post.saves is None for post in listed if post.published_at < moment)  # type: ignore[operator] # lists always date posts


def test_tokens_are_renewed_and_an_ended_one_needs_a_new_consent(
    sandbox: Sandbox, connector: Instagram, tokens: KnownTokens
) -> None:
    account = with_quirk("")[4]
    token = connect(connector, tokens, account)
    with pytest.raises(AccessDenied):
        connector.renew(token)  # it is not a day old
    sandbox.set_clock("2024-10-02T18:00:00Z")
    newer = connector.renew(token)
    assert newer.access != token.access
    assert newer.scopes == token.scopes
    tokens.tokens[account.id] = newer
    assert isinstance(read(connector, [account], "owner")[account.id], ProfileCounts)
    sandbox.set_clock("2025-01-20T18:00:00Z")
    assert isinstance(read(connector, [account], "owner")[account.id], AccessDenied)


def test_a_wrong_key_and_a_wrong_asking_account_accuse_nobody(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path, tokens: KnownTokens
) -> None:
    account = with_quirk("")[0]
    wrong = settings_with(
        sandbox, tmp_path, TRACKER_INSTAGRAM_ACCESS_TOKEN="gialap-khoa-sai-hoan-toan"
    )
    with pytest.raises(AccessDenied, match="TRACKER_INSTAGRAM_ACCESS_TOKEN"):
        read(Instagram(http, wrong, tokens), [account])
    wrong = settings_with(sandbox, tmp_path, TRACKER_INSTAGRAM_USER_ID=ME[:-1] + "9")
    with pytest.raises(PermissionMissing, match="TRACKER_INSTAGRAM_USER_ID"):
        read(Instagram(http, wrong, tokens), [account])


def test_without_a_token_of_ours_accounts_are_asked_through_their_owners(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path, tokens: KnownTokens
) -> None:
    without = settings_with(sandbox, tmp_path, TRACKER_INSTAGRAM_ACCESS_TOKEN="")
    connector = Instagram(http, without, tokens)
    account = registered(ACCOUNTS[0])
    assert connector.lanes(account) == ("owner",)


def test_an_archived_night_reads_the_same_again(
    settings: Settings, tokens: KnownTokens, tmp_path: Path
) -> None:
    """The archive keeps what the parsers read, without the texts and without tokens."""
    own = with_quirk("")[5]

    def first(http: Http) -> Iterator[object]:
        connector = Instagram(http, settings, tokens)
        connect(connector, tokens, own)
        return read_everything(connector, own)

    before, after, kept = archived(
        tmp_path, first, lambda http: read_everything(Instagram(http, settings, tokens), own)
    )
    assert after == before
    assert PUBLIC_TOKEN not in kept
    assert tokens.tokens[own.id].access.reveal() not in kept
    assert "giả lập" not in kept
    assert "caption': " not in kept


def read_everything(connector: Instagram, own: SyntheticAccount) -> Iterator[object]:
    """Read profiles, lists and some posts through both doors."""
    yield from read(connector, ACCOUNTS[:30]).values()
    public = registered(with_quirk("")[0])
    for account in (public, registered(own, "owner")):
        listed = list(connector.posts(account, NIGHT - timedelta(days=300)))
        yield from listed
        refs = [PostRef(account, post.native_id) for post in listed[-3:]]
        for some in batches(refs, 25):
            yield from (result for _, result in connector.refresh(some))
    yield from read(connector, [own], "owner").values()
