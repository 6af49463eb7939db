"""Which ways to GCN a deployment has, by its settings; and GCN's own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, unquote, urlencode, urlsplit

from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.circulars.api import CircularsAPI
from too_marshal.deployment.circulars.gcn_login import gcn_login_of, token_for
from too_marshal.deployment.circulars.mail import Email
from too_marshal.deployment.circulars.way import API, EMAIL, Answer, Way
from too_marshal.deployment.encryption import may_carry_secrets
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.oauth.client import Client
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

    login: Client | None = None
    """GCN's log-in, where people connect accounts of their own."""

    has_account: bool = False
    """There is an account of the deployment's, for whoever has connected none."""

    secret_key: str = field(default="", repr=False)
    """Opens what people's accounts have let us do."""


def circular_ways_of(settings: Settings) -> CircularWays:
    """Ways of a deployment; a rehearsal has none.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set.
    """
    if settings.rehearsal:
        return CircularWays({}, is_rehearsal=True)
    ways: dict[str, Way] = {}
    if settings.circulars_smtp:
        ways[EMAIL] = _email(settings)
    if not settings.circulars_issuer:
        if settings.circulars_refresh_token:
            raise SettingInvalid("TOO_CIRCULARS_ISSUER is needed with TOO_CIRCULARS_REFRESH_TOKEN")
        return CircularWays(ways)
    login = gcn_login_of(settings)
    ways[API] = _api(settings, login)
    return CircularWays(
        ways,
        login=login,
        has_account=bool(settings.circulars_refresh_token),
        secret_key=settings.session_key(),
    )


def _email(settings: Settings) -> Email:
    parts = urlsplit(settings.circulars_smtp)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingInvalid("TOO_CIRCULARS_SMTP must begin with smtp:// or smtps://")
    if "@" not in settings.circulars_sender:
        raise SettingInvalid("TOO_CIRCULARS_SENDER must be the address that GCN knows you by")
    keep_secret(unquote(parts.password or ""))
    return Email(settings.circulars_smtp, settings.circulars_sender, settings.circulars_recipient)


def _api(settings: Settings, login: Client) -> CircularsAPI:
    """The API as the deployment's own account, if it has one."""
    if not may_carry_secrets(settings.circulars_api_url):
        raise SettingInvalid("TOO_CIRCULARS_API_URL must begin with https://")
    refresh_token = settings.circulars_refresh_token
    keep_secret(refresh_token)
    if not refresh_token:
        nobody = Answer(DeliveryState.FAILED, "no GCN account signs it")
        return CircularsAPI(settings.circulars_api_url, lambda: nobody)
    return CircularsAPI(settings.circulars_api_url, partial(token_for, login, refresh_token))


def form_address(subject: str, body: str) -> str:
    """Address of GCN's form, filled in."""
    return f"{FORM}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
