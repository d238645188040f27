"""What changed between two editions of one report, number by number, and why.

Knows no store: what arrived later and why something was corrected is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tracker.letters import Answer
from tracker.reports.blanking import DELETED_VI
from tracker.reports.edition import Contents
from tracker.reports.matching import Place, matched, table_key
from tracker.reports.origins import accounts_of
from tracker.reports.passport import NONE_VI, lane_text
from tracker.tables import Origin, days_text, is_unknown, number_text
from tracker.text.printable import day_text

NO_REASON_VI = "không tìm thấy nguyên nhân trong hồ sơ"
ADDED_VI, REMOVED_VI = "chưa có dòng này", "không còn dòng này"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Readings of an account that came after an edition was made: how many, of which days, and the
    day they came. `lane` is the lane's key, `imported` says that they came by a file."""

    account: str
    lane: str
    first_day: date
    last_day: date
    readings: int
    on: date
    imported: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows beside the editions: reasons of corrections by id, and late readings."""

    corrections: Mapping[str, str] = field(default_factory=dict)
    arrived: tuple[Arrived, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """An edition to compare with, and what the store knows of the time since."""

    number: int
    contents: Contents
    known: Known


@dataclass(frozen=True, slots=True)
class Difference:
    """One printed number that is not what it was. `id_before` and `id_after` are '' where an
    edition does not print it; the texts then say so."""

    table: str
    row: str
    column: str
    id_before: str
    id_after: str
    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """One answer that is not what it was; '' = was not given. `row` counts the lines of a list."""

    question: str
    row: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that changed between two editions. `notes` are Vietnamese sentences on the
    editions as a whole; `same` counts the numbers that stayed."""

    numbers: tuple[Difference, ...]
    answers: tuple[AnswerDifference, ...]
    notes: tuple[str, ...]
    same: int


def compare(before: Contents, after: Contents, known: Known | None = None) -> Comparison:
    """List what changed between two editions of a report, in the order of print."""
    pairs, gone = matched(before, after)
    counted = [
        (one, other)
        for one, other in pairs
        if other.cell.is_number or (one is not None and one.cell.is_number)
    ]
    changed = [(one, other) for one, other in counted if one is None or one.text != other.text]
    programs = (_program(before), _program(after))
    numbers = [_difference(one, other, known or Known(), programs) for one, other in changed]
    new = [other for _, other in pairs]
    numbers += [_gone(one, new) for one in gone if one.cell.is_number]
    answers = _answers(before.answers, after.answers)
    same = len(counted) - len(changed)
    return Comparison(tuple(numbers), tuple(answers), tuple(_notes(before, after)), same)


def _program(contents: Contents) -> str:
    return contents.release or "đến 0.2.0"


def _difference(
    old: Place | None, new: Place, known: Known, programs: tuple[str, str]
) -> Difference:
    why = _reasons(old, new, known)
    if not why and programs[0] != programs[1]:
        why = [f"bản phát hành của chương trình: {programs[0]} → {programs[1]}"]
    return Difference(
        new.table.title,
        new.row,
        new.column.heading,
        old.cell.id if old else "",
        new.cell.id,
        old.text if old else ADDED_VI,
        new.text,
        tuple(why or [NO_REASON_VI]),
    )


def _gone(old: Place, new: Sequence[Place]) -> Difference:
    """Tell of a number that has no place of its own any more: it may be unknown now, in a row that
    several share."""
    now = REMOVED_VI
    for place in new:
        if is_unknown(place.cell) and table_key(place.table) == table_key(old.table):
            names = {part for label in place.labels for part in label.split("; ")}
            known = [label for label in old.labels if label and label in names]
            if len(known) >= len([one for one in place.labels if one]) and known:
                now = place.text
                break
    column, before = old.column.heading, old.text
    return Difference(old.table.title, old.row, column, old.cell.id, "", before, now, (now,))


def _reasons(old: Place | None, new: Place, known: Known) -> list[str]:
    """Say in Vietnamese what is different about where two numbers came from."""
    if new.cell.reason.startswith(DELETED_VI):
        return [new.cell.reason]
    if old is None:
        return ["dòng mới"]
    one, other = old.cell.origin or Origin(), new.cell.origin or Origin()
    if not new.cell.is_number:
        return [f"nay {new.text}"]
    corrected = _corrected(one, other, known)
    if not old.cell.is_number:
        return [*corrected, *_late(other, known), f"trước đây {old.text}"]
    late = [] if corrected else _late(other, known)
    return [*corrected, *_redefined(one, other), *_read_otherwise(one, other), *late]


