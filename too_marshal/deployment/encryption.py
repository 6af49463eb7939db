"""Which addresses may be sent a secret: those by https, and this machine's own."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts to which nothing has to be encrypted."""


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine."""
    return urlsplit(url).hostname in LOOPBACK


def may_carry_secrets(url: str) -> bool:
    """Whether nobody on the way can read what is sent to an address."""
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
