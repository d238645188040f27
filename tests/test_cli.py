"""The command as a person types it, each time a process of its own: words, exit codes, streams."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from sandbox_folder import (
    ACCOUNTS,
    NEXT,
    NIGHT,
    environment,
    fresh_folder,
    run_tracker,
    sandbox_environment,
    set_night,
)

from jobs.folder import only_one

COMMANDS = (
    *("init", "upgrade", "check", "import", "collect", "nightly", "schedule", "replay", "status"),
    *("log", "account", "purge", "backup", "restore", "indicators", "effects", "trace", "export"),
    *("letters", "answers", "report", "issue", "editions", "national", "slip", "demo"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder after its first night."""
    return fresh_folder(tmp_path / "data", read=True)


def test_help_names_every_command() -> None:
    told = run_tracker("--help")
    assert told.code == 0
    found = re.findall(r"^  ([a-z]+) ", told.out, re.MULTILINE)
    assert set(COMMANDS) <= set(found)


@pytest.mark.parametrize("command", [*COMMANDS, "account void"])
def test_each_command_explains_itself(command: str) -> None:
    told = run_tracker(*command.split(), "--help")
    assert told.code == 0
    assert told.out.startswith("Usage: ")
    assert told.err == ""


def test_help_is_plain_text_without_colour_codes() -> None:
    for words in (["--help"], ["collect", "--frob"]):
        told = run_tracker(*words, env=environment(NO_COLOR="1", FORCE_COLOR="1"))
        assert "\x1b" not in told.out + told.err


def test_init_makes_a_folder_that_the_other_commands_take(tmp_path: Path) -> None:
    place = tmp_path / "Số liệu của tôi"
    made = run_tracker("init", place)
    assert made.code == 0
    assert str(place) in made.out
    told = run_tracker("check", env=environment(TRACKER_DATA=str(place)))
    assert told.code == 0
    assert f"data folder: {place}" in told.out
    assert run_tracker("status", cwd=place).code == 0
    again = run_tracker("init", place)
    assert again.code == 0


def test_a_whole_night_by_command(folder: Path) -> None:
    done = run_tracker("nightly", "--data", folder, env=sandbox_environment())
    assert done.code == 0
    assert done.err == ""
    assert f"night of {NEXT}" in done.out
    assert (folder / "backups" / f"gia-lap_tracker-{NEXT}.zip").is_file()
    told = run_tracker("status", "--data", folder, env=sandbox_environment())
    assert f"{NEXT}: 24 of 24 accounts read" in told.out


def test_a_quiet_night_prints_nothing(folder: Path) -> None:
    done = run_tracker("collect", "--quiet", "--data", folder, env=sandbox_environment())
    assert (done.code, done.out, done.err) == (0, "", "")


def test_another_day_is_read_from_the_sandbox(folder: Path) -> None:
    day = "10/09/2024"
    words = ("collect", "--day", day, "--account", "danang-ubnd-bluesky", "--data", folder)
    done = run_tracker(*words, env=sandbox_environment())
    assert done.code == 0
    assert "night of 2024-09-10" in done.out


def test_a_second_collector_is_refused_in_one_sentence(folder: Path) -> None:
    with only_one(folder, "nightly"):
        for command in ("collect", "nightly", "purge", "backup"):
            refused = run_tracker(command, "--data", folder, env=sandbox_environment())
            assert refused.code == 1
            assert refused.out == ""
            assert len(refused.err.splitlines()) == 1
            assert refused.err.startswith("tracker: `tracker nightly` (process ")
            assert f"`tracker {command}` was not started" in refused.err
    assert run_tracker("collect", "--data", folder, env=sandbox_environment()).code == 0


def test_reading_commands_do_not_wait_for_the_collector(folder: Path) -> None:
    with only_one(folder, "nightly"):
        for words in (["status"], ["check"], ["log"], ["collect", "--plan"]):
            told = run_tracker(*words, "--data", folder, env=sandbox_environment())
            assert told.code == 0, told.err


@pytest.mark.parametrize("command", ["status", "check", "log"])
def test_json_is_json_and_nothing_else(folder: Path, command: str) -> None:
    told = run_tracker(command, "--json", "--data", folder, env=sandbox_environment())
    assert told.code == 0
    assert told.err == ""
    assert json.loads(told.out)


