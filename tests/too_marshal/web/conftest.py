"""The application over a fresh database, and browsers of people who are logged in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_person
from too_marshal.app import create_app
from too_marshal.db.people import Role
from too_marshal.settings import Settings
from too_marshal.workflows.people import open_session

Visitor = Callable[[Role | None], FlaskClient]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with a simulated robot; nobody listens at its address."""
    return Settings(
        data_dir=tmp_path,
        secret_key="a key for tests",
        ztf_url="http://127.0.0.1:9",
        ztf_simulated=True,
    )


@pytest.fixture
def app(settings: Settings, engine: Engine) -> Flask:
    """The application; forms need no token here, and tests/too_marshal/web/test_auth.py says
    that they need one there."""
    app = create_app(settings, engine)
    app.config["WTF_CSRF_ENABLED"] = False
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
