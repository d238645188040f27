"""The tables of the store as SQLModel classes, and the readable views. Knows no reading, no file
and no platform.
"""

from tracker.models.base import Row
from tracker.models.collected import (
    AccountSnapshot,
    Attempt,
    Daily,
    Detail,
    Meta,
    Night,
    Post,
    PostSnapshot,
    Quota,
)
from tracker.models.register import (
    Account,
    AccountPeriod,
    Agency,
    Answer,
    Change,
    Correction,
    DefinitionBreakRow,
    Edition,
    Element,
    Event,
    Locality,
    LocalityName,
    Outcome,
    Programme,
    ProgrammeElement,
    Target,
)

REVISIONS = ("0001", "0002")
"""The versions a store has had, oldest first; the last is the one this program reads and writes."""

__all__ = [
    "REVISIONS",
    "Account",
    "AccountPeriod",
    "AccountSnapshot",
    "Agency",
    "Answer",
    "Attempt",
    "Change",
    "Correction",
    "Daily",
    "DefinitionBreakRow",
    "Detail",
    "Edition",
    "Element",
    "Event",
    "Locality",
    "LocalityName",
    "Meta",
    "Night",
    "Outcome",
    "Post",
    "PostSnapshot",
    "Programme",
    "ProgrammeElement",
    "Quota",
    "Row",
    "Target",
]