def test_indicators_print_as_csv_json_and_table(folder: Path) -> None:
    found = {}
    for form in ("csv", "json", "table"):
        words = ("indicators", "--locality", "da-nang", "--format", form, "--data", folder)
        told = run_tracker(*words, env=sandbox_environment())
        assert told.code == 0, told.err
        found[form] = told.out
    rows = json.loads(found["json"])
    assert {row["account"] for row in rows} <= {*ACCOUNTS, None}
    assert len(found["csv"].splitlines()) == len(rows) + 1
    assert len(found["table"].splitlines()) >= len(rows) + 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1258"])
def test_output_is_utf_8_on_every_system(folder: Path, encoding: str) -> None:
    env = sandbox_environment(PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    told = run_tracker("check", "--data", folder, env=env)
    assert told.code == 0
    assert "Số liệu công khai của mạng mở" in told.out
    wrong = run_tracker("indicators", "--locality", "đà-nẵng", "--data", folder, env=env)
    assert "đà-nẵng" in wrong.err


def test_a_reader_that_goes_away_brings_no_traceback(folder: Path) -> None:
    before = (
        "import os, sys; left, right = os.pipe(); os.close(left); sys.stdout = open(right, 'w')"
    )
    told = run_tracker("status", "--data", folder, env=sandbox_environment(), before=before)
    assert told.err == ""


def test_the_plan_asks_nothing_and_files_nothing(folder: Path) -> None:
    told = run_tracker("collect", "--plan", "--data", folder, env=sandbox_environment())
    assert told.code == 0
    assert [line.split(":")[0] for line in told.out.splitlines()] == [
        *("youtube", "bluesky", "mastodon"),
    ]
    status = run_tracker("status", "--json", "--data", folder, env=sandbox_environment())
    ran = [night["day"] for night in json.loads(status.out)["nights"] if night["started_at"]]
    assert ran == [NIGHT.isoformat()]


def test_an_account_is_voided_with_its_reason(folder: Path) -> None:
    words = ("account", "void", "danang-ubnd-bluesky", "--reason", "trang giả mạo")
    done = run_tracker(*words, "--office", "Phòng A", "--data", folder)
    assert done.code == 0
    assert done.out == "danang-ubnd-bluesky is void: trang giả mạo\n"
    assert "account void danang-ubnd-bluesky by Phòng A" in run_tracker("log", "--data", folder).out
    again = run_tracker(*words, "--data", folder)
    assert again.code == 2


def test_backup_restore_and_export_come_round(folder: Path, tmp_path: Path) -> None:
    zipped, new = tmp_path / "một.zip", tmp_path / "mới"
    assert run_tracker("backup", "--out", zipped, "--data", folder).code == 0
    restored = run_tracker("restore", zipped, "--data", new)
    assert restored.code == 0
    assert restored.out == f"{new} restored\n"
    made = []
    for place in (folder, new):
        out = tmp_path / f"{place.name}.csv"
        words = ("export", "observations", "--out", out, "--data", place)
        assert run_tracker(*words, env=sandbox_environment()).code == 0
        made.append(out.read_bytes())
    assert made[0] == made[1]
    words = ("import", "observations", tmp_path / "data.csv", "--data", new)
    done = run_tracker(*words, env=sandbox_environment())
    assert done.code == 0
    assert ", 0 new, " in done.out


def test_purge_lists_before_it_deletes(folder: Path) -> None:
    set_night(date(2024, 10, 20))
    env = sandbox_environment()
    listed = run_tracker("purge", "--dry-run", "--data", folder, env=env)
    assert listed.out.splitlines()[-1].endswith("rows would be deleted")
    deleted = run_tracker("purge", "--data", folder, env=env)
    assert deleted.out == listed.out.replace("would be deleted", "deleted")
    assert run_tracker("purge", "--data", folder, env=env).out == "0 rows deleted\n"


def test_a_replay_tells_how_much_was_made_again(folder: Path) -> None:
    told = run_tracker("replay", "--day", NIGHT, "--data", folder, env=sandbox_environment())
    assert told.code == 0
    assert "youtube: 16 of 16 readings made again from the archive" in told.out


def test_an_upgraded_store_says_that_it_is_current(folder: Path) -> None:
    told = run_tracker("upgrade", "--data", folder)
    assert told.code == 0
    assert "the store is current" in told.out


def test_a_template_is_written_and_refused_until_it_is_filled(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "accounts.xlsx"
    assert run_tracker("import", "accounts", "--template", sheet).code == 0
    done = run_tracker("import", "accounts", sheet, "--dry-run", "--data", folder)
    assert done.code in (0, 2)
    assert "Traceback" not in done.err
