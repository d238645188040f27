"""Facebook over loopback HTTP against the sandbox: both doors, the consent, faults, the archive.

What the sandbox should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from math import ceil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from live import (
    AFTER_MERGER,
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    KnownTokens,
    Profiles,
    archived,
    check_posts,
    connected,
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

from connectors.base import NoTokens
from connectors.facebook import PAGE_BUDGET, Facebook
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.facebook import APP_SECRET, SYSTEM_TOKEN
from jobs.sandbox.facebook_items import (
    KINDS,
    STATUS_TYPES,
    has_empty_page,
    has_insights,
    hides_shares,
    is_nameless,
    is_old,
    is_unlisted,
    kinds_of,
    likes_of,
    pages,
    post_id,
)
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day, utc
from tracker.errors import (
    AccessDenied,
    AccountMoved,
    BadRequest,
    NotFoundOrNoAccess,
    PermissionMissing,
)
from tracker.http import Http, LiveHttp
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings, load_settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

PAGE = Facebook.list_size


@pytest.fixture
def connector(http: LiveHttp, settings: Settings) -> Facebook:
    """Facebook by the public door."""
    return Facebook(http, settings, NoTokens())


OPEN = [page for page in pages() if is_open(page)]


def expected_profile(page: SyntheticAccount, at: datetime = NIGHT) -> ProfileCounts:
    """Say what an open page shows, without the posts that come along."""
    followers = WORLD.followers_at(page.id, int(at.timestamp()))
    return ProfileCounts(
        native_id=page.native_id,
        handle=None if is_nameless(page) else page.handle_on(local_day(int(at.timestamp()))),
        followers=followers,
        likes=likes_of(followers) if is_old(page) else None,
    )


def expected_posts(page: SyntheticAccount, lane: str = "public") -> dict[str, PostCounts]:
    """Say what the posts of a page show, newest first, by native id, without their texts."""
    numbers = WORLD.visible_posts(page.id, SECOND)[::-1]
    counts = {
        name: column.tolist() for name, column in WORLD.counts_at(page.id, numbers, SECOND).items()
    }
    published = WORLD.posts(page.id).published
    found = {}
    for place, number in enumerate(numbers.tolist()):
        one = {name: column[place] for name, column in counts.items()}
        key = post_id(page, int(published[number]))
        kinds = zip(KINDS, kinds_of(one["reactions"]), strict=True)
        told = lane == "owner" and has_insights(page)
        found[key] = PostCounts(
            native_id=key,
            published_at=utc(int(published[number])),
            url=f"https://www.facebook.com/{page.native_id}/posts/{key.partition('_')[2]}",
            kind=STATUS_TYPES[number % len(STATUS_TYPES)],
            views=one["views"] if told else None,
            reactions=one["reactions"],
            comments=one["comments"],
            shares=one["shares"] if one["shares"] and not hides_shares(page) else None,
            details={
                **{f"reactions_{kind}": count for kind, count in kinds},
                **({"reach": int(one["views"] * 0.8)} if told else {}),
            },
        )
    return found


def check_profiles(found: Profiles, at: datetime = NIGHT) -> None:
    assert found.keys() == {page.id for page in pages()}
    for page in pages():
        result = found[page.id]
        state = WORLD.state(page.id, int(at.timestamp()))
        if state == "open":
            assert isinstance(result, ProfileCounts), (page.id, result)
            bare = replace(result, newest=(), newest_is_all=False)
            assert bare == expected_profile(page, at), page.id
        else:
            assert isinstance(result, NotFoundOrNoAccess | AccountMoved), (page.id, state, result)


def check_list(page: SyntheticAccount, listed: Sequence[PostCounts], lane: str = "public") -> None:
    expected = expected_posts(page, lane)
    assert [post.native_id for post in listed] == list(expected)
    assert all(post == expected[post.native_id] for post in listed)
    assert all(post.text for post in listed)


def test_every_page_is_read_with_its_newest_posts_in_the_fewest_calls(
    sandbox: Sandbox, http: LiveHttp, connector: Facebook
) -> None:
    with http.tally() as tally:
        found = read_profiles(connector, [registered(page) for page in pages()])
    check_profiles(found)
    for page in OPEN:
        result = found[page.id]
        assert isinstance(result, ProfileCounts)
        wanted = expected_posts(page)
        assert list(result.newest) == list(wanted.values())[:PAGE]
        assert result.newest_is_all == (len(wanted) <= PAGE and not has_empty_page(page))
    served = sandbox.stats()["facebook"]
    assert tally.requests == served["calls"] == served["minimum"]
    assert tally.units[""] >= len(pages())


def night_with_hidden_pages() -> tuple[datetime, list[SyntheticAccount]]:
    """Find the first night before ours on which two pages cannot be reached by strangers."""
    for days in range(1, 400):
        at = NIGHT - timedelta(days=days)
        second = int(at.timestamp())
        hidden = [page for page in pages() if WORLD.state(page.id, second) == "unreachable"]
        if len(hidden) > 1:
            return at, hidden
    raise AssertionError("no night has two hidden pages")


def test_pages_hidden_for_a_night_cost_one_call_each(sandbox: Sandbox, connector: Facebook) -> None:
    night, hidden = night_with_hidden_pages()
    sandbox.set_clock(night.isoformat())
    check_profiles(read_profiles(connector, [registered(page) for page in pages()]), night)
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"] == 2 + len(hidden)


def test_names_are_resolved_in_the_same_call(sandbox: Sandbox, connector: Facebook) -> None:
    chosen = [page for page in OPEN if not is_nameless(page)][:20]
    found = read_profiles(connector, [registered(page, resolved=False) for page in chosen])
    assert [getattr(found[page.id], "native_id", None) for page in chosen] == [
        page.native_id for page in chosen
    ]
    assert sandbox.stats()["facebook"]["calls"] == 1


def test_a_name_that_nobody_has_costs_one_more_call(sandbox: Sandbox, connector: Facebook) -> None:
    nameless = [page for page in OPEN if is_nameless(page)]
    named = [page for page in OPEN if not is_nameless(page)][:3]
    found = read_profiles(
        connector, [registered(page, resolved=False) for page in nameless + named]
    )
    assert all(isinstance(found[page.id], NotFoundOrNoAccess) for page in nameless)
    assert all(isinstance(found[page.id], ProfileCounts) for page in named)
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"] == 2


def test_lists_go_on_behind_the_newest_posts(sandbox: Sandbox, connector: Facebook) -> None:
    chosen = [*OPEN[:3], *(page for page in OPEN if has_empty_page(page) or hides_shares(page))]
    chosen = list(dict.fromkeys(chosen))
    found = read_profiles(connector, [registered(page) for page in chosen])
    calls = 0
    for page in chosen:
        profile = found[page.id]
        assert isinstance(profile, ProfileCounts)
        behind = list(connector.posts(registered(page), None))
        check_list(page, [*profile.newest, *behind])
        calls += ceil(len(behind) / PAGE) + has_empty_page(page)
    served = sandbox.stats()["facebook"]
    empty = sum(has_empty_page(page) for page in chosen)
    assert served["calls"] == 1 + calls == served["minimum"] + empty


def test_a_list_without_a_profile_is_read_from_its_start(
    sandbox: Sandbox, connector: Facebook
) -> None:
    for page in OPEN[:2]:
        check_list(page, list(connector.posts(registered(page), None)))
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"]


def test_a_walk_reaches_the_day_asked_for_and_no_further(
    sandbox: Sandbox, connector: Facebook
) -> None:
    page = next(page for page in OPEN if not has_empty_page(page))
    since = NIGHT - timedelta(days=400)
    listed = list(connector.posts(registered(page), since))
    published = [post.published_at or NIGHT for post in listed]
    wanted = [
        post for post in expected_posts(page).values() if (post.published_at or NIGHT) >= since
    ]
    assert listed[: len(wanted)] == wanted
    assert published[-1] < since
    assert len(listed) < len(wanted) + PAGE
    assert sandbox.stats()["facebook"]["calls"] == ceil(len(listed) / PAGE)


def test_the_newest_posts_are_enough_where_they_reach_back(
    sandbox: Sandbox, connector: Facebook
) -> None:
    accounts = [registered(page) for page in OPEN[:10]]
    read_profiles(connector, accounts)
    since = NIGHT - timedelta(days=9)
    assert list(chain.from_iterable(connector.posts(one, since) for one in accounts)) == []
    assert sandbox.stats()["facebook"]["calls"] == 1


def posts_to_refresh(
    chosen: Sequence[SyntheticAccount], lane: str = "public"
) -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose the newest 30 posts of some pages, and one that was deleted; None: it is gone."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for page in chosen:
        shown = expected_posts(page, lane)
        written = WORLD.posts(page.id)
        gone = [
            post_id(page, int(written.published[number]))
            for number, at in enumerate(written.deleted.tolist())
            if at <= SECOND
        ][:1]
        some = {key: shown[key] for key in list(shown)[:30]} | dict.fromkeys(gone, None)
        posts += [PostRef(registered(page, lane), key) for key in some]
        expected |= some
    assert None in expected.values()
    return posts, expected


def test_posts_are_read_again_across_pages_in_the_fewest_calls(
    sandbox: Sandbox, connector: Facebook
) -> None:
    posts, expected = posts_to_refresh(OPEN[:4])
    check_posts(read_posts(connector, posts), expected)
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"]


# --- The owner's door ---


OWN = list(
    dict.fromkeys(
        [*OPEN[:3], *(p for p in OPEN if is_unlisted(p) or is_nameless(p) or not has_insights(p))]
    )
)


def test_the_owners_see_views_and_reach_each_with_their_own_token(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector, tokens = connected(Facebook, http, settings, OWN)
    assert {tokens.tokens[page.id].native_id for page in OWN} == {page.native_id for page in OWN}
    ends = {token.refresh_expires_at for token in tokens.tokens.values()}
    assert ends == {NIGHT + timedelta(days=90)}
    accounts = [registered(page, "owner") for page in OWN]
    assert {connector.lanes(account) for account in accounts} == {("owner", "public")}
    assert connector.lanes(registered(pages()[-1])) == ("public",)
    with http.tally() as tally:
        found = read_profiles(connector, accounts)
        for page in OWN[:3]:
            profile = found[page.id]
            assert isinstance(profile, ProfileCounts)
            behind = list(connector.posts(registered(page, "owner"), None))
            check_list(page, [*profile.newest, *behind], "owner")
    for page in OWN:
        profile = found[page.id]
        assert isinstance(profile, ProfileCounts)
        assert replace(profile, newest=(), newest_is_all=False) == expected_profile(page)
        assert list(profile.newest) == list(expected_posts(page, "owner").values())[:PAGE]
    assert set(tally.units) == {PAGE_BUDGET}
    served = sandbox.stats()["facebook"]
    empty = sum(has_empty_page(page) for page in OWN[:3])
    assert served["calls"] == served["minimum"] + empty


def test_an_owners_posts_are_read_again_page_by_page(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector, _ = connected(Facebook, http, settings, OWN[:4])
    posts, expected = posts_to_refresh(OWN[:4], "owner")
    with http.tally() as tally:
        check_posts(read_posts(connector, posts), expected)
    assert set(tally.units) == {PAGE_BUDGET}
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"]


def test_the_consent_is_for_the_page_that_was_asked_for(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector = Facebook(http, settings, NoTokens())
    mine, other = OPEN[0], OPEN[5]
    address = urlsplit(connector.consent_address(registered(mine, "owner"), REDIRECT))
    assert f"{address.scheme}://{address.netloc}" == sandbox.url
    asked = parse_qs(address.query)
    assert asked["state"] == [mine.id]
    assert asked["redirect_uri"] == [REDIRECT]
    with pytest.raises(PermissionMissing, match=f"{mine.native_id}.*; not for {other.native_id}"):
        connector.exchange(registered(other, "owner"), code_for(mine.id), REDIRECT)
    with pytest.raises(AccessDenied, match="100/36008"):
        connector.exchange(registered(mine, "owner"), "ma-khong-co", REDIRECT)


def test_the_real_dialog_is_on_its_own_host(http: LiveHttp, tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"TRACKER_FACEBOOK_APP_ID": "1234567890"})
    connector = Facebook(http, settings, NoTokens())
    address = connector.consent_address(registered(OPEN[0], "owner"), REDIRECT)
    assert address.startswith("https://www.facebook.com/v26.0/dialog/oauth?client_id=1234567890&")
    assert connector.lanes(registered(OPEN[0])) == ("owner",)


def test_a_page_token_ends_ninety_days_after_the_consent(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector, tokens = connected(Facebook, http, settings, OPEN[:1])
    account = registered(OPEN[0], "owner")
    sandbox.set_clock((NIGHT + timedelta(days=91)).isoformat())
    assert isinstance(read_profiles(connector, [account])[account.id], AccessDenied)
    with pytest.raises(AccessDenied, match="cannot be renewed"):
        connector.renew(tokens.tokens[account.id])


def test_a_refused_page_token_is_replaced_once(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Another process has connected the page again meanwhile."""
    connector, tokens = connected(Facebook, http, settings, OPEN[:1])
    account = registered(OPEN[0], "owner")
    good = tokens.tokens[account.id]

    class Reconnected(KnownTokens):
        def fresh(
            self,
            account: AccountRef,
            renew: Callable[[Token], Token] | None,
            rejected: Token | None = None,
        ) -> Token:
            return good if rejected else replace(good, access=Secret("gialap-access-facebook-cu-1"))

    connector.tokens = Reconnected()
    assert isinstance(read_profiles(connector, [account])[account.id], ProfileCounts)


