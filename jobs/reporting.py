"""Fills letters from the store: which localities, which answers, which edition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from jobs.editing import comparison_lines, earlier_editions, keep_edition
from jobs.opening import VERSION, Opened, night_clock, open_archive
from jobs.report_posts import with_posts_of
from tracker.errors import ConfigError
from tracker.imports import parts_of
from tracker.letters import Answer, Letter, letter_ids, letter_named
from tracker.panel import load_panel
from tracker.periods import Window, local_date, map_on
from tracker.registry import read_tet_days
from tracker.reports import check_formats, respondents, write_reports


def letters_due(opened: Opened, day: date, ahead: timedelta) -> list[Letter]:
    """List the letters whose deadline lies in the days from `day` to `day + ahead`."""
    letters = [letter_named(letter, opened.folder) for letter in letter_ids(opened.folder)]
    return [
        letter
        for letter in letters
        if letter.deadline is not None and day <= letter.deadline <= day + ahead
    ]


def units_at_work(opened: Opened, letter: Letter) -> list[str]:
    """List the respondents of a letter with an account or a programme; only their drafts are made
    unasked."""
    owners = {row["agency_id"] for row in opened.store.rows("account_period")}
    programmes = opened.store.rows("programme")
    if letter.respondents == "agencies":
        owners |= {row["agency_id"] for row in programmes}
        kinds = letter.respondent_kinds
        agencies = opened.store.rows("agency")
        return [row["id"] for row in agencies if row["id"] in owners and row["kind"] in kinds]
    found = {row["locality_id"] for row in opened.store.rows("agency") if row["id"] in owners}
    found |= {row["locality_id"] for row in programmes}
    return sorted(locality for locality in found if locality is not None)


def write_reports_of(
    opened: Opened,
    letter_id: str,
    *,
    units: Sequence[str],
    everything: bool,
    formats: Sequence[str],
    out: Path | None,
    on: date | None,
    say: Callable[[str], None],
    asked: Window | None = None,
    map_name: str | None = None,
    compare_with: int | None = None,
) -> list[Path]:
    """Write a letter's reports and keep each as a draft edition; give the files.

    `units` are localities or agencies, `everything` takes all that must answer: the localities of
    the map `map_name` (None = that of the day `on`), or the agencies. `asked` takes the place of
    the letter's window. `compare_with` is the number of an edition: the report ends with what
    changed since. Raises ConfigError.
    """
    now = night_clock(opened.settings)()
    day = on or local_date(now)
    letter = letter_named(letter_id, opened.folder)
    today = local_date(now)
    panel = load_panel(
        opened.store,
        until=min(day, today) + timedelta(days=1),
        archived_since=next(iter(open_archive(opened).days()), None),
    )
    everyone = respondents(panel, letter, map_name or map_on(day), day) if everything else []
    wanted = everyone or list(units)
    if not wanted:
        raise ConfigError(
            f"for which of the {letter.respondents}? name some with --locality ID or --agency ID, "
            "or take all with --all"
        )
    check_formats(formats)
    earlier = {}
    if compare_with is not None:
        earlier = earlier_editions(opened, letter_id, wanted, compare_with, strict=not everything)
    files: list[Path] = []
    written = write_reports(
        panel,
        letter,
        wanted,
        out or opened.folder / "reports" / day.isoformat(),
        on=day,
        tet_days=read_tet_days(opened.folder),
        formats=formats,
        answers={unit: answers_of(opened, letter_id, unit) for unit in wanted},
        numbers={unit: draft_number(opened, letter_id, unit) for unit in wanted},
        asked=asked,
        today=today,
        release=VERSION,
        earlier=earlier,
        with_posts=lambda unit: with_posts_of(panel, letter, unit),
    )
    for number, report in enumerate(written, 1):
        keep_edition(opened, report.edition, now)
        files += report.files
        say(f"{number}/{len(wanted)} {report.name}: {len(report.open)} questions still open")
        if report.compared is not None and compare_with is not None:
            for line in comparison_lines(report.compared, compare_with, short=len(wanted) > 1):
                say(line)
    return files


def draft_number(opened: Opened, letter: str, unit: str) -> int:
    """Number a draft: it replaces the last draft, and comes after the last issued edition."""
    issued = [
        row["number"]
        for row in opened.store.rows("edition", letter=letter, unit_id=unit, status="issued")
    ]
    return max(issued, default=0) + 1


def answers_of(opened: Opened, letter: str, unit: str) -> list[Answer]:
    """Give a respondent's imported answers as the letter asks for them; the lines of a list are
    named by their item.
    """
    answers: list[Answer] = []
    lines: dict[tuple[str, str], int] = {}
    rows = opened.store.rows("answer", letter=letter, unit_id=unit)
    after = 1 + max((row["row"] for row in rows), default=0)
    for row in rows:
        field, item, column = parts_of(row["question"])
        text, evidence = row["value"] or "", row["evidence"] or ""
        line = row["row"]
        if item and column:
            if (field, item) not in lines:
                lines[field, item] = after + len(lines)
                answers.append(Answer(f"{field}.channel", item, lines[field, item]))
            line = lines[field, item]
        question = ".".join(part for part in (field, column or item) if part)
        office, day = row["office"] or "", row["entered_on"]
        answers.append(Answer(question, text, line, evidence, office, day))
    return answers
