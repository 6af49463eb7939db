"""A TCP proxy on loopback before a Kafka broker, which can be switched off and on again."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress


class KafkaProxy:
    """Stands before one broker, and in its place: what brokers say of their address is rewritten.

    Parameters
    ----------
    broker
        Host and port of the broker.
    """

    def __init__(self, broker: tuple[str, int]) -> None:
        self._broker = broker
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._is_on, self._is_closed = True, False
        self.refused = 0
        """Connections that came while it was off."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def address(self) -> str:
        """For a client's settings."""
        return f"127.0.0.1:{self.port}"

    def off(self) -> None:
        """Cut what is connected, and hang up on whoever comes."""
        with self._lock:
            self._is_on = False
            cut = list(self._sockets)
        for each in cut:
            self._cut(each)

    def on(self) -> None:
        """Let everybody through again."""
        with self._lock:
            self._is_on = True

    def close(self) -> None:
        """End it, with its threads."""
        self._is_closed = True
        self.off()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self._listener.close()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _start(self, target, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closed:
            client, _ = self._listener.accept()
            with self._lock:
                is_on = self._is_on
                if is_on:
                    server = socket.create_connection(self._broker)
                    self._sockets |= {client, server}
                else:
                    self.refused += 1
            if not is_on:
                self._cut(client)
                continue
            self._start(self._ask, client, server)
            self._start(self._answer, server, client)

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        self._end(client, server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while frame := _frame(server):
                client.sendall(self._rewritten(frame))
        self._end(client, server)

    def _end(self, *pair: socket.socket) -> None:
        with self._lock:
            self._sockets -= set(pair)
        for each in pair:
            self._cut(each)

    def _rewritten(self, frame: bytes) -> bytes:
        """Name our port where the broker names its own: both take four bytes behind the host."""
        host = self._broker[0].encode()
        return frame.replace(
            host + struct.pack(">i", self._broker[1]), host + struct.pack(">i", self.port)
        )

    @staticmethod
    def _cut(each: socket.socket) -> None:
        with suppress(OSError):
            # A reset, not a good-bye.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RDWR)
        each.close()


def _frame(source: socket.socket) -> bytes:
    """One answer: its length in four bytes, then that many; empty at the end."""
    head = _exactly(source, 4)
    return head and head + _exactly(source, struct.unpack(">i", head)[0])


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            return b""
        data += part
    return data
