"""The report that letter 3836/BTTTT-TTĐN asks of a locality, along the letter's own outline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tracker.charts import Chart
from tracker.effects import LocalityChanges
from tracker.letters import Answer, Field, letter_named, lines_of, questions, text_of
from tracker.panel import Panel
from tracker.periods import NIGHT_AT
from tracker.reports.channels import NOT_SENT_VI, channel_table, group_table
from tracker.reports.definitions import definitions_table
from tracker.reports.facts import Facts
from tracker.reports.measured import Measured, windows_text
from tracker.reports.outcomes import outcome_table
from tracker.reports.passport import with_origins
from tracker.reports.quality import quality_sentences, quality_table
from tracker.reports.series import extremes_table, followers_chart, interactions_chart
from tracker.tables import Cell, Column, Table, days_text, number_text, numbered, unknown_text
from tracker.text import full_name
from tracker.text.printable import day_text
from tracker.writers import Block, Document, Heading, Masthead, Paragraph

SYNTHETIC_VI = "SỐ LIỆU GIẢ LẬP – KHÔNG PHẢI SỐ LIỆU CHÍNH THỨC"
STATUS_OPTIONS = {
    "built": "Đã xây dựng",
    "in_progress": "Đang xây dựng",
    "not_built": "Chưa xây dựng",
}
NOT_ANSWERED_VI = "địa phương chưa gửi nội dung mục này"


def report_3836(
    panel: Panel,
    locality_id: str,
    *,
    on: date,
    tet_days: Iterable[date],
    answers: Iterable[Answer] = (),
    document_number: str | None = None,
    document_date: date | None = None,
) -> Document:
    """Fill the outline of letter 3836 for one locality, without its edition line.

    `on` is the day of the report: it decides the addressee. `answers` are those of this locality.
    """
    letter = letter_named("3836")
    facts = Facts(panel, letter, locality_id, on, tuple(answers), tuple(tet_days))
    blocks: list[Block] = []
    for section in letter.sections:
        blocks.append(Heading(1, f"{section.number}. {section.title_vi}"))
        for field in section.fields:
            if field.title_vi:
                blocks.append(Heading(2, field.title_vi))
            blocks += BLOCKS[field.block](facts, field)
    blocks += _quality(facts)
    mark = SYNTHETIC_VI if panel.synthetic else ""
    document = Document(
        stem=f"{'gia-lap_' if mark else ''}{letter.id}_{locality_id}",
        masthead=_masthead(facts, document_number, document_date),
        kind=letter.document_kind_vi,
        subject=letter.subject_vi,
        period=f"{letter.period_vi} (theo công văn số {letter.number})",
        addressee=f"Kính gửi: {letter.addressee_on(on).name_vi}",
        as_of=panel.last_night,
        as_of_line=_as_of(panel.last_night),
        edition_line="",
        blocks=tuple(_captioned(blocks)),
        definitions=definitions_table(),
        signature=("TM. ỦY BAN NHÂN DÂN", "(Chức vụ, chữ ký, dấu của cơ quan)"),
        recipients=("- Như trên;", "- Lưu: VT."),
        mark=mark,
    )
    return with_origins(document)


def _as_of(night: date) -> str:
    before = day_text(night - timedelta(days=1))
    return (
        f"Số liệu tính đến ngày {day_text(night)} (đêm đọc lúc {NIGHT_AT:%H:%M}, phản ánh đến hết "
        f"ngày {before})"
    )


def _masthead(facts: Facts, number: str | None, day: date | None) -> Masthead:
    name = full_name(facts.locality["kind"] or "tỉnh", facts.locality["name_vi"])
    place = name if name.startswith("Thành phố") else facts.locality["name_vi"]
    when = (
        f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"
        if day is not None
        else f"ngày … tháng … năm {facts.on.year}"
    )
    return Masthead(
        issuer=("ỦY BAN NHÂN DÂN", name.upper()),
        number=f"Số: {number or f'…/{facts.letter.symbol}'}",
        place=f"{place}, {when}",
    )


def _captioned(blocks: Sequence[Block]) -> list[Block]:
    """Number tables and charts in their order and give every number of a table its id."""
    done: list[Block] = []
    counts = {"Bảng": 0, "Biểu đồ": 0}
    for block in blocks:
        if isinstance(block, (Table, Chart)):
            word = "Bảng" if isinstance(block, Table) else "Biểu đồ"
            counts[word] += 1
            rest = block.title.removeprefix(word).strip()
            block = replace(block, title=f"{word} {counts[word]}. {rest[:1].upper()}{rest[1:]}")
        done.append(block)
    return done


# one function per kind of block


def _boxes(field: Field, chosen: str) -> Paragraph:
    """Print the choices of a field; none is ticked where nobody answered."""
    boxes = [f"{'☑' if option == chosen else '☐'} {option}" for option in field.options]
    return Paragraph("     ".join(boxes), "choice")


def _status(facts: Facts, field: Field) -> list[Block]:
    programme = facts.programme
    chosen = text_of(facts.answers, field.key)
    if programme is not None:
        chosen = STATUS_OPTIONS.get(programme.status, chosen)
    blocks: list[Block] = [_boxes(field, chosen)]
    if programme is None:
        missing = "chưa khai tên, văn bản" if chosen else "địa phương chưa khai tình hình xây dựng"
        return [*blocks, Paragraph(unknown_text(missing))]
    document = programme.document or unknown_text("chưa khai số, ngày văn bản")
    start = day_text(programme.start) if programme.start else unknown_text("chưa khai")
    blocks.append(
        Paragraph(f"Tên: {programme.title}. Văn bản: {document}. Ngày bắt đầu thực hiện: {start}.")
    )
    return blocks


def _elements(facts: Facts, field: Field) -> list[Block]:
    programme = facts.programme
    frame = facts.panel.elements
    rows = (
        list(frame[frame["programme_id"] == programme.id].itertuples(index=False))
        if programme is not None
        else []
    )
    chosen = field.options[0] if rows else text_of(facts.answers, field.key)
    blocks: list[Block] = [_boxes(field, chosen)]
    if chosen == field.options[1]:
        return blocks
    if not rows:
        return [*blocks, Paragraph(unknown_text("địa phương chưa khai yếu tố trọng tâm"))]
    lines = [
        f"- {_element_name(row)}: {row.note or unknown_text('chưa mô tả cụ thể')}" for row in rows
    ]
    return [*blocks, Paragraph("\n".join(lines))]


def _element_name(row: Any) -> str:
    """Name an element; a candidate's name is not official and is never printed."""
    if row.status == "official" or row.level == "group":
        return str(row.name_vi)
    group = f", nhóm {row.group_vi}" if row.group_vi else ""
    return f"Yếu tố mã {row.element_id}{group} (chưa có tên gọi chính thức)"


