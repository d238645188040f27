"""Addresses of accounts: any form becomes one platform, one id or handle, and one clean address.

Recognises the platform; `forms` knows what its addresses look like. Asks nothing over the network.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from tracker.text.forms import (
    CHANNEL_ID,
    DID,
    DOMAIN,
    READERS,
    TITLES,
    Address,
    AddressError,
    Link,
    mastodon_name,
    title,
)
from tracker.text.names import nfc

HOSTS = {
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "bsky.app": "bluesky",
    "bsky.social": "bluesky",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.me": "facebook",
    "fb.watch": "facebook",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
    "threads.net": "threads",
    "threads.com": "threads",
    "tiktok.com": "tiktok",
    "zalo.me": "zalo",
    "x.com": "x",
    "twitter.com": "x",
    "t.me": "telegram",
    "telegram.me": "telegram",
    "telegram.dog": "telegram",
    "linkedin.com": "linkedin",
    "pinterest.com": "pinterest",
    "pin.it": "pinterest",
}
NAMED_BY_HOST = re.compile(r"(?<!^www)(?<!^m)\.(?:bsky\.social|t\.me)$")
"""Hosts whose first part is the account: `name.bsky.social`, `name.t.me`."""

SHORT_LINKS = ("youtu.be", "fb.me", "fb.watch", "pin.it", "vm.tiktok.com", "vt.tiktok.com")


def parse_address(text: str, platform: str | None = None, *, office: bool = False) -> Address:
    """Turn any form of an account's address, handle or id into one Address.

    `platform` is what the row says; an address of another platform is refused and named. A bare
    handle needs it. `office` says that evidence shows an office behind a Facebook number that
    looks like a person's. Raises AddressError.
    """
    given = nfc(text).strip("<>\"'“”").rstrip(".,;")
    if not given:
        raise AddressError("an address, a handle or an id")
    link = _link_of(given)
    found = _platform_of_link(link, platform) if link else _platform_of_handle(given, platform)
    if platform not in (None, found):
        raise AddressError(f"an address of {title(platform)}; this one is of {title(found)}")
    if link is None:
        parts = _parts_of_handle(given.removeprefix("@"), found)
        return READERS[found](Link("", parts, {}, office))
    if link.host in SHORT_LINKS:
        raise AddressError("the full address; open the short link and copy where it leads")
    if not link.parts and not NAMED_BY_HOST.search(link.host):
        raise AddressError(f"the address of one account, not of {title(found)} itself")
    return READERS[found](Link(link.host, link.parts, link.query, office))


def _link_of(given: str) -> Link | None:
    """Cut an address into host and path; None when the text is a handle or an id."""
    if given.startswith("at://"):
        given = "https://bsky.app/profile/" + given.removeprefix("at://")
    has_scheme = re.match(r"https?:/*|//", given, re.IGNORECASE)
    rest = given[has_scheme.end() :] if has_scheme else given
    if not has_scheme and rest.startswith("@"):
        return None
    try:
        split = urlsplit("//" + rest)
        host = (split.hostname or "").removesuffix(".")
    except ValueError:
        raise AddressError("an address that can be opened") from None
    if not has_scheme and "/" not in rest and _platform_of_host(host) is None:
        return None
    parts = tuple(part for part in unquote(split.path).split("/") if part)
    return Link(host, parts, parse_qs(split.query))


def _platform_of_host(host: str) -> str | None:
    """Name the platform of a host, whatever stands before it (m., www., mobile., vi-vn.)."""
    labels = host.split(".")
    if "pinterest" in labels[:2]:
        return "pinterest"
    hosts = (".".join(labels[start:]) for start in range(len(labels)))
    return next((HOSTS[one] for one in hosts if one in HOSTS), None)


def _platform_of_link(link: Link, stated: str | None) -> str:
    known = _platform_of_host(link.host)
    if known is not None:
        return known
    if DOMAIN.fullmatch(link.host) and mastodon_name(link.parts):
        return "mastodon"
    wanted = title(stated) if stated else ", ".join(TITLES.values())
    raise AddressError(f"the address of an account on {wanted}")


def _platform_of_handle(given: str, stated: str | None) -> str:
    if given.count("@") == 2 and given.startswith("@"):
        return "mastodon"
    if DID.fullmatch(given):
        return "bluesky"
    if CHANNEL_ID.fullmatch(given):
        return "youtube"
    if stated is None:
        raise AddressError("a full address, or the platform beside the handle")
    if stated not in READERS:
        raise AddressError(f"an account on one of {', '.join(TITLES.values())}")
    return stated


def _parts_of_handle(name: str, platform: str) -> tuple[str, ...]:
    """Write a bare handle or id as the path it has in the platform's own addresses."""
    if platform == "youtube" and CHANNEL_ID.fullmatch(name):
        return "channel", name
    if platform in ("youtube", "mastodon"):
        return (f"@{name}",)
    before = {"bluesky": "profile", "linkedin": "company"}.get(platform)
    return (before, name) if before else (name,)