def test_the_owner_of_a_hidden_page_sees_that_it_is_not_published(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    night, hidden = night_with_hidden_pages()
    sandbox.set_clock(night.isoformat())
    connector, _ = connected(Facebook, http, settings, hidden[:1])
    account = registered(hidden[0], "owner")
    found = read_profiles(connector, [account])[account.id]
    assert isinstance(found, NotFoundOrNoAccess)
    assert "not published" in str(found)


# --- Trouble ---


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    sandbox.set_faults({**FAULTS, "seed": 5})
    connector, _ = connected(Facebook, http, settings, OPEN[:8])
    accounts = [registered(page) for page in pages()]
    check_profiles(profiles_in_passes(connector, accounts, 10))
    owners = profiles_in_passes(connector, [registered(page, "owner") for page in OPEN[:8]], 1)
    assert all(isinstance(result, ProfileCounts) for result in owners.values())
    public = Facebook(http, settings, NoTokens())
    for page in OPEN[:5]:
        check_list(page, listed_in_passes(public, registered(page)))
    posts, expected = posts_to_refresh(OPEN[:8])
    check_posts(posts_in_passes(connector, posts, 20), expected)
    assert sandbox.stats()["facebook"]["faults"], "no fault was met: the test shows nothing"


def test_after_the_merger_every_second_ended_page_says_where_it_went(
    sandbox: Sandbox, connector: Facebook
) -> None:
    sandbox.set_clock(AFTER_MERGER.isoformat())
    found = read_profiles(connector, [registered(page) for page in pages()])
    check_profiles(found, AFTER_MERGER)
    moved = {key: result for key, result in found.items() if isinstance(result, AccountMoved)}
    assert len(moved) > 5
    for key, result in moved.items():
        successor = country.successor(key)
        assert successor is not None
        assert result.moved_to == successor.native_id
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"]


def test_a_retired_field_costs_that_number_only(sandbox: Sandbox, connector: Facebook) -> None:
    page = next(page for page in OPEN if is_old(page))
    sandbox.set_faults({"retired": {"facebook": ["fan_count", "r_wow"]}})
    found = read_profiles(connector, [registered(page)])[page.id]
    assert isinstance(found, ProfileCounts)
    assert (found.followers, found.likes) == (expected_profile(page).followers, None)
    assert "reactions_wow" not in found.newest[0].details
    assert found.newest[0].reactions is not None


def test_a_vanished_page_does_not_cost_its_batch(sandbox: Sandbox, connector: Facebook) -> None:
    chosen = OPEN[:6]
    sandbox.set_faults({"vanished": [chosen[2].id]})
    found = read_profiles(connector, [registered(page) for page in chosen])
    assert isinstance(found.pop(chosen[2].id), NotFoundOrNoAccess)
    assert len(found) == 5
    assert all(isinstance(result, ProfileCounts) for result in found.values())
    served = sandbox.stats()["facebook"]
    assert served["calls"] == served["minimum"] == 2


def test_what_is_too_large_is_asked_for_in_smaller_pieces(
    sandbox: Sandbox, connector: Facebook
) -> None:
    connector.list_size = 60  # type: ignore[misc]  # larger than the platform gives for 50 pages
    found = read_profiles(connector, [registered(page) for page in OPEN[:50]])
    assert all(isinstance(result, ProfileCounts) for result in found.values())
    assert connector.nested == 15
    assert sandbox.stats()["facebook"]["by_status"] == {"200": 1, "500": 2}


def test_a_wrong_token_and_a_wrong_proof_are_told_from_a_lost_page(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    account = registered(OPEN[0])
    for name, kind in (("ACCESS_TOKEN", AccessDenied), ("APP_SECRET", BadRequest)):
        wrong = {f"TRACKER_FACEBOOK_{name}": "gialap-sai-hoan-toan"}
        connector = Facebook(http, settings_with(sandbox, tmp_path, **wrong), NoTokens())
        with pytest.raises(kind):
            read_profiles(connector, [account])


def test_an_archived_night_reads_the_same_again_and_holds_no_secret(
    sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    """Even without the app's secret and the tokens: addresses hold neither token nor proof."""
    tokens = KnownTokens()

    def read(http: Http) -> list[object]:
        connector, _ = connected(Facebook, http, settings, OPEN[:2], tokens)
        return read_everything(connector)

    def read_again(http: Http) -> list[object]:
        bare = replace(settings, secrets={"FACEBOOK_ACCESS_TOKEN": Secret("gialap-ma-khac")})
        return read_everything(Facebook(http, bare, tokens))

    before, after, kept = archived(tmp_path, read, read_again)
    assert after == before
    assert len(before) > 150
    for hidden in (SYSTEM_TOKEN, APP_SECRET, "***", "appsecret_proof", "giả lập", "access_token"):
        assert hidden not in kept
    for token in tokens.tokens.values():
        assert token.access.reveal() not in kept


def read_everything(connector: Facebook) -> list[object]:
    """Read by both doors. Texts do not compare."""
    accounts = [registered(page) for page in pages()[:30]]
    owners = [registered(page, "owner") for page in OPEN[:2]]
    profiles = [*read_profiles(connector, accounts).values()]
    profiles += read_profiles(connector, owners).values()
    since = NIGHT - timedelta(days=300)
    listed = [post for one in owners for post in connector.posts(one, since)]
    posts, _ = posts_to_refresh(OPEN[:4])
    return [*profiles, *listed, *read_posts(connector, posts).values()]
