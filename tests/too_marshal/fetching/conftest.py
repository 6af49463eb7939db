"""A server on loopback and a fetcher that may ask it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.too_marshal.fetching.server import (
    LOOPBACK,
    NAMES,
    WebServer,
    make_certificate,
    web_server,
)
from too_marshal.fetching.fetcher import Fetcher, Limits


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate) -> Iterator[WebServer]:
    with web_server(certificate) as running:
        yield running


@pytest.fixture
def make_fetcher(server, certificate) -> Callable[..., Fetcher]:
    """A fetcher of the test's own network: two names, one port, and loopback as if public."""

    def make(**options) -> Fetcher:
        values = {
            "ports": (server.port,),
            "context": ssl.create_default_context(cafile=str(certificate)),
            "lookup": lambda _host, _port: [LOOPBACK],
            "allowed": lambda address: address == LOOPBACK,
            "limits": Limits(size=100_000, seconds=2.0, silence=1.0),
        }
        return Fetcher(NAMES, **(values | options))

    return make
