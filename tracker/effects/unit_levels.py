"""One indicator of several accounts added up over one window: sums and ratios of sums, never
averages of rates.

Only accounts with 60 % valid weeks, each in its first lane of rule 4 that has them, and only where
the terms allow derived numbers and adding up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tracker.effects.frame_choice import LeftOut
from tracker.effects.lanes import covers
from tracker.effects.rows import DUPLICATES_VI
from tracker.indicators import Indicator, Value, combined, sources, value_of, with_readings
from tracker.indicators.events import Events
from tracker.indicators.measuring import NOTHING_VI
from tracker.indicators.samples import Source, plan_for
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI

NOT_COVERED_VI = "dưới 60 % số tuần hợp lệ trong khoảng"
NO_ACCOUNT_VI = "chưa có tài khoản nào trong danh bạ"


@dataclass(frozen=True)
class UnitLevel:
    """The level of a unit. `lanes`: account id -> lane of what was added up; `left_out`: the other
    accounts with their reasons; `weight`: the denominator of a rate, None = not a rate."""

    value: Value
    lanes: dict[str, str]
    left_out: tuple[LeftOut, ...]
    weight: float | None = None


def overlaps(item: Indicator) -> bool:
    """Say whether an indicator of several accounts counts followers, of whom some follow more than
    one."""
    return "account.followers" in item.needs


def unit_level(
    panel: Panel,
    item: Indicator,
    unit: str,
    accounts: Sequence[str],
    window: Window,
    tet_days: Sequence[date] = (),
) -> UnitLevel:
    """Measure a series of several accounts added up over a window, Tết weeks in.

    The value's notes say how many accounts of how many it is made of and, where their audiences
    overlap, "có trùng"; without a number its reason is that of the accounts.
    """
    lanes: dict[str, str] = {}
    parts: list[Source] = []
    out: list[LeftOut] = []
    for name in accounts:
        by_lane, reason = sources(panel, item, name)
        allowed = {key: one for key, one in by_lane.items() if panel.basis_of(name, key).totals}
        through = [key for key in allowed if covers(allowed[key], (window, window), 0, tet_days)]
        if through:
            lanes[name] = through[0]
            parts.append(allowed[through[0]])
        elif allowed:
            out.append(LeftOut(name, unit, NOT_COVERED_VI))
        else:
            out.append(LeftOut(name, unit, NOT_ALLOWED_VI if by_lane else reason or NOTHING_VI))
    if not parts:
        reasons = sorted({one.reason for one in out}) or [NO_ACCOUNT_VI]
        said = reasons[0] if len(reasons) == 1 else "; ".join(reasons)
        return UnitLevel(Value(None, unit=item.unit_vi, reason=said, accounts=0), {}, tuple(out))
    source = combined(item, parts)
    sample = source.sample(window, plan_for(source, (window, window), tet_days, keep_tet=True))
    value = value_of(sample, item, "+".join(sorted(set(lanes.values()))))
    notes = [DUPLICATES_VI] if len(lanes) > 1 and overlaps(item) else []
    if out:
        notes.append(f"cộng {len(lanes)} trên {len(accounts)} tài khoản")
    value = replace(value, notes=(*notes, *value.notes))
    value = with_readings(panel, value, item, list(lanes.items()), window)
    weight = _weight(source, window) if item.combine == "ratio" else None
    weight = sample.base if item.combine == "share" else weight
    return UnitLevel(value, lanes, tuple(out), weight)


def _weight(source: Source, window: Window) -> float | None:
    """Give the denominator of a ratio over a window."""
    if not isinstance(source, Events):
        return None
    middle = source.times + source.period / 2
    inside = (middle >= day_number(window.start)) & (middle < day_number(window.end))
    return float(source.bottom[inside & source.covered].sum())
