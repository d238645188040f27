"""Letter 2905: the plan sheet with base values, targets and progress; languages; events."""

from dataclasses import replace
from datetime import date

import pytest
from letter_sample import TARGETS, filled, printed, rich_panel, rows_with, table_of, words
from panel_sample import objects, sample_panel

from tracker.errors import ConfigError
from tracker.letters import Field, days_left_vi, letter_named
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.reports.blocks.targets import targets_blocks
from tracker.reports.facts import Facts
from tracker.tables import Table
from tracker.writers import Document, Heading

YEAR_2023 = Window(date(2023, 1, 1), date(2024, 1, 1))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return rich_panel()


@pytest.fixture(scope="module")
def plan(panel: Panel) -> Document:
    return filled("2905", panel, "quang-ninh", asked=YEAR_2023)


def known(panel: Panel, account: str, day: date) -> float:
    frame = panel.snapshots
    mine = frame[(frame["account"] == account) & (frame["day"] == day_number(day))]
    return float(mine["followers"].iloc[0])


def test_the_plan_has_the_aims_of_the_letter_in_order(plan: Document) -> None:
    headings = [one.text for one in plan.blocks if isinstance(one, Heading) and one.level == 1]
    assert [text.split(".")[0] for text in headings[:5]] == ["1", "2", "3", "4", "5"]
    assert "Định vị hình ảnh" in headings[0]
    assert "chỉ tiêu thống kê và chỉ số đo lường" in headings[1]
    assert "tiếng Việt và tiếng nước ngoài" in headings[2]
    assert plan.kind == "KẾ HOẠCH"


def test_days_nobody_knows_are_not_made_up() -> None:
    letter = letter_named("2905")
    assert letter.issued_on is None
    assert letter.deadline is None
    assert days_left_vi(letter, date(2026, 1, 1)) == "chưa rõ hạn gửi"
    assert letter.issuer().name_vi == "Bộ Thông tin và Truyền thông"


def test_a_plan_of_another_year_names_its_days(panel: Panel, plan: Document) -> None:
    assert plan.period.startswith("từ ngày 01/01/2023 đến ngày 31/12/2023 (theo công văn")
    assert filled("2905", panel, "cao-bang").period.startswith("năm 2021 (theo công văn")


def test_a_target_of_the_register_shows_base_wanted_and_progress(
    panel: Panel, plan: Document
) -> None:
    """10 % more than on 1 January 2023, of the two accounts known on both days."""
    accounts = ("quangninh-bluesky", "quangninh-youtube")
    base, actual = (
        sum(known(panel, account, day) for account in accounts)
        for day in (YEAR_2023.start, YEAR_2023.end)
    )
    table = table_of(plan, "G")
    row = next(row for row in table.rows if row[2].text == "Người theo dõi (người)")
    numbers = [cell.value for cell in row]
    assert numbers[3:5] == [base, actual]
    assert numbers[5] == pytest.approx(100 * (actual / base - 1))
    assert numbers[7] == pytest.approx(1.1 * base)
    assert numbers[8] == pytest.approx(100 * (actual - base) / (0.1 * base))
    texts = printed(table, row)
    assert texts[3].endswith("(±100)")
    assert texts[6] == "tăng 10 % so với cùng kỳ năm trước"
    assert texts[9:11] == ["đạt (hết kỳ)", "KH 5/KH-UBND"]
    assert "2 trong 3 tài khoản" in texts[11]


def test_an_indicator_without_a_target_still_has_its_base_and_its_number(plan: Document) -> None:
    """Two posts every second day: 7 a week in both years, give or take the edges."""
    [row] = rows_with(table_of(plan, "G"), "Số bài đăng mỗi tuần")
    assert row[3].startswith("14,0 [")
    assert row[4].startswith("14,0 [")
    assert row[6:11] == ["chưa có số liệu (danh bạ chưa ghi chỉ tiêu)"] * 5
    notes = " ".join(table_of(plan, "G").notes)
    assert "số gốc tính cho 01/01/2022 - 31/12/2022" in notes


def test_a_target_the_tool_cannot_measure_says_so(plan: Document) -> None:
    [row] = rows_with(table_of(plan, "G"), "Số tin trên báo nước ngoài")
    assert row[6] == "30,0"
    assert all("không phải chỉ số đo được" in cell for cell in (row[3], row[4], row[8], row[9]))


