"""Single posts at equal age: the looks at each post, and what its counts were when it was so old.

The frame of looks comes from the panel; nothing here asks a store. A look is one reading of the
counts of one post in one lane on one night. Columns (LOOK_COLUMNS), one row per look:

- `account`, `post` (native id), `url`, `kind`, `language` (None = undecided or not told), `letters`
  of the caption (NaN = not told): facts of the post;
- `published_at`: Unix seconds UTC; posts without it are not in the frame;
- `lane`, `seen_at` (Unix seconds UTC): None and NaN in the one row of a post nobody looked at;
- `views`, `reactions`, `comments`, `shares`, `saves`, `reach`: float, NaN = unknown; corrections
  applied, looks left out whose terms forbid derived numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracker.flows import Bools, Floats
from tracker.panel import Panel
from tracker.periods import LOCAL
from tracker.platforms import platform_named

LOOK_COLUMNS = (
    *("account", "post", "published_at", "url", "kind", "language", "letters"),
    *("lane", "seen_at", "views", "reactions", "comments", "shares", "saves", "reach"),
)
FACTS = ("post", "published_at", "url", "kind", "language", "letters")
COMPONENTS = ("reactions", "comments", "shares")
AGED = ("interactions", "views", "reach")
DAY_SECONDS = 86_400
MATURE_DAYS = 90
"""From this age on a post's counts stand for its lifetime (docs/methods.md, section 5)."""


@dataclass(frozen=True, eq=False)
class Looks:
    """The looks at the posts of some accounts; `frame` as described above, in any order."""

    frame: pd.DataFrame

    def __post_init__(self) -> None:
        missing = [name for name in LOOK_COLUMNS if name not in self.frame.columns]
        if missing:
            raise ValueError(f"looks need the columns {', '.join(missing)}")

    @cached_property
    def _of(self) -> dict[str, pd.DataFrame]:
        ordered = self.frame.sort_values(["published_at", "post", "seen_at"], kind="stable")
        return {str(name): rows for name, rows in ordered.groupby("account", sort=False)}

    @cached_property
    def _remembered(self) -> dict[tuple[object, ...], pd.DataFrame]:
        return {}

    def posts(self, account_id: str) -> pd.DataFrame:
        """Give the posts of an account, oldest first: columns FACTS and `day` (local publication
        day, days since 1970-01-01)."""
        key: tuple[object, ...] = (account_id,)
        if key not in self._remembered:
            rows = self._of.get(account_id, self.frame.iloc[:0])
            posts = rows.drop_duplicates("post")[list(FACTS)].reset_index(drop=True)
            published = posts["published_at"].to_numpy(dtype=np.int64)
            self._remembered[key] = posts.assign(day=local_days(published))
        return self._remembered[key]

    def at_age(self, account_id: str, lane: str, days: int, platform: str) -> pd.DataFrame:
        """Give the posts of an account with `interactions`, `views` and `reach` at the age of so
        many days in one lane; NaN = not known at that age.

        A look at that very second counts alone; else linear between the two looks that bracket it.
        A component of interactions that the platform does not publish in this lane counts as none.
        """
        key: tuple[object, ...] = (account_id, lane, days, platform)
        if key not in self._remembered:
            posts = self.posts(account_id)
            known = self._known(account_id, lane, platform)
            due = posts["published_at"].to_numpy(dtype=float) + days * DAY_SECONDS
            place, seen = self._places(account_id, lane)
            numbers = {name: _interpolated(place, seen, known[name], due) for name in AGED}
            self._remembered[key] = posts.assign(**numbers)
        return self._remembered[key]

    def mature(self, account_id: str, lane: str, platform: str) -> pd.DataFrame:
        """Give the posts with the counts of their last look, where that came at 90 days or more."""
        key: tuple[object, ...] = (account_id, lane, "mature", platform)
        if key not in self._remembered:
            posts = self.posts(account_id)
            known = self._known(account_id, lane, platform)
            due = posts["published_at"].to_numpy(dtype=float) + MATURE_DAYS * DAY_SECONDS
            place, seen = self._places(account_id, lane)
            numbers = {}
            for name in AGED:
                number = np.full(len(posts), np.nan)
                use = ~np.isnan(known[name]) & (seen >= due[place])
                number[place[use]] = known[name][use]  # in the order of looks: the last one stays
                numbers[name] = number
            self._remembered[key] = posts.assign(**numbers)
        return self._remembered[key]

    def _in_lane(self, account_id: str, lane: str) -> pd.DataFrame:
        key: tuple[object, ...] = (account_id, lane)
        if key not in self._remembered:
            rows = self._of.get(account_id, self.frame.iloc[:0])
            self._remembered[key] = rows[(rows["lane"] == lane) & rows["seen_at"].notna()]
        return self._remembered[key]

    def _places(self, account_id: str, lane: str) -> tuple[NDArray[np.int64], Floats]:
        """Give for each look in a lane the position of its post in `posts`, and when it came."""
        rows = self._in_lane(account_id, lane)
        place = pd.Index(self.posts(account_id)["post"]).get_indexer(pd.Index(rows["post"]))
        return place.astype(np.int64), rows["seen_at"].to_numpy(dtype=float)

    def _known(self, account_id: str, lane: str, platform: str) -> dict[str, Floats]:
        rows = self._in_lane(account_id, lane)
        measures = platform_named(platform).measures_of("post", lane)
        published = {measure.column for measure in measures if measure.always}
        uneven = {measure.column for measure in measures if not measure.always}
        total = np.full(len(rows), 0.0 if published & set(COMPONENTS) else np.nan)
        for name in COMPONENTS:
            if name in uneven:  # told of some posts only: those would not compare with the others
                continue
            part = rows[name].to_numpy(dtype=float)
            total = total + (part if name in published else np.nan_to_num(part))
        return {
            "interactions": total,
            "views": rows["views"].to_numpy(dtype=float),
            "reach": rows["reach"].to_numpy(dtype=float),
        }


