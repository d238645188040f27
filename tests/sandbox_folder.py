"""One small synthetic data folder, made once for all tests and copied for each; and the sandbox
that feeds it.
"""

from __future__ import annotations

import atexit
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jobs.opening import Opened, make_folder
from jobs.sandbox import Sandbox, World, start_sandbox, write_register
from tracker.imports import import_file
from tracker.periods import scheduled_at
from tracker.settings import load_settings
from tracker.store import open_store

ROOT = Path(__file__).parent.parent
NIGHT = date(2024, 9, 4)
"""The first night of the tests; the sandbox's clock stands at its scheduled instant."""
NEXT = NIGHT + timedelta(days=1)
FAULTS = {
    "rate": 0.05,
    "kinds": ["429", "500", "timeout", "truncated", "html", "cut_json", "html_200"],
    "timeout_seconds": 0.02,
    "retry_after": 0,
}
PLACES = ("haiphong", "tayninh", "sonla", "kontum", "camau", "hungyen", "danang", "quangninh")
"""Localities with a rename, a hidden counter, key-only terms, an invalid handle, an empty page, and
plain ones.
"""
ACCOUNTS = tuple(
    f"{place}-ubnd-{platform}"
    for place in PLACES
    for platform in ("youtube", "bluesky", "mastodon")
)


@cache
def sandbox() -> Sandbox:
    """Start the sandbox of this test run; it ends with the run."""
    running = start_sandbox(1, at(NIGHT))
    atexit.register(running.stop)
    return running


@cache
def world() -> World:
    """Grow the country once: what the numbers truly are."""
    return World(1)


@cache
def template() -> Path:
    """Make the data folder that every test gets a copy of: registered accounts, no reading yet."""
    place = Path(tempfile.mkdtemp(prefix="tracker-tests-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = place / "data"
    with make_folder(folder, synthetic=True) as store:
        for kind, sheet in write_register(place / "sheets", 1, on=NIGHT - timedelta(days=1)):
            if kind == "accounts":
                shutil.copy(sheet, sheet.with_name("all_accounts.csv"))
                _keep_accounts(sheet)
            if kind in ("agencies", "accounts"):
                import_file(kind, sheet, store, folder, now=scheduled_at(NIGHT))
    return folder


@cache
def read_template() -> Path:
    """Make the same folder after its first night, read without faults."""
    from jobs.nightly import collect_night

    folder = template().parent / "read"
    shutil.copytree(template(), folder)
    set_night(NIGHT)
    sandbox().set_faults({})
    opened = open_folder(folder)
    with opened.store:
        assert collect_night(opened, quiet).code == 0
    return folder


def quiet(line: str) -> None:
    """Print nothing."""


def _keep_accounts(sheet: Path) -> None:
    with sheet.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    chosen = [row for row in rows if row[header.index("id")] in ACCOUNTS]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *chosen])


def at(day: date, hours: float = 0) -> str:
    """Write the instant some hours after a night's schedule as the sandbox takes it."""
    return f"{scheduled_at(day) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def fresh_folder(target: Path, *, read: bool = False) -> Path:
    """Copy the data folder, after its first night or before, and put the sandbox back: no faults,
    nothing counted, its clock at the night that comes next.
    """
    shutil.copytree(read_template() if read else template(), target)
    set_night(NEXT if read else NIGHT)
    sandbox().set_faults({})
    return target


def set_night(day: date, hours: float = 0) -> None:
    """Put the sandbox's clock some hours after the schedule of a night and begin counting anew."""
    sandbox().set_clock(at(day, hours))
    sandbox().reset_stats()


def open_folder(folder: Path, **environ: str) -> Opened:
    """Open a data folder in this process, pointed at the sandbox; further variables win."""
    settings = load_settings(folder, {**sandbox().environment(), **environ})
    return Opened(folder, settings, open_store(settings.db))


def environment(**changes: str) -> dict[str, str]:
    """Give the environment of a child process: this one's without any setting of ours, and the
    named variables.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    return {**kept, "PYTHONPATH": str(ROOT), **changes}


def sandbox_environment(**changes: str) -> dict[str, str]:
    """Give the environment of a child process that reads the sandbox."""
    return environment(**{**sandbox().environment(), **changes})


@dataclass(frozen=True)
class Ended:
    """A command that ended: exit code, what it printed, and its errors."""

    code: int
    out: str
    err: str


def run_tracker(
    *words: object,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    before: str = "",
) -> Ended:
    """Run the command in a process of its own, as a user would; `before` are statements it runs
    first.

    The process is forked from one that has read the program already (see warm_command.py), because
    reading it takes longer than what most tests do; where there is no fork, it is started in the
    plain way.
    """
    job = {
        "words": [str(word) for word in words],
        "env": dict(env) if env is not None else environment(),
        "cwd": str(cwd or ROOT),
        "before": before,
    }
    with tempfile.TemporaryDirectory(prefix="tracker-tests-") as place:
        job["place"] = place
        code = _ask_warm(job) if hasattr(os, "fork") else _run_cold(job)
        out, err = (
            (Path(place) / name).read_text(encoding="utf-8", errors="replace")
            for name in ("out", "err")
        )
    return Ended(code, out, err)


@cache
def _warm() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "warm_command.py")],
        env=environment(OPENBLAS_NUM_THREADS="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=10)


def _ask_warm(job: Mapping[str, Any]) -> int:
    process = _warm()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def _run_cold(job: Mapping[str, Any]) -> int:
    lines = [
        str(job["before"]),
        "import sys",
        f"sys.argv = {['tracker', *job['words']]!r}",
        "from jobs.cli import main",
        "main()",
    ]
    with (
        (Path(job["place"]) / "out").open("wb") as out,
        (Path(job["place"]) / "err").open("wb") as err,
    ):
        call = [sys.executable, "-c", "\n".join(lines)]
        return subprocess.run(
            call, env=job["env"], cwd=job["cwd"], stdout=out, stderr=err, timeout=60, check=False
        ).returncode
