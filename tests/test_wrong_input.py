"""Wrong input as a new user would type it: one clear sentence, the right exit code, nothing
changed.

Exit codes: 1 failed · 2 wrong usage or input · 3 done, but something could not be read.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sandbox_folder import (
    NEXT,
    Ended,
    environment,
    fresh_folder,
    run_tracker,
    sandbox,
    sandbox_environment,
)

NO_PAUSES = "import time; time.sleep = lambda seconds: None"
"""Statements for a child process: pauses before a second try are not waited for."""
WRONG_KEY = "gialap-khoa-sai-0123456789"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits and users")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder after its first night; the sandbox's clock stands at the second."""
    return fresh_folder(tmp_path / "data", read=True)


def state(folder: Path) -> dict[str, Any]:
    """Give everything a data folder holds: bytes of the files, rows of the store."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("tracker.sqlite") and path.suffix != ".lock"
    }
    return {**files, "the store": rows(folder / "tracker.sqlite")}


def rows(store: Path) -> list[str]:
    if not store.is_file():
        return []
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def assert_refused(ended: Ended, code: int, *words: str, lines: int | None = 1) -> None:
    """Check exit code, words, that no traceback shows, and how many lines the errors have."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    assert 'File "' not in ended.err
    for word in words:
        assert word in ended.err, ended.err
    if lines is not None:
        assert len(ended.err.strip().splitlines()) == lines, ended.err


# --- Sheets ---

