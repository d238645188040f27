"""Followers where they stood on a day, and whose accounts they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tracker.flows import value_at
from tracker.indicators.registry import OVERLAP_VI, Value
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI

LEVEL_WITHIN = 8.0
"""A level at the end of a window is the reading nearest to it, at most this many days away."""
NO_LEVEL_VI = "không có lần đọc nào gần ngày này"
NO_ACCOUNT_VI = "chưa có tài khoản nào trong danh bạ"
UNIT_VI = "người"
WORDS_VI = {
    "at_least": "số được ghi là hơn",
    "at_most": "số được ghi là gần",
    "about": "số được ghi là khoảng",
}


def accounts_of(panel: Panel, unit: str, window: Window) -> list[str]:
    """List the accounts of a locality or agency that were active on the last day of a window (or
    on the last day of a unit that ended before), by id."""
    day = window.last_day
    ended = panel.localities["valid_to"].get(unit)
    day = day if ended is None else min(day, ended)
    frame = panel.accounts_on(day)
    owner = "locality_id" if unit in panel.localities.index else "agency_id"
    mine = frame[frame[owner] == unit]
    begun = [one is None or one <= day for one in mine["active_from"]]
    there = [one is None or day <= one for one in mine["active_to"]]
    active = np.asarray(begun, dtype=bool) & np.asarray(there, dtype=bool)
    return sorted(str(account) for account in mine.index[active])


def followers_at(panel: Panel, account_id: str, lane: str | None, day: date, until: date) -> Value:
    """Give the followers where they stood at the start of `day`, in one lane, in the lanes of a
    bridge, or (None) in the first lane of rule 4 that knows them and may still say so."""
    forbidden: str | None = None
    for name in lane.split("+") if lane is not None else panel.lanes(account_id):
        basis = panel.basis_of(account_id, name)
        if basis.days_kept is not None and day < until - timedelta(days=basis.days_kept):
            forbidden = forbidden or name
            continue
        found = value_at(panel.series(account_id, "followers", name), day, within=LEVEL_WITHIN)
        if found is not None:
            return reading(panel, account_id, name, found)
    if forbidden is not None:
        return Value(None, unit=UNIT_VI, lane=forbidden, reason=NOT_ALLOWED_VI)
    return Value(None, unit=UNIT_VI, lane=lane, reason=NO_LEVEL_VI)


def reading(panel: Panel, account_id: str, lane: str, found: tuple[date, float]) -> Value:
    """Turn one reading into a value; its interval is what the step and the qualifier leave open."""
    day, value = found
    steps, words = panel.steps(account_id, "followers", lane)
    at = int(np.argmax(steps.index == pd.Timestamp(day)))
    step, word = int(steps.iloc[at]), str(words.iloc[at])
    low: float | None = value
    high: float | None = value + step - 1
    if word == "at_least":
        high = None
    elif word == "at_most":
        low, high = None, value
    elif word == "about":
        low = high = None
    inexact = step > 1 or word != "exact"
    return Value(
        value,
        low if inexact else None,
        high if inexact else None,
        n=1,
        unit=UNIT_VI,
        lane=lane,
        readings=1,
        step=step,
        first_day=day,
        last_day=day,
        notes=(WORDS_VI[word],) if word in WORDS_VI else (),
    )


def sum_of_levels(panel: Panel, found: Mapping[str, Value]) -> Value:
    """Add the levels of several accounts up; those unknown or not to be added are left out and
    said."""
    taken = {
        account_id: value
        for account_id, value in found.items()
        if value.value is not None
        and value.lane is not None
        and (len(found) == 1 or panel.basis_of(account_id, value.lane).totals)
    }
    forbidden = sum(1 for one in found if one not in taken and found[one].value is not None)
    forbidden += sum(1 for one in found.values() if one.reason == NOT_ALLOWED_VI)
    unknown = len(found) - len(taken) - forbidden
    notes = [OVERLAP_VI] if len(taken) > 1 else []
    if len(taken) < len(found):
        notes.append(f"cộng {len(taken)} trên {len(found)} tài khoản")
    if forbidden:
        notes.append(f"{forbidden} tài khoản {NOT_ALLOWED_VI}")
    if unknown:
        notes.append(f"{unknown} tài khoản {NO_LEVEL_VI}")
    if not taken:
        reason = NOT_ALLOWED_VI if forbidden else NO_LEVEL_VI
        return Value(None, unit=UNIT_VI, reason=reason, accounts=len(found), notes=tuple(notes))
    values = list(taken.values())
    days = [value.first_day for value in values if value.first_day is not None]
    exact = [value.step == 1 and not value.notes for value in values]
    ends = list(zip(values, exact, strict=True))
    lows = [value.value if is_exact else value.low for value, is_exact in ends]
    highs = [value.value if is_exact else value.high for value, is_exact in ends]
    return Value(
        sum(value.value for value in values if value.value is not None),
        None if all(exact) else _sum(lows),
        None if all(exact) else _sum(highs),
        n=len(values),
        unit=UNIT_VI,
        lane="+".join(sorted({str(value.lane) for value in values})),
        accounts=len(values),
        readings=len(values),
        step=sum(value.step for value in values if value.step > 1) or 1,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        notes=tuple(notes),
    )


def _sum(ends: list[float | None]) -> float | None:
    """Add the ends of intervals up; one that is open leaves the sum open."""
    known = [end for end in ends if end is not None]
    return sum(known) if len(known) == len(ends) else None
