"""One account in one year: followers at its end, posts published in it, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.indicators import INDICATORS, Value
from tracker.indicators.answers import NO_POSTS_KNOWN_VI, covered_part
from tracker.indicators.levels import NO_LEVEL_VI, followers_at, sum_of_levels
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import NOT_ALLOWED_VI
from tracker.reports.blocks.registered import Held, changes_of
from tracker.reports.blocks.traced import newest_followers
from tracker.text.printable import day_text

NOT_READ_VI = "chưa đọc năm này"
NO_READING_VI = "không có lần đọc nào trong năm này"
LATER_VI = "năm này nằm sau ngày số liệu cuối cùng"
POSTS = INDICATORS["posts_per_week"]
POSTS_UNIT_VI = "bài"


@dataclass(frozen=True)
class YearLine:
    """One account in one year. `days` is the part of the year that is asked about and before the
    end of the data, None = none of it. `posts` counts those published; `gaps` the missing readings
    in words."""

    year: int
    days: Window | None
    held: Held
    followers: Value
    posts: Value
    notes: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Say whether any number of the year is known."""
        return self.followers.value is not None or self.posts.value is not None


def year_line(panel: Panel, held: Held, year: Window, end: date) -> YearLine:
    """Measure one account in one year; what lies before its opening or after its end is unknown for
    that reason."""
    opened, ended = held.row.active_from, held.row.active_to
    reason = ""
    if opened is not None and opened >= year.end:
        reason = f"tài khoản mở ngày {day_text(opened)}"
    elif ended is not None and ended < year.start:
        reason = f"tài khoản đã ngừng, ngày cuối {day_text(ended)}"
    elif year.start >= end:
        reason = LATER_VI
    if reason:
        unknown = Value(None, reason=reason)
        return YearLine(year.start.year, None, held, unknown, unknown, ())
    days = Window(year.start, min(year.end, end))
    followers, posts = _followers(panel, held.account_id, days), _posts(panel, held, days)
    if followers.reason == NO_READING_VI and posts.reason == NO_POSTS_KNOWN_VI:
        unread = Value(None, reason=NOT_READ_VI)
        return YearLine(year.start.year, days, held, unread, unread, ())
    notes = [f"bài đăng: {note}" for note in posts.notes]
    notes += changes_of(panel, held.account_id, days)
    if days.end < year.end:
        last = min(days.last_day, panel.last_night - timedelta(days=1))
        notes.append(f"số liệu của năm đến hết ngày {day_text(last)}")
    notes += _gaps(panel, held, days)
    return YearLine(year.start.year, days, held, followers, posts, tuple(notes))


def _followers(panel: Panel, account_id: str, days: Window) -> Value:
    """Give the followers at the end of some days: the reading nearest to it, else the last one of
    those days."""
    found = followers_at(panel, account_id, None, days.end, panel.until)
    if found.value is not None or found.reason != NO_LEVEL_VI:
        return found
    newest = newest_followers(panel, account_id, days.end, since=days.start)
    return replace(newest, reason=NO_READING_VI) if newest.reason == NO_LEVEL_VI else newest


def _posts(panel: Panel, held: Held, days: Window) -> Value:
    """Count the posts published on some days, in the lane that covers most of them."""
    found = covered_part(panel, POSTS, held.account_id, days)
    if isinstance(found, str):
        return Value(None, unit=POSTS_UNIT_VI, reason=found)
    published = panel.posts(held.account_id, found.known)["posts"].to_numpy()[found.slice()]
    count = float(published.sum())
    return Value(
        count,
        unit=POSTS_UNIT_VI,
        lane=found.lane,
        readings=int(count),
        first_day=found.window.start,
        last_day=found.window.last_day,
        notes=found.notes(days),
    )


def _gaps(panel: Panel, held: Held, days: Window) -> list[str]:
    """Sum up the missing readings of some days by cause."""
    nights: dict[str, int] = {}
    for gap in panel.gaps(days, [held.account_id]):
        nights[gap.cause_vi] = nights.get(gap.cause_vi, 0) + gap.nights
    return [f"thiếu {count} lần đọc: {cause}" for cause, count in nights.items()]


def added_up(panel: Panel, found: Mapping[str, Value]) -> dict[str, Value]:
    """Choose what may be added up: what is known of accounts whose terms allow totals; of a single
    account nothing is added."""
    return {
        account_id: value
        for account_id, value in found.items()
        if value.value is not None
        and value.lane is not None
        and (len(found) == 1 or panel.basis_of(account_id, value.lane).totals)
    }


def sum_of_followers(panel: Panel, found: Mapping[str, Value]) -> Value:
    """Add the followers of several accounts up, with what was left out; without a number its reason
    is that of the accounts."""
    total = sum_of_levels(panel, found)
    if total.value is not None:
        return total
    reasons = {value.reason for value in found.values()}
    reason = reasons.pop() if len(reasons) == 1 else total.reason
    return replace(total, reason=NO_READING_VI if reason == NO_LEVEL_VI else reason, notes=())


def sum_of_posts(panel: Panel, found: Mapping[str, Value]) -> Value:
    """Add the posts of several accounts up; those unknown or not to be added are left out and
    said."""
    taken = added_up(panel, found)
    if not taken:
        reasons = {value.reason or NOT_ALLOWED_VI for value in found.values()}
        reason = reasons.pop() if len(reasons) == 1 else NO_POSTS_KNOWN_VI
        return Value(None, unit=POSTS_UNIT_VI, reason=reason, accounts=len(found))
    total = sum(value.value for value in taken.values() if value.value is not None)
    part = [f"cộng {len(taken)} trên {len(found)} tài khoản"] if len(taken) < len(found) else []
    partly = sum(1 for value in taken.values() if value.notes)
    if partly:
        part.append(f"{partly} tài khoản chỉ quan sát được một phần năm")
    return Value(
        total,
        unit=POSTS_UNIT_VI,
        lane="+".join(sorted({str(value.lane) for value in taken.values()})),
        accounts=len(taken),
        readings=int(total),
        first_day=min(value.first_day for value in taken.values() if value.first_day is not None),
        last_day=max(value.last_day for value in taken.values() if value.last_day is not None),
        notes=tuple(part),
    )
