"""What stands on pages of Telegram: messages, cards, rounded numbers, numbers of messages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from html import escape

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Scene
from jobs.sandbox.world import local_day, utc

STARS = 2_500
"""Paid stars on some posts; they are no reactions."""
EMOJI = ("👍", "❤", "🔥")
SUFFIXES = ((10**9, "B"), (10**6, "M"), (10**3, "K"))
WORDS = {
    "en": {"subscribers": "subscribers", "members": "members", "photos": "photos"},
    "vi": {"subscribers": "người đăng ký", "members": "thành viên", "photos": "ảnh"},
}
FOOT = "</body>\n</html>\n<!-- page generated in 12.34ms -->"


@dataclass(frozen=True)
class Message:
    """One message of a channel. `number` is that of the own post, -1 for anything else, whose
    `kind` is `forwarded` or `service`.
    """

    id: int
    second: int
    number: int = -1
    kind: str = "post"


def message_id(number: int) -> int:
    """Give the number of the message that a post begins with: an album takes three."""
    return 3 * number + 2


def is_album(number: int) -> bool:
    """Say whether a post consists of several pictures."""
    return number % 4 == 1


def has_views(number: int) -> bool:
    """Say whether the page tells a post's views."""
    return number % 31 != 9


def shows_reactions(account: SyntheticAccount) -> bool:
    """Say whether a channel lets its readers react."""
    return account.number % 9 != 2


def is_group(account: SyntheticAccount) -> bool:
    """Say whether an account is a group, which has members and no preview."""
    return account.number % 45 == 8


def preview_off(account: SyntheticAccount) -> bool:
    """Say whether a channel's owner switched the preview off."""
    return account.number % 15 == 4


def refuses_bot(account: SyntheticAccount) -> bool:
    """Say whether a channel has put the bot out."""
    return account.number % 45 == 20


def is_unmet(account: SyntheticAccount) -> bool:
    """Say whether a bot must find the chat by its name before its id means anything to it."""
    return account.number % 30 == 11


@cache
def by_name(name: str) -> SyntheticAccount | None:
    """Find who has a public name, in whatever capitals."""
    return _names().get(name.casefold())


@cache
def _names() -> dict[str, SyntheticAccount]:
    every = (item for item in country.more_accounts() if item.platform == "telegram")
    return {item.handle_on(country.START): item for item in every}


def messages(scene: Scene, account: SyntheticAccount) -> list[Message]:
    """List what a channel shows now, oldest first."""
    posts = scene.world.posts(account.id)
    seconds = posts.published.tolist()
    seen = set(scene.world.visible_posts(account.id, scene.now).tolist())
    first = seconds[0] if seconds else scene.now
    found = [Message(1, first - 86_400, kind="service")]
    for number in range(int(np.searchsorted(posts.published, scene.now, "right"))):
        second, place = seconds[number], message_id(number)
        if number in seen:
            found.append(Message(place, second, number))
        if number % 13 == 5 and not is_album(number) and second + 600 <= scene.now:
            found.append(Message(place + 1, second + 600, kind="forwarded"))
        if number % 29 == 7 and not is_album(number) and second + 1200 <= scene.now:
            found.append(Message(place + 2, second + 1200, kind="service"))
    return found


def rounded(value: int) -> str:
    """Write a number as the pages do: exact below 1,000, else cut to three figures."""
    for unit, suffix in SUFFIXES:
        if value >= unit:
            whole = value // unit
            places = 3 - len(str(whole))
            rest = str(value % unit).zfill(len(str(unit)) - 1)[:places].rstrip("0")
            return f"{whole}{'.' + rest if rest else ''}{suffix}"
    return str(value)


