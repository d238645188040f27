"""Pages and files for readers who cannot see, who use the keyboard, who see other colours.

WCAG 2.2: 1.1.1, 1.3.1, 1.4.1, 1.4.3, 1.4.11, 2.1.1, 2.4.1, 2.4.6, 2.4.7, 3.1.1.
"""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import docx
import numpy as np
import pytest
from document_sample import MARK, rich_charts, rich_document
from docx.oxml.ns import qn
from numpy.typing import NDArray

from tracker.charts import figure
from tracker.charts.shapes import (
    ACTUAL,
    AFTER,
    BEFORE,
    COLOURS,
    COUNTERFACTUAL,
    MEAN_COLOURS,
    OWN,
    PLACEBO,
    TREATED,
)
from tracker.writers.page import Listed, write_list, write_page
from tracker.writers.word import write_word

VOID = {"meta", "br", "hr", "img"}
FLOATS = NDArray[np.float64]


class Tree(HTMLParser):
    """Collect (tag, attributes, tags around it); complain about tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given, _ in self.found if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("accessible")
    write_page(rich_document(), made / "a.html")
    write_word(rich_document(), made / "a.docx")
    write_list("Báo cáo", [Listed("Huế", (("Word", "a.docx"),))], [], made / "list.html", MARK)
    return made


@pytest.fixture(scope="module")
def tree(folder: Path) -> Tree:
    return Tree((folder / "a.html").read_text(encoding="utf-8"))


def test_the_page_has_a_language_a_title_landmarks_and_a_way_past_the_menu(
    folder: Path, tree: Tree
) -> None:
    assert tree.all("html") == [{"lang": "vi"}]
    for tag in ("header", "nav", "main", "title", "h1"):
        assert len(tree.all(tag)) == 1
    assert tree.all("nav")[0]["aria-label"]
    for one in (tree, Tree((folder / "list.html").read_text("utf-8"))):
        assert one.all("a")[0] == {"class": "skip", "href": "#noi-dung"}
        assert one.all("main")[0] == {"id": "noi-dung", "tabindex": "-1"}


def test_headings_leave_out_no_level(tree: Tree) -> None:
    levels = [int(tag[1]) for tag, _, _ in tree.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_inside_the_page_has_its_target(tree: Tree) -> None:
    ids = {given["id"] for _, given, _ in tree.found if "id" in given}
    assert {given["href"] for given in tree.all("a")} <= {f"#{one}" for one in ids}


def test_every_table_has_a_caption_scoped_headers_and_can_be_scrolled_by_keyboard(
    tree: Tree,
) -> None:
    tables = tree.all("table")
    assert len(tables) == len(tree.all("caption")) >= 5
    assert all(given.get("scope") in ("col", "row", "rowgroup") for given in tree.all("th"))
    regions = [given for given in tree.all("div") if given.get("class") == "scroll"]
    assert len(regions) == len(tables)
    for given in regions:
        assert (given["role"], given["tabindex"]) == ("region", "0")
        assert given["aria-label"]


def test_every_row_of_a_table_begins_with_a_header_unless_one_reaches_down_to_it(
    folder: Path,
) -> None:
    text = (folder / "a.html").read_text(encoding="utf-8")
    table = re.search(r'<table id="bang-r">.*?</table>', text, re.S)
    assert table is not None
    rows = re.findall(r"<tr>(.*?)</tr>", table[0].split("<tbody>")[1], re.S)
    assert len(rows) == 45
    assert sum(row.startswith("<th") for row in rows) == 6


def test_every_chart_has_words_for_it_and_its_numbers_in_a_table(tree: Tree) -> None:
    charts = len(rich_charts())
    for given in tree.all("img"):
        assert len(given["alt"] or "") > 40
    figures = [given for given in tree.all("div") if given.get("class") == "chart"]
    assert [bool(given["aria-label"]) for given in figures] == [True] * charts
    assert len(tree.all("details")) == len(tree.all("summary")) == charts
    inside = [around for tag, _, around in tree.found if tag == "table" and "details" in around]
    assert len(inside) == charts


def test_nothing_takes_the_focus_out_of_its_order_and_the_focus_is_seen(
    folder: Path, tree: Tree
) -> None:
    orders = {given["tabindex"] for _, given, _ in tree.found if "tabindex" in given}
    assert orders <= {"0", "-1"}
    assert ":focus-visible { outline: 3px" in (folder / "a.html").read_text("utf-8")


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_all_words_of_the_page_have_a_contrast_of_four_and_a_half(folder: Path) -> None:
    """A rule without a background of its own stands on white or on the grey of header cells."""
    css = re.search(r"<style>(.*?)</style>", (folder / "a.html").read_text("utf-8"), re.S)
    assert css is not None
    screen = css[1].split("@media print")[0]
    pairs = 0
    for rule in re.findall(r"\{([^{}]*)\}", screen):
        colour = re.search(r"(?:^|[;\s])color: (#[0-9a-f]{6})", rule)
        ground = re.search(r"background: (#[0-9a-f]{6})", rule)
        if colour is None:
            continue
        for behind in [ground[1]] if ground else ["#ffffff", "#e7e6e6"]:
            assert contrast(colour[1], behind) >= 4.5, rule
            pairs += 1
    assert pairs >= 6
    assert not re.search(r"(?:^|[;\s])color: (?!#[0-9a-f]{6}|inherit)", screen)


ALL_COLOURS = {
    *COLOURS,
    *MEAN_COLOURS,
    ACTUAL,
    COUNTERFACTUAL,
    TREATED,
    PLACEBO,
    BEFORE,
    AFTER,
    OWN,
}


@pytest.mark.parametrize("colour", sorted(ALL_COLOURS))
def test_all_lines_and_points_of_charts_have_a_contrast_of_four_and_a_half(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5


# Machado, Oliveira, Fernandes 2009, table 1, severity 1.0, for linear RGB.
SEEN = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(colours: tuple[str, ...], seen: str) -> FLOATS:
    """Give the CIE L*a*b* of colours (D65) as an eye of this kind sees them."""
    codes = np.array([[int(one[place : place + 2], 16) for place in (1, 3, 5)] for one in colours])
    shares = codes / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SEEN[seen]).T, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ np.array(to_xyz).T / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    parts = [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])]
    return np.stack(parts, axis=1)


@pytest.mark.parametrize("seen", SEEN)
def test_lines_keep_apart_for_colour_blind_readers(seen: str) -> None:
    """Okabe and Ito's seven colours keep at least 16 apart in this measure (CIE76)."""
    found = lab(COLOURS, seen)
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    assert apart[np.triu_indices(len(COLOURS), 1)].min() >= 25


