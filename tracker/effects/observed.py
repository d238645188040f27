"""What an observed change is: the value that `change` gives and reports print."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.flows import Jump
from tracker.periods import Window

OBSERVED = "observed change"
SHORT = "short window"
BELOW = "below display resolution"
INSUFFICIENT = "insufficient data"
NOT_COMPARED = "not compared"

LABELS_VI = {
    OBSERVED: "thay đổi quan sát được",
    SHORT: "khoảng thời gian ngắn",
    BELOW: "dưới độ phân giải hiển thị",
    INSUFFICIENT: "chưa đủ dữ liệu",
    NOT_COMPARED: "không tính chênh lệch",
}


@dataclass(frozen=True)
class Beside:
    """A second method printed beside the headline; never the headline itself.

    `method` is `wide HAC` (numbers in the unit of the series) or `log ratio` (numbers in percent).
    """

    method: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Change:
    """What one series did between two windows.

    `before`, `after` are the levels in the unit of the series and are given whenever they are
    known, also where no difference may be formed. `difference` = after - before with its 95 %
    interval `low`..`high` (None = open on that side). `percent` is relative to `before`, None where
    that is not above zero; `percent_low`/`percent_high` None = not bounded. `p` None = the interval
    comes from rounding alone. `label` is one of the keys of LABELS_VI; with `insufficient data` and
    `not compared` difference, interval, percent and p are None and `reason` (Vietnamese) says why;
    otherwise reason is None. `weeks_before`/`weeks_after` count valid units; `unit` is `week` or
    `month` (four weeks). `windows` = (before, after), None if not even those could be laid.
    `method` and `warnings` are Vietnamese sentences for print. `jumps` are the flagged intervals
    that were left out (day, count, kind `purge`, `import` or `glitch`); `with_jumps` is the
    difference with them left in, given only where they exceed 10 % of the total change.
    """

    before: float | None
    after: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    percent: float | None = None
    percent_low: float | None = None
    percent_high: float | None = None
    p: float | None = None
    weeks_before: int = 0
    weeks_after: int = 0
    label: str = INSUFFICIENT
    reason: str | None = None
    windows: tuple[Window, Window] | None = None
    method: str = ""
    warnings: tuple[str, ...] = field(default=())
    unit: str = "week"
    beside: tuple[Beside, ...] = field(default=())
    jumps: tuple[Jump, ...] = field(default=())
    with_jumps: float | None = None

    @property
    def known(self) -> bool:
        """Say whether a difference could be formed."""
        return self.difference is not None

    @property
    def label_vi(self) -> str:
        """Give the label for print."""
        return LABELS_VI[self.label]
