"""The national view of a letter: all respondents of the store in one document, kept as an
edition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from jobs.editing import keep_edition
from jobs.opening import VERSION, Opened, night_clock
from jobs.reporting import answers_of, draft_number
from tracker.errors import ConfigError
from tracker.letters import Answer, Letter, UnitStatus, held_texts, letter_named, sending_status
from tracker.panel import load_panel
from tracker.periods import Window, local_date, map_on
from tracker.registry import read_tet_days
from tracker.reports import check_formats, make_edition, respondents, write_document
from tracker.reports.national import NATION, National, national_document, write_national_workbook


def write_national_of(
    opened: Opened,
    letter_id: str,
    *,
    formats: Sequence[str],
    out: Path | None,
    on: date | None,
    say: Callable[[str], None],
    asked: Window | None = None,
    map_name: str | None = None,
) -> list[Path]:
    """Write the national view of a letter and keep it as a draft edition; give the files.

    `on` is the day of the view (None = today), `map_name` the map whose localities answer (None =
    that of the day), `asked` the window in place of the letter's. Raises ConfigError.
    """
    check_formats(formats)
    now = night_clock(opened.settings)()
    day = on or local_date(now)
    letter = letter_named(letter_id, opened.folder)
    today = local_date(now)
    panel = load_panel(
        opened.store,
        until=min(day, today) + timedelta(days=1),
        archived_since=today - timedelta(days=opened.settings.archive_days),
    )
    chosen = map_name or map_on(day)
    units = respondents(panel, letter, chosen, day)
    if not units:
        kinds = ", ".join(letter.respondent_kinds) or "any kind"
        raise ConfigError(
            f"nobody has to answer letter {letter_id}: the register has no {letter.respondents} "
            f"({kinds}) on {day}"
        )
    answers = {unit: answers_of(opened, letter_id, unit) for unit in units}
    national = National(
        panel=panel,
        letter=letter,
        units=tuple(units),
        on=day,
        tet_days=tuple(read_tet_days(opened.folder)),
        map_name=chosen,
        statuses=tuple(statuses_of(opened, letter, units, answers)),
        answers=answers,
        asked=asked,
    )
    say(f"letter {letter_id}: {len(units)} {letter.respondents}")
    number = draft_number(opened, letter_id, NATION)
    edition, document = make_edition(
        national_document(national),
        letter=letter_id,
        unit_id=NATION,
        number=number,
        release=VERSION,
        today=today,
    )
    keep_edition(opened, edition, now)
    folder = out or opened.folder / "reports" / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for form in formats:
        if form == "xlsx":
            files.append(folder / f"{document.stem}.xlsx")
            write_national_workbook(national, document, files[-1])
        else:
            files += write_document(document, folder, (form,))
        say(f"{files[-1].name} written")
    return files


def statuses_of(
    opened: Opened, letter: Letter, units: Sequence[str], answers: dict[str, list[Answer]]
) -> list[UnitStatus]:
    """Say of each respondent what it has sent, and what neither it nor the register has filled."""
    store = opened.store
    tables = {
        "programmes": store.rows("programme"),
        "elements": store.rows("programme_element"),
        "outcomes": store.rows("outcome"),
        "events": store.rows("event"),
    }
    held = {unit: set(held_texts(letter, unit, **tables)) for unit in units}
    return sending_status(letter, units, answers, store.rows("edition", letter=letter.id), held)
