"""Answer sheets from the store: written for each respondent, and who has sent what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jobs.national import statuses_of
from jobs.opening import Opened, night_clock
from jobs.reporting import answers_of, draft_number
from tracker.errors import ConfigError
from tracker.imports import Respondent, answer_form
from tracker.letters import Letter, days_left, days_left_vi, held_texts, letter_named
from tracker.panel import Panel, load_panel
from tracker.periods import local_date, map_on
from tracker.platforms import PLATFORMS
from tracker.reports import SYNTHETIC_VI, check_units, respondents
from tracker.sheets import write_form
from tracker.text import full_name
from tracker.text.printable import day_text


def write_answer_sheets(
    opened: Opened,
    letter_id: str,
    *,
    units: Sequence[str],
    everything: bool,
    out: Path,
    on: date | None,
    map_name: str | None,
    say: Callable[[str], None],
) -> list[Path]:
    """Write the sheet to fill for some respondents, or with `everything` for all; give the files.

    `out` is a file for one respondent and a folder for several. Raises ConfigError for a respondent
    that is not in the register or does not answer this letter.
    """
    day = on or local_date(night_clock(opened.settings)())
    letter = letter_named(letter_id, opened.folder)
    panel = load_panel(opened.store)
    wanted = respondents(panel, letter, map_name or map_on(day), day) if everything else list(units)
    if not wanted:
        raise ConfigError(
            f"for which of the {letter.respondents}? name one with --locality ID or --agency ID, "
            "or take all with --all"
        )
    check_units(panel, wanted)
    _check_kind(panel, letter, wanted)
    single = len(wanted) == 1 and not everything
    if single and out.is_dir():
        raise ConfigError(f"{out} is a folder; --out names the file to write, such as phieu.xlsx")
    rows = {name: opened.store.rows(table) for name, table in REGISTER_TABLES.items()}
    files = []
    for number, unit in enumerate(wanted, 1):
        form = answer_form(
            letter,
            _respondent(panel, letter, unit, day, rows),
            opened.store.rows("answer", letter=letter_id, unit_id=unit),
            edition=draft_number(opened, letter_id, unit),
            made_on=day,
            mark=SYNTHETIC_VI if panel.synthetic else "",
        )
        mark = "gia-lap_" if panel.synthetic else ""
        files.append(out if single else out / f"{mark}{letter_id}_{unit}_tra-loi.xlsx")
        write_form(files[-1], form)
        say(f"{number}/{len(wanted)} {files[-1].name}")
    return files


REGISTER_TABLES = {
    "programmes": "programme",
    "elements": "programme_element",
    "outcomes": "outcome",
    "events": "event",
}


def _check_kind(panel: Panel, letter: Letter, units: Sequence[str]) -> None:
    """Refuse a locality where agencies answer, and the other way round."""
    for unit in units:
        if (unit in panel.localities.index) != (letter.respondents == "localities"):
            option = "--locality" if letter.respondents == "localities" else "--agency"
            raise ConfigError(
                f"letter {letter.id} is answered by {letter.respondents}, and {unit!r} is none; "
                f"name one with {option} ID"
            )


def _respondent(
    panel: Panel, letter: Letter, unit: str, day: date, rows: dict[str, list[dict[str, Any]]]
) -> Respondent:
    """Collect what a sheet says of its respondent: the accounts it owns on the day, or owned on its
    last one, and what the register holds."""
    if unit in panel.localities.index:
        row: Any = panel.localities_on(day).loc[unit]
        name, column = full_name(row["kind"] or "tỉnh", row["name_vi"]), "locality_id"
        day = day if row["valid_to"] is None else min(day, row["valid_to"])
    else:
        name, column = str(panel.agencies.set_index("id").at[unit, "name_vi"]), "agency_id"
    owned = panel.accounts_on(min(day, panel.until - timedelta(days=1)))
    owned = owned[owned[column] == unit].sort_values(["platform"], kind="stable")
    accounts = tuple(
        (str(account), _account_name(str(account), row)) for account, row in owned.iterrows()
    )
    return Respondent(unit, name, accounts, held_texts(letter, unit, **rows))


def _account_name(account: str, row: Any) -> str:
    """Write an account as reports do, and its id, by which other sheets name it."""
    shown = row["handle"] or row["url"] or account
    return f"{PLATFORMS[row['platform']].title}: {shown} ({row['agency_name']}) [{account}]"


def status_rows(
    opened: Opened, letter_id: str, *, on: date | None, map_name: str | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Say who has sent what to a letter: rows for programs, and lines to print."""
    day = on or local_date(night_clock(opened.settings)())
    letter = letter_named(letter_id, opened.folder)
    panel = load_panel(opened.store)
    units = respondents(panel, letter, map_name or map_on(day), day)
    answers = {unit: answers_of(opened, letter_id, unit) for unit in units}
    found = statuses_of(opened, letter, units, answers)
    rows = [
        {
            "unit": one.unit_id,
            "state": one.state,
            "asked": one.asked,
            "open": list(one.open),
            "edition": one.number,
            "document_number": one.document_number,
            "document_date": one.document_date,
            "draft": one.draft,
            "deadline": letter.deadline,
            "days_left": days_left(letter, day),
        }
        for one in found
    ]
    counts = {state: sum(one.state == state for one in found) for state in ("sent", "in_work")}
    lines = [
        f"Công văn {letter.number}: {letter.deadline_vi} ({days_left_vi(letter, day)}); "
        f"{len(found)} đơn vị phải trả lời, {counts['sent']} đã gửi, {counts['in_work']} đang làm, "
        f"{len(found) - sum(counts.values())} chưa làm"
    ]
    width = max((len(one.unit_id) for one in found), default=0)
    for one in found:
        sent = ""
        if one.state == "sent":
            number = one.document_number or "chưa có số liệu (chưa ghi số văn bản)"
            when = f", ngày {day_text(one.document_date)}" if one.document_date else ""
            sent = f" · bản số {one.number}: {number}{when}"
        left = f"còn {len(one.open)}/{one.asked} nội dung chưa trả lời"
        lines.append(f"  {one.unit_id:<{width}}  {one.state_vi:<8}  {left}{sent}")
    return rows, lines
