"""One HTTP exchange with a robot, and an honest account of how it failed.

The line that matters is the moment the whole message is on its way. A failure before it means
that no robot can have acted: half of a message, whose length is told at its beginning, is none
(`QueueUnreachable`). A failure after it, while something was being changed, means that the
message may have arrived (`QueueUnconfirmed`). `http.client` shows that line; it also follows no
redirect and reads no proxy or netrc from the environment.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from astropy import units as u

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.deadlines import cut_off, shut

READS = frozenset({"GET", "HEAD"})
"""Methods that change nothing: they can always be repeated."""


@dataclass(frozen=True)
class HTTPAnswer:
    """A complete answer."""

    status: int
    """Status code."""

    reason: str
    """Reason phrase."""

    headers: Mapping[str, str]
    """Header fields, names in lower case."""

    body: bytes
    """Body, whole."""

    @property
    def message(self) -> str:
        """Status and body word for word, cut at 2000 characters."""
        wait = self.headers.get("retry-after")
        later = f" (retry after {wait})" if wait else ""
        text = self.body.decode(errors="replace").strip()[:2000]
        line = f"{self.status} {self.reason}{later}"
        return f"{line}: {text}" if text else line

    def expect(self) -> HTTPAnswer:
        """Return itself if it answers a question.

        Raises
        ------
        QueueRefused
            If the service said no.
        QueueUnreachable
            If it could not answer.
        """
        if self.status == 200:
            return self
        if 300 <= self.status < 500:
            raise QueueRefused(self.message)
        raise QueueUnreachable(self.message)

    def json(self) -> Any:
        """Decode the body.

        Raises
        ------
        QueueUnreachable
            If it is not JSON: a log-in page or a proxy has answered for the robot.
        """
        try:
            return json.loads(self.body)
        except ValueError as err:
            raise QueueUnreachable(f"the answer is not JSON: {self.message[:200]}") from err


def checked_address(url: str) -> str:
    """Return the address of a service.

    Raises
    ------
    ValueError
        If it cannot be meant. The message does not hold it, since a credential may be in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("not an HTTP address")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong in the address")
    return url


@dataclass(frozen=True)
class HTTPTransport:
    """Speaks HTTP to one service."""

    url: str
    """Root of the service, such as ``http://127.0.0.1:9999``."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each request; may hold a credential, hence not shown."""

    timeout: u.Quantity[u.physical.time] = 10 * u.s
    """Longest silence of the peer."""

    deadline: u.Quantity[u.physical.time] = 30 * u.s
    """Longest exchange, whatever the peer does (name resolution excepted)."""

    largest_answer: int = 32 * 2**20
    """Longest body that is read, bytes."""

    addresses: tuple[str, ...] = ()
    """Numeric addresses to connect to, tried in turn, where the caller has looked the host up and
    checked what it leads to; empty: the system looks it up."""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be meant."""
        checked_address(self.url)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        content_type: str = "application/json",
    ) -> HTTPAnswer:
        """Send one request and read the whole answer, whatever its status.

        Parameters
        ----------
        method, path
            Method, and the path below `url`.
        query
            Appended to the path.
        body
            Sent as UTF-8.
        content_type
            Of the body.

        Raises
        ------
        QueueUnreachable
            If the message was not sent whole, or if `method` changes nothing.
        QueueUnconfirmed
            If the connection failed after that, for a method that changes something.
        """
        connection = self._connect()
        lost: type[QueueUnreachable | QueueUnconfirmed] = QueueUnreachable
        target = urlsplit(self.url).path.rstrip("/") + path
        headers = {"Accept": "application/json", "Connection": "close", **self.headers}
        if query:
            target += "?" + urlencode(query)
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            with _within(connection, self.deadline.to_value(u.s)):
                connection.request(method, target, None if body is None else body.encode(), headers)
                if method not in READS:
                    lost = QueueUnconfirmed
                with connection.getresponse() as response:
                    return self._read(response)
        except (OSError, http.client.HTTPException, _TooLong) as err:
            raise lost(f"{method} {self.url}{path} was lost: {_name(err)}") from err
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        """Open the connection; nothing of the request is sent."""
        parts = urlsplit(self.url)
        silence = self.timeout.to_value(u.s)
        host = parts.hostname or ""
        connection = (
            http.client.HTTPSConnection(
                host, parts.port, timeout=silence, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=silence)
        )
        try:
            if self.addresses:
                connection.sock = self._reach(connection)
            else:
                connection.connect()
        except OSError as err:
            connection.close()
            raise QueueUnreachable(f"no connection to {self.url}: {_name(err)}") from err
        return connection

    def _reach(self, connection: http.client.HTTPConnection) -> socket.socket:
        """Connect to one of the checked addresses, which must prove to be the named host."""
        plain = _first_of(self.addresses, connection.port, self.timeout.to_value(u.s))
        if not isinstance(connection, http.client.HTTPSConnection):
            return plain
        try:
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=connection.host)
        except BaseException:
            plain.close()
            raise

    def _read(self, response: http.client.HTTPResponse) -> HTTPAnswer:
        """Read the body up to the limit."""
        body = response.read(self.largest_answer + 1)
        if len(body) > self.largest_answer:
            raise _TooLong(f"an answer of more than {self.largest_answer} bytes")
        # With an explicit amount, `read` does not itself notice a body cut short.
        if response.length:
            raise http.client.IncompleteRead(body, response.length)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return HTTPAnswer(response.status, response.reason, headers, body)


def _first_of(addresses: tuple[str, ...], port: int, silence: float) -> socket.socket:
    """Connection to the first address that takes one."""
    *others, last = addresses
    for address in others:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), silence)
    return socket.create_connection((last, port), silence)


class _TooLong(Exception):
    """The answer exceeds the limit."""


def _name(err: Exception) -> str:
    """One line for a person."""
    return f"{type(err).__name__}: {err}" if str(err) else type(err).__name__


@contextlib.contextmanager
def _within(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Have an exchange end by then, and say that it was the time if it does."""
    started = time.monotonic()
    peer = connection.sock
    with cut_off(lambda: shut(peer), seconds) as is_over:
        try:
            yield
        except (OSError, http.client.HTTPException) as err:
            if is_over():
                elapsed = time.monotonic() - started
                raise TimeoutError(f"no complete answer after {elapsed:.1f} s") from err
            raise
        if is_over():
            raise TimeoutError(f"no complete answer after {seconds:.1f} s")


def basic_authorization(username: str, password: str) -> dict[str, str]:
    """Header of RFC 7617."""
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}
