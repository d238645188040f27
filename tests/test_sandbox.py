"""The synthetic country and its server: what a reader may rely on, and what it must survive."""

import csv
import http.client
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest

from jobs.sandbox import Sandbox, World, country, start_sandbox, write_history, write_register
from jobs.sandbox.controls import Controls
from jobs.sandbox.faults import FaultDrawer, Faults
from jobs.sandbox.messages import Reply, Request
from jobs.sandbox.world import midnight
from jobs.sandbox.youtube import shown_subscribers
from tracker.errors import ConfigError
from tracker.periods import scheduled_at

NOW = datetime(2024, 9, 2, 18, 0, tzinfo=UTC)
NIGHT = date(2024, 9, 3)
MERGED = datetime(2025, 7, 1, 18, 0, tzinfo=UTC)
KEY = ("key", country.API_KEY)
SERVER = f"/mastodon/{country.SERVER}/api/v1"
XRPC = "/bluesky/xrpc"


@pytest.fixture(scope="module")
def world() -> World:
    return World(1)


@pytest.fixture
def controls(world: World) -> Controls:
    made = Controls(1, lambda: 0.0)
    made.world._growth, made.world._posts = world._growth, world._posts
    return made


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox(seed=1) as running:
        yield running


def native(key: str) -> str:
    return country.account(key).native_id


def of_platform(platform: str) -> list[country.SyntheticAccount]:
    return [item for item in country.accounts() if item.platform == platform]


def ask(controls: Controls, target: str, *pairs: tuple[str, Any], **headers: str) -> Reply:
    query = tuple((name, str(value)) for name, value in pairs)
    return controls.send("GET", target, Request("GET", target, query, headers)).reply


def body(controls: Controls, target: str, *pairs: tuple[str, Any]) -> Any:
    reply = ask(controls, target, *pairs)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def steer(controls: Controls, what: str, **settings: Any) -> Any:
    target = f"/control/{what}"
    data = json.dumps(settings).encode()
    sent = controls.send("POST", target, Request("POST", target, (), body=data))
    assert sent.reply.status == 200, sent.reply.body
    return json.loads(sent.reply.body)


def channels(controls: Controls, *keys: str, part: str = "snippet,statistics") -> dict[str, Any]:
    ids = ",".join(native(key) for key in keys)
    found = body(controls, "/youtube/v3/channels", ("part", part), ("id", ids), KEY)
    return {item["id"]: item for item in found.get("items", [])}


def uploads(controls: Controls, key: str, size: int = 50) -> Iterator[dict[str, Any]]:
    token = None
    while True:
        pairs = [("part", "snippet,contentDetails,status"), ("maxResults", size), KEY]
        pairs.append(("playlistId", f"UU{native(key)[2:]}"))
        page = body(
            controls, "/youtube/v3/playlistItems", *pairs, *([("pageToken", token)] * bool(token))
        )
        yield page
        token = page.get("nextPageToken")
        if token is None:
            return


def feed(controls: Controls, key: str, **more: Any) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        pairs = [("actor", native(key)), *more.items(), *([("cursor", cursor)] * bool(cursor))]
        page = body(controls, f"{XRPC}/app.bsky.feed.getAuthorFeed", *pairs)
        yield page
        cursor = page.get("cursor")
        if cursor is None:
            return


def timeline(controls: Controls, key: str, **more: Any) -> Iterator[tuple[list[Any], str]]:
    target, pairs = f"{SERVER}/accounts/{native(key)}/statuses", list(more.items())
    while True:
        reply = ask(controls, target, *pairs, host="127.0.0.1:1")
        links = dict(reply.headers).get("Link", "")
        yield json.loads(reply.body), links
        following = [part for part in links.split(", ") if 'rel="next"' in part]
        if not following:
            return
        address = urlsplit(following[0].partition(">")[0][1:])
        target, pairs = address.path, parse_qsl(address.query)


# --- The country ---


def test_the_same_seed_gives_the_same_country_in_whatever_order_it_is_asked(world: World) -> None:
    keys = ["quangninh-ubnd-youtube", "hue-ubnd-bluesky", "camau-ubnd-mastodon"]
    again = World(1)
    for key in reversed(keys):
        again.posts(key)
        again.growth(key)
    for key in keys:
        assert np.array_equal(again.growth(key).ends, world.growth(key).ends)
        assert np.array_equal(again.posts(key).totals, world.posts(key).totals)
    assert World(2).growth(keys[0]).ends[-1] != world.growth(keys[0]).ends[-1]


def test_there_are_63_localities_and_nobody_can_mistake_an_account_for_a_real_one() -> None:
    assert len(country.places()) == 63
    assert len(country.accounts()) == 192
    for item in country.accounts():
        assert "gialap" in item.handle_on(NIGHT)
    assert {len(item.native_id) for item in of_platform("youtube")} == {24}
    assert {len(item.native_id) for item in of_platform("bluesky")} == {32}
    assert sum(place.programme_start == date(2022, 2, 21) for place in country.places()) == 8
    assert sum(place.programme_start == date(2023, 3, 13) for place in country.places()) == 12


