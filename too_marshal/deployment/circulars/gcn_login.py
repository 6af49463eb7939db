"""GCN's log-in, which gives the tokens that its API for circulars wants.

References
----------
GCN: `app/routes/api.circulars.ts`, `app/routes/_auth` of github.com/nasa-gcn/gcn.nasa.gov.
"""

from __future__ import annotations

from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.circulars.way import Answer
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.errors import AnswerRefused, GrantEnded, ProviderUnavailable
from too_marshal.deployment.oauth.registered import registered_client
from too_marshal.deployment.settings import Settings

SUBMITTER = "gcn.nasa.gov/circular-submitter"
"""What an account needs that sends circulars."""

SCOPE = f"openid profile {SUBMITTER}"

ANSWER = "/account/gcn/answer"
"""Below the public address: where GCN sends browsers back, as it is registered there."""


def gcn_login_of(settings: Settings) -> Client:
    """The client that GCN has registered for a deployment.

    Raises
    ------
    SettingInvalid
        If it cannot be used as it is set.
    """
    return registered_client(settings, "circulars", SCOPE, ANSWER)


def token_for(login: Client, refresh_token: str) -> str | Answer:
    """A token for one exchange; that nothing comes of asking for it is certain."""
    try:
        token = login.refresh(refresh_token).access
    except (AnswerRefused, GrantEnded, ProviderUnavailable) as err:
        return why_no_token(err)
    keep_secret(token)
    return token


def why_no_token(err: Exception) -> Answer:
    """What it means for a circular that GCN gives no token: it has certainly not been sent."""
    if isinstance(err, ProviderUnavailable):
        return Answer(DeliveryState.WAITING, f"no connection to GCN's log-in: {err}")
    if isinstance(err, GrantEnded):
        return Answer(
            DeliveryState.FAILED,
            "GCN has ended what it let this deployment's account do: nothing was sent",
        )
    return Answer(DeliveryState.FAILED, f"GCN's log-in refuses: {err}")
