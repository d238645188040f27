"""The words of a report, explained: a sheet of the workbook and a part of the page."""

from __future__ import annotations

from tracker.indicators import INDICATORS
from tracker.tables import Cell, Column, Table

LEVELS_VI = {
    "output": "đầu ra",
    "out-take": "tiếp nhận",
    "outcome": "kết quả",
    "impact": "tác động",
}
GENERAL = (
    (
        "Số liệu tính đến ngày",
        "ngày của đêm đọc cuối; đêm đọc lúc 01:00 phản ánh số liệu đến hết ngày hôm trước",
    ),
    (
        "Khoảng trước",
        "52 tuần tròn (không đủ thì 26 hoặc 12) ngay trước ngày bắt đầu chương trình",
    ),
    (
        "Khoảng sau",
        "cùng số tuần, từ 14 ngày sau ngày bắt đầu chương trình; tuần Tết Nguyên đán được để ngoài",
    ),
    (
        "Thay đổi quan sát được",
        "mức sau trừ mức trước, kèm khoảng tin cậy 95%; có thể do nguyên nhân khác",
    ),
    ("[a; b]", "khoảng tin cậy 95%; [≥ a] hoặc [≤ b]: chỉ biết một phía"),
    ("(±100)", "nền tảng làm tròn xuống theo bước 100; số thật lệch dưới một bước"),
    ("hơn, gần, khoảng", "mức chính xác mà nơi công bố ghi kèm con số"),
    ("chưa có số liệu (…)", "không biết con số; lý do ghi trong ngoặc; khác với số 0"),
    (
        "chưa được phép theo điều khoản của nền tảng",
        "điều khoản không cho giữ hoặc tính toán; cần chủ kênh ủy quyền hoặc nền tảng chấp thuận",
    ),
    ("Kênh đọc: công khai", "đọc qua giao diện lập trình công khai của nền tảng"),
    ("Kênh đọc: chủ tài khoản ủy quyền", "chủ tài khoản cho phép đọc"),
    ("Kênh đọc: tự khai", "chủ tài khoản gửi số liệu kèm minh chứng"),
    ("Tuần dùng được", "tuần có ít nhất 5 trong 7 ngày quan sát được"),
    ("n/m tài khoản", "n tài khoản quan sát được ở cả hai khoảng trong số m tài khoản đã đăng ký"),
    ("Khoảng trống", "lần đọc dự kiến mà không có số; không bao giờ được lấp bằng số ước tính"),
    ("Mã", "mã của con số trong phụ lục Nguồn gốc số liệu: chữ của bảng, số dòng, chữ của cột"),
)


def definitions_table() -> Table:
    """Explain every indicator and sign a report uses."""
    rows = [(Cell(text=word), Cell(text=meaning)) for word, meaning in GENERAL]
    for item in INDICATORS.values():
        meaning = f"{item.formula_vi}; cấp đánh giá: {LEVELS_VI[item.level]}"
        rows.append((Cell(text=f"{item.title_vi} ({item.unit_vi})"), Cell(text=meaning)))
    return Table(
        "", "Định nghĩa", (Column("Từ, ký hiệu", width=2), Column("Nghĩa", width=6)), tuple(rows)
    )
