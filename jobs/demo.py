"""The whole product on a synthetic country: no keys, no internet. Ends with five sentences that
quote what was found.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from jobs.findings import five_sentences
from jobs.nightly import NightDone, run_night
from jobs.opening import Opened, make_folder, open_all
from jobs.reporting import write_reports_of
from jobs.sandbox import Sandbox, start_sandbox, write_history, write_merger, write_register
from tracker.errors import ConfigError, TrackerError
from tracker.imports import import_file
from tracker.periods import MERGER as MERGER_DAY
from tracker.periods import scheduled_at
from tracker.registry import is_synthetic
from tracker.reports import FORMATS
from tracker.settings import child_environment, load_settings
from tracker.store import open_store

Say = Callable[[str], None]
SEED = 1
LETTER = "3836"
FAULTS = {"rate": 0.05, "kinds": ["429", "500", "timeout", "truncated", "html"], "seed": 7}
KILL_AFTER_CALLS = 40
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Stretch:
    """One stretch of the demonstration: what lies before `first` is imported, the nights `first` to
    `last` are read.
    """

    name: str
    history_from: date
    first: date
    last: date
    faulty: date | None = None
    killed: date | None = None

    @property
    def nights(self) -> list[date]:
        """List the nights that are read over HTTP."""
        return [
            self.first + timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        ]


EVE_OF_3836 = Stretch(
    "2024-09",
    history_from=date(2021, 2, 22),
    first=date(2024, 9, 2),
    last=date(2024, 9, 15),
    faulty=date(2024, 9, 5),
    killed=date(2024, 9, 9),
)
MERGER = Stretch(
    "2025-07", history_from=date(2025, 4, 1), first=date(2025, 6, 24), last=date(2025, 7, 7)
)


def run_demo(out: Path, say: Say, *, localities: Sequence[str] = ()) -> list[str]:
    """Make both stretches under `out` and print what was found; gives the five sentences.

    `out` is emptied first if it is an older demonstration, and refused if it holds anything else.
    `localities` limits the reports, none = all. The numbers carry the synthetic mark.
    """
    started = time.monotonic()
    out = out.absolute()
    _empty(out)
    with subprocess.Popen(
        [sys.executable, "-m", "jobs.demo", str(out)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as beside:
        say(f"the merger of {MERGER_DAY} is read beside, by a second process")
        with start_sandbox(SEED) as sandbox:
            eve = run_stretch(EVE_OF_3836, sandbox, out, say)
            say(f"letter {LETTER}: reports for {len(localities) or 'all'} localities")
            files = write_reports_of(
                eve,
                LETTER,
                units=localities,
                everything=not localities,
                formats=FORMATS,
                out=out / "reports",
                on=EVE_OF_3836.last,
                say=_every_tenth(say),
            )
        for line in beside.communicate()[0].splitlines():
            say(line)
    if beside.returncode:
        raise TrackerError("the stretch around the merger failed; its lines stand above")
    merger = open_all(out / MERGER.name, None)
    sentences = five_sentences(eve, merger, EVE_OF_3836.killed, EVE_OF_3836.faulty)
    eve.store.close()
    merger.store.close()
    say("")
    say(f"Done in {time.monotonic() - started:.0f} s. SYNTHETIC NUMBERS – NOT OFFICIAL.")
    say(f"  {len(files)} report files:   {out / 'reports'}")
    say(f"  the list of reports:  {out / 'reports' / f'gia-lap_{LETTER}_danh-sach.html'}")
    say(f'  nights and gaps:      tracker status --data "{eve.folder}"')
    say(
        f'  around the merger:    tracker indicators --data "{merger.folder}" --locality '
        "can-tho-2025"
    )
    say("What it found:")
    for number, sentence in enumerate(sentences, 1):
        say(f"  {number}. {sentence}")
    return sentences


def _empty(out: Path) -> None:
    """Clear an older demonstration away; anything else is never touched. Raises ConfigError."""
    if out.is_file():
        raise ConfigError(f"{out} is a file; name a folder for the demonstration")
    if not out.exists() or not any(out.iterdir()):
        out.mkdir(parents=True, exist_ok=True)
    elif _is_demonstration(out):
        shutil.rmtree(out)
        out.mkdir()
    else:
        raise ConfigError(
            f"{out} holds something else than a demonstration; name another folder with --out"
        )


def _is_demonstration(out: Path) -> bool:
    """Say whether a folder holds what an earlier demonstration made, and nothing else."""
    names = {path.name for path in out.iterdir()}
    folders = {EVE_OF_3836.name, MERGER.name}
    return names <= {*folders, "reports"} and all(
        is_synthetic(out / name) for name in names & folders
    )


def run_stretch(stretch: Stretch, sandbox: Sandbox, out: Path, say: Say) -> Opened:
    """Import the history of a stretch and read its nights; gives the open data folder."""
    folder = out / stretch.name
    environ = sandbox.environment()
    store = make_folder(folder, synthetic=True)
    opened = Opened(folder, load_settings(folder, environ), store)
    day_before = stretch.first - timedelta(days=1)
    sheets = write_register(folder / "sheets", SEED, on=day_before)
    history, posts = write_history(folder / "sheets", stretch.history_from, day_before, SEED)
    for kind, sheet in (*sheets, ("history", history), ("posts", posts)):
        done = import_file(kind, sheet, store, folder, now=scheduled_at(stretch.first))
        say(f"import {kind}: {done.rows} rows, {done.created} new")
    for night in stretch.nights:
        sandbox.set_clock(f"{scheduled_at(night):%Y-%m-%dT%H:%M:%SZ}")
        if night == MERGER_DAY:
            successors = {
                row["id"]: row["successor_id"] or row["id"] for row in store.rows("locality")
            }
            sheet = write_merger(folder / "sheets", successors)
            import_file("accounts", sheet, store, folder, now=scheduled_at(night))
            say(f"import accounts: owners and ends by the merger of {MERGER_DAY}")
        sandbox.set_faults(FAULTS if night == stretch.faulty else {})
        if night == stretch.killed:
            opened = _kill_and_reopen(opened, sandbox, environ, say)
        steps = (
            ("collect", "purge", "backup", "checks")
            if night == stretch.last
            else ("collect", "purge")
        )
        done_night = run_night(opened, _nothing, steps=steps)
        say(night_line(done_night, faulty=night == stretch.faulty, resumed=night == stretch.killed))
    return opened


def night_line(done: NightDone, *, faulty: bool, resumed: bool) -> str:
    """Give one night in one line."""
    assert done.collected is not None
    marks = (" (faults on 5 % of calls)" if faulty else "") + (
        " (killed, then resumed)" if resumed else ""
    )
    calls = sum(done.collected.units.values())
    return (
        f"night {done.day}{marks}: {calls} calls, {done.collected.missing} accounts unread, "
        f"{done.collected.posts} new posts"
    )


def _kill_and_reopen(
    opened: Opened, sandbox: Sandbox, environ: Mapping[str, str], say: Say
) -> Opened:
    """Start the night as a process of its own, kill it in the middle, and open the folder again."""
    opened.store.close()
    sandbox.reset_stats()
    call = [
        sys.executable,
        "-m",
        "jobs.cli",
        "nightly",
        "--steps",
        "collect",
        "--data",
        str(opened.folder),
    ]
    here = Path(__file__).parent.parent
    with subprocess.Popen(
        call,
        cwd=here,
        env=child_environment(environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        while child.poll() is None and _calls(sandbox) < KILL_AFTER_CALLS:
            time.sleep(PAUSE_SECONDS)
        child.kill()
    say(f"a night was killed after {_calls(sandbox)} calls (exit code {child.returncode})")
    return Opened(opened.folder, opened.settings, open_store(opened.settings.db))


def _calls(sandbox: Sandbox) -> int:
    return sum(int(platform["calls"]) for platform in sandbox.stats().values())


def _every_tenth(say: Say) -> Say:
    def tell(line: str) -> None:
        number = line.split("/")[0]
        if not number.isdigit() or int(number) % 10 == 0:
            say(line)

    return tell


def _nothing(line: str) -> None:
    """Keep the lines of single nights off the screen."""


def main() -> None:
    """Read the stretch around the merger into the folder that is named: the second process."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real stream here
    with start_sandbox(SEED) as sandbox:
        run_stretch(MERGER, sandbox, Path(sys.argv[1]), say_line).store.close()


def say_line(line: str) -> None:
    """Write one line to the first process."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
