"""One stage for all histories of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests.interleavings.world import Stage
from tests.too_marshal.conftest import (  # noqa: F401 - fixtures
    database_url,
    server_url,
)


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:  # noqa: F811 - the fixture
    """The database on which histories are played."""
    engine = create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        pool_size=10,
        # A step that waits for a row is a finding, and must not wait for ever.
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s"},
    )
    stage = Stage(engine)
    yield stage
    stage.questions.close()
    engine.dispose()
