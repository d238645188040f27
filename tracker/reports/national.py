"""The national view of a letter: all respondents in one document for the ministry that asked.

What it ranks it ranks with intervals; what is unknown says why; who sent what stands first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from tracker.effects import PRIMARY
from tracker.letters import days_left_vi
from tracker.reports.definitions import definitions_table
from tracker.reports.filling import (
    AGENCY_SIGNATURE,
    CAPITAL_VI,
    SYNTHETIC_VI,
    as_of_text,
    captioned,
)
from tracker.reports.national_accounts import accounts_table
from tracker.reports.national_data import data_table, open_questions_table
from tracker.reports.national_facts import NATION, National
from tracker.reports.national_lacks import coverage_table, open_table
from tracker.reports.national_ranking import change_table, level_table
from tracker.reports.national_tables import programme_tables, sending_tables
from tracker.reports.origins import completed
from tracker.reports.passport import with_origins
from tracker.tables import Cell, Table, days_text, number_text, numbered, unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Document, Heading, Masthead, Paragraph
from tracker.writers.excel import write_workbook

__all__ = ["NATION", "National", "national_document", "write_national_workbook"]

NOT_READ_VI = "khoảng thời gian được hỏi chưa có ngày nào có số liệu"
MAPS_VI = {
    "63": "63 tỉnh, thành phố",
    "34": "34 tỉnh, thành phố",
    "pilot": "8 địa phương thí điểm năm 2022",
}
WORDS = (
    (
        "Hạng",
        "thứ bậc theo giá trị; ghi thành khoảng (2 - 9) khi khoảng tin cậy của các đơn vị chồng "
        "lên nhau nên chưa phân biệt được thứ bậc",
    ),
    (
        "Bình quân chung",
        "tổng tử số chia tổng mẫu số của các đơn vị được xếp, không phải trung bình của các tỷ lệ",
    ),
    ("Trung vị", "giá trị đứng giữa khi xếp các đơn vị theo thứ tự"),
    (
        "Đã gửi, đang làm, chưa làm",
        "đã gửi: có bản chính thức; đang làm: đã trả lời ít nhất một "
        "mục; chưa làm: chưa trả lời mục nào",
    ),
)


def national_document(national: National) -> Document:
    """Put the national view together, without its edition line."""
    letter, panel = national.letter, national.panel
    mark = SYNTHETIC_VI if panel.synthetic else ""
    blocks: list[Block] = [
        *_sending(national),
        *_programmes(national),
        *_accounts(national),
        *_rankings(national),
        *_coverage(national),
        Heading(1, "{}. Nội dung còn trống"),
        numbered(open_table(national)),
    ]
    document = Document(
        stem=f"{'gia-lap_' if mark else ''}{letter.id}_toan-quoc",
        masthead=_masthead(national),
        kind="BÁO CÁO TỔNG HỢP",
        subject=letter.subject_vi,
        period=f"{letter.period_vi} (theo công văn số {letter.number}); {_whom(national)}",
        addressee=f"Kính gửi: {letter.addressee_on(national.on).name_vi}",
        as_of=panel.last_night,
        as_of_line=as_of_text(panel.last_night),
        edition_line="",
        blocks=tuple(captioned(_sections(blocks))),
        definitions=_definitions(),
        signature=AGENCY_SIGNATURE,
        recipients=("- Như trên;", "- Lưu: VT."),
        mark=mark,
    )
    return with_origins(completed(panel, document))


def _sections(blocks: list[Block]) -> list[Block]:
    """Number the sections in their order."""
    done: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            number = sum(isinstance(one, Heading) and one.level == 1 for one in done) + 1
            block = replace(block, text=block.text.format(number))
        done.append(block)
    return done


def _whom(national: National) -> str:
    if national.of_localities:
        return MAPS_VI[national.map_name]
    return f"{number_text(len(national.names))} cơ quan"


def _masthead(national: National) -> Masthead:
    """Head the document with the ministry that asked, as it is named on the day: `Bộ (Cục)`."""
    name = national.letter.addressee_on(national.on).name_vi
    found = re.fullmatch(r"(.+?)\s*\((.+)\)", name)
    superior, issuer = (found[1], found[2]) if found else ("", name)
    return Masthead(
        issuer=(issuer.upper(),),
        number="Số: …/BC-…",
        place=f"{CAPITAL_VI}, ngày … tháng … năm {national.on.year}",
        superior=(superior.upper(),) if superior else (),
    )


def _sending(national: National) -> list[Block]:
    letter = national.letter
    sent = sum(one.state == "sent" for one in national.statuses)
    words = (
        f"Hạn gửi báo cáo theo công văn số {letter.number}: {letter.deadline_vi} "
        f"({days_left_vi(letter, national.on)}). Đến ngày {day_text(national.on)}: "
        f"{number_text(sent)}/{number_text(len(national.names))} đơn vị đã gửi."
    )
    tables = [numbered(table) for table in sending_tables(national)]
    return [Heading(1, "{}. Tình hình gửi báo cáo"), Paragraph(words), *tables]


def _programmes(national: National) -> list[Block]:
    tables = programme_tables(national)
    if not tables:
        return []
    head = Heading(1, "{}. Tình hình xây dựng Kế hoạch/Chương trình")
    return [head, *[numbered(table) if table.code else table for table in tables]]


def _accounts(national: National) -> list[Block]:
    if all(field.block != "accounts" for field in national.letter.fields):
        return []
    head = Heading(1, "{}. Hoạt động trên mạng xã hội của các đơn vị")
    if national.window is None:
        return [head, Paragraph(f"Tài khoản của các đơn vị: {unknown_text(NOT_READ_VI)}.")]
    return [head, numbered(accounts_table(national, national.window))]


def _rankings(national: National) -> list[Block]:
    head = Heading(1, "{}. Xếp hạng theo chỉ số chính")
    if national.window is None:
        return [head, Paragraph(f"Xếp hạng: {unknown_text(NOT_READ_VI)}.")]
    blocks: list[Block] = [head]
    for indicator in PRIMARY:
        blocks.append(numbered(level_table(national, indicator, national.window)))
        changes = change_table(national, indicator)
        blocks += [] if changes is None else [numbered(changes)]
    return blocks


def _coverage(national: National) -> list[Block]:
    head = Heading(1, "{}. Độ phủ số liệu")
    if national.window is None:
        return [head, Paragraph(f"Độ phủ: {unknown_text(NOT_READ_VI)}.")]
    return [head, numbered(coverage_table(national, national.window))]


def _definitions() -> Table:
    table = definitions_table()
    rows = tuple((Cell(text=word), Cell(text=meaning)) for word, meaning in WORDS)
    return replace(table, rows=(*rows, *table.rows))


def write_national_workbook(national: National, document: Document, path: Path) -> None:
    """Write the analyst's workbook: the tables of the document, then every number and every open
    question on lines of their own, definitions, origins."""
    extra = (data_table(national), open_questions_table(national))
    window = national.window
    days = f"; {days_text(window.start, window.last_day)}" if window else ""
    write_workbook(
        (*document.tables, *extra),
        path,
        title=document.title,
        subject=f"{document.mark} {document.period}{days}".strip(),
        as_of_line=f"{document.as_of_line}. {document.edition_line}",
        made_on=document.as_of,
        mark=document.mark,
        author=" ".join(document.masthead.issuer),
        definitions=document.definitions,
        passport=document.passport,
    )
