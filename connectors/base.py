"""What a connector is: one platform's meters and nothing else.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from tracker.errors import ReadError
from tracker.http import Http
from tracker.payload import text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
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


class Connector(Protocol):
    """Reads one platform.

    `needs` names the secrets without the prefix (`YOUTUBE_API_KEY`); `source` is the documentation
    and the date it was read; `errors` maps the platform's own codes to our kinds; `batch` is how
    many accounts `profiles` takes in one request, `post_batch` how many posts `refresh` does;
    `parallel` how many requests may be in flight; `pace` requests a second, None = no limit.

    `profiles` yields each account once, with its counts or the reason there are none: a lost
    account never loses its batch. A failure of the whole request (no network, denied) is raised.
    `posts` lists newest first, down to and including the first page that is wholly older than
    `since` (UTC, None = everything), and raises a ReadError. `refresh` reads known posts in the
    platform's id batches, across accounts; a post the platform leaves out comes back as
    NotFoundOrNoAccess.
    """

    platform: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    errors: ClassVar[dict[str, type[ReadError]]]
    batch: ClassVar[int]
    post_batch: ClassVar[int]
    parallel: ClassVar[int]
    pace: ClassVar[float | None]
    list_size: ClassVar[int]
    """How many posts one list request brings."""
    list_has_counts: ClassVar[bool]
    """Whether the list itself carries the counts, so that it refreshes what it shows."""

    def __init__(self, http: Http, settings: Settings) -> None: ...

    def credential(self, account: AccountRef) -> str:
        """Name what a refusal stops: accounts with the same answer share a key or a server."""
        ...

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]: ...

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]: ...

    def refresh(
        self, posts: Sequence[PostRef]
    ) -> Iterator[tuple[PostRef, PostCounts | ReadError]]: ...
