"""A disposable PostgreSQL: one server a run, and for each test a database that is as if new."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from planners.skymaps.contours import contours
from planners.skymaps.remaining_map import multiorder_file
from planners.skymaps.skymap import SkyMap
from tests.camera_cells import cells_once
from tests.too_marshal.clocks import EVENING, running_from
from tests.too_marshal.databases import (
    CARE,
    TEMPLATE,
    Emptied,
    SchemaTouched,
    copy_of_template,
    named,
)
from tests.too_marshal.factories import QUICK_HASHER
from too_marshal.db.base import open_engine, session_factory
from too_marshal.deployment.oauth.provider import provider_at
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.accounts import people
from too_marshal.workflows.exposures import left
from too_marshal.workflows.localizations import map_reader
from too_marshal.workflows.rules.defaults import add_default_rules

__all__ = ["cells_once"]


class Databases:
    """One database for test after test."""

    def __init__(self, server_url: str, stack: ExitStack) -> None:
        self._server_url, self._stack = server_url, stack
        self._emptied: Emptied | None = None

    def ready(self) -> str:
        """URL of a database that is as if new; nobody else is connected to it."""
        if self._emptied is not None:
            try:
                self._emptied.empty()
            except SchemaTouched:
                self._emptied = None
        if self._emptied is None:
            emptied = Emptied(copy_of_template(self._server_url))
            self._emptied = self._stack.enter_context(closing(emptied))
        return self._emptied.url


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
            for name in CARE:
                connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
        engine = open_engine(named(url, TEMPLATE))
        migrate(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
        engine.dispose()
        admin.dispose()
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(server_url: str) -> Iterator[Databases]:
    """What gives a database to each test of this process."""
    with ExitStack() as stack:
        yield Databases(server_url, stack)


@pytest.fixture
def database_url(databases: Databases) -> str:
    """URL of a database in which nothing is but the schema and the default rules."""
    return databases.ready()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on the test's database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Session on the test's database."""
    with session_factory(engine)() as session:
        yield session


@pytest.fixture(autouse=True)
def providers_anew() -> None:
    """Ask each provider of identities anew: another test's may have stood at the same port."""
    provider_at.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def contours_once() -> Iterator[None]:
    """Draw the contours of each map once: many tests share a few maps, and drawing is slow.

    What `planners.skymaps.contours` draws is tested there.
    """
    drawn: dict[bytes, str] = {}

    def once(skymap: SkyMap) -> Any:
        key = hashlib.sha256(skymap.to_bytes()).digest()
        if key not in drawn:
            drawn[key] = json.dumps(contours(skymap))
        return json.loads(drawn[key])

    with patch.object(map_reader, "contours", once):
        yield


@pytest.fixture(scope="session", autouse=True)
def left_once() -> Iterator[None]:
    """Write what is left of the same map once: the process that does costs two seconds.

    What it writes, and that it is the same each time, is tested in
    `tests/planners/skymaps/test_remaining_map.py`.
    """
    written: dict[tuple[bytes, str], bytes] = {}

    def once(skymap: SkyMap, origin: str) -> bytes:
        key = hashlib.sha256(skymap.to_bytes()).digest(), origin
        if key not in written:
            written[key] = multiorder_file(skymap, origin)
        return written[key]

    with patch.object(left, "multiorder_file", once):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[PasswordHasher]:
    """Hash passwords with little memory: gives what the service hashes them with."""
    own = people._hasher
    with patch.object(people, "_hasher", QUICK_HASHER):
        yield own


@pytest.fixture
def evening() -> Iterator[None]:
    """It is the evening of `clocks` in this process, so that a plan is the same on every day."""
    with running_from(EVENING):
        yield
