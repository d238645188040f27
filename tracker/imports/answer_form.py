"""The workbook that an officer fills for a letter: questions, lists, and what is known already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.imports.answer_guide import guide_lines
from tracker.imports.questions import parts_of, question_of, stored_line_evidence
from tracker.letters import (
    CHANNEL,
    EVIDENCE,
    Field,
    Letter,
    ListColumn,
    Section,
    asks_by_account,
    column_of,
    line_columns,
)
from tracker.sheets import Form, FormCell, FormColumn, FormRow, FormSheet, sheet_title
from tracker.text.printable import day_text

ANSWERS_SHEET = "Câu trả lời"
FORM_KIND = "answers"
"""Identity of the forms of this module."""

ANSWER = "answer"
OFFICE_KEY, DAY_KEY = "office", "answered_on"
EMPTY_LINES = 20
"""Lines that a list offers beside those that are filled."""
LINE_LETTERS = 160
"""Width of a list in letters, so that it prints legibly on A4."""

COLUMNS = (
    FormColumn("section", "Mục", 6),
    FormColumn("question", "Nội dung được hỏi", 38),
    FormColumn("kind", "Cách trả lời", 15),
    FormColumn(ANSWER, "Trả lời", 52),
    FormColumn(EVIDENCE, "Minh chứng (văn bản, tệp, đường dẫn)", 26),
    FormColumn("note", "Ghi chú", 30),
)
TEXT_VI, CHOICE_VI, SEVERAL_VI = "Viết", "Chọn một", "Chọn một hoặc nhiều"
LINES_VI, MEASURED_VI, REGISTER_VI = "Điền ở trang riêng", "Đo tự động", "Theo danh bạ"
SEVERAL_NOTE_VI = "Nhiều lựa chọn thì ghi cách nhau bằng dấu chấm phẩy (;)."
CHOICES_NOTE_VI = "Chọn trong danh sách ở ô trả lời."
MEASURED_NOTE_VI = "Không phải điền; số liệu nằm trong báo cáo."
HELD_NOTE_VI = "Danh bạ đã có. Nếu chưa đúng, đề nghị đơn vị quản lý danh bạ sửa."
NOT_HELD_NOTE_VI = "Danh bạ chưa có; khai ở đây."
MEASURED_TITLE_VI = "Số liệu đo được kèm theo mục trên"

Stored = Mapping[tuple[str, int], Mapping[str, Any]]
"""(question, row) -> the row of the table `answer`."""


@dataclass(frozen=True, slots=True)
class Respondent:
    """Who answers: id and name of the locality or agency, and its accounts (id, name) in the order
    of the report. `held` is what the register says to the letter's fields (`held_texts`).
    """

    unit_id: str
    name_vi: str
    accounts: tuple[tuple[str, str], ...] = ()
    held: Mapping[str, str] | None = None


def answer_form(
    letter: Letter,
    respondent: Respondent,
    answers: Iterable[Mapping[str, Any]],
    *,
    edition: int,
    made_on: date,
    mark: str = "",
) -> Form:
    """Make the form of one respondent; `answers` are its rows of the table `answer`.

    `edition` is the number of the edition that the answers will go into, `mark` the warning of a
    synthetic store, '' = official numbers.
    """
    stored = {(row["question"], row["row"]): row for row in answers}
    titles = _line_titles(letter)
    title = f"Phiếu trả lời công văn số {letter.number} – {respondent.name_vi}"
    line = f"Bản số {edition} (dự thảo) · lập ngày {day_text(made_on)} · hạn: {letter.deadline_vi}"
    rows = [*_head_rows(respondent)]
    for section in letter.sections:
        heading = FormCell(f"{section.number}. {section.title_vi}")
        rows.append(FormRow(f"section:{section.number}", (heading,), heading=True))
        above = section.title_vi
        for field in section.fields:
            rows += _field_rows(section, field, above, respondent, stored, titles)
            above = field.title_vi or above
    sheets = [FormSheet(ANSWERS_SHEET, (title, line), COLUMNS, tuple(rows))]
    for field in letter.fields:
        if field.key in titles:
            sheets.append(_line_sheet(titles[field.key], title, field, respondent, stored))
    return Form(
        title=title,
        identity={
            "kind": FORM_KIND,
            "letter": letter.id,
            "unit": respondent.unit_id,
            "edition": str(edition),
            "made_on": made_on.isoformat(),
            "synthetic": "1" if mark else "0",
        },
        guide=guide_lines(
            letter, respondent.unit_id, respondent.name_vi, edition, made_on, ANSWERS_SHEET
        ),
        sheets=tuple(sheets),
        made_on=made_on,
        footer=f"{letter.number} · {respondent.name_vi} · bản số {edition} · {day_text(made_on)}",
        mark=mark,
    )


def row_key(question: str, row: int) -> str:
    """Name a row of the form by what it asks."""
    return f"{row}:{question}"


def asked_by(key: str) -> tuple[int, str]:
    """Give row and question of a key that `row_key` made. Raises ValueError for another."""
    row, _, question = key.partition(":")
    return int(row), question


def lines_stored(field: str, stored: Stored) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """Collect the stored answers to a list: (item, row) -> its cells, in the order of the rows."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for (question, row), answer in sorted(stored.items(), key=lambda one: (one[0][1], one[0][0])):
        name, item, column = parts_of(question)
        if name == field and column:
            found.setdefault((item, row), []).append(answer)
    return found


def stored_text(stored: Stored, question: str, row: int) -> str:
    """Give the stored answer to a question, '' = none; the evidence of a line also where it came
    cell by cell."""
    answer = stored.get((question, row))
    if answer is not None:
        return answer["value"] or ""
    field, item, column = parts_of(question)
    if column != EVIDENCE:
        return ""
    return stored_line_evidence(lines_stored(field, stored).get((item, row), []))


def _line_titles(letter: Letter) -> dict[str, str]:
    """Name a sheet for each field that asks for lines."""
    taken = {ANSWERS_SHEET.lower()}
    found = {}
    for section in letter.sections:
        for field in section.fields:
            if line_columns(field):
                found[field.key] = sheet_title(field.title_vi or section.title_vi, taken)
    return found


def _head_rows(respondent: Respondent) -> list[FormRow]:
    office = FormCell("", locked=False)
    return [
        _row(OFFICE_KEY, "", "Cơ quan, đơn vị trả lời", TEXT_VI, office, "Không ghi tên người."),
        _row(
            DAY_KEY,
            "",
            "Ngày trả lời",
            TEXT_VI,
            FormCell("", locked=False),
            "Ghi 20/09/2024. Để trống thì lấy ngày nhập.",
        ),
    ]


def _row(
    key: str,
    number: str,
    question: str,
    kind: str,
    answer: FormCell,
    note: str = "",
    evidence: FormCell | None = None,
) -> FormRow:
    cells = (FormCell(number), FormCell(question), FormCell(kind), answer)
    return FormRow(key, (*cells, evidence or FormCell(), FormCell(note)))


def _field_rows(
    section: Section,
    field: Field,
    above: str,
    respondent: Respondent,
    stored: Stored,
    titles: Mapping[str, str],
) -> list[FormRow]:
    """Write the rows of a field into the sheet of answers; `above` is the title it stands under."""
    title = field.title_vi or above
    number = section.number
    if field.block in ("text", "choice"):
        parts = field.parts or (("", ""),)
        return [
            row
            for part, name in parts
            for row in _question_rows(
                number,
                field,
                question_of(field.key, part),
                f"{title} – {name}" if name else title,
                stored,
            )
        ]
    key = row_key(field.key, 0)
    note = field.note_vi
    if field.key in titles:
        where = FormCell(f"Điền ở trang “{titles[field.key]}”.")
        if field.kind == "measured":
            where = FormCell(f"{_measured_text(respondent)} {where.text}")
        held = (respondent.held or {}).get(field.key)
        text = f"{held}. {where.text}" if held else where.text
        return [_row(key, number, title, LINES_VI, FormCell(text), note)]
    if field.kind == "measured":
        shown = title if field.title_vi else f"{MEASURED_TITLE_VI}: {above}"
        text = _measured_text(respondent)
        return [_row(key, number, shown, MEASURED_VI, FormCell(text), note or MEASURED_NOTE_VI)]
    held = (respondent.held or {}).get(field.key, "")
    if held or not field.options:
        text = held or "Danh bạ chưa có."
        return [_row(key, number, title, REGISTER_VI, FormCell(text), note or HELD_NOTE_VI)]
    (row,) = _question_rows(number, field, field.key, title, stored, NOT_HELD_NOTE_VI)[:1]
    return [row]


