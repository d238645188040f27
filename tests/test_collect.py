"""One night over real HTTP: complete, right, economical; and what each failure costs."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sandbox_folder import (
    ACCOUNTS,
    FAULTS,
    NEXT,
    NIGHT,
    fresh_folder,
    open_folder,
    quiet,
    sandbox,
    set_night,
    template,
    world,
)

from connectors.bluesky import Bluesky
from connectors.catalogue import CONNECTORS
from connectors.mastodon import Mastodon
from connectors.youtube import YouTube
from jobs.collect import FIRST_WALK
from jobs.nightly import NightDone, collect_night
from jobs.opening import Opened
from jobs.sandbox import country
from jobs.sandbox.country import PLATFORMS
from jobs.sandbox.history import post_ids
from jobs.sandbox.youtube import shown_subscribers
from tracker.errors import BadRequest, PermissionMissing, ReadError, Unreachable
from tracker.imports import import_file
from tracker.periods import day_number, scheduled_at
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts

WRONG_KEY = "gialap-khoa-sai-0123456789"
Open = Callable[..., Opened]


@pytest.fixture
def open_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a copy of the data folder; pauses before a second try are not waited for."""
    monkeypatch.setattr("jobs.opening.time.sleep", lambda seconds: None)
    opened: list[Opened] = []

    def make(*, read: bool = False, **environ: str) -> Opened:
        fresh_folder(tmp_path / "data", read=read)
        opened.append(open_folder(tmp_path / "data", **environ))
        return opened[-1]

    yield make
    for each in opened:
        each.store.close()


def collect(opened: Opened, **options: Any) -> NightDone:
    return collect_night(opened, quiet, **options)


def calls() -> dict[str, int]:
    return {platform: sandbox().stats()[platform]["calls"] for platform in PLATFORMS}


def numbers(opened: Opened, day: date) -> dict[str, Any]:
    """Give everything a night stored, without what tells one undisturbed attempt from another."""
    kept: dict[str, Any] = {}
    posts = {row["id"]: (row["account_id"], row["native_id"]) for row in opened.store.rows("post")}
    for row in opened.store.rows("account_snapshot", day=day_number(day)):
        kept[row["account_id"]] = {**row, "attempt_id": None}
    for row in opened.store.rows("post_snapshot", day=day_number(day)):
        kept[str(posts[row["post_id"]])] = {**row, "attempt_id": None, "post_id": None}
    return kept


def causes(opened: Opened, day: date, what: str = "profile") -> dict[str, tuple[str, str | None]]:
    """Give status and message of every account's attempt at a phase."""
    rows = opened.store.rows("attempt", day=day_number(day), what=what)
    return {row["account_id"]: (row["status"], row["message"]) for row in rows}


def assert_true(opened: Opened, day: date) -> None:
    """Compare every number of a night with the country's own: none is wrong, none is missing."""
    moment = scheduled_at(day)
    second = int(moment.timestamp())
    snapshots = {
        row["account_id"]: row for row in opened.store.rows("account_snapshot", day=day_number(day))
    }
    seen = {(row["account_id"], row["native_id"]): row["id"] for row in opened.store.rows("post")}
    looks = {row["post_id"]: row for row in opened.store.rows("post_snapshot", day=day_number(day))}
    for key in ACCOUNTS:
        assert world().reachable(key, moment)
        account = country.account(key)
        followers: int | None = world().followers(key, moment)
        if account.platform == "youtube":
            assert followers is not None
            followers = shown_subscribers(followers)
        if key in country.FOLLOWERS_HIDDEN:
            followers = None
        assert snapshots[key]["followers"] == followers, key
        assert snapshots[key]["posts"] == world().posts_at(key, second), key
        visible = world().visible_posts(key, second)
        counts = world().counts_at(key, visible, second)
        age = second - world().posts(key).published[visible]
        youngest = 86_400 if account.platform == "youtube" else 0  # its lists carry no counts
        recent = (age <= FIRST_WALK.total_seconds()) & (age >= youngest)
        for at, native_id in enumerate(post_ids(world(), account, visible)):
            look = looks.get(seen.get((key, native_id), -1))
            if look is None:
                assert not (recent[at] and day == NIGHT), f"{key} {native_id} was not looked at"
                continue
            measured = ("views",) if account.platform == "youtube" else ("shares",)
            for name in (*measured, "reactions", "comments"):
                assert look[name] == int(np.asarray(counts[name])[at]), f"{key} {native_id} {name}"


