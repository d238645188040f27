"""A chart is the same lines, marks and holes as a figure and as a picture."""

import html
import io
import json
import re
import subprocess
import sys
from datetime import date, timedelta

import pytest
from PIL import Image
from plotly import graph_objects

from tracker.charts import Chart, Line, Mark, figure, figure_json, picture, plotly_script
from tracker.charts.figure_parts import WORDS
from tracker.charts.picture_parts import even_tick
from tracker.charts.shapes import MARK_COLOURS, spoken, spoken_change

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


def test_a_single_reading_between_two_holes_is_a_dot() -> None:
    values = (1.0, 2.0, None, 5.0, None, 3.0)
    lines = (Line("YouTube", DAYS[:6], values),)
    drawn = figure(small_chart(lines=lines, marks=(), gaps=()))["data"][0]
    assert drawn["marker"]["size"] == [0, 0, 0, 7, 0, 7]
    without = (Line("YouTube", DAYS[:6], (1.0, 2.0, None, None, None, 3.0)),)
    assert picture(small_chart(lines=lines)) != picture(small_chart(lines=without))
    assert figure(small_chart())["data"][0]["mode"] == "lines"


@pytest.mark.parametrize("text", ["<b>A</b> & <a href='x'>B</a>", "$x$ và $y$"])
def test_a_name_with_markup_stays_text(text: str) -> None:
    lines = (Line(text, DAYS, VALUES),)
    chart = Chart("f", "Tên", text, lines, (Mark(DAYS[3], text, "event"),))
    drawn = figure(chart, text)
    layout = drawn["layout"]
    shown = [
        drawn["data"][0]["name"],
        layout["annotations"][0]["text"],
        layout["yaxis"]["title"]["text"],
        layout["title"]["text"].removeprefix("<b>").removesuffix("</b>"),
    ]
    for written in shown:
        assert html.unescape(written) == text
        assert "<" not in written
        assert "$" not in written
    assert text in chart.alt_text


def test_words_of_marks_close_together_do_not_cover_each_other() -> None:
    near = timedelta(days=2)
    marks = (
        Mark(DAYS[30], "Bắt đầu chương trình", "start"),
        Mark(DAYS[30] + near, "chiến dịch", "event"),
        Mark(DAYS[30] + 30 * near, "đổi tên", "event"),
        Mark(DAYS[10], "sáp nhập", "event"),
    )
    words = figure(small_chart(marks=marks))["layout"]["annotations"]
    assert [one["xanchor"] for one in words] == ["right", "left", "right", "right"]


def test_all_words_have_enough_contrast_also_on_grey() -> None:
    for colour in [*MARK_COLOURS.values(), WORDS]:
        for ground in ("#ffffff", "#e0e0e0", "#eeeeee"):
            assert contrast(colour, ground) >= 4.5, (colour, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, 1, "1.234,5"),
        (2.5, 0, "3"),
        (-0.04, 1, "0,0"),
        (-1234.0, 0, "-1.234"),
        (0.125, 2, "0,13"),
        (1e300, 0, f"{1e300:,.0f}".replace(",", ".")),
    ],
)
def test_numbers_are_written_as_tables_write_them(value: float, decimals: int, text: str) -> None:
    assert spoken(value, decimals) == text


def test_changes_have_a_sign_unless_they_round_to_nothing() -> None:
    assert [spoken_change(value, 1) for value in (1.25, -3.0, 0.04, -0.04)] == [
        "+1,3",
        "-3,0",
        "0,0",
        "0,0",
    ]


@pytest.mark.parametrize(
    ("step", "texts"),
    [
        (0.5, ["-0,5", "0,0", "0,5"]),
        (2.5, ["-2,5", "0,0", "2,5"]),
        (0.0025, ["-0,0025", "0,0000", "0,0025"]),
        (5000.0, ["-5.000", "0", "5.000"]),
    ],
)
def test_ticks_have_as_many_decimals_as_their_step(step: float, texts: list[str]) -> None:
    assert [even_tick(place * step, step) for place in (-1, 0, 1)] == texts


def test_plotly_comes_from_the_installed_package() -> None:
    name, content = plotly_script()
    assert re.fullmatch(r"plotly-\d+\.\d+\.\d+\.min\.js", name)
    assert name.removeprefix("plotly-").removesuffix(".min.js").encode() in content[:200]
    assert len(content) > 1_000_000


def test_matplotlib_is_loaded_only_when_a_picture_is_drawn() -> None:
    code = (
        "import sys, tracker.charts; print('matplotlib' in sys.modules or 'plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
