"""Plans for sheets of numbers: history, looks at posts, observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any, TypedDict

from tracker.errors import InputError, Problem
from tracker.imports.kinds import EXAMPLES, LAYOUTS
from tracker.imports.numbers import Numbers
from tracker.imports.observations import read_observations
from tracker.imports.register import write_kinds
from tracker.imports.series import read_history, read_posts
from tracker.imports.tasks import Imported, Plan, Task, no_rows
from tracker.periods import day_number, local_date
from tracker.registry import Correction
from tracker.sheets import OpenSheet, open_sheet
from tracker.store import Conflict, Loaded, Transaction


class Asked(TypedDict):
    """What every import of numbers tells the store."""

    digest: str
    replace_reason: str | None
    entered_on: date
    office: str | None


def series_of(task: Task) -> OpenSheet:
    """Open a sheet of numbers, without the example row of its template."""
    sheet = open_sheet(task.path, LAYOUTS[task.kind])
    first = next(sheet.lines, None)
    if first is None:
        raise no_rows(sheet.file)
    cells = dict(zip(sheet.columns, first[1], strict=True))
    if {column: text for column, text in cells.items() if text} == EXAMPLES[task.kind]:
        return sheet
    return replace(sheet, lines=chain([first], sheet.lines))


def plan_history(task: Task) -> Plan:
    """Plan a sheet of account counts."""
    numbers = read_history(series_of(task), task.accounts, task.now)
    refuse(numbers)

    def write(change: Transaction) -> Imported:
        loaded = task.store.import_account_numbers(numbers.rows, **asked(task))
        return finish(task, change, [(numbers, loaded)])

    return Plan(write, ("corrections",))


def plan_posts(task: Task) -> Plan:
    """Plan a sheet of looks at posts."""
    numbers = read_posts(series_of(task), task.accounts, task.now)
    refuse(numbers)

    def write(change: Transaction) -> Imported:
        loaded = task.store.import_post_numbers(numbers.rows, **asked(task))
        return finish(task, change, [(numbers, loaded)])

    return Plan(write, ("corrections",))


def plan_observations(task: Task) -> Plan:
    """Plan what `tracker export observations` wrote."""
    found = read_observations(series_of(task), task.accounts, task.now)
    refuse(found.accounts, found.posts)

    def write(change: Transaction) -> Imported:
        parts: list[tuple[Numbers[Any], Loaded]] = [
            (found.accounts, task.store.import_account_numbers(found.accounts.rows, **asked(task)))
        ]
        for source, rows, days in found.by_source():
            loaded = task.store.import_post_numbers(rows, source=source, days=days, **asked(task))
            parts.append((found.posts, loaded))
        return finish(task, change, parts)

    return Plan(write, ("corrections",))


def refuse(*numbers: Numbers[Any]) -> None:
    """Raise InputError with all problems of a sheet, in the order of its rows."""
    problems = [problem for one in numbers for problem in one.problems]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    if not sum(one.lines for one in numbers):
        raise no_rows(numbers[0].file)


def asked(task: Task) -> Asked:
    """Say who brings numbers to the store, and what becomes of known ones."""
    return {
        "digest": task.digest,
        "replace_reason": task.reason,
        "entered_on": local_date(task.now),
        "office": task.office,
    }


def finish(
    task: Task, change: Transaction, parts: Sequence[tuple[Numbers[Any], Loaded]]
) -> Imported:
    """Refuse known numbers that would change, or keep the corrections written instead.

    Raises InputError, which takes the transaction back.
    """
    problems = [
        conflict_problem(numbers, conflict)
        for numbers, loaded in parts
        for conflict in loaded.conflicts
    ]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row or 0))
    corrections = [Correction(**row) for _, loaded in parts for row in loaded.corrections]
    if corrections and not task.dry_run:
        write_kinds(task.folder, task.known.with_rows("corrections", corrections), ["corrections"])
    created = sum(loaded.created for _, loaded in parts)
    sheets = list({id(numbers): numbers for numbers, _ in parts}.values())
    change.rows += created + len(corrections)
    return Imported(
        task.kind,
        sum(numbers.lines for numbers in sheets),
        created,
        len(corrections),
        sum(loaded.unchanged for _, loaded in parts) + sum(one.doubled for one in sheets),
        tuple(note for numbers in sheets for note in numbers.notes),
    )


def conflict_problem(numbers: Numbers[Any], conflict: Conflict) -> Problem:
    """Show the number of a sheet and the known one it contradicts."""
    day = day_number(conflict.day)
    key = conflict.account_id, conflict.post, day, conflict.lane, conflict.metric
    place = numbers.first.get(key)
    subject = conflict.post or conflict.account_id
    expected = (
        f"{conflict.stored}, which is known for {conflict.metric} of {subject} on {conflict.day} "
        f"({conflict.lane}); --replace REASON writes a correction"
    )
    row = None if place is None else place[1]
    return Problem(numbers.file, row, "value", str(conflict.given), expected)
