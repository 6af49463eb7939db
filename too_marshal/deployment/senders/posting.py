"""One message to one service by HTTP, and what is known of its arrival."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from astropy import units as u

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import DEADLINE, SILENCE, Outcome
from too_marshal.deployment.logs import redact

MAX_ANSWER = 2**20
"""Longest answer that is read, bytes."""

MAX_WORDS = 200
"""Longest explanation of a service that is kept, characters."""

# As for the channels of rules: the service says that it has not taken the message. 408 is the
# answer to half a request (RFC 9110, 15.5.9). A gateway that waited in vain (504) says nothing.
_STATES = {
    408: DeliveryState.WAITING,
    429: DeliveryState.WAITING,
    500: DeliveryState.WAITING,
    502: DeliveryState.WAITING,
    503: DeliveryState.WAITING,
    504: DeliveryState.UNCONFIRMED,
}


@dataclass(frozen=True)
class Limits:
    """How long a service may take."""

    silence: u.Quantity[u.physical.time] = SILENCE
    """Longest silence."""

    deadline: u.Quantity[u.physical.time] = DEADLINE
    """Longest exchange."""


@dataclass(frozen=True)
class Call:
    """What is asked of a service."""

    path: str = field(repr=False)
    """May hold a credential."""

    body: str

    method: str = "POST"

    content_type: str = "application/json"


@dataclass(frozen=True)
class Answers:
    """How a service speaks in JSON."""

    accepted: str = ""
    """Field of an answer that took the message: a proxy's page of 200 does not have it."""

    words: str = ""
    """Field that says why it did not."""


@dataclass(frozen=True)
class Service:
    """A service that the operator has chosen."""

    url: str

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May hold a credential."""

    answers: Answers = field(default_factory=Answers)

    limits: Limits = field(default_factory=Limits)

    def send(self, call: Call) -> Outcome:
        """Send a message once."""
        limits = self.limits
        transport = HTTPTransport(
            self.url, self.headers, limits.silence, limits.deadline, MAX_ANSWER
        )
        return sent(transport, call, self.answers)


_SILENT = Answers()


def sent(transport: HTTPTransport, call: Call, answers: Answers = _SILENT) -> Outcome:
    """Send a message once, and tell what is known of its arrival."""
    try:
        answer = transport.exchange(
            call.method, call.path, body=call.body, content_type=call.content_type
        )
    # Only the kind of the cause: the words hold the address.
    except QueueUnreachable as err:
        return Outcome(DeliveryState.WAITING, f"no connection: {_kind(err)}")
    except QueueUnconfirmed as err:
        return Outcome(DeliveryState.UNCONFIRMED, f"no answer: {_kind(err)}")
    except ValueError:
        return Outcome(DeliveryState.FAILED, "the message cannot be written")
    return _outcome(answer, answers)


def _outcome(answer: HTTPAnswer, answers: Answers) -> Outcome:
    if 200 <= answer.status < 300:
        if answers.accepted and answers.accepted not in _fields(answer):
            return Outcome(DeliveryState.UNCONFIRMED, "the answer is not the service's")
        return Outcome(DeliveryState.SENT)
    words = str(_fields(answer).get(answers.words, "")) if answers.words else ""
    reason = f"HTTP {answer.status}: {words}" if words else f"HTTP {answer.status}"
    state = _STATES.get(answer.status, DeliveryState.FAILED)
    return Outcome(state, redact(reason)[:MAX_WORDS])


def _fields(answer: HTTPAnswer) -> dict[str, Any]:
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _kind(err: Exception) -> str:
    return type(err.__cause__ or err).__name__
