"""Charts of effects: contents, holes, words, the same bytes twice."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plotly import graph_objects

from tracker.charts import (
    AnyChart,
    CounterfactualChart,
    EventPoint,
    EventStudyChart,
    Line,
    Mark,
    PlaceboChart,
    figure,
    figure_json,
    picture,
)
from tracker.charts.shapes import ACTUAL

DAYS = tuple(date(2022, 1, 3) + timedelta(days=7 * week) for week in range(20))
START = DAYS[10]
NOTE = "SỐ LIỆU GIẢ LẬP – KHÔNG PHẢI SỐ LIỆU CHÍNH THỨC"
EXPECTED = tuple(1000.0 + week for week in range(20))
ACTUALS = tuple(1000.5 if week < 10 else 1100.5 + week for week in range(20))


def counterfactual_chart(**changes: Any) -> CounterfactualChart:
    given = {
        "actual": tuple(None if week in (13, 14) else ACTUALS[week] for week in range(20)),
        "counterfactual": EXPECTED,
        "low": tuple(None if week < 10 else EXPECTED[week] - 50 for week in range(20)),
        "high": tuple(None if week < 10 else EXPECTED[week] + 50 for week in range(20)),
        "start": START,
        "marks": (Mark(DAYS[15], "Đổi định nghĩa", "break"),),
        "decimals": 1,
    }
    return CounterfactualChart("c", "Người theo dõi", "người", DAYS, **{**given, **changes})


def placebo_chart(**changes: Any) -> PlaceboChart:
    gap = tuple(None if week == 12 else (0.0 if week < 10 else 80.0) for week in range(20))
    given = {
        "treated": Line("Quảng Ninh", DAYS, gap),
        "placebos": tuple(
            Line(f"Đơn vị {size}", DAYS, tuple(float(size) for _ in DAYS)) for size in (-90, 5, 40)
        ),
        "start": START,
    }
    return PlaceboChart("p", "Chênh lệch", "người", **{**given, **changes})


def event_study(**changes: Any) -> EventStudyChart:
    points = tuple(
        EventPoint(event, None if event == 2 else value, -1.0, value + 1.25, 8)
        for event, value in ((event, max(0.0, event) + 0.25) for event in range(-4, 4))
    )
    given = {"points": points, "base": (-4, -1), "period": "tuần", "decimals": 1}
    return EventStudyChart("e", "Tác động", "điểm phần trăm", **{**given, **changes})


CHARTS: dict[str, AnyChart] = {
    "counterfactual": counterfactual_chart(),
    "without_band": counterfactual_chart(low=(), high=()),
    "placebo": placebo_chart(),
    "without_placebos": placebo_chart(placebos=()),
    "event_study": event_study(),
    "without_base": event_study(base=None),
    "nothing": counterfactual_chart(
        actual=(None,) * 20, counterfactual=(None,) * 20, low=(), high=()
    ),
    "no_days": CounterfactualChart("c", "Trống", "x", (), (), (), START),
    "no_line": PlaceboChart("p", "Trống", "x", Line("A", (), ()), (), START),
    "no_points": EventStudyChart("e", "Trống", "x", ()),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_plotly_knows_every_word(chart: AnyChart) -> None:
    drawn = graph_objects.Figure(figure(chart, NOTE)).to_dict()
    assert drawn["layout"]["title"]["text"] == f"<b>{NOTE}</b>"
    assert drawn["layout"]["separators"] == ",."


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_the_same_chart_gives_the_same_bytes(chart: AnyChart) -> None:
    first, written = picture(chart, NOTE), figure_json(chart, NOTE)
    picture(counterfactual_chart(decimals=3))
    picture(event_study(decimals=3))
    picture.cache_clear()
    assert picture(chart, NOTE) == first
    assert figure_json(chart, NOTE) == written
    assert Image.open(io.BytesIO(first)).format == "PNG"
    assert picture(chart) != first


@pytest.mark.parametrize("key", ["nothing", "no_days", "no_line", "no_points"])
def test_where_nothing_is_known_the_chart_says_so(key: str) -> None:
    assert "chưa có số liệu" in CHARTS[key].alt_text
    words = figure(CHARTS[key])["layout"]["annotations"]
    assert "chưa có số liệu" in [one["text"] for one in words]


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_the_alternative_text_is_one_sentence(chart: AnyChart) -> None:
    text = chart.alt_text
    assert text.startswith(f"Biểu đồ “{chart.title}” ({chart.unit}): ")
    assert text.endswith(".")
    assert ". " not in text
    assert "None" not in text
    assert "nan" not in text


def trace(chart: AnyChart, name: str) -> dict[str, Any]:
    found = [one for one in figure(chart)["data"] if one["name"] == name]
    assert len(found) == 1, name
    return dict(found[0])


def test_counterfactual_shows_both_lines_with_their_holes() -> None:
    chart = counterfactual_chart()
    actual, expected = trace(chart, "Thực tế"), trace(chart, chart.counterfactual_name)
    assert actual["y"][12:16] == [1112.5, None, None, 1115.5]
    assert actual["connectgaps"] is False
    assert expected["y"] == list(EXPECTED)
    assert actual["line"]["dash"] != expected["line"]["dash"]


def test_counterfactual_shades_the_difference_from_the_start_and_never_over_a_hole() -> None:
    chart = counterfactual_chart()
    difference = trace(chart, "Chênh lệch từ khi bắt đầu")
    days = {day for day in difference["x"] if day is not None}
    assert days == {
        day.isoformat() for week, day in enumerate(DAYS) if week >= 10 and week not in (13, 14)
    }
    assert difference["y"].count(None) == 1
    assert difference["fill"] == "toself"


def test_counterfactual_marks_start_and_break() -> None:
    layout = figure(counterfactual_chart())["layout"]
    assert [one["text"] for one in layout["annotations"]] == [
        "Bắt đầu chương trình",
        "Đổi định nghĩa",
    ]
    assert [one["x0"] for one in layout["shapes"]] == ["2022-03-14", "2022-04-18"]


def test_counterfactual_says_its_numbers() -> None:
    assert counterfactual_chart().alt_text == (
        "Biểu đồ “Người theo dõi” (người): ngày 16/05/2022 thực tế là 1.119,5, đối chứng là "
        "1.019,0 (khoảng từ 969,0 đến 1.069,0); chênh lệch +100,5; thực tế nằm ngoài khoảng ở "
        "8/8 kỳ có khoảng; 2/10 kỳ từ khi bắt đầu chưa có số liệu; chương trình bắt đầu ngày "
        "14/03/2022."
    )
    assert "khoảng" not in counterfactual_chart(low=(), high=()).alt_text


def test_a_hole_leaves_the_picture_white() -> None:
    """No pixel of the line's colour stands over the unknown weeks, and it is not drawn as 0."""
    flat = (5.0,) * 20
    holes = tuple(None if 5 <= week < 9 else 5.0 for week in range(20))
    whole = counterfactual_chart(actual=flat, counterfactual=(7.0,) * 20, low=(), high=())
    broken = counterfactual_chart(actual=holes, counterfactual=(7.0,) * 20, low=(), high=())
    assert len(columns_of(broken)) < len(columns_of(whole)) - 100
    missing = sorted(columns_of(whole) - columns_of(broken))
    assert missing == list(range(missing[0], missing[-1] + 1))


