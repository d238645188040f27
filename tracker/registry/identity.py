"""What tells accounts apart: permanent ids and handles, so that no account stands under two ids."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.errors import Problem
from tracker.registry.register import Register
from tracker.registry.rows import Account, AccountPeriod
from tracker.sheets import SheetRow
from tracker.text import Address, handle_key


def identities(account: Account, period: AccountPeriod | None) -> list[str]:
    """List what tells an account apart: the permanent id and, while it is in use, the handle.

    Ids of Mastodon hold on one server only, so the server is part of them.
    """
    platform = account.platform
    found = []
    if account.native_id:
        server = ""
        if platform == "mastodon" and period and period.url:
            server = period.url.removeprefix("https://").partition("/")[0].lower()
        found.append(f"{platform} id {account.native_id} {server}")
    if period and period.handle and period.valid_to is None:
        found.append(f"{platform} name {handle_key(platform, period.handle)}")
    return found


def held_identities(known: Register) -> dict[str, str]:
    """Map every identity of the register to its account."""
    found: dict[str, str] = {}
    for account in known.accounts.values():
        for period in known.periods_of(account.id) or [AccountPeriod(account.id, "")]:
            found |= dict.fromkeys(identities(account, period), account.id)
    return found


def held_id(address: Address | None, held: Mapping[str, str]) -> str:
    """Find the id under which the register already holds an address."""
    if address is None:
        return ""
    account = Account("", address.platform, address.native_id)
    asked = identities(account, AccountPeriod("", "", address.handle, address.url))
    return next((held[one] for one in asked if one in held), "")


def held_elsewhere(
    held: dict[str, str], at: SheetRow, account: Account, period: AccountPeriod | None
) -> list[Problem]:
    """Enter an account among the held ones; a problem if it stands there under another id."""
    for identity in identities(account, period):
        other = held.setdefault(identity, account.id)
        if other != account.id:
            column = "native_id" if " id " in identity and at.get("native_id") else "url"
            return [at.problem(column, f"an account once only; {other} is the same one")]
    return []
