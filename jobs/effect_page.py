"""The web page of `tracker effects --format html`: both layers, tables beside charts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jobs.effecting import COHORT, PRIMARY, EffectRow, Studied
from tracker.charts import (
    CounterfactualChart,
    EventPoint,
    EventStudyChart,
    Ranked,
    RankingChart,
)
from tracker.effects import Effect
from tracker.reports import SYNTHETIC_VI
from tracker.tables import COUNT, Cell, Column, Form, Table
from tracker.writers import Block, Heading, Paragraph
from tracker.writers.page import write_study

TITLE_VI = "Thay đổi quan sát được và tác động so với các địa phương tương đồng"
SIGNED = Form("number", 2, signed=True)
MOST_PATHS = 6
"""So many localities of an indicator get a chart of their own; the table has them all."""


def write_effects(studied: Sequence[Studied], path: Path, *, synthetic: bool) -> None:
    """Write the studied indicators as one page that works offline."""
    blocks: list[Block] = []
    for number, one in enumerate(studied, start=1):
        blocks += _section(one, number)
    write_study(TITLE_VI, blocks, path, SYNTHETIC_VI if synthetic else "")


def _section(one: Studied, number: int) -> list[Block]:
    facts = one.facts
    kind = "chỉ số chính, nêu trước khi xem số liệu" if facts.indicator in PRIMARY else "thăm dò"
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
    if one.cohort.known and one.cohort.by_event:
        blocks.append(_event_study(one, number))
    known = [row for row in one.rows if row.unit != COHORT and row.effect is not None]
    if known:
        blocks.append(_ranking(one, known, number))
    for row in known[:MOST_PATHS]:
        chart = _path(one, row, number)
        if chart is not None:
            blocks.append(chart)
    return blocks


def _table(one: Studied, number: int) -> Table:
    percent = "%" if one.facts.log else one.facts.unit_vi
    return Table(
        code=f"E{number}",
        title=f"Bảng {number}. {one.facts.title_vi}: hai lớp kết quả của từng địa phương",
        columns=(
            Column("Địa phương", width=2.0),
            Column("Bắt đầu"),
            Column("Thay đổi quan sát được", SIGNED, one.facts.unit_vi, 1.6),
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


def _event_study(one: Studied, number: int) -> EventStudyChart:
    return EventStudyChart(
        f"event-{number}",
        f"{one.facts.title_vi}: tác động theo khoảng cách đến ngày bắt đầu",
        "%" if one.facts.log else one.facts.unit_vi,
        tuple(
            EventPoint(
                event.event,
                _shown(event.estimate, one.cohort),
                _shown(event.low, one.cohort),
                _shown(event.high, one.cohort),
                event.treated,
            )
            for event in one.cohort.by_event
        ),
        period="tuần" if one.facts.cadence == "W" else "tháng",
        decimals=2,
    )


def _ranking(one: Studied, rows: Sequence[EffectRow], number: int) -> RankingChart:
    ordered = sorted(rows, key=lambda row: -(row.effect or 0.0))
    return RankingChart(
        f"ranking-{number}",
        f"{one.facts.title_vi}: tác động của từng địa phương, kèm khoảng tin cậy",
        "%" if one.facts.log else one.facts.unit_vi,
        tuple(Ranked(row.name, row.effect, row.low, row.high) for row in ordered),
        decimals=2,
    )


def _path(one: Studied, row: EffectRow, number: int) -> CounterfactualChart | None:
    found = one.units[row.unit]
    if not found.path or row.start is None:
        return None
    return CounterfactualChart(
        f"path-{number}-{row.unit}",
        f"{row.name}: {one.facts.title_vi}, thực tế và đối chứng",
        one.facts.unit_vi,
        tuple(_day(point.period) for point in found.path),
        tuple(_level(point.observed, found) for point in found.path),
        tuple(_level(point.counterfactual, found) for point in found.path),
        date.fromisoformat(row.start),
        decimals=2,
    )


def _day(period: Hashable) -> date:
    found: Any = period
    day: date = found.date()
    return day


def _shown(value: float | None, found: Effect) -> float | None:
    if value is None:
        return None
    return 100 * math.expm1(value) if found.log else value


def _level(value: float | None, found: Effect) -> float | None:
    if value is None:
        return None
    return math.exp(value) if found.log else value
