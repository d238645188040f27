"""One frozen answer to a letter as text: document and answers become canonical JSON and come back
equal.

The digest is the sha256 of that text, so that the same data give the same digest on every machine.
The line that prints the digest is filled in afterwards; the annexes of origins are made from the
tables again. Neither is part of the text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from tracker.charts import (
    Chart,
    CounterfactualChart,
    EventPoint,
    EventStudyChart,
    Line,
    Mark,
    PlaceboChart,
    Ranked,
    RankingChart,
)
from tracker.errors import InputError, Problem
from tracker.indicators import INDICATORS
from tracker.letters import Answer
from tracker.reports.blanking import DELETED_VI, without_ended_numbers
from tracker.reports.passport import with_origins
from tracker.tables import Cell, Column, Form, Origin, Table
from tracker.text.printable import day_text
from tracker.writers import NO_TABLE, Document, Heading, Masthead, Paragraph

VERSION = 2
"""Of the JSON: 1 was the document alone (releases up to 0.2.0), 2 holds the answers too."""
SIGNIFICANT_DIGITS = 12
"""Numbers are kept to 12 digits: the last ones differ between machines and mean nothing."""
SHOWN_DIGITS = 16
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no file and no store can hold; nothing prints them."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition. `tables` is the JSON that the store keeps, `digest` its sha256 in hex."""

    letter: str
    unit_id: str
    number: int
    status: str
    tables: str
    digest: str
    document_number: str | None = None
    document_date: date | None = None

    @property
    def place(self) -> str:
        """Name the edition in messages."""
        return f"edition {self.number} of letter {self.letter} for {self.unit_id}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What the JSON of an edition holds. `release` and `dictionary` name the program and its
    definitions of indicators; `answers` None = kept by a release that did not keep them; `before`
    is the digest that the edition had before terms or a withdrawal took numbers out of it.
    """

    document: Document
    version: int
    release: str = ""
    dictionary: str = ""
    answers: tuple[Answer, ...] | None = None
    before: str = ""


CLASSES = {
    kind.__name__: kind
    for kind in (
        Answer,
        Cell,
        Chart,
        Column,
        Contents,
        CounterfactualChart,
        Document,
        EventPoint,
        EventStudyChart,
        Form,
        Heading,
        Line,
        Mark,
        Masthead,
        Origin,
        Paragraph,
        PlaceboChart,
        Ranked,
        RankingChart,
        Table,
    )
}


def make_edition(
    document: Document,
    *,
    letter: str,
    unit_id: str,
    number: int,
    status: str = "draft",
    document_number: str | None = None,
    document_date: date | None = None,
    answers: Iterable[Answer] = (),
    release: str = "",
    today: date | None = None,
) -> tuple[Edition, Document]:
    """Freeze a document with the answers it was filled from, and give it as it will be printed.

    `status` is draft or issued. What the terms no longer let us keep on `today` is blanked (None =
    nothing is).
    """
    if status not in ("draft", "issued"):
        raise ValueError(f"an edition is draft or issued, not {status!r}")
    contents = Contents(
        replace(document, edition_line="", annex=(), passport=NO_TABLE),
        VERSION,
        release,
        dictionary_digest(),
        tuple(sorted(answers, key=lambda one: (one.question, one.row))),
    )
    edition = _frozen(
        Edition(letter, unit_id, number, status, "", "", document_number, document_date),
        contents,
        today,
    )
    return edition, document_of(edition)


def issue(edition: Edition, number: str, day: date, today: date) -> Edition:
    """Turn a draft into the issued edition with the number and date of its document, which its
    masthead prints. Raises InputError for a torn one."""
    contents = contents_of(edition)
    document = contents.document
    place = document.masthead.place.partition(", ngày ")[0]
    masthead = replace(
        document.masthead, number=f"Số: {number}", place=f"{place}, {date_line(day)}"
    )
    kept = replace(edition, status="issued", document_number=number, document_date=day)
    return _frozen(kept, replace(contents, document=replace(document, masthead=masthead)), today)


def date_line(day: date) -> str:
    """Write the day of a document as its masthead does."""
    return f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"


def _frozen(edition: Edition, contents: Contents, today: date | None) -> Edition:
    text = to_json(contents)
    if today is not None:
        text, _ = without_ended_numbers(text, today)
    return replace(edition, tables=text, digest=digest_of(text))


def digest_of(text: str) -> str:
    """Give the sha256 (hex) of the JSON of an edition."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def with_digest_before(text: str, digest: str) -> str:
    """Note in an edition's JSON the digest it had before numbers were taken out, the first one."""
    plain = json.loads(text)
    if plain["is"] != Contents.__name__ or plain.get("before"):
        return text
    plain["before"] = digest
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@cache
def dictionary_digest() -> str:
    """Name the definitions of all indicators as this release has them."""
    lines = [
        "|".join((item.key, item.formula, item.formula_vi, item.minimum, *item.needs))
        for item in INDICATORS.values()
    ]
    return digest_of("\n".join(sorted(lines)))[:SHOWN_DIGITS]


