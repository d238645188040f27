"""Sheets of the register: checked rows go into the CSV files of the data folder and the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracker.errors import InputError, Problem, StoreError
from tracker.imports.finding import parse_metric
from tracker.registry import (
    CHECKS,
    ROW_TYPES,
    AccountEntry,
    AccountPeriod,
    Correction,
    Register,
    Row,
    columns,
    layout_of,
    write_register_rows,
)
from tracker.sheets import Layout, Sheet
from tracker.store import Store

TABLES = {
    "localities": "locality",
    "locality_names": "locality_name",
    "elements": "element",
    "agencies": "agency",
    "accounts": "account",
    "account_periods": "account_period",
    "programmes": "programme",
    "programme_elements": "programme_element",
    "events": "event",
    "definition_breaks": "definition_break",
    "targets": "target",
    "corrections": "correction",
}
"""Kind of register rows -> table of the store, in the order in which rows need each other."""

ACCOUNT_COLUMNS = tuple(
    name for name in columns(ROW_TYPES["accounts"]) if name not in ("platform", "voided")
)
LAYOUTS = {
    "accounts": Layout(
        ("agency_id", "platform", "url|handle|native_id"),
        (*ACCOUNT_COLUMNS, "valid_from", "valid_to"),
    ),
    "events": Layout(("day", "locality_id|account|account_id", "kind", "note", "source"), ("id",)),
    "programmes": Layout(
        ("id", "title", "locality_id|agency_id", "document", "status", "start"),
        ("end", "key_message", "source"),
    ),
    "corrections": Layout(
        ("account|account_id", "day_from", "day_to", "lane", "metric", "value", "reason"),
        ("id", "post", "evidence", "entered_on", "office"),
    ),
}
"""Sheets people fill, where they differ from the register's own files."""

NUMBERS = {"targets": "value"}
"""Kinds whose rows hold a number that only `--replace` may change."""


def cells_of(row: Row) -> dict[str, Any]:
    """Give the values of a row by column."""
    return {name: getattr(row, name) for name in columns(type(row))}


def layout_of_sheet(kind: str) -> Layout:
    """Give the columns of a sheet of register rows."""
    return LAYOUTS.get(kind) or layout_of(kind)


@dataclass(frozen=True)
class Merged:
    """A register with a sheet worked in. `kinds` are the files that change."""

    register: Register
    rows: int
    created: int
    changed: int
    changed_rows: tuple[Row, ...] = ()
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unchanged(self) -> int:
        """Count the rows that were known as they are."""
        return self.rows - self.created - self.changed


def merge_sheet(kind: str, sheet: Sheet, known: Register, *, replacing: bool) -> Merged:
    """Check a sheet and work it into the register.

    A blank cell leaves what is known; with `replacing` it clears it, and known numbers may change.
    Raises InputError with every problem.
    """
    found, problems = CHECKS[kind](sheet.rows, known)
    by_kind: dict[str, list[Row]] = {kind: []}
    for entry in found:
        if isinstance(entry, AccountEntry):
            by_kind[kind].append(entry.account)
            periods = by_kind.setdefault("account_periods", [])
            periods += [period for period in (entry.closed, entry.period) if period]
        else:
            by_kind[kind].append(entry)
    if problems:
        raise InputError(problems)
    if kind == "corrections":
        by_kind[kind] = _with_known_metrics(sheet, by_kind[kind], known)
    given = set(sheet.columns) if replacing else set[str]()
    held = {row.key: row for row in known.rows(kind)}
    merged = [_merged(row, held.get(row.key), given) for row in by_kind[kind]]
    if kind in NUMBERS and not replacing:
        problems = _other_numbers(sheet, merged, held, NUMBERS[kind])
    if problems:
        raise InputError(problems)
    by_kind[kind] = merged
    register, kinds = known, []
    for name, rows in by_kind.items():
        before = {row.key: row for row in known.rows(name)}
        if any(before.get(row.key) != row for row in rows):
            register = register.with_rows(name, rows)
            kinds.append(name)
    changed_rows = tuple(row for row in merged if held.get(row.key, row) != row)
    changed = {row.key for row in changed_rows}
    changed |= _accounts_with_new_periods(by_kind.get("account_periods", ()), known) & set(held)
    return Merged(
        register,
        rows=len(sheet.rows),
        created=sum(row.key not in held for row in merged),
        changed=len(changed),
        changed_rows=changed_rows,
        kinds=tuple(kinds),
        notes=tuple(_renames(by_kind.get("account_periods", ()), known)),
    )


