"""A frame of units over periods, made ready for the designs: sorted, cleaned, starts as positions.

Knows nothing of accounts, indicators or methods. NaN = unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAST_SHARE = 0.6
ROUNDS = 30
ROUNDING = 1e-12
"""Relative to the largest value, anything smaller is arithmetic and not an effect."""


@dataclass(frozen=True)
class Study:
    """Units over periods. `values` has shape units x periods; `starts` holds the position of each
    unit's first treated period, len(periods) = not treated within the frame; `donors` says which
    units may stand in for others. `days` is the median distance of two periods in days, None where
    the index is not made of dates. Units and periods stand in sorted order."""

    units: tuple[Hashable, ...]
    periods: tuple[Hashable, ...]
    values: Floats
    starts: Ints
    donors: Bools
    days: float | None
    warnings: tuple[str, ...] = ()

    @property
    def treated(self) -> Bools:
        """Say which units are first treated within the frame."""
        return self.starts < len(self.periods)

    def keep(self, wanted: Bools, *warnings: str) -> Study:
        """Keep some units, and add warnings."""
        return replace(
            self,
            units=tuple(unit for unit, yes in zip(self.units, wanted, strict=True) if yes),
            values=self.values[wanted],
            starts=self.starts[wanted],
            donors=self.donors[wanted],
            warnings=(*self.warnings, *warnings),
        )


def read_study(
    frame: pd.DataFrame,
    members: Mapping[Any, Any],
    *,
    log: bool = False,
    controls: str | Iterable[Hashable] | None = None,
) -> Study:
    """Read a frame (index periods, columns units, float, NaN = unknown) and who was treated when.

    A unit of the frame that `members` does not name counts as never treated, with a warning. A
    start that is no label of the index counts from the first period at or after it. With
    `log=True` the natural logarithm is taken; values at or below zero become unknown, with a
    warning. Raises ValueError for periods or units that stand twice and for starts that cannot be
    compared with the index.
    """
    index, days = _sorted_index(frame.index)
    if index.has_duplicates or frame.columns.has_duplicates:
        raise ValueError("a period or a unit stands twice in the frame")
    units = _in_order(frame.columns)
    order = np.argsort(index)
    values = np.array(frame[units].to_numpy(dtype=np.float64, na_value=np.nan)[order].T)
    index = index[order]
    values[~np.isfinite(values)] = np.nan
    warnings = []
    if log:
        unfit = values <= 0
        if unfit.any():
            warnings.append(f"{int(unfit.sum())} giá trị không dương bị bỏ khi lấy logarit")
        values = np.log(np.where(unfit, np.nan, values))
    empty = np.isnan(values).all(axis=0)
    if empty.any():
        warnings.append(f"bỏ {int(empty.sum())} kỳ không đơn vị nào có số liệu")
        values, index = values[:, ~empty], index[~empty]
    starts = np.array([_position(index, members.get(unit)) for unit in units], dtype=np.int64)
    unnamed = sum(unit not in members for unit in units)
    if unnamed:
        warnings.append(f"{unnamed} đơn vị không có trong danh sách được coi là chưa tham gia")
    absent = [unit for unit in members if unit not in frame.columns]
    if absent:
        warnings.append(f"không có số liệu của {listed(absent)}")
    found = Study(
        units=tuple(units),
        periods=tuple(index),
        values=values,
        starts=starts,
        donors=np.ones(len(units), dtype=np.bool_),
        days=days,
        warnings=tuple(warnings),
    )
    return _with_donors(found, controls)


def _with_donors(study: Study, controls: str | Iterable[Hashable] | None) -> Study:
    """Say which units may be compared with; those neither treated nor compared with go."""
    if controls is None or controls == "not_yet":
        return study
    if isinstance(controls, str):
        if controls != "never":
            raise ValueError('controls is "never", "not_yet" or a collection of units')
        donors = ~study.treated
    else:
        named = set(controls)
        unknown = named.difference(study.units)
        if unknown:
            raise ValueError(f"controls not in the frame: {listed(unknown)}")
        donors = np.array([unit in named for unit in study.units])
    return replace(study, donors=donors).keep(donors | study.treated)


def listed(units: Iterable[Hashable]) -> str:
    """Name units for print, in their order of sorting."""
    return ", ".join(str(unit) for unit in _in_order(units))


def _in_order(units: Iterable[Hashable]) -> list[Hashable]:
    """Sort units, so that the order of columns decides nothing."""
    return sorted(units, key=lambda unit: (type(unit).__name__, _rank(unit), str(unit)))


def _rank(unit: Hashable) -> float:
    return float(unit) if isinstance(unit, int | float) else 0.0


def _sorted_index(index: pd.Index) -> tuple[pd.Index, float | None]:
    """Give the index with plain dates as timestamps, and the median distance in days."""
    if isinstance(index, pd.PeriodIndex):
        times = index.to_timestamp()
    elif isinstance(index, pd.DatetimeIndex):
        times = index
    elif index.inferred_type in ("date", "datetime"):
        index = times = pd.DatetimeIndex(index)
    else:
        return index, None
    if len(times) < 2:
        return index, None
    steps = np.diff(np.sort(times.to_numpy())) / np.timedelta64(1, "D")
    return index, float(np.median(steps))


def _position(index: pd.Index, start: Any) -> int:
    """Give the position of the first period at or after `start`; None or NaN = never."""
    if start is None or not len(index) or (not isinstance(start, str) and pd.isna(start)):
        return len(index)
    try:
        if isinstance(index, pd.PeriodIndex):
            start = start if isinstance(start, pd.Period) else pd.Period(start, index.freqstr)
        elif isinstance(index, pd.DatetimeIndex):
            start = pd.Timestamp(start)
        elif isinstance(start, date) and index.inferred_type == "string":
            start = start.isoformat()
        # pandas would search a word among numbers; plain comparison refuses that.
        return int(index.searchsorted(start)) if bool(index[0] < start) else 0
    except (TypeError, ValueError) as error:
        raise ValueError(f"a start cannot be compared with the periods: {start!r}") from error


def without_gaps_too_large(study: Study, starts: Sequence[int]) -> Study:
    """Leave out units known in fewer than 60 % of the periods before or since a start, and name
    them (docs/methods.md, section 6).

    A treated unit is judged around its own start, every other one around each of `starts`.
    """
    known = ~np.isnan(study.values)
    wanted = np.ones(len(study.units), dtype=np.bool_)
    treated = study.treated
    for start in sorted(set(starts)):
        concerned = (study.starts == start) | ~treated
        for side in (known[:, :start], known[:, start:]):
            enough = side.sum(axis=1) >= LEAST_SHARE * side.shape[1] - 1e-9
            wanted &= enough | ~concerned
    if wanted.all():
        return study
    out = [unit for unit, yes in zip(study.units, wanted, strict=True) if not yes]
    note = f"bỏ {len(out)} đơn vị có dưới 60 % số kỳ hợp lệ trước hoặc sau: {listed(out)}"
    return study.keep(wanted, note)


def filled(values: Floats) -> Floats:
    """Fill gaps for weights and reference distributions: effect of the period plus what the unit
    did around the gap.

    `values` has shape units x periods. Unit and period effects come from a two-way fit of the known
    values; a unit's remainder is interpolated between its neighbours in time, so that its own level
    on either side of a start is not pulled towards its mean. A constant added to a unit moves its
    fillings by the same. A period without any value is filled by interpolation alone.
    """
    known = ~np.isnan(values)
    if known.all():
        return values
    some = known.any(axis=0)
    period = np.zeros(values.shape[1])
    for _ in range(ROUNDS):
        unit = np.nanmean(values - period, axis=1, keepdims=True)
        period[some] = np.nanmean((values - unit)[:, some], axis=0)
    remainder = values - period
    times = np.arange(values.shape[1])
    found = values.copy()
    for row in np.flatnonzero(~known.all(axis=1)):
        at = known[row]
        found[row, ~at] = period[~at] + np.interp(times[~at], times[at], remainder[row, at])
    return found
