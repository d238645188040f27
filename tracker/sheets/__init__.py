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
from tracker.sheets.form import (
    FilledCell,
    FilledForm,
    Form,
    FormCell,
    FormColumn,
    FormRow,
    FormSheet,
    sheet_title,
)
from tracker.sheets.form_reading import read_form
from tracker.sheets.form_writing import write_form
from tracker.sheets.reading import OpenSheet, Sheet, SheetRow, open_sheet, read_sheet
from tracker.sheets.template import TemplateColumn, write_template

__all__ = [
    "FilledCell",
    "FilledForm",
    "Form",
    "FormCell",
    "FormColumn",
    "FormRow",
    "FormSheet",
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
    "read_form",
    "read_sheet",
    "sheet_title",
    "write_form",
    "write_template",
]
