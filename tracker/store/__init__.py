"""The only room that writes SQL: readings, register rows, nights, purge and backup. Knows no
platform's JSON and no file format.
"""

from tracker.store.core import Store, open_store, upgrade
from tracker.store.results import (
    Conflict,
    DueAccount,
    DuePost,
    Loaded,
    NightRow,
    Purged,
    Renamed,
    Saved,
    Transaction,
)

__all__ = [
    "Conflict",
    "DueAccount",
    "DuePost",
    "Loaded",
    "NightRow",
    "Purged",
    "Renamed",
    "Saved",
    "Store",
    "Transaction",
    "open_store",
    "upgrade",
]
