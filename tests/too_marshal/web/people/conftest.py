"""The pages behind a real server, a real identity provider beside it, and people's browsers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from sqlalchemy import Engine
from werkzeug.serving import BaseWSGIServer

from tests.too_marshal.provider import CLIENT, SCOPE, SECRET, Browser, Provider, listener
from too_marshal.app import create_app
from too_marshal.deployment.identity_provider import ANSWER
from too_marshal.deployment.settings import Settings

Browsers = Callable[[], Browser]


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    """One for the whole run."""
    with closing(Provider()) as provider:
        yield provider


@pytest.fixture
def listening() -> Iterator[BaseWSGIServer]:
    """A server, before it has an application: its port is known."""
    server = listener("127.0.0.1")
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(listening: BaseWSGIServer) -> str:
    """Address of the pages."""
    return f"http://127.0.0.1:{listening.server_port}"


@pytest.fixture
def provider(running_provider: Provider, site: str) -> Provider:
    """It knows this deployment, and nobody so far."""
    running_provider.forget()
    running_provider.register(f"{site}{ANSWER}")
    return running_provider


@pytest.fixture
def by_provider(settings: Settings, site: str) -> Callable[..., Settings]:
    """Settings of a deployment whose people log in at some provider."""

    def make(issuer: str, **values: str) -> Settings:
        return replace(
            settings, public_url=site, oidc_issuer=issuer, oidc_client_id=CLIENT,
            oidc_client_secret=SECRET, oidc_title="The Institute", oidc_scope=SCOPE,
            oidc_roles="groups: too-admins=admin, too-observers=observer", **values,
        )  # fmt: skip

    return make


@pytest.fixture
def serve(
    listening: BaseWSGIServer, engine: Engine, compiled_templates: BytecodeCache
) -> Callable[[Settings], Flask]:
    """Has the server serve a deployment."""

    def make(settings: Settings) -> Flask:
        app = create_app(settings, engine)
        app.config["WTF_CSRF_ENABLED"] = False
        app.jinja_env.bytecode_cache = compiled_templates
        listening.app = app
        return app

    return make


@pytest.fixture
def browsers(site: str) -> Iterator[Browsers]:
    """Makes browsers, each with cookies of its own."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Browser(site)))
