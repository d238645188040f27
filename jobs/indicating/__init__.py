"""`tracker indicators`: every registered indicator of accounts and of units, over one window or
before and after a programme.

The level of a unit is a sum or a ratio of sums over its accounts, never an average of rates; the
change of a unit is an observed change (layer A), never an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from jobs.indicating.choice import Asked, Choice, Place, choose
from jobs.indicating.lines import Line, place_windows
from jobs.opening import Opened
from tracker.effects import DUPLICATES_VI, IndicatorRow
from tracker.effects.change import LENGTHS
from tracker.effects.groups import group_changes
from tracker.effects.lanes import carried, last_usable, levels_of
from tracker.effects.unit_levels import NO_ACCOUNT_VI, overlaps, unit_level
from tracker.indicators import (
    Indicator,
    Rows,
    Value,
    parts_vi,
    sources,
    value_over,
    with_looks,
)
from tracker.indicators.levels import sum_of_levels
from tracker.indicators.samples import Source
from tracker.panel import Panel, load_panel, post_looks
from tracker.panel.maps import crosswalk
from tracker.periods import Window
from tracker.registry import read_tet_days

if TYPE_CHECKING:
    pass

BY_ACCOUNT_VI = "không cộng được nhiều tài khoản; xem từng tài khoản"
LIST_VI = "từng dòng của danh sách: xem bằng --indicator {}"


@dataclass(frozen=True)
class Indicated:
    """What was measured, with the panel it was measured on (the looks at posts included); `merged`
    is the same panel as `on_map` gives it."""

    panel: Panel
    merged: Panel
    tet_days: tuple[date, ...]
    choice: Choice
    lines: tuple[Line, ...]
    synthetic: bool


def measure(opened: Opened, asked: Asked) -> Indicated:
    """Measure what is asked for. Raises ConfigError for what does not exist."""
    panel = load_panel(opened.store)
    choice = choose(panel, asked)
    if any("looks" in item.needs for item in choice.items):
        panel = seen_posts(panel)
    return measure_on(panel, choice, read_tet_days(opened.folder), listed=bool(asked.indicators))


def measure_on(
    panel: Panel, choice: Choice, tet_days: Sequence[date], *, listed: bool = False
) -> Indicated:
    """Measure on a panel in memory. `listed`: give every line of the indicators that are lists."""
    tet = _near(tet_days, panel)
    choice = replace(choice, items=tuple(remembering(item) for item in choice.items))
    merged = on_map(panel, choice.map_name)
    lines = tuple(
        line
        for place in choice.places
        for item in choice.items
        for line in _lines(panel, merged, place, item, tet, listed=listed)
    )
    return Indicated(panel, merged, tet, choice, lines, panel.synthetic)


def _near(days: Sequence[date], panel: Panel) -> tuple[date, ...]:
    """Keep the Tết days that any window over this panel can touch: each is looked at often."""
    reach = timedelta(days=3 * max(LENGTHS))
    first, last = min(panel.first_day, panel.until) - reach, panel.until + reach
    return tuple(day for day in days if first <= day <= last)


def seen_posts(panel: Panel) -> Panel:
    """Give the panel with the looks at its posts; their texts as objects, which are taken apart
    account by account much faster.
    """
    looks = post_looks(panel)
    for name in looks.columns:
        if looks[name].dtype.kind not in "fi":
            text = looks[name].astype(object)
            looks[name] = text.where(text.notna(), None)
    return with_looks(panel, looks)


def remembering(item: Indicator) -> Indicator:
    """Give the indicator with what it made of an account kept: a table asks for the same series of
    the account, of its unit and of the unit's peers.
    """
    made: dict[tuple[str, str, Window], Source | None] = {}

    def make(panel: Panel, account_id: str, lane: str, covered: Window) -> Source | None:
        key = (account_id, lane, covered)
        if key not in made:
            made[key] = item.make(panel, account_id, lane, covered)
        return made[key]

    return replace(item, make=make)


def on_map(panel: Panel, map_name: str) -> Panel:
    """Give the panel with the agencies of retired localities under their successors, so that
    numbers of the register are those of a unit's whole territory backwards too.
    """
    if map_name != "34":
        return panel
    walk = crosswalk(panel, map_name)
    units = dict(zip(walk["locality"], walk["unit"], strict=True))
    places = [units.get(one, one) for one in panel.agencies["locality_id"]]
    return replace(panel, agencies=panel.agencies.assign(locality_id=places))


def _lines(
    panel: Panel,
    merged: Panel,
    place: Place,
    item: Indicator,
    tet: tuple[date, ...],
    *,
    listed: bool,
) -> Iterator[Line]:
    """Give the unit's own line first, then one for each account."""
    if item.shape == "rows":
        yield from _lists(panel, place, item, listed=listed)
    elif item.entity == "register":
        yield _one_window(merged, place, item, [place.unit], None)
    elif item.shape == "value":
        if item.combine == "sum" or len(place.accounts) == 1:
            yield _one_window(panel, place, item, place.accounts, None)
        else:
            said = BY_ACCOUNT_VI if place.accounts else NO_ACCOUNT_VI
            yield _line(place, None, item, None, Value(None, reason=said), place_windows(place))
        for account in place.accounts:
            yield _one_window(panel, place, item, [account], account)
    elif place.start is None:
        yield from _levels(panel, place, item, tet)
    else:
        yield from _changes(panel, place, item, place.start, tet)


