"""Letters as a person sees them: the list, one outline, a new file. Opens no store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.errors import ConfigError
from tracker.letters import Field, Letter, letter_ids, letter_named, line_columns, read_letter
from tracker.reference import shipped
from tracker.registry.words import agency_kinds
from tracker.text.printable import day_text

KINDS_VI = {"measured": "đo tự động", "declared": "khai", "text": "viết"}
RESPONDENTS_VI = {"localities": "địa phương", "agencies": "cơ quan"}
LETTER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class LetterList:
    """The letters that can be read, and a sentence for each file that cannot."""

    letters: tuple[Letter, ...]
    wrong: tuple[str, ...]

    def lines(self) -> list[str]:
        """Print one letter after the other."""
        found = []
        for letter in self.letters:
            found.append(f"{letter.id:<8} {issued_vi(letter)}")
            found.append(f"         {letter.subject_vi}")
            found.append(
                f"         {letter.issuer().name_vi} · hạn: {letter.deadline_vi} · "
                f"{_respondents(letter)} · {window_vi(letter)} · {_kinds(letter)}"
            )
        return found


def list_letters(folder: Path | None) -> LetterList:
    """Read all letters, shipped and of a data folder (None = there is none)."""
    letters, wrong = [], []
    for letter_id in letter_ids(folder):
        try:
            letters.append(letter_named(letter_id, folder))
        except ConfigError as error:
            wrong.append(str(error))
    return LetterList(tuple(letters), tuple(wrong))


def letter_row(letter: Letter) -> dict[str, Any]:
    """Give a letter without its outline, for programs."""
    return {
        "id": letter.id,
        "number": letter.number,
        "issued_on": letter.issued_on,
        "issuer": letter.issuer().name_vi,
        "subject": letter.subject_vi,
        "deadline": letter.deadline,
        "respondents": letter.respondents,
        "respondent_kinds": list(letter.respondent_kinds),
        "window": letter.window,
        "from": letter.first_day,
        "to": letter.last_day,
        "fields": dict(Counter(field.kind for field in letter.fields)),
    }


def outline_row(letter: Letter) -> dict[str, Any]:
    """Give a letter with its outline, for programs."""
    sections = [
        {
            "number": section.number,
            "title": section.title_vi,
            "fields": [_field_row(field) for field in section.fields],
        }
        for section in letter.sections
    ]
    return {**letter_row(letter), "sections": sections}


def _field_row(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "kind": field.kind,
        "block": field.block,
        "title": field.title_vi,
        "options": list(field.options),
        "multiple": field.multiple,
        "parts": dict(field.parts),
        "columns": {column.key: column.title_vi for column in line_columns(field)},
        "indicators": list(field.indicators),
    }


def outline_lines(letter: Letter) -> list[str]:
    """Print the outline of a letter."""
    found = [
        f"Công văn số {issued_vi(letter)} ({letter.issuer().name_vi})",
        f"{letter.document_kind_vi}: {letter.subject_vi}, {letter.period_vi}",
        f"Hạn: {letter.deadline_vi} · người trả lời: {_respondents(letter)} · {window_vi(letter)}",
    ]
    for section in letter.sections:
        found += ["", f"{section.number}. {section.title_vi}"]
        for field in section.fields:
            found += _field_lines(field)
    return found


def _field_lines(field: Field) -> list[str]:
    title = field.title_vi or "(không có tiêu đề riêng)"
    found = [f"  {field.key:<18} [{KINDS_VI[field.kind]}: {field.block}] {title}"]
    if field.options:
        several = " (chọn nhiều, cách nhau bằng ;)" if field.multiple else ""
        found.append(f"{'':<20} lựa chọn{several}: {' | '.join(field.options)}")
    found += [f"{'':<20} ý {key}: {name}" for key, name in field.parts]
    if columns := line_columns(field):
        names = [_column_text(one.title_vi, one.form, one.options) for one in columns]
        found.append(f"{'':<20} cột: {'; '.join(names)}")
    if field.indicators:
        found.append(f"{'':<20} chỉ số: {', '.join(field.indicators)}")
    return found


def _column_text(title: str, form: str, options: Sequence[str]) -> str:
    if options:
        return f"{title} ({' | '.join(options)})"
    return title + {"number": " (số)", "day": " (ngày)"}.get(form, "")


def issued_vi(letter: Letter) -> str:
    """Give number and day of a letter; the day is left out where it is not known."""
    day = f" ngày {day_text(letter.issued_on)}" if letter.issued_on is not None else ""
    return f"{letter.number}{day}"


def window_vi(letter: Letter) -> str:
    """Say which days a letter asks about."""
    if letter.first_day is not None and letter.last_day is not None:
        return f"từ {day_text(letter.first_day)} đến {day_text(letter.last_day)}"
    if letter.window == "programme":
        return "trước và sau ngày bắt đầu chương trình"
    return "52 tuần gần nhất"


def _respondents(letter: Letter) -> str:
    words = agency_kinds()
    names = ", ".join(words.get(kind, (kind,))[0] for kind in letter.respondent_kinds)
    return RESPONDENTS_VI[letter.respondents] + (f" ({names})" if names else "")


def _kinds(letter: Letter) -> str:
    counts = Counter(field.kind for field in letter.fields)
    said = ", ".join(f"{counts[kind]} {name}" for kind, name in KINDS_VI.items() if counts[kind])
    return f"{sum(counts.values())} nội dung: {said}"


def new_letter(path: Path, known: Sequence[str]) -> Path:
    """Write a commented example letter, valid as it is; its id is the name of the file.

    `known` are the ids that are taken. Raises ConfigError for one of them, a file that is there, or
    a name that is no id.
    """
    if path.suffix != ".toml" or not LETTER_ID.fullmatch(path.stem):
        raise ConfigError(
            f"{path.name}: expected a name of letters A-Z, digits, - and _ for a letter, such as "
            "123-2026.toml"
        )
    if path.exists() or path.stem in known:
        raise ConfigError(f"there is a letter {path.stem} already; choose another id")
    example = shipped("letters", "example.txt").read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example.format(id=path.stem), encoding="utf-8", newline="\n")
    read_letter(path)
    return path
