"""Checks of the other kinds of rows: each turns a sheet into typed rows and a list of problems.

A check knows the register as it is; what it refers to must be known or stand in the same sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tracker.errors import Problem
from tracker.platforms import PLATFORMS
from tracker.readings import LANES
from tracker.registry.account_cells import unknown_agency
from tracker.registry.cells import (
    Placed,
    did_you_mean,
    doubled,
    in_order,
    new_or_one_of,
    one_of,
    read_rows,
)
from tracker.registry.register import Register
from tracker.registry.rows import (
    COUNTRY,
    Agency,
    Correction,
    DefinitionBreakRow,
    Element,
    Event,
    Locality,
    LocalityName,
    Outcome,
    Programme,
    ProgrammeElement,
    Target,
)
from tracker.registry.words import (
    BOUNDARIES,
    ELEMENT_LEVELS,
    ELEMENT_STATUSES,
    ENTITIES,
    EVENT_KINDS,
    OUTCOME_STATUSES,
    PLATFORM_WORDS,
    PROGRAMME_STATUSES,
    QUALIFIER_WORDS,
    agency_kinds,
)
from tracker.sheets import SheetRow, parse_day
from tracker.text import Match, nfc, slug

PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})|\.\.(\d{4})-(\d{2}))?)?")
Given = dict[int, dict[str, str]]


class _Worked:
    """The cells worked out for each row of a sheet, and what was wrong on the way."""

    def __init__(self, rows: Sequence[SheetRow]) -> None:
        self.rows = rows
        self.given: Given = {at.number: {} for at in rows}
        self.problems: list[Problem] = []

    def put(self, column: str, make: Callable[[str], str | None]) -> None:
        """Replace the filled cells of a column by what `make` gives; ValueError is a problem."""
        for at in self.rows:
            text = nfc(at.get(column))
            if not text:
                continue
            try:
                self.given[at.number][column] = make(text) or ""
            except ValueError as error:
                self.problems.append(at.problem(column, str(error)))

    def read(self, row_type: Any) -> list[Placed[Any]]:
        """Type the rows that have no problem so far, each key once."""
        refused = {problem.row for problem in self.problems}
        sound = [at for at in self.rows if at.number not in refused]
        placed, wrong = read_rows(row_type, sound, self.given)
        self.problems += wrong + doubled(placed, row_type.KEY[0])
        return placed


def _rows(placed: Iterable[Placed[Any]]) -> list[Any]:
    return [one.row for one in placed]


def check_localities(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[Locality], list[Problem]]:
    """Check localities: the successor is one of them."""
    work = _Worked(rows)
    placed = work.read(Locality)
    ids = {*known.localities, *(one.row.id for one in placed)}
    for one in placed:
        if one.row.successor_id and one.row.successor_id not in ids:
            work.problems.append(one.at.problem("successor_id", "the id of a locality"))
    return _rows(placed), in_order(work.problems)


def check_locality_names(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[LocalityName], list[Problem]]:
    """Check the names of localities: one name at a time."""
    work = _Worked(rows)
    work.put("locality_id", lambda text: _locality(text, known))
    placed = work.read(LocalityName)
    spans: dict[str, list[LocalityName]] = {}
    for one in placed:
        others = spans.setdefault(one.row.locality_id, [])
        if any(_share_a_day(one.row, other) for other in others):
            work.problems.append(one.at.problem("valid_from", "a day after the former name's end"))
        others.append(one.row)
    return _rows(placed), in_order(work.problems)


def _share_a_day(one: LocalityName, other: LocalityName) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def check_elements(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[Element], list[Problem]]:
    """Check communication elements: status and level."""
    work = _Worked(rows)
    work.put("status", lambda text: one_of(text, ELEMENT_STATUSES))
    work.put("level", lambda text: one_of(text, ELEMENT_LEVELS))
    return _rows(work.read(Element)), in_order(work.problems)


def check_agencies(rows: Sequence[SheetRow], known: Register) -> tuple[list[Agency], list[Problem]]:
    """Check agencies: kind, locality (by id or name), parent and successor."""
    work = _Worked(rows)
    work.put("kind", lambda text: new_or_one_of(text, agency_kinds()))
    _put_localities(work, known, ("valid_from", "valid_to"))
    placed = work.read(Agency)
    ids = {*known.agencies, *(one.row.id for one in placed)}
    for one in placed:
        for column in ("parent_id", "successor_id"):
            value = getattr(one.row, column)
            if value is not None and (value not in ids or value == one.row.id):
                expected = f"the id of another agency{did_you_mean(value, ids)}"
                work.problems.append(one.at.problem(column, expected))
    return _rows(placed), in_order(work.problems)


def check_programmes(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[Programme], list[Problem]]:
    """Check programmes: one owner, status, and a start unless there is no plan yet."""
    work = _Worked(rows)
    work.put("status", lambda text: one_of(text, PROGRAMME_STATUSES))
    work.put("agency_id", lambda text: _agency(text, known))
    _put_localities(work, known, ("start", "end"))
    placed = work.read(Programme)
    for one in placed:
        if (one.row.locality_id is None) == (one.row.agency_id is None):
            expected = "either a locality_id or an agency_id"
            work.problems.append(one.at.problem("locality_id", expected))
        if one.row.start is None and one.row.status == "built":
            expected = "the first day of the programme: before and after are counted from it"
            work.problems.append(one.at.problem("start", expected))
    return _rows(placed), in_order(work.problems)


def check_programme_elements(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[ProgrammeElement], list[Problem]]:
    """Check which elements programmes communicate: both are known."""
    work = _Worked(rows)
    work.put("programme_id", lambda text: _held(text, known.programmes, "a programme"))
    work.put("element_id", lambda text: _held(text, known.elements, "an element"))
    return _rows(work.read(ProgrammeElement)), in_order(work.problems)


def check_events(rows: Sequence[SheetRow], known: Register) -> tuple[list[Event], list[Problem]]:
    """Check events: of one locality or one account (`account` will do as a column), with a kind."""
    work = _Worked(rows)
    work.put("kind", lambda text: new_or_one_of(text, EVENT_KINDS))
    _put_accounts(work, known)
    _put_localities(work, known, ("day",))
    for at in rows:
        cells = work.given[at.number]
        subject = cells.get("account_id") or cells.get("locality_id", "")
        made = slug(f"{_iso(at.get('day'))} {subject} {cells.get('kind', '')}")
        cells["id"] = nfc(at.get("id")) or made
    placed = work.read(Event)
    for one in placed:
        if one.row.locality_id is None and one.row.account_id is None:
            work.problems.append(one.at.problem("locality_id", "a locality or an account"))
    return _rows(placed), in_order(work.problems)


def check_definition_breaks(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[DefinitionBreakRow], list[Problem]]:
    """Check breaks of meaning: a metric that the platform publishes."""
    work = _Worked(rows)
    platforms = {key: PLATFORM_WORDS.get(key, ()) for key in PLATFORMS}
    work.put("platform", lambda text: one_of(text, platforms))
    work.put("entity", lambda text: one_of(text, ENTITIES))
    placed = work.read(DefinitionBreakRow)
    for one in placed:
        measures = PLATFORMS[one.row.platform].measures_of(one.row.entity)
        names = dict.fromkeys(name for item in measures for name in (item.column, *item.keys))
        if one.row.metric not in names:
            work.problems.append(one.at.problem("metric", f"one of {', '.join(names)}"))
    return _rows(placed), in_order(work.problems)


def check_targets(rows: Sequence[SheetRow], known: Register) -> tuple[list[Target], list[Problem]]:
    """Check targets: of a known locality or agency."""
    work = _Worked(rows)
    work.put("unit", lambda text: _unit(text, known))
    return _rows(work.read(Target)), in_order(work.problems)


def check_corrections(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[Correction], list[Problem]]:
    """Check corrections: account, lane and a reason; a missing id is made of what is corrected."""
    work = _Worked(rows)
    work.put("lane", lambda text: one_of(text, LANES))
    _put_accounts(work, known)
    for at in rows:
        cells = work.given[at.number]
        subject = f"{cells.get('account_id', '')} {at.get('post')}"
        days = f"{_iso(at.get('day_from'))} {_iso(at.get('day_to'))}"
        made = slug(f"{subject} {days} {cells.get('lane', '')} {at.get('metric')}")
        cells["id"] = nfc(at.get("id")) or made
    return _rows(work.read(Correction)), in_order(work.problems)


def check_outcomes(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[Outcome], list[Problem]]:
    """Check outcomes: locality (or `viet-nam`), map, period, qualifier and status."""
    work = _Worked(rows)
    work.put("boundary", lambda text: one_of(text, BOUNDARIES))
    work.put("qualifier", lambda text: one_of(text, QUALIFIER_WORDS))
    work.put("status", lambda text: one_of(text, OUTCOME_STATUSES))
    work.put("period", check_period)
    for at in rows:
        days = {"63": "2025-06-30", "34": "2025-07-01"}.get(at.get("boundary"), "")
        _put_locality(work, at, known, days, days)
    return _rows(work.read(Outcome)), in_order(work.problems)


def check_period(text: str) -> str:
    """Accept a year, a month, months `2024-01..2024-05` or a day. Raises ValueError."""
    expected = "a year, a month as 2024-05, months as 2024-01..2024-05, or a day as 2023-12-31"
    found = PERIOD.fullmatch(text)
    if not found:
        raise ValueError(expected)
    year, month, day, end_year, end_month = (int(part or 1) for part in found.groups())
    try:
        start, end = date(year, month, day), date(end_year, end_month, 1)
    except ValueError:
        raise ValueError(expected) from None
    if found[4] and end < start:
        raise ValueError("months in their order, the earlier first")
    return text


def _put_localities(work: _Worked, known: Register, days: tuple[str, ...]) -> None:
    """Turn names of localities into ids, by the days of the row where two maps share a name."""
    for at in work.rows:
        _put_locality(work, at, known, *(at.get(name) for name in days))


def _put_locality(work: _Worked, at: SheetRow, known: Register, *days: str) -> None:
    text = nfc(at.get("locality_id"))
    if not text:
        return
    try:
        work.given[at.number]["locality_id"] = _locality(text, known, *map(_day, days))
    except ValueError as error:
        work.problems.append(at.problem("locality_id", str(error)))


def _day(text: str) -> date | None:
    """Read a day; None for a cell that its own column will refuse."""
    try:
        return parse_day(text)
    except ValueError:
        return None


def _iso(text: str) -> str:
    day = _day(text)
    return day.isoformat() if day else text


def _locality(text: str, known: Register, *days: date | None) -> str:
    """Find the id that a name of a locality means. Raises ValueError with a suggestion."""
    if text == COUNTRY:
        return text
    match = known.find_locality(text, *days)
    if len(match.ids) == 1:
        return match.ids[0]
    if match.ids:
        raise ValueError(f"one of the ids {', '.join(match.ids)}: two maps share this name")
    near = f" (did you mean {match.suggestion}?)" if match.suggestion else ""
    raise ValueError(f"the name or id of a province or centrally run city{near}")


def _agency(text: str, known: Register) -> str:
    match = known.find_agency(text)
    if len(match.ids) != 1:
        raise ValueError(unknown_agency(match))
    return match.ids[0]


def _unit(text: str, known: Register) -> str:
    match: Match = known.find_agency(text)
    return match.ids[0] if len(match.ids) == 1 else _locality(text, known)


def _held(text: str, known: Mapping[str, object], what: str) -> str:
    if text not in known:
        raise ValueError(f"the id of {what} of the register{did_you_mean(text, known)}")
    return text


def _put_accounts(work: _Worked, known: Register) -> None:
    """Accept the column `account` for `account_id`, and refuse unknown accounts."""
    for at in work.rows:
        column = "account_id" if at.get("account_id") else "account"
        text = nfc(at.get(column))
        if not text:
            continue
        try:
            work.given[at.number]["account_id"] = _held(text, known.accounts, "an account")
        except ValueError as error:
            work.problems.append(at.problem(column, str(error)))
