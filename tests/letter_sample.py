"""A panel rich enough for every block of a letter, and what tests read of a filled document."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from panel_sample import FIRST, START, TET, UNTIL, objects, sample_panel

from tracker.indicators import LOOK_COLUMNS, with_looks
from tracker.letters import Answer, letter_named
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.reports import fill
from tracker.tables import Cell, Table, cell_text, lines_below
from tracker.writers import Document, Heading, Paragraph

ON = date(2024, 9, 20)
BEST, WORST = date(2023, 10, 10), date(2024, 3, 8)
"""Bluesky's one post that drew 400 interactions, and the one that drew 1; 40 is usual."""
WEEK_SECONDS = 7 * 86_400
TARGETS: list[dict[str, object]] = [
    {
        "indicator": "followers",
        "unit": "quang-ninh",
        "period": "2023",
        "value": 10.0,
        "basis": "% so với cùng kỳ năm trước",
        "source": "KH 5/KH-UBND",
    },
    {
        "indicator": "Số tin trên báo nước ngoài",
        "unit": "quang-ninh",
        "period": "2023",
        "value": 30.0,
        "basis": "kế hoạch",
    },
]
EVENTS: list[dict[str, object]] = [
    {
        "id": "e1",
        "day": date(2023, 3, 1),
        "locality_id": "quang-ninh",
        "kind": "campaign",
        "note": "Tuần du lịch",
        "source": "KH 2",
    },
    {"id": "e2", "day": date(2023, 8, 9), "account_id": "quangninh-bluesky", "kind": "rename"},
    {"id": "e3", "day": date(2023, 8, 9), "locality_id": "da-nang", "kind": "campaign"},
]


def rich_panel() -> Panel:
    """Two posts at 10:00 every second day from FIRST on by YouTube (videos) and Bluesky; the second
    of every other such day is English. Each draws 30 interactions before START and 40 after, but
    for BEST and WORST; YouTube's 1,000 views."""
    looks, daily = [], []
    for account, kind in (("quangninh-youtube", "video"), ("quangninh-bluesky", "post")):
        for number in range(0, (UNTIL - FIRST).days, 2):
            day = FIRST + timedelta(days=number)
            languages = ("vi", "en" if number % 4 == 0 else "vi")
            for place, language in enumerate(languages):
                drawn = _drawn(account, day, place)
                looks.append(_look(account, kind, day, place, language, drawn))
                known = (1, drawn, 0, 0.0, 1000.0, drawn / 1000)
                daily.append((account, day_number(day), kind, language, 1, *known))
    columns = "account day kind language posts posts_day7 interactions_day7 posts_views_day7"
    names = [*columns.split(), "views_day7", "followers", "post_rates_day7"]
    frame = pd.DataFrame(daily, columns=names)
    panel = replace(
        sample_panel(),
        daily=frame.groupby(["account", "day", "kind", "language"], as_index=False).sum(),
        targets=objects(TARGETS, "indicator unit period value basis source"),
        events=objects(EVENTS, "id day locality_id account_id kind note source"),
    )
    return with_looks(panel, pd.DataFrame(looks, columns=list(LOOK_COLUMNS)))


def _drawn(account: str, day: date, place: int) -> float:
    if account == "quangninh-bluesky" and place == 0 and day in (BEST, WORST):
        return 400.0 if day == BEST else 1.0
    return 40.0 if day >= START else 30.0


def _look(
    account: str, kind: str, day: date, place: int, language: str, drawn: float
) -> tuple[object, ...]:
    post = f"{account}-{day.isoformat()}-{place}"
    at = day_number(day) * 86_400 + 3 * 3_600
    url = f"https://example.org/{post}"
    shares = np.nan if kind == "video" else 0.0
    views = 1000.0 if kind == "video" else np.nan
    counts = (views, drawn, 0.0, shares, np.nan, np.nan)
    return (account, post, at, url, kind, language, 40.0, "public", at + WEEK_SECONDS, *counts)


def filled(
    letter: str,
    panel: Panel,
    unit: str,
    *,
    asked: Window | None = None,
    on: date = ON,
    answers: Sequence[Answer] = (),
) -> Document:
    """Fill a shipped letter for one respondent."""
    outline = letter_named(letter)
    return fill(outline, panel, unit, on=on, tet_days=TET, asked=asked, answers=answers)


def printed(table: Table, row: Sequence[Cell]) -> list[str]:
    """Give a row as it is printed."""
    return [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]


def table_of(document: Document, code: str) -> Table:
    """Find a table by the letter of its numbers."""
    return next(table for table in document.tables if table.code == code)


def rows_with(table: Table, *texts: str) -> list[list[str]]:
    """Find the rows that print all of some texts."""
    rows = [printed(table, row) for row in table.rows]
    return [row for row in rows if all(any(text in cell for cell in row) for text in texts)]


def words(document: Document) -> str:
    """Give everything a document prints: headings, paragraphs, tables with what stands below."""
    return "\n".join(_texts(document))


def _texts(document: Document) -> Iterator[str]:
    yield from (document.subject, document.period, document.addressee, document.as_of_line)
    for block in document.blocks:
        if isinstance(block, (Heading, Paragraph)):
            yield block.text
    for table in all_tables(document):
        yield table.title
        yield from (column.heading for column in table.columns)
        yield from (" | ".join(printed(table, row)) for row in table.rows)
        yield from lines_below(table)


def all_tables(document: Document) -> list[Table]:
    """List the tables of body and annex, the definitions and the passport."""
    annex = [block for block in document.annex if isinstance(block, Table)]
    return [*document.tables, *annex, document.definitions, document.passport]
