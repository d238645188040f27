"""Every letter over the sandbox country: a respondent with accounts read, and one without any."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import docx
import openpyxl
import pytest
from sandbox_folder import NIGHT, fresh_folder, open_folder

from jobs.opening import Opened
from jobs.reporting import write_reports_of
from tracker.letters import letter_ids, letter_named
from tracker.reports import FORMATS

RICH, EMPTY = "quang-ninh", "lai-chau"
AGENCIES = ("ubnd-quang-ninh", "ubnd-lai-chau")
NOTHING = {"nan", "NaN", "None", "NaT", "inf", ""}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    opened = open_folder(fresh_folder(tmp_path_factory.mktemp("thư") / "data", read=True))
    with opened.store:
        yield opened


@pytest.mark.parametrize("letter", letter_ids())
def test_each_letter_is_filled_for_a_rich_and_an_empty_respondent(
    opened: Opened, tmp_path: Path, letter: str
) -> None:
    by_agency = letter_named(letter).respondents == "agencies"
    files = write_reports_of(
        opened,
        letter,
        units=AGENCIES if by_agency else (RICH, EMPTY),
        everything=False,
        formats=FORMATS,
        out=tmp_path,
        on=NIGHT + timedelta(days=1),
        say=lambda line: None,
    )
    assert len(files) == 2 * len(FORMATS)
    assert all(file.name.startswith(f"gia-lap_{letter}_") for file in files)
    rich, empty = (file for file in files if file.suffix == ".docx")
    for file in (rich, empty):
        document = docx.Document(str(file))
        rows = [row for table in document.tables[1:-1] for row in table.rows]
        cells = [cell.text.strip() for row in rows for cell in row.cells]
        assert cells
        assert [cell for cell in cells if cell in NOTHING] == []
    assert _unknown(empty) > 0
    assert all(openpyxl.load_workbook(file).worksheets for file in files if file.suffix == ".xlsx")


def _unknown(file: Path) -> int:
    document = docx.Document(str(file))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return sum("chưa có số liệu" in text for text in (*paragraphs, *cells))
