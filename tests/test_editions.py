"""Editions: frozen with their answers, issued once, printed again to the byte, compared, traced."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from document_sample import sample_document, sample_table
from panel_sample import TET, objects, sample_panel
from sandbox_folder import NIGHT, fresh_folder, open_folder, quiet, run_tracker

from jobs.editing import (
    compare_kept,
    edition_lines,
    edition_rows,
    issue_edition,
    kept_edition,
    known_since,
    print_edition,
)
from jobs.nightly import purge_folder
from jobs.opening import Opened
from jobs.reporting import write_reports_of
from jobs.tracing import edition_place, print_number
from tracker.charts import Chart, Line
from tracker.errors import ConfigError, InputError
from tracker.imports import import_file
from tracker.letters import Answer, letter_named
from tracker.panel import Panel
from tracker.periods import day_number
from tracker.platforms import platform_named
from tracker.reports import document_of, fill, make_edition, write_document
from tracker.reports.blanking import without_account, without_ended_numbers
from tracker.reports.changes import changes_table, with_changes
from tracker.reports.comparing import (
    NO_REASON_VI,
    Arrived,
    Comparison,
    Known,
    compare,
)
from tracker.reports.edition import (
    Contents,
    Edition,
    contents_of,
    dictionary_digest,
    digest_of,
    issue,
    with_digest_before,
)
from tracker.reports.passport import PASSPORT_COLUMNS
from tracker.reports.tracing import trace_number
from tracker.tables import Cell, Column, Origin, Table, cell_text, numbered
from tracker.writers import Document, Paragraph

ON = date(2024, 9, 20)
LETTER = letter_named("3836")
OLD = Path(__file__).parent / "stores" / "edition-0.2.0.json"
"""An edition for Đà Nẵng as release 0.2.0 kept it: YouTube read with a key, kept 30 days."""
ROOT = Path(__file__).parent.parent
BLUESKY = "quangninh-bluesky"
ANSWERS = (
    Answer(
        "strengths",
        "Chỉ đạo sát sao.",
        office="Sở Thông tin và Truyền thông",
        entered_on=date(2024, 9, 12),
    ),
    Answer("channels.channel", BLUESKY),
    Answer("channels.reason", "Người nước ngoài xem nhiều", evidence="KH 12"),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return sample_panel()


@pytest.fixture(scope="module")
def document(panel: Panel) -> Document:
    return filled(panel)


@pytest.fixture(scope="module")
def edition(document: Document) -> Edition:
    return frozen(document)


def filled(panel: Panel, answers: tuple[Answer, ...] = ANSWERS) -> Document:
    return fill(LETTER, panel, "quang-ninh", on=ON, tet_days=TET, answers=answers)


def frozen(document: Document, answers: tuple[Answer, ...] = ANSWERS, **more: object) -> Edition:
    facts = {"letter": "3836", "unit_id": "quang-ninh", "number": 1, "release": "0.3.0", **more}
    return make_edition(document, answers=answers, **facts)[0]


def contents(panel: Panel, answers: tuple[Answer, ...] = ANSWERS, **more: object) -> Contents:
    return contents_of(frozen(filled(panel, answers), answers, **more))


def old_edition() -> Edition:
    text = OLD.read_text(encoding="utf-8")
    return Edition("3836", "da-nang", 1, "draft", text, digest_of(text))


def cells_of(document: Document) -> dict[str, Cell]:
    return {
        cell.id: cell
        for table in document.tables
        for row in table.rows
        for cell in row
        if cell.id and cell.is_number
    }


def number_of(document: Document, row: str, column: str) -> Cell:
    """Find the number of Bluesky's row in the table of channels."""
    (table,) = [one for one in document.tables if one.code == "K"]
    (place,) = [at for at, one in enumerate(table.columns) if one.title.startswith(column)]
    (found,) = [
        cells[place]
        for cells in table.rows
        if "Bluesky" in cells[0].text and any(row in cell.text for cell in cells)
    ]
    return found


