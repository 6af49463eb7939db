"""Matrix, by its client-server API (https://spec.matrix.org/v1.15/client-server-api)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import ClassVar
from urllib.parse import quote

from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.senders.given import all_or_none, service_url
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.posting import Answers, Call, Service
from too_marshal.deployment.senders.wording import in_full, utf8
from too_marshal.deployment.settings import Settings

# An event has at most 65 536 bytes; JSON may write six for one.
_LONGEST = 8000
_ROOM = re.compile(r"![\w.~=+-]{1,200}(:[\w.:\[\]-]{1,200})?", re.ASCII)
_ANSWERS = Answers(accepted="event_id", words="error")


@dataclass(frozen=True)
class MatrixSender:
    """Writes into rooms that its account has joined."""

    service: Service

    kind: ClassVar[str] = "matrix"
    label: ClassVar[str] = "Matrix"
    address_label: ClassVar[str] = "internal identifier of a room, !abcdef:matrix.org"

    def check(self, address: str) -> str:
        """The identifier of a room."""
        room = address.strip()
        if not _ROOM.fullmatch(room):
            raise ValueError(
                "must be the internal identifier of a room, which begins with !"
                " (in its settings, under Advanced), e.g. !abcdef:matrix.org"
            )
        return room

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message once, however often it is asked for."""
        document = {
            "msgtype": "m.text",
            "body": in_full(message, _LONGEST, utf8),
            # Says who is called, so that no word of the text calls anybody.
            "m.mentions": {"room": True} if message.is_urgent else {},
        }
        outcome = self.service.send(
            Call(self._path(address, message.key), json.dumps(document), "PUT")
        )
        # The homeserver takes a transaction of an access token once: sent again, it answers with
        # the event that it has. So what has perhaps arrived can be tried again, and is not
        # UNCONFIRMED. (Synapse remembers transactions for a day; nothing is tried for as long.)
        if outcome.state == DeliveryState.UNCONFIRMED:
            return replace(outcome, state=DeliveryState.WAITING)
        return outcome

    def _path(self, room: str, key: str) -> str:
        transaction = sha256(key.encode()).hexdigest()
        return f"/_matrix/client/v3/rooms/{quote(room, safe='')}/send/m.room.message/{transaction}"


def matrix_sender(settings: Settings) -> MatrixSender | None:
    """Matrix, if there is an account.

    Raises
    ------
    SettingInvalid
        If its settings cannot be used.
    """
    if not all_or_none(settings, "matrix_url", "matrix_token"):
        return None
    keep_secret(settings.matrix_token)
    headers = {"Authorization": f"Bearer {settings.matrix_token}"}
    return MatrixSender(Service(service_url(settings, "matrix_url"), headers, _ANSWERS))
