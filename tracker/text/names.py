"""Vietnamese names: one Unicode form, the order of a dictionary, keys that forgive spelling.

`nfc` is what is stored and printed, `sort_key` what lists are ordered by, `fold` what names are
compared by.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Characters nobody sees, which copying from web pages and Word leaves behind."""

LETTERS = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
"""Level, huyền, hỏi, ngã, sắc, nặng: the order of Vietnamese dictionaries."""

CROSSED_D = str.maketrans("đðɖ", "ddd")
"""Besides đ the look-alikes eth and African d, which old fonts leave behind."""

RANK_WORDS = re.compile(r"^(tinh|thanh pho|tp|t p|thu do|province of|city of) (?=.)")
RANK_SUFFIX = re.compile(r"(?<=.) (province|city)$")

ALIASES = {
    "hcm": "hochiminh",
    "tphcm": "hochiminh",
    "hcmc": "hochiminh",
    "saigon": "hochiminh",
    "brvt": "bariavungtau",
    "tthue": "thuathienhue",
    "daclac": "daklak",
    "dacnong": "daknong",
    "baccan": "backan",
    "congtum": "kontum",
}
"""Short and old spellings of provinces that no rule can derive."""


def nfc(text: str) -> str:
    """Put a text in NFC (one code per letter), without invisible characters, with single spaces."""
    visible = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    lines = (" ".join(line.split()) for line in visible.splitlines())
    return "\n".join(lines).strip()


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Give the key that sorts as a Vietnamese dictionary: letters (a ă â b c d đ …), then tones.

    Python's own order puts Đà Nẵng after Quảng Ninh. Signs count as spaces; case does not count.
    """
    letters: list[int] = []
    tones: list[int] = []
    for letter in nfc(text.lower()):
        parts = unicodedata.normalize("NFD", letter)
        tone = next((mark for mark in parts[1:] if mark in TONES[1:]), "")
        plain = unicodedata.normalize("NFC", parts.replace(tone, "", 1)) if tone else letter
        letters.append(_letter_weight(plain))
        tones.append(TONES.index(tone))
    return tuple(letters), tuple(tones), nfc(text)


def _letter_weight(letter: str) -> int:
    place = LETTERS.find(letter)
    if place >= 0:
        return place + 1
    return len(LETTERS) + ord(letter[0]) if letter.isalnum() else 0


def _plain_words(text: str) -> list[str]:
    """Cut a text into lower-case words of ASCII letters and digits, without tones and hats."""
    bare = unicodedata.normalize("NFKD", text).translate(INVISIBLE).casefold().translate(CROSSED_D)
    unmarked = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return re.findall(r"[a-z0-9]+", unmarked)


def slug(name: str) -> str:
    """Make an id of a name: `Bà Rịa - Vũng Tàu` becomes `ba-ria-vung-tau`; signs become ''."""
    return "-".join(_plain_words(name))


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """Make the key by which names of localities are compared; equal keys mean the same name.

    Forgives case, tones and where they stand (Hoà/Hòa), Đăk/Đắk/Đắc, hyphens and dashes, decomposed
    Unicode, missing spaces, and the words tỉnh, thành phố, TP., province, city around the name.
    """
    spaced = " ".join(_plain_words(name))
    shorter = RANK_SUFFIX.sub("", RANK_WORDS.sub("", spaced))
    key = shorter.replace(" ", "")
    return ALIASES.get(key, key)


def full_name(kind: str, name: str) -> str:
    """Write a locality as laws do: `tỉnh Quảng Ninh`, `thành phố Huế`, but `Thành phố Hồ Chí Minh`.

    Where the name is a person's, `Thành phố` is part of it and written large.
    """
    return f"{kind[:1].upper()}{kind[1:]} {name}" if name == "Hồ Chí Minh" else f"{kind} {name}"


@dataclass(frozen=True)
class Match:
    """What a name means: `ids` of all localities so called, or a `suggestion` if there is none."""

    ids: tuple[str, ...] = ()
    suggestion: str | None = None


def match_locality(name: str, names: Iterable[tuple[str, str]]) -> Match:
    """List the localities (id, name) that a name or id means; two maps may share a name."""
    known = list(names)
    if name in {locality_id for locality_id, _ in known}:
        return Match((name,))
    key = fold(name)
    ids = tuple(dict.fromkeys(locality_id for locality_id, one in known if fold(one) == key))
    if ids:
        return Match(ids)
    return Match(suggestion=nearest(name, [one for _, one in known]))


def nearest(value: str, known: Iterable[str]) -> str | None:
    """Find the known word that a misspelt one most resembles, or None when nothing is close."""
    by_key: dict[str, str] = {}
    for word in known:
        by_key.setdefault(fold(word), word)
    close = get_close_matches(fold(value), list(by_key), n=1, cutoff=0.75)
    return by_key[close[0]] if close else None
