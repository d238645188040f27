"""League tables of respondents: numbers with intervals, ranks as far as the intervals allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from tracker.effects import (
    PRIMARY,
    AccountRow,
    Change,
    Figure,
    IndicatorRow,
    LocalityChanges,
    standings,
)
from tracker.effects.frame_choice import LeftOut
from tracker.indicators import INDICATORS, Indicator, Value
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI, PLATFORMS
from tracker.reports.measured import (
    FOLLOWERS_VI,
    NO_PROGRAMME_VI,
    POSTS_VI,
    form_of,
    origin_of,
    unknown_cell,
    windows_text,
)
from tracker.reports.national_facts import FROM_TABLE, National
from tracker.tables import (
    COUNT,
    Cell,
    Column,
    Form,
    Origin,
    Table,
    cell_text,
    days_text,
    number_text,
)
from tracker.text.printable import day_text

LEVEL_CODES = dict(zip(PRIMARY, "LM", strict=True))
CHANGE_CODES = dict(zip(PRIMARY, "TU", strict=True))
EVERYONE = "all"
RANK_VI = (
    "Hạng ghi theo khoảng: hai đơn vị có khoảng tin cậy chồng lên nhau thì số liệu chưa phân biệt "
    "được thứ bậc và cùng chia sẻ các hạng đó; “2 - 9” nghĩa là hạng thật có thể từ 2 đến 9."
)
OBSERVED_VI = (
    "Thay đổi quan sát được giữa hai khoảng thời gian của từng đơn vị, chưa phải là tác động của "
    "chương trình; các đơn vị bắt đầu vào những ngày khác nhau."
)


def level_table(national: National, indicator: str, window: Window) -> Table:
    """Rank the respondents by an indicator over one window, the same for all; who has no number
    is named below, with the reason."""
    panel, item = national.panel, INDICATORS[indicator]
    found = national.levels(indicator, window)
    figures = {
        unit: Figure(one.value.value, one.value.low, one.value.high, one.weight)
        for unit, one in found.items()
        if one.value.value is not None
    }
    form = _form(item, [one.value for one in figures.values()])
    rows: list[tuple[Cell, ...]] = []
    placed = standings(figures, dict.fromkeys(figures, EVERYONE))
    for row in rows_of(placed):
        one = found[row.unit]
        cell = Cell(
            one.value.value,
            low=one.value.low,
            high=one.value.high,
            form=form,
            origin=_origin(panel, item, one.lanes, one.value, window),
        )
        counted = f"{len(one.lanes)}/{len(one.lanes) + len(one.left_out)} tài khoản"
        rows.append((_rank(row), Cell(text=national.names[row.unit]), cell, Cell(text=counted)))
    rows += _means(placed, form) if rows else [_none_row(4)]
    reasons = {unit: one.value.reason or "" for unit, one in found.items() if unit not in figures}
    return Table(
        LEVEL_CODES[indicator],
        f"Bảng xếp hạng các đơn vị theo {item.title_vi[:1].lower()}{item.title_vi[1:]}",
        (
            Column("Hạng", width=0.7),
            Column("Đơn vị", width=2.4),
            Column(f"{item.title_vi} [khoảng tin cậy 95%]", COUNT, unit=item.unit_vi, width=1.8),
            Column("Tài khoản được tính", width=1.4),
        ),
        tuple(rows),
        notes=(
            f"Tính cho {days_text(window.start, window.last_day)}, cùng một khoảng cho mọi đơn vị.",
            RANK_VI,
            *_unranked(national, reasons),
            *_left_out(panel, [out for one in found.values() for out in one.left_out]),
        ),
    )


def change_table(national: National, indicator: str) -> Table | None:
    """Rank the respondents by the observed change around their own programmes; None where the
    letter or nobody has a before and after."""
    item = INDICATORS[indicator]
    changes = {
        unit: (facts.measured, row.after, row.change)
        for unit, facts in national.facts.items()
        if facts.start is not None and isinstance(facts.measured, LocalityChanges)
        for row in facts.measured.total.indicators
        if row.key == indicator and row.change is not None
    }
    if not changes:
        return None
    known = {unit: one for unit, (*_, one) in changes.items() if one.difference is not None}
    figures = {unit: _change_figure(one) for unit, one in known.items()}
    form = _form(item, [one.value for one in figures.values()])
    signed = Form("number", form.decimals, signed=True)
    rows: list[tuple[Cell, ...]] = []
    for row in rows_of(standings(figures, dict.fromkeys(figures, EVERYONE))):
        one = known[row.unit]
        measured, after, _ = changes[row.unit]
        windows = one.windows or measured.windows
        whole = after
        if windows is not None:
            whole = replace(after, first_day=windows[0].start, last_day=windows[1].last_day)
        rows.append(
            (
                _rank(row),
                Cell(text=national.names[row.unit]),
                Cell(text=day_text(measured.start)),
                Cell(
                    one.difference,
                    low=one.low,
                    high=one.high,
                    form=signed,
                    origin=_origin(national.panel, item, measured.total.accounts, whole, None),
                ),
                Cell(text=windows_text(windows) if windows else "", reason="không rõ"),
            )
        )
    missing = {
        unit: one.reason or "" for unit, (*_, one) in changes.items() if unit not in known
    } | {unit: NO_PROGRAMME_VI for unit in national.names if unit not in changes}
    rows += [] if rows else [_none_row(5)]
    return Table(
        CHANGE_CODES[indicator],
        f"Bảng thay đổi quan sát được: {item.title_vi[:1].lower()}{item.title_vi[1:]}",
        (
            Column("Hạng", width=0.7),
            Column("Đơn vị", width=2.0),
            Column("Ngày bắt đầu chương trình", width=1.0),
            Column("Thay đổi [khoảng tin cậy 95%]", COUNT, unit=item.unit_vi, width=1.7),
            Column("Khoảng so sánh", width=2.2),
        ),
        tuple(rows),
        notes=(OBSERVED_VI, RANK_VI, *_unranked(national, missing)),
    )


def _change_figure(one: Change) -> Figure:
    assert one.difference is not None, "the caller asks for known changes"
    return Figure(one.difference, one.low, one.high)


def _form(item: Indicator, values: Sequence[float]) -> Form:
    largest = max((abs(value) for value in values), default=0.0)
    row = IndicatorRow(item.key, item.title_vi, item.unit_vi, None, Value(largest), None, None)
    return form_of(row)


def _rank(row: Any) -> Cell:
    """Print the ranks a unit may hold: one, or the range its interval allows."""
    first, last = int(row.rank_from), int(row.rank_to)
    return Cell(text=f"{first} - {last}" if row.tied else f"{first}")


def _means(placed: Any, form: Form) -> list[tuple[Cell, ...]]:
    """Print average (a ratio of sums for a rate) and median of those that are ranked."""
    if len(placed) < 2:
        return []
    none = Cell(text="–")
    return [
        (
            none,
            Cell(text=title),
            Cell(float(placed[name].iloc[0]), form=form, origin=FROM_TABLE),
            none,
        )
        for title, name in (("Bình quân chung", "average"), ("Trung vị", "median"))
    ]


def _unranked(national: National, reasons: Mapping[str, str]) -> list[str]:
    """Name those without a number, one sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for unit in national.names:
        if unit in reasons:
            by_reason.setdefault(reasons[unit], []).append(national.names[unit])
    return [
        f"Không xếp hạng {number_text(len(names))} đơn vị, "
        f"{cell_text(unknown_cell(reason), Column(''))}: {'; '.join(names)}."
        for reason, names in by_reason.items()
    ]