def _with_known_metrics(sheet: Sheet, rows: Sequence[Row], known: Register) -> list[Row]:
    """Write the metric of each correction as the store does: `likes` of a post are `reactions`."""
    corrections: list[Row] = []
    problems = []
    for at, row in zip(sheet.rows, rows, strict=True):
        assert isinstance(row, Correction), "a check gives rows of its own kind"
        platform = known.accounts[row.account_id].platform
        try:
            metric = parse_metric(platform, "post" if row.post else "account", row.metric)
            corrections.append(replace(row, metric=metric))
        except ValueError as error:
            problems.append(at.problem("metric", str(error)))
    if problems:
        raise InputError(problems)
    return corrections


def _merged(row: Row, held: Row | None, given: set[str]) -> Row:
    """Fill what a row leaves blank with what is known; a column in `given` counts also as blank."""
    if held is None:
        return row
    known = {
        name: value
        for name, value in cells_of(held).items()
        if getattr(row, name) is None and name not in given
    }
    filled: Row = replace(row, **known)  # type: ignore[type-var]  # rows are dataclasses
    return filled


def _other_numbers(
    sheet: Sheet, rows: Sequence[Row], held: dict[tuple[str, ...], Row], column: str
) -> list[Problem]:
    """Find known numbers that a sheet would change."""
    problems = []
    for at, row in zip(sheet.rows, rows, strict=True):
        before = getattr(held.get(row.key), column, None)
        if before is not None and before != getattr(row, column):
            expected = f"{before:g}, which is known; --replace REASON changes it"
            problems.append(at.problem(column, expected))
    return problems


def _accounts_with_new_periods(periods: Iterable[Row], known: Register) -> set[tuple[str, ...]]:
    held = {row.key: row for row in known.account_periods}
    return {(row.key[0],) for row in periods if held.get(row.key) != row}


def _renames(periods: Iterable[Row], known: Register) -> Iterator[str]:
    """Say which known accounts go on under another handle or owner."""
    for row in periods:
        if not isinstance(row, AccountPeriod) or row in known.account_periods:
            continue
        former = [old for old in known.periods_of(row.account_id) if old.key != row.key]
        if former and row.valid_from and former[-1].handle != row.handle:
            old, new = former[-1].handle, row.handle
            yield f"{row.account_id} goes on as {new}, formerly {old}, from {row.valid_from}"


def mirror(store: Store, register: Register) -> int:
    """Bring the store to what the register says; give how many rows changed.

    Joins the open transaction. What the register leaves blank stays as the store knows it:
    permanent ids that were resolved, periods that a night has ended.
    """
    return sum(
        store.put_rows(
            table,
            [cells_of(row) for row in register.rows(kind)],
        )
        for kind, table in TABLES.items()
    )


def put_blanks(store: Store, kind: str, merged: Merged, columns_given: Sequence[str]) -> int:
    """Clear in the store what blank cells of a sheet cleared in the register."""
    key = ROW_TYPES[kind].KEY
    return store.put_rows(
        TABLES[kind],
        [
            {name: value for name, value in cells_of(row).items() if name in (*key, *columns_given)}
            for row in merged.changed_rows
        ],
        replace=True,
    )


@contextmanager
def files_kept_on_failure(folder: Path, kinds: Iterable[str]) -> Iterator[None]:
    """Put the register files back as they were when anything inside fails."""
    paths = [folder / "register" / f"{kind}.csv" for kind in kinds]
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    try:
        yield
    except BaseException:
        for path, content in before.items():
            _put_back(path, content)
        raise


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != content:
        beside = path.with_suffix(".before")
        try:
            beside.write_bytes(content)
            beside.replace(path)
        except OSError as error:
            raise StoreError(f"{path} could not be put back as it was: {error.strerror}") from error


def write_kinds(folder: Path, register: Register, kinds: Iterable[str]) -> None:
    """Write the files of these kinds, each whole."""
    for kind in kinds:
        write_register_rows(folder, kind, register.rows(kind))
