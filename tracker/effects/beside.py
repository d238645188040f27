"""A whole map at once: the effect on every unit beside what the unit itself shows.

Built once per panel and map, then asked unit by unit: the p-values are adjusted over all units of
an indicator, so none of them can be judged alone (docs/methods.md, section 6, "Multiple testing").
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from tracker.effects.change import change
from tracker.effects.effect import effect, unit_effects
from tracker.effects.estimated import NOT_ENOUGH, Effect, Refusal
from tracker.effects.frames import GROWTH_VI, FrameFacts, unit_frame
from tracker.effects.multiple import adjust
from tracker.effects.observed import Change
from tracker.effects.wording import both_vi, in_percent, is_sure, verdict
from tracker.panel import Panel
from tracker.periods import Window

PRIMARY = ("followers_percent_30_days", "engagement_rate")
"""The primary indicators that every panel can measure: what the reports of one run share."""
VIEWS = "views_per_post_median"
NAMED = (*PRIMARY, VIEWS)
"""The three indicators named before anything is looked at (docs/methods.md, section 6); the rest
explore. Views need a panel with the looks at single posts (`with_looks`), else they are refused."""
PERCENT_VI = {"W": "% mỗi tuần (100 × chênh lệch logarit)", "M": "% mỗi 4 tuần (100 × logarit)"}
NEVER_VI = "chưa có chương trình trong thời gian có số liệu; thuộc nhóm để so sánh"
NOT_HERE_VI = "không thuộc bản đồ {}"
NOBODY_VI = "không địa phương nào có số liệu của chỉ số này"


@dataclass(frozen=True)
class UnitEffect:
    """One unit in one indicator, both layers.

    `observed` is the change of the unit itself (layer A, in `unit_vi`), `effect` that relative to
    comparable units (layer B); None = not measured, and `reason` (Vietnamese) says why, else it is
    None. An effect may still be refused, and then carries its own reason. `start`: first day of the
    programme. `q` is Benjamini-Hochberg over the units of the indicator, `q_by`
    Benjamini-Yekutieli as a check; None = not tested. `together` is the effect on all units with a
    programme. `accounts`: (id, lane) of what was added up. `notes` are Vietnamese sentences that a
    table must print.
    """

    indicator: str
    title_vi: str
    unit_vi: str
    map_name: str
    window: Window
    unit: str
    name: str
    start: date | None = None
    observed: Change | None = None
    effect: Effect | None = None
    q: float | None = None
    q_by: float | None = None
    together: Effect | None = None
    accounts: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def primary(self) -> bool:
        """Say whether the indicator was named before anything was looked at."""
        return self.indicator in NAMED

    @property
    def why_not(self) -> str | None:
        """Say why there is no effect; None where there is one."""
        if self.effect is not None and self.effect.refusal is not None:
            return self.effect.refusal.reason
        return self.reason

    @property
    def estimate(self) -> tuple[float, float | None, float | None] | None:
        """Give effect, low and high: in percent where `percent`, else in `unit_vi`; None = none."""
        return None if self.effect is None else in_percent(self.effect)

    @property
    def percent(self) -> bool:
        """Say whether the effect is in percent of what would have been."""
        return self.effect is not None and self.effect.log

    @property
    def sure(self) -> bool:
        """Say whether the effect is told from chance (wording.is_sure)."""
        return self.effect is not None and is_sure(self.effect, self.q, self.together)

    @property
    def verdict_vi(self) -> str | None:
        """Say what may be concluded; None where there is no effect."""
        if self.effect is None or self.effect.estimate is None:
            return None
        return verdict(self.effect, self.q, self.together)

    @property
    def sentence(self) -> str:
        """Say both layers in one Vietnamese sentence."""
        if self.effect is None:
            return f"{self.name}: chưa có số liệu ({self.reason})."
        both = both_vi(self.observed, self.effect, self.unit_vi, q=self.q, together=self.together)
        return f"{self.name}: {both}."


@dataclass(frozen=True)
class IndicatorEffects:
    """One indicator over a map: its frame, what stands behind it, the effect on all units with a
    programme together, on each by itself, and the lines of the units with a programme."""

    frame: pd.DataFrame
    members: Mapping[str, pd.Timestamp | None]
    facts: FrameFacts
    together: Effect
    each: Mapping[Hashable, Effect]
    rows: tuple[UnitEffect, ...]

    def of(self, unit: str) -> UnitEffect:
        """Give the line of a unit; where it has none, one with the reason."""
        found = next((row for row in self.rows if row.unit == unit), None)
        if found is not None:
            return found
        facts = self.facts
        reason = NEVER_VI if unit in self.members else NOT_HERE_VI.format(facts.map_name)
        return _line(facts, unit, reason=facts.without.get(unit, reason))

    @property
    def missing(self) -> tuple[UnitEffect, ...]:
        """Give the lines of the units that have no column in the frame."""
        return tuple(self.of(unit) for unit in self.facts.without)


@dataclass(frozen=True)
class MapEffects:
    """Several indicators over one map, measured once; `of` asks for a unit."""

    map_name: str
    indicators: tuple[IndicatorEffects, ...]

    def of(self, unit: str) -> tuple[UnitEffect, ...]:
        """Give the lines of a unit, one an indicator; a unit without an effect has its reason."""
        return tuple(one.of(unit) for one in self.indicators)


def map_effects(
    panel: Panel,
    keys: Sequence[str] = PRIMARY,
    map_name: str = "63",
    cadence: str = "W",
    window: Window | None = None,
    *,
    tet_days: Sequence[date] = (),
) -> MapEffects:
    """Measure indicators over a map, every unit with a programme against those without.

    Arguments as for `unit_frame`. Raises ConfigError for what does not exist and where the panel
    has no whole period on this map.
    """
    return MapEffects(
        map_name,
        tuple(_measured(panel, key, map_name, cadence, window, tuple(tet_days)) for key in keys),
    )


def _measured(
    panel: Panel,
    key: str,
    map_name: str,
    cadence: str,
    window: Window | None,
    tet: tuple[date, ...],
) -> IndicatorEffects:
    frame, members, facts = unit_frame(panel, key, map_name, cadence, window, tet_days=tet)
    if facts.unit_vi in GROWTH_VI.values():  # log differences are tiny: in percent they can be read
        frame, facts = frame * 100, replace(facts, unit_vi=PERCENT_VI[cadence])
    together = _empty(facts) if frame.empty else effect(frame, members, log=facts.log)
    each = unit_effects(frame, members, log=facts.log)
    p_values = {unit: one.p for unit, one in each.items()}
    q, q_by = adjust(p_values), adjust(p_values, "by")
    rows = []
    for unit, found in each.items():
        first = members[str(unit)]
        assert first is not None, "only units with a programme have an effect of their own"
        start = facts.starts.get(str(unit), first.date())
        row = _line(facts, str(unit), start=start, effect=found, together=together)
        seen = change(frame[unit], start, tet_days=tet, least_events=0)
        rows.append(replace(row, observed=seen, q=q[unit], q_by=q_by[unit]))
    return IndicatorEffects(frame, members, facts, together, each, tuple(rows))


def _empty(facts: FrameFacts) -> Effect:
    """Refuse an indicator that no unit has, with the reasons of the units."""
    reasons = dict.fromkeys(part for one in facts.without.values() for part in one.split("; "))
    text = f"{NOBODY_VI}: {'; '.join(reasons)}" if reasons else NOBODY_VI
    return Effect(None, refusal=Refusal(NOT_ENOUGH, text), log=facts.log)


def _line(
    facts: FrameFacts,
    unit: str,
    *,
    start: date | None = None,
    effect: Effect | None = None,
    together: Effect | None = None,
    reason: str | None = None,
) -> UnitEffect:
    return UnitEffect(
        indicator=facts.indicator,
        title_vi=facts.title_vi,
        unit_vi=facts.unit_vi,
        map_name=facts.map_name,
        window=facts.window,
        unit=unit,
        name=facts.names.get(unit, unit),
        start=start,
        effect=effect,
        together=together,
        accounts=facts.accounts.get(unit, ()),
        reason=reason,
        notes=facts.notes,
    )
