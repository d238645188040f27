"""What one account gives to a frame: numerators and denominators by period, lane by lane.

One lane at a time, only where its terms allow it, and nothing across a definition break
(docs/methods.md, section 5). Knows no map and no programme.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tracker.effects.frame_grid import Grid, Part, by_period
from tracker.effects.frame_growth import counter_part, followers_part
from tracker.errors import ConfigError
from tracker.flows import Floats
from tracker.indicators import INDICATORS, Indicator, breaks_of, sources
from tracker.indicators.counter import Counter
from tracker.indicators.events import Events
from tracker.indicators.measuring import NOTHING_VI
from tracker.indicators.post_numbers import PostNumbers
from tracker.indicators.samples import Source
from tracker.panel import LANE_ORDER, Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI

NOT_VIETNAMESE = "posts_not_vietnamese"
UNDECIDED = "und"
"""The language of a post that could not be decided (ISO 639-2), as the store keeps it."""


@dataclass(frozen=True)
class Recipe:
    """Which columns of `Panel.posts` an indicator divides, times `scale`; `bottom` None = days.

    The indicators' own definitions stand in tracker/indicators; these read the same columns without
    making an object per account, and a test compares both.
    """

    top: str
    bottom: str | None
    scale: float


RECIPES = {
    "posts_per_week": Recipe("posts", None, 7.0),
    "interactions_per_post": Recipe("interactions", "posts_day7", 1.0),
    "engagement_rate": Recipe("rated_interactions", "follower_posts", 100.0),
    "engagement_rate_post_mean": Recipe("post_rates", "rated_posts", 100.0),
}


FOLLOWERS = ("followers_per_day", "followers_percent_30_days")
"""Both become the same frame: growth is worked on as differences of logarithms."""


def indicator_of(panel: Panel, key: str) -> Indicator:
    """Find what a frame is made of. Raises ConfigError for an unknown key."""
    if key == NOT_VIETNAMESE:
        return _language(panel)
    if key in INDICATORS:
        return INDICATORS[key]
    known = ", ".join(dict.fromkeys([*INDICATORS, NOT_VIETNAMESE]))
    raise ConfigError(f"unknown indicator {key!r}; expected one of {known}")


def parts_of(
    panel: Panel, item: Indicator, account_id: str, grid: Grid, lane: str | None = None
) -> tuple[list[Part], str]:
    """List what an account gives in each lane, in the order of rule 4, and why there is nothing.

    Only lanes whose terms allow derived numbers and adding up; `lane` None = all of them. The
    reason is Vietnamese, for print. Raises ConfigError for an indicator that is made of neither a
    counter nor posts.
    """
    made: dict[str, Part | str | None]
    made, reason = _by_lane(panel, item, account_id, grid)
    found: list[Part] = []
    for name, part in made.items():
        if lane not in (None, name):
            continue
        if not panel.basis_of(account_id, name).totals:
            reason = NOT_ALLOWED_VI
        elif isinstance(part, Part):
            found.append(_up_to_break(panel, item, part, grid))
        elif part is not None:
            reason = part
    return found, reason or NOTHING_VI


def _by_lane(
    panel: Panel, item: Indicator, account_id: str, grid: Grid
) -> tuple[dict[str, Part | str | None], str | None]:
    """Measure an account in every lane that has something and whose terms allow it."""
    recipe = RECIPES.get(item.key)
    if recipe is None and item.key not in FOLLOWERS:
        by_lane, reason = sources(panel, item, account_id)
        return {
            lane: _of_source(item, source, account_id, lane, grid)
            for lane, source in by_lane.items()
        }, reason
    covered = dict(panel.posts_lanes(account_id)) if recipe is not None else {}
    found: dict[str, Part | str | None] = {}
    forbidden = None
    for lane in LANE_ORDER:
        there = lane in covered if recipe else len(panel.series(account_id, "followers", lane)) > 0
        if not there:
            continue
        if not panel.basis_of(account_id, lane).derived:
            forbidden = NOT_ALLOWED_VI
        elif recipe is not None:
            found[lane] = _of_posts(panel, recipe, account_id, lane, grid, covered[lane])
        else:
            found[lane] = followers_part(panel, account_id, lane, grid)
    return found, forbidden


def _of_source(
    item: Indicator, source: Source, account_id: str, lane: str, grid: Grid
) -> Part | str | None:
    if isinstance(source, Counter):
        return counter_part(source, account_id, lane, grid)
    if isinstance(source, Events):
        return _of_events(source, account_id, lane, grid)
    if isinstance(source, PostNumbers):
        days = np.zeros(len(grid.starts))
        for window in source.covered:
            days += _covered(window, grid)
        valid = grid.enough(days)
        one = np.where(valid, 1.0, np.nan)
        return Part(account_id, lane, "pool", one, one, valid, numbers=source)
    raise ConfigError(f"{item.key} has no frame: it is made of neither a counter nor posts")


def _covered(window: Window, grid: Grid) -> Floats:
    return by_period(np.ones(window.days), day_number(window.start), grid)


def _up_to_break(panel: Panel, item: Indicator, part: Part, grid: Grid) -> Part:
    """End a series at the first definition break inside the window."""
    window = grid.window
    days = [
        day for day, _ in breaks_of(panel, item, part.account_id) if window.start < day < window.end
    ]
    if not days:
        return part
    before = np.arange(len(grid.starts)) < grid.whole_before(min(days))
    return replace(
        part,
        valid=part.valid & before,
        top=np.where(before, part.top, np.nan),
        bottom=np.where(before, part.bottom, np.nan),
        ends=min(days),
    )


def _of_posts(
    panel: Panel, recipe: Recipe, account_id: str, lane: str, grid: Grid, covered: Window
) -> Part:
    posts = panel.posts(account_id, covered)
    columns, table = posts.columns.tolist(), posts.to_numpy()
    first = day_number(covered.start)
    days = _covered(covered, grid)
    top = by_period(table[:, columns.index(recipe.top)], first, grid)
    if recipe.bottom is None:
        return _per_day(account_id, lane, top, days, days, recipe.scale, grid)
    bottom = by_period(table[:, columns.index(recipe.bottom)], first, grid)
    return _ratio(account_id, lane, top, bottom, days, recipe.scale, grid)


def _of_events(events: Events, account_id: str, lane: str, grid: Grid) -> Part:
    """Gather a source of counted events; a longer period belongs where its middle lies."""
    middle = events.times + events.period / 2 - grid.starts[0]
    cell = np.floor(middle / grid.unit_days).astype(np.int64)
    use = events.covered & (cell >= 0) & (cell < len(grid.starts))

    def added(what: Floats) -> Floats:
        return np.bincount(cell[use], weights=what[use], minlength=len(grid.starts)).astype(float)

    days = events.period * added(np.ones(len(cell)))
    top, bottom = added(events.top), added(events.bottom)
    if events.is_ratio:
        return _ratio(account_id, lane, top, bottom, days, events.scale, grid)
    return _per_day(account_id, lane, top, bottom, days, events.scale, grid)


def _per_day(
    account_id: str, lane: str, top: Floats, bottom: Floats, days: Floats, scale: float, grid: Grid
) -> Part:
    valid = grid.enough(days)
    number = scale * top / np.where(valid, bottom, np.nan)
    return Part(account_id, lane, "sum", number, np.where(valid, 1.0, np.nan), valid)


def _ratio(
    account_id: str, lane: str, top: Floats, bottom: Floats, days: Floats, scale: float, grid: Grid
) -> Part:
    valid = grid.enough(days)
    top, bottom = np.where(valid, top, np.nan), np.where(valid, bottom, np.nan)
    return Part(account_id, lane, "ratio", top, bottom, valid, scale)


# language


def _language(panel: Panel) -> Indicator:
    """Make the share of posts that are not in Vietnamese, of those whose language is decided.

    Where single posts are loaded the indicator of that name counts them; else the rows of `daily`
    do, in which captions under 20 letters cannot be told apart.
    """
    rows = {str(name): each for name, each in panel.daily.groupby("account", sort=False)}
    single = INDICATORS.get(NOT_VIETNAMESE)

    def make(panel: Panel, account_id: str, lane: str, covered: Window) -> Source | None:
        found = None if single is None else single.make(panel, account_id, lane, covered)
        return found or _of_daily(rows.get(account_id, panel.daily.iloc[:0]), covered)

    return Indicator(
        key=NOT_VIETNAMESE,
        title_vi="Tỷ lệ bài đăng không phải tiếng Việt",
        title_en="Posts not in Vietnamese",
        unit_vi="%",
        unit_en="%",
        formula="100 x posts in another language / posts whose language is decided",
        level="output",
        entity="post",
        combine="ratio",
        minimum="8 weeks with posts and 10 posts on a side",
        source="docs/methods.md, section 5, indicator 8",
        interval="wilson",
        make=make,
    )


def _of_daily(rows: pd.DataFrame, covered: Window) -> Events:
    first, last = day_number(covered.start), day_number(covered.end)
    day, language = rows["day"].to_numpy(), rows["language"].to_numpy(dtype=object)
    use = (day >= first) & (day < last) & (language != UNDECIDED)
    at, posts = day[use] - first, rows["posts"].to_numpy(dtype=float)[use]
    foreign = np.where(language[use] != "vi", posts, 0.0)
    index = pd.Index(np.arange(first, last))
    top = pd.Series(np.bincount(at, foreign, last - first), index=index)
    bottom = pd.Series(np.bincount(at, posts, last - first), index=index)
    return Events(top, bottom, posts=bottom, scale=100.0)
