"""The slip as a workbook that an office fills: only ticks, right numbers and evidence can be
changed."""

from __future__ import annotations

from pathlib import Path

from tracker.imports.slip_form import (
    EVIDENCE,
    FORM_KIND,
    RIGHT_VI,
    TICK,
    VALUE,
    WRONG_VI,
    Line,
)
from tracker.panel import LANES_VI
from tracker.reports.slip import Slip, account_title, verdict_text
from tracker.reports.slip_lines import SlipLine
from tracker.sheets import Form, FormCell, FormColumn, FormRow, FormSheet, write_form
from tracker.tables import QUALIFIERS_VI, number_text
from tracker.text.printable import day_text

SHEET_VI = "Phiếu đối soát"
COLUMNS = (
    FormColumn("account", "Tài khoản", 28),
    FormColumn("metric", "Số đếm", 16),
    FormColumn("day", "Ngày", 12),
    FormColumn("lane", "Nguồn số", 14),
    FormColumn("held", "Số đang giữ", 16),
    FormColumn("verdict", "Đối chiếu", 28),
    FormColumn(TICK, f"Trả lời: {RIGHT_VI} hoặc {WRONG_VI}", 14),
    FormColumn(VALUE, f"Số đúng là (khi {WRONG_VI})", 16),
    FormColumn(EVIDENCE, "Minh chứng (văn bản, ảnh chụp, đường dẫn)", 30),
)
GUIDE = (
    ("Cách điền", f"Mỗi dòng là một con số đang giữ. Chọn {RIGHT_VI} hoặc {WRONG_VI}."),
    (
        f"Khi {WRONG_VI}",
        "Ghi số đúng (12345 hoặc 12.345) và minh chứng. Số đọc sẽ được đính chính, số cũ vẫn lưu.",
    ),
    (f"Khi {RIGHT_VI}", "Không ghi gì thêm; con số được lưu thành số đơn vị khai của ngày đó."),
    ("(±100)", "Nền tảng làm tròn số; số đúng nằm trong khoảng đó thì không phải là sai."),
    ("Dòng chưa có số", "Ghi số đúng của ngày đó và minh chứng."),
    ("Dòng để trống", "Được giữ nguyên, không bị coi là đúng."),
    ("Gửi lại", "Gửi tệp này cùng phiếu đã ký, đóng dấu."),
    ("Nơi nhập", "Chạy: tracker import history TỆP (thêm --dry-run để xem trước)."),
)


def write_slip_sheet(slip: Slip, path: Path) -> None:
    """Write the workbook of a slip."""
    document = slip.document
    as_of = document.as_of
    title = f"Phiếu đối soát số liệu – {slip.office}"
    sheet = FormSheet(
        SHEET_VI,
        (title, document.as_of_line),
        COLUMNS,
        tuple(_row(line) for line in slip.lines),
    )
    form = Form(
        title=title,
        identity={
            "kind": FORM_KIND,
            "agency": slip.agency_id,
            "office": slip.office,
            "as_of": day_text(as_of),
            "synthetic": "1" if document.mark else "0",
        },
        guide=GUIDE,
        sheets=(sheet,),
        made_on=as_of,
        footer=f"{slip.office} · {day_text(as_of)}",
        mark=document.mark,
    )
    write_form(path, form)


def _row(line: SlipLine) -> FormRow:
    held = Line(line.account_id, line.metric, line.lane, line.day, line.value, line.step)
    texts = (
        f"{account_title(line)} [{line.account_id}]",
        line.metric_vi,
        day_text(line.day),
        LANES_VI[line.lane],
        held_text(line),
        verdict_text(line),
    )
    return FormRow(
        held.key,
        (
            *(FormCell(text) for text in texts),
            FormCell(locked=False, choices=(RIGHT_VI, WRONG_VI)),
            FormCell(locked=False),
            FormCell(locked=False),
        ),
    )


def held_text(line: SlipLine) -> str:
    """Write the number of a line with its step and qualifier."""
    if line.value is None:
        return "chưa có số"
    step = f" (±{number_text(line.step)})" if line.step > 1 else ""
    return f"{QUALIFIERS_VI.get(line.qualifier, '')}{number_text(line.value)}{step}"
