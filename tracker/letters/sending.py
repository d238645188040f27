"""Who has sent what: a letter's respondents, each open, in work or sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.letters.answers import Answer, open_questions, question_count
from tracker.letters.outline import Letter

STATES_VI = {"open": "chưa làm", "in_work": "đang làm", "sent": "đã gửi"}
"""State of a respondent -> the words for it."""
NO_DEADLINE_VI = "chưa rõ hạn gửi"


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """How far one respondent is.

    `state` is `sent` where an edition was issued, `in_work` where something was answered, else
    `open`; a draft alone is no work of the respondent, drafts are made unasked. `open` are the
    questions nobody has answered, of `asked` in all. `number`, `document_number` and
    `document_date` are those of the last issued edition, `draft` the number of the draft; None =
    there is none, or it was not entered.
    """

    unit_id: str
    state: str
    asked: int
    open: tuple[str, ...]
    number: int | None = None
    document_number: str | None = None
    document_date: date | None = None
    draft: int | None = None

    @property
    def state_vi(self) -> str:
        """Give the state in words."""
        return STATES_VI[self.state]


def sending_status(
    letter: Letter,
    units: Iterable[str],
    answers_by_unit: Mapping[str, Sequence[Answer]],
    editions: Iterable[Mapping[str, Any]],
    held_by_unit: Mapping[str, Collection[str]] | None = None,
) -> list[UnitStatus]:
    """Say of each respondent how far it is, in the order of `units`.

    `editions` are rows of the table `edition`, also of other letters. `held_by_unit` names by
    respondent the fields that the register fills (`held_texts`); None = they are not asked about.
    """
    of_unit: dict[str, list[Mapping[str, Any]]] = {}
    for row in editions:
        if row["letter"] == letter.id:
            of_unit.setdefault(row["unit_id"], []).append(row)
    asked = question_count(letter, with_register=held_by_unit is not None)
    return [
        _status(
            unit,
            asked,
            open_questions(
                letter,
                answers_by_unit.get(unit, ()),
                None if held_by_unit is None else held_by_unit.get(unit, ()),
            ),
            answered=any(one.text for one in answers_by_unit.get(unit, ())),
            editions=of_unit.get(unit, []),
        )
        for unit in units
    ]


def _status(
    unit: str,
    asked: int,
    left: Sequence[str],
    *,
    answered: bool,
    editions: Sequence[Mapping[str, Any]],
) -> UnitStatus:
    by_number = sorted(editions, key=lambda row: int(row["number"]))
    drafts = [row["number"] for row in by_number if row["status"] == "draft"]
    draft = drafts[-1] if drafts else None
    issued = [row for row in by_number if row["status"] == "issued"]
    if not issued:
        return UnitStatus(unit, "in_work" if answered else "open", asked, tuple(left), draft=draft)
    last = issued[-1]
    return UnitStatus(
        unit,
        "sent",
        asked,
        tuple(left),
        last["number"],
        last["document_number"],
        last["document_date"],
        draft,
    )


def days_left(letter: Letter, on: date) -> int | None:
    """Count the days from a day to the deadline; negative = it is over, None = nobody knows it."""
    return None if letter.deadline is None else (letter.deadline - on).days


def days_left_vi(letter: Letter, on: date) -> str:
    """Say how far the deadline is."""
    left = days_left(letter, on)
    if left is None:
        return NO_DEADLINE_VI
    if left < 0:
        return f"quá hạn {-left} ngày"
    return "hết hạn hôm nay" if left == 0 else f"còn {left} ngày"
