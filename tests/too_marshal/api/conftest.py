"""The same application as for the pages, called by programs with tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_person
from tests.too_marshal.web.conftest import (
    app,
    compiled_addresses,
    compiled_templates,
    engine,
    fresh_rules,
    pages,
    settings,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.base import now
from too_marshal.workflows.accounts.tokens import create_token

__all__ = [
    "app",
    "compiled_addresses",
    "compiled_templates",
    "engine",
    "fresh_rules",
    "pages",
    "settings",
]

Caller = Callable[[Role], FlaskClient]


@pytest.fixture
def caller(app: Flask, session: Session) -> Caller:
    """Makes a client that sends the token of a new person of some role."""

    def make(role: Role) -> FlaskClient:
        person = add_person(session, f"program-{role.name.lower()}", role)
        _, value = create_token(
            session, person, "tests", role, now() + timedelta(days=1), scopes=set(Scope)
        )
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {value}"
        return client

    return make


@pytest.fixture
def program(caller: Caller) -> FlaskClient:
    """A program that may do all but administer."""
    return caller(Role.APPROVER)