HALF = (
    "agency_id,platform,url\n"
    "ubnd-da-nang,youtube,https://www.youtube.com/@danangmoi\n"
    "ubnd-atlantis,youtube,https://www.youtube.com/@atlantis\n"
    "ubnd-hue,orkut,https://orkut.com/hue\n"
)
SHEETS: dict[str, tuple[str, bytes, tuple[str, ...], int]] = {
    "empty": ("accounts", b"", ("sheet.csv", "the file is empty"), 2),
    "only a header": (
        "accounts",
        b"agency_id,platform,url\n",
        ("sheet.csv; expected at least one row below the header",),
        2,
    ),
    "other columns": (
        "accounts",
        b"name,likes\nx,1\n",
        ("row 1: found 'name, likes'", "agency_id, platform, url or handle or native_id"),
        2,
    ),
    "half valid": (
        "accounts",
        HALF.encode(),
        (
            "row 3, column agency_id: found 'ubnd-atlantis'",
            "row 4, column platform: found 'orkut'; expected one of youtube, bluesky",
            "2 problems; nothing was changed",
        ),
        3,
    ),
    "no text": ("accounts", b"\x00\xff\xfe\x01PK", ("expected text in UTF-8",), 2),
    "wrong date": (
        "events",
        "day,locality_id,kind,note,source\n31/02/2024,da-nang,campaign,Hè,x\n".encode(),
        ("row 2, column day: found '31/02/2024'",),
        2,
    ),
    "unknown locality": (
        "events",
        "day,locality_id,kind,note,source\n2024-02-01,atlantis,campaign,Hè,x\n".encode(),
        ("row 2, column locality_id: found 'atlantis'",),
        2,
    ),
    "no number": (
        "history",
        b"account,day,metric,value\ndanang-ubnd-bluesky,2024-08-01,followers,12K\n",
        ("row 2, column value: found '12K'",),
        2,
    ),
    "unknown account": (
        "history",
        b"account,day,metric,value\ndanang-ubnd-blusky,2024-08-01,followers,12\n",
        ("row 2, column account", "did you mean danang-ubnd-bluesky?"),
        2,
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_wrong_sheet_is_refused_row_by_row(folder: Path, tmp_path: Path, name: str) -> None:
    kind, data, words, lines = SHEETS[name]
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(data)
    before = state(folder)
    ended = run_tracker("import", kind, sheet, "--data", folder)
    assert_refused(ended, 2, *words, "nothing was changed", lines=lines)
    assert state(folder) == before


def test_a_folder_and_a_file_that_is_not_there_are_no_sheets(folder: Path, tmp_path: Path) -> None:
    before = state(folder)
    for place, told in ((tmp_path, "this is a folder"), (tmp_path / "x.csv", "none of this name")):
        ended = run_tracker("import", "accounts", place, "--data", folder)
        assert_refused(ended, 2, str(place), told, lines=2)
    assert_refused(run_tracker("import", "accounts", "--data", folder), 2, "which file?")
    assert state(folder) == before


# --- Words that mean nothing ---

WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown kind": (("import", "tài-khoản", "x.csv"), "no kind 'tài-khoản'; expected one of"),
    "unknown letter": (("report", "9999", "--locality", "da-nang"), "unknown letter '9999'"),
    "no locality": (("report", "3836"), "name some with --locality ID"),
    "unknown locality": (
        ("report", "3836", "--locality", "atlantis"),
        "unknown locality or agency 'atlantis'",
    ),
    "unknown report format": (
        ("report", "3836", "--locality", "da-nang", "--format", "pdf"),
        "'pdf'; expected some of docx, xlsx, html",
    ),
    "wrong report date": (
        ("report", "3836", "--locality", "da-nang", "--on", "hôm qua"),
        "--on: found 'hôm qua'; expected a day such as 2024-09-15",
    ),
    "unknown place of indicators": (("indicators", "--locality", "atlantis"), "'atlantis'"),
    "unknown indicator format": (
        ("indicators", "--format", "yaml"),
        "expected table, csv, json or html",
    ),
    "wrong start": (("indicators", "--start", "31/02/2024"), "--start: found '31/02/2024'"),
    "unknown platform": (
        ("collect", "--platform", "orkut"),
        "no connector for orkut; there are youtube, bluesky, mastodon",
    ),
    "unknown platform planned": (("collect", "--plan", "--platform", "orkut"), "orkut"),
    "unknown account": (
        ("collect", "--account", "danang-ubnd-blusky"),
        "did you mean danang-ubnd-bluesky?",
    ),
    "wrong day": (("collect", "--day", "05-09-2024"), "--day: found '05-09-2024'"),
    "wrong since": (("collect", "--since", "x"), "--since: found 'x'"),
    "unknown step": (("nightly", "--steps", "collect,dance"), "no step dance; the steps are"),
    "night without archive": (("replay", "--day", "2020-01-01"), "no archived replies of 2020"),
    "wrong replay day": (("replay", "--day", "x"), "--day: found 'x'"),
    "unknown export": (("export", "numbers", "--out", "x.csv"), "no export 'numbers'"),
    "unknown export format": (
        ("export", "attempts", "--out", "x.xml", "--format", "xml"),
        "no format 'xml'; expected one of csv, parquet",
    ),
    "unknown voided account": (
        ("account", "void", "khong-co", "--reason", "x"),
        "the register has no account 'khong-co'",
    ),
    "void without reason": (
        ("account", "void", "danang-ubnd-bluesky", "--reason", " "),
        "a reason in words",
    ),
    "no store address": (
        ("status", "--db", "nonsense"),
        "found 'nonsense'; expected an SQLAlchemy",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_word_that_means_nothing_is_refused_by_name(folder: Path, name: str) -> None:
    words, told = WORDS[name]
    before = state(folder)
    ended = run_tracker(*words, "--data", folder, env=sandbox_environment(), cwd=folder.parent)
    assert_refused(ended, 2, told)
    assert ended.out == ""
    assert state(folder) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("frobnicate",), "No such command 'frobnicate'"),
        (("collect", "--frob"), "No such option: --frob"),
        (("replay",), "Missing option '--day'"),
        (("export", "attempts"), "Missing option '--out'"),
        (("restore",), "Missing argument"),
    ],
)
def test_wrong_usage_shows_how_to_ask_for_help(words: tuple[str, ...], told: str) -> None:
    assert_refused(run_tracker(*words), 2, told, "--help' for help", lines=None)


