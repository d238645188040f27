"""What the tests of the connectors over loopback HTTP share: the sandbox on one night, the network,
the owners' tokens, and reading in passes.

The sandbox runs in its own process; what it should have shown is computed from the same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
import sandbox_folder

from connectors.base import Connector, Consenting, Tokens, batches, not_connected
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.faults import KINDS
from jobs.sandbox.register import registered_handle, registered_id, web_address
from jobs.sandbox.start import Sandbox
from jobs.sandbox.tokens import code_for
from jobs.sandbox.world import local_day
from tracker.errors import AccessDenied, NotFoundOrNoAccess, PayloadChanged, ReadError
from tracker.http import Archive, Http, LiveHttp, ReplayHttp
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Token
from tracker.settings import Settings, load_settings

NIGHT = datetime(2024, 9, 2, 18, 0, tzinfo=UTC)
"""01:00 of 3 September 2024 in Viet Nam."""
SECOND = int(NIGHT.timestamp())
DAY = date(2024, 9, 3)
"""The day under which the night is archived."""
AFTER_MERGER = datetime(2025, 7, 1, 18, 0, tzinfo=UTC)
WORLD = sandbox_folder.world()
REDIRECT = "https://localhost/tracker"
FAULTS = {"rate": 0.05, "kinds": list(KINDS), "seed": 11, "timeout_seconds": 0.05}
"""Every kind of fault, on a twentieth of calls."""
PASSES = 4

Profiles = dict[str, ProfileCounts | ReadError]
Posts = dict[str, PostCounts | ReadError]
Item = TypeVar("Item")
Result = TypeVar("Result")
Kind = TypeVar("Kind", bound=Consenting)


# --- The sandbox and the network ---


def on_the_night(sandbox: Sandbox) -> Sandbox:
    """Put a sandbox on the night, without faults and with nothing counted."""
    sandbox.set_faults({})
    sandbox.set_clock(NIGHT.isoformat())
    sandbox.reset_stats()
    return sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """The sandbox of this test run on the night, without faults and with nothing counted."""
    return on_the_night(sandbox_folder.sandbox())


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    return settings_with(sandbox, tmp_path)


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[LiveHttp]:
    with live() as http:
        yield http


def settings_with(sandbox: Sandbox, folder: Path, **more: str) -> Settings:
    """Load the settings that point at the sandbox; `more` variables win."""
    return load_settings(folder, {**sandbox.environment(), **more})


def live(
    archive: Archive | None = None, clock: Callable[[], datetime] = lambda: NIGHT, **more: Any
) -> LiveHttp:
    """The network without pauses between attempts."""
    return LiveHttp(
        user_agent="image-promotion-tracker tests",
        clock=clock,
        wait=lambda seconds: None,
        jitter=lambda: 0.5,
        archive=archive,
        day=DAY,
        **more,
    )


class Archived(NamedTuple):
    """What was read, what the archive gave for the same questions, and all that it keeps."""

    before: list[object]
    after: list[object]
    kept: str


def archived(
    folder: Path,
    read: Callable[[Http], Iterable[object]],
    again: Callable[[Http], Iterable[object]] | None = None,
) -> Archived:
    """Read over the network, then from the archive alone, `again` where that differs; errors count
    by their kind.
    """
    archive = Archive(folder / "archive")
    with live(archive) as http:
        before = list(read(http))
    after = (again or read)(ReplayHttp(archive.members(DAY)))
    kinds = [
        [type(item) if isinstance(item, ReadError) else item for item in results]
        for results in (before, after)
    ]
    return Archived(*kinds, str(list(archive.members(DAY))))


# --- Accounts and their owners ---


def registered(
    account: SyntheticAccount, lane: str = "public", *, resolved: bool = True
) -> AccountRef:
    """Give an account as it stands in the register on the night."""
    on = local_day(SECOND)
    return AccountRef(
        account.id,
        account.platform,
        registered_id(account) if resolved else None,
        registered_handle(account, on),
        web_address(account, on),
        lane,
    )


def ref(account: SyntheticAccount, lane: str = "owner", *, resolved: bool = True) -> AccountRef:
    """Give an account as `registered` does, by its owner's door."""
    return registered(account, lane, resolved=resolved)


