"""The explicit list of connectors. A platform that is not here is read by nobody."""

from __future__ import annotations

from connectors.base import Connector
from connectors.bluesky import Bluesky
from connectors.facebook import Facebook
from connectors.instagram import Instagram
from connectors.linkedin import LinkedIn
from connectors.mastodon import Mastodon
from connectors.pinterest import Pinterest
from connectors.telegram import Telegram
from connectors.threads import Threads
from connectors.tiktok import TikTok
from connectors.x import X
from connectors.youtube import YouTube
from connectors.zalo import Zalo

CONNECTORS: dict[str, type[Connector]] = {
    "youtube": YouTube,
    "bluesky": Bluesky,
    "mastodon": Mastodon,
    "facebook": Facebook,
    "instagram": Instagram,
    "threads": Threads,
    "tiktok": TikTok,
    "zalo": Zalo,
    "x": X,
    "telegram": Telegram,
    "linkedin": LinkedIn,
    "pinterest": Pinterest,
}
"""Platform key → class, constructed as `Class(http, settings, tokens)`."""
