"""The provider by which people of a deployment log in, by its settings."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.registered import registered_client
from too_marshal.deployment.role_claims import RoleClaims, role_claims_of
from too_marshal.deployment.settings import SettingInvalid, Settings

ANSWER = "/login/provider/answer"
"""Below the public address: where the provider sends browsers back, as it is registered there."""


@dataclass(frozen=True)
class IdentityProvider:
    """Who says who people are."""

    title: str
    """How people call it."""

    client: Client
    roles: RoleClaims

    @property
    def issuer(self) -> str:
        """Under which its people are kept."""
        return self.client.provider.issuer


def identity_provider_of(settings: Settings) -> IdentityProvider | None:
    """The provider of a deployment, if it has one.

    Raises
    ------
    SettingInvalid
        If it cannot be used as it is set.
    """
    if not settings.oidc_issuer:
        return None
    client = registered_client(settings, "oidc", settings.oidc_scope, ANSWER)
    if "openid" not in settings.oidc_scope.split():
        raise SettingInvalid("TOO_OIDC_SCOPE must contain openid")
    title = settings.oidc_title or urlsplit(settings.oidc_issuer).hostname or ""
    roles = role_claims_of(settings.oidc_roles, settings.oidc_other_role)
    return IdentityProvider(title, client, roles)
