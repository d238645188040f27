"""The same table, row and column hold the same text in Word, workbook and page: read back from the
files that were written, each by the means of its own format."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pytest
from document_sample import rich_document
from docx.oxml.ns import qn

from tracker.writers.excel import write_excel
from tracker.writers.page import write_page
from tracker.writers.word import write_word

Grid = list[list[str]]
"""Rows of texts; a cell that covers others stands in all of them."""
TITLE = "Bảng 1. Kênh của các địa phương"


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    document = rich_document()
    write_word(document, folder / "a.docx")
    write_excel(document, folder / "a.xlsx")
    write_page(document, folder / "a.html")
    return folder


def word_grid(path: Path) -> Grid:
    """Read the first table with borders; a cell merged downwards takes the text above it."""
    body = docx.Document(str(path)).element.body
    table = next(
        one for one in body.iter(qn("w:tbl")) if one.find(f".//{qn('w:tblBorders')}") is not None
    )
    grid: Grid = []
    for row in table.findall(qn("w:tr")):
        texts: list[str] = []
        for cell in row.findall(qn("w:tc")):
            settings = cell.find(qn("w:tcPr"))
            merge, span = settings.find(qn("w:vMerge")), settings.find(qn("w:gridSpan"))
            letters = [
                "\n" if one.tag == qn("w:br") else one.text or ""
                for one in cell.iter(qn("w:br"), qn("w:t"))
            ]
            text = plain("".join(letters))
            if merge is not None and merge.get(qn("w:val")) is None:
                text = grid[-1][len(texts)]
            texts += [text] * (int(span.get(qn("w:val"))) if span is not None else 1)
        grid.append(texts)
    return grid


class Tables(HTMLParser):
    """Collect the grids of all tables of a page by their captions."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.grids: dict[str, Grid] = {}
        self.caption = ""
        self.words: list[str] | None = None
        self.spans = (1, 1)
        self.below: dict[int, tuple[int, str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.caption, self.below = "", {}
        elif tag == "tr":
            self.grids[self.caption].append([])
        elif tag in ("td", "th", "caption"):
            self.words = []
            self.spans = (int(given.get("rowspan") or 1), int(given.get("colspan") or 1))

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self.caption = plain("".join(self.words or []))
            self.grids[self.caption] = []
        elif tag in ("td", "th"):
            self.fill()
            row = self.grids[self.caption][-1]
            down, across = self.spans
            text = plain("".join(self.words or []))
            for _ in range(across):
                if down > 1:
                    self.below[len(row)] = (down - 1, text)
                row.append(text)
        elif tag == "tr":
            self.fill()
        if tag in ("td", "th", "caption"):
            self.words = None

    def fill(self) -> None:
        """Put the texts that reach down from rows above."""
        row = self.grids[self.caption][-1]
        while len(row) in self.below:
            left, text = self.below.pop(len(row))
            place = len(row)
            row.append(text)
            if left > 1:
                self.below[place] = (left - 1, text)
            if place not in self.below:
                break


def page_grid(path: Path) -> Grid:
    return Tables(path.read_text(encoding="utf-8")).grids[TITLE]


def as_shown(value: object, number_format: str) -> str:
    """Write a cell as Excel shows it, by 15 digits, where the comma is the decimal sign."""
    if isinstance(value, datetime):
        assert number_format == "dd/mm/yyyy"
        return value.strftime("%d/%m/%Y")
    if not isinstance(value, (int, float)):
        return plain(str(value))
    sections = number_format.split(";")
    at = 0 if len(sections) == 1 or value > 0 else 1 if value < 0 else 2
    found = re.fullmatch(r'("[^"]*")?([+-]?)#,##0(\.0+)?("[^"]*")?', sections[at])
    assert found, number_format
    before, sign, decimals, after = (part or "" for part in found.groups())
    digits = Decimal(1).scaleb(-max(0, len(decimals) - 1))
    rounded = abs(Decimal(f"{value:.15g}")).quantize(digits, ROUND_HALF_UP)
    number = f"{rounded:,}".translate(str.maketrans(",.", ".,"))
    if len(sections) == 1 and value < 0:
        sign = "-"
    return f"{before.strip(chr(34))}{sign}{number}{after.strip(chr(34))}"


def book_grid(path: Path) -> Grid:
    """Read the sheet; the two columns of an interval join the number they belong to."""
    sheet = openpyxl.load_workbook(path)["Bảng 1"]
    header, last = (int(part[1:]) for part in sheet.auto_filter.ref.split(":"))
    grid: Grid = []
    for cells in sheet.iter_rows(min_row=header, max_row=last):
        texts = [as_shown(cell.value, cell.number_format) for cell in cells]
        if cells[0].row == header:
            names = texts
        grid.append(list(joined(names, texts, is_head=cells[0].row == header)))
    return grid


def joined(names: list[str], texts: list[str], *, is_head: bool) -> Iterator[str]:
    for at, (name, text) in enumerate(zip(names, texts, strict=True)):
        if name.endswith(("cận dưới", "cận trên")):
            continue
        if is_head or at + 1 == len(names) or not names[at + 1].endswith("cận dưới"):
            yield text
            continue
        low, high = texts[at + 1 : at + 3]
        if low == high == "không có khoảng":
            yield text
        elif low == "không giới hạn":
            yield f"{text} [≤ {high}]"
        elif high == "không giới hạn":
            yield f"{text} [≥ {low}]"
        else:
            yield f"{text} [{low}; {high}]"


def test_three_files_hold_the_same_text_in_every_cell_of_a_table(files: Path) -> None:
    word, book = word_grid(files / "a.docx"), book_grid(files / "a.xlsx")
    page = page_grid(files / "a.html")
    cells = 0
    for number, rows in enumerate(zip(word, book, page, strict=True)):
        for at, texts in enumerate(zip(*rows, strict=True)):
            assert len(set(texts)) == 1, (number, at, texts)
            cells += 1
    assert cells >= 450
    assert word[1][:4] == ["Quảng Ninh", "R01", "YouTube", "01/01/2015"]
    assert word[2][7] == "-36,8% [-59,5%; +21,5%]"
    assert word[5][7] == "0,0% [≤ +1,0%]"
    assert "chưa có số liệu (kênh ẩn số này)" in word[6]


def test_the_lines_below_a_table_are_the_same_three_times(files: Path) -> None:
    word = "\n".join(one.text for one in docx.Document(str(files / "a.docx")).paragraphs)
    sheet = openpyxl.load_workbook(files / "a.xlsx")["Bảng 1"]
    book = "\n".join(str(cell.value) for cell in sheet["A"])
    page = (files / "a.html").read_text(encoding="utf-8")
    for line in (
        "Tổng cột “Lượt xem” chỉ gồm 40/44 dòng có số liệu.",
        "Tổng cột “Kinh phí” tính từ số liệu chưa làm tròn; cộng các số đã in được 959,2.",
        "n = 44 tài khoản.",
        "(±…): nền tảng làm tròn số",
        "Nguồn: kho",
    ):
        assert line in word
        assert line in book
        assert line in page
