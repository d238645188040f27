"""The web page of `tracker effects --format html`: both layers, tables beside charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from jobs.effect_charts import event_study, ranking, unit_charts
from jobs.effecting import COHORT, EffectRow, Studied
from tracker.effects import NAMED
from tracker.reports import SYNTHETIC_VI
from tracker.tables import COUNT, Cell, Column, Form, Table
from tracker.writers import Block, Heading, Paragraph
from tracker.writers.page import write_study

TITLE_VI = "Thay đổi quan sát được và tác động so với các địa phương tương đồng"
SIGNED = Form("number", 2, signed=True)
MOST_UNITS = 3
"""So many localities of an indicator get charts of their own unless some were asked for: those of
one weigh half a megabyte."""
SERIES_NOTE_VI = (
    "Biểu đồ chuỗi số liệu: phần tô xám là kỳ không có số liệu; tuần Tết và những ngày đầu của "
    "chương trình bị bỏ theo quy tắc thì để trống, không tô."
)
BAND_NOTE_VI = (
    "Dải quanh đối chứng tính cho từng kỳ: đối chứng cộng, trừ hệ số t nhân với căn bậc hai của "
    "trung bình bình phương chênh lệch cùng kỳ ở các địa phương đối chứng, khi giả định từng nơi "
    "cũng bắt đầu vào ngày đó. Dải không dùng để kết luận về cả giai đoạn: kết luận nằm ở bảng."
)
PLACEBO_NOTE_VI = (
    "Biểu đồ giả định: đường đậm là chênh lệch giữa thực tế và đối chứng của địa phương; đường xám "
    "là chênh lệch tính theo cùng cách cho từng địa phương đối chứng; số liệu tuần được lấy trung "
    "bình từng bốn tuần, tính từ ngày bắt đầu. Tác động đáng tin phải tách khỏi các đường xám từ "
    "khi bắt đầu, và không tách trước đó."
)
MORE_NOTE_VI = (
    "Vẽ {} địa phương đầu tiên trong bảng; xem địa phương khác bằng tracker effects --locality."
)


def write_effects(studied: Sequence[Studied], path: Path, *, synthetic: bool) -> None:
    """Write the studied indicators as one page that works offline."""
    blocks: list[Block] = []
    for number, one in enumerate(studied, start=1):
        blocks += _section(one, number)
    write_study(TITLE_VI, blocks, path, SYNTHETIC_VI if synthetic else "")


def _section(one: Studied, number: int) -> list[Block]:
    facts = one.found.facts
    kind = "chỉ số chính, nêu trước khi xem số liệu" if facts.indicator in NAMED else "thăm dò"
    blocks: list[Block] = [
        Heading(1, f"{number}. {facts.title_vi} ({kind})"),
        Paragraph(
            f"Số liệu từ {facts.window.start:%d/%m/%Y} đến {facts.window.last_day:%d/%m/%Y}, "
            f"bản đồ {facts.map_name}, mỗi kỳ một {'tuần' if facts.cadence == 'W' else 'tháng'}.",
            "note",
        ),
    ]
    cohort = [row for row in one.rows if row.unit == COHORT]
    blocks += [Paragraph(row.sentence) for row in cohort]
    blocks.append(_table(one, number))
    blocks += [Paragraph(note, "note") for note in facts.notes]
    if one.found.together.known and one.found.together.by_event:
        blocks.append(event_study(one.found, number))
    units = [row for row in one.rows if row.unit != COHORT]
    known = [row for row in units if row.effect is not None]
    if known:
        blocks.append(ranking(one.found, known, number))
    drawn = _drawn(one, units)
    blocks += [Paragraph(note, "note") for note in _reading(one, drawn)]
    for row in drawn:
        blocks += [Heading(2, row.name), Paragraph(row.sentence), *unit_charts(one, row, number)]
    return blocks


def _drawn(one: Studied, rows: Sequence[EffectRow]) -> list[EffectRow]:
    """Choose the units with charts of their own: all that were asked for and have a series, else
    the first ones of the table, effects first."""
    with_series = [row for row in rows if row.unit in one.found.frame.columns]
    if one.rows[0].unit != COHORT:
        return with_series
    return sorted(with_series, key=lambda row: row.effect is None)[:MOST_UNITS]


def _reading(one: Studied, drawn: Sequence[EffectRow]) -> list[str]:
    """Say how the charts of single units are to be read, as far as there are any."""
    if not drawn:
        return []
    found = [SERIES_NOTE_VI]
    effects = [one.found.each.get(row.unit) for row in drawn]
    if any(point.low is not None for one in effects if one for point in one.path):
        found.append(BAND_NOTE_VI)
    if any(effect and effect.placebos for effect in effects):
        found.append(PLACEBO_NOTE_VI)
    if len(drawn) < sum(row.unit in one.found.frame.columns for row in one.rows):
        found.append(MORE_NOTE_VI.format(len(drawn)))
    return found


def _table(one: Studied, number: int) -> Table:
    facts = one.found.facts
    percent = "%" if facts.log else facts.unit_vi
    return Table(
        code=f"E{number}",
        title=f"Bảng {number}. {facts.title_vi}: hai lớp kết quả của từng địa phương",
        columns=(
            Column("Địa phương", width=2.0),
            Column("Bắt đầu"),
            Column("Thay đổi quan sát được", SIGNED, facts.unit_vi, 1.6),
            Column("So với địa phương tương đồng", SIGNED, percent, 1.6),
            Column("q (Benjamini-Hochberg)", Form("number", 3)),
            Column("Số địa phương đối chứng", COUNT),
            Column("Cách tính, ghi chú", width=3.0),
        ),
        rows=tuple(_cells(row) for row in one.rows if row.unit != COHORT),
        notes=(
            "Thay đổi quan sát được không phải là tác động; chỉ cột so với địa phương tương đồng "
            "mới được gọi là tác động, và chỉ khi khác với ngẫu nhiên.",
        ),
    )


def _cells(row: EffectRow) -> tuple[Cell, ...]:
    start = "" if row.start is None else f"{date.fromisoformat(row.start):%d/%m/%Y}"
    return (
        Cell(text=row.name),
        Cell(text=start or "–"),
        _number(row.observed, row.observed_low, row.observed_high, row.observed_reason),
        _number(row.effect, row.low, row.high, row.refusal),
        _number(row.q, None, None, "không áp dụng"),
        Cell(value=row.controls) if row.controls else Cell(text="–"),
        Cell(text="; ".join(part for part in (row.method, row.observed_label) if part) or "–"),
    )


def _number(value: float | None, low: float | None, high: float | None, reason: str | None) -> Cell:
    if value is None:
        return Cell(reason=reason or "không áp dụng")
    return Cell(value=value, low=low, high=high)