def _none_row(wide: int) -> tuple[Cell, ...]:
    """Print the one row of a ranking that nobody is in."""
    unknown = Cell(reason="chưa đơn vị nào có số liệu để xếp hạng")
    return (Cell(text="–"), *[unknown] * (wide - 1))


@dataclass(frozen=True, slots=True)
class Member:
    """An account that a number was added up over."""

    account_id: str
    platform: str


def _origin(
    panel: Panel, item: Indicator, accounts: Iterable[str], value: Value, window: Window | None
) -> Origin:
    """Trace a number that was added up over accounts."""
    members = [Member(one, panel.platform_of(one)) for one in accounts]
    named = cast(Sequence[AccountRow], members)  # only its account_id and platform are looked at
    metric = POSTS_VI if item.entity == "post" else FOLLOWERS_VI
    return origin_of(panel, named, value, metric, window, item.key)


def _left_out(panel: Panel, out: Sequence[LeftOut]) -> list[str]:
    """Say which accounts stay out of a ranking: those the terms forbid by platform and terms, the
    others counted by reason."""
    forbidden: Counter[tuple[str, str]] = Counter()
    others: Counter[str] = Counter()
    for one in out:
        if one.reason != NOT_ALLOWED_VI:
            others[one.reason] += 1
            continue
        platform = PLATFORMS[panel.platform_of(one.account_id)]
        lane = next(iter(panel.lanes(one.account_id)), "public")
        forbidden[platform.title, panel.basis_of(one.account_id, lane).sentence_vi] += 1
    sentences = [
        f"Không xếp hạng {number_text(count)} tài khoản {title}: {NOT_ALLOWED_VI}. {sentence}"
        for (title, sentence), count in sorted(forbidden.items())
    ]
    return sentences + [
        f"{number_text(count)} tài khoản không được tính: {reason}."
        for reason, count in sorted(others.items())
    ]
