"""Writes the years before the live nights as sheets for `tracker import`.

The nights read over HTTP afterwards go on where the sheets end: same ids, same counts, same 01:00
of the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from jobs.sandbox import bluesky_items, country, mastodon_items, youtube
from jobs.sandbox.captions import LANGUAGES
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.register import SOURCE
from jobs.sandbox.world import COUNTS, DAY_SECONDS, Whole, World, local_day, midnight
from jobs.sandbox.youtube_items import video_id
from tracker.periods import NIGHT_AT, date_of, day_number

LOOK_AFTER = 168 * 3600
KEY_DAYS = 29
"""How many nights of a channel held under `key_30d` the history may still hold."""

_NIGHT_SECONDS = NIGHT_AT.hour * 3600 + NIGHT_AT.minute * 60
_POST_METRICS = {
    "youtube": ("views", "reactions", "comments"),
    "bluesky": ("reactions", "comments", "shares"),
    "mastodon": ("reactions", "comments", "shares"),
}


def write_history(folder: Path, start: date, end: date, seed: int = 1) -> tuple[Path, Path]:
    """Write history.csv and posts.csv for the nights `start` to `end`, both inclusive.

    history: followers (as the platform shows them) and posts of every reachable account and night.
    posts: one look at every post exactly 168 hours after it was published, if that lies before the
    last night.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = World(seed)
    history, posts = folder / "history.csv", folder / "posts.csv"
    with history.open("w", encoding="utf-8", newline="\n") as file:
        file.write("account,day,metric,value,lane,source\n")
        for account in country.accounts():
            file.writelines(_history_lines(world, account, start, end))
    with posts.open("w", encoding="utf-8", newline="\n") as file:
        file.write("account,native_id,published_at,observed_at,metric,value,kind,language,lane\n")
        for account in country.accounts():
            file.writelines(_post_lines(world, account, start, end))
    return history, posts


def _history_lines(
    world: World, account: SyntheticAccount, start: date, end: date
) -> Iterator[str]:
    """Write one account's followers and posts, a line each night."""
    days = _nights(world, account, start, end)
    seconds = [midnight(date_of(day)) + _NIGHT_SECONDS for day in days]
    indexes = np.array(days, dtype=np.int64) - day_number(country.START) - 1
    growth = world.growth(account.id)
    followers = np.where(indexes >= 0, growth.ends[np.maximum(indexes, 0)], growth.first).tolist()
    posts = _posts_by(world, account, np.array(seconds, dtype=np.int64)).tolist()
    hidden_on = country.FOLLOWERS_HIDDEN.get(account.id, date.max)
    for day, follower_count, post_count in zip(map(date_of, days), followers, posts, strict=True):
        shown = (
            youtube.shown_subscribers(follower_count)
            if account.platform == "youtube"
            else follower_count
        )
        if day < hidden_on:
            yield f"{account.id},{day},followers,{shown},public,{SOURCE}\n"
        yield f"{account.id},{day},posts,{post_count},public,{SOURCE}\n"


def _nights(world: World, account: SyntheticAccount, start: date, end: date) -> list[int]:
    """List the nights on which the account can be read and kept, as days since 1970."""
    first, last = day_number(max(start, account.opened)), day_number(min(end, _last_day(account)))
    if account.id in country.KEY_ONLY:
        first = max(first, day_number(end) - KEY_DAYS)
    gaps = world.gap_days(account.id)
    return [day for day in range(first, last + 1) if day not in gaps]


def _last_day(account: SyntheticAccount) -> date:
    """Give the last local day on which the account exists."""
    ended = country.CLOSED.get(account.id)
    if ended:
        return date_of(day_number(ended[0]) - 1)
    merged = country.MERGER if account.ended_by_merger else country.END
    return date_of(day_number(merged) - 1)


def _posts_by(world: World, account: SyntheticAccount, seconds: Whole) -> Whole:
    """Count the posts that the platform states at each Unix second."""
    posts = world.posts(account.id)
    visible = np.searchsorted(posts.published, seconds, "right")
    visible -= np.searchsorted(np.sort(posts.deleted), seconds, "right")
    if account.platform == "mastodon":
        visible += np.searchsorted(posts.boosts, seconds, "right")
    return visible


def _post_lines(world: World, account: SyntheticAccount, start: date, end: date) -> Iterator[str]:
    """Write one look at each of an account's posts, a line each count."""
    posts = world.posts(account.id)
    looked = posts.published + LOOK_AFTER
    first, last = midnight(start), midnight(min(end, _last_day(account))) + _NIGHT_SECONDS
    if account.id in country.KEY_ONLY:
        first = max(first, midnight(end) - KEY_DAYS * DAY_SECONDS)
    due = (posts.published >= first) & (looked <= last) & (posts.deleted > looked)
    gaps = world.gap_days(account.id)
    numbers = [
        at
        for at in np.flatnonzero(due).tolist()
        if day_number(local_day(int(looked[at]))) not in gaps
    ]
    chosen = np.array(numbers, dtype=np.int64)
    share = world.share_at_age(np.array([LOOK_AFTER]))
    metrics = [name for name in _POST_METRICS[account.platform] if _is_shown(account, name)]
    columns = [
        np.floor(posts.totals[COUNTS.index(name), chosen] * share).astype(np.int64).tolist()
        for name in metrics
    ]
    ids = post_ids(world, account, chosen)
    published = np.datetime_as_string(posts.published[chosen].astype("datetime64[s]")).tolist()
    observed = np.datetime_as_string(looked[chosen].astype("datetime64[s]")).tolist()
    kind = "video" if account.platform == "youtube" else "post"
    for place, number in enumerate(numbers):
        language = LANGUAGES[int(posts.language[number])]
        stem = f"{account.id},{ids[place]},{published[place]}Z,{observed[place]}Z"
        for name, column in zip(metrics, columns, strict=True):
            yield f"{stem},{name},{column[place]},{kind},{language},public\n"


def _is_shown(account: SyntheticAccount, metric: str) -> bool:
    """Say whether the account lets a count of its posts be seen."""
    if metric == "reactions":
        return account.id not in country.LIKES_HIDDEN
    return metric != "comments" or account.id not in country.COMMENTS_OFF


def post_ids(world: World, account: SyntheticAccount, numbers: Whole) -> list[str]:
    """Give the permanent ids of posts as the platform's replies carry them."""
    if account.platform == "youtube":
        return [video_id(account, number) for number in numbers.tolist()]
    seconds = world.posts(account.id).published[numbers].tolist()
    if account.platform == "bluesky":
        return [bluesky_items.uri(account, second) for second in seconds]
    return [str(mastodon_items.status_id(account, second)) for second in seconds]
