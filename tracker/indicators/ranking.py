"""The best and the worst posts and weeks of an account in a window, at equal age: evidence for the
part of a letter that is written by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracker.indicators.answers import covered_part
from tracker.indicators.needs import break_notes
from tracker.indicators.performance import NO_KNOWN_VI, POST_COLUMNS, post_performance
from tracker.indicators.registry import INDICATORS, Rows, window_rows
from tracker.panel import Panel
from tracker.periods import Window, date_of, day_number

SHOWN = 5
"""Posts or weeks on each side; fewer where a window has less than twice as many."""
TOO_FEW_VI = "cần ít nhất hai bài có số tương tác ở ngày thứ 7 để xếp thứ tự"
FEW_WEEKS_VI = "cần ít nhất hai tuần có bài và có số tương tác ở ngày thứ 7 để xếp thứ tự"
WEEK_COLUMNS = ("side", "rank", "week", "posts", "known", "interactions", "per_post")


@window_rows(
    key="best_and_worst_posts",
    title_vi="Bài đăng có nhiều và ít tương tác nhất",
    title_en="Best and worst posts at day 7",
    unit_vi="lượt",
    unit_en="interactions",
    formula=(
        "the 5 posts with the most and the 5 with the fewest I7 of those known in the window;"
        " fewer where there are not ten; ties: the older first; the baseline stands beside"
    ),
    formula_vi=(
        "5 bài có nhiều và 5 bài có ít tương tác nhất ở 7 ngày tuổi trong khoảng; bằng nhau thì "
        "bài đăng trước đứng trước; kèm mức nền của tài khoản"
    ),
    level="out-take",
    entity="post",
    combine="none",
    needs=("post.interactions", "looks"),
    minimum="two posts with known day-7 interactions",
    source="own definition",
)
def best_and_worst_posts(panel: Panel, account_id: str, window: Window) -> Rows:
    """Rank an account's posts: columns `side` (best, worst), `rank` (1 = most or fewest), then
    those of `post_performance`; `n` counts the posts ranked, a note those without a number."""
    columns = ["side", "rank", *POST_COLUMNS, "ratio"]
    found = post_performance(panel, account_id, window)
    if found.reason is not None:
        return Rows(pd.DataFrame(columns=columns), reason=found.reason)
    known = found.frame[found.frame["interactions"].notna()]
    lacking = len(found.frame) - len(known)
    notes = list(found.notes)
    if lacking:
        notes.append(f"{lacking} bài chưa có số tương tác ở ngày thứ 7, không xếp")
    frame = _both_ends(known, "interactions")[columns]
    reason = None if len(frame) else (TOO_FEW_VI if len(known) else NO_KNOWN_VI)
    return Rows(frame, reason, found.lane, len(known), tuple(notes))


@window_rows(
    key="best_and_worst_weeks",
    title_vi="Tuần có tương tác mỗi bài cao và thấp nhất",
    title_en="Best and worst weeks at day 7",
    unit_vi="lượt/bài",
    unit_en="interactions per post",
    formula=(
        "whole weeks from the start of the window by sum(I7) / posts with known I7; weeks without a"
        " post are not ranked (see silent_days)"
    ),
    formula_vi=(
        "các tuần tròn tính từ đầu khoảng, xếp theo tổng tương tác ở 7 ngày tuổi chia cho số bài; "
        "tuần không có bài thì không xếp"
    ),
    level="out-take",
    entity="post",
    combine="none",
    needs=("post.interactions",),
    minimum="two weeks with a post of known day-7 interactions",
    source="own definition",
)
def best_and_worst_weeks(panel: Panel, account_id: str, window: Window) -> Rows:
    """Rank an account's weeks: columns `side`, `rank`, `week` (first day), `posts`, `known` (posts
    with known day-7 interactions), `interactions` (their sum), `per_post`."""
    empty = pd.DataFrame(columns=list(WEEK_COLUMNS))
    item = INDICATORS["best_and_worst_weeks"]
    found = covered_part(panel, item, account_id, window)
    if isinstance(found, str):
        return Rows(empty, reason=found)
    daily = panel.posts(account_id, found.known)
    columns = [daily[name].to_numpy() for name in ("posts", "posts_day7", "interactions")]
    first = day_number(found.known.start)
    rows = []
    for week in window.weeks():
        if week.start < found.known.start or week.end > found.known.end:
            continue
        place = slice(day_number(week.start) - first, day_number(week.end) - first)
        posts, known, total = (float(column[place].sum()) for column in columns)
        if known > 0:
            rows.append((date_of(day_number(week.start)), posts, known, total, total / known))
    frame = pd.DataFrame(rows, columns=list(WEEK_COLUMNS[2:]))
    frame = frame.astype({"posts": int, "known": int})
    ranked = _both_ends(frame, "per_post")[list(WEEK_COLUMNS)]
    notes = (*found.notes(window), *break_notes(panel, item, account_id, window))
    return Rows(ranked, None if len(ranked) else FEW_WEEKS_VI, found.lane, len(frame), notes)


def _both_ends(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Take the first and the last of a list that stands in order of time, none of them twice."""
    shown = min(SHOWN, len(frame) // 2)
    order = frame[by].to_numpy(dtype=float)
    best = np.argsort(-order, kind="stable")[:shown]
    worst = np.argsort(order, kind="stable")
    worst = worst[~np.isin(worst, best)][:shown]
    ranks = np.arange(1, shown + 1)
    parts = [
        frame.iloc[places].assign(side=side, rank=ranks)
        for side, places in (("best", best), ("worst", worst))
    ]
    return pd.concat(parts, ignore_index=True)
