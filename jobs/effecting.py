"""`tracker effects`: localities against comparable ones, beside what they themselves show."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from jobs.opening import Opened
from tracker.errors import ConfigError
from tracker.periods import Window
from tracker.registry import read_tet_days

if TYPE_CHECKING:
    import pandas as pd

    from tracker.effects import Change, Effect, FrameFacts
    from tracker.panel import Panel

PRIMARY = ("followers_percent_30_days", "engagement_rate")
"""Indicators named before anything is looked at (docs/methods.md, section 6); the rest explore."""
SHOWN = (*PRIMARY, "interactions_per_post", "posts_per_week", "posts_not_vietnamese")
PERCENT_VI = {"W": "% mỗi tuần (100 × chênh lệch logarit)", "M": "% mỗi 4 tuần (100 × logarit)"}
COHORT_VI = "Các địa phương có chương trình"
COHORT = "*"
"""In place of a unit: all units with a programme together."""
NOT_DISTINGUISHABLE_VI = "không phân biệt được với ngẫu nhiên"
DISTINGUISHABLE_VI = "khác với ngẫu nhiên"


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
    """One indicator over a map: its frame, what stands behind it, and what was found."""

    frame: pd.DataFrame
    members: Mapping[str, Any]
    facts: FrameFacts
    cohort: Effect
    units: Mapping[Hashable, Effect]
    rows: tuple[EffectRow, ...]


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
    from tracker.panel import load_panel

    panel = load_panel(opened.store)
    unknown = [unit for unit in localities if unit not in panel.localities.index]
    if unknown:
        raise ConfigError(f"unknown locality {unknown[0]!r}; expected an id such as quang-ninh")
    tet = tuple(read_tet_days(opened.folder))
    return [
        _study(panel, key, map_name, cadence, window, tet, localities)
        for key in indicators or SHOWN
    ]


def _study(
    panel: Panel,
    key: str,
    map_name: str,
    cadence: str,
    window: Window | None,
    tet: tuple[date, ...],
    localities: Sequence[str],
) -> Studied:
    from tracker.effects import adjust, change, effect, unit_effects, unit_frame
    from tracker.effects.frames import GROWTH_VI

    frame, members, facts = unit_frame(panel, key, map_name, cadence, window, tet_days=tet)
    if facts.unit_vi in GROWTH_VI.values():  # log differences are tiny: in percent they can be read
        frame, facts = frame * 100, replace(facts, unit_vi=PERCENT_VI[cadence])
    cohort = effect(frame, members, log=facts.log)
    found = unit_effects(frame, members, log=facts.log)
    ps = {unit: one.p for unit, one in found.items()}
    q, q_by = adjust(ps), adjust(ps, "by")
    wanted = [unit for unit in found if not localities or unit in localities]
    rows = (
        []
        if localities
        else [_row(facts, COHORT, "Các địa phương có chương trình", None, None, cohort, None, None)]
    )
    for unit in wanted:
        start = members[str(unit)]
        assert start is not None, "only treated units have an effect of their own"
        own = change(frame[unit], start.date(), tet_days=tet, least_events=0)
        name = facts.names.get(str(unit), str(unit))
        rows.append(
            _row(facts, str(unit), name, start.date(), own, found[unit], q[unit], q_by[unit])
        )
    without = [unit for unit in facts.without if not localities or unit in localities]
    rows += [_missing(facts, unit) for unit in without]
    return Studied(frame, members, facts, cohort, found, tuple(rows))


def _row(
    facts: FrameFacts,
    unit: str,
    name: str,
    start: date | None,
    own: Change | None,
    found: Effect,
    q: float | None,
    q_by: float | None,
) -> EffectRow:
    from tracker.effects import LABELS_VI, METHODS_VI

    shown = _in_percent if facts.log else _as_it_is
    row = EffectRow(
        indicator=facts.indicator,
        title=facts.title_vi,
        measured_in=facts.unit_vi,
        primary=facts.indicator in PRIMARY,
        unit=unit,
        name=name,
        start=None if start is None else start.isoformat(),
        observed=own.difference if own else None,
        observed_low=own.low if own else None,
        observed_high=own.high if own else None,
        observed_label=LABELS_VI[own.label] if own else "",
        observed_reason=own.reason if own else None,
        effect=shown(found.estimate),
        low=shown(found.low),
        high=shown(found.high),
        percent=facts.log,
        p=found.p,
        q=q,
        q_by=q_by,
        method=METHODS_VI.get(found.method, ""),
        controls=len(found.controls),
        refusal=found.refusal.reason if found.refusal else None,
        sentence="",
        window=f"{facts.window.start}..{facts.window.last_day}",
        warnings=(*found.warnings, *facts.notes),
    )
    return EffectRow(**{**asdict(row), "sentence": sentence(row)})


def _missing(facts: FrameFacts, unit: str) -> EffectRow:
    """Give the line of a unit that has no column: its reason, and no number."""
    return EffectRow(
        indicator=facts.indicator,
        title=facts.title_vi,
        measured_in=facts.unit_vi,
        primary=facts.indicator in PRIMARY,
        unit=unit,
        name=facts.names.get(unit, unit),
        start=None,
        observed=None,
        observed_low=None,
        observed_high=None,
        observed_label="",
        observed_reason=facts.without[unit],
        effect=None,
        low=None,
        high=None,
        percent=facts.log,
        p=None,
        q=None,
        q_by=None,
        method="",
        controls=0,
        refusal=facts.without[unit],
        sentence=f"{facts.names.get(unit, unit)}: chưa có số liệu ({facts.without[unit]}).",
        window=f"{facts.window.start}..{facts.window.last_day}",
        warnings=(),
    )


def sentence(row: EffectRow) -> str:
    """Say both layers in one Vietnamese sentence, as docs/methods.md, section 6 words it."""
    if row.observed is None:
        seen = f"thay đổi quan sát được: chưa tính được ({row.observed_reason or 'không áp dụng'})"
    else:
        low, high = number(row.observed_low), number(row.observed_high)
        seen = f"thay đổi quan sát được {number(row.observed, sign=True)} [{low}; {high}]"
    if row.effect is None:
        beside = f"so với các địa phương tương đồng: không kết luận được ({row.refusal})"
    else:
        unit = " %" if row.percent else ""
        interval = ""
        if row.low is not None and row.high is not None:
            interval = f" [{number(row.low)}; {number(row.high)}]"
        beside = f"so với các địa phương tương đồng {number(row.effect, sign=True)}{unit}{interval}"
        if row.p is not None:
            beside += ", " + (DISTINGUISHABLE_VI if is_sure(row) else NOT_DISTINGUISHABLE_VI)
    first = f"{row.name}: " if row.unit == COHORT else f"{row.name}: {seen}; "
    return f"{first}{beside}."


def is_sure(row: EffectRow) -> bool:
    """Say whether an effect is told from chance: below 5 % by itself, and among all units of the
    indicator below 10 % after Benjamini-Hochberg.
    """
    return row.p is not None and row.p <= 0.05 and (row.q is None or row.q <= 0.10)


def number(value: float | None, *, sign: bool = False) -> str:
    """Write a number in the Vietnamese form with three significant digits; unknown is `…`."""
    if value is None:
        return "…"
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:{'+' if sign else ''},.{min(digits, 6)}f}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".").replace("-", "−")


def _in_percent(value: float | None) -> float | None:
    """Turn log points into percent of what would have been."""
    return None if value is None else 100 * math.expm1(value)


def _as_it_is(value: float | None) -> float | None:
    return value


def rows_frame(studied: Sequence[Studied]) -> pd.DataFrame:
    """Lay the lines of all indicators out as one frame; columns as EffectRow names them."""
    import pandas as pd

    rows = [asdict(row) for one in studied for row in one.rows]
    frame = pd.DataFrame(rows, columns=list(EffectRow.__dataclass_fields__))
    frame["warnings"] = [" | ".join(warnings) for warnings in frame["warnings"]]
    return frame


def print_lines(studied: Sequence[Studied]) -> list[str]:
    """Give the table for a person: a heading an indicator, both layers a unit, notes below."""
    lines: list[str] = []
    for one in studied:
        kind = "chỉ số chính" if one.facts.indicator in PRIMARY else "chỉ số thăm dò"
        last = one.facts.window.last_day
        lines.append(
            f"{one.facts.title_vi} ({kind}; {one.facts.window.start:%d/%m/%Y} – {last:%d/%m/%Y})"
        )
        lines += [f"  {row.sentence}" for row in one.rows]
        lines += [f"  Ghi chú: {note}" for note in one.facts.notes]
    return lines


def last_window(first: date | None, last: date | None) -> Window | None:
    """Make the window of --from and --to (both inclusive); None where neither is given.

    Raises ConfigError where only one is given or they are in the wrong order.
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise ConfigError("--from and --to go together")
    if last < first:
        raise ConfigError(f"--to {last} lies before --from {first}")
    return Window(first, last + timedelta(days=1))
