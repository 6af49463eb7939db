"""What a provider says of itself: its addresses, and the keys by which it signs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from too_marshal.deployment.encryption import is_loopback, may_carry_secrets
from too_marshal.deployment.oauth.errors import ProviderUnavailable
from too_marshal.deployment.oauth.exchange import fetch

WELL_KNOWN = "/.well-known/openid-configuration"

KEPT_FOR = 3600.0
"""s for which addresses and keys are kept; a key that is not among them is looked for at once."""


@dataclass(frozen=True)
class Endpoints:
    """Addresses of a provider, and what it says of how they are asked."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    """Empty: there is none."""

    revocation: str
    """Empty: there is none."""

    posts_secret: bool
    """The client's secret is wanted in the form, not in the header."""

    names_itself: bool
    """Each answer says whose it is (RFC 9207)."""


class Provider:
    """One provider, as this process knows it; asked again from time to time.

    Parameters
    ----------
    issuer
        Its address, as it stands in what it signs.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def endpoints(self) -> Endpoints:
        """Where it is asked for what.

        Raises
        ------
        ProviderUnavailable
            If it does not say, or names what is none of its own.
        """
        # Of two threads at a time both ask: what one waits for must not stop the other.
        kept = self._endpoints
        if kept is None or time.monotonic() - kept[0] > KEPT_FOR:
            document = fetch(self.issuer.rstrip("/") + WELL_KNOWN)
            kept = self._endpoints = time.monotonic(), _endpoints_of(document, self.issuer)
        return kept[1]

    def keys(self, *, anew: bool = False) -> KeySet:
        """Keys by which it signs.

        Parameters
        ----------
        anew
            Ask now, since it signs by one that is not known.

        Raises
        ------
        ProviderUnavailable
            If it does not say.
        """
        kept = self._keys
        if anew or kept is None or time.monotonic() - kept[0] > KEPT_FOR:
            document: Any = fetch(self.endpoints().keys)
            try:
                kept = self._keys = time.monotonic(), KeySet.import_key_set(document)
            except (JoseError, KeyError, TypeError, ValueError) as err:
                raise ProviderUnavailable("the provider's keys cannot be read") from err
        return kept[1]


@lru_cache(maxsize=8)
def provider_at(issuer: str) -> Provider:
    """The provider of this address; one a process, since it keeps what it has learned."""
    return Provider(issuer)


def _endpoints_of(document: Mapping[str, Any], issuer: str) -> Endpoints:
    if document.get("issuer") != issuer:
        raise ProviderUnavailable("the provider calls itself otherwise than this deployment does")

    def address(name: str) -> str:
        value = document.get(name)
        if not isinstance(value, str) or not may_carry_secrets(value):
            raise ProviderUnavailable(f"the provider names no safe {name}")
        # What is elsewhere must not lead to what listens on this machine only.
        if is_loopback(value) and not is_loopback(issuer):
            raise ProviderUnavailable(f"the provider names a {name} of this machine")
        return value

    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Endpoints(
        authorization=address("authorization_endpoint"),
        token=address("token_endpoint"),
        keys=address("jwks_uri"),
        userinfo=address("userinfo_endpoint") if document.get("userinfo_endpoint") else "",
        revocation=address("revocation_endpoint") if document.get("revocation_endpoint") else "",
        posts_secret="client_secret_basic" not in methods,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )
