"""One frozen answer to a letter as text: a document becomes canonical JSON and comes back equal.

The digest is the sha256 of that text, so that the same data give the same digest on every machine.
The line that prints the digest is filled in afterwards; the annexes of origins are made from the
tables again. Neither is part of the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any

from tracker.charts import Chart, Line, Mark
from tracker.errors import InputError, Problem
from tracker.platforms import PLATFORMS
from tracker.reports.passport import with_origins
from tracker.tables import Cell, Column, Form, Origin, Table
from tracker.writers import NO_TABLE, Document, Heading, Masthead, Paragraph

CLASSES = {
    kind.__name__: kind
    for kind in (
        Cell,
        Chart,
        Column,
        Document,
        Form,
        Heading,
        Line,
        Mark,
        Masthead,
        Origin,
        Paragraph,
        Table,
    )
}
SIGNIFICANT_DIGITS = 12
"""Numbers are kept to 12 digits: the last ones differ between machines and mean nothing."""
SHOWN_DIGITS = 16


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


def make_edition(
    document: Document,
    *,
    letter: str,
    unit_id: str,
    number: int,
    status: str = "draft",
    document_number: str | None = None,
    document_date: date | None = None,
) -> tuple[Edition, Document]:
    """Freeze a document and print number, status and digest on it. `status` is draft or issued."""
    if status not in ("draft", "issued"):
        raise ValueError(f"an edition is draft or issued, not {status!r}")
    text = to_json(replace(document, edition_line="", annex=(), passport=NO_TABLE))
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    edition = Edition(letter, unit_id, number, status, text, digest, document_number, document_date)
    return edition, replace(document, edition_line=edition_line(edition))


def edition_line(edition: Edition) -> str:
    """Write number, status and digest of an edition as a report prints them."""
    status = "chính thức" if edition.status == "issued" else "dự thảo"
    digest = edition.digest[:SHOWN_DIGITS]
    return f"Bản số {edition.number} · {status} · mã băm dữ liệu: {digest}"


def document_of(edition: Edition) -> Document:
    """Make the document of an edition again. Raises InputError for a torn one."""
    if hashlib.sha256(edition.tables.encode("utf-8")).hexdigest() != edition.digest:
        place = f"edition {edition.number} of letter {edition.letter} for {edition.unit_id}"
        raise InputError([Problem(place, None, "tables", None, "the text that its digest names")])
    return replace(with_origins(from_json(edition.tables)), edition_line=edition_line(edition))


def to_json(document: Document) -> str:
    """Write a document as canonical JSON: sorted keys, no blanks, defaults left out."""
    return json.dumps(
        _plain(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def from_json(text: str) -> Document:
    """Read a document from the JSON of `to_json`."""
    document = _typed(json.loads(text))
    assert isinstance(document, Document), "an edition holds a document"
    return document


def without_ended_numbers(text: str, today: date) -> tuple[str, int]:
    """Blank the numbers of an edition that the terms no longer let us keep; give the JSON and how
    many went. Each blanked cell says since when.
    """
    return _without(text, today, lambda origin: _has_ended(origin, today))


def without_account(text: str, account_id: str, today: date) -> tuple[str, int]:
    """Blank the numbers of an edition that were read of an account whose owner withdrew."""

    def is_of_account(origin: dict[str, Any]) -> bool:
        return account_id in origin.get("account", "").replace(",", " ").split()

    return _without(text, today, is_of_account)


def _without(text: str, today: date, goes: Callable[[dict[str, Any]], bool]) -> tuple[str, int]:
    plain = json.loads(text)
    gone = _blank(plain, today, goes)
    made = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return made, gone


def _blank(plain: Any, today: date, goes: Callable[[dict[str, Any]], bool]) -> int:
    """Blank in place the cells whose origin has to go; give how many."""
    if isinstance(plain, list):
        return sum(_blank(one, today, goes) for one in plain)
    if not isinstance(plain, dict):
        return 0
    if plain.get("is") == "Cell" and "value" in plain and goes(plain.get("origin") or {}):
        for name in ("value", "low", "high"):
            plain.pop(name, None)
        plain["reason"] = f"đã xóa ngày {today:%d/%m/%Y} theo điều khoản của nền tảng"
        return 1
    return sum(_blank(one, today, goes) for one in plain.values())


def _has_ended(origin: dict[str, Any], today: date) -> bool:
    """Say whether a number of this origin is older than its basis lets us keep it."""
    if "last_day" not in origin:
        return False
    kept = [
        basis.days_kept
        for platform in PLATFORMS.values()
        for basis in platform.bases
        if basis.days_kept is not None and basis.title_vi in origin.get("basis", "")
    ]
    last_day = date.fromisoformat(origin["last_day"]["day"])
    return bool(kept) and last_day < today - timedelta(days=min(kept))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        kept = {
            one.name: _plain(getattr(value, one.name))
            for one in fields(value)
            if getattr(value, one.name) != one.default
        }
        return {"is": type(value).__name__, **kept}
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
