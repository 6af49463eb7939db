"""The application over a fresh database, and browsers of people who are logged in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine, create_engine, delete, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from tests.too_marshal.conftest import TEMPLATE
from tests.too_marshal.factories import add_person
from too_marshal.app import create_app
from too_marshal.db.base import Base, open_engine
from too_marshal.db.defaults import add_default_rules
from too_marshal.db.people import Role
from too_marshal.db.plans import PlanRule
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.accounts.login import open_session

QUEUE = ("procrastinate_events", "procrastinate_jobs", "procrastinate_workers")

Visitor = Callable[[Role | None], FlaskClient]


@pytest.fixture(scope="session")
def shared_engine(server_url: str) -> Iterator[Engine]:
    """Engine on one database for all tests of pages: hundreds of fresh ones take minutes."""
    name = f"pages_{uuid.uuid4().hex[:12]}"
    server = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    engine = open_engine(server.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Engine on a database in which nothing is but the default rules."""
    names = [table.name for table in Base.metadata.tables.values() if table.name != "plan_rule"]
    # Far quicker than TRUNCATE, which makes new files for every table and index.
    statements = [f'DELETE FROM "{name}"' for name in (*names, *QUEUE)]
    with shared_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("; ".join(statements)))
        connection.execute(
            text(
                "SELECT setval(oid::regclass, 1, false) FROM pg_class"
                " WHERE relkind = 'S' AND relname <> 'plan_rule_id_seq'"
            )
        )
    return shared_engine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with a simulated robot; nobody listens at its address."""
    return Settings(
        data_dir=tmp_path,
        secret_key="a key for tests",
        ztf_url="http://127.0.0.1:9",
        ztf_simulated=True,
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once a run, not once a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, engine: Engine, compiled_templates: BytecodeCache) -> Flask:
    """The application; forms need no token here, and tests/too_marshal/web/test_auth.py says
    that they need one there."""
    app = create_app(settings, engine)
    app.config["WTF_CSRF_ENABLED"] = False
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def visitor(app: Flask, session: Session) -> Visitor:
    """Makes a browser in which a new person of some role, or nobody, is logged in."""

    def make(role: Role | None) -> FlaskClient:
        client = app.test_client()
        if role is not None:
            person = add_person(session, role.name.lower(), role)
            client.set_cookie("toom_session", open_session(session, person))
        return client

    return make


@pytest.fixture
def viewer(visitor: Visitor) -> FlaskClient:
    return visitor(Role.VIEWER)


@pytest.fixture
def observer(visitor: Visitor) -> FlaskClient:
    return visitor(Role.OBSERVER)


@pytest.fixture
def admin(visitor: Visitor) -> FlaskClient:
    return visitor(Role.ADMIN)


@pytest.fixture
def fresh_rules(session: Session) -> Iterator[None]:
    """The rules are the shipped ones, before and after."""
    _reset_rules(session)
    yield
    session.rollback()
    _reset_rules(session)


def _reset_rules(session: Session) -> None:
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(delete(PlanRule))
    add_default_rules(session)
    session.commit()
