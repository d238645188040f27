"""Completes the origin of printed numbers: definition, formula, corrections, archived replies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from tracker.indicators import INDICATORS
from tracker.indicators.needs import NEEDS
from tracker.metrics import POST_COLUMNS
from tracker.panel import Panel
from tracker.periods import date_of
from tracker.platforms import platform_named
from tracker.reports.measured import FOLLOWERS_VI
from tracker.tables import Cell, Origin, Table
from tracker.writers import Document

FIRST_DEFINITION = "1"
DIGITS = 16
"""So many digits of a digest are printed and kept."""
KEYS = {item.title_vi: item.key for item in INDICATORS.values()}
READ_FOR = timedelta(days=14)
"""Counts of a post at seven days may rest on looks up to so long after its publication."""
FOLLOWERS_KEY = "followers"
POST_METRICS = tuple(("post", column) for column in POST_COLUMNS)


def completed(panel: Panel, document: Document) -> Document:
    """Fill in what the panel knows of the origin of each number of a document; what is there
    already stays."""
    known: dict[Origin, Origin] = {}

    def traced(cell: Cell) -> Cell:
        if cell.origin is None or not cell.is_number:
            return cell
        if cell.origin not in known:
            known[cell.origin] = _complete(panel, cell.origin)
        return replace(cell, origin=known[cell.origin])

    blocks = tuple(
        replace(block, rows=tuple(tuple(traced(cell) for cell in row) for row in block.rows))
        if isinstance(block, Table)
        else block
        for block in document.blocks
    )
    return replace(document, blocks=blocks)


def metrics_behind(origin: Origin) -> tuple[tuple[str, str], ...]:
    """List the (entity, column) a number was counted from; () = not counted on accounts."""
    if not origin.account:
        return ()
    if origin.key in INDICATORS:
        pairs = [pair for need in INDICATORS[origin.key].needs for pair in NEEDS[need].metrics]
        return tuple(dict.fromkeys(pairs))
    if origin.key == FOLLOWERS_KEY or origin.metric == FOLLOWERS_VI:
        return (("account", "followers"),)
    return POST_METRICS if origin.metric.startswith("Bài đăng") else ()


def accounts_of(origin: Origin) -> list[str]:
    """List the ids of the accounts behind a number."""
    return origin.account.replace(",", " ").split()


def _complete(panel: Panel, origin: Origin) -> Origin:
    origin = replace(origin, key=origin.key or KEYS.get(origin.metric, ""))
    metrics = metrics_behind(origin)
    accounts = [one for one in accounts_of(origin) if one in panel.accounts.index]
    item = INDICATORS.get(origin.key)
    key = origin.key or (FOLLOWERS_KEY if metrics == (("account", "followers"),) else "")
    return replace(
        origin,
        key=key,
        basis=origin.basis or _terms(panel, origin, accounts),
        definition=origin.definition or _definitions(panel, origin, accounts, metrics),
        formula=origin.formula or (item.formula_vi if item else ""),
        corrections=origin.corrections or _corrections(panel, origin, accounts, metrics),
        digests=origin.digests or _digests(panel, origin, accounts, metrics),
    )


def _terms(panel: Panel, origin: Origin, accounts: list[str]) -> str:
    """Name the terms that the numbers of some accounts are held under in their lanes."""
    lanes = [lane for lane in origin.lane.split("+") if lane]
    found = [panel.basis_of(account, lane).title_vi for account in accounts for lane in lanes]
    return ", ".join(dict.fromkeys(found))


def _definitions(
    panel: Panel, origin: Origin, accounts: list[str], metrics: tuple[tuple[str, str], ...]
) -> str:
    """Name the versions of what was counted on the last day: `1` = as first defined."""
    if not metrics or not accounts:
        return ""
    last = origin.last_day or panel.last_night
    found = set()
    for platform in {panel.platform_of(one) for one in accounts}:
        passed = [
            day
            for entity, column in metrics
            for day, _ in panel.breaks_of(platform, entity, column)
            if day <= last
        ]
        found.add(max(passed).isoformat() if passed else FIRST_DEFINITION)
    return ", ".join(sorted(found))


def _corrections(
    panel: Panel, origin: Origin, accounts: list[str], metrics: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    """List the ids of the corrections that reach a number, in their order."""
    first, last = origin.first_day or date.min, origin.last_day or panel.last_night
    found = []
    for account in accounts:
        platform = panel.platform_of(account)
        for row in panel.corrections_of(account):
            entity = "account" if row.post is None else "post"
            if entity == "account" and not row.applied:
                continue
            end = last + READ_FOR if entity == "post" else last + timedelta(days=1)
            told = _columns_of(platform, entity, row.metric)
            reaches = any(one == entity and column in told for one, column in metrics)
            if reaches and row.day_from <= end and first <= row.day_to and _reads(origin, row):
                found.append(str(row.id))
    return tuple(dict.fromkeys(found))


def _reads(origin: Origin, row: Any) -> bool:
    return not origin.lane or row.lane in origin.lane.split("+")


@cache
def _columns_of(platform: str, entity: str, metric: str) -> frozenset[str]:
    """Give the columns a correction's metric may stand for: its own name, or a platform's key."""
    measures = platform_named(platform).measures_of(entity)
    return frozenset([metric, *(one.column for one in measures if metric in one.keys)])


def _digests(
    panel: Panel, origin: Origin, accounts: list[str], metrics: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    """Give the last archived reply behind a number for each account, where one is still kept."""
    if not metrics or origin.first_day is None or origin.last_day is None:
        return ()
    of_posts = all(entity == "post" for entity, _ in metrics)
    what = ("posts", "refresh", "backfill") if of_posts else ("profile",)
    first = origin.first_day
    last = origin.last_day + (READ_FOR if of_posts else timedelta(days=1))
    found = []
    for account in accounts:
        for row in reversed(panel.replies_of(account)):
            day = date_of(int(row.day))
            if row.what in what and first <= day <= last and _reads(origin, row):
                found.append(str(row.digest)[:DIGITS])
                break
    return tuple(dict.fromkeys(found))