def test_the_ready_target_is_printed_with_its_caveat(panel: Panel) -> None:
    """2026 has not begun: the base is the newest level, to be reached is a fifth more."""
    asked = Window(date(2026, 1, 1), date(2027, 1, 1))
    table = table_of(filled("2905", panel, "quang-ninh", asked=asked), "G")
    [row] = rows_with(table, "173/QĐ-TTg")
    assert row[6] == "tăng 20 % so với cùng kỳ năm trước"
    assert row[10] == "Quyết định 173/QĐ-TTg ngày 27/01/2026"
    assert "VnExpress 02/2026" in table.sources[0]
    assert "cách đo của công cụ, chưa có hướng dẫn chính thức" in row[11]
    first = next(one for one in table.rows if one[2].text == "Người theo dõi (người)")
    assert first[7].value == pytest.approx(1.2 * float(str(first[3].value)))
    assert row[4] == "chưa có số liệu (kỳ chưa bắt đầu)"
    assert "số gốc tạm tính: mức ngày 15/09/2024" in row[11]


def test_a_year_without_a_year_before_keeps_its_own_number(panel: Panel) -> None:
    """Nothing was read before 22 February 2021."""
    [row] = rows_with(table_of(filled("2905", panel, "quang-ninh"), "G"), "Số bài đăng mỗi tuần")
    assert row[3] == "chưa có số liệu (chưa có kỳ trước để so sánh)"
    assert row[4].startswith("14,0 [")


def test_languages_and_kinds_are_counted_and_shared_over_the_sums(plan: Document) -> None:
    """The 183 posting days of 2023 are numbers 678 to 1042; English ones the multiples of 4, 680
    to 1040: 91 of 366 posts an account."""
    languages = table_of(plan, "N")
    titles = [column.title for column in languages.columns]
    assert "Tiếng Lào (d)" in titles
    assert "Tiếng Khmer (e)" in titles
    [bluesky] = rows_with(languages, "Bluesky")
    assert bluesky[2:8] == ["366", "275", "91", "0", "0", "24,9%"]
    [together] = rows_with(languages, "Cộng 2/3 tài khoản")
    assert together[2:5] == ["732", "550", "182"]
    assert rows_with(languages, "Tỷ lệ trong số bài", "75,1%", "24,9%", "0,0%")
    [kinds] = rows_with(table_of(plan, "L"), "Cộng 2/3")
    assert kinds[2:5] == ["732", "366", "366"]


def test_events_of_the_locality_and_its_accounts_are_listed_by_day(plan: Document) -> None:
    table = next(one for one in plan.tables if "Sự kiện" in one.title)
    rows = [printed(table, row) for row in table.rows]
    assert [row[:4] for row in rows] == [
        ["01/03/2023", "chiến dịch", "tỉnh Quảng Ninh", "Tuần du lịch"],
        [
            "09/08/2023",
            "đổi tên",
            "Bluesky: @quangninh (UBND tỉnh Quảng Ninh)",
            "chưa có số liệu (chưa ghi nội dung)",
        ],
    ]


def test_a_locality_without_accounts_gets_its_whole_plan() -> None:
    document = filled("2905", sample_panel(), "cao-bang", asked=YEAR_2023)
    text = words(document)
    assert "chưa có số liệu (chưa đăng ký tài khoản nào để đo)" in text
    assert "chưa đăng ký tài khoản nào trong khoảng báo cáo" in text
    assert "danh bạ chưa ghi sự kiện nào" in text


def test_an_unknown_indicator_of_a_letter_is_refused(panel: Panel) -> None:
    facts = Facts(panel, letter_named("2905"), "quang-ninh", date(2024, 9, 20), (), ())
    field = Field("plan", "measured", "targets", "", indicators=("folowers",))
    with pytest.raises(ConfigError, match="letter 2905, field 'plan': no indicator 'folowers'"):
        targets_blocks(facts, field)


def test_targets_of_other_years_are_left_out(panel: Panel) -> None:
    other = replace(
        panel,
        targets=objects(
            [{**TARGETS[0], "period": "2022"}], "indicator unit period value basis source"
        ),
    )
    document = filled("2905", other, "quang-ninh", asked=YEAR_2023)
    table: Table = table_of(document, "G")
    assert {row[0].text for row in table.rows} == {"2023"}
