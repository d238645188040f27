"""TikTok's connector over loopback HTTP against the sandbox, by all three doors.

The sandbox runs in its own process; what it should have shown is computed here from the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from live import (
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    KnownTokens,
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
    ref,
    sandbox,
    settings_with,
)

from connectors.tiktok import TikTok
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.register import registered_handle, registered_id
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tiktok import BUSINESS_ID, BUSINESS_SECRET, CLIENT_SECRET
from jobs.sandbox.tiktok_items import (
    BUSINESS_SCOPES,
    DISPLAY_SCOPES,
    RESEARCH_LAG,
    business_counts,
    display_counts,
    has_empty_page,
    has_short_pages,
    is_photo,
    is_private,
    scopes_of,
    user_counts,
    video_id,
    visible,
)
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PermissionMissing,
    QuotaExhausted,
)
from tracker.http import Http, LiveHttp
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts

__all__ = ["http", "sandbox"]  # fixtures, which pytest finds here

EVERY = [item for item in country.more_accounts() if item.platform == "tiktok"]
BUSINESS_KEYS = {
    "TRACKER_TIKTOK_BUSINESS_ID": BUSINESS_ID,
    "TRACKER_TIKTOK_BUSINESS_SECRET": BUSINESS_SECRET,
}


OPEN = [item for item in EVERY if is_open(item)]


def consent(connector: TikTok, accounts: Sequence[SyntheticAccount]) -> KnownTokens:
    """Let the owners of some accounts consent; the connector reads with their tokens then."""
    tokens = connector.tokens = KnownTokens(renewable=True)
    tokens.tokens |= consents(connector, accounts)
    return tokens


@pytest.fixture
def display(sandbox: Sandbox, http: LiveHttp, tmp_path: Path) -> TikTok:
    """Some owners have consented to the Display API."""
    connector = TikTok(http, settings_with(sandbox, tmp_path), KnownTokens())
    consent(connector, OPEN[:12])
    sandbox.reset_stats()
    return connector


@pytest.fixture
def business(sandbox: Sandbox, http: LiveHttp, tmp_path: Path) -> TikTok:
    """Some owners have consented to the Accounts API."""
    connector = TikTok(http, settings_with(sandbox, tmp_path, **BUSINESS_KEYS), KnownTokens())
    consent(connector, OPEN[:12])
    sandbox.reset_stats()
    return connector


@pytest.fixture
def research(sandbox: Sandbox, http: LiveHttp, tmp_path: Path) -> TikTok:
    settings = settings_with(sandbox, tmp_path, TRACKER_TIKTOK_RESEARCH="1")
    return TikTok(http, settings, KnownTokens())


def expected_profile(
    account: SyntheticAccount, scopes: tuple[str, ...] = DISPLAY_SCOPES, at: int = SECOND
) -> ProfileCounts:
    shows_name = scopes[1] in scopes_of(account, scopes)
    return ProfileCounts(
        native_id=registered_id(account) if scopes else None,
        handle=registered_handle(account, local_day(at)) if shows_name else None,
        **user_counts(WORLD, account, at),  # type: ignore[arg-type]  # counts by our names
    )


def expected_posts(account: SyntheticAccount, door: str = "display") -> dict[str, PostCounts]:
    """Say what an account's list shows, newest first, without texts."""
    at = SECOND - RESEARCH_LAG if door == "research" else SECOND
    numbers = visible(WORLD, account, SECOND)
    published = WORLD.posts(account.id).published
    numbers = numbers[published[numbers] <= at]
    counted = business_counts if door == "business" else display_counts
    found = {}
    for number, counts in zip(numbers.tolist(), counted(WORLD, account, numbers, at), strict=True):
        key = str(video_id(account, int(published[number])))
        kind = "photo" if is_photo(number) and door != "research" else "video"
        handle = registered_handle(account, local_day(SECOND))
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(int(published[number]), UTC),
            url=f"https://www.tiktok.com/@{handle}/{kind}/{key}",
            kind=kind,
            views=counts["views"],
            reactions=counts["reactions"],
            comments=counts["comments"],
            shares=counts["shares"],
            saves=None if door == "display" else counts["saves"],
            details={"reach": counts["reach"]} if "reach" in counts else {},
        )
    return found


