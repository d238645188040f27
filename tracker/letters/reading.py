"""Reads letter files. What is wrong in one is said with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tracker.errors import ConfigError
from tracker.letters.outline import (
    BLOCKS,
    FORMS,
    KINDS,
    RESPONDENTS,
    WINDOWS,
    Authority,
    Field,
    Letter,
    ListColumn,
    Section,
)
from tracker.reference import shipped

TEXTS = (
    "id",
    "number",
    "deadline_vi",
    "document_kind_vi",
    "symbol",
    "subject_vi",
    "period_vi",
)
DAYS = ("issued_on", "deadline")
OTHERS = ("respondents", "respondent_kinds", "window", "from", "to")
FIELD_ENTRIES = (
    "key",
    "kind",
    "block",
    "title_vi",
    "options",
    "multiple",
    "parts",
    "columns",
    "indicators",
    "note_vi",
)
KEY = re.compile(r"[a-z][a-z0-9_]*")


def letter_ids(folder: Path | None = None) -> list[str]:
    """List the letters that are shipped, and those in the folder `letters` of a data folder."""
    return sorted(_files(folder))


def letter_named(letter_id: str, folder: Path | None = None) -> Letter:
    """Read a letter by its id; a file of the data folder `folder` comes before a shipped one.

    Raises ConfigError that lists the known ones.
    """
    files = _files(folder)
    if letter_id not in files:
        known = ", ".join(sorted(files))
        raise ConfigError(f"unknown letter {letter_id!r}; expected one of {known}")
    return read_letter(files[letter_id])


def _files(folder: Path | None) -> dict[str, Path]:
    own = [] if folder is None else (folder / "letters").glob("*.toml")
    return {path.stem: path for path in (*shipped("letters").glob("*.toml"), *own)}


class _Wrong(ValueError):
    """Something of the file is not as expected: where (a header and its count, a key) and what."""

    def __init__(self, place: tuple[str, int], key: str, what: str) -> None:
        self.place, self.key = place, key
        super().__init__(what)


def read_letter(path: Path) -> Letter:
    """Read one letter file. Raises ConfigError naming the file, the line and what was expected."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _Reader(tomllib.loads(text), path.stem).letter()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not a letter file: expected UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not a letter file: {error}") from error
    except _Wrong as error:
        line = _line_of(text, error.place, error.key)
        raise ConfigError(f"{path.name} line {line}: {error}") from error


def _line_of(text: str, place: tuple[str, int], key: str) -> int:
    """Find the line of a key under the n-th header of a kind; of the header where it lacks."""
    header, count = place
    at = seen = 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            if at or not header:
                break
            seen += stripped.replace(" ", "").startswith(f"[[{header}]]")
            at = number if seen == count else 0
        elif (at or not header) and re.match(rf"\"?{re.escape(key)}\"?\s*=", stripped):
            return number
    return at or 1


class _Reader:
    """One file's content on its way to a Letter; counts fields to name the line of a mistake."""

    def __init__(self, content: Mapping[str, Any], stem: str) -> None:
        self.content, self.stem = content, stem
        self.fields_read = 0
        self.keys: set[str] = set()

    def letter(self) -> Letter:
        top = ("", 0)
        tables = ("issuers", "addressees", "sections")
        _known(self.content, (*TEXTS, *DAYS, *OTHERS, *tables), top)
        texts = {name: _text(self.content, name, top) for name in TEXTS}
        if texts["id"] != self.stem:
            expected = f"id is {texts['id']!r}; expected the name of the file, {self.stem!r}"
            raise _Wrong(top, "id", expected)
        window = _one_of(self.content, "window", WINDOWS, top)
        first, last = (
            _day(self.content, name, top) if window == "days" else None for name in ("from", "to")
        )
        if first is not None and last is not None and last < first:
            raise _Wrong(top, "to", f"to is {last}; expected a day on or after from, {first}")
        return Letter(
            id=texts["id"],
            number=texts["number"],
            issued_on=_day_or_none(self.content, "issued_on", top),
            deadline=_day_or_none(self.content, "deadline", top),
            deadline_vi=texts["deadline_vi"],
            document_kind_vi=texts["document_kind_vi"],
            symbol=texts["symbol"],
            subject_vi=texts["subject_vi"],
            period_vi=texts["period_vi"],
            respondents=_one_of(self.content, "respondents", RESPONDENTS, top),
            respondent_kinds=_texts(self.content, "respondent_kinds", top),
            window=window,
            first_day=first,
            last_day=last,
            issuers=self._authorities("issuers"),
            addressees=self._authorities("addressees"),
            sections=tuple(
                self._section(row, ("sections", number))
                for number, row in enumerate(_rows(self.content, "sections", top), start=1)
            ),
        )

    def _authorities(self, name: str) -> tuple[Authority, ...]:
        return tuple(
            Authority(
                _text(row, "name_vi", (name, number)),
                _day(row, "valid_from", (name, number)) if "valid_from" in row else None,
                _day(row, "valid_to", (name, number)) if "valid_to" in row else None,
                _text(row, "source", (name, number)) if "source" in row else "",
            )
            for number, row in enumerate(_rows(self.content, name, ("", 0)), start=1)
        )

    def _section(self, row: Mapping[str, Any], place: tuple[str, int]) -> Section:
        _known(row, ("number", "title_vi", "fields"), place)
        fields = tuple(self._field(field) for field in _rows(row, "fields", place))
        return Section(_text(row, "number", place), _text(row, "title_vi", place), fields)

    def _field(self, row: Mapping[str, Any]) -> Field:
        self.fields_read += 1
        place = ("sections.fields", self.fields_read)
        _known(row, FIELD_ENTRIES, place)
        key = _text(row, "key", place)
        if not KEY.fullmatch(key) or key in self.keys:
            raise _Wrong(place, "key", f"key is {key!r}; expected a name of a-z, 0-9, _ used once")
        self.keys.add(key)
        kind = _one_of(row, "kind", KINDS, place)
        block = _one_of(row, "block", tuple(BLOCKS), place)
        if BLOCKS[block] != kind:
            expected = f"field {key!r}: block {block!r} fills kind {BLOCKS[block]!r}, not {kind!r}"
            raise _Wrong(place, "kind", expected)
        found = Field(
            key=key,
            kind=kind,
            block=block,
            title_vi=_text(row, "title_vi", place, empty=True),
            options=_texts(row, "options", place),
            multiple=_flag(row, "multiple", place),
            parts=_pairs(row, place),
            columns=_columns(row, place),
            indicators=_texts(row, "indicators", place),
            note_vi=_text(row, "note_vi", place) if "note_vi" in row else "",
        )
        if block == "choice" and not found.options:
            raise _Wrong(place, "options", f"field {key!r} is a choice; expected its options")
        if block == "list" and not found.columns:
            raise _Wrong(place, "columns", f"field {key!r} is a list; expected its columns")
        return found