def test_counts_of_a_post_never_fall_and_a_week_holds_59_percent_of_24_weeks(world: World) -> None:
    key = "danang-ubnd-youtube"
    numbers, start = np.array([5, 6, 7]), int(world.posts(key).published[5])
    views = [
        world.counts_at(key, numbers, start + hour * 3600)["views"] for hour in range(0, 4032, 8)
    ]
    assert np.diff(np.array(views), axis=0).min() >= 0
    week, weeks24 = world.share_at_age(np.array([168 * 3600, 24 * 168 * 3600]))
    assert week / weeks24 == pytest.approx(0.59, abs=0.005)


def test_followers_stand_still_between_midnight_and_the_night_at_one(world: World) -> None:
    key = "hanoi-ubnd-bluesky"
    at_one = scheduled_at(NIGHT)
    assert world.followers(key, at_one) == world.followers(key, at_one - timedelta(hours=1))
    assert world.followers(key, at_one) == world.growth(key).ends[(NIGHT - country.START).days - 1]


def year_before_and_year_after(world: World, key: str) -> list[tuple[float, float, float, float]]:
    """Give (daily growth, interactions a post, posts a day, English share) on both sides.

    Before: the 364 days up to the pilots' start; after: 364 days from 28 days behind it, when the
    programme acts fully.
    """
    growth, posts = world.growth(key), world.posts(key)
    flows = np.diff(growth.ends, prepend=growth.first)
    days = (posts.published - midnight(country.START)) // 86_400
    sides = []
    for start in (0, 364 + 28):
        inside = (days >= start) & (days < start + 364)
        interactions = posts.totals[1:4, inside].sum() / inside.sum()
        english = posts.language[inside].mean()
        mean_flow = flows[start : start + 364].mean()
        sides.append((mean_flow, interactions, inside.sum() / 364, english))
    return sides


def test_the_planted_effects_are_in_the_numbers(world: World) -> None:
    """Change of the pilots over change of the never-adopters, geometric means over accounts."""
    changes: dict[bool, list[Any]] = {True: [], False: []}
    left_out = {*country.OPENED, *country.PURGED, *country.MERGED_PAGES}
    for item in country.accounts():
        if item.place and item.place.id not in country.SECOND_COHORT and item.id not in left_out:
            before, after = np.array(year_before_and_year_after(world, item.id))
            change = [*np.log(after[:3] / before[:3]), after[3] - before[3]]
            changes[item.place.id in country.PILOTS].append(change)
    pilots, never = (np.mean(changes[pilot], axis=0) for pilot in (True, False))
    growth, interactions, posting = np.exp(pilots - never)[:3]
    truth = world.truth()
    assert growth == pytest.approx(truth.growth, rel=0.05)
    assert interactions == pytest.approx(truth.interactions, rel=0.05)
    assert posting == pytest.approx(truth.posting, rel=0.05)
    assert pilots[3] - never[3] == pytest.approx(truth.english_points, abs=0.02)
    assert np.exp(never[0]) > 1.1, "trend and shock must tempt a naive comparison"


def test_incidents_show_in_the_series(world: World) -> None:
    for incidents, sign in ((country.PURGED, -1), (country.MERGED_PAGES, 1)):
        for key, (day, share) in incidents.items():
            ends, at = world.growth(key).ends, (day - country.START).days
            assert ends[at] / ends[at - 1] - 1 == pytest.approx(sign * share, abs=0.01)
    opened = (country.OPENED["cantho-ubnd-bluesky"] - country.START).days
    assert len(world.posts("cantho-ubnd-bluesky").published)
    assert world.growth("cantho-ubnd-bluesky").ends[opened - 1] == 30
    assert not world.reachable("cantho-ubnd-bluesky", datetime(2022, 4, 1, tzinfo=UTC))


# --- YouTube ---


def test_subscribers_are_rounded_down_to_three_figures_and_sent_as_text(controls: Controls) -> None:
    key = "danang-ubnd-youtube"
    shown = channels(controls, key)[native(key)]["statistics"]
    true = controls.world.followers(key, NOW)
    assert shown["subscriberCount"] == str(shown_subscribers(true))
    assert shown["viewCount"].isdigit()
    assert [shown_subscribers(each) for each in (0, 999, 1000, 12_399, 1_239_999)] == [
        0,
        999,
        1000,
        12_300,
        1_230_000,
    ]


def test_a_closed_channel_is_left_out_and_alone_leaves_no_items_key(controls: Controls) -> None:
    pair = ("laichau-ubnd-youtube", "hue-ubnd-youtube")
    assert list(channels(controls, *pair)) == [native("hue-ubnd-youtube")]
    alone = body(controls, "/youtube/v3/channels", ("part", "id"), ("id", native(pair[0])), KEY)
    assert "items" not in alone


def test_channels_come_in_another_order_than_asked(controls: Controls) -> None:
    keys = [item.id for item in of_platform("youtube")[:20]]
    assert list(channels(controls, *keys)) != [native(key) for key in keys if key in keys]


