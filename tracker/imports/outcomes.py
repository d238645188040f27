"""Statistics of localities from outside: every vintage is kept beside the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tracker.errors import InputError
from tracker.imports.register import cells_of
from tracker.registry import Outcome, Register, check_outcomes
from tracker.sheets import Layout, Sheet

OUTCOMES = Layout(
    ("indicator", "definition", "unit", "locality_id", "boundary", "period", "publisher", "value"),
    ("qualifier", "status", "published_on", "source"),
)
DAY_UNKNOWN = date.min
"""Stands in the key of the store where the day of publication is unknown."""


def check_vintages(
    sheet: Sheet, known: Register, stored: Sequence[dict[str, Any]], *, replacing: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Check a sheet; give all its rows, those new or changed for the store, and how many are new.

    The same vintage with another number raises InputError that shows both, unless `replacing`.
    """
    outcomes, problems = check_outcomes(sheet.rows, known)
    if problems:
        raise InputError(problems)
    held = {tuple(row[name] for name in Outcome.KEY): row for row in stored}
    rows, news, created = [], [], 0
    for at, outcome in zip(sheet.rows, outcomes, strict=True):
        row = cells_of(outcome)
        row["published_on"] = outcome.published_on or DAY_UNKNOWN
        before = held.get(tuple(row[name] for name in Outcome.KEY))
        stood = before["value"] if before else None
        if not replacing and stood not in (None, outcome.value) and outcome.value is not None:
            expected = (
                f"{stood:g}, which is known of this vintage; a later one has another "
                "published_on, and --replace REASON changes this one"
            )
            problems.append(at.problem("value", expected))
        rows.append(row)
        created += before is None
        if before is None or any(before[name] != value for name, value in row.items() if value):
            news.append(row)
    if problems:
        raise InputError(problems)
    return rows, news, created
