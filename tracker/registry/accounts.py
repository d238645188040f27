"""Checks of accounts and their periods: address, owner, terms, and no account under two ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from tracker.errors import Problem
from tracker.registry.account_cells import (
    address_of,
    check_basis,
    funding_of,
    languages_of,
    owner_of,
    platform_of,
)
from tracker.registry.cells import Placed, doubled, in_order, read_rows
from tracker.registry.identity import held_elsewhere, held_id, held_identities
from tracker.registry.register import Register
from tracker.registry.rows import Account, AccountPeriod
from tracker.sheets import SheetRow
from tracker.text import handle_key, nfc, slug


@dataclass(frozen=True)
class AccountEntry:
    """An account and, where the sheet names an owner, the period it tells.

    `closed` is the period of the former owner or address, which the new one ends.
    """

    account: Account
    period: AccountPeriod | None = None
    closed: AccountPeriod | None = None


def check_accounts(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[AccountEntry], list[Problem]]:
    """Check a sheet of accounts: the register's own file, or one with owner and address to import.

    A missing id is made of owner and platform; an account that is known under its address keeps
    its id, so importing twice changes nothing.
    """
    problems: list[Problem] = []
    given: dict[int, dict[str, str]] = {}
    held = held_identities(known)
    taken = set(known.accounts)
    for at in rows:
        cells, wrong = _worked_out(at, known, held, taken)
        given[at.number] = cells
        taken.add(cells.get("id", ""))
        problems += wrong
    refused = {problem.row for problem in problems}
    sound = [at for at in rows if at.number not in refused]
    placed, wrong = read_rows(Account, sound, given)
    problems += wrong + doubled(placed, "id")
    entries = []
    for one in placed:
        entry, wrong = _entry(one, given[one.at.number], known)
        problems += wrong
        entries.append(entry)
        problems += held_elsewhere(held, one.at, one.row, entry.period)
    return entries, in_order(problems)


def _worked_out(
    at: SheetRow, known: Register, held: Mapping[str, str], taken: set[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Work out what the typed row needs: platform, address, owner, id, languages, terms."""
    problems: list[Problem] = []
    platform = platform_of(at, problems)
    if platform is None:
        return {}, problems
    cells = {"platform": platform}
    address = address_of(at, platform, problems)
    if address:
        cells |= {"handle": address.handle or "", "url": address.url}
        cells["native_id"] = address.native_id or ""
    if at.get("agency_id"):
        cells["agency_id"] = owner_of(at, known, problems)
    cells["languages"] = languages_of(at, problems)
    cells["funding_source"] = funding_of(at, problems)
    check_basis(at, platform, problems)
    cells["id"] = nfc(at.get("id")) or held_id(address, held) or _new_id(cells, taken)
    return cells, problems


def _new_id(cells: dict[str, str], taken: set[str]) -> str:
    """Make a readable id: `ubnd-da-nang` on YouTube becomes `danang-ubnd-youtube`."""
    agency = cells.get("agency_id", "")
    if agency.startswith("ubnd-"):
        agency = agency.removeprefix("ubnd-").replace("-", "") + "-ubnd"
    base = slug(f"{agency} {cells['platform']}")
    number = 2
    made = base
    while made in taken:
        made, number = f"{base}-{number}", number + 1
    return made


def _entry(
    one: Placed[Account], given: Mapping[str, str], known: Register
) -> tuple[AccountEntry, list[Problem]]:
    """Add the period that a row with an owner tells, and end the former one."""
    if "agency_id" not in given:
        return AccountEntry(one.row), []
    texts = {name: given.get(name, "") for name in ("agency_id", "handle", "url")}
    placed, problems = read_rows(
        AccountPeriod, [one.at], {one.at.number: {"account_id": one.row.id, **texts}}
    )
    if not placed:
        return AccountEntry(one.row), problems
    period = placed[0].row
    former = known.periods_of(one.row.id)
    platform = one.row.platform
    same = next((old for old in reversed(former) if _same_holder(old, period, platform)), None)
    if same and period.valid_from in (None, same.valid_from):
        return AccountEntry(one.row, _filled(period, same)), problems
    if former and period.valid_from is None:
        expected = (
            f"the day from which this owner or address holds ({_span(former[-1])} was another)"
        )
        return AccountEntry(one.row), [one.at.problem("valid_from", expected)]
    others = [old for old in former if old.valid_from != period.valid_from]
    open_ones = [old for old in others if old.valid_to is None and _starts_before(old, period)]
    closed = None
    if open_ones and period.valid_from:
        closed = replace(open_ones[-1], valid_to=period.valid_from - timedelta(days=1))
        others = [old for old in others if old.key != closed.key] + [closed]
    clash = overlapping([*others, period])
    if clash:
        other = clash[0] if clash[1] is period else clash[1]
        expected = f"a day outside the other period of {one.row.id} ({_span(other)})"
        problems.append(one.at.problem("valid_from", expected))
    return AccountEntry(one.row, period, closed), problems