def test_hidden_subscribers_hidden_likes_and_closed_comments_are_absent(controls: Controls) -> None:
    hidden = channels(controls, "sonla-ubnd-youtube")[native("sonla-ubnd-youtube")]["statistics"]
    assert hidden["hiddenSubscriberCount"] is True
    assert "subscriberCount" not in hidden
    for key, absent in (
        ("caobang-ubnd-youtube", "likeCount"),
        ("langson-ubnd-youtube", "commentCount"),
    ):
        video = next(uploads(controls, key))["items"][0]["contentDetails"]["videoId"]
        for method in ("videos", "videos:batchGetStats"):
            found = body(
                controls, f"/youtube/v3/{method}", ("part", "statistics"), ("id", video), KEY
            )
            assert absent not in found["items"][0]["statistics"]
            assert "viewCount" in found["items"][0]["statistics"]


def test_walking_the_uploads_gives_every_public_video_once(controls: Controls) -> None:
    key = "quangninh-ubnd-youtube"
    items = [item for page in uploads(controls, key) for item in page["items"]]
    public = [item for item in items if "videoPublishedAt" in item["contentDetails"]]
    total = channels(controls, key)[native(key)]["statistics"]["videoCount"]
    assert len({item["contentDetails"]["videoId"] for item in public}) == len(public) == int(total)
    added = [item["snippet"]["publishedAt"] for item in items]
    assert added == sorted(added, reverse=True)
    published = [item["contentDetails"]["videoPublishedAt"] for item in public]
    assert published != sorted(published, reverse=True), "scheduled videos sit out of order"


def test_a_deleted_video_stays_as_a_placeholder_and_has_no_counts(controls: Controls) -> None:
    key, video = next(
        (item.id, number)
        for item in of_platform("youtube")
        if item.id not in country.CLOSED
        for number in np.flatnonzero(controls.world.posts(item.id).deleted < 2**60).tolist()
    )
    deleted = int(controls.world.posts(key).deleted[video])
    controls.set_clock(datetime.fromtimestamp(deleted + 3600, UTC))
    gone = [
        item
        for page in uploads(controls, key)
        for item in page["items"]
        if item["snippet"]["title"] == "Deleted video"
    ]
    assert gone
    assert "videoPublishedAt" not in gone[-1]["contentDetails"]
    ids = ("id", gone[-1]["contentDetails"]["videoId"])
    assert "items" not in body(controls, "/youtube/v3/videos", ("part", "statistics"), ids, KEY)


def test_the_newer_method_writes_time_and_length_its_own_way(controls: Controls) -> None:
    video = next(uploads(controls, "hue-ubnd-youtube"))["items"][0]["contentDetails"]
    pairs = (("part", "id,snippet,contentDetails,statistics"), ("id", video["videoId"]), KEY)
    new = body(controls, "/youtube/v3/videos:batchGetStats", *pairs)
    old = body(controls, "/youtube/v3/videos", *pairs)
    assert new["kind"] == "youtube#batchGetStatsResponse"
    assert new["items"][0]["snippet"] == {"publishTime": video["videoPublishedAt"]}
    assert new["items"][0]["contentDetails"]["duration"].endswith("s")
    assert old["items"][0]["contentDetails"]["duration"].startswith("PT")
    shown = new["items"][0]["statistics"]
    assert old["items"][0]["statistics"] == {**shown, "favoriteCount": "0"}


@pytest.mark.parametrize(
    ("target", "pairs", "status", "reason"),
    [
        ("channels", [("id", "x"), ("key", "wrong")], 400, "API_KEY_INVALID"),
        ("channels", [("id", "x")], 403, "forbidden"),
        ("channels", [("id", ",".join(map(str, range(51)))), KEY], 400, "invalidFilters"),
        ("channels", [KEY], 400, "missingRequiredParameter"),
        ("videos", [("id", ",".join(map(str, range(51)))), KEY], 400, "invalidFilters"),
        ("playlistItems", [("playlistId", "UUnot"), KEY], 404, "playlistNotFound"),
        ("playlistItems", [("playlistId", "UUnot"), ("maxResults", 51), KEY], 400, "invalidValue"),
        ("search", [("q", "x"), KEY], 403, "searchDisabled"),
    ],
)
def test_youtube_refuses_as_the_real_one(
    controls: Controls, target: str, pairs: list[tuple[str, Any]], status: int, reason: str
) -> None:
    reply = ask(controls, f"/youtube/v3/{target}", ("part", "id"), *pairs)
    assert reply.status == status
    assert f'"reason":"{reason}"' in reply.body


def test_a_page_token_of_another_channel_is_invalid(controls: Controls) -> None:
    token = next(uploads(controls, "hue-ubnd-youtube", 5))["nextPageToken"]
    pairs = (("playlistId", f"UU{native('hanoi-ubnd-youtube')[2:]}"), ("pageToken", token), KEY)
    reply = ask(controls, "/youtube/v3/playlistItems", ("part", "id"), *pairs)
    assert reply.status == 400
    assert "invalidPageToken" in reply.body


