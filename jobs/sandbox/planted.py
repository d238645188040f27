"""What is planted in the country: the numbers that a good analysis must find again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.sandbox.country import Place, places


@dataclass(frozen=True)
class Truth:
    """The planted constants. Ratios are what an expected value is multiplied by; 1 = no effect.

    The programme acts on the accounts of a locality from its start, grows in a straight line for
    `ramp_days` and then stays. Shock and trend act on every account, adopters or not: they are what
    a naive before/after comparison takes for an effect.
    """

    growth: float = 1.40
    """Net new followers a day, full programme."""
    interactions: float = 1.30
    """Interactions (and views) of a post published under the full programme, at equal age."""
    posting: float = 1.25
    """Posts a week, full programme."""
    english_points: float = 0.15
    """Share of English posts, added by the full programme."""
    ramp_days: int = 14
    trend_a_year: float = 1.06
    """Net new followers a day and interactions of a post, everywhere, a year."""
    shock_on: date = date(2022, 3, 15)
    shock_growth: float = 1.15
    """Net new followers a day, everywhere, from `shock_on` on (the country opens to visitors
    again).
    """
    shock_interactions: float = 1.10
    tet_growth: float = 0.70
    """Net new followers a day from 3 days before to 6 days after the first day of the lunar year.
    """
    tet_posting: float = 0.40
    half_count_hours: float = 125.6
    """Age at which a post has half of what it will ever have: count = total x age / (age + this).

    Gives 59 % of the 24-week count at one week, as measured on 19,894 real videos.
    """
    weekday_growth: tuple[float, ...] = (1.05, 1.00, 0.97, 0.98, 1.02, 1.04, 0.94)
    """Monday first."""
    weekday_posting: tuple[float, ...] = (1.20, 1.15, 1.10, 1.10, 1.15, 0.75, 0.55)

    @property
    def starts(self) -> dict[str, date]:
        """Give the first day of each adopting locality's programme, by locality id."""
        return {place.id: start for place in places() if (start := place.programme_start)}

    def ramp(self, place: Place | None, day: date) -> float:
        """Give how much of the programme acts on a day: 0 before the start, 1 after the ramp."""
        start = place.programme_start if place else None
        if start is None:
            return 0.0
        return min(1.0, max(0.0, (day - start).days / self.ramp_days))


TRUTH = Truth()
