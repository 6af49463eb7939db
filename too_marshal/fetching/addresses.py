"""Which addresses may be asked: by the name in the URL, and by the number behind the name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from too_marshal.deployment.addresses import AddressRefused, Lookup, addresses_of

MAX_URL_LENGTH = 2000


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
        return addresses_of(target.host, target.port, lookup, allowed)[0]
    except AddressRefused as err:
        raise FetchRefused(str(err)) from err
    except OSError as err:
        raise FetchFailed(f"{target.host} has no address: {err.strerror or err}") from err
