"""Slow clients: they hold a connection each, and neither a thread nor the pages of the others."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask, request

from tests.too_marshal.commands.test_web import serving
from too_marshal.http import connections

SLOW_CLIENTS = 200
MAX_ANSWER_SECONDS = 1.0


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[str]:
    """Of the real web process."""
    with serving(database_url, tmp_path) as (_, address):
        urllib.request.urlopen(f"{address}/healthz").close()  # the first answer warms it up
        yield address


def half_open(stack: ExitStack, address: str, beginning: bytes) -> socket.socket:
    parts = urlsplit(address)
    client = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=30))
    client.sendall(beginning)
    return client


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: marsh",
        b"POST /login HTTP/1.1\r\nHost: marshal\r\nContent-Length: 900000\r\n\r\nusername=",
    ],
    ids=("nothing said", "half a header", "half a body"),
)
def test_two_hundred_slow_clients_keep_nobody_waiting(address: str, beginning: bytes):
    with ExitStack() as stack:
        slow = [half_open(stack, address, beginning) for _ in range(SLOW_CLIENTS)]
        for page in ("/healthz", "/login"):
            begun = time.monotonic()
            with urllib.request.urlopen(f"{address}{page}", timeout=30) as answer:
                assert answer.status == 200
            assert time.monotonic() - begun < MAX_ANSWER_SECONDS
        for client in slow:
            client.settimeout(0)
            with pytest.raises(BlockingIOError):  # they were there all the time
                client.recv(1)


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application from a thread of this process."""
    servers = []

    def start(app: Flask) -> str:
        server = connections.create_server(app, host="127.0.0.1", port=0, threads=2)
        thread = threading.Thread(target=server.run)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield start
    for server, thread in servers:
        server.asyncore.close_all(server._map)
        server.task_dispatcher.shutdown()
        thread.join(30)
        assert not thread.is_alive()


def echo() -> Flask:
    app = Flask("echo")

    @app.route("/", methods=["GET", "POST"])
    def body() -> bytes:
        return request.get_data()

    return app


@pytest.mark.parametrize(
    ("limit", "beginning", "drop"),
    [
        ("MAX_HEADER_SECONDS", b"GET / HTTP/1.1\r\nHost: ", b"m"),
        ("MAX_REQUEST_SECONDS", b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n", b"b"),
    ],
)
def test_a_request_that_comes_drop_by_drop_is_ended(
    serve, monkeypatch: pytest.MonkeyPatch, limit: str, beginning: bytes, drop: bytes
):
    monkeypatch.setattr(connections, limit, 0.5)
    with ExitStack() as stack:
        client = half_open(stack, serve(echo()), beginning)
        client.settimeout(0.05)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                client.sendall(drop)
                if client.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    raise AssertionError("it was never closed, though a byte came now and then")


def test_who_says_all_of_it_in_time_is_answered_however_slowly(
    serve, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 30.0)
    with ExitStack() as stack:
        client = half_open(stack, serve(echo()), b"POST / HTTP/1.1\r\nContent-Le")
        client.sendall(b"ngth: 4\r\nConnection: close\r\n\r\nma")
        client.sendall(b"ps")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"maps")


def test_a_live_stream_is_not_taken_for_a_slow_request(serve, monkeypatch: pytest.MonkeyPatch):
    """What is being answered may take longer than any request may."""
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 0.0)
    monkeypatch.setattr(connections, "MAX_REQUEST_SECONDS", 0.0)
    app, go_on = Flask("stream"), threading.Event()

    def stream() -> Iterator[bytes]:
        yield b"first"
        go_on.wait(30)
        yield b"last"

    app.add_url_rule("/", view_func=lambda: app.response_class(stream()))
    with ExitStack() as stack:
        client = half_open(
            stack, serve(app), b"GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP"
        )
        received = b""
        while b"first" not in received:
            received += client.recv(4096)
        go_on.set()
        received += b"".join(iter(lambda: client.recv(4096), b""))
    assert b"last" in received
