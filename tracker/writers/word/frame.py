"""What surrounds the text of an official document: masthead, kind and subject, addressee,
signature, recipients, headings of annexes.

Decree 30/2020/NĐ-CP, Appendix I, part I: II.1 to II.5 (masthead, kind, subject), II.7 (who signs),
II.9 (addressee and recipients), III.1 (annexes). Sizes are the smaller ones it allows.
"""

from __future__ import annotations

from tracker.text.printable import whole
from tracker.writers import MOTTO_VI, STATE_VI, Document, Masthead
from tracker.writers.word.elements import (
    layout_table_xml,
    paragraph_xml,
    rule_xml,
    size_xml,
)

LEFT, RIGHT, TEXT_WIDTH = 3900, 5400, 9070
"""Twips: the two columns of the masthead, and the lines of an upright page."""
SIGNING_ROOM = '<w:spacing w:after="1400"/>'
CAPITAL, SMALL = 0.66, 0.47
"""Mean width of bold letters of the font, as a share of their size."""
BOLD, ITALIC = "<w:b/>", "<w:i/>"


def masthead_xml(document: Document) -> str:
    """Write the two columns of page 1: bodies and number; state, motto, place and date.

    Number and place stand on one line. The subject of an official letter stands under its number.
    """
    head = document.masthead
    small = size_xml(12)
    left = [paragraph_xml(line, "Masthead", look=small) for line in head.superior]
    left += [paragraph_xml(line, "Masthead", look=BOLD + small) for line in head.issuer]
    own = max(head.issuer, key=len, default="")
    left.append(_rule(len(own) * CAPITAL * 12 * 20 * 0.4, LEFT))
    right = [
        paragraph_xml(STATE_VI, "Masthead", look=BOLD + small),
        paragraph_xml(MOTTO_VI, "Masthead", look=BOLD),
        _rule(len(MOTTO_VI) * SMALL * 13 * 20, RIGHT),
    ]
    number = paragraph_xml(head.number, "Masthead")
    if not document.kind:
        above = '<w:spacing w:before="120"/>'
        number += paragraph_xml(document.subject, "Masthead", shape=above, look=small)
    place = paragraph_xml(head.place, "Masthead", look=ITALIC)
    return layout_table_xml((LEFT, RIGHT), (("".join(left), "".join(right)), (number, place)))


def title_xml(document: Document) -> list[str]:
    """Write kind and subject with the line under them; an official letter has none here."""
    if not document.kind:
        return []
    lines = [paragraph_xml(document.kind, "Title"), paragraph_xml(document.subject, "Subtitle")]
    lines += [paragraph_xml(document.period, "Subtitle")] if document.period else []
    longest = max(len(document.subject), len(document.period)) * SMALL * 14 * 20
    return [*lines, _rule(min(longest, TEXT_WIDTH) * 0.4, TEXT_WIDTH)]


def _rule(long: float, wide: int) -> str:
    return rule_xml(int((wide - min(long, wide)) / 2))


def signature_xml(document: Document) -> str:
    """Leave room for the signature, recipients to the left."""
    left = paragraph_xml("Nơi nhận:", "Recipients", look=BOLD + ITALIC + size_xml(12))
    left += "".join(paragraph_xml(line, "Recipients") for line in document.recipients)
    last = len(document.signature) - 1
    right = "".join(
        paragraph_xml(line, "Signature", shape=SIGNING_ROOM if place == last else "")
        for place, line in enumerate(document.signature)
    )
    return layout_table_xml((4500, 4500), ((left, right),))


def annex_xml(heading: str, masthead: Masthead, kind: str) -> list[str]:
    """Write the heading of an annex: its word and number, its name, the document it belongs to.

    `heading` reads `Phụ lục I. Name`; number and name may lack.
    """
    word, _, name = whole(heading).partition(". ")
    title = f"{word[:1].upper()}{word[1:].lower()}" if word.isupper() else word
    number = masthead.number.removeprefix("Số:").strip()
    _, _, day = masthead.place.partition(", ")
    what = f"{kind.capitalize() or 'Công văn'} số {number}"
    belongs = " ".join(part for part in (what, day, "của", *masthead.issuer) if part)
    return [
        paragraph_xml(
            "\n".join(part for part in (title, name.upper()) if part),
            "Heading1",
            shape='<w:jc w:val="center"/>',
        ),
        paragraph_xml(f"(Kèm theo {belongs})", "AnnexNote"),
    ]