def local_days(instants: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn Unix seconds into local day numbers."""
    shift = LOCAL.utcoffset(None).total_seconds()
    days: NDArray[np.int64] = (instants + int(shift)) // DAY_SECONDS
    return days


def _interpolated(place: NDArray[np.int64], seen: Floats, number: Floats, due: Floats) -> Floats:
    """Give the number of each post at its due instant; looks lie post by post in order of time."""
    known: Bools = ~np.isnan(number)
    place, seen, number = place[known], seen[known], number[known]
    found = np.full(len(due), np.nan)
    before, after = slice(None, -1), slice(1, None)
    pair = (
        (place[before] == place[after])
        & (seen[before] < due[place[before]])
        & (seen[after] > due[place[after]])
    )
    at = place[after][pair]
    share = (due[at] - seen[before][pair]) / (seen[after][pair] - seen[before][pair])
    found[at] = number[before][pair] + share * (number[after][pair] - number[before][pair])
    sharp = seen == due[place]
    found[place[sharp]] = number[sharp]
    return found


@dataclass(frozen=True, eq=False)
class PanelWithLooks(Panel):
    """A panel that carries the looks at single posts, for the indicators that need them."""

    looks: Looks = field(default_factory=lambda: Looks(pd.DataFrame(columns=list(LOOK_COLUMNS))))


def with_looks(panel: Panel, frame: pd.DataFrame) -> PanelWithLooks:
    """Give the same panel with the looks of `frame`. Raises ValueError where a column lacks.

    Both share what is worked out of their common frames, not what indicators measured.
    """
    found = PanelWithLooks(
        **{item.name: getattr(panel, item.name) for item in fields(Panel)}, looks=Looks(frame)
    )
    for kind in Panel.__mro__:
        for name, value in vars(kind).items():
            if isinstance(value, cached_property) and name != "_measured":
                vars(found)[name] = getattr(panel, name)
    return found


def looks_of(panel: Panel) -> Looks | None:
    """Give the looks a panel carries, None = it was loaded without."""
    return panel.looks if isinstance(panel, PanelWithLooks) else None
