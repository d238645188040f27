"""The accounts of a respondent: what the register says of each, how often it posts, how many follow
it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.indicators import INDICATORS, Value
from tracker.indicators.frequency import posting_frequency
from tracker.letters import Field
from tracker.panel import Panel
from tracker.periods import Window
from tracker.reports.asked import window_sentence
from tracker.reports.blocks.registered import (
    NO_ACCOUNT_VI,
    NOT_DECLARED_VI,
    Held,
    agencies_of,
    capital,
    changes_of,
    funding_text,
    held_on,
    languages_text,
    opened_text,
    periods_in,
    subordinates_of,
)
from tracker.reports.blocks.traced import count_cell, newest_followers, origin_in
from tracker.reports.facts import Facts
from tracker.reports.measured import NO_NOTE_VI, POSTS_VI, lane_cell, unknown_cell
from tracker.tables import COUNT, DAY, Cell, Column, Table, days_text, numbered, unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph

FREQUENCY = INDICATORS["posting_frequency"]
OUTSIDE_VI = "khoảng thời gian được hỏi chưa có ngày nào có số liệu"


@dataclass(frozen=True)
class AccountLine:
    """One account of a respondent. `frequency` is the class of letter 1253: the word in its `text`,
    the whole weeks it rests on in `n`; `followers` the newest reading up to the day; `notes` are
    Vietnamese sentences: what changed or ended inside the window."""

    held: Held
    frequency: Value
    followers: Value
    notes: tuple[str, ...]


def account_rows(
    panel: Panel, unit_id: str, day: date, window: Window | None
) -> tuple[AccountLine, ...]:
    """List the accounts that a locality or agency has on a day, by platform and id.

    `window` are the days whose posts are classed and whose changes are noted, None = no such day
    has been read, and the classes carry that reason. Accounts that ended before the window are left
    out.
    """
    owners = [agency.id for agency in agencies_of(panel, unit_id)]
    begin = window.start if window is not None else day
    return tuple(
        AccountLine(
            held,
            frequency_of(panel, held.account_id, window),
            newest_followers(panel, held.account_id, day + timedelta(days=1)),
            tuple(_notes(panel, held, day, window)),
        )
        for held in held_on(panel, owners, day)
        if held.row.active_to is None or held.row.active_to >= begin
    )


def frequency_of(panel: Panel, account_id: str, window: Window | None) -> Value:
    """Class the posting of an account; without a window that was read, give the reason."""
    if window is None:
        return Value(None, unit=FREQUENCY.unit_vi, reason=OUTSIDE_VI)
    return posting_frequency(panel, account_id, window)


def _notes(panel: Panel, held: Held, day: date, window: Window | None) -> list[str]:
    found = []
    opened, ended = held.row.active_from, held.row.active_to
    if opened is not None and window is not None and opened in window:
        found.append(f"mở trong khoảng này, ngày {day_text(opened)}")
    if ended is not None and ended < day:
        found.append(f"đã ngừng hoạt động, ngày cuối {day_text(ended)}")
    return found + (changes_of(panel, held.account_id, window) if window is not None else [])


def accounts_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the accounts on the last day of the window: as registered, then as measured."""
    panel, window = facts.panel, facts.read_window
    day = window.last_day if window is not None else facts.until - timedelta(days=1)
    lines = account_rows(panel, facts.unit_id, day, window)
    asked, apart = Paragraph(window_sentence(facts)), _apart(facts, day, window)
    if not lines:
        none = Paragraph(f"Tài khoản đang hoạt động: {unknown_text(NO_ACCOUNT_VI)}.")
        return [asked, *([none] if facts.measured.accounts else []), *apart]
    when = f"Tên, cơ quan chủ quản theo ngày {day_text(day)}."
    return [
        asked,
        _register_table(lines, when),
        numbered(_measured_table(panel, lines, window)),
        *apart,
    ]


REGISTER_COLUMNS = (
    Column("Tài khoản, địa chỉ", width=2.3),
    Column("Cơ quan chủ quản", width=1.2),
    Column("Đơn vị quản lý", width=1.2),
    Column("Ngôn ngữ", width=0.8),
    Column("Nội dung chính", width=1.3),
    Column("Tương tác với độc giả", width=1.2),
    Column("Nguồn kinh phí", width=1.0),
    Column("Căn cứ, minh chứng", width=1.2),
)


