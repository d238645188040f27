"""The document that every writer prints: what stands in it and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tracker.charts import AnyChart
from tracker.tables import Table

STATE_VI = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO_VI = "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a numbered section of the letter."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. `kind`: body, note (small) or choice (boxes to tick, kept on one page)."""

    text: str
    kind: str = "body"

    def __post_init__(self) -> None:
        if self.kind not in ("body", "note", "choice"):
            raise ValueError(f"a paragraph is body, note or choice, not {self.kind!r}")


Block = Heading | Paragraph | Table | AnyChart


@dataclass(frozen=True, slots=True)
class Masthead:
    """The block at the top of page 1 (Decree 30/2020/NĐ-CP, Appendix I, part I, II.1 to II.4).

    `issuer` is the name of the issuing body, line by line, `superior` that of the body directly
    above it, if it has one; `number` holds number and symbol, `place` place and date, with dots
    where the office fills in.
    """

    issuer: tuple[str, ...]
    number: str
    place: str
    superior: tuple[str, ...] = ()


NO_TABLE = Table("", "", (), ())


@dataclass(frozen=True, slots=True)
class Document:
    """One report. `mark` is printed on every page, sheet and web page (the synthetic mark) or ''.

    `kind` '' makes it an official letter (công văn): its `subject` begins with V/v and stands under
    the number. `definitions` and `passport` are sheets of the workbook and parts of the page; Word
    prints `annex`, whose headings of level 1 read `Phụ lục [number]. Name`. `stem` is the file name
    without its ending.
    """

    stem: str
    masthead: Masthead
    kind: str
    subject: str
    period: str
    addressee: str
    as_of: date
    as_of_line: str
    edition_line: str
    blocks: tuple[Block, ...]
    definitions: Table
    annex: tuple[Block, ...] = ()
    passport: Table = NO_TABLE
    signature: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    mark: str = ""

    @property
    def tables(self) -> list[Table]:
        """List the tables of the body in printing order."""
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def charts(self) -> list[AnyChart]:
        """List the charts of the body in printing order."""
        return [block for block in self.blocks if isinstance(block, AnyChart)]

    @property
    def title(self) -> str:
        """Give the title on one line, as file properties show it."""
        if not self.kind:
            return self.subject
        return f"{self.kind.capitalize()} {self.subject[:1].lower()}{self.subject[1:]}"


MOST_BETWEEN = 4
"""At most so many small blocks between two wide tables stay on their landscape pages."""


def lying(blocks: tuple[Block, ...]) -> list[bool]:
    """Say for each block whether it stands on a landscape page.

    Wide tables do, with the headings that lead to them and the few small blocks between two of
    them: turning the paper costs a page each time.
    """
    wide = [isinstance(block, Table) and block.wide for block in blocks]
    places = [number for number, lies in enumerate(wide) if lies]
    for first, following in pairwise(places):
        between = blocks[first + 1 : following]
        if len(between) <= MOST_BETWEEN and not any(isinstance(one, AnyChart) for one in between):
            wide[first:following] = [True] * (following - first)
    for number in range(len(blocks) - 2, -1, -1):
        if isinstance(blocks[number], Heading) and wide[number + 1]:
            wide[number] = True
    return wide
