"""Reading: one platform or the whole night, by hand or by itself, and the consents it needs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from jobs.cli_base import (
    AsJson,
    Data,
    Day,
    Db,
    Quiet,
    app,
    opened_for,
    parse_date,
    say_line,
    show,
    silent,
)
from tracker.errors import ConfigError


@app.command()
def collect(
    platform: Annotated[list[str] | None, typer.Option("--platform")] = None,
    account: Annotated[list[str] | None, typer.Option("--account")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="List posts back to this day.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what it needs: calls, units, money, minutes.")
    ] = False,
    as_json: AsJson = False,
    day: Day = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Read what is still missing of the last scheduled night."""
    from jobs.folder import only_one
    from jobs.nightly import collect_night

    opened = opened_for(data, db)
    if plan:
        from jobs.planning import plan_night

        plans, refused = plan_night(opened, parse_date(day, "--day"), tuple(platform or ()))
        lines = [*(item.line() for item in plans), *refused]
        show({"platforms": [item.as_dict() for item in plans], "refused": refused}, as_json, lines)
        return
    with only_one(opened.store_folder, "collect"):
        done = collect_night(
            opened,
            silent if quiet else say_line,
            day=parse_date(day, "--day"),
            platforms=tuple(platform or ()),
            accounts=tuple(account) if account else None,
            since=parse_date(since, "--since"),
        )
    if not quiet:
        for line in done.lines():
            typer.echo(line)
    raise typer.Exit(done.code)


@app.command()
def connect(
    platform: Annotated[str | None, typer.Argument(help="The platform, such as zalo.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="The account's id.")] = None,
    code: Annotated[
        str | None,
        typer.Option("--code", help="The code of the consent, or the address it led to."),
    ] = None,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Wake the tokens that sleep on this machine.")
    ] = False,
    data: Data = None,
    db: Db = None,
) -> None:
    """Walk an office through its consent, and keep the token encrypted."""
    from jobs import connecting
    from jobs.folder import only_one

    opened = opened_for(data, db)
    with only_one(opened.store_folder, "connect", "connect"):
        if take_over:
            connecting.take_over(opened, say_line)
        elif platform is None or account is None:
            raise ConfigError("name the platform and the account: tracker connect zalo --account A")
        else:
            connecting.connect(
                opened, platform, account, code=code, ask=sys.stdin.readline, say=say_line
            )


@app.command()
def nightly(
    steps: Annotated[
        str | None, typer.Option("--steps", help="Some of: collect,purge,backup,checks,reports")
    ] = None,
    day: Day = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Run the whole night once: read, purge, back up, check, report. Start it again after a
    failure.
    """
    from jobs.folder import only_one
    from jobs.nightly import STEPS, run_night

    opened = opened_for(data, db)
    with only_one(opened.store_folder, "nightly"):
        done = run_night(
            opened,
            silent if quiet else say_line,
            day=parse_date(day, "--day"),
            steps=tuple(steps.split(",")) if steps else STEPS,
        )
    if not quiet:
        for line in done.lines():
            typer.echo(line)
    raise typer.Exit(done.code)


@app.command()
def schedule(data: Data = None, db: Db = None) -> None:
    """Stay running and start every night by itself (or use a systemd timer: see the README)."""
    from jobs.schedule import run_schedule

    run_schedule(opened_for(data, db), say_line)


@app.command()
def replay(day: Annotated[str, typer.Option("--day")], data: Data = None, db: Db = None) -> None:
    """Read a night again from its archived replies, without the network."""
    from jobs.folder import only_one
    from jobs.replaying import replay_night

    opened = opened_for(data, db)
    asked = parse_date(day, "--day")
    assert asked is not None
    with only_one(opened.store_folder, "replay"):
        done = replay_night(opened, asked, say_line)
    for line in done.lines():
        typer.echo(line)
