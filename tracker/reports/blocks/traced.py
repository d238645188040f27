"""Counts of single accounts and of the register as cells, each with where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

from tracker.effects import AccountRow
from tracker.indicators import Value
from tracker.indicators.levels import NO_LEVEL_VI, UNIT_VI, reading
from tracker.panel import Panel
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports.blocks.registered import REGISTER_VI, Held
from tracker.reports.measured import FOLLOWERS_VI, level_cell, origin_of
from tracker.tables import Cell, Origin


def origin_in(panel: Panel, held: Sequence[Held], value: Value, metric: str, key: str) -> Origin:
    """Trace a value to the accounts, lanes, days and terms it was read under; `key` is that of the
    indicator, '' = a count as it was read."""
    named = cast(Sequence[AccountRow], held)  # only its account_id and platform are looked at
    return origin_of(panel, named, value, metric, None, key)


def count_cell(
    panel: Panel, held: Sequence[Held], value: Value, metric: str = FOLLOWERS_VI
) -> Cell:
    """Print a count as it was read, with step and qualifier; unknown with its reason."""
    cell = level_cell(panel, (), value)
    if cell.value is None:
        return cell
    return replace(cell, origin=origin_in(panel, held, value, metric, ""))


def register_cell(held: Sequence[Held]) -> Cell:
    """Print how many accounts the register names."""
    accounts = ", ".join(one.account_id for one in held)
    return Cell(
        len(held), origin=Origin(account=accounts, metric="Số tài khoản", source=REGISTER_VI)
    )


def newest_followers(
    panel: Panel, account_id: str, before: date, *, since: date | None = None
) -> Value:
    """Give the newest reading of followers of the nights from `since` (None = ever) up to `before`,
    exclusive, where the terms still let us say it."""
    found = panel.last_reading(account_id, "followers", before)
    if found is None or (since is not None and found[0] < since):
        return Value(None, unit=UNIT_VI, reason=NO_LEVEL_VI)
    day, lane, count = found
    kept = panel.basis_of(account_id, lane).days_kept
    if kept is not None and day < panel.until - timedelta(days=kept):
        return Value(None, unit=UNIT_VI, lane=lane, reason=NOT_ALLOWED_VI)
    return reading(panel, account_id, lane, (day, count))
