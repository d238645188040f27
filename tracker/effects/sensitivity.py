"""Lines beside the headline: what a treated unit's own past, extrapolated, says of it.

Asked for by name only; the rules of docs/methods.md, section 6, never choose them.
"""

from __future__ import annotations

import numpy as np

from tracker.effects.estimated import (
    ITS,
    METHODS_VI,
    NOT_ENOUGH,
    Effect,
    EventEffect,
    Point,
    Refusal,
)
from tracker.effects.interrupted import interrupted
from tracker.effects.mixtures import Line
from tracker.effects.placebo_effect import Pool, target_of
from tracker.effects.state_space import state_space
from tracker.effects.study import Study

EXTRAPOLATED_VI = (
    "ngoại suy từ quá khứ của chính đơn vị, không so với địa phương khác: chỉ để đối chiếu, không "
    "phải kết luận"
)
INDEX_VI = (
    "ngoại suy từ quá khứ của chính đơn vị và trung bình các đơn vị so sánh: chỉ để đối chiếu, "
    "không phải kết luận"
)
TOO_FEW_VI = "quá ít kỳ có số liệu, hoặc số liệu không thay đổi, để ngoại suy"


def sensitivity(study: Study, pool: Pool, method: str, alpha: float) -> Effect | Refusal:
    """Extrapolate the treated units, those of one start as their mean.

    Several starts are averaged by the number of units, their intervals as if fully dependent, which
    is the widest they can be, and then without p.
    """
    starts, sizes = np.unique(study.starts[study.treated], return_counts=True)
    lines: list[Line] = []
    for start in starts.tolist():
        target = target_of(study, start)
        index = pool.donors.mean(axis=1) if pool.units else None
        line = (
            interrupted(target, start, study.days, alpha)
            if method == ITS
            else state_space(target, index, start, alpha)
        )
        if line is None:
            return Refusal(NOT_ENOUGH, f"{METHODS_VI[method]}: {TOO_FEW_VI}")
        lines.append(line)
    shares = sizes / sizes.sum()
    beside = method != ITS and bool(pool.units)
    lone = len(lines) == 1
    return Effect(
        estimate=float(shares @ [line.estimate for line in lines]),
        low=float(shares @ [line.low for line in lines]),
        high=float(shares @ [line.high for line in lines]),
        p=lines[0].p if lone else None,
        units=tuple(unit for unit, yes in zip(study.units, study.treated, strict=True) if yes),
        weights={unit: 1 / len(pool.units) for unit in pool.units} if beside else {},
        warnings=(*study.warnings, INDEX_VI if beside else EXTRAPOLATED_VI),
        by_event=_by_event(study, int(starts[0]), lines[0], int(sizes[0])) if lone else (),
        controls=pool.units if beside else (),
        path=_path(study, int(starts[0]), lines[0]) if lone else (),
        alpha=alpha,
    )


def _path(study: Study, start: int, line: Line) -> tuple[Point, ...]:
    seen = target_of(study, start)
    known = ~np.isnan(seen)
    pairs = zip(study.periods, known, seen.tolist(), line.expected.tolist(), strict=True)
    return tuple(
        Point(period, value, expected) if there else Point(period, None, None)
        for period, there, value, expected in pairs
    )


def _by_event(study: Study, start: int, line: Line, treated: int) -> tuple[EventEffect, ...]:
    gaps = target_of(study, start) - line.expected
    return tuple(
        EventEffect(int(at) - start, float(gaps[at]), None, None, treated)
        for at in np.flatnonzero(~np.isnan(gaps))
    )
