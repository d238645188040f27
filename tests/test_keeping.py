"""What is deleted because the terms say so, and what a backup holds and gives back."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sandbox_folder import NIGHT, fresh_folder, open_folder, quiet

from jobs.keeping import backup_name, old_copies, restore, write_backup
from jobs.nightly import collect_night, purge_folder
from jobs.opening import Opened, open_archive
from tracker.errors import ConfigError, InputError, StoreError
from tracker.periods import day_number
from tracker.store import open_store

KEY_ONLY = "kontum-ubnd-youtube"
"""The one channel of the folder that is held under `key_30d`."""
LAST_DAY = NIGHT + timedelta(days=30)
PAST_TERMS = LAST_DAY + timedelta(days=1)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = open_folder(fresh_folder(tmp_path / "data", read=True))
    yield made
    made.store.close()


def counts(opened: Opened) -> dict[str, int]:
    """Count the rows that a purge may reach, and the files."""
    tables = ("account_snapshot", "post_snapshot", "daily", "detail")
    found = {table: len(opened.store.rows(table)) for table in tables}
    return {**found, "archive": len(list(opened.folder.glob("archive/*/*")))}


def written(folder: Path) -> dict[str, bytes]:
    """Give every file of a folder but the locks, which hold nothing between commands."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_numbers_are_kept_to_the_last_day_of_their_terms(opened: Opened) -> None:
    before = counts(opened)
    assert purge_folder(opened, LAST_DAY, quiet) == 0
    assert counts(opened) == before


def test_a_dry_run_lists_what_would_go_and_deletes_nothing(opened: Opened) -> None:
    before = counts(opened)
    (opened.folder / "backups").mkdir()
    (opened.folder / "backups" / backup_name(NIGHT, synthetic=True)).write_bytes(b"")
    said: list[str] = []
    assert purge_folder(opened, PAST_TERMS, said.append, dry_run=True) > 0
    assert counts(opened) == before
    text = "\n".join(said)
    for name in ("account_snapshot: 1 rows", "post_snapshot", "archive: 3 files", "tracker-2024"):
        assert name in text
    assert list((opened.folder / "backups").iterdir())
    assert "purge" not in [row["command"] for row in opened.store.rows("change")]


def test_a_purge_deletes_what_the_key_allowed_for_30_days_and_nothing_else(
    opened: Opened,
) -> None:
    def snapshots() -> set[str]:
        rows = opened.store.rows("account_snapshot", day=day_number(NIGHT))
        return {row["account_id"] for row in rows}

    before = snapshots()
    posts = {row["id"] for row in opened.store.rows("post", account_id=KEY_ONLY)}
    assert {row["post_id"] for row in opened.store.rows("post_snapshot")} & posts
    purge_folder(opened, PAST_TERMS, quiet)
    assert snapshots() == before - {KEY_ONLY}
    assert not {row["post_id"] for row in opened.store.rows("post_snapshot")} & posts
    assert "purge" in [row["command"] for row in opened.store.rows("change")]
    assert purge_folder(opened, PAST_TERMS, quiet) == 0


def test_replies_are_never_kept_above_the_terms_of_their_platform(opened: Opened) -> None:
    longer = open_folder(opened.folder, TRACKER_ARCHIVE_DAYS="400")
    with longer.store:
        purge_folder(longer, PAST_TERMS, quiet)
    left = {path.name for path in opened.folder.glob("archive/*/*")}
    assert left == {"bluesky.jsonl.gz", "mastodon.jsonl.gz"}


def test_the_archive_is_kept_as_long_as_the_setting_says(opened: Opened) -> None:
    shorter = open_folder(opened.folder, TRACKER_ARCHIVE_DAYS="7")
    with shorter.store:
        purge_folder(shorter, NIGHT + timedelta(days=7), quiet)
        assert open_archive(shorter).days() == [NIGHT]
        purge_folder(shorter, NIGHT + timedelta(days=8), quiet)
        assert open_archive(shorter).days() == []


def test_old_copies_go_with_the_numbers_in_them(opened: Opened) -> None:
    folder = opened.folder
    (folder / "backups").mkdir()
    names = ("tracker-2024-08-01.zip", "tracker-2024-09-04.zip", "tracker-last-ye-ar.zip")
    for name in names:
        (folder / "backups" / name).write_bytes(b"")
    for name in ("tracker.version-0001.sqlite", "replaced-1"):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (0, 0))
    (folder / "tracker.version-0002.sqlite").write_bytes(b"")
    old = old_copies(folder, NIGHT, 30)
    assert [path.name for path in old] == [
        "tracker-2024-08-01.zip",
        "replaced-1",
        "tracker.version-0001.sqlite",
    ]
    purge_folder(opened, NIGHT, quiet)
    assert not any(path.exists() for path in old)
    assert sorted(path.name for path in (folder / "backups").iterdir()) == sorted(names[1:])


