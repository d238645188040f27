"""One small document with everything a writer must be able to print; strange texts included."""

from dataclasses import replace
from datetime import date, timedelta

from tracker.charts import AnyChart, Chart, Line, Mark, Ranked, RankingChart
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports.passport import passport, series_lines
from tracker.tables import COUNT, DAY, Cell, Column, Form, Origin, Table, numbered, total_row
from tracker.writers import Document, Heading, Masthead, Paragraph

MARK = "SỐ LIỆU GIẢ LẬP – KHÔNG PHẢI SỐ LIỆU CHÍNH THỨC"
STRANGE = "=1+1 \x00\x08 <b>&amp; ]]> \u202e \ud800 http://example.org/{{ x }}"
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


def rich_table(rows: int = 44) -> Table:
    """Forty-four accounts with eight numbers each in all forms, a few unknown, and their total."""
    columns = (
        Column("Địa phương", width=1.6),
        Column("Nền tảng"),
        Column("Ngày mở", DAY, width=1.1),
        Column("Người theo dõi", COUNT, unit="tài khoản"),
        Column("Lượt xem", COUNT, unit="nghìn lượt"),
        Column("Tỷ lệ tương tác", Form("number", 2), unit="trên 1.000"),
        Column("Thay đổi", CHANGE, width=1.5),
        Column("Kinh phí", Form("number", 1), unit="triệu đồng"),
        Column("Ghi chú"),
    )
    names = ("Quảng Ninh", "Đà Nẵng", "An Giang", "Bà Rịa - Vũng Tàu", "Điện Biên")
    made = []
    for number in range(rows):
        origin = Origin(
            f"kenh-{number}",
            "YouTube",
            ("public", "owner", "declared")[number % 3],
            "Người đăng ký",
            date(2023, 1, 1),
            date(2024, 9, number % 28 + 1),
            600,
        )
        unknown = Cell(reason="kênh ẩn số này")
        made.append(
            (
                Cell(text=names[number // 9]),
                Cell(text=("YouTube", "Facebook", "TikTok")[number % 3]),
                Cell(date(2015, 1, 1) + timedelta(days=91 * number)),
                Cell(1000 * number + 700, step=100, origin=origin),
                unknown
                if number % 11 == 5
                else Cell(
                    12 * number, qualifier=("exact", "at_least", "about")[number % 3], origin=origin
                ),
                Cell(number * 1.005, origin=origin),
                Cell(number * 3.25 - 40, low=number - 60.5, high=number + 20.5, origin=origin)
                if number % 4
                else Cell(-0.04, high=1.0, origin=origin),
                Cell(0.25 + number, origin=origin),
                Cell(text=f"dòng {number}\nhai dòng"),
            )
        )
    total, notes = total_row(columns, made, (3, 4, 7))
    code = Table("R", "Bảng 1. Kênh của các địa phương", columns, (*made, total), notes, ("kho",))
    return numbered(replace(code, merged=1, wide=True))


def rich_charts() -> tuple[AnyChart, ...]:
    """Three lines with a hole and marks; a ranking with intervals, ties and an unknown unit."""
    lines = tuple(
        Line(
            name,
            DAYS,
            tuple(
                None if number == 0 and 20 <= week < 26 else 1000.0 * (number + 1) + 35 * week
                for week in range(60)
            ),
        )
        for number, name in enumerate(("YouTube", "Facebook", "Trang thông tin điện tử"))
    )
    marks = (
        Mark(date(2022, 5, 16), "Bắt đầu chương trình", "start"),
        Mark(date(2022, 12, 5), "Đổi cách đếm", "break"),
    )
    names = ("Quảng Ninh", "Đà Nẵng", "An Giang", "Điện Biên", "Hà Nội")
    units = [
        Ranked(name, 30.0 - 4 * place, 27.0 - 4 * place, 33.5 - 4 * place, max(1, place))
        for place, name in enumerate(names)
    ]
    units.append(Ranked("Ninh Bình", None))
    return (
        Chart("theo-doi", "Biểu đồ 1. Người theo dõi", "tài khoản", lines, marks),
        RankingChart(
            "xep-hang",
            "Biểu đồ 2. Tương tác trên 1.000 người theo dõi",
            "tương tác trên 1.000 người",
            tuple(units),
            own="Đà Nẵng",
            mean=22.0,
            decimals=1,
        ),
    )


def rich_document() -> Document:
    """Fill a report with the big table, both charts and some text."""
    table = rich_table()
    text = (
        "Trong kỳ báo cáo, các cơ quan đã duy trì tài khoản chính thức trên các nền tảng; "
        "số liệu dưới đây do hệ thống đọc hằng đêm và do chủ tài khoản cung cấp. "
    ) * 3
    small = sample_document()
    return replace(
        small,
        blocks=(
            Heading(1, "1. Thực trạng"),
            Paragraph("☑ Đã xây dựng   ☐ Chưa xây dựng", "choice"),
            Paragraph(text),
            Heading(2, "1.1. Diễn biến"),
            *rich_charts(),
            Heading(1, "2. Kết quả theo kênh"),
            Paragraph(text),
            table,
            Heading(1, "3. Đánh giá chung"),
            Paragraph(text),
        ),
        annex=(Heading(1, "PHỤ LỤC. NGUỒN GỐC SỐ LIỆU"), series_lines([table])),
        passport=passport([table]),
        recipients=("- Như trên;", "- Lưu: VT, VP."),
        signature=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
    )
