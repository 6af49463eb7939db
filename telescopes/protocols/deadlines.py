"""A hard end for what waits on a socket: a peer that drips bytes never trips a time-out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def cut_off(cut: Callable[[], None], seconds: float) -> Iterator[Callable[[], bool]]:
    """Cut something off unless the block has ended by then.

    Parameters
    ----------
    cut
        Called once, from another thread.
    seconds
        From now on; at once if not positive.

    Yields
    ------
    callable
        Whether the time is over.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        cut()

    timer = threading.Timer(max(0.0, seconds), end)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()


def shut(peer: socket.socket) -> None:
    """End whatever a socket is waiting for, and let nothing more pass."""
    with contextlib.suppress(OSError):
        # That of the plain socket: TLS would first exchange farewells.
        socket.socket.shutdown(peer, socket.SHUT_RDWR)
