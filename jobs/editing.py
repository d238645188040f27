"""Editions that are kept: listed, issued, printed again, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jobs.opening import Opened, night_clock
from tracker.errors import ConfigError
from tracker.panel import ARRIVAL_COLUMNS, arrivals
from tracker.panel.frames import rows_of
from tracker.periods import local_date
from tracker.reports import (
    Contents,
    Edition,
    check_formats,
    compare,
    contents_of,
    document_of,
    issue,
    write_document,
)
from tracker.reports.changes import changes_table
from tracker.reports.comparing import Arrived, Comparison, Earlier, Known
from tracker.reports.edition import SHOWN_DIGITS, digest_of
from tracker.reports.origins import accounts_of
from tracker.tables import cell_text

LONGEST_NUMBER = 60
"""More characters than this no number of an official document has."""


def edition_rows(opened: Opened, letter: str | None, unit: str | None) -> list[dict[str, Any]]:
    """List the editions that are kept, without their contents; `whole` says that the digest names
    what is kept."""
    wanted = {"letter": letter, "unit_id": unit}
    rows = opened.store.rows("edition", **{key: one for key, one in wanted.items() if one})
    return [
        {
            "letter": row["letter"],
            "unit": row["unit_id"],
            "number": row["number"],
            "status": row["status"],
            "document_number": row["document_number"],
            "document_date": row["document_date"],
            "made_at": _instant(row).isoformat(),
            "digest": row["digest"],
            "whole": digest_of(row["tables"]) == row["digest"],
        }
        for row in rows
    ]


def edition_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Write the list of editions for a terminal, a line each."""
    lines = []
    for row in rows:
        issued = (
            f"{row['document_number']} of {row['document_date']}" if row["document_date"] else ""
        )
        lines.append(
            f"{row['letter']}/{row['unit']}/{row['number']}  {row['status']:<6}  made "
            f"{row['made_at'][:16].replace('T', ' ')}Z  {row['digest'][:SHOWN_DIGITS]}"
            + (f"  {issued}" if issued else "")
            + ("" if row["whole"] else "  TORN: the digest names another text")
        )
    return lines or ["no edition yet; tracker report LETTER makes one"]


def kept_edition(
    opened: Opened, letter: str, unit: str, number: int | None
) -> tuple[Edition, datetime]:
    """Give an edition, None = the latest, and the instant it was made. Raises ConfigError where
    there is none."""
    rows = opened.store.rows("edition", letter=letter, unit_id=unit)
    for row in sorted(rows, key=lambda one: -one["number"]):
        if number in (None, row["number"]):
            return _edition(row), _instant(row)
    kept = ", ".join(f"{row['number']} ({row['status']})" for row in rows)
    which = "no edition" if number is None else f"no edition {number}"
    hint = f"kept are {kept}" if kept else f"tracker report {letter} makes one"
    raise ConfigError(f"{which} of letter {letter} for {unit}; {hint}")


def _edition(row: dict[str, Any]) -> Edition:
    names = ("letter", "unit_id", "number", "status", "tables", "digest")
    return Edition(
        **{name: row[name] for name in names},
        document_number=row["document_number"],
        document_date=row["document_date"],
    )


