"""Letters: their reports, and the editions that are kept of them."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli_base import (
    Agencies,
    AsJson,
    Data,
    Db,
    Everybody,
    Forms,
    From,
    Map,
    On,
    Out,
    Quiet,
    To,
    Units,
    app,
    opened_for,
    parse_date,
    parse_window,
    say_line,
    show,
    silent,
)
from tracker.errors import ConfigError

Locality = Annotated[str | None, typer.Option("--locality", help="The locality that answers.")]
Agency = Annotated[str | None, typer.Option("--agency", help="The agency that answers.")]
Number = Annotated[
    int | None, typer.Option("--edition", help="The number of an edition (else the latest).")
]
LetterId = Annotated[str, typer.Argument(help="The letter, such as 3836.")]


@app.command()
def report(
    letter: LetterId,
    locality: Units = None,
    agency: Agencies = None,
    all_: Everybody = False,
    from_: From = None,
    to: To = None,
    map_: Map = None,
    form: Forms = "docx,xlsx,html",
    out: Out = None,
    day: On = None,
    edition: Annotated[
        int | None, typer.Option("--edition", help="Print this kept edition again, unchanged.")
    ] = None,
    compare: Annotated[
        int | None, typer.Option("--compare", help="Add what changed since this edition.")
    ] = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Fill a letter's outline for its respondents, as Word, Excel and HTML."""
    units = [*(locality or []), *(agency or [])]
    formats = tuple(form.split(","))
    if edition is not None:
        if all_ or from_ or to or map_ or day or compare is not None or len(units) != 1:
            raise ConfigError(
                "--edition prints one kept edition: name one --locality or --agency, and only "
                "--format and --out beside it"
            )
        from jobs.editing import print_edition

        opened = opened_for(data, db)
        files = print_edition(opened, letter, units[0], edition, formats, out)
    else:
        from jobs.reporting import write_reports_of

        opened = opened_for(data, db)
        files = write_reports_of(
            opened,
            letter,
            units=units,
            everything=all_,
            formats=formats,
            out=out,
            on=parse_date(day, "--on"),
            say=silent if quiet else say_line,
            asked=parse_window(from_, to),
            map_name=map_,
            compare_with=compare,
        )
    if not quiet:
        typer.echo(f"{len(files)} files in {files[0].parent if files else out}")


@app.command()
def issue(
    letter: LetterId,
    number: Annotated[
        str, typer.Option("--number", help="The document's number, such as 12/BC-UBND.")
    ],
    date: Annotated[str, typer.Option("--date", help="The document's date.")],
    locality: Locality = None,
    agency: Agency = None,
    edition: Number = None,
    office: Annotated[
        str | None, typer.Option("--office", help="Who issues it: an office, never a person.")
    ] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Turn the latest draft of a report into an issued edition, which never changes again."""
    from jobs.editing import issue_edition

    unit = _one_unit(locality, agency)
    day = parse_date(date, "--date")
    assert day is not None, "a day that is given is read or refused"
    opened = opened_for(data, db)
    done = issue_edition(
        opened, letter, unit, number=number, day=day, edition=edition, office=office
    )
    kind = "locality" if locality else "agency"
    typer.echo(
        f"{letter}/{unit}/{done.number} is issued as {done.document_number} of {day}; print it "
        f"with tracker report {letter} --{kind} {unit} --edition {done.number}"
    )


@app.command()
def editions(
    letter: Annotated[str | None, typer.Argument(help="The letter (else all).")] = None,
    locality: Locality = None,
    agency: Agency = None,
    compare: Annotated[
        int | None, typer.Option("--compare", help="Show what changed since this edition.")
    ] = None,
    edition: Number = None,
    data: Data = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """List the editions that are kept, or show what changed between two of them and why."""
    from jobs import editing

    if compare is None:
        if edition is not None:
            raise ConfigError("--edition goes with --compare here")
        if locality and agency:
            raise ConfigError("--locality or --agency, not both")
        rows = editing.edition_rows(opened_for(data, db), letter, locality or agency)
        show(rows, as_json, editing.edition_lines(rows))
        return
    if letter is None:
        raise ConfigError("--compare needs the letter: tracker editions LETTER --locality ID …")
    unit = _one_unit(locality, agency)
    found, later = editing.compare_kept(opened_for(data, db), letter, unit, compare, edition)
    show(
        editing.comparison_json(found, compare, later),
        as_json,
        editing.comparison_lines(found, compare),
    )


def _one_unit(locality: str | None, agency: str | None) -> str:
    """Give the one respondent that was named. Raises ConfigError for none or two."""
    if (locality is None) == (agency is None):
        raise ConfigError("name one respondent: --locality ID or --agency ID")
    return locality or agency or ""
