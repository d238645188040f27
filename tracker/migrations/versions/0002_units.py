"""Answers and editions belong to a unit: a locality, or an agency where agencies answer."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the key; SQLite and PostgreSQL do it in place, without rebuilding the table."""
    for table in ("answer", "edition"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN locality_id TO unit_id")
