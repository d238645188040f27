"""Telegram over loopback HTTP against the sandbox: the counts of the bot, pages, and faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import (
    FAULTS,
    NIGHT,
    SECOND,
    WORLD,
    Posts,
    Profiles,
    archived,
    check_posts,
    http,
    in_passes,
    listed_in_passes,
    on_the_night,
    profiles_in_passes,
    read_profiles,
    registered,
    settings,
    settings_with,
)

from connectors.base import NoTokens
from connectors.telegram import Telegram
from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.start import Sandbox, start_sandbox
from jobs.sandbox.telegram_items import (
    has_views,
    is_group,
    kinds_of,
    message_id,
    preview_off,
    refuses_bot,
    shows_reactions,
)
from tracker.errors import (
    AccessDenied,
    ConfigError,
    NotFoundOrNoAccess,
    PermissionMissing,
    ReadError,
    Unreachable,
)
from tracker.http import Http, LiveHttp
from tracker.metrics import step
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.settings import Settings, load_settings

__all__ = ["http", "settings"]  # fixtures, which pytest finds here

ACCOUNTS = [item for item in country.more_accounts() if item.platform == "telegram"]
OPEN = [item for item in ACCOUNTS if not is_group(item) and not preview_off(item)]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """A sandbox of its own: its bot has not met a channel by name yet."""
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    return on_the_night(running)


def connector(http: Http, settings: Settings) -> Telegram:
    return Telegram(http, settings, NoTokens())


def cut(value: int, metric: str) -> int:
    return value - value % step("telegram", "post", metric, value)


def expected_posts(account: SyntheticAccount) -> dict[str, PostCounts]:
    """Say what the own posts of a channel show, by message number, without their texts."""
    numbers = WORLD.visible_posts(account.id, SECOND)
    counts = WORLD.counts_at(account.id, numbers, SECOND)
    found = {}
    for place, number in enumerate(numbers.tolist()):
        key = str(message_id(number))
        kinds = kinds_of(int(counts["reactions"][place])) if shows_reactions(account) else []
        found[key] = PostCounts(
            native_id=key,
            published_at=datetime.fromtimestamp(
                int(WORLD.posts(account.id).published[number]), UTC
            ),
            url=f"https://t.me/{account.handle_on(country.START)}/{key}",
            kind="post",
            views=cut(int(counts["views"][place]), "views") if has_views(number) else None,
            reactions=sum(cut(kind, "reactions") for kind in kinds) if kinds else None,
        )
    return found


def check_profiles(found: Profiles) -> None:
    assert found.keys() == {account.id for account in ACCOUNTS}
    for account in ACCOUNTS:
        result = found[account.id]
        if refuses_bot(account):
            assert type(result) is PermissionMissing
        else:
            assert isinstance(result, ProfileCounts), result
            assert result.native_id == account.native_id
            assert result.followers == WORLD.followers_at(account.id, SECOND)
            assert result.handle in (None, account.handle_on(country.START))


def test_every_channel_is_read_by_the_bot_in_one_call(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    """Three chats must be found by name first; two put the bot out."""
    telegram = connector(http, settings)
    check_profiles(read_profiles(telegram, [registered(account) for account in ACCOUNTS]))
    served = sandbox.stats()["telegram"]
    assert served["calls"] == served["minimum"] == len(ACCOUNTS) + 2 * 3
    sandbox.reset_stats()
    check_profiles(read_profiles(telegram, [registered(account) for account in ACCOUNTS]))
    assert sandbox.stats()["telegram"]["calls"] == len(ACCOUNTS)


def test_a_refusal_of_one_channel_stops_that_one_only(http: LiveHttp, settings: Settings) -> None:
    telegram = connector(http, settings)
    refused = next(account for account in ACCOUNTS if refuses_bot(account))
    read_profiles(telegram, [registered(refused), registered(ACCOUNTS[0])])
    assert telegram.credential(registered(refused)) == refused.id
    assert telegram.credential(registered(ACCOUNTS[0])) == "telegram"


def test_names_are_resolved_once(sandbox: Sandbox, http: LiveHttp, settings: Settings) -> None:
    chosen = [registered(account, resolved=False) for account in OPEN[:4]]
    chosen[0] = replace(chosen[0], handle=(chosen[0].handle or "").upper())
    found = read_profiles(connector(http, settings), chosen)
    for account, ref in zip(OPEN[:4], chosen, strict=True):
        result = found[account.id]
        assert isinstance(result, ProfileCounts)
        assert (result.native_id, result.handle) == (account.native_id, ref.handle)
    served = sandbox.stats()["telegram"]
    assert served["calls"] == served["minimum"] == 8


def test_without_a_bot_the_cards_give_the_same_numbers(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    telegram = connector(http, settings_with(sandbox, tmp_path, TRACKER_TELEGRAM_BOT_TOKEN=""))
    lost = AccountRef("lost", "telegram", None, "gialap_khongco")
    found = read_profiles(telegram, [*(registered(account) for account in ACCOUNTS), lost])
    assert isinstance(found.pop("lost"), NotFoundOrNoAccess)
    followers = {account.id: WORLD.followers_at(account.id, SECOND) for account in ACCOUNTS}
    assert found == {key: ProfileCounts(followers=count) for key, count in followers.items()}
    served = sandbox.stats()["telegram"]
    assert served["calls"] == served["minimum"] == len(ACCOUNTS) + 1


def test_without_bot_and_preview_it_does_not_start(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"TRACKER_TELEGRAM_BOT_TOKEN .*TRACKER_TELEGRAM_PREVIEW"):
        connector(http, load_settings(tmp_path, {}))


def test_with_a_bot_alone_posts_are_not_read(
    sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    telegram = connector(http, settings_with(sandbox, tmp_path, TRACKER_TELEGRAM_PREVIEW="0"))
    account = registered(OPEN[0])
    assert not telegram.has_posts(account)
    with pytest.raises(PermissionMissing, match="TRACKER_TELEGRAM_PREVIEW=1"):
        list(telegram.posts(account, None))
    assert sandbox.stats()["telegram"]["calls"] == 0


def check_list(account: SyntheticAccount, listed: Sequence[PostCounts]) -> None:
    """Own posts complete and newest first; what Telegram wrote into the channel has no views."""
    numbers = [int(post.native_id) for post in listed]
    assert numbers == sorted(numbers, reverse=True)
    own = {post.native_id: post for post in listed if post.kind == "post"}
    assert own == expected_posts(account)
    assert all(post.text for post in listed)
    service = [post for post in listed if post.kind == "service"]
    assert service
    assert {(post.views, post.reactions) for post in service} == {(None, None)}


def test_lists_hold_every_own_post_once_in_the_fewest_pages(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    telegram = connector(http, settings)
    chosen = [*OPEN[:2], next(item for item in OPEN if not shows_reactions(item))]
    for account in chosen:
        check_list(account, list(telegram.posts(registered(account), None)))
    served = sandbox.stats()["telegram"]
    assert served["calls"] == served["minimum"] > 40


def test_a_walk_reaches_the_day_asked_for_and_no_further(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    since = NIGHT - timedelta(days=91)
    listed = list(connector(http, settings).posts(registered(OPEN[0]), since))
    wanted = {
        key
        for key, post in expected_posts(OPEN[0]).items()
        if post.published_at is not None and post.published_at >= since
    }
    assert wanted <= {post.native_id for post in listed}
    assert len(listed) <= len(wanted) + 2 * Telegram.list_size
    assert sandbox.stats()["telegram"]["calls"] <= 3


def test_a_channel_without_preview_is_refused_and_never_gone(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    telegram = connector(http, settings)
    for account, says in (
        (next(item for item in ACCOUNTS if preview_off(item)), "preview off"),
        (next(item for item in ACCOUNTS if is_group(item)), "groups have no preview"),
    ):
        with pytest.raises(PermissionMissing, match=says):
            list(telegram.posts(registered(account), None))
        assert telegram.credential(registered(account)) == account.id
        [(_, result)] = telegram.refresh([PostRef(registered(account), "2")])
        assert isinstance(result, PermissionMissing)
    served = sandbox.stats()["telegram"]
    assert served["calls"] == 8


def posts_to_refresh() -> tuple[list[PostRef], dict[str, PostCounts | None]]:
    """Choose the newest 30 posts of three channels and one deleted post; None: it is gone."""
    posts: list[PostRef] = []
    expected: dict[str, PostCounts | None] = {}
    for account in OPEN[:3]:
        shown = expected_posts(account)
        keys = list(shown)[-30:]
        expected |= {f"{account.id} {key}": shown[key] for key in keys}
        deleted = WORLD.posts(account.id).deleted.tolist()
        gone = [message_id(n) for n, at in enumerate(deleted) if at <= SECOND][-1:]
        expected |= {f"{account.id} {number}": None for number in gone}
        keys += [str(number) for number in gone]
        posts += [PostRef(registered(account), key) for key in keys]
    return posts, expected


def by_channel(found: Mapping[PostRef, PostCounts | ReadError]) -> Posts:
    """Name posts by their channel too: a message's number is good in its channel only."""
    return {f"{post.account.id} {post.native_id}": result for post, result in found.items()}


