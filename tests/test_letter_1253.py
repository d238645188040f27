"""Letter 1253: a ministry with accounts, one without; what is declared, classed, moved, unread."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from panel_sample import ACCOUNT_COLUMNS, TET, objects, sample_panel

from tracker.letters import Answer, letter_named
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports import fill, respondents
from tracker.reports.blocks.accounts import account_rows
from tracker.tables import Cell, Table, cell_text
from tracker.writers import Document, Heading, Paragraph

ON = date(2024, 9, 16)
LETTER = letter_named("1253")
ANSWERS = (
    Answer("deployed", "Đã triển khai"),
    Answer("promoted", "Ngành; Quốc gia"),
    Answer("management.managed", "Vụ Thông tin quản lý."),
    Answer("other_channels.channel", "Truyền hình VTV4"),
    Answer("other_channels.level", "Hằng tuần"),
)


def ministries(*, youtube_basis: str | None = "owner_consent") -> Panel:
    """Give a ministry YouTube and Bluesky, until May also Mastodon; another ministry nothing.

    YouTube is declared in full, Bluesky changed its handle on 1 April, Mastodon its owner on
    1 June. A department below the ministry has a YouTube of its own.
    """
    agencies: list[dict[str, object]] = [
        {"id": "bo-a", "name_vi": "Bộ A", "kind": "ministry"},
        {"id": "bo-b", "name_vi": "Bộ B", "kind": "ministry"},
        {"id": "cuc-a", "name_vi": "Cục thuộc Bộ A", "kind": "department", "parent_id": "bo-a"},
        {"id": "so-c", "name_vi": "Sở C", "kind": "department", "locality_id": "da-nang"},
    ]
    periods = [
        ("quangninh-youtube", "bo-a", "@bo-a", None, None),
        ("quangninh-bluesky", "bo-a", "cu.example", date.min, date(2024, 3, 31)),
        ("quangninh-bluesky", "bo-a", "moi.example", date(2024, 4, 1), None),
        ("quangninh-mastodon", "bo-a", "@a@example", date.min, date(2024, 5, 31)),
        ("quangninh-mastodon", "so-c", "@a@example", date(2024, 6, 1), None),
        ("danang-youtube", "cuc-a", "@cuc-a", None, None),
    ]
    accounts: list[dict[str, object]] = [
        {"id": "danang-youtube", "platform": "youtube"},
        {"id": "quangninh-bluesky", "platform": "bluesky"},
        {"id": "quangninh-mastodon", "platform": "mastodon"},
        {
            "id": "quangninh-youtube",
            "platform": "youtube",
            "basis": youtube_basis,
            "languages": "vi en",
            "content_focus": "Văn hóa, du lịch",
            "managing_unit": "Văn phòng Bộ",
            "interaction_practice": "Trả lời trong ngày",
            "funding_source": "both",
            "legal_basis": "12/QĐ-BA",
            "active_from": date(2023, 10, 2),
        },
    ]
    columns = (
        "id name_vi name_en kind locality_id parent_id successor_id valid_from valid_to source"
    )
    named = ("account_id", "agency_id", "handle", "valid_from", "valid_to")
    return replace(
        sample_panel(),
        agencies=objects(agencies, columns),
        periods=objects(
            [dict(zip(named, one, strict=True)) for one in periods],
            "account_id valid_from valid_to agency_id handle url",
        ),
        account_rows=objects(accounts, ACCOUNT_COLUMNS),
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    return ministries()


@pytest.fixture(scope="module")
def document(panel: Panel) -> Document:
    return fill(LETTER, panel, "bo-a", on=ON, tet_days=TET, answers=ANSWERS)


def words(document: Document) -> str:
    return "\n".join(
        block.text for block in document.blocks if isinstance(block, (Heading, Paragraph))
    )


def table_of(document: Document, title: str) -> Table:
    return next(table for table in document.tables if title.lower() in table.title.lower())


def printed(table: Table, row: Sequence[Cell]) -> list[str]:
    return [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]


def row_of(table: Table, name: str) -> list[str]:
    return next(cells for cells in (printed(table, row) for row in table.rows) if name in cells[0])


def test_ministries_and_agencies_of_the_government_answer_and_nobody_else(panel: Panel) -> None:
    assert respondents(panel, LETTER, "63", ON) == ["bo-a", "bo-b"]


def test_the_sections_follow_the_questions_of_the_letter(document: Document) -> None:
    headings = [
        block.text
        for block in document.blocks
        if isinstance(block, Heading) and block.level == 1 and block.text[0].isdigit()
    ]
    assert [text[:2] for text in headings] == ["1.", "2.", "3.", "4.", "5.", "6."]
    assert headings[3] == "4. Nguồn kinh phí thực hiện"


def test_what_was_answered_is_ticked_several_boxes_where_the_letter_allows(
    document: Document,
) -> None:
    text = words(document)
    assert "☑ Đã triển khai     ☐ Chưa triển khai" in text
    assert "☐ Địa phương     ☐ Bộ     ☑ Ngành     ☑ Quốc gia" in text
    assert "Vụ Thông tin quản lý." in text
    others = table_of(document, "Kênh truyền thông truyền thống")
    assert printed(others, others.rows[0])[:3] == [
        "Truyền hình VTV4",
        "chưa có số liệu (đơn vị chưa gửi nội dung mục này)",
        "Hằng tuần",
    ]


def test_the_register_fills_the_account_and_empty_cells_say_so(document: Document) -> None:
    table = table_of(document, "theo danh bạ")
    assert row_of(table, "YouTube") == [
        "YouTube: @bo-a",
        "Bộ A",
        "Văn phòng Bộ",
        "Tiếng Việt, tiếng Anh",
        "Văn hóa, du lịch",
        "Trả lời trong ngày",
        "Ngân sách nhà nước và xã hội hóa",
        "12/QĐ-BA",
    ]
    assert row_of(table, "Bluesky")[2:] == ["Chưa khai"] * 6
    assert [printed(table, row)[0][:7] for row in table.rows] == ["Bluesky", "YouTube"]


def test_posts_every_second_day_are_weekly_and_the_newest_followers_have_day_and_lane(
    document: Document, panel: Panel
) -> None:
    # every second day: 3 or 4 days of each week, never 5; the 363 days known hold 51 whole weeks
    table = table_of(document, "mức độ đăng bài")
    _, code, opened, level, weeks, why, followers, day, lane, note = row_of(table, "YouTube")
    newest = int(panel.series("quangninh-youtube", "followers", "public").iloc[-1])
    assert (code, opened, level, weeks) == ("A02", "02/10/2023", "Hằng tuần", "51")
    assert "0/51 tuần có bài trong ít nhất 5 ngày; 51/51 tuần có bài" in why
    assert followers == f"{newest:,}".replace(",", ".") + " (±100)"
    assert (day, lane) == ("15/09/2024", "công khai")
    assert note == "mở trong khoảng này, ngày 02/10/2023"
    assert row_of(table, "Bluesky")[2] == "Chưa khai (số liệu sớm nhất: 22/02/2021)"


def test_each_number_of_the_accounts_is_traced(document: Document) -> None:
    table = table_of(document, "mức độ đăng bài")
    cells = [cell for row in table.rows for cell in row if cell.is_number]
    assert [cell.id for cell in cells] == ["A01a", "A01b", "A02a", "A02b"]
    for cell in cells:
        assert cell.origin is not None
        assert cell.origin.account in ("quangninh-bluesky", "quangninh-youtube")
        assert cell.origin.lane == "public"
        assert cell.origin.basis


def test_names_are_those_of_the_last_day_and_the_change_inside_is_noted(
    document: Document,
) -> None:
    assert row_of(table_of(document, "theo danh bạ"), "Bluesky")[0] == "Bluesky: moi.example"
    note = row_of(table_of(document, "mức độ đăng bài"), "Bluesky")[-1]
    assert note == "01/04/2024: đổi tên tài khoản từ cu.example thành moi.example"


def test_accounts_that_left_and_those_of_agencies_below_are_named_but_not_counted(
    document: Document,
) -> None:
    text = words(document)
    assert (
        "đã chuyển sang đơn vị khác trong khoảng này: quangninh-mastodon (nay thuộc Sở C)" in text
    )
    assert "không tính trong các bảng này: Cục thuộc Bộ A." in text


def test_an_account_that_ended_before_the_window_is_named_apart(panel: Panel) -> None:
    rows = panel.account_rows.copy()
    rows.loc[rows["id"] == "quangninh-bluesky", "active_to"] = date(2023, 8, 31)
    ended = replace(panel, account_rows=rows)
    document = fill(LETTER, ended, "bo-a", on=ON, tet_days=TET)
    assert len(table_of(document, "theo danh bạ").rows) == 1
    assert "đã ngừng trước khoảng này: Bluesky: moi.example (ngày cuối 31/08/2023)" in words(
        document
    )


def test_terms_that_forbid_derived_numbers_leave_the_class_open() -> None:
    document = fill(LETTER, ministries(youtube_basis=None), "bo-a", on=ON, tet_days=TET)
    level = row_of(table_of(document, "mức độ đăng bài"), "YouTube")[3]
    assert level.startswith(NOT_ALLOWED_VI)


def test_followers_older_than_the_terms_allow_are_not_told() -> None:
    asked = Window(date(2023, 1, 2), date(2024, 1, 1))
    panel = ministries(youtube_basis=None)
    document = fill(LETTER, panel, "bo-a", on=ON, tet_days=TET, asked=asked)
    followers = row_of(table_of(document, "mức độ đăng bài"), "YouTube")[6]
    assert followers.startswith(NOT_ALLOWED_VI)


def test_a_ministry_without_accounts_says_so_and_prints_no_number(panel: Panel) -> None:
    document = fill(LETTER, panel, "bo-b", on=ON, tet_days=TET)
    text = words(document)
    assert "Chưa đăng ký tài khoản nào" in text
    assert "☐ Đã triển khai     ☐ Chưa triển khai" in text
    cells = [cell for table in document.tables for row in table.rows for cell in row]
    assert not [cell for cell in cells if cell.is_number and cell.value == 0]


def test_a_window_that_has_not_come_leaves_the_class_open(panel: Panel) -> None:
    asked = Window(date(2025, 1, 1), date(2025, 4, 1))
    document = fill(LETTER, panel, "bo-a", on=ON, tet_days=TET, asked=asked)
    level = row_of(table_of(document, "mức độ đăng bài"), "YouTube")[3]
    assert level == "chưa có số liệu (khoảng thời gian được hỏi chưa có ngày nào có số liệu)"


def test_the_rows_of_an_agency_can_be_had_without_its_report(panel: Panel) -> None:
    window = Window(date(2023, 9, 18), ON)
    lines = account_rows(panel, "bo-a", date(2024, 9, 15), window)
    assert [(line.held.account_id, line.frequency.value) for line in lines] == [
        ("quangninh-bluesky", 3.0),
        ("quangninh-youtube", 3.0),
    ]
