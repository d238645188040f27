"""Expected readings that are missing, with their causes. Knows frames and numbers, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.periods import Window, date_of, day_number

CAUSES_VI = {
    "night_missed": "phiên đọc đêm không chạy",
    "not_tried": "phiên đọc đêm chưa hỏi đến tài khoản này",
    "not_said": "nền tảng không cho biết con số",
    "denied": "nền tảng từ chối khóa truy cập",
    "permission": "thiếu quyền đọc",
    "gone": "nền tảng báo tài khoản đã đóng",
    "unclear": "không tìm thấy hoặc không được xem tài khoản",
    "moved": "tài khoản đã chuyển địa chỉ",
    "limited": "nền tảng giới hạn số lần hỏi",
    "quota": "hết hạn mức trong ngày",
    "unreachable": "không kết nối được nền tảng",
    "changed": "nền tảng đổi dạng trả lời",
    "failed": "lỗi của chương trình",
    "import": "số liệu nhập có khoảng trống",
}
IMPORT_FACTOR = 2
"""An imported series has no schedule: an interval above this many times its median is a gap."""


@dataclass(frozen=True)
class Gap:
    """Expected readings that are missing: `nights` of them from `start` to `last`, both inclusive.

    `cause` is a key of CAUSES_VI. For imported series `nights` is how many readings the usual
    interval would have given between the two that are there.
    """

    account_id: str
    lane: str
    metric: str
    start: date
    last: date
    nights: int
    cause: str

    @property
    def cause_vi(self) -> str:
        """Give the cause for print."""
        return CAUSES_VI[self.cause]


@dataclass(frozen=True)
class Series:
    """What is known of one metric of one account in one lane.

    `days` are the days with a known number, ascending; `tried` the status of each asked night by
    day number; `readable_from` the first day the basis still lets us keep, None = no limit.
    """

    account_id: str
    lane: str
    metric: str
    days: NDArray[np.int64]
    tried: Mapping[int, str]
    active_from: date | None
    active_to: date | None
    readable_from: date | None


def find_gaps(series: Series, nights: pd.DataFrame, window: Window) -> list[Gap]:
    """List the gaps of one series on days of a window: import gaps first, then those of the
    schedule."""
    scheduled_from = min(series.tried) if series.tried else None
    return [
        *_import_gaps(series, window, scheduled_from),
        *_schedule_gaps(series, nights, window, scheduled_from),
    ]


def _import_gaps(series: Series, window: Window, scheduled_from: int | None) -> list[Gap]:
    """Find the intervals above twice the median in what came before the schedule began."""
    days = series.days if scheduled_from is None else series.days[series.days < scheduled_from]
    if len(days) < 3:
        return []
    lengths = np.diff(days)
    usual = float(np.median(lengths))
    first, end = day_number(window.start), day_number(window.end)
    found = []
    for at in np.flatnonzero(lengths > IMPORT_FACTOR * usual):
        start, last = int(days[at]) + 1, int(days[at + 1]) - 1
        if start < end and last >= first:
            missing = max(1, round(float(lengths[at]) / usual) - 1)
            found.append(_gap(series, start, last, missing, "import"))
    return found


def _schedule_gaps(
    series: Series, nights: pd.DataFrame, window: Window, scheduled_from: int | None
) -> list[Gap]:
    """Find the nights of the ledger since the account was first asked for that brought no
    number."""
    if scheduled_from is None:
        return []
    known = set(series.days.tolist())
    ran: dict[int, bool] = dict(zip(nights.index.tolist(), nights["ran"].tolist(), strict=True))
    found: list[Gap] = []
    for night in sorted(set(ran) | set(series.tried)):
        day = date_of(night)
        expected = (
            night >= scheduled_from
            and day in window
            and (series.active_from is None or series.active_from <= day)
            and (series.active_to is None or day <= series.active_to)
            and (series.readable_from is None or series.readable_from <= day)
        )
        if not expected or night in known:
            continue
        status = series.tried.get(night)
        if status is None:
            cause = "not_tried" if ran.get(night, True) else "night_missed"
        else:
            cause = "not_said" if status == "ok" else status
        last = found[-1] if found else None
        if last is not None and last.cause == cause and day_number(last.last) == night - 1:
            found[-1] = _gap(series, day_number(last.start), night, last.nights + 1, cause)
        else:
            found.append(_gap(series, night, night, 1, cause))
    return found


def _gap(series: Series, start: int, last: int, nights: int, cause: str) -> Gap:
    return Gap(
        series.account_id, series.lane, series.metric, date_of(start), date_of(last), nights, cause
    )
