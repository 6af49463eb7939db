"""How a caller stops a planner that would go on for minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Stopped(RuntimeError):
    """The caller wanted no plan any more."""


def _never() -> bool:
    return False


_source: ContextVar[Callable[[], bool]] = ContextVar("source", default=_never)


@contextmanager
def stopped_when(source: Callable[[], bool]) -> Iterator[None]:
    """Let planners in this block end with `Stopped` once `source` says so.

    It is asked about once a second, in any thread, by those planners that can be stopped.
    """
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def stop_source() -> Callable[[], bool]:
    """What says whether to stop; a planner hands it to the threads that it starts."""
    return _source.get()
