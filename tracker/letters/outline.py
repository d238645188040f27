"""What a letter asks, as frozen values: who asks, whom, until when, and the outline to fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.errors import ConfigError

KINDS = ("measured", "declared", "text")
WINDOWS = ("programme", "days", "last_year")
"""`programme`: the start of the respondent's own programme parts before from after. `days`: the
days `from`..`to` of the letter. `last_year`: the 52 weeks before the day of the report."""
RESPONDENTS = ("localities", "agencies")
FORMS = ("text", "number", "day")
BLOCKS = {
    "text": "text",
    "choice": "declared",
    "list": "declared",
    "status": "declared",
    "elements": "declared",
    "message": "declared",
    "outcomes": "declared",
    "events": "declared",
    "coordination": "declared",
    "channels": "measured",
    "accounts": "measured",
    "activity": "measured",
    "content": "measured",
    "evidence": "measured",
    "targets": "measured",
    "years": "measured",
}
"""The parts a report knows to fill, each with the kind of its fields; `data/letters/README.md`
explains them."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who asks, or whom the report goes to, on the days `valid_from`..`valid_to`, both inclusive;
    None = open."""

    name_vi: str
    valid_from: date | None
    valid_to: date | None
    source: str

    def valid_on(self, day: date) -> bool:
        """Say whether this is the authority on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list that the respondent fills. `form`: text, number or day; `options` are the
    answers allowed, empty = any."""

    key: str
    title_vi: str
    form: str = "text"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a letter wants filled.

    `block` names the part of the report that fills it. `options` are the boxes to tick, several of
    them where `multiple`; `parts` the separate answers (key, heading) of a text that the letter
    divides; `columns` those of a list; `indicators` the keys of a measured block, empty = its own.
    `note_vi` is printed under the field, small.
    """

    key: str
    kind: str
    block: str
    title_vi: str
    options: tuple[str, ...] = ()
    multiple: bool = False
    parts: tuple[tuple[str, str], ...] = ()
    columns: tuple[ListColumn, ...] = ()
    indicators: tuple[str, ...] = ()
    note_vi: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered heading of the outline with its fields in the letter's order."""

    number: str
    title_vi: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter and its outline.

    `respondents` says who must answer; agencies only of `respondent_kinds`, where any are named.
    `first_day` and `last_day` (inclusive) are the window of a letter that prescribes one, else
    None. `issued_on` and `deadline` None = the day is not known; what is known of it stands in
    `number` and `deadline_vi`.
    """

    id: str
    number: str
    issued_on: date | None
    deadline: date | None
    deadline_vi: str
    document_kind_vi: str
    symbol: str
    subject_vi: str
    period_vi: str
    respondents: str
    respondent_kinds: tuple[str, ...]
    window: str
    first_day: date | None
    last_day: date | None
    issuers: tuple[Authority, ...]
    addressees: tuple[Authority, ...]
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """List all fields in the letter's order."""
        return tuple(field for section in self.sections for field in section.fields)

    def addressee_on(self, day: date) -> Authority:
        """Find who receives the report on a day. Raises ConfigError where nobody is named."""
        return _valid(self.addressees, day, f"letter {self.id} names no addressee")

    def issuer(self) -> Authority:
        """Find who asked, as named on the day of the letter; the first one named where the day is
        not known. Raises ConfigError where nobody is."""
        if self.issued_on is None:
            return self.issuers[0]
        return _valid(self.issuers, self.issued_on, f"letter {self.id} names no issuer")


def _valid(named: Sequence[Authority], day: date, lack: str) -> Authority:
    for one in named:
        if one.valid_on(day):
            return one
    raise ConfigError(f"{lack} for {day.isoformat()}; add one to its file")
