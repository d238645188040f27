"""The first-year review of Chỉ thị 07: arbitrary days, the social-network block, evidence."""

from datetime import date
from pathlib import Path

import docx
import numpy as np
import pytest
from letter_sample import BEST, ON, WORST, filled, rich_panel, rows_with, table_of, words
from panel_sample import TET, sample_panel, ten_days

from tracker.errors import ConfigError
from tracker.indicators import with_looks
from tracker.indicators.looks import looks_of
from tracker.letters import Answer, Field, letter_named
from tracker.panel import Panel
from tracker.periods import Window
from tracker.reports import write_reports
from tracker.reports.blocks.activity import activity_blocks
from tracker.reports.facts import Facts
from tracker.writers import Document, Heading

ANSWERS = (
    Answer("documents.number", "12/KH-UBND"),
    Answer("documents.day", "15/05/2023"),
    Answer("impact.practice", "Họp báo hằng quý."),
    Answer("spokespersons", "Đã gửi"),
    Answer("spokespersons_sent_on", "10/07/2024"),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return rich_panel()


@pytest.fixture(scope="module")
def review(panel: Panel) -> Document:
    return filled("CT07", panel, "quang-ninh", answers=ANSWERS)


def test_the_outline_is_that_of_the_letter(review: Document) -> None:
    found = [one for one in review.blocks if isinstance(one, Heading)]
    headings = [one.text for one in found]
    firsts = [one.text.split(". ")[0] for one in found if one.level == 1]
    assert firsts[:4] == ["I.1", "I.2", "II", "Gửi kèm"]
    marks = [text[: text.index(")") + 1] for text in headings if text.startswith("(")]
    assert marks == ["(i)", "(ii)", "(iii)", "(iv)", "(v)"]
    assert letter_named("CT07").deadline == date(2024, 7, 19)


def test_the_window_is_that_of_the_letter_and_no_calendar_year(review: Document) -> None:
    assert "Khoảng báo cáo: 01/04/2023 - 30/06/2024." in words(review)
    assert "Người theo dõi, đầu khoảng (01/04/2023)" in words(review)


def test_every_account_is_measured_over_the_window_with_its_n(review: Document) -> None:
    """229 posting days from 1 April 2023 to 30 June 2024 with two posts each: 458 posts; Bluesky's
    drew 40 each but for one of 400 and one of 1: (456 x 40 + 401) / 458."""
    table = table_of(review, "H")
    [posts] = rows_with(table, "Bluesky", "Số bài đăng mỗi tuần")
    assert posts[4].startswith("7,02 [")
    assert posts[5] == "458 bài"
    [drawn] = rows_with(table, "Bluesky", "Tương tác mỗi bài")
    assert drawn[4].startswith("40,7 [")
    [views] = rows_with(table, "YouTube", "Lượt xem mỗi bài sau 7 ngày, trung vị")
    assert views[4].split(" ")[0] == "1.000"
    assert rows_with(table, "Bluesky", "Lượt xem", "nền tảng không cho biết lượt xem")
    assert rows_with(table, "Cộng các tài khoản (2/3 tài khoản", "Số bài đăng", "916 bài")
    assert rows_with(table, "Mastodon", "chưa có số liệu")


def test_the_share_of_foreign_posts_is_a_ratio_of_sums(review: Document) -> None:
    """115 of the 229 posting days have one English post: 115 of 458, 230 of 916."""
    [together] = rows_with(table_of(review, "N"), "Cộng 2/3 tài khoản")
    assert together[2:5] == ["916", "686", "230"]
    assert together[7] == "25,1%"


def test_the_best_and_the_worst_post_stand_against_the_accounts_own_baseline(
    review: Document,
) -> None:
    """The posts before them drew 40 each: 400 is ten times that, 1 a fortieth."""
    table = table_of(review, "X")
    [best] = rows_with(table, f"quangninh-bluesky-{BEST.isoformat()}-0")
    assert best[0] == "Cao hơn mức nền nhiều nhất"
    assert best[3:8] == [f"{BEST:%d/%m/%Y}", "bài đăng", "400", "40,0", "10,00"]
    assert best[8] == "chưa có số liệu (nền tảng không công bố)"
    [worst] = rows_with(table, f"quangninh-bluesky-{WORST.isoformat()}-0")
    assert (worst[0], worst[5], worst[7]) == ("Thấp hơn mức nền nhiều nhất", "1", "0,03")
    assert len(table.rows) == 10
    assert "Xếp 916 bài có mức nền." in table.notes


def test_a_post_imported_without_its_address_says_so(panel: Panel) -> None:
    looks = looks_of(panel)
    assert looks is not None
    nameless = with_looks(panel, looks.frame.assign(url=np.nan))
    table = table_of(filled("CT07", nameless, "quang-ninh"), "X")
    [best] = rows_with(table, "400")
    assert best[9] == "chưa có số liệu (danh sách bài không kèm địa chỉ)"


def test_the_best_and_the_worst_week_stand_beside(review: Document) -> None:
    """Weeks begin on Saturday 1 April 2023. The best has three posting days, (5 x 40 + 400) / 6;
    the worst four, (7 x 40 + 1) / 8."""
    [row] = rows_with(table_of(review, "B"), "Bluesky")
    assert row[2:5] == ["07/10/2023 - 13/10/2023", "100,0", "6"]
    assert row[5:8] == ["02/03/2024 - 08/03/2024", "35,1", "8"]


def test_of_spokespersons_only_whether_and_when_is_held(review: Document) -> None:
    text = words(review)
    assert "☑ Đã gửi     ☐ Chưa gửi" in text
    assert "10/07/2024" in text
    keys = {field.key for field in letter_named("CT07").fields if "spokes" in field.key}
    assert keys == {"spokespersons", "spokespersons_sent_on"}


def test_lists_of_documents_are_printed_with_what_lacks(review: Document) -> None:
    [row] = rows_with(
        next(one for one in review.tables if "(i) Văn bản" in one.title), "12/KH-UBND"
    )
    assert row[1] == "15/05/2023"
    assert row[2].startswith("chưa có số liệu")


def test_a_list_is_no_number_and_is_refused(panel: Panel) -> None:
    facts = Facts(panel, letter_named("CT07"), "quang-ninh", ON, (), TET)
    field = Field("social", "measured", "activity", "", indicators=("post_languages",))
    with pytest.raises(ConfigError, match="field 'social': no indicator 'post_languages'"):
        activity_blocks(facts, field)


def test_undecided_and_short_posts_are_counted_apart() -> None:
    """Of Bluesky's five posts one is undecided and one short: three decided, two not Vietnamese."""
    asked = Window(date(2024, 9, 2), date(2024, 9, 12))
    document = filled("CT07", ten_days(), "quang-ninh", asked=asked)
    [row] = rows_with(table_of(document, "N"), "Bluesky")
    assert row[2:10] == ["5", "1", "1", "1", "0", "1", "1", "66,7%"]


def test_terms_that_forbid_numbers_are_named_with_what_to_apply_for() -> None:
    asked = Window(date(2024, 8, 25), date(2024, 9, 10))
    text = words(filled("CT07", sample_panel(), "da-nang", asked=asked))
    assert "chưa được phép theo điều khoản của nền tảng; cần chủ kênh ủy quyền" in text


def test_word_prints_the_review_of_a_rich_and_of_an_empty_locality(
    panel: Panel, tmp_path: Path
) -> None:
    units = ["quang-ninh", "cao-bang"]
    letter = letter_named("CT07")
    list(write_reports(panel, letter, units, tmp_path, on=ON, tet_days=TET))
    for unit in units:
        read = docx.Document(str(tmp_path / f"gia-lap_CT07_{unit}.docx"))
        for table in read.tables[1:]:
            for row in table.rows:
                assert all(cell.text.strip() for cell in row.cells)
    listed = (tmp_path / "gia-lap_CT07_danh-sach.html").read_text(encoding="utf-8")
    assert "trước ngày 19/7/2024 (đã quá 63 ngày)" in listed
