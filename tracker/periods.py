"""Days, nights, weeks and windows. Local time is UTC+7, fixed (Viet Nam has no summer time). Reads
no clock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

LOCAL = timezone(timedelta(hours=7), "UTC+7")
EPOCH = date(1970, 1, 1)
NIGHT_AT = time(1, 0)
RUN_IN_DAYS = 14
LATEST_AFTER = timedelta(hours=20)
"""A live reading is filed under the last scheduled night only within this time of it."""


MERGER = date(2025, 7, 1)
"""63 localities became 34 (Nghị quyết 202/2025/QH15)."""


def map_on(day: date) -> str:
    """Name the map in force on a day: `63` or `34`."""
    return "63" if day < MERGER else "34"


def day_number(day: date) -> int:
    """Count the days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """Turn days since 1970-01-01 back into a date."""
    return EPOCH + timedelta(days=int(number))


def scheduled_at(day: date, at: time = NIGHT_AT) -> datetime:
    """Give the UTC instant at which the night of `day` is scheduled; `at` is local time."""
    return datetime.combine(day, at, LOCAL).astimezone(UTC)


def last_night(now: datetime, at: time = NIGHT_AT) -> date:
    """Give the local date of the last night scheduled at or before `now` (UTC)."""
    local = now.astimezone(LOCAL)
    return local.date() if local.time() >= at else local.date() - timedelta(days=1)


def local_date(instant: datetime) -> date:
    """Give the local (UTC+7) date of a UTC instant."""
    return instant.astimezone(LOCAL).date()


def night_to_catch_up(now: datetime, at: time, finished: Collection[date]) -> date | None:
    """Give the last scheduled night if it is not finished and was due at most 20 hours ago; None
    otherwise.
    """
    day = last_night(now, at)
    if day in finished or now - scheduled_at(day, at) > LATEST_AFTER:
        return None
    return day


def missed_nights(first: date | None, last: date, known: Collection[date]) -> list[date]:
    """List the scheduled nights from `first` up to the day before `last` of which there is no
    record.
    """
    if first is None:
        return []
    days = ((first + timedelta(days=number)) for number in range((last - first).days))
    return [day for day in days if day not in known]


@dataclass(frozen=True, order=True)
class Window:
    """A half-open range of days [start, end)."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a window must end after it starts, not {self.start}..{self.end}")

    @property
    def days(self) -> int:
        """Give the length in days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """Give the last day inside: what letters and people call the end."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def weeks(self) -> list[Window]:
        """Cut into whole weeks of seven days from the start; a shorter rest is left out."""
        return [
            Window(
                self.start + timedelta(days=7 * number), self.start + timedelta(days=7 * number + 7)
            )
            for number in range(self.days // 7)
        ]


def before_after(start: date, length: int, run_in: int = RUN_IN_DAYS) -> tuple[Window, Window]:
    """Give the windows before [start - length, start) and after [start + run_in, start + run_in +
    length).
    """
    after = start + timedelta(days=run_in)
    return Window(start - timedelta(days=length), start), Window(
        after, after + timedelta(days=length)
    )


@cache
def tet_range(tet: date) -> Window:
    """Give the days left out around a Tết day: day -3 to day +6 (methods: windows)."""
    return Window(tet - timedelta(days=3), tet + timedelta(days=7))
