"""What the register says of a respondent: its agencies, accounts and programmes of some days, in
words. Reads no counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.indicators.languages import LANGUAGES_VI
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.platforms import PLATFORMS
from tracker.registry.words import FUNDING_SOURCES
from tracker.text import sort_key
from tracker.text.printable import day_text

NOT_DECLARED_VI = "chưa khai"
NO_ACCOUNT_VI = "danh bạ chưa có tài khoản nào của đơn vị trong khoảng thời gian này"
REGISTER_VI = "danh bạ tài khoản, cơ quan và chương trình"
"""The source of what is counted in the register."""
FUNDING_VI = {
    key: names[1] if key == "both" else names[0] for key, names in FUNDING_SOURCES.items()
}


@dataclass(frozen=True)
class Held:
    """An account with its owner, handle and address of a day; `row` is its row of the register
    (columns of the table `account`)."""

    account_id: str
    platform: str
    handle: str | None
    url: str | None
    agency_id: str
    agency_name: str
    row: Any

    @property
    def title(self) -> str:
        """Write the account as a reader knows it: platform and handle."""
        return f"{PLATFORMS[self.platform].title}: {self.handle or self.url or self.account_id}"


def agencies_of(panel: Panel, unit_id: str) -> list[Any]:
    """List the agencies that count for a respondent, by name: those of a locality, or the agency
    itself."""
    column = "locality_id" if unit_id in panel.localities.index else "id"
    found = rows_of(panel.agencies[panel.agencies[column] == unit_id])
    return sorted(found, key=lambda row: sort_key(row.name_vi))


def subordinates_of(panel: Panel, unit_id: str) -> list[Any]:
    """List the agencies directly below an agency, by name; none for a locality."""
    found = rows_of(panel.agencies[panel.agencies["parent_id"] == unit_id])
    return sorted(found, key=lambda row: sort_key(row.name_vi))


def held_on(panel: Panel, agencies: Iterable[str], day: date) -> list[Held]:
    """List the accounts that some agencies own on a day, by platform and id; those that open later
    are not among them, those that have ended are."""
    owners = set(agencies)
    frame = panel.accounts_on(day)
    registered = {row.id: row for row in rows_of(panel.account_rows)}
    found = [
        Held(
            account_id=str(row.id),
            platform=str(row.platform),
            handle=row.handle,
            url=row.url,
            agency_id=str(row.agency_id),
            agency_name=str(row.agency_name),
            row=registered[row.id],
        )
        for row in rows_of(frame[frame["agency_id"].isin(owners)].reset_index())
        if row.active_from is None or row.active_from <= day
    ]
    return sorted(found, key=lambda one: (PLATFORMS[one.platform].title, one.account_id))


def periods_in(panel: Panel, agencies: Iterable[str], window: Window) -> list[Any]:
    """List the periods in which some agencies owned an account on days of a window (columns of
    `account_period`)."""
    owners = set(agencies)
    return [
        row
        for row in rows_of(panel.periods)
        if row.agency_id in owners
        and (row.valid_from is None or row.valid_from < window.end)
        and (row.valid_to is None or row.valid_to >= window.start)
    ]


def programmes_of(panel: Panel, unit_id: str) -> list[Any]:
    """List the programmes of a respondent, for a locality also those of its agencies, by start;
    those that do not say it come last."""
    owners = {unit_id, *(agency.id for agency in agencies_of(panel, unit_id))}
    found = [
        row
        for row in rows_of(panel.programmes)
        if row.locality_id == unit_id or row.agency_id in owners
    ]
    return sorted(found, key=lambda row: (row.start or date.max, row.id))


def runs_in(programme: Any, window: Window) -> bool:
    """Say whether a programme is known to have run on a day of a window."""
    return (
        programme.start is not None
        and programme.start < window.end
        and (programme.end is None or programme.end >= window.start)
    )


def changes_of(panel: Panel, account_id: str, window: Window) -> list[str]:
    """Say in Vietnamese which handle or owner of an account changed inside a window."""
    names = dict(zip(panel.agencies["id"], panel.agencies["name_vi"], strict=True))
    found = []
    for item in panel.renames(account_id, window):
        old, new = item.old or "không rõ", item.new
        if item.what == "agency":
            what, old, new = "đổi cơ quan chủ quản", names.get(old, old), names.get(new, new)
            new += " (đơn vị mới)" if new == old else ""
        else:
            what = "đổi tên tài khoản"
        found.append(f"{day_text(item.day)}: {what} từ {old} thành {new}")
    return found


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"


def languages_text(languages: str | None) -> str:
    """Write the languages of the register in words; `chưa khai` without any."""
    codes = (languages or "").split()
    return ", ".join(LANGUAGES_VI.get(code, code) for code in codes) or NOT_DECLARED_VI


def funding_text(source: str | None) -> str:
    """Write a funding source in words; `chưa khai` without one."""
    return FUNDING_VI.get(source, source) if source else NOT_DECLARED_VI


def first_known(panel: Panel, account_id: str) -> date | None:
    """Give the first day from which a number of an account is known: of publication, or of a
    reading of followers; None = nothing is known."""
    days = [covered.start for _, covered in panel.posts_lanes(account_id)]
    for lane in panel.lanes(account_id):
        readings = panel.series(account_id, "followers", lane).dropna()
        days.append(readings.index[0].date())
    return min(days, default=None)


def unsure_sentences(panel: Panel, held: Iterable[Held], window: Window) -> list[str]:
    """Name the accounts of which nothing says that they were open before the end of a window."""
    unsure = [
        one.title
        for one in held
        if one.row.active_from is None
        and (first_known(panel, one.account_id) or date.max) >= window.end
    ]
    if not unsure:
        return []
    return [
        "Chưa khai ngày mở và chưa có số liệu nào đến hết khoảng thời gian này, nên chưa rõ đã mở "
        f"hay chưa: {'; '.join(unsure)}."
    ]


def opened_text(panel: Panel, held: Held) -> str:
    """Write the day an account was opened; where it is not declared, from when on numbers are
    known."""
    if held.row.active_from is not None:
        return day_text(held.row.active_from)
    first = first_known(panel, held.account_id)
    known = f" (số liệu sớm nhất: {day_text(first)})" if first is not None else ""
    return f"{NOT_DECLARED_VI}{known}"
