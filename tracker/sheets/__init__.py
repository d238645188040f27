"""CSV and XLSX as Vietnamese offices write them, as rows that know their place.

Knows no register and no store. Understood: UTF-8 with or without a byte order mark; comma,
semicolon or tab; `sep=;` in the first line; quoted line breaks; blank lines and blank trailing
columns; title lines above the header; headers in other case, with spaces or in Vietnamese
(`columns.SYNONYMS`); a running number (`STT`). A cell without content is '' and means "unknown".
"""

from tracker.sheets.cells import (
    clean,
    parse_day,
    parse_decimal,
    parse_instant,
    parse_number,
)
from tracker.sheets.columns import Layout, column_key
from tracker.sheets.reading import OpenSheet, Sheet, SheetRow, open_sheet, read_sheet
from tracker.sheets.template import TemplateColumn, write_template

__all__ = [
    "Layout",
    "OpenSheet",
    "Sheet",
    "SheetRow",
    "TemplateColumn",
    "clean",
    "column_key",
    "open_sheet",
    "parse_day",
    "parse_decimal",
    "parse_instant",
    "parse_number",
    "read_sheet",
    "write_template",
]
