"""The answer to a question about one window: in which lane, over which days, what stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.indicators.measuring import NOTHING_VI, with_readings
from tracker.indicators.needs import break_notes, lacking
from tracker.indicators.registry import Indicator, Value
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI

NO_POSTS_KNOWN_VI = "chưa đọc được danh sách bài đăng trong khoảng thời gian này"


@dataclass(frozen=True)
class Covered:
    """The lane a question about posts is answered in: `known` are all its publication days,
    `window` those of them inside the window that was asked for."""

    lane: str
    known: Window
    window: Window

    def slice(self) -> slice:
        """Place the window in a daily series over `known`."""
        first = day_number(self.known.start)
        return slice(day_number(self.window.start) - first, day_number(self.window.end) - first)

    def notes(self, asked: Window) -> tuple[str, ...]:
        """Say where only a part of the window is covered."""
        if self.window == asked:
            return ()
        first, last = self.window.start, self.window.last_day
        return (f"chỉ quan sát được từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}",)


def covered_part(panel: Panel, item: Indicator, account_id: str, window: Window) -> Covered | str:
    """Choose the lane that covers the most of a window (ties: owner, public, declared), or say in
    Vietnamese why there is none."""
    reason = lacking(panel, item, account_id, None)
    if reason is not None:
        return reason
    best: Covered | None = None
    for lane, known in panel.posts_lanes(account_id):
        first, end = max(known.start, window.start), min(known.end, window.end)
        if first >= end:
            continue
        if not panel.basis_of(account_id, lane).derived:
            reason = NOT_ALLOWED_VI
            continue
        unmet = lacking(panel, item, account_id, lane)
        if unmet is not None:
            reason = reason or unmet
            continue
        part = Covered(lane, known, Window(first, end))
        if best is None or part.window.days > best.window.days:
            best = part
    return best or reason or NO_POSTS_KNOWN_VI


def refused(item: Indicator, reason: str) -> Value:
    """Give no number and the reason."""
    return Value(None, unit=item.unit_vi, reason=reason or NOTHING_VI)


def window_of(
    panel: Panel,
    item: Indicator,
    account_id: str,
    found: Covered,
    value: float | None,
    n: int,
    notes: Sequence[str] = (),
    *,
    text: str | None = None,
    reason: str | None = None,
) -> Value:
    """Give a number of a window with its lane, its readings and the breaks inside the window."""
    breaks = [
        note for note in break_notes(panel, item, account_id, found.window) if note not in notes
    ]
    answer = Value(
        value,
        n=n,
        unit=item.unit_vi,
        lane=found.lane,
        reason=reason,
        text=text,
        notes=(*notes, *breaks),
    )
    read = [(account_id, found.lane)]
    return replace(with_readings(panel, answer, item, read, found.window), n=n)