def test_an_undisturbed_night_stores_what_is_true_with_the_fewest_calls(open_fresh: Open) -> None:
    opened = open_fresh()
    done = collect(opened)
    assert_true(opened, NIGHT)
    assert done.code == 0
    assert done.collected is not None
    assert calls() == dict(done.collected.units)
    for counts in (sandbox().stats()[platform] for platform in PLATFORMS):
        assert counts["calls"] <= counts["minimum"] + 1  # one feed goes on after an empty page


def test_a_second_run_of_the_night_asks_nothing(open_fresh: Open) -> None:
    opened = open_fresh(read=True)
    set_night(NIGHT)
    before = numbers(opened, NIGHT)
    done = collect(opened)
    assert calls() == {"youtube": 0, "bluesky": 0, "mastodon": 0}
    assert done.code == 0
    assert numbers(opened, NIGHT) == before


def test_a_second_night_asks_only_for_what_changed(open_fresh: Open) -> None:
    opened = open_fresh(read=True)
    done = collect(opened)
    assert done.code == 0
    assert_true(opened, NEXT)
    for counts in sandbox().stats().values():
        assert counts["calls"] <= counts["minimum"] + 1
        assert counts["listed"] < 8


def test_faults_on_a_twentieth_of_the_calls_lose_nothing_and_falsify_nothing(
    open_fresh: Open,
) -> None:
    opened = open_fresh()
    sandbox().set_faults({**FAULTS, "seed": 5})
    done = collect(opened)
    assert sum(sum(counts["faults"].values()) for counts in sandbox().stats().values()) >= 3
    assert done.code == 0
    assert_true(opened, NIGHT)
    assert opened.store.nights()[0].missing == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_night_full_of_faults_of_every_kind_equals_an_undisturbed_one(
    open_fresh: Open, tmp_path: Path, seed: int
) -> None:
    opened = open_fresh(read=True)
    sandbox().set_faults({**FAULTS, "rate": 0.4, "seed": seed})
    for _ in range(4):
        done = collect(opened)
    met = {kind for counts in sandbox().stats().values() for kind in counts["faults"]}
    assert met & {"cut_json", "html_200"}
    assert len(met) >= 5
    assert done.code == 0
    assert_true(opened, NEXT)
    calm = fresh_folder(tmp_path / "calm", read=True)
    undisturbed = open_folder(calm)
    with undisturbed.store:
        collect(undisturbed)
        assert numbers(opened, NEXT) == numbers(undisturbed, NEXT)


class BlueskyWithAZero(Bluesky):
    """Bluesky that shows a follower count of 0, as often as `zeros` says, then `after`."""

    account = "danang-ubnd-bluesky"
    zeros = 1
    asked = 0
    after: ReadError | None = None

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        for ref, result in super().profiles(accounts):
            if ref.id == self.account and isinstance(result, ProfileCounts):
                type(self).asked += 1
                if self.asked <= self.zeros:
                    result = replace(result, followers=0)
                elif self.after is not None:
                    raise self.after
            yield ref, result


@pytest.mark.parametrize(
    ("zeros", "after", "stored", "status"),
    [
        (1, None, "the truth", "ok"),
        (2, None, 0, "ok"),
        (1, Unreachable("no answer"), None, "unreachable"),
    ],
)
def test_a_known_number_that_becomes_0_is_asked_for_twice(
    open_fresh: Open,
    monkeypatch: pytest.MonkeyPatch,
    zeros: int,
    after: ReadError | None,
    stored: object,
    status: str,
) -> None:
    kind = type("Zero", (BlueskyWithAZero,), {"zeros": zeros, "after": after})
    monkeypatch.setitem(CONNECTORS, "bluesky", kind)
    opened = open_fresh(read=True)
    collect(opened, platforms=("bluesky",))
    key = BlueskyWithAZero.account
    if stored == "the truth":
        stored = world().followers(key, scheduled_at(NEXT))
    found = numbers(opened, NEXT)
    assert found.get(key, {}).get("followers") == stored
    assert causes(opened, NEXT)[key][0] == status
    others = [name for name in ACCOUNTS if name.endswith("bluesky") and name != key]
    assert all(causes(opened, NEXT)[name][0] == "ok" for name in others)