def test_a_folder_is_no_name_for_a_file_to_write(folder: Path, tmp_path: Path) -> None:
    before = state(folder)
    for words in (("export", "attempts"), ("backup",)):
        ended = run_tracker(*words, "--out", tmp_path, "--data", folder)
        assert_refused(ended, 2, f"{tmp_path} is a folder")
    assert state(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_text_file_is_no_backup(folder: Path, tmp_path: Path) -> None:
    text = tmp_path / "x.zip"
    text.write_text("no zip")
    strange = tmp_path / "y.zip"
    with zipfile.ZipFile(strange, "w") as packed:
        packed.writestr("letter.txt", "Kính gửi")
    before = state(folder)
    for wrong in (text, strange, tmp_path / "none.zip", tmp_path):
        ended = run_tracker("restore", wrong, "--data", folder)
        assert_refused(ended, 2, str(wrong), "made by `tracker backup`", lines=2)
        run_tracker("restore", wrong, "--data", tmp_path / "new")
    assert state(folder) == before
    assert not (tmp_path / "new").exists()


# --- Folders and settings ---


def test_without_a_data_folder_the_full_path_is_named(tmp_path: Path) -> None:
    made = "tracker init FOLDER"
    here = run_tracker("status", cwd=tmp_path)
    assert_refused(here, 2, str(tmp_path), "the current folder", made)
    named = run_tracker("collect", "--data", "nowhere", cwd=tmp_path)
    assert_refused(named, 2, str(tmp_path / "nowhere"), "--data", made)
    meant = run_tracker("check", env=environment(TRACKER_DATA=str(tmp_path / "nowhere")))
    assert_refused(meant, 2, str(tmp_path / "nowhere"), "TRACKER_DATA", made)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_never_made_over_other_things(tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(b"x")
    assert_refused(run_tracker("init", tmp_path), 2, "is not empty and not a data folder")
    assert_refused(run_tracker("init", tmp_path / "letter.docx"), 2, "is a file; name a folder")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.docx"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            b"TRACKER_CONTACT=a@b.example\nkhong phai mot dong\n",
            ".env, line 2: expected NAME=value",
        ),
        (b"\xff\xfeT\x00", ".env is not UTF-8 text"),
        (b"TRACKER_NIGHT_AT=25:99\n", "TRACKER_NIGHT_AT in "),
        (b"TRACKER_YOUTUBE_API_KEY=hai tu\n", "holds a space"),
        (b"TRACKER_BLUESKY_URL=ftp://x\n", "expected https://host/path"),
    ],
)
def test_a_malformed_setting_is_named_with_its_place(folder: Path, text: bytes, told: str) -> None:
    (folder / ".env").write_bytes(text)
    before = state(folder)
    assert_refused(run_tracker("collect", "--data", folder), 2, told, str(folder / ".env"))
    assert state(folder) == before


def test_a_misspelt_setting_is_told_and_changes_nothing_else(folder: Path) -> None:
    env = sandbox_environment(TRACKER_YOUTUB_API_KEY=WRONG_KEY, TRACKER_NIGHTAT="02:00")
    told = run_tracker("check", "--data", folder, env=env)
    assert told.code == 0
    for name in ("TRACKER_YOUTUB_API_KEY", "TRACKER_NIGHTAT"):
        assert f"{name} is no setting of this program" in told.err
    assert WRONG_KEY not in told.err + told.out


def test_another_day_is_refused_where_the_reading_is_live(tmp_path: Path) -> None:
    place = tmp_path / "real"
    run_tracker("init", place)
    before = state(place)
    for words in (("collect",), ("nightly",), ("nightly", "--steps", "purge")):
        ended = run_tracker(*words, "--day", "2024-09-04", "--data", place)
        assert_refused(ended, 2, "can be filed only under the last night")
    assert state(place) == before


def test_a_synthetic_store_refuses_the_real_platforms(folder: Path) -> None:
    before = state(folder)
    ended = run_tracker("collect", "--data", folder)
    assert_refused(ended, 2, "the store is synthetic", "tracker init FOLDER")
    assert state(folder) == before


def test_a_store_with_real_numbers_refuses_the_sandbox(tmp_path: Path) -> None:
    place, sheet = tmp_path / "real", tmp_path / "sheet.csv"
    run_tracker("init", place)
    sheet.write_text("agency_id,platform,handle,id\nubnd-da-nang,bluesky,x.example.org,mot\n")
    run_tracker("import", "accounts", sheet, "--data", place)
    sheet.write_text("account,day,metric,value\nmot,2024-08-01,followers,5\n")
    assert run_tracker("import", "history", sheet, "--data", place).code == 0
    before = state(place)
    ended = run_tracker("collect", "--data", place, env=sandbox_environment())
    assert_refused(ended, 1, "the store holds real numbers", "tracker init FOLDER")
    assert state(place) == before


