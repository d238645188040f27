"""Opens what a command works on: the data folder, its settings, its store, the clock and the
network.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.base import Connector, Tokens
from connectors.catalogue import CONNECTORS
from jobs.folder import find_data_folder
from tracker.credentials import FILE as CREDENTIALS_FILE
from tracker.credentials import Credentials
from tracker.errors import ConfigError, not_connected
from tracker.http import Archive, LiveHttp, ReplayHttp
from tracker.imports import mirror
from tracker.payload import instant, text
from tracker.periods import LATEST_AFTER, last_night, scheduled_at
from tracker.readings import AccountRef
from tracker.registry import (
    init_folder,
    read_register,
    shipped_register,
    write_register_rows,
)
from tracker.secrets import Secret, Token, is_loopback
from tracker.settings import Settings, environment_value, load_settings
from tracker.store import Store, open_store
from tracker.text import nearest

VERSION = "0.3.0"
IN_FLIGHT = 32


@dataclass(frozen=True)
class Opened:
    """A data folder with its settings and its store."""

    folder: Path
    settings: Settings
    store: Store

    @property
    def synthetic(self) -> bool:
        """Say whether the store holds sandbox numbers."""
        return self.store.synthetic

    @property
    def store_folder(self) -> Path:
        """Give the folder of the store, where its locks and the tokens lie too: the data folder,
        unless another SQLite file was named.
        """
        scheme, _, path = self.settings.db.partition("///")
        return Path(path).parent if scheme.startswith("sqlite") and path else self.folder


def make_folder(folder: Path, *, synthetic: bool = False, example: bool = False) -> Store:
    """Make a data folder and its store, filled with the shipped register; a data folder keeps what
    it holds. `example` adds the shipped accounts whose source is solid.
    """
    init_folder(folder, synthetic=synthetic)
    register = read_register(folder)
    if example:
        shipped = shipped_register()
        for kind in ("agencies", "accounts", "account_periods"):
            held = {row.key for row in register.rows(kind)}
            new = [row for row in shipped.rows(kind) if row.key not in held]
            register = register.with_rows(kind, new)
            write_register_rows(folder, kind, register.rows(kind))
    store = open_store(load_settings(folder.absolute()).db, create=True)
    with store.transaction("init", at=wall_clock()) as change:
        change.rows += mirror(store, register)
    if synthetic:
        store.mark_synthetic()
    return store


def open_folder(data: Path | None, db: str | None) -> tuple[Path, Settings]:
    """Find the data folder and read its settings. Raises ConfigError."""
    folder = find_data_folder(data, environment_value("TRACKER_DATA"))
    return folder, load_settings(folder, db=db)


def open_all(data: Path | None, db: str | None) -> Opened:
    """Open folder, settings and store. Raises ConfigError or StoreError in one sentence."""
    folder, settings = open_folder(data, db)
    return Opened(folder, settings, open_store(settings.db))


def wall_clock() -> datetime:
    """Give the present instant, UTC."""
    return datetime.now(UTC)


def night_clock(settings: Settings) -> Callable[[], datetime]:
    """Give the clock of this command: the machine's, or the sandbox's where `TRACKER_SANDBOX_URL`
    names one.
    """
    sandbox = settings.urls.get("sandbox")
    if sandbox is None:
        return wall_clock
    if not is_loopback(sandbox):
        raise ConfigError(f"TRACKER_SANDBOX_URL must be a loopback address, not {sandbox}")
    with LiveHttp(user_agent="tracker", clock=wall_clock, wait=time.sleep, paces={}) as http:
        reply = http.get(f"{sandbox}/control/clock", platform="sandbox")
    fixed = instant(text(reply.body, "clock"))
    return lambda: fixed


def night_day(now: datetime, asked: date | None, settings: Settings) -> date:
    """Choose the night a live reading is filed under: the last scheduled one, within 20 hours of
    it.

    Another day is accepted only where every reading comes from this machine (sandbox). Raises
    ConfigError.
    """
    last = last_night(now, settings.night_at)
    if asked is not None and asked != last:
        if settings.urls.get("sandbox"):
            return asked
        raise ConfigError(
            f"--day {asked}: a live reading can be filed only under the last night, {last}; "
            "a missed night stays a gap"
        )
    late = now - scheduled_at(last, settings.night_at)
    if late > LATEST_AFTER and not settings.urls.get("sandbox"):
        raise ConfigError(
            f"it is {late.total_seconds() / 3600:.0f} hours after the night of {last} was "
            "due; readings are filed "
            "within 20 hours of it, so start again after the next night's time"
        )
    return last


def open_archive(opened: Opened) -> Archive:
    """Give the archive of replies of a data folder."""
    return Archive(opened.folder / "archive")


def open_http(
    opened: Opened,
    day: date,
    clock: Callable[[], datetime],
    connectors: Mapping[str, type[Connector]],
) -> LiveHttp:
    """Make the one object that touches the network for a night."""
    settings = opened.settings
    contact = f"; {settings.contact}" if settings.contact else ""
    return LiveHttp(
        archive=open_archive(opened),
        day=day,
        user_agent=f"image-promotion-tracker/{VERSION} (official statistics{contact})",
        clock=clock,
        wait=time.sleep,
        paces={key: settings.pace(key, item.pace) for key, item in connectors.items()},
        secrets=settings.secrets,
        jitter=random.Random().random,
        max_in_flight=IN_FLIGHT,
    )


class Consents:
    """Which owners have consented, as connectors ask it; what they gave is not opened."""

    def __init__(self, accounts: Collection[str]) -> None:
        self.accounts = accounts

    def find(self, account_id: str) -> Token | None:
        """Give a token good for nothing where there is a consent, None where there is none."""
        never = datetime(1970, 1, 1, tzinfo=UTC)
        return Token(Secret("not opened"), never) if account_id in self.accounts else None

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        """Never called: nothing is read with a consent that was not opened."""
        raise not_connected(account.platform, account.id)


def unconnected_accounts(opened: Opened) -> dict[str, str]:
    """Give the accounts, with their platform, that only their owner's consent opens and whose owner
    has not given it: nobody can read them, and nobody expects their numbers.
    """
    kept = {row.account_id for row in open_credentials(opened, wall_clock).kept()}
    consents, http = Consents(kept), ReplayHttp([])
    made: dict[str, Connector | None] = {}
    found = {}
    for row in opened.store.rows("account"):
        key = row["platform"]
        if key not in CONNECTORS or row["voided"] is not None or row["id"] in kept:
            continue
        if f"{key.upper()}_ACCESS_TOKEN" in opened.settings.secrets:
            continue  # one token of the operator's reads several accounts
        if key not in made:
            try:
                made[key] = CONNECTORS[key](http, opened.settings, consents)
            except ConfigError:
                made[key] = None  # the platform does not start: its accounts are missed
        connector = made[key]
        if connector is not None and connector.lanes(AccountRef(row["id"], key)) == ("owner",):
            found[row["id"]] = key
    return found


def expected_accounts(opened: Opened, day: date) -> dict[str, str]:
    """Give the accounts a night should read, with their platform: active, not voided, on a platform
    with a connector, and not waiting for their owner's first consent.
    """
    apart = unconnected_accounts(opened)
    return {
        row["id"]: row["platform"]
        for row in opened.store.rows("account")
        if row["platform"] in CONNECTORS
        and row["id"] not in apart
        and row["voided"] is None
        and (row["active_from"] is None or row["active_from"] <= day)
        and (row["active_to"] is None or day <= row["active_to"])
    }


def choose_platforms(
    opened: Opened, day: date, platforms: Sequence[str], accounts: Sequence[str] | None
) -> list[str]:
    """List the platforms a night reads: those named, else those of the register's accounts.

    Raises ConfigError for a platform without a connector and for an account that is not read.
    """
    unknown = [key for key in platforms if key not in CONNECTORS]
    if unknown:
        raise ConfigError(
            f"no connector for {', '.join(unknown)}; there are {', '.join(CONNECTORS)}"
        )
    expected = expected_accounts(opened, day)
    apart = unconnected_accounts(opened) if accounts else {}
    for account in accounts or ():
        if account in apart:
            raise ConfigError(str(not_connected(apart[account], account)))
    strangers = [account for account in accounts or () if account not in expected]
    if strangers:
        near = nearest(strangers[0], expected)
        raise ConfigError(
            f"no account {strangers[0]!r} to be read on {day}"
            + (f" (did you mean {near}?)" if near else "")
        )
    wanted = {expected[account] for account in accounts} if accounts else set(expected.values())
    return [key for key in CONNECTORS if key in (platforms or wanted)]


def is_simulated(settings: Settings, platforms: Sequence[str]) -> bool:
    """Say whether what is read comes from this machine, which no real platform does."""
    return "sandbox" in settings.urls or any(
        is_loopback(settings.urls.get(key, "")) for key in platforms
    )


def keep_apart(settings: Settings, platforms: Sequence[str], synthetic: bool) -> None:
    """Refuse to read real platforms beside simulated ones, or into a synthetic store.

    Raises ConfigError.
    """
    real = [key for key in platforms if not is_loopback(settings.urls.get(key, ""))]
    if not real:
        return
    if synthetic:
        raise ConfigError(
            f"the store is synthetic and would be filled from the real {real[0]}, which is "
            "refused: make another data folder with: tracker init FOLDER"
        )
    if is_simulated(settings, platforms):
        raise ConfigError(
            f"the settings name a simulated platform and {real[0]} is the real one; their numbers "
            "never go into one store: set all TRACKER_…_URL or none"
        )


def open_credentials(opened: Opened, clock: Callable[[], datetime]) -> Credentials:
    """Give the tokens of owners, beside the store."""
    key = opened.settings.secrets.get("SECRET_KEY")
    return Credentials(opened.store_folder / CREDENTIALS_FILE, key, clock)


def make_connectors(
    settings: Settings, platforms: Sequence[str], http: LiveHttp, tokens: Tokens
) -> tuple[dict[str, Connector], list[str]]:
    """Make the connectors that can start, and say how to mend the others."""
    made: dict[str, Connector] = {}
    refused: list[str] = []
    for key in platforms:
        try:
            made[key] = CONNECTORS[key](http, settings, tokens)
        except ConfigError as error:
            refused.append(f"{key} does not start: {error}")
    return made, refused