def kinds_of(reactions: int) -> list[int]:
    """Share a post's reactions out among the kinds; a kind without any is not shown."""
    parts = (reactions * 6 // 10, reactions * 3 // 10)
    return [part for part in (*parts, reactions - sum(parts)) if part]


def message_html(
    scene: Scene, account: SyntheticAccount, message: Message, counts: tuple[int, int]
) -> str:
    """Write one message; `counts` are views and reactions; service messages have none."""
    views, reactions = counts
    shown = message.kind != "service" and (message.number < 0 or has_views(message.number))
    tail = f'<span class="tgme_widget_message_views">{rounded(views)}</span>' if shown else ""
    emoji = ""
    if message.number >= 0 and shows_reactions(account):
        emoji = reactions_html(message.number, reactions)
    name = account.handle_on(local_day(scene.now))
    at = utc(message.second)
    return (
        f"{_head(scene, account, name, message)}{emoji}"
        '<div class="tgme_widget_message_footer compact js-message_footer">'
        f'<div class="tgme_widget_message_info short js-message_info">{tail}'
        '<span class="copyonly"></span><span class="tgme_widget_message_meta">'
        f'<a class="tgme_widget_message_date" href="https://t.me/{name}/{message.id}">'
        f'<time datetime="{at.isoformat()}" class="time">{at:%H:%M}</time></a></span>'
        "</div></div></div></div></div>"
    )


def reactions_html(number: int, reactions: int) -> str:
    """Write the reactions of a post: pictures, a picture of one's own, seldom paid stars."""
    spans = [
        '<span class="tgme_reaction">'
        + (
            '<tg-emoji emoji-id="5368324170671202286"></tg-emoji>'
            if place == 2
            else f'<i class="emoji" style="background-image:url(\'x\')"><b>{EMOJI[place]}</b></i>'
        )
        + f"{rounded(part)}</span>"
        for place, part in enumerate(kinds_of(reactions))
    ]
    if number % 17 == 0:
        star = '<i class="icon icon-telegram-stars"></i>'
        spans.insert(0, f'<span class="tgme_reaction tgme_reaction_paid">{star}{STARS}</span>')
    if not spans:
        return ""
    inside = "".join(spans)
    return f'<div class="tgme_widget_message_reactions js-message_reactions">{inside}</div>'


def _head(scene: Scene, account: SyntheticAccount, name: str, message: Message) -> str:
    service = "service_message " if message.kind == "service" else ""
    raw = {"c": int(account.native_id) + 10**12, "p": message.id, "t": scene.now, "h": "gialap"}
    view = urlsafe_b64encode(json.dumps(raw).encode()).decode().rstrip("=")
    said = "Channel photo updated" if message.kind == "service" else "Tin của kênh khác 📣"
    pictures = origin = ""
    if message.kind == "forwarded":
        origin = (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;'
            '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/kenhkhac">'
            '<span dir="auto">Kênh khác</span></a></div>'
        )
    if message.number >= 0:
        language = LANGUAGES[int(scene.world.posts(account.id).language[message.number])]
        said = escape(caption(account, message.number, language)).replace(": ", ":<br/>")
        if is_album(message.number):
            pictures = "".join(
                '<a class="tgme_widget_message_photo_wrap grouped_media_wrap js-message_photo" '
                f'href="https://t.me/{name}/{message.id + place}?single"></a>'
                for place in range(3)
            )
    return (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message text_not_supported_wrap {service}js-widget_message" '
        f'data-post="{name}/{message.id}" data-view="{view}">'
        '<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author">'
        f'<a class="tgme_widget_message_owner_name" href="https://t.me/{name}">'
        f'<span dir="auto">{escape(account.title)}</span></a></div>{origin}{pictures}'
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{said}</div>'
    )


def history_html(
    scene: Scene,
    account: SyntheticAccount,
    page: list[Message],
    links: tuple[int | None, int | None],
    words: dict[str, str],
) -> str:
    """Write a page of messages; `links` lead to the older and the newer ones, None = no link."""
    name = account.handle_on(local_day(scene.now))
    numbers = np.array([item.number for item in page if item.number >= 0], dtype=np.int64)
    counted = scene.world.counts_at(account.id, numbers, scene.counted_at)
    own = iter(zip(counted["views"].tolist(), counted["reactions"].tolist(), strict=True))
    lines = [
        message_html(scene, account, item, next(own) if item.number >= 0 else (7_654_321, 0))
        for item in page
    ]
    for place, which in ((0, "before"), (1, "after")):
        if links[place] is not None:
            link = (
                '<div class="tgme_widget_message_centered js-messages_more_wrap">'
                f'<a href="/s/{name}?{which}={links[place]}" class="tme_messages_more '
                f'js-messages_more" data-{which}="{links[place]}"></a></div>'
            )
            lines.insert(0 if which == "before" else len(lines), link)
    followers = scene.world.followers_at(account.id, scene.counted_at)
    return (
        f"<!DOCTYPE html>\n<html>\n<head><title>{escape(account.title)} – Telegram</title></head>\n"
        '<body class="widget_frame_base tgme_webpreview"><div class="tgme_channel_info">'
        '<div class="tgme_channel_info_header"><div class="tgme_channel_info_header_title">'
        f'<span dir="auto">{escape(account.title)}</span></div></div>'
        '<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter">'
        f'<span class="counter_value">{rounded(followers)}</span> '
        f'<span class="counter_type">{words["subscribers"]}</span></div>'
        '<div class="tgme_channel_info_counter"><span class="counter_value">1.2K</span> '
        f'<span class="counter_type">{words["photos"]}</span></div></div></div>'
        f'<section class="tgme_channel_history js-message_history">{"".join(lines)}</section>{FOOT}'
    )


def card_html(
    scene: Scene, account: SyntheticAccount | None, name: str, words: dict[str, str]
) -> str:
    """Write the card of a name; None: nobody has it, and it is an invitation to write."""
    if account is None:
        inside = (
            '<div class="tgme_page_icon"><i class="tgme_icon_user"></i></div>'
            '<div class="tgme_page_description">If you have <strong>Telegram</strong>, you can '
            f'contact <a href="tg://resolve?domain={name}">@{escape(name)}</a> right away.</div>'
        )
    else:
        followers = scene.world.followers_at(account.id, scene.counted_at)
        count = f"{followers:,}".replace(",", "\u00a0" if account.number % 2 else " ")
        who = words["members" if is_group(account) else "subscribers"]
        online = f", {1 + followers // 90} online" if is_group(account) else ""
        inside = (
            f'<div class="tgme_page_title"><span dir="auto">{escape(account.title)}</span></div>'
            f'<div class="tgme_page_extra">{count} {who}{online}</div>'
            '<div class="tgme_page_description" dir="auto">Kênh giả lập</div>'
        )
    return (
        f"<!DOCTYPE html>\n<html>\n<head><title>Telegram: Contact @{escape(name)}</title></head>\n"
        '<body class="no_transition"><div class="tgme_page_wrap"><div class="tgme_page">'
        f"{inside}</div></div>{FOOT}"
    )
