"""Under which terms a number is filed, and what those terms allow. Knows no SQL."""

from __future__ import annotations

from functools import lru_cache

from tracker.metrics import BREAKS, definition
from tracker.periods import date_of
from tracker.platforms import PLATFORMS, Basis, platform_named

NO_DERIVED = tuple(
    sorted({basis.key for item in PLATFORMS.values() for basis in item.bases if not basis.derived})
)
"""Keys of the bases that forbid derived numbers."""


def basis_of(platform: str, account_basis: str | None, lane: str) -> str:
    """Name the basis of a number: what an owner declares is not under the platform's terms."""
    return platform_named(platform).basis_in(lane, account_basis).key


def limited_bases() -> list[tuple[str, Basis]]:
    """List (platform, basis) for every basis that limits the days a number may be kept."""
    return [
        (platform.key, basis)
        for platform in PLATFORMS.values()
        for basis in platform.bases
        if basis.days_kept is not None
    ]


@lru_cache(maxsize=4096)
def definitions_text(platform: str, day: int) -> str | None:
    """Name the metrics of a platform that no longer have their first definition on a day, None =
    all have.
    """
    known = sorted({(item.entity, item.metric) for item in BREAKS if item.platform == platform})
    changed = [
        f"{entity}.{metric}={found}"
        for entity, metric in known
        if (found := definition(platform, entity, metric, date_of(day))) != "1"
    ]
    return ";".join(changed) or None
