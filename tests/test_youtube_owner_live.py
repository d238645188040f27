"""YouTube's other doors over loopback HTTP against the sandbox: owners' tokens and the public feed.

What the sandbox should have shown is computed here from the same seed. The door of the key is
tested with the other platforms (test_connectors_live).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from live import (
    FAULTS,
    NIGHT,
    REDIRECT,
    SECOND,
    WORLD,
    archived,
    connected,
    http,
    is_open,
    posts_in_passes,
    profiles_in_passes,
    read_posts,
    read_profiles,
    ref,
    sandbox,
    settings_with,
)

from connectors.base import NoTokens
from connectors.youtube import YouTube
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day, utc
from jobs.sandbox.youtube import CLIENT_ID, CLIENT_SECRET, FEED_SIZE, shown_subscribers
from jobs.sandbox.youtube_items import video_id
from tracker.errors import (
    AccessDenied,
    ConfigError,
    NotFoundOrNoAccess,
    PermissionMissing,
    Unreachable,
)
from tracker.http import Http, LiveHttp
from tracker.readings import PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings

__all__ = ["http", "sandbox"]  # fixtures, which pytest finds here


FEED = {"YOUTUBE_FEED": "1"}


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    return settings_of(sandbox, tmp_path)


def settings_of(sandbox: Sandbox, folder: Path, **more: str) -> Settings:
    """Settings with the key and the app of consents; `more` by the name behind TRACKER_YOUTUBE_."""
    app = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, **more}
    given = {f"TRACKER_YOUTUBE_{name}": value for name, value in app.items()}
    return settings_with(sandbox, folder, **given)


def channels() -> list[SyntheticAccount]:
    return [item for item in country.accounts() if item.platform == "youtube"]


def open_channels() -> list[SyntheticAccount]:
    return [item for item in channels() if is_open(item)]


def profile_of(account: SyntheticAccount) -> ProfileCounts:
    followers = shown_subscribers(WORLD.followers_at(account.id, SECOND))
    is_hidden = local_day(SECOND) >= country.FOLLOWERS_HIDDEN.get(account.id, date.max)
    return ProfileCounts(
        native_id=account.native_id,
        handle=account.handle_on(local_day(SECOND)),
        followers=None if is_hidden else followers,
        posts=WORLD.posts_at(account.id, SECOND),
        views=WORLD.views_at(account.id, SECOND),
    )


def videos_of(account: SyntheticAccount) -> dict[str, PostCounts]:
    """Say what every video of a channel shows on the night, newest first."""
    numbers = WORLD.visible_posts(account.id, SECOND)[::-1]
    counts = WORLD.counts_at(account.id, numbers, SECOND)
    published = WORLD.posts(account.id).published
    hides, closed = account.id in country.LIKES_HIDDEN, account.id in country.COMMENTS_OFF
    return {
        (key := video_id(account, number)): PostCounts(
            native_id=key,
            published_at=utc(int(published[number])),
            url=f"https://www.youtube.com/watch?v={key}",
            kind="video",
            views=int(counts["views"][place]),
            reactions=None if hides else int(counts["reactions"][place]),
            comments=None if closed else int(counts["comments"][place]),
        )
        for place, number in enumerate(numbers.tolist())
    }


# --- The owners' door ---


def test_with_a_consent_a_channel_is_read_by_both_doors(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    first, second = open_channels()[:2]
    connector, tokens = connected(YouTube, http, settings, [first])
    assert connector.lanes(ref(first)) == ("owner", "public")
    assert connector.lanes(ref(second)) == ("public",)
    only_app = settings_of(sandbox, tmp_path, API_KEY="")
    keyless = YouTube(http, only_app, tokens)
    assert keyless.lanes(ref(first)) == keyless.lanes(ref(second)) == ("owner",)
    [(_, refused)] = keyless.profiles([ref(second)])
    assert isinstance(refused, PermissionMissing)
    assert f"tracker connect youtube --account {second.id}" in str(refused)
    assert keyless.credential(ref(second)) == second.id
    assert keyless.credential(ref(first)) == "youtube"


def test_without_key_app_and_feed_there_is_nothing_to_start(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    nothing = settings_of(sandbox, tmp_path, API_KEY="", CLIENT_ID="", CLIENT_SECRET="")
    with pytest.raises(ConfigError, match="TRACKER_YOUTUBE_API_KEY is not set"):
        YouTube(http, nothing, NoTokens())


def test_an_owners_night_takes_the_fewest_calls(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """One call for each channel, its pages of uploads, and one for 50 videos of each channel;
    private uploads, which only their owner is shown, are left out.
    """
    chosen = open_channels()[:8]
    connector, _ = connected(YouTube, http, settings, chosen)
    sandbox.reset_stats()
    with http.tally() as tally:
        found = read_profiles(connector, [ref(account) for account in chosen])
        assert found == {account.id: profile_of(account) for account in chosen}
        refs, expected = [], {}
        for account in chosen:
            listed = list(connector.posts(ref(account), None))
            shown = videos_of(account)
            assert {post.native_id for post in listed} == shown.keys()
            refs += [PostRef(ref(account), key) for key in list(shown)[:60]]
            expected |= {key: shown[key] for key in list(shown)[:60]}
        again = read_posts(connector, refs)
    assert again == expected
    served = sandbox.stats()["youtube"]
    assert served["calls"] <= served["minimum"] * 1.02
    assert tally.units["statistics"] == len(chosen) * 2
    assert tally.units[""] == tally.requests - len(chosen) * 2


def test_a_deleted_video_is_left_out_in_the_owners_door_too(
    http: LiveHttp, settings: Settings
) -> None:
    account, gone = next(
        (account, number)
        for account in open_channels()
        for number, at in enumerate(WORLD.posts(account.id).deleted.tolist())
        if at <= SECOND
    )
    connector, _ = connected(YouTube, http, settings, [account])
    [(_, result)] = connector.refresh([PostRef(ref(account), video_id(account, gone))])
    assert isinstance(result, NotFoundOrNoAccess)


def test_a_token_is_good_for_its_own_channel_only(http: LiveHttp, settings: Settings) -> None:
    """A token that belongs to another channel is never taken for this one's numbers."""
    account, other = open_channels()[:2]
    connector, tokens = connected(YouTube, http, settings, [account])
    tokens.tokens[other.id] = tokens.tokens[account.id]
    found = read_profiles(connector, [ref(other), ref(account)])
    assert isinstance(found[other.id], PermissionMissing)
    assert account.native_id in str(found[other.id])
    assert other.native_id in str(found[other.id])
    assert found[account.id] == profile_of(account)
    assert connector.credential(ref(other)) == other.id
    with pytest.raises(PermissionMissing, match="choose that channel"):
        connector.exchange(ref(other), code_for(account.id), REDIRECT)
    with pytest.raises(AccessDenied, match="7 days"):
        connector.exchange(ref(other), "ma-khong-co", REDIRECT)


