"""Reconciliation slips from the store: one for each office that owns accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from jobs.opening import Opened, night_clock
from jobs.reporting import answers_of
from tracker.errors import ConfigError
from tracker.letters import letter_ids, letter_named
from tracker.panel import Panel, load_panel
from tracker.panel.frames import rows_of
from tracker.periods import local_date
from tracker.reports import check_formats, check_units, write_document
from tracker.reports.national_lacks import question_title
from tracker.reports.slip import Said, make_slip
from tracker.reports.slip_sheet import write_slip_sheet
from tracker.text import sort_key


def write_slips_of(
    opened: Opened,
    *,
    agencies: Sequence[str],
    localities: Sequence[str],
    everything: bool,
    formats: Sequence[str],
    out: Path,
    on: date | None,
    say: Callable[[str], None],
) -> list[Path]:
    """Write the slips of some offices: named ones, those of localities, or all that own accounts.

    `on` is the day of the slips (None = today): numbers up to its night. Gives the files. Raises
    ConfigError.
    """
    check_formats(formats)
    now = night_clock(opened.settings)()
    day = on or local_date(now)
    panel = load_panel(opened.store, until=min(day, local_date(now)) + timedelta(days=1))
    check_units(panel, [*agencies, *localities])
    offices = offices_of(panel, agencies, localities, everything=everything)
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for number, agency in enumerate(offices, 1):
        slip = make_slip(panel, agency, day, said_of(opened, panel, agency))
        for form in formats:
            if form == "xlsx":
                files.append(out / f"{slip.document.stem}.xlsx")
                write_slip_sheet(slip, files[-1])
            else:
                files += write_document(slip.document, out, (form,))
        left = sum(not line.settled for line in slip.lines)
        say(f"{number}/{len(offices)} {slip.office}: {left} of {len(slip.lines)} lines to answer")
    return files


def offices_of(
    panel: Panel, agencies: Sequence[str], localities: Sequence[str], *, everything: bool
) -> list[str]:
    """Choose the offices, by name: those that were named, and those of the localities (or all) that
    own accounts. Raises ConfigError where nobody is left."""
    owners = panel.accounts[["agency_id", "locality_id"]].dropna(subset=["agency_id"])
    found = {agency for agency in agencies if agency not in panel.localities.index}
    places = {*localities, *(set(agencies) - found)}
    for row in owners.itertuples(index=False):
        if everything or row.locality_id in places:
            found.add(str(row.agency_id))
    if not found:
        raise ConfigError(
            "no office to write a slip for: name one with --agency ID or --locality ID, or take "
            "all that own accounts with --all"
        )
    names = panel.agencies.set_index("id")["name_vi"]
    return sorted(found, key=lambda one: (sort_key(str(names[one])), one))


def said_of(opened: Opened, panel: Panel, agency: str) -> list[Said]:
    """Collect what an office answered to the letters; a People's Committee answers for its
    locality."""
    locality = next(row.locality_id for row in rows_of(panel.agencies) if row.id == agency)
    units = [agency, *([str(locality)] if agency == f"ubnd-{locality}" else [])]
    found = []
    for letter_id in letter_ids(opened.folder):
        letter = letter_named(letter_id, opened.folder)
        for unit in units:
            found += [
                Said(letter.number, question_title(letter, one.question), one.text, one.evidence)
                for one in answers_of(opened, letter_id, unit)
                if one.text
            ]
    return found
