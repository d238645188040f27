"""The measured part of a letter on social networks: every account and all together over the
letter's days."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tracker.effects import AccountRow, GroupRow, LocalityLevels
from tracker.effects.locality import PRINTED
from tracker.effects.unit_levels import unit_level
from tracker.errors import ConfigError
from tracker.indicators import INDICATORS, Indicator, Value, parts_vi, value_over
from tracker.letters import Field
from tracker.reports.asked import NO_ACCOUNT_VI, nothing_reason, window_sentence
from tracker.reports.channels import account_name
from tracker.reports.facts import Facts
from tracker.reports.measured import (
    FOLLOWERS_VI,
    NO_NOTE_VI,
    PARTS_KEY,
    POSTS_VI,
    finite,
    lane_cell,
    level_cell,
    origin_of,
    unknown_cell,
)
from tracker.tables import COUNT, Cell, Column, Form, Table, number_text, numbered
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph

COLUMNS = (
    Column("Tài khoản", width=1.6),
    Column("Chỉ số", width=2.0),
    Column("Kênh đọc", width=0.9),
    Column("Mức [khoảng tin cậy 95%]", COUNT, width=1.4),
    Column("Tính trên (n)", width=0.9),
    Column("Lưu ý", width=2.0),
)
COUNTED_IN_VI = {
    "active_weeks": "tuần",
    "posting_frequency": "tuần",
    "silent_days": "tuần",
    "longest_silence": "ngày",
}
"""Made of posts, but not counted in posts."""
BY_ACCOUNT_VI = "chỉ tính cho từng tài khoản"
NO_N_VI = "không áp dụng"
SERIES_VI = {
    "post.views": "Bài đăng và lượt xem theo tuổi bài",
    "post.language": "Bài đăng và ngôn ngữ của bài",
    "post.reach": "Bài đăng và số người tiếp cận",
}


def activity_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print followers at both ends and the indicators of the field (else the usual ones) over the
    asked days, account by account and together; words alone where nothing was read."""
    items = chosen(facts.letter.id, field)
    said: list[Block] = [Paragraph(window_sentence(facts))]
    levels = facts.levels
    if levels is None or nothing_reason(facts, facts.asked_window) is not None:
        return said
    return [*said, numbered(_table(facts, levels, items))]


def chosen(letter: str, field: Field) -> list[Indicator]:
    """Give the indicators a field asks for. Raises ConfigError for one that is not a number."""
    items = [INDICATORS.get(key) for key in field.indicators or PRINTED]
    known = [key for key, item in INDICATORS.items() if item.shape != "rows"]
    for key, item in zip(field.indicators or PRINTED, items, strict=True):
        if item is None or item.shape == "rows":
            raise ConfigError(
                f"letter {letter}, field {field.key!r}: no indicator {key!r} to print; expected "
                f"some of {', '.join(known)}"
            )
    return [item for item in items if item is not None]


