"""Maps: 63 into 34, pilots, mixed units, owners and names of a day, series added up backwards.

The country of these tests: `bac` and `nam` (a pilot of 2022) become `song-2025` on 1 July 2025;
`doi`, `bien` and `rung` stay as they are. `place_panel` is used by the tests of frames, peers and
targets too.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from panel_sample import objects, sample_panel

from tracker.errors import ConfigError
from tracker.panel import Panel
from tracker.panel.maps import (
    ACROSS_VI,
    BACKWARDS_VI,
    CROSSWALK,
    added_up,
    crosswalk,
    followers_on,
    map_sentences,
    mixed_units,
    unit_of,
    units_on,
)
from tracker.periods import Window, day_number
from tracker.reference import shipped

LAST, MERGER = date(2025, 6, 30), date(2025, 7, 1)
UNTIL = date(2025, 9, 1)
PLACES = (
    ("bac", "01", None, LAST, "song-2025", False, "Bắc"),
    ("nam", "02", None, LAST, "song-2025", True, "Nam"),
    ("doi", "03", None, None, None, False, "Đồi Cũ"),
    ("bien", "04", None, None, None, False, "Biển"),
    ("rung", "05", None, None, None, False, "Rừng"),
    ("song-2025", "02", MERGER, None, None, False, "Sông"),
)


@dataclass(frozen=True)
class Page:
    """An account of the People's Committee of a place; `moves` are (day, new place)."""

    id: str
    place: str
    platform: str = "bluesky"
    basis: str | None = None
    ended: date | None = None
    moves: tuple[tuple[date, str], ...] = ()


PAGES = (
    Page("bac-ubnd", "bac", ended=LAST),
    Page("nam-ubnd", "nam", moves=((MERGER, "song-2025"),)),
    Page("doi-ubnd", "doi", moves=((date(2024, 5, 1), "bac"),)),
)


def place_panel(
    pages: Sequence[Page] = PAGES,
    followers: Mapping[str, pd.Series] | None = None,
    *,
    lanes: Mapping[str, Sequence[str]] | None = None,
    posts: Sequence[tuple[str, date, int, int, float, float, str]] = (),
    starts: Mapping[str, date] | None = None,
    until: date = UNTIL,
    covered: Window | None = None,
    breaks: Sequence[tuple[str, str, str, date]] = (),
    targets: Sequence[dict[str, object]] = (),
) -> Panel:
    """Put a panel together. `followers`: account -> readings by day, in the lane `public` or in
    those of `lanes`; `posts`: account, day, posts, posts with day-7 interactions, these, followers
    at publication, language; `covered`: days whose posts are known, of every account."""
    readings = [
        pd.DataFrame(
            {
                "account": account,
                "lane": lane,
                "day": [day_number(day.date()) for day in series.index],
                "followers": series.to_numpy(dtype=float),
            }
        )
        for account, series in (followers or {}).items()
        for lane in (lanes or {}).get(account, ("public",))
    ]
    columns = ["account", "lane", "day", "followers"]
    snapshots = pd.concat(readings) if readings else pd.DataFrame(columns=columns)
    for name in ("following", "posts", "views", "likes"):
        snapshots[name] = np.nan
    daily = pd.DataFrame(
        [
            (one, day_number(day), "post", language, count, known, sum7, 0, 0.0, fans)
            for one, day, count, known, sum7, fans, language in posts
        ],
        columns=[
            *("account", "day", "kind", "language", "posts", "posts_day7", "interactions_day7"),
            *("posts_views_day7", "views_day7", "followers"),
        ],
    )
    looked = covered or Window(date(2020, 1, 1), until - timedelta(days=1))
    return replace(
        sample_panel(),
        until=until,
        snapshots=snapshots.sort_values(["account", "lane", "day"], ignore_index=True),
        daily=daily,
        posts_covered=pd.DataFrame(
            [
                (page.id, "public", day_number(looked.start), day_number(looked.end))
                for page in pages
            ],
            columns=["account", "lane", "first", "last"],
        ),
        account_rows=objects(
            [
                {"id": one.id, "platform": one.platform, "basis": one.basis, "active_to": one.ended}
                for one in pages
            ],
            "id platform native_id languages basis active_from active_to voided",
        ),
        periods=objects(
            [
                {"account_id": one.id, "valid_from": day, "agency_id": f"ubnd-{place}"}
                for one in pages
                for day, place in ((None, one.place), *one.moves)
            ],
            "account_id valid_from valid_to agency_id handle url",
        ),
        agencies=objects(
            [{"id": f"ubnd-{one[0]}", "name_vi": one[6], "locality_id": one[0]} for one in PLACES],
            "id name_vi name_en kind locality_id parent_id successor_id",
        ),
        locality_rows=objects(
            [
                dict(
                    zip(
                        ("id", "gso_code", "valid_from", "valid_to", "successor_id", "pilot_2022"),
                        one[:6],
                        strict=True,
                    )
                )
                for one in PLACES
            ],
            "id gso_code valid_from valid_to successor_id pilot_2022 source",
        ),
        locality_names=objects(
            [
                *({"locality_id": one[0], "name_vi": one[6], "kind": "tỉnh"} for one in PLACES),
                {"locality_id": "doi", "valid_from": date(2025, 1, 1), "name_vi": "Đồi Mới"},
            ],
            "locality_id valid_from valid_to name_vi name_en kind source",
        ),
        programmes=objects(
            [
                {"id": f"p-{place}", "locality_id": place, "status": "built", "start": start}
                for place, start in (starts or {}).items()
            ],
            "id title locality_id agency_id document status start end key_message source",
        ),
        definition_breaks=objects(
            [
                dict(zip(("platform", "entity", "metric", "day"), one, strict=True))
                for one in breaks
            ],
            "platform entity metric day note_vi source",
        ),
        targets=objects(list(targets), "indicator unit period value basis source"),
        events=objects([], "id day locality_id account_id kind note source"),
        meta={},
    )


