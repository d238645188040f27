"""Finds the same number in two editions of a report: by table, labels of its row, and column.

Ids do not tell: they shift when rows are added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from tracker.panel import LANES_VI
from tracker.reports.edition import Contents
from tracker.reports.passport import NONE_VI, lane_text
from tracker.tables import Cell, Column, Table, cell_text, is_unknown

CODE_TITLE = "Mã"
LANES = frozenset(lane_text(lane) for lane in LANES_VI)
_LETTER = re.compile(r" \([a-z]\)$")
_NUMBERED = re.compile(r"^Bảng \d+\. ")
_CHANGING = re.compile(r"ngày \d{2}/\d{2}/\d{4}|\d+(/\d+)? tài khoản")
"""Parts of labels that change from night to night and are no part of what a row is about."""
Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A number, or the reason why there is none, where it stands. `accounts` are those that the
    first number of its row was read of."""

    table: Table
    labels: tuple[str, ...]
    column: Column
    cell: Cell
    accounts: str

    @property
    def row(self) -> str:
        """Name the row in words."""
        return " · ".join(dict.fromkeys(one for one in self.labels if one)) or NONE_VI

    @property
    def text(self) -> str:
        """Write the cell as it is printed."""
        return cell_text(self.cell, self.column)


def matched(
    before: Contents, after: Contents
) -> tuple[list[tuple[Place | None, Place]], list[Place]]:
    """Pair the places of two editions, in the order of the new one (None = it was not there), and
    list what is no longer there.

    Rows are told apart by all their labels; what is left over without the lane, then by account
    where a channel was renamed, then among unknown numbers that shared one row ("A; B").
    """
    counted = _counted((before, after))
    old, new = _places(before, counted), _places(after, counted)
    former: dict[Place, Place] = {}
    left, right = list(old), list(new)
    for labels_of in (_all_labels, _without_lane, _by_account):
        left, right = _paired(left, right, labels_of, former)
    shared = _shared(left)
    for place in right:
        one = shared.get(_key(place, place.labels))
        if one is not None:
            former[place] = one
    taken = set(former.values())
    return [(former.get(one), one) for one in new], [one for one in left if one not in taken]


def table_key(table: Table) -> str:
    """Name a table in every edition: by its code, else by its title without its number."""
    return table.code or _NUMBERED.sub("", table.title)


def _paired(
    left: Sequence[Place],
    right: Sequence[Place],
    labels_of: Callable[[Place], Key],
    former: dict[Place, Place],
) -> tuple[list[Place], list[Place]]:
    """Enter into `former` the pairs of equal keys, in their order; give what is left over."""
    waiting: dict[Key, list[Place]] = {}
    for place in left:
        waiting.setdefault(_key(place, labels_of(place)), []).append(place)
    missing = []
    for place in right:
        there = waiting.get(_key(place, labels_of(place)))
        if there:
            former[place] = there.pop(0)
        else:
            missing.append(place)
    taken = set(former.values())
    return [place for place in left if place not in taken], missing


def _title(column: Column) -> str:
    """Give the title of a column without the letter that its numbers got."""
    return _LETTER.sub("", column.title)


def _counted(editions: Iterable[Contents]) -> set[tuple[str, str]]:
    """Name the columns that hold a number in any edition: (table, title)."""
    return {
        (table_key(table), _title(column))
        for contents in editions
        for table in contents.document.tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if cell.is_number
    }


def _places(contents: Contents, counted: set[tuple[str, str]]) -> list[Place]:
    """List the numbers and unknown numbers of an edition in the order of print."""
    said = {one.text.strip() for one in contents.answers or () if one.text.strip()}
    found = []
    for table in contents.document.tables:
        leading = _leading(table, counted)
        for row in table.rows:
            labels = tuple(_label(row[at], table.columns[at], said) for at in leading)
            read = [cell.origin.account for cell in row if cell.origin and cell.origin.account]
            found += [
                Place(table, labels, column, cell, read[0] if read else "")
                for cell, column in zip(row, table.columns, strict=True)
                if cell.is_number or is_unknown(cell)
            ]
    return found


def _leading(table: Table, counted: set[tuple[str, str]]) -> list[int]:
    """List the columns that say what a row is about: those before the first number."""
    holds = [(table_key(table), _title(column)) in counted for column in table.columns]
    first = holds.index(True) if True in holds else len(holds)
    return [at for at in range(first) if table.columns[at].title != CODE_TITLE]


def _label(cell: Cell, column: Column, said: set[str]) -> str:
    """Give what a cell says of its row; answers and unknown cells say nothing of it."""
    text = "" if is_unknown(cell) else cell_text(cell, column)
    return "" if text.strip() in said else _CHANGING.sub("…", text)


def _all_labels(place: Place) -> Key:
    return place.labels


def _without_lane(place: Place) -> Key:
    return tuple(one for one in place.labels if one and not set(one.split(" + ")) <= LANES)


def _by_account(place: Place) -> Key:
    return (place.accounts, *_without_lane(place)[1:]) if place.accounts else (id(place),)


def _key(place: Place, labels: Key) -> Key:
    """Name a place by table, labels and column; columns of one title by their order."""
    title = _title(place.column)
    alike = [one for one in place.table.columns if _title(one) == title]
    return (table_key(place.table), labels, title, alike.index(place.column))


def _shared(left: Iterable[Place]) -> dict[Key, Place]:
    """Find unknown numbers whose rows were printed as one under each of its names."""
    found = {}
    for place in left:
        for at, label in enumerate(place.labels if is_unknown(place.cell) else ()):
            parts = label.split("; ")
            for part in parts if len(parts) > 1 else ():
                labels = (*place.labels[:at], part, *place.labels[at + 1 :])
                found[_key(place, labels)] = place
    return found
