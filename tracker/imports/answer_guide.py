"""The first page of an answer sheet: what it is for and how to fill it."""

from __future__ import annotations

from datetime import date

from tracker.letters import Letter
from tracker.text.printable import day_text


def guide_lines(
    letter: Letter, unit_id: str, name_vi: str, edition: int, made_on: date, answers_sheet: str
) -> tuple[tuple[str, str], ...]:
    """Write the lines of the first page, each (title or '', sentence)."""
    day = "" if letter.issued_on is None else f" ngày {day_text(letter.issued_on)}"
    asked = f"Số {letter.number}{day} của {letter.issuer().name_vi}"
    return (
        ("Công văn", f"{asked}: {letter.subject_vi}, {letter.period_vi}."),
        ("Đơn vị trả lời", f"{name_vi} (mã: {unit_id})"),
        ("Nơi nhận", letter.addressee_on(made_on).name_vi),
        ("Hạn gửi", f"{letter.deadline_vi} (theo công văn)"),
        ("Phiếu", f"Bản số {edition} (dự thảo), lập ngày {day_text(made_on)}"),
        ("", ""),
        *_steps(answers_sheet),
    )


def _steps(answers_sheet: str) -> list[tuple[str, str]]:
    steps = (
        "Chỉ điền các ô màu vàng nhạt. Ô màu xám là ô khóa: câu hỏi, số liệu đo tự động và nội "
        "dung lấy từ danh bạ.",
        f"Trang “{answers_sheet}” có mỗi câu hỏi một dòng, theo thứ tự của công văn. Nội dung gồm "
        "nhiều dòng (kênh, kết quả, danh sách) có trang riêng; thứ tự các dòng được giữ nguyên.",
        "Ô có danh sách lựa chọn: bấm vào ô rồi chọn. Ô được chọn nhiều thì ghi các lựa chọn cách "
        "nhau bằng dấu chấm phẩy (;).",
        "Chưa biết thì để trống: không ghi 0, không gạch ngang. Số ghi 12.345 hoặc 12.345,6; ngày "
        "ghi 20/09/2024. Xuống dòng trong ô: Alt + Enter.",
        "Cột minh chứng: số, ký hiệu, ngày văn bản, tên tệp hoặc đường dẫn.",
        "Không ghi họ tên, số điện thoại, thư điện tử của cá nhân; phiếu có số điện thoại hoặc thư "
        "điện tử sẽ không được nhận. Danh sách người phát ngôn gửi thẳng nơi nhận; ở đây chỉ ghi "
        "đã gửi hay chưa và ngày gửi.",
        "Xóa trống một câu đã trả lời thì câu trả lời cũ vẫn được giữ, trừ khi người nhập phiếu "
        "ghi rõ lý do (--replace).",
        "Lưu tệp dạng .xlsx rồi gửi lại. Người phụ trách nhập phiếu bằng lệnh: tracker import "
        'answers TEP.xlsx --office "Tên cơ quan".',
    )
    return [("Cách điền" if at == 0 else "", f"{at + 1}. {one}") for at, one in enumerate(steps)]
