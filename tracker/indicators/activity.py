"""What an account publishes, and how regularly. Source: docs/methods.md, section 5, indicator 2.

Posts of every kind count, replies too, by local day of publication; a day is known if it lies in
the days covered by the lists of posts. Deleted posts stay counted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracker.indicators.answers import covered_part, refused, window_of
from tracker.indicators.events import Events
from tracker.indicators.registry import INDICATORS, Value, indicator, window_value
from tracker.panel import Panel
from tracker.periods import Window, date_of, day_number

SOURCE = "docs/methods.md, section 5, indicator 2"
OWN = "own definition"
THURSDAY = 3
"""The weekday of day number 0, counted from Monday."""


@indicator(
    key="posts_per_week",
    title_vi="Số bài đăng mỗi tuần",
    title_en="Posts per week",
    unit_vi="bài/tuần",
    unit_en="posts per week",
    formula="7 x posts published / covered days, by publication time; deleted posts stay counted",
    formula_vi="7 × số bài đăng, chia cho số ngày quan sát được",
    level="output",
    entity="post",
    combine="sum",
    needs=("post.published_at",),
    minimum="8 valid weeks, 60 % valid weeks and 10 posts on a side, at least one post a week",
    source=SOURCE,
)
def posts_per_week(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure posts per week over the publication days that are known."""
    posts = panel.posts(account_id, covered)
    return Events(posts["posts"], posts=posts["posts"], scale=7.0)


@indicator(
    key="active_weeks",
    title_vi="Tỷ lệ tuần có bài đăng",
    title_en="Weeks with a post (regularity)",
    unit_vi="%",
    unit_en="%",
    formula="100 x weeks (Monday to Sunday) with at least one post / weeks covered whole",
    formula_vi="100 × số tuần (thứ Hai đến Chủ nhật) có bài đăng, chia cho số tuần quan sát đủ",
    level="output",
    entity="post",
    combine="ratio",
    needs=("post.published_at",),
    minimum="8 weeks and 60 % of the weeks covered whole on a side",
    source=OWN,
    interval="wilson",
)
def active_weeks(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure the share of calendar weeks with a post; a week that is not covered whole is
    unknown."""
    begin = -(day_number(covered.start) + THURSDAY) % 7
    first = day_number(covered.start) + begin
    weeks = (day_number(covered.end) - first) // 7
    if weeks < 2:
        return None
    days = panel.posts(account_id, covered)["posts"].to_numpy()
    posts = days[begin : begin + 7 * weeks].reshape(weeks, 7).sum(axis=1)
    index = pd.Index(first + 7 * np.arange(weeks))
    whole = pd.Series(1.0, index=index)
    return Events(pd.Series(posts > 0, index=index, dtype=float), whole, counted=whole, scale=100.0)


@indicator(
    key="silent_days",
    title_vi="Tỷ lệ ngày không có bài đăng",
    title_en="Days without a post",
    unit_vi="%",
    unit_en="%",
    formula="100 x covered days without a post / covered days",
    formula_vi="100 × số ngày quan sát được mà không có bài, chia cho số ngày quan sát được",
    level="output",
    entity="post",
    combine="ratio",
    needs=("post.published_at",),
    minimum="8 valid weeks and 60 % valid weeks on a side",
    source=OWN,
    interval="wilson",
)
def silent_days(panel: Panel, account_id: str, lane: str, covered: Window) -> Events | None:
    """Measure the share of covered days without a post; `n` counts the days."""
    posts = panel.posts(account_id, covered)["posts"]
    days = pd.Series(1.0, index=posts.index)
    return Events((posts == 0).astype(float), days, posts=days, counted=days, scale=100.0)


@window_value(
    key="longest_silence",
    title_vi="Khoảng lặng dài nhất",
    title_en="Longest silence",
    unit_vi="ngày",
    unit_en="days",
    formula="most days in a row without a post, inside the covered part of the window",
    formula_vi="số ngày liên tiếp nhiều nhất không có bài, trong phần quan sát được của khoảng",
    level="output",
    entity="post",
    combine="none",
    needs=("post.published_at",),
    minimum="one covered day",
    source=OWN,
)
def longest_silence(panel: Panel, account_id: str, window: Window) -> Value:
    """Find the longest run of days without a post; one that touches an end of the covered days may
    be longer, and says so."""
    item = INDICATORS["longest_silence"]
    found = covered_part(panel, item, account_id, window)
    if isinstance(found, str):
        return refused(item, found)
    posts = panel.posts(account_id, found.known)["posts"].to_numpy()
    inside = posts[found.slice()]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside == 0, [False]])))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    length, start = max(((end - start, start) for start, end in runs), default=(0, 0))
    notes = list(found.notes(window))
    if length:
        first = date_of(day_number(found.window.start) + start)
        last = date_of(day_number(found.window.start) + start + length - 1)
        notes.append(f"từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}")
        if start == 0 or start + length == len(inside):
            notes.append("chạm đầu hoặc cuối phần quan sát được: có thể dài hơn")
    return window_of(panel, item, account_id, found, float(length), len(inside), notes)
