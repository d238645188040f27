"""The effect on one treated unit, or the mean of a few, judged by placebos (placebos.py)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import special

from tracker.effects.admission import LEAST_CONTROLS, SYNTHETIC_CONTROLS, controls_vi
from tracker.effects.estimated import (
    DID,
    NO_COUNTERFACTUAL,
    POOR_FIT,
    SC,
    SDID,
    Effect,
    EventEffect,
    Point,
    Refusal,
)
from tracker.effects.placebos import (
    Design,
    Fit,
    Placebos,
    draw_picks,
    fit,
    fits_badly,
    is_synthetic,
    placebo_fits,
    rank_p,
    scaled_t,
)
from tracker.effects.study import Bools, Floats, Study, filled

POOR_FIT_VI = "trước khi bắt đầu, khớp với đối chứng kém hơn 90 % số đơn vị so sánh"


@dataclass
class Pool:
    """Controls without gaps and the placebo fits already made on them, by design, so that units
    with the same start share them. `donors`, `known`: periods x controls."""

    units: tuple[Hashable, ...]
    donors: Floats
    known: Bools
    fits: dict[Design, Placebos] = field(default_factory=dict)


def pool_of(study: Study, known: dict[tuple[Hashable, ...], Pool]) -> Pool:
    """Gather the units never treated within the frame that may be compared with; the same units
    give the same pool out of `known`."""
    at = study.donors & ~study.treated
    units = tuple(unit for unit, yes in zip(study.units, at, strict=True) if yes)
    if units not in known:
        values = study.values[at]
        known[units] = Pool(units, filled(values).T, ~np.isnan(values).T)
    return known[units]


def placebo_effect(
    study: Study,
    pool: Pool,
    method: str,
    *,
    last: bool,
    strict: bool,
    placebos: int | None,
    alpha: float,
    seed: int,
) -> Effect | Refusal:
    """Compare the treated units with the pool.

    Units with one start are averaged before they are compared; several starts are averaged by the
    number of units. The placebo-scaled t has (controls - 1) degrees of freedom. `strict` refuses a
    unit that fits worse before its start than 90 % of the placebos.
    """
    starts, sizes = np.unique(study.starts[study.treated], return_counts=True)
    controls = len(pool.units)
    if controls < 1:
        return Refusal(NO_COUNTERFACTUAL, controls_vi(controls))
    designs = [
        Design(method, int(start), last, int(size))
        for start, size in zip(starts, sizes, strict=True)
    ]
    fits = [
        fit(design, target_of(study, design.start), pool.donors, published=method == SC)
        for design in designs
    ]
    shares = sizes / sizes.sum()
    effect = _mean(shares, [one.effect for one in fits])
    misfit = _mean(shares, [one.misfit for one in fits])
    chance = _chance(pool, designs, effect, misfit, placebos, seed)
    poor = chance is not None and is_synthetic(method) and fits_badly(misfit, chance.misfits)
    if poor and strict:
        return Refusal(POOR_FIT, POOR_FIT_VI)
    trusted = chance is not None and controls >= LEAST_CONTROLS
    quantile = float(special.stdtrit(chance.freedom, 1 - alpha / 2)) if chance else math.nan
    lone = len(designs) == 1
    reaches = chance.scales * quantile if chance and trusted else None
    found = Effect(
        estimate=effect,
        units=tuple(unit for unit, yes in zip(study.units, study.treated, strict=True) if yes),
        weights=_shares(pool.units, np.array(_mean(shares, [one.weights for one in fits]))),
        warnings=(*study.warnings, *_warnings(pool, poor)),
        by_event=_by_event(designs, fits, reaches),
        controls=pool.units,
        time_weights=_shares(study.periods, fits[0].times) if lone and method == SDID else {},
        path=_path(study, designs[0], fits[0], reaches) if lone else (),
        alpha=alpha,
    )
    if chance is None or not trusted:
        return found
    found = replace(
        found,
        low=effect - quantile * chance.error,
        high=effect + quantile * chance.error,
        p=chance.p_t,
        error=chance.error,
        p_t=chance.p_t,
        p_rank=chance.p_rank,
        pretrend_p=chance.pretrend,
        placebos=chance.named,
    )
    if method != DID or not chance.named or controls >= SYNTHETIC_CONTROLS:
        return found
    note = f"p theo thứ hạng, nhỏ nhất có thể là 1/{len(chance.named) + 1}"
    return replace(found, p=chance.p_rank, warnings=(*found.warnings, note))


def _warnings(pool: Pool, poor: bool) -> list[str]:
    found = []
    if not pool.known.all():
        share = 100 * (1 - pool.known.mean())
        found.append(f"{share:.0f} % số liệu của các đơn vị so sánh thiếu, được bù để tính")
    if poor:
        found.append(POOR_FIT_VI)
    if len(pool.units) < LEAST_CONTROLS:
        found.append(controls_vi(len(pool.units)))
    return found


def _mean(shares: Floats, parts: Sequence[Any]) -> Any:
    """Average numbers or arrays of the starts."""
    return sum(float(share) * part for share, part in zip(shares, parts, strict=True))


def target_of(study: Study, start: int) -> Floats:
    """Give the mean of the units with one start, NaN where none of them is known."""
    own = study.values[study.starts == start]
    if len(own) > 1:
        return np.where(np.isnan(own).all(axis=0), np.nan, filled(own).mean(axis=0))
    alone: Floats = own[0]
    return alone


@dataclass(frozen=True)
class _Chance:
    """What chance does: `scales` (starts x periods) is the root mean square of placebo gaps;
    `named` holds placebo effects by control, empty where several units play at once."""

    misfits: Floats
    scales: Floats
    named: dict[Hashable, float]
    freedom: int
    error: float
    p_t: float
    p_rank: float
    pretrend: float


def _chance(
    pool: Pool,
    designs: list[Design],
    effect: float,
    misfit: float,
    placebos: int | None,
    seed: int,
) -> _Chance | None:
    """Do the same to controls; None where too few are left. Fits of single controls are made once
    per pool."""
    sizes = [design.size for design in designs]
    count, controls = sum(sizes), len(pool.units)
    if controls < count + 2:
        return None
    picks = draw_picks(controls, sizes, placebos, np.random.default_rng(seed))
    reusable = count == 1 and placebos is None
    parts = []
    for at, design in enumerate(designs):
        if not reusable or design not in pool.fits:
            found = placebo_fits(design, pool.donors, pool.known, [pick[at] for pick in picks])
            if reusable:
                pool.fits[design] = found
        else:
            found = pool.fits[design]
        parts.append(found)
    shares = np.array(sizes) / count
    effects: Floats = _mean(shares, [part.effects for part in parts])
    misfits: Floats = _mean(shares, [part.misfits for part in parts])
    freedom = (len(picks) if count == 1 else controls) - 1
    error, p_t = scaled_t(effect, effects, freedom)
    return _Chance(
        misfits=misfits,
        scales=np.array([part.scales for part in parts]),
        named={pool.units[pick[0][0]]: float(one) for pick, one in zip(picks, effects, strict=True)}
        if count == 1
        else {},
        freedom=freedom,
        error=error,
        p_t=p_t,
        p_rank=rank_p(effect, effects),
        pretrend=rank_p(misfit, misfits),
    )


def _shares(names: tuple[Hashable, ...], weights: Floats) -> dict[Hashable, float]:
    """Name the weights that count for something; periods since the start have none."""
    return {
        name: float(weight) for name, weight in zip(names, weights, strict=False) if weight > 1e-9
    }


def _by_event(
    designs: list[Design], fits: list[Fit], reaches: Floats | None
) -> tuple[EventEffect, ...]:
    """Put the gaps on one axis of distances from the start, by number of units.

    `reaches` (starts x periods) are half the widths of the bands; those of several starts are
    averaged as if fully dependent, which is the widest they can be.
    """
    count = len(fits[0].gap)
    earliest = max(design.start for design in designs)
    sums = np.zeros((3, earliest + count))
    for at, (design, one) in enumerate(zip(designs, fits, strict=True)):
        known = np.flatnonzero(~np.isnan(one.gap))
        to = known - design.start + earliest
        sums[0, to] += design.size
        sums[1, to] += design.size * one.gap[known]
        sums[2, to] += math.nan if reaches is None else design.size * reaches[at, known]
    some = np.flatnonzero(sums[0])
    numbers = sums[0, some]
    gaps, reach = sums[1, some] / numbers, sums[2, some] / numbers
    columns = (
        (some - earliest).tolist(),
        gaps.tolist(),
        _or_none(gaps - reach),
        _or_none(gaps + reach),
        numbers.astype(int).tolist(),
    )
    return tuple(map(EventEffect._make, zip(*columns, strict=True)))


def _or_none(values: Floats) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _path(study: Study, design: Design, one: Fit, reaches: Floats | None) -> tuple[Point, ...]:
    """Give what was observed and what the controls say, brought to the level before the start, with
    the band that the first of `reaches` makes around it."""
    target = target_of(study, design.start)
    expected = target - one.gap
    reach: Floats | float = math.nan if reaches is None else reaches[0]
    columns = (
        study.periods,
        _or_none(target),
        _or_none(expected),
        _or_none(expected - reach),
        _or_none(expected + reach),
    )
    return tuple(map(Point._make, zip(*columns, strict=True)))
