"""Reads the public feed of a YouTube channel: its newest videos, without a key.

Source: `https://www.youtube.com/feeds/videos.xml?channel_id=UC…` (Atom), which no document of
Google's describes; public notes that tested it in October 2026. Knows no address and no network.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tracker.payload import count, instant, items, optional_text, text
from tracker.readings import PostCounts, ProfileCounts

FEED_SIZE = 15
"""So many of the newest videos a feed shows."""
FEED_KEEP = (
    "entries[].videoId",
    "entries[].published",
    "entries[].views",
    "entries[].likes",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
YT = "{http://www.youtube.com/xml/schemas/2015}"
MEDIA = "{http://search.yahoo.com/mrss/}"


def read_feed(data: bytes) -> Any | None:
    """Turn an Atom feed into plain data; None for anything else, entity bombs among it."""
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    if root.tag != f"{ATOM}feed":
        return None
    return {"entries": [read_entry(entry) for entry in root.iter(f"{ATOM}entry")]}


def read_entry(entry: Element) -> dict[str, str | None]:
    """Give what a feed says of one video, as it is written there."""
    community = f"{MEDIA}group/{MEDIA}community"
    statistics = entry.find(f"{community}/{MEDIA}statistics")
    rating = entry.find(f"{community}/{MEDIA}starRating")
    return {
        "videoId": entry.findtext(f"{YT}videoId"),
        "published": entry.findtext(f"{ATOM}published"),
        "title": entry.findtext(f"{ATOM}title"),
        "description": entry.findtext(f"{MEDIA}group/{MEDIA}description"),
        "views": None if statistics is None else statistics.get("views"),
        "likes": None if rating is None else rating.get("count"),
    }


def parse_feed(body: Any, native_id: str) -> ProfileCounts:
    """Read a feed: the newest videos, and no count of the channel.

    Likes of 0 are unknown, because hidden ones look the same. A feed that is not full shows all
    videos; an empty one says nothing.
    """
    posts = []
    for entry in items(body, "entries"):
        video = text(entry, "videoId")
        caption = [optional_text(entry, name) for name in ("title", "description")]
        posts.append(
            PostCounts(
                native_id=video,
                published_at=instant(text(entry, "published"), "published"),
                url=f"https://www.youtube.com/watch?v={video}",
                kind="video",
                views=count(entry, "views"),
                reactions=count(entry, "likes") or None,
                text="\n".join(part for part in caption if part) or None,
            )
        )
    posts.sort(key=lambda post: post.published_at or EPOCH, reverse=True)
    return ProfileCounts(
        native_id=native_id,
        newest=tuple(posts),
        newest_is_all=0 < len(posts) < FEED_SIZE,
        unavailable=("followers", "posts", "views"),
    )
