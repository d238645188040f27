"""Zalo's connector over loopback HTTP against the sandbox: numbers, calls, faults, and the chain of
tokens that breaks when a refresh token is used twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from live import (
    FAULTS,
    NIGHT,
    REDIRECT,
    WORLD,
    KnownTokens,
    Posts,
    Profiles,
    archived,
    check_posts,
    connected,
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
    settings,
    settings_with,
)

from connectors.base import NoTokens, batches
from connectors.zalo import Zalo, parse_articles
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day
from jobs.sandbox.zalo_items import (
    article_id,
    has_no_alias,
    keeps_refresh,
    kind_of,
    shown_counts,
    shown_followers,
    status_of,
)
from tracker.credentials import Credentials, new_key
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    Unreachable,
)
from tracker.http import Http, LiveHttp
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings, load_settings

__all__ = ["http", "sandbox", "settings"]  # fixtures, which pytest finds here

AFTER_MERGER = datetime(2025, 6, 30, 18, 0, tzinfo=UTC)
"""01:00 of 1 July 2025 in Viet Nam."""
ACCOUNTS = [item for item in country.more_accounts() if item.platform == "zalo"]


OPEN = [account for account in ACCOUNTS if is_open(account)]


def prepared(
    http: Http, settings: Settings, sandbox: Sandbox, accounts: Iterable[SyntheticAccount]
) -> tuple[Zalo, KnownTokens]:
    """Give a connector whose accounts have consented; what that cost is not counted."""
    tokens = KnownTokens(renewable=True)
    connector, _ = connected(Zalo, http, settings, filter(is_open, accounts), tokens)
    sandbox.reset_stats()
    return connector, tokens


def expected_profile(account: SyntheticAccount, at: datetime = NIGHT) -> ProfileCounts:
    """Say what an open OA shows at an instant."""
    second = int(at.timestamp())
    followers = shown_followers(account, WORLD.followers_at(account.id, second))
    handle = None if has_no_alias(account) else account.handle_on(local_day(second))
    shown = followers.get("num_follower")
    return ProfileCounts(
        native_id=account.native_id,
        handle=handle,
        followers=None if shown is None else int(str(shown)),
    )


def expected_posts(account: SyntheticAccount, at: datetime = NIGHT) -> dict[str, PostCounts | None]:
    """Say what the articles of an OA show at an instant, by id; None for hidden ones."""
    second = int(at.timestamp())
    numbers = WORLD.visible_posts(account.id, second)
    counts = WORLD.counts_at(account.id, numbers, second)
    found: dict[str, PostCounts | None] = {}
    for place, number in enumerate(numbers.tolist()):
        key = article_id(WORLD, account, number)
        shown = shown_counts(account, int(counts["views"][place]), int(counts["shares"][place]))
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(
                int(WORLD.posts(account.id).published[number]), UTC
            ),
            url=f"https://rd.zaloapp.example/article?id={key}",
            kind="video" if kind_of(number) == "video" else "article",
            views=shown["total_view"],
            shares=shown["total_share"],
        )
        if status_of(WORLD, account, number, second) == "hide":
            found[key] = None
    return found


def check_profiles(
    found: Profiles, accounts: Sequence[SyntheticAccount], at: datetime = NIGHT
) -> None:
    for account in accounts:
        result = found[account.id]
        if is_open(account, at):
            assert result == expected_profile(account, at), account.id
        else:
            assert type(result) in (NotFoundOrNoAccess, PermissionMissing), (account.id, result)


def check_list(
    account: SyntheticAccount, listed: Sequence[PostCounts], at: datetime = NIGHT
) -> None:
    expected = [post for post in expected_posts(account, at).values() if post is not None]
    assert list(listed) == sorted(expected, key=lambda post: post.published_at or at, reverse=True)
    assert all(post.text for post in listed)


def read(connector: Zalo, accounts: Sequence[SyntheticAccount]) -> Profiles:
    return read_profiles(connector, [ref(account) for account in accounts])


def read_again(connector: Zalo, account: SyntheticAccount, ids: Sequence[str]) -> Posts:
    return read_posts(connector, refs_of(account, ids))


def refs_of(account: SyntheticAccount, ids: Sequence[str]) -> list[PostRef]:
    return [PostRef(ref(account), native_id) for native_id in ids]


# --- Numbers and calls ---


def test_every_oa_is_read_in_the_fewest_calls(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector, _ = prepared(http, settings, sandbox, ACCOUNTS)
    with http.tally() as tally:
        found = read(connector, ACCOUNTS)
    check_profiles(found, ACCOUNTS)
    served = sandbox.stats()["zalo"]
    assert tally.requests == served["calls"] == served["minimum"] == len(OPEN)
    assert served["profiles"] == len(OPEN)
    shown = [result for result in found.values() if isinstance(result, ProfileCounts)]
    assert any(profile.followers is None for profile in shown)
    assert any(profile.handle is None for profile in shown)


def test_after_the_merger_an_oa_that_ended_is_not_found(
    sandbox: Sandbox, settings: Settings
) -> None:
    before, after = AFTER_MERGER - timedelta(hours=10), AFTER_MERGER
    chosen = [account for account in ACCOUNTS if is_open(account, before)][:20]
    sandbox.set_clock(before.isoformat())
    with live(clock=lambda: before) as http:
        connector, _ = connected(Zalo, http, settings, chosen, KnownTokens(renewable=True))
        sandbox.set_clock(after.isoformat())
        found = read(connector, chosen)
    check_profiles(found, chosen, after)
    assert {type(result) for result in found.values()} == {ProfileCounts, NotFoundOrNoAccess}


def test_whole_lists_hold_every_article_once_newest_first_in_the_fewest_calls(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """OAs with every quirk: dates in seconds, another name of the list, a wrong total."""
    chosen = OPEN[:14]
    connector, _ = prepared(http, settings, sandbox, chosen)
    for account in chosen:
        check_list(account, list(connector.posts(ref(account), None)))
    served = sandbox.stats()["zalo"]
    assert served["calls"] == served["minimum"]
    assert served["listed"] == 2 * len(chosen)


def test_a_walk_reaches_the_day_asked_for_and_no_further(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    since = NIGHT - timedelta(days=91)
    connector, _ = prepared(http, settings, sandbox, OPEN[:1])
    listed = list(connector.posts(ref(OPEN[0]), since))
    wanted = [
        post
        for post in expected_posts(OPEN[0]).values()
        if post is not None and (post.published_at or NIGHT) >= since
    ]
    assert wanted
    assert {post.native_id for post in wanted} <= {post.native_id for post in listed}
    assert len(listed) <= len(wanted) + 4 * connector.list_size
    served = sandbox.stats()["zalo"]
    assert served["calls"] == served["minimum"]


def test_a_night_reads_each_page_of_a_list_once(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Lists down to two days ago, then articles of 7, 30 and 90 days behind them, mixed."""
    chosen = OPEN[:20]
    connector, _ = prepared(http, settings, sandbox, chosen)
    read(connector, chosen)
    listed: set[str] = set()
    for account in chosen:
        since = NIGHT - timedelta(days=2)
        listed |= {post.native_id for post in connector.posts(ref(account), since)}
    due: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for days in (90, 30, 7):
        for account in chosen:
            keys = [key for key in due_at(account, days) if key not in listed]
            due += refs_of(account, keys)
            expected |= {key: expected_posts(account)[key] for key in keys}
    assert len(expected) > len(chosen)
    found: Posts = {}
    for some in batches(due, connector.post_batch):
        found |= read_posts(connector, some)
    check_posts(found, expected)
    served = sandbox.stats()["zalo"]
    assert served["calls"] == served["minimum"]


