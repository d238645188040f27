"""Observed change (layer A): before against after of one series, with an honest interval. Never an
effect.

In a notebook: `change(series, date(2022, 2, 21), kind="stock", tet_days=days)` for readings of a
counter. The rules are those of docs/methods.md, sections 5 and 6: windows of 52 whole weeks, 14
days of run-in left out, fall-backs of 26 and 12 weeks, Tết weeks left out, Welch with effective
sample size, and no number where the data do not carry one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

import pandas as pd

from tracker.effects.observed import (
    BELOW,
    INSUFFICIENT,
    NOT_COMPARED,
    OBSERVED,
    SHORT,
    Beside,
    Change,
)
from tracker.indicators.counter import Counter
from tracker.indicators.events import Events
from tracker.indicators.samples import Plan, Sample, Source, plan_for, too_slow, unit_days_of
from tracker.indicators.welch import log_ratio, mean_of, percent_change, welch, wide_hac
from tracker.periods import RUN_IN_DAYS, Window, before_after

LENGTHS = (364, 182, 84)
LEAST_WEEKS = 8
LEAST_MONTHS = 12
FULL_WEEKS = 26
LEAST_SHARE = 0.6
LEAST_POSTS = 10
LEAST_EVENTS = 1.0


def change(
    series: pd.Series,
    start: date,
    *,
    until: date | None = None,
    tet_days: Iterable[date] = (),
    kind: Literal["flow", "ratio", "stock"] = "flow",
    weights: pd.Series | None = None,
    posts: pd.Series | None = None,
    steps: pd.Series | int = 1,
    qualifiers: pd.Series | None = None,
    relative: bool = False,
    running_total: bool = False,
    scale: float = 1.0,
    breaks: Sequence[tuple[date, str]] = (),
    keep_tet: bool = False,
    least_events: float = LEAST_EVENTS,
    run_in: int = RUN_IN_DAYS,
    lengths: Sequence[int] = LENGTHS,
) -> Change:
    """Compare a series before and after a programme that began on `start`.

    `series` is indexed by date (dates, timestamps, or day numbers since 1970-01-01; local time);
    NaN = unknown.

    - `kind="stock"`: readings of a counter, such as followers, nightly or on a sheet; what is
      compared is the mean net growth per day, with `relative` in percent of the count at the
      window's start per 30 days. `steps` (rounding unit, one or per reading) and `qualifiers`
      (`exact`, `at_least`, `at_most`, `about`) say how exact the readings are; `running_total` says
      that the count can only grow.
    - `kind="flow"`: a count per period (day, week or month by the spacing of the index, which is
      the period's first day); what is compared is the mean per period times `scale` (daily posts
      with `scale=7` give posts per week).
    - `kind="ratio"`: `series` / `weights` as a ratio of sums times `scale`.

    `posts`: the posts behind each period, at least 10 a side. `until`: end (exclusive) of what may
    be used; a reading of that night still counts. `breaks`: days from which the metric means
    something else, with a Vietnamese note: a difference is never formed across one. `least_events`:
    fewer events a week than this are no basis (0 = no rule). Raises ValueError for a time that
    stands twice or a ratio without weights.
    """
    source: Source
    if kind == "stock":
        source = Counter(
            series,
            steps=steps,
            qualifiers=qualifiers,
            relative=relative,
            running_total=running_total,
        )
    elif kind == "ratio":
        if weights is None:
            raise ValueError("a ratio needs its denominators as weights")
        source = Events(series, weights, posts=posts, scale=scale)
    else:
        source = Events(series, posts=posts, scale=scale)
    return compare(
        source,
        start,
        until=until,
        tet_days=tet_days,
        breaks=breaks,
        keep_tet=keep_tet,
        least_events=least_events,
        run_in=run_in,
        lengths=lengths,
    )


def compare(
    source: Source,
    start: date,
    *,
    until: date | None = None,
    tet_days: Iterable[date] = (),
    breaks: Sequence[tuple[date, str]] = (),
    keep_tet: bool = False,
    least_events: float = LEAST_EVENTS,
    run_in: int = RUN_IN_DAYS,
    lengths: Sequence[int] = LENGTHS,
) -> Change:
    """Compare a source before and after `start` over the longest of `lengths` (days) that its data
    carry.

    Where none does, gives the levels and the reason of the longest one whose windows lie before
    `until`.
    """
    tet = tuple(tet_days)
    end = until or source.last_day()
    first: Change | None = None
    for length in lengths:
        windows = before_after(start, length, run_in)
        if end is not None and windows[1].end <= end:
            found = _compare_in(source, windows, tet, breaks, keep_tet, least_events)
            if found.known:
                return found
            first = first or found
    if first is not None:
        return first
    windows = before_after(start, lengths[-1], run_in)
    reached = "chưa có số liệu" if end is None else f"số liệu mới đến {_vi(end)}"
    reason = f"khoảng sau chương trình chưa đủ: cần đến {_vi(windows[1].end)}, {reached}"
    found = _compare_in(source, windows, tet, breaks, keep_tet, least_events)
    return without_difference(found, INSUFFICIENT, reason)


def _vi(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def without_difference(found: Change, label: str, reason: str) -> Change:
    """Keep the levels and drop everything that compares them."""
    return replace(
        found,
        difference=None,
        low=None,
        high=None,
        percent=None,
        percent_low=None,
        percent_high=None,
        p=None,
        label=label,
        reason=reason,
        beside=(),
        with_jumps=None,
    )


def _compare_in(
    source: Source,
    windows: tuple[Window, Window],
    tet: tuple[date, ...],
    breaks: Sequence[tuple[date, str]],
    keep_tet: bool,
    least_events: float,
) -> Change:
    """Compare over one pair of windows."""
    plan = plan_for(source, windows, tet, keep_tet=keep_tet)
    months = plan.unit_days > 7
    before, after = (source.sample(window, plan) for window in windows)
    found = Change(
        before=before.level,
        after=after.level,
        weeks_before=before.valid,
        weeks_after=after.valid,
        windows=windows,
        unit="month" if months else "week",
        method=_method(plan, months),
        warnings=tuple(_warnings(before, after, keep_tet and plan.skip_tet)),
        jumps=before.jumps + after.jumps,
    )
    crossed = [
        f"định nghĩa thay đổi từ {_vi(day)}: {note}"
        for day, note in breaks
        if windows[0].start < day < windows[1].end
    ]
    if crossed:
        return without_difference(found, NOT_COMPARED, "; ".join(crossed))
    reason = _lacking(before, after, source.pace(windows), months, least_events)
    if reason:
        return without_difference(found, INSUFFICIENT, reason)
    return _rounded(found, before, after) if plan.rounded else _welch(found, before, after)


def enough(sample: Sample, source: Source, windows: tuple[Window, Window]) -> bool:
    """Say whether one side alone has enough valid weeks to be compared (at least 8, or 12 months,
    and 60 %)."""
    least = LEAST_MONTHS if unit_days_of(source.pace(windows)) > 7 else LEAST_WEEKS
    return (
        sample.level is not None
        and sample.valid >= least
        and sample.covered >= LEAST_SHARE * sample.units
    )


def _lacking(
    before: Sample, after: Sample, pace: float, months: bool, least_events: float
) -> str | None:
    """Say in Vietnamese what the rules of docs/methods.md, section 6, find missing; None =
    nothing.
    """
    if too_slow(pace):
        return f"khoảng cách giữa hai lần đọc quá dài (trung vị {pace:.0f} ngày)"
    unit, least = ("tháng", LEAST_MONTHS) if months else ("tuần", LEAST_WEEKS)
    found = []
    for sample, side in ((before, "trước"), (after, "sau")):
        if sample.level is None or sample.valid < least:
            found.append(
                f"chỉ có {sample.valid} {unit} hợp lệ {side} chương trình (cần ít nhất {least})"
            )
        elif sample.covered < LEAST_SHARE * sample.units:
            share = 100 * sample.covered / sample.units
            found.append(
                f"chỉ {share:.0f} % số {unit} hợp lệ {side} chương trình (cần ít nhất 60 %)"
            )
        if sample.posts is not None and sample.posts < LEAST_POSTS:
            found.append(
                f"chỉ có {sample.posts} bài {side} chương trình (cần ít nhất {LEAST_POSTS})"
            )
    weeks = before.covered + after.covered
    if (
        not found
        and (before.events * before.covered + after.events * after.covered) / weeks < least_events
    ):
        found.append("trung bình dưới 1 lượt mỗi tuần")
    return "; ".join(found) or None


def _method(plan: Plan, months: bool) -> str:
    unit = "tháng (4 tuần)" if months else "tuần"
    tet = "bỏ các tuần Tết" if plan.skip_tet else "giữ các tuần Tết"
    if plan.rounded:
        return f"chênh lệch hai đầu khoảng, khoảng sai số do làm tròn; {tet}"
    return f"Welch theo {unit}, cỡ mẫu hiệu dụng; {tet}"


def _warnings(before: Sample, after: Sample, forced: bool) -> list[str]:
    found = []
    if forced:
        found.append("hai khoảng có số ngày Tết khác nhau nên các tuần Tết bị bỏ")
    for sample, side in ((before, "trước"), (after, "sau")):
        if sample.unresolved:
            found.append(f"mức tăng {side} chương trình dưới độ phân giải hiển thị")
        for jump in sample.jumps:
            kind = {"purge": "giảm đột ngột", "import": "tăng đột ngột", "glitch": "lần đọc lạc"}[
                jump.kind
            ]
            found.append(f"{_vi(jump.day)}: {kind} {jump.change:+.0f}, không tính vào mức tăng")
    return found


def _rounded(found: Change, before: Sample, after: Sample) -> Change:
    """Fill in a difference whose interval comes from the display steps alone."""
    assert before.level is not None, "levels are checked before"
    assert after.level is not None, "levels are checked before"
    difference = after.level - before.level
    low, high = difference - after.down - before.up, difference + after.up + before.down
    percent = percent_low = percent_high = None
    if before.level > 0:
        percent = 100 * difference / before.level
        least, most = before.level - before.down, before.level + before.up
        if least > 0 and math.isfinite(after.down):
            bottom = after.level - after.down
            percent_low = 100 * (bottom / (most if bottom >= 0 else least) - 1)
        if least > 0 and math.isfinite(after.up):
            top = after.level + after.up
            percent_high = 100 * (top / (least if top >= 0 else most) - 1)
    if max(high - difference, difference - low) > abs(difference) / 2:
        label = BELOW
    else:
        label = _label(found)
    return replace(
        found,
        difference=difference,
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
        percent=percent,
        percent_low=percent_low,
        percent_high=percent_high,
        label=label,
        with_jumps=_with_jumps(before, after),
    )


def _welch(found: Change, before: Sample, after: Sample) -> Change:
    """Fill in a difference with Welch's interval, and beside it what longer series carry.

    A worded number ("hơn 10.000") inside a sum leaves its side of the interval open.
    """
    assert before.level is not None, "levels are checked before"
    assert after.level is not None, "levels are checked before"
    first, second = mean_of(before.values, before.rounding), mean_of(after.values, after.rounding)
    # The centre is the level over the whole window, as printed; the units only say how sure it is.
    first, second = replace(first, mean=before.level), replace(second, mean=after.level)
    test = welch(first, second)
    percent, percent_low, percent_high = percent_change(first, second, test.freedom)
    beside = []
    if min(found.weeks_before, found.weeks_after) >= FULL_WEEKS:
        beside.append(Beside("wide HAC", *wide_hac(before.values, after.values)))
        ratio = log_ratio(first, second, test.freedom)
        if ratio is not None:
            beside.append(Beside("log ratio", *ratio))
    return replace(
        found,
        difference=test.difference,
        low=None if math.isinf(after.down + before.up) else test.low,
        high=None if math.isinf(after.up + before.down) else test.high,
        percent=percent,
        percent_low=percent_low,
        percent_high=percent_high,
        p=test.p,
        label=_label(found),
        beside=tuple(beside),
        with_jumps=_with_jumps(before, after),
    )


def _label(found: Change) -> str:
    short = found.unit == "week" and min(found.weeks_before, found.weeks_after) < FULL_WEEKS
    return SHORT if short else OBSERVED


def _with_jumps(before: Sample, after: Sample) -> float | None:
    """Give the difference with flagged intervals left in, where they exceed 10 % of the change of a
    side."""
    if not (before.jumps_matter or after.jumps_matter):
        return None
    levels = [
        sample.with_jumps if sample.with_jumps is not None else sample.level
        for sample in (before, after)
    ]
    return None if levels[0] is None or levels[1] is None else levels[1] - levels[0]
