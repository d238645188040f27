"""Maps: which unit a locality and an account count for, and how 63 localities became 34.

From 1 July 2025 the 63 localities are 34 (Nghị quyết 202/2025/QH15). A map is `63`, `34`, or
`pilot`, the territory of the eight pilots of letter 532/BTTTT-TTĐN as it was drawn on the map of
63. Series of merged localities are added up backwards, numerators and denominators apart; a rate is
formed of the sums, never averaged (docs/methods.md, section 5, mergers). Knows no SQL and no
indicator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.errors import ConfigError
from tracker.flows import value_at
from tracker.panel.frames import rows_of
from tracker.panel.panel import LANE_ORDER, Panel
from tracker.panel.register import MAPS
from tracker.periods import MERGER, Window

LAST_OF_63 = MERGER - timedelta(days=1)
WITHIN_DAYS = 8.0
"""A level on a day is the reading nearest to its start, at most this many days away."""
CROSSWALK = (
    "locality",
    "locality_name",
    "gso_code",
    "pilot_2022",
    "adopted",
    "unit",
    "unit_name",
    "unit_kind",
    "unit_adopted",
    "mixed",
    "exposed_share",
)


@dataclass(frozen=True)
class MixedUnit:
    """A unit whose parts adopted at different dates, or some of them not at all.

    `parts`: locality of the map of 63 -> first day of its programme, None = none. `exposed_share`
    (0 to 1): followers of the parts that adopted / followers of all parts, where they stood on the
    last day of the map of 63 or of the window; overlapping audiences are counted twice; None = not
    known.
    """

    unit: str
    name: str
    parts: Mapping[str, date | None]
    exposed_share: float | None


def crosswalk(panel: Panel, map_name: str, end: date | None = None) -> pd.DataFrame:
    """Give the unit of a map that each locality of the map of 63 counts for.

    One row per locality of the map of 63, by its code; columns `CROSSWALK`: `locality` (id),
    `locality_name` (its last, at most that of 30 June 2025), `gso_code`, `pilot_2022`, `adopted`
    (date, first day of its first built programme that began before `end`, or of its unit's; None =
    none), `unit` (id; None = not on this map), `unit_name` and `unit_kind` as on the last day of
    the map before `end`, `unit_adopted` (date where all its parts adopted on one day, else None),
    `mixed` (its parts adopted on different days, or some not at all), `exposed_share` (float, see
    `MixedUnit`; 1 and 0 where all or no parts adopted; NaN = not known). `end` is exclusive, None =
    the end of the panel. Raises ConfigError for another map.
    """
    until = end or panel.until
    key = ("crosswalk", map_name, until)
    return panel.remember(key, lambda: _crosswalk(panel, map_name, until)).copy()


def _crosswalk(panel: Panel, map_name: str, until: date) -> pd.DataFrame:
    frame = _units(panel, map_name, until)
    groups = frame.groupby("unit", sort=False)["adopted"]
    apart = {str(unit): set(parts) for unit, parts in groups}
    mixed = {unit for unit, days in apart.items() if len(days) > 1}
    shares = {unit: float(days != {None}) for unit, days in apart.items()}
    shares.update(_exposed(panel, frame, mixed, until) if mixed else {})
    frame["unit_adopted"] = [
        None if unit is None or unit in mixed else next(iter(apart[unit])) for unit in frame["unit"]
    ]
    frame["mixed"] = [unit in mixed for unit in frame["unit"]]
    frame["exposed_share"] = [float(shares.get(unit, np.nan)) for unit in frame["unit"]]
    return frame[list(CROSSWALK)]


def _units(panel: Panel, map_name: str, until: date) -> pd.DataFrame:
    """Give the columns of the crosswalk that need no followers."""
    of_day = panel.localities_on(min(until - timedelta(days=1), LAST_OF_63))
    later = panel.localities_on(_name_day(map_name, until))
    adopted = _adopted(panel, until)
    units = _unit_of_locality(panel, map_name)
    rows = []
    for locality in panel.map_localities("63"):
        unit = units.get(locality)
        starts = [adopted[one] for one in (locality, unit) if one is not None and one in adopted]
        rows.append(
            {
                "locality": locality,
                "locality_name": of_day.at[locality, "name_vi"],
                "gso_code": of_day.at[locality, "gso_code"],
                "pilot_2022": of_day.at[locality, "pilot_2022"],
                "adopted": min(starts, default=None),
                "unit": unit,
                "unit_name": None if unit is None else later.at[unit, "name_vi"],
                "unit_kind": None if unit is None else later.at[unit, "kind"],
            }
        )
    rows.sort(key=lambda row: (row["gso_code"] or "", row["locality"]))
    return pd.DataFrame(rows, columns=list(CROSSWALK), dtype=object)


def _name_day(map_name: str, until: date) -> date:
    """Give the day whose names a map prints: the last one before `until` on which it held."""
    last = until - timedelta(days=1)
    return max(last, MERGER) if map_name == "34" else min(last, LAST_OF_63)


def _unit_of_locality(panel: Panel, map_name: str) -> dict[str, str]:
    """Say which unit of a map holds each locality of all maps; those not on it are absent."""
    key = ("unit of locality", map_name)
    return panel.remember(key, lambda: _followed(panel, map_name))


def _followed(panel: Panel, map_name: str) -> dict[str, str]:
    places = set(panel.map_localities(map_name))
    if map_name != "34":
        return {place: place for place in places}
    successors = panel.localities["successor_id"]
    found: dict[str, str] = {}
    for locality in map(str, panel.localities.index):
        place: str | None = locality
        for _ in range(5):
            if place is None or place in places:
                break
            place = successors.get(place)
        if place in places:
            found[locality] = str(place)
    return found


def _adopted(panel: Panel, until: date) -> dict[str, date]:
    """Give the first day of each locality's first built programme that began before `until`."""
    found: dict[str, date] = {}
    for row in rows_of(panel.programmes):
        if row.status != "built" or row.start is None or row.start >= until:
            continue
        if row.locality_id is not None:
            found[row.locality_id] = min(row.start, found.get(row.locality_id, row.start))
    return found


