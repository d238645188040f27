"""How alembic runs our migrations: on the connection and inside the transaction that the store
opened.
"""

from alembic import context
from sqlalchemy import Connection

from tracker.models import Row, views


def migrate(connection: Connection) -> None:
    """Run the missing migrations between dropping and making the views, which would stand in a
    table's way.
    """
    views.drop_views(connection)
    context.configure(connection=connection, target_metadata=Row.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    views.create_views(connection)


migrate(context.config.attributes["connection"])