def _instant(row: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(row["made_at"], UTC)


def issue_edition(
    opened: Opened,
    letter: str,
    unit: str,
    *,
    number: str,
    day: date,
    edition: int | None = None,
    office: str | None = None,
) -> Edition:
    """Turn the latest draft, or the one named, into an issued edition that never changes again.

    `number` and `day` are those of the document. Raises ConfigError for an edition that is issued
    already, a draft that is not there, and a number that no document has.
    """
    written = " ".join(number.split())
    if not written or len(written) > LONGEST_NUMBER:
        raise ConfigError(
            f"--number: found {number!r}; expected the number of the document, such as 12/BC-UBND"
        )
    draft, _ = kept_edition(opened, letter, unit, edition)
    if draft.status == "issued":
        raise ConfigError(
            f"{draft.place} is issued already, as {draft.document_number} of "
            f"{draft.document_date}, and does not change; tracker report makes the next draft"
        )
    now = night_clock(opened.settings)()
    done = issue(draft, written, day, local_date(now))
    command = f"issue {letter} {unit} no. {done.number} as {written}"
    with opened.store.transaction(command, done.digest, at=now, office=office) as change:
        keep_edition(opened, done, now)
        change.rows += 1
    return done


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


def print_edition(
    opened: Opened, letter: str, unit: str, number: int, formats: Sequence[str], out: Path | None
) -> list[Path]:
    """Write the files of a kept edition from its JSON alone; the same edition gives the same bytes
    until terms end. Raises ConfigError where there is none, InputError for a torn one."""
    check_formats(formats)
    edition, _ = kept_edition(opened, letter, unit, number)
    document = document_of(edition, local_date(night_clock(opened.settings)()))
    folder = out or opened.folder / "reports" / f"{letter}_{unit}_ban-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    return list(write_document(document, folder, formats))


def earlier_editions(
    opened: Opened, letter: str, units: Sequence[str], number: int, *, strict: bool
) -> dict[str, Earlier]:
    """Read the edition of each respondent that a new one is compared with, and what the store knows
    of the time since. Raises ConfigError where a respondent has none, unless not `strict`: then
    where none has.
    """
    found = {}
    for unit in units:
        try:
            edition, made = kept_edition(opened, letter, unit, number)
        except ConfigError:
            if strict:
                raise
            continue
        contents = contents_of(edition)
        found[unit] = Earlier(number, contents, known_since(opened, contents, made))
    if not found:
        raise ConfigError(f"no respondent of letter {letter} has an edition {number}")
    return found


def known_since(opened: Opened, contents: Contents, made: datetime) -> Known:
    """Ask the store what came after an edition was made: corrections and readings."""
    cells = (cell for table in contents.document.tables for row in table.rows for cell in row)
    accounts = {one for cell in cells if cell.origin for one in accounts_of(cell.origin)}
    reasons = {row["id"]: row["reason"] or "" for row in opened.store.rows("correction")}
    late = rows_of(arrivals(opened.store, sorted(accounts), made)) if accounts else []
    return Known(
        reasons,
        tuple(
            Arrived(**{column: getattr(row, column) for column in ARRIVAL_COLUMNS}) for row in late
        ),
    )


def compare_kept(
    opened: Opened, letter: str, unit: str, number: int, later: int | None
) -> tuple[Comparison, int]:
    """Compare edition `number` with a later one, None = the latest; give that one's number too.
    Raises ConfigError where there is none to compare."""
    edition, made = kept_edition(opened, letter, unit, number)
    other, _ = kept_edition(opened, letter, unit, later)
    if other.number == edition.number:
        raise ConfigError(
            f"{edition.place} is the latest; tracker report {letter} makes another to compare with"
        )
    before, after = contents_of(edition), contents_of(other)
    return compare(before, after, known_since(opened, before, made)), other.number


def comparison_lines(compared: Comparison, number: int, *, short: bool = False) -> list[str]:
    """Write what changed since edition `number` for a terminal; `short` only counts."""
    counts = f"{len(compared.numbers)} con số và {len(compared.answers)} câu trả lời thay đổi"
    lines = [f"So với bản số {number}: {counts}; {compared.same} con số không thay đổi."]
    if short:
        return lines
    table = changes_table(compared, number)
    for row in table.rows:
        where, column, former, latter, before, after, why = (
            cell_text(cell, one) for cell, one in zip(row, table.columns, strict=True)
        )
        ids = former if former == latter else f"{former} → {latter}"
        lines += [f"{ids}  {where} · {column}", f"    {before} → {after}", f"    {why}"]
    return [*lines, *compared.notes]


def comparison_json(compared: Comparison, number: int, later: int) -> dict[str, Any]:
    """Give a comparison for a program."""
    return {"edition": number, "compared_with": later, **asdict(compared)}
