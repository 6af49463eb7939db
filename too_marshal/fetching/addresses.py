"""Which addresses may be asked: by the name in the URL, and by the number behind the name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_URL_LENGTH = 2000

Lookup = Callable[[str, int], list[str]]
"""Numeric addresses of a host and port."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FetchRefused(Exception):
    """We do not ask for this, now or later; the message names the reason."""


class FetchFailed(Exception):
    """It did not come this time; it may come later. The message names the reason."""


@dataclass(frozen=True)
class Target:
    """What to ask of whom."""

    host: str
    """Name, in lower case."""

    port: int
    """TCP port."""

    path: str
    """Path and query."""


def check_url(url: str, hosts: Collection[str], ports: Collection[int] = (443,)) -> Target:
    """Look at a URL before anything is asked.

    Parameters
    ----------
    url
        As a notice, or a redirect, gives it.
    hosts
        Names that may be asked, in lower case.
    ports
        Ports that may be asked.

    Raises
    ------
    FetchRefused
        If it is not plain https to one of them.
    """
    if len(url) > MAX_URL_LENGTH:
        raise FetchRefused("the address is too long")
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\<>"`{}^|'):
        raise FetchRefused("the address holds characters that no address holds")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as err:
        raise FetchRefused(f"the address cannot be read: {err}") from err
    if parts.scheme != "https":
        raise FetchRefused(f"{parts.scheme or 'no scheme'} is not https")
    if "@" in parts.netloc:
        raise FetchRefused("the address holds a user name")
    host = (parts.hostname or "").lower()
    if host not in hosts:
        raise FetchRefused(f"the host {host[:80]!r} is not on the list")
    port = 443 if port is None else port
    if port not in ports:
        raise FetchRefused(f"the port {port} is not on the list")
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def look_up(host: str, port: int) -> list[str]:
    """Numeric addresses of a host, as the system resolves them."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in infos]


def is_global(address: str) -> bool:
    """Whether an address is on the public internet, also behind every way of wrapping one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        wraps = ip.sixtofour or ip.teredo or ip in _NAT64
        if wraps or (ip.ipv4_mapped is not None and not ip.ipv4_mapped.is_global):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast


def resolve(target: Target, lookup: Lookup, allowed: Callable[[str], bool]) -> str:
    """Address to connect to; it is looked up once, so that it cannot change after the check.

    Raises
    ------
    FetchRefused
        If any of the host's addresses is not allowed.
    FetchFailed
        If the name is not known just now.
    """
    try:
        addresses = lookup(target.host, target.port)
    except OSError as err:
        raise FetchFailed(f"{target.host} has no address: {err.strerror or err}") from err
    if not addresses:
        raise FetchFailed(f"{target.host} has no address")
    for address in addresses:
        if not allowed(address):
            raise FetchRefused(f"{target.host} leads to {address}, which is not public")
    return addresses[0]
