"""What a person is told after a night."""

from datetime import date, timedelta

from conftest import reading, register

from tracker.checks import check_night
from tracker.panel import load_panel
from tracker.periods import scheduled_at
from tracker.store import Store

FIRST = date(2024, 9, 2)


def nights(store: Store, account: str, counts: list[int | None], first: date = FIRST) -> None:
    """Run one night after another for an account; None = unreachable."""
    for number, count in enumerate(counts):
        day = first + timedelta(days=number)
        store.begin_night(day, scheduled_at(day), 1)
        if count is None:
            store.save([reading(account, day, status="unreachable")])
        else:
            store.save([reading(account, day, followers=count)])


def codes(store: Store, day: date) -> list[str]:
    return [issue.code for issue in check_night(load_panel(store), day)]


def test_a_quiet_night_has_no_issues(store: Store) -> None:
    nights(store, "danang-bluesky", [100, 101, 102])
    assert codes(store, FIRST + timedelta(days=2)) == []


def test_a_missing_number_is_a_gap_with_its_cause(store: Store) -> None:
    nights(store, "danang-bluesky", [100, 101, None])
    issues = check_night(load_panel(store), FIRST + timedelta(days=2))
    assert [issue.code for issue in issues] == ["gap"]
    assert "unreachable" in issues[0].sentence
    assert issues[0].account_id == "danang-bluesky"


def test_a_night_that_never_ran_is_one_issue(store: Store) -> None:
    nights(store, "danang-bluesky", [100, 101])
    store.record_missed_night(FIRST + timedelta(days=2))
    assert codes(store, FIRST + timedelta(days=2)) == ["night"]


def test_a_purge_is_a_fall_on_the_night_it_shows(store: Store) -> None:
    nights(store, "danang-bluesky", [20_000 + 9 * day for day in range(30)] + [18_000])
    issues = check_night(load_panel(store), FIRST + timedelta(days=30))
    assert [issue.code for issue in issues] == ["fall"]
    assert "-2,261" in issues[0].sentence
    assert codes(store, FIRST + timedelta(days=29)) == []


def test_an_account_closed_for_three_nights_needs_a_person(store: Store) -> None:
    nights(store, "danang-bluesky", [100])
    for number in (1, 2, 3):
        day = FIRST + timedelta(days=number)
        store.begin_night(day, scheduled_at(day), 1)
        store.save([reading("danang-bluesky", day, status="gone")])
    assert codes(store, FIRST + timedelta(days=2)) == ["gap"]
    assert codes(store, FIRST + timedelta(days=3)) == ["gone"]


def test_a_rename_is_said_once(store: Store) -> None:
    nights(store, "danang-bluesky", [100, 101, 102])
    store.put_rows(
        "account_period",
        [
            {
                "account_id": "danang-bluesky",
                "valid_from": FIRST + timedelta(days=1),
                "agency_id": "ubnd-da-nang",
                "handle": "danang.gov.vn",
            }
        ],
    )
    assert codes(store, FIRST + timedelta(days=1)) == ["rename"]
    assert codes(store, FIRST + timedelta(days=2)) == []


def many(store: Store) -> list[str]:
    accounts = [f"danang{number}-bluesky" for number in range(6)]
    register(store, *accounts)
    return accounts


def test_what_most_accounts_share_is_blamed_on_the_platform(store: Store) -> None:
    for account in many(store):
        nights(store, account, [5_000 + 3 * day for day in range(20)] + [4_000])
    nights(store, "danang-mastodon", [700 + day for day in range(21)])
    issues = check_night(load_panel(store), FIRST + timedelta(days=20))
    assert [issue.code for issue in issues] == ["platform_move"]
    assert (
        issues[0].sentence.startswith("bluesky: 6 of 7 accounts") or "6 of 6" in issues[0].sentence
    )
    assert issues[0].account_id is None


def test_a_platform_that_fails_as_a_whole_is_one_issue(store: Store) -> None:
    for account in many(store):
        nights(store, account, [5_000, 5_003, None])
    assert codes(store, FIRST + timedelta(days=2)) == ["platform_gap"]


def test_a_platform_that_shows_old_numbers_for_a_week_is_named(store: Store) -> None:
    for account in many(store):
        nights(store, account, [5_000 + 3 * day for day in range(25)] + [5_072] * 7)
    assert codes(store, FIRST + timedelta(days=31)) == ["platform_freeze"]


def test_the_same_panel_gives_the_same_list(store: Store) -> None:
    nights(store, "danang-bluesky", [100, None])
    nights(store, "danang-mastodon", [100, None])
    panel = load_panel(store)
    day = FIRST + timedelta(days=1)
    assert check_night(panel, day) == check_night(panel, day)
    assert len(check_night(panel, day)) == 2
