"""Which accounts make the frame, each in one lane: those observed through the whole window.

Growing panels and lanes: docs/methods.md, section 5; rules 4 and 5 of CONTRIBUTING.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from tracker.effects.change import LEAST_SHARE
from tracker.effects.frame_grid import Grid, Part
from tracker.effects.frame_parts import parts_of
from tracker.indicators import Indicator
from tracker.panel import Panel

NOT_THROUGH_VI = "không được quan sát suốt khoảng (dưới 60 % số kỳ hợp lệ ở một phía)"


@dataclass(frozen=True)
class LeftOut:
    """An account of a unit that gives nothing to the frame; `reason` is Vietnamese, for print."""

    account_id: str
    unit: str
    reason: str


@dataclass(frozen=True)
class Chosen:
    """The accounts that make the frame: account id -> its part, account id -> its unit; and those
    left out."""

    parts: Mapping[str, Part]
    units: Mapping[str, str]
    left_out: tuple[LeftOut, ...]

    def accounts_of(self, unit: str) -> tuple[tuple[str, str], ...]:
        """List account id and lane of what is added up for a unit."""
        return tuple(
            (account, part.lane)
            for account, part in self.parts.items()
            if self.units[account] == unit
        )


def choose(
    panel: Panel,
    item: Indicator,
    placed: pd.Series,
    starts: Mapping[str, date | None],
    grid: Grid,
    *,
    merger: date | None = None,
    lane: str | None = None,
    platform: str | None = None,
) -> Chosen:
    """Choose account by account its lane, and unit by unit its accounts.

    `placed`: account id -> unit. `starts`: unit -> first day of its programme, None = none; an
    account must run through on both sides of its unit's start, or of every start where it has none,
    and of `merger`. `lane`, `platform`: only these, None = all.
    """
    every = {grid.position(start) for start in starts.values() if start is not None}
    accounts_of: dict[str, list[str]] = {unit: [] for unit in starts}
    for account, unit in zip(placed.index.tolist(), placed.tolist(), strict=True):
        if unit in accounts_of and platform in (None, panel.platform_of(account)):
            accounts_of[unit].append(account)
    parts: dict[str, Part] = {}
    units: dict[str, str] = {}
    left_out: list[LeftOut] = []
    for unit, start in starts.items():
        edges = set(every) if start is None else {grid.position(start)}
        if merger is not None:
            edges.add(grid.position(merger))
        given = {
            account: parts_of(panel, item, account, grid, lane) for account in accounts_of[unit]
        }
        found = {account: through(some, grid, edges) for account, (some, _) in given.items()}
        if not any(found.values()):
            found = {
                account: through([one for one in some if one.ends], grid, edges, short=True)
                for account, (some, _) in given.items()
            }
        for account, part in found.items():
            if part is not None:
                parts[account], units[account] = part, unit
            else:
                some, reason = given[account]
                left_out.append(LeftOut(account, unit, NOT_THROUGH_VI if some else reason))
    return Chosen(parts, units, tuple(left_out))


def through(
    parts: Sequence[Part], grid: Grid, edges: set[int], *, short: bool = False
) -> Part | None:
    """Find the first lane with 60 % valid periods on both sides of each edge (number of a period).

    Tết weeks do not count. `short`: only up to the definition break that ends the series.
    """
    for part in parts:
        end = len(grid.starts)
        if short and part.ends is not None:
            end = grid.whole_before(part.ends)
        inside = [edge for edge in edges if 0 < edge < end] or [0]
        sides = [slice(0, edge) for edge in inside if edge] + [slice(edge, end) for edge in inside]
        if end and all(_share(part, grid, side) >= LEAST_SHARE - 1e-9 for side in sides):
            return part
    return None


def _share(part: Part, grid: Grid, side: slice) -> float:
    kept = ~grid.tet[side]
    return float(part.valid[side][kept].mean()) if kept.any() else 1.0
