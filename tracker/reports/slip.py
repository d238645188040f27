"""The reconciliation slip of one office: what we read, what it declared, where they differ, with
boxes to tick. One page; the workbook beside it comes back through `tracker import history`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.platforms import PLATFORMS
from tracker.reports.definitions import definitions_table
from tracker.reports.filling import (
    CAPITAL_VI,
    SYNTHETIC_VI,
    captioned,
)
from tracker.reports.measured import FOLLOWERS_VI
from tracker.reports.origins import completed
from tracker.reports.outcomes import STATUSES_VI, period_text
from tracker.reports.passport import lane_text, with_origins
from tracker.reports.slip_lines import (
    CORRECTED,
    DIFFERS,
    EXPLAINED_VI,
    MISSING,
    UNCHECKED,
    VERDICTS_VI,
    SlipLine,
    slip_lines,
)
from tracker.tables import (
    COUNT,
    DAY,
    QUALIFIERS_VI,
    Cell,
    Column,
    Form,
    Origin,
    Table,
    number_text,
    numbered,
)
from tracker.text.printable import day_text
from tracker.writers import Block, Document, Masthead, Paragraph

ANSWER_VI = "☐ Đúng  ☐ Sai: ………\nMinh chứng: …………"
DECLARED_ANSWER_VI = "☐ Đúng  ☐ Sai: ………"
NEW_VI = "Số đúng: ……………\nMinh chứng: …………"
DONE_VI = "không cần trả lời"
ASK_VI = "Đề nghị kiểm tra, đánh dấu từng dòng, ký và gửi lại kèm tệp Excel đã điền."
SIGNATURE = ("CHỨC VỤ CỦA NGƯỜI KÝ", "(Chữ ký, dấu của cơ quan)")
NUMBER_COLUMNS = (
    Column("Tài khoản", width=1.25),
    Column("Số đếm, nguồn", width=1.4),
    Column("Ngày", DAY, width=1.05),
    Column("Số đang giữ", COUNT, width=0.95),
    Column("Đối chiếu", width=0.9),
    Column("Đơn vị trả lời (nếu sai: số đúng)", width=2.15),
)
DECLARED_COLUMNS = (
    Column("Nội dung đã khai", width=2.0),
    Column("Kỳ, mục", width=0.85),
    Column("Số liệu", COUNT, width=1.1),
    Column("Nguồn, minh chứng", width=1.9),
    Column("Đơn vị trả lời", width=2.0),
)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that an office answered to a letter: where, its words and its evidence."""

    letter: str
    title: str
    text: str
    evidence: str


@dataclass(frozen=True)
class Slip:
    """One slip: whose it is, what it asks, and the document that is printed."""

    agency_id: str
    office: str
    lines: tuple[SlipLine, ...]
    document: Document


def make_slip(panel: Panel, agency_id: str, on: date, said: Sequence[Said] = ()) -> Slip:
    """Make the slip of one office as of the panel's last night; `said` are its answers to letters.

    `on` is the day of the slip.
    """
    agency = next(row for row in rows_of(panel.agencies) if row.id == agency_id)
    office = str(agency.name_vi)
    lines = tuple(slip_lines(panel, agency_id))
    mark = SYNTHETIC_VI if panel.synthetic else ""
    blocks: list[Block] = [Paragraph(ASK_VI), numbered(_numbers_table(panel, lines))]
    declared = _declared_table(panel, agency_id, agency.locality_id, said)
    blocks += [] if declared is None else [numbered(declared)]
    blocks += [
        Paragraph(f"Còn thiếu: {'; '.join(missing)}.") for missing in [_missing(lines)] if missing
    ]
    place = panel.localities["name_vi"].get(agency.locality_id, CAPITAL_VI)
    document = Document(
        stem=f"{'gia-lap_' if mark else ''}phieu-doi-soat_{agency_id}",
        masthead=Masthead((office.upper(),), "Số: …/…", f"{place}, ngày … tháng … năm {on.year}"),
        kind="PHIẾU ĐỐI SOÁT SỐ LIỆU",
        subject=f"Tài khoản mạng xã hội của {office}",
        period="",
        addressee="Kính gửi: Cơ quan quản lý hệ thống theo dõi",
        as_of=panel.last_night,
        as_of_line=f"Số liệu tính đến ngày {day_text(panel.last_night)}",
        edition_line="",
        blocks=tuple(captioned(blocks)),
        definitions=definitions_table(),
        signature=SIGNATURE,
        recipients=("- Như trên;", "- Lưu: VT."),
        mark=mark,
    )
    return Slip(
        agency_id, office, lines, replace(with_origins(completed(panel, document)), annex=())
    )


def _numbers_table(panel: Panel, lines: Sequence[SlipLine]) -> Table:
    rows = tuple(_number_row(panel, line) for line in lines)
    if not rows:
        unknown = Cell(reason="chưa đăng ký tài khoản nào đang hoạt động")
        rows = ((Cell(text="Mạng xã hội"), *[unknown] * (len(NUMBER_COLUMNS) - 1)),)
    return Table(
        "D",
        "Bảng số liệu của từng tài khoản",
        NUMBER_COLUMNS,
        rows,
        notes=(EXPLAINED_VI,) if lines else (),
        merged=1,
    )


