"""Takes numbers out of the JSON of an edition: those the terms no longer let us keep, and those of
an account that has to go. Each place they stood says since when.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

from tracker.platforms import PLATFORMS

DELETED_VI = "đã xóa ngày"
"""How the reason of a number that was taken out begins."""
TERMS_VI = "theo điều khoản của nền tảng"
Ends = Callable[[str, str, date | None], str]
"""(account ids, titles of terms, last day read) -> why a number goes; '' = it stays."""


def without_ended_numbers(text: str, today: date) -> tuple[str, int]:
    """Blank the numbers of an edition that the terms no longer let us keep; give the JSON and how
    many went. Each says on which day its terms ended, so that a later look gives the same text.
    """

    def ends(accounts: str, basis: str, last_day: date | None) -> str:
        kept = _days_kept(basis)
        if kept is None or last_day is None or last_day >= today - timedelta(days=kept):
            return ""
        return f"{DELETED_VI} {last_day + timedelta(days=kept + 1):%d/%m/%Y} {TERMS_VI}"

    return _without(text, ends)


def without_account(text: str, account_id: str, today: date) -> tuple[str, int]:
    """Blank the numbers of an edition that were read of an account whose owner withdrew."""
    reason = f"{DELETED_VI} {today:%d/%m/%Y} vì số liệu của tài khoản phải xóa"

    def ends(accounts: str, basis: str, last_day: date | None) -> str:
        return reason if account_id in accounts.replace(",", " ").split() else ""

    made, gone = _without(text, ends)
    made, lines = _without(made, ends, unnamed=reason) if gone else (made, 0)
    return made, gone + lines


def _without(text: str, ends: Ends, unnamed: str = "") -> tuple[str, int]:
    """Blank what `ends` names. `unnamed` is why the lines of charts go that tell no account, as
    editions of the first releases hold them; '' = they stay."""
    plain = json.loads(text)
    gone = _blank(plain, ends, unnamed)
    if not gone:
        return text, 0
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")), gone


@cache
def _days_kept(basis: str) -> int | None:
    """Give how long the numbers under some terms may be kept, None = no limit."""
    kept = [
        one.days_kept
        for platform in PLATFORMS.values()
        for one in platform.bases
        if one.days_kept is not None and one.title_vi in basis
    ]
    return min(kept, default=None)


def _blank(plain: Any, ends: Ends, unnamed: str) -> int:
    """Blank in place the cells and points that have to go; give how many cells and lines."""
    if isinstance(plain, list):
        return sum(_blank(one, ends, unnamed) for one in plain)
    if not isinstance(plain, dict):
        return 0
    if plain.get("is") == "Cell":
        return _blank_cell(plain, ends)
    if plain.get("is") == "Chart":
        return _blank_chart(plain, ends, unnamed)
    return sum(_blank(one, ends, unnamed) for one in plain.values())


def _blank_cell(cell: dict[str, Any], ends: Ends) -> int:
    origin = cell.get("origin") or {}
    if "value" not in cell or not origin:
        return 0
    reason = ends(origin.get("account", ""), origin.get("basis", ""), _day(origin.get("last_day")))
    if not reason:
        return 0
    for name in ("value", "low", "high"):
        cell.pop(name, None)
    cell["reason"] = reason
    return 1


def _blank_chart(chart: dict[str, Any], ends: Ends, unnamed: str) -> int:
    """Blank points of lines; a chart that has none left becomes a sentence."""
    gone, reason = 0, ""
    for line in chart["lines"]:
        account, basis = line.get("account", ""), line.get("basis", "")
        said = [
            "" if value is None else ends(account, basis, _day(day)) or (unnamed * (not account))
            for day, value in zip(line["days"], line["values"], strict=True)
        ]
        if any(said):
            line["values"] = [
                None if why else value for why, value in zip(said, line["values"], strict=True)
            ]
            gone, reason = gone + 1, max(said)
    if gone and not any(value is not None for line in chart["lines"] for value in line["values"]):
        text = f"{chart['title']}: {reason}."
        chart.clear()
        chart.update({"is": "Paragraph", "kind": "note", "text": text})
    return gone


def _day(plain: dict[str, str] | None) -> date | None:
    return date.fromisoformat(plain["day"]) if plain else None
