"""One small document with everything a writer must be able to print; strange texts included."""

from datetime import date, timedelta

from tracker.charts import Chart, Line, Mark
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports.passport import passport, series_lines
from tracker.tables import COUNT, Cell, Column, Form, Origin, Table, numbered
from tracker.writers import Document, Heading, Masthead, Paragraph

MARK = "SỐ LIỆU GIẢ LẬP – KHÔNG PHẢI SỐ LIỆU CHÍNH THỨC"
STRANGE = "=1+1 \x00\x0b <b>&amp; ]]> \u202e \ud800 http://example.org/{{ x }}"
DAYS = tuple(date(2022, 1, 3) + timedelta(days=7 * week) for week in range(60))
ORIGIN = Origin(
    "quang-ninh-ubnd-youtube",
    "YouTube",
    "public",
    "Người đăng ký",
    date(2021, 2, 22),
    date(2022, 2, 20),
    364,
    100,
    "owner_consent",
)
CHANGE = Form("percent", 1, signed=True)


def sample_table() -> Table:
    """Two accounts with two numbers each: rounded, open interval, forbidden, unknown, at least."""
    rows = (
        (
            Cell(text="YouTube"),
            Cell(text="Người đăng ký"),
            Cell(12300, step=100, origin=ORIGIN),
            Cell(15600, step=100, origin=ORIGIN),
            Cell(26.8, low=25.2, high=28.5, form=CHANGE, origin=ORIGIN),
        ),
        (
            Cell(text="YouTube"),
            Cell(text="Tỷ lệ tương tác"),
            Cell(reason=NOT_ALLOWED_VI),
            Cell(reason=NOT_ALLOWED_VI),
            Cell(reason=NOT_ALLOWED_VI),
        ),
        (
            Cell(text="Bluesky"),
            Cell(text="Người theo dõi"),
            Cell(reason="chưa đủ 8 tuần"),
            Cell(19_000_000, qualifier="at_least", origin=ORIGIN),
            Cell(12.04, low=-4.0, form=CHANGE, origin=ORIGIN),
        ),
        (
            Cell(text="Bluesky"),
            Cell(text=STRANGE),
            Cell(0, origin=ORIGIN),
            Cell(2, origin=ORIGIN),
            Cell(text="x" * 100_000),
        ),
    )
    columns = (
        Column("Kênh", width=1.6),
        Column("Chỉ số", width=1.5),
        Column("Trước", COUNT, unit="tài khoản"),
        Column("Sau", COUNT),
        Column("Thay đổi", CHANGE, width=1.4),
    )
    return numbered(
        Table("K", "Bảng 1. Kênh", columns, rows, ("Chú thích.",), ("kho",), merged=1, wide=True)
    )


def sample_document(mark: str = MARK, *, charts: bool = True) -> Document:
    """Put the table, a chart and strange texts into one document."""
    table = sample_table()
    narrow = Table("N", "Bảng 2. Hẹp", (Column("a"), Column("b")), ((Cell(text="x"), Cell()),))
    values = tuple(None if 20 <= week < 26 else 1000.0 + 10 * week for week in range(60))
    chart = Chart(
        "f",
        "Biểu đồ 1. Người theo dõi",
        "người",
        (Line("YouTube", DAYS, values),),
        (Mark(date(2022, 2, 21), "Bắt đầu", "start"),),
        ((DAYS[20], DAYS[25]),),
    )
    definitions = Table(
        "", "Định nghĩa", (Column("Từ"), Column("Nghĩa")), ((Cell(text="±"), Cell(text="bước")),)
    )
    return Document(
        stem="gia-lap_3836_quang-ninh" if mark else "3836_quang-ninh",
        masthead=Masthead(
            ("ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NINH"),
            "Số: …/BC-UBND",
            "Quảng Ninh, ngày … tháng … năm 2024",
        ),
        kind="BÁO CÁO",
        subject="Kết quả thực hiện công tác truyền thông",
        period="giai đoạn 2023 - 2024",
        addressee="Kính gửi: Bộ Thông tin và Truyền thông",
        as_of=date(2024, 9, 15),
        as_of_line="Số liệu tính đến ngày 15/09/2024",
        edition_line="Bản số 1 · dự thảo · mã băm dữ liệu 0123456789ab",
        blocks=(
            Heading(1, "1. Thực trạng"),
            Paragraph("☑ Đã xây dựng   ☐ Chưa xây dựng", "choice"),
            Paragraph(STRANGE),
            *((chart,) if charts else ()),
            Heading(2, "Kênh"),
            table,
            Heading(1, "2. Đánh giá chung"),
            narrow,
        ),
        annex=(Heading(1, "Phụ lục"), series_lines([table])),
        definitions=definitions,
        passport=passport([table]),
        signature=("TM. ỦY BAN NHÂN DÂN",),
        recipients=("- Như trên;",),
        mark=mark,
    )
