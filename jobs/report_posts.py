"""The looks at single posts that a letter's report needs, read for one respondent at a time."""

from __future__ import annotations

from tracker.indicators import with_looks
from tracker.letters import Letter
from tracker.panel import Panel, post_looks

NEEDING = ("activity", "content", "evidence", "targets")
"""The blocks that print languages, views, or single posts."""


def with_posts_of(panel: Panel, letter: Letter, unit_id: str) -> Panel:
    """Give the panel with the looks at the posts of a locality's or agency's accounts, where the
    letter asks for what they say; else the panel as it is.

    The looks of one respondent at a time: those of all would fill the memory.
    """
    if not any(field.block in NEEDING for field in letter.fields):
        return panel
    return with_looks(panel, post_looks(panel, accounts=accounts_ever(panel, unit_id)))


def accounts_ever(panel: Panel, unit_id: str) -> list[str]:
    """List the accounts that a locality or agency owns or once owned, by id."""
    agencies = panel.agencies
    owners = {unit_id, *agencies["id"][agencies["locality_id"] == unit_id]}
    periods = panel.periods
    return sorted(set(periods["account_id"][periods["agency_id"].isin(owners)]))
