"""Reads a night again from its archived replies: the same replies, parsed by today's program, no
network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from connectors.catalogue import CONNECTORS
from jobs.collect import LANE, Dispatcher, Night
from jobs.nightly import NightDone
from jobs.opening import Opened, open_archive
from jobs.phases import Collected, walk_since
from tracker.errors import ConfigError
from tracker.http import NotRecorded, ReplayHttp
from tracker.periods import day_number, scheduled_at
from tracker.platforms import platform_named
from tracker.readings import LANES, AccountRef, Reading
from tracker.store import DueAccount


def replay_night(opened: Opened, day: date, say: Callable[[str], None]) -> NightDone:
    """Parse the archived profiles and lists of posts of a night again and save what they say.

    Accounts are asked in the batches of an undisturbed night; what the archive does not hold in
    that form stays in the store as it is. Raises ConfigError where nothing of that night is kept.
    """
    archive = open_archive(opened)
    if day not in archive.days():
        raise ConfigError(
            f"no archived replies of {day} in {archive.folder}; they are kept "
            f"{opened.settings.archive_days} days"
        )
    collected = Collected()
    attempts = [
        row
        for row in opened.store.rows(
            "attempt", day=day_number(day), lane=LANES.index(LANE), status="ok"
        )
        if row["what"] in ("profile", "posts")
    ]
    for key, kind in CONNECTORS.items():
        http = ReplayHttp(archive.members(day, key))
        night = Night(opened.store, http, {}, day, lambda: scheduled_at(day), say)
        dispatcher = Dispatcher(night, kind(http, opened.settings))
        own = [row for row in attempts if _account(opened, row["account_id"]).platform == key]
        readings = [
            reading for reading in _read_again(opened, dispatcher, own) if reading.status == "ok"
        ]
        opened.store.save(readings)
        collected.statuses.update(reading.status for reading in readings)
        say(f"{key}: {len(readings)} of {len(own)} readings made again from the archive")
    return NightDone(day, collected)


def _read_again(
    opened: Opened, dispatcher: Dispatcher, attempts: list[dict[str, Any]]
) -> Iterator[Reading]:
    """Ask the archive what the night asked; each reading is filed under the attempt it was first
    filed under.
    """
    tried = {
        (row["account_id"], row["what"]): datetime.fromtimestamp(row["tried_at"], UTC)
        for row in attempts
    }
    asked = {
        what: [
            _due(opened, account) for account in sorted(a for a, phase in tried if phase == what)
        ]
        for what in ("profile", "posts")
    }
    size = dispatcher.connector.batch
    found: list[Reading] = []
    for start in range(0, len(asked["profile"]), size):
        with suppress(NotRecorded):
            found += dispatcher.read_profiles(asked["profile"][start : start + size])
        dispatcher.stopped.clear()
    for due in asked["posts"]:
        with suppress(NotRecorded):
            found += dispatcher.list_posts(due, walk_since(due, dispatcher.night.day))
        dispatcher.stopped.clear()
    for reading in found:
        yield replace(reading, tried_at=tried[reading.account_id, reading.what])


def _account(opened: Opened, account_id: str) -> AccountRef:
    [row] = opened.store.rows("account", id=account_id)
    period = max(
        opened.store.rows("account_period", account_id=account_id),
        key=lambda row: row["valid_from"],
    )
    return AccountRef(
        account_id, row["platform"], row["native_id"], period["handle"], period["url"]
    )


def _due(opened: Opened, account_id: str) -> DueAccount:
    [row] = opened.store.rows("account", id=account_id)
    return DueAccount(
        ref=_account(opened, account_id),
        agency_id=None,
        basis=platform_named(row["platform"]).basis(row["basis"]).key,
        languages=None,
        last_posts_total=None,
        last_walk=None,
        strikes=0,
    )