def test_a_post_whose_known_number_becomes_0_is_asked_for_twice(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Zero(Bluesky):
        def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
            return (replace(post, reactions=0) for post in super().posts(account, since))

    monkeypatch.setitem(CONNECTORS, "bluesky", Zero)
    opened = open_fresh(read=True)
    collect(opened, platforms=("bluesky",), since=NEXT - timedelta(days=30))
    known = {
        row["post_id"]
        for row in opened.store.rows("post_snapshot", day=day_number(NIGHT))
        if row["reactions"]
    }
    rows = opened.store.rows("post_snapshot", day=day_number(NEXT))
    again = [row for row in rows if row["post_id"] in known]
    assert len(again) > 10
    assert all(row["reactions"] > 0 for row in again)


def test_a_rename_keeps_one_account_and_reaches_the_register(open_fresh: Open) -> None:
    opened = open_fresh(read=True)
    key = "haiphong-ubnd-bluesky"
    renamed_on = country.RENAMED[key][0]
    for day in (renamed_on - timedelta(days=1), renamed_on):
        set_night(day)
        collect(opened)
    periods = opened.store.rows("account_period", account_id=key)
    assert [row["handle"] for row in periods] == [
        country.account(key).handle_on(renamed_on - timedelta(days=1)),
        country.account(key).handle_on(renamed_on),
    ]
    assert periods[1]["valid_from"] == renamed_on
    assert len(opened.store.rows("account_snapshot", account_id=key)) == 3
    with (opened.folder / "register" / "account_periods.csv").open(encoding="utf-8") as file:
        kept = [row for row in csv.DictReader(file) if row["account_id"] == key]
    assert [(row["handle"], row["valid_to"]) for row in kept] == [
        (periods[0]["handle"], (renamed_on - timedelta(days=1)).isoformat()),
        (periods[1]["handle"], ""),
    ]
    assert len(opened.store.rows("account")) == len(ACCOUNTS)


def test_an_account_that_vanished_has_its_cause_and_costs_nobody_else(open_fresh: Open) -> None:
    opened = open_fresh(read=True)
    lost = ["danang-ubnd-bluesky", "quangninh-ubnd-youtube", "sonla-ubnd-mastodon"]
    sandbox().set_faults({"vanished": lost})
    done = collect(opened)
    found = causes(opened, NEXT)
    assert {key for key, (status, _) in found.items() if status != "ok"} == set(lost)
    assert all(found[key][0] == "unclear" and found[key][1] for key in lost)
    assert done.code == 3
    assert not set(lost) & causes(opened, NEXT, "posts").keys()
    assert opened.store.nights()[-1].missing == 3


def test_an_account_that_the_platform_closed_is_gone(open_fresh: Open, tmp_path: Path) -> None:
    opened = open_fresh(read=True)
    closed = ("backan-ubnd-bluesky", "dienbien-ubnd-mastodon")
    sheet = template().parent / "sheets" / "all_accounts.csv"
    header, *lines = sheet.read_text(encoding="utf-8").splitlines()
    some = tmp_path / "accounts.csv"
    kept = [line for line in lines if any(key in line for key in closed)]
    some.write_text("\n".join([header, *kept]), encoding="utf-8")
    import_file("accounts", some, opened.store, opened.folder, now=scheduled_at(NEXT))
    done = collect(opened)
    assert {key: causes(opened, NEXT)[key][0] for key in closed} == dict.fromkeys(closed, "gone")
    assert done.code == 3


def test_a_used_up_quota_stops_the_platform_and_the_rest_is_read_after_the_reset(
    open_fresh: Open, tmp_path: Path
) -> None:
    opened = open_fresh(read=True)
    sandbox().set_faults({"quota": {"youtube": 2}})
    done = collect(opened)
    assert done.code == 3
    assert done.again_at is not None
    assert done.collected is not None
    assert list(done.collected.stopped) == ["youtube"]
    assert "quota" in {status for status, _ in causes(opened, NEXT, "posts").values()}
    assert any("ask again from" in line for line in done.lines())
    assert sandbox().stats()["youtube"]["calls"] <= 2 + YouTube.parallel
    hours = (done.again_at - scheduled_at(NEXT)).total_seconds() / 3600
    assert 0 < hours < 20
    sandbox().set_faults({})
    set_night(NEXT, hours)
    assert collect(opened).code == 0
    looks = opened.store.rows("post_snapshot", day=day_number(NEXT))
    calm = fresh_folder(tmp_path / "calm", read=True)
    undisturbed = open_folder(calm)
    with undisturbed.store:
        collect(undisturbed)
        assert len(undisturbed.store.rows("post_snapshot", day=day_number(NEXT))) == len(looks)


def test_a_wrong_key_is_refused_once_however_many_requests_wait(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(CONNECTORS, "youtube", type("OneByOne", (YouTube,), {"batch": 1}))
    opened = open_fresh(read=True, TRACKER_YOUTUBE_API_KEY=WRONG_KEY)
    sandbox().set_faults({"latency_ms": 50})
    done = collect(opened)
    assert calls()["youtube"] == 1
    found = [cause for key, cause in causes(opened, NEXT).items() if key.endswith("youtube")]
    assert {status for status, _ in found} == {"denied"}
    assert sum(str(message).startswith("not asked: ") for _, message in found) == 7
    others = [cause for key, cause in causes(opened, NEXT).items() if not key.endswith("youtube")]
    assert {status for status, _ in others} == {"ok"}
    assert done.code == 3
    assert len([item for item in caplog.records if "API_KEY_INVALID" in item.getMessage()]) == 1
    assert WRONG_KEY not in caplog.text


def test_a_missing_key_leaves_its_accounts_unread_and_says_so(open_fresh: Open) -> None:
    opened = open_fresh(read=True, TRACKER_YOUTUBE_API_KEY="")
    done = collect(opened)
    assert done.code == 3
    assert "TRACKER_YOUTUBE_API_KEY is not set" in done.refused[0]
    night = opened.store.nights()[-1]
    assert (night.expected, night.read, night.missing) == (24, 16, 8)
    assert calls()["youtube"] == 0


def test_a_platform_without_accounts_needs_no_key(open_fresh: Open) -> None:
    opened = open_fresh(read=True, TRACKER_YOUTUBE_API_KEY="")
    for key in ACCOUNTS:
        if key.endswith("youtube"):
            opened.store.void_account(key, "for this test", scheduled_at(NEXT))
    voided = {key: "for this test" for key in ACCOUNTS if key.endswith("youtube")}
    register = opened.folder / "register" / "accounts.csv"
    with register.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with register.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, "voided": voided.get(row["id"], "")} for row in rows])
    assert collect(opened).code == 0


