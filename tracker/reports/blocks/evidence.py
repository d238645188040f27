"""Measured evidence beside the lessons an office draws: best and worst at equal age."""

from __future__ import annotations

from tracker.letters import Field
from tracker.reports.facts import Facts
from tracker.reports.series import extremes_table
from tracker.tables import numbered
from tracker.writers import Block


def evidence_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the best and the worst months of each account; nothing where too little is known."""
    extremes = extremes_table(facts.panel, facts.monthly, facts.measured.accounts)
    return [] if extremes is None else [numbered(extremes)]
