"""Answer sheets: written for an officer, filled, read back; and who has sent what."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jobs.answering import status_rows, write_answer_sheets
from jobs.lettering import list_letters, new_letter, outline_lines
from jobs.opening import Opened
from jobs.reporting import answers_of, write_reports_of
from tests.sandbox_folder import fresh_folder, open_folder, quiet, run_tracker
from tracker.errors import ConfigError, InputError
from tracker.imports import Imported, Respondent, answer_form, import_file
from tracker.imports.answer_form import ANSWERS_SHEET
from tracker.imports.answer_return import Returned, check_form
from tracker.imports.contacts import contact_in
from tracker.letters import (
    BLOCKS,
    Answer,
    Letter,
    days_left_vi,
    held_texts,
    letter_ids,
    letter_named,
    lines_of,
    open_questions,
    sending_status,
)
from tracker.letters.reading import FIELD_ENTRIES, TEXTS, read_letter
from tracker.periods import scheduled_at
from tracker.reference import shipped
from tracker.sheets import read_form, write_form
from tracker.sheets.workbook import NOTES_SHEET

LETTER = letter_named("3836")
CHANNELS_SHEET = "Phương thức, kênh truyền thông"
ANSWER_COLUMN, EVIDENCE_COLUMN = 5, 6
DAY = date(2024, 9, 16)
QUANG_NINH = Respondent(
    "quang-ninh",
    "tỉnh Quảng Ninh",
    (("qn-bluesky", "Bluesky: @qn"), ("qn-youtube", "YouTube: @qn")),
    {"plan_status": "Đã xây dựng: KH 100", "key_message": "Xác định: “Hạ Long”"},
)


def stored(question: str, value: str | None, row: int = 0, evidence: str | None = None) -> Any:
    return {"question": question, "row": row, "value": value, "evidence": evidence}


class Desk:
    """A sheet on an officer's desk: written, changed in a spreadsheet, read back."""

    def __init__(
        self,
        path: Path,
        answers: Sequence[Any] = (),
        letter: Letter = LETTER,
        respondent: Respondent = QUANG_NINH,
    ) -> None:
        self.path, self.letter, self.answers = path, letter, list(answers)
        form = answer_form(letter, respondent, answers, edition=1, made_on=DAY)
        write_form(path, form)
        self.book = openpyxl.load_workbook(path)

    def row_of(self, key: str, sheet: str = ANSWERS_SHEET) -> int:
        found: int = next(cell.row for cell in self.book[sheet]["A"] if cell.value == key)
        return found

    def put(self, key: str, text: object, column: int = ANSWER_COLUMN, sheet: str = "") -> None:
        page = self.book[sheet or ANSWERS_SHEET]
        cell: Any = page.cell(self.row_of(key, page.title), column)
        cell.value = text

    def returned(self, stored_now: Sequence[Any] | None = None, **asked: Any) -> Returned:
        self.book.save(self.path)
        form = read_form(self.path)
        assert form is not None
        now = self.answers if stored_now is None else stored_now
        held = {(row["question"], row["row"]): row for row in now}
        options = {"office": None, "today": DAY, "replacing": False, **asked}
        return check_form(form, self.letter, "quang-ninh", held, **options)

    def refused(self, **asked: Any) -> list[str]:
        with pytest.raises(InputError) as caught:
            self.returned(**asked)
        return [str(problem) for problem in caught.value.problems]


def brought(found: Returned) -> dict[tuple[str, int], Any]:
    return {(row["question"], row["row"]): row["value"] for row in found.rows}


def test_a_sheet_that_nobody_filled_brings_nothing_in_any_letter(tmp_path: Path) -> None:
    for letter_id in letter_ids():
        letter = letter_named(letter_id)
        desk = Desk(tmp_path / f"{letter_id}.xlsx", letter=letter)
        assert desk.returned().rows == (), letter_id


