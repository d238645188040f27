"""What stands below every table: its notes, what its numbers were read from, its sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from tracker.panel import LANE_ORDER, LANES_VI
from tracker.tables.shapes import Table
from tracker.tables.texts import days_text
from tracker.text.printable import whole

STEP_VI = "(±…): nền tảng làm tròn số, số thật chênh lệch chưa đến mức ghi trong ngoặc."


def lines_below(table: Table) -> tuple[str, ...]:
    """List the lines below a table in the order of print; the same in every file."""
    lines = [*table.notes, *origin_lines(table)]
    lines += [f"Nguồn: {source}" for source in table.sources]
    return tuple(whole(line) for line in lines)


def origin_lines(table: Table) -> list[str]:
    """Say which days, lanes and how many accounts (n) the numbers were read from, and what ± means.

    Nothing is said of what is not known; a table without numbers that were read says nothing.
    """
    cells = [cell for row in table.rows for cell in row if cell.is_number]
    origins = [cell.origin for cell in cells if cell.origin is not None]
    lines = []
    if facts := [
        fact
        for fact in (
            _days([one.first_day for one in origins], [one.last_day for one in origins]),
            _lanes({lane for one in origins for lane in one.lane.split("+")}),
            _accounts({name for one in origins for name in _names(one.account)}),
        )
        if fact
    ]:
        lines.append(f"Số liệu của bảng: {'; '.join(facts)}.")
    if any(cell.step is not None and cell.step > 1 for cell in cells):
        lines.append(STEP_VI)
    return lines


def _names(account: str) -> list[str]:
    return account.replace(",", " ").split()


def _days(firsts: Iterable[date | None], lasts: Iterable[date | None]) -> str:
    first = min((day for day in firsts if day is not None), default=None)
    last = max((day for day in lasts if day is not None), default=None)
    known = days_text(first, last)
    return f"đọc trong các ngày {known}" if known else ""


def _lanes(lanes: Collection[str]) -> str:
    known = [LANES_VI[lane] for lane in LANE_ORDER if lane in lanes]
    return f"nguồn đọc {', '.join(known)}" if known else ""


def _accounts(names: Collection[str]) -> str:
    return f"n = {len(names)} tài khoản" if names else ""
