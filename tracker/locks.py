"""Locks between processes that the system frees when a process dies. Knows no folder's meaning."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 4096  # beyond the text, so that the holder's name stays readable

    def try_lock(file: IO[bytes]) -> bool:
        """Lock an open file, or say that somebody else holds it."""
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def wait_for_lock(file: IO[bytes]) -> None:
        """Lock an open file, however long somebody else holds it."""
        while True:
            file.seek(_LOCKED_BYTE)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError:
                continue  # the system gives up after ten seconds
            return

    def unlock(file: IO[bytes]) -> None:
        """Free a lock of ours."""
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(file: IO[bytes]) -> bool:
        """Lock an open file, or say that somebody else holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def wait_for_lock(file: IO[bytes]) -> None:
        """Lock an open file, however long somebody else holds it."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def unlock(file: IO[bytes]) -> None:
        """Free a lock of ours."""
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a lock file alone, across processes and threads; wait for it as long as it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        wait_for_lock(file)
        try:
            yield
        finally:
            unlock(file)
