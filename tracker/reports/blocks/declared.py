"""What only the respondent can say: texts, choices, lists."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.letters import Field, evidence_of, lines_of, questions, text_of
from tracker.reports.facts import Facts
from tracker.tables import Cell, Column, Table, unknown_text
from tracker.text import fold
from tracker.writers import Block, Heading, Paragraph

NOT_ANSWERED_VI = "đơn vị chưa gửi nội dung mục này"
SEVERAL = ";"
"""Parts several ticked choices in one answer."""


def text_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print what the officer wrote; parts under headings of their own."""
    titles = dict(field.parts)
    blocks: list[Block] = []
    for question in questions(field):
        part = question.partition(".")[2]
        words = text_of(facts.answers, question) or unknown_text(NOT_ANSWERED_VI)
        if part:
            blocks.append(Heading(3, titles[part]))
        blocks += [Paragraph(words), *_evidence(facts, question)]
    return blocks


def _evidence(facts: Facts, question: str) -> list[Block]:
    found = evidence_of(facts.answers, question)
    return [Paragraph(f"Minh chứng: {found}", "note")] if found else []


def boxes(field: Field, chosen: Sequence[str]) -> Paragraph:
    """Print the choices of a field; none is ticked where nobody answered."""
    ticked = {fold(one) for one in chosen}
    printed = [f"{'☑' if fold(option) in ticked else '☐'} {option}" for option in field.options]
    return Paragraph("     ".join(printed), "choice")


def choice_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the choices with those the respondent ticked."""
    answer = text_of(facts.answers, field.key)
    blocks: list[Block] = [boxes(field, [one.strip() for one in answer.split(SEVERAL)])]
    if not answer:
        blocks.append(Paragraph(unknown_text(NOT_ANSWERED_VI)))
    return [*blocks, *_evidence(facts, field.key)]


def list_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the lines of a list that the respondent filled, with its evidence."""
    lines = lines_of(facts.answers, field.key)
    if not lines:
        return [Paragraph(unknown_text(NOT_ANSWERED_VI))]
    columns = [Column(column.title_vi) for column in field.columns]
    keys = [column.key for column in field.columns]
    if any(line.get("evidence") for line in lines):
        columns.append(Column("Minh chứng"))
        keys.append("evidence")
    rows = tuple(
        tuple(Cell(text=line.get(key, ""), reason=NOT_ANSWERED_VI) for key in keys)
        for line in lines
    )
    return [Table("", f"Bảng {field.title_vi}", tuple(columns), rows)]
