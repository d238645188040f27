"""One number over one window: which lane carries it, its level and interval, or why there is
none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from tracker.indicators.counter import Counter
from tracker.indicators.events import Events, sum_of
from tracker.indicators.registry import Indicator, Value
from tracker.indicators.samples import Sample, Source, plan_for
from tracker.indicators.together import Together
from tracker.indicators.welch import mean_of, quantile
from tracker.panel import LANE_ORDER, Panel
from tracker.periods import Window, date_of
from tracker.platforms import NOT_ALLOWED_VI

NOTHING_VI = "không có lần đọc nào trong khoảng thời gian này"
NO_POSTS_VI = "không có bài đăng nào có số tương tác ở ngày thứ 7 trong khoảng thời gian này"
LEAST_UNITS = 8


def sources(panel: Panel, item: Indicator, account_id: str) -> tuple[dict[str, Source], str | None]:
    """Give what measures an indicator of an account, by lane in the order of rule 4.

    The second part is the reason (Vietnamese) why there is no lane at all: the terms of the
    platform, or no reading.
    """
    found: dict[str, Source] = {}
    forbidden = False
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
            forbidden = True
            continue
        source = item.make(panel, account_id, lane, covered.get(lane, everything))
        if source is not None:
            found[lane] = source
    if found:
        return found, None
    return found, NOT_ALLOWED_VI if forbidden else NOTHING_VI


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
    never a mixture.
    """
    by_lane, reason = sources(panel, item, account_id)
    options = [name for name in by_lane if lane is None or name == lane]
    if not options:
        return Value(None, unit=item.unit_vi, reason=reason or NOTHING_VI)
    plans = {
        name: plan_for(by_lane[name], (window, window), tet_days, keep_tet=True) for name in options
    }
    samples = {name: by_lane[name].sample(window, plans[name]) for name in options}
    best = max(options, key=lambda name: (samples[name].covered, -LANE_ORDER.index(name)))
    found = value_of(samples[best], item, best)
    return with_readings(panel, found, item, [(account_id, best)], window)


def value_of(sample: Sample, item: Indicator, lane: str | None) -> Value:
    """Turn one side into a printed number; its interval is that of the mean of its units."""
    n = sample.posts if sample.posts is not None else sample.valid
    if sample.level is None:
        reason = NO_POSTS_VI if item.entity == "post" else NOTHING_VI
        return Value(None, n=n, unit=item.unit_vi, lane=lane, reason=reason)
    low = high = None
    if sample.down or sample.up:
        if np.isfinite(sample.down) and np.isfinite(sample.up):
            low, high = sample.level - sample.down, sample.level + sample.up
    elif sample.valid >= LEAST_UNITS:
        mean = mean_of(sample.values, sample.rounding)
        reach = quantile(mean.effective - 1) * mean.variance**0.5
        low, high = sample.level - reach, sample.level + reach
    return Value(sample.level, low, high, n=n, unit=item.unit_vi, lane=lane)


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
    found = [
        panel.readings_behind(account_id, lane, item.entity, window) for account_id, lane in read
    ]
    firsts = [one.first_day for one in found if one.first_day is not None]
    lasts = [one.last_day for one in found if one.last_day is not None]
    return replace(
        value,
        readings=sum(one.count for one in found),
        step=max((one.step for one in found), default=1),
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
    if item.combine == "share":
        return Together(
            [part.in_growth() for part in parts if isinstance(part, Counter)], relative=True
        )
    return Together(parts)
