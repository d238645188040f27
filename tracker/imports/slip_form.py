"""The sheet of a reconciliation slip: a line for each number, boxes to tick; and what comes back.

`Đúng` on a number that was read becomes a declared number of the same day: evidence. `Sai` with the
right number becomes a correction of the lane it was held in; where the right number lies within the
rounding of the held one, both are true and it becomes a declared number too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.errors import Problem
from tracker.imports.number_plans import asked, finish, plan_history, refuse
from tracker.imports.numbers import AccountNumber, Numbers, scheduled_seconds
from tracker.imports.tasks import Imported, Plan, Task
from tracker.periods import day_number
from tracker.registry import Correction
from tracker.sheets import FilledCell, FilledForm, parse_number, read_form
from tracker.sheets.columns import refusal
from tracker.store import Loaded, Transaction

FORM_KIND = "slip"
"""Identity of the forms of this module."""

TICK, VALUE, EVIDENCE = "tick", "value", "evidence"
"""Keys of the columns an office fills."""

RIGHT_VI, WRONG_VI = "Đúng", "Sai"
DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a slip asks about; `value` None = nothing is held, a number is asked for."""

    account_id: str
    metric: str
    lane: str
    day: date
    value: int | None
    step: int

    @property
    def key(self) -> str:
        """Write the line as the form keeps it."""
        held = "" if self.value is None else str(self.value)
        parts = (self.account_id, self.metric, self.lane, self.day.isoformat(), held)
        return "|".join((*parts, str(self.step)))


def line_of(key: str) -> Line:
    """Read a line that `Line.key` wrote."""
    account, metric, lane, day, held, step = key.split("|")
    value = int(held) if held else None
    return Line(account, metric, lane, date.fromisoformat(day), value, int(step))


def plan_history_or_slip(task: Task) -> Plan:
    """Plan a sheet of account counts: a slip that came back, or a table of numbers."""
    form = read_form(task.path)
    return plan_history(task) if form is None else plan_slip(task, form)


def plan_slip(task: Task, form: FilledForm) -> Plan:
    """Plan the answers of an office. Raises InputError with every problem of the slip."""
    if form.identity.get("kind") != FORM_KIND:
        kind = form.identity.get("kind", "no kind")
        raise refusal(form.file, f"a slip of tracker slip (this is a form of {kind})")
    numbers: Numbers[AccountNumber] = Numbers(form.file)
    numbers.problems += form.problems
    reasons: dict[str, list[AccountNumber]] = {}
    name = reason_of(task, form)
    unanswered = 0
    for cells in form.rows:
        by_column = {cell.column: cell for cell in cells}
        if not any(cell.text for cell in cells):
            unanswered += 1
            continue
        numbers.lines += 1
        row = _number(task, by_column, numbers, name)
        if row is None:
            continue
        cell = by_column[TICK]
        key = (row[0], None, row[1], row[3], row[4])
        confirmed = cell.text == RIGHT_VI and line_of(cell.key).lane == DECLARED
        if numbers.add(cell.row, key, row, row[5] or 0) and not confirmed:
            evidence = by_column[EVIDENCE].text
            reason = f"{name}; minh chứng: {evidence}" if evidence else name
            reasons.setdefault(reason, []).append(row)
    if unanswered:
        numbers.notes.append(f"{unanswered} lines without an answer stay as they are")
    if not numbers.lines and not numbers.problems:
        raise refusal(form.file, f"at least one line with {RIGHT_VI} or {WRONG_VI} (none has)")
    refuse(numbers)

    def write(change: Transaction) -> Imported:
        given = asked(task)
        parts: list[tuple[Numbers[Any], Loaded]] = []
        for reason, rows in reasons.items():
            given["replace_reason"] = reason
            parts.append((numbers, task.store.import_account_numbers(rows, **given)))
        return finish(task, change, parts)

    return Plan(write, ("corrections",))


def reason_of(task: Task, form: FilledForm) -> str:
    """Name the slip as a correction's reason does: what was given with --replace, else its office
    and day."""
    office = task.office or form.identity.get("office", "")
    day = form.identity.get("as_of", "")
    return task.reason or f"phiếu đối soát của {office}, số liệu đến {day}"


def _number(
    task: Task,
    cells: Mapping[str, FilledCell],
    numbers: Numbers[AccountNumber],
    name: str,
) -> AccountNumber | None:
    """Turn an answered line into a number for the store, or note what is wrong with it."""
    tick, right, evidence = cells[TICK], cells[VALUE], cells[EVIDENCE]
    line = line_of(tick.key)
    problem = _problem(line, cells) or _unknown_account(task, line, tick)
    value: int | None = None
    if problem is None and right.text:
        try:
            value = parse_number(right.text)
        except ValueError as error:
            problem = right.problem(str(error))
    if problem is None and tick.text == WRONG_VI and value == line.value:
        problem = right.problem(f"another number than the one held, or {RIGHT_VI}")
    corrects = tick.text == WRONG_VI and line.lane != DECLARED and not _within(line, value)
    lane = line.lane if corrects else DECLARED
    told = line.value if tick.text == RIGHT_VI else value
    problem = problem or _other_correction(task, line, lane, told, right)
    if problem is not None:
        numbers.problems.append(problem)
        return None
    step = line.step if tick.text == RIGHT_VI and line.step > 1 else None
    day = day_number(line.day)
    source = evidence.text or name
    return line.account_id, day, scheduled_seconds(day), lane, line.metric, told, step, None, source


def _within(line: Line, value: int | None) -> bool:
    """Say whether a number is one of those that the held one, rounded down, stands for."""
    if line.value is None or value is None:
        return True
    return line.value <= value < line.value + line.step


def _problem(line: Line, cells: Mapping[str, FilledCell]) -> Problem | None:
    """Find what an answer lacks, or says twice."""
    tick, right, evidence = cells[TICK], cells[VALUE], cells[EVIDENCE]
    if tick.text not in ("", RIGHT_VI, WRONG_VI):
        return tick.problem(f"{RIGHT_VI} or {WRONG_VI}")
    if line.value is None:
        if tick.text == RIGHT_VI or not right.text:
            return right.problem("the number, because none is held to be right or wrong")
    elif not tick.text:
        return tick.problem(f"{RIGHT_VI} or {WRONG_VI} beside the other answers of this line")
    elif tick.text == WRONG_VI and not right.text:
        return right.problem(f"the right number, because the line says {WRONG_VI}")
    elif tick.text == RIGHT_VI and right.text:
        return right.problem(f"no number, because the line says {RIGHT_VI}")
    if tick.text != RIGHT_VI and not evidence.text:
        return evidence.problem("what proves the number: a document, a picture, an address")
    return None


def _unknown_account(task: Task, line: Line, cell: FilledCell) -> Problem | None:
    if line.account_id in task.known.accounts:
        return None
    return cell.problem(f"an account of the register; {line.account_id} is none any more")


def _other_correction(
    task: Task, line: Line, lane: str, value: int | None, cell: FilledCell
) -> Problem | None:
    """Refuse a second correction of one number: which of them holds would be chance."""
    known: Iterable[Correction] = task.known.corrections.values()
    for one in known:
        same = (one.account_id, one.lane, one.metric) == (line.account_id, lane, line.metric)
        reaches = same and one.post is None and one.day_from <= line.day <= one.day_to
        if reaches and one.value != value:
            return cell.problem(
                f"{one.value}, as correction {one.id} says; change that one with "
                "tracker import corrections --replace REASON"
            )
    return None
