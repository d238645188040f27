"""A program that has read the `tracker` command already and forks a process for each call that a
test makes.

Reads one JSON object a line from standard input: `words`, `env`, `cwd`, `before` (statements to run
first) and `place` (a folder for the files `out` and `err`). Answers each with a line: the exit
code.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import pandas  # noqa: F401  # read here once, so that no call needs to

import jobs.cli
import jobs.exporting
import jobs.keeping
import jobs.nightly
import jobs.readiness
import jobs.replaying
import jobs.reporting
import jobs.schedule
import jobs.status
import tracker.panel  # noqa: F401


def call(job: dict[str, Any]) -> None:
    """Become the command: its folder, environment, streams and words; never returns."""
    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(Path(job["place"]) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(file, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        encoding = job["env"].get("PYTHONIOENCODING", "utf-8")
        sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding=encoding, closefd=False)  # noqa: SIM115
        sys.argv = ["tracker", *job["words"]]
        exec(job["before"], {})
        jobs.cli.main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        call(json.loads(line))
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout.write(f"{ended}\n")
    sys.stdout.flush()
