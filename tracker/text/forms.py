"""The forms of address each platform uses: a link becomes an Address, or is refused with a reason.

One reader a platform. Personal profiles are refused, because the register holds organisations
(Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

TITLES = {
    "youtube": "YouTube",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "threads": "Threads",
    "tiktok": "TikTok",
    "zalo": "Zalo",
    "x": "X",
    "telegram": "Telegram",
    "linkedin": "LinkedIn",
    "pinterest": "Pinterest",
}

CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[A-Za-z0-9._:%-]+)")
MASTODON_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
OTHER_SERVICES = ("medium.com", "flipboard.com", "substack.com")
"""Sites that write /@name as Mastodon servers do."""

PHONE = re.compile(r"(?:0|84)\d{9}")
PROFILE_ID = re.compile(r"(?:1000|615)\d{11,12}")
"""Facebook numbers people (and pages of the newest kind) so; older pages have other numbers."""

NOT_ACCOUNTS = {
    "youtube": "watch shorts live playlist results feed hashtag embed clip post redirect v t about",
    "facebook": "groups events watch share sharer sharer.php story.php photo photo.php photos reel "
    "permalink.php hashtag login login.php marketplace media help policies gaming stories plugins "
    "dialog l.php home.php",
    "instagram": "p reel reels explore stories tv accounts direct",
    "threads": "search login",
    "tiktok": "tag video music discover foryou explore search login t",
    "x": "i home search hashtag intent share explore settings login",
    "telegram": "joinchat addstickers share proxy socks addlist c iv",
    "pinterest": "pin search ideas today login business",
}
"""First parts of an address that lead to a post, a group or a page of the platform itself."""


class AddressError(ValueError):
    """An address cannot be registered; the text follows the words "expected"."""


@dataclass(frozen=True)
class Address:
    """An account's address.

    `native_id` is the platform's permanent id and `handle` the changeable name, as the platform's
    API writes it (YouTube `@name`, Mastodon `name@server`, elsewhere without @); what the address
    does not tell is None. `kind` is `id`, `handle`, or for YouTube's old forms `user` and `custom`.
    `url` is the clean address.
    """

    platform: str
    native_id: str | None
    handle: str | None
    url: str
    kind: str


@dataclass(frozen=True)
class Link:
    """A link cut up: `parts` of the path, unquoted; `office`: evidence shows an office behind."""

    host: str
    parts: tuple[str, ...]
    query: dict[str, list[str]]
    office: bool = False


def title(platform: str) -> str:
    """Give the name people know a platform by; an unknown key stays as it is."""
    return TITLES.get(platform, platform)


def handle_key(platform: str, handle: str) -> str:
    """Write a handle so that equal ones are equal: case, @ and (on Facebook) dots do not count."""
    plain = handle.casefold().removeprefix("@")
    return plain.replace(".", "") if platform == "facebook" else plain


def _checked(name: str, shape: str, platform: str) -> str:
    if not re.fullmatch(shape, name):
        raise AddressError(f"a name that {TITLES[platform]} allows in the address, not {name!r}")
    return name


def _refuse_posts(link: Link, platform: str) -> None:
    first = link.parts[0].lower()
    if first in NOT_ACCOUNTS.get(platform, "").split() or (
        platform == "telegram" and first[0] == "+"
    ):
        raise AddressError(
            f"the address of an account; /{link.parts[0]} on {TITLES[platform]} is none"
        )


def _youtube(link: Link) -> Address:
    first = link.parts[0]
    _refuse_posts(link, "youtube")
    base = "https://www.youtube.com/"
    if first.startswith("@"):
        handle = "@" + _checked(first[1:], r"[\w.·-]{1,64}", "youtube")
        return Address("youtube", None, handle, base + quote(handle, safe="@·"), "handle")
    if first.lower() not in ("channel", "user", "c"):
        name = _checked(first, r"[\w.-]{1,64}", "youtube")
        return Address("youtube", None, name, base + quote(name), "custom")
    if len(link.parts) < 2:
        raise AddressError(f"a name or id after /{first}/")
    second = link.parts[1]
    if first.lower() == "channel":
        if not CHANNEL_ID.fullmatch(second):
            raise AddressError("a channel id: UC and 22 letters, digits, - or _")
        return Address("youtube", second, None, f"{base}channel/{second}", "id")
    name = _checked(second, r"[\w.-]{1,64}", "youtube")
    kind = "user" if first.lower() == "user" else "custom"
    return Address("youtube", None, name, f"{base}{first.lower()}/{quote(name)}", kind)


def _bluesky(link: Link) -> Address:
    profile = link.parts[:1] == ("profile",) and len(link.parts) > 1
    if not profile and not link.host.endswith(".bsky.social"):
        raise AddressError("an address like https://bsky.app/profile/name.gov.vn")
    name = link.parts[1].removeprefix("@") if profile else link.host
    base = "https://bsky.app/profile/"
    if DID.fullmatch(name):
        return Address("bluesky", name, None, base + name, "id")
    handle = name.lower()
    if not DOMAIN.fullmatch(handle):
        raise AddressError(
            "a Bluesky handle, which is a domain such as name.bsky.social, or a did:plc: id"
        )
    return Address("bluesky", None, handle, base + handle, "handle")


def mastodon_name(parts: tuple[str, ...]) -> str | None:
    """Find the name in /@name, /web/@name, /users/name; None when the path is not an account's."""
    rest = parts[1:] if parts[:1] == ("web",) else parts
    if rest and rest[0].startswith("@"):
        return rest[0][1:]
    if len(rest) > 1 and rest[0] == "users":
        return rest[1]
    return None


