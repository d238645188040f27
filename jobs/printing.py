"""Tables on the screen: aligned, as CSV, as JSON."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tracker.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

WIDEST = 60
"""A longer cell pushes its own line out, not the whole column."""


def cell_text(value: Any) -> str:
    """Write one cell of a printed table; unknown is empty, never 0."""
    if value is None or value != value:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def print_rows(frame: pd.DataFrame, form: str) -> None:
    """Print a frame as an aligned table, CSV or JSON."""
    if form == "csv":
        frame.to_csv(sys.stdout, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    elif form == "json":
        sys.stdout.write(frame.to_json(orient="records", force_ascii=False, indent=1) + "\n")
    elif form == "table":
        wide = [name for name in ("windows", "digest", "evidence") if name in frame]
        shown = frame.drop(columns=wide).map(cell_text)
        sys.stdout.write(shown.to_string(index=False) + "\n")
    else:
        raise ConfigError(f"no format {form!r}; expected table, csv or json")


def aligned(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lay texts out in columns, the last one as it is; the first row is the header."""
    if not rows:
        return []
    widths = [
        min(WIDEST, max(len(row[place]) for row in rows)) for place in range(len(rows[0]) - 1)
    ]
    return [
        indent
        + "  ".join([*(text.ljust(wide) for text, wide in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