def _measured_text(respondent: Respondent) -> str:
    count = len(respondent.accounts)
    return f"Đo tự động trên {count} tài khoản đã đăng ký." if count else "Chưa có tài khoản nào."


def _question_rows(
    number: str, field: Field, question: str, title: str, stored: Stored, lack: str = ""
) -> list[FormRow]:
    """Write a question: one row, and one for each further stored line of its text."""
    rows = sorted(row for asked, row in stored if asked == question) or [0]
    kind = TEXT_VI
    notes = [lack, field.note_vi]
    if field.options:
        kind = SEVERAL_VI if field.multiple else CHOICE_VI
        notes.append(SEVERAL_NOTE_VI if field.multiple else CHOICES_NOTE_VI)
    note = " ".join(one for one in notes if one)
    found = []
    for line, row in enumerate(rows):
        answer = stored.get((question, row), {})
        text = FormCell(
            answer.get("value") or "", locked=False, choices=field.options, several=field.multiple
        )
        evidence = FormCell(answer.get("evidence") or "", locked=False)
        name = title if line == 0 else f"{title} (tiếp)"
        found.append(_row(row_key(question, row), number, name, kind, text, note, evidence))
    return found


def _line_sheet(
    name: str, title: str, field: Field, respondent: Respondent, stored: Stored
) -> FormSheet:
    """Write the lines of a field: those of the accounts, those that are stored, empty ones. The
    last column is for evidence."""
    columns = line_columns(field)
    if column_of(field, EVIDENCE) is None:
        columns = (*columns, ListColumn(EVIDENCE, "Minh chứng"))
    lines = lines_stored(field.key, stored)
    named = dict(respondent.accounts) if asks_by_account(field) else {}
    items = [*((account, 0) for account in named), *(one for one in lines if one[0])]
    last = max((row for item, row in lines if not item), default=-1)
    free = [("", row) for row in range(last + 1 + EMPTY_LINES)]
    rows = []
    for at, (item, row) in enumerate([*dict.fromkeys(items), *free], start=1):
        cells = [FormCell(str(at))]
        for column in columns:
            question = question_of(field.key, item, column.key)
            fixed = bool(item) and column.key == CHANNEL
            text = named.get(item, item) if fixed else stored_text(stored, question, row)
            choices = () if fixed else column.options
            cells.append(FormCell(text, locked=fixed, choices=choices))
        rows.append(FormRow(row_key(f"{field.key}/{item}", row), tuple(cells)))
    width = max(18, min(34, LINE_LETTERS / len(columns)))
    shown = (
        FormColumn("_line", "TT", 5),
        *(FormColumn(one.key, _column_title(one.title_vi, one.form), width) for one in columns),
    )
    return FormSheet(name, (title, _line_note(field)), shown, tuple(rows))


def _column_title(title: str, form: str) -> str:
    hints = {"number": " (số)", "day": " (ngày/tháng/năm)"}
    return title + hints.get(form, "")


def _line_note(field: Field) -> str:
    if asks_by_account(field):
        return (
            "Các dòng đầu là tài khoản đã đăng ký: số liệu trước và sau đã đo tự động, chỉ ghi số "
            "đơn vị tự khai nếu có, kèm minh chứng. Kênh khác (báo chí, truyền hình, sự kiện …) "
            "ghi ở các dòng dưới."
        )
    return f"{field.title_vi}: mỗi dòng một nội dung; dòng không dùng thì để trống."
