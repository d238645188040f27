"""The numbers of a chart as a table: beside it on a page, behind it in a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tracker.charts import (
    AnyChart,
    Chart,
    CounterfactualChart,
    EventStudyChart,
    Line,
    PlaceboChart,
    RankingChart,
)
from tracker.tables import DAY, Cell, Column, Form, Table

NO_NUMBER_VI = "không có số liệu ngày này"
DAY_VI = "Ngày"


def chart_table(chart: AnyChart) -> Table:
    """List every number that a chart draws: a row per day, unit or event, a column per series."""
    if isinstance(chart, RankingChart):
        return _of_ranking(chart)
    if isinstance(chart, EventStudyChart):
        return _of_events(chart)
    return _over_days(chart, _lines(chart))


def _form(chart: AnyChart) -> Form:
    return Form("number", chart.decimals)


def _table(chart: AnyChart, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table("", f"Số liệu của {chart.title} ({chart.unit})", tuple(columns), tuple(rows))


def _lines(chart: Chart | CounterfactualChart | PlaceboChart) -> list[Line]:
    if isinstance(chart, Chart):
        return list(chart.lines)
    if isinstance(chart, PlaceboChart):
        return [chart.treated, *chart.placebos]
    lines = [
        Line(chart.actual_name, chart.days, chart.actual),
        Line(chart.counterfactual_name, chart.days, chart.counterfactual),
    ]
    if chart.has_band:
        lines.append(Line(f"{chart.band_name} - cận dưới", chart.days, chart.low))
        lines.append(Line(f"{chart.band_name} - cận trên", chart.days, chart.high))
    return lines


def _over_days(chart: Chart | CounterfactualChart | PlaceboChart, lines: list[Line]) -> Table:
    days: list[date] = sorted({day for line in lines for day in line.days})
    known = [dict(zip(line.days, line.values, strict=True)) for line in lines]
    unknown = Cell(reason=NO_NUMBER_VI)
    rows = [
        (Cell(day), *(unknown if (v := one.get(day)) is None else Cell(v) for one in known))
        for day in days
    ]
    form = _form(chart)
    return _table(chart, [Column(DAY_VI, DAY), *(Column(one.name, form) for one in lines)], rows)


def _of_ranking(chart: RankingChart) -> Table:
    form = _form(chart)
    columns = [Column("Đơn vị", width=2), Column(chart.unit, form)]
    columns += [Column("Cận dưới", form), Column("Cận trên", form), Column("Xếp hạng")]
    unknown, without = Cell(reason="không xếp hạng"), Cell(text="không có khoảng")
    rows = [
        (
            Cell(text=unit.name),
            unknown if unit.value is None else Cell(unit.value),
            without if unit.low is None else Cell(unit.low),
            without if unit.high is None else Cell(unit.high),
            Cell(text=rank or "không xếp hạng"),
        )
        for unit, rank in zip(chart.ordered, chart.rank_texts, strict=True)
    ]
    return _table(chart, columns, rows)


def _of_events(chart: EventStudyChart) -> Table:
    form = Form("number", chart.decimals, signed=True)
    columns = [
        Column(f"Số {chart.period} kể từ khi bắt đầu", Form("number")),
        Column("Ước lượng", form),
    ]
    columns += [Column("Cận dưới", form), Column("Cận trên", form)]
    columns.append(Column("Số đơn vị", Form("number")))
    without, unknown = Cell(text="không có khoảng"), Cell(reason="không ước lượng được")
    rows = [
        (
            Cell(point.event),
            unknown if point.value is None else Cell(point.value),
            without if point.low is None else Cell(point.low),
            without if point.high is None else Cell(point.high),
            Cell(text="không rõ") if point.units is None else Cell(point.units),
        )
        for point in chart.points
    ]
    return _table(chart, columns, rows)
