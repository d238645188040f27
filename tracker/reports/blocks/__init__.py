"""The parts of a report: each fills one kind of field of a letter."""

from collections.abc import Callable

from tracker.letters import Field
from tracker.reports.blocks.accounts import accounts_blocks
from tracker.reports.blocks.activity import activity_blocks
from tracker.reports.blocks.channels import channels_blocks, outcomes_blocks
from tracker.reports.blocks.content import content_blocks
from tracker.reports.blocks.coordination import coordination_blocks
from tracker.reports.blocks.declared import choice_blocks, list_blocks, text_blocks
from tracker.reports.blocks.events import events_blocks
from tracker.reports.blocks.evidence import evidence_blocks
from tracker.reports.blocks.programme import elements_blocks, message_blocks, status_blocks
from tracker.reports.blocks.targets import targets_blocks
from tracker.reports.blocks.years import years_blocks
from tracker.reports.facts import Facts
from tracker.writers import Block

BLOCKS: dict[str, Callable[[Facts, Field], list[Block]]] = {
    "text": text_blocks,
    "choice": choice_blocks,
    "list": list_blocks,
    "status": status_blocks,
    "elements": elements_blocks,
    "message": message_blocks,
    "outcomes": outcomes_blocks,
    "channels": channels_blocks,
    "evidence": evidence_blocks,
    "activity": activity_blocks,
    "content": content_blocks,
    "events": events_blocks,
    "targets": targets_blocks,
    "accounts": accounts_blocks,
    "years": years_blocks,
    "coordination": coordination_blocks,
}
"""The function that fills each block; `tracker.letters.BLOCKS` lists the same names."""
