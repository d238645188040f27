"""Fills letters from the store: which localities, which answers, which edition; and the table of
indicators.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.opening import Opened, night_clock
from tracker.effects import LocalityChanges, locality_changes, locality_levels
from tracker.errors import ConfigError
from tracker.imports import parts_of
from tracker.letters import Answer, Letter, letter_ids, letter_named
from tracker.panel import Panel, load_panel
from tracker.periods import Window, local_date, map_on
from tracker.registry import read_tet_days
from tracker.reports import Edition, respondents, write_reports

if TYPE_CHECKING:
    import pandas as pd

LEVELS_OVER = timedelta(days=364)


def letters_due(opened: Opened, day: date, ahead: timedelta) -> list[Letter]:
    """List the letters whose deadline lies in the days from `day` to `day + ahead`."""
    letters = [letter_named(letter, opened.folder) for letter in letter_ids(opened.folder)]
    return [letter for letter in letters if day <= letter.deadline <= day + ahead]


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
) -> list[Path]:
    """Write a letter's reports and keep each as a draft edition; give the files.

    `units` are localities or agencies, `everything` takes all that must answer: the localities of
    the map `map_name` (None = that of the day `on`), or the agencies. `asked` takes the place of
    the letter's window. Raises ConfigError.
    """
    now = night_clock(opened.settings)()
    day = on or local_date(now)
    letter = letter_named(letter_id, opened.folder)
    panel = load_panel(opened.store, until=min(day, local_date(now)) + timedelta(days=1))
    everyone = respondents(panel, letter, map_name or map_on(day), day) if everything else []
    wanted = everyone or list(units)
    if not wanted:
        raise ConfigError(
            f"for which of the {letter.respondents}? name some with --locality ID or --agency ID, "
            "or take all with --all"
        )
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
    )
    for number, report in enumerate(written, 1):
        keep_edition(opened, report.edition, now)
        files += report.files
        say(f"{number}/{len(wanted)} {report.name}: {len(report.open)} questions still open")
    return files


def keep_edition(opened: Opened, edition: Edition, now: datetime) -> None:
    """Keep an edition in the store; a draft takes the place of the last draft."""
    opened.store.save_edition(
        letter=edition.letter,
        unit_id=edition.unit_id,
        number=edition.number,
        status=edition.status,
        document_number=edition.document_number,
        document_date=edition.document_date,
        tables=edition.tables,
        digest=edition.digest,
        made_at=now,
    )


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
    for row in opened.store.rows("answer", letter=letter, unit_id=unit):
        field, item, column = parts_of(row["question"])
        text, evidence = row["value"] or "", row["evidence"] or ""
        line = row["row"]
        if item and column:
            if (field, item) not in lines:
                lines[field, item] = len(lines)
                answers.append(Answer(f"{field}.channel", item, lines[field, item]))
            line = lines[field, item]
        question = ".".join(part for part in (field, column or item) if part)
        answers.append(Answer(question, text, line, evidence))
    return answers


INDICATOR_COLUMNS = (
    "unit",
    "account",
    "platform",
    "indicator",
    "measured_in",
    "lane",
    "before",
    "after",
    "change",
    "low",
    "high",
    "percent",
    "label",
    "reason",
    "windows",
)


def indicator_rows(opened: Opened, units: Sequence[str], start: date | None) -> pd.DataFrame:
    """Give every indicator of every account, before and after; columns INDICATOR_COLUMNS.

    `units` are ids of localities or agencies; none = the localities of the map in force and every
    agency with a programme of its own. Without a programme (and without `start`) `after` is the
    level of the last 52 weeks and `before` stays unknown.
    """
    import pandas as pd

    panel = load_panel(opened.store)
    tet = read_tet_days(opened.folder)
    known = {*panel.localities.index, *panel.agencies["id"]}
    for unit in units:
        if unit not in known:
            raise ConfigError(
                f"unknown locality or agency {unit!r}; expected an id such as quang-ninh"
            )
    agencies = [agency for agency in panel.programmes["agency_id"].unique() if agency]
    chosen = list(units) or [*panel.map_localities(map_on(panel.last_night)), *sorted(agencies)]
    rows = [
        row
        for unit in chosen
        for row in _unit_rows(panel, unit, start or programme_start(panel, unit), tet)
    ]
    return pd.DataFrame(rows, columns=list(INDICATOR_COLUMNS))


def programme_start(panel: Panel, unit: str) -> date | None:
    """Give the first day of the built programme of a locality or agency, None = no such
    programme.
    """
    frame = panel.programmes
    own = frame[
        ((frame["locality_id"] == unit) | (frame["agency_id"] == unit))
        & (frame["status"] == "built")
    ]
    return min((day for day in own["start"] if day is not None), default=None)


def _unit_rows(
    panel: Panel, unit: str, start: date | None, tet: Iterable[date]
) -> Iterable[dict[str, Any]]:
    found: Any
    if start is not None and start < panel.until:
        found = locality_changes(panel, unit, start, panel.until, tuple(tet))
    else:
        found = locality_levels(
            panel, unit, Window(panel.until - LEVELS_OVER, panel.until), tuple(tet)
        )
    for account in found.accounts:
        for row in account.indicators:
            change = row.change
            known = change is not None and change.known
            yield {
                "unit": unit,
                "account": account.account_id,
                "platform": account.platform,
                "indicator": row.key,
                "measured_in": row.unit_vi,
                "lane": row.lane,
                "before": row.before.value if row.before else None,
                "after": row.after.value,
                "change": change.difference if change and known else None,
                "low": change.low if change and known else None,
                "high": change.high if change and known else None,
                "percent": change.percent if change and known else None,
                "label": change.label if change else None,
                "reason": (change.reason if change else None) or row.after.reason,
                "windows": _windows(found, change),
            }


def _windows(found: Any, change: Any) -> str:
    windows = change.windows if change is not None else None
    if windows is None:
        return (
            ""
            if isinstance(found, LocalityChanges)
            else f"{found.window.start}..{found.window.last_day}"
        )
    return " | ".join(f"{one.start}..{one.last_day}" for one in windows)


def cell_text(value: Any) -> str:
    """Write one cell of a printed table; unknown is empty, never 0."""
    if value is None or value != value:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def print_rows(frame: pd.DataFrame, form: str) -> None:
    """Print a frame as an aligned table, CSV or JSON."""
    if form == "csv":
        frame.to_csv(sys.stdout, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    elif form == "json":
        sys.stdout.write(frame.to_json(orient="records", force_ascii=False, indent=1) + "\n")
    elif form == "table":
        wide = [name for name in ("windows", "digest", "evidence") if name in frame]
        shown = frame.drop(columns=wide).map(cell_text)
        sys.stdout.write(shown.to_string(index=False) + "\n")
    else:
        raise ConfigError(f"no format {form!r}; expected table, csv or json")
