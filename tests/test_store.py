"""What the store promises: unknown stays unknown, twice changes nothing, accounts are never torn,
terms are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NIGHT, post, reading, register
from sqlalchemy import event

from tracker.errors import StoreError
from tracker.periods import day_number, scheduled_at
from tracker.readings import AccountRef, PostRef, Reading
from tracker.store import Purged, Store, open_store

NOON = datetime(2024, 8, 31, 12, tzinfo=UTC)


def table(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    names = [row[0] for row in table(store, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: sorted(table(store, f"SELECT * FROM {name}"), key=repr) for name in names}


def night(number: int) -> date:
    return NIGHT + timedelta(days=number)


# saving


def test_the_same_readings_twice_change_nothing(store: Store) -> None:
    readings = [
        reading(followers=1200, native_id="did:1", handle="moi.gov.vn"),
        reading(what="posts", posts=(post("a", reactions=3, details={"quotes": 2}),), minute=9),
        reading("danang-mastodon", status="unreachable"),
    ]
    store.save(readings)
    before = contents(store)
    saved = store.save(readings)
    assert contents(store) == before
    assert (saved.posts, saved.renames, saved.resolved) == (0, (), ())


def test_unknown_is_null_and_a_stated_zero_is_zero(store: Store) -> None:
    store.save([reading(followers=None, following=0, posts_total=5)])
    rows = table(store, "SELECT followers, following, posts, likes FROM account_snapshot")
    assert rows == [(None, 0, 5, None)]


def test_unknown_never_overwrites_a_number(store: Store) -> None:
    store.save([reading(followers=1200, posts=(post("a", reactions=3, comments=1),))])
    store.save(
        [reading(followers=None, views=9, posts=(post("a", reactions=None, shares=4),), minute=30)]
    )
    assert table(store, "SELECT followers, views FROM account_snapshot") == [(1200, 9)]
    assert table(store, "SELECT reactions, comments, shares FROM post_snapshot") == [(3, 1, 4)]


def test_an_attempt_without_counts_is_kept_with_its_reason(store: Store) -> None:
    store.save([reading(status="gone")])
    rows = table(store, "SELECT day, account_id, lane, what, status, basis FROM v_attempt")
    assert rows == [("2024-09-02", "danang-bluesky", "public", "profile", "gone", "open")]
    assert table(store, "SELECT * FROM account_snapshot") == []


def test_a_post_that_says_nothing_has_no_snapshot(store: Store) -> None:
    saved = store.save([reading(what="posts", posts=(post("a"),))])
    assert (saved.posts, saved.snapshots) == (1, 0)


def test_a_post_met_twice_in_one_save_is_one_post(store: Store) -> None:
    saved = store.save(
        [
            reading(followers=1, newest=(post("a", reactions=1),)),
            reading(what="posts", posts=(post("a", comments=2), post("b", comments=0)), minute=9),
        ]
    )
    assert saved.posts == 2
    rows = table(
        store, "SELECT native_id, reactions, comments FROM v_post_reading ORDER BY native_id"
    )
    assert rows == [("a", 1, 2), ("b", None, 0)]


def test_the_language_of_a_text_is_kept_and_the_text_is_not(store: Store) -> None:
    text = "Vịnh Hạ Long đón hàng nghìn du khách quốc tế trong dịp lễ"
    store.save([reading(what="posts", posts=(post("a", reactions=1, text=text),))])
    assert table(store, "SELECT language, letters > 20, detector FROM post") == [("vi", 1, "rule")]
    assert text not in repr(contents(store))


def test_what_becomes_known_of_a_post_completes_it(store: Store) -> None:
    store.import_post_numbers(
        [("danang-bluesky", "a", None, 1725000000, "public", "likes", 3, None, None, None)]
    )
    store.save([reading(what="posts", posts=(post("a", reactions=4, kind="video", url="u"),))])
    rows = table(store, "SELECT published_at, kind, url FROM v_post")
    assert rows == [("2024-08-31T12:00:00Z", "video", "u")]
    assert table(store, "SELECT day, kind, posts FROM v_daily") == [("2024-08-31", "video", 1)]


def test_a_post_that_went_missing_is_marked_and_comes_back(store: Store) -> None:
    def ask(day: int, *, found: bool) -> None:
        base = reading(day=night(day), what="posts", posts=(post("a", reactions=1),))
        if found:
            store.save([base])
        else:
            missing = {**as_dict(base), "posts": (), "missing": ("a",)}
            store.save([Reading(**missing)])

    ask(0, found=True)
    ask(1, found=False)
    ask(2, found=False)
    assert table(store, "SELECT gone_on FROM v_post") == [("2024-09-03",)]
    ask(3, found=True)
    ask(1, found=False)  # told again, it stays true that the post was seen later
    assert table(store, "SELECT gone_on FROM v_post") == [(None,)]


def as_dict(value: Reading) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Reading.__dataclass_fields__}


def test_an_account_the_register_does_not_know_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="'hue-bluesky', which the register does not know"):
        store.save([reading(followers=1), reading("hue-bluesky", followers=2)])
    assert table(store, "SELECT * FROM attempt") == []


def test_the_permanent_id_is_learnt_once(store: Store) -> None:
    assert store.save([reading(followers=1, native_id="did:1")]).resolved == (
        ("danang-bluesky", "did:1"),
    )
    again = store.save([reading(day=night(1), followers=2, native_id="did:2")])
    assert again.resolved == ()
    assert again.strangers == (("danang-bluesky", "did:1", "did:2"),)
    assert store.rows("account", id="danang-bluesky")[0]["native_id"] == "did:1"


def test_a_rename_keeps_one_account_and_its_owner(store: Store) -> None:
    store.put_rows(
        "account_period",
        [
            {
                "account_id": "danang-bluesky",
                "valid_from": "2021-01-01",
                "agency_id": "ubnd-da-nang",
                "handle": "cu.gov.vn",
                "url": "https://bsky.app/profile/cu.gov.vn",
            }
        ],
    )
    store.save([reading(followers=1, native_id="did:1", handle="@Cu.gov.vn")])
    saved = store.save([reading(day=night(1), followers=2, native_id="did:1", handle="moi.gov.vn")])
    assert [(item.old, item.new, item.day) for item in saved.renames] == [
        ("cu.gov.vn", "moi.gov.vn", night(1))
    ]
    periods = store.rows("account_period", account_id="danang-bluesky")
    assert [(row["handle"], row["valid_from"], row["valid_to"]) for row in periods] == [
        ("cu.gov.vn", date(2021, 1, 1), NIGHT),
        ("moi.gov.vn", night(1), None),
    ]
    assert periods[1]["url"] == "https://bsky.app/profile/moi.gov.vn"
    assert {row["agency_id"] for row in periods} == {"ubnd-da-nang"}


def test_an_old_reading_saved_late_renames_nothing(store: Store) -> None:
    store.save([reading(day=night(1), followers=2, native_id="did:1", handle="moi.gov.vn")])
    store.save([reading(followers=1, native_id="did:1", handle="cu.gov.vn")])
    handles = [row["handle"] for row in store.rows("account_period", account_id="danang-bluesky")]
    assert handles == ["danang-bluesky", "moi.gov.vn"]


def test_the_register_file_read_again_does_not_undo_a_rename(store: Store) -> None:
    row = {
        "account_id": "danang-bluesky",
        "valid_from": "2021-01-01",
        "valid_to": "",
        "agency_id": "ubnd-da-nang",
        "handle": "danang-bluesky",
    }
    store.save([reading(followers=1, native_id="did:1", handle="moi.gov.vn")])
    assert store.put_rows("account_period", [row]) == 0
    periods = store.rows("account_period", account_id="danang-bluesky")
    assert periods[0]["valid_to"] == NIGHT - timedelta(days=1)


def test_youtube_counts_are_held_under_the_key_terms_unless_declared(store: Store) -> None:
    store.save(
        [
            reading("danang-youtube", followers=1),
            reading("danang-youtube", lane="declared", followers=1, minute=9),
        ]
    )
    assert table(store, "SELECT lane, basis FROM v_attempt ORDER BY lane") == [
        ("declared", "declared"),
        ("public", "key_30d"),
    ]


def test_the_definitions_in_force_are_filed_with_the_attempt(store: Store) -> None:
    store.save([reading("danang-youtube", day=date(2025, 4, 1), views=1)])
    assert table(store, "SELECT definitions FROM attempt") == [
        ("account.views=2025-03-31;post.views=2025-03-31",)
    ]


# transactions


def test_a_save_that_fails_leaves_nothing_behind(store: Store) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    before = contents(store)
    event.listen(store.engine, "commit", fail)
    with pytest.raises(StoreError, match=r"tracker.sqlite is full: free some space"):
        store.save([reading(followers=1, posts=(post("a", reactions=1),))])
    event.remove(store.engine, "commit", fail)
    assert contents(store) == before


def test_a_command_is_all_or_nothing_and_is_logged(store: Store) -> None:
    at = datetime(2024, 9, 2, 3, tzinfo=UTC)

    def enter(*, fail: bool) -> None:
        with store.transaction("import events", "abc", at=at, office="Sở TTTT") as change:
            rows = [{"id": "e1", "day": "2024-09-02", "kind": "campaign"}]
            change.rows += store.put_rows("event", rows)
            if fail:
                raise ValueError("row 3 is wrong")

    with pytest.raises(ValueError, match="row 3"):
        enter(fail=True)
    assert (store.rows("event"), store.rows("change")) == ([], [])
    enter(fail=False)
    enter(fail=False)
    assert table(store, "SELECT at, office, command, digest, rows FROM v_change") == [
        ("2024-09-02T03:00:00Z", "Sở TTTT", "import events", "abc", 1)
    ]


def test_a_full_store_says_so_and_keeps_what_was_there(store: Store) -> None:
    store.save([reading(followers=1)])
    before = contents(store)
    store.engine.dispose()
    pages = table(store, "PRAGMA page_count")[0][0]

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    store.engine.dispose()
    event.listen(store.engine, "connect", limit)
    posts = tuple(post(f"p{number}", reactions=number, url="u" * 400) for number in range(2000))
    with pytest.raises(StoreError, match="is full: free some space and run the command again"):
        store.save([reading(day=night(1), what="posts", posts=posts)])
    assert contents(store) == before


def test_a_locked_store_says_so(store: Store, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'tracker.sqlite'}", busy_seconds=0)
    with store.transaction("a long command", at=NOON), pytest.raises(StoreError, match="is locked"):
        other.save([reading(followers=1)])
    other.close()


def test_a_store_that_cannot_be_written_says_so(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "tracker.sqlite"
    with (
        open_store(f"sqlite:///file:{path}?mode=ro&uri=true") as closed,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        closed.save([reading(followers=1)])


def test_a_reader_sees_the_last_whole_save_while_a_command_writes(store: Store) -> None:
    store.save([reading(followers=1)])
    with store.transaction("a command", at=NOON):
        store.save([reading(day=night(1), followers=2)])
        assert store.last_counts(["danang-bluesky"], "public")["danang-bluesky"]["followers"] == 2
        assert table(store, "SELECT count(*) FROM account_snapshot") == [(1,)]


# what is due


def test_accounts_without_a_success_are_due(store: Store) -> None:
    store.save(
        [
            reading(followers=1),
            reading("danang-mastodon", status="unreachable"),
            reading("danang-youtube", day=night(-1), followers=1),
        ]
    )
    assert [item.ref.id for item in store.due(NIGHT, "public", "profile")] == [
        "danang-mastodon",
        "danang-youtube",
    ]
    assert [item.ref.id for item in store.due(NIGHT, "public", "posts", platforms=["bluesky"])] == [
        "danang-bluesky"
    ]
    assert [item.basis for item in store.due(NIGHT, "public", "profile")] == ["open", "key_30d"]


def test_void_and_inactive_accounts_are_not_asked(store: Store) -> None:
    store.void_account("danang-bluesky", "không phải tài khoản chính thức", NOON)
    store.put_rows("account", [{"id": "danang-mastodon", "active_to": "2024-09-01"}])
    assert [item.ref.id for item in store.due(NIGHT, "public", "profile")] == ["danang-youtube"]
    assert len(store.due(date(2024, 9, 1), "public", "profile")) == 2
    assert store.rows("account", id="danang-bluesky")[0]["voided"]


def test_the_total_at_the_last_listing_is_told_not_the_last_total(store: Store) -> None:
    """Listing failed on the second night, so the third must still see a change against the
    first.
    """
    walked = Reading(**{**as_dict(reading(what="posts", minute=9)), "walked": True})
    store.save([reading(posts_total=10), walked])
    store.save([reading(day=night(1), posts_total=12)])
    store.save([reading(day=night(1), what="posts", status="unreachable", minute=9)])
    [due] = store.due(night(2), "public", "posts", accounts=["danang-bluesky"])
    assert (due.last_posts_total, due.last_walk) == (10, NIGHT)


def test_strikes_count_nights_since_the_last_success(store: Store) -> None:
    store.save([reading(status="gone")])
    store.save([reading(day=night(1), followers=1)])
    store.save([reading(day=night(2), status="unclear")])
    store.save([reading(day=night(2), status="gone", minute=50)])
    store.save([reading(day=night(3), status="gone")])
    store.save([reading(day=night(4), status="unreachable")])
    [due] = store.due(night(5), "public", "profile", accounts=["danang-bluesky"])
    assert due.strikes == 2


def test_posts_are_due_at_their_marks_only(store: Store) -> None:
    """Published at noon UTC two days before night 0; a look is five minutes after the schedule."""
    due_on = []
    for number in range(-1, 130):
        if store.due_posts(night(number), "public") or number == -1:
            due_on.append(number)
            counts = (post("a", reactions=number + 1),)
            store.save([reading(day=night(number), what="posts", posts=counts)])
    age_in_days = [(scheduled_at(night(number)) - NOON).days for number in due_on[1:]]
    assert age_in_days == [1, 2, 3, 6, 7, 14, 28, 90]


def test_a_post_never_looked_at_is_due_however_old(store: Store) -> None:
    store.save([reading(what="posts", posts=(post("a", NOON - timedelta(days=400)),))])
    [due] = store.due_posts(NIGHT, "public")
    assert (due.ref.native_id, due.last_look, due.mark) == ("a", None, 90)


def test_a_missing_post_is_asked_for_again_only_when_it_reaches_its_next_mark(store: Store) -> None:
    gone = {**as_dict(reading(day=night(1), what="posts")), "missing": ("a",)}
    store.save([reading(what="posts", posts=(post("a", reactions=1),))])
    store.save([Reading(**gone)])
    due_on = [number for number in range(2, 9) if store.due_posts(night(number), "public")]
    ages = [(scheduled_at(night(number)) - NOON).days for number in due_on]
    assert ages == [3, 6, 7]


def test_the_last_known_numbers_are_told_for_the_second_question(store: Store) -> None:
    store.save([reading(followers=12, posts=(post("a", reactions=3),))])
    store.save([reading(day=night(1), followers=None, views=8, posts=(post("a", comments=0),))])
    assert store.last_counts(["danang-bluesky", "danang-mastodon"], "public") == {
        "danang-bluesky": {"followers": 12, "views": 8},
        "danang-mastodon": {},
    }
    asked = [PostRef(AccountRef("danang-bluesky", "bluesky"), name) for name in ("a", "b")]
    assert store.last_post_counts(asked, "public") == {
        ("danang-bluesky", "a"): {"reactions": 3, "comments": 0},
        ("danang-bluesky", "b"): {},
    }


# daily


def looks(*ages_and_reactions: tuple[float, int | None], native_id: str = "a", **more: Any) -> Any:
    """Make looks at one post at exact ages in hours since publication."""
    readings = []
    for hours, reactions in ages_and_reactions:
        moment = NOON + timedelta(hours=hours)
        counts = post(native_id, reactions=reactions, comments=0, shares=0, **more)
        base = as_dict(reading(what="posts", posts=(counts,)))
        base |= {"day": moment.date(), "tried_at": moment, "observed_at": moment}
        readings.append(Reading(**base))
    return readings


def daily(store: Store) -> list[tuple[Any, ...]]:
    return table(store, "SELECT posts, posts_day7, interactions_day7 FROM daily ORDER BY day")


def test_day_seven_lies_on_the_line_between_the_looks_around_it(store: Store) -> None:
    """156 h: 100, 180 h: 148; at 168 h half way: 124."""
    for look in looks((37, 10), (156, 100), (180, 148), (350, 900)):
        store.save([look])
    assert daily(store) == [(1, 1, 124.0)]


def test_a_look_at_168_hours_sharp_counts_alone(store: Store) -> None:
    store.save(looks((37, 10), (168, 77), (350, 900)))
    assert daily(store) == [(1, 1, 77.0)]


def test_day_seven_without_a_look_on_each_side_is_unknown(store: Store) -> None:
    store.save(looks((200, 10), (350, 900)) + looks((37, 10), native_id="b"))
    assert daily(store) == [(2, 0, None)]


def test_an_unknown_component_leaves_day_seven_unknown_until_it_is_known(store: Store) -> None:
    """Rule: published but unknown is unknown. The look at 240 h is the first to know on the far
    side.
    """
    store.save(looks((156, 100)))
    store.save(looks((180, None)))
    assert daily(store) == [(1, 0, None)]
    store.save(looks((240, 184)))
    assert daily(store) == [(1, 1, 112.0)]


def test_a_component_the_platform_does_not_publish_counts_as_nothing(store: Store) -> None:
    """YouTube publishes no shares. Declared numbers, because the key's terms forbid derived
    ones.
    """
    at = int(NOON.timestamp())
    rows = [
        ("danang-youtube", "v", at, at + 7 * 86400, "declared", metric, value, None, "video", None)
        for metric, value in (("likes", 30), ("comments", 5), ("views", 900))
    ]
    store.import_post_numbers(rows)
    assert table(store, "SELECT interactions_day7, views_day7, kind, language FROM daily") == [
        (35.0, 900.0, "video", "und")
    ]


def test_terms_that_forbid_derived_numbers_leave_day_seven_out(store: Store) -> None:
    ripe = [
        Reading(**{**as_dict(look), "account_id": "danang-youtube"})
        for look in looks((156, 1), (180, 2))
    ]
    store.save(ripe)
    assert daily(store) == [(1, 0, None)]


def test_the_owners_lane_comes_before_the_public_one(store: Store) -> None:
    public = looks((168, 10))
    owner = [Reading(**{**as_dict(look), "lane": "owner"}) for look in looks((168, 12))]
    store.save(public)
    store.save(owner)
    assert daily(store) == [(1, 1, 12.0)]


def test_followers_at_publication_are_the_last_known_before(store: Store) -> None:
    published = datetime(2024, 9, 2, 4, tzinfo=UTC)  # 11:00 local on the day of night 0
    store.save([reading(day=night(1), followers=30, posts=(post("a", published, reactions=1),))])
    assert table(store, "SELECT followers FROM daily") == [(None,)]
    store.save([reading(day=night(-3), followers=10)])
    assert table(store, "SELECT followers FROM daily") == [(10,)]
    store.save([reading(day=night(0), followers=20)])
    assert table(store, "SELECT followers FROM daily") == [(20,)]


def test_a_correction_reaches_daily(store: Store) -> None:
    store.save([reading(day=date(2024, 8, 31), followers=50), *looks((156, 100), (180, 148))])
    store.put_rows(
        "correction",
        [
            correction("c1", post="a", day="2024-09-08", metric="likes", value=196),
            correction("c2", day="2024-08-31", metric="followers", value=""),
        ],
    )
    assert table(store, "SELECT interactions_day7, followers FROM daily") == [(148.0, None)]


def correction(name: str, *, day: str, **more: Any) -> dict[str, Any]:
    row = {"id": name, "account_id": "danang-bluesky", "day_from": day, "day_to": day}
    return row | {"lane": "public", "reason": "đọc nhầm"} | more


def scanned(store: Store) -> list[tuple[Any, ...]]:
    """Work `daily` out by reading everything, as its definition says, without SQL for the
    arithmetic.
    """
    rows = table(
        store,
        "SELECT post.account_id, post.id, post.published_at, attempt.observed_at, reactions,"
        " comments, shares, account.platform FROM post"
        " JOIN account ON account.id = post.account_id"
        " LEFT JOIN post_snapshot ON post_id = post.id"
        " LEFT JOIN attempt ON attempt.id = attempt_id",
    )
    levels = table(store, "SELECT account_id, day, followers FROM account_snapshot ORDER BY day")
    found: dict[tuple[str, int], dict[int, list[tuple[int, int]]]] = {}
    for account, key, published, seen, reactions, comments, shares, platform in rows:
        of_day = found.setdefault((account, (published + 25200) // 86400), {})
        known = of_day.setdefault(key, [])
        parts = [reactions, comments, shares]
        if None not in parts and platform != "youtube":
            known.append((seen - published - 604800, sum(parts)))
    made = []
    for (account, day), posts in found.items():
        sums = [day_seven(sorted(known)) for known in posts.values()]
        ripe = [value for value in sums if value is not None]
        followers = [row[2] for row in levels if row[0] == account and row[1] <= day and row[2]]
        total = round(sum(ripe), 6) if ripe else None
        stood = followers[-1] if followers else None
        made.append((account, day, len(posts), len(ripe), total, stood))
    return sorted(made, key=repr)


def day_seven(known: list[tuple[int, int]]) -> float | None:
    before = [item for item in known if item[0] < 0]
    after = [item for item in known if item[0] >= 0]
    if not after:
        return None
    if after[0][0] == 0:
        return float(after[0][1])
    if not before:
        return None
    (early, low), (late, high) = before[-1], after[0]
    return low + (high - low) * -early / (late - early)


def kept(store: Store) -> list[tuple[Any, ...]]:
    rows = table(
        store,
        "SELECT account_id, day, posts, posts_day7, round(interactions_day7, 6), followers"
        " FROM daily",
    )
    return sorted(rows, key=repr)


@pytest.mark.parametrize("order", ["as it came", "backwards", "twice", "interleaved"])
def test_daily_equals_a_scan_of_everything_in_whatever_order_readings_come(
    store: Store, order: str
) -> None:
    readings = []
    for number in range(24):
        for place, account in enumerate(("danang-bluesky", "danang-mastodon", "danang-youtube")):
            if (number + place) % 5 == 4:
                continue  # a gap
            posts = tuple(
                post(
                    f"p{item}",
                    NOON + timedelta(days=item, hours=item),
                    reactions=None if (number + item) % 7 == 0 else 10 * abs(item) + number,
                    comments=number,
                    shares=place,
                )
                for item in range(number - 12, number)
                if (item + number) % 3
            )
            readings.append(
                reading(account, night(number), followers=100 + number or None, posts=posts)
            )
    if order == "backwards":
        readings.reverse()
    elif order == "interleaved":
        readings = readings[::2] + readings[1::2]
    for start in range(0, len(readings), 4):
        store.save(readings[start : start + 4])
        if order == "twice":
            store.save(readings[start : start + 4])
    assert kept(store) == scanned(store)
    before = kept(store)
    store.rebuild_daily()
    assert kept(store) == before
    assert any(row[4] is not None for row in before)


# imports


def followers(day: date, value: int | None, *more: Any) -> Any:
    at = int(scheduled_at(day).timestamp())
    tail = more or (None, None, "tệp của Sở")
    return ("danang-bluesky", day_number(day), at, "public", "followers", value, *tail)


def test_imported_numbers_twice_change_nothing(store: Store) -> None:
    rows = [followers(night(number), 100 + number) for number in range(30)]
    first = store.import_account_numbers(rows, digest="abc")
    before = contents(store)
    second = store.import_account_numbers(rows, digest="abc")
    assert (first.created, second.created, second.unchanged) == (30, 0, 30)
    assert contents(store) == before
    assert table(store, "SELECT DISTINCT what, basis, digest, source FROM attempt") == [
        ("import", "open", "abc", "tệp của Sở")
    ]


def test_a_number_that_differs_is_shown_and_not_written(store: Store) -> None:
    store.save([reading(followers=100)])
    loaded = store.import_account_numbers([followers(NIGHT, 120), followers(night(1), None)])
    [conflict] = loaded.conflicts
    assert (conflict.stored, conflict.given, conflict.day) == (100, 120, NIGHT)
    assert table(store, "SELECT followers FROM account_snapshot") == [(100,)]


def test_replace_writes_a_correction_once_and_keeps_the_reading(store: Store) -> None:
    store.save([reading(followers=100)])
    rows = [followers(NIGHT, 120)]
    loaded = store.import_account_numbers(rows, replace_reason="nhập sai", entered_on=night(2))
    assert (loaded.conflicts, len(loaded.corrections)) == ((), 1)
    [row] = store.rows("correction")
    assert (row["value"], row["reason"], row["day_from"]) == (120, "nhập sai", NIGHT)
    assert table(store, "SELECT followers FROM account_snapshot") == [(100,)]
    again = store.import_account_numbers(rows)
    assert (again.conflicts, again.unchanged) == ((), 1)


def test_two_numbers_for_one_night_in_one_file_are_a_conflict(store: Store) -> None:
    loaded = store.import_account_numbers([followers(NIGHT, 100), followers(NIGHT, 101)])
    assert [(item.stored, item.given) for item in loaded.conflicts] == [(100, 101)]


def test_a_step_or_qualifier_that_cannot_be_computed_is_kept(store: Store) -> None:
    store.import_account_numbers(
        [
            followers(NIGHT, 12000, 1000, "at_least", "công văn"),
            followers(night(1), 12345, 1, "exact", "công văn"),
            ("danang-bluesky", day_number(NIGHT), 0, "public", "groups", 4, None, None, None),
        ]
    )
    rows = table(store, "SELECT day, metric, value, step, qualifier FROM v_detail ORDER BY metric")
    assert rows == [
        ("2024-09-02", "followers", None, 1000, "at_least"),
        ("2024-09-02", "groups", 4, None, None),
    ]


def test_an_import_adds_to_a_night_and_keeps_its_attempt(store: Store) -> None:
    store.save([reading(followers=100)])
    at = int(scheduled_at(NIGHT).timestamp())
    row = ("danang-bluesky", day_number(NIGHT), at, "public", "likes", 7, None, None, None)
    store.import_account_numbers([row])
    assert table(store, "SELECT attempt_id, followers, likes FROM account_snapshot") == [
        (1, 100, 7)
    ]


def test_a_platforms_own_keys_reach_the_common_columns(store: Store) -> None:
    """What `export observations` writes as likes and reactions is one number; quotes have no
    column.
    """
    at = int(NOON.timestamp()) + 3600
    rows = [
        (
            "danang-bluesky",
            "a",
            int(NOON.timestamp()),
            at,
            "public",
            metric,
            value,
            None,
            None,
            "vi",
        )
        for metric, value in (
            ("likes", 5),
            ("reactions", 5),
            ("replies", 2),
            ("reposts", 1),
            ("quotes", 9),
        )
    ]
    store.import_post_numbers(rows)
    assert store.import_post_numbers(rows).created == 0
    assert table(store, "SELECT reactions, comments, shares FROM post_snapshot") == [(5, 2, 1)]
    assert table(store, "SELECT subject, metric, value FROM detail") == [("post", "quotes", 9)]
    assert table(store, "SELECT language, detector FROM post") == [("vi", "import")]


def test_an_unknown_account_in_an_import_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="'hue-bluesky', which the register does not know"):
        store.import_account_numbers(
            [("hue-bluesky", 1, 1, "public", "posts", 1, None, None, None)]
        )


# the terms


def test_purge_takes_what_the_key_may_not_keep_and_says_so(store: Store) -> None:
    """Thirty days kept on 2 October: 2 September stays, 1 September goes; other bases stay."""
    today = date(2024, 10, 2)
    published = datetime(2024, 8, 30, 3, tzinfo=UTC)
    for number in (-2, -1, 0):
        counts = (post("v", published, views=5, reactions=1, details={"favourites": 1}),)
        store.save(
            [
                reading("danang-youtube", night(number), followers=900, posts=counts),
                reading("danang-youtube", night(number), followers=9, lane="declared", minute=9),
                reading("danang-bluesky", night(number), followers=7),
            ]
        )
    before = contents(store)
    listed = store.purge(today, dry_run=True)
    assert contents(store) == before
    assert store.purge(today) == listed
    assert {(item.table, item.what): item.rows for item in listed} == {
        ("detail", "details of posts"): 2,
        ("account_snapshot", "counts of accounts"): 2,
        ("post_snapshot", "counts of posts"): 2,
        ("daily", "days made anew from what is left"): 1,
    }
    assert "kept 30 days, nothing before 2024-09-02" in listed[0].reason
    rows = table(
        store, "SELECT account_id, lane, day FROM v_account_reading ORDER BY account_id, lane, day"
    )
    nights = ["2024-08-31", "2024-09-01", "2024-09-02"]
    assert rows == [
        *(("danang-bluesky", "public", day) for day in nights),
        *(("danang-youtube", "declared", day) for day in nights),
        ("danang-youtube", "public", "2024-09-02"),
    ]
    assert table(store, "SELECT count(*) FROM detail") == [(1,)]
    assert [row["command"] for row in store.rows("change")] == ["purge"]
    assert store.purge(today) == []


def test_other_rooms_purge_in_the_same_transaction(store: Store) -> None:
    def editions(today: date, dry_run: bool) -> list[Purged]:
        return [Purged("edition", f"cells of {today}, dry run {dry_run}", 3, "key_30d")]

    assert store.purge(NIGHT, also=[editions])[0].rows == 3
    assert [row["rows"] for row in store.rows("change")] == [3]


# rows people fill, nights, marks


def test_an_empty_cell_does_not_overwrite_unless_asked(store: Store) -> None:
    store.put_rows("locality", [{"id": "da-nang", "gso_code": "", "pilot_2022": "false"}])
    assert store.rows("locality", id="da-nang")[0]["gso_code"] == "48"
    store.put_rows("locality", [{"id": "da-nang", "gso_code": ""}], replace=True)
    [row] = store.rows("locality", id="da-nang")
    assert (row["gso_code"], row["pilot_2022"]) == (None, False)


def test_rows_may_come_in_any_order_but_must_point_at_something(store: Store) -> None:
    agency = {"id": "so-tttt", "name_vi": "Sở", "kind": "department", "parent_id": "bo"}
    with pytest.raises(StoreError, match="names something it does not know"):
        store.put_rows("agency", [agency])
    bo = {"id": "bo", "name_vi": "Bộ", "kind": "ministry"}
    assert store.put_rows("agency", [agency, bo]) == 2
    assert store.put_rows("agency", [agency, bo]) == 0


@pytest.mark.parametrize(
    ("name", "row", "sentence"),
    [
        ("post_snapshot", {"post_id": 1}, "rows cannot be put into 'post_snapshot'"),
        ("event", {"id": "e", "colour": "red"}, "the table event has no column 'colour'"),
        ("event", {"kind": "campaign"}, "lacks its key 'id'"),
        ("event", {"id": "e", "day": "2/9/2024"}, "event.day is '2/9/2024'; expected a date"),
    ],
)
def test_a_wrong_row_is_refused_in_one_sentence(
    store: Store, name: str, row: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(StoreError, match=sentence):
        store.put_rows(name, [row])


def test_an_issued_edition_never_changes(store: Store) -> None:
    def keep(status: str, tables: str) -> None:
        store.save_edition(
            letter="3836",
            unit_id="da-nang",
            number=1,
            status=status,
            tables=tables,
            digest=tables,
            made_at=NOON,
        )

    keep("draft", "[1]")
    keep("draft", "[2]")
    keep("issued", "[3]")
    keep("issued", "[3]")
    with pytest.raises(StoreError, match="edition 1 of letter 3836 for da-nang is issued"):
        keep("issued", "[4]")
    assert store.rows("edition")[0]["tables"] == "[3]"


def test_the_ledger_of_nights_keeps_the_first_start_and_the_missed_nights(store: Store) -> None:
    start = scheduled_at(NIGHT)
    store.begin_night(NIGHT, start, 3)
    store.begin_night(NIGHT, start + timedelta(hours=2), 2)
    store.finish_night(NIGHT, start + timedelta(hours=3), 2, 1)
    store.record_missed_night(NIGHT)
    store.record_missed_night(night(1))
    ran, missed = store.nights()
    assert (ran.started_at, ran.read, ran.missing) == (start, 2, 1)
    assert (missed.day, missed.started_at) == (night(1), None)
    assert store.nights(night(1)) == [missed]


def test_units_of_a_quota_day_add_up(store: Store) -> None:
    assert store.add_quota("youtube", "key", NIGHT, 40) == 40
    assert store.add_quota("youtube", "key", NIGHT, 2) == 42
    assert store.quota_used("youtube", "key", night(1)) == 0


def test_a_store_is_synthetic_for_ever(store: Store) -> None:
    assert not store.synthetic
    store.mark_synthetic()
    assert store.synthetic


def test_accounts_are_never_torn_by_a_batch_of_two_hundred(
    new_store: Callable[[str], Store],
) -> None:
    """Blocks of rows, single rows and lookups in parts: every number arrives where it belongs."""
    made = new_store("many.sqlite")
    names = [f"a{number:03d}-bluesky" for number in range(130)]
    register(made, *names)
    made.save(
        [
            reading(
                name,
                followers=place,
                posts=tuple(post(f"p{item}", reactions=place * 10 + item) for item in range(7)),
            )
            for place, name in enumerate(names)
        ]
    )
    rows = table(made, "SELECT account_id, native_id, reactions FROM v_post_reading")
    assert len(rows) == 910
    assert all(int(row[0][1:4]) * 10 + int(row[1][1:]) == row[2] for row in rows)