def test_only_the_cells_to_fill_can_be_changed_and_choices_drop_down(tmp_path: Path) -> None:
    cao_bang = Respondent("cao-bang", "tỉnh Cao Bằng")
    desk = Desk(tmp_path / "a.xlsx", respondent=cao_bang)
    assert desk.book.sheetnames[:3] == [NOTES_SHEET, ANSWERS_SHEET, CHANNELS_SHEET]
    for title in desk.book.sheetnames:
        assert desk.book[title].protection.sheet
        assert desk.book[title].protection.password is None
    page = desk.book[ANSWERS_SHEET]
    assert page.column_dimensions["A"].hidden
    assert page.row_dimensions[1].hidden
    row = desk.row_of("0:plan_status")
    assert not page.cell(row, ANSWER_COLUMN).protection.locked
    assert page.cell(row, 3).protection.locked
    (rule,) = [one for one in page.data_validations.dataValidation if f"E{row}" in one.sqref]
    place, first, last = re.fullmatch(
        r"'Lựa chọn'!\$(\w)\$(\d):\$\w\$(\d)", rule.formula1.removeprefix("=")
    ).groups()  # type: ignore[union-attr]  # the assert below would fail as well
    words = [desk.book["Lựa chọn"][f"{place}{at}"].value for at in range(int(first), int(last) + 1)]
    assert words == ["Đã xây dựng", "Đang xây dựng", "Chưa xây dựng"]


