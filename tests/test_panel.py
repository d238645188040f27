"""The panel: frames, corrections, owners and maps over time, gaps with causes, exports, trace."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from conftest import post, reading

from tracker.errors import ConfigError, StoreError
from tracker.panel import (
    ATTEMPT_COLUMNS,
    OBSERVATION_COLUMNS,
    Panel,
    attempts,
    load_panel,
    observations,
    trace,
)
from tracker.periods import Window, day_number, scheduled_at
from tracker.store import Store, open_store

FIRST = date(2024, 9, 2)
WEEK = Window(FIRST, FIRST + timedelta(days=7))


def night(store: Store, number: int, **followers: int | None) -> None:
    """Run one night: given accounts answer, `None` = answered without the number."""
    day = FIRST + timedelta(days=number)
    store.begin_night(day, scheduled_at(day), 3)
    readings = [
        reading(f"danang-{platform}", day, followers=count, following=5)
        if count is not None
        else reading(f"danang-{platform}", day, following=1)
        for platform, count in followers.items()
    ]
    store.save(readings)
    store.finish_night(
        day, scheduled_at(day) + timedelta(minutes=9), len(readings), 3 - len(readings)
    )


def load(store: Store, until: date | None = None) -> Panel:
    return load_panel(store, until=until)


def test_readings_come_back_as_they_were_saved(store: Store) -> None:
    night(store, 0, bluesky=100, youtube=12_300)
    night(store, 1, bluesky=None, youtube=12_400)
    panel = load(store)
    assert panel.until == FIRST + timedelta(days=2)
    series = panel.series("danang-bluesky", "followers", "public")
    assert series.index.tolist() == [pd.Timestamp(FIRST), pd.Timestamp(FIRST + timedelta(days=1))]
    assert series.iloc[0] == 100.0
    assert pd.isna(series.iloc[1])
    wide = panel.readings("followers")
    assert wide.columns.tolist() == ["danang-bluesky", "danang-youtube"]
    assert wide.attrs["lanes"] == {"danang-bluesky": "public", "danang-youtube": "public"}


def test_until_is_exclusive(store: Store) -> None:
    night(store, 0, bluesky=100)
    night(store, 1, bluesky=101)
    panel = load(store, until=FIRST + timedelta(days=1))
    assert panel.last_night == FIRST
    assert panel.series("danang-bluesky", "followers", "public").tolist() == [100.0]
    assert panel.nights.index.tolist() == [day_number(FIRST)]


def test_an_empty_store_gives_an_empty_panel(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    open_store(url, create=True).close()
    panel = load_panel(url)
    assert len(panel.accounts) == 0
    assert panel.readings("followers").empty
    assert panel.gaps(WEEK) == []
    assert list(observations(url)) == []
    assert list(attempts(url)) == []


def test_no_store_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        load_panel(f"sqlite:///{tmp_path / 'none.sqlite'}")


def test_youtube_followers_carry_their_display_step(store: Store) -> None:
    night(store, 0, youtube=12_300)
    night(store, 1, youtube=999)
    steps, words = load(store).steps("danang-youtube", "followers", "public")
    assert steps.tolist() == [100.0, 1.0]
    assert words.tolist() == ["exact", "exact"]


def test_declared_steps_and_qualifiers_are_kept(store: Store) -> None:
    at = int(scheduled_at(FIRST).timestamp())
    row = (
        "danang-bluesky",
        day_number(FIRST),
        at,
        "declared",
        "followers",
        5_400,
        100,
        "at_least",
        "báo cáo",
    )
    store.import_account_numbers([row])
    steps, words = load(store).steps("danang-bluesky", "followers", "declared")
    assert (steps.tolist(), words.tolist()) == ([100.0], ["at_least"])


def test_corrections_are_applied_listed_and_can_be_left_out(store: Store) -> None:
    for number in range(3):
        night(store, number, bluesky=100 + number)
    store.put_rows(
        "correction",
        [
            {
                "id": "c1",
                "account_id": "danang-bluesky",
                "day_from": FIRST,
                "day_to": FIRST + timedelta(days=1),
                "lane": "public",
                "metric": "followers",
                "value": None,
                "reason": "đọc nhầm trang",
            }
        ],
    )
    corrected = load(store).series("danang-bluesky", "followers", "public")
    assert corrected.isna().tolist() == [True, True, False]
    assert load(store).corrections["applied"].tolist() == [2]
    plain = load_panel(store, corrected=False)
    assert plain.series("danang-bluesky", "followers", "public").tolist() == [100.0, 101.0, 102.0]
    frame = pd.concat(observations(store, corrected=True))
    marked = frame[frame["correction"].notna()]
    assert marked["day"].tolist() == ["2024-09-02", "2024-09-03"]
    assert marked["value"].isna().all()


def test_a_voided_account_is_in_no_panel_and_no_export_but_its_attempts_stay(store: Store) -> None:
    night(store, 0, bluesky=100, mastodon=50)
    store.void_account("danang-mastodon", "nhầm chủ", datetime(2024, 9, 3, tzinfo=UTC))
    assert "danang-mastodon" not in load(store).accounts.index
    assert set(pd.concat(observations(store))["account"]) == {"danang-bluesky"}
    assert set(pd.concat(attempts(store))["account"]) == {"danang-bluesky", "danang-mastodon"}


def test_gaps_carry_their_causes(store: Store) -> None:
    """Night 2 never ran, night 3 was unreachable, night 4 did not say; 5 was not asked."""
    night(store, 0, bluesky=100)
    night(store, 1, bluesky=101)
    store.record_missed_night(FIRST + timedelta(days=2))
    store.save([reading("danang-bluesky", FIRST + timedelta(days=3), status="unreachable")])
    night(store, 3)
    night(store, 4, bluesky=None)
    night(store, 5)
    night(store, 6, bluesky=107)
    panel = load(store)
    found = panel.gaps(WEEK, ["danang-bluesky"])
    assert [(gap.start.day, gap.nights, gap.cause) for gap in found] == [
        (4, 1, "night_missed"),
        (5, 1, "unreachable"),
        (6, 1, "not_said"),
        (7, 1, "not_tried"),
    ]
    assert found[1].cause_vi == "không kết nối được nền tảng"
    assert panel.expected(WEEK, "danang-bluesky") == (7, 3)


def test_an_account_is_expected_only_while_it_is_active(store: Store) -> None:
    night(store, 0, bluesky=100)
    row = {"id": "danang-bluesky", "platform": "bluesky", "active_to": FIRST + timedelta(days=1)}
    store.put_rows("account", [row])
    night(store, 1)
    night(store, 2)
    found = load(store).gaps(WEEK, ["danang-bluesky"])
    assert [gap.start for gap in found] == [FIRST + timedelta(days=1)]


def test_gaps_of_an_imported_series_are_intervals_above_twice_the_median(
    store: Store,
) -> None:
    """Weekly sheets with a hole of 28 days: three readings are missing."""
    rows = [
        (
            "danang-bluesky",
            day_number(FIRST + timedelta(days=day)),
            int(scheduled_at(FIRST + timedelta(days=day)).timestamp()),
            "declared",
            "followers",
            100 + day,
            None,
            None,
            "sheet",
        )
        for day in (0, 7, 14, 42, 49, 56)
    ]
    store.import_account_numbers(rows)
    found = load(store).gaps(Window(FIRST, FIRST + timedelta(days=60)))
    assert [(gap.cause, gap.nights, gap.lane) for gap in found] == [("import", 3, "declared")]
    assert (found[0].start, found[0].last) == (
        FIRST + timedelta(days=15),
        FIRST + timedelta(days=41),
    )


def test_owners_and_names_are_those_of_the_day_asked_for(store: Store) -> None:
    store.put_rows(
        "locality", [{"id": "da-nang-2025"}, {"id": "da-nang", "successor_id": "da-nang-2025"}]
    )
    store.put_rows("locality", [{"id": "da-nang", "valid_to": "2025-06-30"}])
    store.put_rows("locality", [{"id": "da-nang-2025", "valid_from": "2025-07-01"}])
    store.put_rows(
        "locality_name",
        [
            {"locality_id": "da-nang", "valid_from": None, "name_vi": "Đà Nẵng"},
            {"locality_id": "da-nang-2025", "valid_from": "2025-07-01", "name_vi": "Đà Nẵng (mới)"},
        ],
    )
    store.put_rows(
        "agency",
        [{"id": "ubnd-moi", "name_vi": "UBND mới", "kind": "ubnd", "locality_id": "da-nang-2025"}],
    )
    store.put_rows(
        "account_period",
        [
            {
                "account_id": "danang-bluesky",
                "valid_from": "2021-01-01",
                "valid_to": "2025-06-30",
                "agency_id": "ubnd-da-nang",
            }
        ],
    )
    store.put_rows(
        "account_period",
        [
            {
                "account_id": "danang-bluesky",
                "valid_from": "2025-07-01",
                "agency_id": "ubnd-moi",
                "handle": "danang.moi",
            }
        ],
    )
    panel = load_panel(store, until=date(2025, 7, 5))
    assert panel.accounts.at["danang-bluesky", "locality_id"] == "da-nang-2025"
    assert panel.accounts_on(date(2025, 6, 30)).at["danang-bluesky", "locality_id"] == "da-nang"
    assert panel.accounts_of("da-nang") == ["danang-mastodon", "danang-youtube"]
    assert len(panel.accounts_of("da-nang", date(2025, 6, 30))) == 3
    assert panel.on_map("34").tolist() == ["da-nang-2025"] * 3
    assert panel.on_map("63").tolist() == ["da-nang"] * 3
    assert panel.on_map("pilot").tolist() == [None] * 3
    renamed = panel.renames("danang-bluesky", Window(date(2025, 6, 1), date(2025, 7, 5)))
    assert [(item.what, item.new) for item in renamed][-1] == ("agency", "ubnd-moi")
    with pytest.raises(ConfigError, match="unknown map"):
        panel.map_localities("64")


def test_posts_are_counted_by_covered_publication_day(store: Store) -> None:
    """Two posts on 31 August, listed on 2 and 9 September: covered from 31 August to 8
    September."""
    published = datetime(2024, 8, 31, 3, tzinfo=UTC)
    for day, count in ((FIRST, 4), (FIRST + timedelta(days=7), 11)):
        posts = tuple(
            post(name, published, reactions=count, comments=1, shares=0) for name in ("one", "two")
        )
        store.save([reading("danang-bluesky", day, what="posts", posts=posts)])
    store.save([reading("danang-bluesky", FIRST - timedelta(days=2), followers=200)])
    store.rebuild_daily()
    night(store, 9, bluesky=210)
    panel = load(store)
    ((lane, covered),) = panel.posts_lanes("danang-bluesky")
    assert (lane, covered) == ("public", Window(date(2024, 8, 31), date(2024, 9, 9)))
    frame = panel.posts("danang-bluesky", covered)
    assert frame["posts"].tolist() == [2.0] + [0.0] * 8
    assert frame["posts_day7"].iloc[0] == 2.0
    looks = [scheduled_at(day) + timedelta(minutes=5) for day in (FIRST, FIRST + timedelta(days=7))]
    share = (published + timedelta(days=7) - looks[0]) / (looks[1] - looks[0])
    assert frame["interactions"].iloc[0] == pytest.approx(2 * (5 + 7 * share))
    assert frame["follower_posts"].iloc[0] == 400.0


def test_observations_are_a_contract(store: Store) -> None:
    """Columns, order, both keys of a single-tap platform, empty value for what was expected and not
    said."""
    published = datetime(2024, 8, 31, 3, tzinfo=UTC)
    night(store, 0, bluesky=100, youtube=12_300)
    store.save(
        [
            reading(
                "danang-bluesky",
                FIRST,
                what="posts",
                posts=(post("p1", published, reactions=4, comments=1, shares=0, saves=None),),
            )
        ]
    )
    night(store, 1, bluesky=None)
    frame = pd.concat(observations(store), ignore_index=True)
    assert tuple(frame.columns) == OBSERVATION_COLUMNS
    order = ["day", "platform", "account", "entity", "post", "metric", "lane"]
    keys = frame[order].fillna("").apply(tuple, axis=1).tolist()
    assert keys == sorted(keys)
    first = frame[(frame["day"] == "2024-09-02") & (frame["account"] == "danang-bluesky")]
    of_post = first[first["entity"] == "post"].set_index("metric")["value"]
    assert of_post[["likes", "reactions", "replies", "reposts"]].tolist() == [4, 4, 1, 0]
    assert pd.isna(of_post["saves"])
    assert set(of_post.index) == {"likes", "reactions", "replies", "reposts", "saves"}
    tube = frame[(frame["account"] == "danang-youtube") & (frame["metric"] == "followers")]
    assert tube["step"].tolist()[0] == 100
    assert tube["basis"].tolist()[0] == "key_30d"
    assert tube["value"].isna().tolist() == [False, True]
    row = first[first["metric"] == "followers"].iloc[0]
    assert (row["value"], row["step"], row["qualifier"], row["lane"]) == (100, 1, "exact", "public")
    assert row["observed_at"] == "2024-09-01T18:05:00Z"
    assert row["definition"] == "1"
    unsaid = frame[(frame["day"] == "2024-09-03") & (frame["account"] == "danang-bluesky")]
    assert unsaid[unsaid["metric"] == "followers"]["value"].isna().all()
    assert unsaid[unsaid["metric"] == "followers"]["qualifier"].isna().all()
    again = pd.concat(observations(store), ignore_index=True)
    pd.testing.assert_frame_equal(frame, again)


def test_observations_obey_the_basis(store: Store) -> None:
    night(store, 0, bluesky=100, youtube=12_300)
    kept = pd.concat(observations(store, today=FIRST + timedelta(days=31)))
    assert set(kept["account"]) == {"danang-bluesky"}


def test_attempts_are_exported_with_their_outcome(store: Store) -> None:
    night(store, 0, bluesky=100)
    store.save([reading("danang-mastodon", FIRST, status="limited")])
    frame = pd.concat(attempts(store), ignore_index=True)
    assert tuple(frame.columns) == ATTEMPT_COLUMNS
    assert frame[["account", "what", "status"]].to_numpy().tolist() == [
        ["danang-bluesky", "profile", "ok"],
        ["danang-mastodon", "profile", "limited"],
    ]
    assert frame["tried_at"].iloc[0] == "2024-09-01T18:05:00Z"


def test_a_number_can_be_traced_to_its_attempt(store: Store) -> None:
    night(store, 0, bluesky=100)
    night(store, 1, bluesky=101)
    frame = trace(load(store), "danang-bluesky", "followers", WEEK)
    assert frame["observation"].tolist() == [
        "account/danang-bluesky/2024-09-02/public/followers",
        "account/danang-bluesky/2024-09-03/public/followers",
    ]
    assert frame["value"].tolist() == [100, 101]
    assert frame["attempt"].notna().all()
    with pytest.raises(ValueError, match="entity"):
        trace(store, "danang-bluesky", "followers", WEEK, entity="page")


def test_a_panel_can_be_limited_to_accounts_and_localities(store: Store) -> None:
    night(store, 0, bluesky=100, mastodon=50)
    assert load_panel(store, accounts=["danang-bluesky"]).accounts.index.tolist() == [
        "danang-bluesky"
    ]
    assert len(load_panel(store, localities=["da-nang"]).accounts) == 3
    assert len(load_panel(store, localities=["ha-noi"]).accounts) == 0
