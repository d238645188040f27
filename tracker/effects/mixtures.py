"""Mixtures of Student's t: what is left when a nuisance parameter is integrated out on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from tracker.effects.study import Floats

HALVINGS = 50


@dataclass(frozen=True)
class Line:
    """What a method says of one series: `expected` (periods) without the programme, the mean gap
    since the start, its interval and two-sided p."""

    expected: Floats
    estimate: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Mixture:
    """Student's t by grid point: weights that add up to one, centres, scales, and one number of
    degrees of freedom."""

    weights: Floats
    centres: Floats
    scales: Floats
    freedom: float

    @property
    def mean(self) -> float:
        """Give the mean of the centres."""
        return float(self.weights @ self.centres)

    def below(self, value: float) -> float:
        """Give the probability of a smaller value."""
        t = (value - self.centres) / self.scales
        return float(self.weights @ special.stdtr(self.freedom, t))

    def quantile(self, share: float) -> float:
        """Find a quantile by halving."""
        ends = self.centres + self.scales * special.stdtrit(self.freedom, share)
        low, high = float(ends.min()), float(ends.max())
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < share else (low, middle)
        return (low + high) / 2

    def two_sided(self, value: float) -> float:
        """Give the p-value of a value: twice the smaller tail."""
        below = self.below(value)
        return 2 * min(below, 1 - below)


def mixture(
    logs: Sequence[float], centres: Sequence[float], scales: Sequence[float], freedom: float
) -> Mixture:
    """Weight grid points by their likelihoods, given as logarithms."""
    odds = np.exp(np.array(logs) - max(logs))
    return Mixture(odds / odds.sum(), np.array(centres), np.array(scales), freedom)
