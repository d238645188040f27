"""LinkedIn over loopback HTTP against the sandbox: the shared token, tokens of pages, faults.

What the sandbox should have shown is computed here from the same seed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from live import (
    AFTER_MERGER,
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    KnownTokens,
    Posts,
    Profiles,
    archived,
    connected,
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
    settings,
    settings_with,
)

from connectors.base import NoTokens
from connectors.linkedin import LinkedIn, statistics_address, version_age_months
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.linkedin import ADMINISTRATOR, CLIENT_ID, CLIENT_SECRET
from jobs.sandbox.linkedin_items import (
    clicks_of,
    has_statistics,
    pages,
    post_urn,
    reach_of,
    takes_back,
)
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import utc
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    ReadError,
)
from tracker.http import LiveHttp
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings, load_settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here


@pytest.fixture
def connector(http: LiveHttp, settings: Settings) -> LinkedIn:
    """LinkedIn with the token of a member who administers every page."""
    return LinkedIn(http, settings, NoTokens())


class Clock:
    """A clock of ours that is put by hand."""

    def __init__(self, now: datetime = NIGHT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def open_pages() -> list[SyntheticAccount]:
    return [account for account in pages() if is_open(account)]


def posts_of(account: SyntheticAccount) -> dict[str, PostCounts]:
    """Say what every published post of a page shows on the night, newest first, by urn."""
    numbers = WORLD.visible_posts(account.id, SECOND)[::-1]
    counts = WORLD.counts_at(account.id, numbers, SECOND)
    written = WORLD.posts(account.id)
    found = {}
    for place, number in enumerate(numbers.tolist()):
        second = int(written.published[number])
        urn = post_urn(account, number, second)
        views = int(counts["views"][place])
        known = has_statistics(second, number, SECOND)
        likes = None if takes_back(number) else int(counts["reactions"][place])
        found[urn] = PostCounts(
            native_id=urn,
            published_at=utc(second),
            kind="reshare" if number % 11 == 5 else "post",
            views=views if known else None,
            reactions=likes if known else None,
            comments=int(counts["comments"][place]) if known else None,
            shares=int(counts["shares"][place]) if known else None,
            details={"reach": reach_of(views), "clicks": clicks_of(views)} if known else {},
        )
    return found


def counted(post: PostCounts) -> tuple[object, ...]:
    """Give what a refresh tells of a post."""
    return (
        post.native_id,
        post.views,
        post.reactions,
        post.comments,
        post.shares,
        dict(post.details),
    )


def listed(post: PostCounts) -> tuple[object, ...]:
    """Give what a list tells of a post."""
    return post.native_id, post.published_at, post.kind


def check_profiles(found: Profiles, at: datetime = NIGHT) -> None:
    second = int(at.timestamp())
    for account in pages():
        result = found[account.id]
        if WORLD.state(account.id, second) == "open":
            followers = WORLD.followers_at(account.id, second)
            assert result == ProfileCounts(native_id=account.native_id, followers=followers)
        else:
            assert isinstance(result, NotFoundOrNoAccess), (account.id, result)


def test_every_page_is_read_in_the_fewest_calls(sandbox: Sandbox, connector: LinkedIn) -> None:
    check_profiles(read_profiles(connector, [ref(account) for account in pages()]))
    served = sandbox.stats()["linkedin"]
    assert served["calls"] == served["minimum"] == len(pages()) == 90


def test_a_page_known_by_its_address_is_looked_up_once_a_run(
    sandbox: Sandbox, connector: LinkedIn
) -> None:
    account = open_pages()[3]
    unresolved = ref(account, resolved=False)
    [(_, found)] = connector.profiles([unresolved])
    assert isinstance(found, ProfileCounts)
    assert (found.native_id, found.handle) == (account.native_id, unresolved.handle)
    assert found.followers == WORLD.followers_at(account.id, SECOND)
    assert [listed(post) for post in connector.posts(unresolved, NIGHT - timedelta(days=7))]
    assert sandbox.stats()["linkedin"]["by_method"] == {
        "networkSizes": 1,
        "organizations": 1,
        "posts": 1,
    }


def test_whole_lists_hold_every_published_post_once_newest_first(
    sandbox: Sandbox, connector: LinkedIn
) -> None:
    """Edited posts come early, drafts and holes of deleted posts come between, one list has a page
    of nothing but holes.
    """
    chosen = [account for account in open_pages() if account.number % 13 == 7][:1]
    chosen += [account for account in open_pages() if account.number % 4 == 0][:2]
    for account in chosen:
        found = list(connector.posts(ref(account), None))
        assert [listed(post) for post in found] == list(map(listed, posts_of(account).values()))
        assert all(post.text for post in found)
    served = sandbox.stats()["linkedin"]
    assert served["calls"] == served["minimum"]


def test_a_walk_reaches_the_day_asked_for_and_no_further(
    sandbox: Sandbox, connector: LinkedIn
) -> None:
    since = NIGHT - timedelta(days=91)
    account = open_pages()[1]
    found = list(connector.posts(ref(account), since))
    young = [
        urn for urn, post in posts_of(account).items() if (post.published_at or NIGHT) >= since
    ]
    assert [post.native_id for post in found][: len(young)] == young
    assert len(found) <= len(young) + 2 * LinkedIn.list_size
    assert [post.published_at for post in found] == sorted(
        (post.published_at for post in found if post.published_at), reverse=True
    )


def test_a_night_of_twenty_pages_takes_the_fewest_calls(
    sandbox: Sandbox, connector: LinkedIn
) -> None:
    """1 size, 1 page of posts, and one request for 50 posts of each kind: 4 calls a page."""
    chosen = open_pages()[:20]
    refs, expected = [], {}
    for account in chosen:
        [(_, profile)] = connector.profiles([ref(account)])
        assert isinstance(profile, ProfileCounts)
        young = list(connector.posts(ref(account), NIGHT - timedelta(days=2)))[:70]
        refs += [PostRef(ref(account), post.native_id) for post in young]
        shown = posts_of(account)
        expected |= {post.native_id: shown[post.native_id] for post in young}
    check_counts(read_posts(connector, refs), expected)
    served = sandbox.stats()["linkedin"]
    assert served["minimum"] == 20 * 4
    assert served["calls"] <= served["minimum"] * 1.02


def check_counts(found: Posts, expected: dict[str, PostCounts]) -> None:
    assert found.keys() == expected.keys()
    for urn, wanted in expected.items():
        result = found[urn]
        assert isinstance(result, PostCounts), result
        assert counted(result) == counted(wanted)


def test_posts_without_statistics_are_unknown_and_never_0(connector: LinkedIn) -> None:
    """Older than 12 months, deleted, without any, or with likes below 0."""
    account = open_pages()[0]
    shown = posts_of(account)
    written = WORLD.posts(account.id)
    gone = [n for n, at in enumerate(written.deleted.tolist()) if at <= SECOND][:2]
    deleted = [post_urn(account, n, int(written.published[n])) for n in gone]
    expected = {**shown, **{urn: PostCounts(native_id=urn) for urn in deleted}}
    found = read_posts(connector, [PostRef(ref(account), urn) for urn in expected])
    check_counts(found, expected)
    unknown = [post for post in found.values() if isinstance(post, PostCounts) and not post.views]
    assert len(unknown) > len(shown) / 2
    assert {post.views for post in unknown} == {None}
    taken_back = [post for post in shown.values() if post.views and post.reactions is None]
    assert taken_back, "no post showed likes below 0: the test shows nothing"


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, connector: LinkedIn
) -> None:
    sandbox.set_faults(FAULTS)
    check_profiles(profiles_in_passes(connector, [ref(account) for account in pages()]))
    posts: list[PostRef] = []
    shown: dict[str, PostCounts] = {}
    for account in open_pages()[:12]:
        expected = posts_of(account)
        assert list(map(listed, listed_in_passes(connector, ref(account)))) == list(
            map(listed, expected.values())
        )
        some = list(expected)[:60]
        posts += [PostRef(ref(account), urn) for urn in some]
        shown |= {urn: expected[urn] for urn in some}
    check_counts(posts_in_passes(connector, posts), shown)
    assert sandbox.stats()["linkedin"]["faults"], "no fault was met: the test shows nothing"


def test_what_was_held_back_is_not_lost_when_a_later_page_fails(
    sandbox: Sandbox, connector: LinkedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = open_pages()[2]
    first_page = connector._page(ref(account), 0)
    ask = connector._page

    def fail_later(of: AccountRef, start: int) -> object:
        if start:
            raise PayloadChanged("cut short", "$")
        return ask(of, start)

    monkeypatch.setattr(connector, "_page", fail_later)
    found: list[PostCounts] = []
    with pytest.raises(PayloadChanged, match="cut short"):
        found.extend(connector.posts(ref(account), None))
    published = [item for item in first_page["elements"] if item["lifecycleState"] == "PUBLISHED"]
    assert sorted(post.native_id for post in found) == sorted(item["id"] for item in published)


# --- Tokens of single pages ---


def of_one_page(
    account: SyntheticAccount, http: LiveHttp, sandbox: Sandbox, folder: Path, now: datetime = NIGHT
) -> tuple[LinkedIn, KnownTokens]:
    """Let the administrator of one page consent; there is no shared token then."""
    without = settings_with(sandbox, folder, TRACKER_LINKEDIN_ACCESS_TOKEN="")
    return connected(LinkedIn, http, without, [account], KnownTokens(now=now))


def test_a_consent_is_good_for_one_page_and_sixty_days(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    account, other = open_pages()[:2]
    connector, tokens = of_one_page(account, http, sandbox, tmp_path)
    token = tokens.tokens[account.id]
    assert token.native_id == account.native_id
    assert token.expires_at == NIGHT + timedelta(days=60)
    assert token.refresh_expires_at == NIGHT + timedelta(days=365)
    assert connector.credential(ref(account)) == account.id
    [(_, found)] = connector.profiles([ref(account)])
    assert isinstance(found, ProfileCounts)
    [(_, refused)] = connector.profiles([ref(other)])
    assert isinstance(refused, PermissionMissing)
    assert f"tracker connect linkedin --account {other.id}" in str(refused)
    tokens.tokens[other.id] = token
    with pytest.raises(PermissionMissing, match="ADMIN_ONLY"):
        list(connector.posts(ref(other), None))
    served = sandbox.stats()["linkedin"]
    assert served["tokens"] == 1


def test_a_consent_for_another_page_is_refused_and_names_both(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    account, other = open_pages()[:2]
    connector = LinkedIn(http, settings, NoTokens())
    with pytest.raises(PermissionMissing) as caught:
        connector.exchange(ref(account), code_for(other.id), REDIRECT)
    assert account.native_id in str(caught.value)
    assert other.native_id in str(caught.value)
    with pytest.raises(AccessDenied, match="authorization code not found"):
        connector.exchange(ref(account), "ma-khong-co", REDIRECT)


def test_a_refused_token_is_renewed_once_and_the_end_of_the_consent_stays(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """One consent over its year. Our clock stays behind where a token is to be refused."""
    began = NIGHT - timedelta(days=400)
    account = next(
        item for item in pages() if WORLD.state(item.id, SECOND - 300 * 86_400) == "open"
    )
    clock = Clock(began)
    with live(clock=clock) as http:
        sandbox.set_clock(began.isoformat())
        connector, tokens = of_one_page(account, http, sandbox, tmp_path, began)
        first = tokens.tokens[account.id]
        clock.now = began + timedelta(days=61)
        sandbox.set_clock(clock.now.isoformat())
        list(connector.profiles([ref(account)]))
        second = tokens.tokens[account.id]
        assert second.access != first.access
        assert second.expires_at == clock.now + timedelta(days=60)
        assert second.refresh_expires_at == first.refresh_expires_at == began + timedelta(days=365)
        assert sandbox.stats()["linkedin"]["by_status"]["401"] == 1
        clock.now = began + timedelta(days=364)
        sandbox.set_clock(clock.now.isoformat())
        third = connector.renew(second)
        assert third.expires_at == third.refresh_expires_at == began + timedelta(days=365)
        sandbox.set_clock((began + timedelta(days=366)).isoformat())
        with pytest.raises(AccessDenied, match="expired"):
            connector.renew(third)


def test_the_consent_page_asks_for_the_two_scopes_and_comes_back_with_the_account(
    settings: Settings, http: LiveHttp
) -> None:
    account = ref(open_pages()[0])
    address = LinkedIn(http, settings, NoTokens()).consent_address(account, REDIRECT)
    assert address.endswith(
        "/linkedin/oauth/v2/authorization?response_type=code"
        f"&client_id={CLIENT_ID}&redirect_uri=https%3A%2F%2Flocalhost%2Ftracker"
        f"&state={account.id}&scope=r_organization_social%20rw_organization_admin"
    )
    assert CLIENT_SECRET not in address


def test_a_wrong_app_secret_does_not_end_a_consent(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    wrong = settings_with(
        sandbox, tmp_path, TRACKER_LINKEDIN_CLIENT_SECRET="gialap-khoa-sai-hoan-toan"
    )
    connector = LinkedIn(http, wrong, NoTokens())
    token = Token(Secret("gialap-cu"), NIGHT, refresh=Secret("gialap-refresh-linkedin-1-1"))
    with pytest.raises(ReadError, match="check TRACKER_LINKEDIN_CLIENT_SECRET") as caught:
        connector.renew(token)
    assert not isinstance(caught.value, AccessDenied)


def test_a_shared_token_that_is_refused_names_its_setting(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    wrong = settings_with(sandbox, tmp_path, TRACKER_LINKEDIN_ACCESS_TOKEN="gialap-khong-phai-ma")
    connector = LinkedIn(http, wrong, NoTokens())
    found = read_profiles(connector, [ref(account) for account in pages()[:5]])
    assert {type(result) for result in found.values()} == {AccessDenied}
    assert "TRACKER_LINKEDIN_ACCESS_TOKEN" in str(next(iter(found.values())))
    assert sandbox.stats()["linkedin"]["calls"] == 1


# --- Versions, ends, addresses ---


def test_a_version_that_has_ended_is_asked_once_and_says_what_to_set(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    old = settings_with(sandbox, tmp_path, TRACKER_LINKEDIN_VERSION="202411")
    connector = LinkedIn(http, old, NoTokens())
    accounts = [ref(account) for account in open_pages()[:3]]
    found = read_profiles(connector, accounts)
    assert {type(result) for result in found.values()} == {BadRequest}
    with pytest.raises(BadRequest, match="202411 is not active; set TRACKER_LINKEDIN_VERSION"):
        list(connector.posts(accounts[0], None))
    assert sandbox.stats()["linkedin"]["calls"] == 1


def test_the_age_of_a_version_is_counted_in_months() -> None:
    assert version_age_months("202511", date(2025, 11, 30)) == 0
    assert version_age_months("202511", date(2026, 8, 1)) == 9
    assert version_age_months("202511", date(2026, 11, 1)) == 12


def test_closed_and_vanished_pages_are_not_found(sandbox: Sandbox, connector: LinkedIn) -> None:
    sandbox.set_clock(AFTER_MERGER.isoformat())
    check_profiles(read_profiles(connector, [ref(account) for account in pages()]), AFTER_MERGER)
    sandbox.set_clock(NIGHT.isoformat())
    gone = open_pages()[4]
    sandbox.set_faults({"vanished": [gone.id]})
    [(_, found)] = connector.profiles([ref(gone)])
    assert isinstance(found, NotFoundOrNoAccess)
    with pytest.raises(NotFoundOrNoAccess, match="is inactive"):
        list(connector.posts(ref(gone), None))


class Raw(BaseHTTPRequestHandler):
    """Writes down the request line as it came over the wire."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = b'{"elements":[]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_the_list_of_urns_goes_over_the_wire_as_restli_wants_it(
    http: LiveHttp, tmp_path: Path
) -> None:
    """Colons percent-encoded, parentheses and commas not."""
    with HTTPServer(("127.0.0.1", 0), Raw) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        here = f"http://127.0.0.1:{server.server_port}/rest"
        given = {
            "TRACKER_LINKEDIN_URL": here,
            "TRACKER_LINKEDIN_ACCESS_TOKEN": "gialap-ma-dai-du-roi",
        }
        connector = LinkedIn(http, load_settings(tmp_path, given), NoTokens())
        account = AccountRef("a", "linkedin", "1050")
        urns = ["urn:li:share:7402746945318146049", "urn:li:share:7402746945318146050"]
        list(connector.refresh([PostRef(account, urn) for urn in urns]))
        list(connector.posts(account, None))
        server.shutdown()
        thread.join()
    assert Raw.asked == [
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
        "&organizationalEntity=urn%3Ali%3Aorganization%3A1050"
        "&shares=List(urn%3Ali%3Ashare%3A7402746945318146049,"
        "urn%3Ali%3Ashare%3A7402746945318146050)",
        "/rest/posts?author=urn%3Ali%3Aorganization%3A1050&q=author&count=100&start=0"
        "&sortBy=LAST_MODIFIED",
    ]


def test_fifty_urns_fit_into_an_address() -> None:
    urns = [f"urn:li:ugcPost:{7_402_746_945_318_146_049 + place}" for place in range(50)]
    address = statistics_address("https://api.linkedin.com/rest", "105000000", "ugcPosts", urns)
    assert len(address) < 2_400
    assert LinkedIn.statistics_batch == len(urns)


def test_an_archived_night_reads_the_same_again(settings: Settings, tmp_path: Path) -> None:
    """The archive keeps what the parsers read, without texts, people and tokens."""
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(LinkedIn(http, settings, NoTokens()))
    )
    assert after == before
    assert ADMINISTRATOR not in kept
    assert "giả lập" not in kept
    assert "urn:li:person" not in kept


def read_everything(connector: LinkedIn) -> Iterator[object]:
    """Read profiles, one list and some posts. Texts do not compare."""
    yield from read_profiles(connector, [ref(account) for account in pages()[:30]]).values()
    account = ref(open_pages()[0])
    posts = list(connector.posts(account, NIGHT - timedelta(days=120)))
    yield from posts
    refs = [PostRef(account, post.native_id) for post in posts]
    yield from read_posts(connector, refs).values()