def check_list(
    account: SyntheticAccount, listed: Sequence[PostCounts], door: str = "display"
) -> None:
    assert {post.native_id: post for post in listed} == expected_posts(account, door)
    moments = [post.published_at for post in listed if post.published_at]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == len(listed)
    assert all(post.text for post in listed)


def stats(sandbox: Sandbox) -> tuple[int, int]:
    served = sandbox.stats()["tiktok"]
    return served["calls"], served["minimum"]


def known_posts(
    accounts: Sequence[SyntheticAccount], lane: str = "owner", door: str = "display"
) -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose posts of some accounts to be read again, and one of each that was deleted: None."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in accounts:
        shown = expected_posts(account, door)
        written = WORLD.posts(account.id)
        gone = np.flatnonzero(written.deleted <= SECOND)[:1].tolist()
        lost = [str(video_id(account, int(written.published[number]))) for number in gone]
        keys = [*list(shown)[:30], *lost]
        posts += [PostRef(ref(account, lane), key) for key in keys]
        expected |= {key: shown.get(key) for key in keys}
    assert None in expected.values()
    return posts, expected


def test_the_sandbox_has_accounts_with_everything_strange() -> None:
    for is_strange in (is_private, has_short_pages, has_empty_page):
        assert any(is_strange(account) for account in OPEN[:12])
    assert len(EVERY) == 90
    assert any(len(scopes_of(account, DISPLAY_SCOPES)) == 3 for account in OPEN[:12])


def test_every_account_is_read_in_one_call(display: TikTok, sandbox: Sandbox) -> None:
    consent(display, EVERY)
    sandbox.reset_stats()
    found = read_profiles(display, [ref(account) for account in EVERY])
    for account in EVERY:
        if is_open(account):
            assert found[account.id] == expected_profile(account)
        else:
            assert isinstance(found[account.id], PermissionMissing)
    assert stats(sandbox) == (len(EVERY), len(EVERY))


def test_whole_lists_hold_every_post_once_and_in_the_fewest_calls(
    display: TikTok, sandbox: Sandbox
) -> None:
    for account in OPEN[:12]:
        check_list(account, list(display.posts(ref(account), None)))
    calls, minimum = stats(sandbox)
    assert calls == minimum


def test_a_walk_ends_behind_the_day_asked_for(display: TikTok, sandbox: Sandbox) -> None:
    since = NIGHT - timedelta(days=30)
    for account in OPEN[:12]:
        listed = {post.native_id for post in display.posts(ref(account), since)}
        wanted = {
            key
            for key, post in expected_posts(account).items()
            if post.published_at and post.published_at >= since
        }
        assert wanted <= listed
        assert len(listed) <= len(wanted) + 2 * display.list_size
    calls, minimum = stats(sandbox)
    assert calls == minimum


def test_known_posts_are_read_again_20_a_call(display: TikTok, sandbox: Sandbox) -> None:
    posts, expected = known_posts([item for item in OPEN if not is_private(item)][:8])
    check_posts(read_posts(display, posts), expected)
    calls, minimum = stats(sandbox)
    assert calls == minimum


