"""The HTTP server that every simulated robot stands behind, with its faults.

The paths under ``/simulator`` are no part of any real service. They answer to the
loopback interface only:

========  ===================  ==========================================================
method    path                 meaning
========  ===================  ==========================================================
GET       /simulator           clock, queues, exposures and faults in waiting
POST      /simulator/clock     ``{"now": ISO UTC or MJD, "rate": float}``, either or both
POST      /simulator/fault     a `telescopes.simulators.faults.Fault` as JSON
DELETE    /simulator/fault     forget the faults in waiting and let go of what hangs
========  ===================  ==========================================================
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from telescopes.simulators.faults import Fault, FaultKind, Faults

MAX_REQUEST_SIZE = 8 * 2**20
"""Bytes of body that are read."""

LOGIN_PAGE = b"<!DOCTYPE html><html><title>Sign in</title><p>Please sign in.</p></html>"


@dataclass(frozen=True)
class Request:
    """One request as the robot sees it."""

    method: str
    """Method."""

    path: str
    """Path without query."""

    query: Mapping[str, str]
    """First value of each parameter."""

    headers: Mapping[str, str]
    """Header fields, names in lower case."""

    body: bytes
    """Body."""

    def json(self) -> Any:
        """Decode the body; ValueError if it is not JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the robot says."""

    status: int
    """Status code."""

    body: bytes = b""
    """Body."""

    content_type: str = "text/plain; charset=utf-8"
    """Of the body."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Further header fields."""

    @classmethod
    def text(cls, status: int, text: str) -> Answer:
        """Plain text."""
        return cls(status, text.encode())

    @classmethod
    def json(cls, status: int, value: Any) -> Answer:
        """JSON."""
        return cls(status, json.dumps(value).encode(), "application/json; charset=utf-8")


class Robot(Protocol):
    """What stands behind the server."""

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock; ValueError if that makes no sense."""


class SimulatorServer(ThreadingHTTPServer):
    """Serves one robot; requests reach it one at a time."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], robot: Robot) -> None:
        super().__init__(address, _Handler)
        self.robot = robot
        self.faults = Faults()
        self.turn = threading.Lock()

    @property
    def url(self) -> str:
        """Root of the service."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where a peer hangs up, as the tests' peers do; else as usual."""
        import sys  # noqa: PLC0415 - only on this path

        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def running(robot: Robot, port: int = 0) -> Iterator[SimulatorServer]:
    """Serve `robot` on the loopback interface in a thread until the block ends."""
    server = SimulatorServer(("127.0.0.1", port), robot)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.faults.clear()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, meets its fault, lets the robot act."""

    server: SimulatorServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_REQUEST_SIZE:
            self._send(Answer.text(413, "too large"))
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            {name: values[0] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        if request.path == "/simulator" or request.path.startswith("/simulator/"):
            self._send(self._administer(request))
            return
        fault = self.server.faults.take(request.method, request.path)
        if fault is None:
            self._send(self._act(request))
        else:
            _inject_fault(self, request, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - names set by http.server

    def _act(self, request: Request) -> Answer:
        with self.server.turn:
            return self.server.robot.answer(request)

    def _administer(self, request: Request) -> Answer:  # noqa: PLR0911 - one return a route
        if not ipaddress.ip_address(self.client_address[0]).is_loopback:
            return Answer.text(403, "the simulator is set from its own machine only")
        robot, faults = self.server.robot, self.server.faults
        try:
            match request.method, request.path:
                case "GET", "/simulator":
                    with self.server.turn:
                        state = robot.describe()
                    return Answer.json(
                        200, {**state, "faults": [asdict(fault) for fault in faults.waiting()]}
                    )
                case "POST", "/simulator/clock":
                    message = request.json()
                    with self.server.turn:
                        robot.set_clock(message.get("now"), message.get("rate"))
                        return Answer.json(200, robot.describe())
                case "POST", "/simulator/fault":
                    faults.add(Fault.from_message(request.json()))
                    return Answer.json(201, {})
                case "DELETE", "/simulator/fault":
                    faults.clear()
                    return Answer.json(200, {})
                case _:
                    return Answer.text(404, "no such path")
        except (ValueError, TypeError, AttributeError) as err:
            return Answer.text(400, str(err))

    def _send(self, answer: Answer, cut: int | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:cut])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Write no log: the marshal keeps its own."""


def _inject_fault(handler: _Handler, request: Request, fault: Fault) -> None:
    """Let `fault` happen to `request`."""
    handler.close_connection = True
    failure = Answer(fault.status, fault.body.encode(), headers=fault.headers)
    match fault.kind:
        case FaultKind.STATUS:
            handler._send(failure)  # noqa: SLF001 - one object in two parts
        case FaultKind.HTML:
            handler._send(Answer(200, LOGIN_PAGE, "text/html"))  # noqa: SLF001 - as above
        case FaultKind.HANG:
            handler.server.faults.released.wait(fault.seconds)
        case FaultKind.LATE:
            handler.server.faults.released.wait(fault.seconds)
            handler._act(request)  # noqa: SLF001 - as above
        case FaultKind.RESET:
            _reset(handler)
        case FaultKind.HALF:
            handler._send(handler._act(handler.server.robot.truncated(request)))  # noqa: SLF001 - as above
        case _:
            _befall_after(handler, handler._act(request), failure, fault)  # noqa: SLF001 - as above


def _befall_after(handler: _Handler, answer: Answer, failure: Answer, fault: Fault) -> None:
    """Let `fault` happen once the robot has acted."""
    released = handler.server.faults.released
    match fault.kind:
        case FaultKind.ACCEPT_THEN_HANG:
            released.wait(fault.seconds)
        case FaultKind.ACCEPT_THEN_RESET:
            _reset(handler)
        case FaultKind.ACCEPT_THEN_STATUS:
            handler._send(failure)  # noqa: SLF001 - one object in two parts
        case FaultKind.TRUNCATED:
            # Even an answer without a body must break off somewhere.
            whole = answer if answer.body else Answer(answer.status, b"{}", answer.content_type)
            handler._send(whole, cut=len(whole.body) // 2)  # noqa: SLF001 - as above
        case FaultKind.DRIP:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not released.wait(0.02):
                handler.wfile.write(b"z")
        case FaultKind.ENDLESS:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while not released.is_set():
                handler.wfile.write(b" " * 65536)


def _reset(handler: _Handler) -> None:
    """Close with a TCP reset instead of an orderly end."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The handler's files hold the socket open; the reset goes out with the last of them.
    handler.rfile.close()
    handler.connection.close()