def _corrected(one: Origin, other: Origin, known: Known) -> list[str]:
    found = []
    for name in other.corrections:
        if name not in one.corrections:
            reason = known.corrections.get(name, "")
            found.append(f"đính chính {name}" + (f": {reason}" if reason else ""))
    taken = [name for name in one.corrections if name not in other.corrections]
    return found + [f"bỏ đính chính {name}" for name in taken]


def _redefined(one: Origin, other: Origin) -> list[str]:
    found = []
    if one.definition and one.definition != other.definition:
        found.append(f"phiên bản định nghĩa: {one.definition} → {other.definition or NONE_VI}")
    if one.formula and one.formula != other.formula:
        found.append("công thức trong từ điển chỉ số đã đổi")
    return found


def _read_otherwise(one: Origin, other: Origin) -> list[str]:
    """Name what is different in accounts, lane, days, readings, terms and source."""
    found = []
    former, latter = set(accounts_of(one)), set(accounts_of(other))
    for word, ids in (("thêm", latter - former), ("bớt", former - latter)):
        found += [f"{word} tài khoản {', '.join(sorted(ids))}"] if ids else []
    days = [_days(origin.first_day, origin.last_day) for origin in (one, other)]
    reads = [number_text(origin.readings or 0) for origin in (one, other)]
    pairs = [("kênh đọc", lane_text(one.lane), lane_text(other.lane)), ("ngày đọc", *days)]
    if days[0] == days[1]:
        pairs.append(("số lần đọc trong cùng những ngày ấy", *reads))
    pairs += [("điều khoản", one.basis, other.basis), ("nguồn", one.source, other.source)]
    found += [
        f"{word}: {left or NONE_VI} → {right or NONE_VI}"
        for word, left, right in pairs
        if left != right
    ]
    return found


def _days(first: date | None, last: date | None) -> str:
    return days_text(first, None) if first == last else days_text(first, last)


def _late(origin: Origin, known: Known) -> list[str]:
    """Name readings behind a number that came after the earlier edition."""
    found = []
    first, last = origin.first_day or date.max, origin.last_day or date.min
    for one in known.arrived:
        mine = one.account in accounts_of(origin) and one.lane in origin.lane.split("+")
        if mine and one.first_day <= last and first <= one.last_day:
            days = _days(one.first_day, one.last_day)
            how = "nhập" if one.imported else "đọc"
            found.append(
                f"số liệu đến sau: {number_text(one.readings)} lần đọc của {one.account}, {days}, "
                f"{how} ngày {day_text(one.on)}"
            )
    return found


def _answers(
    before: tuple[Answer, ...] | None, after: tuple[Answer, ...] | None
) -> list[AnswerDifference]:
    """List the answers that changed; nothing where an edition did not keep them."""
    if before is None or after is None:
        return []
    old, new = _texts(before), _texts(after)
    pairs = [(key, old.get(key, ""), new.get(key, "")) for key in sorted(old.keys() | new.keys())]
    return [AnswerDifference(*key, one, other) for key, one, other in pairs if one != other]


def _texts(answers: Iterable[Answer]) -> dict[tuple[str, int], str]:
    return {
        (one.question, one.row): one.text + (f" [{one.evidence}]" if one.evidence else "")
        for one in answers
    }


def _notes(before: Contents, after: Contents) -> list[str]:
    found = []
    if before.answers is None:
        found.append("Bản trước không lưu câu trả lời nên không so sánh được câu trả lời.")
    if before.dictionary and before.dictionary != after.dictionary:
        releases = f"bản phát hành {_program(before)} và {_program(after)}"
        found.append(f"Từ điển chỉ số khác nhau giữa {releases}.")
    if before.document.as_of != after.document.as_of:
        days = [day_text(contents.document.as_of) for contents in (before, after)]
        found.append(f"Số liệu tính đến ngày: {days[0]} → {days[1]}.")
    return found
