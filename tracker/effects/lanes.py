"""One lane per comparison (rule 4): which lane carries a change, a bridge between two, or both
levels and no change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations

import numpy as np
import pandas as pd

from tracker.effects.change import LENGTHS, compare, enough, without_difference
from tracker.effects.observed import NOT_COMPARED, Change
from tracker.indicators import Indicator, Value, value_of, with_readings
from tracker.indicators.counter import Counter
from tracker.indicators.needs import breaks_of
from tracker.indicators.samples import Source, plan_for
from tracker.panel import LANES_VI, Panel
from tracker.periods import Window, before_after

BRIDGE_DAYS = 14
TWO_LANES_VI = "hai nguồn khác nhau, không tính chênh lệch"


@dataclass(frozen=True)
class Carried:
    """A change with the lane that carries it (`a+b` where bridged) and what was measured; `bridge`
    is for print.

    `source` None: no single series exists. `lanes` are the lanes of the level before and of the
    level after.
    """

    change: Change
    lane: str | None
    lanes: tuple[str | None, str | None]
    source: Source | None
    tet_days: tuple[date, ...] = ()
    bridge: str | None = None


def carried(
    panel: Panel,
    item: Indicator,
    account_id: str,
    options: tuple[dict[str, Source], str | None],
    start: date,
    until: date,
    tet_days: Sequence[date],
    lengths: Sequence[int] = LENGTHS,
) -> Carried:
    """Compare an indicator of an account in the first lane of rule 4 that covers both windows,
    longest windows first.

    Where none does, a counter may be bridged over 14 common days on which both lanes agree; else
    both levels stand with their lanes and no change. `options` is what `sources` gave for the
    account.
    """
    by_lane, reason = options
    if not by_lane:
        return Carried(Change(None, None, reason=reason), None, (None, None), None)
    breaks = breaks_of(panel, item, account_id)
    tried: list[Carried] = []
    tet = tuple(tet_days)
    for length in lengths:
        for lane, source in by_lane.items():
            found = compare(
                source, start, until=until, tet_days=tet_days, breaks=breaks, lengths=(length,)
            )
            if found.known:
                return Carried(found, lane, (lane, lane), source, tet)
            tried.append(Carried(found, lane, (lane, lane), source, tet))
    for length in lengths if len(by_lane) > 1 else ():
        windows = before_after(start, length)
        if windows[1].end > until:
            continue
        pair = _lane_pair(by_lane, windows, tet_days)
        if pair is None:
            continue
        bridged = _bridged(panel, item, account_id, pair, windows)
        if bridged is not None:
            source, sentence = bridged
            found = compare(
                source, start, until=until, tet_days=tet_days, breaks=breaks, lengths=(length,)
            )
            if found.known:
                return Carried(found, "+".join(pair), pair, source, tet, sentence)
        return _two_levels(by_lane, pair, windows, tet_days)
    fitting = [one for one in tried if one.change.windows and one.change.windows[1].end <= until]
    return max(
        fitting or tried[-len(by_lane) :],
        key=lambda one: min(one.change.weeks_before, one.change.weeks_after),
    )


def covers(
    source: Source, windows: tuple[Window, Window], side: int, tet_days: Sequence[date]
) -> bool:
    """Say whether a source has at least 60 % valid weeks, and enough of them, in one of two
    windows."""
    return enough(
        source.sample(windows[side], plan_for(source, windows, tet_days)), source, windows
    )


def _lane_pair(
    by_lane: dict[str, Source], windows: tuple[Window, Window], tet_days: Sequence[date]
) -> tuple[str, str] | None:
    """Find the first two lanes of which one covers the window before and the other the window
    after."""
    for one, two in permutations(by_lane, 2):
        if covers(by_lane[one], windows, 0, tet_days) and covers(
            by_lane[two], windows, 1, tet_days
        ):
            return one, two
    return None


def _bridged(
    panel: Panel,
    item: Indicator,
    account_id: str,
    pair: tuple[str, str],
    windows: tuple[Window, Window],
) -> tuple[Source, str] | None:
    """Join two lanes of a counter where they agree on at least 14 common days and on every common
    day."""
    if item.entity != "account":
        return None
    one, two = (_readings(panel, account_id, lane) for lane in pair)
    common = one.index.intersection(two.index)
    inside = (common >= pd.Timestamp(windows[0].start)) & (common <= pd.Timestamp(windows[1].end))
    common = common[inside]
    if len(common) < BRIDGE_DAYS:
        return None
    a, b = one.loc[common], two.loc[common]
    apart = (a["low"].to_numpy() > b["high"].to_numpy()) | (
        b["low"].to_numpy() > a["high"].to_numpy()
    )
    if apart.any():
        return None
    last = common[-1]
    joined = pd.concat([one[one.index <= last], two[two.index > last]])
    counter = Counter(joined["value"], steps=joined["step"], qualifiers=joined["qualifier"])
    sentence = (
        f"nối nguồn {LANES_VI[pair[0]]} với nguồn {LANES_VI[pair[1]]}: {len(common)} ngày chung "
        f"khớp nhau, từ {common[0]:%d/%m/%Y} đến {last:%d/%m/%Y}"
    )
    return (counter.in_percent() if item.combine == "share" else counter), sentence


def _readings(panel: Panel, account_id: str, lane: str) -> pd.DataFrame:
    """Give a counter's known readings of one lane with the range the truth lies in (both ends
    inclusive)."""
    value = panel.series(account_id, "followers", lane).dropna()
    step, words = (part.loc[value.index] for part in panel.steps(account_id, "followers", lane))
    low = value.where(words != "at_most", -np.inf).where(words != "about", value - step)
    high = (
        (value + step - 1).where(words != "at_least", np.inf).where(words != "about", value + step)
    )
    return pd.DataFrame(
        {"value": value, "step": step, "qualifier": words, "low": low, "high": high}
    )


def _two_levels(
    by_lane: dict[str, Source],
    pair: tuple[str, str],
    windows: tuple[Window, Window],
    tet_days: Sequence[date],
) -> Carried:
    """Give both levels with their lanes and no change."""
    before, after = (
        by_lane[lane].sample(window, plan_for(by_lane[lane], windows, tet_days))
        for lane, window in zip(pair, windows, strict=True)
    )
    found = Change(
        before.level,
        after.level,
        weeks_before=before.valid,
        weeks_after=after.valid,
        windows=windows,
    )
    return Carried(without_difference(found, NOT_COMPARED, TWO_LANES_VI), None, pair, None)


def last_usable(panel: Panel, until: date) -> date:
    """Give the end of what may be compared: counts are known up to the start of the last night."""
    return min(until, panel.last_night)


def levels_of(panel: Panel, account_id: str, item: Indicator, one: Carried) -> tuple[Value, Value]:
    """Give the levels of both windows, with intervals where one series carries them."""
    windows = one.change.windows
    found = []
    for side, level in enumerate((one.change.before, one.change.after)):
        lane = one.lanes[side]
        value = Value(level, unit=item.unit_vi, lane=lane)
        if one.source is not None and windows is not None:
            sample = one.source.sample(windows[side], plan_for(one.source, windows, one.tet_days))
            value = value_of(sample, item, lane)
        elif level is None:
            value = replace(value, reason=one.change.reason)
        if windows is not None and value.value is not None and one.lane is not None:
            read = [(account_id, name) for name in one.lane.split("+")]
            value = with_readings(panel, value, item, read, windows[side])
        found.append(value)
    return found[0], found[1]
