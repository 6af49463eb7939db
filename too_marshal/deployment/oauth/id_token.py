"""Check an ID token: who signed it, for whom, when, and in answer to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import Token

from too_marshal.db.base import now
from too_marshal.deployment.oauth.errors import AnswerRefused
from too_marshal.deployment.oauth.provider import Provider

LEEWAY = 60
"""s by which the provider's clock may differ from ours."""

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""Signatures that only who has the provider's private key can make: no secrets, and not none."""


def read_id_token(
    provider: Provider, token: object, *, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """Claims of an ID token that answers one request of ours.

    Parameters
    ----------
    provider
        Who must have signed it.
    token
        As it came.
    client_id
        For whom it must be.
    nonce
        Of the request.

    Raises
    ------
    AnswerRefused
        If it is not so.
    ProviderUnavailable
        If the provider's keys cannot be had.
    """
    if not isinstance(token, str):
        raise AnswerRefused("The provider says nothing of who logs in.")
    signed = _verified(provider, token)
    claims = CodeIDToken(
        signed.claims,
        signed.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": client_id},
        },
        params={"nonce": nonce, "client_id": client_id},
    )
    try:
        claims.validate(now=int(now().timestamp()), leeway=LEEWAY)
    except (JoseError, TypeError, ValueError) as err:
        raise AnswerRefused(f"The provider's word does not hold ({_reason(err)}).") from err
    subject = str(claims["sub"])
    if not (1 <= len(subject) <= 255 and subject.isascii() and subject.isprintable()):
        raise AnswerRefused("The provider does not say who logs in.")
    return claims


def _verified(provider: Provider, token: str) -> Token:
    """The token, if one of the provider's keys has signed it; a new key is looked for once."""
    try:
        return jwt.decode(token, provider.keys(), algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        pass
    try:
        return jwt.decode(token, provider.keys(anew=True), algorithms=ALGORITHMS)
    except (JoseError, ValueError) as err:
        raise AnswerRefused(f"The provider has not signed this ({_reason(err)}).") from err


def _reason(err: Exception) -> str:
    """Its name: what it says besides may quote the token."""
    claim = getattr(err, "claim", "")
    return f"{type(err).__name__} {claim}".strip()
