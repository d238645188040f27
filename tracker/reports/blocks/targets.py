"""The plan sheet: each indicator with its base value, its target, and how far it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from tracker.effects import (
    AccountRow,
    Progress,
)
from tracker.effects.targets import (
    FOLLOWERS,
    NOT_BEGUN_VI,
    PRESENCE_SOURCE,
    in_percent,
)
from tracker.errors import ConfigError
from tracker.indicators import INDICATORS, Value
from tracker.letters import Field
from tracker.periods import Window
from tracker.registry import Target
from tracker.reports.asked import window_sentence
from tracker.reports.blocks.activity import number_cell
from tracker.reports.blocks.planned import Planned, levels_over, planned_rows
from tracker.reports.facts import LEVEL_DAYS, Facts
from tracker.reports.measured import FOLLOWERS_VI, NO_NOTE_VI, level_cell, unknown_cell
from tracker.tables import Cell, Column, Form, Origin, Table, days_text, number_text, numbered
from tracker.writers import Block, Paragraph

PLANNED = (
    FOLLOWERS,
    NOT_BEGUN_VI,
    PRESENCE_SOURCE,
    "posts_per_week",
    "interactions_per_post",
    "engagement_rate",
    "posts_not_vietnamese",
)
"""The rows of a plan that names none."""
NO_TARGET_VI = "danh bạ chưa ghi chỉ tiêu"
NOT_YET_VI = "kỳ chưa bắt đầu"
NO_BASIS_VI = "chưa ghi căn cứ"
DERIVED_VI = "tính từ số gốc và chỉ tiêu"
SIGNED = Form("percent", 1, signed=True)
COLUMNS = (
    Column("Kỳ", width=0.6),
    Column("Chỉ số đo lường", width=1.6),
    Column("Số gốc", Form("number"), width=1.1),
    Column("Thực hiện đến nay", Form("number"), width=1.1),
    Column("Thay đổi so với số gốc", SIGNED, width=0.9),
    Column("Chỉ tiêu", width=1.2),
    Column("Số phải đạt", Form("number"), width=0.9),
    Column("Tiến độ", Form("percent", 0), width=0.8),
    Column("Kết luận", width=1.0),
    Column("Căn cứ", width=1.3),
    Column("Lưu ý", width=1.7),
)
NOTES = (
    "Số gốc và số thực hiện tính trên cùng các tài khoản và cùng các ngày của hai năm, để việc mở "
    "thêm tài khoản hoặc mùa vụ không thành tiến độ; riêng số người theo dõi là mức ở đầu kỳ và ở "
    "ngày mới nhất của kỳ.",
    "Tiến độ là phần đường đã đi từ số gốc đến số phải đạt: 100% là đạt, số âm là đi lùi.",
)


def targets_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the plan sheet of every year the letter asks about: indicators without a target with
    their base value, targets of the register and the ready one of Quyết định 173/QĐ-TTg with their
    progress."""
    keys = field.indicators or PLANNED
    _check(facts, field, keys)
    planned = planned_rows(facts, keys)
    rows = tuple(_row(facts, one) for one in planned)
    return [
        Paragraph(window_sentence(facts)),
        numbered(
            Table(
                "G",
                "Bảng chỉ tiêu và chỉ số đo lường",
                COLUMNS,
                rows,
                notes=(*NOTES, *_days_notes(planned)),
                sources=_sources(planned),
                merged=1,
                wide=True,
            )
        ),
    ]


def _check(facts: Facts, field: Field, keys: Sequence[str]) -> None:
    known = [FOLLOWERS, *(key for key, item in INDICATORS.items() if item.shape == "series")]
    for key in keys:
        if key not in known:
            raise ConfigError(
                f"letter {facts.letter.id}, field {field.key!r}: no indicator {key!r} to plan; "
                f"expected some of {', '.join(known)}"
            )


def _sources(planned: Sequence[Planned]) -> tuple[str, ...]:
    """Name the source of the ready target where it is printed."""
    ready = any(one.found.target.source == PRESENCE_SOURCE for one in planned)
    return (PRESENCE_SOURCE,) if ready else ()


def _days_notes(planned: Sequence[Planned]) -> list[str]:
    """Say once which days the indicators of a period are compared over."""
    found = []
    for one in planned:
        if one.found.windows is not None and one.found.actual.value is not None:
            before, over = (days_text(part.start, part.last_day) for part in one.found.windows)
            found.append(
                f"Kỳ {one.found.target.period}: số gốc tính cho {before}, số thực hiện cho {over}."
            )
    return list(dict.fromkeys(found))


