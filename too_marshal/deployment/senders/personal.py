"""Servers whose addresses people give: they must not lead to where only we can reach.

A person could otherwise have us ask the machines of our own network, or of our cloud's
management (server-side request forgery), and read from the outcome what is there.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from telescopes.protocols.http import HTTPTransport
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.addresses import (
    AddressRefused,
    Lookup,
    addresses_of,
    is_global,
    look_up,
)
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.senders.given import LOOPBACK
from too_marshal.deployment.senders.posting import MAX_ANSWER, Call, Limits, sent
from too_marshal.deployment.settings import Settings

MAX_LENGTH = 2000
"""Longest address, characters."""

MAX_TRIED = 3
"""Most numeric addresses of one host that are tried."""

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class PersonalServers:
    """What may be asked on the word of a person; whoever knows an address may post there."""

    allows_private: bool = False
    """Whether it may lead into the site's own network, and in clear to this machine."""

    hosts: tuple[str, ...] = ()
    """The only hosts that may be asked; empty: all."""

    limits: Limits = field(default_factory=Limits)

    lookup: Lookup = look_up
    """How names become numeric addresses."""

    def check(self, address: str) -> str:
        """The address as it is kept; from now on no log shows it.

        Raises
        ------
        ValueError
            If it may not be asked; the message is for the person.
        """
        url = address.strip()
        self._taken_apart(url)
        keep_secret(url)
        return url

    def post(self, address: str, document: dict[str, Any]) -> Outcome:
        """Post JSON once, and tell what is known of its arrival."""
        try:
            parts = self._taken_apart(self.check(address))
            transport = self._transport(parts)
        except ValueError as err:
            return Outcome(DeliveryState.FAILED, str(err))
        except AddressRefused:
            return Outcome(DeliveryState.FAILED, "the address leads into a private network")
        except OSError:
            return Outcome(DeliveryState.WAITING, "the server's name is not known just now")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return sent(transport, Call(path, json.dumps(document)))

    def _transport(self, parts: SplitResult) -> HTTPTransport:
        port = parts.port or _PORTS[parts.scheme]
        addresses = addresses_of(parts.hostname or "", port, self.lookup, self._may_be_asked)
        return HTTPTransport(
            f"{parts.scheme}://{parts.netloc}",
            timeout=self.limits.silence,
            deadline=self.limits.deadline,
            largest_answer=MAX_ANSWER,
            addresses=addresses[:MAX_TRIED],
        )

    def _may_be_asked(self, address: str) -> bool:
        return self.allows_private or is_global(address)

    def _taken_apart(self, url: str) -> SplitResult:
        parts = _split(url)
        host = parts.hostname or ""
        is_here = self.allows_private and host in LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise ValueError("the address must begin with https://")
        if not host:
            raise ValueError("the address names no server")
        if "@" in parts.netloc:
            raise ValueError("the address must hold no user name")
        if self.hosts and host not in self.hosts:
            raise ValueError(f"the address must begin with https://{self.hosts[0]}/")
        if _is_number(host) and not self._may_be_asked(host):
            raise ValueError("the address leads into a private network")
        return parts


def personal_servers(settings: Settings, hosts: tuple[str, ...] = ()) -> PersonalServers:
    """Servers that people may name: any that is public, or those of a service.

    A site that lets private addresses be asked brings servers of its own, so `hosts` does not
    hold there.
    """
    is_private = settings.allow_private_addresses
    return PersonalServers(is_private, () if is_private else hosts)


def _split(url: str) -> SplitResult:
    if len(url) > MAX_LENGTH:
        raise ValueError(f"the address is longer than {MAX_LENGTH} characters")
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\<>"`{}^|'):
        raise ValueError("the address holds characters that no address holds")
    try:
        parts = urlsplit(url)
        _ = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise ValueError("the address cannot be read") from None
    return parts


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
