"""The time of the service. Whoever replays or tests it can give it a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _of_the_machine() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _of_the_machine


def now() -> datetime:
    """The present, UTC-aware."""
    return _source()


@contextmanager
def kept_by(source: Callable[[], datetime]) -> Iterator[None]:
    """Let `source` tell the time, in this process, until the block ends."""
    global _source  # noqa: PLW0603 - there is one present
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
