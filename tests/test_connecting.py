"""`tracker connect` as an officer uses it, and tokens that two collectors share."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_folder import (
    NEXT,
    NIGHT,
    open_folder,
    quiet,
    run_tracker,
    sandbox,
    sandbox_environment,
    set_night,
)
from wide_folder import KEY, accounts_on, connect_all, wide_folder

from jobs.connecting import code_in, connect, take_over
from jobs.nightly import collect_night
from jobs.opening import Opened, open_credentials
from jobs.readiness import check_readiness
from jobs.sandbox.tokens import code_for
from jobs.status import read_status
from tracker.errors import AccessDenied, ConfigError
from tracker.periods import scheduled_at

ZALO = accounts_on("zalo", count=6)
FIRST = ZALO[0]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    found = wide_folder(tmp_path / "data", ZALO)
    yield found
    found.store.close()


def statuses(opened: Opened) -> dict[str, str]:
    rows = opened.store.rows("attempt", what="profile")
    return {row["account_id"]: row["status"] for row in rows}


def test_an_officer_is_told_where_to_consent_and_pastes_the_address(opened: Opened) -> None:
    said: list[str] = []
    pasted = f"https://localhost/tracker?oa_id=1&code={code_for(FIRST)}&state={FIRST}\n"
    connect(opened, "zalo", FIRST, code=None, ask=lambda: pasted, say=said.append)
    assert any(line.startswith(f"{sandbox().url}/zalo/v4/oa/permission?") for line in said)
    assert f"state={FIRST}" in "".join(said)
    assert said[-1].startswith(f"{FIRST} is connected; it lasts until 2024-12-")
    token = open_credentials(opened, lambda: scheduled_at(NIGHT)).find(FIRST)
    assert token is not None
    assert token.access.reveal() not in "".join(said)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "nothing was pasted"),
        ("https://localhost/tracker?code=a&state=another-zalo", "the consent of another-zalo"),
        (
            "https://localhost/tracker?error=access_denied&error_description=User+said+no",
            "User said no",
        ),
        ("https://localhost/tracker?state=one-zalo", "holds no code"),
    ],
)
def test_a_wrong_paste_is_refused_in_one_sentence(pasted: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        code_in(pasted, "one-zalo")


def test_the_code_is_found_wherever_the_platform_puts_it() -> None:
    assert code_in(" abc-123 \n", "one-zalo") == "abc-123"
    assert code_in("https://localhost/tracker?auth_code=x%2Fy", "one-tiktok") == "x/y"
    assert code_in("https://localhost/tracker?code=a#_", "one-instagram") == "a"


@pytest.mark.parametrize(
    ("platform", "account", "said"),
    [
        ("bluesky", FIRST, "it is on zalo"),
        ("zalo", "nobody-zalo", "the register does not know it"),
        ("orkut", FIRST, "no connector for orkut"),
    ],
)
def test_an_account_that_cannot_be_connected_is_named(
    opened: Opened, platform: str, account: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        connect(opened, platform, account, code="x", ask=str, say=quiet)


def test_a_wrong_code_keeps_nothing(opened: Opened) -> None:
    with pytest.raises(AccessDenied, match=f"{FIRST} was not connected"):
        connect(opened, "zalo", FIRST, code="ma-sai-hoan-toan", ask=str, say=quiet)
    assert open_credentials(opened, lambda: scheduled_at(NIGHT)).kept() == []


def test_the_key_is_made_once_and_lies_in_a_private_file(tmp_path: Path) -> None:
    wide_folder(tmp_path / "data", ZALO).store.close()
    (tmp_path / "data" / ".env").write_text("TRACKER_CONTACT=a@b.example", encoding="utf-8")
    said: list[str] = []
    for _ in range(2):
        with (opened := open_folder(tmp_path / "data")).store:
            connect(opened, "zalo", FIRST, code=code_for(FIRST), ask=str, say=said.append)
    written = (tmp_path / "data" / ".env").read_text(encoding="utf-8")
    assert written.startswith("TRACKER_CONTACT=a@b.example\nTRACKER_SECRET_KEY=")
    assert written.count("TRACKER_SECRET_KEY") == 1
    assert stat.S_IMODE((tmp_path / "data" / ".env").stat().st_mode) == 0o600
    assert sum("a new TRACKER_SECRET_KEY" in line for line in said) == 1


def test_the_command_connects_and_the_night_reads(opened: Opened) -> None:
    env = sandbox_environment(TRACKER_SECRET_KEY=KEY, TRACKER_DATA=str(opened.folder))
    for account in ZALO:
        done = run_tracker(
            "connect", "zalo", "--account", account, "--code", code_for(account), env=env
        )
        assert (done.code, done.err) == (0, "")
    done = run_tracker("collect", "--quiet", env=env)
    assert (done.code, done.out) == (0, "")
    assert set(statuses(opened).values()) == {"ok"}
    rows = opened.store.rows("attempt", what="profile")
    assert {row["lane"] for row in rows} == {1}
    assert {row["basis"] for row in rows} == {"owner_consent"}


def test_an_account_that_nobody_connected_is_not_asked_and_not_expected(opened: Opened) -> None:
    connect_all(opened, ZALO[1:])
    said: list[str] = []
    done = collect_night(opened, said.append)
    assert done.code == 0
    assert "zalo: 1 accounts wait for their office to connect them: tracker check" in said
    assert statuses(opened) == dict.fromkeys(ZALO[1:], "ok")
    assert opened.store.nights()[-1].expected == len(ZALO) - 1
    readiness = check_readiness(opened)
    assert readiness.platforms[0].not_connected == (FIRST,)
    assert any(
        "not connected by their office (tracker connect zalo" in line for line in readiness.lines()
    )
    with pytest.raises(ConfigError, match=f"tracker connect zalo --account {FIRST}"):
        collect_night(opened, quiet, accounts=(FIRST,))


def test_a_lost_key_is_said_by_check_and_status(opened: Opened) -> None:
    connect_all(opened, ZALO)
    lost = open_folder(opened.folder, TRACKER_SECRET_KEY="mot-khoa-khac-hoan-toan")
    with lost.store:
        for lines in (check_readiness(lost).lines(), read_status(lost).lines()):
            [said] = [line for line in lines if line.startswith("tokens: ")]
            assert said.endswith(f"consent again: {', '.join(sorted(ZALO))}")
        collect_night(lost, quiet)
        assert set(statuses(lost).values()) == {"denied"}


def test_status_says_what_ends_when(opened: Opened) -> None:
    connect_all(opened, ZALO[:1])
    lines = read_status(opened).lines()
    assert any(line.startswith(f"token of {FIRST} (zalo): ends 2024-12-0") for line in lines)


def test_two_collectors_at_once_renew_no_token_twice_and_read_no_account_twice(
    opened: Opened,
) -> None:
    connect_all(opened, ZALO)
    set_night(NEXT, hours=2)  # the access tokens of 25 hours have ended
    env = sandbox_environment(TRACKER_SECRET_KEY=KEY, TRACKER_DATA=str(opened.folder))
    both = [
        subprocess.Popen(
            [sys.executable, "-c", "from jobs.cli import main; main()", "collect"],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in both]
    stats = sandbox().stats()["zalo"]
    assert stats["tokens"] == len(ZALO)
    asked = {name: count for name, count in stats["by_method"].items() if "getoa" in name}
    assert sum(asked.values()) == len(ZALO)
    codes = sorted(code for _, code in ended)
    assert codes in ([0, 0], [0, 1])  # the second is refused, or comes when all is read
    assert set(statuses(opened).values()) == {"ok"}


def test_tokens_of_a_copied_folder_sleep_until_they_are_taken_over(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_all(opened, ZALO[:2])
    monkeypatch.setattr("tracker.credentials.this_machine", lambda: "another machine")
    collect_night(opened, quiet)
    assert set(statuses(opened).values()) == {"permission"}
    said: list[str] = []
    take_over(opened, said.append)
    assert said[0] == f"2 tokens belong to this machine now: {', '.join(sorted(ZALO[:2]))}"
    collect_night(opened, quiet)
    final = {row["account_id"] for row in opened.store.rows("attempt", status="ok")}
    assert final == set(ZALO[:2])


def test_no_token_is_in_a_backup(opened: Opened) -> None:
    connect_all(opened, ZALO[:1])
    env = sandbox_environment(TRACKER_SECRET_KEY=KEY, TRACKER_DATA=str(opened.folder))
    target = opened.folder.parent / "copy.zip"
    assert run_tracker("backup", "--out", target, env=env).code == 0
    assert b"credentials" not in target.read_bytes()
