"""A simulated Kowalski in front of a simulated ZTF; see `telescopes.ztf.kowalski`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from telescopes.simulators.faults import FaultKind, Faults
from telescopes.simulators.service import Answer, Request
from telescopes.simulators.ztf_service import ZTFSimulator
from telescopes.ztf.kowalski import EXISTS, PATH

HISTORY_PATH = "/api/observations/ztf"
"""Where this one forwards the history; the real one has no public route."""


class KowalskiSimulator:
    """The broker behind its paths; faults of the tunnel to Palomar are its own.

    Parameters
    ----------
    scheduler
        What it forwards to.
    token
        The only one that opens it.
    """

    def __init__(self, scheduler: ZTFSimulator, token: str) -> None:
        self.scheduler = scheduler
        self.tunnel = Faults()
        """Faults between Kowalski and Palomar, by the scheduler's method and path."""
        self._token = token

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        match request.headers.get("authorization", "").split():
            case []:
                return _error(401, "Unauthorized")
            case [*_, token] if token != self._token:
                return _error(400, "token is invalid")
        try:
            return self._forward(request)
        except (ValueError, KeyError, TimeoutError) as err:
            # Every exception becomes a 400, a time-out at Palomar included.
            return _error(400, f"{type(err).__name__}: {err}")

    def _forward(self, request: Request) -> Answer:  # noqa: PLR0911 - one return a route
        match request.method, request.path:
            case "GET", path if path == PATH:
                answer = self._ask(replace(request, path="/queues", body=request.body or b"{}"))
                return _retrieved(answer, "ZTF queue query")
            case "PUT", path if path == PATH:
                return self._put(request)
            case "DELETE", path if path == PATH:
                _check(request.json(), ("queue_name", "user"))
                answer = self._ask(replace(request, path="/queues"))
                if answer.status == 200:
                    return _success("deleted", {})
                return _error(400, f"ZTF queue delete attempt rejected: {_LOST}")
            case "GET", path if path == HISTORY_PATH:
                answer = self._ask(replace(request, path="/obs_history"))
                return _retrieved(answer, "ZTF Observation History query")
            case "GET", path if path.startswith("/depot/"):
                # Not Kowalski's: the depot shares the port of the simulator.
                return self.scheduler.answer(request)
        return _error(404, "Not Found")

    def _put(self, request: Request) -> Answer:
        message = request.json()
        _check(message, ("queue_name", "validity_window_mjd", "targets", "queue_type", "user"))
        answer = self._ask(replace(request, path="/queues"))
        if answer.status == 201:
            return _success("submitted", {})
        if answer.status == 200:
            return _error(400, EXISTS)
        return _error(400, f"ZTF trigger attempt rejected: {_LOST}")

    def _ask(self, request: Request) -> Answer:
        """Go through the tunnel."""
        fault = self.tunnel.take(request.method, request.path)
        if fault is None:
            return self.scheduler.answer(request)
        if fault.kind is FaultKind.STATUS:
            return Answer.text(fault.status, fault.body)
        if fault.kind is FaultKind.ACCEPT_THEN_HANG:
            self.scheduler.answer(request)
        raise TimeoutError

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        return self.scheduler.truncated(request)

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return self.scheduler.describe()

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock."""
        self.scheduler.set_clock(now, rate)


_LOST = "<bound method ClientResponse.text of ...>"
"""The scheduler's words never get through: Kowalski prints the method, not its result."""


def _check(message: Any, columns: tuple[str, ...]) -> None:
    for column in columns:
        if column not in message:
            raise ValidationError(f"{column}: field required")


class ValidationError(ValueError):
    """A message that lacks a column."""


def _retrieved(answer: Answer, what: str) -> Answer:
    if answer.status == 200:
        return _success("retrieved", json.loads(answer.body))
    return _error(400, f"{what} attempt rejected: {_LOST}")


def _success(message: str, data: Any) -> Answer:
    return Answer.json(200, {"status": "success", "message": message, "data": data})


def _error(status: int, message: str) -> Answer:
    return Answer.json(status, {"status": "error", "message": message})