def test_a_channel_without_an_id_is_found_with_the_new_token(
    http: LiveHttp, settings: Settings
) -> None:
    account = open_channels()[2]
    connector = YouTube(http, settings, NoTokens())
    unresolved = ref(account, resolved=False)
    token = connector.exchange(unresolved, code_for(account.id), REDIRECT)
    assert token.native_id == account.native_id
    assert token.expires_at == NIGHT + timedelta(seconds=3599)


def test_an_hour_later_the_token_is_renewed_once(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    account = open_channels()[0]
    connector, tokens = connected(YouTube, http, settings, [account])
    first = tokens.tokens[account.id]
    sandbox.set_clock((NIGHT + timedelta(hours=2)).isoformat())
    found = read_profiles(connector, [ref(account)])
    assert isinstance(found[account.id], ProfileCounts)
    second = tokens.tokens[account.id]
    assert second.access != first.access
    assert (second.refresh, second.native_id) == (first.refresh, account.native_id)
    served = sandbox.stats()["youtube"]
    assert served["by_status"]["401"] == 1
    assert served["tokens"] == 2


def test_a_consent_that_was_taken_back_stops_its_channel_only(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    account, other = open_channels()[:2]
    connector, tokens = connected(YouTube, http, settings, [account, other])
    tokens.tokens[account.id] = replace(
        tokens.tokens[account.id],
        access=tokens.tokens[account.id].refresh,  # type: ignore[arg-type]  # any wrong text
        refresh=None,
    )
    found = read_profiles(connector, [ref(account), ref(other)])
    assert isinstance(found[account.id], AccessDenied)
    assert found[other.id] == profile_of(other)
    assert connector.credential(ref(account)) == account.id
    assert connector.credential(ref(account, "public")) == "youtube"


def test_the_consent_page_asks_for_reading_and_comes_back_with_the_account(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    account = ref(open_channels()[0])
    asked = (
        f"?client_id={CLIENT_ID}&redirect_uri=https%3A%2F%2Flocalhost%2Ftracker"
        "&response_type=code&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fyoutube.readonly"
        f"&access_type=offline&prompt=consent&state={account.id}"
    )
    here = YouTube(http, settings, NoTokens())
    assert here.consent_address(account, REDIRECT) == f"{sandbox.url}/youtube/auth/auth{asked}"
    real = replace(settings, urls={})
    there = YouTube(http, real, NoTokens())
    assert there.consent_address(account, REDIRECT) == (
        f"https://accounts.google.com/o/oauth2/v2/auth{asked}"
    )
    assert there.token_service == "https://oauth2.googleapis.com/token"


# --- The feed ---


def keyless(sandbox: Sandbox, folder: Path, http: Http) -> YouTube:
    """YouTube without a key and without an app, with the feed switched on."""
    nothing = settings_of(sandbox, folder, API_KEY="", CLIENT_ID="", CLIENT_SECRET="")
    return YouTube(http, replace(nothing, options=FEED), NoTokens())


def newest_of(account: SyntheticAccount) -> tuple[PostCounts, ...]:
    shown = list(videos_of(account).values())[:FEED_SIZE]
    return tuple(replace(post, comments=None, reactions=post.reactions or None) for post in shown)


def test_without_a_key_the_feed_shows_the_newest_videos_and_no_count_of_the_channel(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    connector = keyless(sandbox, tmp_path, http)
    accounts = [ref(account, "public") for account in channels()]
    assert {connector.lanes(account) for account in accounts} == {("public",)}
    found = read_profiles(connector, accounts)
    for account in channels():
        result = found[account.id]
        if WORLD.state(account.id, SECOND) != "open":
            assert isinstance(result, Unreachable), account.id
            continue
        assert result == ProfileCounts(
            native_id=account.native_id,
            newest=newest_of(account),
            unavailable=("followers", "posts", "views"),
        )
        assert all(post.text for post in result.newest)
    served = sandbox.stats()["youtube"]
    assert served["calls"] == served["minimum"] == len(channels())


def test_a_walk_by_the_feed_is_whole_only_where_the_feed_reaches_back(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    """What `profiles` showed in this run is not given again."""
    account = open_channels()[0]
    connector = keyless(sandbox, tmp_path, http)
    newest = newest_of(account)
    oldest = newest[-1].published_at
    assert oldest is not None
    assert list(connector.posts(ref(account, "public"), oldest + timedelta(days=1))) == list(newest)
    walked: list[PostCounts] = []
    with pytest.raises(PermissionMissing, match="15 newest videos only"):
        walked.extend(connector.posts(ref(account, "public"), oldest - timedelta(days=1)))
    assert walked == list(newest)
    read_profiles(connector, [ref(account, "public")])
    assert list(connector.posts(ref(account, "public"), oldest + timedelta(days=1))) == []
    with pytest.raises(PermissionMissing, match="TRACKER_YOUTUBE_API_KEY"):
        list(connector.refresh([PostRef(ref(account, "public"), newest[0].native_id)]))


def test_a_refused_key_falls_back_to_the_feed_where_that_is_switched_on(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    account = open_channels()[0]
    wrong = settings_of(sandbox, tmp_path, API_KEY="khoa-sai-hoan-toan")
    newest = newest_of(account)
    since = (newest[-1].published_at or NIGHT) + timedelta(days=1)
    with pytest.raises(AccessDenied, match="API key not valid"):
        list(YouTube(http, wrong, NoTokens()).posts(ref(account, "public"), since))
    fed = YouTube(http, replace(wrong, options=FEED), NoTokens())
    assert list(fed.posts(ref(account, "public"), since)) == list(newest)
    walked: list[PostCounts] = []
    with pytest.raises(AccessDenied, match="API key not valid"):
        walked.extend(fed.posts(ref(account, "public"), None))
    assert walked == list(newest)


# --- Faults and the archive ---


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    chosen = open_channels()[:30]
    connector, _ = connected(YouTube, http, settings, chosen)
    sandbox.set_faults(FAULTS)
    found = profiles_in_passes(connector, [ref(account) for account in chosen])
    assert found == {account.id: profile_of(account) for account in chosen}
    posts: list[PostRef] = []
    expected: dict[str, PostCounts] = {}
    for account in chosen:
        shown = videos_of(account)
        posts += [PostRef(ref(account), key) for key in shown]
        expected |= shown
    assert posts_in_passes(connector, posts) == expected
    assert sandbox.stats()["youtube"]["faults"], "no fault was met: the test shows nothing"


def test_an_archived_night_reads_the_same_again(
    sandbox: Sandbox, http: LiveHttp, settings: Settings, tmp_path: Path
) -> None:
    """The archive keeps what the parsers read, without texts and tokens; feeds among it."""
    _, tokens = connected(YouTube, http, settings, open_channels()[:5])
    before, after, kept = archived(
        tmp_path,
        lambda http: read_everything(
            YouTube(http, settings, tokens), keyless(sandbox, tmp_path, http)
        ),
    )
    assert after == before
    assert "giả lập" not in kept
    assert "gialap-access" not in kept
    assert country.API_KEY not in kept


def read_everything(owners: YouTube, feeds: YouTube) -> Iterator[object]:
    """Read profiles, a list and posts by the owners' door, and feeds. Texts do not compare."""
    chosen = [ref(account) for account in open_channels()[:5]]
    yield from read_profiles(owners, chosen).values()
    posts = list(owners.posts(chosen[0], NIGHT - timedelta(days=120)))
    yield from posts
    yield from read_posts(owners, [PostRef(chosen[0], post.native_id) for post in posts]).values()
    public = [ref(account, "public") for account in channels()[:20]]
    yield from read_profiles(feeds, public).values()
