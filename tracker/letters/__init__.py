"""Official requests as data: `data/letters/*.toml` -> outline, addressee, open questions.

Knows no panel, no table and no file format of a report.
"""

from tracker.letters.answers import Answer, lines_of, open_questions, questions, text_of
from tracker.letters.outline import BLOCKS, Authority, Field, Letter, ListColumn, Section
from tracker.letters.reading import letter_ids, letter_named, read_letter

__all__ = [
    "BLOCKS",
    "Answer",
    "Authority",
    "Field",
    "Letter",
    "ListColumn",
    "Section",
    "letter_ids",
    "letter_named",
    "lines_of",
    "open_questions",
    "questions",
    "read_letter",
    "text_of",
]
