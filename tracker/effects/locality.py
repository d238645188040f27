"""What a report prints of one locality: every account before and after, and totals where the terms
allow them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tracker.effects.change import LENGTHS
from tracker.effects.groups import group_changes, group_levels
from tracker.effects.lanes import Carried, carried, last_usable, levels_of
from tracker.effects.levels import followers_at, last_followers
from tracker.effects.rows import (
    AccountRow,
    GroupRow,
    IndicatorRow,
    LocalityChanges,
    LocalityLevels,
)
from tracker.indicators import INDICATORS, Indicator, Value, parts_vi, sources, value_over
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.periods import MERGER, Window, before_after
from tracker.registry.words import EVENT_KINDS

PRINTED = (
    "followers_per_day",
    "followers_percent_30_days",
    "posts_per_week",
    "interactions_per_post",
    "engagement_rate",
    "engagement_rate_post_mean",
)
"""The indicators of a locality's table, in the order of docs/methods.md, section 5."""
GROWTH = "followers_per_day"
ACROSS_VI = (
    "khoảng số liệu vượt qua ngày 01/07/2025 (sắp xếp đơn vị hành chính cấp tỉnh): trước ngày đó "
    "tài khoản thuộc đơn vị cũ"
)


def locality_changes(
    panel: Panel, locality_id: str, start: date, until: date, tet_days: Sequence[date] = ()
) -> LocalityChanges:
    """Compare everything a locality has before and after a programme that began on `start`.

    `locality_id` may also be the id of an agency. `until` is exclusive, as everywhere; owners and
    names are those of the day before it. Never raises for missing data: what cannot be computed is
    None and carries its reason.
    """
    end = last_usable(panel, until)
    ids = _accounts(panel, locality_id, until)
    by_account = {
        account_id: {key: sources(panel, INDICATORS[key], account_id) for key in PRINTED}
        for account_id in ids
    }
    found = {
        account_id: {
            key: carried(panel, INDICATORS[key], account_id, options, start, end, tet_days)
            for key, options in by_account[account_id].items()
        }
        for account_id in ids
    }
    span = _span(found, start, until)
    rows = tuple(
        _account_row(panel, account_id, found[account_id], start, until, span) for account_id in ids
    )

    def together(platform: str | None, part: Sequence[str]) -> GroupRow:
        measured = {account_id: by_account[account_id] for account_id in part}
        return group_changes(panel, platform, measured, start, end, tet_days)

    return LocalityChanges(
        locality_id=locality_id,
        start=start,
        until=until,
        windows=_common_windows(found),
        accounts=rows,
        platforms=tuple(together(name, part) for name, part in _by_platform(panel, ids)),
        total=together(None, ids),
        warnings=tuple(_warnings(panel, start, end, span)),
    )


def locality_levels(
    panel: Panel, locality_id: str, window: Window, tet_days: Sequence[date] = ()
) -> LocalityLevels:
    """Measure everything a locality has over one window, Tết weeks in; for localities without a
    programme."""
    ids = _accounts(panel, locality_id, window.end)
    rows = tuple(_level_row(panel, account_id, window, tet_days) for account_id in ids)
    return LocalityLevels(
        locality_id=locality_id,
        window=window,
        accounts=rows,
        platforms=tuple(
            group_levels(panel, name, part, PRINTED, window, tet_days)
            for name, part in _by_platform(panel, ids)
        ),
        total=group_levels(panel, None, ids, PRINTED, window, tet_days),
        warnings=(ACROSS_VI,) if window.start < MERGER < window.end else (),
    )


def _accounts(panel: Panel, locality_id: str, until: date) -> list[str]:
    """List the accounts of a locality on the last day of a window, or on its own last day if it has
    ended; of an agency where `locality_id` names one."""
    day = until - timedelta(days=1)
    if locality_id not in panel.localities.index:
        owners = panel.accounts_on(day)["agency_id"]
        return sorted(owners.index[owners == locality_id])
    ended = panel.localities["valid_to"].get(locality_id)
    return panel.accounts_of(locality_id, day if ended is None else min(day, ended))


