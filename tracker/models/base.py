"""The one metadata all tables share, with names for every constraint, and the column types that
both databases keep.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Integer, MetaData
from sqlmodel import SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

ID = BigInteger().with_variant(Integer, "sqlite")
"""A whole-number key: SQLite makes only `INTEGER PRIMARY KEY` the row's own address."""

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""The rows lie in the order of their key (`WITHOUT ROWID`): a third of the bytes of an ordinary
table.
"""


class Row(SQLModel):
    """The parent of every table class; only the store makes rows, so table classes do not
    validate.
    """

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)
