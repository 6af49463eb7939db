"""A simulated robot with an interface of the kind that operators describe.

``PUT /queues/{name}`` with ``{"plan": {...}}``, ``GET /queues``, ``POST /drop`` and
``GET /exposures``; it keeps the times that it is given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from astropy.time import Time

from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.simulators.service import Answer, Request


@dataclass
class ConfiguredSimulator:
    """The robot."""

    clock: SimulatedClock
    """Simulated time."""

    token: str
    """The only one that opens it."""

    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    exposures: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        self.pass_time()
        if request.headers.get("x-token") != self.token:
            return Answer.json(401, {"state": "failed", "why": "no valid token"})
        match request.method, request.path.split("/")[1:]:
            case "PUT", ["queues", name]:
                return self._put(name, request)
            case "GET", ["queues"]:
                return Answer.json(200, {"data": {"queues": list(self.queues.values())}})
            case "POST", ["drop"]:
                self.queues.pop(str(request.json().get("queue")), None)
                return Answer.json(200, {"state": "fine"})
            case "GET", ["exposures"]:
                since, until = request.query["from"], request.query["to"]
                rows = [row for row in self.exposures if since <= row["start"] < until]
                return Answer.json(200, {"rows": rows})
        return Answer.json(404, {"state": "failed", "why": "no such path"})

    def _put(self, name: str, request: Request) -> Answer:
        if name in self.queues:
            return Answer.json(409, {"state": "failed", "why": f"{name} is there already"})
        try:
            plan = request.json()["plan"]
            window = [Time(text.removesuffix("Z")).isot for text in plan["window"]]
            shots = [{**shot, "at": float(shot["at"])} for shot in plan["shots"]]
        except (ValueError, KeyError, TypeError) as err:
            return Answer.json(400, {"state": "failed", "why": repr(err)})
        if not shots:
            return Answer.json(400, {"state": "failed", "why": "no shots"})
        self.queues[name] = {"id": name, "window": window, "shots": shots}
        return Answer.json(201, {"state": "fine"})

    def pass_time(self) -> None:
        """Take what is due; a queue is forgotten when all of it is taken."""
        now = self.clock.now()
        for name, queue in list(self.queues.items()):
            if max(shot["at"] + shot["seconds"] / DAY for shot in queue["shots"]) > now:
                continue
            del self.queues[name]
            self.exposures += [
                {
                    "expid": f"{name}-{index}",
                    "field": shot["field"],
                    "filt": shot["band"].removeprefix("sdss-"),
                    "start": Time(shot["at"], format="mjd").isot,
                    "exptime": shot["seconds"],
                    "queue": name,
                }
                for index, shot in enumerate(queue["shots"])
            ]

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        message = request.json()
        shots = message["plan"]["shots"]
        message["plan"]["shots"] = shots[: len(shots) // 2]
        return replace(request, body=json.dumps(message).encode())

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return {"queues": list(self.queues), "exposures": len(self.exposures)}

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock."""
        self.clock.set(float(Time(now).mjd) if isinstance(now, str) else now, rate)
