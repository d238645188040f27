"""The shapes of a locality's comparison: what reports print from. Values only, nothing is computed
here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.effects.observed import Change
from tracker.indicators import Value
from tracker.panel import Gap
from tracker.periods import Window

DUPLICATES_VI = "có trùng"
"""Printed beside followers added up over accounts: one person may follow several of them."""


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator of one account, or of several added up, before and after.

    `key`, `title_vi`, `unit_vi` come from the registry. For a locality without a programme,
    `before` and `change` are None and `after` holds the level of the window. `lane` None = no lane
    has this number. `parts_vi` names the components used and missing (`Lượt thích + Bình luận;
    không có: Chia sẻ`), empty where it does not apply.
    """

    key: str
    title_vi: str
    unit_vi: str
    before: Value | None
    after: Value
    change: Change | None
    lane: str | None
    parts_vi: str = ""


@dataclass(frozen=True)
class AccountRow:
    """One account: followers at window ends, the indicators, and what must be known about the
    readings.

    `followers_last` is the last known level before `until`, `last_day` its day. `observed` says
    that the account was observed in both windows (at least 60 % valid weeks each) and therefore
    takes part in group changes; `reason` (Vietnamese) says why not. `readings` of `expected`
    readings of followers are there from the start of the first window to `until`, over all lanes;
    `gaps` are the missing ones. `steps` are the rounding units met (1 = exact), smallest and
    largest. `notes` are Vietnamese sentences: renames, changes of owner, corrections, bridges,
    events inside the windows.
    """

    account_id: str
    platform: str
    agency_id: str
    agency_name: str
    handle: str | None
    url: str | None
    basis: str
    lane: str | None
    observed: bool
    reason: str | None
    followers_before: Value
    followers_after: Value
    followers_last: Value
    last_day: date | None
    indicators: tuple[IndicatorRow, ...]
    readings: int
    expected: int
    steps: tuple[int, int]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupRow:
    """Several accounts together: one platform of the locality, or (`platform` None) all of them.

    `observed` of `registered` accounts were observed in both windows and make the change; `others`
    are the rest with their own level of followers. `followers_*` are sums over the observed ones
    and carry `label_vi` ("có trùng"). `reason` (Vietnamese) says why there is no total, such as the
    platform's terms.
    """

    platform: str | None
    observed: int
    registered: int
    accounts: tuple[str, ...]
    others: tuple[str, ...]
    followers_before: Value
    followers_after: Value
    followers_others: Value
    indicators: tuple[IndicatorRow, ...]
    label_vi: str
    reason: str | None = None


@dataclass(frozen=True)
class LocalityChanges:
    """Everything measured of one locality around a programme that began on `start`.

    `windows` = the (before, after) most accounts were compared over, None if none could be; single
    rows may have fallen back to shorter ones and say so in their `change.windows`. `until` is the
    day of the last night used.
    """

    locality_id: str
    start: date
    until: date
    windows: tuple[Window, Window] | None
    accounts: tuple[AccountRow, ...]
    platforms: tuple[GroupRow, ...]
    total: GroupRow
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class LocalityLevels:
    """Everything measured of one locality over one window, without a programme: levels only."""

    locality_id: str
    window: Window
    accounts: tuple[AccountRow, ...]
    platforms: tuple[GroupRow, ...]
    total: GroupRow
    warnings: tuple[str, ...] = ()