def _by_platform(panel: Panel, ids: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Group accounts by platform, in the order of the platforms' keys."""
    found: dict[str, list[str]] = {}
    for account_id in ids:
        found.setdefault(panel.platform_of(account_id), []).append(account_id)
    return sorted(found.items())


def _span(found: dict[str, dict[str, Carried]], start: date, until: date) -> Window:
    """Give the days whose readings a table rests on: from the first window's start to `until`."""
    firsts = [
        one.change.windows[0].start
        for rows in found.values()
        for one in rows.values()
        if one.change.windows is not None
    ]
    return Window(
        min([*firsts, start - timedelta(days=LENGTHS[-1])]), max(until, start + timedelta(days=1))
    )


def _common_windows(found: dict[str, dict[str, Carried]]) -> tuple[Window, Window] | None:
    """Give the windows most accounts' growth was compared over; ties go to the longer."""
    used = [
        rows[GROWTH].change.windows
        for rows in found.values()
        if rows[GROWTH].change.known and rows[GROWTH].change.windows is not None
    ]
    known = [pair for pair in used if pair is not None]
    return max(set(known), key=lambda pair: (known.count(pair), pair[0].days)) if known else None


def _account_row(
    panel: Panel,
    account_id: str,
    found: dict[str, Carried],
    start: date,
    until: date,
    span: Window,
) -> AccountRow:
    growth = found[GROWTH]
    windows = growth.change.windows or before_after(start, LENGTHS[-1])
    lanes = growth.lanes if growth.lanes != (None, None) else (None, None)
    rows = tuple(_indicator_row(panel, account_id, key, one) for key, one in found.items())
    observed = growth.change.known
    notes = _notes(panel, account_id, span)
    notes += [one.bridge for one in found.values() if one.bridge is not None][:1]
    return _row(
        panel,
        account_id,
        span,
        until,
        lane=growth.lane,
        observed=observed,
        reason=None if observed else growth.change.reason,
        followers_before=followers_at(panel, account_id, lanes[0], windows[0].end, until),
        followers_after=followers_at(panel, account_id, lanes[1], windows[1].end, until),
        indicators=rows,
        notes=notes,
    )


def _level_row(
    panel: Panel, account_id: str, window: Window, tet_days: Sequence[date]
) -> AccountRow:
    rows = []
    for key in PRINTED:
        item = INDICATORS[key]
        value = value_over(panel, item, account_id, window, tet_days=tet_days)
        parts = _parts(panel, account_id, item)
        rows.append(
            IndicatorRow(key, item.title_vi, item.unit_vi, None, value, None, value.lane, parts)
        )
    growth = rows[0].after
    return _row(
        panel,
        account_id,
        window,
        window.end,
        lane=growth.lane,
        observed=growth.value is not None,
        reason=growth.reason,
        followers_before=followers_at(panel, account_id, growth.lane, window.start, window.end),
        followers_after=followers_at(panel, account_id, growth.lane, window.end, window.end),
        indicators=tuple(rows),
        notes=_notes(panel, account_id, window),
    )


def _row(
    panel: Panel,
    account_id: str,
    span: Window,
    until: date,
    *,
    lane: str | None,
    observed: bool,
    reason: str | None,
    followers_before: Value,
    followers_after: Value,
    indicators: tuple[IndicatorRow, ...],
    notes: list[str],
) -> AccountRow:
    account = panel.accounts_on(until - timedelta(days=1)).loc[account_id]
    last, last_day = last_followers(panel, account_id, until)
    expected, readings = panel.expected(span, account_id)
    return AccountRow(
        account_id=account_id,
        platform=str(account["platform"]),
        agency_id=str(account["agency_id"]),
        agency_name=str(account["agency_name"]),
        handle=None if account["handle"] is None else str(account["handle"]),
        url=None if account["url"] is None else str(account["url"]),
        basis=str(account["basis"]),
        lane=lane,
        observed=observed,
        reason=reason,
        followers_before=followers_before,
        followers_after=followers_after,
        followers_last=last,
        last_day=last_day,
        indicators=indicators,
        readings=readings,
        expected=expected,
        steps=_steps(panel, account_id, span),
        gaps=tuple(panel.gaps(span, [account_id])),
        notes=tuple(notes),
    )


def _parts(panel: Panel, account_id: str, item: Indicator) -> str:
    if item.entity == "account" or item.combine != "ratio":
        return ""
    return parts_vi(panel.platform_of(account_id))


def _indicator_row(panel: Panel, account_id: str, key: str, one: Carried) -> IndicatorRow:
    """Print one comparison: both levels as values beside the change."""
    item = INDICATORS[key]
    before, after = levels_of(panel, account_id, item, one)
    return IndicatorRow(
        key,
        item.title_vi,
        item.unit_vi,
        before,
        after,
        one.change,
        one.lane,
        _parts(panel, account_id, item),
    )


def _steps(panel: Panel, account_id: str, span: Window) -> tuple[int, int]:
    """Give the smallest and the largest rounding unit among the readings of a span; (1, 1) without
    any."""
    met: list[float] = []
    for lane in panel.lanes(account_id):
        series = panel.series(account_id, "followers", lane)
        steps, _ = panel.steps(account_id, "followers", lane)
        inside = (series.index >= str(span.start)) & (series.index < str(span.end))
        met += steps[inside & series.notna().to_numpy()].tolist()
    return (int(min(met)), int(max(met))) if met else (1, 1)


def _notes(panel: Panel, account_id: str, span: Window) -> list[str]:
    """Say in Vietnamese what changed about the account inside a span."""
    found = []
    for item in panel.renames(account_id, span):
        what = "đổi tên tài khoản" if item.what == "handle" else "đổi cơ quan chủ quản"
        found.append(f"{item.day:%d/%m/%Y}: {what} từ {item.old or 'không rõ'} thành {item.new}")
    for row in rows_of(panel.events_of(account_id, span)):
        kind = EVENT_KINDS.get(row.kind, (row.kind,))[0]
        found.append(f"{row.day:%d/%m/%Y}: {kind}{f' – {row.note}' if row.note else ''}")
    for row in rows_of(panel.corrections):
        if row.account_id == account_id and row.applied:
            days = f"{row.day_from:%d/%m/%Y} - {row.day_to:%d/%m/%Y}"
            found.append(f"đính chính {row.id} ({days}, {row.applied} số): {row.reason}")
    return found


def _warnings(panel: Panel, start: date, end: date, span: Window) -> list[str]:
    """Say in Vietnamese what a reader must know about the windows as a whole."""
    found = []
    if span.start < MERGER <= end:
        found.append(
            "khoảng so sánh vượt qua ngày 01/07/2025 (sắp xếp đơn vị hành chính cấp tỉnh): "
            "so sánh chính dừng ở ngày 30/06/2025"
        )
    if not len(panel.snapshots):
        found.append("kho dữ liệu chưa có lần đọc nào")
    elif start <= panel.first_day:
        found.append(
            "chương trình bắt đầu trước khi có số liệu "
            f"(từ {panel.first_day:%d/%m/%Y}): không có mốc trước"
        )
    return found
