"""One GET over https: to a checked address, within limits of time, size and rate."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urljoin

from telescopes.protocols.deadlines import cut_off, shut
from too_marshal.deployment.addresses import Lookup, is_global, look_up
from too_marshal.fetching.addresses import (
    FetchFailed,
    FetchRefused,
    Target,
    check_url,
    resolve,
)

MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (400, 405, 406, 414, 451, 501, 505)
"""Answers that will not change; a 404 will, once the map has been made, and so may a 403."""
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """What one fetch may cost."""

    size: int = 64 << 20
    """Bytes."""

    seconds: float = 60.0
    """From the look-up of the name to the last byte, redirects included."""

    silence: float = 10.0
    """Seconds without a byte."""

    rate: float = 20_000.0
    """Least mean rate, bytes per second, once `silence` seconds have passed."""


@dataclass(frozen=True)
class Fetched:
    """A file that came whole."""

    content: bytes
    """Its bytes."""

    url: str
    """Where it came from after redirects."""


class Fetcher:
    """Fetches files by https from the hosts of a list.

    Parameters
    ----------
    hosts
        Names that may be asked; all else is refused.
    ports
        Ports that may be asked.
    limits
        Of each fetch.
    context
        TLS settings; the system's authorities if None.
    lookup, allowed
        How names become addresses, and which of these may be connected to; for tests.
    """

    def __init__(  # noqa: PLR0913 - tests bring their own network
        self,
        hosts: Collection[str],
        *,
        ports: Collection[int] = (443,),
        limits: Limits | None = None,
        context: ssl.SSLContext | None = None,
        lookup: Lookup = look_up,
        allowed: Callable[[str], bool] = is_global,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._ports = frozenset(ports)
        self._limits = limits or Limits()
        self._context = context or ssl.create_default_context()
        self._lookup = lookup
        self._allowed = allowed

    def fetch(self, url: str) -> Fetched:
        """Fetch a file.

        Raises
        ------
        FetchRefused
            If the URL, a redirect, an address or the answer is one that we do not accept.
        FetchFailed
            If it did not come; it may later.
        """
        deadline = time.monotonic() + self._limits.seconds
        for _ in range(MAX_REDIRECTS + 1):
            target = check_url(url, self._hosts, self._ports)
            address = resolve(target, self._lookup, self._allowed)
            answer = self._get(target, address, deadline)
            if isinstance(answer, bytes):
                return Fetched(answer, url)
            url = urljoin(url, answer)
        raise FetchRefused(f"more than {MAX_REDIRECTS} redirects")

    def _get(self, target: Target, address: str, deadline: float) -> bytes | str:
        """The content, or where the server says that it is."""
        connection = _Connection(target, address, self._context, self._limits.silence)
        try:
            with cut_off(connection.cut, deadline - time.monotonic()) as is_over:
                try:
                    connection.request("GET", target.path, headers=_HEADERS)
                    response = connection.getresponse()
                    return self._read(response, deadline)
                except (OSError, http.client.HTTPException, ValueError) as err:
                    if is_over() or time.monotonic() >= deadline:
                        raise FetchFailed(f"it took over {self._limits.seconds:g} s") from err
                    raise FetchFailed(_reason_of(err)) from err
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes | str:
        if response.status in _REDIRECTS:
            return response.headers.get("Location") or ""
        if response.status != 200:
            text = f"the server answers {response.status} {response.reason[:60]}"
            raise (FetchRefused if response.status in _PERMANENT else FetchFailed)(text)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchRefused("the answer is encoded, which was not asked for")
        stated = response.length
        if stated is not None and stated > self._limits.size:
            raise FetchRefused(f"{stated} bytes are more than {self._limits.size}")
        return self._body(response, stated, deadline)

    def _body(
        self, response: http.client.HTTPResponse, stated: int | None, deadline: float
    ) -> bytes:
        began = time.monotonic()
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > self._limits.size:
                raise FetchRefused(f"it is longer than {self._limits.size} bytes")
            elapsed = time.monotonic() - began
            if elapsed > self._limits.silence and len(content) < elapsed * self._limits.rate:
                raise FetchFailed(f"it comes slower than {self._limits.rate:g} bytes a second")
        if time.monotonic() >= deadline:
            raise FetchFailed(f"it took over {self._limits.seconds:g} s")
        if stated is not None and len(content) != stated:
            raise FetchFailed(f"{len(content)} of {stated} bytes came")
        return bytes(content)


_HEADERS = {
    "User-Agent": "too-marshal",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class _Connection(http.client.HTTPSConnection):
    """A connection to a checked address that proves to be the named host."""

    def __init__(
        self, target: Target, address: str, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(target.host, target.port, timeout=timeout, context=context)
        self._address = address
        self._tls = context
        self._lock = threading.Lock()
        self._is_cut = False

    def connect(self) -> None:
        """Connect, and shake hands under the same watch as all that follows."""
        raw = socket.create_connection((self._address, self.port), timeout=self.timeout)
        try:
            wrapped = self._tls.wrap_socket(
                raw, server_hostname=self.host, do_handshake_on_connect=False
            )
        except BaseException:
            raw.close()
            raise
        with self._lock:
            self.sock = wrapped
            if self._is_cut:
                raise TimeoutError("the time is over")
        wrapped.do_handshake()

    def cut(self) -> None:
        """End whatever the connection is waiting for; called from another thread."""
        with self._lock:
            self._is_cut = True
            if self.sock is not None:
                shut(self.sock)


def _reason_of(err: Exception) -> str:
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {err.verify_message}"
    if isinstance(err, TimeoutError):
        return "the server is silent"
    if isinstance(err, http.client.IncompleteRead):
        return "the answer ends too early"
    return f"{type(err).__name__}: {str(err)[:120] or 'the connection ended'}"
