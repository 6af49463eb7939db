"""A stage in a database server of its own, for who plays without the test suite."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.interleavings.world import Stage
from tests.too_marshal.databases import CARE
from too_marshal.db.base import open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.rules.defaults import add_default_rules


@contextmanager
def stage_on(url: str) -> Iterator[Stage]:
    """The stage on a migrated database."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=10,
        # A step that waits for a row is a finding, and must not wait for ever.
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s"},
    )
    stage = Stage(engine)
    yield stage
    stage.questions.close()
    engine.dispose()


@contextmanager
def own_stage() -> Iterator[Stage]:
    """A stage on a server that is thrown away in the end."""
    folder = Path(tempfile.mkdtemp(prefix="interleavings-"))
    try:
        with embedded_database(folder) as url:
            engine = open_engine(url)
            migrate(engine)
            with session_factory(engine)() as session:
                add_default_rules(session)
                session.commit()
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in CARE:
                    connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            engine.dispose()
            with stage_on(url) as stage:
                yield stage
    finally:
        shutil.rmtree(folder, ignore_errors=True)
