"""Named points at which a test can kill the process, as a power cut would, or hold it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENABLED = os.environ.get("TOO_CRASH_AT", "")

_watchers: list[Callable[[str], None]] = []


def hit(name: str) -> None:
    """Die here without a word if `TOO_CRASH_AT` says so; it is read once, at import.

    The variable is a comma-separated list of `name` or `name:probability`; it exists for the
    tests of recovery and does nothing where it is unset.
    """
    for watch in _watchers:
        watch(name)
    if not _ENABLED:
        return
    for entry in _ENABLED.split(","):
        wanted, _, chance = entry.partition(":")
        if wanted == name and random.random() < float(chance or 1):  # noqa: S311 - no secret
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def watched_by(watcher: Callable[[str], None]) -> Iterator[None]:
    """Have `watcher` called at each point, in its thread, until the block ends.

    It may hold the thread there, or end it by an exception.
    """
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)
