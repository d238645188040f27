"""Numbers: indicators, effects, where a number came from, exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_base import (
    Data,
    Db,
    app,
    opened_for,
    parse_date,
    parse_window,
)
from tracker.errors import ConfigError


@app.command()
def indicators(
    indicator: Annotated[
        list[str] | None, typer.Option("--indicator", help="Keys of the dictionary; else all.")
    ] = None,
    locality: Annotated[list[str] | None, typer.Option("--locality")] = None,
    agency: Annotated[list[str] | None, typer.Option("--agency")] = None,
    programme: Annotated[
        str | None, typer.Option("--programme", help="Before and after this programme.")
    ] = None,
    map_: Annotated[
        str | None, typer.Option("--map", help="63, 34 or pilot; else the map of the last day.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First day of a level.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Its last day, inclusive.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help="First day of the programme (else the register's)."),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="The units among pilots, region, size, platform.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or html")] = "table",
    out: Annotated[Path | None, typer.Option("--out", help="The page to write (html).")] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Print every indicator of accounts and units: over a window, or before and after."""
    if form not in ("table", "csv", "json", "html"):
        raise ConfigError(f"--format: no {form!r}; expected table, csv, json or html")
    if form == "html" and out is None:
        raise ConfigError("--format html needs --out FILE.html")
    from jobs.indicating import measure
    from jobs.indicating.choice import Asked
    from jobs.indicating.output import show_indicators, show_peers, write_page_of

    asked = Asked(
        indicators=tuple(indicator or ()),
        localities=tuple(dict.fromkeys(locality or ())),
        agencies=tuple(dict.fromkeys(agency or ())),
        programme=programme,
        map_name=map_,
        start=parse_date(start, "--start"),
        window=parse_window(from_, to),
    )
    opened = opened_for(data, db)
    found = measure(opened, asked)
    if form == "html" and out is not None:
        write_page_of(found, opened.folder, out, peers=peers)
        typer.echo(f"{out} written")
    elif peers:
        show_peers(found, opened.folder, form, typer.echo)
    else:
        show_indicators(found, form, typer.echo)


@app.command()
def effects(
    indicator: Annotated[
        list[str] | None, typer.Option("--indicator", help="Keys; else the usual six.")
    ] = None,
    locality: Annotated[list[str] | None, typer.Option("--locality")] = None,
    map_: Annotated[str, typer.Option("--map", help="63, 34 or pilot")] = "63",
    cadence: Annotated[str, typer.Option("--by", help="W = week, M = four weeks")] = "W",
    from_: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or html")] = "table",
    out: Annotated[Path | None, typer.Option("--out", help="The page to write (html).")] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Compare localities with comparable ones: what may be called an effect, or why nothing may."""
    from jobs import effecting

    if form not in ("table", "csv", "json", "html"):
        raise ConfigError(f"--format: no {form!r}; expected table, csv, json or html")
    if map_ not in ("63", "34", "pilot"):
        raise ConfigError(f"--map: no {map_!r}; expected 63, 34 or pilot")
    if cadence not in ("W", "M"):
        raise ConfigError(f"--by: no {cadence!r}; expected W or M")
    if form == "html" and out is None:
        raise ConfigError("--format html needs --out FILE.html")
    opened = opened_for(data, db)
    window = parse_window(from_, to)
    studied = effecting.study_indicators(
        opened,
        indicator or [],
        map_name=map_,
        cadence=cadence,
        window=window,
        localities=locality or [],
    )
    if form == "table":
        if opened.synthetic:
            from tracker.reports import SYNTHETIC_VI

            typer.echo(SYNTHETIC_VI)
        for line in effecting.print_lines(studied):
            typer.echo(line)
    elif form == "html" and out is not None:
        from jobs.effect_page import write_effects

        write_effects(studied, out, synthetic=opened.synthetic)
        typer.echo(f"{out} written")
    else:
        from jobs.printing import print_rows

        print_rows(effecting.rows_frame(studied), form)


@app.command()
def trace(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT|EDITION",
            help="An account's id; or an edition: LETTER/UNIT (the latest) or LETTER/UNIT/N.",
        ),
    ],
    what: Annotated[
        str,
        typer.Argument(
            metavar="METRIC|ID",
            help="A metric, such as followers; or the id of a printed number, such as K03b.",
        ),
    ],
    from_: Annotated[str | None, typer.Option("--from", help="First day (of an account).")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")] = None,
    posts: Annotated[
        bool, typer.Option("--posts", help="The account's posts, not itself.")
    ] = False,
    readings: Annotated[
        bool, typer.Option("--readings", help="Of a printed number: the readings behind it too.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
    data: Data = None,
    db: Db = None,
) -> None:
    """Print where a number came from: a printed one by its id, or the readings of an account."""
    from jobs import tracing
    from jobs.printing import print_rows

    if "/" in subject:
        if from_ or to or posts:
            raise ConfigError("--from, --to and --posts go with an account, not with an edition")
        tracing.print_number(
            opened_for(data, db), subject, what, form, typer.echo, readings=readings
        )
        return
    first, last = parse_date(from_, "--from"), parse_date(to, "--to")
    if first is None or last is None:
        raise ConfigError("an account is traced over days: give --from and --to")
    opened = opened_for(data, db)
    print_rows(tracing.trace_rows(opened, subject, what, first, last, posts=posts), form)


@app.command()
def export(
    what: Annotated[
        str, typer.Argument(help="observations, attempts, posts, indicators or registry")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    form: Annotated[str, typer.Option("--format", help="csv or parquet")] = "csv",
    corrected: Annotated[
        bool, typer.Option("--corrected", help="Apply corrections and add their id.")
    ] = False,
    data: Data = None,
    db: Db = None,
) -> None:
    """Write readings as they were read; obeys the terms each number is held under."""
    from jobs.exporting import write_export

    rows = write_export(opened_for(data, db), what, out, form, corrected=corrected)
    typer.echo(f"{out}: {rows} rows")
