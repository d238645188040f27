"""Opens what a command works on: the data folder, its settings, its store, the clock and the
network.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.base import Connector
from connectors.catalogue import CONNECTORS
from jobs.folder import find_data_folder
from tracker.errors import ConfigError
from tracker.http import Archive, LiveHttp
from tracker.imports import mirror
from tracker.payload import instant, text
from tracker.periods import LATEST_AFTER, last_night, scheduled_at
from tracker.registry import init_folder, read_register
from tracker.secrets import is_loopback
from tracker.settings import Settings, environment_value, load_settings
from tracker.store import Store, open_store

VERSION = "0.1.0"
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


def make_folder(folder: Path, *, synthetic: bool = False) -> Store:
    """Make a data folder and its store, filled with the shipped register; a data folder keeps what
    it holds.
    """
    init_folder(folder, synthetic=synthetic)
    store = open_store(load_settings(folder.absolute()).db, create=True)
    with store.transaction("init", at=wall_clock()) as change:
        change.rows += mirror(store, read_register(folder))
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


def choose_connectors(
    opened: Opened, platforms: tuple[str, ...], http: LiveHttp, say: Callable[[str], None]
) -> tuple[dict[str, Connector], list[str]]:
    """Make the connectors that can start; the others are named with how to mend them.

    A synthetic store accepts loopback addresses only, a store with real numbers no sandbox.
    """
    unknown = [key for key in platforms if key not in CONNECTORS]
    if unknown:
        raise ConfigError(
            f"no connector for {', '.join(unknown)}; there are {', '.join(CONNECTORS)}"
        )
    chosen: dict[str, Connector] = {}
    refused: list[str] = []
    for key, kind in CONNECTORS.items():
        if platforms and key not in platforms:
            continue
        if opened.synthetic and not is_loopback(opened.settings.urls.get(key, "")):
            raise ConfigError(
                f"the store is synthetic; {kind.__name__} would read the real {key}, which is "
                "refused: "
                "make another data folder with: tracker init FOLDER"
            )
        try:
            chosen[key] = kind(http, opened.settings)
        except ConfigError as error:
            refused.append(f"{key} does not start: {error}")
            say(refused[-1])
    return chosen, refused
