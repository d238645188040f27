"""Followers where they stood on a day: one reading, with what its rounding and its terms leave of
it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from tracker.flows import value_at
from tracker.indicators import Value
from tracker.panel import Panel
from tracker.platforms import NOT_ALLOWED_VI

LEVEL_WITHIN = 8.0
"""A level at the end of a window is the reading nearest to it, at most this many days away."""
NO_LEVEL_VI = "không có lần đọc nào gần ngày này"
UNIT_VI = "người"


def followers_at(panel: Panel, account_id: str, lane: str | None, day: date, until: date) -> Value:
    """Give the followers where they stood at the start of `day`, in one lane or the lanes of a
    bridge."""
    options = lane.split("+") if lane is not None else panel.lanes(account_id)
    for name in options:
        basis = panel.basis_of(account_id, name)
        if basis.days_kept is not None and day < until - timedelta(days=basis.days_kept):
            return Value(None, unit=UNIT_VI, lane=name, reason=NOT_ALLOWED_VI)
        found = value_at(panel.series(account_id, "followers", name), day, within=LEVEL_WITHIN)
        if found is not None:
            return _reading(panel, account_id, name, found)
    return Value(None, unit=UNIT_VI, lane=lane, reason=NO_LEVEL_VI)


def _reading(panel: Panel, account_id: str, lane: str, found: tuple[date, float]) -> Value:
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
    return Value(
        value,
        low if step > 1 or word != "exact" else None,
        high if step > 1 or word != "exact" else None,
        n=1,
        unit=UNIT_VI,
        lane=lane,
        readings=1,
        step=step,
        first_day=day,
        last_day=day,
    )


def last_followers(panel: Panel, account_id: str, until: date) -> tuple[Value, date | None]:
    """Give the newest known level before `until`."""
    found = panel.last_reading(account_id, "followers", until)
    if found is None:
        return Value(None, unit=UNIT_VI, reason=NO_LEVEL_VI), None
    day, lane, value = found
    kept = panel.basis_of(account_id, lane).days_kept
    if kept is not None and day < until - timedelta(days=kept):
        return Value(None, unit=UNIT_VI, lane=lane, reason=NOT_ALLOWED_VI), None
    return _reading(panel, account_id, lane, (day, value)), day