def test_a_silent_platform_is_left_after_three_requests_and_the_others_are_read(
    open_fresh: Open, caplog: pytest.LogCaptureFixture
) -> None:
    opened = open_fresh(read=True, TRACKER_MASTODON_URL="http://127.0.0.1:9/{server}/api/v1")
    done = collect(opened)
    assert done.code == 3
    assert done.collected is not None
    assert done.collected.units["mastodon"] == 3 * 5
    found = causes(opened, NEXT)
    assert {found[key][0] for key in ACCOUNTS if key.endswith("mastodon")} == {"unreachable"}
    assert {found[key][0] for key in ACCOUNTS if not key.endswith("mastodon")} == {"ok"}
    assert len([item for item in caplog.records if "mastodon" in item.getMessage()]) == 1


def test_a_fault_of_ours_is_filed_as_failed_with_a_traceback_and_the_rest_is_stored(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Bluesky):
        def profiles(
            self, accounts: Sequence[AccountRef]
        ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
            for number, (ref, result) in enumerate(super().profiles(accounts)):
                if number == 3:
                    raise ZeroDivisionError("a fault of ours")
                yield ref, result

    monkeypatch.setitem(CONNECTORS, "bluesky", Broken)
    opened = open_fresh(read=True)
    with caplog.at_level(logging.ERROR):
        done = collect(opened)
    assert done.code == 3
    found = [causes(opened, NEXT)[key] for key in ACCOUNTS if key.endswith("bluesky")]
    assert [status for status, _ in found].count("ok") == 3
    assert [cause for cause in found if cause[0] == "failed"] == [
        ("failed", "unexpected ZeroDivisionError: a fault of ours")
    ] * 5
    assert any(item.exc_info for item in caplog.records)
    others = [causes(opened, NEXT)[key][0] for key in ACCOUNTS if not key.endswith("bluesky")]
    assert set(others) == {"ok"}


def test_a_list_that_cannot_be_read_makes_the_night_incomplete(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoLists(Bluesky):
        def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
            raise Unreachable("no answer")

    monkeypatch.setitem(CONNECTORS, "bluesky", NoLists)
    done = collect(open_fresh(read=True))
    assert done.collected is not None
    assert done.collected.missing == 0
    assert set(done.collected.failed["posts"].values()) == {"unreachable"}
    assert done.code == 3


def test_what_one_server_refuses_is_still_asked_of_the_others(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "danang-ubnd-mastodon"

    class TwoServers(Mastodon):
        def credential(self, account: AccountRef) -> str:
            return "closed.example" if account.id == closed else super().credential(account)

        def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
            if account.id == closed:
                raise PermissionMissing("closed.example wants a token")
            return super().posts(account, since)

    monkeypatch.setitem(CONNECTORS, "mastodon", TwoServers)
    opened = open_fresh(read=True)
    done = collect(opened, platforms=("mastodon",), since=NIGHT - timedelta(days=3))
    lists = causes(opened, NEXT, "backfill")
    assert lists.pop(closed)[0] == "permission"
    assert {status for status, _ in lists.values()} == {"ok"}
    assert len(lists) == 7
    assert done.collected is not None
    assert list(done.collected.stopped) == ["mastodon (closed.example)"]


def test_a_wrong_clock_is_told_once_a_platform(
    open_fresh: Open, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONNECTORS, "bluesky", type("OneByOne", (Bluesky,), {"batch": 1}))
    opened = open_fresh(read=True)
    late = scheduled_at(NEXT) + timedelta(hours=2)
    monkeypatch.setattr("jobs.nightly.night_clock", lambda settings: lambda: late)
    collect(opened)
    told = [item for item in caplog.records if "clock" in item.getMessage()]
    assert len(told) == 3


def test_a_backfill_lists_posts_further_back_and_leaves_the_ledger_of_nights_alone(
    open_fresh: Open,
) -> None:
    opened = open_fresh(read=True)
    before = len(opened.store.rows("post"))
    done = collect(opened, platforms=("mastodon",), since=date(2023, 1, 1))
    assert done.collected is not None
    assert done.collected.posts == len(opened.store.rows("post")) - before > 100
    assert [night.day for night in opened.store.nights()] == [NIGHT]


def test_a_backfill_goes_on_where_it_was_and_asks_nobody_twice(open_fresh: Open) -> None:
    opened = open_fresh(read=True)
    since = date(2023, 1, 1)
    collect(opened, platforms=("mastodon",), accounts=("danang-ubnd-mastodon",), since=since)
    sandbox().reset_stats()
    collect(opened, platforms=("mastodon",), since=since)
    assert sandbox().stats()["mastodon"]["listed"] == 7
    sandbox().reset_stats()
    collect(opened, platforms=("mastodon",), since=since + timedelta(days=30))
    assert sandbox().stats()["mastodon"]["calls"] == 0
    collect(opened, platforms=("mastodon",), since=since - timedelta(days=30))
    assert sandbox().stats()["mastodon"]["listed"] == 8


def test_one_wrong_id_costs_no_other_account_of_its_batch(
    open_fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real AppView answers HTTP 400 to a whole batch when one id in it is malformed."""
    wrong = "danang-ubnd-bluesky"

    class Strict(Bluesky):
        def profiles(
            self, accounts: Sequence[AccountRef]
        ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
            if any(account.id == wrong for account in accounts):
                raise BadRequest("actors must be valid identifiers")
            yield from super().profiles(accounts)

        def refresh(
            self, posts: Sequence[PostRef]
        ) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
            if any(post.account.id == wrong for post in posts):
                raise BadRequest("uris must be valid")
            yield from super().refresh(posts)

    monkeypatch.setitem(CONNECTORS, "bluesky", Strict)
    opened = open_fresh()
    collect(opened, platforms=("bluesky",))
    found = causes(opened, NIGHT)
    assert found.pop(wrong)[0] == "failed"
    assert {status for status, _ in found.values()} == {"ok"}
    assert len(found) == 7
