"""An event study shows effects by distance from the start, what was before, and the base."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_charts_effects import event_study, number

from tracker.charts import EventPoint, EventStudyChart, figure, picture


def test_event_study_shows_points_intervals_zero_before_and_base() -> None:
    drawn = figure(event_study())
    intervals, before, after = drawn["data"]
    assert before["x"] == [-4, -3, -2, -1]
    assert after["x"] == [0, 1, 3]
    assert before["marker"]["symbol"] != after["marker"]["symbol"]
    assert intervals["x"].count(None) == 7
    assert intervals["y"][:3] == [-1.0, 1.5, None]
    assert after["hovertext"][-1] == "tuần 3: +3,3 (khoảng từ -1,0 đến 4,5), 8 đơn vị"
    shaded, start, base, zero = drawn["layout"]["shapes"]
    assert (shaded["x0"], shaded["x1"], start["x0"]) == (-4.5, -0.5, -0.5)
    assert (base["x0"], base["x1"]) == (-4.4, -0.6)
    assert (zero["y0"], zero["y1"]) == (0, 0)
    texts = [one["text"] for one in drawn["layout"]["annotations"]]
    assert texts == ["Bắt đầu chương trình", "mốc so sánh: tuần -4 đến -1"]


def test_event_study_says_its_numbers() -> None:
    chart = event_study(base=(-1, -1))
    assert chart.alt_text == (
        "Biểu đồ “Tác động” (điểm phần trăm): mốc so sánh là tuần -1; tuần 0: +0,3 (khoảng từ "
        "-1,0 đến 1,5), 8 đơn vị; tuần 3: +3,3 (khoảng từ -1,0 đến 4,5), 8 đơn vị; khoảng không "
        "chứa 0 ở 0/4 kỳ trước và 0/3 kỳ từ khi bắt đầu."
    )
    assert "mốc" not in event_study(base=None).alt_text


@pytest.mark.parametrize(("first", "last"), [(-4, 4), (-52, 100), (0, 0), (-1, 0), (-3000, 10)])
def test_events_named_on_the_axis_are_few_and_hold_the_start(first: int, last: int) -> None:
    points = (EventPoint(first, 1.0), EventPoint(last, 1.0))[: 1 + (first < last)]
    ticks = EventStudyChart("e", "t", "u", points).ticks
    assert 0 in ticks
    assert len(ticks) <= 13


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(number, number, number), max_size=12), st.integers(-6, 3))
def test_any_event_study_can_be_drawn(rows: list[tuple[float | None, ...]], first: int) -> None:
    points = [
        EventPoint(first + place, value)
        if low is None or high is None
        else EventPoint(first + place, value, min(low, high), max(low, high))
        for place, (value, low, high) in enumerate(rows)
    ]
    chart = EventStudyChart("e", "t", "u", tuple(points), (-2, -1))
    _, before, after = figure(chart)["data"]
    assert before["x"] + after["x"] == [one.event for one in points if one.value is not None]
    assert picture(chart)