def test_what_the_register_holds_is_shown_and_locked(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.xlsx")
    cell = desk.book[ANSWERS_SHEET].cell(desk.row_of("0:plan_status"), ANSWER_COLUMN)
    assert (cell.value, cell.protection.locked) == ("Đã xây dựng: KH 100", True)
    open_cell = desk.book[ANSWERS_SHEET].cell(desk.row_of("0:focus_elements"), ANSWER_COLUMN)
    assert not open_cell.protection.locked


def test_answers_lines_and_evidence_come_back_in_their_places(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.xlsx")
    desk.put("0:strengths", "Nhiều kênh\nnhiều ngôn ngữ")
    desk.put("0:strengths", "BC 12/2024", EVIDENCE_COLUMN)
    desk.put("0:lessons/worked/", "Tuần du lịch")
    desk.put("0:channels/qn-youtube", "Bạn bè quốc tế", 4, CHANNELS_SHEET)
    desk.put("0:channels/", "Truyền hình", 3, CHANNELS_SHEET)
    desk.put("3:channels/", "Báo in", 3, CHANNELS_SHEET)
    desk.put("office", "Sở Du lịch")
    desk.put("answered_on", "20/09/2024")
    found = desk.returned()
    assert brought(found) == {
        ("strengths", 0): "Nhiều kênh\nnhiều ngôn ngữ",
        ("lessons/worked/", 0): "Tuần du lịch",
        ("channels/qn-youtube/reason", 0): "Bạn bè quốc tế",
        ("channels//channel", 0): "Truyền hình",
        ("channels//channel", 3): "Báo in",
    }
    first = next(row for row in found.rows if row["question"] == "strengths")
    assert first["evidence"] == "BC 12/2024"
    assert {row["office"] for row in found.rows} == {"Sở Du lịch"}
    assert {row["entered_on"] for row in found.rows} == {date(2024, 9, 20)}
    asked = desk.returned(office="Sở VHTTDL")
    assert {row["office"] for row in asked.rows} == {"Sở VHTTDL"}


def test_what_is_stored_already_is_filled_in_and_brings_nothing(tmp_path: Path) -> None:
    held = [
        stored("strengths", "Cũ"),
        stored("strengths", "Dòng hai", 1),
        stored("channels/qn-youtube/reason", "Vì", evidence="KH 1"),
        stored("channels//channel", "Đài", 2),
        stored("channels/kenh-da-dong/reason", "Cũ"),
    ]
    desk = Desk(tmp_path / "a.xlsx", held)
    assert desk.book[ANSWERS_SHEET].cell(desk.row_of("1:strengths"), 5).value == "Dòng hai"
    channels = desk.book[CHANNELS_SHEET]
    line = desk.row_of("0:channels/qn-youtube", CHANNELS_SHEET)
    assert [channels.cell(line, at).value for at in (3, 4, 8)] == ["YouTube: @qn", "Vì", "KH 1"]
    assert channels.cell(desk.row_of("2:channels/", CHANNELS_SHEET), 3).value == "Đài"
    assert desk.row_of("0:channels/kenh-da-dong", CHANNELS_SHEET)
    assert desk.returned().rows == ()


def test_a_cell_left_alone_never_undoes_an_answer_that_came_since(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.xlsx", [stored("strengths", "Cũ")])
    newer = [stored("strengths", "Mới"), stored("plan_results", "Khác")]
    assert desk.returned(newer, replacing=True).rows == ()
    assert brought(desk.returned([])) == {("strengths", 0): "Cũ"}


def test_a_cleared_answer_stays_until_it_is_withdrawn_with_a_reason(tmp_path: Path) -> None:
    held = [stored("strengths", "Cũ", evidence="BC 1"), stored("channels//channel", "Đài")]
    desk = Desk(tmp_path / "a.xlsx", held)
    desk.put("0:strengths", None)
    desk.put("0:channels/", None, 3, CHANNELS_SHEET)
    kept = desk.returned()
    assert kept.rows == ()
    assert [cell.key for cell in kept.kept] == ["0:strengths", "0:channels/"]
    gone = desk.returned(replacing=True)
    assert brought(gone) == {("strengths", 0): None, ("channels//channel", 0): None}
    assert gone.rows[0]["evidence"] == "BC 1"
    after = [stored("strengths", None, evidence="BC 1"), stored("channels//channel", None)]
    assert desk.returned(after, replacing=True).rows == ()


def test_a_locked_cell_that_was_changed_is_refused_with_its_place(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "phieu.xlsx")
    row = desk.row_of("0:plan_status")
    desk.put("0:plan_status", "Chưa xây dựng")
    desk.put("0:strengths", "Ưu điểm khác", 3)
    said = desk.refused()
    assert said[0].startswith(
        f"phieu.xlsx [{ANSWERS_SHEET}], row {row}, column Trả lời: found 'Chưa xây dựng'; "
        "expected a locked cell to stay as it was written, which was 'Đã xây dựng: KH 100'"
    )
    assert "column Nội dung được hỏi: found 'Ưu điểm khác'" in said[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda book: book[ANSWERS_SHEET].delete_rows(8), "the line .*was taken out of the sheet"),
        (lambda book: book.remove(book[CHANNELS_SHEET]), f"expected the sheet .{CHANNELS_SHEET}"),
        (lambda book: book[ANSWERS_SHEET].append([None, None, "thêm"]), "none beside them"),
        (lambda book: book[ANSWERS_SHEET].append(["0:strengths"]), "stands there twice"),
        (lambda book: book[ANSWERS_SHEET].delete_cols(6), "the column 'evidence'.*taken out"),
    ],
)
def test_a_sheet_that_was_taken_apart_is_refused(
    tmp_path: Path, change: Callable[[Any], None], said: str
) -> None:
    desk = Desk(tmp_path / "a.xlsx")
    change(desk.book)
    assert re.search(said, "\n".join(desk.refused()))


def test_wrong_answers_are_named_all_at_once_with_sheet_and_row(tmp_path: Path) -> None:
    letter = new_letter(tmp_path / "77-2026.toml", ())
    desk = Desk(tmp_path / "a.xlsx", letter=read_letter(letter))
    page = "Hội nghị, sự kiện đã tổ chức"
    desk.put("0:plan", "Sắp ban hành")
    desk.put("0:conferences/", "hôm qua", 4, page)
    desk.put("0:conferences/", "nhiều", 5, page)
    desk.put("0:conferences/", "Xã", 6, page)
    desk.put("0:results", "gọi 0912 345 678")
    desk.put("answered_on", "31/02/2024")
    said = desk.refused()
    assert len(said) == 6
    assert "found '31/02/2024'" in said[0]
    assert "found 'Sắp ban hành'; expected one of Đã ban hành, Đang xây dựng" in said[1]
    assert f"a.xlsx [{ANSWERS_SHEET}], row {desk.row_of('0:results')}, column Trả lời" in said[2]
    assert "personal data" in said[2]
    line = desk.row_of("0:conferences/", page)
    assert all(f"a.xlsx [{page}], row {line}, column" in one for one in said[3:])


def test_choices_numbers_and_days_are_kept_as_reports_print_them(tmp_path: Path) -> None:
    path = new_letter(tmp_path / "77-2026.toml", ())
    text = path.read_text(encoding="utf-8")
    several = text.replace('block = "choice"', 'block = "choice"\nmultiple = true')
    path.write_text(several, encoding="utf-8")
    desk = Desk(tmp_path / "a.xlsx", letter=read_letter(path))
    page = "Hội nghị, sự kiện đã tổ chức"
    desk.put("0:plan", "chưa ban hành;ĐÃ BAN HÀNH")
    desk.put("0:conferences/", date(2025, 4, 2), 4, page)
    desk.put("0:conferences/", 1234567.5, 5, page)
    desk.put("1:conferences/", "12.345", 5, page)
    assert brought(desk.returned()) == {
        ("plan", 0): "Chưa ban hành; Đã ban hành",
        ("conferences//held_on", 0): "02/04/2025",
        ("conferences//guests", 0): "1.234.567,5",
        ("conferences//guests", 1): "12.345",
    }


HOSTILE = {
    "strengths": "=cmd|'/c calc'!A1",
    "plan_results": "<script>alert(1)</script>&amp;",
    "lessons/worked/": "+1",
    "lessons/did_not_work/": "@SUM(A1)",
    "proposals/government/": "á" * 10_000,
    "proposals/ministry/": "🏯\nhai dòng",
    "proposals/others/": "https://mang.example/",
}


def test_hostile_answers_stay_texts_and_come_back_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.xlsx", [stored(key, text) for key, text in HOSTILE.items()])
    empty = Desk(tmp_path / "b.xlsx")
    for key, text in HOSTILE.items():
        cell = desk.book[ANSWERS_SHEET].cell(desk.row_of(f"0:{key}"), ANSWER_COLUMN)
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
        target = empty.book[ANSWERS_SHEET].cell(empty.row_of(f"0:{key}"), ANSWER_COLUMN)
        target.value, target.data_type = text, "s"
    assert desk.returned().rows == ()
    assert brought(empty.returned()) == {(key, 0): text for key, text in HOSTILE.items()}


def test_a_text_that_no_cell_holds_is_refused_and_not_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.xlsx \[Câu trả lời\].*32767 characters"):
        Desk(tmp_path / "a.xlsx", [stored("strengths", "x" * 32_768)])


@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "ĐT 0912 345 678.",
        "091.234.5678",
        "+84 912 345 678",
        "+84 (0)24 3822 1234",
        "(024) 3822 1234",
        "0203 3835 678",
        "zalo.me/0912345678",
        "van.thu@quangninh.gov.vn",
    ],
)
def test_telephone_numbers_and_addresses_are_found(text: str) -> None:
    assert contact_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "@danang@mang.example",
        "https://www.youtube.com/@quangninh-vidu",
        "từ 03.04.2024-15/4/2024",
        "02.03.2024 15.04.2024",
        "84.312.345.678 đồng",
        "0,912345678",
        "12/KH-UBND ngày 02-03-2024",
        "https://youtu.be/watch?v=0912345678",
    ],
)
def test_days_sums_and_accounts_are_no_telephone_numbers(text: str) -> None:
    assert contact_in(text) is None


