"""What an indicator is, and the one list of them that functions are entered into by decoration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tracker.indicators.samples import Source
from tracker.panel import Panel
from tracker.periods import Window


@dataclass(frozen=True)
class Value:
    """One number over one window.

    `value` None = not computable, and then `reason` (Vietnamese, for print) says why. `low` and
    `high` bound it at 95 % where an interval can be given, else None. `n` is what the number rests
    on (valid weeks, or posts for a post indicator), `accounts` of how many accounts it is made,
    `readings` how many observations went in, `step` the largest rounding unit among them (1 =
    exact), `first_day` and `last_day` the first and last of their days (of publication for posts).
    `lane` is the lane's key (`public`, `owner`, `declared`; several joined by `+`).
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: str = ""
    lane: str | None = None
    reason: str | None = None
    accounts: int = 1
    readings: int = 0
    step: int = 1
    first_day: date | None = None
    last_day: date | None = None


Make = Callable[[Panel, str, str, Window], Source | None]
"""(panel, account id, lane, publication days known in that lane) -> what can be measured, None =
nothing."""


@dataclass(frozen=True)
class Indicator:
    """One indicator: what the dictionary prints of it, and how it is measured.

    `entity`: made of readings of the `account` or of its `post`s. `level`: output, out-take,
    outcome, impact (the stages of communication evaluation). `combine`: how accounts are added up:
    `sum` of levels, `share` of summed growth in summed followers, `ratio` of summed numerators and
    denominators. `make` is the decorated function.
    """

    key: str
    title_vi: str
    title_en: str
    unit_vi: str
    unit_en: str
    formula: str
    level: Literal["output", "out-take", "outcome", "impact"]
    entity: Literal["account", "post"]
    combine: Literal["sum", "share", "ratio"]
    minimum: str
    source: str
    make: Make


INDICATORS: dict[str, Indicator] = {}


def indicator(
    *,
    key: str,
    title_vi: str,
    title_en: str,
    unit_vi: str,
    unit_en: str,
    formula: str,
    level: Literal["output", "out-take", "outcome", "impact"],
    entity: Literal["account", "post"],
    combine: Literal["sum", "share", "ratio"],
    minimum: str,
    source: str,
) -> Callable[[Make], Make]:
    """Enter the decorated function into INDICATORS; a key can be taken only once."""

    def enter(make: Make) -> Make:
        assert key not in INDICATORS, f"the indicator {key} is defined twice"
        INDICATORS[key] = Indicator(
            key=key,
            title_vi=title_vi,
            title_en=title_en,
            unit_vi=unit_vi,
            unit_en=unit_en,
            formula=formula,
            level=level,
            entity=entity,
            combine=combine,
            minimum=minimum,
            source=source,
            make=make,
        )
        return make

    return enter


def dictionary(indicators: Sequence[Indicator] | None = None) -> str:
    """Write the data dictionary (data/README.md): one section per indicator, from the registry
    alone."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the registry of `tracker/indicators`; a test compares this file with it.",
        "Windows, Tết weeks, cadence, rounding and intervals: see `tracker/flows.py` and",
        "`tracker/effects/change.py`. A number that cannot be computed is empty and carries its",
        "reason, never 0.",
    ]
    for item in indicators if indicators is not None else INDICATORS.values():
        lines += [
            "",
            f"## {item.key}",
            "",
            f"- Title: {item.title_vi} ({item.title_en})",
            f"- Unit: {item.unit_vi} ({item.unit_en})",
            f"- Formula: {item.formula}",
            f"- Level: {item.level}",
            f"- Read from: {item.entity}",
            f"- Several accounts: {_COMBINED[item.combine]}",
            f"- Minimum data: {item.minimum}",
            f"- Source: {item.source}",
        ]
    return "\n".join(lines) + "\n"


_COMBINED = {
    "sum": "sum of the accounts' levels",
    "share": "summed growth over summed followers at the start of the window",
    "ratio": "numerators and denominators are summed first, then divided",
}