def columns_of(chart: AnyChart) -> set[int]:
    """Give the columns of pixels in which the colour of the actual line stands, legend aside."""
    image = Image.open(io.BytesIO(picture(chart))).convert("RGB")
    colour = tuple(int(ACTUAL[place : place + 2], 16) for place in (1, 3, 5))
    data = image.tobytes()
    places = [
        place
        for place in range(0, int(image.height * 0.8) * image.width * 3, 3)
        if tuple(data[place : place + 3]) == colour
    ]
    return {place // 3 % image.width for place in places}


def test_placebo_plot_has_one_legend_entry_for_all_grey_lines() -> None:
    drawn = figure(placebo_chart())
    shown = [one["name"] for one in drawn["data"] if one.get("showlegend", True)]
    assert shown == ["Đơn vị so sánh (giả định cùng bắt đầu): 3", "Quảng Ninh"]
    own, others = drawn["data"][-1], drawn["data"][:-1]
    assert own["line"]["width"] > max(one["line"]["width"] for one in others)
    assert own["y"][11:14] == [80.0, None, 80.0]
    assert drawn["layout"]["shapes"][-1]["y0"] == 0


def test_placebo_plot_says_where_the_unit_stands() -> None:
    assert placebo_chart().alt_text == (
        "Biểu đồ “Chênh lệch” (người): ngày 16/05/2022 chênh lệch của Quảng Ninh là +80; của 3 "
        "đơn vị so sánh từ -90 đến +40, trong đó 1 đơn vị lệch khỏi 0 ít nhất bằng thế; chương "
        "trình bắt đầu ngày 14/03/2022."
    )
    assert "đơn vị so sánh chưa có số liệu" in placebo_chart(placebos=()).alt_text


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="20 days, 19 values"):
        counterfactual_chart(actual=(1.0,) * 19)
    with pytest.raises(ValueError, match="20 days, 0 values"):
        counterfactual_chart(high=())
    with pytest.raises(ValueError, match="lies above"):
        counterfactual_chart(low=(2.0,) * 20, high=(1.0,) * 20)
    with pytest.raises(ValueError, match="two ends or none"):
        EventPoint(0, 1.0, low=0.5)
    with pytest.raises(ValueError, match="unknown is None"):
        EventPoint(0, float("nan"))
    with pytest.raises(ValueError, match="unknown is None"):
        counterfactual_chart(counterfactual=(1e300,) * 20)
    with pytest.raises(ValueError, match="ascend"):
        placebo_chart(treated=Line("x", (DAYS[1], DAYS[0]), (1.0, 2.0)))
    with pytest.raises(ValueError, match="ascend"):
        event_study(points=(EventPoint(1, 1.0), EventPoint(1, 2.0)))
    with pytest.raises(ValueError, match="before the start"):
        event_study(base=(-1, 0))


