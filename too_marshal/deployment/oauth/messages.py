"""What goes to a provider with a browser, and what it gives for the answer."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Self

from too_marshal.deployment.oauth.errors import ProviderUnavailable
from too_marshal.deployment.oauth.exchange import Reply


@dataclass(frozen=True)
class Request:
    """What one request to be let in is known by; only the browser that began it has it."""

    state: str
    """Comes back with the answer."""

    nonce: str
    """Comes back in what the provider signs."""

    verifier: str = field(repr=False)
    """Shows the provider that who redeems the answer is who asked (PKCE)."""

    @classmethod
    def new(cls) -> Self:
        """Three secrets that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    def to_json(self) -> dict[str, str]:
        """As it is kept in the browser."""
        return asdict(self)


@dataclass(frozen=True)
class Tokens:
    """What the provider gives for an answer, or for a refresh token."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    """Empty: the one that was used stays good."""

    id: object = field(repr=False)
    scope: str | None
    """What was granted, where it is not what was asked for."""


def tokens_of(reply: Reply) -> Tokens:
    """Tokens of a reply that says that there are some.

    Raises
    ------
    ProviderUnavailable
        If there are none.
    """
    document = reply.document
    access, scope = document.get("access_token"), document.get("scope")
    if not isinstance(access, str) or not access:
        raise ProviderUnavailable("the provider answers without a token")
    refresh = document.get("refresh_token")
    return Tokens(
        access,
        refresh if isinstance(refresh, str) else "",
        document.get("id_token"),
        scope if isinstance(scope, str) else None,
    )
