"""The national view: programmes, who has sent, rankings with ties, what is open and at whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from panel_sample import ACCOUNTS, TET, objects, sample_panel
from sandbox_folder import fresh_folder, open_folder, run_tracker, sandbox_environment

from tracker.letters import Answer, letter_named, sending_status
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports import SYNTHETIC_VI, document_of, make_edition, write_document
from tracker.reports.national import (
    NATION,
    National,
    national_document,
    write_national_workbook,
)
from tracker.reports.national_lacks import question_title
from tracker.tables import Table, cell_text
from tracker.writers import Document, Heading, Paragraph

ON = date(2024, 9, 20)
LETTER = letter_named("3836")
UNITS = ("quang-ninh", "da-nang", "cao-bang")
ANSWERS = {
    "da-nang": (Answer("plan_status", "Chưa xây dựng"),),
    "cao-bang": (Answer("strengths", "Nhiều cảnh đẹp"),),
}
ISSUED = {
    "letter": "3836",
    "unit_id": "quang-ninh",
    "number": 1,
    "status": "issued",
    "document_number": "45/BC-UBND",
    "document_date": date(2024, 9, 18),
}


def with_twin(panel: Panel) -> Panel:
    """Give Cao Bằng an account that reads exactly as Quảng Ninh's on Bluesky."""
    of = "quangninh-bluesky"
    twin = "caobang-bluesky"

    def doubled(frame: pd.DataFrame, column: str) -> pd.DataFrame:
        copied = frame[frame[column] == of].assign(**{column: twin})
        both = pd.concat([frame, copied], ignore_index=True)
        keys = [name for name in (column, "lane", "day") if name in both]
        return both.sort_values(keys, ignore_index=True)

    period: dict[str, object] = {
        "account_id": twin,
        "agency_id": "ubnd-cao-bang",
        "handle": "@caobang",
    }
    names = " ".join(panel.periods.columns)
    periods = [panel.periods, objects([period], names)]
    return replace(
        panel,
        snapshots=doubled(panel.snapshots, "account"),
        daily=doubled(panel.daily, "account"),
        posts_covered=doubled(panel.posts_covered, "account"),
        account_rows=doubled(panel.account_rows, "id"),
        periods=pd.concat(periods, ignore_index=True),
    )


def view(panel: Panel, **changes: object) -> National:
    known = {unit: list(ANSWERS.get(unit, ())) for unit in UNITS}
    national = National(
        panel=panel,
        letter=LETTER,
        units=UNITS,
        on=ON,
        tet_days=TET,
        map_name="63",
        statuses=tuple(sending_status(LETTER, UNITS, known, [ISSUED])),
        answers=known,
    )
    return replace(national, **changes)  # type: ignore[arg-type]  # named fields of National


@pytest.fixture(scope="module")
def national() -> National:
    return view(with_twin(sample_panel()))


@pytest.fixture(scope="module")
def document(national: National) -> Document:
    return national_document(national)


def table_of(document: Document, title: str) -> Table:
    return next(table for table in document.tables if title in table.title)