def steady(first: float, a_day: float, start: date, end: date) -> pd.Series:
    """Nightly readings from `start` to `end`, both in, growing in a straight line."""
    days = pd.date_range(start, end)
    return pd.Series(first + a_day * np.arange(len(days)), index=days)


def test_the_crosswalk_has_a_row_for_each_locality_of_the_map_of_63() -> None:
    frame = crosswalk(place_panel(), "34")
    assert tuple(frame.columns) == CROSSWALK
    assert dict(zip(frame["locality"], frame["unit"], strict=True)) == {
        "bac": "song-2025",
        "nam": "song-2025",
        "doi": "doi",
        "bien": "bien",
        "rung": "rung",
    }
    assert frame["unit_name"].tolist() == ["Sông", "Sông", "Đồi Mới", "Biển", "Rừng"]


def test_the_map_of_63_keeps_its_units_and_pilots_are_its_part() -> None:
    panel = place_panel()
    old = crosswalk(panel, "63")
    assert old["unit"].tolist() == old["locality"].tolist()
    pilots = crosswalk(panel, "pilot")
    assert pilots["unit"].tolist() == [None, "nam", None, None, None]
    assert pilots["exposed_share"].isna().tolist() == [True, False, True, True, True]


def test_names_are_those_of_the_end_of_the_window() -> None:
    panel = place_panel()
    before = crosswalk(panel, "63", date(2025, 1, 1)).set_index("locality")
    after = crosswalk(panel, "63", date(2025, 1, 2)).set_index("locality")
    assert before.at["doi", "unit_name"] == "Đồi Cũ"
    assert after.at["doi", "unit_name"] == "Đồi Mới"


def test_a_unit_whose_parts_adopted_on_one_day_is_not_mixed() -> None:
    day = date(2024, 1, 1)
    frame = crosswalk(place_panel(starts={"bac": day, "nam": day}), "34").set_index("locality")
    assert frame.at["bac", "unit_adopted"] == day
    assert not frame["mixed"].any()
    assert frame.at["nam", "exposed_share"] == 1.0
    assert frame.at["doi", "exposed_share"] == 0.0


def test_a_mixed_unit_shows_the_share_of_exposed_followers() -> None:
    """On the last day of the map of 63 `nam` has 300 followers, `bac` 100 and 100 more with the
    account that came from `doi`: 300 / 500."""
    level = {name: steady(100, 0, date(2025, 6, 1), LAST) for name in ("bac-ubnd", "doi-ubnd")}
    panel = place_panel(
        followers={**level, "nam-ubnd": steady(300, 0, date(2025, 6, 1), UNTIL)},
        starts={"nam": date(2024, 1, 1)},
    )
    (mixed,) = mixed_units(panel, "34")
    assert mixed.unit == "song-2025"
    assert mixed.parts == {"bac": None, "nam": date(2024, 1, 1)}
    assert mixed.exposed_share == pytest.approx(0.6)
    assert mixed_units(panel, "63") == []
    assert mixed_units(panel, "34", date(2024, 1, 1)) == [], "the programme begins later"
    (sentence,) = (one for one in map_sentences(panel, "34", window(2024, 2026)) if "Sông" in one)
    assert sentence.endswith("Sông (60 %)")


def test_without_readings_the_share_is_unknown_not_zero() -> None:
    (mixed,) = mixed_units(place_panel(starts={"nam": date(2024, 1, 1)}), "34")
    assert mixed.exposed_share is None


def test_a_programme_of_the_new_unit_counts_for_all_its_parts_and_a_draft_for_none() -> None:
    panel = place_panel(starts={"song-2025": date(2025, 8, 1)})
    frame = crosswalk(panel, "34").set_index("locality")
    assert frame.at["bac", "adopted"] == frame.at["nam", "unit_adopted"] == date(2025, 8, 1)
    draft = panel.programmes.assign(status="in_progress")
    assert crosswalk(replace(panel, programmes=draft), "34")["adopted"].isna().all()


