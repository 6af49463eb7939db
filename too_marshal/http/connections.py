"""How long a connection may take to say what it wants: the web server's guard against slow clients.

waitress reads every connection in one loop, so that a request that comes in drop by drop holds no
thread; but it holds a place, and by itself waitress lets go of it only after two minutes without
a byte. Whoever sends one byte a minute would keep it for ever.
"""

from __future__ import annotations

import time
from typing import Any

import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

MAX_CONNECTIONS = 800
"""Open at a time; more wait to be accepted. A process may usually open 1024 files."""

MAX_HEADER_SECONDS = 20.0
"""From the first byte of a request to the end of its headers."""

MAX_REQUEST_SECONDS = 300.0
"""From the first byte of a request to the last of its body: a sky map on a slow line."""

MAX_HEADER_SIZE = 65_536
"""Bytes of a request's headers: what all connections together may make the server keep."""

IDLE_SECONDS = 60
"""Without a request and without a byte, a connection is closed."""


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress says no types
    """A connection that is closed when it does not finish saying what it wants."""

    _begun_at = 0.0

    def received(self, data: bytes) -> bool:
        """Note when a request begins."""
        before = self.request
        is_taken: bool = super().received(data)
        if self.request is not before:
            self._begun_at = time.monotonic()
        return is_taken

    def readable(self) -> bool:
        """Close what is too late; asked in every turn of the loop, once a second at the least."""
        # What is being answered may take its time, as a live stream does.
        if not self.requests and self._is_late():
            self.will_close = True
        is_readable: bool = super().readable()
        return is_readable

    def _is_late(self) -> bool:
        request = self.request
        if request is None:
            return False
        limit = MAX_REQUEST_SECONDS if request.headers_finished else MAX_HEADER_SECONDS
        return time.monotonic() - self._begun_at > limit


def create_server(app: Flask, **adjustments: Any) -> Any:
    """Make a server of waitress's that slow clients cannot fill.

    Parameters
    ----------
    app
        What it serves.
    **adjustments
        As for `waitress.create_server`.

    Raises
    ------
    OSError
        If the address cannot be used.
    """
    sockets: dict[int, object] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        connection_limit=MAX_CONNECTIONS,
        # `select` knows no file beyond the 1024th.
        asyncore_use_poll=True,
        max_request_header_size=MAX_HEADER_SIZE,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=10,
        **adjustments,
    )
    # One for each address of the host's name.
    for each in sockets.values():
        if isinstance(each, BaseWSGIServer):
            each.channel_class = Channel
    return server
