"""Two doors to one account, metrics that end, owners who withdraw."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sandbox_folder import (
    NIGHT,
    fresh_folder,
    open_folder,
    quiet,
    run_tracker,
    sandbox,
    sandbox_environment,
    set_night,
)
from wide_folder import KEY, accounts_on, connect_all, wide_folder

from jobs.nightly import collect_night, purge_account, run_night
from jobs.opening import Opened, open_archive, open_credentials
from jobs.replaying import replay_night
from jobs.status import change_lines, read_status
from tracker.errors import ConfigError
from tracker.panel import attempts, observations
from tracker.periods import day_number, scheduled_at
from tracker.readings import LANES

INSTAGRAM = accounts_on("instagram", count=2)
OWN, OTHER = INSTAGRAM
ZALO = accounts_on("zalo", count=2)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    found = wide_folder(tmp_path / "data", [*INSTAGRAM, *ZALO])
    connect_all(found, [OWN, *ZALO])
    yield found
    sandbox().set_faults({})
    found.store.close()


def lanes_of(opened: Opened, what: str, day: date = NIGHT) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in opened.store.rows("attempt", day=day_number(day), what=what, status="ok"):
        found.setdefault(row["account_id"], set()).add(LANES[row["lane"]])
    return found


# --- Two doors ---


def test_an_account_with_two_doors_has_its_counts_side_by_side_and_its_posts_by_the_better_one(
    opened: Opened,
) -> None:
    collect_night(opened, quiet)
    assert lanes_of(opened, "profile") == {
        OWN: {"owner", "public"},
        OTHER: {"public"},
        **{key: {"owner"} for key in ZALO},
    }
    assert lanes_of(opened, "posts")[OWN] == {"owner"}
    [frame] = observations(opened.store, accounts=[OWN])
    followers = frame[(frame["metric"] == "followers") & (frame["entity"] == "account")]
    assert followers["lane"].tolist() == ["owner", "public"]
    assert followers["value"].nunique() == 1
    assert followers["basis"].tolist() == ["owner_consent", "public_content"]
    saves = frame[frame["metric"] == "saves"]
    assert set(saves["lane"]) == {"owner"}
    assert saves["value"].notna().all()


def test_a_second_run_asks_neither_door_again(opened: Opened) -> None:
    collect_night(opened, quiet)
    sandbox().reset_stats()
    collect_night(opened, quiet)
    assert sum(counts["calls"] for counts in sandbox().stats().values()) == 0


def test_lanes_that_differ_are_said_by_the_night_and_by_status(opened: Opened) -> None:
    collect_night(opened, quiet)
    rows = opened.store.rows("account_snapshot", account_id=OWN)
    shown = next(row["followers"] for row in rows if LANES[row["lane"]] == "public")
    sheet = opened.folder / "declared.csv"
    sheet.write_text(
        f"account,day,metric,value,lane\n{OWN},{NIGHT},followers,{shown + 7},declared\n",
        encoding="utf-8",
    )
    env = sandbox_environment(TRACKER_SECRET_KEY=KEY)
    words = ("import", "history", sheet, "--data", opened.folder)
    assert run_tracker(*words, env=env).code == 0
    said: list[str] = []
    run_night(opened, said.append, steps=("checks",), day=NIGHT)
    differ = [line for line in said if "differ" in line]
    assert len(differ) == 2  # declared against owner, and against public
    assert f"public {shown:,}, declared {shown + 7:,}" in "".join(differ)
    assert any(line.startswith("lanes: ") for line in read_status(opened).lines())


def test_a_night_of_both_doors_can_be_made_again_from_the_archive(opened: Opened) -> None:
    collect_night(opened, quiet)
    before = opened.store.rows("account_snapshot"), opened.store.rows("post_snapshot")
    said: list[str] = []
    replay_night(opened, NIGHT, said.append)
    assert (opened.store.rows("account_snapshot"), opened.store.rows("post_snapshot")) == before
    assert said == [
        "instagram: 5 of 5 readings made again from the archive",
        "zalo: 4 of 4 readings made again from the archive",
    ]


def test_an_ended_token_is_a_gap_with_its_cause_and_stops_nobody_else(opened: Opened) -> None:
    collect_night(opened, quiet)
    credentials = open_credentials(opened, lambda: scheduled_at(NIGHT))
    token = credentials.find(ZALO[0])
    assert token is not None
    late = NIGHT + timedelta(days=100)  # the refresh tokens of 90 days have ended
    set_night(late)
    collect_night(opened, quiet)
    [frame] = attempts(opened.store, since=late)
    final = frame[frame["what"] == "profile"].set_index(["account", "lane"])["status"].to_dict()
    assert final[ZALO[0], "owner"] == final[ZALO[1], "owner"] == "denied"
    assert final[OTHER, "public"] == "ok"
    causes = {gap["cause"] for gap in read_status(opened).gaps if gap["platform"] == "zalo"}
    assert causes == {"access refused: the credential is wrong or has ended"}


# --- Metrics that end ---


def test_a_metric_that_the_platform_drops_closes_its_series_alone(tmp_path: Path) -> None:
    opened = open_folder(fresh_folder(tmp_path / "data", read=True))
    said: list[str] = []
    with opened.store:
        for number in range(1, 8):
            day = NIGHT + timedelta(days=number)
            set_night(day)
            sandbox().set_faults({"retired": {"bluesky": ["followsCount"]}} if number > 3 else {})
            run_night(opened, said.append, steps=("collect", "checks"))
        sandbox().set_faults({})
        rows = opened.store.rows("definition_break")
        since = NIGHT + timedelta(days=4)
        assert [(row["platform"], row["metric"], row["day"]) for row in rows] == [
            ("bluesky", "following", since)
        ]
        snapshots = opened.store.rows("account_snapshot", day=day_number(since))
        assert any(row["followers"] for row in snapshots if "bluesky" in row["account_id"])
    assert sum("tells following of no account" in line for line in said) == 1
    with (opened.folder / "register" / "definition_breaks.csv").open(encoding="utf-8") as file:
        [written] = csv.DictReader(file)
    assert written["note_vi"] == "Từ 08/09/2024 nền tảng không còn cho biết số này"


# --- Owners who withdraw ---


def test_an_owner_who_withdraws_takes_the_numbers_the_token_and_the_archive_along(
    opened: Opened,
) -> None:
    collect_night(opened, quiet)
    assert "zalo" in {path.stem.partition(".")[0] for path in opened.folder.rglob("*.jsonl.gz")}
    said: list[str] = []
    rows = purge_account(opened, ZALO[0], "rút ủy quyền", None, said.append)
    assert rows > 0
    assert opened.store.rows("account_snapshot", account_id=ZALO[0]) == []
    assert opened.store.rows("post", account_id=ZALO[0]) == []
    assert opened.store.rows("account_snapshot", account_id=ZALO[1]) != []
    assert open_credentials(opened, lambda: scheduled_at(NIGHT)).find(ZALO[0]) is None
    assert list(open_archive(opened).members(NIGHT, "zalo")) == []
    assert list(open_archive(opened).members(NIGHT, "instagram")) != []
    assert f"purge {ZALO[0]}: rút ủy quyền" in change_lines(opened.store.rows("change"))[-1]


def test_a_single_post_can_be_deleted(opened: Opened) -> None:
    collect_night(opened, quiet)
    posts = opened.store.rows("post", account_id=ZALO[1])
    purge_account(opened, ZALO[1], "bài đã bị xóa", posts[0]["native_id"], quiet)
    assert opened.store.rows("post", account_id=ZALO[1]) == posts[1:]
    assert opened.store.rows("account_snapshot", account_id=ZALO[1]) != []
    with pytest.raises(ConfigError, match="no account 'nobody'"):
        purge_account(opened, "nobody", "x", None, quiet)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--account", "a"), "--account needs --reason"),
        (("--account", "a", "--reason", "b", "--dry-run"), "--account needs --reason"),
        (("--post", "1"), "--post and --reason go with --account"),
    ],
)
def test_a_half_said_withdrawal_deletes_nothing(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    done = run_tracker("purge", *words, "--data", folder, env=sandbox_environment())
    assert done.code == 2
    assert said in done.err
