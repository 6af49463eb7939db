"""Alembic's environment: the database that the settings name, or the connection it is handed."""

from alembic import context
from sqlalchemy import Connection

from too_marshal.db import Base
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import open_database


def is_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave procrastinate's tables to its own schema, applied in the first migration."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=is_ours)
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    migrate(connection)
else:
    with open_database(Settings.from_environ()) as engine, engine.connect() as own:
        migrate(own)
