"""The ministry's commands: the national view of a letter, and the slips that offices check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_base import (
    Data,
    Db,
    Forms,
    From,
    Map,
    On,
    Out,
    Quiet,
    To,
    app,
    opened_for,
    parse_date,
    parse_window,
    say_line,
    silent,
)
from tracker.errors import ConfigError

MAPS = ("63", "34", "pilot")


@app.command()
def national(
    letter: Annotated[str, typer.Argument(help="The letter, such as 3836.")],
    map_: Map = None,
    from_: From = None,
    to: To = None,
    form: Forms = "docx,xlsx,html",
    out: Out = None,
    day: On = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Put all respondents of a letter into one document: programmes, rankings, who has sent."""
    from jobs.national import write_national_of

    if map_ is not None and map_ not in MAPS:
        raise ConfigError(f"--map: no {map_!r}; expected {', '.join(MAPS)}")
    files = write_national_of(
        opened_for(data, db),
        letter,
        formats=tuple(form.split(",")),
        out=out,
        on=parse_date(day, "--on"),
        say=silent if quiet else say_line,
        asked=parse_window(from_, to),
        map_name=map_,
    )
    if not quiet:
        typer.echo(f"{len(files)} files in {files[0].parent if files else out}")


@app.command()
def slip(
    agency: Annotated[
        list[str] | None, typer.Option("--agency", help="An office; again for more.")
    ] = None,
    locality: Annotated[
        list[str] | None, typer.Option("--locality", help="All offices of a locality.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every office that owns accounts.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Where the files go.")] = Path("slips"),
    form: Forms = "docx,xlsx,html",
    day: On = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Ask offices whether their numbers are right: what was read beside what was declared."""
    from jobs.slips import write_slips_of

    files = write_slips_of(
        opened_for(data, db),
        agencies=agency or [],
        localities=locality or [],
        everything=all_,
        formats=tuple(form.split(",")),
        out=out,
        on=parse_date(day, "--on"),
        say=silent if quiet else say_line,
    )
    if not quiet:
        typer.echo(f"{len(files)} files in {out}")
