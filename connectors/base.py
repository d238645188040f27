"""What a connector is: one platform's meters and nothing else.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from tracker import errors
from tracker.errors import PermissionMissing, ReadError
from tracker.http import Http
from tracker.payload import text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Token
from tracker.settings import Settings

Item = TypeVar("Item")
Parsed = TypeVar("Parsed")


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut into pieces of at most `size`, in order; nothing for nothing."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def parse_each(
    listed: Sequence[Any], id_path: str, parse: Callable[[Any], Parsed]
) -> dict[str, Parsed | ReadError]:
    """Parse the items of one reply by their id; one that cannot be parsed costs no other.

    Raises PayloadChanged for an item without an id, because nobody could say whose it is.
    """
    found: dict[str, Parsed | ReadError] = {}
    for item in listed:
        native_id = text(item, id_path)
        try:
            found[native_id] = parse(item)
        except ReadError as error:
            found[native_id] = error
    return found


@dataclass(frozen=True)
class Budget:
    """What a credential may use of one bucket: `units` in `hours` (24 = the platform's quota day).

    `unit` names what is counted (request, id, post read). `units` None = the platform states no
    number. `rolling`: the hours are the last ones before each request, not a day of the platform's
    time zone. `usd` is the price of one unit. `app`: all credentials of the platform share it.
    """

    unit: str = "request"
    units: int | None = None
    hours: int = 24
    rolling: bool = False
    usd: float = 0.0
    app: bool = False


class Tokens(Protocol):
    """The tokens that owners gave us for single accounts, as a connector sees them."""

    def find(self, account_id: str) -> Token | None:
        """Give the kept token, however old; None where the owner has not connected the account."""
        ...

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        """Give a token that can be used now, renewing it in time.

        `renew` None = this kind cannot be renewed. `rejected` is a token that the platform has just
        refused: its stated end does not count any more. One process renews at a time, and the new
        token is on the disk before it is given out. Raises PermissionMissing where there is none,
        AccessDenied where it has ended or cannot be renewed, both with what a person must do, and
        Unreachable where the token service does not answer.
        """
        ...


class NoTokens:
    """Nothing is connected."""

    def find(self, account_id: str) -> Token | None:
        """Find nothing."""
        return None

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        """Raise PermissionMissing: no owner has consented."""
        raise not_connected(account)


def not_connected(account: AccountRef) -> PermissionMissing:
    """Say that an account's owner has not consented, and what to do."""
    return errors.not_connected(account.platform, account.id)


class Connector(Protocol):
    """Reads one platform.

    `needs` names the secrets without which nothing can be read, without the prefix
    (`YOUTUBE_API_KEY`); `source` is the documentation and the date it was read; `errors` maps the
    platform's own codes to our kinds; `batch` is how many accounts `profiles` takes in one request,
    `post_batch` how many posts `refresh` does; `parallel` how many requests may be in flight;
    `pace` requests a second, None = no limit; `budgets` what a credential may use, by bucket ("" =
    the ordinary one).

    `profiles` yields each account once, with its counts or the reason there are none: a lost
    account never loses its batch. A failure of the whole request (no network, denied) is raised.
    `posts` lists newest first, down to and including the first page that is wholly older than
    `since` (UTC, None = everything), and raises a ReadError; where `profiles` brought the newest
    posts in this run, it may go on behind them. `refresh` reads known posts in the platform's id
    batches, across accounts; a post the platform leaves out comes back as NotFoundOrNoAccess. All
    accounts of one call have the same lane, and the connector reads them by that door.
    """

    platform: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    errors: ClassVar[dict[str, type[ReadError]]]
    batch: ClassVar[int]
    post_batch: ClassVar[int]
    parallel: ClassVar[int]
    pace: ClassVar[float | None]
    budgets: ClassVar[Mapping[str, Budget]]
    buckets: ClassVar[Mapping[str, str]]
    """Phase (`refresh`), or lane and phase (`public/profile`) → bucket of its budget, where it is
    not "".
    """
    list_size: ClassVar[int]
    """How many posts one list request brings."""
    newest_size: ClassVar[int]
    """How many of the newest posts come along with a profile; 0 = none."""
    list_has_counts: ClassVar[bool]
    """Whether the list itself carries the counts, so that it refreshes what it shows."""
    list_every: ClassVar[int]
    """Days between two walks of a public list where the number of posts does not tell; 1."""

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None: ...

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Say by which doors an account is read tonight, the better one first.

        Posts are listed and refreshed in the first lane only, counts of the account in each, so
        that two lanes can be compared. Never empty: an account that nobody may read is asked in the
        lane that should be opened, and answers with what to do.
        """
        ...

    def credential(self, account: AccountRef) -> str:
        """Name what a refusal stops: accounts with the same answer share a key or a server."""
        ...

    def has_posts(self, account: AccountRef) -> bool:
        """Say whether posts of this account can be listed in its lane."""
        ...

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]: ...

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]: ...

    def refresh(
        self, posts: Sequence[PostRef]
    ) -> Iterator[tuple[PostRef, PostCounts | ReadError]]: ...


@runtime_checkable
class Consenting(Protocol):
    """A connector whose platform lets owners consent: `tracker connect` walks them through it.

    `needs_for_consent` names the app's secrets; `consent_vi` tells the officer, in a few sentences,
    who must do what before the first step.
    """

    needs_for_consent: ClassVar[tuple[str, ...]]
    consent_vi: ClassVar[str]

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the address an administrator of the account opens; `state` in it is the account's
        id.
        """
        ...

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code of the consent into a token. Raises a ReadError; AccessDenied where the
        code is wrong or used up, PermissionMissing where the consent is for another account.
        """
        ...

    def renew(self, token: Token) -> Token:
        """Get the next token. Raises AccessDenied where only a new consent helps, Unreachable where
        it is unknown whether the service has acted.
        """
        ...
