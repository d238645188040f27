"""The charts of `tracker effects --format html`: a unit's series with what happened to it, its
counterfactual, its placebos; the event study and the ranking of an indicator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobs.effecting import EffectRow, Studied
from tracker.charts import (
    Chart,
    CounterfactualChart,
    EventPoint,
    EventStudyChart,
    Line,
    Mark,
    PlaceboChart,
    Ranked,
    RankingChart,
)
from tracker.effects import Effect, IndicatorEffects, placebo_gaps
from tracker.effects.frame_parts import indicator_of
from tracker.effects.wording import decimals_of
from tracker.indicators import breaks_of
from tracker.panel.maps import crosswalk
from tracker.reports.marks import break_marks, event_marks, start_marks

if TYPE_CHECKING:
    pass

PERIOD_VI = {"W": "tuần", "M": "tháng (4 tuần)"}
PERIOD_DAYS = {"W": 7, "M": 28}
AVERAGED = 4
MORE_DIGITS = 1
"""Beyond the decimals shown: what a picture cannot show only makes a page heavy."""

Values = tuple[float | None, ...]


def event_study(found: IndicatorEffects, number: int) -> EventStudyChart:
    """Draw the effect on all units together by distance from the start."""
    together = found.together
    points = tuple(
        EventPoint(
            one.event,
            _shown(one.estimate, together),
            _shown(one.low, together),
            _shown(one.high, together),
            one.treated,
        )
        for one in together.by_event
    )
    return EventStudyChart(
        f"event-{number}",
        f"{found.facts.title_vi}: tác động theo khoảng cách đến ngày bắt đầu",
        _unit(found),
        points,
        period=PERIOD_VI[found.facts.cadence],
        decimals=_decimals(point.value for point in points),
    )


def ranking(found: IndicatorEffects, rows: Sequence[EffectRow], number: int) -> RankingChart:
    """Rank the effects on single units, with their intervals."""
    ordered = sorted(rows, key=lambda row: -(row.effect or 0.0))
    return RankingChart(
        f"ranking-{number}",
        f"{found.facts.title_vi}: tác động của từng địa phương, kèm khoảng tin cậy",
        _unit(found),
        tuple(Ranked(row.name, row.effect, row.low, row.high) for row in ordered),
        decimals=_decimals(row.effect for row in rows),
    )


def unit_charts(one: Studied, row: EffectRow, number: int) -> list[Any]:
    """Draw what there is of one unit: its series, its counterfactual, its placebos."""
    found, key = one.found, f"{number}-{row.unit}"
    charts: list[Any] = []
    if row.unit in found.frame.columns:
        charts.append(series(one, row, f"series-{key}"))
    effect = found.each.get(row.unit)
    if effect is None or not effect.path or row.start is None:
        return charts
    start = date.fromisoformat(row.start)
    charts.append(counterfactual(found, row, effect, start, f"path-{key}"))
    gaps = placebo_gaps(found.frame, found.members, effect)
    if len(gaps.columns):
        charts.append(placebos(found, row, gaps, start, f"placebo-{key}"))
    return charts


def series(one: Studied, row: EffectRow, key: str) -> Chart:
    """Draw a unit's numbers with the start of its programme, the events of the register, gaps and
    definition breaks. What Tết and run-in leave out is a hole without shade."""
    facts, column = one.found.facts, one.found.frame[row.unit]
    days = tuple(stamp.date() for stamp in column.index)
    decimals = _decimals(column)
    values = _rounded((None if pd.isna(value) else float(value) for value in column), decimals)
    skipped = facts.skipped.get(row.unit, frozenset())
    return Chart(
        key,
        f"{row.name}: {facts.title_vi}, mỗi {PERIOD_VI[facts.cadence]}",
        facts.unit_vi,
        (Line(row.name, days, values),),
        _marks(one, row),
        _gaps(days, values, skipped, PERIOD_DAYS[facts.cadence]),
        decimals=decimals,
    )


def _gaps(
    days: Sequence[date], values: Values, skipped: frozenset[date], length: int
) -> tuple[tuple[date, date], ...]:
    """Join the periods without a number into stretches, first and last day; those left out by rule
    are none."""
    empty = [
        day for day, value in zip(days, values, strict=True) if value is None and day not in skipped
    ]
    if not empty:
        return ()
    step = timedelta(days=length)
    breaks = [(last, first) for last, first in pairwise(empty) if first - last > step]
    firsts = [empty[0], *(first for _, first in breaks)]
    lasts = [*(last for last, _ in breaks), empty[-1]]
    rest = step - timedelta(days=1)
    return tuple((first, last + rest) for first, last in zip(firsts, lasts, strict=True))


def _marks(one: Studied, row: EffectRow) -> tuple[Mark, ...]:
    """List the start, the events of a unit and of its accounts, and the definition breaks."""
    facts = one.found.facts
    window = facts.window
    start = None if row.start is None else date.fromisoformat(row.start)
    marks = start_marks(start, window)
    if one.panel is None:
        return tuple(marks)
    accounts = {account for account, _ in facts.accounts.get(row.unit, ())}
    walk = crosswalk(one.panel, facts.map_name, window.end)
    places = {row.unit, *walk["locality"][walk["unit"] == row.unit]}
    marks += event_marks(one.panel, places, accounts, window)
    item = indicator_of(one.panel, facts.indicator)
    pairs = {pair for account in accounts for pair in breaks_of(one.panel, item, account)}
    return (*marks, *break_marks(pairs, window))


def counterfactual(
    found: IndicatorEffects, row: EffectRow, effect: Effect, start: date, key: str
) -> CounterfactualChart:
    """Draw what was observed and what the controls say, with the band that placebos make.

    The band is pointwise: counterfactual plus and minus Student's t times the root mean square of
    the placebo gaps of the same period (`Point`); with logarithms it is carried back to the unit of
    the indicator.
    """
    path = {point.period: point for point in effect.path}
    periods = list(found.frame.index)  # those left out of the comparison are holes
    columns: dict[str, Values] = {
        name: tuple(_level(getattr(path.get(one), name, None), effect) for one in periods)
        for name in ("observed", "counterfactual", "low", "high")
    }
    banded = any(value is not None for value in columns["low"])
    decimals = _decimals(columns["observed"])
    actual, expected, low, high = (_rounded(values, decimals) for values in columns.values())
    return CounterfactualChart(
        key,
        f"{row.name}: {found.facts.title_vi}, thực tế và đối chứng",
        found.facts.unit_vi,
        tuple(one.date() for one in periods),
        actual,
        expected,
        start,
        low if banded else (),
        high if banded else (),
        decimals=decimals,
        band_name=f"Dải {100 * (1 - effect.alpha):.0f} % của đối chứng",
    )


def placebos(
    found: IndicatorEffects, row: EffectRow, gaps: pd.DataFrame, start: date, key: str
) -> PlaceboChart:
    """Draw the gap of a unit among those of its controls, which started on the same day only for
    the sake of comparison.

    Weeks are averaged by four, counted from the start, so that no mean holds both sides of it:
    dozens of weekly lines would hide one another.
    """
    effect = found.each[row.unit]
    path = [(one.observed, one.counterfactual) for one in effect.path]
    own = [math.nan if one is None or other is None else one - other for one, other in path]
    weekly = found.facts.cadence == "W"
    table = _averaged(gaps.assign(**{row.unit: own}), start, AVERAGED if weekly else 1)
    days = tuple(one.date() for one in table.index)
    shown = {
        str(unit): [None if math.isnan(gap) else _shown(gap, effect) for gap in table[unit]]
        for unit in table.columns
    }
    decimals = _decimals(shown[row.unit])
    names = found.facts.names
    lines = {
        unit: Line(names.get(unit, unit), days, _rounded(values, decimals))
        for unit, values in shown.items()
    }
    treated = lines.pop(row.unit)
    return PlaceboChart(
        key,
        f"{row.name}: {found.facts.title_vi}, chênh lệch so với đối chứng"
        + (f", trung bình {AVERAGED} tuần" if weekly else ""),
        _unit(found),
        treated,
        tuple(lines.values()),
        start,
        decimals=decimals,
    )


def _averaged(gaps: pd.DataFrame, start: date, size: int) -> pd.DataFrame:
    """Average so many periods each way from the start; a mean stands at the first of them and
    leaves unknown ones out."""
    since = np.arange(len(gaps)) - int((gaps.index < pd.Timestamp(start)).sum())
    block = since // size
    first = pd.Series(gaps.index, index=block).groupby(level=0).first()
    found = gaps.groupby(block).mean()
    return found.set_axis(pd.DatetimeIndex(first.to_numpy()), axis=0)


def _unit(found: IndicatorEffects) -> str:
    return "%" if found.facts.log else found.facts.unit_vi


def _decimals(values: Iterable[float | None]) -> int:
    return decimals_of(*(one for one in values if one is not None and math.isfinite(one)))


def _rounded(values: Iterable[float | None], decimals: int) -> Values:
    places = decimals + MORE_DIGITS
    return tuple(None if value is None else round(value, places) for value in values)


def _shown(value: float | None, found: Effect) -> float | None:
    if value is None:
        return None
    return 100 * math.expm1(value) if found.log else value


def _level(value: float | None, found: Effect) -> float | None:
    if value is None:
        return None
    return math.exp(value) if found.log else value
