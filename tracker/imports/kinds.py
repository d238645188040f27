"""What `tracker import` reads: the columns of each kind, and what people must know to fill them."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.imports.answers import ANSWERS
from tracker.imports.observations import OBSERVATIONS
from tracker.imports.outcomes import OUTCOMES
from tracker.imports.register import layout_of_sheet
from tracker.imports.series import HISTORY, POSTS
from tracker.letters import letter_ids
from tracker.platforms import PLATFORMS
from tracker.readings import LANES, QUALIFIERS
from tracker.registry.words import (
    BOUNDARIES,
    ELEMENT_LEVELS,
    ELEMENT_STATUSES,
    ENTITIES,
    EVENT_KINDS,
    FUNDING_SOURCES,
    OUTCOME_STATUSES,
    PROGRAMME_STATUSES,
    agency_kinds,
)
from tracker.sheets import Layout, TemplateColumn

REGISTER_KINDS = (
    "agencies",
    "accounts",
    "account_periods",
    "programmes",
    "programme_elements",
    "elements",
    "events",
    "corrections",
    "definition_breaks",
    "targets",
)
LAYOUTS: dict[str, Layout] = {
    **{kind: layout_of_sheet(kind) for kind in REGISTER_KINDS},
    "history": HISTORY,
    "posts": POSTS,
    "outcomes": OUTCOMES,
    "answers": ANSWERS,
    "observations": OBSERVATIONS,
}
"""Kind -> the columns of its sheet."""

KINDS = tuple(LAYOUTS)

GENERAL_NOTES = (
    "Ô trống nghĩa là chưa biết; không ghi 0, không ghi gạch ngang.",
    "Ngày ghi 2024-09-15 hoặc 15/09/2024.",
    "Số đếm ghi 12345 hoặc 12.345 (dấu chấm chỉ để ngăn từng nhóm ba chữ số).",
    "Dòng ví dụ (dòng 2) được bỏ qua khi nhập nếu để nguyên.",
    "Có lỗi ở một dòng thì cả bảng không được nhập; mỗi lỗi được nêu kèm số dòng và tên cột.",
)

NOTES = {
    "account": "Mã tài khoản trong danh bạ, hoặc địa chỉ trang",
    "account_id": "Mã tài khoản trong danh bạ",
    "active_from": "Ngày bắt đầu theo dõi",
    "active_to": "Ngày cuối cùng còn theo dõi",
    "agency_id": "Mã hoặc tên cơ quan chủ quản trong danh bạ",
    "answered_on": "Ngày trả lời",
    "basis": "Căn cứ lưu số liệu; để trống là căn cứ mặc định của nền tảng",
    "boundary": "Bản đồ địa giới: 63 (đến 30/06/2025), 34 (từ 01/07/2025), country (cả nước)",
    "column": "Cột của bảng trong công văn: reason, assessment, before, after …",
    "content_focus": "Nội dung chính đăng, phát",
    "day": "Ngày: số liệu như đứng vào đầu ngày này",
    "day_from": "Ngày đầu được đính chính",
    "day_to": "Ngày cuối được đính chính (kể cả ngày này)",
    "definition": "Định nghĩa của chỉ tiêu như nơi công bố ghi",
    "document": "Số, ký hiệu, ngày văn bản",
    "element_id": "Mã yếu tố truyền thông",
    "end": "Ngày cuối",
    "entered_on": "Ngày ghi",
    "entity": "account (tài khoản) hoặc post (bài đăng)",
    "evidence": "Minh chứng: văn bản, ảnh chụp, đường dẫn",
    "evidence_url": "Đường dẫn chứng minh tài khoản thuộc cơ quan",
    "field": "Mã mục của công văn",
    "funding_source": "Nguồn kinh phí",
    "group_en": "Tên nhóm bằng tiếng Anh",
    "group_vi": "Tên nhóm bằng tiếng Việt",
    "handle": "Tên tài khoản, ví dụ @ten",
    "id": "Mã: chữ thường không dấu, số, gạch nối",
    "indicator": "Mã chỉ tiêu",
    "interaction_practice": "Cách tương tác với độc giả",
    "item": "Phần, kênh hoặc tài khoản mà câu trả lời nói tới",
    "key_message": "Thông điệp chính",
    "kind": "Loại",
    "lane": "Nguồn số: public (công khai), owner (chủ tài khoản ủy quyền), declared (tự khai)",
    "language": "Ngôn ngữ bài đăng (vi, en, zh …)",
    "languages": "Ngôn ngữ, cách nhau bằng dấu cách: vi en",
    "legal_basis": "Văn bản giao quản lý tài khoản",
    "level": "group (nhóm) hoặc element (yếu tố)",
    "letter": "Mã công văn",
    "locality_id": "Mã hoặc tên tỉnh, thành phố",
    "managing_unit": "Đơn vị quản lý tài khoản",
    "metric": "Số đếm: followers, following, posts, views, likes, reactions, comments, shares …",
    "name_en": "Tên tiếng Anh",
    "name_vi": "Tên tiếng Việt",
    "native_id": "Mã cố định do nền tảng cấp (không đổi khi đổi tên); để dạng văn bản",
    "note": "Ghi chú",
    "note_vi": "Ghi chú",
    "observed_at": "Thời điểm đọc số (ngày và giờ); không ghi múi giờ là giờ Việt Nam",
    "office": "Cơ quan ghi (không ghi tên người)",
    "parent_id": "Mã cơ quan cấp trên",
    "period": "Kỳ: 2023, 2024-05, 2024-01..2024-05 hoặc 2023-12-31",
    "platform": "Nền tảng",
    "post": "Mã bài đăng; để trống là số của tài khoản",
    "programme_id": "Mã chương trình",
    "published_at": "Thời điểm đăng (ngày và giờ); không ghi múi giờ là giờ Việt Nam",
    "published_on": "Ngày công bố; số công bố lại sau là một dòng khác",
    "publisher": "Nơi công bố",
    "qualifier": "Mức chính xác: hơn/trên = at_least, gần/dưới = at_most, khoảng = about",
    "reason": "Lý do đính chính",
    "row": "Thứ tự dòng trong danh sách, từ 0",
    "source": "Nguồn",
    "start": "Ngày đầu của chương trình; số liệu trước và sau tính từ ngày này",
    "status": "Tình trạng",
    "step": "Đơn vị làm tròn (100 nếu làm tròn đến trăm); để trống là đúng từng đơn vị",
    "successor_id": "Mã cơ quan kế tục",
    "title": "Tên chương trình, kế hoạch",
    "unit": "Đơn vị tính, hoặc với chỉ tiêu: mã địa phương, cơ quan",
    "url": "Địa chỉ trang",
    "valid_from": "Có hiệu lực từ ngày",
    "valid_to": "Có hiệu lực đến hết ngày",
    "value": "Giá trị; trống là chưa biết",
    "verified_on": "Ngày kiểm tra tài khoản",
}
"""Column -> what to write there, for the notes sheet of a template."""

_YOUTUBE = "https://www.youtube.com/@quangninh-vidu"
EXAMPLES: dict[str, dict[str, str]] = {
    "agencies": {
        "id": "so-du-lich-quang-ninh",
        "name_vi": "Sở Du lịch tỉnh Quảng Ninh",
        "kind": "department",
        "locality_id": "quang-ninh",
        "source": "Quyết định thành lập",
    },
    "accounts": {
        "agency_id": "ubnd-quang-ninh",
        "platform": "youtube",
        "url": _YOUTUBE,
        "languages": "vi en",
        "funding_source": "state_budget",
        "evidence_url": "https://quangninh.gov.vn",
        "valid_from": "2022-01-01",
    },
    "account_periods": {
        "account_id": "quangninh-ubnd-youtube",
        "agency_id": "ubnd-quang-ninh",
        "url": _YOUTUBE,
        "valid_from": "2022-01-01",
    },
    "programmes": {
        "id": "kh-quang-ninh-2022",
        "title": "Kế hoạch truyền thông quảng bá hình ảnh tỉnh Quảng Ninh",
        "locality_id": "quang-ninh",
        "document": "100/KH-UBND, 21/02/2022",
        "status": "built",
        "start": "2022-02-21",
        "key_message": "Quảng Ninh – điểm đến hội tụ",
    },
    "programme_elements": {"programme_id": "kh-quang-ninh-2022", "element_id": "A"},
    "elements": {"id": "A", "name_vi": "Hệ giá trị", "status": "sourced", "level": "group"},
    "events": {
        "day": "2023-04-20",
        "locality_id": "quang-ninh",
        "kind": "campaign",
        "note": "Tuần du lịch Hạ Long",
        "source": "Kế hoạch của Sở Du lịch",
    },
    "corrections": {
        "account": "quangninh-ubnd-youtube",
        "day_from": "2024-03-01",
        "day_to": "2024-03-02",
        "lane": "declared",
        "metric": "followers",
        "reason": "Nhập nhầm số của trang khác",
        "office": "Sở Du lịch",
    },
    "definition_breaks": {
        "platform": "facebook",
        "entity": "post",
        "metric": "views",
        "day": "2024-11-01",
        "note_vi": "Nền tảng đổi cách tính lượt xem",
        "source": "Thông báo của nền tảng",
    },
    "targets": {
        "indicator": "followers",
        "unit": "quang-ninh",
        "period": "2024",
        "value": "150000",
        "basis": "Kế hoạch năm 2024",
    },
    "history": {
        "account": "quangninh-ubnd-facebook",
        "day": "31/12/2023",
        "metric": "followers",
        "value": "12.345",
        "qualifier": "exact",
        "lane": "declared",
        "source": "Ảnh chụp trang quản trị",
    },
    "posts": {
        "account": "quangninh-ubnd-facebook",
        "native_id": "1234567890",
        "published_at": "2024-03-01T08:00:00+07:00",
        "observed_at": "2024-03-08T08:00:00+07:00",
        "metric": "reactions",
        "value": "321",
        "kind": "video",
        "language": "vi",
        "lane": "declared",
    },
    "outcomes": {
        "indicator": "visitors",
        "definition": "Tổng lượt khách",
        "unit": "lượt",
        "locality_id": "quang-ninh",
        "boundary": "63",
        "period": "2023",
        "publisher": "Cục Thống kê tỉnh",
        "value": "15.600.000",
        "qualifier": "about",
        "status": "preliminary",
        "published_on": "2024-01-05",
    },
    "answers": {
        "letter": "3836",
        "locality_id": "quang-ninh",
        "field": "plan_status",
        "value": "Đã xây dựng",
        "answered_on": "2024-09-20",
        "office": "Sở Thông tin và Truyền thông",
    },
    "observations": {
        "day": "2024-09-15",
        "observed_at": "2024-09-14T18:00:05Z",
        "platform": "bluesky",
        "account": "quangninh-ubnd-bluesky",
        "entity": "account",
        "metric": "followers",
        "value": "12345",
        "lane": "public",
    },
}
"""Kind -> the example row of its template; none of it is a real number."""

KIND_CHOICES: dict[tuple[str, str], Iterable[str]] = {
    ("programmes", "status"): PROGRAMME_STATUSES,
    ("elements", "status"): ELEMENT_STATUSES,
    ("elements", "level"): ELEMENT_LEVELS,
    ("events", "kind"): EVENT_KINDS,
    ("outcomes", "status"): OUTCOME_STATUSES,
    ("outcomes", "boundary"): BOUNDARIES,
}
CHOICES: dict[str, Iterable[str]] = {
    "platform": PLATFORMS,
    "lane": LANES,
    "qualifier": QUALIFIERS,
    "entity": ENTITIES,
    "funding_source": FUNDING_SOURCES,
}


def template_columns(kind: str) -> list[TemplateColumn]:
    """Give the columns of a kind's template, required ones first."""
    layout = LAYOUTS[kind]
    example = EXAMPLES[kind]
    must = {group for group in layout.required if "|" not in group}
    return [
        TemplateColumn(
            name,
            NOTES[name],
            example.get(name, ""),
            required=name in must,
            choices=tuple(choices_of(kind, name)),
        )
        for name in layout.known
    ]


def choices_of(kind: str, column: str) -> Iterable[str]:
    """Give the words a column takes, () where it is free."""
    if (kind, column) == ("agencies", "kind"):
        return agency_kinds()
    if (kind, column) == ("answers", "letter"):
        return letter_ids()
    return KIND_CHOICES.get((kind, column)) or CHOICES.get(column, ())
