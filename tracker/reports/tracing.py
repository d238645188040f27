"""The passport of one printed number of an edition, found by its id."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from tracker.errors import ConfigError
from tracker.reports.origins import metrics_behind
from tracker.reports.passport import PASSPORT_COLUMNS, passport_row
from tracker.tables import Cell, Column, Origin, Table, cell_text
from tracker.writers import Document

MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class Traced:
    """One printed number: what its passport says as (heading, text), and its origin."""

    facts: tuple[tuple[str, str], ...]
    origin: Origin

    @property
    def metrics(self) -> tuple[tuple[str, str], ...]:
        """List the (entity, column) of the readings behind the number; () = not of accounts."""
        return metrics_behind(self.origin)


def trace_number(document: Document, number_id: str) -> Traced:
    """Find a printed number by its id, in any case of letters. Raises ConfigError with near ids."""
    places = _places(document)
    wanted = number_id.strip().casefold()
    for name, (table, row, cell, column) in places.items():
        if name.casefold() == wanted:
            shown = passport_row(table, row, cell, column)
            pairs = zip(PASSPORT_COLUMNS, shown, strict=True)
            facts = tuple((one.heading, cell_text(text, one)) for one, text in pairs)
            return Traced(facts, cell.origin or Origin())
    near = near_ids(number_id, list(places))
    hint = f"; near ids: {', '.join(near)}" if near else "; it prints no number with an id"
    raise ConfigError(f"no number {number_id!r} in this edition{hint}")


def near_ids(number_id: str, known: list[str]) -> list[str]:
    """Give ids that resemble one that is not there: of its row first, then of its spelling."""
    folded = {name.casefold(): name for name in known}
    wanted = number_id.strip().casefold()
    row = [name for key, name in folded.items() if len(wanted) > 2 and key.startswith(wanted[:3])]
    close = [folded[key] for key in get_close_matches(wanted, folded, n=MOST_NEAR, cutoff=0.3)]
    return list(dict.fromkeys([*row, *close, *known[:MOST_NEAR]]))[:MOST_NEAR]


def _places(document: Document) -> dict[str, tuple[Table, tuple[Cell, ...], Cell, Column]]:
    """Find every cell with an id, one whose number had to be deleted too."""
    return {
        cell.id: (table, row, cell, column)
        for table in document.tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if cell.id
    }
