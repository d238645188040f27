"""The annex "Nguồn gốc số liệu": every printed number with its id and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.panel import LANES_VI
from tracker.tables import (
    COUNT,
    DAY,
    Cell,
    Column,
    Origin,
    Table,
    cell_text,
    days_text,
    number_text,
)
from tracker.writers import Document, Heading

NONE_VI = "–"


def lane_text(lane: str) -> str:
    """Name a lane, or the lanes of a bridge (`owner+public`); '' for none."""
    return " + ".join(LANES_VI.get(one, one) for one in lane.split("+") if one)


def with_origins(document: Document) -> Document:
    """Put both annexes of origins into a document: lines of series for Word, else all numbers."""
    traced = [table for table in document.tables if table.code]
    annex = (Heading(1, "PHỤ LỤC. NGUỒN GỐC SỐ LIỆU"), series_lines(traced))
    return replace(document, annex=annex, passport=passport(traced))


PASSPORT_COLUMNS = (
    Column("Mã"),
    Column("Bảng", width=2),
    Column("Dòng", width=2),
    Column("Cột", width=1.5),
    Column("Số in", width=1.5),
    Column("Tài khoản", width=2),
    Column("Nền tảng"),
    Column("Kênh đọc"),
    Column("Chuỗi số liệu", width=1.5),
    Column("Khóa chỉ số", width=1.2),
    Column("Phiên bản định nghĩa"),
    Column("Công thức", width=2),
    Column("Từ ngày", DAY),
    Column("Đến ngày", DAY),
    Column("Số lần đọc", COUNT),
    Column("Bước làm tròn", COUNT),
    Column("Đính chính"),
    Column("Điều khoản"),
    Column("Nguồn", width=2),
    Column("Mã băm phản hồi còn lưu", width=1.2),
)


def passport(tables: Iterable[Table]) -> Table:
    """List every printed number of some tables with its id and origin, in printing order."""
    rows = [
        passport_row(table, row, cell, column)
        for table in tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if cell.is_number
    ]
    return Table("", "Nguồn gốc từng số liệu", PASSPORT_COLUMNS, tuple(rows), wide=True)


def passport_row(table: Table, row: Sequence[Cell], cell: Cell, column: Column) -> tuple[Cell, ...]:
    """Give the id and the origin of one number, as cells of PASSPORT_COLUMNS."""
    origin = cell.origin or Origin()
    label = " · ".join(other.text for other in row if other.text and len(other.text) <= 60)
    return (
        Cell(text=cell.id),
        Cell(text=table.title),
        Cell(text=label or NONE_VI),
        Cell(text=column.heading),
        Cell(text=cell_text(cell, column)),
        Cell(text=origin.account or NONE_VI),
        Cell(text=origin.platform or NONE_VI),
        Cell(text=lane_text(origin.lane) or NONE_VI),
        Cell(text=origin.metric or NONE_VI),
        Cell(text=origin.key or NONE_VI),
        Cell(text=origin.definition or NONE_VI),
        Cell(text=origin.formula or NONE_VI),
        Cell(value=origin.first_day, text="" if origin.first_day else NONE_VI),
        Cell(value=origin.last_day, text="" if origin.last_day else NONE_VI),
        Cell(value=origin.readings, text="" if origin.readings is not None else NONE_VI),
        Cell(value=origin.step, text="" if origin.step is not None else NONE_VI),
        Cell(text=", ".join(origin.corrections) or NONE_VI),
        Cell(text=origin.basis or NONE_VI),
        Cell(text=origin.source or NONE_VI),
        Cell(text=", ".join(origin.digests) or NONE_VI),
    )


SERIES_COLUMNS = (
    Column("Tài khoản, nguồn", width=2.6),
    Column("Nền tảng", width=1.1),
    Column("Kênh đọc", width=1.0),
    Column("Chuỗi số liệu", width=1.8),
    Column("Ngày", width=1.3),
    Column("Bước", COUNT, width=0.7),
    Column("Số lần đọc", COUNT, width=0.8),
    Column("Mã số liệu", width=3.0),
)


def series_lines(tables: Iterable[Table]) -> Table:
    """List the series behind the numbers of some tables, one line each, with the ids they fill."""
    cells: dict[tuple[str, str, str, str], list[Cell]] = {}
    for table in tables:
        for row in table.rows:
            for cell in row:
                if cell.is_number:
                    origin = cell.origin or Origin(source="tính từ các số liệu trong bảng")
                    subject = origin.account or origin.source
                    key = (subject, origin.platform, origin.lane, origin.metric)
                    cells.setdefault(key, []).append(cell)
    rows = [_series_row(key, found) for key, found in cells.items()]
    if not rows:
        empty = Cell(text="chưa có con số nào được in trong báo cáo này")
        rows = [(empty, *[Cell(text=NONE_VI)] * (len(SERIES_COLUMNS) - 1))]
    return Table(
        "", "Nguồn gốc số liệu (mỗi dòng một chuỗi)", SERIES_COLUMNS, tuple(rows), wide=True
    )


def _series_row(key: tuple[str, str, str, str], cells: Sequence[Cell]) -> tuple[Cell, ...]:
    origins = [cell.origin or Origin() for cell in cells]
    first = min((one.first_day for one in origins if one.first_day), default=None)
    last = max((one.last_day for one in origins if one.last_day), default=None)
    steps = sorted({one.step for one in origins if one.step is not None})
    readings = [one.readings for one in origins if one.readings is not None]
    return (
        Cell(text=key[0]),
        Cell(text=key[1] or NONE_VI),
        Cell(text=lane_text(key[2]) or NONE_VI),
        Cell(text=key[3] or NONE_VI),
        Cell(text=days_text(first, last) or NONE_VI),
        Cell(text=", ".join(number_text(one) for one in steps) or NONE_VI),
        Cell(text=number_text(max(readings)) if readings else NONE_VI),
        Cell(text=", ".join(cell.id for cell in cells)),
    )
