"""What every part of the command shares: the application, its usual options, how it speaks."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.errors import ConfigError, Problem
from tracker.periods import Window

if TYPE_CHECKING:
    from jobs.opening import Opened

app = typer.Typer(
    name="tracker",
    help=(
        "Registers official accounts, reads their public counts every night and fills the "
        "official reports."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
account_app = typer.Typer(help="Single accounts.", no_args_is_help=True)
app.add_typer(account_app, name="account")

Data = Annotated[
    Path | None, typer.Option("--data", help="The data folder (else TRACKER_DATA, else here).")
]
Db = Annotated[
    str | None, typer.Option("--db", help="Another store, as an SQLAlchemy URL (else TRACKER_DB).")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but problems.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Day = Annotated[str | None, typer.Option("--day", help="The night's local date, YYYY-MM-DD.")]
On = Annotated[str | None, typer.Option("--on", help="The day of what is written (else today).")]
From = Annotated[
    str | None, typer.Option("--from", help="First day, in place of the letter's window.")
]
To = Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")]
Map = Annotated[str | None, typer.Option("--map", help="63, 34 or pilot (else that of the day).")]
Units = Annotated[
    list[str] | None, typer.Option("--locality", help="A locality that answers; again for more.")
]
Agencies = Annotated[
    list[str] | None, typer.Option("--agency", help="An agency that answers; again for more.")
]
Everybody = Annotated[
    bool, typer.Option("--all", help="Every locality of the map, or every agency.")
]
Forms = Annotated[str, typer.Option("--format", help="docx, xlsx, html")]
Out = Annotated[Path | None, typer.Option("--out", help="Where the files go.")]
PROBLEMS_SHOWN = 50


def stop(sentence: str, code: int) -> None:
    """Print one sentence on the error stream and leave."""
    sys.stderr.write(f"tracker: {sentence}\n")
    sys.exit(code)


def fail_with_problems(problems: tuple[Problem, ...]) -> None:
    """Print every problem on its own line, then how many, and leave with 2."""
    for problem in problems[:PROBLEMS_SHOWN]:
        sys.stderr.write(f"{problem}\n")
    more = len(problems) - PROBLEMS_SHOWN
    rest = f" ({more} more not shown)" if more > 0 else ""
    stop(
        f"{len(problems)} problem{'s' if len(problems) != 1 else ''}{rest}; nothing was changed", 2
    )


def say_line(line: str) -> None:
    """Print one line of progress."""
    typer.echo(line)


def silent(line: str) -> None:
    """Print nothing."""


def parse_date(text: str | None, option: str) -> date | None:
    """Read a day given on the command line, ISO or dd/mm/yyyy."""
    if text is None:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise ConfigError(f"{option}: found {text!r}; expected a day such as 2024-09-15 or 15/09/2024")


def parse_window(first: str | None, last: str | None) -> Window | None:
    """Make the window of --from and --to, both inclusive; None where neither is given. Raises
    ConfigError where only one is given, or they stand in the wrong order.
    """
    from_, to = parse_date(first, "--from"), parse_date(last, "--to")
    if from_ is None and to is None:
        return None
    if from_ is None or to is None:
        raise ConfigError("--from and --to go together")
    if to < from_:
        raise ConfigError(f"--to {to} lies before --from {from_}")
    return Window(from_, to + timedelta(days=1))


def show(value: Any, as_json: bool, lines: list[str]) -> None:
    """Print a value as JSON, or the lines made of it."""
    if as_json:
        import json

        typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            typer.echo(line)


def opened_for(data: Path | None, db: str | None) -> Opened:
    """Open folder, settings and store of a command, and log warnings to the error stream."""
    import logging

    from jobs.opening import open_all

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    opened = open_all(data, db)
    for name in opened.settings.unknown:
        logging.getLogger("tracker.settings").warning(
            "%s is no setting of this program; see .env.example", name
        )
    return opened
