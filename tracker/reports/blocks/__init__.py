"""The parts of a report: each fills one kind of field of a letter."""

from collections.abc import Callable

from tracker.letters import Field
from tracker.reports.blocks.channels import channels_blocks, outcomes_blocks
from tracker.reports.blocks.declared import choice_blocks, list_blocks, text_blocks
from tracker.reports.blocks.evidence import evidence_blocks
from tracker.reports.blocks.programme import elements_blocks, message_blocks, status_blocks
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
}
"""The function that fills each block; `tracker.letters.BLOCKS` lists the same names."""
