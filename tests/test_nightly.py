"""The night step by step: under which day it is filed, what it never mixes, what it enters in the
ledger.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sandbox_folder import (
    ACCOUNTS,
    NEXT,
    NIGHT,
    fresh_folder,
    open_folder,
    quiet,
    sandbox,
    set_night,
)

from jobs.nightly import NightDone, collect_night, run_night
from jobs.opening import Opened, make_folder, night_clock, night_day
from jobs.phases import Collected
from jobs.planning import plan_night
from tracker.errors import ConfigError, InputError, StoreError
from tracker.imports import import_file
from tracker.periods import day_number, scheduled_at
from tracker.settings import Settings, load_settings

DAY = date(2026, 11, 20)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """The data folder after its first night."""
    made = open_folder(fresh_folder(tmp_path / "data", read=True))
    yield made
    made.store.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Opened]:
    """A data folder for real numbers: one account, none of its numbers yet."""
    folder = tmp_path / "real"
    store = make_folder(folder)
    sheet = tmp_path / "accounts.csv"
    sheet.write_text("agency_id,platform,handle,id\nubnd-da-nang,bluesky,x.example.org,mot\n")
    import_file("accounts", sheet, store, folder, now=scheduled_at(NIGHT))
    yield Opened(folder, load_settings(folder, {}), store)
    store.close()


def with_sandbox(opened: Opened, **environ: str) -> Opened:
    settings = load_settings(opened.folder, {**sandbox().environment(), **environ})
    return Opened(opened.folder, settings, opened.store)


def plain(folder: Path, **environ: str) -> Settings:
    return load_settings(folder, environ)


# --- Under which day a reading is filed (rule 9) ---


def test_a_reading_is_filed_under_the_last_night_within_20_hours(tmp_path: Path) -> None:
    settings = plain(tmp_path)
    due = scheduled_at(DAY)
    assert night_day(due, None, settings) == DAY
    assert night_day(due + timedelta(hours=20), None, settings) == DAY
    with pytest.raises(ConfigError, match="within 20 hours"):
        night_day(due + timedelta(hours=20, seconds=1), None, settings)
    assert night_day(due - timedelta(hours=5), None, settings) == DAY - timedelta(days=1)


def test_another_day_is_refused_for_a_live_reading(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a missed night stays a gap"):
        night_day(scheduled_at(DAY), DAY - timedelta(days=1), plain(tmp_path))
    assert night_day(scheduled_at(DAY), DAY, plain(tmp_path)) == DAY


def test_another_day_is_accepted_with_the_sandbox(tmp_path: Path) -> None:
    settings = plain(tmp_path, TRACKER_SANDBOX_URL="http://127.0.0.1:1")
    assert night_day(scheduled_at(DAY), NIGHT, settings) == NIGHT


def test_a_sandbox_on_another_machine_is_no_sandbox(tmp_path: Path) -> None:
    settings = plain(tmp_path, TRACKER_SANDBOX_URL="https://gialap.example")
    with pytest.raises(ConfigError, match="loopback"):
        night_clock(settings)


def test_checks_run_at_any_hour_and_of_any_day(
    real: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = scheduled_at(DAY) + timedelta(hours=23)
    monkeypatch.setattr("jobs.opening.wall_clock", lambda: late)
    assert run_night(real, quiet, steps=("checks",)).day == DAY
    assert run_night(real, quiet, steps=("checks",), day=NIGHT).day == NIGHT
    assert run_night(real, quiet, steps=("purge", "backup")).day == DAY
    with pytest.raises(ConfigError, match="within 20 hours"):
        run_night(real, quiet, steps=("collect",))
    with pytest.raises(ConfigError, match="--day"):
        run_night(real, quiet, steps=("purge",), day=NIGHT)


def test_an_unknown_step_is_refused_before_any_other_runs(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="no step dance; the steps are collect"):
        run_night(opened, quiet, steps=("purge", "dance"))
    assert not (opened.folder / "backups").exists()


# --- Simulated and real numbers (rule 12) ---


def test_a_synthetic_store_refuses_the_real_platforms(opened: Opened) -> None:
    live = Opened(opened.folder, plain(opened.folder), opened.store)
    with pytest.raises(ConfigError, match="the store is synthetic"):
        collect_night(live, quiet, day=None)
    assert [night.day for night in opened.store.nights()] == [NIGHT]


def test_what_the_sandbox_filled_is_synthetic_for_ever(real: Opened) -> None:
    set_night(NIGHT)
    collect_night(with_sandbox(real), quiet)
    assert real.synthetic
    with pytest.raises(ConfigError, match="the store is synthetic"):
        collect_night(real, quiet)


def test_a_store_with_real_numbers_refuses_the_sandbox(real: Opened, tmp_path: Path) -> None:
    sheet = tmp_path / "history.csv"
    sheet.write_text("account,day,metric,value\nmot,2024-09-01,followers,5\n")
    import_file("history", sheet, real.store, real.folder, now=scheduled_at(NIGHT))
    set_night(NIGHT)
    with pytest.raises(StoreError, match="the store holds real numbers"):
        collect_night(with_sandbox(real), quiet)
    assert not real.synthetic
    assert real.store.nights() == []
    assert sandbox().stats()["bluesky"]["calls"] == 0


def test_simulated_and_real_platforms_are_not_read_side_by_side(
    real: Opened, tmp_path: Path
) -> None:
    sheet = tmp_path / "more.csv"
    sheet.write_text("agency_id,platform,handle,id\nubnd-da-nang,mastodon,x@example.org,hai\n")
    import_file("accounts", sheet, real.store, real.folder, now=scheduled_at(NIGHT))
    set_night(NIGHT)
    with pytest.raises(ConfigError, match="never go into one store"):
        collect_night(with_sandbox(real, TRACKER_MASTODON_URL=""), quiet)
    assert not real.synthetic


def test_numbers_from_this_machine_are_simulated_even_without_the_sandbox_clock(
    real: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.opening.time.sleep", lambda seconds: None)
    monkeypatch.setattr("jobs.opening.wall_clock", lambda: scheduled_at(DAY))
    settings = plain(real.folder, TRACKER_BLUESKY_URL="http://127.0.0.1:9/xrpc")
    collect_night(Opened(real.folder, settings, real.store), quiet)
    assert real.synthetic


# --- The ledger of nights ---


def test_nights_that_never_ran_are_entered_when_the_next_one_runs(opened: Opened) -> None:
    said: list[str] = []
    set_night(NIGHT + timedelta(days=4))
    collect_night(opened, said.append)
    nights = {night.day: night for night in opened.store.nights()}
    assert sorted(nights) == [NIGHT + timedelta(days=number) for number in range(5)]
    missed = [nights[NIGHT + timedelta(days=number)] for number in (1, 2, 3)]
    assert all(night.started_at is None and night.expected is None for night in missed)
    assert "3 nights of 2024-09-05 to 2024-09-07 never ran; they stay gaps" in said


def test_a_night_read_in_parts_did_run(opened: Opened) -> None:
    collect_night(opened, quiet, platforms=("bluesky",))
    night = opened.store.nights()[-1]
    assert (night.day, night.expected, night.read, night.missing) == (NEXT, 24, 8, 16)
    collect_night(opened, quiet)
    night = opened.store.nights()[-1]
    assert (night.read, night.missing) == (24, 0)


def test_a_register_edited_by_hand_holds_tonight(opened: Opened) -> None:
    accounts = opened.folder / "register" / "accounts.csv"
    ended = with_cell(accounts, "danang-ubnd-youtube", "active_to", NIGHT.isoformat())
    accounts.write_text(ended, encoding="utf-8")
    collect_night(opened, quiet)
    assert opened.store.nights()[-1].expected == 23
    assert "register edited" in [row["command"] for row in opened.store.rows("change")]


def test_an_unsound_register_stops_the_night_with_file_and_row(opened: Opened) -> None:
    accounts = opened.folder / "register" / "accounts.csv"
    wrong = with_cell(accounts, "danang-ubnd-youtube", "platform", "orkut")
    accounts.write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError, match=r"accounts\.csv, row \d+, column platform: found 'orkut'"):
        collect_night(opened, quiet)
    assert sandbox().stats()["youtube"]["calls"] == 0
    assert [night.day for night in opened.store.nights()] == [NIGHT]


def with_cell(sheet: Path, key: str, column: str, value: str) -> str:
    """Give the text of a register file with one cell changed."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([{**row, column: value} if row["id"] == key else row for row in rows])
    return out.getvalue()