def test_known_posts_are_read_again_page_by_page(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    posts, expected = posts_to_refresh()
    assert None in expected.values()
    check_posts(by_channel(dict(connector(http, settings).refresh(posts))), expected)
    served = sandbox.stats()["telegram"]
    assert served["calls"] <= served["minimum"] * 1.02


def test_with_faults_on_a_twentieth_of_calls_nothing_is_missing_and_nothing_is_wrong(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    sandbox.set_faults(FAULTS)
    telegram = connector(http, settings)
    check_profiles(profiles_in_passes(telegram, [registered(item) for item in ACCOUNTS]))
    for account in OPEN[:4]:
        check_list(account, listed_in_passes(telegram, registered(account)))
    posts, expected = posts_to_refresh()
    check_posts(by_channel(in_passes(telegram.refresh, posts)), expected)
    assert len(sandbox.stats()["telegram"]["faults"]) >= 5


def test_a_vanished_channel_is_unclear_and_costs_no_other(
    sandbox: Sandbox, http: LiveHttp, settings: Settings
) -> None:
    sandbox.set_faults({"vanished": [OPEN[1].id]})
    found = read_profiles(connector(http, settings), [registered(item) for item in OPEN[:3]])
    assert [type(one) for one in found.values()] == [
        ProfileCounts,
        NotFoundOrNoAccess,
        ProfileCounts,
    ]
    served = sandbox.stats()["telegram"]
    assert served["calls"] == served["minimum"] == 4
    with pytest.raises(PermissionMissing, match="may have changed"):
        list(connector(http, settings).posts(registered(OPEN[1]), None))


@pytest.mark.parametrize("token", ["1900000000:gialap-khoa-sai-roi", "gialap-khong-phai-khoa"])
def test_a_wrong_token_is_denied_and_never_shown(
    token: str, sandbox: Sandbox, http: LiveHttp, tmp_path: Path
) -> None:
    wrong = settings_with(sandbox, tmp_path, TRACKER_TELEGRAM_BOT_TOKEN=token)
    with pytest.raises(AccessDenied, match="BotFather") as caught:
        read_profiles(connector(http, wrong), [registered(OPEN[0])])
    assert token not in str(caught.value)


def test_a_dead_network_does_not_show_the_token(
    http: LiveHttp, sandbox: Sandbox, tmp_path: Path
) -> None:
    dead = settings_with(sandbox, tmp_path, TRACKER_TELEGRAM_URL="http://127.0.0.1:9")
    token = dead.secret("TELEGRAM_BOT_TOKEN").reveal()
    with pytest.raises(Unreachable) as caught:
        read_profiles(connector(http, dead), [registered(OPEN[0])])
    assert token not in str(caught.value)


def test_an_archived_night_reads_the_same_again(settings: Settings, tmp_path: Path) -> None:
    """The archive holds neither the token nor a text nor another channel's name."""
    before, after, kept = archived(
        tmp_path, lambda http: read_everything(connector(http, settings))
    )
    assert after == before
    for hidden in (settings.secret("TELEGRAM_BOT_TOKEN").reveal(), "kenhkhac", "giả lập", "📣"):
        assert hidden not in kept
    assert "/bot{secret}/getChatMemberCount" in kept


def read_everything(telegram: Telegram) -> Iterator[object]:
    yield from read_profiles(telegram, [registered(item) for item in ACCOUNTS[:30]]).values()
    yield from telegram.posts(registered(OPEN[0]), NIGHT - timedelta(days=120))
    yield from (result for _, result in telegram.refresh(posts_to_refresh()[0][:25]))
