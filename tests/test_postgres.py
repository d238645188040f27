"""The same metadata, upsert and save on PostgreSQL 15, on a server of the test's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NIGHT, post, reading, register

from tracker.errors import StoreError
from tracker.models import Row
from tracker.store import Store, open_store, upgrade
from tracker.store.upserts import upsert


def binaries() -> Path | None:
    """Find the folder of the server's programs: Debian keeps them off the path."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def server_user() -> str | None:
    """Name the user the server runs as: it refuses root."""
    return "nobody" if os.geteuid() == 0 else None


@dataclass(frozen=True)
class Server:
    """A running server; a refused connection to its port means it is gone."""

    bin: Path
    port: int

    def new_database(self, name: str) -> str:
        command: list[str | Path] = [
            self.bin / "createdb",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "test",
            name,
        ]
        subprocess.run(command, check=True, capture_output=True)
        return f"postgresql+psycopg://test@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        reason = "no PostgreSQL server programs (initdb, pg_ctl) on this machine"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            command, user=user, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    run(programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -h 127.0.0.1 -p {port} -c fsync=off"
    # the server keeps the pipes of whoever starts it, so its words go to a file
    started = subprocess.run(
        [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"],
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert started.returncode == 0, (folder / "log").read_text(encoding="utf-8")
    yield Server(programs, port)
    run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def store(server: Server, request: pytest.FixtureRequest) -> Iterator[Store]:
    with open_store(server.new_database(request.node.name), create=True) as made:
        register(made, "danang-bluesky", "danang-youtube")
        yield made


def table(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_the_same_metadata_is_created_upserted_and_read(store: Store) -> None:
    with store.engine.connect().execution_options(writes=True) as connection:
        with connection.begin():
            for counts in ((10, None, 3), (None, 7, 4)):
                row = (1, 19968, 0, 5, *counts, None, None)
                assert upsert(connection, "post_snapshot", [row]) == 1
        found = connection.execute(Row.metadata.tables["post_snapshot"].select()).all()
    assert [tuple(row) for row in found] == [(1, 19968, 0, 5, 10, 7, 4, None, None)]


def test_readings_are_saved_read_and_summed_as_on_sqlite(store: Store) -> None:
    published = datetime(2024, 8, 25, 12, tzinfo=UTC)
    readings = [
        reading(
            day=NIGHT + timedelta(days=number - 1),
            followers=1200 + number,
            native_id="did:1",
            handle="moi.gov.vn",
            newest=(
                post(
                    "a",
                    published,
                    reactions=10 * number,
                    comments=number,
                    shares=0,
                    details={"quotes": 2},
                    text="Vịnh Hạ Long đón khách quốc tế trong dịp lễ",
                ),
            ),
        )
        for number in (0, 1)
    ]
    for _ in range(2):
        store.save(readings)
    assert table(
        store, "SELECT day, lane, followers, basis FROM v_account_reading ORDER BY day"
    ) == [
        ("2024-09-01", "public", 1200, "open"),
        ("2024-09-02", "public", 1201, "open"),
    ]
    # 168 h is noon UTC on 1 September: 17 h 55 min after the first look, of 24 h
    [row] = table(store, "SELECT day, language, posts_day7, interactions_day7 FROM v_daily")
    assert (row[0], row[1], row[2]) == ("2024-08-25", "vi", 1)
    assert row[3] == pytest.approx(11 * (17 * 60 + 55) / (24 * 60))
    assert [
        item["handle"] for item in store.rows("account_period", account_id="danang-bluesky")
    ] == [
        "danang-bluesky",
        "moi.gov.vn",
    ]
    day = NIGHT + timedelta(days=1)
    assert [item.ref.id for item in store.due(day, "public", "profile")] == [
        "danang-bluesky",
        "danang-youtube",
    ]
    assert store.due_posts(day, "public") == []
    assert [item.mark for item in store.due_posts(date(2024, 9, 9), "public")] == [14]
    assert store.last_counts(["danang-bluesky"], "public")["danang-bluesky"] == {"followers": 1201}


def test_imports_corrections_purge_and_log_work_as_on_sqlite(store: Store) -> None:
    at = int(datetime(2024, 7, 1, tzinfo=UTC).timestamp())
    row = ("danang-youtube", 19905, at, "public", "followers", 1230, 10, "about", "tệp")
    with store.transaction("import history", "abc", at=datetime(2024, 9, 2, tzinfo=UTC)) as change:
        change.rows += store.import_account_numbers([row], digest="abc").created
    assert store.import_account_numbers([row]).unchanged == 1
    changed = (*row[:5], 1240, *row[6:])
    assert len(store.import_account_numbers([changed]).conflicts) == 1
    assert len(store.import_account_numbers([changed], replace_reason="sai").corrections) == 1
    post_row = ("danang-bluesky", "a", at, at + 604800, "public", "likes", 3, None, "post", "vi")
    assert store.import_post_numbers([post_row]).created == 1
    for _ in range(2):
        listed = store.purge(NIGHT, dry_run=True)
    assert {item.table: item.rows for item in listed} == {"account_snapshot": 1, "detail": 1}
    assert store.purge(NIGHT) == listed
    assert table(store, "SELECT command, rows FROM v_change ORDER BY at, command") == [
        ("purge", 2),
        ("import history", 1),
    ]


def test_a_server_has_its_own_backup_and_no_file_to_copy(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        store.backup(tmp_path / "copy.sqlite")
    assert upgrade(store.url) == ("0002", "0002", None)


def test_one_writer_at_a_time(store: Store) -> None:
    """The second writer waits at the store's own lock; with no patience it is told."""
    with (
        open_store(f"{store.url}?options=-c%20lock_timeout=50") as impatient,
        store.transaction("a long command", at=datetime(2024, 9, 2, tzinfo=UTC)),
        pytest.raises(StoreError, match="is locked by another program"),
    ):
        impatient.save([reading(followers=1)])


def test_one_collector_at_a_time_works_on_a_database(server: Server) -> None:
    url = server.new_database("collectors")
    with open_store(url, create=True) as one, open_store(url) as other:
        refused = pytest.raises(StoreError, match="another collector")
        with one.collecting(), refused, other.collecting():
            pass
        with other.collecting():
            pass
