"""A night read again from its archive: the same numbers, no network, no key."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sandbox_folder import (
    FAULTS,
    NEXT,
    NIGHT,
    fresh_folder,
    open_folder,
    quiet,
    sandbox,
    set_night,
)

from connectors.bluesky import Bluesky
from connectors.catalogue import CONNECTORS
from jobs.nightly import collect_night
from jobs.opening import Opened
from jobs.replaying import replay_night
from tracker.errors import ConfigError
from tracker.periods import day_number
from tracker.readings import ProfileCounts

TABLES = (
    "attempt",
    "account_snapshot",
    "post_snapshot",
    "post",
    "detail",
    "account_period",
    "night",
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = open_folder(fresh_folder(tmp_path / "data", read=True))
    yield made
    made.store.close()


def stored(opened: Opened) -> dict[str, list[dict[str, Any]]]:
    return {table: opened.store.rows(table) for table in TABLES}


def test_a_replay_makes_the_same_numbers_without_the_network(opened: Opened) -> None:
    collect_night(opened, quiet)
    before = stored(opened)
    sandbox().reset_stats()
    said: list[str] = []
    for day in (NIGHT, NEXT):
        done = replay_night(opened, day, said.append)
        assert done.code == 0
    assert stored(opened) == before
    assert all(counts["calls"] == 0 for counts in sandbox().stats().values())
    assert "youtube: 16 of 16 readings made again from the archive" in said
    assert "bluesky: 16 of 16 readings made again from the archive" in said


def test_a_replay_needs_no_key(opened: Opened) -> None:
    keyless = open_folder(opened.folder, TRACKER_YOUTUBE_API_KEY="")
    said: list[str] = []
    with keyless.store:
        replay_night(keyless, NIGHT, said.append)
    assert "youtube: 16 of 16 readings made again from the archive" in said


def test_a_mended_parser_reads_the_night_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_followers(item: Any) -> ProfileCounts:
        return ProfileCounts(native_id=item["did"], posts=item["postsCount"])

    with monkeypatch.context() as before_the_mend:
        before_the_mend.setattr("connectors.bluesky.parse_profile", no_followers)
        collect_night(opened, quiet)
    key = "danang-ubnd-bluesky"
    [row] = opened.store.rows("account_snapshot", account_id=key, day=day_number(NEXT))
    assert row["followers"] is None
    replay_night(opened, NEXT, quiet)
    [row] = opened.store.rows("account_snapshot", account_id=key, day=day_number(NEXT))
    assert row["followers"] > 0


def test_a_replay_of_a_faulty_night_falsifies_nothing(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.opening.time.sleep", lambda seconds: None)
    sandbox().set_faults({**FAULTS, "rate": 0.4, "seed": 1})
    for _ in range(3):
        collect_night(opened, quiet)
    before = stored(opened)
    replay_night(opened, NEXT, quiet)
    assert stored(opened) == before


def test_a_zero_that_was_doubted_is_doubted_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive of the night is changed: the batch shows 0, the second question the truth."""
    key = "danang-ubnd-bluesky"
    collect_night(opened, quiet)
    [account] = opened.store.rows("account", id=key)
    file = opened.folder / "archive" / NEXT.isoformat() / "bluesky.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    batch = next(line for line in lines if "getProfiles" in line["request"])
    mine = next(one for one in batch["body"]["profiles"] if one["did"] == account["native_id"])
    address = batch["request"].partition("?")[0]
    again = {
        **batch,
        "request": f"{address}?actors={account['native_id'].replace(':', '%3A')}",
        "body": {"profiles": [dict(mine)]},
    }
    mine["followersCount"] = 0
    data = b"".join(gzip.compress(json.dumps(line).encode() + b"\n") for line in [*lines, again])
    file.write_bytes(data)
    before = stored(opened)
    replay_night(opened, NEXT, quiet)
    assert stored(opened) == before
    assert CONNECTORS["bluesky"] is Bluesky


@pytest.mark.parametrize("day", [date(2020, 1, 1), NIGHT + timedelta(days=1)])
def test_a_night_without_an_archive_is_refused(opened: Opened, day: date) -> None:
    with pytest.raises(ConfigError, match=f"no archived replies of {day}"):
        replay_night(opened, day, quiet)


def test_an_account_that_left_the_register_is_left_out(opened: Opened) -> None:
    set_night(NEXT)
    collect_night(opened, quiet, accounts=("danang-ubnd-bluesky",))
    said: list[str] = []
    replay_night(opened, NEXT, said.append)
    assert said == ["bluesky: 2 of 2 readings made again from the archive"]
