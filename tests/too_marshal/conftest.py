"""A disposable PostgreSQL: one server a run, one fresh database a test."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import EVENING, running_from
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.defaults import add_default_rules
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database

TEMPLATE = "marshal_template"


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """URL of a running server that holds a migrated template database."""
    folder = Path(tempfile.mkdtemp(prefix="marshal-tests-"))
    with embedded_database(folder) as url:
        admin = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            # Only this run's data are at stake, and they are thrown away.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
        engine = open_engine(_named(url, TEMPLATE))
        migrate(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
        engine.dispose()
        admin.dispose()
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """URL of a fresh database with the schema and the default rules."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield _named(server_url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on the fresh database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Session on the fresh database."""
    with session_factory(engine)() as session:
        yield session


@pytest.fixture
def evening() -> Iterator[None]:
    """It is the evening of `clocks` in this process, so that a plan is the same on every day."""
    with running_from(EVENING):
        yield