def test_the_accounts_api_tells_saves_and_reach(business: TikTok, sandbox: Sandbox) -> None:
    accounts = OPEN[:12]
    found = read_profiles(business, [ref(account) for account in accounts])
    assert found == {one.id: expected_profile(one, BUSINESS_SCOPES) for one in accounts}
    for account in accounts[:6]:
        check_list(account, list(business.posts(ref(account), None)), "business")
    calls, minimum = stats(sandbox)
    assert calls == minimum
    sandbox.reset_stats()
    posts, expected = known_posts(
        [item for item in accounts if not is_private(item)], "owner", "business"
    )
    check_posts(read_posts(business, posts), expected)
    shown = [post for post in expected.values() if isinstance(post, PostCounts)]
    assert {bool(post.details) for post in shown} == {True, False}
    assert all(post.saves is not None for post in shown)
    calls, minimum = stats(sandbox)
    assert calls == minimum


def test_the_research_api_is_asked_by_name_with_one_token(
    research: TikTok, sandbox: Sandbox
) -> None:
    accounts = [ref(account, "public") for account in EVERY]
    assert {research.lanes(account) for account in accounts} == {("public",)}
    found = read_profiles(research, accounts)
    at = SECOND - RESEARCH_LAG
    for account in EVERY:
        if is_open(account) and not is_private(account):
            counts = user_counts(WORLD, account, at)
            assert found[account.id] == ProfileCounts(**counts)  # type: ignore[arg-type]  # as above
        else:
            assert isinstance(found[account.id], NotFoundOrNoAccess)
    calls, minimum = stats(sandbox)
    assert calls == minimum == len(EVERY) + 1


def test_research_lists_are_walked_in_windows_of_30_days(
    research: TikTok, sandbox: Sandbox
) -> None:
    accounts = [item for item in OPEN if not is_private(item)][:8]
    since = NIGHT - timedelta(days=91)
    for account in accounts:
        listed = list(research.posts(ref(account, "public"), since))
        wanted = [
            post
            for post in expected_posts(account, "research").values()
            if post.published_at and post.published_at.date() >= since.date()
        ]
        assert [post.native_id for post in listed] == [post.native_id for post in wanted]
        for post, want in zip(listed, wanted, strict=True):
            assert post == want
    posts, expected = known_posts(accounts, "public", "research")
    check_posts(read_posts(research, posts), expected)
    calls, minimum = stats(sandbox)
    assert calls == minimum


def test_the_research_quota_ends_at_midnight_utc(research: TikTok, sandbox: Sandbox) -> None:
    later = NIGHT + timedelta(days=2)
    sandbox.set_clock(later.isoformat())
    account = ref(next(item for item in OPEN if not is_private(item)), "public")
    with live(clock=lambda: later) as http:
        research.http = http
        with pytest.raises(QuotaExhausted) as caught:
            list(research.profiles([account] * 1001))
    assert caught.value.reset_at == datetime(2024, 9, 5, tzinfo=UTC)
    assert sandbox.stats()["tiktok"]["by_status"]["429"] == 1


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    display: TikTok, sandbox: Sandbox
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    sandbox.set_faults(FAULTS)
    found = profiles_in_passes(display, [ref(account) for account in OPEN[:12]])
    assert found == {account.id: expected_profile(account) for account in OPEN[:12]}
    for account in OPEN[:6]:
        check_list(account, listed_in_passes(display, ref(account)))
    posts, expected = known_posts([item for item in OPEN if not is_private(item)][:4])
    check_posts(posts_in_passes(display, posts), expected)
    assert sandbox.stats()["tiktok"]["faults"], "no fault was met: the test shows nothing"


def test_a_day_later_every_token_is_renewed_once_and_its_successor_kept(
    display: TikTok, sandbox: Sandbox
) -> None:
    later = NIGHT + timedelta(days=1)
    sandbox.set_clock(later.isoformat())
    assert isinstance(display.tokens, KnownTokens)
    display.tokens.now = later
    before = dict(display.tokens.tokens)
    chosen = [item for item in OPEN if WORLD.reachable(item.id, later)][:10]
    with live(clock=lambda: later) as http:
        display.http = http
        found = read_profiles(display, [ref(account) for account in chosen])
    assert all(isinstance(result, ProfileCounts) for result in found.values())
    assert stats(sandbox) == (20, 20)
    for account in chosen:
        token, old = display.tokens.tokens[account.id], before[account.id]
        assert token.expires_at == later + timedelta(hours=2)
        assert token.refresh_expires_at == later + timedelta(days=180)
        assert token.refresh != old.refresh
        with pytest.raises(AccessDenied, match="invalid_grant"):
            display.renew(old)