def _register_table(lines: Sequence[AccountLine], when: str) -> Table:
    rows = []
    for held in (line.held for line in lines):
        row = held.row
        known = dict.fromkeys(filter(None, (row.legal_basis, row.evidence_url)))
        address = held.url if held.url and held.url not in held.title else ""
        texts = (
            "\n".join(filter(None, (held.title, address))),
            held.agency_name,
            row.managing_unit or capital(NOT_DECLARED_VI),
            capital(languages_text(row.languages)),
            row.content_focus or capital(NOT_DECLARED_VI),
            row.interaction_practice or capital(NOT_DECLARED_VI),
            capital(funding_text(row.funding_source)),
            "; ".join(known) or capital(NOT_DECLARED_VI),
        )
        rows.append(tuple(Cell(text=text) for text in texts))
    return Table(
        "",
        "Bảng tài khoản chính thức theo danh bạ",
        REGISTER_COLUMNS,
        tuple(rows),
        notes=(f"{when} “{capital(NOT_DECLARED_VI)}”: danh bạ để trống.",),
        wide=True,
    )


MEASURED_COLUMNS = (
    Column("Tài khoản", width=1.8),
    Column("Ngày mở", width=1.2),
    Column("Mức độ đăng bài", width=1.1),
    Column("Số tuần quan sát", COUNT, width=0.8),
    Column("Căn cứ xếp mức độ", width=1.9),
    Column("Người theo dõi, số mới nhất", COUNT, width=1.1),
    Column("Ngày đọc", DAY, width=1.1),
    Column("Kênh đọc", width=0.9),
    Column("Lưu ý", width=1.5),
)


def _measured_table(panel: Panel, lines: Sequence[AccountLine], window: Window | None) -> Table:
    over = f"Mức độ đăng bài tính cho {days_text(window.start, window.last_day)}" if window else ""
    rule = (
        "Công văn 1253/BTTTT-TTĐN hỏi bốn mức (hằng ngày, tuần, tháng, năm) nhưng không nêu cách "
        f"xếp; cách xếp của báo cáo này: {FREQUENCY.formula_vi}."
    )
    return Table(
        "A",
        "Bảng mức độ đăng bài và người theo dõi của từng tài khoản",
        MEASURED_COLUMNS,
        tuple(_measured_row(panel, line) for line in lines),
        notes=(*([f"{over}."] if over else []), rule),
        merged=1,
        wide=True,
    )


def _measured_row(panel: Panel, line: AccountLine) -> tuple[Cell, ...]:
    held, found, followers = line.held, line.frequency, line.followers
    unknown, unread = unknown_cell(found.reason), unknown_cell(followers.reason)
    known, read = found.value is not None, followers.value is not None
    return (
        Cell(text=held.title),
        Cell(text=capital(opened_text(panel, held))),
        Cell(text=capital(found.text or "")) if known else unknown,
        Cell(found.n, origin=origin_in(panel, [held], found, POSTS_VI, FREQUENCY.key))
        if known
        else unknown,
        Cell(text="; ".join(found.notes)) if known else unknown,
        count_cell(panel, [held], followers),
        Cell(followers.first_day) if read else unread,
        lane_cell(followers.lane or "") if read else unread,
        Cell(text="; ".join(line.notes) or NO_NOTE_VI),
    )


def _apart(facts: Facts, day: date, window: Window | None) -> list[Block]:
    """Name what is not in the tables: accounts that went to another owner, those that ended before,
    and those of agencies below this one."""
    panel = facts.panel
    owners = {agency.id for agency in agencies_of(panel, facts.unit_id)}
    held = held_on(panel, owners, day)
    here = {one.account_id for one in held}
    found = []
    owned = periods_in(panel, owners, window) if window is not None else []
    now = panel.accounts_on(day)
    moved = [
        f"{account_id} (nay thuộc {now.at[account_id, 'agency_name']!s})"
        for account_id in sorted({str(row.account_id) for row in owned})
        if account_id not in here
    ]
    if moved:
        found.append(f"Tài khoản đã chuyển sang đơn vị khác trong khoảng này: {'; '.join(moved)}.")
    begin = window.start if window is not None else day
    ended = [
        f"{one.title} (ngày cuối {day_text(one.row.active_to)})"
        for one in held
        if one.row.active_to is not None and one.row.active_to < begin
    ]
    if ended:
        found.append(f"Tài khoản đã ngừng trước khoảng này: {'; '.join(ended)}.")
    below = subordinates_of(panel, facts.unit_id)
    named = dict.fromkeys(one.agency_name for one in held_on(panel, [row.id for row in below], day))
    if named:
        found.append(
            "Đơn vị trực thuộc có tài khoản đăng ký riêng, không tính trong các bảng này: "
            f"{'; '.join(named)}."
        )
    return [Paragraph(text, "note") for text in found]
