"""Outcomes: a locality's statistics from outside, with vintages, and their change over a year.

Printed beside the social figures, never as an effect of them. Nothing is compared across
definitions, units or boundaries; what is compared across publishers, kinds of figures or the years
of closed borders says so. Year-on-year logarithms take out season and Tết (docs/methods.md,
section 5, indicator 9).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tracker.effects.stated_periods import earlier_period, period_window
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.registry.words import OUTCOME_STATUSES

COVID = Window(date(2020, 1, 1), date(2023, 1, 1))
"""Levels are never compared across these years unmarked: closed borders, then the way back."""
RANK = "rank_"
TARGET = "target"

BESIDE_VI = (
    "số liệu kinh tế - xã hội đặt cạnh số liệu truyền thông để tham khảo, không phải tác động của "
    "truyền thông"
)
COVID_VI = (
    "so sánh chạm vào giai đoạn 2020 - 2022 (COVID-19, đóng cửa rồi mở lại biên giới): mức thay "
    "đổi không nói lên kết quả của chương trình"
)
DEFINITION_VI = "định nghĩa khác nhau, không so sánh"
BOUNDARY_VI = "ranh giới khác nhau (63 và 34 tỉnh, thành phố), không so sánh"
SAME_GROUND_VI = "một số theo bản đồ 63, một số theo bản đồ 34; địa giới của đơn vị này không đổi"
NOT_POSITIVE_VI = "số không dương, không lấy logarit"


@dataclass(frozen=True)
class OutcomeRow:
    """One published figure, one vintage.

    `days`: the days of `period`, None = not written as expected. `published_on` None = unknown.
    `value` None = the source prints none. `qualifier` one of `exact`, `at_least`, `at_most`,
    `about`. `newest`: no later vintage of the same publisher stands beside it; `earlier` are the
    values of its older vintages, oldest first.
    """

    indicator: str
    definition: str
    unit: str
    locality_id: str
    boundary: str
    period: str
    days: Window | None
    publisher: str
    published_on: date | None
    value: float | None
    qualifier: str
    status: str | None
    source: str | None
    newest: bool = True
    earlier: tuple[float, ...] = ()

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Give the range the true value lies in, as the qualifier says it; None = not known."""
        if self.value is None or self.qualifier == "about":
            return None
        low = 0.0 if self.qualifier == "at_most" else self.value
        return low, math.inf if self.qualifier == "at_least" else self.value


@dataclass(frozen=True)
class YearOnYear:
    """One figure against the same period of an earlier year.

    `log_change` = ln(after / before), with `low`..`high` as far as the qualifiers leave it open
    (None on a side = open); for ranks `places` instead, positive = nearer to the top. Both None:
    not compared, and `reason` (Vietnamese) says why. `warnings` (Vietnamese) must be printed. This
    is a change, never an effect: there is no p-value.
    """

    before: OutcomeRow
    after: OutcomeRow
    log_change: float | None = None
    low: float | None = None
    high: float | None = None
    places: float | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def percent(self) -> float | None:
        """Give the change in percent of the earlier figure."""
        return None if self.log_change is None else 100 * math.expm1(self.log_change)


def outcome_rows(panel: Panel, locality_id: str, indicator: str | None = None) -> list[OutcomeRow]:
    """List every vintage of a locality's figures (`viet-nam`: the country's), ordered by indicator,
    definition, boundary, period, publisher, day of publication; `indicator` None = all."""
    held = [
        _row(row)
        for row in rows_of(panel.outcomes)
        if row.locality_id == locality_id and indicator in (None, row.indicator)
    ]
    held.sort(key=lambda row: (*_series(row), row.published_on or date.min))
    found: list[OutcomeRow] = []
    for at, row in enumerate(held):
        follower = held[at + 1] if at + 1 < len(held) else None
        older = found[-1] if found and _series(found[-1]) == _series(row) else None
        known = () if older is None or older.value is None else (older.value,)
        earlier = (*(older.earlier if older is not None else ()), *known)
        newest = follower is None or _series(follower) != _series(row)
        found.append(replace(row, newest=newest, earlier=earlier))
    return found


def year_on_year(
    panel: Panel, locality_id: str, indicator: str | None = None, *, base_year: int | None = None
) -> list[YearOnYear]:
    """Compare the newest vintages with the same period a year before, or of `base_year`.

    Targets are left out. A figure is compared with one of its own definition, unit and boundary, of
    its own publisher where there is one; where only another definition, unit or boundary is there,
    the entry says that nothing is compared. Figures without an earlier one have no entry.
    """
    rows = [row for row in outcome_rows(panel, locality_id, indicator) if _counts(row)]
    found = []
    for after in rows:
        period = earlier_period(after.period, base_year)
        if period >= after.period:
            continue
        others = [
            row for row in rows if row.indicator == after.indicator and row.period == period
        ] or _of_parts(panel, after, period)
        if others:
            found.append(_compared(panel, after, others, rows))
    return found


def sentences(found: Sequence[YearOnYear]) -> list[str]:
    """List what a table of these must print, each once."""
    return list(dict.fromkeys([BESIDE_VI, *(text for one in found for text in one.warnings)]))