def _mastodon(link: Link) -> Address:
    """Read an account of any server; /@name@home on another server leads to the home server."""
    user, _, server = (mastodon_name(link.parts) or "").partition("@")
    home = (server or link.host).lower()
    if not DOMAIN.fullmatch(home) or not MASTODON_NAME.fullmatch(user):
        raise AddressError("a Mastodon account such as @name@server or https://server/@name")
    if home in OTHER_SERVICES:
        raise AddressError(f"an account on a Mastodon server, which {home} is not")
    return Address("mastodon", None, f"{user}@{home}", f"https://{home}/@{user}", "handle")


def _facebook(link: Link) -> Address:
    """Read a Facebook address; numbers of the ranges used for people need `link.office`."""
    first, *rest = (link.parts[0].lower(), *link.parts[1:])
    if first == "profile.php":
        return _facebook_person(link.query.get("id", [""])[0], link)
    if first == "people":
        return _facebook_person(rest[-1] if rest else "", link)
    if first in ("pages", "pg", "p") and rest:
        numbers = [found[1] for part in rest if (found := re.search(r"(?:^|-)(\d{5,})$", part))]
        return _facebook_page(numbers[-1]) if numbers else _facebook_name(rest[0])
    _refuse_posts(link, "facebook")
    if PROFILE_ID.fullmatch(first):
        return _facebook_person(first, link)
    number = re.fullmatch(r"(?:.+-(?=\d{9}))?(\d{5,})", first)
    return _facebook_page(number[1]) if number else _facebook_name(link.parts[0])


def _facebook_name(name: str) -> Address:
    handle = _checked(name, r"[A-Za-z0-9.]{2,60}", "facebook")
    return Address("facebook", None, handle, f"https://www.facebook.com/{handle}", "handle")


def _facebook_person(number: str, link: Link) -> Address:
    if not link.office:
        raise AddressError(
            "the page of an organisation; Facebook addresses with profile.php, people or such a "
            "number are mostly personal profiles, which are not registered. If an office owns it, "
            "give the page a name, or fill legal_basis or evidence_url"
        )
    return _facebook_page(number)


def _facebook_page(number: str) -> Address:
    if not re.fullmatch(r"\d{5,20}", number):
        raise AddressError("the number or the name of a Facebook page")
    return Address("facebook", number, None, f"https://www.facebook.com/{number}", "id")


def _zalo(link: Link) -> Address:
    first = link.parts[0]
    if first.lower() in ("g", "s", "pc", "app"):
        raise AddressError(f"the address of an official account; zalo.me/{first} is none")
    name = link.parts[1] if first.lower() == "oa" and len(link.parts) > 1 else first
    if PHONE.fullmatch(name):
        raise AddressError(
            "the official account of an organisation; a telephone number is a person's Zalo"
        )
    if re.fullmatch(r"\d{9,25}", name):
        return Address("zalo", name, None, f"https://zalo.me/{name}", "id")
    handle = _checked(name.lower(), r"[a-z0-9._-]{2,60}", "zalo")
    return Address("zalo", None, handle, f"https://zalo.me/{handle}", "handle")


def _linkedin(link: Link) -> Address:
    first, *rest = (link.parts[0].lower(), *link.parts[1:])
    if first in ("in", "pub"):
        raise AddressError("the page of an organisation; linkedin.com/in is a personal profile")
    if first not in ("company", "school", "showcase", "organization") or not rest:
        raise AddressError("an address like https://www.linkedin.com/company/name")
    name = _checked(rest[0].lower(), r"[\w.&'’-]{1,120}", "linkedin")
    page = f"https://www.linkedin.com/{first}/{quote(name)}"
    if name.isdecimal():
        return Address("linkedin", name, None, page, "id")
    return Address("linkedin", None, name, page, "handle")


def _telegram(link: Link) -> Address:
    parts = link.parts or (link.host.split(".")[0],)
    if parts[0] == "s" and len(parts) > 1:
        parts = parts[1:]
    _refuse_posts(Link(link.host, parts, {}), "telegram")
    name = _checked(parts[0].removeprefix("@"), r"[A-Za-z][A-Za-z0-9_]{2,31}", "telegram")
    return Address("telegram", None, name, f"https://t.me/{name}", "handle")


def _by_name(platform: str, base: str, shape: str) -> Callable[[Link], Address]:
    """Make the reader of a platform whose addresses are its host and a name."""

    def read(link: Link) -> Address:
        _refuse_posts(link, platform)
        name = _checked(link.parts[0].removeprefix("@"), shape, platform)
        handle = name if platform == "x" else name.lower()
        return Address(platform, None, handle, base + handle, "handle")

    return read


READERS: dict[str, Callable[[Link], Address]] = {
    "youtube": _youtube,
    "facebook": _facebook,
    "bluesky": _bluesky,
    "mastodon": _mastodon,
    "instagram": _by_name("instagram", "https://www.instagram.com/", r"[A-Za-z0-9._]{1,30}"),
    "threads": _by_name("threads", "https://www.threads.com/@", r"[A-Za-z0-9._]{1,30}"),
    "tiktok": _by_name("tiktok", "https://www.tiktok.com/@", r"[A-Za-z0-9._]{2,24}"),
    "x": _by_name("x", "https://x.com/", r"[A-Za-z0-9_]{1,15}"),
    "pinterest": _by_name("pinterest", "https://www.pinterest.com/", r"[A-Za-z0-9_-]{3,30}"),
    "zalo": _zalo,
    "telegram": _telegram,
    "linkedin": _linkedin,
}
