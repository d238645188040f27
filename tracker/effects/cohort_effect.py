"""The effect on several treated units, from cells ATT(g, t) (designs.py)."""

from __future__ import annotations

import numpy as np
from scipy import special

from tracker.effects.admission import LEAST_CONTROLS, controls_vi
from tracker.effects.designs import (
    PRE_DRAWS,
    Cells,
    Tested,
    averages,
    cells_of,
    event_weights,
    slope_weights,
    test,
    two_sided,
)
from tracker.effects.estimated import (
    NO_COUNTERFACTUAL,
    NOT_ENOUGH,
    Aggregate,
    Effect,
    EventEffect,
    GroupTime,
    Refusal,
)
from tracker.effects.study import Floats, Study, filled

DRAWS = 999


def cohort_effect(
    study: Study,
    *,
    pooled: bool,
    strict: bool,
    draws: int | None,
    alpha: float,
    seed: int,
) -> Effect | Refusal:
    """Estimate, test and average all cells; the estimate is the average by cohort (`group`).

    p is the larger of Welch's and that of relabelling, and the interval uses the larger of the two
    quantiles. `strict` leaves out cells with fewer than 10 controls.
    """
    cells = cells_of(study, pooled=pooled, least=LEAST_CONTROLS if strict else 1)
    if not cells.post.any():
        most = int((study.donors & ~study.treated).sum())
        if strict:
            return Refusal(NO_COUNTERFACTUAL, controls_vi(most))
        return Refusal(NOT_ENOUGH, "không kỳ nào từ khi bắt đầu có cả hai phía")
    means = averages(cells)
    names = list(means)
    events, by_event, treated = event_weights(cells)
    functionals = np.concatenate(
        [np.stack([means[name] for name in names], axis=2), by_event], axis=2
    )
    values = filled(study.values)
    rng = np.random.default_rng(seed)
    main = names.index("group")
    head = test(study, values, cells, functionals[:, :, [main]], draws or DRAWS, rng)
    rest = test(study, values, cells, functionals, 1, rng)
    trusted = int(cells.controls[cells.post].min()) >= LEAST_CONTROLS
    warnings = list(study.warnings)
    if not trusted:
        warnings.append(controls_vi(int(cells.controls[cells.post].min())))
    if not np.isfinite(head.error[0]):
        warnings.append("không ước lượng được sai số")
        trusted = False
    p_t = float(two_sided(head.estimate, head.error, head.freedom)[0]) if trusted else None
    p_rank, quantile = _relabelled(head, alpha)
    low, high = rest.estimate.copy(), rest.estimate.copy()
    reach = special.stdtrit(rest.freedom, 1 - alpha / 2) * rest.error
    reach[main] = max(reach[main], quantile * rest.error[main])
    low, high = rest.estimate - reach, rest.estimate + reach
    shown = {
        name: Aggregate(
            float(rest.estimate[at]),
            _or_none(rest.error[at]),
            _or_none(low[at]) if trusted else None,
            _or_none(high[at]) if trusted else None,
        )
        for at, name in enumerate(names)
    }
    head_shown = shown["group"]
    first = len(names)
    lone = len(cells.cohorts) == 1
    others = [
        unit
        for unit, start, donor in zip(study.units, study.starts, study.donors, strict=True)
        if donor and start > cells.cohorts[0]
    ]
    return Effect(
        estimate=head_shown.estimate,
        low=head_shown.low,
        high=head_shown.high,
        p=max(p_t, p_rank) if p_t is not None else None,
        units=_treated(study, cells),
        weights={unit: 1 / len(others) for unit in others} if lone else {},
        warnings=tuple(warnings),
        by_event=tuple(
            EventEffect(
                event,
                float(rest.estimate[at]),
                _or_none(low[at]) if trusted else None,
                _or_none(high[at]) if trusted else None,
                number,
            )
            for at, (event, number) in enumerate(zip(events, treated, strict=True), first)
        ),
        controls=tuple(others),
        error=head_shown.error,
        p_t=p_t,
        p_rank=p_rank if trusted else None,
        pretrend_p=_pretrend(study, values, cells, by_event[:, :, np.array(events) < 0], rng),
        att_gt=_table(study, cells),
        aggregates=shown,
        alpha=alpha,
    )


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _relabelled(tested: Tested, alpha: float) -> tuple[float, float]:
    """Give the p of relabelling, (1 + number at least as large) / (draws + 1), and the quantile of
    |t| that goes with alpha."""
    sizes = np.sort(np.abs(np.nan_to_num(tested.drawn[:, 0], nan=0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = abs(float(tested.estimate[0] / tested.error[0])) if tested.estimate[0] else 0.0
    p = (1 + int((sizes >= own * (1 - 1e-12)).sum())) / (len(sizes) + 1)
    at = int(np.ceil((1 - alpha) * (len(sizes) + 1))) - 1
    return p, float(sizes[min(at, len(sizes) - 1)])


def _pretrend(
    study: Study, values: Floats, cells: Cells, before: Floats, rng: np.random.Generator
) -> float | None:
    """Test that nothing happened before the start; None without a test.

    Twice the smaller of two p-values: Welch's of the linear trend before the start, which finds
    groups drifting apart, and that of the largest |t| of all distances before the start under 199
    shuffles of the labels, which finds a jump. Distances whose gap is zero by construction (a base
    of one period) say nothing.
    """
    found = []
    slope = slope_weights(cells)[:, :, None]
    if slope.any():
        trend = test(study, values, cells, slope, 1, rng)
        if np.isfinite(trend.error[0]):
            found.append(float(two_sided(trend.estimate, trend.error, trend.freedom)[0]))
    if before.shape[2] and (cells.cohorts > 1).any():
        tested = test(study, values, cells, before, PRE_DRAWS, rng)
        moving = np.isfinite(tested.error) & (tested.error > 0)
        if moving.any():
            own = np.abs(tested.estimate[moving] / tested.error[moving]).max()
            largest = np.abs(np.nan_to_num(tested.drawn[:, moving])).max(axis=1)
            found.append((1 + int((largest >= own * (1 - 1e-12)).sum())) / (PRE_DRAWS + 1))
    return min(1.0, len(found) * min(found)) if found else None


def _treated(study: Study, cells: Cells) -> tuple[object, ...]:
    used = set(cells.cohorts[cells.post.any(axis=1)].tolist())
    return tuple(
        unit for unit, start in zip(study.units, study.starts, strict=True) if int(start) in used
    )


def _table(study: Study, cells: Cells) -> tuple[GroupTime, ...]:
    return tuple(
        GroupTime(
            study.periods[int(start)],
            study.periods[time],
            float(cells.att[row, time]),
            int(cells.sizes[row]),
            int(cells.controls[row, time]),
        )
        for row, start in enumerate(cells.cohorts)
        for time in np.flatnonzero(~np.isnan(cells.att[row])).tolist()
    )
