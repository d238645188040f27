"""What changed since an earlier edition, as the last part of a report."""

from __future__ import annotations

from dataclasses import replace

from tracker.reports.comparing import Comparison
from tracker.reports.passport import NONE_VI
from tracker.tables import Cell, Column, Table, number_text
from tracker.writers import Document, Heading, Paragraph

CODE = "Z"
NOTHING_VI = "Không con số nào và không câu trả lời nào thay đổi."
COLUMNS = (
    Column("Bảng, dòng", width=2.4),
    Column("Cột", width=1.2),
    Column("Mã cũ", width=0.6),
    Column("Mã mới", width=0.6),
    Column("Bản trước", width=1.3),
    Column("Bản này", width=1.3),
    Column("Vì sao", width=2.4),
)


def changes_table(compared: Comparison, number: int, title: str = "") -> Table:
    """Print a comparison with edition `number` as a table; `title` goes before its name."""
    rows = [
        (
            Cell(text=f"{one.table} · {one.row}"),
            Cell(text=one.column),
            Cell(text=one.id_before or NONE_VI),
            Cell(text=one.id_after or NONE_VI),
            Cell(text=one.before),
            Cell(text=one.after),
            Cell(text="; ".join(one.reasons)),
        )
        for one in compared.numbers
    ]
    rows += [
        (
            Cell(text=f"Câu trả lời · {one.question}" + (f" · {one.row + 1}" if one.row else "")),
            *(Cell(text=NONE_VI),) * 3,
            Cell(text=one.before or "chưa trả lời"),
            Cell(text=one.after or "bỏ trống"),
            Cell(text="đơn vị sửa câu trả lời"),
        )
        for one in compared.answers
    ]
    name = f"{title}Thay đổi so với bản số {number}"
    same = f"{number_text(compared.same)} con số không thay đổi."
    return Table(CODE, name, COLUMNS, tuple(rows), (*compared.notes, same), wide=True)


def with_changes(document: Document, compared: Comparison, number: int) -> Document:
    """Add to a document what changed since edition `number`, as its last part."""
    heading = Heading(1, f"Thay đổi so với bản số {number}")
    place = sum(block.title.startswith("Bảng ") for block in document.tables) + 1
    if compared.numbers or compared.answers:
        added: tuple[Paragraph | Table, ...] = (changes_table(compared, number, f"Bảng {place}. "),)
    else:
        added = (Paragraph(" ".join((NOTHING_VI, *compared.notes))),)
    return replace(document, blocks=(*document.blocks, heading, *added))
