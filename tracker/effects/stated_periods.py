"""Periods as documents write them: `2024`, `2024-05`, `2024-01..2024-05`, `2023-12-31`."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tracker.periods import Window


def earlier_period(period: str, base_year: int | None = None) -> str:
    """Write the same period a year before, or that of `base_year` (its last year is moved)."""
    years = [int(year) for year in re.findall(r"\d{4}", period)]
    back = 1 if base_year is None else max(years, default=base_year) - base_year
    return re.sub(r"\d{4}", lambda year: f"{int(year.group()) - back:04d}", period)


def period_window(period: str) -> Window | None:
    """Give the days of a year, month, day or range (`2024-01..2024-05`); None = not one of them."""
    ends = [_days(part) for part in period.split("..")]
    if len(ends) > 2 or ends[0] is None or ends[-1] is None or ends[-1].end <= ends[0].start:
        return None
    return Window(ends[0].start, ends[-1].end)


def _days(part: str) -> Window | None:
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", part.strip())
    if found is None:
        return None
    year, month, day = (int(piece) if piece else None for piece in found.groups())
    try:
        start = date(year or 0, month or 1, day or 1)
        if day is not None:
            return Window(start, start + timedelta(days=1))
        if month is None:
            return Window(start, date(start.year + 1, 1, 1))
        return Window(start, date(start.year + start.month // 12, start.month % 12 + 1, 1))
    except ValueError:
        return None
