"""Names and addresses as people write them, made comparable.

Knows no register, no store and no network.
"""

from tracker.text.addresses import parse_address
from tracker.text.forms import Address, AddressError, handle_key
from tracker.text.names import (
    Match,
    fold,
    full_name,
    match_locality,
    nearest,
    nfc,
    slug,
    sort_key,
)

__all__ = [
    "Address",
    "AddressError",
    "Match",
    "fold",
    "full_name",
    "handle_key",
    "match_locality",
    "nearest",
    "nfc",
    "parse_address",
    "slug",
    "sort_key",
]
