"""The clients that a deployment has registered at providers, by its settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from too_marshal.deployment.encryption import may_carry_secrets
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.provider import provider_at
from too_marshal.deployment.settings import SettingInvalid, Settings


def registered_client(settings: Settings, group: str, scope: str, path: str) -> Client:
    """The client whose settings begin with `group`.

    Parameters
    ----------
    settings
        The deployment's.
    group
        `group_issuer`, `group_client_id` and `group_client_secret` are its settings.
    scope
        What is asked for.
    path
        Below the public address: where the provider sends browsers back.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set.
    """
    name = f"TOO_{group.upper()}"
    issuer, client_id, secret = (
        getattr(settings, f"{group}_{part}") for part in ("issuer", "client_id", "client_secret")
    )
    if not may_carry_secrets(issuer):
        raise SettingInvalid(f"{name}_ISSUER must begin with https://")
    if not client_id or not secret:
        raise SettingInvalid(f"{name}_CLIENT_ID and {name}_CLIENT_SECRET are needed")
    if urlsplit(settings.public_url).scheme not in {"http", "https"}:
        raise SettingInvalid(f"TOO_PUBLIC_URL is needed with {name}_ISSUER: people come back to it")
    keep_secret(secret)
    redirect_uri = settings.public_url.rstrip("/") + path
    return Client(provider_at(issuer), client_id, secret, scope, redirect_uri)
