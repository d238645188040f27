"""The first sheet: the words of a report, in order, in one wide column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.tables import Table
from tracker.text.printable import whole
from tracker.writers import MOTTO_VI, STATE_VI, Block, Document, Heading, Paragraph
from tracker.writers.excel.book import MOST_LINES, Book, height, pieces

TEXT_WIDTH = 78.0
MOST_IN_ROW = int(TEXT_WIDTH * (MOST_LINES - 3))
"""Letters that a row of the highest height shows."""
SHEET_VI = "Báo cáo"


def text_sheet(book: Book, content: Document | Sequence[str]) -> None:
    """Write the words of a document, or some lines, in one wide column.

    A text that no row could show goes on in the rows below it, marked.
    """
    sheet = book.sheet(SHEET_VI)
    sheet.set_portrait()
    sheet.set_column(0, 0, TEXT_WIDTH)
    lines = (
        _of_document(book, content) if isinstance(content, Document) else _of_lines(book, content)
    )
    row = 0
    for text, look in lines:
        for piece in pieces(whole(text), MOST_IN_ROW):
            sheet.set_row(row, height([(piece, TEXT_WIDTH)]))
            sheet.write_string(row, 0, piece, look)
            row += 1


def _of_lines(book: Book, lines: Sequence[str]) -> list[tuple[str, Any]]:
    first = (book.labels.mark, lines[0], book.labels.as_of_line)
    bold, plain = book.look(bold=True, text_wrap=True), book.look(text_wrap=True)
    return [(line, bold) for line in first if line] + [(line, plain) for line in lines[1:] if line]


def _of_document(book: Book, document: Document) -> list[tuple[str, Any]]:
    bold, plain = book.look(bold=True, text_wrap=True), book.look(text_wrap=True)
    centred = book.look(bold=True, text_wrap=True, align="center")
    head = document.masthead
    lines = [(line, centred) for line in (document.mark, STATE_VI, MOTTO_VI)]
    lines += [(line, plain) for line in head.superior] + [(line, bold) for line in head.issuer]
    lines += [(head.number, plain), (head.place, plain)]
    lines += [(line, centred) for line in (document.kind, document.subject, document.period)]
    lines += [(document.addressee, centred), (document.as_of_line, bold)]
    lines += [(document.edition_line, plain)]
    for block in document.blocks:
        look = bold if isinstance(block, Heading) else plain
        lines.append((_words(block), look))
    lines += [(line, bold) for line in document.signature]
    if document.recipients:
        lines.append(("Nơi nhận:", bold))
        lines += [(line, plain) for line in document.recipients]
    return [(text, look) for text, look in lines if text]


def _words(block: Block) -> str:
    if isinstance(block, (Heading, Paragraph)):
        return block.text
    if isinstance(block, Table):
        return f"{block.title} (xem trang tính cùng tên)"
    return f"{block.title} (xem trang tính Biểu đồ)"
