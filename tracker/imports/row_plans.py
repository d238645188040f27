"""Plans for sheets of rows: the register, outcomes, answers."""

from __future__ import annotations

from dataclasses import replace

from tracker.imports.answer_return import check_form, check_identity, kept_note
from tracker.imports.answers import check_answers
from tracker.imports.kinds import EXAMPLES, LAYOUTS
from tracker.imports.outcomes import check_vintages
from tracker.imports.register import merge_sheet, mirror, put_blanks, write_kinds
from tracker.imports.tasks import Imported, Plan, Task, no_rows
from tracker.letters import letter_ids, letter_named
from tracker.periods import local_date
from tracker.sheets import FilledForm, Sheet, read_form, read_sheet
from tracker.store import Transaction

ANSWER_KEY = ("letter", "unit_id", "question", "row")


def rows_of(task: Task) -> Sheet:
    """Read a sheet whole, without the example row of its template. Raises InputError."""
    sheet = read_sheet(task.path, LAYOUTS[task.kind])
    example = EXAMPLES[task.kind]
    rows = [
        row
        for row in sheet.rows
        if {column: text for column, text in row.cells.items() if text} != example
    ]
    if not rows:
        raise no_rows(sheet.file)
    return replace(sheet, rows=rows)


def plan_register(task: Task) -> Plan:
    """Plan a sheet of register rows."""
    sheet = rows_of(task)
    merged = merge_sheet(task.kind, sheet, task.known, replacing=task.reason is not None)

    def write(change: Transaction) -> Imported:
        change.rows += mirror(task.store, merged.register)
        if task.reason is not None:
            change.rows += put_blanks(task.store, task.kind, merged, sheet.columns)
        if not task.dry_run:
            write_kinds(task.folder, merged.register, merged.kinds)
        return Imported(
            task.kind,
            merged.rows,
            merged.created,
            merged.changed,
            merged.unchanged,
            merged.notes,
        )

    return Plan(write, merged.kinds)


def plan_outcomes(task: Task) -> Plan:
    """Plan a sheet of outcomes: later vintages stand beside earlier ones."""
    replacing = task.reason is not None
    rows, news, created = check_vintages(
        rows_of(task), task.known, task.store.rows("outcome"), replacing=replacing
    )

    def write(change: Transaction) -> Imported:
        change.rows += task.store.put_rows("outcome", news, replace=replacing)
        return Imported(task.kind, len(rows), created, len(news) - created, len(rows) - len(news))

    return Plan(write)


def plan_answers(task: Task) -> Plan:
    """Plan a sheet of answers, filled by hand line by line or written by `tracker answers`; a new
    answer takes the place of the old one."""
    form = read_form(task.path)
    if form is not None:
        return _plan_form(task, form)
    rows = check_answers(rows_of(task), task.known, task.folder, task.office)
    held = {tuple(row[name] for name in ANSWER_KEY) for row in task.store.rows("answer")}
    created = sum(tuple(row[name] for name in ANSWER_KEY) not in held for row in rows)

    def write(change: Transaction) -> Imported:
        touched = task.store.put_answers(rows, replace=task.reason is not None)
        change.rows += touched
        return Imported(task.kind, len(rows), created, touched - created, len(rows) - touched)

    return Plan(write)


def _plan_form(task: Task, form: FilledForm) -> Plan:
    """Plan a form that came back: only what was changed on it is written."""
    letters = letter_ids(task.folder)
    letter, unit = check_identity(form, task.known, letters, synthetic=task.store.synthetic)
    stored = {
        (row["question"], row["row"]): row
        for row in task.store.rows("answer", letter=letter, unit_id=unit)
    }
    found = check_form(
        form,
        letter_named(letter, task.folder),
        unit,
        stored,
        office=task.office,
        today=local_date(task.now),
        replacing=task.reason is not None,
    )
    created = sum((row["question"], row["row"]) not in stored for row in found.rows)
    notes = (kept_note(found.kept),) if found.kept else ()

    def write(change: Transaction) -> Imported:
        change.rows += task.store.put_answers(found.rows, replace=True)
        changed = len(found.rows) - created
        unchanged = max(0, found.answered - len(found.rows))
        return Imported(task.kind, found.answered, created, changed, unchanged, notes)

    return Plan(write)