def _table(facts: Facts, levels: LocalityLevels, items: Sequence[Indicator]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    of_unit = [item for item in items if item.entity == "register"]
    of_accounts = [item for item in items if item.entity != "register"]
    for account in levels.accounts:
        rows += _account_rows(facts, levels, account, of_accounts)
    if len(levels.accounts) > 1:
        rows += _together_rows(facts, levels, of_accounts)
    for item in of_unit:
        value = value_over(facts.panel, item, facts.unit_id, levels.window)
        name = Cell(text="Toàn đơn vị")
        rows += [(name, *line) for line in _lines(facts, levels.accounts, levels, [(item, value)])]
    if not levels.accounts:
        unknown = Cell(reason=NO_ACCOUNT_VI)
        rows.insert(0, (Cell(text="Mạng xã hội"), *[unknown] * (len(COLUMNS) - 1)))
    return Table(
        "H",
        "Bảng hoạt động trên mạng xã hội trong khoảng thời gian báo cáo",
        COLUMNS,
        tuple(rows),
        notes=(
            "Tương tác và lượt xem tính khi bài đủ 7 ngày tuổi, để các bài được so ở cùng độ tuổi.",
            *(f"{one[:1].upper()}{one[1:]}." for one in levels.warnings),
        ),
        merged=1,
    )


def _account_rows(
    facts: Facts, levels: LocalityLevels, account: AccountRow, items: Sequence[Indicator]
) -> list[tuple[Cell, ...]]:
    measured = {row.key: row.after for row in account.indicators}
    values = [
        (item, measured.get(item.key) or _value(facts, levels, account, item)) for item in items
    ]
    name = Cell(text=account_name(account))
    ends = (account.followers_before, account.followers_after)
    notes = "; ".join(account.notes) or NO_NOTE_VI
    lines = _follower_lines(facts, levels, (account,), ends, notes)
    lines += _lines(facts, (account,), levels, values)
    return [(name, *line) for line in lines]


def _value(facts: Facts, levels: LocalityLevels, account: AccountRow, item: Indicator) -> Value:
    return value_over(facts.panel, item, account.account_id, levels.window, tet_days=facts.tet_days)


def _together_rows(
    facts: Facts, levels: LocalityLevels, items: Sequence[Indicator]
) -> list[tuple[Cell, ...]]:
    group, accounts = levels.total, levels.accounts
    named = {account.account_id: account for account in accounts}
    ids = list(named)
    values = []
    for item in items:
        if item.shape == "series":
            value = unit_level(
                facts.panel, item, facts.unit_id, ids, levels.window, facts.tet_days
            ).value
        else:
            value = Value(None, unit=item.unit_vi, reason=BY_ACCOUNT_VI)
        values.append((item, value))
    members = [named[one] for one in group.accounts]
    ends = (group.followers_before, group.followers_after)
    lines = _follower_lines(facts, levels, members, ends, _group_note(group))
    lines += _lines(facts, accounts, levels, values)
    name = Cell(text=f"Cộng các tài khoản ({len(members)}/{len(accounts)} tài khoản đủ số liệu)")
    return [(name, *line) for line in lines]


def _group_note(group: GroupRow) -> str:
    notes = [f"cộng {len(group.accounts)}/{group.registered} tài khoản"]
    if group.label_vi:
        notes.append(f"{group.label_vi}: một người có thể theo dõi nhiều tài khoản")
    return "; ".join(notes)


def _follower_lines(
    facts: Facts,
    levels: LocalityLevels,
    accounts: Sequence[AccountRow],
    ends: tuple[Value, Value],
    notes: str,
) -> list[tuple[Cell, ...]]:
    """Print the followers at both ends of the days; the account's own notes stand with the
    second."""
    lines: list[tuple[Cell, ...]] = []
    window = levels.window
    days = (("đầu", day_text(window.start)), ("cuối", day_text(window.last_day)))
    for (word, day), value, note in zip(days, ends, (NO_NOTE_VI, notes), strict=True):
        n = f"{number_text(value.readings)} lần đọc" if value.value is not None else NO_N_VI
        title = Cell(text=f"{FOLLOWERS_VI}, {word} khoảng ({day})")
        cell = level_cell(facts.panel, accounts, value)
        lane = lane_cell(value.lane or "") if value.value is not None else cell
        unknown = Cell(reason=cell.reason) if value.value is None else Cell(text=n)
        lines.append((title, lane, cell, unknown, Cell(text=note)))
    return lines


def _lines(
    facts: Facts,
    accounts: Sequence[AccountRow],
    levels: LocalityLevels,
    values: Sequence[tuple[Indicator, Value]],
) -> list[tuple[Cell, ...]]:
    """Print numbers; those unknown for the same reason share one line."""
    lines: list[tuple[Cell, ...]] = []
    unknown: dict[str, list[tuple[Indicator, Value]]] = {}
    for item, value in values:
        if value.value is None and value.text is None:
            unknown.setdefault(value.reason or "", []).append((item, value))
        else:
            lines.append(_line(facts, accounts, levels, item, value))
    for reason, found in unknown.items():
        said = unknown_cell(reason)
        title = Cell(text="; ".join(titled(item) for item, _ in found))
        notes = dict.fromkeys(note for _, value in found for note in value.notes)
        lines.append((title, said, said, said, Cell(text="; ".join(notes) or NO_NOTE_VI)))
    return lines


def _line(
    facts: Facts,
    accounts: Sequence[AccountRow],
    levels: LocalityLevels,
    item: Indicator,
    value: Value,
) -> tuple[Cell, ...]:
    named = {account.platform for account in accounts}
    parts = [parts_vi(one) for one in named] if item.key == PARTS_KEY and len(named) == 1 else []
    notes = "; ".join(dict.fromkeys([*parts, *value.notes])) or NO_NOTE_VI
    return (
        Cell(text=titled(item)),
        Cell(text="danh bạ") if item.entity == "register" else lane_cell(value.lane or ""),
        number_cell(facts, accounts, levels, item, value),
        Cell(text=_n(item, value)),
        Cell(text=notes),
    )


def number_cell(
    facts: Facts,
    accounts: Sequence[AccountRow],
    levels: LocalityLevels,
    item: Indicator,
    value: Value,
) -> Cell:
    """Print the number of an indicator over the days with its interval, or the word it stands
    for."""
    if value.text is not None:
        return Cell(text=value.text)
    if value.value is None:
        return unknown_cell(value.reason)
    low, high = (None, None) if item.entity == "register" else (value.low, value.high)
    if low is not None and item.entity == "post":
        low = max(low, 0.0)  # what is counted of posts is never below 0
    return Cell(
        float(value.value),
        low=finite(low),
        high=finite(high),
        form=form_for([value.value, low, high], item),
        origin=origin_of(facts.panel, accounts, value, series_vi(item), levels.window, item.key),
    )


def form_for(numbers: Sequence[float | None], item: Indicator) -> Form:
    """Choose the decimals of a number and its interval by the largest; counts of the register have
    none."""
    size = max((abs(one) for one in numbers if one is not None and math.isfinite(one)), default=0)
    if item.entity == "register" or size == 0:
        return COUNT
    return Form("number", 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 0.1 else 4)


def series_vi(item: Indicator) -> str:
    """Name the series an indicator is made of, for the annex of origins."""
    if item.entity == "register":
        return "Danh bạ tài khoản"
    if item.entity == "account":
        return FOLLOWERS_VI
    return next((SERIES_VI[need] for need in item.needs if need in SERIES_VI), POSTS_VI)


def titled(item: Indicator) -> str:
    """Name an indicator with its unit."""
    return f"{item.title_vi} ({item.unit_vi})" if item.unit_vi else item.title_vi


def _n(item: Indicator, value: Value) -> str:
    if item.entity == "register":
        word, count = "tài khoản", value.accounts
    else:
        usual = "tuần" if item.entity == "account" else "bài"
        word, count = COUNTED_IN_VI.get(item.key, usual), value.n
    return f"{number_text(count)} {word}"
