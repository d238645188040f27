"""The reconciliation slip: what was read beside what was declared, and the way back as a correction
or as evidence."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from tracker.errors import InputError
from tracker.imports import Imported, import_file
from tracker.panel import Panel, disagreements, load_panel
from tracker.registry import init_folder
from tracker.reports import write_document
from tracker.reports.slip import Said, Slip, make_slip
from tracker.reports.slip_sheet import write_slip_sheet
from tracker.store import Store, open_store
from tracker.tables import cell_text

NOW = datetime(2024, 9, 16, 3, tzinfo=UTC)
ON, UNTIL = date(2024, 9, 16), date(2024, 9, 16)
OFFICE = "ubnd-quang-ninh"
BLUESKY, YOUTUBE = "quangninh-ubnd-bluesky", "quangninh-ubnd-youtube"
MASTODON = "quangninh-ubnd-mastodon"
ACCOUNTS = (
    "agency_id;platform;native_id;handle\n"
    f"{OFFICE};bluesky;did:plc:abcdefghijklmnopqrstuvwx;qn.bsky.social\n"
    f"{OFFICE};youtube;UC{'a' * 22};@quangninh\n"
    f"{OFFICE};mastodon;;@quangninh@mang.example\n"
)
NUMBERS = f"""account,day,metric,value,lane,source,step
{BLUESKY},2024-09-14,followers,500,public,,
{BLUESKY},2024-09-15,followers,510,public,,
{BLUESKY},2024-09-15,followers,600,declared,ảnh chụp,
{BLUESKY},2024-09-15,posts,40,public,,
{YOUTUBE},2024-09-15,followers,12300,public,,
{YOUTUBE},2024-09-15,followers,12345,declared,ảnh chụp,
"""
"""Bluesky: 510 read, 600 declared on one day. YouTube: 12,300 in steps of 100, 12,345 declared.
Mastodon: nothing."""
COMMITTEE_SAID = (
    Said("3836/BTTTT-TTĐN", "Kênh khác – số liệu sau", "25 phóng sự", "KH 12"),
    Said("3836/BTTTT-TTĐN", "2.1. Ưu điểm", "Chỉ đạo sát sao", ""),
)


@dataclass
class Office:
    """A data folder with its store."""

    root: Path
    store: Store

    def put(self, kind: str, content: str) -> None:
        path = self.root / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        import_file(kind, path, self.store, self.root / "data", now=NOW)

    def back(self, path: Path) -> Imported:
        return import_file("history", path, self.store, self.root / "data", now=NOW)

    def refusal(self, path: Path) -> list[str]:
        with pytest.raises(InputError) as caught:
            self.back(path)
        return [str(problem) for problem in caught.value.problems]

    def panel(self) -> Panel:
        return load_panel(self.store, until=UNTIL)

    def slip(self) -> Slip:
        return make_slip(self.panel(), OFFICE, ON, COMMITTEE_SAID)

    def sheet(self) -> Path:
        path = self.root / "slip.xlsx"
        write_slip_sheet(self.slip(), path)
        return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("slip")
    init_folder(root / "data")
    office = Office(root, open_store(f"sqlite:///{root / 'data' / 'tracker.sqlite'}", create=True))
    office.put("accounts", ACCOUNTS)
    office.put("history", NUMBERS)
    office.store.close()
    return root


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    store = open_store(f"sqlite:///{tmp_path / 'data' / 'tracker.sqlite'}")
    yield Office(tmp_path, store)
    store.close()


def fill(path: Path, *answers: tuple[str, str, str, str | int, str]) -> Path:
    """Answer lines as an officer does: (account, source of the number, tick, right number,
    evidence); the first followers line of that account and source."""
    book = openpyxl.load_workbook(path)
    sheet = book["Phiếu đối soát"]
    for account, lane, tick, value, evidence in answers:
        for row in sheet.iter_rows(min_row=4):
            texts = [str(cell.value or "") for cell in row]
            if f"[{account}]" in texts[1] and texts[4] == lane and row[7].value is None:
                row[7].value, row[8].value, row[9].value = tick, value or None, evidence or None
                break
        else:
            raise AssertionError(f"no line of {account} ({lane})")
    book.save(path)
    return path


def verdicts(slip: Slip) -> dict[tuple[str, str, str], str]:
    return {(line.account_id, line.metric, line.lane): line.verdict for line in slip.lines}


def followers(panel: Panel, account: str, lane: str) -> float:
    return float(panel.series(account, "followers", lane)["2024-09-15"])


# --- what it says


def test_lanes_that_differ_beyond_their_steps_are_named_and_those_within_agree(
    office: Office,
) -> None:
    assert verdicts(office.slip()) == {
        (BLUESKY, "followers", "public"): "differs",
        (BLUESKY, "followers", "declared"): "differs",
        (BLUESKY, "posts", "public"): "unchecked",
        (MASTODON, "followers", "declared"): "missing",
        (YOUTUBE, "followers", "public"): "agrees",
        (YOUTUBE, "followers", "declared"): "agrees",
    }


def test_the_slip_finds_what_the_night_finds(office: Office) -> None:
    found = disagreements(office.store, date(2024, 9, 1), UNTIL)
    assert [(one.account_id, one.metric, one.day) for one in found] == [
        (BLUESKY, "followers", date(2024, 9, 15))
    ]


def test_a_number_declared_as_about_contradicts_nothing(office: Office) -> None:
    office.put(
        "history",
        f"account,day,metric,value,qualifier\n{BLUESKY},2024-09-14,followers,9000,khoảng\n",
    )
    lines = [line for line in office.slip().lines if line.day == date(2024, 9, 14)]
    assert lines == []  # the newest lines and the newest day that differs are of the 15th


def test_the_page_shows_number_day_source_step_and_boxes(office: Office) -> None:
    table = office.slip().document.tables[0]
    rows = [
        [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    youtube = next(row for row in rows if "YouTube" in row[0] and "công khai" in row[2])
    assert youtube[2:5] == ["Người đăng ký (công khai)", "15/09/2024", "12.300 (±100)"]
    assert youtube[5:] == ["Khớp", "không cần trả lời"]
    mastodon = next(row for row in rows if "Mastodon" in row[0])
    assert mastodon[4:6] == ["chưa có số liệu (chưa đọc được, chưa khai)", "Chưa có số"]
    bluesky = next(row for row in rows if "Bluesky" in row[0])
    assert "☐ Đúng  ☐ Sai" in bluesky[6]


def test_answers_with_numbers_stand_on_the_slip_and_others_do_not(office: Office) -> None:
    table = office.slip().document.tables[1]
    words = [cell.text for row in table.rows for cell in row]
    assert "25 phóng sự" in words
    assert "Chỉ đạo sát sao" not in words


def test_an_office_without_accounts_gets_a_slip_that_says_so(office: Office) -> None:
    slip = make_slip(office.panel(), "ubnd-da-nang", ON)
    assert slip.lines == ()
    assert "chưa đăng ký tài khoản" in slip.document.tables[0].rows[0][2].reason


def test_the_slip_is_written_in_every_format(office: Office) -> None:
    files = write_document(office.slip().document, office.root, ("docx", "html"))
    assert [file.suffix for file in files] == [".docx", ".html"]
    assert all(file.stat().st_size > 5_000 for file in files)


# --- the way back


def test_a_wrong_number_becomes_a_correction_and_its_line_is_settled(office: Office) -> None:
    path = fill(office.sheet(), (BLUESKY, "công khai", "Sai", 600, "công văn 12/SDL"))
    assert office.back(path).changed == 1
    panel = office.panel()
    assert followers(panel, BLUESKY, "public") == 600
    assert (
        followers(load_panel(office.store, until=UNTIL, corrected=False), BLUESKY, "public") == 510
    )
    assert panel.corrections["reason"].tolist() == [
        "phiếu đối soát của Ủy ban nhân dân tỉnh Quảng Ninh, số liệu đến 15/09/2024; "
        "minh chứng: công văn 12/SDL"
    ]
    found = verdicts(office.slip())
    assert found[BLUESKY, "followers", "public"] == "corrected"
    assert found[BLUESKY, "followers", "declared"] == "agrees"


def test_a_right_number_corrects_what_was_declared_of_the_same_day(office: Office) -> None:
    path = fill(office.sheet(), (BLUESKY, "công khai", "Đúng", "", ""))
    office.back(path)
    panel = office.panel()
    assert followers(panel, BLUESKY, "public") == 510
    assert followers(panel, BLUESKY, "declared") == 510
    assert verdicts(office.slip())[BLUESKY, "followers", "declared"] == "corrected"


def test_a_confirmed_number_becomes_evidence_with_its_step(office: Office) -> None:
    office.put(
        "history",
        f"account,day,metric,value,lane\n{YOUTUBE},2024-09-15,posts,70,public\n",
    )
    path = office.sheet()
    book = openpyxl.load_workbook(path)
    for row in book["Phiếu đối soát"].iter_rows(min_row=4):
        if f"[{YOUTUBE}]" in str(row[1].value) and str(row[2].value) == "Video công khai":
            row[7].value = "Đúng"
    book.save(path)
    assert office.back(path).created == 1
    panel = office.panel()
    assert panel.series(YOUTUBE, "posts", "declared").tolist() == [70]
    assert verdicts(office.slip())[YOUTUBE, "posts", "public"] == "agrees"


def test_a_number_within_the_rounding_is_no_correction(office: Office) -> None:
    """12,310 is one of the numbers that YouTube shows as 12,300; it replaces the declared one."""
    path = fill(office.sheet(), (YOUTUBE, "công khai", "Sai", "12.310", "ảnh chụp"))
    office.back(path)
    panel = office.panel()
    assert followers(panel, YOUTUBE, "public") == 12_300
    assert followers(panel, YOUTUBE, "declared") == 12_310


def test_a_missing_number_is_taken_as_declared_with_its_evidence(office: Office) -> None:
    path = fill(office.sheet(), (MASTODON, "tự khai", "", 77, "ảnh chụp trang quản trị"))
    office.back(path)
    assert followers(office.panel(), MASTODON, "declared") == 77


def test_lines_without_an_answer_change_nothing(office: Office) -> None:
    (sentence,) = office.refusal(office.sheet())
    assert "at least one line with Đúng or Sai" in sentence
    assert len(office.panel().corrections) == 0


def test_the_same_slip_twice_is_once(office: Office) -> None:
    path = fill(office.sheet(), (BLUESKY, "công khai", "Sai", 600, "công văn 12/SDL"))
    office.back(path)
    again = office.back(path)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((BLUESKY, "công khai", "Sai", "", "x"), "the right number, because the line says Sai"),
        ((BLUESKY, "công khai", "Sai", 600, ""), "what proves the number"),
        ((BLUESKY, "công khai", "Đúng", 600, ""), "no number, because the line says Đúng"),
        ((BLUESKY, "công khai", "", 600, "x"), "Đúng or Sai"),
        ((BLUESKY, "công khai", "Sai", 510, "x"), "another number than the one held"),
        ((BLUESKY, "công khai", "Sai", "nhiều", "x"), "nhiều"),
        ((MASTODON, "tự khai", "Đúng", "", ""), "none is held"),
    ],
)
def test_a_half_given_answer_is_named_with_its_row(
    office: Office, answer: tuple[str, str, str, str | int, str], expected: str
) -> None:
    problems = office.refusal(fill(office.sheet(), answer))
    assert any(expected in problem and "row" in problem for problem in problems)
    assert len(office.panel().corrections) == 0


def test_two_numbers_of_one_day_cannot_both_be_right(office: Office) -> None:
    path = fill(
        office.sheet(),
        (BLUESKY, "công khai", "Đúng", "", ""),
        (BLUESKY, "tự khai", "Đúng", "", ""),
    )
    assert any("counts the same" in problem for problem in office.refusal(path))


def test_a_second_correction_of_one_number_is_refused(office: Office) -> None:
    office.back(fill(office.sheet(), (BLUESKY, "công khai", "Sai", 600, "công văn 12")))
    path = fill(office.sheet(), (BLUESKY, "công khai", "Sai", 650, "công văn 13"))
    (sentence,) = office.refusal(path)
    assert "600, as correction replace-" in sentence


def test_a_changed_locked_cell_is_refused(office: Office) -> None:
    path = fill(office.sheet(), (BLUESKY, "công khai", "Sai", 600, "công văn 12"))
    book = openpyxl.load_workbook(path)
    sheet = book["Phiếu đối soát"]
    sheet.cell(sheet.max_row, 6).value = "1"
    book.save(path)
    assert any("locked" in problem for problem in office.refusal(path))