def test_the_quota_of_the_pacific_day_ends(controls: Controls) -> None:
    steer(controls, "faults", quota={"youtube": 2})
    asked = ("/youtube/v3/channels", ("part", "id"), ("id", "x"), KEY)
    assert [ask(controls, *asked).status for _ in range(3)] == [200, 200, 403]
    assert "quotaExceeded" in ask(controls, *asked).body
    controls.set_clock(NOW + timedelta(hours=12, minutes=59))
    assert ask(controls, *asked).status == 403, "14:00 in Viet Nam has not come yet"
    controls.set_clock(NOW + timedelta(hours=13))
    assert ask(controls, *asked).status == 200


# --- Bluesky ---


def test_profiles_leave_out_the_missing_and_asking_alone_tells_why(controls: Controls) -> None:
    taken, fine = "backan-ubnd-bluesky", "hue-ubnd-bluesky"
    actors = [("actors", native(taken)), ("actors", native(fine)), ("actors", "did:plc:nobody")]
    found = body(controls, f"{XRPC}/app.bsky.actor.getProfiles", *actors)["profiles"]
    assert [item["did"] for item in found] == [native(fine)]
    assert found[0]["followersCount"] == controls.world.followers(fine, NOW)
    alone = [
        json.loads(ask(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", actor)).body)
        for _, actor in actors[::2]
    ]
    assert [item["error"] for item in alone] == ["AccountTakedown", "InvalidRequest"]
    assert alone[1]["message"] == "Profile not found"


def test_an_unreachable_night_is_a_deactivation_that_passes(
    controls: Controls, world: World
) -> None:
    key = next(item.id for item in of_platform("bluesky") if world.gap_days(item.id))
    gap = date(1970, 1, 1) + timedelta(days=min(world.gap_days(key)))
    controls.set_clock(scheduled_at(gap))
    refused = ask(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native(key)))
    expected = "AccountDeactivated" if gap >= country.account(key).opened else "InvalidRequest"
    assert json.loads(refused.body)["error"] == expected
    assert not world.reachable(key, scheduled_at(gap))


def test_an_old_handle_stops_resolving_at_once(controls: Controls) -> None:
    key, old = "haiphong-ubnd-bluesky", "gialap-haiphong.gialap.example"
    resolve = f"{XRPC}/com.atproto.identity.resolveHandle"
    assert body(controls, resolve, ("handle", old)) == {"did": native(key)}
    controls.set_clock(scheduled_at(date(2024, 9, 9)))
    assert ask(controls, resolve, ("handle", old)).status == 400
    profile = body(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native(key)))
    assert profile["handle"] == "gialap-haiphong-city.gialap.example"


def test_a_broken_domain_shows_as_handle_invalid_for_three_days(controls: Controls) -> None:
    handles = []
    for day in (3, 5, 7):
        controls.set_clock(scheduled_at(date(2024, 9, day)))
        asked = ("actor", native("camau-ubnd-bluesky"))
        handles.append(body(controls, f"{XRPC}/app.bsky.actor.getProfile", asked)["handle"])
    assert handles == [
        "gialap-camau.gialap.example",
        "handle.invalid",
        "gialap-camau.gialap.example",
    ]


def test_walking_a_feed_gives_every_own_post_and_some_of_others(controls: Controls) -> None:
    key = "hanoi-ubnd-bluesky"
    items = [item for page in feed(controls, key, limit=100) for item in page["feed"]]
    own = [item["post"]["uri"] for item in items if item["post"]["author"]["did"] == native(key)]
    total = body(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native(key)))[
        "postsCount"
    ]
    assert len(own) == len(set(own)) == total
    others = [item for item in items if item["post"]["author"]["did"] != native(key)]
    assert others
    assert {item["reason"]["$type"] for item in others} == {"app.bsky.feed.defs#reasonRepost"}


def test_a_feed_page_may_be_empty_and_still_go_on(controls: Controls) -> None:
    pages = list(feed(controls, "hungyen-ubnd-bluesky", limit=100))
    assert [bool(page["feed"]) for page in pages[:3]] == [True, False, True]
    uris = [item["post"]["uri"] for page in pages for item in page["feed"]]
    assert len(uris) > len(set(uris)), "a repost of oneself shows the post twice"


def test_a_pinned_post_comes_twice_only_when_pins_are_asked_for(controls: Controls) -> None:
    plain = next(feed(controls, "haiduong-ubnd-bluesky", limit=10))["feed"]
    pinned = next(feed(controls, "haiduong-ubnd-bluesky", limit=10, includePins="true"))["feed"]
    assert [item["reason"]["$type"] for item in pinned[:1]] == ["app.bsky.feed.defs#reasonPin"]
    assert pinned[1:] == plain


def test_posts_are_refreshed_in_batches_and_unknown_ones_are_silently_absent(
    controls: Controls,
) -> None:
    uri = next(feed(controls, "hue-ubnd-bluesky", limit=1))["feed"][0]["post"]["uri"]
    asked = (("uris", uri), ("uris", uri[:-1] + "z"), ("uris", "nonsense"))
    found = body(controls, f"{XRPC}/app.bsky.feed.getPosts", *asked)["posts"]
    assert [item["uri"] for item in found] == [uri]
    assert "viewCount" not in found[0]


