"""Circulars by GCN's API.

References
----------
GCN: `app/routes/api.circulars.ts` of github.com/nasa-gcn/gcn.nasa.gov. RFC 6749, section 6
(refreshing a token).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport, basic_authorization
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.circulars.way import DEADLINE, SILENCE, Answer
from too_marshal.deployment.logs import keep_secret

# GCN has certainly stored nothing. Of 500 that is not known: it stores first, and tells others.
_LATER = {429, 502, 503}


@dataclass(frozen=True)
class CircularsAPI:
    """GCN's API, by a client that GCN has registered, for the person who let it."""

    url: str
    """Where circulars are posted."""

    token_url: str
    """Where a refresh token is exchanged for an access token."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    title: str = "by GCN's API"

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        token = self._access_token()
        if isinstance(token, Answer):
            return token
        service, path = _service(self.url, {"Authorization": f"Bearer {token}"})
        document = json.dumps({"subject": subject, "body": body, "format": "text/plain"})
        try:
            answer = service.exchange("POST", path, body=document)
        except QueueUnreachable:
            return Answer(DeliveryState.WAITING, "no connection to GCN")
        except QueueUnconfirmed as err:
            return Answer(
                DeliveryState.UNCONFIRMED, f"no answer of GCN: {type(err.__cause__).__name__}"
            )
        return _read(answer)

    def _access_token(self) -> str | Answer:
        """A token for one exchange; that nothing comes of asking for it is certain."""
        service, path = _service(
            self.token_url, basic_authorization(self.client_id, self.client_secret)
        )
        grant = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        try:
            answer = service.exchange(
                "POST", path, body=urlencode(grant),
                content_type="application/x-www-form-urlencoded",
            )  # fmt: skip
            if answer.status != 200:
                is_later = answer.status in _LATER or answer.status >= 500
                state = DeliveryState.WAITING if is_later else DeliveryState.FAILED
                return Answer(state, f"GCN gives no token: HTTP {answer.status}")
            token = str(answer.json()["access_token"])
        except (QueueUnreachable, QueueUnconfirmed):
            return Answer(DeliveryState.WAITING, "no connection to GCN's log-in")
        except (KeyError, TypeError):
            return Answer(DeliveryState.FAILED, "GCN's log-in answers without a token")
        keep_secret(token)
        return token


def _read(answer: HTTPAnswer) -> Answer:
    if answer.status in _LATER:
        return Answer(DeliveryState.WAITING, f"HTTP {answer.status}")
    if 400 <= answer.status < 500:
        text = answer.body.decode(errors="replace").strip()[:200]
        return Answer(DeliveryState.FAILED, f"GCN refuses: HTTP {answer.status} {text}".strip())
    if not 200 <= answer.status < 300:
        return Answer(DeliveryState.UNCONFIRMED, f"HTTP {answer.status}")
    try:
        number = json.loads(answer.body)["circularId"]
    except (ValueError, KeyError, TypeError):
        number = None
    return Answer(DeliveryState.SENT, number=number if isinstance(number, int) else None)


def _service(url: str, headers: Mapping[str, str]) -> tuple[HTTPTransport, str]:
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    return HTTPTransport(root, dict(headers), SILENCE, DEADLINE), parts.path or "/"
