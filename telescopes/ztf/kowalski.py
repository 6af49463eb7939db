"""The ZTF scheduler through Kowalski, the broker that SkyPortal and planobs submit by.

Kowalski (github.com/skyportal/kowalski, `api/handlers/ztf.py` and `api/middlewares.py`)
opens a tunnel to Palomar for each request and forwards it, with 10 s of patience:

====================  ==============================================================
scheduler             Kowalski
====================  ==============================================================
201                   200 ``{"status": "success", "message": "submitted", ...}``
200, the name exists  409, or 400 ``KeyError: 'queue_name'``: the header that it
                      reads the name from is not there
anything else         400 ``ZTF trigger attempt rejected: ...``
no answer in 10 s     400 ``TimeoutError: ``, like every exception
====================  ==============================================================

So a 400 does not mean that the scheduler said no: unless its words do, the submission may
have arrived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.ztf.messages import dump
from telescopes.ztf.records import History, read_history
from telescopes.ztf.scheduler import SchedulerQueue, read_queues

PATH = "/api/triggers/ztf"
"""Queues. The same path with ``.test`` appended validates and forwards nothing."""

REFUSALS = ("ZTF trigger attempt rejected", "ValidationError", "invalid trigger payload")
"""Beginnings of a 400 that tell of a no: from the scheduler, or before it was asked."""

BAD_TOKENS = ("token is invalid", "token has expired")
"""A 400 too."""

EXISTS = "KeyError: 'queue_name'"
"""What Kowalski says of a name that exists."""


@dataclass(frozen=True)
class KowalskiScheduler:
    """Implements `telescopes.ztf.scheduler.Scheduler`."""

    transport: HTTPTransport
    """To Kowalski, with the token in its headers."""

    user: str
    """Whom submissions are signed by."""

    history_path: str | None = None
    """Where Kowalski forwards the scheduler's history; its released versions have the code
    for it but no route."""

    @property
    def signature(self) -> Mapping[str, str]:
        """Added to each message."""
        return {"user": self.user}

    @property
    def knows_history(self) -> bool:
        """Whether the night's exposures can be asked for."""
        return self.history_path is not None

    def put_queue(self, body: str) -> HTTPAnswer:
        """Send a queue; the answer's status is the scheduler's."""
        answer = self.transport.exchange("PUT", PATH, body=body)
        if answer.status == 200 and _message(answer) == "submitted":
            return replace(answer, status=201)
        if answer.status == 200:
            raise QueueUnconfirmed(f"not an answer of Kowalski: {answer.message}")
        if answer.status != 400:
            return answer
        message = _message(answer)
        if message == EXISTS:
            return replace(answer, status=409)
        if message.startswith(REFUSALS + BAD_TOKENS):
            return answer
        raise QueueUnconfirmed(answer.message)

    def delete_queue(self, name: str) -> HTTPAnswer:
        """Delete a queue."""
        body = dump({"queue_name": name, **self.signature})
        return self.transport.exchange("DELETE", PATH, body=body)

    def queues(self) -> list[SchedulerQueue]:
        """All queues."""
        return read_queues(_data(self.transport.exchange("GET", PATH, body="{}")))

    def history(self, date: str) -> History:
        """Exposures of one UT date; none where there is no way to ask."""
        if self.history_path is None:
            return History()
        answer = self.transport.exchange("GET", self.history_path, query={"date": date})
        return read_history(_data(answer))

    def ping(self) -> None:
        """Return if Kowalski answers and the scheduler behind it."""
        self.queues()


def _message(answer: HTTPAnswer) -> str:
    """What Kowalski says in words; empty if something else has answered for it."""
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _data(answer: HTTPAnswer) -> Any:
    """What Kowalski brings back.

    Raises
    ------
    QueueRefused
        If it does not let us in.
    QueueUnreachable
        If it could not bring anything.
    """
    if answer.status == 400:
        if _message(answer) in BAD_TOKENS:
            raise QueueRefused(answer.message)
        raise QueueUnreachable(answer.message)
    message = answer.expect().json()
    if not isinstance(message, dict) or message.get("status") != "success":
        raise QueueUnreachable(f"not an answer of Kowalski: {answer.message}")
    return message.get("data")