@pytest.mark.parametrize("text", ["$x_1$", "</script><b>&", "%{y} %s {0} \\n", "ư" * 9000])
def test_strange_names_stay_text(text: str) -> None:
    charts: list[AnyChart] = [
        counterfactual_chart(actual_name=text, band_name=text),
        placebo_chart(treated=Line(text, DAYS, EXPECTED), placebos_name=text),
        event_study(period=text, interval_name=text),
    ]
    for chart in charts:
        assert picture(chart, text)
        assert "<" not in figure_json(chart, text)
        for one in figure(chart)["data"]:
            assert "<" not in one["name"]
            assert "$" not in one["name"]


number = st.none() | st.floats(-1e14, 1e14) | st.floats(-1, 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(number, number, number, number), max_size=20), st.integers(0, 19))
def test_whatever_is_unknown_is_never_shaded_nor_drawn(
    rows: list[tuple[float | None, ...]], start: int
) -> None:
    bands = [
        (None, None) if low is None or high is None else (min(low, high), max(low, high))
        for _, _, low, high in rows
    ]
    chart = CounterfactualChart(
        "c",
        "t",
        "u",
        DAYS[: len(rows)],
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        DAYS[start],
        tuple(low for low, _ in bands),
        tuple(high for _, high in bands),
    )
    drawn = json.loads(figure_json(chart))
    by_name = {one["name"]: one for one in drawn["data"]}
    assert by_name["Thực tế"]["y"] == [row[0] for row in rows]
    difference = by_name[chart.difference_name]
    known = {
        DAYS[week].isoformat(): {row[0], row[1]}
        for week, row in enumerate(rows)
        if week >= start and None not in row[:2]
    }
    assert {day for day in difference["x"] if day} == set(known)
    for day, value in zip(difference["x"], difference["y"], strict=True):
        assert (day is None) == (value is None)
        assert day is None or value in known[day]
    assert ". " not in chart.alt_text
