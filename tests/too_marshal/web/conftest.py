"""The application over a fresh database, and browsers of people who are logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine, delete, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.too_marshal.databases import Emptied, copy_of_template
from tests.too_marshal.factories import add_person
from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import open_engine
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.rules.defaults import add_default_rules

Visitor = Callable[[Role | None], FlaskClient]


@pytest.fixture(scope="session")
def pages(server_url: str) -> Iterator[tuple[Emptied, Engine]]:
    """One database, and one engine on it, for all tests of pages."""
    with closing(Emptied(copy_of_template(server_url))) as emptied:
        engine = open_engine(emptied.url)
        yield emptied, engine
        engine.dispose()


@pytest.fixture
def engine(pages: tuple[Emptied, Engine]) -> Engine:
    """Engine on a database in which nothing is but the default rules."""
    emptied, engine = pages
    emptied.empty(alone=False)
    return engine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with a simulated robot; nobody listens at its address."""
    return Settings(
        data_dir=tmp_path,
        secret_key="a key for tests",
        robots={
            "ZTF": {
                "url": "http://127.0.0.1:9",
                "simulated": True,
                "program": "Partnership",
                "pi": "too-marshal",
            }
        },
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once a run, not once a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def compiled_addresses() -> Iterator[None]:
    """What writes the address of a route is compiled once a run, not once a test.

    It takes the route's own converters from the route itself, so that equal routes may share it.
    """
    compiled: dict[tuple[object, ...], Any] = {}
    compile_one = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002 - as werkzeug's
        key = (rule.rule, repr(rule.defaults), tuple(rule._trace), append_unknown)
        if key not in compiled:
            compiled[key] = compile_one(rule, append_unknown)
        return compiled[key]

    with patch.object(Rule, "_compile_builder", once):
        yield


@pytest.fixture
def app(
    settings: Settings,
    engine: Engine,
    compiled_templates: BytecodeCache,
    compiled_addresses: None,  # noqa: ARG001 - patches
) -> Flask:
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
def approver(visitor: Visitor) -> FlaskClient:
    return visitor(Role.APPROVER)


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
