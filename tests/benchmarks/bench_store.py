"""How fast and how small the store is, as ratios to the raw driver in the same run.

Run with `pytest tests/benchmarks/bench_store.py -q -s --override-ini python_files='bench_*.py'`.
"""

from __future__ import annotations

import random
import sqlite3
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import post, reading, register

from tracker.models import Row
from tracker.periods import day_number, scheduled_at
from tracker.readings import Reading
from tracker.store import Store, open_store
from tracker.store.upserts import upsert

ROUNDS = 3
COLUMNS = tuple(column.name for column in Row.metadata.tables["post_snapshot"].columns)
FIRST = date(2024, 9, 1)
POSTS = 100_000
NIGHTS = 10
ACCOUNTS = 2_000
SAVES = {
    "save snapshots/s": (ACCOUNTS, 12),
    "save snapshots/s, 50 accounts a call": (50, 12),
    "save snapshots/s, one post in ten reaching day 7": (ACCOUNTS, 24),
}
"""Accounts in a call, hours between the posts of an account."""


def snapshot_rows(posts: int, nights: int) -> list[list[tuple[int | None, ...]]]:
    """Make the post snapshots of some nights, with counts as Vietnamese agencies have them."""
    chance = random.Random(3836)
    views = [int(10 ** chance.uniform(1, 5)) for _ in range(posts)]
    return [
        [
            (
                number + 1,
                day_number(FIRST) + night,
                0,
                night * posts // 10 + number // 10,
                views[number] + night,
                views[number] // 40,
                views[number] // 400,
                views[number] // 600,
                None,
            )
            for number in range(posts)
        ]
        for night in range(nights)
    ]


def raw_store(path: Path) -> sqlite3.Connection:
    """Make a file with the same table, written by the driver alone under the store's own
    settings.
    """
    made = open_store(f"sqlite:///{path}", create=True)
    made.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def raw_seconds(path: Path, nights: list[list[tuple[int | None, ...]]]) -> float:
    """Time a plain `executemany` of the same rows and columns, one transaction a night."""
    connection = raw_store(path)
    marks = ", ".join("?" * len(COLUMNS))
    sql = f"INSERT OR REPLACE INTO post_snapshot ({', '.join(COLUMNS)}) VALUES ({marks})"
    start = time.perf_counter()
    for rows in nights:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sql, rows)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def upsert_seconds(path: Path, nights: list[list[tuple[int | None, ...]]]) -> tuple[float, float]:
    """Time the store's own upsert of the rows; give seconds and bytes a row by dbstat."""
    made = open_store(f"sqlite:///{path}", create=True)
    start = time.perf_counter()
    for rows in nights:
        with made.engine.connect().execution_options(writes=True) as connection, connection.begin():
            upsert(connection, "post_snapshot", rows)
    seconds = time.perf_counter() - start
    with made.engine.connect() as connection:
        size = connection.exec_driver_sql(
            "SELECT sum(pgsize) FROM dbstat WHERE name = 'post_snapshot'"
        ).scalar_one()
    made.close()
    return seconds, size / sum(map(len, nights))


def night_readings(night: int, hours_apart: int) -> list[Reading]:
    """Make one night's readings: a profile and its ten newest posts, of every account."""
    day = FIRST + timedelta(days=night)
    published = scheduled_at(FIRST) - timedelta(hours=5)
    return [
        reading(
            f"a{number:04d}-bluesky",
            day,
            followers=10_000 + number + night,
            posts=tuple(
                post(
                    f"p{number:04d}-{item}",
                    published - timedelta(hours=hours_apart * item),
                    reactions=number % 900 + night,
                    comments=number % 70,
                    shares=number % 40,
                    url=f"https://bsky.app/profile/a{number:04d}/post/{item}",
                    kind="post",
                )
                for item in range(10)
            ),
        )
        for number in range(ACCOUNTS)
    ]


def save_rate(store: Store, readings: list[Reading], batch: int) -> float:
    """Time whole saves of a night in batches of accounts; give snapshots a second."""
    snapshots = 0
    start = time.perf_counter()
    for at in range(0, len(readings), batch):
        snapshots += store.save(readings[at : at + batch]).snapshots
    return snapshots / (time.perf_counter() - start)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Measure everything once, interleaved, best of three."""
    folder = tmp_path_factory.mktemp("bench")
    nights = snapshot_rows(POSTS, NIGHTS)
    rows = POSTS * NIGHTS
    raw: list[float] = []
    bulk: list[float] = []
    saved: dict[str, list[float]] = {name: [] for name in SAVES}
    size = 0.0
    for number in range(ROUNDS):
        raw.append(raw_seconds(folder / f"raw-{number}.sqlite", nights))
        seconds, size = upsert_seconds(folder / f"bulk-{number}.sqlite", nights)
        bulk.append(seconds)
        for at, (name, (batch, hours_apart)) in enumerate(SAVES.items()):
            made = open_store(f"sqlite:///{folder / f'save-{number}-{at}.sqlite'}", create=True)
            register(made, *(f"a{account:04d}-bluesky" for account in range(ACCOUNTS)))
            save_rate(made, night_readings(0, hours_apart), batch)
            saved[name].append(save_rate(made, night_readings(1, hours_apart), batch))
            made.close()
    raw_rate = rows / min(raw)
    found = {
        "raw rows/s": raw_rate,
        "upsert rows/s": rows / min(bulk),
        **{name: max(rates) for name, rates in saved.items()},
        "bytes a row": size,
    }
    for name, value in found.items():
        print(f"{name}: {value:,.1f} ({value / raw_rate:.2f} x raw)")
    return found


def test_the_bulk_upsert_reaches_eight_tenths_of_the_raw_driver(figures: dict[str, float]) -> None:
    assert figures["upsert rows/s"] >= 0.8 * figures["raw rows/s"]


def test_a_whole_save_reaches_four_tenths_of_the_raw_driver(figures: dict[str, float]) -> None:
    assert figures["save snapshots/s"] >= 0.4 * figures["raw rows/s"]


def test_a_post_snapshot_takes_at_most_thirty_bytes(figures: dict[str, float]) -> None:
    assert figures["bytes a row"] <= 30