def texts(table: Table) -> list[list[str]]:
    return [
        [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def told(compared: Comparison) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(one.row, one.column): one.reasons for one in compared.numbers}


# frozen


def test_an_edition_holds_the_answers_the_release_and_the_dictionary(edition: Edition) -> None:
    held = contents_of(edition)
    assert (held.version, held.release, held.dictionary) == (2, "0.3.0", dictionary_digest())
    assert held.answers is not None
    assert set(held.answers) == set(ANSWERS)
    assert json.loads(edition.tables)["answers"][0] == {
        "is": "Answer",
        "question": "channels.channel",
        "text": BLUESKY,
    }


def test_an_edition_keeps_which_office_answered_and_when(edition: Edition) -> None:
    kept = contents_of(edition).answers
    assert kept is not None
    [strengths] = [one for one in kept if one.question == "strengths"]
    assert (strengths.office, strengths.entered_on) == (
        "Sở Thông tin và Truyền thông",
        date(2024, 9, 12),
    )


def test_the_printed_digest_is_that_of_the_json(edition: Edition) -> None:
    assert f"mã băm dữ liệu: {digest_of(edition.tables)[:16]}" in document_of(edition).edition_line


def test_other_answers_give_another_digest(document: Document, edition: Edition) -> None:
    assert frozen(document, ()).digest != edition.digest
    assert frozen(document, tuple(reversed(ANSWERS))).digest == edition.digest


def test_an_edition_of_the_first_releases_is_still_read_and_printed(tmp_path: Path) -> None:
    old = old_edition()
    held = contents_of(old)
    assert (held.version, held.answers, held.release) == (1, None, "")
    printed = document_of(old)
    assert printed.masthead.issuer[-1] == "THÀNH PHỐ ĐÀ NẴNG"
    assert old.digest[:16] in printed.edition_line
    assert [path.stat().st_size > 0 for path in write_document(printed, tmp_path)] == [True] * 3


def test_an_edition_of_a_later_release_is_refused_in_one_sentence(edition: Edition) -> None:
    for text in (
        edition.tables.replace('"version":2', '"version":3'),
        edition.tables.replace('"is":"Contents"', '"is":"Folder"'),
        edition.tables.replace('"release":', '"seal":'),
    ):
        later = replace(edition, tables=text, digest=digest_of(text))
        with pytest.raises(InputError, match="made by a later release"):
            document_of(later)


def test_a_torn_edition_is_refused_wherever_it_is_used(edition: Edition) -> None:
    torn = replace(edition, tables=edition.tables[:-1])
    for use in (
        document_of,
        contents_of,
        lambda one: issue(one, "1/BC", ON, ON),
    ):
        with pytest.raises(InputError, match="edition 1 of letter 3836 for quang-ninh"):
            use(torn)


# the same bytes

RENDER = """
import sys
from pathlib import Path
from tracker.reports import Edition, document_of, write_document
from tracker.reports.edition import digest_of
text = Path(sys.argv[1]).read_text(encoding="utf-8")
edition = Edition("3836", "quang-ninh", 1, "draft", text, digest_of(text))
write_document(document_of(edition), Path(sys.argv[2]))
"""


def test_two_processes_print_the_same_bytes_as_the_first_printing(
    document: Document, tmp_path: Path
) -> None:
    kept, printed = make_edition(
        document, letter="3836", unit_id="quang-ninh", number=1, answers=ANSWERS
    )
    (tmp_path / "first").mkdir()
    first = write_document(printed, tmp_path / "first")
    source = tmp_path / "edition.json"
    source.write_text(kept.tables, encoding="utf-8")
    running = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        child = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": f"UTC{seed}"}
        words = [sys.executable, "-c", RENDER, str(source), str(tmp_path / seed)]
        running.append(subprocess.Popen(words, env=child))
    assert [child.wait(timeout=120) for child in running] == [0, 0]
    assert [path.suffix for path in first] == [".docx", ".xlsx", ".html"]
    for path in first:
        for seed in ("1", "2"):
            assert (tmp_path / seed / path.name).read_bytes() == path.read_bytes(), path.name


# terms that end


def test_old_numbers_go_when_the_edition_is_printed_after_their_terms_have_ended() -> None:
    """Read on 15 September under 30 days, it may be printed to 15 October and not later."""
    old = old_edition()
    held = cells_of(document_of(old, date(2024, 10, 15)))
    printed = document_of(old, date(2024, 10, 16))
    left = cells_of(printed)
    gone = held.keys() - left.keys()
    assert gone
    shown = [
        cell_text(cell, column)
        for table in printed.tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if cell.id in gone
    ]
    sentence = "chưa có số liệu (đã xóa ngày 16/10/2024 theo điều khoản của nền tảng)"
    assert shown == [sentence] * len(gone)
    assert f"{len(gone)} số đã xóa theo điều khoản" in printed.edition_line
    assert old.digest[:16] in printed.edition_line
    assert document_of(old, date(2025, 3, 1)) == printed


def test_what_has_ended_is_left_out_when_an_edition_is_kept(panel: Panel) -> None:
    document = fill(LETTER, panel, "da-nang", on=ON, tet_days=TET)
    facts = {"letter": "3836", "unit_id": "da-nang", "number": 1}
    kept, printed = make_edition(document, today=date(2024, 12, 1), **facts)
    assert "đã xóa ngày 16/10/2024 theo điều khoản của nền tảng" in kept.tables
    assert '"value":91000' not in kept.tables
    assert "số đã xóa" in printed.edition_line
    assert "mã băm trước khi xóa" not in printed.edition_line
    assert '"value":91000' in make_edition(document, today=ON, **facts)[0].tables


def test_points_of_a_chart_go_with_the_numbers() -> None:
    """Under 36 months (1,096 days) a point of 1 January 2021 goes on 3 January 2024."""
    held = platform_named("youtube").basis("audited_36m").title_vi
    days = (date(2021, 1, 1), date(2022, 1, 1))
    line = Line("YouTube", days, (10.0, 20.0), "a-youtube", held)
    other = Line("Bluesky", days, (1.0, 2.0), "a-bluesky")
    chart = Chart("f", "Biểu đồ 1. Người theo dõi", "người", (line, other))
    text = frozen(replace(sample_document(charts=False), blocks=(chart,))).tables
    assert without_ended_numbers(text, date(2024, 1, 2)) == (text, 0)
    made, gone = without_ended_numbers(text, date(2024, 1, 3))
    (left,) = document_of(replace(old_edition(), tables=made, digest=digest_of(made))).charts
    assert gone == 1
    assert isinstance(left, Chart)
    assert [one.values for one in left.lines] == [(None, 20.0), (1.0, 2.0)]


def test_a_withdrawn_account_leaves_tables_and_charts() -> None:
    table = Table(
        "A",
        "Bảng 1. Số",
        (Column("Số"), Column("Khác")),
        ((Cell(5, origin=Origin("a, b")), Cell(6, origin=Origin("c"))),),
    )
    days = (date(2024, 1, 1),)
    chart = Chart("f", "Biểu đồ 1. Người theo dõi", "người", (Line("x", days, (7.0,), "b"),))
    text = frozen(replace(sample_document(charts=False), blocks=(table, chart))).tables
    made, gone = without_account(text, "b", ON)
    noted = with_digest_before(made, "f" * 64)
    printed = document_of(
        Edition("3836", "quang-ninh", 1, "issued", noted, digest_of(noted), "12/BC-UBND", ON)
    )
    (row,) = printed.tables[0].rows
    assert gone == 2
    assert [cell.value for cell in row] == [None, 6]
    reason = "đã xóa ngày 20/09/2024 vì số liệu của tài khoản phải xóa"
    assert row[0].reason == reason
    assert not printed.charts
    assert Paragraph(f"Biểu đồ 1. Người theo dõi: {reason}.", "note") in printed.blocks
    assert printed.edition_line == (
        "Bản số 1 · chính thức, số 12/BC-UBND ngày 20/09/2024 · mã băm dữ liệu: "
        f"{digest_of(noted)[:16]} · 1 số đã xóa theo điều khoản hoặc yêu cầu của chủ tài khoản "
        "(mã băm trước khi xóa: ffffffffffffffff)"
    )
    assert without_account(text, "nobody", ON) == (text, 0)


# what changed, and why


def test_nothing_changed_is_said_so(document: Document, edition: Edition) -> None:
    held = contents_of(edition)
    compared = compare(held, held)
    assert (compared.numbers, compared.answers) == ((), ())
    assert compared.same == len(cells_of(document))
    told = with_changes(document, compared, 1).blocks[-1]
    assert told == Paragraph("Không con số nào và không câu trả lời nào thay đổi.")


def test_readings_that_came_later_are_named_as_the_reason(panel: Panel) -> None:
    """The last three nights of the window after the start were missing in the first edition."""
    late = (date(2023, 3, 4), date(2023, 3, 6))
    frame = panel.snapshots
    inside = (frame["day"] >= day_number(late[0])) & (frame["day"] <= day_number(late[1]))
    missing = frame[~((frame["account"] == BLUESKY) & inside)].reset_index(drop=True)
    before = contents(replace(panel, snapshots=missing))
    arrived = Arrived(BLUESKY, "public", *late, 3, date(2024, 9, 18), imported=True)
    compared = compare(before, contents(panel), Known({}, (arrived,)))
    (level,) = [
        one.reasons
        for one in compared.numbers
        if "cuối mỗi khoảng" in one.row and "Bluesky" in one.row
    ]
    (known,) = [
        one.reasons
        for one in compared.numbers
        if one.column == "Đọc được (b)" and "Bluesky" in one.row
    ]
    came = (
        "số liệu đến sau: 3 lần đọc của quangninh-bluesky, 04/03/2023 - 06/03/2023, nhập ngày "
        "18/09/2024"
    )
    assert level == ("ngày đọc: 07/03/2023 → 06/03/2023", came)
    assert known == ("số lần đọc trong cùng những ngày ấy: 1.258 → 1.261", came)
    assert not [one for one in compared.numbers if one.row.startswith("YouTube")]


def corrected(panel: Panel, day: date, value: float) -> Panel:
    """Correct one reading of Bluesky, as `load_panel` would put it in place."""
    frame = panel.snapshots.copy()
    frame.loc[(frame["account"] == BLUESKY) & (frame["day"] == day_number(day)), "followers"] = (
        value
    )
    row = {
        "id": "dc-7",
        "account_id": BLUESKY,
        "day_from": day,
        "day_to": day,
        "lane": "public",
        "metric": "followers",
        "value": value,
        "reason": "gõ nhầm",
        "applied": 1,
    }
    columns = " ".join(panel.corrections.columns)
    return replace(panel, snapshots=frame, corrections=objects([row], columns))


def test_a_correction_is_named_with_its_reason_and_stands_in_the_passport(panel: Panel) -> None:
    """The last reading of the window after the start, 3,408, becomes 3,438."""
    day = date(2023, 3, 6)
    mended = corrected(panel, day, 3_438.0)
    after = contents(mended)
    compared = compare(contents(panel), after, Known({"dc-7": "gõ nhầm"}))
    rows = {one.row for one in compared.numbers}
    assert any("Tăng trưởng ròng" in row for row in rows)
    assert all(
        "đính chính dc-7: gõ nhầm" in one.reasons
        for one in compared.numbers
        if "Bluesky" in one.row and one.before != one.after and one.id_after
    )
    origin = number_of(after.document, "Tăng trưởng ròng", "Sau").origin
    before = number_of(after.document, "Tăng trưởng ròng", "Trước").origin
    assert origin is not None
    assert before is not None
    assert (origin.corrections, before.corrections) == (("dc-7",), ())


def test_numbers_are_found_again_where_ids_have_shifted(panel: Panel) -> None:
    """A new account whose name sorts first moves every row of the tables."""
    frame = panel.snapshots
    copied = frame[frame["account"] == BLUESKY].assign(account="aa-bluesky")
    rows = panel.account_rows
    more = replace(
        panel,
        snapshots=pd.concat([copied, frame]).sort_values(
            ["account", "lane", "day"], ignore_index=True
        ),
        account_rows=pd.concat(
            [rows[rows["id"] == BLUESKY].assign(id="aa-bluesky"), rows], ignore_index=True
        ),
        periods=pd.concat(
            [
                panel.periods[panel.periods["account_id"] == BLUESKY].assign(
                    account_id="aa-bluesky", handle="@aa"
                ),
                panel.periods,
            ],
            ignore_index=True,
        ),
    )
    before, after = contents(panel), contents(more)
    compared = compare(before, after)
    youtube = {
        name: cell.value
        for name, cell in cells_of(before.document).items()
        if name[0] == "K" and cell.origin and cell.origin.account == "quangninh-youtube"
    }
    moved = {
        name
        for name, cell in cells_of(after.document).items()
        if name[0] == "K" and cell.origin and cell.origin.account == "quangninh-youtube"
    }
    assert youtube.keys() != moved
    channels = [one for one in compared.numbers if "Phương thức, kênh" in one.table]
    assert channels
    assert all("@aa" in one.row for one in channels)
    assert {one.reasons for one in channels} == {("dòng mới",)}
    assert {one.id_before for one in channels} == {""}
    totals = told(compared)
    assert any("thêm tài khoản aa-bluesky" in why for why in totals.values())


def test_another_definition_of_what_is_counted_is_a_reason(panel: Panel) -> None:
    broken = {
        "platform": "bluesky",
        "entity": "account",
        "metric": "followers",
        "day": date(2024, 9, 1),
        "note_vi": "chỉ đếm người còn hoạt động",
    }
    columns = " ".join(panel.definition_breaks.columns)
    frame = panel.snapshots.copy()
    newest = (frame["account"] == BLUESKY) & (frame["day"] == day_number(date(2024, 9, 15)))
    frame.loc[newest, "followers"] -= 100
    redefined = replace(panel, snapshots=frame, definition_breaks=objects([broken], columns))
    compared = compare(contents(panel), contents(redefined))
    (newest_count,) = [
        one
        for one in compared.numbers
        if "Phương thức" in one.table and "số mới nhất" in one.row and "Bluesky" in one.row
    ]
    assert newest_count.reasons == ("phiên bản định nghĩa: 1 → 2024-09-01",)


def small(channel: str, lane: str, value: float) -> Contents:
    """Freeze one table of one number: a channel, an indicator, a lane."""
    origin = Origin("a-bluesky", lane="public", metric="Người theo dõi")
    columns = (Column("Kênh"), Column("Chỉ số"), Column("Kênh đọc"), Column("Sau"))
    row = (Cell(text=channel), Cell(text="Bài"), Cell(text=lane), Cell(value, origin=origin))
    table = numbered(Table("K", "Bảng 1. Kênh", columns, (row,)))
    return contents_of(frozen(replace(sample_document(), blocks=(table,))))


@pytest.mark.parametrize(
    ("channel", "lane"), [("Bluesky: @moi", "công khai"), ("Bluesky: @cu", "tự khai")]
)
def test_a_renamed_channel_and_another_lane_are_the_same_row(channel: str, lane: str) -> None:
    (found,) = compare(small("Bluesky: @cu", "công khai", 5), small(channel, lane, 6)).numbers
    assert (found.id_before, found.before, found.after) == ("K01a", "5", "6")


def test_changed_answers_are_listed_and_move_no_number(panel: Panel) -> None:
    other = (replace(ANSWERS[0], text="Sát sao."), ANSWERS[1], replace(ANSWERS[2], text="Rẻ"))
    compared = compare(contents(panel), contents(panel, other))
    assert compared.numbers == ()
    assert [(one.question, one.before, one.after) for one in compared.answers] == [
        ("channels.reason", "Người nước ngoài xem nhiều [KH 12]", "Rẻ [KH 12]"),
        ("strengths", "Chỉ đạo sát sao.", "Sát sao."),
    ]


def test_deleted_numbers_and_another_release_are_reasons(document: Document) -> None:
    held = contents_of(frozen(document))
    text, gone = without_account(frozen(document).tables, BLUESKY, ON)
    less = replace(frozen(document), tables=text, digest=digest_of(text))
    compared = compare(held, contents_of(less))
    assert len(compared.numbers) == sum(one.after.count("đã xóa ngày") for one in compared.numbers)
    assert {one.reasons for one in compared.numbers} == {
        ("đã xóa ngày 20/09/2024 vì số liệu của tài khoản phải xóa",)
    }
    assert gone >= len(compared.numbers) > 0


def test_a_change_without_a_trace_is_not_explained_away(document: Document) -> None:
    (at,) = [at for at, one in enumerate(document.blocks) if isinstance(one, Table)][:1]
    table = document.blocks[at]
    assert isinstance(table, Table)
    rows = [list(row) for row in table.rows]
    rows[0] = [replace(cell, value=1.0) if cell.is_number else cell for cell in rows[0]]
    changed = replace(table, rows=tuple(tuple(row) for row in rows))
    other = replace(document, blocks=(*document.blocks[:at], changed, *document.blocks[at + 1 :]))
    before, after = contents_of(frozen(document)), contents_of(frozen(other))
    assert {one.reasons for one in compare(before, after).numbers} == {(NO_REASON_VI,)}
    newer = replace(after, release="0.4.0", dictionary="other")
    compared = compare(before, newer)
    assert {one.reasons for one in compared.numbers} == {
        ("bản phát hành của chương trình: 0.3.0 → 0.4.0",)
    }
    assert "Từ điển chỉ số khác nhau giữa bản phát hành 0.3.0 và 0.4.0." in compared.notes


def test_an_old_edition_says_that_its_answers_are_not_known(document: Document) -> None:
    compared = compare(contents_of(old_edition()), contents_of(frozen(document)))
    assert compared.answers == ()
    assert "Bản trước không lưu câu trả lời" in compared.notes[0]


def test_the_table_of_changes_is_not_compared_itself(document: Document, panel: Panel) -> None:
    late = compare(contents(panel), contents(corrected(panel, date(2023, 3, 6), 3_438.0)))
    printed = with_changes(document, late, 1)
    table = printed.tables[-1]
    assert table.title.endswith("Thay đổi so với bản số 1")
    assert all(cell_text(cell, table.columns[0]).strip() for row in table.rows for cell in row)
    again = contents_of(frozen(printed))
    assert compare(contents_of(frozen(document)), again).numbers == ()
    assert changes_table(late, 1).notes[-1].endswith("con số không thay đổi.")


# passport and trace


def test_the_passport_tells_key_definition_formula_and_archived_reply(panel: Panel) -> None:
    """The last reply of the window that is still archived stands behind the newest count."""
    attempts = pd.DataFrame(
        [
            (BLUESKY, day_number(date(2024, 9, day)), lane, what, 0, status, None, "", digest)
            for day, lane, what, status, digest in (
                (14, "public", "profile", "ok", "a" * 64),
                (15, "public", "profile", "ok", "b" * 64),
                (15, "owner", "profile", "ok", "e" * 64),
                (15, "public", "profile", "failed", "c" * 64),
                (15, "public", "posts", "ok", "d" * 64),
            )
        ],
        columns=list(panel.attempts.columns),
    )
    document = filled(replace(panel, attempts=attempts))
    newest = number_of(document, "số mới nhất", "Sau").origin
    growth = number_of(document, "Tăng trưởng ròng", "Thay đổi quan sát").origin
    share = number_of(document, "Tỷ lệ tương tác theo người theo dõi", "Sau").origin
    assert newest is not None
    assert growth is not None
    assert share is not None
    assert (newest.key, newest.definition, newest.digests) == ("followers", "1", ("b" * 16,))
    assert (growth.key, growth.digests) == ("followers_per_day", ())
    assert growth.formula == (
        "tổng thay đổi ròng giữa các lần đọc, chia cho tổng số ngày giữa các lần đọc; thay đổi là "
        "mức sau trừ mức trước"
    )
    assert (growth.first_day, growth.last_day) == (date(2021, 2, 22), date(2023, 3, 6))
    assert share.key == "engagement_rate"
    headings = [column.heading for column in PASSPORT_COLUMNS]
    _, printed = make_edition(document, letter="3836", unit_id="quang-ninh", number=1)
    row = next(row for row in printed.passport.rows if "b" * 16 in row[-1].text)
    assert row[headings.index("Khóa chỉ số")].text == "followers"


def test_every_number_read_on_accounts_tells_key_and_definition(document: Document) -> None:
    for name, cell in cells_of(document).items():
        assert cell.origin is not None
        if cell.origin.account:
            assert cell.origin.key, name
            assert cell.origin.definition, name


def test_a_number_is_traced_by_its_id_in_any_case_of_letters(document: Document) -> None:
    cell = number_of(document, "Tăng trưởng ròng", "Sau")
    facts = dict(trace_number(document, cell.id.swapcase()).facts)
    assert facts["Mã"] == cell.id
    assert facts["Số in"] == "4,00"
    assert facts["Tài khoản"] == BLUESKY
    with pytest.raises(
        ConfigError, match=r"no number 'K03x' in this edition; near ids: K03a, K03b"
    ):
        trace_number(document, "K03x")
    with pytest.raises(ConfigError, match="it prints no number with an id"):
        trace_number(replace(document, blocks=()), "K03x")


def test_an_edition_is_named_by_letter_unit_and_number() -> None:
    assert edition_place("3836/quang-ninh/12") == ("3836", "quang-ninh", 12)
    assert edition_place("3836/quang-ninh") == ("3836", "quang-ninh", None)
    for wrong in ("3836/", "3836/a/b", "3836/a/1/2", "/a"):
        with pytest.raises(ConfigError, match="expected an edition such as"):
            edition_place(wrong)


# in the store


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The folder after its first night, with a draft for Quảng Ninh."""
    here = open_folder(fresh_folder(tmp_path / "data", read=True))
    make_draft(here)
    return here


def make_draft(opened: Opened, say: Callable[[str], None] = quiet, **more: int) -> list[Path]:
    return write_reports_of(
        opened,
        "3836",
        units=["quang-ninh"],
        everything=False,
        formats=("docx", "xlsx", "html"),
        out=None,
        on=None,
        say=say,
        compare_with=more.get("compare_with"),
    )


def issued(opened: Opened) -> Edition:
    return issue_edition(opened, "3836", "quang-ninh", number="12/BC-UBND", day=ON)


def test_the_masthead_of_an_issued_edition_prints_number_and_date(opened: Opened) -> None:
    done = issued(opened)
    printed = document_of(done)
    assert printed.masthead.number == "Số: 12/BC-UBND"
    assert printed.masthead.place == "Quảng Ninh, ngày 20 tháng 09 năm 2024"
    assert printed.edition_line.startswith(
        "Bản số 1 · chính thức, số 12/BC-UBND ngày 20/09/2024 · mã băm dữ liệu: "
    )
    assert kept_edition(opened, "3836", "quang-ninh", None)[0] == done
    (row,) = edition_rows(opened, "3836", None)
    assert (row["status"], row["whole"]) == ("issued", True)
    assert "issued" in edition_lines([row])[0]
    (change,) = [row for row in opened.store.rows("change") if row["digest"] == done.digest]
    assert change["command"] == "issue 3836 quang-ninh no. 1 as 12/BC-UBND"


def test_an_edition_is_issued_once_and_only_from_a_draft(opened: Opened) -> None:
    with pytest.raises(ConfigError, match="expected the number of the document"):
        issue_edition(opened, "3836", "quang-ninh", number="  ", day=ON)
    with pytest.raises(ConfigError, match="no edition 4 of letter 3836 for quang-ninh; kept are 1"):
        issue_edition(opened, "3836", "quang-ninh", number="1/BC", day=ON, edition=4)
    with pytest.raises(ConfigError, match="no edition of letter 3836 for da-nang; tracker report"):
        issue_edition(opened, "3836", "da-nang", number="1/BC", day=ON)
    issued(opened)
    with pytest.raises(ConfigError, match="is issued already, as 12/BC-UBND of 2024-09-20"):
        issued(opened)
    make_draft(opened)
    assert [row["number"] for row in edition_rows(opened, None, "quang-ninh")] == [1, 2]
    with pytest.raises(ConfigError, match="edition 1 of letter 3836 for quang-ninh is issued"):
        issue_edition(opened, "3836", "quang-ninh", number="13/BC", day=ON, edition=1)


def test_an_edition_is_printed_from_its_json_whatever_the_store_says_now(
    opened: Opened, tmp_path: Path
) -> None:
    drafted = {
        path.name: path.read_bytes() for path in (opened.folder / "reports").rglob("*quang-ninh.*")
    }
    again = print_edition(opened, "3836", "quang-ninh", 1, ("docx", "xlsx", "html"), tmp_path / "a")
    assert {path.name: path.read_bytes() for path in again} == drafted
    with sqlite3.connect(opened.folder / "tracker.sqlite") as store:
        store.execute("UPDATE account_snapshot SET followers = followers + 1000")
        store.execute("DELETE FROM post_snapshot")
        store.execute("UPDATE agency SET name_vi = 'Cơ quan khác'")
    later = print_edition(opened, "3836", "quang-ninh", 1, ("docx", "xlsx", "html"), tmp_path / "b")
    assert {path.name: path.read_bytes() for path in later} == drafted
    with sqlite3.connect(opened.folder / "tracker.sqlite") as store:
        store.execute("UPDATE edition SET tables = replace(tables, 'Quảng', 'Quang')")
    with pytest.raises(InputError, match="the text that its digest names"):
        print_edition(opened, "3836", "quang-ninh", 1, ("html",), tmp_path / "c")
    assert "TORN" in edition_lines(edition_rows(opened, None, None))[0]


def test_the_purge_reaches_issued_editions_and_old_backups(opened: Opened) -> None:
    """Numbers of the first night under a key go 31 days later; so does a backup of that night."""
    write_reports_of(
        opened,
        "3836",
        units=["kon-tum"],
        everything=False,
        formats=("html",),
        out=None,
        on=None,
        say=quiet,
    )
    done = issue_edition(opened, "3836", "kon-tum", number="1/BC-UBND", day=ON)
    before = cells_of(document_of(done))
    backup = opened.folder / "backups" / f"gia-lap_tracker-{NIGHT}.zip"
    backup.parent.mkdir(exist_ok=True)
    backup.write_bytes(b"zip")
    purge_folder(opened, NIGHT + timedelta(days=31), quiet)
    kept, _ = kept_edition(opened, "3836", "kon-tum", 1)
    printed = document_of(kept)
    gone = before.keys() - cells_of(printed).keys()
    assert kept.status == "issued"
    assert kept.digest != done.digest
    assert gone
    assert f"{len(gone)} số đã xóa" in printed.edition_line
    assert printed.edition_line.endswith(f"(mã băm trước khi xóa: {done.digest[:16]})")
    assert not backup.exists()


def test_a_report_ends_with_what_changed_since_an_edition(opened: Opened) -> None:
    issued(opened)
    account = "quangninh-ubnd-bluesky"
    held = opened.store.rows("account_snapshot", account_id=account)[0]
    opened.store.put_rows(
        "correction",
        [
            {
                "id": "dc-1",
                "account_id": account,
                "day_from": NIGHT,
                "day_to": NIGHT,
                "lane": "public",
                "metric": "followers",
                "value": held["followers"] + 5000,
                "reason": "đếm nhầm",
            }
        ],
    )
    lines: list[str] = []
    page = make_draft(opened, lines.append, compare_with=1)[-1].read_text(encoding="utf-8")
    assert any(line.startswith("So với bản số 1: ") for line in lines)
    assert any("đính chính dc-1: đếm nhầm" in line for line in lines)
    assert "Thay đổi so với bản số 1" in page
    assert "đính chính dc-1: đếm nhầm" in page
    compared, later = compare_kept(opened, "3836", "quang-ninh", 1, None)
    assert later == 2
    assert any("đính chính dc-1: đếm nhầm" in one.reasons for one in compared.numbers)
    with pytest.raises(ConfigError, match="edition 2 of letter 3836 for quang-ninh is the latest"):
        compare_kept(opened, "3836", "quang-ninh", 2, None)
    with pytest.raises(ConfigError, match="no edition 9"):
        make_draft(opened, compare_with=9)


def test_the_store_tells_what_came_after_an_edition_and_how(opened: Opened) -> None:
    """Three nights came by a file six days later; the night itself was read before."""
    account = "quangninh-ubnd-bluesky"
    sheet = opened.folder / "history.csv"
    days = [NIGHT - timedelta(days=back) for back in (3, 2, 1)]
    rows = [f"{account},{day},followers,{1000 + at},public" for at, day in enumerate(days)]
    sheet.write_text("\n".join(["account,day,metric,value,lane", *rows]), encoding="utf-8")
    edition, made = kept_edition(opened, "3836", "quang-ninh", 1)
    later = datetime(2024, 9, 10, 3, tzinfo=UTC)
    import_file("history", sheet, opened.store, opened.folder, now=later)
    known = known_since(opened, contents_of(edition), made)
    by_file = Arrived(account, "public", days[0], days[-1], 3, date(2024, 9, 10), imported=True)
    assert known.arrived == (by_file,)
    at_night = made - timedelta(days=1)
    assert known_since(opened, contents_of(edition), at_night).arrived == (by_file,)
    read = Arrived(account, "public", NIGHT, NIGHT, 1, NIGHT, imported=False)
    assert known_since(opened, contents_of(edition), later) == Known()
    whole = known_since(opened, contents_of(edition), made - timedelta(days=2))
    assert [one for one in whole.arrived if one.account == account] == [read, by_file]


def test_a_printed_number_is_traced_to_its_readings_and_reply(opened: Opened) -> None:
    document = document_of(kept_edition(opened, "3836", "quang-ninh", None)[0])
    (name,) = [
        name
        for name, cell in cells_of(document).items()
        if name[0] == "K"
        and cell.origin
        and cell.origin.account == "quangninh-ubnd-bluesky"
        and cell.origin.key == "followers"
    ][:1]
    lines: list[str] = []
    print_number(opened, "3836/quang-ninh", name, "json", lines.append, readings=True)
    told = json.loads(lines[0])
    (reading,) = told["readings"]
    assert told["edition"] == "3836/quang-ninh/1"
    assert reading["observation"] == f"account/quangninh-ubnd-bluesky/{NIGHT}/public/followers"
    assert told["passport"]["Mã băm phản hồi còn lưu"] == reading["digest"][:16]
    lines.clear()
    print_number(opened, "3836/quang-ninh/1", name, "table", lines.append, readings=False)
    assert lines[0].startswith("3836/quang-ninh/1 · Bản số 1 · dự thảo")
    with pytest.raises(ConfigError, match="expected table or json"):
        print_number(opened, "3836/quang-ninh", name, "csv", lines.append, readings=False)


def test_the_commands_of_editions(opened: Opened) -> None:
    """From another day and without the sandbox: what was read under a key has ended by then."""
    folder = ("--data", opened.folder)
    unit = ("3836", "--locality", "quang-ninh")
    listed = run_tracker("editions", *unit[:1], "--json", *folder)
    assert json.loads(listed.out)[0]["status"] == "draft"
    one = run_tracker("issue", *unit, "--number", "7/BC", "--date", "20/09/2024", *folder)
    assert one.code == 0, one.err
    assert one.out.startswith("3836/quang-ninh/1 is issued as 7/BC of 2024-09-20; print it with ")
    again = run_tracker("issue", *unit, "--number", "7/BC", "--date", "20/09/2024", *folder)
    assert (again.code, again.err.count("\n")) == (2, 1)
    printed = run_tracker("report", *unit, "--edition", "1", "--format", "html", *folder)
    assert printed.code == 0, printed.err
    page = next((opened.folder / "reports" / "3836_quang-ninh_ban-1").glob("*.html"))
    assert "Số: 7/BC" in page.read_text(encoding="utf-8")
    both = run_tracker("report", *unit, "--edition", "1", "--compare", "1", *folder)
    assert (both.code, both.err.startswith("tracker: --edition prints one kept edition")) == (
        2,
        True,
    )
    lonely = run_tracker("editions", *unit, "--compare", "1", *folder)
    assert (lonely.code, "is the latest" in lonely.err) == (2, True)
    unknown = run_tracker("trace", "3836/quang-ninh/1", "K01z", *folder)
    assert (unknown.code, "near ids: K01" in unknown.err) == (2, True)
    days = run_tracker("trace", "quangninh-ubnd-bluesky", "followers", *folder)
    assert (days.code, "give --from and --to" in days.err) == (2, True)


def test_the_instant_of_an_edition_is_utc(opened: Opened) -> None:
    _, made = kept_edition(opened, "3836", "quang-ninh", 1)
    assert made == datetime(2024, 9, 4, 18, tzinfo=UTC)


def test_the_sample_table_keeps_its_numbers_through_the_json() -> None:
    """Rounded, open, forbidden, unknown, at least, and 100,000 letters come back as they were."""
    kept = frozen(replace(sample_document(), blocks=(sample_table(),)))
    (again,) = contents_of(kept).document.tables
    assert texts(again) == texts(sample_table())
