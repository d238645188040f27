"""Making, checking, upgrading and refusing a store file."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import reading
from sqlalchemy import inspect

from tracker.errors import StoreError
from tracker.models import REVISIONS, Row, views
from tracker.store import Store, open_store, upgrade
from tracker.store import versions as store_versions

MIGRATIONS = store_versions.MIGRATIONS


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def closed_store(path: Path) -> Path:
    open_store(address(path), create=True).close()
    return path


def set_version(path: Path, version: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def test_the_migrations_make_exactly_what_the_models_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Row.metadata) == []


def test_sqlite_itself_says_without_rowid_wherever_the_models_do(store: Store) -> None:
    """`compare_metadata` does not see it, and a table rebuilt by a migration loses it silently."""
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ).all()
    made = {row[0]: row[1] for row in rows}
    for name, table in Row.metadata.tables.items():
        clustered = table.dialect_options["sqlite"]["with_rowid"] is False
        assert ("WITHOUT ROWID" in made[name]) == clustered, name


def test_constraints_keep_their_names(store: Store) -> None:
    keys = inspect(store.engine).get_foreign_keys("agency")
    assert {key["name"] for key in keys} == {
        "fk_agency_locality_id_locality",
        "fk_agency_parent_id_agency",
        "fk_agency_successor_id_agency",
    }


def test_every_view_is_there_and_can_be_read(store: Store) -> None:
    with store.engine.connect() as connection:
        for name in views.view_definitions("sqlite"):
            connection.exec_driver_sql(f"SELECT * FROM {name}").all()


def test_the_newest_migration_is_the_version_this_program_reads() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_a_store_in_a_folder_with_spaces_and_vietnamese_letters(tmp_path: Path) -> None:
    folder = tmp_path / "Số liệu 100% mới"
    folder.mkdir()
    path = closed_store(folder / "kho dữ liệu.sqlite")
    open_store(address(path)).close()
    assert path.stat().st_size > 0


def test_no_store_is_refused_and_none_is_made(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    with pytest.raises(StoreError, match=r"there is no store at .*none\.sqlite"):
        open_store(address(path))
    assert not path.exists()


def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder; expected the file"):
        open_store(address(tmp_path), create=True)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"folder of the store does not exist: .*nowhere"):
        open_store(address(tmp_path / "nowhere" / "tracker.sqlite"), create=True)


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "tracker.sqlite"
    path.write_text("Kính gửi: Bộ Thông tin và Truyền thông\n" * 100, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a tracker store: the file is not a database"):
        open_store(address(path), create=True)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="is a database, but not a tracker store"):
        open_store(address(path), create=True)


def test_a_newer_store_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = closed_store(tmp_path / "tracker.sqlite")
    set_version(path, "9999")
    for refuse in (open_store, upgrade):
        with pytest.raises(StoreError, match=r"newer version \(9999.*update the program") as told:
            refuse(address(path))
        assert "\n" not in str(told.value)


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pretend that a later program has one more migration, which rebuilds two tables."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "0003_next.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "revision, down_revision, branch_labels, depends_on = '0003', '0002', None, None\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('account', recreate='always') as batch:\n"
        "        batch.add_column(sa.Column('motto', sa.Text()))\n"
        "    with op.batch_alter_table('post_snapshot', recreate='always',\n"
        "                              table_kwargs={'sqlite_with_rowid': False}) as batch:\n"
        "        batch.add_column(sa.Column('reach', sa.BigInteger()))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(store_versions, "MIGRATIONS", folder)
    monkeypatch.setattr(store_versions, "REVISIONS", ("0001", "0002", "0003"))
    return folder


@pytest.fixture
def old_store(store: Store, tmp_path: Path) -> Path:
    store.save([reading(followers=1200)])
    store.close()
    return tmp_path / "tracker.sqlite"


def test_an_older_store_is_refused_and_upgrade_mends_it(
    old_store: Path, next_version: Path
) -> None:
    with pytest.raises(StoreError, match=r"older version \(0002.*run `tracker upgrade`"):
        open_store(address(old_store))
    before, after, copy = upgrade(address(old_store))
    assert (before, after) == ("0002", "0003")
    with open_store(address(old_store)) as opened:
        assert opened.last_counts(["danang-bluesky"], "public") == {
            "danang-bluesky": {"followers": 1200}
        }
        with opened.engine.connect() as connection:
            sql = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE name = 'post_snapshot'"
            ).scalar_one()
            assert "WITHOUT ROWID" in sql
            assert connection.exec_driver_sql("SELECT * FROM v_account_reading").all()
    assert copy is not None
    with closing(sqlite3.connect(copy)) as copied:
        found = copied.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [("0002",)]


def test_an_upgrade_that_fails_half_way_changes_nothing(
    old_store: Path, next_version: Path
) -> None:
    script = next_version / "versions" / "0003_next.py"
    script.write_text(
        script.read_text(encoding="utf-8") + "    op.execute('SELECT * FROM nowhere')\n",
        encoding="utf-8",
    )
    with pytest.raises(StoreError, match="no such table: nowhere"):
        upgrade(address(old_store))
    with sqlite3.connect(old_store) as connection:
        names = {row[1] for row in connection.execute("PRAGMA table_info(account)")}
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        readings = connection.execute("SELECT followers FROM v_account_reading").fetchall()
    connection.close()
    assert "motto" not in names
    assert (version, readings) == (("0002",), [(1200,)])


def test_a_current_store_is_left_alone_by_upgrade(tmp_path: Path) -> None:
    path = closed_store(tmp_path / "tracker.sqlite")
    assert upgrade(address(path)) == ("0002", "0002", None)
    assert [item.name for item in tmp_path.iterdir()] == ["tracker.sqlite"]


def test_a_store_is_made_by_an_installed_copy_outside_the_clone(tmp_path: Path) -> None:
    """What the wheel installs: the packages alone, found from another folder."""
    site = tmp_path / "site packages"
    shutil.copytree(
        MIGRATIONS.parent, site / "tracker", ignore=shutil.ignore_patterns("__pycache__")
    )
    code = (
        "from tracker.store import open_store\n"
        "store = open_store('sqlite:///made.sqlite', create=True)\n"
        "print(store.rows('locality'))\n"
        "store.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_a_copy_is_whole_compact_and_takes_the_place_of_an_older_one(
    store: Store, new_store: Callable[[str], Store], tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_text("an older backup", encoding="utf-8")
    store.save([reading(followers=7)])
    assert store.backup(target) == target
    copied = open_store(address(target))
    assert copied.last_counts(["danang-bluesky"], "public")["danang-bluesky"] == {"followers": 7}
    copied.close()
    assert not list(tmp_path.glob("*.part"))


def test_a_copy_into_no_folder_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape(str(tmp_path / "gone"))):
        store.backup(tmp_path / "gone" / "copy.sqlite")
