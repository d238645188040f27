"""Which columns a sheet has: names as typed, with marks or in Vietnamese, become ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.errors import InputError, Problem
from tracker.text import slug

SYNONYMS = {
    "ma": "id",
    "ma_so": "id",
    "ten": "name_vi",
    "ten_tieng_viet": "name_vi",
    "ten_tieng_anh": "name_en",
    "ten_co_quan": "name_vi",
    "loai": "kind",
    "loai_hinh": "kind",
    "co_quan": "agency_id",
    "ma_co_quan": "agency_id",
    "don_vi": "agency_id",
    "dia_phuong": "locality_id",
    "ma_dia_phuong": "locality_id",
    "tinh": "locality_id",
    "tinh_thanh": "locality_id",
    "tinh_thanh_pho": "locality_id",
    "tai_khoan": "account",
    "ma_tai_khoan": "account",
    "nen_tang": "platform",
    "mang_xa_hoi": "platform",
    "dia_chi": "url",
    "duong_dan": "url",
    "lien_ket": "url",
    "link": "url",
    "ngon_ngu": "languages",
    "noi_dung_chinh": "content_focus",
    "don_vi_quan_ly": "managing_unit",
    "nguon_kinh_phi": "funding_source",
    "ngay": "day",
    "date": "day",
    "chi_so": "metric",
    "chi_tieu": "metric",
    "gia_tri": "value",
    "so_lieu": "value",
    "buoc_lam_tron": "step",
    "nguon": "source",
    "ghi_chu": "note",
    "tieu_de": "title",
    "ten_chuong_trinh": "title",
    "van_ban": "document",
    "trang_thai": "status",
    "tinh_trang": "status",
    "bat_dau": "start",
    "ngay_bat_dau": "start",
    "ket_thuc": "end",
    "ngay_ket_thuc": "end",
    "tu_ngay": "day_from",
    "den_ngay": "day_to",
    "thong_diep_chinh": "key_message",
    "ly_do": "reason",
    "minh_chung": "evidence",
    "ky": "period",
}
"""Vietnamese and everyday headers -> our column, after `column_key`; only where a layout has it."""

RUNNING_NUMBERS = frozenset({"stt", "tt", "so_tt", "so_thu_tu"})
"""Headers of the running number that office sheets begin with; the column is left out."""

HEADER_SEARCH = 20
"""Lines with content among which the header is looked for."""


def refusal(file: str, expected: str) -> InputError:
    """Refuse a whole file in one sentence."""
    return InputError([Problem(file, None, None, None, expected)])


@dataclass(frozen=True)
class Layout:
    """The columns of one kind of sheet; `"url|handle"` means: at least one of them."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """List every column by its single name, required ones first, each once."""
        names = [name for group in self.required for name in group.split("|")]
        return tuple(dict.fromkeys([*names, *self.optional]))


def column_key(header: str) -> str:
    """Turn a header as typed into a name: `Mã cơ quan (*)` -> `ma_co_quan`."""
    return slug(re.sub(r"\(.*?\)", " ", header)).replace("-", "_")


def _column(header: str, layout: Layout | None) -> str:
    key = column_key(header)
    if layout is None or key in layout.known:
        return key
    return SYNONYMS.get(key, key)


def known_names(line: Iterable[str], layout: Layout) -> int:
    return len({_column(cell, layout) for cell in line} & set(layout.known))


def header_at(lines: Sequence[Sequence[str]], layout: Layout | None) -> int:
    """Find the header below title lines: the first line with two known columns, else the first."""
    if layout is None:
        return 0
    return next((at for at, line in enumerate(lines) if known_names(line, layout) >= 2), 0)


def name_columns(file: str, number: int, header: Sequence[str], layout: Layout | None) -> list[str]:
    """Name the columns of a header. Raises InputError for unknown, doubled and missing ones."""
    names = [_column(cell, layout) for cell in header]
    if layout is None:
        return names
    if not known_names(header, layout):
        found = ", ".join(cell for cell in header if cell)
        raise InputError(
            [Problem(file, number, None, found, f"a header with the columns {_listed(layout)}")]
        )
    problems = []
    for at, name in enumerate(names):
        if not name or name in RUNNING_NUMBERS:
            continue
        if name not in layout.known:
            expected = f"one of the columns {', '.join(layout.known)}"
            problems.append(Problem(file, number, None, header[at], expected))
        elif name in names[:at]:
            problems.append(Problem(file, number, name, header[at], "each column only once"))
    for group in layout.required:
        if not set(group.split("|")) & set(names):
            wanted = group.replace("|", " or ")
            problems.append(
                Problem(file, number, wanted, None, f"this column; needed are {_listed(layout)}")
            )
    if problems:
        raise InputError(problems)
    return names


def _listed(layout: Layout) -> str:
    return ", ".join(group.replace("|", " or ") for group in layout.required)
