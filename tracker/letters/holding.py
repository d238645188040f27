"""What the register already says to a letter: the fields it fills, as texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tracker.letters.outline import Field, Letter
from tracker.text.printable import day_text

STATUS_OPTIONS = {
    "built": "Đã xây dựng",
    "in_progress": "Đang xây dựng",
    "not_built": "Chưa xây dựng",
}
"""Status of a programme in the register -> the box of a letter that it ticks."""

Row = Mapping[str, Any]


def first_programme(unit_id: str, programmes: Iterable[Row]) -> Row | None:
    """Find the programme of a locality or agency that began first; None = none is registered.

    `programmes` are rows of the table `programme`.
    """
    own = [row for row in programmes if unit_id in (row["locality_id"], row["agency_id"])]
    return min(own, key=lambda row: (row["start"] or date.max, row["id"]), default=None)


def held_texts(
    letter: Letter,
    unit_id: str,
    *,
    programmes: Iterable[Row],
    elements: Iterable[Row] = (),
    outcomes: Iterable[Row] = (),
    events: Iterable[Row] = (),
) -> dict[str, str]:
    """Say what the register holds of a respondent: key of a field -> text, in the letter's order.

    The rows are those of the tables `programme`, `programme_element`, `outcome` and `event`, of
    whatever unit. A field that the register does not fill is not in the result.
    """
    programme = first_programme(unit_id, programmes)
    named = [] if programme is None else _elements_of(programme, elements)
    own = [row for row in outcomes if row["locality_id"] == unit_id]
    happened = [row for row in events if row["locality_id"] == unit_id]
    found: dict[str, str] = {}
    for field in letter.fields:
        text = ""
        if field.block == "status" and programme is not None:
            text = _status_text(programme)
        elif field.block == "elements" and named:
            text = f"{_option(field)}: yếu tố mã {', '.join(named)}"
        elif field.block == "message" and programme is not None and programme["key_message"]:
            text = f"{_option(field)}: “{programme['key_message']}”"
        elif field.block == "outcomes" and own:
            text = f"Đã có {len(own)} số liệu kinh tế - xã hội"
        elif field.block == "events" and happened:
            text = f"Đã có {len(happened)} sự kiện"
        if text:
            found[field.key] = text
    return found


def _elements_of(programme: Row, elements: Iterable[Row]) -> list[str]:
    return [str(row["element_id"]) for row in elements if row["programme_id"] == programme["id"]]


def _option(field: Field) -> str:
    return field.options[0] if field.options else "Có"


def _status_text(programme: Row) -> str:
    parts = [f"{STATUS_OPTIONS[programme['status']]}: {programme['title']}"]
    parts += [f"văn bản {programme['document']}"] if programme["document"] else []
    parts += [f"bắt đầu ngày {day_text(programme['start'])}"] if programme["start"] else []
    return "; ".join(parts)
