"""Reads a night again from its archived replies: the same replies, parsed by today's program, no
network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from connectors.catalogue import CONNECTORS
from jobs.collect import LANE, Dispatcher, KnownPosts, Night, chunks
from jobs.nightly import NightDone
from jobs.opening import Opened, open_archive
from jobs.phases import SAVE_ACCOUNTS, Collected, walk_since
from tracker.errors import ConfigError
from tracker.http import NotRecorded, ReplayHttp
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.periods import date_of, day_number, scheduled_at
from tracker.platforms import platform_named
from tracker.readings import LANES, AccountRef, Reading
from tracker.secrets import Secret
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
    tried = _tried(opened, day)
    known, known_posts = _known_accounts(opened, day), _known_posts(opened, day)
    for key, kind in CONNECTORS.items():
        http = ReplayHttp(archive.members(day, key))
        night = Night(opened.store, http, {}, day, lambda: scheduled_at(day), say)
        secrets = {name: Secret("not asked for") for name in kind.needs}
        settings = replace(opened.settings, secrets={**secrets, **opened.settings.secrets})
        asker = Dispatcher(night, kind(http, settings), lambda _: known_posts, known)
        own = {one: at for one, at in tried.items() if _account(opened, one[0]).platform == key}
        readings = [one for one in _read_again(opened, asker, own) if one.status == "ok"]
        for part in chunks(readings, SAVE_ACCOUNTS):
            opened.store.save(part)
        collected.statuses.update(reading.status for reading in readings)
        say(f"{key}: {len(readings)} of {len(own)} readings made again from the archive")
    return NightDone(day, collected)


def _tried(opened: Opened, day: date) -> dict[tuple[str, str], datetime]:
    """Give when each (account, phase) was tried on a night: its success, else its last try."""
    rows = opened.store.rows("attempt", day=day_number(day), lane=LANES.index(LANE))
    rows.sort(key=lambda row: (row["status"] == "ok", row["tried_at"]))
    return {
        (row["account_id"], row["what"]): datetime.fromtimestamp(row["tried_at"], UTC)
        for row in rows
        if row["what"] in ("profile", "posts")
    }


def _known_accounts(opened: Opened, day: date) -> dict[str, Mapping[str, int]]:
    """Give what the night settled for each account: a 0 that was doubted then is doubted again."""
    lane = LANES.index(LANE)
    rows = opened.store.rows("account_snapshot", day=day_number(day), lane=lane)
    return {row["account_id"]: _numbers(row, ACCOUNT_COLUMNS) for row in rows}


def _known_posts(opened: Opened, day: date) -> KnownPosts:
    """Give what the night settled for each post, by (account id, native id)."""
    posts = {row["id"]: (row["account_id"], row["native_id"]) for row in opened.store.rows("post")}
    lane = LANES.index(LANE)
    rows = opened.store.rows("post_snapshot", day=day_number(day), lane=lane)
    return {posts[row["post_id"]]: _numbers(row, POST_COLUMNS) for row in rows}


def _numbers(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, int]:
    return {column: row[column] for column in columns if row[column] is not None}


def _read_again(
    opened: Opened, asker: Dispatcher, tried: Mapping[tuple[str, str], datetime]
) -> Iterator[Reading]:
    """Ask the archive what the night asked; each reading is filed under the attempt it was first
    filed under.
    """
    day = asker.night.day
    asked = {
        what: [_due(opened, key, day) for key in sorted(a for a, phase in tried if phase == what)]
        for what in ("profile", "posts")
    }
    found: list[Reading] = []
    for batch in chunks(asked["profile"], asker.connector.batch):
        with suppress(NotRecorded):
            found += asker.read_profiles(batch)
        asker.stopped.clear()
    for due in asked["posts"]:
        with suppress(NotRecorded):
            found += asker.list_posts(due, walk_since(due, day))
        asker.stopped.clear()
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


def _due(opened: Opened, account_id: str, day: date) -> DueAccount:
    [row] = opened.store.rows("account", id=account_id)
    walks = opened.store.rows("attempt", account_id=account_id, what="posts", status="ok")
    before = [walk["day"] for walk in walks if walk["walked"] and walk["day"] < day_number(day)]
    return DueAccount(
        ref=_account(opened, account_id),
        agency_id=None,
        basis=platform_named(row["platform"]).basis(row["basis"]).key,
        languages=None,
        last_posts_total=None,
        last_walk=date_of(max(before)) if before else None,
        strikes=0,
    )