def account_title(line: SlipLine) -> str:
    """Write the account of a line as its office knows it."""
    return f"{PLATFORMS[line.platform].title}: {line.handle or line.account_id}"


def _number_row(panel: Panel, line: SlipLine) -> tuple[Cell, ...]:
    basis = panel.basis_of(line.account_id, line.lane)
    origin = Origin(
        account=line.account_id,
        platform=PLATFORMS[line.platform].title,
        lane=line.lane,
        metric=FOLLOWERS_VI if line.metric == "followers" else line.metric_vi,
        first_day=line.day,
        last_day=line.day,
        readings=1,
        step=float(line.step),
        basis=basis.title_vi,
        key=line.metric,
    )
    known = Cell(
        line.value,
        step=float(line.step) if line.step > 1 else None,
        qualifier=line.qualifier if line.qualifier in QUALIFIERS_VI else "exact",
        reason="chưa đọc được, chưa khai",
        origin=origin,
    )
    answer = NEW_VI if line.value is None else DONE_VI if line.settled else ANSWER_VI
    return (
        Cell(text=account_title(line)),
        Cell(text=f"{line.metric_vi} ({lane_text(line.lane)})"),
        Cell(line.day),
        known,
        Cell(text=verdict_text(line)),
        Cell(text=answer),
    )


def verdict_text(line: SlipLine) -> str:
    """Say whether the sources of a number agree, and what corrected it."""
    words = VERDICTS_VI[line.verdict]
    if line.verdict == CORRECTED:
        words = f"{words} ({line.correction})"
    if line.further:
        words = f"{words}; còn {number_text(line.further)} ngày khác cũng lệch"
    return words


def _declared_table(
    panel: Panel, agency_id: str, locality_id: str | None, said: Sequence[Said]
) -> Table | None:
    """Print what was declared beside the accounts: outcomes, of the committee's slip only, and
    answers with numbers; None where there is nothing."""
    rows = []
    if locality_id is not None and agency_id == f"ubnd-{locality_id}":
        rows = [_outcome_row(row) for row in _newest_outcomes(panel, locality_id)]
    for one in said:
        if any(sign.isdigit() for sign in one.text):
            unknown = Cell(reason="không nêu minh chứng")
            evidence = Cell(text=one.evidence) if one.evidence else unknown
            where = Cell(text=f"Công văn {one.letter}")
            rows.append(
                (
                    Cell(text=one.title),
                    where,
                    Cell(text=one.text),
                    evidence,
                    Cell(text=DECLARED_ANSWER_VI),
                )
            )
    if not rows:
        return None
    return Table("V", "Bảng số liệu khác đơn vị đã khai", DECLARED_COLUMNS, tuple(rows))


def _newest_outcomes(panel: Panel, locality_id: str) -> list[Any]:
    """Give the last vintage of the last period of each statistic of a locality."""
    newest: dict[tuple[str, str], Any] = {}
    for row in rows_of(panel.outcomes):
        if row.locality_id != locality_id:
            continue
        key = (row.indicator, row.definition)
        order = (str(row.period), row.published_on or date.min)
        held = newest.get(key)
        if held is None or (str(held.period), held.published_on or date.min) <= order:
            newest[key] = row
    return [newest[key] for key in sorted(newest)]


def _outcome_row(row: Any) -> tuple[Cell, ...]:
    value = None if row.value is None else float(row.value)
    decimals = 0 if value is None or value.is_integer() else 1
    published = row.published_on
    day = f", {day_text(published)}" if published and published.year > 1970 else ""
    status = STATUSES_VI.get(row.status, "không rõ tính chất")
    source = f"{row.publisher}{day}"
    return (
        Cell(text=f"{row.definition}, {status} ({row.unit})"),
        Cell(text=period_text(str(row.period))),
        Cell(
            value,
            qualifier=row.qualifier if row.qualifier in QUALIFIERS_VI else "exact",
            form=Form("number", decimals),
            reason="nguồn không ghi con số",
            origin=Origin(metric=row.definition, lane="declared", source=source),
        ),
        Cell(text=source),
        Cell(text=DECLARED_ANSWER_VI),
    )


def _missing(lines: Sequence[SlipLine]) -> list[str]:
    """List what an office still has to send, in words."""
    wanted = (
        (MISSING, "chưa có số nào của"),
        (DIFFERS, "cần trả lời số nào đúng của"),
        (UNCHECKED, "chưa có số khai cùng ngày của"),
    )
    found = []
    for verdict, words in wanted:
        titles = dict.fromkeys(
            PLATFORMS[line.platform].title for line in lines if line.verdict == verdict
        )
        if titles:
            found.append(f"{words} {', '.join(titles)}")
    return found
