"""A chart is the same lines, marks and holes as a figure and as a picture."""

import io
import json
import subprocess
import sys
from datetime import date, timedelta

import pytest
from PIL import Image
from plotly import graph_objects

from tracker.charts import Chart, Line, Mark, figure, figure_json, picture, plotly_script

DAYS = tuple(date(2022, 1, 3) + timedelta(days=7 * week) for week in range(60))
VALUES = tuple(None if 20 <= week < 26 else 1000.0 + 10 * week for week in range(60))


def small_chart(title: str = "Người theo dõi", **changes: object) -> Chart:
    given = {
        "lines": (Line("YouTube", DAYS, VALUES), Line("Bluesky", DAYS, tuple(reversed(VALUES)))),
        "marks": (
            Mark(date(2022, 2, 21), "Bắt đầu chương trình", "start"),
            Mark(date(2022, 9, 1), "Đổi định nghĩa", "break"),
        ),
        "gaps": ((DAYS[20], DAYS[25]),),
    }
    return Chart("f", title, "người", **{**given, **changes})  # type: ignore[arg-type]


def test_unknown_days_are_holes_in_the_figure_and_never_zero() -> None:
    drawn = figure(small_chart())
    assert drawn["data"][0]["y"][20:26] == [None] * 6
    assert drawn["data"][0]["connectgaps"] is False


def test_the_figure_shows_start_break_and_gap() -> None:
    layout = figure(small_chart())["layout"]
    assert [shape["type"] for shape in layout["shapes"]] == ["rect", "line", "line"]
    assert [words["text"] for words in layout["annotations"]] == [
        "Bắt đầu chương trình",
        "Đổi định nghĩa",
    ]
    assert layout["separators"] == ",."


def test_plotly_knows_every_word_of_the_figure() -> None:
    drawn = graph_objects.Figure(figure(small_chart(), "GIẢ LẬP")).to_dict()
    assert drawn["layout"]["title"]["text"] == "<b>GIẢ LẬP</b>"
    assert len(drawn["data"]) == 2


def test_lines_differ_in_colour_and_in_dashes() -> None:
    lines = figure(small_chart())["data"]
    assert lines[0]["line"]["color"] != lines[1]["line"]["color"]
    assert lines[0]["line"]["dash"] != lines[1]["line"]["dash"]


def test_the_picture_is_a_png_with_something_in_it() -> None:
    image = Image.open(io.BytesIO(picture(small_chart(), "GIẢ LẬP")))
    assert image.format == "PNG"
    assert image.width >= 800
    assert len(image.convert("L").getcolors() or []) > 10


def test_the_same_chart_gives_the_same_picture() -> None:
    first = picture(small_chart())
    picture(small_chart("Khác", lines=()))
    picture.cache_clear()
    assert picture(small_chart()) == first


@pytest.mark.parametrize("text", ["$x_1$ \x00", "</script><b>&", "%s {0} \\n", "ư" * 100_000])
def test_strange_words_break_neither_figure_nor_picture(text: str) -> None:
    chart = small_chart(
        text, lines=(Line(text, DAYS, VALUES),), marks=(Mark(DAYS[3], text, "event"),)
    )
    assert picture(chart, "x")
    written = figure_json(chart)
    assert "<" not in written
    assert json.loads(written)["data"]


def test_an_empty_chart_is_drawn_too() -> None:
    assert picture(small_chart(lines=(), gaps=()))
    assert picture(small_chart(lines=(Line("trống", (), ()),), marks=()))


def test_the_alternative_text_tells_ends_start_and_gaps() -> None:
    text = small_chart().alt_text
    assert "YouTube: 1.000 ngày 03/01/2022, 1.590 ngày 20/02/2023." in text
    assert "21/02/2022: Bắt đầu chương trình." in text
    assert "1 khoảng trống" in text


def test_wrong_lines_marks_and_too_many_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Line("x", DAYS[:1], (float("nan"),))
    with pytest.raises(ValueError, match="2 days"):
        Line("x", DAYS[:2], (1.0,))
    with pytest.raises(ValueError, match="start, event, break"):
        Mark(DAYS[0], "x", "other")
    with pytest.raises(ValueError, match="at most 7"):
        small_chart(lines=(Line("x", DAYS, VALUES),) * 8)


def test_plotly_comes_from_the_installed_package() -> None:
    name, content = plotly_script()
    assert name == "plotly.min.js"
    assert len(content) > 1_000_000


def test_matplotlib_is_loaded_only_when_a_picture_is_drawn() -> None:
    code = (
        "import sys, tracker.charts; print('matplotlib' in sys.modules or 'plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