def _exposed(panel: Panel, frame: pd.DataFrame, mixed: set[str], until: date) -> dict[str, float]:
    """Give the share of followers that belong to parts which adopted; NaN = none are known."""
    day = min(until, MERGER)
    owners = panel.accounts_on(day - timedelta(days=1))["locality_id"]
    total = dict.fromkeys(mixed, 0.0)
    exposed = dict.fromkeys(mixed, 0.0)
    parts = frame[frame["unit"].isin(mixed)]
    for row in rows_of(parts):
        for account_id in owners.index[owners == row.locality]:
            followers = followers_on(panel, str(account_id), day) or 0.0
            total[row.unit] += followers
            exposed[row.unit] += followers if row.adopted is not None else 0.0
    return {unit: exposed[unit] / total[unit] if total[unit] else np.nan for unit in mixed}


def mixed_units(panel: Panel, map_name: str, end: date | None = None) -> list[MixedUnit]:
    """List the units that leave the primary contrast of a map, by id."""
    frame = crosswalk(panel, map_name, end)
    found = []
    for unit, rows in frame[frame["mixed"]].groupby("unit"):
        share = float(rows["exposed_share"].iloc[0])
        parts = dict(zip(rows["locality"], rows["adopted"], strict=True))
        name = str(rows["unit_name"].iloc[0])
        found.append(MixedUnit(str(unit), name, parts, None if np.isnan(share) else share))
    return found


def units_on(panel: Panel, map_name: str, on: date) -> pd.Series:
    """Place all accounts on a map by their owners of a day.

    Index account id, value unit id, None = not on the map. On `63` and `pilot` the owners of 30
    June 2025 count for later days; on `34` a retired locality is followed to its successor. Raises
    ConfigError for another map.
    """
    units = _unit_of_locality(panel, map_name)
    owned = panel.accounts_on(on if map_name == "34" else min(on, LAST_OF_63))["locality_id"]
    found = [units.get(place) if place is not None else None for place in owned]
    return pd.Series(found, index=owned.index, dtype=object, name="unit")


