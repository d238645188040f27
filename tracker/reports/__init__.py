"""Outline + panel + answers -> files: a report per respondent, its edition, and their list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from tracker.errors import ConfigError
from tracker.letters import Answer, Letter, open_questions
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import Window
from tracker.reports.blanking import without_account, without_ended_numbers
from tracker.reports.changes import with_changes
from tracker.reports.comparing import Comparison, Earlier, compare
from tracker.reports.edition import (
    Contents,
    Edition,
    contents_of,
    document_of,
    issue,
    make_edition,
    with_digest_before,
)
from tracker.reports.facts import Beside
from tracker.reports.filling import SYNTHETIC_VI, fill
from tracker.text import nearest
from tracker.writers import Document
from tracker.writers.excel import write_excel
from tracker.writers.page import Listed, write_list, write_page
from tracker.writers.word import write_word

__all__ = [
    "FORMATS",
    "SYNTHETIC_VI",
    "Contents",
    "Earlier",
    "Edition",
    "Written",
    "check_formats",
    "check_units",
    "compare",
    "contents_of",
    "document_of",
    "fill",
    "issue",
    "make_edition",
    "respondents",
    "with_digest_before",
    "without_account",
    "without_ended_numbers",
    "write_document",
    "write_report_list",
    "write_reports",
]

WRITERS: dict[str, tuple[str, Callable[[Document, Path], None]]] = {
    "docx": ("Word", write_word),
    "xlsx": ("Excel", write_excel),
    "html": ("Trang web", write_page),
}
FORMATS = tuple(WRITERS)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one respondent. `open` lists the questions nobody has answered yet;
    `compared` what changed since an earlier edition, None = it was not asked for.
    """

    unit_id: str
    name: str
    files: tuple[Path, ...]
    edition: Edition
    open: tuple[str, ...]
    compared: Comparison | None = None


def respondents(panel: Panel, letter: Letter, map_name: str, on: date) -> list[str]:
    """List who must answer a letter: the localities of a map, or the agencies of its kinds on a
    day."""
    if letter.respondents == "localities":
        return panel.map_localities(map_name)
    return [
        row.id
        for row in rows_of(panel.agencies)
        if (not letter.respondent_kinds or row.kind in letter.respondent_kinds)
        and (row.valid_from is None or row.valid_from <= on)
        and (row.valid_to is None or on <= row.valid_to)
    ]


def check_units(panel: Panel, units: Iterable[str]) -> None:
    """Refuse a locality or agency that is not in the register. Raises ConfigError."""
    known = [*panel.localities.index, *panel.agencies["id"]]
    for unit in units:
        if unit not in known:
            near = nearest(unit, known)
            hint = f"; did you mean {near}?" if near else "; expected an id such as quang-ninh"
            raise ConfigError(f"unknown locality or agency {unit!r}{hint}")


def check_formats(formats: Iterable[str]) -> None:
    """Refuse a format that no writer makes. Raises ConfigError."""
    for one in formats:
        if one not in WRITERS:
            raise ConfigError(f"unknown format {one!r}; expected some of {', '.join(FORMATS)}")


def write_reports(
    panel: Panel,
    letter: Letter,
    units: Sequence[str],
    folder: Path,
    *,
    on: date,
    tet_days: Iterable[date],
    formats: Sequence[str] = FORMATS,
    answers: Mapping[str, Sequence[Answer]] | None = None,
    numbers: Mapping[str, int] | None = None,
    asked: Window | None = None,
    today: date | None = None,
    release: str = "",
    earlier: Mapping[str, Earlier] | None = None,
    with_posts: Callable[[str], Panel] | None = None,
) -> Iterator[Written]:
    """Write the reports of some respondents into a folder, one after the other.

    `on` is the day of the report, `asked` the window in place of the letter's. `answers` and
    `numbers` (of the edition, 1 where none is given) are by respondent, and so are the editions
    that are `earlier` and to be compared with. What the terms no longer let us keep on `today` is
    left out (None = nothing is); `release` names this program in the editions. `with_posts` gives
    the panel with the looks at the posts of a respondent (None = `panel` has them already, or none
    are asked for). Yields each
    respondent as soon as its files lie there, so that the caller can show progress and keep the
    edition; with several respondents, a page that lists them is written last. Raises ConfigError
    for a respondent or format that is not known.
    """
    check_units(panel, units)
    check_formats(formats)
    folder.mkdir(parents=True, exist_ok=True)
    tet = tuple(tet_days)
    beside = Beside(panel, tet)
    listed: list[Listed] = []
    for unit in units:
        given = (answers or {}).get(unit, ())
        document = fill(
            letter,
            with_posts(unit) if with_posts else panel,
            unit,
            on=on,
            tet_days=tet,
            answers=given,
            asked=asked,
            beside=beside,
        )
        freeze = partial(
            make_edition,
            letter=letter.id,
            unit_id=unit,
            number=(numbers or {}).get(unit, 1),
            answers=given,
            release=release,
            today=today,
        )
        edition, printed = freeze(document)
        compared = None
        if earlier and unit in earlier:
            before = earlier[unit]
            compared = compare(before.contents, contents_of(edition), before.known)
            edition, printed = freeze(with_changes(document, compared, before.number))
        files = write_document(printed, folder, formats)
        left = tuple(open_questions(letter, given))
        name = unit_name(panel, unit)
        listed.append(_listed(name, files, left))
        yield Written(unit, name, files, edition, left, compared)
    if len(listed) > 1:
        write_report_list(letter, listed, folder, on=on, synthetic=panel.synthetic)


def unit_name(panel: Panel, unit_id: str) -> str:
    """Give the short name of a locality or agency."""
    if unit_id in panel.localities.index:
        return str(panel.localities.at[unit_id, "name_vi"])
    return str(panel.agencies.set_index("id").at[unit_id, "name_vi"])


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


def _listed(name: str, files: Sequence[Path], left: Sequence[str]) -> Listed:
    titled = tuple((WRITERS[file.suffix[1:]][0], file.name) for file in files)
    return Listed(name, titled, f"còn {len(left)} mục chưa có nội dung" if left else "")


def write_report_list(
    letter: Letter, listed: Sequence[Listed], folder: Path, *, on: date, synthetic: bool
) -> Path:
    """Write the page that lists the reports of a folder, with what is still open in each."""
    mark = SYNTHETIC_VI if synthetic else ""
    path = folder / f"{'gia-lap_' if mark else ''}{letter.id}_danh-sach.html"
    late = 0 if letter.deadline is None else (on - letter.deadline).days
    deadline = f"Hạn gửi: {letter.deadline_vi}" + (f" (đã quá {late} ngày)" if late > 0 else "")
    notes = [f"{letter.subject_vi}, {letter.period_vi}.", f"{deadline}."]
    write_list(f"Báo cáo theo công văn số {letter.number}", listed, notes, path, mark)
    return path
