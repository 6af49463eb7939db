"""Local services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.too_marshal.deployment.senders.services import Services
from tests.too_marshal.deployment.senders.services import services as running_services


@pytest.fixture
def services() -> Iterator[Services]:
    with running_services() as running:
        yield running
