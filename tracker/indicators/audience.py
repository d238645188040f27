"""Followers and their growth. Source: docs/methods.md, section 5, indicator 1."""

from __future__ import annotations

from tracker.indicators.counter import Counter
from tracker.indicators.registry import indicator
from tracker.panel import Panel
from tracker.periods import Window

MINIMUM = "8 valid weeks and 60 % valid weeks on a side, a mean of at least one follower a week"


@indicator(
    key="followers_per_day",
    title_vi="Tăng trưởng ròng người theo dõi",
    title_en="Net follower growth",
    unit_vi="người/ngày",
    unit_en="accounts per day",
    formula="sum of valid net changes between readings / sum of their lengths in days",
    level="out-take",
    entity="account",
    combine="sum",
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 1",
)
def followers_per_day(panel: Panel, account_id: str, lane: str, covered: Window) -> Counter | None:
    """Measure the mean net growth of followers per day; purges, merged pages and glitches are left
    out."""
    series = panel.series(account_id, "followers", lane)
    if not series.notna().any():
        return None
    steps, qualifiers = panel.steps(account_id, "followers", lane)
    return Counter(series, steps=steps, qualifiers=qualifiers)


@indicator(
    key="followers_percent_30_days",
    title_vi="Tốc độ tăng người theo dõi",
    title_en="Relative follower growth",
    unit_vi="%/30 ngày",
    unit_en="% per 30 days",
    formula="100 x 30 x net growth per day / followers at the start of the window",
    level="out-take",
    entity="account",
    combine="share",
    minimum=MINIMUM,
    source="docs/methods.md, section 5, indicator 1",
)
def followers_percent_30_days(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Counter | None:
    """Measure growth in percent of the followers at the start of the window, per 30 days."""
    counter = followers_per_day(panel, account_id, lane, covered)
    return counter.in_percent() if isinstance(counter, Counter) else None
