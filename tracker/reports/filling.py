"""Fills a letter's outline for one respondent: outline + panel + answers -> Document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tracker.charts import AnyChart
from tracker.effects import LocalityChanges
from tracker.letters import Answer, Letter
from tracker.panel import Panel
from tracker.periods import NIGHT_AT, Window
from tracker.reports.asked import limit_sentences
from tracker.reports.blocks import BLOCKS
from tracker.reports.definitions import definitions_table
from tracker.reports.edition import date_line
from tracker.reports.facts import Beside, Facts
from tracker.reports.origins import completed
from tracker.reports.quality import quality_sentences, quality_table
from tracker.tables import Table, numbered
from tracker.text.printable import day_text
from tracker.writers import Block, Document, Heading, Masthead, Paragraph

SYNTHETIC_VI = "SỐ LIỆU GIẢ LẬP – KHÔNG PHẢI SỐ LIỆU CHÍNH THỨC"
CAPITAL_VI = "Hà Nội"
"""Where central bodies sit: agencies of no locality."""
LOCALITY_SIGNATURE = ("TM. ỦY BAN NHÂN DÂN", "(Chức vụ, chữ ký, dấu của cơ quan)")
AGENCY_SIGNATURE = ("QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", "(Chữ ký, dấu của cơ quan)")


def fill(
    letter: Letter,
    panel: Panel,
    unit_id: str,
    *,
    on: date,
    tet_days: Iterable[date],
    answers: Iterable[Answer] = (),
    asked: Window | None = None,
    beside: Beside | None = None,
    document_number: str | None = None,
    document_date: date | None = None,
) -> Document:
    """Fill the outline of a letter for one respondent, without its edition line.

    `unit_id` is a locality or an agency, `on` the day of the report: it decides the addressee.
    `answers` are those of this respondent. `asked` takes the place of the letter's window.
    `beside` is shared by the reports of a run.
    """
    facts = Facts(panel, letter, unit_id, on, tuple(answers), tuple(tet_days), asked, beside)
    blocks: list[Block] = []
    for section in letter.sections:
        blocks.append(Heading(1, f"{section.number}. {section.title_vi}"))
        for field in section.fields:
            if field.title_vi:
                blocks.append(Heading(2, field.title_vi))
            blocks += BLOCKS[field.block](facts, field)
            blocks += [Paragraph(field.note_vi, "note")] if field.note_vi else []
    blocks += _quality(facts)
    mark = SYNTHETIC_VI if panel.synthetic else ""
    document = Document(
        stem=f"{'gia-lap_' if mark else ''}{letter.id}_{unit_id}",
        masthead=_masthead(facts, document_number, document_date),
        kind=letter.document_kind_vi,
        subject=letter.subject_vi,
        period=f"{_period(letter, asked)} (theo công văn số {letter.number})",
        addressee=f"Kính gửi: {letter.addressee_on(on).name_vi}",
        as_of=panel.last_night,
        as_of_line=as_of_text(panel.last_night),
        edition_line="",
        blocks=tuple(captioned(blocks)),
        definitions=definitions_table(),
        signature=LOCALITY_SIGNATURE if facts.is_locality else AGENCY_SIGNATURE,
        recipients=("- Như trên;", "- Lưu: VT."),
        mark=mark,
    )
    return completed(panel, document)


def _period(letter: Letter, asked: Window | None) -> str:
    """Name the period of the report: the letter's, or the days asked for in its place."""
    if asked is None:
        return letter.period_vi
    return f"từ ngày {day_text(asked.start)} đến ngày {day_text(asked.last_day)}"


def as_of_text(night: date) -> str:
    """Say of which night the numbers are, and up to when they count."""
    before = day_text(night - timedelta(days=1))
    return (
        f"Số liệu tính đến ngày {day_text(night)} (đêm đọc lúc {NIGHT_AT:%H:%M}, phản ánh đến hết "
        f"ngày {before})"
    )


def _masthead(facts: Facts, number: str | None, day: date | None) -> Masthead:
    name = facts.name
    if facts.is_locality:
        place = name if name.startswith("Thành phố") else facts.row["name_vi"]
        issuer: tuple[str, ...] = ("ỦY BAN NHÂN DÂN", name.upper())
    else:
        seat = facts.row["locality_id"]
        place = facts.panel.localities.at[seat, "name_vi"] if seat else CAPITAL_VI
        issuer = (name.upper(),)
    when = date_line(day) if day is not None else f"ngày … tháng … năm {facts.on.year}"
    return Masthead(
        issuer=issuer,
        number=f"Số: {number or f'…/{facts.letter.symbol}'}",
        place=f"{place}, {when}",
    )


def captioned(blocks: Sequence[Block]) -> list[Block]:
    """Number tables and charts in their order."""
    done: list[Block] = []
    counts = {"Bảng": 0, "Biểu đồ": 0}
    for block in blocks:
        if isinstance(block, (Table, AnyChart)):
            word = "Bảng" if isinstance(block, Table) else "Biểu đồ"
            counts[word] += 1
            rest = block.title.removeprefix(word).strip()
            block = replace(block, title=f"{word} {counts[word]}. {rest[:1].upper()}{rest[1:]}")
        done.append(block)
    return done


def _reported(facts: Facts) -> Window:
    """Give the days the report is about: before and after of a programme, else those asked for."""
    return facts.window if isinstance(facts.measured, LocalityChanges) else facts.asked_window


def _quality(facts: Facts) -> list[Block]:
    table = numbered(quality_table(facts.panel, facts.measured.accounts, facts.window))
    sentences = quality_sentences(facts.panel, table, facts.measured, facts.window)
    return [
        Heading(1, "Ghi chú về chất lượng số liệu"),
        Paragraph(" ".join([*limit_sentences(facts, _reported(facts)), *sentences])),
        table,
    ]
