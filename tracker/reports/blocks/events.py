"""What the register says happened to the respondent and its accounts on the asked days."""

from __future__ import annotations

from datetime import date

from tracker.letters import Field
from tracker.panel.frames import rows_of
from tracker.registry.words import EVENT_KINDS
from tracker.reports.asked import window_sentence
from tracker.reports.channels import account_name
from tracker.reports.facts import Facts
from tracker.tables import DAY, Cell, Column, Table, unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph

COLUMNS = (
    Column("Ngày", DAY, width=0.8),
    Column("Loại sự kiện", width=1.0),
    Column("Đơn vị, tài khoản", width=1.4),
    Column("Nội dung", width=2.4),
    Column("Nguồn", width=1.4),
)
NONE_VI = "danh bạ chưa ghi sự kiện nào của đơn vị và các tài khoản trong khoảng thời gian này"
NO_NOTE_VI = "chưa ghi nội dung"
NO_SOURCE_VI = "chưa ghi nguồn"
REGISTER_VI = "danh bạ tài khoản"
Line = tuple[date, str, str, str, str]
"""(day, kind, whom it concerns, note, source); '' = not written."""


def events_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print campaigns, paid promotion, mobilisation orders, mergers and renames, oldest first."""
    lines = sorted({*_registered(facts), *_owners_and_names(facts)})
    if not lines:
        return [Paragraph(f"{window_sentence(facts)} Sự kiện: {unknown_text(NONE_VI)}.")]
    rows = tuple(
        (
            Cell(value=day),
            Cell(text=kind),
            Cell(text=whom),
            Cell(text=note, reason=NO_NOTE_VI),
            Cell(text=source, reason=NO_SOURCE_VI),
        )
        for day, kind, whom, note, source in lines
    )
    return [Table("", "Bảng sự kiện trong khoảng thời gian báo cáo", COLUMNS, rows)]


def _registered(facts: Facts) -> list[Line]:
    accounts = {one.account_id: account_name(one) for one in facts.measured.accounts}
    return [
        (
            row.day,
            EVENT_KINDS.get(row.kind, (row.kind,))[0],
            accounts.get(row.account_id, facts.name),
            row.note or "",
            row.source or "",
        )
        for row in rows_of(facts.panel.events)
        if row.day in facts.asked_window
        and (row.account_id in accounts or (row.account_id is None and _is_own(facts, row)))
    ]


def _is_own(facts: Facts, row: object) -> bool:
    return getattr(row, "locality_id", None) == facts.unit_id


def _owners_and_names(facts: Facts) -> list[Line]:
    """List the changes of names and owners that the register holds beside its events, and the end
    of the respondent."""
    told = {(row[0], row[2]) for row in _registered(facts)}
    agencies = dict(zip(facts.panel.agencies["id"], facts.panel.agencies["name_vi"], strict=True))
    found: list[Line] = []
    for account in facts.measured.accounts:
        for item in facts.panel.renames(account.account_id, facts.asked_window):
            whom = account_name(account)
            if (item.day, whom) in told:
                continue
            what, kind = (
                ("tên tài khoản", "đổi tên")
                if item.what == "handle"
                else ("cơ quan chủ quản", "đổi chủ quản")
            )
            old = agencies.get(item.old, item.old) or "không rõ"
            note = f"{what} từ {old} thành {agencies.get(item.new, item.new)}"
            found.append((item.day, kind, whom, note, REGISTER_VI))
    ended = facts.row["valid_to"]
    if ended is not None and ended in facts.asked_window:
        note = f"{facts.name} kết thúc ngày {day_text(ended)}"
        found.append((ended, "sáp nhập", facts.name, note, REGISTER_VI))
    return found
