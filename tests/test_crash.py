"""A night killed at any point and started again stores what an undisturbed night stores, byte for
byte.
"""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.opening import make_folder
from jobs.sandbox import Sandbox, start_sandbox, write_history, write_register
from tracker.imports import import_file
from tracker.periods import scheduled_at

pytestmark = pytest.mark.crash

NIGHT = date(2024, 9, 2)
LOCALITIES = (
    "quang-ninh",
    "lai-chau",
    "dien-bien",
    "ninh-thuan",
    "bac-kan",
    "thanh-hoa",
    "long-an",
)
STEPS = "collect,purge,backup"
POINTS = [
    *(("statement", number) for number in (1, 9, 23, 41, 60, 83, 110, 140)),
    *(("before commit", number) for number in (1, 2, 4, 6)),
    *(("after commit", number) for number in (1, 2)),
    *(("before save", number) for number in (1, 3)),
    *(("archived", number) for number in (1, 7)),
    *(("delete", number) for number in (1, 2)),
    ("replace", 1),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox(1, f"{scheduled_at(NIGHT):%Y-%m-%dT%H:%M:%SZ}") as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with about twenty accounts and sixty days of history, some of it under 30-day
    terms.
    """
    place = tmp_path_factory.mktemp("crash")
    data, sheets = place / "data", place / "sheets"
    with make_folder(data, synthetic=True) as store:
        now = scheduled_at(NIGHT)
        agencies = {f"ubnd-{locality}" for locality in LOCALITIES}
        for kind, sheet in write_register(sheets, on=NIGHT - timedelta(days=1)):
            if kind in ("agencies", "accounts"):
                if kind == "accounts":
                    keep_rows(sheet, "agency_id", agencies)
                    hold_under_the_key(sheet)
                import_file(kind, sheet, store, data, now=now)
        accounts = {row["id"] for row in store.rows("account")}
        for kind, sheet in zip(
            ("history", "posts"),
            write_history(sheets, NIGHT - timedelta(days=60), NIGHT - timedelta(days=1)),
            strict=True,
        ):
            keep_rows(sheet, "account", accounts)
            import_file(kind, sheet, store, data, now=now)
    return data


def keep_rows(sheet: Path, column: str, wanted: set[str]) -> None:
    """Leave only some rows of a sheet."""
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in rows if row[column] in wanted)


def hold_under_the_key(sheet: Path) -> None:
    """Put every YouTube account under the 30-day terms, so that the purge has something to
    delete.
    """
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(text.replace("owner_consent", "key_30d"), encoding="utf-8")


def tracker(
    sandbox: Sandbox, *arguments: str, kill_at: tuple[str, int] | None = None, minutes: int = 0
) -> int:
    """Run a command in a process of its own, killed at a point if one is named, its clock some
    minutes ahead; gives its exit code.
    """
    child = Path(__file__).parent / "crash_child.py"
    point, number = kill_at or ("never", 0)
    watched = [str(child), point, str(number), str(minutes)]
    program = watched if kill_at or minutes else ["-m", "jobs.cli"]
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=root,
        env={**os.environ, **sandbox.environment(), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def exported(sandbox: Sandbox, data: Path) -> bytes:
    out = data / "observations.csv"
    assert tracker(sandbox, "export", "observations", "--out", str(out), "--data", str(data)) == 0
    return out.read_bytes()


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    data = shutil.copytree(folder, tmp_path_factory.mktemp("whole") / "data")
    night(sandbox, data)
    return exported(sandbox, data)


def night(sandbox: Sandbox, data: Path, minutes: int = 0) -> None:
    """Run a night to its end; some accounts of the country cannot be read, so 3 is a good end
    too.
    """
    code = tracker(sandbox, "nightly", "--steps", STEPS, "--data", str(data), minutes=minutes)
    assert code in (0, 3)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]} {point[1]}")
def test_a_killed_night_started_again_equals_an_undisturbed_one(
    point: tuple[str, int], sandbox: Sandbox, folder: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    data = shutil.copytree(folder, tmp_path / "data")
    killed = tracker(sandbox, "nightly", "--steps", STEPS, "--data", str(data), kill_at=point)
    assert killed == -9, "the point was never passed"
    night(sandbox, data)
    assert exported(sandbox, data) == undisturbed
    assert [path.name for path in (data / "backups").glob("*.zip")] == [
        "gia-lap_tracker-2024-09-02.zip"
    ]


@pytest.mark.parametrize(
    "point", [("statement", 60), ("before save", 3)], ids=lambda point: f"{point[0]} {point[1]}"
)
def test_with_a_clock_that_goes_on_only_the_time_of_reading_differs(
    point: tuple[str, int], sandbox: Sandbox, folder: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    """The sandbox stands still; the collector's own clock is seven minutes on at the second
    start.
    """
    data = shutil.copytree(folder, tmp_path / "data")
    assert tracker(sandbox, "nightly", "--steps", STEPS, "--data", str(data), kill_at=point) == -9
    night(sandbox, data, minutes=7)
    resumed = exported(sandbox, data)
    assert resumed != undisturbed
    assert without_time(resumed) == without_time(undisturbed)


def without_time(export: bytes) -> list[dict[str, str]]:
    rows = list(csv.DictReader(export.decode("utf-8").splitlines()))
    return [{name: row[name] for name in row if name != "observed_at"} for row in rows]
