"""Tables people fill: the CSV files of the data folder are the truth, the store mirrors them. Knows
no platform.

Ids are text. Dates are ISO dates; `valid_from` None = since always, `valid_to` (inclusive) None =
still valid.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlmodel import Field

from tracker.models.base import CLUSTERED, ID, Row


def refers_to(column: str) -> ForeignKey:
    """Point at another row; checked when the transaction ends, so that rows may come in any
    order.
    """
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


class Locality(Row, table=True):
    """A province or centrally run city. A unit whose territory changed is another locality."""

    __tablename__ = "locality"
    id: str = Field(primary_key=True)
    gso_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: str | None = Field(default=None, sa_column_args=[refers_to("locality.id")])
    pilot_2022: bool | None = None
    source: str | None = Field(default=None, sa_type=Text)


class LocalityName(Row, table=True):
    """One name and rank of a locality while it held; a new name or rank alone is a new row here."""

    __tablename__ = "locality_name"
    __table_args__ = CLUSTERED
    locality_id: str = Field(primary_key=True, sa_column_args=[refers_to("locality.id")])
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    name_vi: str
    name_en: str | None = None
    kind: str | None = None
    source: str | None = Field(default=None, sa_type=Text)


class Agency(Row, table=True):
    """A public body that owns accounts."""

    __tablename__ = "agency"
    id: str = Field(primary_key=True)
    name_vi: str
    name_en: str | None = None
    kind: str
    locality_id: str | None = Field(default=None, sa_column_args=[refers_to("locality.id")])
    parent_id: str | None = Field(default=None, sa_column_args=[refers_to("agency.id")])
    successor_id: str | None = Field(default=None, sa_column_args=[refers_to("agency.id")])
    valid_from: date | None = None
    valid_to: date | None = None
    source: str | None = Field(default=None, sa_type=Text)


class Account(Row, table=True):
    """A registered public account. `basis` None = the platform's default; `voided` holds the reason
    it left the panels.
    """

    __tablename__ = "account"
    id: str = Field(primary_key=True)
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
    voided: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class AccountPeriod(Row, table=True):
    """Who owned an account, and under which handle and address, from `valid_from` to `valid_to`."""

    __tablename__ = "account_period"
    __table_args__ = CLUSTERED
    account_id: str = Field(primary_key=True, sa_column_args=[refers_to("account.id")])
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    agency_id: str = Field(sa_column_args=[refers_to("agency.id")])
    handle: str | None = None
    url: str | None = None


class Programme(Row, table=True):
    """A communication plan of one locality or agency; `start` is its first day, None = no plan
    yet.
    """

    __tablename__ = "programme"
    id: str = Field(primary_key=True)
    title: str
    locality_id: str | None = Field(default=None, sa_column_args=[refers_to("locality.id")])
    agency_id: str | None = Field(default=None, sa_column_args=[refers_to("agency.id")])
    document: str | None = None
    status: str
    start: date | None = None
    end: date | None = None
    key_message: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class Element(Row, table=True):
    """A communication element; `status` says whether its name is official or a candidate."""

    __tablename__ = "element"
    id: str = Field(primary_key=True)
    name_vi: str
    name_en: str | None = None
    group_vi: str | None = None
    group_en: str | None = None
    level: str | None = None
    status: str
    source: str | None = Field(default=None, sa_type=Text)


class ProgrammeElement(Row, table=True):
    """An element that a programme communicates."""

    __tablename__ = "programme_element"
    __table_args__ = CLUSTERED
    programme_id: str = Field(primary_key=True, sa_column_args=[refers_to("programme.id")])
    element_id: str = Field(primary_key=True, sa_column_args=[refers_to("element.id")])
    note: str | None = None


class Event(Row, table=True):
    """Something that moves a series of a locality or of one account."""

    __tablename__ = "event"
    id: str = Field(primary_key=True)
    day: date
    locality_id: str | None = Field(default=None, sa_column_args=[refers_to("locality.id")])
    account_id: str | None = Field(default=None, sa_column_args=[refers_to("account.id")])
    kind: str
    note: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class DefinitionBreakRow(Row, table=True):
    """A dated change in what a metric means, beside those shipped in `metrics.BREAKS`."""

    __tablename__ = "definition_break"
    __table_args__ = CLUSTERED
    platform: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    note_vi: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class Target(Row, table=True):
    """A number someone promised: `unit` is the locality or agency, `period` as the document writes
    it.
    """

    __tablename__ = "target"
    __table_args__ = CLUSTERED
    indicator: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    value: float
    basis: str | None = Field(default=None, sa_type=Text)
    source: str | None = Field(default=None, sa_type=Text)


class Correction(Row, table=True):
    """A reviewed change of what was read, never of the reading itself.

    `post` is the post's native id, None = a number of the account; days are inclusive; `value` None
    = leave out.
    """

    __tablename__ = "correction"
    id: str = Field(primary_key=True)
    account_id: str = Field(sa_column_args=[refers_to("account.id")])
    post: str | None = None
    day_from: date
    day_to: date
    lane: str
    metric: str
    value: int | None = Field(default=None, sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    evidence: str | None = Field(default=None, sa_type=Text)
    entered_on: date | None = None
    office: str | None = None


class Change(Row, table=True):
    """One command that changed the store, appended and never edited. `at` is Unix seconds UTC."""

    __tablename__ = "change"
    id: int | None = Field(default=None, primary_key=True, sa_type=ID)
    at: int = Field(sa_type=BigInteger)
    office: str | None = None
    command: str = Field(sa_type=Text)
    digest: str | None = None
    rows: int


class Outcome(Row, table=True):
    """A locality's statistic from outside. Another vintage (`published_on`) is another row;
    `boundary` names the map.
    """

    __tablename__ = "outcome"
    __table_args__ = CLUSTERED
    indicator: str = Field(primary_key=True)
    definition: str = Field(primary_key=True)
    locality_id: str = Field(primary_key=True)
    boundary: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    publisher: str = Field(primary_key=True)
    published_on: date = Field(primary_key=True)
    unit: str
    value: float | None = None
    qualifier: str | None = None
    status: str | None = None
    source: str | None = Field(default=None, sa_type=Text)


class Answer(Row, table=True):
    """What an office answered to one question of a letter; `row` counts the lines of a list, from
    0. `unit_id` is a locality, or an agency where agencies answer.
    """

    __tablename__ = "answer"
    __table_args__ = CLUSTERED
    letter: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True)
    question: str = Field(primary_key=True)
    row: int = Field(default=0, primary_key=True)
    value: str | None = Field(default=None, sa_type=Text)
    evidence: str | None = Field(default=None, sa_type=Text)
    entered_on: date | None = None
    office: str | None = None


class Edition(Row, table=True):
    """One answer to a letter, draft or issued. `tables` is the JSON of its Tables, `digest` the
    sha256 of that text.
    """

    __tablename__ = "edition"
    __table_args__ = CLUSTERED
    letter: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    status: str
    document_number: str | None = None
    document_date: date | None = None
    made_at: int = Field(sa_type=BigInteger)
    tables: str = Field(sa_type=Text)
    digest: str