def _starts_before(old: AccountPeriod, new: AccountPeriod) -> bool:
    return (old.valid_from or date.min) < (new.valid_from or date.min)


def _same_holder(old: AccountPeriod, new: AccountPeriod, platform: str) -> bool:
    """Say whether two periods tell the same owner and address; what one lacks does not count."""
    if old.agency_id != new.agency_id:
        return False
    if old.handle and new.handle:
        return handle_key(platform, old.handle) == handle_key(platform, new.handle)
    return old.url is None or new.url is None or old.url == new.url


def _filled(new: AccountPeriod, old: AccountPeriod) -> AccountPeriod:
    return replace(
        old,
        handle=old.handle or new.handle,
        url=old.url or new.url,
        valid_to=new.valid_to or old.valid_to,
    )


def _span(period: AccountPeriod) -> str:
    return f"{period.valid_from or 'always'} to {period.valid_to or 'now'}"


def overlapping(periods: Iterable[AccountPeriod]) -> tuple[AccountPeriod, AccountPeriod] | None:
    """Find two periods of one account that share a day."""
    ordered = sorted(periods, key=lambda row: row.valid_from or date.min)
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or (later.valid_from or date.min) <= earlier.valid_to:
            return earlier, later
    return None


def check_account_periods(
    rows: Sequence[SheetRow], known: Register
) -> tuple[list[AccountPeriod], list[Problem]]:
    """Check the periods of accounts: owner, address of the right platform, no overlap."""
    problems: list[Problem] = []
    given: dict[int, dict[str, str]] = {}
    for at in rows:
        account = known.accounts.get(nfc(at.get("account_id")))
        if account is None:
            problems.append(at.problem("account_id", "the id of an account of the register"))
            continue
        cells = {"agency_id": owner_of(at, known, problems)} if at.get("agency_id") else {}
        beside = {"native_id": account.native_id or "", "evidence_url": account.evidence_url or ""}
        lent = replace(at, cells={**at.cells, **beside, "legal_basis": account.legal_basis or ""})
        address = address_of(lent, account.platform, problems)
        if address:
            cells |= {"handle": address.handle or "", "url": address.url}
        given[at.number] = cells
    refused = {problem.row for problem in problems}
    sound = [at for at in rows if at.number in given and at.number not in refused]
    placed, wrong = read_rows(AccountPeriod, sound, given)
    problems += wrong + doubled(placed, "valid_from")
    problems += _overlaps(placed, known)
    held = held_identities(known)
    for one in placed:
        problems += held_elsewhere(held, one.at, known.accounts[one.row.account_id], one.row)
    return [one.row for one in placed], in_order(problems)


def _overlaps(placed: list[Placed[AccountPeriod]], known: Register) -> list[Problem]:
    by_account: dict[str, dict[tuple[str, ...], AccountPeriod]] = {}
    problems = []
    for one in placed:
        account_id = one.row.account_id
        held = by_account.setdefault(
            account_id, {period.key: period for period in known.periods_of(account_id)}
        )
        held[one.row.key] = one.row
        clash = overlapping(held.values())
        if clash:
            other = clash[0] if clash[1] is one.row else clash[1]
            expected = f"a day outside the other period of {account_id} ({_span(other)})"
            problems.append(one.at.problem("valid_from", expected))
            del held[one.row.key]
    return problems
