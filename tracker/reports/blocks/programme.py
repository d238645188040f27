"""The programme of a respondent: status, elements, message; from the register, else as declared."""

from __future__ import annotations

from typing import Any

from tracker.letters import STATUS_OPTIONS, Field, text_of
from tracker.reports.blocks.declared import boxes
from tracker.reports.facts import Facts
from tracker.tables import unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph


def status_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the status of the programme with its name, document and start."""
    programme = facts.programme
    chosen = text_of(facts.answers, field.key)
    if programme is not None:
        chosen = STATUS_OPTIONS.get(programme.status, chosen)
    blocks: list[Block] = [boxes(field, [chosen])]
    if programme is None:
        missing = "chưa khai tên, văn bản" if chosen else "địa phương chưa khai tình hình xây dựng"
        return [*blocks, Paragraph(unknown_text(missing))]
    document = programme.document or unknown_text("chưa khai số, ngày văn bản")
    start = day_text(programme.start) if programme.start else unknown_text("chưa khai")
    blocks.append(
        Paragraph(f"Tên: {programme.title}. Văn bản: {document}. Ngày bắt đầu thực hiện: {start}.")
    )
    return blocks


def elements_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the elements of the programme, of the 22."""
    programme = facts.programme
    frame = facts.panel.elements
    rows = (
        list(frame[frame["programme_id"] == programme.id].itertuples(index=False))
        if programme is not None
        else []
    )
    chosen = field.options[0] if rows else text_of(facts.answers, field.key)
    blocks: list[Block] = [boxes(field, [chosen])]
    if chosen == field.options[1]:
        return blocks
    if not rows:
        return [*blocks, Paragraph(unknown_text("địa phương chưa khai yếu tố trọng tâm"))]
    lines = [
        f"- {_element_name(row)}: {row.note or unknown_text('chưa mô tả cụ thể')}" for row in rows
    ]
    return [*blocks, Paragraph("\n".join(lines))]


def _element_name(row: Any) -> str:
    """Name an element; a candidate's name is not official and is never printed."""
    if row.status == "official" or row.level == "group":
        return str(row.name_vi)
    group = f", nhóm {row.group_vi}" if row.group_vi else ""
    return f"Yếu tố mã {row.element_id}{group} (chưa có tên gọi chính thức)"


def message_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the key message of the programme."""
    programme = facts.programme
    message = programme.key_message if programme is not None else None
    chosen = field.options[0] if message else text_of(facts.answers, field.key)
    blocks: list[Block] = [boxes(field, [chosen])]
    if chosen == field.options[1]:
        return blocks
    if not message:
        return [*blocks, Paragraph(unknown_text("địa phương chưa khai thông điệp"))]
    return [*blocks, Paragraph(f"Thông điệp cụ thể: “{message}”")]