def _row(facts: Facts, planned: Planned) -> tuple[Cell, ...]:
    found, target = planned.found, planned.found.target
    base = _level(facts, found, found.base)
    actual = _level(facts, found, found.actual)
    derived = _derived(found)
    notes = [note for note in (*found.notes, planned.note) if note]
    changed = _number(found.change_percent, SIGNED, derived, found)
    note = Cell(text="; ".join(dict.fromkeys(notes)) or NO_NOTE_VI)
    first = (Cell(text=target.period), Cell(text=_title(found)), base, actual, changed)
    if not planned.is_set:
        return (*first, *[Cell(reason=NO_TARGET_VI)] * 5, note)
    return (
        *first,
        Cell(text=_promised(found)),
        _number(found.wanted, _form(found.wanted), derived, found),
        _progress_cell(found, derived),
        Cell(text=_verdict(found), reason=_short(found.reason) or ""),
        Cell(text=_basis(target), reason=NO_BASIS_VI),
        note,
    )


def _title(found: Progress) -> str:
    item = INDICATORS.get(found.target.indicator)
    title = found.title_vi
    if title == found.target.indicator:
        title = FOLLOWERS_VI if title == FOLLOWERS else item.title_vi if item else title
    unit = found.unit_vi or (item.unit_vi if item else "")
    return f"{title} ({unit})" if unit else title


def _promised(found: Progress) -> str:
    if in_percent(found.target):
        return found.basis_vi
    value = found.target.value
    return f"{number_text(value, _form(value).decimals)} {found.unit_vi}".strip()


def _basis(target: Target) -> str:
    """Name the document behind a target; the ready one's source stands whole below the table."""
    if target.source == PRESENCE_SOURCE:
        return PRESENCE_SOURCE.partition(" (")[0]
    parts = [] if in_percent(target) else [target.basis or ""]
    return "; ".join(part for part in (*parts, target.source or "") if part)


def _form(value: float | None) -> Form:
    size = abs(value or 0.0)
    whole = size >= 1000 or size == 0
    return Form("number", 0 if whole else 1 if size >= 10 else 2 if size >= 0.1 else 4)


def _short(reason: str | None) -> str | None:
    """Say a reason in the few words a narrow column holds."""
    return NOT_YET_VI if reason == NOT_BEGUN_VI else reason


def _level(facts: Facts, found: Progress, value: Value) -> Cell:
    """Print a base or an actual number; a count of followers as it was read."""
    if value.value is None:
        return unknown_cell(_short(value.reason or found.reason))
    accounts = _accounts(facts, found.accounts)
    item = INDICATORS.get(found.target.indicator)
    if item is None:
        return level_cell(facts.panel, accounts, value)
    levels = facts.levels or levels_over(
        facts, Window(facts.until - timedelta(days=LEVEL_DAYS), facts.until)
    )
    cell = number_cell(facts, accounts, levels, item, value)
    if found.windows is None or cell.origin is None:
        return cell
    window = found.windows[0] if value is found.base else found.windows[1]
    days = replace(cell.origin, first_day=window.start, last_day=window.last_day)
    return replace(cell, origin=days)


def _accounts(facts: Facts, ids: Sequence[str]) -> list[AccountRow]:
    rows = {account.account_id: account for account in facts.measured.accounts}
    return [rows[one] for one in ids if one in rows]


def _derived(found: Progress) -> Origin:
    return Origin(account=", ".join(found.accounts), metric=_title(found), formula=DERIVED_VI)


def _number(value: float | None, form: Form, origin: Origin, found: Progress) -> Cell:
    if value is None:
        return unknown_cell(_short(found.reason) or "không có số gốc dương để tính")
    return Cell(value, form=form, origin=origin)


def _progress_cell(found: Progress, origin: Origin) -> Cell:
    share = None if found.progress is None else 100 * found.progress
    return _number(share, Form("percent", 0), origin, found)


def _verdict(found: Progress) -> str:
    """Say whether the target is reached; '' where nothing can be said of it at all."""
    if found.reason is not None or found.actual.value is None:
        return ""
    over = f"kỳ đã qua {number_text(100 * found.elapsed)}%" if found.elapsed < 1 else "hết kỳ"
    if found.reached is None:
        return f"chưa kết luận được, sai số còn chứa số phải đạt ({over})"
    return f"{'đạt' if found.reached else 'chưa đạt'} ({over})"
