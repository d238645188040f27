"""What `tracker check` says: what can be read tonight, under which terms, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connectors.base import Connector
from connectors.catalogue import CONNECTORS
from jobs.folder import unsafe_place
from jobs.nightly import sound_register
from jobs.opening import (
    Opened,
    keep_apart,
    night_clock,
    open_credentials,
    open_http,
    unconnected_accounts,
)
from tracker.credentials import Credentials
from tracker.errors import ConfigError, InputError
from tracker.http import LiveHttp
from tracker.periods import last_night
from tracker.platforms import PLATFORMS


@dataclass(frozen=True)
class PlatformReadiness:
    """Whether one platform's accounts can be read tonight; `reason` says why not.

    `not_connected` are accounts that only their owner's consent opens; `warning` is what an
    operator must know of the platform's terms.
    """

    platform: str
    accounts: int
    ready: bool
    reason: str
    bases: Mapping[str, int]
    not_connected: tuple[str, ...]
    warning: str


@dataclass(frozen=True)
class Readiness:
    """What `tracker check` found. `blocking` = problems of the register that keep the night from
    starting; `tokens` says why the owners' tokens cannot be read, None = they can.
    """

    folder: str
    synthetic: bool
    platforms: tuple[PlatformReadiness, ...]
    place: str | None
    blocking: tuple[str, ...]
    tokens: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the same for a program."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Give one line a finding."""
        lines = [f"data folder: {self.folder}" + (" (synthetic)" if self.synthetic else "")]
        if self.place:
            lines.append(f"WARNING: {self.place}")
        if self.tokens:
            lines.append(f"tokens: {self.tokens}")
        for item in self.platforms:
            lines.append(f"{item.platform}: {item.accounts} accounts: {item.reason}")
            for key, count in item.bases.items():
                basis = PLATFORMS[item.platform].basis(key)
                lines.append(f"  {count} under {key}: {basis.sentence_vi}")
            if item.not_connected:
                lines.append(
                    f"  {len(item.not_connected)} not connected by their office (tracker connect "
                    f"{item.platform} --account …): {', '.join(item.not_connected)}"
                )
            if item.warning and item.warning not in item.reason:
                lines.append(f"  {item.warning}")
        lines += [f"register: {line}" for line in self.blocking]
        return lines


def check_readiness(opened: Opened) -> Readiness:
    """Say for each platform of the register whether tonight's reading can start."""
    accounts = [row for row in opened.store.rows("account") if row["voided"] is None]
    clock = night_clock(opened.settings)
    tokens = open_credentials(opened, clock)
    apart = unconnected_accounts(opened)
    found = []
    with open_http(
        opened, last_night(clock(), opened.settings.night_at), clock, CONNECTORS
    ) as http:
        for platform in sorted({row["platform"] for row in accounts}):
            own = [row for row in accounts if row["platform"] == platform]
            default = PLATFORMS[platform].default_basis.key
            bases = dict(Counter(row["basis"] or default for row in own))
            made, reason = _try_connector(opened, platform, http, tokens)
            waiting = tuple(row["id"] for row in own if row["id"] in apart)
            if made is not None and len(waiting) == len(own):
                reason = "cannot be read: no office has connected its account yet"
            found.append(
                PlatformReadiness(
                    platform,
                    len(own),
                    reason is None,
                    reason or "can be read tonight",
                    bases,
                    waiting,
                    PLATFORMS[platform].warning_vi,
                )
            )
    blocking: tuple[str, ...] = ()
    try:
        sound_register(opened)
    except InputError as error:
        blocking = tuple(str(problem) for problem in error.problems)
    return Readiness(
        str(opened.folder),
        opened.synthetic,
        tuple(found),
        unsafe_place(opened.folder),
        blocking,
        tokens.locked,
    )


def _try_connector(
    opened: Opened, platform: str, http: LiveHttp, tokens: Credentials
) -> tuple[Connector | None, str | None]:
    """Make a connector as the night does, or say why it cannot be made."""
    try:
        keep_apart(opened.settings, [platform], opened.synthetic)
        return CONNECTORS[platform](http, opened.settings, tokens), None
    except ConfigError as error:
        return None, f"cannot be read: {error}"