def _known(row: Mapping[str, Any], names: Sequence[str], place: tuple[str, int]) -> None:
    for name in row:
        if name not in names:
            raise _Wrong(place, name, f"entry {name!r} is not known; expected {', '.join(names)}")


def _value(row: Mapping[str, Any], name: str, place: tuple[str, int], expected: str) -> Any:
    if name not in row:
        raise _Wrong(place, name, f"the entry {name!r} lacks; expected {expected}")
    return row[name]


def _text(row: Mapping[str, Any], name: str, place: tuple[str, int], *, empty: bool = False) -> str:
    found = _value(row, name, place, "a text")
    if not isinstance(found, str) or not (found.strip() or empty):
        raise _Wrong(place, name, f"{name} is {found!r}; expected a text")
    return found


def _day(row: Mapping[str, Any], name: str, place: tuple[str, int]) -> date:
    found = _value(row, name, place, "a day such as 2024-09-16, without quotes")
    if type(found) is not date:
        raise _Wrong(place, name, f"{name} is {found!r}; expected a day such as 2024-09-16")
    return found


def _day_or_none(row: Mapping[str, Any], name: str, place: tuple[str, int]) -> date | None:
    """Read a day that the sources may not tell; a file leaves it out where it is not known."""
    return _day(row, name, place) if name in row else None


def _flag(row: Mapping[str, Any], name: str, place: tuple[str, int]) -> bool:
    found = row.get(name, False)
    if not isinstance(found, bool):
        raise _Wrong(place, name, f"{name} is {found!r}; expected true or false")
    return found


def _one_of(
    row: Mapping[str, Any], name: str, allowed: Sequence[str], place: tuple[str, int]
) -> str:
    expected = f"one of {', '.join(allowed)}"
    found = _value(row, name, place, expected)
    if found not in allowed:
        raise _Wrong(place, name, f"{name} is {found!r}; expected {expected}")
    return str(found)


def _rows(row: Mapping[str, Any], name: str, place: tuple[str, int]) -> list[Mapping[str, Any]]:
    found = _value(row, name, place, f"at least one [[{name}]]")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise _Wrong(place, name, f"{name} is {found!r}; expected tables [[{name}]]")
    return found


def _texts(row: Mapping[str, Any], name: str, place: tuple[str, int]) -> tuple[str, ...]:
    found = row.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise _Wrong(place, name, f'{name} is {found!r}; expected texts such as ["a", "b"]')
    return tuple(found)


def _pairs(row: Mapping[str, Any], place: tuple[str, int]) -> tuple[tuple[str, str], ...]:
    found = row.get("parts", [])
    for one in found if isinstance(found, list) else [found]:
        if (
            not isinstance(one, list)
            or len(one) != 2
            or not all(isinstance(text, str) for text in one)
        ):
            raise _Wrong(place, "parts", f'parts has {one!r}; expected pairs ["key", "heading"]')
    return tuple((key, title) for key, title in found)


def _columns(row: Mapping[str, Any], place: tuple[str, int]) -> tuple[ListColumn, ...]:
    found = row.get("columns", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _Wrong(place, "columns", f"columns is {found!r}; expected tables {{key = …}}")
    columns: list[ListColumn] = []
    for one in found:
        _known(one, ("key", "title_vi", "form", "options"), place)
        form = _one_of({"form": one.get("form", "text")}, "form", FORMS, place)
        options = _texts(one, "options", place)
        key = _text(one, "key", place)
        if not KEY.fullmatch(key) or key in {column.key for column in columns}:
            expected = "expected a name of a-z, 0-9, _ used once in the list"
            raise _Wrong(place, "columns", f"columns has the key {key!r}; {expected}")
        columns.append(ListColumn(key, _text(one, "title_vi", place), form, options))
    return tuple(columns)
