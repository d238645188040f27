"""Document or tables -> workbook: the text, a sheet per table with real numbers, charts, origins.

A number keeps its printed form through its number format ("hơn "#,##0, #,##0" (±100)"), so that it
can be sorted and added up; intervals stand in two columns of their own. Nothing in a cell is read
as a formula or a link. The same content gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tracker.charts import AnyChart
from tracker.tables import Table
from tracker.text.printable import clean
from tracker.writers import NO_TABLE, Document
from tracker.writers.excel.book import Book, Labels, open_book
from tracker.writers.excel.charts import chart_sheets
from tracker.writers.excel.tables import table_sheet
from tracker.writers.excel.words import text_sheet

__all__ = ["write_excel", "write_workbook"]

DEFINITIONS_VI, ORIGINS_VI = "Định nghĩa", "Nguồn gốc số liệu"


def write_excel(document: Document, path: Path) -> None:
    """Write a document as .xlsx."""
    labels = Labels(
        title=document.title,
        subject=f"{document.mark} {document.period}".strip(),
        author=" ".join(document.masthead.issuer),
        comments=document.edition_line,
        as_of_line=document.as_of_line,
        mark=document.mark,
        made_on=document.as_of,
    )
    with open_book(labels, path) as book:
        text_sheet(book, document)
        for table in document.tables:
            table_sheet(book, table, _short(table))
        chart_sheets(book, document.charts)
        _last_sheets(book, document.definitions, document.passport)


def write_workbook(
    tables: Sequence[Table],
    path: Path,
    *,
    title: str,
    subject: str,
    as_of_line: str,
    made_on: date,
    mark: str = "",
    author: str = "",
    definitions: Table = NO_TABLE,
    passport: Table = NO_TABLE,
    charts: Sequence[AnyChart] = (),
) -> None:
    """Write tables of any kind, of one unit or of all, as .xlsx: a list of the sheets, a sheet per
    table, charts, definitions, origins.

    `made_on` stands as the day of creation in the file, so that the same tables give the same
    bytes. Sheets are named after the titles of their tables up to the first full stop.
    """
    labels = Labels(title, subject, author, "", as_of_line, mark, made_on)
    with open_book(labels, path) as book:
        text_sheet(book, (title, subject, *(f"- {clean(table.title)}" for table in tables)))
        for table in tables:
            table_sheet(book, table, _short(table))
        chart_sheets(book, charts)
        _last_sheets(book, definitions, passport)


def _last_sheets(book: Book, definitions: Table, passport: Table) -> None:
    for table, name in ((definitions, DEFINITIONS_VI), (passport, ORIGINS_VI)):
        if table.columns:
            table_sheet(book, table, name)


def _short(table: Table) -> str:
    return table.title.split(".")[0]