def test_an_account_counts_for_the_owner_of_the_day_and_follows_a_retired_locality() -> None:
    panel = place_panel()
    before, after = date(2024, 4, 30), date(2024, 5, 1)
    assert unit_of(panel, "63", "doi-ubnd", before) == "doi"
    assert unit_of(panel, "63", "doi-ubnd", after) == "bac"
    assert unit_of(panel, "34", "doi-ubnd", after) == "song-2025"
    assert unit_of(panel, "63", "nam-ubnd", UNTIL) == "nam", "the owner of 30 June 2025"
    assert unit_of(panel, "pilot", "nam-ubnd", UNTIL) == "nam"
    assert unit_of(panel, "pilot", "bac-ubnd", UNTIL) is None
    assert units_on(panel, "34", UNTIL).tolist() == ["song-2025"] * 3
    with pytest.raises(ConfigError, match="unknown account"):
        unit_of(panel, "63", "nobody", UNTIL)


def test_followers_of_a_retired_page_are_not_added_to_its_successor() -> None:
    panel = place_panel(
        followers={
            "bac-ubnd": steady(100, 0, date(2025, 6, 1), LAST),
            "nam-ubnd": steady(300, 0, date(2025, 6, 1), UNTIL),
        }
    )
    assert followers_on(panel, "bac-ubnd", MERGER) == 100.0, "where it stood at the end of June"
    assert followers_on(panel, "bac-ubnd", date(2025, 7, 2)) is None
    assert followers_on(panel, "nam-ubnd", date(2025, 7, 2)) == 300.0


def test_rates_are_made_of_sums_and_never_averaged() -> None:
    """Bắc: 10 interactions on 1 post, Nam: 30 on 9 posts. Sông: 40 / 10 = 4, not the mean of 10 and
    3.33. In the second period Nam is not known, and so is neither sum."""
    index = pd.Index([1, 2])
    top = pd.DataFrame({"bac-ubnd": [10.0, 5.0], "nam-ubnd": [30.0, np.nan]}, index=index)
    bottom = pd.DataFrame({"bac-ubnd": [1.0, 1.0], "nam-ubnd": [9.0, np.nan]}, index=index)
    units = {"bac-ubnd": "song-2025", "nam-ubnd": "song-2025"}
    rate = added_up(top, units) / added_up(bottom, units)
    assert rate.columns.tolist() == ["song-2025"]
    assert rate.loc[1, "song-2025"] == 4.0
    assert pd.isna(rate.loc[2, "song-2025"])
    assert added_up(top.assign(other=1.0), {"bac-ubnd": "bac"}).columns.tolist() == ["bac"]


def window(first: int, end: int) -> Window:
    return Window(date(first, 1, 1), date(end, 1, 1))


def test_tables_across_the_merger_say_so() -> None:
    panel = place_panel()
    assert map_sentences(panel, "63", window(2024, 2025)) == []
    assert "30/06/2025" in map_sentences(panel, "63", window(2024, 2026))[0]
    assert "7 đơn vị" in map_sentences(panel, "pilot", window(2024, 2026))[0]
    across = map_sentences(panel, "34", window(2024, 2026))
    assert across[0] == BACKWARDS_VI
    assert across[1].startswith(ACROSS_VI)
    assert across[1].endswith("31/12/2025")
    assert map_sentences(panel, "34", window(2024, 2025)) == [BACKWARDS_VI]
    assert map_sentences(panel, "34", window(2026, 2027)) == []


def test_an_unknown_map_is_refused() -> None:
    for ask in (
        lambda: crosswalk(place_panel(), "64"),
        lambda: units_on(place_panel(), "64", UNTIL),
        lambda: map_sentences(place_panel(), "64", window(2024, 2025)),
    ):
        with pytest.raises(ConfigError, match="expected one of 63, 34, pilot"):
            ask()


def test_the_shipped_map_makes_34_of_63_and_7_units_of_8_pilots() -> None:
    """Nghị quyết 202/2025/QH15: 23 units are merged, 11 stay; Bà Rịa - Vũng Tàu joined Hồ Chí Minh,
    itself a pilot."""
    panel = replace(sample_panel(), locality_rows=shipped_localities())
    frame = crosswalk(panel, "34")
    parts = frame.groupby("unit").size()
    assert (len(frame), len(parts), int((parts > 1).sum())) == (63, 34, 23)
    pilots = frame[frame["pilot_2022"]]
    assert (len(pilots), pilots["unit"].nunique()) == (8, 7)
    assert parts["ho-chi-minh-2025"] == 3


def shipped_localities() -> pd.DataFrame:
    """Read the localities that are shipped, as the store gives them back."""
    with shipped("reference", "localities.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {
                **row,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "successor_id": row["successor_id"] or None,
                "pilot_2022": row["pilot_2022"] == "true",
            }
            for row in csv.DictReader(file)
        ]
    return objects(rows, "id gso_code valid_from valid_to successor_id pilot_2022 source")
