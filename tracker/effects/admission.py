"""Which design the data carry, and when none: the table of docs/methods.md, section 6.

The numbers are judgement, to be tuned on the first months of real data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tracker.effects.estimated import (
    DID,
    DIFP_RIDGE,
    GROUP_TIME,
    NO_COUNTERFACTUAL,
    NO_TREATED,
    NOT_ENOUGH,
    Refusal,
)
from tracker.effects.study import Study, listed

LEAST_TREATED = 4
LEAST_CONTROLS = 10
SYNTHETIC_CONTROLS = 19


def least_periods(days: float | None, weeks: int, months: int) -> int:
    """Turn a minimum into periods of `days` days; months beyond 20 days, weeks if unknown."""
    if days is None:
        return weeks
    return months if days > 20 else math.ceil(weeks * 7 / days)


def least_side(days: float | None) -> int:
    """Give the periods needed on either side for any statement: 8 weeks."""
    return least_periods(days, 8, 2)


def with_a_before(study: Study) -> Study | Refusal:
    """Leave out units treated before the data begin, and name them."""
    early = study.starts == 0
    if not study.treated.any():
        return Refusal(NO_TREATED, "không có đơn vị nào bắt đầu trong thời gian có số liệu")
    reason = "bắt đầu trước khi có số liệu, không có mốc trước"
    if not (study.treated & ~early).any():
        return Refusal(NO_COUNTERFACTUAL, f"{_named(study, early)}: {reason}")
    return study.keep(~early, f"bỏ {_named(study, early)}: {reason}") if early.any() else study


def _named(study: Study, which: np.ndarray) -> str:
    return listed(unit for unit, yes in zip(study.units, which, strict=True) if yes)


def choose(study: Study) -> tuple[str, Study] | Refusal:
    """Choose the method for the treated units, or say why there is none.

    Four or more: group_time, over the cohorts with at least 26 weeks (6 months) before; the others
    are left out and named. Fewer: difp_ridge with at least 19 controls and 26 weeks (24 months)
    before, did with at least 10 controls. With two or three treated units their mean is compared.
    """
    count = int(study.treated.sum())
    controls = int((study.donors & ~study.treated).sum())
    side = least_side(study.days)
    if count >= LEAST_TREATED:
        return _cohorts(study)
    if controls < LEAST_CONTROLS:
        return Refusal(NO_COUNTERFACTUAL, controls_vi(controls))
    before, after = sides(study)
    if before < side:
        return Refusal(NOT_ENOUGH, side_vi(before, "trước khi bắt đầu", side))
    if after < side:
        return Refusal(NOT_ENOUGH, side_vi(after, "từ khi bắt đầu", side))
    if controls >= SYNTHETIC_CONTROLS and before >= least_periods(study.days, 26, 24):
        return DIFP_RIDGE, study
    return DID, study


def _cohorts(study: Study) -> tuple[str, Study] | Refusal:
    need, side = least_periods(study.days, 26, 6), least_side(study.days)
    short = study.treated & (study.starts < need)
    recent = study.treated & (len(study.periods) - study.starts < side)
    notes = []
    if short.any():
        notes.append(f"bỏ {_named(study, short)}: chưa đủ {need} kỳ trước khi bắt đầu")
    if recent.any():
        notes.append(f"bỏ {_named(study, recent)}: chưa đủ {side} kỳ từ khi bắt đầu")
    kept = study.keep(~(short | recent), *notes)
    if int(kept.treated.sum()) < LEAST_TREATED:
        return Refusal(NOT_ENOUGH, "; ".join(notes))
    first = int(kept.starts[kept.treated].min())
    most = int((kept.donors & (kept.starts > first)).sum())
    if most < LEAST_CONTROLS:
        return Refusal(NO_COUNTERFACTUAL, controls_vi(most))
    return GROUP_TIME, kept


def sides(study: Study) -> tuple[int, int]:
    """Count the known periods before and since the start, of the treated unit that has fewest."""
    known = ~np.isnan(study.values)
    counts = [
        (int(known[row, :start].sum()), int(known[row, start:].sum()))
        for row, start in enumerate(study.starts)
        if start < len(study.periods)
    ]
    return min(before for before, _ in counts), min(after for _, after in counts)


def shortcomings(study: Study, method: str) -> Sequence[str]:
    """Say in Vietnamese which rules a method asked for by name does not meet; the number is still
    given."""
    found = []
    controls = int((study.donors & ~study.treated).sum())
    before, after = sides(study)
    cohort = method == GROUP_TIME
    need = least_periods(study.days, 26, 6 if cohort else 24)
    if method == DID:
        need = least_side(study.days)
    if cohort and int(study.treated.sum()) < LEAST_TREATED:
        found.append(f"chỉ có {int(study.treated.sum())} đơn vị tham gia (cần ít nhất 4)")
    if method == DIFP_RIDGE and controls < SYNTHETIC_CONTROLS:
        found.append(f"chỉ có {controls} đơn vị so sánh (cần ít nhất {SYNTHETIC_CONTROLS})")
    if before < need:
        found.append(side_vi(before, "trước khi bắt đầu", need))
    if after < least_side(study.days):
        found.append(side_vi(after, "từ khi bắt đầu", least_side(study.days)))
    return found


def controls_vi(count: int) -> str:
    """Say that too few units are left to compare with."""
    return f"chỉ có {count} đơn vị so sánh (cần ít nhất {LEAST_CONTROLS}): không thể lập đối chứng"


def side_vi(count: int, side: str, need: int) -> str:
    """Say that one side has too few periods."""
    return f"chỉ có {count} kỳ {side} (cần ít nhất {need})"
