"""Takes the messages that people are sent by webhook, and keeps when each came."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Arrival:
    """A message as it came, whether or not its sender lived to see the answer."""

    person: str
    key: str
    subject: str
    acknowledge: str
    at: float
    """Unix time."""


class Receiver(ThreadingHTTPServer):
    """Each person has the path of their name; what has come is kept before it is answered."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.delay = delay
        self.arrived: list[Arrival] = []

    def address(self, person: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{person}"

    def doubled(self) -> list[str]:
        """Keys that came more than once."""
        keys = Counter(arrival.key for arrival in list(self.arrived))
        return [key for key, times in keys.items() if times > 1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Senders are killed: that they hang up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        at = time.time()
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        person = self.path.removeprefix("/")
        given = (message[name] for name in ("key", "subject", "acknowledge"))
        self.server.arrived.append(Arrival(person, *given, at))
        time.sleep(self.server.delay)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(delay: float = 0.0) -> Iterator[Receiver]:
    """Receive until the block ends, answering so many seconds after a message has come."""
    server = Receiver(delay)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
