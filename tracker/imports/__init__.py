"""Sheets into the register or the store: everything in a file, or nothing of it.

Register kinds end in the CSV files of the data folder, which are the truth, and in the store;
series, outcomes and answers in the store. Knows no network.
"""

from tracker.imports.answer_form import Respondent, answer_form
from tracker.imports.importing import import_file, void_account, write_template
from tracker.imports.kinds import KINDS
from tracker.imports.questions import parts_of, question_of
from tracker.imports.register import mirror
from tracker.imports.tasks import Imported

__all__ = [
    "KINDS",
    "Imported",
    "Respondent",
    "answer_form",
    "import_file",
    "mirror",
    "parts_of",
    "question_of",
    "void_account",
    "write_template",
]
