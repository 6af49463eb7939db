"""Which numeric addresses may be connected to when somebody else has named the host."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

Lookup = Callable[[str, int], list[str]]
"""Numeric addresses of a host and port."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """A host leads to where we do not go."""


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


def addresses_of(
    host: str, port: int, lookup: Lookup, allowed: Callable[[str], bool]
) -> tuple[str, ...]:
    """Addresses to connect to, looked up once, so that they cannot change after the check.

    Raises
    ------
    AddressRefused
        If any of them is not allowed.
    OSError
        If the name is not known just now.
    """
    addresses = lookup(host, port)
    for address in addresses:
        if not allowed(address):
            raise AddressRefused(f"{host} leads to {address}, which is not public")
    if not addresses:
        raise OSError(f"{host} has no address")
    return tuple(addresses)