def test_colour_is_never_the_only_mark() -> None:
    series, ranking = rich_charts()
    dashes = [trace["line"]["dash"] for trace in figure(series)["data"]]
    assert len(set(dashes)) == len(dashes) == 3
    symbols = [trace["marker"]["symbol"] for trace in figure(ranking)["data"] if "marker" in trace]
    assert symbols == ["circle", "diamond"]


def test_the_word_file_has_heading_styles_header_rows_words_for_pictures_and_a_title(
    folder: Path,
) -> None:
    word = docx.Document(str(folder / "a.docx"))
    styles = [one.style.name for one in word.paragraphs if one.style.name.startswith("Heading")]
    assert styles == ["Heading 1", "Heading 2", "Heading 1", "Heading 1", "Heading 1"]
    body = word.element.body
    described = [one.get("descr") for one in body.iter() if one.tag.endswith("}docPr")]
    assert [len(text) > 40 for text in described] == [True, True]
    bordered = [one for one in body.iter(qn("w:tbl")) if one.findall(f".//{qn('w:tblBorders')}")]
    for table in bordered:
        assert table.find(qn("w:tr")).find(f".//{qn('w:tblHeader')}") is not None
        assert table.find(f".//{qn('w:tblCaption')}").get(qn("w:val"))
    assert word.core_properties.title
    assert word.core_properties.language == "vi-VN"