def is_open(account: SyntheticAccount, at: datetime = NIGHT) -> bool:
    return WORLD.reachable(account.id, at)


class KnownTokens:
    """Tokens by account id; one that is due at `now` or was refused is renewed, as the night does.

    `renewable`: a connector that does not say how to renew them is wrong.
    """

    def __init__(
        self,
        tokens: Mapping[str, Token] | None = None,
        now: datetime = NIGHT,
        *,
        renewable: bool = False,
    ) -> None:
        self.tokens = dict(tokens or {})
        self.now, self.renewable = now, renewable

    def find(self, account_id: str) -> Token | None:
        return self.tokens.get(account_id)

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        token = self.tokens.get(account.id)
        if token is None:
            raise not_connected(account)
        is_due = token.renew_from is not None and self.now >= token.renew_from
        if is_due or (rejected is not None and rejected.access == token.access):
            if renew is None:
                assert not self.renewable, "these tokens can be renewed"
                raise AccessDenied(f"the token of {account.id} has ended")
            token = self.tokens[account.id] = renew(token)
        return token


def consents(connector: Consenting, accounts: Iterable[SyntheticAccount]) -> dict[str, Token]:
    """Let the owners of accounts consent, as `tracker connect` does; their tokens by account."""
    return {
        account.id: connector.exchange(registered(account, "owner"), code_for(account.id), REDIRECT)
        for account in accounts
    }


def connected(
    kind: Callable[[Http, Settings, Tokens], Kind],
    http: Http,
    settings: Settings,
    accounts: Iterable[SyntheticAccount],
    tokens: KnownTokens | None = None,
) -> tuple[Kind, KnownTokens]:
    """Give a connector whose accounts' owners have consented, and their tokens."""
    tokens = tokens or KnownTokens()
    connector = kind(http, settings, tokens)
    tokens.tokens |= consents(connector, accounts)
    return connector, tokens


# --- Reading ---


def read_profiles(connector: Connector, accounts: Sequence[AccountRef]) -> Profiles:
    return {account.id: result for account, result in connector.profiles(accounts)}


def read_posts(connector: Connector, posts: Sequence[PostRef]) -> Posts:
    return {post.native_id: result for post, result in connector.refresh(posts)}


def in_passes(
    ask: Callable[[Sequence[Item]], Iterator[tuple[Item, Result]]],
    items: Sequence[Item],
    size: int | None = None,
) -> dict[Item, Result]:
    """Ask for items, and again for those whose reply was broken, as the night's second pass does.

    With a `size` they are asked for in batches, and a batch may fail as a whole.
    """
    found: dict[Item, Result] = {}
    for _ in range(PASSES):
        left = [item for item in items if item not in found]
        for some in batches(left, size or len(items)):
            try:
                for item, result in ask(some):
                    if not isinstance(result, PayloadChanged):
                        found[item] = result
            except PayloadChanged:
                if size is None:
                    raise
    return found


def profiles_in_passes(
    connector: Connector, accounts: Sequence[AccountRef], size: int | None = None
) -> Profiles:
    found = in_passes(connector.profiles, accounts, size)
    return {account.id: result for account, result in found.items()}


def posts_in_passes(
    connector: Connector, posts: Sequence[PostRef], size: int | None = None
) -> Posts:
    found = in_passes(connector.refresh, posts, size)
    return {post.native_id: result for post, result in found.items()}


def listed_in_passes(
    connector: Connector, account: AccountRef, since: datetime | None = None
) -> list[PostCounts]:
    """List posts, from the start again when a page failed."""
    for _ in range(PASSES):
        try:
            return list(connector.posts(account, since))
        except PayloadChanged:
            continue
    raise AssertionError(f"the posts of {account.id} could not be listed in {PASSES} passes")


def check_posts(found: Posts, expected: Mapping[str, PostCounts | None]) -> None:
    """Compare posts with what they should show; None: the post is gone."""
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    for key, wanted in expected.items():
        if wanted is None:
            assert type(found[key]) is NotFoundOrNoAccess, (key, found[key])
        else:
            assert found[key] == wanted, (key, found[key], wanted)