def _row(row: Any) -> OutcomeRow:
    unknown = row.published_on is None or row.published_on == date.min
    return OutcomeRow(
        indicator=row.indicator,
        definition=row.definition,
        unit=row.unit,
        locality_id=row.locality_id,
        boundary=row.boundary,
        period=str(row.period),
        days=period_window(str(row.period)),
        publisher=row.publisher,
        published_on=None if unknown else row.published_on,
        value=None if row.value is None else float(row.value),
        qualifier=row.qualifier or "exact",
        status=row.status,
        source=row.source,
    )


def _series(row: OutcomeRow) -> tuple[str, ...]:
    """Name what the vintages of one publisher have in common."""
    return row.indicator, row.definition, row.boundary, row.period, row.publisher


def _counts(row: OutcomeRow) -> bool:
    return row.newest and row.value is not None and row.status != TARGET


def _of_parts(panel: Panel, after: OutcomeRow, period: str) -> list[OutcomeRow]:
    """List the figures of the localities that went into this one."""
    parts = panel.localities.index[panel.localities["successor_id"] == after.locality_id]
    return [
        row
        for part in map(str, parts)
        for row in outcome_rows(panel, part, after.indicator)
        if row.period == period and _counts(row)
    ]


def _compared(
    panel: Panel, after: OutcomeRow, others: Sequence[OutcomeRow], rows: Sequence[OutcomeRow]
) -> YearOnYear:
    own = [row for row in others if row.locality_id == after.locality_id]
    alike = [row for row in own if _meaning(row) == _meaning(after)]
    ground = [row for row in alike if row.boundary == after.boundary]
    warnings = []
    if alike and not ground and _same_ground(panel, after.locality_id):
        ground = alike
        warnings.append(SAME_GROUND_VI)
    if not ground:
        reason = BOUNDARY_VI if alike or not own else DEFINITION_VI
        before = (alike or own or list(others))[-1]
        return YearOnYear(before, after, reason=reason, warnings=(reason,))
    before = max(ground, key=lambda row: row.publisher == after.publisher)
    warnings += [
        *_warnings(before, after),
        *_elsewhere(before, rows),
        *_elsewhere(after, rows),
    ]
    return _measured(before, after, tuple(warnings))


def _meaning(row: OutcomeRow) -> tuple[str, str]:
    return row.definition, row.unit


def _same_ground(panel: Panel, locality_id: str) -> bool:
    """Say whether a locality stands on both maps, and so kept its territory."""
    return all(locality_id in panel.map_localities(name) for name in ("63", "34"))


def _warnings(before: OutcomeRow, after: OutcomeRow) -> Iterator[str]:
    if before.publisher != after.publisher:
        yield f"hai nơi công bố khác nhau: {before.publisher} và {after.publisher}"
    if before.status != after.status:
        yield f"so số {_status_vi(after.status)} với số {_status_vi(before.status)}"
    for row in (before, after):
        older = [value for value in row.earlier if value != row.value]
        if older:
            listed = ", ".join(number_vi(value) for value in older)
            yield f"số của kỳ {row.period} đã điều chỉnh thành {number_vi(row.value)} (từ {listed})"
    if "about" in (before.qualifier, after.qualifier):
        yield 'có số ghi "khoảng": không rõ sai số'
    span = [row.days for row in (before, after) if row.days is not None]
    if (
        span
        and min(one.start for one in span) < COVID.end
        and (max(one.end for one in span) > COVID.start)
    ):
        yield COVID_VI


def _elsewhere(row: OutcomeRow, rows: Sequence[OutcomeRow]) -> list[str]:
    """Say what other publishers state for the same thing, where it is another number."""
    return [
        f"{other.publisher} công bố {number_vi(other.value)} cho kỳ {row.period}"
        for other in rows
        if other.publisher != row.publisher
        and other.value != row.value
        and (*_series(other)[:-1], other.unit) == (*_series(row)[:-1], row.unit)
    ]


def _measured(before: OutcomeRow, after: OutcomeRow, warnings: tuple[str, ...]) -> YearOnYear:
    assert before.value is not None, "rows without a number are left out before"
    assert after.value is not None, "rows without a number are left out before"
    if after.indicator.startswith(RANK):
        return YearOnYear(before, after, places=before.value - after.value, warnings=warnings)
    if before.value <= 0 or after.value <= 0:
        return YearOnYear(before, after, reason=NOT_POSITIVE_VI, warnings=warnings)
    low = high = None
    if before.bounds is not None and after.bounds is not None:
        low = _log(after.bounds[0], before.bounds[1])
        high = _log(after.bounds[1], before.bounds[0])
    return YearOnYear(
        before, after, math.log(after.value / before.value), low, high, warnings=warnings
    )


def _log(top: float, bottom: float) -> float | None:
    """Give ln(top / bottom); None where it has no bound."""
    bounded = top > 0 and bottom > 0 and math.isfinite(top) and math.isfinite(bottom)
    return math.log(top / bottom) if bounded else None


def _status_vi(status: str | None) -> str:
    return OUTCOME_STATUSES[status][0] if status in OUTCOME_STATUSES else "không rõ tính chất"


def number_vi(value: float | None) -> str:
    """Write a number the Vietnamese way, with at most three decimals."""
    if value is None:
        return "không rõ"
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))
