"""Letter 11062: several years of a locality, by programme; years nobody read stay unknown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from panel_sample import ACCOUNT_COLUMNS, TET, objects, sample_panel

from tracker.letters import letter_named
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports import fill
from tracker.tables import Cell, Table, cell_text
from tracker.writers import Document, Heading, Paragraph

ON = date(2021, 3, 1)
LETTER = letter_named("11062")
UNREAD = "chưa có số liệu (chưa đọc năm này)"
READINGS = (
    ("quangninh-bluesky", "public", date(2018, 11, 30), 100),
    ("quangninh-bluesky", "public", date(2019, 12, 31), 250),
    ("quangninh-bluesky", "public", date(2021, 1, 1), 400),
    ("quangninh-mastodon", "declared", date(2019, 12, 30), 1000),
    ("quangninh-youtube", "public", date(2020, 12, 31), 5000),
)
POSTS = ((date(2019, 3, 1), 3), (date(2020, 2, 1), 2))


def several_years() -> Panel:
    """Give Quảng Ninh four accounts and three programmes, Đà Nẵng nothing.

    Bluesky opened in June 2018 and has posts known from February 2019; Mastodon declares one
    rounded number and does not say when it opened; YouTube is held under terms of 30 days; Facebook
    opened after the years of the letter.
    """
    numbers = [
        (account, lane, day_number(day), float(count), *[np.nan] * 4)
        for account, lane, day, count in READINGS
    ]
    columns = "account lane day followers following posts views likes"
    daily = [
        ("quangninh-bluesky", day_number(day), "post", "vi", count, 0, np.nan, 0, np.nan, 200.0)
        for day, count in POSTS
    ]
    posts = "account day kind language posts posts_day7 interactions_day7 posts_views_day7"
    accounts: list[dict[str, object]] = [
        {
            "id": "quangninh-bluesky",
            "platform": "bluesky",
            "active_from": date(2018, 6, 1),
            "languages": "vi en",
            "funding_source": "state_budget",
        },
        {"id": "quangninh-facebook", "platform": "facebook", "active_from": date(2021, 2, 1)},
        {"id": "quangninh-mastodon", "platform": "mastodon"},
        {"id": "quangninh-youtube", "platform": "youtube", "funding_source": "both"},
    ]
    owners = ("ubnd-quang-ninh", "ubnd-quang-ninh", "so-quang-ninh", "ubnd-quang-ninh")
    programmes = [
        ("p1", "Chương trình của tỉnh", "quang-ninh", None, date(2013, 6, 1), date(2020, 12, 31)),
        ("p2", "Kế hoạch của Sở", None, "so-quang-ninh", date(2018, 3, 1), None),
        ("p3", "Kế hoạch 2022", "quang-ninh", None, date(2022, 1, 1), None),
    ]
    named = ("id", "title", "locality_id", "agency_id", "start", "end")
    return replace(
        sample_panel(),
        until=date(2021, 3, 1),
        snapshots=pd.DataFrame(numbers, columns=columns.split()),
        rounding=objects(
            [
                {
                    "account": "quangninh-mastodon",
                    "lane": "declared",
                    "day": day_number(date(2019, 12, 30)),
                    "metric": "followers",
                    "step": 100.0,
                    "qualifier": "exact",
                }
            ],
            "account lane day metric step qualifier",
        ),
        daily=pd.DataFrame(daily, columns=[*posts.split(), "views_day7", "followers"]),
        posts_covered=pd.DataFrame(
            [
                (
                    "quangninh-bluesky",
                    "public",
                    day_number(date(2019, 2, 1)),
                    day_number(date(2021, 2, 1)),
                )
            ],
            columns=["account", "lane", "first", "last"],
        ),
        account_rows=objects(accounts, ACCOUNT_COLUMNS),
        periods=objects(
            [
                {"account_id": one["id"], "agency_id": owner, "handle": f"@{one['platform']}"}
                for one, owner in zip(accounts, owners, strict=True)
            ],
            "account_id valid_from valid_to agency_id handle url",
        ),
        programmes=objects(
            [{**dict(zip(named, one, strict=True)), "status": "built"} for one in programmes],
            "id title locality_id agency_id document status start end key_message source",
        ),
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    return several_years()


@pytest.fixture(scope="module")
def document(panel: Panel) -> Document:
    return fill(LETTER, panel, "quang-ninh", on=ON, tet_days=TET)


def words(document: Document) -> str:
    return "\n".join(
        block.text for block in document.blocks if isinstance(block, (Heading, Paragraph))
    )


def table_of(document: Document, title: str) -> Table:
    return next(table for table in document.tables if title.lower() in table.title.lower())


def printed(table: Table, row: Sequence[Cell]) -> list[str]:
    return [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]


def rows_of(table: Table) -> list[list[str]]:
    return [printed(table, row) for row in table.rows]


def year_of(document: Document, year: str) -> list[str]:
    table = table_of(document, "số liệu từng năm")
    return next(cells for cells in rows_of(table) if cells[0] == year)


def test_every_year_of_the_letter_has_a_row_with_the_programmes_of_that_year(
    document: Document,
) -> None:
    rows = rows_of(table_of(document, "số liệu từng năm"))
    assert [row[0] for row in rows] == [str(year) for year in range(2013, 2021)]
    assert {row[2] for row in rows[:5]} == {"Chương trình của tỉnh"}
    assert {row[2] for row in rows[5:]} == {"Chương trình của tỉnh; Kế hoạch của Sở"}


def test_a_year_nobody_read_is_unknown_and_never_zero(document: Document) -> None:
    assert year_of(document, "2016")[5:8] == [UNREAD] * 3


def test_the_last_reading_of_a_year_counts_where_none_lies_at_its_end(document: Document) -> None:
    rows = rows_of(table_of(document, "từng tài khoản theo năm"))
    found = next(row for row in rows if "Bluesky" in row[0] and row[2] == "2018")
    assert found[3:6] == ["100", "30/11/2018", "công khai"]
    assert found[6].startswith("chưa có số liệu (chưa đọc được danh sách bài đăng")


def test_accounts_are_added_up_with_lanes_steps_and_what_was_left_out(document: Document) -> None:
    # 2019: Bluesky 250 + Mastodon 1.000 (±100); YouTube may not be told; 3 posts from 1 February
    row = year_of(document, "2019")
    assert row[5:8] == ["1.250 (±100)", "tự khai + công khai", "3"]
    assert "người theo dõi: có trùng" in row[8]
    assert "người theo dõi: cộng 2 trên 3 tài khoản" in row[8]
    assert (
        "bài đăng: cộng 1 trên 3 tài khoản; bài đăng: 1 tài khoản chỉ quan sát được một phần"
        in row[8]
    )
    assert year_of(document, "2020")[5] == "400"
    assert year_of(document, "2020")[7] == "2"


def test_openings_are_counted_as_declared_and_first_numbers_apart(document: Document) -> None:
    unsaid = "chưa có số liệu (chưa khai ngày mở)"
    assert year_of(document, "2017")[3:5] == ["0", unsaid]
    assert year_of(document, "2018")[3:5] == ["1", unsaid]
    assert year_of(document, "2019")[3:5] == ["0", "1"]


def test_years_before_the_opening_stand_in_one_row_with_their_reason(document: Document) -> None:
    rows = rows_of(table_of(document, "từng tài khoản theo năm"))
    bluesky = [row for row in rows if "Bluesky" in row[0]]
    assert [row[2] for row in bluesky] == ["2013 - 2017", "2018", "2019", "2020"]
    assert bluesky[0][3] == "chưa có số liệu (tài khoản mở ngày 01/06/2018)"
    mastodon = [row for row in rows if "Mastodon" in row[0]]
    assert [row[2] for row in mastodon] == ["2013 - 2018", "2019", "2020"]
    assert mastodon[0][3] == "chưa có số liệu (chưa đọc các năm này)"
    assert not [row for row in rows if "Facebook" in row[0]]
    assert mastodon[0][-1] == "ngày mở: chưa khai (số liệu sớm nhất: 30/12/2019)"
    assert mastodon[2][-1] == "không có lưu ý"


def test_a_year_whose_posts_alone_are_known_says_what_is_not(panel: Panel) -> None:
    only = panel.snapshots[panel.snapshots["day"] != day_number(date(2019, 12, 31))]
    document = fill(LETTER, replace(panel, snapshots=only), "ubnd-quang-ninh", on=ON, tet_days=TET)
    rows = rows_of(table_of(document, "từng tài khoản theo năm"))
    found = next(row for row in rows if "Bluesky" in row[0] and row[2] == "2019")
    assert found[3] == "chưa có số liệu (không có lần đọc nào trong năm này)"
    assert found[5:] == [
        "công khai",
        "3",
        "bài đăng: chỉ quan sát được từ 01/02/2019 đến 31/12/2019",
    ]


def test_numbers_whose_terms_have_ended_are_not_printed(document: Document) -> None:
    rows = rows_of(table_of(document, "từng tài khoản theo năm"))
    youtube = next(row for row in rows if "YouTube" in row[0] and row[2] == "2020")
    assert youtube[3].startswith(NOT_ALLOWED_VI)


def test_the_numbers_of_a_year_name_the_accounts_they_were_made_of(document: Document) -> None:
    table = table_of(document, "số liệu từng năm")
    found = {cell.id: cell.origin for row in table.rows for cell in row if cell.is_number}
    followers = found["Y07c"]
    assert followers is not None
    assert followers.account == "quangninh-bluesky, quangninh-mastodon"
    assert (followers.first_day, followers.last_day) == (date(2019, 12, 30), date(2019, 12, 31))
    opened = found["Y06a"]
    assert opened is not None
    assert (opened.account, opened.source) == (
        "quangninh-bluesky",
        "danh bạ tài khoản, cơ quan và chương trình",
    )


def test_agencies_money_and_technology_come_from_the_register(document: Document) -> None:
    agencies = {row[0]: row[2:] for row in rows_of(table_of(document, "cơ quan tham gia"))}
    assert agencies == {
        "Tỉnh Quảng Ninh": ["Địa phương", "xem từng cơ quan", "Chương trình của tỉnh"],
        "Sở Du lịch": ["so", "1", "Kế hoạch của Sở"],
        "UBND tỉnh Quảng Ninh": ["ubnd", "2", "không có trong danh bạ"],
    }
    money = {row[0]: row[2:] for row in rows_of(table_of(document, "nguồn kinh phí"))}
    assert money == {
        "Ngân sách nhà nước": ["1", "Bluesky: @bluesky"],
        "Ngân sách nhà nước và xã hội hóa": ["1", "YouTube: @youtube"],
        "Chưa khai": ["1", "Mastodon: @mastodon"],
    }
    technology = {row[0]: row[2:] for row in rows_of(table_of(document, "nền tảng và ngôn ngữ"))}
    assert technology["Bluesky"] == ["1", "Tiếng Anh, tiếng Việt"]
    assert technology["Mastodon"] == ["1", "Chưa khai"]


def test_an_account_that_may_have_opened_later_is_named(panel: Panel) -> None:
    asked = Window(date(2013, 1, 1), date(2019, 1, 1))
    document = fill(LETTER, panel, "quang-ninh", on=ON, tet_days=TET, asked=asked)
    assert "chưa rõ đã mở hay chưa: Mastodon: @mastodon; YouTube: @youtube." in words(document)


def test_a_locality_without_accounts_and_programmes_says_so_everywhere(panel: Panel) -> None:
    document = fill(LETTER, panel, "da-nang", on=ON, tet_days=TET)
    text = words(document)
    assert "danh bạ chưa có chương trình nào của đơn vị trong thời gian này" in text
    assert "danh bạ chưa ghi cơ quan nào có tài khoản hoặc chương trình" in text
    years = table_of(document, "số liệu từng năm")
    assert not [cell for row in years.rows for cell in row if cell.is_number]
    assert "danh bạ chưa có tài khoản nào của đơn vị" in year_of(document, "2020")[5]


def test_an_agency_can_answer_too(panel: Panel) -> None:
    document = fill(LETTER, panel, "so-quang-ninh", on=ON, tet_days=TET)
    assert year_of(document, "2019")[5] == "1.000 (±100)"
    assert year_of(document, "2019")[2] == "Kế hoạch của Sở"


def test_a_year_after_the_data_says_so_and_a_year_in_progress_names_its_day(panel: Panel) -> None:
    asked = Window(date(2020, 1, 1), date(2023, 1, 1))
    document = fill(LETTER, panel, "quang-ninh", on=ON, tet_days=TET, asked=asked)
    later = "chưa có số liệu (năm này nằm sau ngày số liệu cuối cùng)"
    assert year_of(document, "2022")[3:8] == [later] * 5
    rows = rows_of(table_of(document, "từng tài khoản theo năm"))
    found = next(row for row in rows if "Bluesky" in row[0] and row[2] == "2021")
    assert "số liệu của năm đến hết ngày 27/02/2021" in found[-1]


def test_the_letter_names_no_deadline_so_none_can_pass() -> None:
    assert (LETTER.first_day, LETTER.last_day) == (date(2013, 1, 1), date(2020, 12, 31))
    assert LETTER.deadline is None
