"""The closed lists of the register: keys, with the Vietnamese words that offices write for them."""

from __future__ import annotations

import csv
from functools import cache

from tracker.reference import shipped

FUNDING_SOURCES = {
    "state_budget": ("ngân sách nhà nước", "ngân sách", "NSNN"),
    "socialised": ("xã hội hóa", "nguồn xã hội hóa"),
    "both": ("cả hai", "ngân sách nhà nước và xã hội hóa"),
}
"""The two answers letter 1253 offers, and both."""

PROGRAMME_STATUSES = {
    "built": ("đã xây dựng", "đã ban hành"),
    "in_progress": ("đang xây dựng",),
    "not_built": ("chưa xây dựng",),
}
"""The three boxes of letter 3836, item 1."""

EVENT_KINDS = {
    "campaign": ("chiến dịch", "chiến dịch truyền thông"),
    "paid_promotion": ("quảng cáo trả tiền", "quảng cáo"),
    "mobilisation_order": ("văn bản huy động", "huy động"),
    "merger": ("sáp nhập", "hợp nhất"),
    "rename": ("đổi tên",),
}
ELEMENT_STATUSES = ("official", "sourced", "candidate")
ELEMENT_LEVELS = ("group", "element")
ENTITIES = ("account", "post")
BOUNDARIES = ("63", "34", "country")
OUTCOME_STATUSES = {
    "target": ("chỉ tiêu", "kế hoạch"),
    "estimate": ("ước tính", "ước"),
    "preliminary": ("sơ bộ",),
    "official": ("chính thức",),
    "revised": ("điều chỉnh",),
    "as_published": ("đã công bố",),
}
QUALIFIER_WORDS = {
    "exact": ("chính xác",),
    "at_least": ("hơn", "trên"),
    "at_most": ("gần", "dưới"),
    "about": ("khoảng",),
}
PLATFORM_WORDS = {"x": ("twitter",), "facebook": ("fb",), "bluesky": ("bsky",)}


@cache
def agency_kinds() -> dict[str, tuple[str, ...]]:
    """Give the kinds of agencies with their names, from reference/agency_kinds.csv."""
    with shipped("reference", "agency_kinds.csv").open(encoding="utf-8", newline="") as file:
        return {row["kind"]: (row["name_vi"], row["name_en"]) for row in csv.DictReader(file)}