@pytest.mark.parametrize(
    ("method", "pairs", "headers", "status", "name"),
    [
        ("app.bsky.actor.getProfiles", [("actors", "did:x")] * 26, {}, 400, "InvalidRequest"),
        ("app.bsky.feed.getPosts", [("uris", "at://x")] * 26, {}, 400, "InvalidRequest"),
        ("app.bsky.actor.getProfile", [], {"authorization": "Bearer x"}, 400, "InvalidToken"),
        ("app.bsky.graph.getLists", [], {}, 501, "MethodNotImplemented"),
        ("com.atproto.identity.resolveHandle", [("handle", "x.y")], {}, 400, "InvalidRequest"),
        ("app.bsky.feed.getAuthorFeed", [("actor", "did:x")], {}, 400, "InvalidRequest"),
    ],
)
def test_bluesky_refuses_as_the_real_one(
    controls: Controls,
    method: str,
    pairs: list[tuple[str, str]],
    headers: dict[str, str],
    status: int,
    name: str,
) -> None:
    reply = ask(controls, f"{XRPC}/{method}", *pairs, **headers)
    assert (reply.status, json.loads(reply.body)["error"]) == (status, name)


def test_a_cursor_of_another_account_is_an_internal_error(controls: Controls) -> None:
    cursor = next(feed(controls, "hue-ubnd-bluesky", limit=1))["cursor"]
    asked = (("actor", native("hanoi-ubnd-bluesky")), ("cursor", cursor))
    assert ask(controls, f"{XRPC}/app.bsky.feed.getAuthorFeed", *asked).status == 500


# --- Mastodon ---


def test_accounts_are_found_by_name_and_in_batches(controls: Controls) -> None:
    key = "hue-ubnd-mastodon"
    for name in ("gialap-hue", f"gialap-hue@{country.SERVER}"):
        found = body(controls, f"{SERVER}/accounts/lookup", ("acct", name))
        assert found["id"] == native(key)
        assert found["followers_count"] == controls.world.followers(key, NOW)
    pairs = [("id[]", native(key)), ("id[]", "404"), ("id[]", native("hanoi-ubnd-mastodon"))]
    assert {item["id"] for item in body(controls, f"{SERVER}/accounts", *pairs)} == {
        native(key),
        native("hanoi-ubnd-mastodon"),
    }


def test_a_suspended_account_comes_with_zeros_and_a_hidden_counter_with_minus_one(
    controls: Controls,
) -> None:
    suspended = body(controls, f"{SERVER}/accounts/{native('dienbien-ubnd-mastodon')}")
    assert (suspended["suspended"], suspended["followers_count"]) == (True, 0)
    hidden = body(controls, f"{SERVER}/accounts/{native('hanam-ubnd-mastodon')}")
    assert hidden["followers_count"] == -1


def test_walking_a_timeline_ends_at_an_empty_page_where_the_last_was_full(
    controls: Controls,
) -> None:
    key = "hue-ubnd-mastodon"
    total = len(controls.world.visible_posts(key, int(NOW.timestamp())))
    size = next(size for size in range(40, 1, -1) if total % size == 0)
    pages = list(timeline(controls, key, limit=size, exclude_reblogs="true"))
    assert pages[-1] == ([], "")
    statuses = [status for page, _ in pages for status in page]
    assert len({status["id"] for status in statuses}) == len(statuses) == total
    assert {status["visibility"] for status in statuses} == {"public", "unlisted"}


def test_boosts_count_in_the_total_and_show_only_where_they_are_not_excluded(
    controls: Controls,
) -> None:
    key = "hanoi-ubnd-mastodon"
    everything = [status for page, _ in timeline(controls, key, limit=40) for status in page]
    boosts = [status for status in everything if status["reblog"]]
    assert boosts
    assert {status["favourites_count"] for status in boosts} == {0}
    total = body(controls, f"{SERVER}/accounts/{native(key)}")["statuses_count"]
    assert len(everything) == total
    page, _ = next(timeline(controls, key, limit=40, exclude_reblogs="true"))
    assert not any(status["reblog"] for status in page)


def test_min_id_walks_forward_and_since_id_gives_the_newest(controls: Controls) -> None:
    page, _ = next(timeline(controls, "hue-ubnd-mastodon", limit=10))
    ids = [status["id"] for status in page]
    forward, _ = next(timeline(controls, "hue-ubnd-mastodon", limit=2, min_id=ids[9]))
    newest, _ = next(timeline(controls, "hue-ubnd-mastodon", limit=2, since_id=ids[9]))
    assert [status["id"] for status in forward] == ids[7:9]
    assert [status["id"] for status in newest] == ids[:2]


def test_mastodon_refuses_long_batches_and_says_when_its_limit_ends(controls: Controls) -> None:
    assert ask(controls, f"{SERVER}/accounts", *[("id[]", "1")] * 41).status == 422
    assert ask(controls, f"{SERVER}/statuses", *[("id[]", "1")] * 21).status == 422
    missing = ask(controls, f"{SERVER}/accounts/1")
    assert (missing.status, json.loads(missing.body)) == (404, {"error": "Record not found"})
    assert dict(missing.headers)["X-RateLimit-Reset"] == "2024-09-02T18:05:00.000Z"
    assert ask(controls, "/mastodon/real.example/api/v1/accounts/1").status == 502


