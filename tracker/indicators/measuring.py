"""One number over one window: which lane carries it, its level and interval, or why there is
none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from tracker.flows import Jump
from tracker.indicators.counter import Counter
from tracker.indicators.events import Events, sum_of
from tracker.indicators.needs import break_notes, lacking
from tracker.indicators.post_numbers import PostNumbers, pool_of
from tracker.indicators.proportions import share_interval
from tracker.indicators.registry import Indicator, Value
from tracker.indicators.samples import Sample, Source, plan_for
from tracker.indicators.together import Together
from tracker.indicators.welch import mean_of, quantile
from tracker.panel import LANE_ORDER, Panel
from tracker.periods import Window, date_of
from tracker.platforms import NOT_ALLOWED_VI

NOTHING_VI = "không có lần đọc nào trong khoảng thời gian này"
NO_POSTS_VI = "không có bài đăng nào có số tương tác ở ngày thứ 7 trong khoảng thời gian này"
NO_SERIES_VI = "chỉ tính cho một khoảng thời gian, không so sánh trước và sau"
A_LIST_VI = "là một danh sách, không phải một con số"
LEAST_UNITS = 8
JUMPS_VI = {"purge": "giảm đột ngột", "import": "tăng đột ngột", "glitch": "lần đọc lạc"}


def sources(panel: Panel, item: Indicator, account_id: str) -> tuple[dict[str, Source], str | None]:
    """Give what measures an indicator of an account, by lane in the order of rule 4.

    The second part is the reason (Vietnamese) why there is no lane at all: the terms of the
    platform, what it does not publish, or no reading. Remembered by the panel: do not
    change it.
    """
    key = ("sources", item.key, item.make, account_id)
    return panel.remember(key, lambda: _sources(panel, item, account_id), measured=True)


def _sources(
    panel: Panel, item: Indicator, account_id: str
) -> tuple[dict[str, Source], str | None]:
    if item.shape != "series":
        return {}, NO_SERIES_VI
    reason = lacking(panel, item, account_id, None)
    if reason is not None:
        return {}, reason
    found: dict[str, Source] = {}
    everything = Window(date_of(0), panel.until)
    covered = dict(panel.posts_lanes(account_id)) if item.entity == "post" else {}
    for lane in LANE_ORDER:
        if item.entity == "post" and lane not in covered:
            continue
        if (
            item.entity == "account"
            and not panel.series(account_id, "followers", lane).notna().any()
        ):
            continue
        if not panel.basis_of(account_id, lane).derived:
            reason = NOT_ALLOWED_VI
            continue
        unmet = lacking(panel, item, account_id, lane)
        if unmet is not None:
            reason = reason or unmet
            continue
        source = item.make(panel, account_id, lane, covered.get(lane, everything))
        if source is not None:
            found[lane] = source
    return (found, None) if found else (found, reason or NOTHING_VI)


def value_over(
    panel: Panel,
    item: Indicator,
    account_id: str,
    window: Window,
    *,
    lane: str | None = None,
    tet_days: Sequence[date] = (),
) -> Value:
    """Measure one indicator of one account over one window, Tết weeks in.

    `lane` None takes the lane that covers the most of the window (ties: owner, public, declared),
    never a mixture. An indicator of one window is given as its function gives it; one that is a
    list has no number.
    """
    if item.over is not None:
        found = item.over(panel, account_id, window)
        return found if isinstance(found, Value) else Value(None, reason=A_LIST_VI)
    by_lane, reason = sources(panel, item, account_id)
    options = [name for name in by_lane if lane is None or name == lane]
    if not options:
        return Value(None, unit=item.unit_vi, reason=reason or NOTHING_VI)
    plans = {
        name: plan_for(by_lane[name], (window, window), tet_days, keep_tet=True) for name in options
    }
    samples = {name: by_lane[name].sample(window, plans[name]) for name in options}
    best = max(options, key=lambda name: (samples[name].covered, -LANE_ORDER.index(name)))
    value = value_of(samples[best], item, best)
    beside = item.beside(panel, account_id, best, window) if item.beside is not None else ()
    notes = (*value.notes, *beside, *break_notes(panel, item, account_id, window))
    value = replace(value, notes=notes)
    return with_readings(panel, value, item, [(account_id, best)], window)


def value_of(sample: Sample, item: Indicator, lane: str | None) -> Value:
    """Turn one side into a printed number; its interval is that of the mean of its units, or of a
    share."""
    n = sample.posts if sample.posts is not None else sample.valid
    notes = jump_notes(sample)
    if sample.level is None:
        reason = item.empty_vi or (NO_POSTS_VI if item.entity == "post" else NOTHING_VI)
        return Value(None, n=n, unit=item.unit_vi, lane=lane, reason=reason, notes=notes)
    low = high = None
    if item.interval == "wilson":
        low, high = share_interval(sample, 100.0) or (None, None)
    elif sample.down or sample.up:
        if np.isfinite(sample.down) and np.isfinite(sample.up):
            low, high = sample.level - sample.down, sample.level + sample.up
    elif sample.valid >= LEAST_UNITS:
        mean = mean_of(sample.values, sample.rounding)
        reach = quantile(mean.effective - 1) * mean.variance**0.5
        low, high = sample.level - reach, sample.level + reach
    return Value(sample.level, low, high, n=n, unit=item.unit_vi, lane=lane, notes=notes)


def jump_notes(sample: Sample) -> tuple[str, ...]:
    """Say which jumps of a counter are left out of its level, and what it would be with them where
    they matter."""
    notes = [jump_vi(jump) for jump in sample.jumps]
    if sample.jumps_matter and sample.with_jumps is not None:
        notes.append(f"nếu tính cả các thay đổi đột ngột: {sample.with_jumps:.2f}")
    return tuple(notes)


def jump_vi(jump: Jump) -> str:
    """Say one jump in Vietnamese."""
    return f"{jump.day:%d/%m/%Y}: {JUMPS_VI[jump.kind]} {jump.change:+.0f}, không tính vào mức tăng"


def with_readings(
    panel: Panel,
    value: Value,
    item: Indicator,
    read: Sequence[tuple[str, str]],
    window: Window,
) -> Value:
    """Say on how many observations a number rests, of which days, and how they are rounded.

    `read` are the (account id, lane) behind it. For a counter readings are its readings, for posts
    the posts.
    """
    entity = item.entity
    if entity == "register":
        return replace(value, accounts=len({account_id for account_id, _ in read}))
    found = [panel.readings_behind(account_id, lane, entity, window) for account_id, lane in read]
    firsts = [one.first_day for one in found if one.first_day is not None]
    lasts = [one.last_day for one in found if one.last_day is not None]
    return replace(
        value,
        readings=sum(one.count for one in found),
        step=max([value.step, *(one.step for one in found)]),
        accounts=len({account_id for account_id, _ in read}),
        first_day=min(firsts, default=None),
        last_day=max(lasts, default=None),
    )


def combined(item: Indicator, parts: Sequence[Source]) -> Source:
    """Add several accounts' sources up as the indicator says; one account is its own sum."""
    if len(parts) == 1:
        return parts[0]
    if item.combine == "ratio":
        return sum_of([part for part in parts if isinstance(part, Events)])
    if item.combine == "pool":
        return pool_of([part for part in parts if isinstance(part, PostNumbers)])
    if item.combine == "share":
        return Together(
            [part.in_growth() for part in parts if isinstance(part, Counter)], relative=True
        )
    return Together(parts)
