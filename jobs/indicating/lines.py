"""What `tracker indicators` says: one line an indicator and account or unit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.indicating.choice import Choice, Place
from tracker.effects import NOT_COMPARED, IndicatorRow
from tracker.effects.change import LENGTHS
from tracker.indicators import Value
from tracker.indicators.measuring import NO_SERIES_VI
from tracker.periods import Window, before_after

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = (
    *("before", "before_low", "before_high", "after", "after_low", "after_high"),
    *("change", "low", "high", "percent"),
)
COLUMNS = (
    *("map", "unit", "unit_name", "parts", "account", "platform", "accounts"),
    *("indicator", "title", "measured_in", "lane", "windows", *NUMBERS),
    *("label", "reason", "text", "entry", "notes", "map_notes"),
)


@dataclass(frozen=True)
class Line:
    """One indicator of an account of a place, or (`account` None) of the place as a whole.

    `row` holds the numbers; without a programme `row.before` and `row.change` are None and
    `row.after` is the level of the window. `windows` are the days behind it, one or (before,
    after). `entry` is one line of an indicator that is a list: column -> cell.
    """

    place: Place
    account: str | None
    platform: str | None
    row: IndicatorRow
    windows: tuple[Window, ...]
    entry: Mapping[str, Any] | None = None

    @property
    def label(self) -> str | None:
        """Give the key of LABELS_VI of the comparison, None = there is one window only."""
        if self.row.change is None:
            return None if self.row.before is None else NOT_COMPARED
        return self.row.change.label

    @property
    def reason(self) -> str | None:
        """Say why there is no number, or no change where one was asked for."""
        reason = (self.row.change.reason if self.row.change else None) or self.row.after.reason
        return reason or (NO_SERIES_VI if self.label == NOT_COMPARED else None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Give what must be printed beside the number, each sentence once."""
        change = self.row.change.warnings if self.row.change else ()
        before = self.row.before.notes if self.row.before else ()
        parts = (self.row.parts_vi,) if self.row.parts_vi else ()
        return tuple(dict.fromkeys([*parts, *before, *self.row.after.notes, *change]))


def place_windows(place: Place) -> tuple[Window, ...]:
    """Give the days of a number that has no windows of its own: the longest windows around the
    start that end before the last night, else the window of levels.
    """
    if place.start is None:
        return (place.window,)
    pairs = [before_after(place.start, length) for length in LENGTHS]
    return next((pair for pair in pairs if pair[1].end <= place.until), pairs[-1])


def lines_frame(choice: Choice, lines: Sequence[Line], form: str = "csv") -> pd.DataFrame:
    """Lay the lines out; columns COLUMNS, one row per line, text and numbers, None = unknown.

    `account` None = the unit as a whole. `after` is the level where there is one window. `label` is
    a key of `LABELS_VI`, None without a comparison; `windows` days inclusive, before | after;
    `entry` is JSON as text, with `form` json a value of its own.
    """
    import pandas as pd

    rows = [_cells(choice, line) for line in lines]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    if form != "json":
        entries = frame["entry"]
        frame["entry"] = [
            None if one is None else json.dumps(one, ensure_ascii=False) for one in entries
        ]
    return frame.astype(dict.fromkeys(NUMBERS, float))


def _cells(choice: Choice, line: Line) -> dict[str, Any]:
    place, row, change = line.place, line.row, line.row.change
    before = row.before or Value(None)
    known = change if change is not None and change.known else None
    return {
        "map": None if place.is_agency else choice.map_name,
        "unit": place.unit,
        "unit_name": place.name,
        "parts": " + ".join(place.parts),
        "account": line.account,
        "platform": line.platform,
        "accounts": row.after.accounts,
        "indicator": row.key,
        "title": row.title_vi,
        "measured_in": row.unit_vi,
        "lane": row.lane,
        "windows": " | ".join(f"{one.start}..{one.last_day}" for one in line.windows),
        "before": before.value,
        "before_low": before.low,
        "before_high": before.high,
        "after": row.after.value,
        "after_low": row.after.low,
        "after_high": row.after.high,
        "change": known.difference if known else None,
        "low": known.low if known else None,
        "high": known.high if known else None,
        "percent": known.percent if known else None,
        "label": line.label,
        "reason": line.reason,
        "text": row.after.text,
        "entry": None if line.entry is None else dict(line.entry),
        "notes": " | ".join([*place.notes, *line.notes]),
        "map_notes": "" if place.is_agency else " | ".join(choice.notes),
    }
