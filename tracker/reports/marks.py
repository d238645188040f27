"""What stands along a series: starts, events and definition breaks as marks, gaps shaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from tracker.charts import Mark
from tracker.panel import Gap, Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.registry.words import EVENT_KINDS

START_VI = "Bắt đầu chương trình"
BREAK_VI = "Đổi định nghĩa"
MOST_EVENTS = 8
"""More would hide the series; the first ones are named."""
SHORTEST_SHADED_DAYS = 7


def start_marks(start: date | None, window: Window) -> list[Mark]:
    """Mark the first day of a programme, where it lies in the window."""
    return [Mark(start, START_VI, "start")] if start is not None and start in window else []


def event_marks(
    panel: Panel, localities: Collection[str], accounts: Collection[str], window: Window
) -> list[Mark]:
    """Mark the events of whole localities and of some accounts, the first ones of many."""
    rows = [
        row
        for row in rows_of(panel.events)
        if row.day in window
        and (
            row.account_id in accounts or (row.account_id is None and row.locality_id in localities)
        )
    ]
    rows.sort(key=lambda row: (row.day, row.id))
    return [
        Mark(row.day, row.note or EVENT_KINDS.get(row.kind, (row.kind,))[0], "event")
        for row in rows[:MOST_EVENTS]
    ]


def break_marks(breaks: Iterable[tuple[date, str]], window: Window) -> list[Mark]:
    """Mark the days on which a definition changed."""
    return [
        Mark(day, note or BREAK_VI, "break") for day, note in sorted(set(breaks)) if day in window
    ]


def shaded(gaps: Iterable[Gap], window: Window) -> tuple[tuple[date, date], ...]:
    """Give the gaps long enough to be seen, cut to the window, joined where they touch; days
    inclusive."""
    return joined(
        sorted(
            (max(gap.start, window.start), min(gap.last, window.last_day))
            for gap in gaps
            if (gap.last - gap.start).days >= SHORTEST_SHADED_DAYS
            and gap.start < window.end
            and gap.last >= window.start
        )
    )


def joined(ranges: Sequence[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """Join ranges of days, in order of their first day, that overlap or touch."""
    found: list[tuple[date, date]] = []
    for first, last in ranges:
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)
