"""The page of `tracker indicators --format html`: definition, table and charts an indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from jobs.indicating import Indicated
from jobs.indicating.choice import Place
from jobs.indicating.lines import Line, place_windows
from jobs.indicating.peers import PEER_HEADS, Compared, notes_of_peers, peer_rows, peer_texts
from jobs.indicating.table import (
    NONE_VI,
    UNIT_VI,
    note_texts,
    notes_of,
    number_cells,
    place_text,
)
from tracker.charts import Chart, Mark, Ranked, RankingChart
from tracker.charts import Line as Drawn
from tracker.effects import unit_frame
from tracker.effects.beside import PERCENT_VI
from tracker.effects.frames import GROWTH_VI
from tracker.effects.peers import standings
from tracker.errors import ConfigError
from tracker.indicators import Indicator, breaks_of
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.reports import SYNTHETIC_VI
from tracker.reports.definitions import LEVELS_VI
from tracker.reports.marks import START_VI, break_marks, event_marks, shaded
from tracker.tables import Cell, Column, Form, Table
from tracker.writers import Block, Heading, Paragraph
from tracker.writers.page import write_study

TITLE_VI = "Chỉ số của tài khoản và đơn vị"
FEWEST_MONTHS = 6
"""A window of fewer months is drawn by week."""
MOST_UNITS_DRAWN = 6
SERIES_VI = "từng đơn vị, mỗi kỳ một {}"


def write_indicators(
    found: Indicated, compared: Sequence[Compared], path: Path, *, peers: bool
) -> None:
    """Write the lines, and with `peers` each unit among its peers, as one page that works
    offline.
    """
    by_key = {one.item.key: one for one in compared}
    standing = list(peer_rows(found, compared)) if peers else []
    blocks: list[Block] = [Paragraph(note, "note") for note in notes_of(found.choice)]
    blocks += [Paragraph(place_text(place), "note") for place in found.choice.places]
    for number, item in enumerate(found.choice.items, start=1):
        blocks += [Heading(1, f"{number}. {item.title_vi} ({item.unit_vi})"), _definition(item)]
        blocks.append(_table(found, item, number))
        one = by_key.get(item.key)
        if one is not None:
            blocks += _ranking(found, one, number)
            mine = [row for row in standing if row["indicator"] == item.key]
            blocks += [_peer_table(one, mine, number)] if mine else []
        if item.shape == "series":
            blocks += _series(found, item, number)
    write_study(TITLE_VI, blocks, path, SYNTHETIC_VI if found.synthetic else "")


def _definition(item: Indicator) -> Paragraph:
    together = "" if item.combine != "none" else "; không cộng nhiều tài khoản"
    text = f"Cách tính: {item.formula_vi}{together}. Cấp đánh giá: {LEVELS_VI[item.level]}."
    return Paragraph(f"{text} Mã chỉ số: {item.key}.", "note")


def _table(found: Indicated, item: Indicator, number: int) -> Table:
    lines = [line for line in found.lines if line.row.key == item.key]
    compared = any(line.place.start is not None for line in lines)
    heads = ("Trước", "Sau, hoặc mức", "Thay đổi quan sát được") if compared else ("Mức",)
    columns = (
        Column("Đơn vị", width=1.4),
        Column("Tài khoản", width=1.6),
        *(Column(head, Form("number", 2), width=1.3) for head in heads),
        Column("Ghi chú", width=2.0),
    )
    return Table(
        code=f"I{number}",
        title=f"Bảng {number}. {item.title_vi} ({item.unit_vi})",
        columns=columns,
        rows=tuple(_row(line, compared=compared) for line in lines),
        notes=("Thay đổi quan sát được không phải là tác động.",) if compared else (),
        merged=1,
    )


def _row(line: Line, *, compared: bool) -> tuple[Cell, ...]:
    note = "; ".join(note_texts(line)) or NONE_VI
    cells = number_cells(line, compared=compared)
    who = Cell(text=line.account or UNIT_VI)
    return (Cell(text=line.place.name), who, *cells, Cell(text=note))


def _ranking(found: Indicated, one: Compared, number: int) -> list[Block]:
    """Draw the units from the highest to the lowest: those chosen, with a table of their ranks; or
    for one unit all of the map, itself marked (its ranks stand in the table of its peers).
    """
    places = [place for place in found.choice.places if not place.is_agency]
    names = _names(found)
    shown = names if len(places) == 1 else {place.unit: place.name for place in places}
    figures = {unit: figure for unit, figure in one.figures.items() if unit in shown}
    if len(figures) < 2:
        return []
    frame = standings(figures, dict.fromkeys(figures, "tất cả"))
    own = places[0].unit if len(places) == 1 and places[0].unit in figures else None
    rows = frame.to_dict("records")
    mine = next((row for row in rows if row["unit"] == own), rows[0])
    decimals = _decimals(abs(row["value"]) for row in rows)
    chart = RankingChart(
        f"ranking-{number}",
        f"{one.item.title_vi}: các đơn vị, kèm khoảng tin cậy",
        one.item.unit_vi,
        tuple(_ranked(row, shown[row["unit"]]) for row in rows),
        own=None if own is None else shown[own],
        mean=float(mine["average"]),
        mean_without=None if own is None else _known(mine["average_without_self"]),
        decimals=decimals,
    )
    if len(places) == 1:
        return [chart]
    return [chart, _rank_table(one.item, rows, shown, number, found.choice.window, decimals)]


def _names(found: Indicated) -> dict[str, str]:
    from tracker.panel.maps import crosswalk

    walk = crosswalk(found.panel, found.choice.map_name, found.choice.window.end)
    return {str(row.unit): str(row.unit_name) for row in rows_of(walk) if row.unit is not None}


def _ranked(row: Mapping[Any, Any], name: str) -> Ranked:
    low, high = _known(row["low"]), _known(row["high"])
    if low is None or high is None:
        low = high = None
    return Ranked(name, float(row["value"]), low, high)


def _known(number: float | None) -> float | None:
    return None if number is None or number != number else float(number)


def _decimals(numbers: Any) -> int:
    largest = max(numbers, default=0.0)
    return 0 if largest >= 1000 else 1 if largest >= 10 else 2


def _rank_table(
    item: Indicator,
    rows: Sequence[Mapping[Any, Any]],
    names: Mapping[str, str],
    number: int,
    window: Window,
    decimals: int,
) -> Table:
    form = Form("number", decimals)
    cells = tuple(
        (
            Cell(text=names[row["unit"]]),
            Cell(float(row["value"]), low=_known(row["low"]), high=_known(row["high"]), form=form),
            Cell(text=_rank_text(row)),
        )
        for row in rows
    )
    days = f"{window.start:%d/%m/%Y} - {window.last_day:%d/%m/%Y}"
    return Table(
        code=f"R{number}",
        title=f"Bảng {number}a. {item.title_vi}: mức và hạng, {days}",
        columns=(Column("Đơn vị", width=2.0), Column("Mức", form, item.unit_vi), Column("Hạng")),
        rows=cells,
        notes=("Hạng a–b: các khoảng tin cậy chồng lên nhau.",),
    )


def _rank_text(row: Mapping[Any, Any]) -> str:
    return f"{row['rank_from']}–{row['rank_to']}" if row["tied"] else str(row["rank_from"])


def _peer_table(one: Compared, rows: Sequence[Mapping[str, Any]], number: int) -> Table:
    return Table(
        code=f"P{number}",
        title=f"Bảng {number}b. {one.item.title_vi} ({one.item.unit_vi}): so với nhóm tương đồng",
        columns=tuple(Column(head, width=1.5) for head in PEER_HEADS),
        rows=tuple(tuple(Cell(text=text) for text in peer_texts(row)) for row in rows),
        notes=tuple(notes_of_peers(one)),
    )


# series


def _series(found: Indicated, item: Indicator, number: int) -> list[Block]:
    """Draw the units period by period, with what happened to them, and what was left out."""
    places = [place for place in found.choice.places if not place.is_agency and place.accounts]
    places = places[:MOST_UNITS_DRAWN]
    if not places:
        return []
    days = _span(found, places)
    cadence = "M" if days.days >= 28 * FEWEST_MONTHS else "W"
    accounts = {account for place in places for account in place.accounts}
    panel = _only(found.panel, accounts)
    try:
        frame, _, facts = unit_frame(
            panel, item.key, found.choice.map_name, cadence, days, tet_days=found.tet_days
        )
    except ConfigError:  # the window holds no whole period with readings
        return []
    if facts.unit_vi in GROWTH_VI.values():
        frame, facts = frame * 100, replace(facts, unit_vi=PERCENT_VI[cadence])
    drawn = [place for place in places if place.unit in frame.columns]
    if not drawn:
        return []
    periods = [one.date() for one in frame.index]
    values = {place.unit: tuple(map(_known, frame[place.unit])) for place in drawn}
    decimals = _decimals(
        abs(one) for column in values.values() for one in column if one is not None
    )
    chart = Chart(
        f"series-{number}",
        f"{item.title_vi}: {SERIES_VI.format('tuần' if cadence == 'W' else 'tháng (4 tuần)')}",
        facts.unit_vi,
        tuple(Drawn(place.name, tuple(periods), values[place.unit]) for place in drawn),
        _marks(found, item, drawn, days),
        shaded(found.panel.gaps(days, drawn[0].accounts), days) if len(drawn) == 1 else (),
        decimals=decimals,
    )
    return [chart, *(Paragraph(note, "note") for note in facts.notes)]


def _span(found: Indicated, places: Sequence[Place]) -> Window:
    """Give the days drawn: from the first to the last day any of the units is measured over."""
    windows = [window for place in places for window in place_windows(place)]
    end = min(max(one.end for one in windows), found.panel.until)
    return Window(max(min(one.start for one in windows), found.panel.first_day), end)


def _only(panel: Panel, accounts: set[str]) -> Panel:
    rows = panel.account_rows
    return replace(panel, account_rows=rows[rows["id"].isin(accounts)].reset_index(drop=True))


def _marks(
    found: Indicated, item: Indicator, places: Sequence[Place], days: Window
) -> tuple[Mark, ...]:
    starts: dict[date, list[str]] = {}
    for place in places:
        if place.start is not None and place.start in days:
            starts.setdefault(place.start, []).append(place.name)
    marks = [
        Mark(
            day,
            START_VI if len(names) == len(places) else f"{START_VI}: {', '.join(names)}",
            "start",
        )
        for day, names in sorted(starts.items())
    ]
    accounts = [account for place in places for account in place.accounts]
    units = {locality for place in places for locality in (*place.parts, place.unit)}
    breaks = [pair for account in accounts for pair in breaks_of(found.panel, item, account)]
    events = event_marks(found.panel, units, accounts, days)
    return (*marks, *events, *break_marks(breaks, days))
