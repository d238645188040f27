"""The data folder: made, checked, filled from sheets, backed up; what went on in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli_base import (
    AsJson,
    Data,
    Db,
    Quiet,
    account_app,
    app,
    opened_for,
    say_line,
    show,
)
from tracker.errors import ConfigError


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new data folder.")] = Path("tracker-data"),
    example: Annotated[
        bool, typer.Option("--example", help="Add the shipped accounts whose source is solid.")
    ] = False,
) -> None:
    """Make a data folder: the shipped localities, agencies and elements, an empty list of accounts,
    a new store.
    """
    from jobs.opening import make_folder

    make_folder(folder, example=example).close()
    typer.echo(f"{folder.absolute()} is ready; name it with --data or TRACKER_DATA")


@app.command()
def upgrade(data: Data = None, db: Db = None) -> None:
    """Bring an older store to this version; the file is copied first."""
    from jobs.folder import only_one
    from jobs.opening import open_folder
    from tracker import store

    folder, settings = open_folder(data, db)
    with only_one(folder, "upgrade"):
        before, after, copy = store.upgrade(settings.db)
    if before == after:
        typer.echo(f"the store is current (version {after})")
    else:
        typer.echo(
            f"the store went from version {before} to {after}; the copy from before is {copy}"
        )


@app.command()
def check(data: Data = None, db: Db = None, as_json: AsJson = False) -> None:
    """Say what can be read tonight, and why the rest cannot."""
    from jobs.readiness import check_readiness

    opened = opened_for(data, db)
    found = check_readiness(opened)
    show(found.as_dict(), as_json, found.lines())
    if found.blocking:
        raise typer.Exit(2)


@app.command("import")
def import_(
    kind: Annotated[
        str, typer.Argument(help="agencies, accounts, programmes, history, posts, outcomes, …")
    ],
    file: Annotated[Path | None, typer.Argument(help="The CSV or XLSX sheet.")] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="Write the sheet to fill, and stop.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show, change nothing.")
    ] = False,
    replace: Annotated[
        str | None,
        typer.Option(
            "--replace", metavar="REASON", help="Other numbers become corrections with this reason."
        ),
    ] = None,
    office: Annotated[
        str | None, typer.Option("--office", help="Who enters this: an office, never a person.")
    ] = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Read a sheet into the register or the store: all of it, or nothing."""
    from tracker.imports import KINDS, import_file, write_template

    if kind not in KINDS:
        raise ConfigError(f"no kind {kind!r}; expected one of {', '.join(KINDS)}")
    if template is not None:
        write_template(kind, template)
        typer.echo(f"{template} is ready to be filled")
        return
    if file is None:
        raise ConfigError("which file? tracker import KIND FILE")
    from jobs.folder import only_one
    from jobs.opening import wall_clock

    opened = opened_for(data, db)
    with only_one(opened.store_folder, f"import {kind}"):
        done = import_file(
            kind,
            file,
            opened.store,
            opened.folder,
            dry_run=dry_run,
            replace_reason=replace,
            now=wall_clock(),
            office=office,
        )
    if not quiet:
        for note in done.notes:
            typer.echo(note)
        would = "would be " if dry_run else ""
        typer.echo(
            f"{file}: {done.rows} rows, {done.created} {would}new, {done.unchanged} "
            f"{would}unchanged"
        )


@app.command()
def status(data: Data = None, db: Db = None, as_json: AsJson = False) -> None:
    """Show nights, coverage by platform, gaps with their causes, requests used."""
    from jobs.status import read_status

    found = read_status(opened_for(data, db))
    show(found.as_dict(), as_json, found.lines())


@app.command()
def log(data: Data = None, db: Db = None, as_json: AsJson = False) -> None:
    """Show who changed what: imports, corrections, purges."""
    from jobs.status import change_lines

    rows = opened_for(data, db).store.rows("change")
    show(rows, as_json, change_lines(rows))


@account_app.command("void")
def void(
    account: str,
    reason: Annotated[str, typer.Option("--reason", help="Why its numbers leave every table.")],
    office: Annotated[str | None, typer.Option("--office")] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Take an account out of every panel; it stays listed with the reason."""
    from jobs.folder import only_one
    from jobs.opening import wall_clock
    from tracker.imports import void_account

    opened = opened_for(data, db)
    with only_one(opened.store_folder, "account void"):
        void_account(opened.store, opened.folder, account, reason, now=wall_clock(), office=office)
    typer.echo(f"{account} is void: {reason}")


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go.")] = False,
    account: Annotated[
        str | None, typer.Option("--account", help="Delete what was read of this account.")
    ] = None,
    post: Annotated[
        str | None, typer.Option("--post", help="Only of this post of the account (its id).")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why, such as a consent that was withdrawn.")
    ] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Delete what the platforms' terms no longer let us keep, or an owner has withdrawn."""
    from jobs.folder import only_one
    from jobs.nightly import purge_account, purge_folder
    from jobs.opening import night_clock
    from tracker.periods import local_date

    opened = opened_for(data, db)
    if account is not None and (not reason or dry_run):
        raise ConfigError("--account needs --reason and knows no --dry-run")
    if account is None and (post or reason):
        raise ConfigError("--post and --reason go with --account")
    with only_one(opened.store_folder, "purge"):
        if account is not None and reason is not None:
            rows = purge_account(opened, account, reason, post, say_line)
        else:
            today = local_date(night_clock(opened.settings)())
            rows = purge_folder(opened, today, say_line, dry_run=dry_run)
    typer.echo(f"{rows} rows {'would be ' if dry_run else ''}deleted")


@app.command()
def backup(
    out: Annotated[Path | None, typer.Option("--out", help="The zip to write.")] = None,
    data: Data = None,
    db: Db = None,
) -> None:
    """Write store and register into one zip; tokens are never in it."""
    from jobs.folder import only_one
    from jobs.keeping import backup_name, write_backup
    from jobs.opening import night_clock
    from tracker.periods import local_date

    opened = opened_for(data, db)
    day = local_date(night_clock(opened.settings)())
    target = out or opened.folder / "backups" / backup_name(day, opened.synthetic)
    with only_one(opened.store_folder, "backup"):
        write_backup(opened.folder, opened.store, target)
    typer.echo(f"{target} written ({target.stat().st_size:,} bytes)")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A zip made by `tracker backup`.")],
    data: Annotated[Path, typer.Option("--data", help="The folder to restore into.")],
) -> None:
    """Put a backup into a folder; what stood there is kept beside it."""
    from jobs.keeping import restore as put_back

    kept = put_back(file, data)
    typer.echo(
        f"{data.absolute()} restored" + (f"; what stood there is in {kept.name}" if kept else "")
    )
