"""Posts against what is usual for their account: over- and under-performance at equal age.

The baseline of a post is the mean of the middle half of the account's last 100 posts of the same
kind published before it, by interactions at day 7: a quarter is left out at each end, so that one
success does not raise the bar for a year. A window is held against the posts from before it, so
that a lasting lift is not absorbed by a baseline that moves along.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tracker.flows import Floats
from tracker.indicators.answers import covered_part, refused, window_of
from tracker.indicators.equal_age import posts_at_age
from tracker.indicators.needs import break_notes
from tracker.indicators.registry import INDICATORS, Rows, Value, window_rows, window_value
from tracker.panel import Panel
from tracker.periods import Window, date_of, day_number

SOURCE = "own definition, after the usual-posts baseline of CrowdTangle"
LAST_POSTS = 100
LEAST_POSTS = 10
"""Fewer known posts of the same kind are no baseline."""
NO_BASELINE_VI = f"chưa đủ {LEAST_POSTS} bài cùng loại có số tương tác ở ngày thứ 7 để làm mức nền"
NO_KNOWN_VI = "không có bài đăng nào có số tương tác ở ngày thứ 7 trong khoảng thời gian này"
ZERO_VI = "mức nền bằng 0 nên không có tỷ lệ"
POST_COLUMNS = ("post", "url", "published_on", "kind", "language", "interactions", "baseline", "n")


def middle_half(numbers: Floats) -> float:
    """Give the mean without the lowest and the highest quarter (rounded down); NaN without any."""
    if not len(numbers):
        return float("nan")
    out = len(numbers) // 4
    return float(np.sort(numbers)[out : len(numbers) - out].mean())


def baselines(posts: pd.DataFrame, before: int | None = None) -> tuple[Floats, Floats]:
    """Give each post's baseline and the number of posts behind it.

    `posts`: oldest first, columns `kind`, `day`, `interactions` (NaN = unknown, never part of a
    baseline). `before`: take the posts published before this day for all of them, None = those
    before each post. NaN where fewer than 10 are known.
    """
    found, behind = np.full(len(posts), np.nan), np.zeros(len(posts))
    days = posts["day"].to_numpy(dtype=np.int64)
    interactions = posts["interactions"].to_numpy(dtype=float)
    kinds = posts["kind"].astype(object).where(posts["kind"].notna(), "").to_numpy()
    for kind in sorted(set(kinds.tolist())):
        places = np.flatnonzero(kinds == kind)
        known = places[~np.isnan(interactions[places])]
        limits = places if before is None else np.searchsorted(days, [before] * len(places))
        count = np.searchsorted(known, limits, side="left")
        behind[places] = np.minimum(count, LAST_POSTS)
        found[places] = _usual(interactions[known], count)
    return found, behind


def _usual(known: Floats, count: NDArray[np.int64]) -> Floats:
    """Give the middle half of the last 100 of the first so many known numbers, for each count; NaN
    below 10."""
    found = np.full(len(count), np.nan)
    full = count >= LAST_POSTS
    if full.any():
        ends, place = np.unique(count[full], return_inverse=True)
        last = sliding_window_view(known, LAST_POSTS)[ends - LAST_POSTS]
        out = LAST_POSTS // 4
        found[full] = np.sort(last, axis=1)[:, out : LAST_POSTS - out].mean(axis=1)[place]
    for number in np.unique(count[~full & (count >= LEAST_POSTS)]):
        found[count == number] = middle_half(known[:number])
    return found


@window_value(
    key="performance",
    title_vi="Mức tương tác so với mức thường thấy của tài khoản",
    title_en="Performance against the account's own baseline",
    unit_vi="lần",
    unit_en="times the baseline",
    formula=(
        "sum(I7) / sum(baseline) over the window's posts that have both; baseline = mean of the"
        " middle half of the last 100 posts of the same kind published before the window"
    ),
    formula_vi=(
        "tổng tương tác ở 7 ngày tuổi, chia cho tổng mức nền; mức nền là trung bình nửa giữa của "
        "100 bài cùng loại gần nhất đăng trước khoảng thời gian này"
    ),
    level="out-take",
    entity="post",
    combine="none",
    needs=("post.interactions", "looks"),
    minimum="10 earlier posts of the same kind with known day-7 interactions",
    source=SOURCE,
)
def performance(panel: Panel, account_id: str, window: Window) -> Value:
    """Say how many times its usual interactions an account's posts brought in a window; `n` counts
    the posts."""
    item = INDICATORS["performance"]
    found = covered_part(panel, item, account_id, window)
    if isinstance(found, str):
        return refused(item, found)
    posts = posts_at_age(panel, account_id, found.lane, found.known, 7)
    assert posts is not None, "covered_part refuses a panel without looks"
    inside = in_window(posts, found.window)
    base, _ = baselines(posts, before=day_number(window.start))
    base, interactions = base[inside], posts["interactions"].to_numpy(dtype=float)[inside]
    known, both = ~np.isnan(interactions), ~np.isnan(interactions) & ~np.isnan(base)
    notes = list(found.notes(window))
    if known.sum() > both.sum():
        notes.append(f"{int(known.sum() - both.sum())} bài để ngoài: {NO_BASELINE_VI}")
    notes += break_notes(panel, item, account_id, _rests_on(posts, window))
    total = float(base[both].sum())
    reason = None
    if not known.any():
        reason = NO_KNOWN_VI
    elif not both.any():
        reason = NO_BASELINE_VI
    elif total <= 0:
        reason = ZERO_VI
    ratio = float(interactions[both].sum()) / total if reason is None else None
    n = int(both.sum())
    return window_of(panel, item, account_id, found, ratio, n, notes, reason=reason)


@window_rows(
    key="post_performance",
    title_vi="Từng bài đăng so với mức thường thấy của tài khoản",
    title_en="Posts against the account's own baseline",
    unit_vi="lượt; lần",
    unit_en="interactions; times the baseline",
    formula=(
        "I7 / baseline of each post; baseline = mean of the middle half of the last 100 posts of"
        " the same kind published before it"
    ),
    formula_vi=(
        "tương tác ở 7 ngày tuổi của từng bài, chia cho trung bình nửa giữa của 100 bài cùng loại "
        "gần nhất đăng trước bài đó"
    ),
    level="out-take",
    entity="post",
    combine="none",
    needs=("post.interactions", "looks"),
    minimum="10 earlier posts of the same kind with known day-7 interactions, else no ratio",
    source=SOURCE,
)
def post_performance(panel: Panel, account_id: str, window: Window) -> Rows:
    """List the posts of a window, oldest first, with their interactions at day 7.

    Columns POST_COLUMNS and `ratio`: `published_on` (local date), `interactions` (NaN = unknown at
    day 7), `baseline` (NaN = too few earlier posts), `n` posts behind it, `ratio` (NaN without a
    baseline above 0).
    """
    columns = [*POST_COLUMNS, "ratio"]
    item = INDICATORS["post_performance"]
    found = covered_part(panel, item, account_id, window)
    if isinstance(found, str):
        return Rows(pd.DataFrame(columns=columns), reason=found)
    posts = posts_at_age(panel, account_id, found.lane, found.known, 7)
    assert posts is not None, "covered_part refuses a panel without looks"
    base, behind = baselines(posts)
    days = posts["day"].to_numpy(dtype="datetime64[D]")
    frame = posts.assign(published_on=days.astype(object), baseline=base, n=behind.astype(int))
    frame["ratio"] = frame["interactions"] / frame["baseline"].where(frame["baseline"] > 0)
    frame = frame.loc[in_window(posts, found.window), columns].reset_index(drop=True)
    breaks = break_notes(panel, item, account_id, _rests_on(posts, window))
    return Rows(frame, lane=found.lane, n=len(frame), notes=(*found.notes(window), *breaks))


def _rests_on(posts: pd.DataFrame, window: Window) -> Window:
    """Give the days a comparison with the posts from before a window rests on."""
    before = posts[posts["interactions"].notna() & (posts["day"] < day_number(window.start))]
    last = before.groupby("kind", dropna=False).tail(LAST_POSTS)["day"]
    return Window(date_of(int(last.min())), window.end) if len(last) else window


def in_window(posts: pd.DataFrame, window: Window) -> np.ndarray:
    """Say which posts were published in a window."""
    days = posts["day"].to_numpy(dtype=np.int64)
    inside: np.ndarray = (days >= day_number(window.start)) & (days < day_number(window.end))
    return inside
