"""`import_file`: reads one sheet of one kind, checks all of it, writes it in one transaction."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tracker.errors import ConfigError
from tracker.imports.kinds import GENERAL_NOTES, KINDS, LAYOUTS, template_columns
from tracker.imports.number_plans import plan_observations, plan_posts
from tracker.imports.register import files_kept_on_failure, mirror, write_kinds
from tracker.imports.row_plans import plan_answers, plan_outcomes, plan_register
from tracker.imports.slip_form import plan_history_or_slip
from tracker.imports.tasks import Imported, Plan, Task
from tracker.registry import read_register
from tracker.sheets import write_template as write_sheet
from tracker.store import Store
from tracker.text import nearest

PLANS: dict[str, Callable[[Task], Plan]] = {
    "history": plan_history_or_slip,
    "posts": plan_posts,
    "observations": plan_observations,
    "outcomes": plan_outcomes,
    "answers": plan_answers,
}
"""Kind -> its plan; the kinds of the register share `plan_register`."""


@contextmanager
def cycle_search_paused() -> Iterator[None]:
    """Pause Python's search for reference cycles: a million fresh tuples hold none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _TakenBack(Exception):  # no error: a dry run ends so
    """Ends a dry run inside the transaction, so that nothing of it stays."""


def import_file(
    kind: str,
    path: Path,
    store: Store,
    folder: Path,
    *,
    dry_run: bool = False,
    replace_reason: str | None = None,
    now: datetime,
    office: str | None = None,
) -> Imported:
    """Read a sheet into the register or the store: all of it or nothing.

    `now` is UTC. `replace_reason` lets known numbers change: readings by a correction with this
    reason, the others in place. `dry_run` checks and counts and changes nothing. Raises InputError
    with every problem, ConfigError for an unknown kind, StoreError when the disk refuses.
    """
    if kind not in LAYOUTS:
        raise ConfigError(f"no kind {kind!r}; expected one of {', '.join(KINDS)}")
    if replace_reason is not None and not replace_reason.strip():
        raise ConfigError("--replace needs a reason in words; it is kept beside the new numbers")
    known = read_register(folder)
    task = Task(kind, path, store, folder, known, now, office, replace_reason, dry_run)
    with cycle_search_paused():
        return _carried_out(task)


def _carried_out(task: Task) -> Imported:
    plan = PLANS.get(task.kind, plan_register)(task)
    command = f"import {task.kind} {task.path.name}"
    if task.reason:
        command += f" --replace {task.reason}"
    done: list[Imported] = []
    try:
        with (
            files_kept_on_failure(task.folder, plan.files),
            task.store.transaction(command, task.digest, at=task.now, office=task.office) as change,
        ):
            with task.store.transaction("register read from its files", at=task.now) as read:
                read.rows += mirror(task.store, task.known)
            done.append(plan.write(change))
            if task.dry_run:
                raise _TakenBack
    except _TakenBack:
        pass
    return done[0]


def void_account(
    store: Store,
    folder: Path,
    account_id: str,
    reason: str,
    *,
    now: datetime,
    office: str | None = None,
) -> None:
    """Take an account out of every panel and keep it listed with the reason, in file and store.

    Raises ConfigError for an unknown account, an empty reason or an account that is void already.
    """
    known = read_register(folder)
    account = known.accounts.get(account_id)
    if account is None:
        near = nearest(account_id, known.accounts)
        hint = f" (did you mean {near}?)" if near else ""
        raise ConfigError(f"the register has no account {account_id!r}{hint}")
    if not reason.strip():
        raise ConfigError("an account is voided with a reason in words; none was given")
    if account.voided:
        raise ConfigError(f"{account_id} is void already: {account.voided}")
    register = known.with_rows("accounts", [replace(account, voided=reason.strip())])
    with (
        files_kept_on_failure(folder, ["accounts"]),
        store.transaction(f"account void {account_id}", at=now, office=office) as change,
    ):
        change.rows += mirror(store, register)
        write_kinds(folder, register, ["accounts"])


def write_template(kind: str, path: Path) -> None:
    """Write the sheet to fill for a kind, as .xlsx (drop-downs, notes) or .csv."""
    if kind not in LAYOUTS:
        raise ConfigError(f"no kind {kind!r}; expected one of {', '.join(KINDS)}")
    write_sheet(path, kind, template_columns(kind), GENERAL_NOTES)
