"""One exchange with a provider, within a few seconds: a person waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from astropy import units as u

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport
from too_marshal.deployment.oauth.errors import ProviderUnavailable

SILENCE, DEADLINE = 5 * u.s, 10 * u.s
"""Longest silence of a provider, and longest exchange with it."""

_LARGEST = 1 << 20
"""Bytes of one answer."""

_AT_ONCE = 4
"""Threads that may wait for providers: while one is silent, pages need the others."""

_places = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True)
class Reply:
    """What a provider has said."""

    status: int
    """Status code."""

    document: Mapping[str, Any]
    """Its JSON object; empty where there was none."""


def fetch(url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """Get a JSON object.

    Raises
    ------
    ProviderUnavailable
        If none comes.
    """
    reply = _exchange("GET", url, headers or {}, None)
    if reply.status != 200 or not reply.document:
        raise ProviderUnavailable(f"{_host(url)} answers HTTP {reply.status} without a document")
    return reply.document


def post(url: str, body: str, headers: Mapping[str, str]) -> Reply:
    """Send a form.

    Raises
    ------
    ProviderUnavailable
        If no answer comes, or the provider says that it has a fault of its own.
    """
    reply = _exchange("POST", url, headers, body)
    if reply.status == 429 or reply.status >= 500:
        raise ProviderUnavailable(f"{_host(url)} answers HTTP {reply.status}")
    return reply


def _exchange(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Reply:
    parts = urlsplit(url)
    transport = HTTPTransport(
        f"{parts.scheme}://{parts.netloc}", dict(headers), SILENCE, DEADLINE, _LARGEST
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _place(url):
        try:
            answer = transport.exchange(
                method, path, body=body, content_type="application/x-www-form-urlencoded"
            )
        except (QueueUnreachable, QueueUnconfirmed) as err:
            raise ProviderUnavailable(f"{_host(url)} does not answer") from err
    try:
        document = answer.json()
    except QueueUnreachable:
        document = {}
    return Reply(answer.status, document if isinstance(document, dict) else {})


@contextmanager
def _place(url: str) -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise ProviderUnavailable(f"too many wait for {_host(url)} already")
    try:
        yield
    finally:
        _places.release()


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the provider"
