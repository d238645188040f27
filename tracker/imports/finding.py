"""Finds what a cell means: account, metric, lane. Each distinct text is worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from tracker.platforms import PLATFORMS
from tracker.registry.cells import one_of
from tracker.registry.rows import Account, AccountPeriod
from tracker.registry.words import QUALIFIER_WORDS
from tracker.text import AddressError, handle_key, nearest, parse_address

Found = TypeVar("Found")

LANE_WORDS = {
    "public": ("công khai",),
    "owner": ("chủ tài khoản",),
    "declared": ("tự khai", "khai báo"),
}


class Remembered(dict[str, Found | ValueError]):
    """Reads each distinct text of a column once; what cannot be read is kept as its ValueError."""

    def __init__(self, parse: Callable[[str], Found]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: str) -> Found | ValueError:
        try:
            self[text] = self.parse(text)
        except ValueError as error:
            self[text] = error
        return self[text]


@dataclass(frozen=True)
class KnownAccount:
    """An account of the register; `basis` is the terms its public and owner numbers are under."""

    id: str
    platform: str
    basis: str

    def basis_in(self, lane: str) -> str:
        """Name the terms of a number of this account."""
        return PLATFORMS[self.platform].basis_in(lane, self.basis).key


class Accounts:
    """The accounts of the register, found by id, permanent id, handle or address."""

    def __init__(self, accounts: Collection[Account], periods: Iterable[AccountPeriod]) -> None:
        self.by_id = {
            account.id: KnownAccount(
                account.id,
                account.platform,
                PLATFORMS[account.platform].basis(account.basis).key,
            )
            for account in accounts
        }
        self._by_native: dict[str, set[str]] = defaultdict(set)
        self._by_handle: dict[tuple[str, str], set[str]] = defaultdict(set)
        for account in accounts:
            if account.native_id:
                self._by_native[account.native_id].add(account.id)
        for period in periods:
            if period.handle and (owner := self.by_id.get(period.account_id)):
                key = handle_key(owner.platform, period.handle)
                self._by_handle[owner.platform, key].add(owner.id)

    def find(self, text: str) -> KnownAccount:
        """Find the account a text means. Raises ValueError whose text is what was expected."""
        if text in self.by_id:
            return self.by_id[text]
        ids = self._by_native.get(text) or self._by_address(text)
        if len(ids) == 1:
            return self.by_id[next(iter(ids))]
        if ids:
            raise ValueError(f"one account; this may be {' or '.join(sorted(ids))}: give the id")
        near = nearest(text, self.by_id)
        hint = f" (did you mean {near}?)" if near else ""
        raise ValueError(f"an account of the register, by id or address{hint}")

    def _by_address(self, text: str) -> set[str]:
        try:
            address = parse_address(text, office=True)
        except AddressError:
            return set()
        if address.native_id:
            return self._by_native.get(address.native_id, set())
        key = handle_key(address.platform, address.handle or "")
        return self._by_handle.get((address.platform, key), set())


@cache
def columns_of(platform: str, entity: str) -> dict[str, str]:
    """Give metric key -> column of the store, for `account` or `post`; a column is a key too."""
    measures = PLATFORMS[platform].measures_of(entity)
    named = {measure.column: measure.column for measure in measures}
    return named | {key: measure.column for measure in measures for key in measure.keys}


def parse_metric(platform: str, entity: str, text: str) -> str:
    """Find the store's column or detail of a key. Raises ValueError that lists the keys."""
    known = columns_of(platform, entity)
    if text.lower() in known:
        return known[text.lower()]
    keys = ", ".join(key for m in PLATFORMS[platform].measures_of(entity) for key in m.keys)
    raise ValueError(f"a count that {PLATFORMS[platform].title} publishes of {entity}s: {keys}")


def parse_lane(text: str) -> str:
    """Read a lane; '' is `declared`. Raises ValueError that lists the lanes."""
    return one_of(text, LANE_WORDS) or "declared"


def parse_qualifier(text: str) -> str | None:
    """Read a qualifier or the Vietnamese word for it; '' and `exact` are None."""
    found = one_of(text, QUALIFIER_WORDS)
    return None if found == "exact" else found