def _message(facts: Facts, field: Field) -> list[Block]:
    programme = facts.programme
    message = programme.key_message if programme is not None else None
    chosen = field.options[0] if message else text_of(facts.answers, field.key)
    blocks: list[Block] = [_boxes(field, chosen)]
    if chosen == field.options[1]:
        return blocks
    if not message:
        return [*blocks, Paragraph(unknown_text("địa phương chưa khai thông điệp"))]
    return [*blocks, Paragraph(f"Thông điệp cụ thể: “{message}”")]


def _channels(facts: Facts, field: Field) -> list[Block]:
    measured = facts.measured
    said = lines_of(facts.answers, field.key)
    panel, accounts, start = facts.panel, measured.accounts, facts.start
    drawn = (
        followers_chart(panel, accounts, facts.locality_id, start, facts.window),
        interactions_chart(facts.monthly, accounts, start, facts.window),
    )
    blocks: list[Block] = [Paragraph(_windows_sentence(measured))]
    blocks += [chart for chart in drawn if chart is not None]
    blocks.append(numbered(channel_table(panel, measured, said)))
    groups = group_table(panel, measured)
    blocks += [numbered(groups)] if groups is not None else []
    return [*blocks, *_other_channels(said, measured)]


def _windows_sentence(measured: Measured) -> str:
    if not isinstance(measured, LocalityChanges):
        return (
            "Địa phương chưa có ngày bắt đầu chương trình nên không có số liệu trước và sau; các "
            f"bảng ghi mức của khoảng {days_text(measured.window.start, measured.window.last_day)}."
        )
    start = day_text(measured.start)
    if measured.windows is None:
        return (
            f"Chương trình bắt đầu ngày {start}. Trước và sau: "
            f"{unknown_text('không đủ dữ liệu ở hai phía để lập khoảng so sánh')}."
        )
    weeks = number_text(measured.windows[0].days // 7)
    return (
        f"Chương trình bắt đầu ngày {start}. Khoảng so sánh: {windows_text(measured.windows)} "
        f"({weeks} tuần mỗi bên, để ngoài 14 ngày đầu sau khi bắt đầu và các tuần Tết). Dòng nào "
        "dùng khoảng khác thì ghi ở cột Lưu ý."
    )


OTHER_COLUMNS = (
    Column("Phương thức, kênh khác", width=1.6),
    Column("Vì sao lựa chọn", width=1.4),
    Column("Đánh giá hiệu quả", width=1.4),
    Column("Số liệu trước"),
    Column("Số liệu sau"),
    Column("Minh chứng", width=1.2),
)


def _other_channels(said: Sequence[dict[str, str]], measured: Measured) -> list[Block]:
    """Print the channels that are not registered accounts, as the locality declared them."""
    own = {one.account_id for one in measured.accounts} | {
        one.platform for one in measured.accounts
    }
    others = [line for line in said if line.get("channel", "").strip().lower() not in own]
    if not others:
        words = unknown_text(NOT_SENT_VI)
        return [Paragraph(f"Phương thức, kênh khác (báo chí, truyền hình, sự kiện …): {words}.")]
    rows = tuple(
        tuple(
            Cell(text=line.get(name, ""), reason=NOT_SENT_VI)
            for name in ("channel", "reason", "assessment", "before", "after", "evidence")
        )
        for line in others
    )
    return [Table("", "Bảng phương thức, kênh khác do địa phương khai", OTHER_COLUMNS, rows)]


def _outcomes(facts: Facts, field: Field) -> list[Block]:
    blocks: list[Block] = [numbered(outcome_table(facts.panel, facts.locality_id, facts.start))]
    said = lines_of(facts.answers, field.key)
    if said:
        columns = (Column("Nội dung", width=2), *OTHER_COLUMNS[3:])
        rows = tuple(
            tuple(
                Cell(text=line.get(name, ""), reason=NOT_SENT_VI)
                for name in ("channel", "before", "after", "evidence")
            )
            for line in said
        )
        blocks.append(Table("", "Bảng kết quả khác do địa phương khai", columns, rows))
    return blocks


def _text(facts: Facts, field: Field) -> list[Block]:
    """Print what the officer wrote; parts under headings of their own."""
    titles = dict(field.parts)
    blocks: list[Block] = []
    for question in questions(field):
        part = question.partition(".")[2]
        words = text_of(facts.answers, question) or unknown_text(NOT_ANSWERED_VI)
        if part:
            blocks.append(Heading(3, titles[part]))
        blocks.append(Paragraph(words))
    if field.key == "plan_results":
        where = "Số liệu đo được: xem mục Phương thức, kênh truyền thông bên dưới."
        blocks.append(Paragraph(where, "note"))
    if field.key == "lessons":
        extremes = extremes_table(facts.panel, facts.monthly, facts.measured.accounts)
        blocks += [numbered(extremes)] if extremes is not None else []
    return blocks


def _quality(facts: Facts) -> list[Block]:
    table = numbered(quality_table(facts.panel, facts.measured.accounts, facts.window))
    sentences = quality_sentences(facts.panel, table, facts.measured, facts.window)
    return [
        Heading(1, "Ghi chú về chất lượng số liệu"),
        Paragraph(" ".join(sentences)),
        table,
    ]


BLOCKS: dict[str, Callable[[Facts, Field], list[Block]]] = {
    "status": _status,
    "elements": _elements,
    "message": _message,
    "channels": _channels,
    "outcomes": _outcomes,
    "text": _text,
}
