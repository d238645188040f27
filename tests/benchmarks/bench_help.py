"""The processor time of `tracker --help`: heavy libraries must wait until they are needed."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LIMIT = 0.100
"""Seconds of processor time, user and system."""
RUNS = 7
HEAVY = ("pandas", "numpy", "sqlalchemy", "requests", "plotly", "matplotlib", "docx", "apscheduler")


def cpu_of(*call: str) -> float:
    """Give the processor seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_costs_little() -> None:
    """The best of several runs counts: other programs can only lengthen them."""
    help_runs = [cpu_of(sys.executable, "-m", "jobs.cli", "--help") for _ in range(RUNS)]
    bare = min(cpu_of(sys.executable, "-c", "import typer") for _ in range(RUNS))
    best = min(help_runs)
    print(
        f"\ntracker --help: {best * 1000:.0f} ms CPU, {best / LIMIT:.2f} of the limit "
        f"(best of {RUNS}; typer alone {bare * 1000:.0f} ms)"
    )
    assert best <= LIMIT


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys; sys.argv = ['tracker', '--help']\n"
        "from jobs.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    call = [sys.executable, "-c", program]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
