"""What was asked about, and what of it can be answered: said in words before any number."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.panel import LANES_VI
from tracker.periods import MERGER, Window, date_of, day_number
from tracker.reports.facts import Facts
from tracker.tables import days_text, unknown_text
from tracker.text import full_name
from tracker.text.printable import day_text

ONE_DAY = timedelta(days=1)
NO_ACCOUNT_VI = "chưa đăng ký tài khoản nào trong khoảng báo cáo"


def window_sentence(facts: Facts) -> str:
    """Name the days a measured part is about, and what of them cannot be answered."""
    asked = facts.asked_window
    if nothing_reason(facts, asked) is not None:
        return limit_sentences(facts, asked)[0]
    found = [f"Khoảng báo cáo: {days_text(asked.start, asked.last_day)}."]
    if asked.start < MERGER < min(asked.end, facts.until):
        found.append(
            "Khoảng này vượt qua ngày 01/07/2025 (sắp xếp đơn vị hành chính cấp tỉnh): tài khoản "
            "ghi theo đơn vị chủ quản ở ngày cuối."
        )
    return " ".join([*found, *limit_sentences(facts, asked)])


def nothing_reason(facts: Facts, asked: Window) -> str | None:
    """Say why nothing of some days can have been read; None = some of it can."""
    ended, begun = facts.row["valid_to"], facts.row["valid_from"]
    if ended is not None and ended < asked.start:
        return f"{_ended(facts, ended)}, trước khoảng này"
    if begun is not None and begun >= asked.end:
        return f"{facts.name} được thành lập từ {day_text(begun)}, sau khoảng này"
    if asked.start >= facts.panel.until:
        return f"khoảng này chưa đến; số liệu đọc được đến hết ngày {day_text(_counted_to(facts))}"
    return None


def limit_sentences(facts: Facts, asked: Window) -> list[str]:
    """Say what of some days is not known of the respondent as a whole; empty = nothing."""
    reason = nothing_reason(facts, asked)
    if reason is not None:
        days = days_text(asked.start, asked.last_day)
        return [f"Khoảng báo cáo {days}: {unknown_text(reason)}."]
    ended, begun = facts.row["valid_to"], facts.row["valid_from"]
    found = []
    if begun is not None and begun > asked.start:
        found.append(
            f"{_first(facts.name)} được thành lập từ {day_text(begun)}; trước ngày đó các tài "
            "khoản thuộc đơn vị cũ."
        )
    if ended is not None and ended <= facts.panel.last_night:
        found.append(f"{_first(_ended(facts, ended))}; số liệu dừng ở ngày đó.")
    elif asked.end > facts.panel.until:
        found.append(
            "Khoảng báo cáo chưa kết thúc; số liệu phản ánh đến hết ngày "
            f"{day_text(_counted_to(facts))}."
        )
    return [*found, *_reading_sentences(facts, asked)]


def _reading_sentences(facts: Facts, asked: Window) -> list[str]:
    """Say where the readings of the respondent's accounts begin late, are one night, or declared
    only."""
    accounts = [one.account_id for one in facts.measured.accounts]
    if not accounts:
        return [f"{_first(NO_ACCOUNT_VI)}."]
    frame = facts.panel.snapshots
    frame = frame[frame["account"].isin(accounts) & frame["followers"].notna()]
    inside = (frame["day"] >= day_number(asked.start)) & (frame["day"] <= day_number(asked.end))
    frame = frame[inside]
    if not len(frame):
        return ["Không có lần đọc số người theo dõi nào trong khoảng báo cáo."]
    found = []
    first = date_of(int(frame["day"].min()))
    if frame["day"].nunique() == 1:
        found.append(
            f"Trong khoảng báo cáo mới có một lần đọc ({day_text(first)}) nên chưa tính được mức "
            "tăng, tần suất đăng và tỷ lệ tương tác."
        )
    elif (first - asked.start).days > LATE_DAYS:
        found.append(f"Lần đọc đầu tiên trong khoảng báo cáo là ngày {day_text(first)}.")
    if set(frame["lane"]) == {"declared"}:
        found.append(
            f"Chỉ có số liệu {LANES_VI['declared']} kèm minh chứng, chưa có số do hệ thống đọc."
        )
    return found


LATE_DAYS = 8
"""Followers at the start of a window may be read so many days later (`followers_at`)."""


def _counted_to(facts: Facts) -> date:
    """Give the last day whose end was counted: the night of D says where counts stood at the end of
    D-1."""
    return facts.panel.last_night - ONE_DAY


def _ended(facts: Facts, ended: date) -> str:
    """Say when the respondent ended and what it became."""
    successor = facts.row["successor_id"]
    if facts.is_locality and successor in facts.panel.localities.index:
        row = facts.panel.localities.loc[successor]
        since = f" từ {day_text(row['valid_from'])}" if row["valid_from"] is not None else ""
        into = f" (sắp xếp vào {full_name(row['kind'] or 'tỉnh', row['name_vi'])}{since})"
    else:
        into = ""
    return f"{facts.name} kết thúc ngày {day_text(ended)}{into}"


def _first(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
