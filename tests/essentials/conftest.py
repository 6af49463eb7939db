"""The small cases of `tests/data`, all of our own making, and a database: no corpus is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.too_marshal.conftest import (
    contours_once,
    database_url,
    databases,
    engine,
    server_url,
    session,
)

__all__ = ["contours_once", "database_url", "databases", "engine", "server_url", "session"]

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="session")
def case() -> Callable[[str], bytes]:
    """Bytes of a file by its path in `tests/data`."""
    return lambda path: (DATA / path).read_bytes()