# --- The merger ---


def test_on_1_july_2025_merged_units_close_and_successors_rename(controls: Controls) -> None:
    controls.set_clock(MERGED)
    ended, kept = "bariavungtau-ubnd", "hochiminh-ubnd"
    assert list(channels(controls, f"{ended}-youtube", f"{kept}-youtube")) == [
        native(f"{kept}-youtube")
    ]
    item = channels(controls, f"{kept}-youtube")[native(f"{kept}-youtube")]
    assert item["snippet"]["customUrl"] == "@gialap-hochiminh-moi"
    gone = ask(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native(f"{ended}-bluesky")))
    assert json.loads(gone.body)["error"] == "AccountDeactivated"
    moved = body(controls, f"{SERVER}/accounts/{native(f'{ended}-mastodon')}")
    assert moved["moved"]["acct"] == "gialap-hochiminh"
    assert sum(item.ended_by_merger for item in country.accounts()) == 29 * 3
    assert "moved" not in body(controls, f"{SERVER}/accounts/{native('hue-ubnd-mastodon')}")


def test_the_country_goes_on_after_july_2025_and_no_further_than_its_days(
    controls: Controls,
) -> None:
    controls.set_clock(datetime(2025, 7, 31, 18, tzinfo=UTC))
    assert channels(controls, "hue-ubnd-youtube")
    with pytest.raises(ValueError, match="before 2025-09-01"):
        controls.set_clock(datetime(2025, 9, 2, tzinfo=UTC))


# --- Faults ---


def test_faults_depend_on_the_request_and_not_on_the_order(controls: Controls) -> None:
    faults = Faults(rate=0.5, seed=7)
    asked = [Request("GET", "channels", (("id", str(number)), KEY)) for number in range(200)]
    first, second = FaultDrawer(faults), FaultDrawer(faults)
    forward = [first.draw("youtube", request) for request in asked]
    backward = [second.draw("youtube", request) for request in reversed(asked)]
    assert forward == backward[::-1]
    assert 60 < sum(kind is not None for kind in forward) < 140
    assert set(forward) - {None} == set(Faults().kinds)


def test_after_two_faults_in_a_row_a_request_is_answered() -> None:
    drawer = FaultDrawer(Faults(rate=1.0, seed=3))
    request = Request("GET", "channels", (("id", "x"),))
    drawn = [drawer.draw("youtube", request) is not None for _ in range(6)]
    assert drawn == [True, True, False, True, True, False]


@pytest.mark.parametrize("platform", country.PLATFORMS)
def test_each_platform_fails_in_its_own_form(controls: Controls, platform: str) -> None:
    target = {"youtube": "/youtube/v3/channels", "bluesky": f"{XRPC}/x", "mastodon": f"{SERVER}/x"}
    steer(controls, "faults", rate=1, kinds=["429"], retry_after=9)
    limited = ask(controls, target[platform], KEY)
    assert (limited.status, dict(limited.headers)["Retry-After"]) == (429, "9")
    assert "error" in json.loads(limited.body)
    steer(controls, "faults", rate=1, kinds=["500"])
    broken = ask(controls, target[platform], KEY)
    assert broken.status in (502, 503)
    assert "error" in json.loads(broken.body)
    steer(controls, "faults", rate=1, kinds=["html"])
    page = ask(controls, target[platform], KEY)
    assert (page.status, page.content_type.split(";")[0]) == (502, "text/html")


def test_a_cut_reply_is_no_json(controls: Controls) -> None:
    steer(controls, "faults", rate=1, kinds=["cut_json"])
    reply = ask(
        controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native("hue-ubnd-bluesky"))
    )
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(reply.body)


def test_a_retired_metric_is_sent_no_more(controls: Controls) -> None:
    video = next(uploads(controls, "hue-ubnd-youtube"))["items"][0]["contentDetails"]["videoId"]
    steer(controls, "faults", retired={"youtube": ["likeCount"]})
    asked = (("part", "statistics"), ("id", video), KEY)
    statistics = body(controls, "/youtube/v3/videos", *asked)["items"][0]["statistics"]
    assert sorted(statistics) == ["commentCount", "favoriteCount", "viewCount"]


def test_a_vanished_account_is_known_nowhere(controls: Controls) -> None:
    steer(
        controls, "faults", vanished=["hue-ubnd-bluesky", "hue-ubnd-mastodon", "hue-ubnd-youtube"]
    )
    assert channels(controls, "hue-ubnd-youtube") == {}
    alone = ask(
        controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native("hue-ubnd-bluesky"))
    )
    assert json.loads(alone.body)["message"] == "Profile not found"
    assert ask(controls, f"{SERVER}/accounts/{native('hue-ubnd-mastodon')}").status == 404


