"""Finds the data folder, keeps a second collector out, and names folders on a network or sync
drive.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.errors import ConfigError, TrackerError
from tracker.locks import try_lock, unlock
from tracker.registry.folder import MARKER

NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "fuse.sshfs",
    "9p",
    "davfs",
    "fuse.rclone",
}
SYNC_FOLDERS = (
    "onedrive",
    "dropbox",
    "google drive",
    "googledrive",
    "icloud",
    "nextcloud",
    "zalo drive",
)


class Busy(TrackerError):
    """Another process works on the same data folder."""


def find_data_folder(asked: Path | None, from_environment: str | None) -> Path:
    """Find the data folder: --data, else TRACKER_DATA, else the current folder; ConfigError names
    the full path.
    """
    if asked is not None:
        folder, why = asked, "--data"
    elif from_environment:
        folder, why = Path(from_environment), "TRACKER_DATA"
    else:
        folder, why = Path.cwd(), "the current folder"
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"no data folder at {folder} ({why}); make one with: tracker init FOLDER")
    if not (folder / MARKER).is_file():
        raise ConfigError(
            f"{folder} ({why}) is not a data folder: it has no {MARKER}; "
            "name one with --data or TRACKER_DATA, or make one with: tracker init FOLDER"
        )
    return folder


@contextmanager
def only_one(folder: Path, command: str, lock_name: str = "tracker") -> Iterator[None]:
    """Hold the folder's lock; the system frees it when the process dies. Raises Busy at once if it
    is taken.
    """
    path = folder / f"{lock_name}.lock"
    with path.open("a+b") as lock:
        if not try_lock(lock):
            lock.seek(0)
            holder = lock.read(200).decode("utf-8", "replace").strip() or "another tracker command"
            raise Busy(f"{holder} is working on {folder}; `tracker {command}` was not started")
        lock.seek(0)
        lock.truncate()
        lock.write(f"`tracker {command}` (process {os.getpid()})".encode())
        lock.flush()
        try:
            yield
        finally:
            lock.seek(0)
            lock.truncate()
            unlock(lock)


def unsafe_place(folder: Path, mounts: str | None = None) -> str | None:
    """Name what is unsafe about the folder's place: a network file system or a sync drive; None if
    nothing is known.

    SQLite's write-ahead log needs shared memory, which network file systems do not give
    (https://sqlite.org/wal.html, read 2026-11). `mounts` is the text of /proc/mounts.
    """
    for part in folder.parts:
        if any(name in part.lower() for name in SYNC_FOLDERS):
            return f"{folder} lies in a folder that is synchronised ({part}); the store may be torn"
    if str(folder).startswith("\\\\"):
        return f"{folder} lies on a network drive; the store may be torn"
    if mounts is None:
        table = Path("/proc/mounts")
        mounts = table.read_text(encoding="utf-8", errors="replace") if table.exists() else ""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    if kind in NETWORK_FILE_SYSTEMS:
        return f"{folder} lies on a network drive ({kind} at {best}); the store may be torn"
    return None