# --- Keys and networks ---


def test_a_missing_key_says_where_to_write_it(folder: Path) -> None:
    env = sandbox_environment(TRACKER_YOUTUBE_API_KEY="")
    ended = run_tracker("collect", "--data", folder, env=env)
    assert ended.code == 3
    assert ended.err == ""
    [told] = [line for line in ended.out.splitlines() if "does not start" in line]
    assert f"write the line TRACKER_YOUTUBE_API_KEY=… into {folder / '.env'}" in told
    status = run_tracker("status", "--data", folder, env=env)
    assert f"{NEXT} youtube: 0 of 8 read" in status.out
    assert "not asked" in status.out


def test_a_wrong_key_is_told_once_and_never_shown(folder: Path) -> None:
    env = sandbox_environment(TRACKER_YOUTUBE_API_KEY=WRONG_KEY)
    ended = run_tracker("collect", "--data", folder, env=env)
    assert_refused(ended, 3, "youtube: denied: ", "API key not valid")
    assert WRONG_KEY not in ended.err + ended.out
    assert "youtube was left: " in ended.out


def test_without_a_network_each_platform_is_told_once(folder: Path) -> None:
    env = sandbox_environment(
        TRACKER_YOUTUBE_URL="http://127.0.0.1:9/youtube",
        TRACKER_BLUESKY_URL="http://127.0.0.1:9/bluesky",
        TRACKER_MASTODON_URL="http://127.0.0.1:9/{server}",
    )
    before = state(folder)
    ended = run_tracker("collect", "--data", folder, env=env, before=NO_PAUSES)
    assert_refused(ended, 3, "no connection (is there a network?)", lines=3)
    assert max(map(len, ended.err.splitlines())) < 200
    assert "24 accounts are still unread" in ended.out
    numbers = ("account_snapshot", "post_snapshot", '"post"')
    for table in numbers:
        kept = [line for line in before["the store"] if f"INSERT INTO {table}" in line]
        now = [line for line in state(folder)["the store"] if f"INSERT INTO {table}" in line]
        assert now == kept


# --- Stores and disks ---

FULL_STORE = """
from sqlalchemy import event
from sqlalchemy.engine import Engine


def limit(connection, _):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


event.listen(Engine, "connect", limit)
"""


