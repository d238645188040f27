"""Letters and their answers: the list, one outline, a new letter, sheets to fill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_base import (
    Agencies,
    AsJson,
    Data,
    Db,
    Everybody,
    Map,
    On,
    Quiet,
    Units,
    app,
    opened_for,
    parse_date,
    say_line,
    show,
    silent,
    stop,
)
from tracker.errors import ConfigError


@app.command()
def letters(
    letter: Annotated[
        str | None, typer.Argument(help="Show this letter's outline (else list all).")
    ] = None,
    new: Annotated[
        str | None,
        typer.Option("--new", metavar="ID", help="Write an example into the data folder."),
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="Write the example into this .toml file.")
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Who has sent what, and what is still open.")
    ] = False,
    map_: Map = None,
    day: On = None,
    data: Data = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """List the letters, show one, say who has answered it, or begin a new one."""
    from jobs.folder import find_data_folder
    from jobs.lettering import (
        letter_row,
        list_letters,
        new_letter,
        outline_lines,
        outline_row,
    )
    from tracker.letters import letter_ids, letter_named
    from tracker.settings import environment_value

    if template is not None:
        typer.echo(f"{new_letter(template, ())} is ready to be filled")
        return
    if status:
        from jobs.answering import status_rows

        if letter is None:
            raise ConfigError("--status of which letter? tracker letters LETTER --status")
        opened = opened_for(data, db)
        rows, lines = status_rows(opened, letter, on=parse_date(day, "--on"), map_name=map_)
        show(rows, as_json, lines)
        return
    folder = _folder_or_none(data)
    if new is not None:
        folder = folder or find_data_folder(data, environment_value("TRACKER_DATA"))
        path = new_letter(folder / "letters" / f"{new}.toml", letter_ids(folder))
        typer.echo(f"{path} is ready to be filled; look at it with: tracker letters {new}")
        return
    if letter is not None:
        found = letter_named(letter, folder)
        show(outline_row(found), as_json, outline_lines(found))
        return
    listed = list_letters(folder)
    show([letter_row(one) for one in listed.letters], as_json, listed.lines())
    if listed.wrong:
        for sentence in listed.wrong[:-1]:
            typer.echo(f"tracker: {sentence}", err=True)
        stop(listed.wrong[-1], 2)


def _folder_or_none(data: Path | None) -> Path | None:
    """Find the data folder; without one the shipped letters are all there are."""
    from jobs.folder import find_data_folder
    from tracker.settings import environment_value

    named = environment_value("TRACKER_DATA")
    try:
        return find_data_folder(data, named)
    except ConfigError:
        if data is not None or named:
            raise
        return None


@app.command()
def answers(
    letter: Annotated[str, typer.Argument(help="The letter, such as 3836.")],
    out: Annotated[Path, typer.Option("--out", help="The .xlsx file; with --all a folder.")],
    locality: Units = None,
    agency: Agencies = None,
    all_: Everybody = False,
    map_: Map = None,
    day: On = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Write the sheet an officer fills; `tracker import answers FILE` reads it back."""
    from jobs.answering import write_answer_sheets

    files = write_answer_sheets(
        opened_for(data, db),
        letter,
        units=[*(locality or []), *(agency or [])],
        everything=all_,
        out=out,
        on=parse_date(day, "--on"),
        map_name=map_,
        say=silent if quiet else say_line,
    )
    where = files[0] if len(files) == 1 else f"{len(files)} sheets in {out}"
    typer.echo(f"{where}: ready to be filled; read back with: tracker import answers FILE")
