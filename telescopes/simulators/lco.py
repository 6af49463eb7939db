"""A simulated portal of Las Cumbres Observatory, with one 1 m telescope behind it.

Paths and statuses as `observation-portal` has them: ``/api/requestgroups/`` (POST, GET with
the filters name, state, proposal, limit and offset), ``validate/``, ``{id}/cancel/``,
``/api/requests/{id}/observations/``, ``/api/profile/``. The telescope takes requests in the
order of their windows, one at a time, whatever the sky; a window that closes expires.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from astropy.time import Time

from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.simulators.service import Answer, Request

OVERHEAD = 90.0
"""Charged before each exposure, s."""

REQUIRED = ("name", "proposal", "ipp_value", "operator", "observation_type", "requests")

GROUP_PATH = re.compile(r"/api/requestgroups/(\d+)/(cancel/)?")
OBSERVATIONS_PATH = re.compile(r"/api/requests/(\d+)/observations/")


@dataclass
class LCOSimulator:
    """The portal."""

    clock: SimulatedClock
    """Simulated time."""

    token: str
    """The only one that opens it."""

    proposals: tuple[str, ...] = ("Caltech",)
    """What its owner may charge."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    observations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    free_at: float = 0.0
    _last_id: int = 1000

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        self.pass_time()
        if request.headers.get("authorization") != f"Token {self.token}":
            return Answer.json(401, {"detail": "Invalid token."})
        try:
            return self._route(request)
        except (ValueError, TypeError, KeyError) as err:
            return Answer.json(400, {"detail": f"JSON parse error - {err}"})

    def _route(self, request: Request) -> Answer:  # noqa: PLR0911 - one return a route
        match request.method, request.path:
            case "GET", "/api/profile/":
                return Answer.json(200, {"username": "marshal", "proposals": self.proposals})
            case "GET", "/api/requestgroups/":
                return self._list(request.query)
            case "POST", "/api/requestgroups/validate/":
                errors = self._errors(request.json())
                return Answer.json(200, {"request_durations": {}, "errors": errors})
            case "POST", "/api/requestgroups/":
                return self._create(request.json())
            case "POST", path if (match := GROUP_PATH.fullmatch(path)) and match[2]:
                return self._cancel(int(match[1]))
            case "GET", path if match := OBSERVATIONS_PATH.fullmatch(path):
                return Answer.json(200, self.observations.get(int(match[1]), []))
        return Answer.json(404, {"detail": "Not found."})

    def _errors(self, message: Any) -> dict[str, Any]:
        """What is wrong with a group, by field; empty if nothing is."""
        if not isinstance(message, dict):
            return {"non_field_errors": ["Invalid data. Expected a dictionary."]}
        errors: dict[str, Any] = {
            name: ["This field is required."] for name in REQUIRED if name not in message
        }
        if errors:
            return errors
        if message["proposal"] not in self.proposals:
            errors["non_field_errors"] = ["You do not belong to the proposal"]
        if not message["requests"]:
            errors["requests"] = ["You must specify at least 1 request"]
        if (message["operator"] == "SINGLE") != (len(message["requests"]) == 1):
            errors["non_field_errors"] = ["operator and number of requests do not agree"]
        if len(message["name"]) > 50:
            errors["name"] = ["Ensure this field has no more than 50 characters."]
        return errors

    def _create(self, message: Any) -> Answer:
        errors = self._errors(message)
        if errors:
            return Answer.json(400, errors)
        group = {
            **message,
            "id": self._next(),
            "state": "PENDING",
            "submitter": "marshal",
            "requests": [self._pending(request) for request in message["requests"]],
        }
        self.groups.append(group)
        return Answer.json(201, group)

    def _pending(self, request: Mapping[str, Any]) -> dict[str, Any]:
        configurations = [
            {**each, "id": self._next(), "priority": 1} for each in request["configurations"]
        ]
        return {
            **request,
            "id": self._next(),
            "state": "PENDING",
            "configurations": configurations,
        }

    def _next(self) -> int:
        self._last_id += 1
        return self._last_id

    def _list(self, query: Mapping[str, str]) -> Answer:
        groups = [
            group
            for group in reversed(self.groups)
            if query.get("name", "").lower() in group["name"].lower()
            and query.get("state", group["state"]) == group["state"]
            and query.get("proposal", group["proposal"]) == group["proposal"]
        ]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
        more = offset + limit < len(groups)
        return Answer.json(
            200,
            {
                "count": len(groups),
                "next": "http://portal/next" if more else None,
                "previous": None,
                "results": groups[offset : offset + limit],
            },
        )

    def _cancel(self, group_id: int) -> Answer:
        group = next((each for each in self.groups if each["id"] == group_id), None)
        if group is None:
            return Answer.json(404, {"detail": "Not found."})
        if group["state"] not in {"PENDING", "CANCELED"}:
            return Answer.json(400, {"errors": [f"cannot change from {group['state']}"]})
        group["state"] = "CANCELED"
        for request in group["requests"]:
            if request["state"] == "PENDING":
                request["state"] = "CANCELED"
        return Answer.json(200, group)

    def pass_time(self) -> None:
        """Live through the time since the last request."""
        now = self.clock.now()
        waiting = [
            (_mjd(request["windows"][0]["start"]), request["id"], request)
            for group in self.groups
            if group["state"] == "PENDING"
            for request in group["requests"]
            if request["state"] == "PENDING"
        ]
        for start, _, request in sorted(waiting, key=lambda entry: entry[:2]):
            self._observe(request, max(start, self.free_at), now)
        for group in self.groups:
            states = {request["state"] for request in group["requests"]}
            if group["state"] == "PENDING" and "PENDING" not in states:
                done = "COMPLETED" in states
                group["state"] = "COMPLETED" if done else "WINDOW_EXPIRED"

    def _observe(self, request: dict[str, Any], moment: float, now: float) -> None:
        configuration = request["configurations"][0]
        seconds = configuration["instrument_configs"][0]["exposure_time"]
        start = moment + OVERHEAD / DAY
        end = start + seconds / DAY
        if end > _mjd(request["windows"][0]["end"]):
            if now > _mjd(request["windows"][0]["end"]):
                request["state"] = "WINDOW_EXPIRED"
            return
        if end > now:
            return
        self.free_at = end
        request["state"] = "COMPLETED"
        summary = {
            "start": _iso(start),
            "end": _iso(end),
            "state": "COMPLETED",
            "reason": "",
            "time_completed": seconds,
            "events": [],
        }
        status = {
            "id": self._next(),
            "configuration": configuration["id"],
            "instrument_name": "fa05",
            "state": "COMPLETED",
            "summary": summary,
        }
        self.observations[request["id"]] = [
            {
                "id": self._next(),
                "request": request["id"],
                "site": request["location"].get("site", "elp"),
                "state": "COMPLETED",
                "start": _iso(moment),
                "end": _iso(end),
                "configuration_statuses": [status],
            }
        ]

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        message = request.json()
        message["requests"] = message["requests"][: len(message["requests"]) // 2]
        message["operator"] = "SINGLE" if len(message["requests"]) == 1 else "MANY"
        return replace(request, body=json.dumps(message).encode())

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        self.pass_time()
        return {
            "telescope": "LCO",
            "now": _iso(self.clock.now()),
            "rate": self.clock.rate,
            "queues": {group["name"]: group["state"] for group in self.groups},
            "exposures": len(self.observations),
        }

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock; what lies between the old and the new time does not happen."""
        self.pass_time()
        if now is not None:
            self.clock.set(float(now) if isinstance(now, int | float) else float(Time(now).mjd))
            self.free_at = self.clock.now()
        if rate is not None:
            self.clock.set(rate=float(rate))


def _mjd(text: str) -> float:
    return float(Time(text.removesuffix("Z"), scale="utc").mjd)


def _iso(mjd: float) -> str:
    return str(Time(mjd, format="mjd", scale="utc").isot) + "Z"
