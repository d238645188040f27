"""The explicit list of connectors. A platform that is not here is read by nobody."""

from __future__ import annotations

from connectors.base import Connector
from connectors.bluesky import Bluesky
from connectors.mastodon import Mastodon
from connectors.youtube import YouTube

CONNECTORS: dict[str, type[Connector]] = {
    "youtube": YouTube,
    "bluesky": Bluesky,
    "mastodon": Mastodon,
}
"""Platform key → class, constructed as `Class(http, settings)`."""