def _levels(panel: Panel, place: Place, item: Indicator, tet: tuple[date, ...]) -> Iterator[Line]:
    window = place.window
    whole = unit_level(panel, item, place.unit, place.accounts, window, tet)
    yield _line(place, None, item, None, whole.value, (window,))
    for account in place.accounts:
        value = value_over(panel, item, account, window, tet_days=tet)
        yield _line(place, account, item, None, value, (window,), panel)


def _changes(
    panel: Panel, place: Place, item: Indicator, start: date, tet: tuple[date, ...]
) -> Iterator[Line]:
    end = last_usable(panel, place.until)
    options = {account: sources(panel, item, account) for account in place.accounts}
    measured = {account: {item.key: found} for account, found in options.items()}
    group = group_changes(panel, None, measured, start, end, tet)
    for row in group.indicators:
        notes = [DUPLICATES_VI] if row.after.accounts > 1 and overlaps(item) else []
        if 0 < row.after.accounts < len(place.accounts):
            notes.append(f"cộng {row.after.accounts} trên {len(place.accounts)} tài khoản")
        noted = replace(row, after=replace(row.after, notes=(*notes, *row.after.notes)))
        windows = row.change.windows if row.change is not None else None
        yield Line(place, None, None, noted, windows or place_windows(place))
    if not options:
        missing = Value(None, unit=item.unit_vi, reason=NO_ACCOUNT_VI)
        yield _line(place, None, item, missing, missing, place_windows(place))
    for account, found in options.items():
        one = carried(panel, item, account, found, start, end, tet)
        before, after = levels_of(panel, account, item, one)
        platform = panel.platform_of(account)
        parts = parts_vi(platform) if "post.interactions" in item.needs else ""
        row = IndicatorRow(
            item.key, item.title_vi, item.unit_vi, before, after, one.change, one.lane, parts
        )
        yield Line(place, account, platform, row, one.change.windows or place_windows(place))


def _one_window(
    panel: Panel, place: Place, item: Indicator, asked: Sequence[str], account: str | None
) -> Line:
    """Give a number of one window over each window of the place; it is never compared."""
    windows = place_windows(place)
    *earlier, after = (_over(panel, item, asked, window) for window in windows)
    before = earlier[0] if earlier else None
    return _line(place, account, item, before, after, windows, panel)


def _over(panel: Panel, item: Indicator, asked: Sequence[str], window: Window) -> Value:
    assert item.over is not None, "only an indicator of one window comes here"
    found: dict[str, Value] = {}
    for one in asked:
        value = item.over(panel, one, window)
        assert isinstance(value, Value), "lists are listed apart"
        found[one] = value
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        return Value(None, unit=item.unit_vi, reason=NO_ACCOUNT_VI, accounts=0)
    return sum_of_levels(panel, found)


def _lists(panel: Panel, place: Place, item: Indicator, *, listed: bool) -> Iterator[Line]:
    """List the lines of an indicator that is a list, account by account, where it was named; else
    say how to see it: one of them lists every post.
    """
    windows = place_windows(place)
    if not listed or item.over is None:
        how = Value(None, text="danh sách", notes=(LIST_VI.format(item.key),))
        yield _line(place, None, item, None, how, windows[-1:])
        return
    for account in place.accounts:
        found = item.over(panel, account, windows[-1])
        assert isinstance(found, Rows), "an indicator of this shape gives a list"
        empty = found.reason or "danh sách trống"
        value = Value(None, unit=item.unit_vi, lane=found.lane, notes=found.notes)
        if not len(found.frame):
            said = replace(value, reason=empty)
            yield _line(place, account, item, None, said, windows[-1:], panel)
        for cells in found.frame.to_dict("records"):
            entry = {str(name): _plain(cell) for name, cell in cells.items()}
            line = _line(place, account, item, None, value, windows[-1:], panel)
            yield replace(line, entry=entry)


def _plain(cell: Any) -> Any:
    """Turn a cell of a frame into what JSON can hold; unknown is None."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def _line(
    place: Place,
    account: str | None,
    item: Indicator,
    before: Value | None,
    after: Value,
    windows: tuple[Window, ...],
    panel: Panel | None = None,
) -> Line:
    row = IndicatorRow(item.key, item.title_vi, item.unit_vi, before, after, None, after.lane)
    platform = None if account is None or panel is None else panel.platform_of(account)
    return Line(place, account, platform, row, windows)
