"""Who has a programme, and who has sent what."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.letters import STATUS_OPTIONS, UnitStatus, days_left_vi, text_of
from tracker.reports.national_facts import National, names_text
from tracker.tables import (
    COUNT,
    DAY,
    Cell,
    Column,
    Origin,
    Table,
    number_text,
)
from tracker.text import fold

NOT_DECLARED_VI = "Chưa khai"
REGISTER_VI = "danh bạ chương trình và câu trả lời của các đơn vị"
SENT_VI = "các bản đã phát hành và câu trả lời lưu trong kho dữ liệu"
STATE_TITLES = {"sent": "Đã gửi", "in_work": "Đang làm", "open": "Chưa làm"}
ALL_VI = "Tất cả"
NOBODY_VI = "không đơn vị nào"


def counted(number: int, source: str) -> Cell:
    """Print a count of respondents, which comes from no account."""
    return Cell(number, origin=Origin(metric="Số đơn vị", source=source))


def programme_states(national: National) -> dict[str, list[str]]:
    """Give status of the programme (in the letter's words) -> respondents; None of them is left
    out: who said nothing stands under `Chưa khai`."""
    asked = next((one for one in national.letter.fields if one.block == "status"), None)
    options = asked.options if asked is not None and asked.options else STATUS_OPTIONS.values()
    found: dict[str, list[str]] = {option: [] for option in (*options, NOT_DECLARED_VI)}
    words = {fold(option): option for option in options}
    for unit, facts in national.facts.items():
        said = text_of(facts.answers, asked.key) if asked is not None else ""
        if facts.programme is not None:
            said = STATUS_OPTIONS.get(facts.programme.status, said)
        found[words.get(fold(said), NOT_DECLARED_VI)].append(unit)
    return found


def programme_tables(national: National) -> list[Table]:
    """Count the respondents by the status of their programme, and list the programmes; nothing
    where the letter asks for none."""
    if all(field.block != "status" for field in national.letter.fields):
        return []
    states = programme_states(national)
    columns = (Column("Tình hình xây dựng", width=1.3), Column("Số đơn vị", COUNT, width=0.7))
    rows = [
        (
            Cell(text=state),
            counted(len(units), REGISTER_VI),
            Cell(text=named(national, units) or NOBODY_VI),
        )
        for state, units in states.items()
    ]
    total = (Cell(text=ALL_VI), counted(len(national.names), REGISTER_VI), Cell(text="–"))
    counts = Table(
        "P",
        "Bảng tình hình xây dựng Kế hoạch/Chương trình",
        (*columns, Column("Các đơn vị", width=4.5)),
        (*rows, total),
    )
    listed = [
        (
            Cell(text=national.names[unit]),
            Cell(text=state),
            Cell(text=programme.title),
            Cell(text=programme.document or "", reason="chưa khai văn bản"),
            Cell(programme.start, reason="chưa khai ngày bắt đầu"),
            Cell(text=programme.key_message or "", reason="chưa khai thông điệp"),
        )
        for state, units in states.items()
        for unit in units
        if (programme := national.facts[unit].programme) is not None
    ]
    if not listed:
        return [counts]
    return [counts, Table("", "Bảng các Kế hoạch/Chương trình", PLANS, tuple(listed), wide=True)]


PLANS = (
    Column("Đơn vị", width=1.1),
    Column("Tình trạng", width=0.9),
    Column("Tên Kế hoạch/Chương trình", width=2.4),
    Column("Văn bản", width=1.4),
    Column("Ngày bắt đầu", DAY, width=0.8),
    Column("Thông điệp chính", width=1.8),
)


def named(national: National, units: Sequence[str]) -> str:
    """Write some respondents by their names; all of them in words."""
    return names_text([national.names[unit] for unit in units], len(national.names))


def sending_tables(national: National) -> list[Table]:
    """Count who has sent, is at work or has not begun; then each respondent with its document and
    what it still has to fill."""
    of_unit = {one.unit_id: one for one in national.statuses}
    by_state = {
        state: [unit for unit in national.names if of_unit[unit].state == state]
        for state in STATE_TITLES
    }
    rows = [
        (
            Cell(text=STATE_TITLES[state]),
            counted(len(units), SENT_VI),
            Cell(text=named(national, units) or NOBODY_VI),
        )
        for state, units in by_state.items()
    ]
    counts = Table(
        "S",
        "Bảng tổng hợp gửi báo cáo",
        (
            Column("Tình trạng", width=1.3),
            Column("Số đơn vị", COUNT, width=0.7),
            Column("Các đơn vị", width=4.5),
        ),
        tuple(rows),
    )
    listed = []
    for unit, name in national.names.items():
        one = of_unit[unit]
        unsent = "chưa gửi" if one.state != "sent" else "chưa nhập số, ngày văn bản"
        listed.append(
            (
                Cell(text=name),
                Cell(text=STATE_TITLES[one.state]),
                Cell(text=one.document_number or "", reason=unsent),
                Cell(one.document_date, reason=unsent),
                Cell(text=_lateness(national, one)),
                counted(len(one.open), SENT_VI),
            )
        )
    asked = {one.asked for one in national.statuses}
    most = f"Mỗi đơn vị phải trả lời {number_text(max(asked, default=0))} mục."
    note = "Mục đã có trong danh bạ không tính là còn trống."
    return [
        counts,
        Table("G", "Bảng gửi báo cáo theo đơn vị", SENDING, tuple(listed), notes=(most, note)),
    ]


SENDING = (
    Column("Đơn vị", width=1.5),
    Column("Tình trạng", width=0.9),
    Column("Số văn bản", width=1.5),
    Column("Ngày văn bản", DAY, width=1.2),
    Column("So với hạn", width=1.2),
    Column("Mục còn trống", COUNT, width=0.8),
)


def _lateness(national: National, one: UnitStatus) -> str:
    """Say whether a document came in time, or how far the deadline is."""
    letter = national.letter
    if one.state != "sent" or letter.deadline is None:
        return days_left_vi(letter, national.on)
    if one.document_date is None or letter.deadline is None:
        return "chưa rõ"
    return "đúng hạn" if one.document_date <= letter.deadline else "gửi sau hạn"
