"""Reports of letter 3836: filled from a panel, honest where nothing is known."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from document_sample import sample_document
from panel_sample import START, TET, sample_panel

from tracker.effects import locality_levels
from tracker.errors import ConfigError, InputError
from tracker.letters import Answer, letter_named
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI, platform_named
from tracker.reports import (
    SYNTHETIC_VI,
    Edition,
    document_of,
    fill,
    make_edition,
    without_ended_numbers,
    write_document,
    write_reports,
)
from tracker.reports.edition import digest_of, to_json
from tracker.reports.outcomes import period_days, period_text, position
from tracker.reports.passport import with_origins
from tracker.tables import Cell, Column, Origin, Table, cell_text
from tracker.writers import Document, Heading, Paragraph

ON = date(2024, 9, 20)
LETTER = letter_named("3836")
OUTCOME = {
    "indicator": "visitors_total",
    "definition": "Khách du lịch đến địa phương",
    "unit": "lượt",
    "locality_id": "quang-ninh",
    "boundary": "63",
    "publisher": "Sở Du lịch",
    "status": "official",
    "source": "báo cáo năm",
}
OUTCOMES: list[dict[str, object]] = [
    {**OUTCOME, "period": "2021", "value": 4_380_000.0, "published_on": date(2022, 1, 5)},
    {
        **OUTCOME,
        "period": "2024",
        "value": 19_000_000.0,
        "qualifier": "at_least",
        "status": "estimate",
        "published_on": date(2024, 12, 28),
    },
    {
        **OUTCOME,
        "indicator": "intl_arrivals",
        "definition": "Khách quốc tế đến Việt Nam",
        "locality_id": "viet-nam",
        "boundary": "country",
        "period": "2023",
        "value": 12_600_000.0,
        "qualifier": "about",
        "published_on": date(1970, 1, 1),
    },
]
ANSWERS = (
    Answer("strengths", "Chỉ đạo sát sao."),
    Answer("channels.channel", "quangninh-youtube"),
    Answer("channels.reason", "Người nước ngoài xem nhiều"),
    Answer("channels.channel", "VTV4", row=1),
    Answer("channels.before", "2 phóng sự", row=1, evidence="KH 12"),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return sample_panel(outcomes=OUTCOMES)


@pytest.fixture(scope="module")
def document(panel: Panel) -> Document:
    return with_origins(fill(LETTER, panel, "quang-ninh", on=ON, tet_days=TET, answers=ANSWERS))


def plain(panel: Panel, locality_id: str, on: date = ON) -> Document:
    return with_origins(fill(LETTER, panel, locality_id, on=on, tet_days=TET))


def words(document: Document) -> str:
    texts = [block.text for block in document.blocks if isinstance(block, (Heading, Paragraph))]
    for table in document.tables:
        texts += [" | ".join(printed(table, row)) for row in table.rows]
        texts += table.notes
    return "\n".join(texts)


def printed(table: Table, row: Sequence[Cell]) -> list[str]:
    return [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]


def table_of(document: Document, title: str) -> Table:
    return next(table for table in document.tables if title in table.title)


def rows_with(table: Table, *texts: str) -> list[list[str]]:
    rows = [printed(table, row) for row in table.rows]
    return [row for row in rows if all(any(text in cell for cell in row) for text in texts)]


def test_the_sections_are_those_of_the_letter_in_its_order(document: Document) -> None:
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert [text[:2] for text in headings if re.match(r"\d\. ", text)] == ["1.", "2.", "3."]
    assert headings[-1] == "Ghi chú về chất lượng số liệu"
    assert "2.3. Bài học kinh nghiệm" in headings


def test_declared_parts_come_from_the_register(document: Document) -> None:
    text = words(document)
    assert "☑ Đã xây dựng     ☐ Đang xây dựng     ☐ Chưa xây dựng" in text
    assert "12/KH-UBND, 15/02/2022" in text
    assert "“Hạ Long – kỳ quan”" in text
    assert "Chỉ đạo sát sao." in text


def test_the_name_of_a_candidate_element_is_never_printed(document: Document) -> None:
    text = words(document)
    assert "ỨNG VIÊN" not in to_json(document)
    assert "Yếu tố mã 13, nhóm Trải nghiệm (chưa có tên gọi chính thức): di sản Hạ Long" in text
    assert "Văn hóa và di sản" in text


def test_an_answered_choice_is_ticked_where_the_register_says_nothing(panel: Panel) -> None:
    answers = [
        Answer("plan_status", "Đang xây dựng"),
        Answer("focus_elements", "Chưa xác định"),
        Answer("outcomes.channel", "Chương trình truyền hình"),
        Answer("outcomes.after", "12 chương trình"),
    ]
    document = fill(LETTER, panel, "da-nang", on=ON, tet_days=TET, answers=answers)
    text = words(document)
    assert "☐ Đã xây dựng     ☑ Đang xây dựng     ☐ Chưa xây dựng" in text
    assert "☐ Có xác định     ☑ Chưa xác định" in text
    assert "☐ Xác định     ☐ Chưa xác định" in text
    others = table_of(document, "Kết quả khác do địa phương khai")
    assert rows_with(others, "Chương trình truyền hình", "12 chương trình", "chưa có số liệu")


def test_growth_is_printed_before_and_after_with_its_interval(document: Document) -> None:
    """The sample grows by 3 a day before the start and by 4 after it."""
    table = table_of(document, "số liệu trước và sau")
    (row,) = rows_with(table, "Bluesky", "Tăng trưởng ròng")
    number = row.index("công khai")
    assert row[number + 1 : number + 3] == ["3,00", "4,00"]
    assert re.fullmatch(r"\+[01],\d\d \[\+0,\d\d; \+1,\d\d\]", row[number + 3])
    assert "tuần dùng được" in row[-1]


def test_both_windows_are_stated_in_words(document: Document) -> None:
    assert "trước 22/02/2021 - 20/02/2022, sau 07/03/2022 - 05/03/2023" in words(document)


def test_a_rounded_count_shows_its_step(document: Document) -> None:
    (row,) = rows_with(table_of(document, "số liệu trước và sau"), "Người đăng ký, cuối mỗi khoảng")
    assert all(re.search(r"\d (\(±100\))$", cell) for cell in row[6:8])


def test_the_total_says_how_many_of_how_many_accounts_and_shows_the_others(
    document: Document,
) -> None:
    table = table_of(document, "toàn địa phương")
    assert rows_with(table, "2/3 tài khoản")
    assert rows_with(table, "Người theo dõi của 1 tài khoản còn lại")


def test_terms_that_forbid_a_number_are_named_with_what_to_apply_for(panel: Panel) -> None:
    text = words(plain(panel, "da-nang"))
    assert f"{NOT_ALLOWED_VI}; cần chủ kênh ủy quyền" in text
    assert "chỉ được giữ 30 ngày" in text


def test_a_locality_without_a_programme_prints_levels_and_says_why(panel: Panel) -> None:
    text = words(plain(panel, "da-nang"))
    assert "☐ Đã xây dựng     ☐ Đang xây dựng     ☐ Chưa xây dựng" in text
    assert "chưa có số liệu (địa phương chưa khai tình hình xây dựng)" in text
    assert "không có số liệu trước và sau" in text
    assert "91.000 (±100)" in text


def test_a_locality_without_accounts_still_gets_its_whole_report(panel: Panel) -> None:
    document = plain(panel, "cao-bang")
    text = words(document)
    assert "☑ Đang xây dựng" in text
    assert "chưa có số liệu (địa phương chưa đăng ký tài khoản nào)" in text
    assert not document.charts


def test_no_printed_cell_is_blank_and_no_unknown_is_zero(panel: Panel) -> None:
    for locality_id in ("quang-ninh", "da-nang", "cao-bang"):
        document = plain(panel, locality_id)
        for table in (*document.tables, document.passport, document.definitions):
            for row in table.rows:
                assert all(text.strip() for text in printed(table, row))
                assert not any(cell.is_number and cell.value == 0 for cell in row if cell.reason)


def test_outcomes_stand_beside_with_vintage_status_qualifier_and_warnings(
    document: Document,
) -> None:
    table = table_of(document, "Kết quả đạt được")
    (row,) = rows_with(table, "hơn 19.000.000")
    assert {"2024", "sau", "lượt", "ước tính", "Sở Du lịch, 28/12/2024; báo cáo năm"} <= set(row)
    assert rows_with(table, "trước", "4.380.000", "chính thức")
    assert rows_with(table, "(cả nước)", "khoảng 12.600.000", "không rõ ngày")
    assert rows_with(table, "Đầu tư nước ngoài", "chưa có số liệu (địa phương chưa gửi)")
    assert any("COVID-19" in note for note in table.notes)


def test_figures_of_both_maps_get_a_warning() -> None:
    both = [*OUTCOMES, {**OUTCOMES[1], "boundary": "34", "period": "2026"}]
    table = table_of(plain(sample_panel(outcomes=both), "quang-ninh"), "Kết quả đạt được")
    assert any("không so sánh được" in note for note in table.notes)


@pytest.mark.parametrize(
    ("period", "shown", "place"),
    [
        ("2021", "2021", "trước"),
        ("2022", "2022", "gồm cả trước và sau"),
        ("2024-05", "05/2024", "sau"),
        ("2022-01..2022-02", "01/2022 - 02/2022", "gồm cả trước và sau"),
        ("2022-02-20", "20/02/2022", "trước"),
        ("quý I", "quý I", "không xác định"),
    ],
)
def test_periods_are_placed_before_or_after_the_start(period: str, shown: str, place: str) -> None:
    assert period_text(period) == shown
    assert position(period, START) == place


def test_a_month_ends_on_its_last_day() -> None:
    assert period_days("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert period_days("2023-12") == (date(2023, 12, 1), date(2023, 12, 31))


def test_answers_fill_reasons_and_other_channels(document: Document) -> None:
    channels = table_of(document, "số liệu trước và sau")
    assert rows_with(channels, "YouTube", "Người nước ngoài xem nhiều")
    others = table_of(document, "do địa phương khai")
    assert rows_with(
        others, "VTV4", "2 phóng sự", "KH 12", "chưa có số liệu (địa phương chưa khai)"
    )
    assert len(others.rows) == 1


def test_the_quality_note_tells_coverage_gap_lane_rounding_and_terms(document: Document) -> None:
    table = table_of(document, "Chất lượng số liệu")
    (row,) = rows_with(table, "Bluesky")
    assert "01/05/2023 - 10/06/2023: số liệu nhập có khoảng trống" in row
    text = words(document)
    total = next(cell for cell in table.rows[-1] if cell.id.endswith("c"))
    assert f"Độ phủ: đọc được {cell_text(total, table.columns[5])}" in text
    assert f"(mã {total.id})" in text
    for part in ("Kênh đọc: công khai", "Làm tròn:", "Điều khoản:", "Thay đổi định nghĩa"):
        assert part in text


def test_every_printed_number_has_one_id_and_one_line_of_origin(document: Document) -> None:
    ids = [
        cell.id for table in document.tables for row in table.rows for cell in row if cell.is_number
    ]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert [row[0].text for row in document.passport.rows] == ids
    (series,) = [block for block in document.annex if isinstance(block, Table)]
    listed = [one for row in series.rows for one in row[-1].text.split(", ")]
    assert sorted(listed) == sorted(ids)


def test_the_annex_in_word_has_one_line_per_series(document: Document) -> None:
    (series,) = [block for block in document.annex if isinstance(block, Table)]
    keys = [tuple(cell.text for cell in row[:4]) for row in series.rows]
    assert len(set(keys)) == len(keys)
    assert ("quangninh-bluesky", "Bluesky", "công khai", "Người theo dõi") in keys


def test_charts_show_start_event_and_gap_and_at_most_seven_lines(document: Document) -> None:
    followers, interactions = document.charts
    assert [mark.text for mark in followers.marks] == ["Bắt đầu chương trình", "Tuần du lịch"]
    assert followers.gaps == ((date(2023, 5, 1), date(2023, 6, 10)),)
    bluesky = next(line for line in followers.lines if "Bluesky" in line.name)
    assert None in bluesky.values
    assert max(value for line in interactions.lines for value in line.values if value) == 40


@pytest.mark.parametrize(
    ("on", "addressee"),
    [
        (date(2024, 9, 20), "Bộ Thông tin và Truyền thông"),
        (date(2025, 6, 1), "Bộ Văn hóa, Thể thao"),
    ],
)
def test_the_addressee_follows_the_day_of_the_report(
    panel: Panel, on: date, addressee: str
) -> None:
    assert addressee in plain(panel, "quang-ninh", on).addressee


def test_the_masthead_names_the_committee_and_leaves_number_and_day_to_the_office(
    panel: Panel,
) -> None:
    province, city = (plain(panel, one).masthead for one in ("quang-ninh", "da-nang"))
    assert province.issuer == ("ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NINH")
    assert city.issuer[-1] == "THÀNH PHỐ ĐÀ NẴNG"
    assert province.number == "Số: …/BC-UBND"
    assert province.place == "Quảng Ninh, ngày … tháng … năm 2024"
    issued = fill(
        LETTER,
        panel,
        "quang-ninh",
        on=ON,
        tet_days=TET,
        document_number="45/BC-UBND",
        document_date=date(2024, 9, 5),
    ).masthead
    assert (issued.number, issued.place) == (
        "Số: 45/BC-UBND",
        "Quảng Ninh, ngày 05 tháng 09 năm 2024",
    )


def test_an_edition_comes_back_as_the_same_document(document: Document) -> None:
    edition, numbered = make_edition(document, letter="3836", unit_id="quang-ninh", number=2)
    assert numbered.edition_line.startswith("Bản số 2 · dự thảo · mã băm dữ liệu: ")
    assert edition.digest[:16] in numbered.edition_line
    again = document_of(edition)
    assert to_json(again) == to_json(numbered)
    assert json.loads(edition.tables)["document"]["is"] == "Document"


def test_the_digest_depends_on_the_data_alone(panel: Panel, document: Document) -> None:
    first, _ = make_edition(document, letter="3836", unit_id="quang-ninh", number=1)
    later, _ = make_edition(document, letter="3836", unit_id="quang-ninh", number=2)
    other, _ = make_edition(plain(panel, "da-nang"), letter="3836", unit_id="da-nang", number=1)
    assert first.digest == later.digest
    assert first.digest != other.digest


def test_an_edition_that_was_changed_is_refused(document: Document) -> None:
    edition, _ = make_edition(document, letter="3836", unit_id="quang-ninh", number=1)
    with pytest.raises(InputError, match="edition 1 of letter 3836 for quang-ninh"):
        document_of(replace(edition, tables=edition.tables.replace("3836", "3837")))
    with pytest.raises(ValueError, match="draft or issued"):
        make_edition(document, letter="3836", unit_id="x", number=1, status="final")


def test_files_of_all_localities_lie_beside_one_list_and_one_folder_of_scripts(
    panel: Panel, tmp_path: Path
) -> None:
    done = list(
        write_reports(
            panel,
            LETTER,
            ["quang-ninh", "cao-bang"],
            tmp_path / "báo cáo",
            on=ON,
            tet_days=TET,
            answers={"quang-ninh": ANSWERS},
            numbers={"quang-ninh": 3},
        )
    )
    assert sorted(path.name for path in (tmp_path / "báo cáo").iterdir()) == [
        "gia-lap_3836_cao-bang.docx",
        "gia-lap_3836_cao-bang.html",
        "gia-lap_3836_cao-bang.xlsx",
        "gia-lap_3836_danh-sach.html",
        "gia-lap_3836_quang-ninh.docx",
        "gia-lap_3836_quang-ninh.html",
        "gia-lap_3836_quang-ninh.xlsx",
        "tep",
    ]
    assert [one.edition.number for one in done] == [3, 1]
    assert "strengths" not in done[0].open
    assert "strengths" in done[1].open


def test_the_same_texts_stand_in_word_workbook_and_page(
    panel: Panel, document: Document, tmp_path: Path
) -> None:
    files = write_document(document, tmp_path)
    assert [path.suffix for path in files] == [".docx", ".xlsx", ".html"]
    page = files[2].read_text(encoding="utf-8")
    word = "\n".join(docx.Document(str(files[0])).element.itertext())
    book = openpyxl.load_workbook(files[1])
    table = table_of(document, "số liệu trước và sau")
    (row,) = rows_with(table, "Bluesky", "Tăng trưởng ròng")
    change = row[-3]
    assert change in page
    assert all(part in word for part in change.split(" ", 1))
    sheet = book["Bảng 1"]
    assert SYNTHETIC_VI in page
    assert sheet["A5"].value == "Phương thức, kênh truyền thông"
    for text in (
        "chưa có số liệu (địa phương chưa khai)",
        "Số liệu tính đến ngày 15/09/2024",
    ):
        assert text in page
        assert text in word


def test_a_real_store_gives_unmarked_files(tmp_path: Path) -> None:
    panel = sample_panel(synthetic=False)
    (done,) = write_reports(
        panel, LETTER, ["da-nang"], tmp_path, on=ON, tet_days=TET, formats=("html",)
    )
    assert [path.name for path in done.files] == ["3836_da-nang.html"]
    assert "GIẢ LẬP" not in done.files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("localities", "formats", "message"),
    [
        (["atlantis"], ("docx",), "unknown locality or agency 'atlantis'"),
        (["da-nang"], ("pdf",), "unknown format 'pdf'; expected some of docx, xlsx, html"),
    ],
)
def test_an_unknown_locality_or_format_is_refused_before_anything_is_written(
    panel: Panel,
    tmp_path: Path,
    localities: list[str],
    formats: tuple[str, ...],
    message: str,
) -> None:
    folder = tmp_path / "out"
    with pytest.raises(ConfigError, match=re.escape(message)):
        list(write_reports(panel, LETTER, localities, folder, on=ON, tet_days=TET, formats=formats))
    assert not folder.exists()


def test_a_number_whose_terms_have_ended_is_blanked_with_its_date() -> None:
    """Held under YouTube's 30-day terms and read on 1 September, it goes on 2 October."""
    origin = Origin(
        account="a-youtube",
        platform="youtube",
        last_day=date(2024, 9, 1),
        basis=platform_named("youtube").default_basis.title_vi,
    )
    table = Table("T", "Bảng", (Column("Số"),), ((Cell(value=29400, origin=origin),),))
    text = to_json(replace(sample_document(), blocks=(table,)))
    assert without_ended_numbers(text, date(2024, 10, 1)) == (text, 0)
    blanked, gone = without_ended_numbers(text, date(2024, 10, 2))
    assert gone == 1
    assert "29400" not in blanked
    assert "đã xóa ngày 02/10/2024 theo điều khoản của nền tảng" in blanked
    kept = Edition("3836", "da-nang", 1, "draft", blanked, digest_of(blanked))
    assert document_of(kept).tables[0].rows[0][0].value is None


def test_levels_over_the_merger_say_so() -> None:
    panel = sample_panel()
    across = Window(date(2025, 6, 1), date(2025, 8, 1))
    before = Window(date(2025, 5, 1), date(2025, 7, 1))
    [warning] = locality_levels(panel, "quang-ninh", across).warnings
    assert "01/07/2025" in warning
    assert locality_levels(panel, "quang-ninh", before).warnings == ()
