"""Official requests as data: `data/letters/*.toml` -> outline, addressee, open questions.

Knows no panel, no table and no file format of a report.
"""

from tracker.letters.answers import (
    Answer,
    evidence_of,
    lines_of,
    open_questions,
    questions,
    text_of,
)
from tracker.letters.asking import CHANNEL, EVIDENCE, asks_by_account, column_of, line_columns
from tracker.letters.holding import STATUS_OPTIONS, held_texts
from tracker.letters.outline import BLOCKS, Authority, Field, Letter, ListColumn, Section
from tracker.letters.reading import letter_ids, letter_named, read_letter
from tracker.letters.sending import UnitStatus, days_left, days_left_vi, sending_status

__all__ = [
    "BLOCKS",
    "CHANNEL",
    "EVIDENCE",
    "STATUS_OPTIONS",
    "Answer",
    "Authority",
    "Field",
    "Letter",
    "ListColumn",
    "Section",
    "UnitStatus",
    "asks_by_account",
    "column_of",
    "days_left",
    "days_left_vi",
    "evidence_of",
    "held_texts",
    "letter_ids",
    "letter_named",
    "line_columns",
    "lines_of",
    "open_questions",
    "questions",
    "read_letter",
    "sending_status",
    "text_of",
]
