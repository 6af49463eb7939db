"""How a caller stops a planner that would go on for minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Result = TypeVar("Result")


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


def stoppable_map(work: Callable[..., Result], *arguments: Iterable[Any]) -> list[Result]:
    """Do work at once, in a thread for each set of arguments.

    Whatever ends the wait for it, Ctrl-C also, tells the threads to stop before they are waited
    for: they may have started processes that a terminal's signals do not reach.

    Parameters
    ----------
    work
        Its first argument says whether to stop; the others are of `arguments`.
    *arguments
        One iterable for each further argument.
    """
    is_stopped, is_left = stop_source(), threading.Event()

    def is_over() -> bool:
        return is_left.is_set() or is_stopped()

    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(work, is_over, *each) for each in zip(*arguments, strict=True)]
        try:
            return [future.result() for future in futures]
        except BaseException:
            is_left.set()
            raise
