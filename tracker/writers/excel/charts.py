"""Charts of a workbook: Excel's own, drawn from a sheet of their numbers; pictures of the others.

Series and rankings are Excel's own charts; what Excel has no kind of chart for (bands, placebos,
event studies) is a picture, and its numbers stand in the same sheet.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from xlsxwriter.utility import xl_range_formula

from tracker.charts import AnyChart, Chart, Line, RankingChart, picture
from tracker.charts.shapes import ACTUAL, COLOURS, MARK_COLOURS, OWN
from tracker.tables import Cell, Column, Table, cell_text
from tracker.text.printable import clean
from tracker.writers.chart_data import chart_table
from tracker.writers.excel.book import Book, height

CHARTS_VI, NUMBERS_VI = "Biểu đồ", "Dữ liệu biểu đồ"
ROWS_HIGH = 26
"""Rows that a picture or a chart of series takes."""
WIDE, HIGH = 850, 440
"""Pixels."""
DASHES = ("solid", "dash", "round_dot", "dash_dot", "long_dash", "long_dash_dot", "square_dot")
MARKERS = ("circle", "square", "diamond", "triangle", "x", "star", "plus")
MARK_VI = "Mốc"
LONGEST_NAME = 200
ENDS = 6
"""The column of the numbers' sheet where the reach of intervals stands, for Excel's error bars."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the numbers of a chart stand: first row, number of rows."""

    sheet: str
    row: int
    rows: int

    def cells(self, column: int) -> list[Any]:
        """Name the cells of one column as xlsxwriter wants them."""
        return [self.sheet, self.row, column, self.row + max(self.rows, 1) - 1, column]


def chart_sheets(book: Book, charts: Sequence[AnyChart]) -> None:
    """Write the sheet of charts and the sheet of their numbers; nothing without charts."""
    if not charts:
        return
    sheet, numbers = book.sheet(CHARTS_VI), book.sheet(NUMBERS_VI)
    bold = book.look(bold=True)
    row = 0
    if book.labels.mark:
        sheet.write_string(row, 0, clean(book.labels.mark), bold)
        numbers.write_string(row, 0, clean(book.labels.mark), bold)
        row = 2
    below = row
    pages = []
    for chart in charts:
        table = chart_table(chart)
        if chart is not charts[0]:
            pages.append(row)
        place = _write_numbers(book, numbers, below, table, chart)
        marks = len(chart.marks) if isinstance(chart, Chart) else 0
        below = place.row + max(place.rows, 2 * marks) + 3
        sheet.write_string(row, 0, clean(chart.title), bold)
        row += 1 + _insert(book, sheet, row + 1, chart, place)
    sheet.set_h_pagebreaks(pages)
    numbers.set_column(0, 0, 24)
    numbers.set_column(1, 12, 18)


def _write_numbers(book: Book, sheet: Any, row: int, table: Table, chart: AnyChart) -> _Place:
    """Write the numbers of a chart; unknown ones stay empty so that the line has a hole there."""
    sheet.write_string(row, 0, clean(table.title), book.look(bold=True))
    head = book.look(bold=True, text_wrap=True, border=1, bg_color="#E7E6E6", align="center")
    sheet.set_row(row + 1, height([(column.heading, 18) for column in table.columns]))
    for at, column in enumerate(table.columns):
        sheet.write_string(row + 1, at, clean(column.heading), head)
    for number, cells in enumerate(table.rows, start=row + 2):
        for at, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            _write_number(book, sheet, (number, at), cell, column)
    found = _Place(sheet.get_name(), row + 2, len(table.rows))
    if isinstance(chart, Chart):
        _write_marks(book, sheet, found, chart)
    elif isinstance(chart, RankingChart):
        _write_ends(book, sheet, found, chart)
    return found


def _write_number(book: Book, sheet: Any, at: tuple[int, int], cell: Cell, column: Column) -> None:
    if cell.value is None and not cell.text:
        sheet.write_blank(*at, None, book.look(border=1))
    elif cell.text:
        sheet.write_string(*at, clean(cell_text(cell, column)), book.look(border=1))
    elif isinstance(cell.value, date):
        look = book.look(border=1, num_format="dd/mm/yyyy")
        sheet.write_datetime(*at, datetime.combine(cell.value, time(0)), look)
    elif cell.value is not None:
        digits = "#,##0" + ("." + "0" * column.form.decimals if column.form.decimals else "")
        sheet.write_number(*at, cell.value, book.look(border=1, num_format=digits))


def _write_marks(book: Book, sheet: Any, place: _Place, chart: Chart) -> None:
    """Write beside the numbers the two ends of the upright line of each mark."""
    low, high = _span(chart)
    at = len(chart.lines) + 2
    day = book.look(border=1, num_format="dd/mm/yyyy")
    for number, mark in enumerate(chart.marks):
        row = place.row + 2 * number
        sheet.write_string(row, at, clean(f"{MARK_VI}: {mark.text}"), book.look(border=1))
        for down, level in enumerate((low, high)):
            sheet.write_datetime(row + down, at + 1, datetime.combine(mark.day, time(0)), day)
            sheet.write_number(row + down, at + 2, level, book.look(border=1))


