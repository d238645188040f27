"""The `tracker` command: reads arguments, opens what is needed, prints. Heavy imports happen inside
commands.

Exit codes: 0 done · 1 failed · 2 wrong usage or input · 3 done, but something could not be read.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs import cli_answers, cli_folder, cli_letters, cli_national, cli_night, cli_numbers
from jobs.cli_base import app, fail_with_problems, say_line, stop
from tracker.errors import ConfigError, InputError, TrackerError

FEWER_COLLECTIONS = (50_000, 20, 50)
"""What a command makes mostly lives until its end; walked through as often as by default it costs a
tenth of the time of many reports."""
PARTS = (cli_folder, cli_night, cli_numbers, cli_letters, cli_answers, cli_national)
"""The modules whose commands belong to `app`; importing them enters the commands."""
app.registered_commands.sort(
    key=lambda one: [part.__name__ for part in PARTS].index(getattr(one.callback, "__module__", ""))
)


def main() -> None:
    """Run the command; every expected error becomes one sentence and an exit code."""
    gc.set_threshold(*FEWER_COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except InputError as error:
        fail_with_problems(error.problems)
    except ConfigError as error:
        stop(str(error), 2)
    except TrackerError as error:
        stop(str(error), 1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        stop(f"{error.strerror or error}{where}", 1)
    except KeyboardInterrupt:
        stop("stopped; nothing half-done was kept", 130)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Where the demonstration goes.")] = Path(
        "data/demo"
    ),
) -> None:
    """Show the whole product on a synthetic country: no keys, no internet."""
    from jobs.demo import run_demo

    run_demo(out, say_line)


if __name__ == "__main__":
    main()
