"""The two charts of a locality: followers, and interactions per post at equal age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tracker.charts import MOST_LINES, Chart, Line, Mark
from tracker.effects import AccountRow
from tracker.panel import Panel
from tracker.periods import Window, date_of, day_number
from tracker.platforms import PLATFORMS, platform_named
from tracker.reports.marks import break_marks, event_marks, shaded, start_marks

HOLE_FACTOR = 3
SHORTEST_HOLE_DAYS = 21
"""A line is broken where two points lie further apart than this and than three usual distances."""
FEWEST_POSTS = 3
"""A month with fewer posts of known interactions has no mean worth drawing."""


def followers_chart(
    panel: Panel,
    accounts: Sequence[AccountRow],
    locality_id: str,
    start: date | None,
    window: Window,
) -> Chart | None:
    """Draw the followers of each account, a point a week; None where nothing is known.

    Accounts whose terms allow no more than single levels (YouTube `key_30d`) are left out.
    """
    drawable = [one for one in accounts if _may_be_drawn(panel, one)]
    largest = sorted(drawable, key=lambda one: -(one.followers_last.value or 0))[:MOST_LINES]
    lines = []
    for account in sorted(largest, key=lambda one: one.account_id):
        line = _weekly(_label(account), _readings(panel, account), window)
        if line.days:
            held = _terms(panel, account, _lanes(panel, account))
            lines.append(replace(line, account=account.account_id, basis=held))
    if not lines:
        return None
    return Chart(
        "followers",
        "Biểu đồ người theo dõi của từng tài khoản",
        "tài khoản theo dõi",
        tuple(lines),
        tuple(_marks(panel, accounts, locality_id, start, window)),
        shaded((gap for account in accounts for gap in account.gaps), window),
    )


def _may_be_drawn(panel: Panel, account: AccountRow) -> bool:
    return all(panel.basis_of(account.account_id, lane).derived for lane in _lanes(panel, account))


def _lanes(panel: Panel, account: AccountRow) -> list[str]:
    """List the lanes compared, else all."""
    return account.lane.split("+") if account.lane else panel.lanes(account.account_id)


def _terms(panel: Panel, account: AccountRow, lanes: Sequence[str]) -> str:
    """Name the terms the numbers of an account are held under."""
    titles = [panel.basis_of(account.account_id, lane).title_vi for lane in lanes]
    return ", ".join(dict.fromkeys(titles))


def _label(account: AccountRow) -> str:
    return f"{PLATFORMS[account.platform].title}: {account.handle or account.account_id}"


def _readings(panel: Panel, account: AccountRow) -> pd.Series:
    """Give the known followers in the lane compared, else in the lane with most readings."""
    known = [
        panel.series(account.account_id, "followers", lane).dropna()
        for lane in _lanes(panel, account)
    ]
    return max(known, key=len, default=pd.Series(dtype=float, index=pd.DatetimeIndex([])))


def _weekly(name: str, readings: pd.Series, window: Window) -> Line:
    """Take the last reading of each week; put a hole where readings lie too far apart."""
    days = readings.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    first, end = day_number(window.start), day_number(window.end)
    inside = (days >= first) & (days < end)
    days, values = days[inside], readings.to_numpy(dtype=float)[inside]
    if not len(days):
        return Line(name, (), ())
    weeks = days // 7
    last = np.flatnonzero(np.append(weeks[1:] != weeks[:-1], True))
    days, values = days[last], values[last]
    apart = np.diff(days)
    usual = float(np.median(apart)) if len(apart) else 7.0
    holes = np.flatnonzero(apart > max(SHORTEST_HOLE_DAYS, HOLE_FACTOR * usual)) + 1
    dates = [date_of(int(day)) for day in days]
    numbers: list[float | None] = [float(value) for value in values]
    for place in reversed(holes.tolist()):
        dates.insert(place, dates[place - 1] + timedelta(days=1))
        numbers.insert(place, None)
    return Line(name, tuple(dates), tuple(numbers))


def _marks(
    panel: Panel,
    accounts: Sequence[AccountRow],
    locality_id: str,
    start: date | None,
    window: Window,
) -> list[Mark]:
    platforms = dict.fromkeys(account.platform for account in accounts)
    breaks = [one for name in platforms for one in panel.breaks_of(name, "account", "followers")]
    return [
        *start_marks(start, window),
        *event_marks(panel, [locality_id], [one.account_id for one in accounts], window),
        *break_marks(breaks, window),
    ]


def monthly_interactions(
    panel: Panel, accounts: Sequence[AccountRow], window: Window
) -> dict[str, list[tuple[date, float | None, int]]]:
    """Give per account the mean interactions per post at age 7 days, month by month of publication.

    Each entry is (first day of the month, mean or None, posts with known interactions). Accounts
    whose terms forbid derived numbers are left out.
    """
    found = {}
    for account in accounts:
        for lane, covered in panel.posts_lanes(account.account_id)[:1]:
            start, end = max(covered.start, window.start), min(covered.end, window.end)
            if start >= end or not panel.basis_of(account.account_id, lane).derived:
                continue
            posts = panel.posts(account.account_id, Window(start, end))
            found[account.account_id] = _by_month(posts)
    return found


def _by_month(posts: pd.DataFrame) -> list[tuple[date, float | None, int]]:
    months = posts.index.to_numpy().astype("datetime64[M]").astype(np.int64)
    first = int(months[0])
    counts = np.bincount(months - first, weights=posts["posts_day7"].to_numpy())
    sums = np.bincount(months - first, weights=posts["interactions"].to_numpy())
    return [
        (
            date(1970 + (first + number) // 12, (first + number) % 12 + 1, 1),
            float(total / count) if count >= FEWEST_POSTS else None,
            int(count),
        )
        for number, (count, total) in enumerate(zip(counts, sums, strict=True))
    ]


def interactions_chart(
    monthly: dict[str, list[tuple[date, float | None, int]]],
    accounts: Sequence[AccountRow],
    start: date | None,
    window: Window,
) -> Chart | None:
    """Draw the monthly interactions per post of each account; None where nothing is known."""
    lines = [
        Line(
            _label(account),
            tuple(day for day, _, _ in monthly[account.account_id]),
            tuple(value for _, value, _ in monthly[account.account_id]),
            account.account_id,
            platform_named(account.platform).basis(account.basis).title_vi,
        )
        for account in accounts
        if any(value is not None for _, value, _ in monthly.get(account.account_id, []))
    ][:MOST_LINES]
    if not lines:
        return None
    marks = tuple(start_marks(start, window))
    return Chart(
        "interactions",
        "Biểu đồ số tương tác trung bình mỗi bài ở 7 ngày tuổi, theo tháng đăng",
        "tương tác mỗi bài",
        tuple(lines),
        marks,
        decimals=1,
    )
