"""Letters: their reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_base import (
    Data,
    Db,
    Quiet,
    app,
    opened_for,
    parse_date,
    parse_window,
    say_line,
    silent,
)

Units = Annotated[
    list[str] | None, typer.Option("--locality", help="A locality that answers; again for more.")
]
Agencies = Annotated[
    list[str] | None, typer.Option("--agency", help="An agency that answers; again for more.")
]


@app.command()
def report(
    letter: Annotated[str, typer.Argument(help="The letter, such as 3836.")],
    locality: Units = None,
    agency: Agencies = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every locality of the map, or every agency.")
    ] = False,
    from_: Annotated[
        str | None, typer.Option("--from", help="First day, in place of the letter's window.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")] = None,
    map_: Annotated[
        str | None, typer.Option("--map", help="63, 34 or pilot (else that of the day).")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="docx, xlsx, html")] = "docx,xlsx,html",
    out: Annotated[Path | None, typer.Option("--out", help="Where the files go.")] = None,
    day: Annotated[str | None, typer.Option("--on", help="The report's date (else today).")] = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Fill a letter's outline for its respondents, as Word, Excel and HTML."""
    from jobs.reporting import write_reports_of

    opened = opened_for(data, db)
    files = write_reports_of(
        opened,
        letter,
        units=[*(locality or []), *(agency or [])],
        everything=all_,
        formats=tuple(form.split(",")),
        out=out,
        on=parse_date(day, "--on"),
        say=silent if quiet else say_line,
        asked=parse_window(from_, to),
        map_name=map_,
    )
    typer.echo(f"{len(files)} files in {files[0].parent if files else out}")
