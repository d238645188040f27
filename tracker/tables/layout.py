"""Ids of the numbers of a table, and which of its cells are joined."""

from __future__ import annotations

from dataclasses import replace

from tracker.tables.shapes import Cell, Column, Table
from tracker.tables.texts import cell_text, is_unknown


def numbered(table: Table) -> Table:
    """Give every number of a table its id, K01a = table K, row 01, number column (a).

    A column `Mã` after the merged columns shows the row's part, the headings show the letters.
    """
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    holding = {
        index: next(letters)
        for index in range(len(table.columns))
        if any(row[index].is_number for row in table.rows)
    }
    columns = [
        replace(column, title=f"{column.title} ({holding[index]})") if index in holding else column
        for index, column in enumerate(table.columns)
    ]
    columns.insert(table.merged, Column("Mã", width=0.5))
    rows = []
    for number, row in enumerate(table.rows, start=1):
        code = f"{table.code}{number:02d}"
        cells = [
            replace(cell, id=code + holding[index]) if cell.is_number else cell
            for index, cell in enumerate(row)
        ]
        cells.insert(table.merged, Cell(text=code))
        rows.append(tuple(cells))
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def spans(table: Table) -> list[list[tuple[int, int]]]:
    """Say for each cell how many rows and columns it covers: (down, across).

    Merged columns join equal texts downwards: down 0 = covered by the row above. Neighbours unknown
    for the same reason are joined sideways, so that the reason stands there once: across 0 =
    covered by the cell to the left.
    """
    down = _down(table)
    across: list[list[int]] = []
    for number, row in enumerate(table.rows):
        line = [1] * len(row)
        for index in range(len(row) - 1, -1, -1):
            if not down[number][index]:
                line[index] = across[number - 1][index]
            elif index + 1 < len(row) and _joins(table, number, index, down[number]):
                line[index], line[index + 1] = 1 + line[index + 1], 0
        across.append(line)
    return [list(zip(*both, strict=True)) for both in zip(down, across, strict=True)]


def _down(table: Table) -> list[list[int]]:
    texts = [
        [cell_text(row[index], table.columns[index]) for index in range(table.merged)]
        for row in table.rows
    ]
    down = [[1] * len(table.columns) for _ in table.rows]
    for number in range(len(texts) - 1, 0, -1):
        for index in range(table.merged):
            if texts[number][: index + 1] == texts[number - 1][: index + 1]:
                down[number - 1][index] += down[number][index]
                down[number][index] = 0
    return down


def _joins(table: Table, number: int, index: int, down: list[int]) -> bool:
    """Say whether a cell and the next one are unknown for the same reason, over the same rows."""
    cell, following = table.rows[number][index : index + 2]
    return (
        is_unknown(cell)
        and is_unknown(following)
        and cell.reason == following.reason
        and down[index] == down[index + 1]
        and index + 1 != table.merged
    )
