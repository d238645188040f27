"""Followers and their growth. Source: docs/methods.md, section 5, indicator 1."""

from __future__ import annotations

import pandas as pd

from tracker.indicators.counter import Counter
from tracker.indicators.levels import (
    NO_ACCOUNT_VI,
    UNIT_VI,
    accounts_of,
    followers_at,
    sum_of_levels,
)
from tracker.indicators.measuring import NOTHING_VI, jump_vi, sources
from tracker.indicators.registry import (
    INDICATORS,
    Rows,
    Value,
    indicator,
    window_rows,
    window_value,
)
from tracker.panel import Panel
from tracker.periods import Window

MINIMUM = "8 valid weeks and 60 % valid weeks on a side, a mean of at least one follower a week"
SOURCE = "docs/methods.md, section 5, indicator 1"
JUMP_COLUMNS = ("day", "kind", "change", "said_vi")


@indicator(
    key="followers_per_day",
    title_vi="Tăng trưởng ròng người theo dõi",
    title_en="Net follower growth",
    unit_vi="người/ngày",
    unit_en="accounts per day",
    formula="sum of valid net changes between readings / sum of their lengths in days",
    formula_vi="tổng thay đổi ròng giữa các lần đọc, chia cho tổng số ngày giữa các lần đọc",
    level="out-take",
    entity="account",
    combine="sum",
    needs=("account.followers",),
    minimum=MINIMUM,
    source=SOURCE,
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
    formula_vi="100 × 30 × mức tăng mỗi ngày, chia cho số người theo dõi đầu khoảng",
    level="out-take",
    entity="account",
    combine="share",
    needs=("account.followers",),
    minimum=MINIMUM,
    source=SOURCE,
)
def followers_percent_30_days(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Counter | None:
    """Measure growth in percent of the followers at the start of the window, per 30 days."""
    counter = followers_per_day(panel, account_id, lane, covered)
    return counter.in_percent() if isinstance(counter, Counter) else None


@window_value(
    key="followers_at_end",
    title_vi="Người theo dõi cuối khoảng",
    title_en="Followers at the end of the window",
    unit_vi=UNIT_VI,
    unit_en="accounts",
    formula="the reading nearest to the end of the window, at most 8 days away; never interpolated",
    formula_vi="lần đọc gần ngày cuối khoảng nhất, cách không quá 8 ngày; không nội suy",
    level="out-take",
    entity="account",
    combine="sum",
    needs=("account.followers",),
    minimum="one reading within 8 days of the end of the window",
    source=SOURCE,
)
def followers_at_end(panel: Panel, account_id: str, window: Window) -> Value:
    """Give the followers at the end of the window, in the first lane that knows them."""
    return followers_at(panel, account_id, None, window.end, panel.until)


@window_value(
    key="followers_of_unit",
    title_vi="Tổng người theo dõi của địa phương, cơ quan (có trùng)",
    title_en="Followers of a locality or agency, added up",
    unit_vi=UNIT_VI,
    unit_en="accounts, overlapping",
    formula=(
        "sum over accounts of followers at the end of the window; one person may follow several;"
        " accounts without a reading, or whose terms forbid adding up, are left out and counted"
    ),
    formula_vi=(
        "tổng số người theo dõi cuối khoảng của các tài khoản; một người có thể theo dõi nhiều tài "
        "khoản; tài khoản chưa có số hoặc chưa được phép cộng thì để ngoài và nêu số lượng"
    ),
    level="out-take",
    entity="register",
    combine="none",
    needs=("register", "account.followers"),
    minimum="one account with a reading within 8 days of the end of the window",
    source=SOURCE,
)
def followers_of_unit(panel: Panel, unit: str, window: Window) -> Value:
    """Add the followers of a locality's or agency's accounts up, labelled "có trùng"."""
    ids = accounts_of(panel, unit, window)
    if not ids:
        return Value(None, unit=UNIT_VI, reason=NO_ACCOUNT_VI, accounts=0)
    found = {one: followers_at(panel, one, None, window.end, panel.until) for one in ids}
    return sum_of_levels(panel, found)


@window_rows(
    key="follower_jumps",
    title_vi="Thay đổi đột ngột của số người theo dõi",
    title_en="Jumps of followers: purges, merged pages, glitches",
    unit_vi=UNIT_VI,
    unit_en="accounts",
    formula=(
        "a change further than max(1 % of the count, 8 x 1.4826 x MAD of the last 56 flows) from"
        " the usual flow; back within 3 days = a glitch, a fall = a purge, a rise = an import"
    ),
    formula_vi=(
        "thay đổi lệch khỏi mức thường ngày quá max(1 % số đếm, 8 × 1,4826 × MAD của 56 thay đổi "
        "trước); trở lại trong 3 ngày là lần đọc lạc, còn lại là giảm hoặc tăng đột ngột"
    ),
    level="out-take",
    entity="account",
    combine="none",
    needs=("account.followers",),
    minimum="readings before and after; the spread of at least 14 flows, else 10 % of the count",
    source="docs/methods.md, section 5, resets and purges; the thresholds are judgement",
)
def follower_jumps(panel: Panel, account_id: str, window: Window) -> Rows:
    """List the jumps left out of growth: columns `day` (first read), `kind` (purge, import,
    glitch), `change` (accounts), `said_vi`, in the first lane of rule 4 that has readings."""
    by_lane, reason = sources(panel, INDICATORS["followers_per_day"], account_id)
    for lane, source in by_lane.items():
        if not isinstance(source, Counter):
            continue
        jumps = [one for one in source.found.jumps if window.start < one.day <= window.end]
        rows = [(one.day, one.kind, one.change, jump_vi(one)) for one in jumps]
        read = panel.readings_behind(account_id, lane, "account", window).count
        if read:
            frame = pd.DataFrame(rows, columns=list(JUMP_COLUMNS), dtype=object)
            return Rows(frame, lane=lane, n=read)
    return Rows(pd.DataFrame(columns=list(JUMP_COLUMNS)), reason=reason or NOTHING_VI)
