"""Who took part: agencies with their accounts and programmes, where the money came from, which
platforms and languages; as registered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tracker.letters import Field
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import PLATFORMS
from tracker.registry.words import agency_kinds
from tracker.reports.blocks.registered import (
    NO_ACCOUNT_VI,
    NOT_DECLARED_VI,
    Held,
    agencies_of,
    capital,
    funding_text,
    held_on,
    languages_text,
    periods_in,
    programmes_of,
    runs_in,
    subordinates_of,
    unsure_sentences,
)
from tracker.reports.blocks.traced import register_cell
from tracker.reports.facts import Facts
from tracker.tables import COUNT, Cell, Column, Table, numbered, unknown_text
from tracker.text import sort_key
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph

NO_AGENCY_VI = "danh bạ chưa ghi cơ quan nào có tài khoản hoặc chương trình trong thời gian này"
NONE_VI = "không có trong danh bạ"


def coordination_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the agencies that took part on days of the window, and their accounts by funding source
    and by platform."""
    panel, asked = facts.panel, facts.asked_window
    agencies = [*agencies_of(panel, facts.unit_id), *subordinates_of(panel, facts.unit_id)]
    rows = [
        *_own_row(facts, asked),
        *(row for agency in agencies for row in _agency_rows(panel, agency, asked)),
    ]
    if not rows:
        words = unknown_text(NO_AGENCY_VI)
        return [Paragraph(f"Cơ quan tham gia, nguồn lực, công nghệ: {words}.")]
    blocks: list[Block] = [
        numbered(
            Table("P", "Bảng cơ quan tham gia theo danh bạ", AGENCY_COLUMNS, tuple(rows), merged=1)
        )
    ]
    held = _held(panel, [agency.id for agency in agencies], asked)
    if not held:
        return [*blocks, Paragraph(f"Nguồn lực, công nghệ: {unknown_text(NO_ACCOUNT_VI)}.")]
    day = day_text(min(asked.end, panel.until) - timedelta(days=1))
    note = f"Theo danh bạ; tên tài khoản theo ngày {day}."
    unsure = unsure_sentences(panel, held, asked)
    return [
        *blocks,
        numbered(_funding(held, note)),
        numbered(_technology(held, note)),
        *(Paragraph(text, "note") for text in unsure),
    ]


AGENCY_COLUMNS = (
    Column("Cơ quan", width=1.8),
    Column("Loại cơ quan", width=1.2),
    Column("Tài khoản làm chủ quản", COUNT, width=0.9),
    Column("Chương trình, kế hoạch chủ trì", width=2.0),
)


def _own_row(facts: Facts, asked: Window) -> list[tuple[Cell, ...]]:
    """Give the row of a locality's own programmes, which name no agency."""
    titles = [
        one.title
        for one in programmes_of(facts.panel, facts.unit_id)
        if one.agency_id is None and runs_in(one, asked)
    ]
    texts = (capital(facts.name), "Địa phương", "xem từng cơ quan", "; ".join(titles))
    return [tuple(Cell(text=text) for text in texts)] if titles else []


def _agency_rows(panel: Panel, agency: Any, asked: Window) -> list[tuple[Cell, ...]]:
    """Give the row of an agency; none where it has neither account nor programme in the window."""
    accounts = _held(panel, [agency.id], asked)
    titles = [
        one.title
        for one in programmes_of(panel, agency.id)
        if one.agency_id == agency.id and runs_in(one, asked)
    ]
    if not accounts and not titles:
        return []
    kind = agency_kinds().get(agency.kind, (agency.kind,))[0]
    shown = Cell(text="; ".join(titles) or NONE_VI)
    return [(Cell(text=agency.name_vi), Cell(text=kind), register_cell(accounts), shown)]


def _held(panel: Panel, agencies: Sequence[str], asked: Window) -> list[Held]:
    """List the accounts that some agencies owned, active, on days of the window, named as on its
    last day."""
    owned = {row.account_id for row in periods_in(panel, agencies, asked)}
    day = min(asked.end, panel.until) - timedelta(days=1)
    everyone = [str(one) for one in panel.agencies["id"]]
    return [
        one
        for one in held_on(panel, everyone, day)
        if one.account_id in owned
        and (one.row.active_to is None or one.row.active_to >= asked.start)
    ]


def _funding(held: Sequence[Held], note: str) -> Table:
    """Count accounts by funding source; those that do not say it come last."""
    groups: dict[str, list[Held]] = {}
    for one in held:
        groups.setdefault(funding_text(one.row.funding_source), []).append(one)
    rows = tuple(
        (
            Cell(text=capital(name)),
            register_cell(groups[name]),
            Cell(text="; ".join(one.title for one in groups[name])),
        )
        for name in sorted(groups, key=lambda name: (name == NOT_DECLARED_VI, sort_key(name)))
    )
    title = "Bảng tài khoản theo nguồn kinh phí"
    return Table("V", title, FUNDING_COLUMNS, rows, notes=(note,), merged=1)


FUNDING_COLUMNS = (
    Column("Nguồn kinh phí", width=1.4),
    Column("Số tài khoản", COUNT, width=0.7),
    Column("Tài khoản", width=3),
)
TECHNOLOGY_COLUMNS = (
    Column("Nền tảng", width=1.4),
    Column("Số tài khoản", COUNT, width=0.7),
    Column("Ngôn ngữ đã khai", width=3),
)


def _technology(held: Sequence[Held], note: str) -> Table:
    """Count accounts by platform, with the languages they declare."""
    rows = []
    for platform in dict.fromkeys(one.platform for one in held):
        mine = [one for one in held if one.platform == platform]
        codes = {code for one in mine for code in (one.row.languages or "").split()}
        silent = sum(1 for one in mine if not one.row.languages)
        words = languages_text(" ".join(sorted(codes, key=languages_text)))
        if codes and silent:
            words += f" ({silent} tài khoản {NOT_DECLARED_VI})"
        counted = register_cell(mine)
        rows.append((Cell(text=PLATFORMS[platform].title), counted, Cell(text=capital(words))))
    title = "Bảng nền tảng và ngôn ngữ của tài khoản"
    return Table("D", title, TECHNOLOGY_COLUMNS, tuple(rows), notes=(note,), merged=1)