def due_at(account: SyntheticAccount, days: int, length: int = 7) -> list[str]:
    """List the articles of a week, or another number of days, that ended some days ago."""
    end = NIGHT - timedelta(days=days)
    return [
        key
        for key, number in zip(
            expected_posts(account),
            WORLD.visible_posts(account.id, int(NIGHT.timestamp())).tolist(),
            strict=True,
        )
        if 0
        <= end.timestamp() - int(WORLD.posts(account.id).published[number])
        < timedelta(days=length).total_seconds()
    ]


def test_articles_that_have_moved_on_to_another_page_are_found_again(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """A reading of a 0 is doubted at once, and meanwhile articles may have appeared or gone."""
    later = NIGHT + timedelta(days=21)
    account = next(item for item in OPEN if is_open(item, later))
    connector, tokens = prepared(http, settings, sandbox, [account])
    ids = [post.native_id for post in connector.posts(ref(account), None)]
    sandbox.set_clock(later.isoformat())
    tokens.now = later
    shown = expected_posts(account, later)
    check_posts(read_again(connector, account, ids), {key: shown.get(key) for key in ids})
    again = ids[:3]
    sandbox.reset_stats()
    check_posts(read_again(connector, account, again), {key: shown.get(key) for key in again})
    assert sandbox.stats()["zalo"]["calls"] <= 3


def test_a_list_under_a_name_that_nobody_knows_is_found_where_it_is_the_only_one() -> None:
    """The archive keeps the known names only, so that no text of an article gets into it."""
    entry = {"id": "gialap1", "status": "show", "create_date": 1_793_433_600_000}
    page = parse_articles({"error": 0, "data": {"contents": [entry], "total": 1}}, "normal", 0)
    assert list(page.articles) == ["gialap1"]
    with pytest.raises(PayloadChanged, match="no list of articles"):
        parse_articles({"error": 0, "data": {"contents": [entry], "others": []}}, "normal", 0)


def test_more_than_ten_a_page_and_a_third_type_are_refused(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector, tokens = prepared(http, settings, sandbox, OPEN[:1])
    secret = ("header:access_token", tokens.tokens[OPEN[0].id].access)
    for asked, said in (
        ([("offset", "0"), ("limit", "11"), ("type", "normal")], "maximum limit is 10"),
        ([("offset", "0"), ("limit", "10"), ("type", "all")], "normal and video"),
    ):
        url = f"{connector.base}/article/getslice"
        reply = http.get(url, asked, platform="zalo", secret=secret)
        assert reply.status == 200
        assert reply.body is not None
        assert str(reply.body["error"]) == "-201"
        assert said in reply.body["message"]


# --- Faults, archive ---


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Every kind of fault. What still failed is asked again, as the night's second pass does."""
    connector, _ = prepared(http, settings, sandbox, ACCOUNTS)
    sandbox.set_faults(FAULTS)
    found = profiles_in_passes(connector, [ref(account) for account in ACCOUNTS])
    check_profiles(found, ACCOUNTS)
    for account in OPEN[:12]:
        listed = listed_in_passes(connector, ref(account), NIGHT - timedelta(days=91))
        shown = expected_posts(account)
        assert all(post == shown[post.native_id] for post in listed)
        assert set(due_at(account, 0, 91)) - {post.native_id for post in listed} == {
            key for key in due_at(account, 0, 91) if shown[key] is None
        }
        last = list(shown)[-30:]
        seen = posts_in_passes(connector, refs_of(account, last))
        check_posts(seen, {key: shown[key] for key in last})
    assert sandbox.stats()["zalo"]["faults"], "no fault was met: the test shows nothing"


def test_an_archived_night_reads_the_same_again(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    """Also for several OAs, whose questions differ by the token only, which is not archived."""
    chosen = OPEN[:6]
    connector, tokens = prepared(http, settings, sandbox, chosen)
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(Zalo(http, settings, tokens), chosen)
    )
    assert after == before
    assert "gialap-access" not in kept
    assert connector.app_secret.reveal() not in kept
    assert "giả lập" not in kept
    assert "title" not in kept


def read_everything(connector: Zalo, accounts: Sequence[SyntheticAccount]) -> Iterator[object]:
    """Read profiles, lists and the articles behind them. Texts do not compare."""
    yield from read(connector, accounts).values()
    for account in accounts:
        yield from connector.posts(ref(account), NIGHT - timedelta(days=30))
        yield from read_again(connector, account, list(expected_posts(account))[-40:-30]).values()


# --- Consent and tokens ---


def test_the_consent_page_leads_back_with_a_code_and_the_account(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector = Zalo(http, settings, NoTokens())
    account = OPEN[0]
    address = connector.consent_address(ref(account), REDIRECT)
    asked = parse_qs(urlsplit(address).query)
    assert asked["state"] == [account.id]
    assert asked["redirect_uri"] == [REDIRECT]
    token = connector.exchange(ref(account), code_for(account.id), REDIRECT)
    assert token.native_id == account.native_id
    assert token.expires_at == NIGHT + timedelta(hours=25)
    assert token.refresh_expires_at == NIGHT + timedelta(days=90)
    assert sandbox.stats()["zalo"]["tokens"] == 1


def test_a_consent_that_came_from_another_oa_is_refused(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector = Zalo(http, settings, NoTokens())
    with pytest.raises(PermissionMissing, match=OPEN[1].native_id):
        connector.exchange(ref(OPEN[0]), code_for(OPEN[1].id), REDIRECT)
    with pytest.raises(AccessDenied, match="authorization code"):
        connector.exchange(ref(OPEN[0]), "ma-sai", REDIRECT)


def test_an_oa_whose_office_has_not_consented_costs_no_request(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    connector = Zalo(http, settings, NoTokens())
    account = ref(OPEN[0])
    assert connector.lanes(account) == ("owner",)
    [(_, result)] = connector.profiles([account])
    assert isinstance(result, PermissionMissing)
    with pytest.raises(PermissionMissing, match="tracker connect zalo"):
        list(connector.posts(account, None))
    assert sandbox.stats()["zalo"]["calls"] == 0


def rotating() -> SyntheticAccount:
    """Give an OA whose refresh tokens work once, and that can be read for two more days."""
    days = [NIGHT + timedelta(days=days) for days in range(3)]
    return next(
        account
        for account in OPEN
        if not keeps_refresh(account) and all(is_open(account, day) for day in days)
    )


def test_renewing_is_one_request_and_a_second_use_of_a_refresh_token_ends_the_chain(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Zalo answers a used token with nothing; the newest pair is dead from then on."""
    account = rotating()
    connector, tokens = prepared(http, settings, sandbox, [account])
    first = tokens.tokens[account.id]
    with http.tally() as tally:
        second = connector.renew(first)
    assert tally.requests == sandbox.stats()["zalo"]["calls"] == 1
    assert second.access != first.access
    assert second.refresh != first.refresh
    assert second.native_id == account.native_id
    tokens.tokens[account.id] = second
    assert isinstance(read(connector, [account])[account.id], ProfileCounts)
    with http.tally() as tally, pytest.raises(AccessDenied, match="allow the app again"):
        connector.renew(first)
    assert tally.requests == 1
    with pytest.raises(AccessDenied, match="-14014"):
        connector.renew(second)
    assert isinstance(read(connector, [account])[account.id], AccessDenied)


def test_without_a_new_refresh_token_the_old_one_is_kept_and_works_again(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    account = next(account for account in OPEN if keeps_refresh(account))
    connector, tokens = prepared(http, settings, sandbox, [account])
    first = tokens.tokens[account.id]
    second = connector.renew(first)
    assert (second.refresh, second.refresh_expires_at) == (first.refresh, first.refresh_expires_at)
    assert connector.renew(second).access not in (first.access, second.access)


def test_a_lost_answer_of_the_token_service_is_asked_for_once_and_not_again(
    http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    nowhere = {
        "TRACKER_ZALO_URL": "http://127.0.0.1:9/zalo",
        "TRACKER_ZALO_APP_ID": "gialap-ung-dung",
        "TRACKER_ZALO_APP_SECRET": "gialap-khoa-ung-dung",
    }
    connector = Zalo(http, load_settings(tmp_path, nowhere), NoTokens())
    token = Token(Secret("gialap-access-cu"), NIGHT, refresh=Secret("gialap-refresh-cu"))
    with http.tally() as tally, pytest.raises(Unreachable):
        connector.renew(token)
    assert tally.requests == 1


def test_another_secret_of_the_app_does_not_end_the_chain(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    account = rotating()
    connector, tokens = prepared(http, settings, sandbox, [account])
    wrong = settings_with(sandbox, tmp_path, TRACKER_ZALO_APP_SECRET="gialap-khoa-khac")
    with pytest.raises(BadRequest, match="secret key"):
        Zalo(http, wrong, NoTokens()).renew(tokens.tokens[account.id])
    assert connector.renew(tokens.tokens[account.id])


def test_a_token_that_zalo_calls_ended_is_renewed_once_whatever_its_stated_end(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Two days later by Zalo's clock, and still the first night by ours."""
    account = rotating()
    connector, _ = prepared(http, settings, sandbox, [account])
    later = NIGHT + timedelta(days=2)
    sandbox.set_clock(later.isoformat())
    found = read(connector, [account])
    check_profiles(found, [account], later)
    served = sandbox.stats()["zalo"]
    assert served["by_method"] == {"access_token": 1, "getoa": 2}
    assert served["tokens"] == 1


def test_a_night_a_day_later_renews_each_token_once(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """25 hours less a tenth are over: renewed before the first question, not after a refusal."""
    later = NIGHT + timedelta(days=1)
    chosen = [account for account in OPEN[:20] if is_open(account, later)]
    connector, tokens = prepared(http, settings, sandbox, chosen)
    sandbox.set_clock(later.isoformat())
    tokens.now = later
    with live(clock=lambda: later) as http_later:
        connector.http = http_later
        check_profiles(read(connector, chosen), chosen, later)
        for account in chosen:
            list(connector.posts(ref(account), NIGHT))
    served = sandbox.stats()["zalo"]
    assert served["tokens"] == len(chosen)
    assert served["calls"] == served["minimum"]


def test_two_workers_at_once_renew_one_token_in_one_request(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    """Two keepers of the same file stand for two processes."""
    account, later = rotating(), NIGHT + timedelta(days=1)
    [token] = consents(Zalo(http, settings, NoTokens()), [account]).values()
    path, key = tmp_path / "credentials.sqlite", Secret(new_key())
    Credentials(path, key, lambda: NIGHT).keep(account.id, "zalo", token)
    sandbox.set_clock(later.isoformat())
    sandbox.reset_stats()
    with live(clock=lambda: later) as http_later:
        workers = [
            Zalo(http_later, settings, Credentials(path, key, lambda: later)) for _ in range(2)
        ]
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(read, workers[n % 2], [account]) for n in range(4)]
            results = [future.result()[account.id] for future in asked]
    assert results == [expected_profile(account, later)] * 4
    assert sandbox.stats()["zalo"]["by_method"] == {"access_token": 1, "getoa": 4}
