"""A ranking shows units in order with intervals, ties and means; unknown ones without a point."""

import html
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plotly import graph_objects

from tracker.charts import MOST_UNITS, Ranked, RankingChart, figure, figure_json, picture
from tracker.text.names import sort_key

UNITS = (
    Ranked("Quảng Ninh", 12.5, 10.0, 15.0, 2),
    Ranked("Đà Nẵng", 20.0, 18.0, 22.0, 1),
    Ranked("Thừa Thiên Huế", None),
    Ranked("Điện Biên", 12.5, 11.0, 14.0, 2),
    Ranked("Cần Thơ", 3.25, rank=4),
    Ranked("An Giang", None),
)


def ranking(**changes: Any) -> RankingChart:
    given = {
        "units": UNITS,
        "own": "Quảng Ninh",
        "mean": 12.06,
        "mean_without": 11.92,
        "decimals": 1,
    }
    return RankingChart("r", "Tương tác mỗi bài", "tương tác", **{**given, **changes})


def test_units_stand_from_high_to_low_then_by_name_and_unknown_ones_last() -> None:
    assert [unit.name for unit in ranking().ordered] == [
        "Đà Nẵng",
        "Điện Biên",
        "Quảng Ninh",
        "Cần Thơ",
        "An Giang",
        "Thừa Thiên Huế",
    ]


def test_ties_are_named_and_joined() -> None:
    chart = ranking()
    assert chart.rank_texts == ("hạng 1", "đồng hạng 2", "đồng hạng 2", "hạng 4", "", "")
    assert chart.ties == ((1, 2),)
    shaded, bar = figure(chart)["layout"]["shapes"]
    assert (shaded["y0"], shaded["y1"]) == (bar["y0"], bar["y1"]) == (0.6, 2.4)


def test_the_figure_shows_points_intervals_means_and_who_is_unknown() -> None:
    drawn = figure(ranking())
    by_name = {one["name"]: one for one in drawn["data"]}
    assert by_name["Khoảng tin cậy"]["x"] == [18, 22, None, 11, 14, None, 10, 15, None]
    assert by_name["Đơn vị"]["x"] == [20.0, 12.5, 3.25]
    assert by_name["Đơn vị"]["y"] == [0, 1, 3]
    assert by_name["Quảng Ninh"]["y"] == [2]
    assert by_name["Quảng Ninh"]["marker"]["symbol"] != by_name["Đơn vị"]["marker"]["symbol"]
    mean = by_name["Trung bình 12,1 (có Quảng Ninh)"]
    other = by_name["Trung bình 11,9 (không có Quảng Ninh)"]
    assert mean["x"] == [12.06, 12.06]
    assert mean["line"]["dash"] != other["line"]["dash"]
    words = drawn["layout"]["annotations"]
    assert [one["y"] for one in words if one["text"] == "chưa có số liệu"] == [4, 5]
    names = drawn["layout"]["yaxis"]["ticktext"]
    assert names[1:4] == ["Điện Biên", "<b>Quảng Ninh</b>", "Cần Thơ"]


def test_the_alternative_text_says_who_leads_who_follows_and_the_means() -> None:
    assert ranking().alt_text == (
        "Biểu đồ “Tương tác mỗi bài” (tương tác): 6 đơn vị; cao nhất là Đà Nẵng: 20,0 (khoảng từ "
        "18,0 đến 22,0), hạng 1; thấp nhất là Cần Thơ: 3,3, hạng 4; Quảng Ninh: 12,5 (khoảng từ "
        "10,0 đến 15,0), đồng hạng 2; trung bình 12,1 (có Quảng Ninh); trung bình 11,9 "
        "(không có Quảng Ninh); 2 đơn vị chưa có số liệu."
    )
    assert ranking(units=(), own=None, mean=None, mean_without=None).alt_text == (
        "Biểu đồ “Tương tác mỗi bài” (tương tác): 0 đơn vị."
    )


@pytest.mark.parametrize("count", [0, 1, 6, 63, MOST_UNITS])
def test_a_picture_holds_few_units_and_many_and_fits_a_page(count: int) -> None:
    units = tuple(Ranked(f"Đơn vị {place}", place / 3, 0.0, 40.0, 1) for place in range(count))
    chart = ranking(units=units, own=None, mean_without=None)
    image = Image.open(io.BytesIO(picture(chart, "GIẢ LẬP")))
    assert image.width == 845
    assert image.height <= image.width * 24 / 16, "24 cm high where it is 16 cm wide"
    assert graph_objects.Figure(figure(chart, "GIẢ LẬP")).to_dict()


def test_the_same_ranking_gives_the_same_bytes() -> None:
    first, written = picture(ranking()), figure_json(ranking())
    picture(ranking(units=UNITS[:2]))
    picture.cache_clear()
    assert picture(ranking()) == first
    assert figure_json(ranking()) == written


def test_wrong_rankings_are_refused() -> None:
    with pytest.raises(ValueError, match="not among"):
        ranking(own="Hà Nội")
    with pytest.raises(ValueError, match="must say which"):
        ranking(own=None)
    with pytest.raises(ValueError, match="at most 100"):
        ranking(units=(UNITS[0],) * 101)
    with pytest.raises(ValueError, match="lies above"):
        Ranked("x", 1.0, 2.0, 1.0)
    with pytest.raises(ValueError, match="unknown is None"):
        Ranked("x", float("inf"))


ranked = st.builds(
    Ranked,
    name=st.text(max_size=30),
    value=st.none() | st.floats(-1e14, 1e14),
    rank=st.none() | st.integers(1, 4),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ranked, max_size=12))
def test_any_ranking_keeps_its_order_and_its_names_stay_text(units: list[Ranked]) -> None:
    own = units[0].name if units else None
    chart = ranking(units=tuple(units), own=own, mean=None, mean_without=None)
    ordered = chart.ordered
    assert sorted(map(repr, ordered)) == sorted(map(repr, units))
    values = [unit.value for unit in ordered]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == sorted(known, reverse=True)
    for before, after in pairwise(ordered):
        assert before.value != after.value or sort_key(before.name) <= sort_key(after.name)
    drawn = json.loads(figure_json(chart))
    for unit, shown in zip(ordered, drawn["layout"]["yaxis"]["ticktext"], strict=True):
        bare = shown.removeprefix("<b>").removesuffix("</b>") if unit.name == own else shown
        assert "<" not in bare
        assert "$" not in bare
        assert "\x00" not in html.unescape(bare)


@pytest.mark.filterwarnings("ignore:Glyph")  # the font has no sign for every code
@settings(max_examples=12, deadline=None)
@given(st.lists(ranked, max_size=8), st.text(max_size=40))
def test_any_ranking_can_be_drawn(units: list[Ranked], note: str) -> None:
    assert picture(ranking(units=tuple(units), own=None, mean_without=None), note)
