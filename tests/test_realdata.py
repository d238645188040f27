"""A real weekly series of 49 organisations, 61 readings, becomes agencies, accounts and history.

The file lies beside the clone and is never part of it; without it these tests are skipped.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from tracker.effects import change
from tracker.imports import Imported, import_file
from tracker.panel import Panel, load_panel
from tracker.periods import Window
from tracker.registry import init_folder, read_register
from tracker.store import Store, open_store
from tracker.text import slug

SERIES = (
    Path(__file__).parents[2] / "shared" / "realdata" / "followers_bluesky_uk_thinktanks_weekly.csv"
)
pytestmark = pytest.mark.skipif(not SERIES.is_file(), reason=f"{SERIES} is not there")

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def read() -> pd.DataFrame:
    """The file as it is, every cell a text, oldest reading first."""
    return pd.read_csv(SERIES, dtype=str).sort_values(["account", "date"], ignore_index=True)


def sheets_of(read: pd.DataFrame, folder: Path) -> list[tuple[str, Path]]:
    """Convert to sheets: agencies, accounts as first seen, each round of renames, history."""
    first = read.groupby("account", as_index=False).first()
    first["agency_id"] = first.display_name.map(slug)
    changes = read.handle_at_observation.ne(read.groupby("account").handle_at_observation.shift())
    renames = read[changes].copy()
    renames["round"] = renames.groupby("account").cumcount()
    renames = renames.merge(first[["account", "agency_id"]], on="account")
    accounts = pd.DataFrame(
        {
            "agency_id": renames.agency_id,
            "platform": "bluesky",
            "native_id": renames.account,
            "handle": renames.handle_at_observation,
            "valid_from": renames.date.where(renames["round"] > 0, ""),
        }
    )
    agencies = first[["agency_id", "display_name"]].set_axis(["id", "name_vi"], axis=1)
    history = read.melt(["account", "date"], ["followers", "posts"], "metric", "value").rename(
        columns={"date": "day"}
    )
    tables = {"agencies": agencies.assign(kind="institute")}
    for number, rows in accounts.groupby(renames["round"]):
        tables[f"accounts-{number}"] = rows
    tables["history"] = history.assign(lane="public")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return [(name.partition("-")[0], folder / f"{name}.csv") for name in tables]


@pytest.fixture(scope="module")
def imported(
    read: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, Path, list[Imported]]]:
    folder = tmp_path_factory.mktemp("real")
    init_folder(folder / "data")
    with open_store(f"sqlite:///{folder / 'data' / 'tracker.sqlite'}", create=True) as store:
        done = [
            import_file(kind, path, store, folder / "data", now=NOW)
            for kind, path in sheets_of(read, folder)
        ]
        yield store, folder / "data", done


@pytest.fixture(scope="module")
def panel(imported: tuple[Store, Path, list[Imported]]) -> Panel:
    return load_panel(imported[0].url)


def test_49_organisations_come_without_a_problem(
    imported: tuple[Store, Path, list[Imported]],
) -> None:
    _, folder, done = imported
    assert [(item.kind, item.created) for item in done if item.created] == [
        ("agencies", 49),
        ("accounts", 49),
        ("history", 2 * 49 * 61),
    ]
    assert len(read_register(folder).accounts) == 49


def test_every_stored_number_is_the_number_of_the_file(
    read: pd.DataFrame, imported: tuple[Store, Path, list[Imported]], panel: Panel
) -> None:
    ids = {
        account.native_id: account.id for account in read_register(imported[1]).accounts.values()
    }
    for metric in ("followers", "posts"):
        stored = panel.readings(metric, lane="public")
        wanted = read.pivot(index="date", columns="account", values=metric).rename(columns=ids)
        assert stored.notna().sum().sum() == 49 * 61
        assert [day.date().isoformat() for day in stored.index] == list(wanted.index)
        assert stored[wanted.columns].astype(int).astype(str).to_numpy().tolist() == (
            wanted.to_numpy().tolist()
        )


def test_a_change_of_handle_keeps_one_account(
    read: pd.DataFrame, imported: tuple[Store, Path, list[Imported]]
) -> None:
    """Eight organisations change their handle, one of them back again; the permanent id holds."""
    register = read_register(imported[1])
    periods = {
        account.native_id: register.periods_of(account.id) for account in register.accounts.values()
    }
    renamed = {native_id for native_id, rows in periods.items() if len(rows) > 1}
    handles = read.groupby("account").handle_at_observation
    assert renamed == set(handles.nunique()[handles.nunique() > 1].index)
    assert len(renamed) == 8
    for row in read.itertuples():
        day = date.fromisoformat(str(row.date))
        (held,) = [
            period.handle
            for period in periods[str(row.account)]
            if (period.valid_from or date.min) <= day <= (period.valid_to or date.max)
        ]
        assert held == row.handle_at_observation


def test_holes_stay_holes(read: pd.DataFrame, panel: Panel) -> None:
    """No number is invented; an interval above twice the usual week is listed as a gap."""
    days = sorted({date.fromisoformat(day) for day in read.date})
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    assert sorted(steps)[-3:] == [15, 18, 83]
    known = panel.readings("followers", lane="public")
    assert [day.date() for day in known.index] == days
    gaps = panel.gaps(Window(days[0], date(2026, 8, 18)))
    assert {gap.account_id for gap in gaps} == set(panel.accounts.index)
    holes = {
        (before + timedelta(days=1), after - timedelta(days=1))
        for before, after in pairwise(days)
        if (after - before).days in (15, 18, 83)
    }
    assert {(gap.start, gap.last) for gap in gaps} == holes


def test_an_invented_programme_gets_an_interval_or_a_reason_for_every_organisation(
    panel: Panel,
) -> None:
    """From 2026-01-05 the 52 weeks after do not fit; the fall-backs do for at least 40 of the
    49.
    """
    found = [
        change(
            panel.series(account, "followers", "public"),
            date(2026, 1, 5),
            until=date(2026, 8, 18),
            kind="stock",
        )
        for account in panel.accounts.index
    ]
    known = [one for one in found if one.known]
    assert len(found) == 49
    assert len(known) >= 40
    for one in known:
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.high
        assert one.windows is not None
    assert all(one.reason for one in found if not one.known)
