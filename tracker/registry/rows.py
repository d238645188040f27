"""The rows of the register, one frozen class a CSV file; fields are columns, in file order.

None = unknown or, at `valid_from`/`valid_to` (inclusive), open: since always / still. Ids are text.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, ClassVar, TypeVar, cast

from tracker.errors import InputError, Problem


class Row:
    """The parent of all register rows. `KEY` names the columns that identify a row."""

    KEY: ClassVar[tuple[str, ...]] = ("id",)

    @property
    def key(self) -> tuple[str, ...]:
        """Give the identifying texts; an open day comes first."""
        parts = (getattr(self, name) for name in self.KEY)
        return tuple("" if part is None else str(part) for part in parts)


AnyRow = TypeVar("AnyRow", bound=Row)


def holds(row: Any, day: date) -> bool:
    """Say whether a row is valid on a day; `valid_to` is inclusive, None is open."""
    after_start = row.valid_from is None or row.valid_from <= day
    return after_start and (row.valid_to is None or day <= row.valid_to)


@dataclass(frozen=True)
class Locality(Row):
    """A province or centrally run city. A unit whose territory changed is another locality.

    A code alone is never a key: seven changed meaning on 1 July 2025. `pilot_2022`: one of the
    eight pilots of letter 532/BTTTT-TTĐN.
    """

    id: str
    gso_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: str | None = None
    pilot_2022: bool | None = None
    source: str | None = None


@dataclass(frozen=True)
class LocalityName(Row):
    """One name and rank (`kind`: tỉnh, thành phố) of a locality while it held."""

    KEY: ClassVar = ("locality_id", "valid_from")
    locality_id: str
    name_vi: str
    name_en: str | None = None
    kind: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source: str | None = None


@dataclass(frozen=True)
class Agency(Row):
    """A public body that owns accounts; `kind` is a key of reference/agency_kinds.csv or new."""

    id: str
    name_vi: str
    kind: str
    name_en: str | None = None
    locality_id: str | None = None
    parent_id: str | None = None
    successor_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source: str | None = None


@dataclass(frozen=True)
class Account(Row):
    """One public account of an agency on one platform; owner and address lie in its periods.

    `languages` are ISO 639 codes with blanks between; `basis` None = the platform's default;
    `voided` is the reason the account left every panel.
    """

    id: str
    platform: str
    native_id: str | None = None
    languages: str | None = None
    content_focus: str | None = None
    managing_unit: str | None = None
    interaction_practice: str | None = None
    funding_source: str | None = None
    legal_basis: str | None = None
    evidence_url: str | None = None
    verified_on: date | None = None
    basis: str | None = None
    active_from: date | None = None
    active_to: date | None = None
    voided: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class AccountPeriod(Row):
    """Who owned an account, under which handle and address, from `valid_from` to `valid_to`."""

    KEY: ClassVar = ("account_id", "valid_from")
    account_id: str
    agency_id: str
    handle: str | None = None
    url: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Programme(Row):
    """A communication plan of one locality or agency; `end` is its last day."""

    id: str
    title: str
    status: str
    locality_id: str | None = None
    agency_id: str | None = None
    document: str | None = None
    start: date | None = None
    end: date | None = None
    key_message: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class ProgrammeElement(Row):
    """An element that a programme communicates; `note` describes it for this place."""

    KEY: ClassVar = ("programme_id", "element_id")
    programme_id: str
    element_id: str
    note: str | None = None


@dataclass(frozen=True)
class Element(Row):
    """A communication element or (`level` group) a group of them.

    `status`: `official`, `sourced` (named by a newspaper) or `candidate`; the name of a candidate
    says that there is no official one, and what it may be is told in `name_en` only.
    """

    id: str
    name_vi: str
    status: str
    name_en: str | None = None
    group_vi: str | None = None
    group_en: str | None = None
    level: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Event(Row):
    """Something that moves a series of a locality or of one account."""

    id: str
    day: date
    kind: str
    locality_id: str | None = None
    account_id: str | None = None
    note: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class DefinitionBreakRow(Row):
    """A dated change in what a metric of a platform means, beside those in `metrics.BREAKS`."""

    KEY: ClassVar = ("platform", "entity", "metric", "day")
    platform: str
    entity: str
    metric: str
    day: date
    note_vi: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Target(Row):
    """A number someone promised; `unit` is a locality or agency, `period` as in the document."""

    KEY: ClassVar = ("indicator", "unit", "period")
    indicator: str
    unit: str
    period: str
    value: float
    basis: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Correction(Row):
    """A reviewed change of what was read; days inclusive, `value` None = leave the reading out."""

    id: str
    account_id: str
    day_from: date
    day_to: date
    lane: str
    metric: str
    reason: str
    post: str | None = None
    value: int | None = None
    evidence: str | None = None
    entered_on: date | None = None
    office: str | None = None


@dataclass(frozen=True)
class Outcome(Row):
    """A statistic of a locality from outside; every vintage is a row of its own.

    `boundary` names the map the figure is drawn on (`63`, `34`, `country`); `period` is a year, a
    month (`2024-05`), months (`2024-01..2024-05`) or a day. `published_on` None = unknown; where
    the source tells only month or year it is their last day, and `source` keeps what was told.
    """

    KEY: ClassVar = (
        "indicator",
        "definition",
        "locality_id",
        "boundary",
        "period",
        "publisher",
        "published_on",
    )
    indicator: str
    definition: str
    unit: str
    locality_id: str
    boundary: str
    period: str
    publisher: str
    value: float | None = None
    qualifier: str | None = None
    status: str | None = None
    published_on: date | None = None
    source: str | None = None


COUNTRY = "viet-nam"
"""The `locality_id` of a figure of the whole country; not a locality of the register."""

ROW_TYPES: dict[str, type[Row]] = {
    "localities": Locality,
    "locality_names": LocalityName,
    "elements": Element,
    "agencies": Agency,
    "accounts": Account,
    "account_periods": AccountPeriod,
    "programmes": Programme,
    "programme_elements": ProgrammeElement,
    "events": Event,
    "definition_breaks": DefinitionBreakRow,
    "targets": Target,
    "corrections": Correction,
}
"""Kind (the name of the CSV file) -> its rows; in this order each file needs only earlier ones."""


def columns(row_type: type[Row]) -> tuple[str, ...]:
    """List the columns of a kind in file order."""
    return tuple(field.name for field in fields(cast(Any, row_type)))


def required_columns(row_type: type[Row]) -> tuple[str, ...]:
    """List the columns that every row must fill."""
    held = fields(cast(Any, row_type))
    return tuple(field.name for field in held if field.default is MISSING)


def row_type_of(kind: str) -> type[Row]:
    """Find the rows of a kind. Raises InputError that lists the known kinds."""
    if kind not in ROW_TYPES:
        known = ", ".join(ROW_TYPES)
        raise InputError([Problem("register", None, "kind", kind, f"one of {known}")])
    return ROW_TYPES[kind]