def _write_ends(book: Book, sheet: Any, place: _Place, chart: RankingChart) -> None:
    """Write beside the numbers how far each interval reaches below and above its value."""
    head = book.look(bold=True, text_wrap=True, border=1, bg_color="#E7E6E6", align="center")
    for at, title in enumerate(("Từ cận dưới đến giá trị", "Từ giá trị đến cận trên")):
        sheet.write_string(place.row - 1, ENDS + at, title, head)
    for row, unit in enumerate(chart.ordered, start=place.row):
        if unit.value is None or unit.low is None or unit.high is None:
            continue
        for at, reach in enumerate((unit.value - unit.low, unit.high - unit.value)):
            sheet.write_number(row, ENDS + at, max(reach, 0.0), book.look(border=1))


def _span(chart: Chart) -> tuple[float, float]:
    known = [value for line in chart.lines for value in line.values if value is not None]
    return (min(known), max(known)) if known else (0.0, 1.0)


def _insert(book: Book, sheet: Any, row: int, chart: AnyChart, place: _Place) -> int:
    """Put one chart into the sheet and give the rows it takes."""
    alt = {"description": chart.alt_text[:2000], "object_position": 1}
    if isinstance(chart, Chart) and place.rows:
        sheet.insert_chart(row, 0, _series(book, chart, place), alt)
        return ROWS_HIGH
    if isinstance(chart, RankingChart) and place.rows:
        high = 160 + 22 * place.rows
        drawn = _ranking(book, chart, place)
        drawn.set_size({"width": WIDE, "height": high})
        sheet.insert_chart(row, 0, drawn, alt)
        return 3 + high // 20
    image = io.BytesIO(picture(chart, book.labels.mark))
    sheet.insert_image(row, 0, "chart.png", {"image_data": image, **alt})
    return ROWS_HIGH


def _titled(book: Book, drawn: Any, chart: AnyChart) -> None:
    mark = f"{book.labels.mark}\n" if book.labels.mark else ""
    drawn.set_title({"name": _name(f"{mark}{chart.title}"), "name_font": {"size": 11}})
    drawn.set_legend({"position": "bottom"})
    drawn.set_size({"width": WIDE, "height": HIGH})
    drawn.show_blanks_as("gap")


def _series(book: Book, chart: Chart, place: _Place) -> Any:
    """Draw lines over days; marks are upright dotted lines of their own."""
    drawn = book.book.add_chart({"type": "scatter", "subtype": "straight"})
    for number, line in enumerate(chart.lines):
        look = {"color": COLOURS[number], "width": 1.75, "dash_type": DASHES[number]}
        drawn.add_series(
            {
                "name": _name(line.name),
                "categories": place.cells(0),
                "values": place.cells(number + 1),
                "line": look,
                "marker": _marker(line, number),
            }
        )
    at = len(chart.lines) + 3
    for number, mark in enumerate(chart.marks):
        two = _Place(place.sheet, place.row + 2 * number, 2)
        drawn.add_series(
            {
                "name": _name(mark.text),
                "categories": two.cells(at),
                "values": two.cells(at + 1),
                "line": {"color": MARK_COLOURS[mark.kind], "width": 1, "dash_type": "round_dot"},
                "marker": {"type": "none"},
            }
        )
    days = [day for line in chart.lines for day in line.days]
    ends = {"min": min(days), "max": max(days)} if days else {}
    drawn.set_x_axis({"num_format": "mm/yyyy", "date_axis": True, **ends})
    drawn.set_y_axis({"name": _name(chart.unit), "num_format": "#,##0", "min": _span(chart)[0]})
    _titled(book, drawn, chart)
    return drawn


def _marker(line: Line, number: int) -> dict[str, Any]:
    """Mark the points of short lines, and of lines that have holes: a lonely point has no line."""
    if len(line.days) > 60 and None not in line.values:
        return {"type": "none"}
    colour = {"color": COLOURS[number]}
    return {"type": MARKERS[number], "size": 3, "fill": colour, "border": colour}


def _ranking(book: Book, chart: RankingChart, place: _Place) -> Any:
    """Draw a bar per unit, highest on top, with its interval; the own unit in another colour."""
    drawn = book.book.add_chart({"type": "bar"})
    own = [unit.name == chart.own for unit in chart.ordered]
    bars: dict[str, Any] = {
        "name": _name(chart.unit),
        "categories": place.cells(0),
        "values": place.cells(1),
        "fill": {"color": ACTUAL},
        "points": [{"fill": {"color": OWN}} if one else None for one in own],
        "gap": 60,
    }
    if any(unit.low is not None for unit in chart.ordered):
        bars["x_error_bars"] = {
            "type": "custom",
            "plus_values": _reference(place, ENDS + 1),
            "minus_values": _reference(place, ENDS),
        }
    drawn.add_series(bars)
    drawn.set_y_axis({"reverse": True, "label_position": "low"})
    from_zero = {"min": 0} if chart.span[0] >= 0 else {}
    axis = {"name": _name(chart.unit), "num_format": "#,##0", "label_position": "low"}
    drawn.set_x_axis({**axis, **from_zero})
    _titled(book, drawn, chart)
    drawn.set_legend({"none": True})
    return drawn


def _reference(place: _Place, column: int) -> str:
    """Write the address of the cells of one column, for what takes no list."""
    name, first, at, last, _ = place.cells(column)
    return f"={xl_range_formula(name, first, at, last, at)}"


def _name(text: str) -> str:
    """Give words that are not taken for the address of a cell, as =x!A1 and even x!A1 would be.

    Such words could name another file or a command; an unseen joiner after the sign parts them.
    """
    words = clean(text)
    words = words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
    return words.replace("!", "!\N{WORD JOINER}")
