"""What respondents answered to a letter, and what is still open."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from tracker.letters.outline import Field, Letter

FROM_REGISTER = ("status", "elements", "message", "outcomes")
"""Declared blocks that the register fills; what it does not hold may be answered instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a respondent to one question of a letter, as it came.

    A question is a field (`strengths`), a part of one (`lessons.worked`), or a column of a list,
    whose lines are counted by `row` and named by the column `channel` (`channels.channel`,
    `channels.reason`). `text` '' = asked, not answered. `office` (never a person) and the day say
    who answered when; '' and None = not said.
    """

    question: str
    text: str
    row: int = 0
    evidence: str = ""
    office: str = ""
    entered_on: date | None = None


def text_of(answers: Iterable[Answer], question: str) -> str:
    """Give the text of an answer, its lines joined in order; '' where nobody answered."""
    lines = sorted((one.row, one.text) for one in answers if one.question == question)
    return "\n".join(text for _, text in lines if text)


def evidence_of(answers: Iterable[Answer], question: str) -> str:
    """Give the evidence of an answer, of several lines parted by semicolons; '' where none is."""
    lines = sorted((one.row, one.evidence) for one in answers if one.question == question)
    return "; ".join(dict.fromkeys(evidence for _, evidence in lines if evidence))


def lines_of(answers: Iterable[Answer], field: str) -> list[dict[str, str]]:
    """Collect the answers to a list (`channels.reason`, `channels.after` …) line by line.

    Each line is a dictionary column -> text; evidence given with a cell stands under `evidence`,
    unless the line has an answer of that name.
    """
    lines: dict[int, dict[str, str]] = {}
    for one in answers:
        name, _, column = one.question.partition(".")
        if name == field and column and one.text:
            line = lines.setdefault(one.row, {})
            line[column] = one.text
            if one.evidence:
                line.setdefault("evidence", one.evidence)
    return [lines[row] for row in sorted(lines)]


def questions(field: Field) -> list[str]:
    """List the questions that ask for a field's texts."""
    return [f"{field.key}.{part}" for part, _ in field.parts] or [field.key]


def open_questions(
    letter: Letter, answers: Iterable[Answer], held: Collection[str] | None = None
) -> list[str]:
    """List the texts, choices and lists that nobody has answered yet, in the letter's order.

    `held` are the fields that the register fills (`held_texts`); fields such as the status of the
    programme are then open where neither the register nor an answer fills them. None = the caller
    does not know the register, and they are left out.
    """
    given = {one.question for one in answers if one.text}
    listed = {question.partition(".")[0] for question in given}
    missing = []
    for field in letter.fields:
        if field.block in ("text", "choice"):
            missing += [question for question in questions(field) if question not in given]
        elif field.key not in listed and field.key not in (held or ()):
            asked = field.block == "list" or (held is not None and field.block in FROM_REGISTER)
            missing += [field.key] if asked else []
    return missing


def question_count(letter: Letter, *, with_register: bool) -> int:
    """Count the questions that `open_questions` looks for, with or without the register's."""
    return len(open_questions(letter, (), () if with_register else None))
