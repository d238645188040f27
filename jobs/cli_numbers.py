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
)
from tracker.errors import ConfigError


@app.command()
def indicators(
    locality: Annotated[list[str] | None, typer.Option("--locality")] = None,
    agency: Annotated[list[str] | None, typer.Option("--agency")] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help="First day of the programme (else the register's)."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
    data: Data = None,
    db: Db = None,
) -> None:
    """Print the indicators of localities or agencies before and after their programme."""
    from jobs.reporting import indicator_rows, print_rows

    if form not in ("table", "csv", "json"):
        raise ConfigError(f"--format: no {form!r}; expected table, csv or json")
    opened = opened_for(data, db)
    print_rows(
        indicator_rows(opened, [*(locality or []), *(agency or [])], parse_date(start, "--start")),
        form,
    )


@app.command()
def effects(
    indicator: Annotated[
        list[str] | None, typer.Option("--indicator", help="Keys; else the usual five.")
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
    window = effecting.last_window(parse_date(from_, "--from"), parse_date(to, "--to"))
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
        from jobs.reporting import print_rows

        print_rows(effecting.rows_frame(studied), form)


@app.command()
def trace(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    metric: Annotated[str, typer.Argument(help="The metric, such as followers or reactions.")],
    from_: Annotated[str, typer.Option("--from", help="First day.")],
    to: Annotated[str, typer.Option("--to", help="Last day, inclusive.")],
    posts: Annotated[
        bool, typer.Option("--posts", help="The account's posts, not itself.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
    data: Data = None,
    db: Db = None,
) -> None:
    """Print where a number came from: readings, lanes, attempts, digests, corrections."""
    from jobs.reporting import print_rows
    from jobs.tracing import trace_rows

    opened = opened_for(data, db)
    first, last = parse_date(from_, "--from"), parse_date(to, "--to")
    assert first is not None
    assert last is not None
    print_rows(trace_rows(opened, account, metric, first, last, posts=posts), form)


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