def test_units_are_filed_under_the_quota_day_of_the_platform(opened: Opened) -> None:
    set_night(NEXT, hours=12)  # 06:00 UTC, and 23:00 of the day before on the Pacific coast
    collect_night(opened, quiet)
    used = {key: counts["calls"] for key, counts in sandbox().stats().items() if counts["calls"]}
    filed: Counter[str] = Counter()
    for row in opened.store.rows("quota"):
        if row["day"] == day_number(NIGHT if row["platform"] == "youtube" else NEXT):
            filed[row["platform"]] += row["units"]
    assert dict(filed) == used


def test_little_coverage_raises_an_alert_and_the_exit_code(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    lost = [key for key in ACCOUNTS if key.endswith(("youtube", "bluesky"))]
    sandbox().set_faults({"vanished": lost})
    said: list[str] = []
    opened = open_folder(folder)
    with opened.store:
        done = run_night(opened, said.append, steps=("collect", "checks"))
    assert done.code == 3
    assert done.alert == f"only 33% of 24 accounts were read on {NEXT}"
    assert f"ALERT: {done.alert}" in said


def test_reports_that_are_due_within_14_days_are_written(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(opened: Opened, letter: str, **options: object) -> list[Path]:
        written.append(letter)
        return [opened.folder / "one.docx"]

    monkeypatch.setattr("jobs.reporting.write_reports_of", write)
    for day in (date(2024, 9, 4), date(2024, 9, 16)):
        set_night(day)
        run_night(opened, quiet, steps=("reports",))
    assert written == ["3836"]


def test_an_empty_register_says_what_to_do(tmp_path: Path) -> None:
    said: list[str] = []
    with make_folder(tmp_path / "real") as store:
        set_night(NIGHT)
        opened = with_sandbox(Opened(tmp_path / "real", plain(tmp_path), store))
        done = collect_night(opened, said.append)
    assert done.code == 0
    assert any("tracker import accounts" in line for line in said)


def test_an_account_that_is_not_read_is_refused_by_name(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="did you mean danang-ubnd-bluesky"):
        collect_night(opened, quiet, accounts=("danang-ubnd-blusky",))


def test_a_chosen_account_is_read_alone(opened: Opened) -> None:
    done = collect_night(opened, quiet, accounts=("danang-ubnd-bluesky",))
    assert done.code == 0
    rows = opened.store.rows("attempt", day=day_number(NEXT))
    assert {row["account_id"] for row in rows} == {"danang-ubnd-bluesky"}


# --- The plan and what is said ---


def test_the_plan_says_about_how_much_the_night_asks(opened: Opened) -> None:
    plans, refused = plan_night(opened, None, ())
    assert refused == []
    assert [plan.platform for plan in plans] == ["youtube", "bluesky", "mastodon"]
    assert all(sandbox().stats()[plan.platform]["calls"] == 0 for plan in plans)
    collect_night(opened, quiet)
    for plan in plans:
        assert plan.calls / 3 <= sandbox().stats()[plan.platform]["calls"] <= plan.calls * 3
    youtube = plans[0]
    assert youtube.left[""] == 9_000
    assert youtube.line().startswith(f"youtube: about {youtube.calls} requests: 8 profiles, ")
    assert "no money" in youtube.line()
    with pytest.raises(ConfigError, match="no connector for orkut"):
        plan_night(opened, None, ("orkut",))


def test_a_platform_that_answers_too_late_for_this_night_is_not_waited_for() -> None:
    soon, late = (datetime(2024, 9, day, 7, tzinfo=UTC) for day in (4, 5))
    assert NightDone(NIGHT, Collected(retry_at=soon)).again_at == soon
    assert NightDone(NIGHT, Collected(retry_at=late)).again_at is None


def test_a_copy_of_the_folder_is_a_data_folder_of_its_own(opened: Opened, tmp_path: Path) -> None:
    opened.store.close()
    shutil.copytree(opened.folder, tmp_path / "Bản sao của tôi")
    copy = open_folder(tmp_path / "Bản sao của tôi")
    with copy.store:
        assert collect_night(copy, quiet).code == 0