def test_a_backup_holds_store_register_and_marker_and_no_secret(opened: Opened) -> None:
    (opened.folder / ".env").write_text("TRACKER_YOUTUBE_API_KEY=gialap-bi-mat\n")
    (opened.folder / "credentials.sqlite").write_bytes(b"gialap-bi-mat")
    made = write_backup(opened.folder, opened.store, opened.folder / "backups" / "one.zip")
    with zipfile.ZipFile(made) as packed:
        names = packed.namelist()
        assert all(b"gialap-bi-mat" not in packed.read(name) for name in names)
    registers = [name for name in names if name.startswith("register/")]
    assert sorted({*names} - {*registers}) == ["tracker-data.toml", "tracker.sqlite"]
    assert len(registers) == len(list((opened.folder / "register").glob("*.csv")))
    assert [path.name for path in (opened.folder / "backups").iterdir()] == ["one.zip"]


def test_a_backup_of_simulated_numbers_says_so() -> None:
    assert backup_name(NIGHT, synthetic=True) == "gia-lap_tracker-2024-09-04.zip"
    assert backup_name(NIGHT, synthetic=False) == "tracker-2024-09-04.zip"


def test_a_backup_is_restored_into_a_new_folder(opened: Opened, tmp_path: Path) -> None:
    made = write_backup(opened.folder, opened.store, tmp_path / "one.zip")
    new = tmp_path / "Thư mục mới"
    assert restore(made, new) is None
    with open_store(f"sqlite:///{new / 'tracker.sqlite'}") as store:
        for table in ("account_snapshot", "post_snapshot", "attempt", "night", "change"):
            assert store.rows(table) == opened.store.rows(table)
    registers = {key: data for key, data in written(opened.folder).items() if "register/" in key}
    assert {key: data for key, data in written(new).items() if "register/" in key} == registers


def test_what_a_restore_replaces_is_kept_beside_it(opened: Opened, tmp_path: Path) -> None:
    made = write_backup(opened.folder, opened.store, tmp_path / "one.zip")
    collect_night(opened, quiet)
    opened.store.close()
    for number in (1, 2):
        kept = restore(made, opened.folder)
        assert kept is not None
        assert kept.name == f"replaced-{number}"
    with open_store(f"sqlite:///{opened.folder / 'tracker.sqlite'}") as store:
        assert [night.day for night in store.nights()] == [NIGHT]
    with open_store(f"sqlite:///{opened.folder / 'replaced-1' / 'tracker.sqlite'}") as store:
        assert len(store.nights()) == 2


def test_a_night_goes_on_after_a_restore(opened: Opened, tmp_path: Path) -> None:
    made = write_backup(opened.folder, opened.store, tmp_path / "one.zip")
    restore(made, tmp_path / "new")
    again = open_folder(tmp_path / "new")
    with again.store:
        assert collect_night(again, quiet).code == 0


def broken(place: Path, made: Path, how: str) -> Path:
    """Make something that is no whole backup."""
    wrong = place / "wrong.zip"
    if how == "text":
        wrong.write_text("no zip at all")
    elif how == "cut":
        wrong.write_bytes(made.read_bytes()[:-200])
    elif how == "damaged":
        data = bytearray(made.read_bytes())
        data[len(data) // 2] ^= 0xFF
        wrong.write_bytes(data)
    elif how == "folder":
        wrong.mkdir()
    elif how != "missing":
        with zipfile.ZipFile(wrong, "w") as packed, zipfile.ZipFile(made) as whole:
            packed.writestr("tracker.sqlite", whole.read("tracker.sqlite"))
            if how == "strange":
                packed.writestr("tracker-data.toml", whole.read("tracker-data.toml"))
                packed.writestr("../outside.txt", "from outside")
    return wrong


@pytest.mark.parametrize("how", ["text", "cut", "damaged", "folder", "missing", "half", "strange"])
def test_a_wrong_file_is_refused_and_nothing_changes(
    opened: Opened, tmp_path: Path, how: str
) -> None:
    made = write_backup(opened.folder, opened.store, tmp_path / "one.zip")
    wrong = broken(tmp_path, made, how)
    before = written(opened.folder)
    with pytest.raises(InputError, match="backup made by `tracker backup`"):
        restore(wrong, opened.folder)
    assert written(opened.folder) == before
    with pytest.raises(InputError):
        restore(wrong, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert not (tmp_path.parent / "outside.txt").exists()


def test_a_folder_with_other_things_is_never_restored_into(opened: Opened, tmp_path: Path) -> None:
    made = write_backup(opened.folder, opened.store, tmp_path / "one.zip")
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.docx").write_bytes(b"")
    with pytest.raises(ConfigError, match="not empty and not a data folder"):
        restore(made, home)
    with pytest.raises(ConfigError, match="is a file"):
        restore(made, home / "letter.docx")
    assert written(home) == {"letter.docx": b""}


def test_a_folder_is_no_name_for_a_backup(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name the zip to write"):
        write_backup(opened.folder, opened.store, tmp_path)


def test_a_store_without_a_place_for_the_backup_says_so(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((StoreError, OSError)):
        write_backup(opened.folder, opened.store, tmp_path / "file" / "one.zip")
