"""What `export` writes: a public contract, in a stable order, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from sandbox_folder import NIGHT, fresh_folder, open_folder, quiet, set_night

from jobs.exporting import KINDS, write_export
from jobs.nightly import collect_night
from jobs.opening import Opened
from tracker.errors import ConfigError, StoreError
from tracker.imports import import_file
from tracker.periods import scheduled_at

COLUMNS = [
    "day",
    "observed_at",
    "platform",
    "account",
    "native_id",
    "entity",
    "post",
    "metric",
    "value",
    "step",
    "lane",
    "qualifier",
    "basis",
    "definition",
    "source",
]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = open_folder(fresh_folder(tmp_path / "data", read=True))
    yield made
    made.store.close()


def export(opened: Opened, what: str, out: Path, form: str = "csv") -> Path:
    write_export(opened, what, out, form, corrected=False)
    return out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_observations_have_the_columns_and_the_order_of_the_contract(
    opened: Opened, tmp_path: Path
) -> None:
    rows = read(export(opened, "observations", tmp_path / "o.csv"))
    assert list(rows[0]) == COLUMNS
    order = ("day", "platform", "account", "entity", "post", "metric", "lane")
    keys = [tuple(row[name] for name in order) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    hidden = [row for row in rows if row["account"] == "sonla-ubnd-youtube"]
    unknown = [row["metric"] for row in hidden if row["value"] == ""]
    assert unknown == ["followers"]  # expected and unknown: empty, never 0


def test_csv_and_parquet_hold_the_same(opened: Opened, tmp_path: Path) -> None:
    rows = read(export(opened, "observations", tmp_path / "o.csv"))
    frame = pd.read_parquet(export(opened, "observations", tmp_path / "o.parquet", "parquet"))
    assert list(frame.columns) == COLUMNS
    assert len(frame) == len(rows)
    numbers = [int(row["value"]) for row in rows if row["value"]]
    assert frame["value"].dropna().astype(int).tolist() == numbers
    assert frame["value"].isna().sum() == len(rows) - len(numbers)


def test_what_export_writes_import_reads_and_twice_changes_nothing(
    opened: Opened, tmp_path: Path
) -> None:
    first = export(opened, "observations", tmp_path / "first.csv")
    tables = ("account_snapshot", "post_snapshot", "detail", "attempt", "correction")
    before = {table: opened.store.rows(table) for table in tables}
    for _ in range(2):
        done = import_file(
            "observations", first, opened.store, opened.folder, now=scheduled_at(NIGHT)
        )
        assert done.created == 0
        assert {table: opened.store.rows(table) for table in tables} == before
    second = export(opened, "observations", tmp_path / "second.csv")
    assert second.read_bytes() == first.read_bytes()


def test_an_export_fills_another_folder_with_the_same_numbers(
    opened: Opened, tmp_path: Path
) -> None:
    sheet = export(opened, "observations", tmp_path / "o.csv")
    other = open_folder(fresh_folder(tmp_path / "other"))
    with other.store:
        import_file("observations", sheet, other.store, other.folder, now=scheduled_at(NIGHT))
        again = read(export(other, "observations", tmp_path / "again.csv"))
    told = ("day", "account", "entity", "post", "metric", "value", "lane")
    whole = {tuple(row[name] for name in told) for row in read(sheet) if row["value"]}
    assert {tuple(row[name] for name in told) for row in again if row["value"]} == whole


def test_numbers_past_their_terms_are_not_exported(opened: Opened, tmp_path: Path) -> None:
    set_night(NIGHT + timedelta(days=40))
    rows = read(export(opened, "observations", tmp_path / "o.csv"))
    assert not [row for row in rows if row["account"] == "kontum-ubnd-youtube" and row["value"]]
    assert [row for row in rows if row["account"] == "danang-ubnd-youtube" and row["value"]]


def test_attempts_say_what_was_tried_and_how_it_ended(opened: Opened, tmp_path: Path) -> None:
    rows = read(export(opened, "attempts", tmp_path / "a.csv"))
    assert list(rows[0]) == (
        ["day", "tried_at", "platform", "account", "lane", "what", "status", "retry_at", "requests"]
    )
    assert {row["status"] for row in rows} == {"ok"}
    assert len([row for row in rows if row["what"] == "profile"]) == 24


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("what", KINDS)
def test_every_kind_of_an_unread_folder_has_its_columns(
    tmp_path: Path, what: str, form: str
) -> None:
    opened = open_folder(fresh_folder(tmp_path / "data"))
    with opened.store:
        out = export(opened, what, tmp_path / f"x.{form}", form)
    frame = pd.read_csv(out) if form == "csv" else pd.read_parquet(out)
    assert len(frame.columns) > 5


@pytest.mark.parametrize(
    ("what", "form", "told"),
    [
        ("numbers", "csv", "no export 'numbers'; expected one of observations"),
        ("attempts", "xlsx", "no format 'xlsx'; expected one of csv, parquet"),
    ],
)
def test_an_unknown_kind_or_format_is_refused(
    opened: Opened, tmp_path: Path, what: str, form: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        export(opened, what, tmp_path / "x", form)


def test_posts_are_named_by_their_account_and_permanent_id(opened: Opened, tmp_path: Path) -> None:
    rows = read(export(opened, "posts", tmp_path / "p.csv"))
    assert len(rows) == len(opened.store.rows("post"))
    one = next(row for row in rows if row["account"] == "danang-ubnd-bluesky")
    assert one["post"].startswith("at://did:plc:gialap")
    assert one["published_at"].endswith("Z")
    assert one["first_seen_on"] == NIGHT.isoformat()
    assert one["gone_on"] == ""


def test_a_folder_is_no_name_for_an_export(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name a file"):
        export(opened, "attempts", tmp_path)


def test_an_export_that_fails_leaves_what_stood_there(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a.csv"
    out.write_text("of yesterday")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(StoreError, match=r"a\.csv was not written: No space left on device"):
        export(opened, "attempts", out)
    assert out.read_text() == "of yesterday"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.csv"]


def test_an_export_makes_the_folder_it_is_asked_for(opened: Opened, tmp_path: Path) -> None:
    collect_night(opened, quiet)
    out = export(opened, "attempts", tmp_path / "Thư mục mới" / "a.csv")
    assert out.is_file()
