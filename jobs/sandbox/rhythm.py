"""What makes numbers rise and fall: weekdays, Tết, trend, shock, noise, bursts, ramps.

Every array holds one number for each day of the country.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.planted import TRUTH
from tracker.periods import tet_range

Floats = NDArray[np.float64]

DAYS = (country.END - country.START).days


def autoregressive(rng: np.random.Generator, length: int, memory: float, spread: float) -> Floats:
    """Draw x[t] = memory x[t-1] + e[t] with standard deviation `spread`."""
    shocks = rng.normal(0, spread * (1 - memory**2) ** 0.5, length)
    shocks[0] = rng.normal(0, spread)
    return np.array(list(accumulate(shocks.tolist(), lambda last, shock: memory * last + shock)))


def bursts(rng: np.random.Generator) -> Floats:
    """Draw Pareto peaks on one day in a hundred, half as high on the next; elsewhere 1."""
    peaks = np.where(rng.random(DAYS) < 0.01, np.minimum(rng.pareto(1.5, DAYS), 10), 0)
    return 1 + peaks + np.concatenate(([0.0], peaks[:-1])) / 2


def _calendar() -> list[date]:
    return [country.START + timedelta(days=number) for number in range(DAYS)]


def weekdays(factors: tuple[float, ...]) -> Floats:
    """Give each day the factor of its weekday, Monday first."""
    return np.array([factors[day.weekday()] for day in _calendar()])


def tet(factor: float) -> Floats:
    """Give the factor in the days around Tết, 1 elsewhere."""
    ranges = [tet_range(day) for day in country.TET]
    return np.array([factor if any(day in each for each in ranges) else 1.0 for day in _calendar()])


def trend() -> Floats:
    """Give the steady growth since the country's first day."""
    return np.asarray(TRUTH.trend_a_year ** (np.arange(DAYS) / 365.25))


def shock(factor: float) -> Floats:
    """Give the factor from the day of the common shock on, 1 before."""
    return np.where(np.arange(DAYS) >= (TRUTH.shock_on - country.START).days, factor, 1.0)


def ramp_of(account: SyntheticAccount) -> Floats:
    """Give how much of the programme acts on the account on each day, 0 to 1."""
    start = account.place.programme_start if account.place else None
    if start is None:
        return np.zeros(DAYS)
    return np.clip((np.arange(DAYS) - (start - country.START).days) / TRUTH.ramp_days, 0, 1)
