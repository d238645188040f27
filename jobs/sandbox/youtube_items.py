"""The items of YouTube's replies as JSON text, and the ids in them.

What never changes in an item is written once and kept: the server has to answer faster than its
reader asks.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from xml.sax.saxutils import escape

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import to_json
from jobs.sandbox.world import World, utc

Parts = frozenset[str]
STATISTICS_PATH = "videos:batchGetStats"

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"


class Items:
    """Writes the items of uploads and videos of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._kept: dict[tuple[object, ...], str] = {}

    def upload(
        self,
        account: SyntheticAccount,
        number: int,
        position: int,
        parts: Parts,
        channel: str,
        *,
        gone: bool,
    ) -> str:
        """Give one item of `playlistItems.list`; `gone`: a deleted video."""
        key = ("upload", account.number, number, parts, channel, gone)
        text = self._kept.get(key)
        if text is None:
            text = self._kept[key] = to_json(
                self._upload(account, number, parts, channel, gone=gone)
            )
        # The snippet stands last, so that the position can close it.
        return f'{text[:-2]},"position":{position}}}}}' if "snippet" in parts else text

    def _upload(
        self, account: SyntheticAccount, number: int, parts: Parts, channel: str, *, gone: bool
    ) -> dict[str, object]:
        posts = self.world.posts(account.id)
        video = video_id(account, number)
        item: dict[str, object] = {
            "kind": "youtube#playlistItem",
            "etag": etag(video),
            "id": f"{uploads_of(account)}.{video}",
        }
        if "contentDetails" in parts:
            details = {"videoId": video}
            if not gone:
                details["videoPublishedAt"] = stamp(int(posts.published[number]))
            item["contentDetails"] = details
        if "status" in parts:
            item["status"] = {"privacyStatus": "privacyStatusUnspecified" if gone else "public"}
        if "snippet" in parts:
            item["snippet"] = {
                "publishedAt": stamp(int(posts.added[number])),
                "channelId": account.native_id,
                "title": "Deleted video" if gone else self._title(account, number),
                "description": "This video is unavailable." if gone else "",
                "channelTitle": channel,
                "playlistId": uploads_of(account),
                "resourceId": {"kind": "youtube#video", "videoId": video},
            }
        return item

    def video(
        self,
        account: SyntheticAccount,
        number: int,
        parts: Parts,
        channel: str,
        statistics: str,
        path: str,
    ) -> str:
        """Give one item of either method; `statistics` is the inside of that JSON object."""
        key = (path, account.number, number, parts, channel)
        text = self._kept.get(key)
        if text is None:
            make = self._stats if path == STATISTICS_PATH else self._video
            text = self._kept[key] = to_json(make(account, number, parts, channel))
        return f'{text[:-1]},"statistics":{{{statistics}}}}}' if "statistics" in parts else text

    def _video(
        self, account: SyntheticAccount, number: int, parts: Parts, channel: str
    ) -> dict[str, object]:
        video = video_id(account, number)
        item: dict[str, object] = {"kind": "youtube#video", "etag": etag(video), "id": video}
        if "snippet" in parts:
            item["snippet"] = {
                "publishedAt": self._published(account, number),
                "channelId": account.native_id,
                "title": self._title(account, number),
                "description": "",
                "channelTitle": channel,
            }
        if "contentDetails" in parts:
            minutes, seconds = divmod(length_seconds(account, number), 60)
            item["contentDetails"] = {"duration": f"PT{minutes}M{seconds}S", "dimension": "2d"}
        if "status" in parts:
            item["status"] = {"uploadStatus": "processed", "privacyStatus": "public"}
        return item

    def _stats(
        self, account: SyntheticAccount, number: int, parts: Parts, channel: str
    ) -> dict[str, object]:
        """Write as the newer method does: publishTime, and a duration that is not ISO 8601."""
        video = video_id(account, number)
        item: dict[str, object] = {"kind": "youtube#videoStats", "etag": etag(video), "id": video}
        if "snippet" in parts:
            item["snippet"] = {"publishTime": self._published(account, number)}
        if "contentDetails" in parts:
            item["contentDetails"] = {"duration": f"{length_seconds(account, number)}s"}
        return item

    def feed_entry(self, account: SyntheticAccount, number: int, views: int, stars: int) -> str:
        """Give one entry of the channel's feed."""
        video, title = video_id(account, number), self._title(account, number)
        return (
            f"<entry><id>yt:video:{video}</id><yt:videoId>{video}</yt:videoId>"
            f"<yt:channelId>{account.native_id}</yt:channelId><title>{escape(title)}</title>"
            f'<link rel="alternate" href="https://www.youtube.com/watch?v={video}"/>'
            f"<published>{self._published(account, number)[:-1]}+00:00</published>"
            f"<media:group><media:title>{escape(title)}</media:title><media:description/>"
            f'<media:community><media:starRating count="{stars}" average="5.00"/>'
            f'<media:statistics views="{views}"/></media:community></media:group></entry>'
        )

    def _published(self, account: SyntheticAccount, number: int) -> str:
        return stamp(int(self.world.posts(account.id).published[number]))

    def _title(self, account: SyntheticAccount, number: int) -> str:
        language = LANGUAGES[int(self.world.posts(account.id).language[number])]
        return caption(account, number, language)


def private_upload(account: SyntheticAccount, now: int, parts: Parts) -> str:
    """Give an upload that only its owner is shown."""
    item: dict[str, object] = {"kind": "youtube#playlistItem", "id": "gialap-rieng-tu"}
    if "contentDetails" in parts:
        details = {"videoId": f"glrieng{account.number:04d}", "videoPublishedAt": stamp(now - 60)}
        item["contentDetails"] = details
    if "snippet" in parts:
        item["snippet"] = {"title": "Bản nháp riêng tư", "description": ""}
    if "status" in parts:
        item["status"] = {"privacyStatus": "private"}
    return to_json(item)


def uploads_of(account: SyntheticAccount) -> str:
    """Give the playlist of a channel's uploads."""
    return f"UU{account.native_id[2:]}"


@lru_cache(maxsize=65_536)
def video_id(account: SyntheticAccount, number: int) -> str:
    """Make the 11 characters of a video id out of account and number: `gl`, both, and a check."""
    stem = f"gl{_based(account.number, 2)}{_based(number, 4)}"
    return stem + check(stem)


@lru_cache(maxsize=65_536)
def video_of(video: str) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of a video id; None for one that was never given out."""
    stem, sign = video[:8], video[8:]
    if len(video) != 11 or not stem.startswith("gl") or check(stem) != sign:
        return None
    places = [_DIGITS.find(letter) for letter in stem[2:]]
    account, number = places[0] * 32 + places[1], 0
    for place in places[2:]:
        number = number * 32 + place
    if -1 in places or account >= len(country.accounts()):
        return None
    return country.accounts()[account], number


def _based(number: int, width: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(width)))


def check(stem: str) -> str:
    """Make three letters that a guessed id or token will not carry."""
    return "".join(_DIGITS[byte & 31] for byte in hashlib.sha256(stem.encode()).digest()[:3])


def length_seconds(account: SyntheticAccount, number: int) -> int:
    """Give the length of a video."""
    return 40 + (account.number * 37 + number * 53) % 560


def etag(word: str) -> str:
    """Make a stable etag."""
    return hashlib.sha256(word.encode()).hexdigest()[:27]


def stamp(second: int) -> str:
    """Write an instant as the API does, without a fraction."""
    return utc(second).strftime("%Y-%m-%dT%H:%M:%SZ")
