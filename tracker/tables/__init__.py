"""The one shape of a printed table, and the one formatter: cells become Vietnamese text.

The same text stands in Word, Excel and on the page. Knows no file format and no letter.
"""

from tracker.tables.facts import lines_below
from tracker.tables.layout import numbered, spans
from tracker.tables.shapes import (
    COUNT,
    DAY,
    QUALIFIERS_VI,
    TEXT,
    Cell,
    Column,
    Form,
    Origin,
    Table,
)
from tracker.tables.texts import (
    UNKNOWN_VI,
    around_text,
    cell_text,
    days_text,
    interval_text,
    is_unknown,
    number_text,
    rounded,
    set_right,
    unknown_text,
)
from tracker.tables.totals import total_row

__all__ = [
    "COUNT",
    "DAY",
    "QUALIFIERS_VI",
    "TEXT",
    "UNKNOWN_VI",
    "Cell",
    "Column",
    "Form",
    "Origin",
    "Table",
    "around_text",
    "cell_text",
    "days_text",
    "interval_text",
    "is_unknown",
    "lines_below",
    "number_text",
    "numbered",
    "rounded",
    "set_right",
    "spans",
    "total_row",
    "unknown_text",
]
