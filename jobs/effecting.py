"""`tracker effects`: localities against comparable ones, beside what they themselves show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from jobs.opening import Opened
from tracker.errors import ConfigError
from tracker.periods import Window
from tracker.registry import read_tet_days

if TYPE_CHECKING:
    import pandas as pd

    from tracker.effects import IndicatorEffects, UnitEffect
    from tracker.panel import Panel

EXPLORED = ("interactions_per_post", "posts_per_week", "posts_not_vietnamese")
"""Shown after the primary indicators where none is asked for."""
COHORT_VI = "Các địa phương có chương trình"
COHORT = "*"
"""In place of a unit: all units with a programme together."""


@dataclass(frozen=True)
class EffectRow:
    """One line of the table: a unit (or the cohort) in one indicator, both layers.

    `observed` is the change of the unit itself (layer A), `effect` the change relative to
    comparable localities (layer B); None = unknown, and `observed_reason` or `refusal` says why.
    Both are in `measured_in`; with `percent` the effect is in percent of what would have been. `q`
    is Benjamini-Hochberg over the units of the indicator, `q_by` Benjamini-Yekutieli as a check.
    """

    indicator: str
    title: str
    measured_in: str
    primary: bool
    unit: str
    name: str
    start: str | None
    observed: float | None
    observed_low: float | None
    observed_high: float | None
    observed_label: str
    observed_reason: str | None
    effect: float | None
    low: float | None
    high: float | None
    percent: bool
    p: float | None
    q: float | None
    q_by: float | None
    method: str
    controls: int
    refusal: str | None
    sentence: str
    window: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Studied:
    """One indicator over a map, and the lines to print: the cohort's unless localities were asked
    for, those of the units, and those of units without a number.

    `panel`: where events and definition breaks of a chart stand; None = it shows none.
    """

    found: IndicatorEffects
    rows: tuple[EffectRow, ...]
    panel: Panel | None = None


def study_indicators(
    opened: Opened,
    indicators: Sequence[str],
    *,
    map_name: str,
    cadence: str,
    window: Window | None,
    localities: Sequence[str],
) -> list[Studied]:
    """Measure each indicator over a map; `localities` limits the rows, never the comparison.

    Raises ConfigError for what does not exist.
    """
    from tracker.effects import NAMED, map_effects
    from tracker.panel import load_panel

    panel = load_panel(opened.store)
    unknown = [unit for unit in localities if unit not in panel.localities.index]
    if unknown:
        raise ConfigError(f"unknown locality {unknown[0]!r}; expected an id such as quang-ninh")
    tet = read_tet_days(opened.folder)
    keys = indicators or (*NAMED, *EXPLORED)
    looked_at = [key for key in keys if needs_looks(key)]
    seen = with_looks_for(panel, looked_at) if looked_at else panel
    found: list[IndicatorEffects] = []
    for key in keys:  # the share of languages counts rows of `daily` and needs no looks
        source = seen if key in looked_at else panel
        found += map_effects(source, [key], map_name, cadence, window, tet_days=tet).indicators
    return [studied(one, localities, panel) for one in found]


def needs_looks(key: str) -> bool:
    """Say whether an indicator is made of the looks at single posts."""
    from tracker.effects.frame_parts import NOT_VIETNAMESE
    from tracker.indicators import INDICATORS

    return key != NOT_VIETNAMESE and key in INDICATORS and "looks" in INDICATORS[key].needs


def with_looks_for(panel: Panel, keys: Sequence[str]) -> Panel:
    """Give the panel with the looks at posts of the accounts that could have one of some
    indicators; the others' would be refused all the same."""
    from tracker.indicators import INDICATORS, with_looks
    from tracker.indicators.needs import NO_LOOKS_VI, lacking
    from tracker.panel import post_looks

    items = [INDICATORS[key] for key in keys]
    accounts = [
        account
        for account in panel.accounts.index
        if any(lacking(panel, item, account, None) == NO_LOOKS_VI for item in items)
    ]
    return with_looks(panel, post_looks(panel, accounts=accounts))


def studied(
    found: IndicatorEffects, localities: Sequence[str] = (), panel: Panel | None = None
) -> Studied:
    """Choose the lines to print: all of them, or those of some localities."""
    if localities:
        return Studied(found, tuple(_row(found.of(unit)) for unit in localities), panel)
    lines = (*found.rows, *found.missing)
    return Studied(found, (_cohort_row(found), *(_row(one) for one in lines)), panel)


def _row(one: UnitEffect) -> EffectRow:
    """Lay a line out flat, as files hold it."""
    from tracker.effects import LABELS_VI

    own, effect = one.observed, one.effect
    estimate, low, high = one.estimate or (None, None, None)
    return EffectRow(
        indicator=one.indicator,
        title=one.title_vi,
        measured_in=one.unit_vi,
        primary=one.primary,
        unit=one.unit,
        name=one.name,
        start=None if one.start is None else one.start.isoformat(),
        observed=own.difference if own else None,
        observed_low=own.low if own else None,
        observed_high=own.high if own else None,
        observed_label=LABELS_VI[own.label] if own else "",
        observed_reason=own.reason if own else one.reason,
        effect=estimate,
        low=low,
        high=high,
        percent=one.percent,
        p=effect.p if effect else None,
        q=one.q,
        q_by=one.q_by,
        method=effect.method_vi if effect else "",
        controls=len(effect.controls) if effect else 0,
        refusal=one.why_not,
        sentence=one.sentence,
        window=f"{one.window.start}..{one.window.last_day}",
        warnings=(*effect.warnings, *one.notes) if effect else (),
    )


def _cohort_row(found: IndicatorEffects) -> EffectRow:
    """Lay the effect on all units with a programme together out flat; it has no layer A."""
    from tracker.effects import UnitEffect
    from tracker.effects.wording import beside_vi

    facts, together = found.facts, found.together
    line = UnitEffect(
        indicator=facts.indicator,
        title_vi=facts.title_vi,
        unit_vi=facts.unit_vi,
        map_name=facts.map_name,
        window=facts.window,
        unit=COHORT,
        name=COHORT_VI,
        effect=together,
        notes=facts.notes,
    )
    sentence = f"{COHORT_VI}: {beside_vi(together, facts.unit_vi)}."
    return EffectRow(**{**asdict(_row(line)), "sentence": sentence})


def rows_frame(studied: Sequence[Studied]) -> pd.DataFrame:
    """Lay the lines of all indicators out as one frame; columns as EffectRow names them."""
    import pandas as pd

    rows = [asdict(row) for one in studied for row in one.rows]
    frame = pd.DataFrame(rows, columns=list(EffectRow.__dataclass_fields__))
    frame["warnings"] = [" | ".join(warnings) for warnings in frame["warnings"]]
    return frame


def print_lines(studied: Sequence[Studied]) -> list[str]:
    """Give the table for a person: a heading an indicator, both layers a unit, notes below."""
    from tracker.effects import NAMED

    lines: list[str] = []
    for one in studied:
        facts = one.found.facts
        kind = "chỉ số chính" if facts.indicator in NAMED else "chỉ số thăm dò"
        days = f"{facts.window.start:%d/%m/%Y} – {facts.window.last_day:%d/%m/%Y}"
        lines.append(f"{facts.title_vi} ({kind}; {days})")
        lines += [f"  {row.sentence}" for row in one.rows]
        lines += [f"  Ghi chú: {note}" for note in facts.notes]
    return lines
