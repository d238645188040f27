"""How often an account posts, in the four words of letter 1253/BTTTT-TTĐN: every day, week, month
or year."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from tracker.flows import Bools
from tracker.indicators.answers import covered_part, refused, window_of
from tracker.indicators.registry import INDICATORS, Value, window_value
from tracker.panel import Panel
from tracker.periods import Window

LEAST_WEEKS = 8
LEAST_MONTHS = 3
BUSY_DAYS = 5
"""A week counts as posted daily with posts on this many of its seven days."""
DAILY_SHARE, WEEKLY_SHARE, MONTHLY_SHARE = 0.5, 0.75, 0.75
WORDS_VI = {
    4: "hằng ngày",
    3: "hằng tuần",
    2: "hằng tháng",
    1: "hằng năm",
    0: "không đăng bài",
}
TOO_SHORT_VI = f"cần ít nhất {LEAST_WEEKS} tuần quan sát đủ để xếp mức độ đăng bài"
NO_MONTHS_VI = f"không đủ {LEAST_MONTHS} tháng quan sát tròn để phân biệt hằng tháng với hằng năm"


@window_value(
    key="posting_frequency",
    title_vi="Mức độ đăng bài",
    title_en="Frequency class of posting",
    unit_vi="mức",
    unit_en="class: 4 day, 3 week, 2 month, 1 year, 0 no post",
    formula=(
        "day: posts on at least 5 of 7 days in half of the whole weeks; else week: a post in 75 %"
        " of them; else month: a post in 75 % of the whole calendar months; else year; or no post"
    ),
    formula_vi=(
        "hằng ngày: ít nhất một nửa số tuần có bài trong ít nhất 5 ngày; hằng tuần: 75 % số tuần "
        "có bài; hằng tháng: 75 % số tháng có bài; còn lại hằng năm; không có bài nào thì ghi rõ"
    ),
    level="output",
    entity="post",
    combine="none",
    needs=("post.published_at",),
    minimum="8 whole weeks covered; to tell month from year 3 whole calendar months",
    source=(
        "own definition; the letter 1253/BTTTT-TTĐN (2019) asks for the four classes without a rule"
    ),
)
def posting_frequency(panel: Panel, account_id: str, window: Window) -> Value:
    """Class an account's posting; `text` is the word, `n` the whole weeks it rests on."""
    item = INDICATORS["posting_frequency"]
    found = covered_part(panel, item, account_id, window)
    if isinstance(found, str):
        return refused(item, found)
    posted = panel.posts(account_id, found.known)["posts"].to_numpy()[found.slice()] > 0
    weeks = len(posted) // 7
    if weeks < LEAST_WEEKS:
        return window_of(panel, item, account_id, found, None, weeks, reason=TOO_SHORT_VI)
    days = posted[: 7 * weeks].reshape(weeks, 7).sum(axis=1)
    busy, alive = int((days >= BUSY_DAYS).sum()), int((days > 0).sum())
    months = _months(posted, found.window)
    notes = (
        *found.notes(window),
        f"{busy}/{weeks} tuần có bài trong ít nhất {BUSY_DAYS} ngày; {alive}/{weeks} tuần có bài",
        f"{sum(months)}/{len(months)} tháng tròn có bài",
    )
    level = _class(busy / weeks, alive / weeks, months, any_post=bool(posted.any()))
    if level is None:
        reason = NO_MONTHS_VI
        return window_of(panel, item, account_id, found, None, weeks, notes, reason=reason)
    text = WORDS_VI[level]
    return window_of(panel, item, account_id, found, float(level), weeks, notes, text=text)


def _class(busy: float, alive: float, months: list[bool], *, any_post: bool) -> int | None:
    """Give the class, None = month and year cannot be told apart."""
    if not any_post:
        return 0
    if busy >= DAILY_SHARE:
        return 4
    if alive >= WEEKLY_SHARE:
        return 3
    if len(months) < LEAST_MONTHS:
        return None
    return 2 if sum(months) >= MONTHLY_SHARE * len(months) else 1


def _months(posted: Bools, window: Window) -> list[bool]:
    """Say for each calendar month that lies whole in a window whether it has a post."""
    found = []
    first = window.start.replace(day=1)
    while first < window.end:
        after = _next_month(first)
        if first >= window.start and after <= window.end:
            begin = (first - window.start).days
            found.append(bool(np.any(posted[begin : begin + (after - first).days])))
        first = after
    return found


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
