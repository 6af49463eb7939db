"""One stage for all histories of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interleavings.stages import stage_on
from tests.interleavings.world import Stage
from tests.too_marshal.conftest import (  # noqa: F401 - fixtures
    database_url,
    databases,
    server_url,
)


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:  # noqa: F811 - the fixture
    """The database on which histories are played."""
    with stage_on(database_url) as stage:
        yield stage
