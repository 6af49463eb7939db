"""By which name of the site passkeys are known: a device signs for one name, and for no other."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from too_marshal.workflows.errors import Forbidden

_USUAL_PORTS = {"http": 80, "https": 443}


class NoPasskeys(Forbidden):
    """There can be none at this address; the message is for the person."""

    def __init__(self, message: str, instead: str = "") -> None:
        super().__init__(message)
        self.instead = instead
        """Address at which there can be, without its path; empty where nobody knows one."""


@dataclass(frozen=True)
class RelyingParty:
    """The site, as devices and browsers name it."""

    rp_id: str
    """Name that passkeys are bound to, as ``too.example``."""

    origin: str
    """What browsers say that the page came from, as ``https://too.example``."""


def relying_party(address: str) -> RelyingParty:
    """The site at an address.

    Parameters
    ----------
    address
        As ``https://too.example``; a path is left out.

    Raises
    ------
    NoPasskeys
        If browsers have none there: it has a number for a name, or comes without https.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in _USUAL_PORTS:
        raise NoPasskeys("There can be no passkeys here, as the address of the site is unknown.")
    shown = "" if port in {None, _USUAL_PORTS[parts.scheme]} else f":{port}"
    _refuse_number(host, f"{parts.scheme}://localhost{shown}")
    if parts.scheme == "http" and not _is_local(host):
        raise NoPasskeys(
            "Browsers have passkeys only at addresses that begin with https, and this one does"
            " not. Ask whoever runs the service for one that does."
        )
    return RelyingParty(host, f"{parts.scheme}://{host}{shown}")


def party_here(address: str, public_url: str) -> RelyingParty:
    """The site, as somebody reaches it who has come by `address`.

    Parameters
    ----------
    address
        That the browser asked.
    public_url
        That the deployment says everybody uses; empty: it says none.

    Raises
    ------
    NoPasskeys
        If there are none, or the person has come by another address.
    """
    if not public_url:
        return relying_party(address)
    party = relying_party(public_url)
    if urlsplit(address).hostname != party.rp_id:
        raise NoPasskeys(
            f"Passkeys of this site are bound to the name {party.rp_id}, and this page was opened"
            " by another address.",
            party.origin,
        )
    return party


def _refuse_number(host: str, local: str) -> None:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return
    said = f"A passkey is bound to a name, and this page was opened by a number, {host}."
    if number.is_loopback:
        raise NoPasskeys(said, local)
    raise NoPasskeys(f"{said} Ask whoever runs the service for its name.")


def _is_local(host: str) -> bool:
    """Whether browsers trust the address without https, as it never leaves the machine."""
    return host == "localhost" or host.endswith(".localhost")