def test_a_frozen_platform_stands_still_while_the_others_go_on(
    controls: Controls, world: World
) -> None:
    steer(controls, "faults", freeze={"bluesky": "2024-09-05"})
    controls.set_clock(scheduled_at(date(2024, 9, 12)))
    asked = ("actor", native("hanoi-ubnd-bluesky"))
    frozen = body(controls, f"{XRPC}/app.bsky.actor.getProfile", asked)["followersCount"]
    assert frozen == world.followers("hanoi-ubnd-bluesky", scheduled_at(date(2024, 9, 5)))
    going = body(controls, f"{SERVER}/accounts/{native('hanoi-ubnd-mastodon')}")["followers_count"]
    assert going == world.followers("hanoi-ubnd-mastodon", scheduled_at(date(2024, 9, 12)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rait": 0.1}, "there is no fault setting 'rait'"),
        ({"kinds": ["503"]}, "there is no fault kind '503'"),
        ({"freeze": {"zing": "2024-09-05"}}, "there is no platform 'zing'"),
        ({"freeze": {"bluesky": "5/9/2024"}}, "'5/9/2024' is not a day"),
        ({"vanished": ["nobody"]}, "there is no account 'nobody'"),
    ],
)
def test_a_wrong_fault_setting_is_refused_in_one_sentence(
    controls: Controls, settings: dict[str, Any], said: str
) -> None:
    request = Request("POST", "/control/faults", (), body=json.dumps(settings).encode())
    sent = controls.send("POST", "/control/faults", request)
    assert sent.reply.status == 400
    assert said in json.loads(sent.reply.body)["error"]


# --- What was served ---