# --- with a store


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A data folder after its first night, Quảng Ninh with a programme."""
    folder = fresh_folder(tmp_path_factory.mktemp("answers") / "data", read=True)
    opened = open_folder(folder)
    sheet = folder / "programmes.csv"
    sheet.write_text(
        "id,title,locality_id,document,status,start,key_message\n"
        "kh-qn,Kế hoạch Quảng Ninh,quang-ninh,100/KH-UBND,built,2022-02-21,\n",
        encoding="utf-8",
    )
    import_file("programmes", sheet, opened.store, folder, now=scheduled_at(DAY))
    return opened


def taken(opened: Opened, path: Path, **asked: Any) -> Imported:
    now = scheduled_at(DAY)
    return import_file("answers", path, opened.store, opened.folder, now=now, **asked)


def sheet_for(opened: Opened, unit: str, path: Path) -> Any:
    write_answer_sheets(
        opened,
        "3836",
        units=[unit],
        everything=False,
        out=path,
        on=DAY,
        map_name=None,
        say=quiet,
    )
    return openpyxl.load_workbook(path)


def fill(book: Any, sheet: str, key: str, column: int, text: str) -> None:
    page = book[sheet]
    row = next(cell.row for cell in page["A"] if cell.value == key)
    page.cell(row, column).value = text


def test_a_filled_sheet_is_imported_once_and_the_report_prints_it(
    office: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "phieu.xlsx"
    book = sheet_for(office, "quang-ninh", path)
    guide = " ".join(str(cell.value) for row in book[NOTES_SHEET] for cell in row if cell.value)
    assert "SỐ LIỆU GIẢ LẬP" in guide
    assert "Bản số 1 (dự thảo), lập ngày 16/09/2024" in guide
    fill(book, ANSWERS_SHEET, "0:strengths", 5, "Kênh tiếng Anh đều bài")
    fill(book, ANSWERS_SHEET, "0:key_message", 5, "Chưa xác định")
    account = "quangninh-ubnd-youtube"
    fill(book, CHANNELS_SHEET, f"0:channels/{account}", 4, "Nhiều bạn đọc trẻ")
    fill(book, CHANNELS_SHEET, "0:channels/", 3, "Truyền hình đối ngoại")
    fill(book, CHANNELS_SHEET, "0:channels/", 5, "Tốt")
    fill(book, CHANNELS_SHEET, "1:channels/", 3, "Báo in")
    book.save(path)

    tried = taken(office, path, dry_run=True)
    assert (tried.created, office.store.rows("answer")) == (6, [])
    done = taken(office, path, office="Sở Du lịch")
    assert (done.rows, done.created) == (6, 6)
    again = taken(office, path, office="Sở khác")
    assert (again.created, again.changed, again.unchanged) == (0, 0, 6)
    rows = office.store.rows("answer", question="strengths")
    assert [(row["office"], row["entered_on"]) for row in rows] == [("Sở Du lịch", DAY)]

    answers = answers_of(office, "3836", "quang-ninh")
    assert [line.get("channel") for line in lines_of(answers, "channels")] == [
        "Truyền hình đối ngoại",
        "Báo in",
        account,
    ]
    files = write_reports_of(
        office,
        "3836",
        units=["quang-ninh"],
        everything=False,
        formats=("html",),
        out=tmp_path / "reports",
        on=DAY,
        say=quiet,
    )
    page = files[0].read_text(encoding="utf-8")
    for text in ("Kênh tiếng Anh đều bài", "Nhiều bạn đọc trẻ", "Truyền hình đối ngoại", "Báo in"):
        assert text in page
    assert "☑ Chưa xác định" in page

    states, lines = status_rows(office, "3836", on=DAY, map_name="63")
    (own,) = [row for row in states if row["unit"] == "quang-ninh"]
    assert (own["state"], own["days_left"], own["asked"]) == ("in_work", 8, 14)
    assert {"strengths", "plan_status", "key_message"}.isdisjoint(own["open"])
    assert "focus_elements" in own["open"]
    assert lines[0].endswith("63 đơn vị phải trả lời, 0 đã gửi, 1 đang làm, 62 chưa làm")


def test_a_sheet_with_a_mistake_changes_nothing(office: Opened, tmp_path: Path) -> None:
    path = tmp_path / "phieu.xlsx"
    book = sheet_for(office, "da-nang", path)
    fill(book, ANSWERS_SHEET, "0:strengths", 5, "Tốt")
    fill(book, ANSWERS_SHEET, "0:plan_results", 5, "hỏi van.thu@da-nang.example.vn")
    book.save(path)
    with pytest.raises(InputError, match="e-mail"):
        taken(office, path)
    assert office.store.rows("answer", unit_id="da-nang") == []


def test_a_synthetic_sheet_is_refused_by_an_official_store(office: Opened, tmp_path: Path) -> None:
    from jobs.opening import make_folder

    path = tmp_path / "phieu.xlsx"
    sheet_for(office, "quang-ninh", path)
    with make_folder(tmp_path / "data") as store, pytest.raises(InputError, match="synthetic"):
        import_file("answers", path, store, tmp_path / "data", now=scheduled_at(DAY))


def test_a_respondent_of_the_wrong_kind_or_an_unknown_one_is_refused(
    office: Opened, tmp_path: Path
) -> None:
    for unit, said in (("ubnd-quang-ninh", "answered by localities"), ("quang-nin", "quang-ninh")):
        with pytest.raises(ConfigError, match=said):
            sheet_for(office, unit, tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_letters_of_the_data_folder_are_answered_on_both_kinds_of_sheets(
    office: Opened, tmp_path: Path
) -> None:
    new_letter(office.folder / "letters" / "CV-9.toml", letter_ids(office.folder))
    flat = tmp_path / "flat.csv"
    head = "letter,locality_id,field,item,column,row,value\n"
    flat.write_text(
        f"{head}CV-9,quang-ninh,conferences,,name,0,Hội nghị A\n"
        "CV-9,quang-ninh,proposals,ministry,,,Thêm kinh phí\n",
        encoding="utf-8",
    )
    assert taken(office, flat).created == 2
    path = tmp_path / "phieu.xlsx"
    write_answer_sheets(
        office,
        "CV-9",
        units=["quang-ninh"],
        everything=False,
        out=path,
        on=DAY,
        map_name=None,
        say=quiet,
    )
    book = openpyxl.load_workbook(path)
    fill(book, ANSWERS_SHEET, "0:results", 5, "Đạt")
    book.save(path)
    assert taken(office, path).created == 1
    flat.write_text(
        f"{head}CV-9,quang-ninh,conferences,,nam,0,x\n"
        "CV-9,quang-ninh,proposals,ministries,,,x\n"
        "CV-9,quang-ninh,activity,,,,x\n"
        "CV-9,quang-ninh,results,,,,gọi 0912345678\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        taken(office, flat)
    places = [(one.row, one.column) for one in caught.value.problems]
    assert places == [(2, "column"), (3, "item"), (4, "field"), (5, "value")]


def test_letters_are_listed_and_a_wrong_file_is_named_with_its_line(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data")
    new_letter(folder / "letters" / "tot.toml", ())
    bad = new_letter(folder / "letters" / "hong.toml", ())
    text = bad.read_text(encoding="utf-8")
    bad.write_text(text.replace('window = "days"', 'window = "week"'), encoding="utf-8")
    ended = run_tracker("letters", "--data", folder)
    assert ended.code == 2
    line = 1 + text.splitlines().index('window = "days"')
    assert f"hong.toml line {line}: window is 'week'; expected one of" in ended.err
    assert all(letter_id in ended.out for letter_id in (*letter_ids(), "tot"))
    listed = list_letters(folder)
    assert len(listed.wrong) == 1
    assert "tot" in [letter.id for letter in listed.letters]


def test_the_example_letter_is_valid_and_never_written_over_another(tmp_path: Path) -> None:
    path = new_letter(tmp_path / "77-2026.toml", ())
    letter = read_letter(path)
    assert {field.kind for field in letter.fields} == {"measured", "declared", "text"}
    assert any("Hội nghị, sự kiện đã tổ chức" in line for line in outline_lines(letter))
    for taken_name in ("77-2026.toml", "3836.toml", "hai chữ.toml"):
        with pytest.raises(ConfigError):
            new_letter(tmp_path / taken_name, ["3836"])


def test_the_page_on_letters_explains_every_entry_and_every_block() -> None:
    page = shipped("letters", "README.md").read_text(encoding="utf-8")
    _, _, blocks = page.partition("## Blocks")
    table = re.findall(r"^\| `(\w+)` \| (\w+) \|", blocks, re.MULTILINE)
    assert dict(table) == BLOCKS
    for entry in (*FIELD_ENTRIES, *TEXTS, "issued_on", "deadline", "respondents", "window"):
        assert f"`{entry}`" in page, entry


# --- who has sent what


def test_who_has_sent_what_follows_from_answers_and_issued_editions() -> None:
    edition: dict[str, Any] = {"letter": "3836", "document_number": None, "document_date": None}
    issued = {"document_number": "12/BC-UBND", "document_date": date(2024, 9, 20)}
    editions = [
        {**edition, "unit_id": "a", "number": 1, "status": "issued", **issued},
        {**edition, "unit_id": "a", "number": 2, "status": "draft"},
        {**edition, "unit_id": "b", "number": 1, "status": "draft"},
        {**edition, "unit_id": "c", "number": 1, "status": "issued", "letter": "1253"},
    ]
    answers = {"b": [Answer("strengths", "Có")], "c": [Answer("strengths", "")]}
    found = sending_status(LETTER, ["a", "b", "c"], answers, editions, {"b": {"plan_status"}})
    assert [(one.state_vi, one.draft) for one in found] == [
        ("đã gửi", 2),
        ("đang làm", 1),
        ("chưa làm", None),
    ]
    assert (found[0].document_number, found[0].document_date) == ("12/BC-UBND", date(2024, 9, 20))
    assert [len(one.open) for one in found] == [14, 12, 14]
    assert [one.asked for one in found] == [14, 14, 14]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2024, 9, 16), "còn 8 ngày"),
        (date(2024, 9, 24), "hết hạn hôm nay"),
        (date(2024, 9, 26), "quá hạn 2 ngày"),
    ],
)
def test_the_deadline_is_counted_in_days(day: date, said: str) -> None:
    assert days_left_vi(LETTER, day) == said


def test_a_question_is_open_until_register_or_office_answers_it() -> None:
    programme = {
        "id": "p",
        "title": "Kế hoạch",
        "locality_id": "quang-ninh",
        "agency_id": None,
        "document": "100/KH-UBND",
        "status": "built",
        "start": date(2022, 2, 21),
        "key_message": None,
    }
    elements = [{"programme_id": "p", "element_id": "C"}]
    held = held_texts(LETTER, "quang-ninh", programmes=[programme], elements=elements)
    assert held == {
        "plan_status": "Đã xây dựng: Kế hoạch; văn bản 100/KH-UBND; bắt đầu ngày 21/02/2022",
        "focus_elements": "Có xác định: yếu tố mã C",
    }
    unread = open_questions(LETTER, [])
    assert "key_message" not in unread
    left = open_questions(LETTER, [], held)
    assert set(left) - set(unread) == {"key_message", "outcomes"}
    answered = open_questions(LETTER, [Answer("key_message", "Chưa xác định")], held)
    assert set(left) - set(answered) == {"key_message"}
