"""Runs a tracker command and kills this process with SIGKILL at one point of its work.

`python crash_child.py POINT NUMBER MINUTES ARGUMENTS…`: at the NUMBER-th time that POINT is passed
(`never`: it is not killed); its clock is MINUTES ahead of the sandbox's. The
product knows nothing of this; every point is watched from outside.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

import jobs.nightly
from jobs import cli
from tracker.http import Archive
from tracker.settings import Settings
from tracker.store import Store

POINTS = (
    "statement",
    "before commit",
    "after commit",
    "archived",
    "before save",
    "delete",
    "replace",
)


class Killer:
    """Counts down the passes of one point."""

    def __init__(self, number: int) -> None:
        self.left = number

    def passed(self, *_: Any, **__: Any) -> None:
        """Die at the last pass."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(point: str, killer: Killer) -> None:
    """Arrange that the killer hears of every pass of a point."""
    if point == "statement":
        event.listen(Engine, "before_cursor_execute", killer.passed)
    elif point == "delete":
        event.listen(Engine, "before_cursor_execute", _when_deleting(killer))
    elif point == "before commit":
        event.listen(Engine, "commit", killer.passed)
    elif point == "after commit":
        Store.save = _after(Store.save, killer)  # type: ignore[method-assign]
    elif point == "before save":
        Store.save = _before(Store.save, killer)  # type: ignore[method-assign]
    elif point == "archived":
        Archive.put = _after(Archive.put, killer)  # type: ignore[method-assign]
    elif point == "replace":
        Path.replace = _before(Path.replace, killer)  # type: ignore[method-assign]
    else:
        raise SystemExit(f"no point {point!r}")


def _when_deleting(killer: Killer) -> Callable[..., None]:
    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("DELETE"):
            killer.passed()

    return look


def _after(function: Callable[..., Any], killer: Killer) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        killer.passed()
        return result

    return wrapped


def _before(function: Callable[..., Any], killer: Killer) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        killer.passed()
        return function(*arguments, **named)

    return wrapped


def put_clock_ahead(minutes: int) -> None:
    """Let this process read the time as some minutes later than it is."""
    true_clock = jobs.nightly.night_clock

    def ahead(settings: Settings) -> Callable[[], datetime]:
        clock = true_clock(settings)
        return lambda: clock() + timedelta(minutes=minutes)

    jobs.nightly.night_clock = ahead


if __name__ == "__main__":
    if sys.argv[1] != "never":
        watch(sys.argv[1], Killer(int(sys.argv[2])))
    put_clock_ahead(int(sys.argv[3]))
    sys.argv = ["tracker", *sys.argv[4:]]
    cli.main()
