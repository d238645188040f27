"""The table of layer B: each indicator of a locality beside comparable localities."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.effects import UnitEffect
from tracker.effects.wording import decimals_of
from tracker.platforms import PLATFORMS
from tracker.tables import COUNT, Cell, Column, Form, Origin, Table

NOT_MEASURED_VI = "bản báo cáo này chưa có phép so sánh với các địa phương tương đồng"
NOT_TESTED_VI = "không áp dụng"
FORMULA_VI = "chỉ số của từng kỳ trước và sau ngày bắt đầu, so sánh theo cột Cách tính"
KINDS_VI = {True: "chỉ số chính, nêu trước khi xem số liệu", False: "thăm dò"}
COLUMNS = (
    Column("Chỉ số", width=2.0),
    Column("Loại", width=1.0),
    Column("Thay đổi quan sát được [khoảng tin cậy 95%]", COUNT, width=1.6),
    Column("So với các địa phương tương đồng [khoảng tin cậy 95%]", COUNT, width=1.6),
    Column("q (Benjamini-Hochberg)", Form("number", 3), width=0.9),
    Column("Số địa phương đối chứng", COUNT, width=0.8),
    Column("Cách tính", width=1.4),
    Column("Kết luận", width=1.8),
)
NOTES = (
    "Thay đổi quan sát được chưa phải là tác động. Chỉ cột so với các địa phương tương đồng mới "
    "được gọi là tác động, và chỉ khi khác với ngẫu nhiên.",
    "q là trị số p đã điều chỉnh cho việc kiểm định nhiều địa phương cùng lúc (Benjamini-Hochberg "
    "trên các địa phương của chỉ số); kết luận khi p ≤ 0,05, q ≤ 0,10 và các địa phương có chương "
    "trình xét chung cũng khác với ngẫu nhiên (p ≤ 0,05).",
)


def effects_table(found: Sequence[UnitEffect], reason: str = NOT_MEASURED_VI) -> Table:
    """Print both layers of a locality, one row an indicator; give it to `numbered` for ids.

    `reason` (Vietnamese) stands in the table where nothing was measured at all.
    """
    rows = [_row(one) for one in found]
    if not rows:
        rows = [(Cell(text="Tất cả các chỉ số"), *[Cell(reason=reason)] * (len(COLUMNS) - 1))]
    return Table(
        "D",
        "So với các địa phương tương đồng",
        COLUMNS,
        tuple(rows),
        notes=(*NOTES, *_notes(found)),
        wide=True,
    )


def _row(one: UnitEffect) -> tuple[Cell, ...]:
    origin = _origin(one)
    effect = one.effect
    title = Cell(text=f"{one.title_vi} ({one.unit_vi})" if one.unit_vi else one.title_vi)
    why_not = one.why_not or ""
    method = effect.method_vi if effect is not None else ""
    return (
        title,
        Cell(text=KINDS_VI[one.primary]),
        _observed(one, origin),
        _beside(one, origin),
        Cell(text=NOT_TESTED_VI) if one.q is None else Cell(one.q, origin=origin),
        Cell(len(effect.controls), origin=origin) if effect and effect.controls else _none(why_not),
        Cell(text=method) if method else _none(why_not),
        Cell(text=one.verdict_vi) if one.verdict_vi else Cell(reason=why_not),
    )


def _none(reason: str) -> Cell:
    return Cell(reason=reason) if reason else Cell(text=NOT_TESTED_VI)


def _observed(one: UnitEffect, origin: Origin) -> Cell:
    """Print layer A in the unit of the effect, as the sentence does: percent where both bounds are
    known, else the unit of the indicator."""
    change = one.observed
    if change is None or change.difference is None:
        reason = one.reason if change is None else change.reason
        return Cell(reason=reason or NOT_TESTED_VI)
    percent = (change.percent, change.percent_low, change.percent_high)
    if one.percent and None not in percent:
        return _cell(*percent, "percent", origin)
    return _cell(change.difference, change.low, change.high, "number", origin)


def _beside(one: UnitEffect, origin: Origin) -> Cell:
    if one.estimate is None:
        return Cell(reason=one.why_not or NOT_TESTED_VI)
    return _cell(*one.estimate, "percent" if one.percent else "number", origin)


def _cell(
    value: float | None, low: float | None, high: float | None, kind: str, origin: Origin
) -> Cell:
    form = Form(kind, decimals_of(value, low, high), signed=True)
    return Cell(value, low=low, high=high, form=form, origin=origin)


def _origin(one: UnitEffect) -> Origin:
    """Trace a number: the accounts of the locality that were added up, and what they were compared
    with."""
    controls = () if one.effect is None else one.effect.controls
    accounts = [account for account, _ in one.accounts]
    beside = f"; so với {len(controls)} địa phương trên bản đồ {one.map_name}" if controls else ""
    return Origin(
        account=", ".join(accounts),
        platform=", ".join(_platforms(accounts)),
        lane="+".join(sorted({lane for _, lane in one.accounts})),
        metric=one.title_vi,
        first_day=one.window.start,
        last_day=one.window.last_day,
        source=f"chuỗi theo kỳ của địa phương{beside}",
        key=one.indicator,
        formula=FORMULA_VI,
    )


def _platforms(accounts: Sequence[str]) -> list[str]:
    """Name the platforms that the readable ids of accounts end with."""
    keys = dict.fromkeys(account.rpartition("-")[2] for account in accounts)
    return [PLATFORMS[key].title for key in keys if key in PLATFORMS]


def _notes(found: Sequence[UnitEffect]) -> list[str]:
    """Say below the table what was left out and what a reader must know, an indicator a note."""
    notes = []
    for one in found:
        warnings = () if one.effect is None else one.effect.warnings
        said = "; ".join(dict.fromkeys((*warnings, *one.notes)))
        days = f"{one.window.start:%d/%m/%Y} - {one.window.last_day:%d/%m/%Y}"
        notes.append(f"{one.title_vi} ({days}): {said}" if said else f"{one.title_vi}: {days}")
    return notes
