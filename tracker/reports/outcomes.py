"""The table of results from outside (visitors, investment, exports), beside the social figures.

Vintages stay side by side, nothing is computed across definitions, boundaries or vintages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from tracker.panel import Panel
from tracker.tables import COUNT, QUALIFIERS_VI, Cell, Column, Form, Origin, Table
from tracker.text.printable import day_text

COUNTRY = "viet-nam"
NOT_SENT_VI = "địa phương chưa gửi"
STATUSES_VI = {
    "target": "chỉ tiêu",
    "estimate": "ước tính",
    "preliminary": "sơ bộ",
    "official": "chính thức",
    "revised": "đã điều chỉnh",
    "as_published": "như đã công bố",
}
BOUNDARIES_VI = {
    "63": "63 tỉnh, thành phố (đến 30/06/2025)",
    "34": "34 tỉnh, thành phố (từ 01/07/2025)",
    "country": "cả nước",
}
ASKED = (
    ("Đầu tư nước ngoài", ("fdi",)),
    ("Khách du lịch", ("visitors", "tourism", "intl_arrivals")),
    ("Hàng hóa xuất xứ địa phương tiêu thụ ngoài nước", ("exports",)),
    ("Hàng hóa xuất xứ địa phương tiêu thụ trong nước", ("domestic_sales",)),
    ("Chương trình truyền thông", ("communication",)),
)
"""What letter 3836 asks for, with the beginnings of the indicator keys that answer it."""

COLUMNS = (
    Column("Nội dung", width=1.4),
    Column("Chỉ tiêu, định nghĩa", width=2),
    Column("Kỳ số liệu", width=1.1),
    Column("So với ngày bắt đầu chương trình", width=1.1),
    Column("Số liệu", COUNT, width=1.2),
    Column("Đơn vị", width=0.8),
    Column("Tính chất", width=0.9),
    Column("Phạm vi ranh giới", width=1.4),
    Column("Nơi và ngày công bố, nguồn", width=2.2),
)
COVID_START, COVID_END = date(2020, 2, 1), date(2022, 3, 15)
"""International tourism was closed between these days; it reopened on 15/03/2022."""
COVID_VI = (
    "Cảnh báo: một phần số liệu thuộc giai đoạn đóng cửa vì COVID-19 (đến 15/03/2022); so sánh "
    "trước và sau với giai đoạn này luôn cho mức tăng rất lớn, không nói lên kết quả của chương "
    "trình."
)
BOUNDARY_VI = (
    "Cảnh báo: có số liệu theo ranh giới 63 và 34 tỉnh, thành phố; số liệu trước và sau 01/07/2025 "
    "không so sánh được với nhau."
)
BESIDE_VI = (
    "Số liệu kinh tế - xã hội được đặt cạnh số liệu truyền thông để tham khảo, không phải là tác "
    "động của truyền thông. Mỗi lần công bố là một dòng; không tính tăng giảm giữa các định nghĩa "
    "khác nhau."
)


def outcome_table(panel: Panel, locality_id: str, start: date | None) -> Table:
    """Print every published figure of a locality, the country's beside, and what is missing."""
    every: list[Any] = list(panel.outcomes.itertuples(index=False))
    found = [row for row in every if _wanted(row, locality_id)]
    own = [row for row in found if row.locality_id == locality_id]
    rows: list[tuple[Cell, ...]] = []
    for title, keys in ASKED:
        mine = [row for row in found if row.indicator.startswith(keys)]
        if not any(row.locality_id == locality_id for row in mine):
            unknown = [Cell(reason=NOT_SENT_VI)] * (len(COLUMNS) - 2)
            rows.append((Cell(text=title), Cell(text="chưa nhập chỉ tiêu nào"), *unknown))
        rows += [_row(title, row, start) for row in sorted(mine, key=_order)]
    known = tuple(key for _, keys in ASKED for key in keys)
    rest = [row for row in own if not row.indicator.startswith(known)]
    rows += [_row("Chỉ tiêu khác", row, start) for row in sorted(rest, key=_order)]
    return Table(
        "Q",
        "Bảng kết quả đạt được: giá trị, lợi ích kinh tế - xã hội",
        COLUMNS,
        tuple(rows),
        notes=(BESIDE_VI, *_warnings(found)),
        merged=2,
        wide=True,
    )


def _wanted(row: Any, locality_id: str) -> bool:
    yearly_of_country = row.locality_id == COUNTRY and re.fullmatch(r"\d{4}", str(row.period))
    return bool(row.locality_id == locality_id or yearly_of_country)


def _order(row: Any) -> tuple[bool, str, str, str, date]:
    country = row.locality_id == COUNTRY
    return (country, row.indicator, row.definition, str(row.period), row.published_on or date.min)


def _row(title: str, row: Any, start: date | None) -> tuple[Cell, ...]:
    published = row.published_on
    day = day_text(published) if published and published.year > 1970 else "không rõ ngày"
    source = f"; {row.source}" if row.source else ""
    origin = Origin(
        metric=row.definition,
        source=f"{row.publisher}, {day}{source}",
        lane="declared",
    )
    value = None if row.value is None else float(row.value)
    return (
        Cell(text=title if row.locality_id != COUNTRY else f"{title} (cả nước)"),
        Cell(text=row.definition),
        Cell(text=period_text(str(row.period))),
        Cell(text=position(str(row.period), start)),
        Cell(
            value,
            qualifier=row.qualifier if row.qualifier in QUALIFIERS_VI else "exact",
            reason="nguồn không ghi con số",
            form=_form(value),
            origin=origin,
        ),
        Cell(text=row.unit),
        Cell(text=STATUSES_VI.get(row.status, row.status or "không rõ")),
        Cell(text=BOUNDARIES_VI.get(row.boundary, row.boundary)),
        Cell(text=origin.source),
    )


def _form(value: float | None) -> Form:
    """Keep the decimals the source printed, at most three."""
    text = "" if value is None else f"{value:.3f}".rstrip("0")
    return Form("number", len(text.partition(".")[2]))


def period_text(period: str) -> str:
    """Write a period the Vietnamese way: `2024`, `05/2024`, `01/2024 - 05/2024`, `15/09/2024`."""
    return " - ".join("/".join(reversed(part.split("-"))) for part in period.split(".."))


def period_days(period: str) -> tuple[date, date] | None:
    """Give the first and last day of a period; None where it is not written as expected."""
    parts = period.split("..")
    first, last = _days(parts[0]), _days(parts[-1])
    return (first[0], last[1]) if first and last else None


def _days(part: str) -> tuple[date, date] | None:
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", part.strip())
    if not found:
        return None
    year, month, day = (int(piece) if piece else None for piece in found.groups())
    assert year is not None, "the pattern asks for a year"
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is not None:
        return date(year, month, day), date(year, month, day)
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def position(period: str, start: date | None) -> str:
    """Say whether a period lies before or after the start of the programme."""
    days = period_days(period)
    if start is None or days is None:
        return "không xác định"
    if days[1] < start:
        return "trước"
    return "sau" if days[0] >= start else "gồm cả trước và sau"


def _warnings(rows: Sequence[Any]) -> list[str]:
    warnings = []
    periods = [days for row in rows if (days := period_days(str(row.period)))]
    if any(first <= COVID_END and last >= COVID_START for first, last in periods):
        warnings.append(COVID_VI)
    if {"63", "34"} <= {row.boundary for row in rows}:
        warnings.append(BOUNDARY_VI)
    return warnings