def test_the_minimum_is_what_would_have_sufficed(controls: Controls) -> None:
    """60 channels: 2; one left out on Bluesky: +1; 150 entries of a feed: 2 pages; 30 videos: 1."""
    for item in of_platform("youtube")[:60]:
        ask(controls, "/youtube/v3/channels", ("part", "id"), ("id", item.native_id), KEY)
    page = next(uploads(controls, "hue-ubnd-youtube", 30))
    for item in page["items"]:
        video = ("id", item["contentDetails"]["videoId"])
        ask(controls, "/youtube/v3/videos", ("part", "statistics"), video, KEY)
    pages = feed(controls, "hue-ubnd-bluesky", limit=50)
    uris = [item["post"]["uri"] for _ in range(3) for item in next(pages)["feed"]]
    ask(controls, f"{XRPC}/app.bsky.feed.getPosts", ("uris", uris[0]))
    ask(controls, f"{XRPC}/app.bsky.actor.getProfiles", ("actors", native("backan-ubnd-bluesky")))
    ask(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", native("backan-ubnd-bluesky")))
    stats = json.loads(ask(controls, "/control/stats").body)
    assert (stats["youtube"]["calls"], stats["youtube"]["minimum"]) == (91, 2 + 1 + 1)
    assert stats["youtube"]["by_method"] == {
        "channels.list": 60,
        "playlistItems.list": 1,
        "videos.list": 30,
    }
    assert (stats["bluesky"]["calls"], stats["bluesky"]["minimum"]) == (6, 2 + 1 + 1)
    assert stats["mastodon"]["calls"] == 0


def test_another_night_needs_its_own_requests_and_faults_add_none(controls: Controls) -> None:
    asked = (f"{XRPC}/app.bsky.actor.getProfile", ("actor", native("hue-ubnd-bluesky")))
    ask(controls, *asked)
    controls.set_clock(NOW + timedelta(days=1))
    ask(controls, *asked)
    steer(controls, "faults", rate=1, kinds=["500"])
    ask(controls, *asked)
    stats = controls.ledger.stats()["bluesky"]
    assert (stats["calls"], stats["minimum"], stats["faults"]) == (3, 2, {"500": 1})


# --- Sheets ---


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sheets")
    write_history(folder, date(2024, 8, 1), date(2024, 9, 3), seed=1)
    write_register(folder, seed=1)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_history_ends_where_the_live_night_begins(sheets: Path, controls: Controls) -> None:
    """What the sheet says of the night of 3 September is what the platforms say on that night."""
    last = {
        (row["account"], row["metric"]): int(row["value"])
        for row in rows(sheets / "history.csv")
        if row["day"] == "2024-09-03"
    }
    live: dict[tuple[str, str], int] = {}
    for item in country.accounts():
        if not controls.world.reachable(item.id, NOW):
            continue
        if item.platform == "youtube":
            shown = channels(controls, item.id)[item.native_id]["statistics"]
            found = (shown.get("subscriberCount"), shown["videoCount"])
        elif item.platform == "bluesky":
            profile = body(controls, f"{XRPC}/app.bsky.actor.getProfile", ("actor", item.native_id))
            found = (profile["followersCount"], profile["postsCount"])
        else:
            account = body(controls, f"{SERVER}/accounts/{item.native_id}")
            found = (account["followers_count"], account["statuses_count"])
        if found[0] not in (None, -1):
            live[item.id, "followers"] = int(found[0])
        live[item.id, "posts"] = int(found[1])
    assert live == last
    assert len(last) > 360


def test_a_post_of_the_sheet_has_the_id_and_the_counts_of_the_live_one(
    sheets: Path, controls: Controls
) -> None:
    posts = rows(sheets / "posts.csv")
    for platform, metric in (
        ("youtube", "views"),
        ("bluesky", "reactions"),
        ("mastodon", "shares"),
    ):
        row = next(
            row
            for row in posts
            if row["account"] == f"hue-ubnd-{platform}" and row["metric"] == metric
        )
        seen = datetime.fromisoformat(row["observed_at"])
        assert seen - datetime.fromisoformat(row["published_at"]) == timedelta(hours=168)
        controls.set_clock(seen)
        if platform == "youtube":
            asked = (("part", "statistics"), ("id", row["native_id"]), KEY)
            value = body(controls, "/youtube/v3/videos", *asked)["items"][0]["statistics"][
                "viewCount"
            ]
        elif platform == "bluesky":
            found = body(controls, f"{XRPC}/app.bsky.feed.getPosts", ("uris", row["native_id"]))
            value = found["posts"][0]["likeCount"]
        else:
            value = body(controls, f"{SERVER}/statuses/{row['native_id']}")["reblogs_count"]
        assert int(value) == int(row["value"])


def test_the_sheets_hold_no_unreachable_night_and_no_hidden_counter(
    sheets: Path, world: World
) -> None:
    history = rows(sheets / "history.csv")
    assert not [
        row
        for row in history
        if row["account"] == "sonla-ubnd-youtube" and row["metric"] == "followers"
    ]
    assert not [row for row in history if row["account"] in country.CLOSED]
    for row in history[::50]:
        assert world.reachable(row["account"], scheduled_at(date.fromisoformat(row["day"])))
    kept = {row["day"] for row in history if row["account"] in country.KEY_ONLY}
    assert min(kept) == "2024-08-05", "30 nights are all the terms allow"


def test_the_register_has_an_owner_and_an_address_for_every_account(sheets: Path) -> None:
    accounts = rows(sheets / "accounts.csv")
    assert len(accounts) == 192
    assert accounts[1]["url"] == "https://bsky.app/profile/gialap-hanoi.gialap.example"
    assert accounts[2]["handle"] == f"gialap-hanoi@{country.SERVER}"
    assert sum(row["basis"] == "key_30d" for row in accounts) == 5
    built = [row for row in rows(sheets / "programmes.csv") if row["status"] == "built"]
    assert sorted({row["start"] for row in built}) == ["2022-02-21", "2023-03-13"]
    assert len(built) == 20


# --- The process ---


def get(sandbox: Sandbox, target: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


PROFILE = f"{XRPC}/app.bsky.actor.getProfile?" + urlencode({"actor": native("hue-ubnd-bluesky")})


def test_the_server_answers_with_its_own_clock_and_keeps_the_connection(sandbox: Sandbox) -> None:
    sandbox.set_clock("2024-09-05T18:00:00Z")
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    for _ in range(2):
        connection.request("GET", PROFILE)
        response = connection.getresponse()
        assert response.headers["Date"] == "Thu, 05 Sep 2024 18:00:00 GMT"
        assert json.load(response)["followersCount"] > 0
    connection.close()
    assert sandbox.clock() == "2024-09-05T18:00:00Z"
    with pytest.raises(ConfigError, match="has no zone"):
        sandbox.set_clock("2024-09-05T18:00:00")


def test_a_link_to_the_next_page_leads_back_to_this_server(sandbox: Sandbox) -> None:
    response, _ = get(sandbox, f"{SERVER}/accounts/{native('hue-ubnd-mastodon')}/statuses?limit=2")
    following = response.headers["Link"].partition(">")[0][1:]
    assert following.startswith(f"{sandbox.url}{SERVER}/")
    again, statuses = get(sandbox, following.removeprefix(sandbox.url))
    assert (again.status, len(json.loads(statuses))) == (200, 2)


def test_the_connection_breaks_where_a_fault_says_so(sandbox: Sandbox) -> None:
    sandbox.set_faults({"rate": 1, "kinds": ["truncated"]})
    with pytest.raises(http.client.IncompleteRead):
        get(sandbox, PROFILE)
    sandbox.set_faults({"rate": 1, "kinds": ["timeout"], "timeout_seconds": 0.01})
    with pytest.raises(http.client.RemoteDisconnected):
        get(sandbox, PROFILE)
    sandbox.set_faults({})
    assert get(sandbox, PROFILE)[0].status == 200
    with pytest.raises(ConfigError, match="no fault setting"):
        sandbox.set_faults({"nonsense": 1})


def test_the_starter_counts_and_forgets(sandbox: Sandbox) -> None:
    sandbox.reset_stats()
    get(sandbox, PROFILE)
    assert sandbox.stats()["bluesky"]["by_method"] == {"app.bsky.actor.getProfile": 1}
    assert (
        sandbox.environment()["TRACKER_MASTODON_URL"] == f"{sandbox.url}/mastodon/{{server}}/api/v1"
    )


def test_the_server_ends_when_its_starter_lets_go() -> None:
    with start_sandbox(seed=2) as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(timeout=10) == 0
