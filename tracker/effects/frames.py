"""Frames for `effect`: one indicator of every unit of a map, period by period.

A frame is an input, not a finding: it says what was measured where, and which units may be
compared. The rules are those of docs/methods.md, section 5 (windows, mergers, growing panels,
lanes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tracker.effects.change import LEAST_SHARE
from tracker.effects.frame_choice import Chosen, LeftOut, choose
from tracker.effects.frame_grid import Grid, grid_of
from tracker.effects.frame_parts import indicator_of
from tracker.effects.lanes import last_usable
from tracker.effects.rows import DUPLICATES_VI
from tracker.errors import ConfigError
from tracker.flows import Bools
from tracker.indicators.measuring import NOTHING_VI
from tracker.indicators.post_numbers import STATISTICS, PostNumbers, pool_of
from tracker.panel import LANES_VI, Panel
from tracker.panel.frames import rows_of
from tracker.panel.maps import (
    MixedUnit,
    added_up,
    crosswalk,
    map_sentences,
    mixed_units,
    units_on,
)
from tracker.periods import MERGER, RUN_IN_DAYS, Window, day_number

MANY_ZEROS = 0.05
NO_ACCOUNT_VI = "chưa có tài khoản nào trong danh bạ"
MIXED_VI = "các phần bắt đầu chương trình vào những ngày khác nhau"
GROWTH_VI = {"W": "chênh lệch logarit mỗi tuần", "M": "chênh lệch logarit mỗi tháng (4 tuần)"}


@dataclass(frozen=True)
class FrameFacts:
    """What stands behind a frame, for print and for tracing.

    `window` is what was used. `log`: the values may be handed to `effect(log=True)`: not growth,
    which is a difference of logarithms, not shares, and not where more than one value in twenty is
    zero. `names`: unit -> name on the last day. `accounts`: unit -> (account id, lane) added up,
    with which `trace` finds the observations. `without`: unit -> why it has no column. `mixed` are
    the units that leave the primary contrast. `notes` are Vietnamese sentences that a table must
    print. `skipped`: unit -> first days of the periods left out by rule (Tết, run-in); what else is
    NaN in its column is a gap. `starts`: unit -> first day of its programme, also one before the
    window; units without are absent.
    """

    indicator: str
    title_vi: str
    unit_vi: str
    map_name: str
    cadence: str
    window: Window
    log: bool
    names: Mapping[str, str]
    accounts: Mapping[str, tuple[tuple[str, str], ...]]
    left_out: tuple[LeftOut, ...]
    without: Mapping[str, str]
    mixed: tuple[MixedUnit, ...]
    notes: tuple[str, ...]
    skipped: Mapping[str, frozenset[date]] = field(default_factory=dict)
    starts: Mapping[str, date] = field(default_factory=dict)


def unit_frame(
    panel: Panel,
    indicator_key: str,
    map_name: str = "63",
    cadence: str = "W",
    window: Window | None = None,
    *,
    tet_days: Sequence[date] = (),
    lane: str | None = None,
    platform: str | None = None,
    run_in: int = RUN_IN_DAYS,
) -> tuple[pd.DataFrame, dict[str, pd.Timestamp | None], FrameFacts]:
    """Measure one indicator of every unit of a map by week (`W`) or month of four weeks (`M`).

    Gives the frame (index first day of each period, timestamps; columns unit ids in the order of
    their codes; float, NaN = not known or not comparable), the members (unit -> first period that
    began on or after its programme, a label of the index; None = none within the frame) and the
    facts.

    `indicator_key`: a key of the registry, or `posts_not_vietnamese` (% of posts whose language is
    decided). Counters become differences of logarithms per period, ln(1 + net change / count at the
    start), jumps left out; counted posts their number, a ratio of sums, or the median of all posts,
    by the day of publication. Accounts are added up, numerators and denominators apart, by their
    owners on the last day of the window.

    - Only accounts with 60 % valid periods on both sides of each start that concerns their unit
      (its own; of a unit without programme every start in the frame; the merger on map `34`), in
      the first lane of owner, public, declared of which that holds, or in `lane`.
    - A number is known where every account of the unit is; a growth where accounts with 60 % of its
      followers are.
    - A series with a definition break inside ends there; it counts only where no account of the
      unit runs through.
    - Tết weeks are left out; so is, unit by unit, what overlaps its first `run_in` days (0: only a
      period that the start cuts in two).
    - `63` and `pilot` end on 30 June 2025. Mixed units have no column.

    `window` None: from the first Monday with readings to the last night. `platform` limits to its
    accounts. Raises ConfigError for what does not exist and for a window without a whole period.
    """
    item = indicator_of(panel, indicator_key)
    asked = _asked(panel, window)
    grid = grid_of(_span(map_name, asked), cadence, tet_days)
    if not len(grid.starts):
        raise ConfigError("the window holds no whole period; expected a longer one")
    walk = crosswalk(panel, map_name, grid.window.end)
    rows = walk[walk["unit"].notna()].drop_duplicates("unit")
    names = dict(zip(rows["unit"], rows["unit_name"], strict=True))
    mixed = tuple(mixed_units(panel, map_name, grid.window.end))
    starts: dict[str, date | None] = {
        row.unit: row.unit_adopted for row in rows_of(rows) if not row.mixed
    }
    chosen = choose(
        panel,
        item,
        units_on(panel, map_name, grid.window.last_day),
        starts,
        grid,
        merger=MERGER if map_name == "34" else None,
        lane=lane,
        platform=platform,
    )
    frame = _values(chosen, grid)
    frame = frame[[unit for unit in starts if unit in frame.columns]]
    out = {str(unit): grid.tet | _run_in(grid, starts[str(unit)], run_in) for unit in frame.columns}
    if out:
        frame = frame.mask(np.column_stack(list(out.values()))).dropna(axis=1, how="all")
    without = {one.unit: MIXED_VI for one in mixed}
    without |= {unit: _why(unit, chosen) for unit in starts if unit not in frame.columns}
    units = [str(unit) for unit in frame.columns]
    growth = any(part.kind == "growth" for part in chosen.parts.values())
    facts = FrameFacts(
        indicator=item.key,
        title_vi=item.title_vi,
        unit_vi=GROWTH_VI[cadence] if growth else item.unit_vi,
        map_name=map_name,
        cadence=cadence,
        window=grid.window,
        log=not growth and item.interval != "wilson" and _few_zeros(frame),
        names=names,
        accounts={unit: chosen.accounts_of(unit) for unit in units},
        left_out=chosen.left_out,
        without=without,
        mixed=mixed,
        notes=(
            *map_sentences(panel, map_name, asked, mixed),
            *_notes(grid, cadence, chosen, run_in if any(starts.values()) else 0),
        ),
        skipped={unit: frozenset(one.date() for one in grid.index[out[unit]]) for unit in units},
        starts={unit: start for unit in units if (start := starts[unit]) is not None},
    )
    return frame, {unit: _first_treated(grid, starts[unit]) for unit in units}, facts


def _asked(panel: Panel, window: Window | None) -> Window:
    """Give the days with readings in a window; None = from the first Monday to the last night."""
    monday = panel.first_day + timedelta(days=-panel.first_day.weekday() % 7)
    start = monday if window is None else window.start
    end = last_usable(panel, panel.until if window is None else window.end)
    if end <= start:
        raise ConfigError(f"there are no readings from {start} on: the last night is {end}")
    return Window(start, end)


def _span(map_name: str, asked: Window) -> Window:
    """End the map of 63 with June 2025."""
    if map_name == "34" or asked.end <= MERGER:
        return asked
    if asked.start >= MERGER:
        raise ConfigError(f"map {map_name} ended on 30 June 2025; expected map 34")
    return Window(asked.start, MERGER)


def _why(unit: str, chosen: Chosen) -> str:
    """Say why a unit has no column."""
    if unit in chosen.units.values():
        return NOTHING_VI
    reasons = {one.reason for one in chosen.left_out if one.unit == unit}
    return "; ".join(sorted(reasons)) or NO_ACCOUNT_VI


def _values(chosen: Chosen, grid: Grid) -> pd.DataFrame:
    """Add accounts up to units and form the number of each period."""
    parts = chosen.parts
    if not parts:
        return pd.DataFrame(index=grid.index)
    first = next(iter(parts.values()))
    tops = pd.DataFrame({name: part.top for name, part in parts.items()}, index=grid.index)
    if first.kind == "sum":
        return added_up(tops, chosen.units)
    bottoms = pd.DataFrame({name: part.bottom for name, part in parts.items()}, index=grid.index)
    if first.kind == "ratio":
        bottom = added_up(bottoms, chosen.units)
        return first.scale * added_up(tops, chosen.units) / bottom.where(bottom > 0)
    if first.kind == "pool":
        return _pooled(chosen, grid).where(added_up(tops, chosen.units).notna())
    usual = bottoms.median()
    known = added_up(bottoms.notna() * usual, chosen.units)
    whole = added_up(bottoms.notna() * 0.0 + usual, chosen.units)
    bottom = added_up(bottoms.fillna(0.0), chosen.units)
    growth = added_up(tops.fillna(0.0), chosen.units) / bottom.where(bottom > 0)
    enough = (known >= LEAST_SHARE * whole - 1e-9) & (growth > -1)
    return growth.where(enough).apply(np.log1p)


def _pooled(chosen: Chosen, grid: Grid) -> pd.DataFrame:
    """Give the median (or trimmed mean) over the posts of all accounts of a unit in each period."""
    pools: dict[str, list[PostNumbers]] = {}
    for account, part in chosen.parts.items():
        assert part.numbers is not None, "a pool is made of numbers per post"
        pools.setdefault(chosen.units[account], []).append(part.numbers)
    found = {}
    for unit, some in pools.items():
        posts = pool_of(some)
        cell = np.floor((posts.days - grid.starts[0]) / grid.unit_days)
        values = np.full(len(grid.starts), np.nan)
        for number in np.unique(cell[(cell >= 0) & (cell < len(values))]).astype(int):
            values[number] = STATISTICS[posts.statistic](posts.numbers[cell == number])[0]
        found[unit] = values
    return pd.DataFrame(found, index=grid.index)


def _first_treated(grid: Grid, start: date | None) -> pd.Timestamp | None:
    place = len(grid.starts) if start is None else grid.position(start)
    return grid.index[place] if place < len(grid.starts) else None


def _run_in(grid: Grid, start: date | None, days: int) -> Bools:
    """Say which periods overlap the first days of a programme, or are cut in two by its start."""
    if start is None:
        return np.zeros(len(grid.starts), dtype=bool)
    first = day_number(start)
    cut = (grid.starts < first) & (grid.starts + grid.unit_days > first)
    late = (grid.starts >= first) & (grid.starts < first + days)
    return cut | late


def _few_zeros(frame: pd.DataFrame) -> bool:
    values = frame.to_numpy(dtype=float)
    known = values[~np.isnan(values)]
    return len(known) > 0 and float((known <= 0).mean()) <= MANY_ZEROS


def _notes(grid: Grid, cadence: str, chosen: Chosen, run_in: int) -> Iterator[str]:
    """Say in Vietnamese what was left out and what was added up."""
    used, out = len(chosen.parts), len(chosen.left_out)
    reasons = Counter(one.reason for one in chosen.left_out)
    why = "".join(f"; {count} tài khoản: {reason}" for reason, count in sorted(reasons.items()))
    yield f"dùng {used} trong {used + out} tài khoản{why}"
    lanes = Counter(part.lane for part in chosen.parts.values())
    if lanes:
        named = ", ".join(f"{LANES_VI[lane]} ({count})" for lane, count in sorted(lanes.items()))
        yield f"mỗi tài khoản một nguồn số liệu: {named}"
    if any(part.kind == "growth" for part in chosen.parts.values()):
        yield f"người theo dõi của nhiều tài khoản cộng lại {DUPLICATES_VI}"
    for name, part in chosen.parts.items():
        if part.ends is not None:
            yield f"{part.ends:%d/%m/%Y}: định nghĩa thay đổi, chuỗi của {name} dừng ở đó"
    if cadence == "M":
        yield "tháng là bốn tuần, giữ nguyên Tết"
    elif grid.tet.any():
        yield f"bỏ {int(grid.tet.sum())} tuần Tết"
    if run_in:
        yield f"bỏ {run_in} ngày đầu kể từ khi chương trình của từng đơn vị bắt đầu"