def unit_of(panel: Panel, map_name: str, account_id: str, on: date) -> str | None:
    """Give the unit of a map that an account counts for on a day (see `units_on`).

    Raises ConfigError for an account that is not in the panel.
    """
    units = units_on(panel, map_name, on)
    if account_id not in units.index:
        raise ConfigError(f"unknown account {account_id!r}; expected an id of the register")
    unit: str | None = units[account_id]
    return unit


def followers_on(panel: Panel, account_id: str, day: date) -> float | None:
    """Give the followers of an account at the start of a day, in the first lane of rule 4 that has
    a reading at most eight days away and may be added up; None = not known, or the page had ended.
    """
    ended: Any = panel.accounts.at[account_id, "active_to"]
    if ended is not None and ended < day - timedelta(days=1):
        return None
    for lane in LANE_ORDER:
        basis = panel.basis_of(account_id, lane)
        kept = basis.days_kept
        if not basis.totals or (kept is not None and day < panel.until - timedelta(days=kept)):
            continue
        found = value_at(panel.series(account_id, "followers", lane), day, within=WITHIN_DAYS)
        if found is not None:
            return found[1]
    return None


def added_up(values: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """Add the columns of accounts up to columns of units, in the order of `units`.

    Index periods, float; a sum is known where every account of the unit is (NaN otherwise).
    Accounts without a unit are left out. Form rates of two such sums: never average rates.
    """
    given = values.to_numpy(dtype=float)
    sums: dict[str, NDArray[np.float64]] = {}
    for number, account in enumerate(values.columns):
        unit = units.get(account)
        if unit is not None:
            sums[unit] = sums[unit] + given[:, number] if unit in sums else given[:, number]
    names = [unit for unit in dict.fromkeys(units.values()) if unit in sums]
    return pd.DataFrame(sums, index=values.index, columns=names, dtype=float)


def map_sentences(
    panel: Panel, map_name: str, window: Window, mixed: Sequence[MixedUnit] | None = None
) -> list[str]:
    """Say in Vietnamese what a table of this map over this window must print; empty = nothing.

    `mixed` are the units of `mixed_units` where the caller has them.
    """
    if map_name not in MAPS:
        raise ConfigError(f"unknown map {map_name!r}; expected one of {', '.join(MAPS)}")
    found: list[str] = []
    if map_name != "34" and window.end > MERGER:
        found.append(ENDS_VI[map_name])
    elif map_name == "34" and window.start < MERGER:
        found.append(BACKWARDS_VI)
        if window.end > MERGER:
            found.append(f"{ACROSS_VI}; {NAMES_VI} {window.last_day:%d/%m/%Y}")
    units = mixed_units(panel, map_name, window.end) if mixed is None else mixed
    if units:
        listed = ", ".join(f"{one.name} ({_share_vi(one.exposed_share)})" for one in units)
        found.append(f"{MIXED_VI}: {listed}")
    return found


ACROSS_VI = (
    "khoảng số liệu vượt qua ngày 01/07/2025 (63 tỉnh, thành phố sắp xếp thành 34, Nghị quyết "
    "202/2025/QH15): chỉ dùng tài khoản được quan sát cả hai phía; người theo dõi của trang đã "
    "ngừng không cộng vào trang kế tiếp"
)
NAMES_VI = "tên và cơ quan chủ quản theo ngày"
BACKWARDS_VI = (
    "số liệu trước ngày 01/07/2025 của đơn vị mới là tổng tử số và tổng mẫu số của các đơn vị cũ, "
    "không phải trung bình các tỷ lệ"
)
ENDS_VI = {
    "63": "bản đồ 63 tỉnh, thành phố dừng ở ngày 30/06/2025: số liệu từ 01/07/2025 không được tính",
    "pilot": "địa bàn 8 địa phương thí điểm (2022) theo bản đồ 63 dừng ở ngày 30/06/2025: từ "
    "01/07/2025 địa bàn này thuộc 7 đơn vị, số liệu không được tính",
}


MIXED_VI = (
    "không đưa vào so sánh chính, vì các phần bắt đầu chương trình vào những ngày khác nhau hoặc "
    "có phần chưa bắt đầu (trong ngoặc: tỷ lệ người theo dõi của phần đã thực hiện, có trùng)"
)


def _share_vi(share: float | None) -> str:
    return "không rõ" if share is None else f"{100 * share:.0f} %"
