"""Shares of counted posts: Wilson's interval, with the weeks as clusters."""

from __future__ import annotations

import math

from tracker.indicators.samples import Sample
from tracker.indicators.welch import mean_of

LEAST_WEEKS = 2


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share (0 to 1); (0, 1) without trials.

    Wilson 1927; Brown, Cai and DasGupta 2001 recommend it for small numbers.
    """
    if trials <= 0:
        return 0.0, 1.0
    z2 = 1.959964**2
    share = successes / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = math.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (
        1 + z2 / trials
    )
    return max(0.0, middle - reach), min(1.0, middle + reach)


def share_interval(sample: Sample, scale: float) -> tuple[float, float] | None:
    """Give the interval of a measured share (`level` = `scale` x share); None = nothing is known.

    Its trials are the `posts` behind it, or the valid units where it is not made of posts.

    Posts of one week are alike: where the weeks vary more than single posts would, the trials are
    divided by that design effect (Kish 1965).
    """
    trials = float(sample.valid if sample.posts is None else sample.posts)
    if sample.level is None or not trials:
        return None
    share = sample.level / scale
    alone = share * (1 - share) / trials
    if sample.valid >= LEAST_WEEKS and alone > 0:
        spread = mean_of(sample.values).variance / scale**2
        trials /= max(1.0, spread / alone)
    low, high = wilson(share * trials, trials)
    return scale * low, scale * high