def test_a_refused_token_is_renewed_once(display: TikTok, sandbox: Sandbox) -> None:
    """The clock of this machine says that the token lasts; the platform says it has ended."""
    sandbox.set_clock((NIGHT + timedelta(hours=3)).isoformat())
    account = OPEN[0]
    [(_, result)] = display.profiles([ref(account)])
    assert isinstance(result, ProfileCounts)
    methods = sandbox.stats()["tiktok"]["by_method"]
    assert methods == {"v2/oauth/token": 1, "v2/user/info": 2}


def test_an_account_that_vanished_needs_a_person_and_costs_no_other(
    display: TikTok, sandbox: Sandbox
) -> None:
    chosen = OPEN[:4]
    sandbox.set_faults({"vanished": [chosen[1].id]})
    found = read_profiles(display, [ref(account) for account in chosen])
    assert isinstance(found.pop(chosen[1].id), AccessDenied)
    assert all(isinstance(result, ProfileCounts) for result in found.values())
    assert len(found) == 3


def test_a_consent_is_for_one_account_only(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    connector = TikTok(http, settings_with(sandbox, tmp_path), KnownTokens())
    mine, other = OPEN[0], OPEN[2]
    with pytest.raises(PermissionMissing, match="registered as"):
        connector.exchange(ref(mine), code_for(other.id), REDIRECT)
    nameless = AccountRef(mine.id, "tiktok", None, registered_handle(mine, local_day(SECOND)))
    with pytest.raises(PermissionMissing, match="the consent is for @"):
        connector.exchange(nameless, code_for(other.id), REDIRECT)
    assert connector.exchange(nameless, code_for(mine.id), REDIRECT).native_id == mine.native_id
    with pytest.raises(AccessDenied, match="invalid_grant"):
        connector.exchange(ref(mine), "ma-sai", REDIRECT)


def test_the_consent_page_asks_for_what_is_read(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    one = TikTok(http, settings_with(sandbox, tmp_path), KnownTokens())
    address = one.consent_address(ref(OPEN[0]), REDIRECT)
    assert address.startswith(f"{sandbox.url}/tiktok/v2/authorize/?client_key=gialap-khoa-ung-dung")
    assert "user.info.profile%2Cuser.info.stats%2Cvideo.list" in address
    assert "redirect_uri=https%3A%2F%2Flocalhost%2Ftracker&" in address
    assert f"state={OPEN[0].id}&" in address
    two = TikTok(http, settings_with(sandbox, tmp_path, **BUSINESS_KEYS), KnownTokens())
    address = two.consent_address(ref(OPEN[0]), REDIRECT)
    assert f"client_key={BUSINESS_ID}" in address
    assert "user.info.username" in address
    assert "redirect_uri=https%3A%2F%2Flocalhost%2Ftracker%2F&" in address
    assert one.needs_for_consent != two.needs_for_consent


def test_an_owners_token_is_preferred_to_the_research_api(research: TikTok) -> None:
    consent(research, OPEN[:1])
    assert research.lanes(ref(OPEN[0])) == ("owner",)
    assert research.lanes(ref(OPEN[1])) == ("public",)
    assert research.credential(ref(OPEN[0])) == OPEN[0].id
    assert research.credential(ref(OPEN[1], "public")) == "tiktok"


def test_a_wrong_secret_ends_no_consent(sandbox: Sandbox, http: LiveHttp, tmp_path: Path) -> None:
    wrong = {"TRACKER_TIKTOK_CLIENT_SECRET": "gialap-bi-mat-sai-hoan-toan"}
    assert CLIENT_SECRET not in wrong.values()
    connector = TikTok(http, settings_with(sandbox, tmp_path), KnownTokens())
    tokens = consent(connector, OPEN[:1])
    bad = TikTok(http, settings_with(sandbox, tmp_path, **wrong), tokens)
    sandbox.set_clock((NIGHT + timedelta(hours=3)).isoformat())
    [(_, result)] = bad.profiles([ref(OPEN[0])])
    assert not isinstance(result, AccessDenied)
    [(_, result)] = connector.profiles([ref(OPEN[0])])
    assert isinstance(result, ProfileCounts)


def test_a_retired_count_costs_that_number_only(display: TikTok, sandbox: Sandbox) -> None:
    sandbox.set_faults({"retired": {"tiktok": ["likes_count", "share_count"]}})
    account = OPEN[0]
    [(_, after)] = display.profiles([ref(account)])
    before = expected_profile(account)
    assert isinstance(after, ProfileCounts)
    assert (after.likes, after.followers) == (None, before.followers)
    listed = list(display.posts(ref(account), None))
    assert {post.shares for post in listed} == {None}
    assert None not in {post.views for post in listed}


@pytest.mark.parametrize(
    ("path", "sent", "code"),
    [
        ("video/list/?fields=id", {"max_count": 21}, "invalid_params"),
        ("video/query/?fields=id", {"filters": {"video_ids": ["1"] * 21}}, "invalid_params"),
        ("video/list/?fields=id,favorites_count", {"max_count": 20}, "invalid_params"),
    ],
)
def test_the_sandbox_refuses_what_tiktok_refuses(
    path: str, sent: object, code: str, display: TikTok, http: LiveHttp
) -> None:
    assert isinstance(display.tokens, KnownTokens)
    secret = ("Authorization", display.tokens.tokens[OPEN[0].id].access)
    reply = http.post(f"{display.base}/{path}", sent, platform="tiktok", secret=secret)
    assert reply.status == 400
    assert reply.body is not None
    assert reply.body["error"]["code"] == code


def test_the_sandbox_refuses_windows_that_are_too_long(research: TikTok) -> None:
    account = ref(next(item for item in OPEN if not is_private(item)), "public")
    with pytest.raises(BadRequest, match="more than 30 days"):
        research._search(account, ("username", ["x"]), date(2024, 7, 1), date(2024, 8, 1))


@pytest.mark.parametrize("door", ["display", "business", "research"])
def test_an_archived_night_reads_the_same_again(
    door: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """The archive keeps what the parsers read, without texts and without a token."""
    more = BUSINESS_KEYS if door == "business" else {}
    settings = settings_with(sandbox, tmp_path, **more, TRACKER_TIKTOK_RESEARCH="1")
    tokens = KnownTokens(renewable=True)

    def first(http: Http) -> Iterator[object]:
        if door != "research":
            tokens.tokens |= consents(TikTok(http, settings, tokens), OPEN[:6])
        return read_everything(TikTok(http, settings, tokens), door)

    before, after, kept = archived(
        tmp_path, first, lambda http: read_everything(TikTok(http, settings, tokens), door)
    )
    assert after == before
    assert "giả lập" not in kept
    assert "gialap-access" not in kept
    assert "gialap-client" not in kept


def read_everything(connector: TikTok, door: str) -> Iterator[object]:
    """Read profiles, two lists and some posts. Texts do not compare."""
    lane = "public" if door == "research" else "owner"
    accounts = [ref(account, lane) for account in OPEN[:6]]
    yield from read_profiles(connector, accounts).values()
    for one in accounts[:2]:
        yield from connector.posts(one, NIGHT - timedelta(days=120))
    posts, _ = known_posts([item for item in OPEN[:6] if not is_private(item)], lane, door)
    yield from read_posts(connector, posts).values()
