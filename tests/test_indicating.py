"""`tracker indicators`: accounts and units, maps backwards, both kinds of windows, refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from panel_sample import objects
from sandbox_folder import fresh_folder, run_tracker, sandbox_environment
from test_maps import Page, place_panel, steady

from jobs.indicating import Indicated, measure_on
from jobs.indicating.choice import Asked, choose
from jobs.indicating.lines import COLUMNS, Line, lines_frame
from jobs.indicating.page import write_indicators
from jobs.indicating.peers import PEER_COLUMNS, compare_with_peers, peers_frame, print_peers
from jobs.indicating.table import notes_of, print_lines
from tracker.effects import NOT_COMPARED, OBSERVED, SHORT
from tracker.errors import ConfigError, InputError
from tracker.indicators import INDICATORS
from tracker.panel import Panel
from tracker.panel.maps import ACROSS_VI, BACKWARDS_VI, ENDS_VI
from tracker.periods import MERGER, Window
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reference import shipped
from tracker.registry import shipped_register
from tracker.registry.regions import read_regions

FIRST, UNTIL = date(2023, 1, 2), date(2025, 9, 1)
START = date(2024, 1, 1)
KEY = "interactions_per_post"
PAGES = (
    Page("bac-a", "bac", ended=date(2025, 6, 30)),
    Page("nam-a", "nam", moves=((MERGER, "song-2025"),)),
    Page("doi-a", "doi"),
    Page("doi-m", "doi", "mastodon"),
    Page("bien-y", "bien", "youtube"),
)
EACH = {"bac-a": (1, 20.0), "nam-a": (3, 40.0), "doi-a": (2, 10.0), "doi-m": (1, 50.0)}
"""Posts a day and interactions a post."""


def country(starts: dict[str, date] | None = None) -> Panel:
    """Two years and eight months: posts as EACH says; doi posts twice as much from START on."""
    days = [FIRST + timedelta(days=number) for number in range((UNTIL - FIRST).days - 1)]
    posts = []
    for name, (count, taps) in EACH.items():
        for day in days if name != "bac-a" else [one for one in days if one < MERGER]:
            more = count * (2 if name == "doi-a" and day >= START else 1)
            posts.append((name, day, more, more, more * taps, 1000.0, "vi"))
    followers = {
        "bac-a": steady(1000, 1, FIRST, MERGER),
        **{name: steady(5000, 3, FIRST, UNTIL) for name in ("nam-a", "doi-a", "doi-m", "bien-y")},
    }
    return place_panel(PAGES, followers, posts=posts, starts=starts or {}, until=UNTIL)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return country({"doi": START})


def measured(panel: Panel, *keys: str, **asked: object) -> Indicated:
    choice = choose(panel, Asked(indicators=keys, **asked))  # type: ignore[arg-type]
    return measure_on(panel, choice, (), listed=bool(keys))


def line(found: Indicated, key: str, unit: str, account: str | None = None) -> Line:
    [one] = [
        row
        for row in found.lines
        if (row.row.key, row.place.unit, row.account) == (key, unit, account)
    ]
    return one


YEAR = Window(date(2024, 1, 1), date(2024, 12, 30))


def test_a_unit_is_a_ratio_of_sums_and_never_an_average_of_rates(panel: Panel) -> None:
    """doi: 4 posts a day of 10 and 1 of 50: (40 + 50) / 5 = 18; the mean of the rates is 30."""
    found = measured(panel, KEY, localities=("doi",), window=YEAR)
    assert line(found, KEY, "doi").row.after.value == pytest.approx(18.0)
    assert line(found, KEY, "doi", "doi-a").row.after.value == pytest.approx(10.0)
    assert line(found, KEY, "doi", "doi-m").row.after.value == pytest.approx(50.0)
    assert line(found, KEY, "doi").row.after.accounts == 2


def test_overlapping_audiences_are_labelled_and_posts_are_not(panel: Panel) -> None:
    keys = ("followers_per_day", "engagement_rate", "followers_at_end", "posts_per_week")
    found = measured(panel, *keys, localities=("doi",), window=YEAR)
    labelled = [key for key in keys if "có trùng" in line(found, key, "doi").notes]
    assert labelled == ["followers_per_day", "engagement_rate", "followers_at_end"]
    assert "có trùng" not in line(found, "followers_per_day", "doi", "doi-a").notes


def test_every_registered_indicator_has_a_line_in_every_unit(panel: Panel) -> None:
    found = measured(panel, window=YEAR)
    for unit in ("bac", "nam", "doi", "bien", "rung"):
        keys = {one.row.key for one in found.lines if one.place.unit == unit and not one.account}
        assert keys == set(INDICATORS)
    for one in found.lines:
        value = one.row.after
        assert value.value is not None or value.text is not None or one.reason, one.row.key
    assert line(found, KEY, "bien", "bien-y").reason == NOT_ALLOWED_VI
    assert line(found, KEY, "rung").reason == "chưa có tài khoản nào trong danh bạ"


def test_a_list_is_printed_line_by_line_only_where_it_is_named(panel: Panel) -> None:
    whole = measured(panel, localities=("doi",), window=YEAR)
    assert not [one for one in whole.lines if one.entry is not None]
    key = "best_and_worst_weeks"
    assert f"--indicator {key}" in line(whole, key, "doi").notes[0]
    named = measured(panel, key, localities=("doi",), window=YEAR)
    entries = [one.entry for one in named.lines if one.account == "doi-m"]
    assert len(entries) == 10
    assert entries[0] is not None
    assert entries[0]["per_post"] == 50.0
    assert "tương tác mỗi bài: 50" in "\n".join(print_lines(named))


# windows


def test_a_programme_gives_before_after_and_an_observed_change(panel: Panel) -> None:
    """doi-a goes from 2 to 4 posts a day, doi-m stays at 1: the unit from 21 to 35 a week."""
    found = measured(panel, "posts_per_week", "longest_silence", localities=("doi",))
    unit = line(found, "posts_per_week", "doi")
    assert unit.row.before is not None
    assert unit.row.change is not None
    assert (unit.row.before.value, unit.row.after.value) == (21.0, 35.0)
    assert unit.row.change.difference == pytest.approx(14.0)
    assert unit.label in (OBSERVED, SHORT)
    assert unit.windows[0].end == START
    silence = line(found, "longest_silence", "doi", "doi-m")
    assert silence.label == NOT_COMPARED
    assert silence.row.change is None
    frame = lines_frame(found.choice, found.lines).set_index(["indicator", "account"])
    assert frame.at[("longest_silence", "doi-m"), "after"] == 0.0
    assert pd.isna(frame.at[("longest_silence", "doi-m"), "change"])


def test_days_of_a_window_are_inclusive_and_give_a_level_even_with_a_programme(
    panel: Panel,
) -> None:
    found = measured(panel, "posts_per_week", localities=("doi",), window=YEAR)
    one = line(found, "posts_per_week", "doi")
    assert (one.row.before, one.row.change, one.label) == (None, None, None)
    [row] = lines_frame(found.choice, [one]).to_dict("records")
    assert row["windows"] == "2024-01-01..2024-12-29"
    assert row["after"] == 35.0


def test_without_a_programme_the_last_52_weeks_are_shown(panel: Panel) -> None:
    found = measured(panel, KEY, localities=("rung", "nam"), map_name="63")
    assert {one.windows for one in found.lines} == {(Window(date(2024, 7, 2), MERGER),)}
    later = measured(panel, KEY, localities=("rung",))
    assert line(later, KEY, "rung").windows[0].end == UNTIL


def test_a_programme_is_found_by_its_id_and_its_start_may_be_given(panel: Panel) -> None:
    programme = str(panel.programmes["id"].iloc[0])
    found = measured(panel, KEY, programme=programme)
    assert [(one.unit, one.start) for one in found.choice.places] == [("doi", START)]
    other = measured(panel, KEY, programme=programme, localities=("nam",), map_name="63")
    assert [(one.unit, one.start) for one in other.choice.places] == [("nam", START)]
    moved = measured(panel, KEY, localities=("nam",), map_name="63", start=date(2024, 6, 3))
    assert moved.choice.places[0].start == date(2024, 6, 3)


# maps


def test_the_map_of_34_adds_up_backwards_and_prints_the_crosswalk(panel: Panel) -> None:
    """song of 2024 is bac and nam: (1 x 20 + 3 x 40) / 4 = 35 a post, two accounts."""
    keys = (KEY, "presence_accounts", "followers_of_unit")
    found = measured(panel, *keys, map_name="34", window=YEAR)
    assert line(found, KEY, "song-2025").row.after.value == pytest.approx(35.0)
    assert line(found, "presence_accounts", "song-2025").row.after.value == 2.0
    assert line(found, "followers_of_unit", "song-2025").row.after.accounts == 2
    notes = notes_of(found.choice)
    assert BACKWARDS_VI in notes
    assert "Bảng quy đổi 63 – 34: Sông = Bắc + Nam" in notes
    row = lines_frame(found.choice, [line(found, KEY, "song-2025")]).iloc[0]
    assert (row["map"], row["parts"]) == ("34", "bac + nam")
    assert BACKWARDS_VI in row["map_notes"]


def test_a_current_province_table_over_the_merger_says_so(panel: Panel) -> None:
    days = Window(date(2025, 1, 6), date(2025, 8, 25))
    found = measured(panel, KEY, map_name="34", window=days)
    assert any(note.startswith(ACROSS_VI) for note in notes_of(found.choice))
    assert any(ACROSS_VI in text for text in print_lines(found))
    old = measured(panel, KEY, map_name="63", window=days)
    assert ENDS_VI["63"] in notes_of(old.choice)
    assert line(old, KEY, "doi").windows == (Window(days.start, MERGER),)


def test_a_unit_whose_parts_began_apart_is_not_compared() -> None:
    found = measured(country({"bac": START}), KEY, map_name="34", localities=("song-2025",))
    [place] = found.choice.places
    assert place.start is None
    assert "các phần bắt đầu chương trình vào những ngày khác nhau" in place.notes[0]
    assert line(found, KEY, "song-2025").row.change is None


def test_the_map_follows_the_days_and_the_units_that_are_named(panel: Panel) -> None:
    assert choose(panel, Asked()).map_name == "34"
    assert choose(panel, Asked(window=YEAR)).map_name == "63"
    assert choose(panel, Asked(localities=("bac",))).map_name == "63"
    assert [one.unit for one in choose(panel, Asked(map_name="pilot")).places] == ["nam"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(indicators=("engagement_rat",)), "did you mean engagement_rate"),
        (Asked(localities=("dôi",)), "unknown locality 'dôi'; did you mean doi"),
        (Asked(localities=("ubnd-doi",)), "did you mean --agency ubnd-doi"),
        (Asked(agencies=("ubnd-dooi",)), "did you mean ubnd-doi"),
        (Asked(programme="khong-co"), "unknown programme 'khong-co'"),
        (Asked(map_name="64"), "--map: no '64'; expected one of 63, 34, pilot"),
        (Asked(localities=("bac",), map_name="34"), "not on map 34; did you mean song-2025"),
        (Asked(localities=("song-2025",), map_name="63"), "did you mean bac, nam"),
        (Asked(localities=("bac", "song-2025")), "name units of one map"),
        (Asked(start=UNTIL), "lies after the last night, 2025-08-31"),
        (Asked(start=START, window=YEAR), "expected one of the two"),
        (Asked(window=Window(UNTIL, date(2026, 1, 1))), "nothing is known of these days"),
        (
            Asked(map_name="63", window=Window(MERGER, UNTIL)),
            "ended on 30 June 2025, before --from 2025-07-01; expected --map 34",
        ),
    ],
    ids=lambda one: None if isinstance(one, Asked) else one[:30],
)
def test_what_does_not_exist_is_refused_in_one_sentence(
    panel: Panel, asked: Asked, said: str
) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")) as refused:
        choose(panel, asked)
    assert "\n" not in str(refused.value)


# agencies


def test_an_agency_is_a_unit_without_a_map(panel: Panel) -> None:
    found = measured(panel, KEY, agencies=("ubnd-doi",), window=YEAR)
    one = line(found, KEY, "ubnd-doi")
    assert one.row.after.value == pytest.approx(18.0)
    row = lines_frame(found.choice, [one]).iloc[0]
    assert (row["map"], row["parts"]) == (None, "")
    with pytest.raises(ConfigError, match="only localities have peers"):
        compare_with_peers(found, {})


# output


def test_the_frame_has_its_columns_and_no_number_for_unknown(panel: Panel) -> None:
    found = measured(panel, window=YEAR)
    frame = lines_frame(found.choice, found.lines)
    assert tuple(frame.columns) == COLUMNS
    unknown = frame[frame["after"].isna() & frame["text"].isna()]
    assert len(unknown)
    assert unknown["reason"].notna().all()


def test_peers_are_printed_with_both_averages_the_median_and_ranks(panel: Panel) -> None:
    """4 units post in 2024: bac 20, nam 40, doi 18 over 5 a day; without a source no region."""
    found = measured(panel, KEY, localities=("doi",), window=YEAR)
    compared = compare_with_peers(found, {"doi": "Đồi núi", "nam": "Đồi núi", "bac": "Đồi núi"})
    frame = peers_frame(found, compared)
    assert tuple(frame.columns) == PEER_COLUMNS
    region = frame[frame["by"] == "region"].iloc[0]
    assert (region["group"], region["units"]) == ("Đồi núi", 3)
    assert region["average"] == pytest.approx((20 + 3 * 40 + 5 * 18) / 9)
    assert region["average_without_self"] == pytest.approx((20 + 3 * 40) / 4)
    assert region["median"] == pytest.approx(20.0)
    assert (region["rank_from"], region["rank_to"]) == (3, 3)
    text = "\n".join(print_peers(found, compared))
    assert "vùng: Đồi núi" in text
    assert "3 trên 3" in text
    bare = "\n".join(print_peers(found, compare_with_peers(found, {})))
    assert "chưa có nguồn về vùng của các địa phương" in bare


def test_a_number_of_single_accounts_has_no_peers(panel: Panel) -> None:
    with pytest.raises(ConfigError, match="longest_silence: a number of single accounts"):
        compare_with_peers(measured(panel, "longest_silence"), {})


def test_the_page_is_offline_marked_and_explains_each_indicator(
    panel: Panel, tmp_path: Path
) -> None:
    names = panel.locality_names.assign(name_vi=[f"<{n}>" for n in panel.locality_names["name_vi"]])
    marked = replace(panel, locality_names=names, meta={"synthetic": "1"})
    found = measured(marked, KEY, "posting_frequency", map_name="63", window=YEAR)
    out = tmp_path / "page.html"
    write_indicators(found, compare_with_peers(found, {}), out, peers=True)
    text = out.read_text(encoding="utf-8")
    assert "SỐ LIỆU GIẢ LẬP" in text
    assert "Cách tính: " in text
    assert "so với nhóm tương đồng" in text
    assert text.count("<figure") == 2, "a ranking and a series of the one that has them"
    assert text.count('alt="') == 2
    assert "&lt;Nam&gt;" in text
    assert "<Nam>" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")


# regions


def test_every_locality_of_both_maps_has_one_of_six_regions_with_a_source(tmp_path: Path) -> None:
    known = shipped_register()
    for name, sizes in (("63", [5, 6, 11, 13, 14, 14]), ("34", [3, 5, 5, 6, 6, 9])):
        regions = read_regions(tmp_path, name)
        assert set(regions) == {one.id for one in known.localities_of_map(name)}
        assert sorted(list(regions.values()).count(one) for one in set(regions.values())) == sizes
    assert read_regions(tmp_path, "pilot") == read_regions(tmp_path, "63")
    rows = shipped("reference", "regions.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert all("Nghị quyết" in row for row in rows)


def test_a_folder_with_regions_of_its_own_is_obeyed_and_checked(tmp_path: Path) -> None:
    (tmp_path / "register").mkdir()
    own = tmp_path / "register" / "regions.csv"
    own.write_text("map,locality_id,region\n63,hue,Miền Trung\n63,ha-noi,\n", encoding="utf-8")
    assert read_regions(tmp_path, "63") == {"hue": "Miền Trung"}
    assert read_regions(tmp_path, "34") == {}
    own.write_text("map,locality_id,region\n62,hue,A\n63,hue,B\n63,hue,C\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_regions(tmp_path, "63")
    assert [(one.row, one.column) for one in refused.value.problems] == [
        (2, "map"),
        (4, "locality_id"),
    ]


# the command


def test_the_command_writes_what_it_measured_and_refuses_the_rest(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    env = sandbox_environment()

    def run(*words: str) -> tuple[int, str, str]:
        told = run_tracker("indicators", *words, "--data", str(folder), env=env)
        return told.code, told.out, told.err

    code, out, err = run("--locality", "da-nang", "--from", "2024-08-01", "--to", "2024-09-03")
    assert (code, err) == (0, "")
    assert "Đà Nẵng (da-nang): 01/08/2024 - 03/09/2024" in out
    assert out.startswith("SỐ LIỆU GIẢ LẬP")
    code, out, err = run("--from", "2024-08-01")
    assert (code, out) == (2, "")
    assert "--from and --to go together" in err
    code, out, err = run("--indicator", "presence_accounts", "--peers", "--format", "csv")
    assert code == 0, err
    assert out.startswith("indicator,title,measured_in,map,window,by,group,")
    page = tmp_path / "page.html"
    words = ("--locality", "da-nang", "--indicator", "presence_accounts", "--format", "html")
    assert run(*words)[2].endswith("--format html needs --out FILE.html\n")
    assert run(*words, "--out", str(page))[:2] == (0, f"{page} written\n")
    assert "SỐ LIỆU GIẢ LẬP" in page.read_text(encoding="utf-8")


def test_programmes_of_an_agency_are_shown_without_being_asked_for() -> None:
    panel = country()
    row = {"id": "kh", "agency_id": "ubnd-nam", "status": "built", "start": START}
    panel = replace(panel, programmes=objects([row], " ".join(panel.programmes.columns)))
    places = choose(panel, Asked()).places
    assert [(one.unit, one.start) for one in places if one.is_agency] == [("ubnd-nam", START)]
