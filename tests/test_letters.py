"""Letters are data: outline, dated addressee, open fields, and errors that name the file."""

from datetime import date
from pathlib import Path

import pytest

from tracker.errors import ConfigError
from tracker.letters import (
    Answer,
    letter_ids,
    letter_named,
    lines_of,
    open_questions,
    read_letter,
    text_of,
)
from tracker.reference import shipped


def test_letter_3836_has_the_official_headings_in_order() -> None:
    letter = letter_named("3836")
    assert [section.number for section in letter.sections] == ["1", "2", "3"]
    assert letter.sections[1].title_vi == "Đánh giá chung"
    assert [field.key for field in letter.sections[0].fields] == [
        "plan_status",
        "plan_results",
        "focus_elements",
        "key_message",
        "channels",
        "outcomes",
    ]
    assert letter.deadline == date(2024, 9, 24)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 9, 20), "Bộ Thông tin và Truyền thông"),
        (date(2025, 2, 28), "Bộ Thông tin và Truyền thông"),
        (date(2025, 3, 1), "Bộ Văn hóa, Thể thao và Du lịch"),
        (date(2026, 11, 1), "Bộ Văn hóa, Thể thao và Du lịch"),
    ],
)
def test_the_addressee_depends_on_the_day_of_the_report(day: date, expected: str) -> None:
    assert letter_named("3836").addressee_on(day).name_vi.startswith(expected)


def test_an_unknown_letter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="3836"):
        letter_named("9999")
    assert "3836" in letter_ids()


def test_open_questions_are_the_texts_nobody_wrote() -> None:
    letter = letter_named("3836")
    answers = [
        Answer("strengths", "Có"),
        Answer("lessons.worked", "Hay"),
        Answer("plan_results", ""),
    ]
    assert set(open_questions(letter, [])) - set(open_questions(letter, answers)) == {
        "strengths",
        "lessons.worked",
    }


def test_the_lines_of_a_text_and_of_a_list_are_joined_in_order() -> None:
    answers = [
        Answer("strengths", "thứ hai", row=1),
        Answer("strengths", "thứ nhất", row=0),
        Answer("channels.reason", "gần dân", row=3, evidence="KH 12"),
        Answer("channels.channel", "Truyền hình", row=3),
        Answer("channels.channel", "Báo in", row=1),
    ]
    assert text_of(answers, "strengths") == "thứ nhất\nthứ hai"
    assert text_of(answers, "proposals.ministry") == ""
    assert lines_of(answers, "channels") == [
        {"channel": "Báo in"},
        {"reason": "gần dân", "evidence": "KH 12", "channel": "Truyền hình"},
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('kind = "text"', 'kind = "guess"'), "line 45: kind is 'guess'.*measured, declared, text"),
        (('symbol = "BC-UBND"', ""), "line 1: the entry 'symbol' lacks"),
        (('id = "3836"', "id = "), "not a letter file.*line 5"),
        (('block = "elements"', 'block = "elemnts"'), "line 53: block is 'elemnts'; expected one"),
        (('key = "lessons"', 'key = "strengths"'), "line 98: key is 'strengths'.*once"),
        (("deadline = 2024-09-24", 'deadline = "soon"'), "line 8: deadline is 'soon'"),
        (('window = "programme"', 'window = "days"'), "line .*'from' lacks; expected a day"),
        (('window = "programme"', 'windw = "programme"'), "entry 'windw' is not known"),
    ],
)
def test_a_broken_letter_file_is_named(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = shipped("letters", "3836.toml").read_text(encoding="utf-8")
    broken = tmp_path / "3836.toml"
    broken.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_letter(broken)
    assert "3836.toml" in str(caught.value)
