"""Lines of `tracker indicators` as cells, and as a table for the screen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from jobs.indicating import Indicated
from jobs.indicating.choice import Choice, Place
from jobs.indicating.lines import Line, place_windows
from jobs.printing import aligned
from tracker.effects import LABELS_VI, NOT_COMPARED, OBSERVED
from tracker.indicators import Value
from tracker.periods import Window
from tracker.reports import SYNTHETIC_VI
from tracker.tables import (
    UNKNOWN_VI,
    Cell,
    Column,
    Form,
    cell_text,
    days_text,
    is_unknown,
    number_text,
)

UNIT_VI = "cả đơn vị"
NONE_VI = "–"
CROSSWALK_VI = "Bảng quy đổi 63 – 34"
HEADS = ("Chỉ số", "Tài khoản")
ENTRY_VI = {
    "side": "nhóm",
    "rank": "thứ tự",
    "post": "bài",
    "url": "địa chỉ",
    "published_on": "ngày đăng",
    "kind": "loại",
    "language": "ngôn ngữ",
    "interactions": "tương tác",
    "baseline": "mức nền",
    "n": "số bài làm nền",
    "ratio": "lần so với nền",
    "week": "tuần từ",
    "posts": "số bài",
    "known": "bài có số tương tác",
    "per_post": "tương tác mỗi bài",
    "title_vi": "tên",
    "share": "tỷ lệ %",
    "low": "từ",
    "high": "đến",
    "day": "ngày",
    "change": "thay đổi",
    "account": "tài khoản",
    "lane": "nguồn",
}
"""Columns of the lists (see their functions) in the words of a table."""
WORDS_VI = {"best": "cao nhất", "worst": "thấp nhất"}


def number_form(line: Line) -> Form:
    """Choose the decimals of a line by its largest number, the same for before and after."""
    row = line.row
    values = [value.value for value in (row.before, row.after) if value is not None]
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if all(value is None or float(value).is_integer() for value in values) and row.change is None:
        return Form("number")
    return Form("number", 0 if largest >= 1000 else 1 if largest >= 10 else 2)


def level_cell(value: Value | None, form: Form, *, interval: bool) -> Cell:
    """Print a level: its word where it has one, its interval where asked for, else the reason."""
    if value is None:
        return Cell(text=NONE_VI)
    if value.text is not None:
        return Cell(text=value.text)
    if value.value is None:
        return Cell(reason=value.reason or "")
    low, high = (value.low, value.high) if interval else (None, None)
    return Cell(float(value.value), low=_finite(low), high=_finite(high), form=form)


def change_cell(line: Line, form: Form) -> Cell:
    """Print the observed change with its interval, or why none may be formed."""
    change = line.row.change
    if change is None:
        return Cell(text=NONE_VI if line.label is None else LABELS_VI[NOT_COMPARED])
    if change.difference is None:
        return Cell(reason=change.reason or "")
    signed = Form("number", form.decimals, signed=True)
    return Cell(change.difference, low=_finite(change.low), high=_finite(change.high), form=signed)


def _finite(bound: float | None) -> float | None:
    return bound if bound is not None and math.isfinite(bound) else None


def number_cells(line: Line, *, compared: bool) -> tuple[Cell, ...]:
    """Give the cells of a line's numbers: the level alone, or before, after and change."""
    form = number_form(line)
    if not compared:
        if line.entry is not None:
            return (Cell(text=entry_text(line)),)
        return (level_cell(line.row.after, form, interval=True),)
    if line.entry is not None:
        return (Cell(text=NONE_VI), Cell(text=entry_text(line)), Cell(text=NONE_VI))
    if line.row.before is None and line.label is None:
        return (
            Cell(text=NONE_VI),
            level_cell(line.row.after, form, interval=True),
            Cell(text=NONE_VI),
        )
    before = level_cell(line.row.before, form, interval=False)
    return (before, level_cell(line.row.after, form, interval=False), change_cell(line, form))


def entry_text(line: Line) -> str:
    """Write one line of a list: its columns that are known."""
    cells = (line.entry or {}).items()
    return "; ".join(
        f"{ENTRY_VI.get(name, name)}: {_shown(cell)}" for name, cell in cells if cell is not None
    )


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return number_text(cell, 0 if cell.is_integer() else 2)
    return WORDS_VI.get(str(cell), str(cell))


def note_texts(line: Line) -> list[str]:
    """Say what belongs to a line: its label where it is not the usual one, days of its own."""
    found = []
    change = line.row.change
    if change is not None and change.known and change.label != OBSERVED:
        found.append(LABELS_VI[change.label])
    if (
        change is not None
        and change.windows is not None
        and change.windows != place_windows(line.place)
    ):
        found.append(windows_text(change.windows))
    return [*found, *line.notes]


def windows_text(windows: Sequence[Window]) -> str:
    """Write one window or both in words, days inclusive."""
    said = [days_text(one.start, one.last_day) for one in windows]
    return said[0] if len(said) == 1 else f"trước {said[0]}, sau {said[1]}"


def place_text(place: Place) -> str:
    """Name a unit with its days."""
    began = "" if place.start is None else f"; chương trình bắt đầu {place.start:%d/%m/%Y}"
    return f"{place.name} ({place.unit}): {windows_text(place_windows(place))}{began}"


def crosswalk_lines(choice: Choice) -> list[str]:
    """Say for each unit which localities of the map of 63 were added up to it."""
    names = {place.unit: place.name for place in choice.places}
    return [f"{names[unit]} = {' + '.join(parts)}" for unit, parts in choice.walk.items() if parts]


def notes_of(choice: Choice) -> list[str]:
    """Give the sentences that hold for the whole table, the crosswalk among them."""
    walk = crosswalk_lines(choice)
    return [*choice.notes, *([f"{CROSSWALK_VI}: {'; '.join(walk)}"] if walk else [])]


def print_lines(found: Indicated) -> Iterator[str]:
    """Give the table for a person: a heading a unit, a line an indicator and account, notes."""
    if found.synthetic:
        yield SYNTHETIC_VI
    for note in notes_of(found.choice):
        yield f"Ghi chú: {note}"
    by_place: dict[str, list[Line]] = {place.unit: [] for place in found.choice.places}
    for line in found.lines:
        by_place[line.place.unit].append(line)
    for place in found.choice.places:
        yield ""
        yield place_text(place)
        yield from (f"  Ghi chú: {note}" for note in place.notes)
        compared = place.start is not None
        numbers = ("Trước", "Sau", "Thay đổi quan sát được") if compared else ("Mức",)
        rows = [[*HEADS, *numbers, "Ghi chú"]]
        for line in by_place[place.unit]:
            column = Column("")
            cells = number_cells(line, compared=compared)
            texts = [UNKNOWN_VI if is_unknown(one) else cell_text(one, column) for one in cells]
            why = dict.fromkeys(one.reason for one in cells if is_unknown(one) and one.reason)
            title = f"{line.row.title_vi} ({line.row.unit_vi})"
            said = "; ".join([*why, *note_texts(line)]) or NONE_VI
            rows.append([title, line.account or UNIT_VI, *texts, said])
        yield from aligned(rows)
