"""The web page works offline, escapes everything, and links every number to its origin."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from document_sample import MARK, rich_document, sample_document

from tracker.charts import plotly_script
from tracker.writers.page import Listed, write_list, write_page


class Elements(HTMLParser):
    """Collect (tag, attributes) of a page and the text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("script", "style"):
            self.words.append(data)

    def values(self, tag: str, name: str) -> list[str]:
        return [one[name] or "" for found, one in self.found if found == tag and name in one]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_page(sample_document(), target)
    return target


@pytest.fixture(scope="module")
def page(path: Path) -> Elements:
    return Elements(path.read_text(encoding="utf-8"))


def test_the_page_loads_nothing_from_elsewhere(page: Elements, path: Path) -> None:
    name, content = plotly_script()
    assert page.values("script", "src") == [f"tep/{name}"]
    assert (path.parent / "tep" / name).stat().st_size == len(content) > 1_000_000
    assert all(source.startswith("data:image/png") for source in page.values("img", "src"))
    assert not page.values("link", "href")
    assert all(target.startswith("#") for target in page.values("a", "href"))


def test_every_number_links_to_its_origin_and_back(page: Elements) -> None:
    ids = {one["id"] for _, one in page.found if "id" in one}
    targets = {target.removeprefix("#") for target in page.values("a", "href")}
    assert targets <= ids
    assert {"nguon-K01a", "K01a", "nguon-K04b"} <= targets


def test_strange_texts_are_written_out_and_not_run(path: Path, page: Elements) -> None:
    text = path.read_text(encoding="utf-8")
    assert "<b>&amp;" not in text
    assert "&lt;b&gt;&amp;amp;" in text
    assert "{{ x }}" in text
    assert "\x00" not in text
    assert "b" not in [tag for tag, _ in page.found]


def test_tables_have_captions_and_scopes(page: Elements) -> None:
    tables = sum(tag == "table" for tag, _ in page.found)
    assert sum(tag == "caption" for tag, _ in page.found) == tables
    assert {"col", "row", "rowgroup"} <= set(page.values("th", "scope"))
    assert page.values("html", "lang") == ["vi"]


def test_the_chart_is_a_picture_with_words_and_a_figure(path: Path, page: Elements) -> None:
    assert "Người theo dõi" in page.values("img", "alt")[0]
    raw = re.search(
        r'<script type="application/json">(.*?)</script>', path.read_text("utf-8"), re.S
    )
    assert raw is not None
    assert json.loads(raw[1])["data"][0]["name"] == "YouTube"


def test_numbers_are_printed_as_in_word(page: Elements) -> None:
    words = " ".join(page.words)
    for text in ("12.300 (±100)", "hơn 19.000.000", "+26,8% [+25,2%; +28,5%]", "chưa đủ 8 tuần"):
        assert text in words


def test_the_mark_is_on_the_page_in_its_title_and_in_print(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert f'<div class="mark" role="note">{MARK}</div>' in text
    assert f"<title>{MARK}" in text
    assert "@page { size: A4" in text
    assert "position: fixed" in text


def test_a_page_without_charts_needs_no_script_and_a_real_one_no_mark(tmp_path: Path) -> None:
    write_page(sample_document("", charts=False), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "GIẢ LẬP" not in text
    assert not (tmp_path / "tep").exists()


def test_the_list_of_reports_links_to_the_files_beside_it(tmp_path: Path) -> None:
    reports = [Listed("Huế & lân cận", (("Word", "gia-lap_3836_hue.docx"),), "thiếu 2 mục")]
    write_list("Báo cáo 3836", reports, ["Bản thử."], tmp_path / "list.html", MARK)
    page = Elements((tmp_path / "list.html").read_text(encoding="utf-8"))
    assert page.values("a", "href") == ["#noi-dung", "gia-lap_3836_hue.docx"]
    assert MARK in " ".join(page.words)


def policy_of(page: Elements) -> dict[str, list[str]]:
    (text,) = [
        one["content"] or ""
        for tag, one in page.found
        if tag == "meta" and one.get("http-equiv") == "Content-Security-Policy"
    ]
    return {rule.split()[0]: rule.split()[1:] for rule in text.split(";")}


def test_the_page_forbids_every_outside_host_and_every_script_but_its_own(
    path: Path, page: Elements
) -> None:
    policy = policy_of(page)
    assert policy["default-src"] == ["'none'"]
    assert not [
        word for words in policy.values() for word in words if "http" in word or "*" in word
    ]
    own = re.findall(r"<script>(.*?)</script>", path.read_text("utf-8"), re.S)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in own]
    assert policy["script-src"] == ["'self'", "file:", f"'sha256-{digests[0]}'"]
    assert len(own) == 1


def test_the_same_document_gives_the_same_page(path: Path, tmp_path: Path) -> None:
    write_page(sample_document(), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == path.read_bytes()


def test_ids_come_from_the_codes_of_tables_and_charts_each_once(tmp_path: Path) -> None:
    document = rich_document()
    twice = replace(document, blocks=(*document.blocks, *document.charts))
    write_page(twice, tmp_path / "a.html")
    page = Elements((tmp_path / "a.html").read_text("utf-8"))
    ids = [one["id"] for _, one in page.found if "id" in one]
    assert len(ids) == len(set(ids))
    assert {"bang-r", "bieu-do-theo-doi", "bieu-do-xep-hang", "bieu-do-theo-doi--2"} <= set(ids)


def test_many_pages_share_one_script(tmp_path: Path) -> None:
    for number in range(3):
        write_page(sample_document(), tmp_path / f"{number}.html")
    assert len(list((tmp_path / "tep").iterdir())) == 1


def test_each_chart_has_its_numbers_in_a_table_beside_it(tmp_path: Path) -> None:
    write_page(rich_document(), tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    first, second = re.findall(r"<details>(.*?)</details>", text, re.S)
    assert '<tr><th scope="row">03/01/2022</th><td class="number">1.000</td>' in first
    assert "chưa có số liệu (không có số liệu ngày này)" in first
    assert first.count("<tr>") == 61
    assert '<th scope="row">An Giang</th><td class="number">22,0</td>' in second


def test_wide_tables_lie_on_landscape_paper_and_the_annex_is_printed(tmp_path: Path) -> None:
    write_page(rich_document(), tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert "@page lying { size: A4 landscape; }" in text
    assert "thead { display: table-header-group; }" in text
    lying = re.search(r'<div class="lying">(.*?)</table>', text, re.S)
    assert lying is not None
    assert 'id="bang-r"' in lying[1]
    assert re.search(r'<section class="on-paper">.*mỗi dòng một chuỗi', text, re.S)


def test_lines_of_a_cell_stay_lines(page: Elements, path: Path) -> None:
    assert "white-space: pre-line" in path.read_text("utf-8")
