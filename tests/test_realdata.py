"""Real series: 49 organisations read 61 times become accounts and history, and a programme
that never was is not found among them; 19,894 videos are compared at equal age.

The files lie beside the clone and are never part of it; without them these tests are skipped.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panel_sample import objects
from test_maps import Page, place_panel, shipped_localities

from tracker.effects import Change, change, effect, map_effects, unit_frame
from tracker.effects.wording import NOT_DISTINGUISHABLE_VI
from tracker.imports import Imported, import_file
from tracker.indicators import INDICATORS, LOOK_COLUMNS, value_over, with_looks
from tracker.indicators.looks import PanelWithLooks
from tracker.panel import Panel, load_panel
from tracker.periods import Window
from tracker.registry import init_folder, read_register
from tracker.store import Store, open_store
from tracker.text import slug

FILES = Path(__file__).parents[2] / "shared" / "realdata"
SERIES, VIDEOS = (
    FILES / name
    for name in ("followers_bluesky_uk_thinktanks_weekly.csv", "posts_youtube_4ages.csv")
)
pytestmark = pytest.mark.skipif(
    not (SERIES.is_file() and VIDEOS.is_file()), reason=f"{SERIES} or {VIDEOS.name} is not there"
)

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


# a programme that never was, in both layers

GROWTH = "followers_percent_30_days"
SPAN = Window(date(2025, 7, 7), date(2026, 8, 17))
INVENTED = (date(2026, 1, 5), date(2026, 2, 16), date(2026, 3, 30))


def placed(panel: Panel, starts: dict[str, date]) -> Panel:
    """Give the organisations in turn to the 34 localities of the second map, as if they were
    theirs, and invent programmes."""
    localities = shipped_localities()
    units = localities.loc[localities["valid_to"].isna(), "id"].tolist()
    given = [units[number % len(units)] for number in range(len(panel.agencies))]
    programmes = [
        {"id": f"p-{unit}", "locality_id": unit, "status": "built", "start": start}
        for unit, start in starts.items()
    ]
    return replace(
        panel,
        locality_rows=localities,
        locality_names=objects(
            [{"locality_id": one, "name_vi": one, "kind": "tỉnh"} for one in localities["id"]],
            "locality_id valid_from valid_to name_vi name_en kind source",
        ),
        agencies=panel.agencies.assign(locality_id=given),
        programmes=objects(programmes, " ".join(panel.programmes.columns)),
    )


def test_an_invented_programme_is_not_found_and_both_layers_say_so(panel: Panel) -> None:
    """Six localities 'begin' on 30 March 2026. Nothing is told from chance, and every sentence says
    what was seen and that it cannot be told from chance, or why no number is given."""
    alone = placed(panel, {})
    frame, _, _ = unit_frame(alone, GROWTH, "34", window=SPAN)
    starts = dict.fromkeys(frame.columns[:6].tolist(), INVENTED[-1])
    found = map_effects(placed(panel, starts), (GROWTH,), "34", window=SPAN)
    [one] = found.indicators
    assert one.together.method == "group_time"
    assert one.together.p is not None
    assert one.together.p > 0.05
    assert len(one.rows) == 6
    for row in one.rows:
        assert not row.sure
        assert "thay đổi quan sát được " in row.sentence
        if row.estimate is None:
            assert "không kết luận được (" in row.sentence
        else:
            assert row.sentence.endswith(f"{NOT_DISTINGUISHABLE_VI}.")
    assert sum(row.estimate is not None for row in one.rows) >= 4


def test_invented_starts_are_rejected_in_at_most_a_tenth_of_a_hundred(panel: Panel) -> None:
    """Every locality at three starts, one at a time against all others."""
    frame, _, facts = unit_frame(placed(panel, {}), GROWTH, "34", window=SPAN)
    found = [
        effect(frame, {unit: pd.Timestamp(start)}, log=facts.log)
        for unit in frame.columns
        for start in INVENTED
    ]
    known = [one.p for one in found if one.p is not None]
    assert len(found) >= 90
    assert len(known) >= 75
    assert np.mean([p < 0.05 for p in known]) <= 0.10


# videos at equal age

MIDDLE = date(2025, 10, 6)
EARLY, LATE = (
    Window(MIDDLE - timedelta(days=84), MIDDLE),
    Window(MIDDLE, MIDDLE + timedelta(days=84)),
)
AGES = {"w1": 7, "w4": 28, "w12": 84, "w24": 168}


@pytest.fixture(scope="module")
def videos() -> PanelWithLooks:
    """The 219 channels with the looks at their videos at four ages, the second of ten ids that
    stand twice left out."""
    read = pd.read_csv(VIDEOS).drop_duplicates("post_id")
    at = pd.to_datetime(read["published_at"], utc=True, format="ISO8601").dt.as_unit("s")
    facts = pd.DataFrame(
        {
            "account": read["account"],
            "post": read["post_id"],
            "published_at": at.astype("int64"),
            "kind": np.where(read["is_short"], "short", "video"),
            "letters": np.nan,
            "lane": "public",
        }
    )
    looks = [
        facts.assign(
            seen_at=facts["published_at"] + 86_400 * days,
            views=read[f"views_{name}"],
            reactions=read[f"likes_{name}"],
            comments=read[f"comments_{name}"],
        )[read[f"views_{name}"].notna()]
        for name, days in AGES.items()
    ]
    frame = pd.concat(looks, ignore_index=True).reindex(columns=list(LOOK_COLUMNS))
    known = Window(date(2025, 6, 30), date(2026, 7, 6))
    pages = [Page(one, "doi", "youtube", "owner_consent") for one in sorted(set(read["account"]))]
    return with_looks(place_panel(pages, until=known.end, covered=known), frame)


@pytest.fixture(scope="module")
def aged(videos: PanelWithLooks) -> dict[int, pd.DataFrame]:
    """All videos with their views at the age of 7 and of 168 days, by our own reading of looks;
    only those known at both."""
    found = {
        days: pd.concat(
            [
                videos.looks.at_age(account, "public", days, "youtube").assign(account=account)
                for account in videos.accounts.index
            ],
            ignore_index=True,
        )
        for days in (7, 168)
    }
    both = found[7]["views"].notna() & found[168]["views"].notna()
    return {days: rows[both] for days, rows in found.items()}


def compared(early: pd.DataFrame, late: pd.DataFrame) -> Change:
    """Compare the weekly medians of views of the twelve weeks before and after the middle."""
    first = (pd.Timestamp(EARLY.start) - pd.Timestamp(0)).days
    rows = pd.concat([early[early["day"] < first + 84], late[late["day"] >= first + 84]])
    weeks = ((rows["day"] - first) // 7)[rows["day"] >= first]
    medians = rows["views"].groupby(weeks).median().loc[:23]
    medians.index = pd.Timestamp(EARLY.start) + pd.to_timedelta(7 * medians.index, unit="D")
    return change(medians, MIDDLE, lengths=(84,), run_in=0)


def test_half_of_a_video_s_views_come_after_its_first_week(aged: dict[int, pd.DataFrame]) -> None:
    """Week 1 holds 59 % of the views of week 24 in the middle; shorts 84 %, longer ones 50 %."""
    share = aged[7]["views"] / aged[168]["views"]
    assert share.median() == pytest.approx(0.59, abs=0.01)
    kinds = share.groupby(aged[7]["kind"]).median()
    assert kinds["short"] == pytest.approx(0.84, abs=0.01)
    assert kinds["video"] == pytest.approx(0.50, abs=0.01)


def test_two_periods_stand_in_one_order_at_week_1_and_at_week_24_but_not_across(
    aged: dict[int, pd.DataFrame],
) -> None:
    """The later twelve weeks against the earlier: -10 % [-22; 3] at week 1, -19 % [-28; -9] at week
    24. Counting on one day, when the earlier videos are old and the later ones new, says -58 %
    [-64; -52]: a loss that is nothing but age."""
    week1, week24 = (compared(aged[days], aged[days]) for days in (7, 168))
    mixed = compared(aged[168], aged[7])
    found = [(one.percent_low, one.percent, one.percent_high) for one in (week1, week24, mixed)]
    assert found[0] == pytest.approx((-22, -10, 3), abs=1)
    assert found[1] == pytest.approx((-28, -19, -9), abs=1)
    assert found[2] == pytest.approx((-64, -58, -52), abs=1)


def test_channel_by_channel_week_1_tells_the_order_that_week_24_has(
    aged: dict[int, pd.DataFrame],
) -> None:
    """Median views of each channel with ten videos in both periods: the order of the two periods is
    the same at both ages in three of four channels; across ages most channels 'fall'."""
    late = aged[7]["day"] >= (pd.Timestamp(MIDDLE) - pd.Timestamp(0)).days

    def medians(days: int) -> pd.DataFrame:
        grouped = aged[days].groupby(["account", late])["views"]
        enough = (grouped.size().unstack() >= 10).all(axis=1)
        return grouped.median().unstack()[enough]

    week1, week24 = medians(7), medians(168)
    assert len(week1) > 80
    rises = (week1[True] > week1[False]), (week24[True] > week24[False])
    across = week1[True] > week24[False]
    assert (rises[0] == rises[1]).mean() > 0.75
    assert (across == rises[1]).mean() < 0.70
    assert across.mean() < 0.20 < 0.35 < rises[1].mean()


def test_the_indicator_reads_the_same_week_1(
    videos: PanelWithLooks, aged: dict[int, pd.DataFrame]
) -> None:
    """The median of the dictionary over the later period, of the channel with the most videos."""
    rows = videos.looks.frame
    channel = str(rows["account"].mode()[0])
    item = INDICATORS["views_per_post_median"]
    value = value_over(videos, item, channel, LATE)
    own = videos.looks.at_age(channel, "public", 7, "youtube")
    first = (pd.Timestamp(LATE.start) - pd.Timestamp(0)).days
    inside = own[(own["day"] >= first) & (own["day"] < first + LATE.days)]
    assert value.value == pytest.approx(inside["views"].median())