def printed(table: Table) -> list[list[str]]:
    return [
        [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def rows_with(table: Table, text: str) -> list[list[str]]:
    return [row for row in printed(table) if any(text in cell for cell in row)]


def words(document: Document) -> str:
    return "\n".join(
        block.text for block in document.blocks if isinstance(block, (Heading, Paragraph))
    )


def test_programmes_are_counted_by_status_and_silence_is_named(document: Document) -> None:
    """Quảng Ninh's register says built, Cao Bằng's in progress; Đà Nẵng answered: none."""
    table = table_of(document, "Tình hình xây dựng Kế hoạch")
    assert [row[1:] for row in printed(table)] == [
        ["Đã xây dựng", "1", "Quảng Ninh"],
        ["Đang xây dựng", "1", "Cao Bằng"],
        ["Chưa xây dựng", "1", "Đà Nẵng"],
        ["Chưa khai", "0", "không đơn vị nào"],
        ["Tất cả", "3", "–"],
    ]


def test_who_has_sent_what_stands_with_number_and_date(document: Document) -> None:
    table = table_of(document, "Gửi báo cáo theo đơn vị")
    rows = printed(table)
    assert [row[1] for row in rows] == ["Cao Bằng", "Đà Nẵng", "Quảng Ninh"]
    assert rows[2][2:6] == ["Đã gửi", "45/BC-UBND", "18/09/2024", "đúng hạn"]
    assert rows[0][2:6] == ["Đang làm", *["chưa có số liệu (chưa gửi)"] * 2, "còn 4 ngày"]
    assert "Đến ngày 20/09/2024: 1/3 đơn vị đã gửi" in words(document)


def test_units_whose_intervals_overlap_share_their_ranks(document: Document) -> None:
    """Cao Bằng's account reads as one of Quảng Ninh's; interactions per follower are the same."""
    rows = printed(table_of(document, "Xếp hạng các đơn vị theo tỷ lệ tương tác"))
    ranked = [row[1:3] for row in rows if row[1] != "–"]
    assert sorted(name for _, name in ranked) == ["Cao Bằng", "Quảng Ninh"]
    assert [row[2] for row in rows[len(ranked) :]] == ["Bình quân chung", "Trung vị"]


def test_a_tie_prints_the_range_of_ranks() -> None:
    panel = with_twin(sample_panel())
    alone = replace(panel, account_rows=_without(panel, "quangninh-youtube", "quangninh-mastodon"))
    document = national_document(view(alone))
    for title in ("tốc độ tăng người theo dõi", "tỷ lệ tương tác theo người theo dõi"):
        rows = printed(table_of(document, f"Xếp hạng các đơn vị theo {title}"))
        assert [row[1:3] for row in rows[:2]] == [["1 - 2", "Cao Bằng"], ["1 - 2", "Quảng Ninh"]]


def _without(panel: Panel, *accounts: str) -> pd.DataFrame:
    rows = panel.account_rows
    return rows[~rows["id"].isin(accounts)].reset_index(drop=True)


def test_terms_that_forbid_rankings_keep_an_account_out_with_the_sentence(
    document: Document,
) -> None:
    """Đà Nẵng has YouTube under the terms of a key only: kept out, and named with the reason."""
    table = table_of(document, "Xếp hạng các đơn vị theo tốc độ tăng")
    assert not rows_with(table, "Đà Nẵng")
    notes = "\n".join(table.notes)
    assert f"Không xếp hạng 1 đơn vị, {NOT_ALLOWED_VI}" in notes
    assert "Không xếp hạng 1 tài khoản YouTube" in notes


def test_observed_changes_are_ranked_apart_and_called_no_effect(document: Document) -> None:
    table = table_of(document, "Thay đổi quan sát được: tỷ lệ tương tác")
    (row,) = rows_with(table, "Quảng Ninh")
    assert row[3] == "21/02/2022"
    assert any("chưa phải là tác động" in note for note in table.notes)
    assert any("Cao Bằng; Đà Nẵng" in note for note in table.notes)


def test_coverage_adds_up_what_was_expected_and_read(
    national: National, document: Document
) -> None:
    table = table_of(document, "Độ phủ số liệu")
    rows = printed(table)
    assert [row[1] for row in rows] == ["Cao Bằng", "Đà Nẵng", "Quảng Ninh", "Tất cả"]
    expected = [int(row[4].replace(".", "")) for row in rows]
    assert sum(expected[:3]) == expected[3]
    assert [row[2] for row in rows] == ["1", "1", "3", "5"]


def test_what_is_open_is_listed_by_who_has_to_fill_it(document: Document) -> None:
    table = table_of(document, "Nội dung còn trống")
    (row,) = rows_with(table, "2.1. Ưu điểm")
    assert row[0] == "Cơ quan trả lời"
    assert row[3:] == ["2", "Đà Nẵng; Quảng Ninh"]
    (terms,) = rows_with(table, "điều khoản không cho cộng")
    assert terms[0].startswith("Chủ kênh")
    assert terms[4] == "Đà Nẵng"


def test_a_question_is_named_as_the_letter_heads_it() -> None:
    assert question_title(LETTER, "lessons.worked") == (
        "2.3. Bài học kinh nghiệm – Chiến dịch, cách làm hay"
    )
    assert question_title(LETTER, "proposals.ministry") == "Đề xuất, kiến nghị – Với Bộ"


def test_a_unit_without_accounts_is_in_every_list_with_its_reason() -> None:
    document = national_document(view(sample_panel()))
    (row,) = rows_with(table_of(document, "Độ phủ số liệu"), "Cao Bằng")
    assert row[2:4] == ["0", "chưa có số liệu (chưa đăng ký tài khoản)"]
    notes = "\n".join(table_of(document, "Xếp hạng các đơn vị theo tốc độ").notes)
    assert "Cao Bằng" in notes


def test_a_window_that_is_yet_to_come_ranks_nobody() -> None:
    asked = Window(date(2025, 1, 1), date(2025, 6, 1))
    text = words(national_document(view(sample_panel(), asked=asked)))
    assert "Xếp hạng: chưa có số liệu" in text
    assert "Độ phủ: chưa có số liệu" in text


def test_the_synthetic_mark_is_on_the_view_and_in_its_name(document: Document) -> None:
    assert document.mark == SYNTHETIC_VI
    assert document.stem == "gia-lap_3836_toan-quoc"
    official = national_document(view(sample_panel(synthetic=False)))
    assert (official.mark, official.stem) == ("", "3836_toan-quoc")


def test_every_printed_number_has_an_id_of_its_own_and_an_origin(document: Document) -> None:
    cells = [cell for table in document.tables for row in table.rows for cell in row]
    numbers = [cell for cell in cells if cell.is_number]
    assert len({cell.id for cell in numbers}) == len(numbers)
    assert all(cell.id for cell in numbers)
    assert all(cell.origin is not None for cell in numbers)


def test_no_cell_is_blank(document: Document) -> None:
    assert all(cell for table in document.tables for row in printed(table) for cell in row)


def test_the_view_is_an_edition_that_comes_back_the_same(document: Document) -> None:
    edition, shown = make_edition(document, letter="3836", unit_id=NATION, number=2)
    assert edition.unit_id == "viet-nam"
    assert document_of(edition) == shown


def test_the_workbook_has_one_line_for_each_account_and_indicator(
    national: National, document: Document, tmp_path: Path
) -> None:
    """Five accounts with followers and six indicators, and Quảng Ninh as a whole with six: 41."""
    path = tmp_path / "view.xlsx"
    write_national_workbook(national, document, path)
    book = openpyxl.load_workbook(path, read_only=True)
    sheet = list(book["Dữ liệu"].iter_rows(values_only=True))
    at = next(number for number, row in enumerate(sheet) if row[0] == "Mã đơn vị")
    rows = [row for row in sheet[at + 1 :] if row[0] in UNITS]
    assert len(rows) == 5 * 7 + 6
    assert {row[2] for row in rows} == {one[0] for one in ACCOUNTS} | {
        "caobang-bluesky",
        "cả đơn vị",
    }
    place = sheet[at].index("Sau, hoặc mức của khoảng")
    numbers: Sequence[object] = [row[place] for row in rows if row[4] == "followers"]
    assert all(isinstance(number, (int, float)) for number in numbers[:1])
    assert "Mục còn trống" in book.sheetnames
    assert {"Định nghĩa", "Nguồn gốc số liệu"} <= set(book.sheetnames)
    book.close()


def test_the_commands_write_the_view_and_the_slips_of_a_folder(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    env = sandbox_environment(TRACKER_DATA=str(folder))
    out = tmp_path / "out"
    shared = ("--on", "2024-09-04", "--out", out, "--format", "xlsx")
    view = run_tracker("national", "3836", "--map", "pilot", *shared, env=env)
    slip = run_tracker("slip", "--locality", "da-nang", *shared, env=env)
    assert (view.code, view.err, slip.code, slip.err) == (0, "", 0, "")
    assert sorted(path.name for path in out.iterdir()) == [
        "gia-lap_3836_toan-quoc.xlsx",
        "gia-lap_phieu-doi-soat_ubnd-da-nang.xlsx",
    ]
    with open_folder(folder).store as store:
        (edition,) = store.rows("edition", letter="3836", unit_id=NATION)
    assert (edition["number"], edition["status"]) == (1, "draft")
    nobody = run_tracker("slip", "--out", out, env=env)
    assert (nobody.code, "no office to write a slip for" in nobody.err) == (2, True)


def test_letter_1253_puts_every_agency_and_its_networks_into_one_table() -> None:
    """The committee of Quảng Ninh has Bluesky and YouTube, the department Mastodon, Cao Bằng none.

    The committee posts twice every second day: on 3.5 days of a week on average, so by week. Its
    YouTube is read under the owner's consent and shows 40 interactions a post.
    """
    letter = letter_named("1253")
    units = ("so-quang-ninh", "ubnd-quang-ninh", "ubnd-cao-bang")
    statuses = tuple(sending_status(letter, units, {}, []))
    national = view(sample_panel(), letter=letter, units=units, statuses=statuses, answers={})
    document = national_document(national)
    rows = printed(table_of(document, "Mạng xã hội của các đơn vị"))
    assert [(row[0], row[1], row[3].partition(":")[0]) for row in rows] == [
        ("Sở Du lịch", "Có", "Mastodon"),
        (
            "UBND tỉnh Cao Bằng",
            "Chưa",
            "chưa có số liệu (chưa đăng ký tài khoản nào trong danh bạ)",
        ),
        ("UBND tỉnh Quảng Ninh", "Có", "Bluesky"),
        ("UBND tỉnh Quảng Ninh", "Có", "YouTube"),
    ]
    youtube = rows[-1]
    assert youtube[5] == "hằng tuần"
    assert youtube[7] == "15/09/2024"
    assert youtube[8:] == ["364", "40,0"]
    assert "3 cơ quan" in document.period


def test_word_and_page_are_written(document: Document, tmp_path: Path) -> None:
    files = write_document(document, tmp_path, ("docx", "html"))
    assert all(file.stat().st_size > 20_000 for file in files)
