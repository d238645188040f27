"""Official requests as data: `data/letters/*.toml` -> outline, addressee, open questions.

Knows no panel, no table and no file format of a report.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tracker.errors import ConfigError
from tracker.reference import shipped

KINDS = ("measured", "declared", "text")
LETTER_TEXTS = (
    "id",
    "number",
    "issued_on",
    "deadline",
    "deadline_vi",
    "document_kind_vi",
    "symbol",
    "subject_vi",
    "period_vi",
    "window",
)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom the report goes to on the days `valid_from`..`valid_to`, both inclusive; None = open."""

    name_vi: str
    valid_from: date | None
    valid_to: date | None
    source: str

    def valid_on(self, day: date) -> bool:
        """Say whether this is the addressee on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a letter wants filled.

    `block` names the part of the report that fills it. `options` are the boxes to tick, `parts` the
    separate answers (key, heading) of a text that the letter divides.
    """

    key: str
    kind: str
    block: str
    title_vi: str
    options: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered heading of the outline with its fields in the letter's order."""

    number: str
    title_vi: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's outline. `window` `programme`: the programme's start parts before and after."""

    id: str
    number: str
    issued_on: date
    deadline: date
    deadline_vi: str
    document_kind_vi: str
    symbol: str
    subject_vi: str
    period_vi: str
    window: str
    addressees: tuple[Addressee, ...]
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """List all fields in the letter's order."""
        return tuple(field for section in self.sections for field in section.fields)

    def addressee_on(self, day: date) -> Addressee:
        """Find who receives the report on a day. Raises ConfigError where nobody is named."""
        for addressee in self.addressees:
            if addressee.valid_on(day):
                return addressee
        raise ConfigError(
            f"letter {self.id} names no addressee for {day.isoformat()}; add one to its file"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a locality to one question of a letter, as it came.

    A question is a field (`strengths`), a part of one (`lessons.worked`), or a column of a list,
    whose lines are counted by `row` and named by the column `channel` (`channels.channel`,
    `channels.reason`). `text` '' = asked, not answered.
    """

    question: str
    text: str
    row: int = 0
    evidence: str = ""


def letter_ids() -> list[str]:
    """List the letters that are shipped."""
    return sorted(path.stem for path in shipped("letters").glob("*.toml"))


def letter_named(letter_id: str) -> Letter:
    """Read a shipped letter. Raises ConfigError that lists the known ones."""
    if letter_id not in letter_ids():
        known = ", ".join(letter_ids())
        raise ConfigError(f"unknown letter {letter_id!r}; expected one of {known}")
    return read_letter(shipped("letters", f"{letter_id}.toml"))


def read_letter(path: Path) -> Letter:
    """Read one letter file. Raises ConfigError naming the file and what is wrong in it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Letter(
            **{name: content[name] for name in LETTER_TEXTS},
            addressees=tuple(_addressee(row) for row in content["addressees"]),
            sections=tuple(_section(row) for row in content["sections"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not a letter file: {error}") from error
    except KeyError as error:
        raise ConfigError(f"{path.name} lacks the entry {error}") from error
    except ValueError as error:
        raise ConfigError(f"{path.name}: {error}") from error


def _addressee(row: Mapping[str, Any]) -> Addressee:
    return Addressee(
        row["name_vi"], row.get("valid_from"), row.get("valid_to"), row.get("source", "")
    )


def _section(row: Mapping[str, Any]) -> Section:
    return Section(row["number"], row["title_vi"], tuple(_field(field) for field in row["fields"]))


def _field(row: Mapping[str, Any]) -> Field:
    if row["kind"] not in KINDS:
        known = ", ".join(KINDS)
        raise ValueError(f"field {row['key']!r} has kind {row['kind']!r}; expected one of {known}")
    return Field(
        key=row["key"],
        kind=row["kind"],
        block=row["block"],
        title_vi=row["title_vi"],
        options=tuple(row.get("options", ())),
        parts=tuple((key, title) for key, title in row.get("parts", ())),
    )


def text_of(answers: Iterable[Answer], question: str) -> str:
    """Give the text of an answer, its lines joined in order; '' where nobody answered."""
    lines = sorted((one.row, one.text) for one in answers if one.question == question)
    return "\n".join(text for _, text in lines if text)


def lines_of(answers: Iterable[Answer], field: str) -> list[dict[str, str]]:
    """Collect the answers to a list (`channels.reason`, `channels.after` …) line by line.

    Each line is a dictionary column -> text; evidence given with a cell stands under `evidence`.
    """
    lines: dict[int, dict[str, str]] = {}
    for one in answers:
        name, _, column = one.question.partition(".")
        if name == field and column and one.text:
            line = lines.setdefault(one.row, {})
            line[column] = one.text
            if one.evidence:
                line["evidence"] = one.evidence
    return [lines[row] for row in sorted(lines)]


def questions(field: Field) -> list[str]:
    """List the questions that ask for a field's texts."""
    return [f"{field.key}.{part}" for part, _ in field.parts] or [field.key]


def open_questions(letter: Letter, answers: Iterable[Answer]) -> list[str]:
    """List the questions for texts that nobody has written yet, in order."""
    given = {one.question for one in answers if one.text}
    wanted = [
        question for field in letter.fields if field.kind == "text" for question in questions(field)
    ]
    return [question for question in wanted if question not in given]
