"""The cells of an account's row that need more than typing: address, owner, languages, terms."""

from __future__ import annotations

import re
from dataclasses import replace

from tracker.errors import ConfigError, Problem
from tracker.platforms import PLATFORMS
from tracker.registry.cells import one_of
from tracker.registry.register import Register
from tracker.registry.words import FUNDING_SOURCES, PLATFORM_WORDS
from tracker.sheets import SheetRow
from tracker.text import Address, AddressError, Match, handle_key, nfc, parse_address

NATIVE_IDS = {
    "youtube": (re.compile(r"UC[A-Za-z0-9_-]{22}"), "a channel id: UC and 22 further signs"),
    "bluesky": (re.compile(r"did:(plc|web):\S+"), "a did:plc: or did:web: id"),
    "facebook": (re.compile(r"\d{5,20}"), "the number of a page"),
    "zalo": (re.compile(r"\d{9,25}"), "the number of an official account"),
}
"""Platforms whose permanent ids have a known shape."""

LANGUAGES = re.compile(r"[a-z]{2,3}(?: [a-z]{2,3})*")


def platform_of(at: SheetRow, problems: list[Problem]) -> str | None:
    """Recognise the platform of a row, `Twitter` too."""
    words = {key: PLATFORM_WORDS.get(key, ()) for key in PLATFORMS}
    try:
        platform = one_of(nfc(at.get("platform")), words)
    except ValueError as error:
        problems.append(at.problem("platform", str(error)))
        return None
    if platform is None:
        problems.append(at.problem("platform", f"one of {', '.join(PLATFORMS)}"))
    return platform


class _WrongCell(ValueError):
    """A cell that does not fit; the text is what was expected."""

    def __init__(self, column: str, expected: str) -> None:
        super().__init__(expected)
        self.column = column


def address_of(at: SheetRow, platform: str, problems: list[Problem]) -> Address | None:
    """Bring address, handle and id of a row together; None where there are none or they differ.

    A row without owner is of the register's own accounts.csv, which holds no addresses.
    """
    try:
        found = _written_address(at, platform)
        native_id = _native_id(at, platform, found)
    except _WrongCell as error:
        problems.append(at.problem(error.column, str(error)))
        return None
    has_owner = "agency_id" in at.cells
    if found:
        return replace(found, native_id=native_id or None)
    if native_id and platform == "mastodon" and has_owner:
        expected = "an address too: ids of Mastodon hold on one server only"
        problems.append(at.problem("native_id", expected))
    elif has_owner and not native_id:
        problems.append(at.problem("url", "an address, a handle or a native_id"))
    return _address_of_id(platform, native_id) if native_id else None


def _written_address(at: SheetRow, platform: str) -> Address | None:
    """Read the columns url and handle, which must tell the same account."""
    office = bool(at.get("evidence_url") or at.get("legal_basis"))
    found: Address | None = None
    for column in ("url", "handle"):
        text = nfc(at.get(column))
        if not text or (found and _is_handle_of(text, found)):
            continue
        try:
            one = parse_address(text, platform, office=office)
        except AddressError as error:
            raise _WrongCell(column, str(error)) from None
        if found is None:
            found = one
        elif found.handle and one.handle and not _is_handle_of(one.handle, found):
            raise _WrongCell("handle", f"the handle of the address beside it, {found.handle}")
        else:
            handle, native_id = found.handle or one.handle, found.native_id or one.native_id
            found = replace(found, handle=handle, native_id=native_id)
    return found


def _native_id(at: SheetRow, platform: str, address: Address | None) -> str:
    """Read the permanent id, from its own column or from the address; '' where it is unknown."""
    told = (address.native_id if address else None) or ""
    text = nfc(at.get("native_id"))
    shape = NATIVE_IDS.get(platform)
    if text and shape and not shape[0].fullmatch(text):
        raise _WrongCell("native_id", shape[1])
    if text and told and text != told:
        raise _WrongCell("native_id", f"the id in the address beside it, {told}")
    return text or told


def _address_of_id(platform: str, native_id: str) -> Address:
    """Write an id as an address; where the platform has no such form the address stays empty."""
    try:
        return parse_address(native_id, platform, office=True)
    except AddressError:
        return Address(platform, native_id, None, "", "id")


def _is_handle_of(text: str, address: Address) -> bool:
    """Say whether a handle is that of an address; `name` is enough for Mastodon's `name@server`."""
    known = handle_key(address.platform, address.handle or "")
    asked = handle_key(address.platform, text)
    return asked == known or (address.platform == "mastodon" and known.startswith(f"{asked}@"))


def owner_of(at: SheetRow, known: Register, problems: list[Problem]) -> str:
    """Find the id of the owner, whose name will do where it is unique."""
    text = nfc(at.get("agency_id"))
    match = known.find_agency(text)
    if len(match.ids) == 1:
        return match.ids[0]
    problems.append(at.problem("agency_id", unknown_agency(match)))
    return text


def unknown_agency(match: Match) -> str:
    """Say what was expected where a name of an agency is unknown or means several."""
    if match.ids:
        return f"the id of one of {', '.join(match.ids)}"
    near = f" (did you mean {match.suggestion}?)" if match.suggestion else ""
    return f"the id of an agency of the register{near}; new ones go into agencies first"


def languages_of(at: SheetRow, problems: list[Problem]) -> str:
    """Write the languages of a row as codes with blanks between."""
    codes = " ".join(re.split(r"[\s,;/+|]+", nfc(at.get("languages")).lower())).strip()
    if codes and not LANGUAGES.fullmatch(codes):
        problems.append(at.problem("languages", "ISO 639 codes such as vi en zh"))
    return codes


def funding_of(at: SheetRow, problems: list[Problem]) -> str:
    """Recognise the source of the funds, in Vietnamese too."""
    try:
        return one_of(nfc(at.get("funding_source")), FUNDING_SOURCES) or ""
    except ValueError as error:
        problems.append(at.problem("funding_source", str(error)))
        return ""


def check_basis(at: SheetRow, platform: str, problems: list[Problem]) -> None:
    """Refuse terms that the platform does not know."""
    try:
        PLATFORMS[platform].basis(nfc(at.get("basis")) or None)
    except ConfigError:
        known = ", ".join(basis.key for basis in PLATFORMS[platform].bases)
        problems.append(at.problem("basis", f"one of {known}, or nothing for the first"))