def test_a_full_store_keeps_what_it_has(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "history.csv"
    lines = [f"danang-ubnd-bluesky,{date(2020, 1, 1 + day)},followers,{day}" for day in range(30)]
    many = [line.replace("danang", place) for line in lines for place in ("haiphong", "sonla")]
    sheet.write_text("account,day,metric,value\n" + "\n".join([*lines, *many]) + "\n")
    before = state(folder)
    ended = run_tracker("import", "history", sheet, "--data", folder, before=FULL_STORE)
    assert_refused(ended, 1, "tracker.sqlite is full: free some space")
    assert state(folder) == before
    night = run_tracker("collect", "--data", folder, env=sandbox_environment(), before=FULL_STORE)
    assert_refused(night, 1, "tracker.sqlite is full: free some space", lines=None)
    again = run_tracker("collect", "--data", folder, env=sandbox_environment())
    assert again.code == 0


@posix_only
def test_a_full_archive_disk_files_nothing_without_its_reply(folder: Path) -> None:
    """The archive's files are as long as a file may get; the store is far below that."""
    most = 4 * 1024 * 1024
    assert (folder / "tracker.sqlite").stat().st_size < most // 2
    place = folder / "archive" / NEXT.isoformat()
    place.mkdir(parents=True)
    for platform in ("youtube", "bluesky", "mastodon"):
        with (place / f"{platform}.jsonl.gz").open("wb") as file:
            file.write(full_member(most))
    before = state(folder)
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"
    ended = run_tracker("collect", "--data", folder, env=sandbox_environment(), before=limit)
    assert_refused(ended, 1, "could not be archived in", "the disk is full; nothing of it was kept")
    after = state(folder)
    dumps = [
        [line for line in one.pop("the store") if 'INSERT INTO "night"' not in line]
        for one in (before, after)
    ]
    assert dumps[0] == dumps[1]
    assert after == before


def full_member(size: int) -> bytes:
    """Make whole gzip members of exactly `size` bytes together; their text says nothing."""
    import gzip

    filler = gzip.compress(os.urandom(size - 4096), compresslevel=0, mtime=0)
    rest = size - len(filler)
    empty = gzip.compress(b"", mtime=0)
    overhead = len(gzip.compress(b"x", compresslevel=0, mtime=0)) - 1
    count, left = divmod(rest - overhead - 1, len(empty))
    last = gzip.compress(b"x" * (1 + left), compresslevel=0, mtime=0)
    made = filler + empty * count + last
    assert len(made) == size
    return made


def set_version(version: str) -> Callable[[Path], None]:
    def change(store: Path) -> None:
        connection = sqlite3.connect(store)
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()
        connection.close()

    return change


def no_database(store: Path) -> None:
    store.write_bytes(b"Kinh gui ngai Giam doc, " * 500)


def other_database(store: Path) -> None:
    store.unlink()
    connection = sqlite3.connect(store)
    connection.execute("CREATE TABLE letters (number TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (set_version("9999"), "is a store of a newer version (9999"),
        (no_database, "is not a tracker store: the file is not a database"),
        (other_database, "is a database, but not a tracker store"),
        (lambda store: store.unlink(), "there is no store at"),
        (lambda store: store.write_bytes(b""), "is empty, not a tracker store"),
    ],
    ids=["newer", "text", "another database", "missing", "empty"],
)
def test_a_store_that_cannot_be_used_is_left_as_it_is(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    for beside in ("-wal", "-shm"):
        (folder / f"tracker.sqlite{beside}").unlink(missing_ok=True)
    store = folder / "tracker.sqlite"
    spoil(store)
    before = store.read_bytes() if store.exists() else None
    for words in (("collect",), ("status",), ("upgrade",), ("export", "attempts", "--out", "x")):
        ended = run_tracker(*words, "--data", folder, env=sandbox_environment(), cwd=tmp_path)
        assert_refused(ended, 1, told)
    assert (store.read_bytes() if store.exists() else None) == before
    assert not (tmp_path / "x").exists()


def test_an_older_store_asks_for_the_upgrade(folder: Path) -> None:
    """The version before the first is made up in the child, because there is only one so far."""
    before = "from tracker.store import versions; versions.REVISIONS = ('0000', '0001')"
    set_version("0000")(folder / "tracker.sqlite")
    kept = state(folder)
    for words in (("collect",), ("status",)):
        ended = run_tracker(*words, "--data", folder, env=sandbox_environment(), before=before)
        assert_refused(ended, 1, "is a store of an older version (0000", "run `tracker upgrade`")
    assert state(folder) == kept


OWNER_IS_BOUND = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
sets = (ctypes.c_uint32 * 6)()
assert libc.capget(header, sets) == 0
sets[0] &= ~0b110  # effective: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
sets[1] &= ~0b110  # permitted
assert libc.capset(header, sets) == 0
"""
"""Statements after which file modes bind root as they bind everybody (capabilities(7))."""


@posix_only
def test_a_read_only_folder_is_named(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    bound = OWNER_IS_BOUND if os.geteuid() == 0 else ""
    before = state(folder)
    try:
        for words in (("collect",), ("backup",), ("import", "accounts", folder / "x.csv")):
            ended = run_tracker(*words, "--data", folder, env=sandbox_environment(), before=bound)
            assert_refused(ended, ended.code, str(folder))
            assert ended.code in (1, 2)
        assert state(folder) == before
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


def test_nothing_was_asked_of_the_sandbox_by_a_refused_command(folder: Path) -> None:
    for words in (("collect", "--platform", "orkut"), ("nightly", "--steps", "x")):
        run_tracker(*words, "--data", folder, env=sandbox_environment())
    assert sum(counts["calls"] for counts in sandbox().stats().values()) == 0
