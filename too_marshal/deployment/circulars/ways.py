"""Which ways to GCN a deployment has, by its settings; and GCN's own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit

from too_marshal.deployment.circulars.api import CircularsAPI
from too_marshal.deployment.circulars.mail import Email
from too_marshal.deployment.circulars.way import API, EMAIL, Way
from too_marshal.deployment.encryption import may_carry_secrets
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.settings import SettingInvalid, Settings

FORM = "https://gcn.nasa.gov/circulars/new"
"""GCN's own form; what it is filled in with stands in its address."""


@dataclass(frozen=True)
class CircularWays:
    """All ways of a deployment."""

    by_name: Mapping[str, Way]
    """As they stand in the database."""

    is_rehearsal: bool = False
    """Nothing at all may leave a rehearsal, not even by a link."""


def circular_ways_of(settings: Settings) -> CircularWays:
    """Ways of a deployment; a rehearsal has none.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set.
    """
    ways: dict[str, Way] = {}
    if settings.circulars_smtp:
        ways[EMAIL] = _email(settings)
    if settings.circulars_refresh_token:
        ways[API] = _api(settings)
    return CircularWays({} if settings.rehearsal else ways, settings.rehearsal)


def _email(settings: Settings) -> Email:
    parts = urlsplit(settings.circulars_smtp)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingInvalid("TOO_CIRCULARS_SMTP must begin with smtp:// or smtps://")
    if "@" not in settings.circulars_sender:
        raise SettingInvalid("TOO_CIRCULARS_SENDER must be the address that GCN knows you by")
    keep_secret(unquote(parts.password or ""))
    return Email(settings.circulars_smtp, settings.circulars_sender, settings.circulars_recipient)


def _api(settings: Settings) -> CircularsAPI:
    for name in ("circulars_api_url", "circulars_token_url"):
        if not may_carry_secrets(getattr(settings, name)):
            raise SettingInvalid(f"TOO_{name.upper()} must begin with https://")
    if not (settings.circulars_client_id and settings.circulars_client_secret):
        raise SettingInvalid("TOO_CIRCULARS_CLIENT_ID and TOO_CIRCULARS_CLIENT_SECRET are needed")
    keep_secret(settings.circulars_client_secret)
    keep_secret(settings.circulars_refresh_token)
    return CircularsAPI(
        settings.circulars_api_url,
        settings.circulars_token_url,
        settings.circulars_client_id,
        settings.circulars_client_secret,
        settings.circulars_refresh_token,
    )


def form_address(subject: str, body: str) -> str:
    """Address of GCN's form, filled in."""
    return f"{FORM}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