def edition_line(edition: Edition, document: Document, before: str = "") -> str:
    """Write number, status and digest of an edition as a report prints them, and how many numbers
    had to be taken out of it."""
    status = "chính thức" if edition.status == "issued" else "dự thảo"
    line = f"Bản số {edition.number} · {status} · mã băm dữ liệu: {edition.digest[:SHOWN_DIGITS]}"
    if edition.document_number and edition.document_date:
        issued = f"số {edition.document_number} ngày {day_text(edition.document_date)}"
        line = line.replace(status, f"{status}, {issued}", 1)
    gone = sum(
        cell.reason.startswith(DELETED_VI)
        for table in document.tables
        for row in table.rows
        for cell in row
    )
    if gone:
        line += f" · {gone} số đã xóa theo điều khoản hoặc yêu cầu của chủ tài khoản"
    return line + (f" (mã băm trước khi xóa: {before[:SHOWN_DIGITS]})" if before else "")


def document_of(edition: Edition, today: date | None = None) -> Document:
    """Make the document of an edition again, from its JSON alone. Numbers whose terms ended before
    `today` are left out (None = it prints what is kept). Raises InputError for a torn one."""
    check_whole(edition)
    text = edition.tables
    if today is not None:
        text, _ = without_ended_numbers(text, today)
    contents = _read(text, edition.place)
    line = edition_line(edition, contents.document, contents.before)
    return replace(with_origins(contents.document), edition_line=line)


def contents_of(edition: Edition) -> Contents:
    """Read what an edition holds. Raises InputError for a torn one, or one of a later release."""
    check_whole(edition)
    return _read(edition.tables, edition.place)


def check_whole(edition: Edition) -> None:
    """Refuse an edition that is not the text its digest names. Raises InputError."""
    if digest_of(edition.tables) != edition.digest:
        expected = "the text that its digest names"
        raise InputError([Problem(edition.place, None, "tables", None, expected)])


def to_json(value: Document | Contents) -> str:
    """Write a document or contents as canonical JSON: sorted keys, no blanks, defaults left out."""
    text = json.dumps(
        _plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return _HALVES.sub("", text)


def _read(text: str, place: str) -> Contents:
    expected = f"contents of version {VERSION} or earlier; this one was made by a later release"
    try:
        found = _typed(json.loads(text))
    except (KeyError, TypeError) as error:
        raise InputError([Problem(place, None, "tables", str(error), expected)]) from error
    if isinstance(found, Document):
        return Contents(found, 1)
    assert isinstance(found, Contents), "an edition holds a document"
    if found.version > VERSION:
        raise InputError([Problem(place, None, "version", str(found.version), expected)])
    return found


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((one.name, one.default) for one in fields(kind))


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if is_dataclass(value):
        kind: Any = type(value)
        kept = {"is": kind.__name__}
        for name, default in _defaults(kind):
            held = getattr(value, name)
            if held != default:
                kept[name] = _plain(held)
        return kept
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return {"is": "date", "day": value.isoformat()}
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return value


def _typed(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_typed(one) for one in plain)
    if not isinstance(plain, dict):
        return plain
    kind = plain.pop("is")
    if kind == "date":
        return date.fromisoformat(plain["day"])
    return CLASSES[kind](**{name: _typed(value) for name, value in plain.items()})
