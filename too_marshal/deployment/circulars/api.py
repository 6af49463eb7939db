"""Circulars by GCN's API.

References
----------
GCN: `app/routes/api.circulars.ts` of github.com/nasa-gcn/gcn.nasa.gov.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.circulars.way import DEADLINE, SILENCE, Answer

# GCN has certainly stored nothing. Of 500 that is not known: it stores first, and tells others.
_LATER = {429, 502, 503}


@dataclass(frozen=True)
class CircularsAPI:
    """GCN's API, by a client that GCN has registered, for the account that let it."""

    url: str
    """Where circulars are posted."""

    token: Callable[[], str | Answer] = field(repr=False)
    """Gives the access token of an account, or says why there is none."""

    title: str = "by GCN's API"

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        token = self.token()
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
