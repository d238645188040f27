"""The register as files: reading, writing whole and at once, and making a new data folder."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from tracker.errors import ConfigError, InputError, Problem, StoreError
from tracker.reference import shipped
from tracker.registry.accounts import AccountEntry, check_account_periods, check_accounts
from tracker.registry.checks import (
    check_agencies,
    check_corrections,
    check_definition_breaks,
    check_elements,
    check_events,
    check_localities,
    check_locality_names,
    check_programme_elements,
    check_programmes,
    check_targets,
)
from tracker.registry.register import Register
from tracker.registry.rows import ROW_TYPES, Row, columns, required_columns, row_type_of
from tracker.sheets import Layout, SheetRow, parse_day, read_sheet
from tracker.text import nfc

MARKER = "tracker-data.toml"
FORMAT = 1
CHECKS: Mapping[str, Any] = {
    "localities": check_localities,
    "locality_names": check_locality_names,
    "elements": check_elements,
    "agencies": check_agencies,
    "accounts": check_accounts,
    "account_periods": check_account_periods,
    "programmes": check_programmes,
    "programme_elements": check_programme_elements,
    "events": check_events,
    "definition_breaks": check_definition_breaks,
    "targets": check_targets,
    "corrections": check_corrections,
}
"""Kind -> its check, in the order in which the files need each other."""

COPIED = ("localities", "locality_names", "agencies", "elements", "tet")
"""What a new data folder begins with; the other files begin empty."""


def read_register(folder: Path) -> Register:
    """Read the register of a data folder. Raises InputError that lists every problem."""
    return _read([register_folder(folder)])


def register_folder(folder: Path) -> Path:
    """Give the folder with the CSV files, of a data folder or of itself."""
    return folder / "register" if (folder / "register").is_dir() else folder


def shipped_register() -> Register:
    """Read the reference data and the example register that come with the product."""
    return _read([shipped("reference"), shipped("registry")])


def _read(folders: Sequence[Path]) -> Register:
    known = Register()
    problems: list[Problem] = []
    for kind, check in CHECKS.items():
        for folder in folders:
            path = folder / f"{kind}.csv"
            if not path.is_file():
                continue
            rows, wrong = check(_sheet_rows(kind, path), known)
            problems += wrong
            plain = [row.account if isinstance(row, AccountEntry) else row for row in rows]
            known = known.with_rows(kind, plain)
    if problems:
        raise InputError(problems)
    return known


def _sheet_rows(kind: str, path: Path) -> list[SheetRow]:
    if path.stat().st_size == 0:
        return []
    return read_sheet(path, layout_of(kind)).rows


def read_tet_days(folder: Path) -> tuple[date, ...]:
    """Read the first days of the lunar years, from a data folder or its register folder."""
    path = register_folder(folder) / "tet.csv"
    days = (parse_day(row.cells["day"]) for row in read_sheet(path, Layout(("year", "day"))).rows)
    return tuple(day for day in days if day is not None)


def check_register(known: Register) -> list[Problem]:
    """Find what no single file shows: accounts that nobody owns."""
    return [
        Problem("accounts.csv", None, "id", account_id, "an owner in account_periods.csv")
        for account_id in known.accounts
        if not known.periods_of(account_id)
    ]


def layout_of(kind: str) -> Layout:
    """Give the columns of a register file: those without a default must be there."""
    row_type = row_type_of(kind)
    return Layout(required_columns(row_type), columns(row_type))


def write_register_rows(folder: Path, kind: str, rows: Iterable[Row]) -> None:
    """Write one register file of a data folder whole: sorted by key, NFC, UTF-8, or not at all.

    The file is written beside its place and moved into it, so a reader never sees half of it.
    Raises StoreError when the disk refuses.
    """
    names = columns(row_type_of(kind))
    target = register_folder(folder) / f"{kind}.csv"
    try:
        handle, name = tempfile.mkstemp(prefix=f".{kind}-", suffix=".csv", dir=target.parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(names)
                for row in sorted(rows, key=lambda one: one.key):
                    cells = asdict(cast(Any, row))
                    writer.writerow([cell_text(cells[name]) for name in names])
                file.flush()
                os.fsync(file.fileno())
            beside.chmod(0o644)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{target} could not be written: {error.strerror}") from error


def cell_text(value: object) -> str:
    """Write a value as `read_register` reads it; None is an empty cell.

    A fraction of three digits gets a fourth, so that nobody takes its point for a thousands sign.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        digits = format(Decimal(repr(value)), "f").removesuffix(".0")
        return f"{digits}0" if len(digits.partition(".")[2]) == 3 else digits
    return nfc(str(value))


def init_folder(folder: Path, *, synthetic: bool = False) -> None:
    """Make a data folder: marker, reference data, empty lists. A data folder keeps what it holds.

    Raises ConfigError for a file, for a folder with other things in it, and for a data folder of
    the other kind: a synthetic one stays synthetic.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / MARKER
        if marker.is_file():
            _same_kind(folder, synthetic=synthetic)
        elif any(folder.iterdir()):
            raise ConfigError(
                f"{folder.absolute()} is not empty and not a data folder; name a new or empty one"
            )
        register = folder / "register"
        register.mkdir(exist_ok=True)
        for name in COPIED:
            if not (register / f"{name}.csv").exists():
                shutil.copyfile(shipped("reference", f"{name}.csv"), register / f"{name}.csv")
        for kind in ROW_TYPES:
            if not (register / f"{kind}.csv").exists():
                write_register_rows(folder, kind, [])
        word = "true" if synthetic else "false"
        marker.write_text(f"format = {FORMAT}\nsynthetic = {word}\n", encoding="utf-8")
    except FileExistsError as error:
        raise ConfigError(f"{folder.absolute()} is a file; name a folder") from error
    except OSError as error:
        raise ConfigError(f"{folder.absolute()} cannot be made: {error.strerror}") from error


def is_synthetic(folder: Path) -> bool:
    """Say whether a data folder is for simulated numbers. Raises ConfigError if it is none."""
    try:
        facts = tomllib.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{folder.absolute()} is not a data folder: no {MARKER}") from error
    if facts.get("format") != FORMAT:
        raise ConfigError(
            f"{folder.absolute()} has format {facts.get('format')!r}; this program reads {FORMAT}"
        )
    return bool(facts.get("synthetic", False))


def _same_kind(folder: Path, *, synthetic: bool) -> None:
    if is_synthetic(folder) != synthetic:
        kind = "real" if synthetic else "simulated"
        raise ConfigError(f"{folder.absolute()} is a data folder for {kind} numbers already")
