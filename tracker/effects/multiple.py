"""Many tests at once: p-values adjusted for the share of false discoveries.

Used within one indicator and one layer over localities (docs/methods.md, section 6, "Multiple
testing"); the adjusted values are printed, never stars alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Literal, TypeVar, overload

import numpy as np

METHODS = ("bh", "by")

Key = TypeVar("Key", bound=Hashable)


@overload
def adjust(  # type: ignore[overload-overlap]  # a mapping is iterable too; this one comes first
    p_values: Mapping[Key, float | None], method: Literal["bh", "by"] = "bh"
) -> dict[Key, float | None]: ...


@overload
def adjust(
    p_values: Iterable[float | None], method: Literal["bh", "by"] = "bh"
) -> list[float | None]: ...


def adjust(
    p_values: Mapping[Key, float | None] | Iterable[float | None],
    method: Literal["bh", "by"] = "bh",
) -> dict[Key, float | None] | list[float | None]:
    """Adjust p-values for multiple testing; keys and order stay.

    With m tests and p(1) <= ... <= p(m): q(i) = min over j >= i of c m p(j) / j, at most 1; c = 1
    for `bh` (Benjamini and Hochberg 1995), c = 1 + 1/2 + ... + 1/m for `by`, which holds under any
    dependence (Benjamini and Yekutieli 2001). None or NaN = not tested: stays None and does not
    count in m. Raises ValueError for a p outside 0..1 or another method.
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    if isinstance(p_values, Mapping):
        return dict(zip(p_values, _adjusted(p_values.values(), method), strict=True))
    return _adjusted(p_values, method)


def _adjusted(p_values: Iterable[float | None], method: str) -> list[float | None]:
    p = np.array([np.nan if one is None else one for one in p_values], dtype=np.float64)
    tested = ~np.isnan(p)
    if ((p[tested] < 0) | (p[tested] > 1)).any():
        raise ValueError("a p-value lies between 0 and 1")
    count = int(tested.sum())
    ranks = np.arange(1, count + 1)
    factor = float((1 / ranks).sum()) if method == "by" else 1.0
    order = np.flatnonzero(tested)[np.argsort(p[tested], kind="stable")]
    raised = factor * count * p[order] / ranks
    q = np.full(len(p), np.nan)
    q[order] = np.minimum(1.0, np.minimum.accumulate(raised[::-1])[::-1])
    return [None if np.isnan(one) else float(one) for one in q]
