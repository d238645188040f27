"""Backup and restore of a data folder. A backup is one zip: the store, the register and the marker;
never a secret.

Tokens (`credentials.sqlite`), `.env` and the archive of replies stay out.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from jobs.folder import only_one
from tracker.errors import ConfigError, InputError, Problem, StoreError
from tracker.periods import local_date
from tracker.registry.folder import MARKER
from tracker.store import Store

STORE_FILE = "tracker.sqlite"
REGISTER = "register"


def backup_name(day: date, synthetic: bool) -> str:
    """Name a backup after its night; one of a synthetic store says so."""
    return f"{'gia-lap_' if synthetic else ''}tracker-{day.isoformat()}.zip"


def write_backup(folder: Path, store: Store, target: Path) -> Path:
    """Write the backup beside its final name and move it there when it is whole. Raises StoreError
    on a full disk.
    """
    if target.is_dir():
        raise ConfigError(f"{target} is a folder; name the zip to write")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as place:
        copy = Path(place) / STORE_FILE
        store.backup(copy)
        packed = Path(place) / "whole.zip"
        try:
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.write(copy, STORE_FILE)
                archive.write(folder / MARKER, MARKER)
                for sheet in sorted((folder / REGISTER).glob("*.csv")):
                    archive.write(sheet, f"{REGISTER}/{sheet.name}")
            packed.replace(target)
        except OSError as error:
            raise StoreError(f"the backup {target} was not written: {error.strerror}") from error
    return target


def old_copies(folder: Path, today: date, days: int) -> list[Path]:
    """List copies of the store older than `days`, for terms reach into copies too: nightly backups
    by the day in their name, what `restore` and `upgrade` set aside by the day it was written.
    """
    before = today - timedelta(days=days)
    backups = (folder / "backups").glob("*tracker-????-??-??.zip")
    aside = [*folder.glob("replaced-*"), *folder.glob("*.version-*.sqlite")]
    old = [path for path in backups if (made := _day_named(path)) is not None and made < before]
    old += [path for path in aside if _day_written(path) < before]
    return sorted(old)


def _day_named(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.stem[-10:])
    except ValueError:
        return None  # a file of that shape that we did not name


def _day_written(path: Path) -> date:
    return local_date(datetime.fromtimestamp(path.stat().st_mtime, UTC))


def delete_copies(copies: Iterable[Path]) -> None:
    """Delete what `old_copies` listed."""
    for path in copies:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def restore(archive: Path, folder: Path) -> Path | None:
    """Put a backup into a data folder or a new one; what stood there is kept beside it. Gives the
    folder of what was replaced.

    Raises InputError if the file is not a backup, ConfigError for a folder with other things in it;
    then nothing has changed.
    """
    _check_backup(archive)
    if folder.is_file():
        raise ConfigError(f"{folder.absolute()} is a file; name the folder to restore into")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise ConfigError(
            f"{folder.absolute()} is not empty and not a data folder; name a new or empty one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with (
        only_one(folder, "restore"),
        tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as place,
    ):
        new = Path(place)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(new)
        kept = _set_aside(folder)
        for path in sorted(new.iterdir()):
            path.replace(folder / path.name)
    return kept


def _check_backup(archive: Path) -> None:
    """Raise InputError for what is not a whole backup."""
    if not archive.is_file():
        found = "a folder" if archive.is_dir() else "no such file"
        problem = Problem(str(archive), None, None, found, "a backup made by `tracker backup`")
        raise InputError([problem])
    wanted = {STORE_FILE, MARKER}
    try:
        with zipfile.ZipFile(archive) as packed:
            names = packed.namelist()
            strange = [name for name in names if name not in wanted and not _is_sheet(name)]
            if strange or not wanted <= set(names) or packed.testzip():
                raise zipfile.BadZipFile("its content is not that of a backup")
    except zipfile.BadZipFile as error:
        problem = Problem(
            str(archive), None, None, str(error), "a whole backup made by `tracker backup`"
        )
        raise InputError([problem]) from error


def _is_sheet(name: str) -> bool:
    parts = name.split("/")
    return (
        len(parts) == 2 and parts[0] == REGISTER and parts[1].endswith(".csv") and ".." not in name
    )


def _set_aside(folder: Path) -> Path | None:
    """Move the present store, register and marker into `replaced-N`, so that a restore loses
    nothing.
    """
    standing = [
        path
        for name in (STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", REGISTER, MARKER)
        if (path := folder / name).exists()
    ]
    if not standing:
        return None
    number = 1
    while (folder / f"replaced-{number}").exists():
        number += 1
    aside = folder / f"replaced-{number}"
    aside.mkdir()
    for path in standing:
        shutil.move(path, aside / path.name)
    return aside
