"""Addresses and numbers by which a person could be reached: no answer may hold one.

The lists of spokespersons that some letters ask for are personal data; of them only "sent" and the
day are kept. A line of an office looks like that of a person, so both are refused.
"""

from __future__ import annotations

import re

EMAIL = re.compile(r"(?<![\w@.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
"""`@name@server` is the address of an account, not of a letter box."""

_BETWEEN = r"[ .\-\u00a0()]{0,2}"
PHONE = re.compile(
    rf"(?<![\w/=])(?<!\d[.,])(?:(?:\+|00)84{_BETWEEN}(?:\(?0\)?)?|\(?0)"
    rf"(?:[35789]\d(?:{_BETWEEN}\d){{7}}|2\d(?:{_BETWEEN}\d){{8}}|2\d(?:{_BETWEEN}\d){{7}})"
    r"(?![\w/])(?![.,]\d)",
    re.ASCII,
)
"""Vietnamese numbers: 0 or +84, then 9 digits of a mobile (3, 5, 7, 8, 9) or 9 to 10 of a landline
(2). The first group has three digits, so that days (02.03.2024) are none."""

CHAT = re.compile(r"\b(?:zalo|wa)\.me/(?:0|\+?84)\d{9}\b", re.ASCII)


def contact_in(text: str) -> str | None:
    """Find an e-mail address or a telephone number in a text; None = there is none."""
    found = EMAIL.search(text) or PHONE.search(text) or CHAT.search(text)
    return found[0] if found else None


NO_CONTACT = (
    "an answer without e-mail addresses and telephone numbers (here {}); they are personal data: "
    "send such lists to the addressee directly, and answer here only that and when they were sent"
)
