"""Outline + panel + answers -> files: a report per locality, its edition, and their list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tracker.errors import ConfigError
from tracker.letters import Answer, Letter, letter_named, open_questions
from tracker.panel import Panel
from tracker.reports.edition import (
    Edition,
    document_of,
    make_edition,
    without_account,
    without_ended_numbers,
)
from tracker.reports.letter_3836 import SYNTHETIC_VI, report_3836
from tracker.text import nearest
from tracker.writers import Document
from tracker.writers.excel import write_excel
from tracker.writers.page import Listed, write_list, write_page
from tracker.writers.word import write_word

__all__ = [
    "FORMATS",
    "REPORTS",
    "SYNTHETIC_VI",
    "Edition",
    "Written",
    "document_of",
    "make_edition",
    "report_3836",
    "without_account",
    "without_ended_numbers",
    "write_document",
    "write_report_list",
    "write_reports",
]

REPORTS = {"3836": report_3836}
"""The letters that can be filled, each with the function that fills it."""
WRITERS: dict[str, tuple[str, Callable[[Document, Path], None]]] = {
    "docx": ("Word", write_word),
    "xlsx": ("Excel", write_excel),
    "html": ("Trang web", write_page),
}
FORMATS = tuple(WRITERS)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one locality. `open` lists the questions nobody has answered yet."""

    locality_id: str
    name: str
    files: tuple[Path, ...]
    edition: Edition
    open: tuple[str, ...]


def write_reports(
    panel: Panel,
    letter_id: str,
    localities: Sequence[str],
    folder: Path,
    *,
    on: date,
    tet_days: Iterable[date],
    formats: Sequence[str] = FORMATS,
    answers: Mapping[str, Sequence[Answer]] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Iterator[Written]:
    """Write the reports of some localities into a folder, one after the other.

    `on` is the day of the report. `answers` and `numbers` (of the edition, 1 where none is given)
    are by locality. Yields each locality as soon as its files lie there, so that the caller can
    show progress and keep the edition; with several localities, a page that lists them is written
    last. Raises ConfigError for a letter, locality or format that is not known.
    """
    letter = letter_named(letter_id)
    _check(panel, letter, localities, formats)
    folder.mkdir(parents=True, exist_ok=True)
    tet = tuple(tet_days)
    done = []
    for locality_id in localities:
        given = (answers or {}).get(locality_id, ())
        document = REPORTS[letter_id](panel, locality_id, on=on, tet_days=tet, answers=given)
        number = (numbers or {}).get(locality_id, 1)
        edition, document = make_edition(
            document, letter=letter_id, locality_id=locality_id, number=number
        )
        files = write_document(document, folder, formats)
        name = str(panel.localities.at[locality_id, "name_vi"])
        done.append(
            Written(locality_id, name, files, edition, tuple(open_questions(letter, given)))
        )
        yield done[-1]
    if len(done) > 1:
        write_report_list(letter, done, folder, on=on, synthetic=panel.synthetic)


def _check(panel: Panel, letter: Letter, localities: Sequence[str], formats: Sequence[str]) -> None:
    if letter.id not in REPORTS:
        known = ", ".join(REPORTS)
        raise ConfigError(f"letter {letter.id} has no report yet; expected one of {known}")
    for locality_id in localities:
        if locality_id not in panel.localities.index:
            near = nearest(locality_id, panel.localities.index)
            hint = f"; did you mean {near}?" if near else "; expected an id such as quang-ninh"
            raise ConfigError(f"unknown locality {locality_id!r}{hint}")
    for one in formats:
        if one not in WRITERS:
            raise ConfigError(f"unknown format {one!r}; expected some of {', '.join(FORMATS)}")


def write_document(
    document: Document, folder: Path, formats: Sequence[str] = FORMATS
) -> tuple[Path, ...]:
    """Write one document in some formats; gives the files in that order."""
    paths = []
    for one in formats:
        path = folder / f"{document.stem}.{one}"
        WRITERS[one][1](document, path)
        paths.append(path)
    return tuple(paths)


def write_report_list(
    letter: Letter, reports: Sequence[Written], folder: Path, *, on: date, synthetic: bool
) -> Path:
    """Write the page that lists the reports of a folder, with what is still open in each."""
    mark = SYNTHETIC_VI if synthetic else ""
    listed = [
        Listed(
            report.name,
            tuple((WRITERS[file.suffix[1:]][0], file.name) for file in report.files),
            f"còn {len(report.open)} mục chưa có nội dung" if report.open else "",
        )
        for report in reports
    ]
    path = folder / f"{'gia-lap_' if mark else ''}{letter.id}_danh-sach.html"
    late = (letter.deadline - on).days
    deadline = f"Hạn gửi: {letter.deadline_vi}" + (f" (đã quá {-late} ngày)" if late < 0 else "")
    notes = [f"{letter.subject_vi}, {letter.period_vi}.", f"{deadline}."]
    write_list(f"Báo cáo theo công văn số {letter.number}", listed, notes, path, mark)
    return path
