"""Reads a night again from its archived replies: the same replies, parsed by today's program, no
network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from connectors.base import batches
from connectors.catalogue import CONNECTORS
from jobs.collect import Dispatcher, KnownPosts, Night, walk_since
from jobs.nightly import NightDone
from jobs.opening import Opened, open_archive, open_credentials
from jobs.phases import SAVE_ACCOUNTS, Collected, in_lane
from tracker.credentials import Credentials
from tracker.errors import ConfigError
from tracker.http import NotRecorded, ReplayHttp
from tracker.metrics import ACCOUNT_COLUMNS, POST_COLUMNS
from tracker.periods import date_of, day_number, scheduled_at
from tracker.platforms import platform_named
from tracker.readings import LANES, AccountRef, Reading
from tracker.secrets import Secret, Token
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
    tokens = ReplayTokens(open_credentials(opened, lambda: scheduled_at(day)))
    for key, kind in CONNECTORS.items():
        own = {one: at for one, at in tried.items() if _account(opened, one[0]).platform == key}
        if not own:
            continue
        http = ReplayHttp(archive.members(day, key))
        night = Night(opened.store, http, {}, day, lambda: scheduled_at(day), say)
        secrets = {name: Secret("not asked for") for name in kind.needs}
        settings = replace(
            opened.settings,
            secrets={**secrets, **opened.settings.secrets},
            enabled=frozenset({*opened.settings.enabled, key}),
        )
        try:
            connector = kind(http, settings, tokens)
        except ConfigError as error:
            say(f"{key} cannot be made again: {error}")
            continue
        asker = Dispatcher(
            night, connector, lambda posts: known_posts[posts[0].account.lane], dict(known)
        )
        asker.clock_compared = True  # the replies are of another day
        readings = [one for one in _read_again(opened, asker, own) if one.status == "ok"]
        for part in batches(readings, SAVE_ACCOUNTS):
            opened.store.save(part)
        collected.statuses.update(reading.status for reading in readings)
        say(f"{key}: {len(readings)} of {len(own)} readings made again from the archive")
    return NightDone(day, collected)


class ReplayTokens:
    """Tokens for a replay: the kept ones where there are any, because their kind says which door
    was used; nothing is ever renewed.
    """

    def __init__(self, kept: Credentials) -> None:
        self.kept = kept

    def find(self, account_id: str) -> Token | None:
        """Give the kept token, else one that is good for nothing but a replay."""
        never = datetime(1970, 1, 1, tzinfo=UTC)
        return self.kept.find(account_id) or Token(Secret("not asked for"), never)

    def fresh(
        self,
        account: AccountRef,
        renew: Callable[[Token], Token] | None,
        rejected: Token | None = None,
    ) -> Token:
        """Give the same again: the answers are known."""
        token = self.find(account.id)
        assert token is not None, "find always gives one"
        return token


Tried = tuple[str, str, str]
"""An account, a lane, a phase."""


def _tried(opened: Opened, day: date) -> dict[Tried, datetime]:
    """Give when each (account, lane, phase) was tried on a night: its success, else its last
    try.
    """
    rows = opened.store.rows("attempt", day=day_number(day))
    rows.sort(key=lambda row: (row["status"] == "ok", row["tried_at"]))
    return {
        (row["account_id"], LANES[row["lane"]], row["what"]): datetime.fromtimestamp(
            row["tried_at"], UTC
        )
        for row in rows
        if row["what"] in ("profile", "posts")
    }


def _known_accounts(opened: Opened, day: date) -> dict[tuple[str, str], Mapping[str, int]]:
    """Give what the night settled for each account, by (lane, account id): a 0 that was doubted
    then is doubted again.
    """
    rows = opened.store.rows("account_snapshot", day=day_number(day))
    return {(LANES[row["lane"]], row["account_id"]): _numbers(row, ACCOUNT_COLUMNS) for row in rows}


def _known_posts(opened: Opened, day: date) -> dict[str, KnownPosts]:
    """Give what the night settled for each post, by lane and (account id, native id)."""
    posts = {row["id"]: (row["account_id"], row["native_id"]) for row in opened.store.rows("post")}
    found: dict[str, dict[tuple[str, str], Mapping[str, int]]] = {lane: {} for lane in LANES}
    for row in opened.store.rows("post_snapshot", day=day_number(day)):
        found[LANES[row["lane"]]][posts[row["post_id"]]] = _numbers(row, POST_COLUMNS)
    return dict(found)


def _numbers(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, int]:
    return {column: row[column] for column in columns if row[column] is not None}


def _read_again(
    opened: Opened, asker: Dispatcher, tried: Mapping[Tried, datetime]
) -> Iterator[Reading]:
    """Ask the archive what the night asked; each reading is filed under the attempt it was first
    filed under.
    """
    day = asker.night.day
    found: list[Reading] = []
    for lane in LANES:
        asked = {
            what: [
                in_lane(_due(opened, key, day), lane)
                for key in sorted(a for a, door, phase in tried if (door, phase) == (lane, what))
            ]
            for what in ("profile", "posts")
        }
        for batch in batches(asked["profile"], 1 if lane == "owner" else asker.connector.batch):
            with suppress(NotRecorded):
                found += asker.read_profiles(batch)
            asker.stopped.clear()
        walked = {one.account_id for one in found if (one.what, one.lane) == ("posts", lane)}
        for due in (due for due in asked["posts"] if due.ref.id not in walked):
            with suppress(NotRecorded):
                found += asker.list_posts(due, walk_since(due, day))
            asker.stopped.clear()
    for reading in found:
        at = tried.get((reading.account_id, reading.lane, reading.what))
        if at is not None:
            yield replace(reading, tried_at=at)


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
