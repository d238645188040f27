"""What `check`, `status` and `log` say: everything that is missing, with its cause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sandbox_folder import NEXT, NIGHT, fresh_folder, open_folder, quiet, sandbox, set_night

from jobs.nightly import collect_night
from jobs.opening import Opened
from jobs.readiness import check_readiness
from jobs.status import change_lines, read_status
from jobs.tracing import trace_rows
from tracker.errors import ConfigError


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = open_folder(fresh_folder(tmp_path / "data", read=True))
    yield made
    made.store.close()


def as_json(found: Any) -> Any:
    return json.loads(json.dumps(found.as_dict(), default=str))


def test_a_complete_night_has_no_gap(opened: Opened) -> None:
    set_night(NIGHT)
    found = read_status(opened)
    assert found.gaps == ()
    assert found.lines()[:2] == [
        f"last scheduled night: {NIGHT}",
        f"{NIGHT}: 24 of 24 accounts read",
    ]
    coverage = {item["platform"]: (item["read"], item["expected"]) for item in found.coverage}
    assert coverage == dict.fromkeys(("bluesky", "mastodon", "youtube"), (8, 8))
    used = {item["platform"]: item["units"] for item in found.quota}
    assert used.keys() == {"bluesky", "mastodon", "youtube"}
    assert min(used.values()) > 8


def test_each_gap_has_its_cause(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    sandbox().set_faults({"vanished": ["danang-ubnd-bluesky", "sonla-ubnd-bluesky"]})
    opened = open_folder(folder, TRACKER_YOUTUBE_API_KEY="")
    with opened.store:
        collect_night(opened, quiet)
        lines = read_status(opened).lines()
        gaps = as_json(read_status(opened))["gaps"]
    assert f"{NEXT}: 14 of 24 accounts read" in lines
    assert f"{NEXT} youtube: 0 of 8 read" in lines
    assert gaps == [
        {
            "night": str(NEXT),
            "platform": "bluesky",
            "what": "profile",
            "cause": "not found, or hidden from us",
            "accounts": 2,
        },
        {
            "night": str(NEXT),
            "platform": "youtube",
            "what": "profile",
            "cause": "not asked: tracker check says why",
            "accounts": 8,
        },
    ]


def test_lists_of_posts_that_were_not_read_are_a_gap_too(opened: Opened) -> None:
    sandbox().set_faults({"quota": {"youtube": 1}})
    collect_night(opened, quiet)
    found = [gap for gap in read_status(opened).gaps if gap["what"] == "posts"]
    assert [(gap["platform"], gap["cause"]) for gap in found] == [
        ("youtube", "the day's quota is used up")
    ]


def test_nights_that_never_ran_are_shown_before_the_next_one_runs(opened: Opened) -> None:
    set_night(NIGHT + timedelta(days=3))
    lines = read_status(opened).lines()
    assert "2024-09-05: never ran; it stays a gap" in lines
    assert "2024-09-06: never ran; it stays a gap" in lines
    assert "2024-09-07: has not run yet; start it with: tracker nightly" in lines
    assert len(opened.store.nights()) == 1


def test_a_night_that_broke_off_says_how_to_go_on(opened: Opened) -> None:
    opened.store.begin_night(NEXT, opened.store.nights()[0].started_at, 24)  # type: ignore[arg-type]
    assert "2024-09-05: started, not finished; start it again with: tracker nightly" in (
        read_status(opened).lines()
    )


def test_a_folder_without_a_night_is_no_error(tmp_path: Path) -> None:
    opened = open_folder(fresh_folder(tmp_path / "data"))
    with opened.store:
        found = as_json(read_status(opened))
    assert found["nights"] == found["gaps"] == found["coverage"] == []


def test_check_says_for_each_platform_whether_it_can_be_read(opened: Opened) -> None:
    found = check_readiness(opened)
    assert [(item.platform, item.accounts, item.ready) for item in found.platforms] == [
        ("bluesky", 8, True),
        ("mastodon", 8, True),
        ("youtube", 8, True),
    ]
    assert found.blocking == ()
    terms = as_json(found)["platforms"][2]["bases"]
    assert terms == {"owner_consent": 7, "key_30d": 1}
    assert any("30 ngày" in line for line in found.lines())


def test_check_says_how_to_mend_a_missing_key(tmp_path: Path) -> None:
    opened = open_folder(fresh_folder(tmp_path / "data"), TRACKER_YOUTUBE_API_KEY="")
    with opened.store:
        found = check_readiness(opened).platforms[2]
    assert not found.ready
    assert "write the line TRACKER_YOUTUBE_API_KEY=" in found.reason


def test_check_says_that_a_synthetic_store_refuses_the_real_platforms(opened: Opened) -> None:
    live = open_folder(opened.folder, TRACKER_BLUESKY_URL="")
    with live.store:
        found = {item.platform: item.reason for item in check_readiness(live).platforms}
    assert "the store is synthetic" in found["bluesky"]
    assert found["mastodon"] == "can be read tonight"


def test_check_names_what_is_wrong_in_the_register(opened: Opened) -> None:
    accounts = opened.folder / "register" / "accounts.csv"
    text = accounts.read_text(encoding="utf-8")
    accounts.write_text(text.replace(",youtube,", ",orkut,", 1), encoding="utf-8")
    assert "column platform: found 'orkut'" in check_readiness(opened).blocking[0]


def test_the_log_says_who_changed_what_and_by_which_file(opened: Opened) -> None:
    opened.store.void_account(
        "danang-ubnd-bluesky",
        "đóng",
        opened.store.nights()[0].started_at,
        "Phòng A",  # type: ignore[arg-type]
    )
    lines = change_lines(opened.store.rows("change"))
    assert any("import accounts accounts.csv: 48 rows (sha256 " in line for line in lines)
    assert "account void danang-ubnd-bluesky by Phòng A: 1 rows" in lines[-1]


def test_a_number_is_traced_to_its_reading_and_its_correction(opened: Opened) -> None:
    account = "danang-ubnd-bluesky"
    opened.store.put_rows(
        "correction",
        [
            {
                "id": "c1",
                "account_id": account,
                "day_from": NIGHT,
                "day_to": NIGHT,
                "lane": "public",
                "metric": "followers",
                "value": 5,
                "reason": "đọc nhầm",
            }
        ],
    )
    rows = trace_rows(opened, account, "followers", NIGHT, NIGHT, posts=False)
    assert rows["correction"].tolist() == ["c1"]
    assert rows["observation"].tolist() == [f"account/{account}/{NIGHT}/public/followers"]
    assert len(rows["digest"].iloc[0]) == 64
    posts = trace_rows(opened, account, "reactions", NIGHT, NIGHT, posts=True)
    assert len(posts) > 10
    assert set(posts["correction"]) == {""}
    for words in (("nobody", "followers", NIGHT), (account, "no metric!", NIGHT)):
        with pytest.raises(ConfigError):
            trace_rows(opened, words[0], words[1], words[2], NIGHT, posts=False)
