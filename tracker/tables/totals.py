"""The row of totals: added up unrounded, rounded once, with a note where printed parts differ."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from decimal import Decimal

from tracker.tables.shapes import Cell, Column
from tracker.tables.texts import number_text, rounded

NOT_ADDED_VI = "–"
"""In the total of a column that is not added up."""


def total_row(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    summed: Collection[int],
    label: str = "Tổng cộng",
) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """Add up some columns (places from 0); give the row of totals and the notes it needs.

    Parts are added as they are known and rounded once: where the printed parts give another sum, a
    note says so. An unknown part makes the total a lower bound ("hơn") of the parts that are known,
    and a note counts what is missing; no known part, no total. Parts rounded by a platform give
    the sum of their steps. Parts must be counts or amounts, not below 0: others have no total.
    """
    cells, notes = [], []
    for place, column in enumerate(columns):
        if place not in summed:
            cells.append(Cell(text=label if place == 0 else NOT_ADDED_VI))
            continue
        parts = [row[place] for row in rows]
        total = _total(column, parts)
        cells.append(total)
        notes += _notes(column, parts, total)
    return tuple(cells), tuple(notes)


def _known(parts: Sequence[Cell]) -> list[float]:
    return [part.value for part in parts if part.is_number and isinstance(part.value, (int, float))]


def _total(column: Column, parts: Sequence[Cell]) -> Cell:
    values = _known(parts)
    if any(value < 0 for value in values):
        raise ValueError(f"column {column.title!r}: parts of a total are not below 0")
    if not values:
        return Cell(reason="không có số liệu để cộng" if parts else "không có dòng nào để cộng")
    exact = all(isinstance(value, int) for value in values)
    steps = [part.step for part in parts if part.is_number and (part.step or 0) > 1]
    return Cell(
        value=sum(values) if exact else math.fsum(values),
        step=sum(step for step in steps if step is not None) or None,
        qualifier=_qualifier(
            [part for part in parts if part.is_number], missing=len(values) < len(parts)
        ),
    )


def _qualifier(known: Sequence[Cell], *, missing: bool) -> str:
    found = {part.qualifier for part in known} - {"exact"}
    if missing:
        found.add("at_least")
    if not found:
        return "exact"
    return found.pop() if len(found) == 1 else "about"


def _notes(column: Column, parts: Sequence[Cell], total: Cell) -> list[str]:
    if not isinstance(total.value, (int, float)):
        return []
    notes = []
    values = _known(parts)
    if len(values) < len(parts):
        notes.append(
            f"Tổng cột “{column.title}” chỉ gồm {len(values)}/{len(parts)} dòng có số liệu."
        )
    decimals = column.form.decimals
    printed = sum((rounded(value, decimals) for value in values), Decimal(0))
    if printed != rounded(total.value, decimals):
        notes.append(
            f"Tổng cột “{column.title}” tính từ số liệu chưa làm tròn; cộng các số đã in được "
            f"{number_text(float(printed), decimals)}."
        )
    return notes
