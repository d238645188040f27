"""Several sources added up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from tracker.indicators.samples import Memory, Plan, Sample, Source
from tracker.periods import Window


class Together(Memory):
    """Several sources added up: level = sum of levels, units summed, a member's missing unit stands
    at its level.

    With `relative` the level is 100 x 30 x summed growth / summed count at the start of the window.
    """

    def __init__(self, members: Sequence[Source], *, relative: bool = False) -> None:
        assert members, "a sum needs at least one member"
        super().__init__()
        self.members = tuple(members)
        self.relative = relative

    def last_day(self) -> date | None:
        days = [day for member in self.members if (day := member.last_day()) is not None]
        return min(days) if days else None

    def pace(self, windows: tuple[Window, Window]) -> float:
        paces = [member.pace(windows) for member in self.members]
        return max((pace for pace in paces if not math.isnan(pace)), default=float("nan"))

    def rounded(self, windows: tuple[Window, Window]) -> bool:
        return all(member.rounded(windows) for member in self.members)

    def measure(self, window: Window, plan: Plan) -> Sample:
        parts = [
            member.sample(window, replace(plan, rounded=member.rounded((window, window))))
            for member in self.members
        ]
        if any(part.level is None for part in parts):
            return replace(parts[0], level=None, valid=min(part.valid for part in parts))
        columns = np.vstack([np.nan_to_num(part.values, nan=part.level or 0.0) for part in parts])
        share = np.mean([~np.isnan(part.values) for part in parts], axis=0)
        values = np.where(share >= 0.6, columns.sum(axis=0), np.nan)
        posts = [part.posts for part in parts if part.posts is not None]
        bases = [part.base for part in parts if part.base is not None]
        total = Sample(
            values=values,
            level=sum(part.level for part in parts if part.level is not None),
            units=parts[0].units,
            valid=int((~np.isnan(values)).sum()),
            covered=min(part.covered for part in parts),
            events=sum(part.events for part in parts),
            posts=sum(posts) if posts else None,
            down=sum(part.down for part in parts),
            up=sum(part.up for part in parts),
            rounding=sum(part.rounding for part in parts),
            unresolved=all(part.unresolved for part in parts),
            base=sum(bases) if len(bases) == len(parts) else None,
            jumps=tuple(jump for part in parts for jump in part.jumps),
            with_jumps=sum(
                part.level if part.with_jumps is None else part.with_jumps
                for part in parts
                if part.level is not None
            ),
            jumps_matter=any(part.jumps_matter for part in parts),
        )
        if not self.relative:
            return total
        return total.scaled(3000 / total.base) if total.base else replace(total, level=None)
