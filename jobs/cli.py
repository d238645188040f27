"""The `tracker` command: reads arguments, opens what is needed, prints. Heavy imports happen inside
commands.

Exit codes: 0 done · 1 failed · 2 wrong usage or input · 3 done, but something could not be read.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.errors import ConfigError, InputError, Problem, TrackerError

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
PROBLEMS_SHOWN = 50


def main() -> None:
    """Run the command; every expected error becomes one sentence and an exit code."""
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
def report(
    letter: Annotated[str, typer.Argument(help="The letter, such as 3836.")],
    locality: Annotated[list[str] | None, typer.Option("--locality")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every locality of the map.")] = False,
    form: Annotated[str, typer.Option("--format", help="docx, xlsx, html")] = "docx,xlsx,html",
    out: Annotated[Path | None, typer.Option("--out", help="Where the files go.")] = None,
    day: Annotated[str | None, typer.Option("--on", help="The report's date (else today).")] = None,
    data: Data = None,
    db: Db = None,
    quiet: Quiet = False,
) -> None:
    """Fill a letter's outline for localities, as Word, Excel and HTML."""
    from jobs.reporting import write_reports_of

    opened = opened_for(data, db)
    files = write_reports_of(
        opened,
        letter,
        localities=locality or [],
        everything=all_,
        formats=tuple(form.split(",")),
        out=out,
        on=parse_date(day, "--on"),
        say=silent if quiet else say_line,
    )
    typer.echo(f"{len(files)} files in {files[0].parent if files else out}")


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
