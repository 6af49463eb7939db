"""A client of a provider that does as it is told by the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.too_marshal.hostile import CLIENT, SECRET, Hostile
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.provider import Provider


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    with closing(Hostile()) as hostile:
        yield hostile


@pytest.fixture
def client(hostile: Hostile) -> Client:
    here = "http://127.0.0.1:8000/answer"
    return Client(Provider(hostile.issuer), CLIENT, SECRET, "openid profile", here)
