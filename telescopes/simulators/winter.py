"""A simulated WINTER observatory, with the interface of github.com/winter-telescope/winterapi.

Schedules are named by the observatory, a schedule that is done or expired is archived, and a
deleted one is gone.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.simulators.service import Answer, Request

FIELDS = {
    "ra_deg": (0.0, 360.0),
    "dec_deg": (-90.0, 90.0),
    "target_priority": (0.0, math.inf),
    "total_exposure_time": (1.0, math.inf),
    "n_repetitions": (1, math.inf),
    "n_dither": (1, math.inf),
    "dither_distance": (0.0, math.inf),
    "start_time_mjd": (0.0, math.inf),
    "end_time_mjd": (0.0, math.inf),
    "max_airmass": (1.0, 5.0),
}
"""Numbers that a target must have here, and their limits (wintertoo, `models/too.py`)."""

OTHERS = {"use_field_grid", "filters", "target_name", "use_best_detector"}


@dataclass
class WINTERSimulator:
    """The observatory."""

    clock: SimulatedClock
    """Simulated time."""

    account: tuple[str, str] = ("observer", "secret")
    """Name and password."""

    programs: Mapping[str, str] = field(default_factory=lambda: {"2026A000": "key"})
    """Keys of programs, by name."""

    schedules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Rows by name of the schedule."""

    _n_requests: int = 0

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        self.pass_time()
        if request.path == "/ping":
            return _reply("pong", {})
        token = base64.b64encode(":".join(self.account).encode()).decode()
        if request.headers.get("authorization") != f"Basic {token}":
            return Answer.json(401, {"detail": "Incorrect username or password"})
        program = request.query.get("program_name", "")
        if self.programs.get(program) != request.query.get("program_api_key"):
            return Answer.json(401, {"detail": f"Invalid key for program {program}"})
        return self._route(request, program)

    def _route(self, request: Request, program: str) -> Answer:
        name = request.query.get("schedule_name", "")
        match request.method, request.path:
            case "POST", "/too/winter":
                return self._add(request, program)
            case "GET", "/too/summary":
                return self._summary(request.query.get("include_archived") == "true")
            case "GET", "/too/details" if name in self.schedules:
                return _reply(f"Returning details of schedule {name}", self.schedules[name])
            case "DELETE", "/too/delete" if name in self.schedules:
                del self.schedules[name]
                return _reply(f"Deleted {name}", {})
        return Answer.json(404, {"detail": f"nothing of the name '{name}'"})

    def _add(self, request: Request, program: str) -> Answer:
        try:
            targets = request.json()
            rows = [row for target in targets for row in self._rows(target, program)]
        except (ValueError, KeyError, TypeError) as err:
            return Answer.json(422, {"detail": str(err)})
        if not rows:
            return Answer.json(422, {"detail": "no targets"})
        if request.query.get("submit_trigger") != "true":
            return _reply("Request is valid, but submit_trigger is False", rows)
        self._n_requests += 1
        name = f"request_{program}_{self._n_requests:04d}"
        self.schedules[name] = rows
        return _reply(f"Request submitted. Schedule name is '{name}' now", rows)

    def _rows(self, target: Mapping[str, Any], program: str) -> list[dict[str, Any]]:
        """Rows of one target; ValueError if the observatory would not take it."""
        unknown = set(target) - set(FIELDS) - OTHERS
        if unknown:
            raise ValueError(f"extra fields not permitted: {', '.join(sorted(unknown))}")
        for name, (low, high) in FIELDS.items():
            if not low <= target[name] <= high:
                raise ValueError(f"{name} {target[name]} is not from {low} to {high}")
        if not 1 <= len(target["target_name"]) <= 30:
            raise ValueError("target_name has 1 to 30 letters")
        if not 0.28 <= target["total_exposure_time"] / target["n_dither"] <= 300:
            raise ValueError("exposure time per dither is not from 0.28 to 300 s")
        if not target["start_time_mjd"] < target["end_time_mjd"]:
            raise ValueError("end_time_mjd not greater than start_time_mjd")
        if not set(target["filters"]) <= {"Y", "J", "Hs", "dark"}:
            raise ValueError(f"filters {target['filters']}")
        return [
            {
                "targName": target["target_name"],
                "raDeg": target["ra_deg"],
                "decDeg": target["dec_deg"],
                "fieldID": 999999999,
                "filter": name,
                "visitExpTime": target["total_exposure_time"],
                "priority": target["target_priority"],
                "progName": program,
                "validStart": target["start_time_mjd"],
                "validStop": target["end_time_mjd"],
                "observed": 0,
                "maxAirmass": target["max_airmass"],
                "ditherNumber": target["n_dither"],
                "ditherStepSize": target["dither_distance"],
            }
            for name in target["filters"]
            for _ in range(int(target["n_repetitions"]))
        ]

    def _summary(self, archived: bool) -> Answer:  # noqa: FBT001 - as in the query
        shown = {
            name: rows
            for name, rows in self.schedules.items()
            if archived or not self._is_over(rows)
        }
        # As a table of pandas': by columns.
        table: dict[str, dict[str, Any]] = {
            "too_schedule_name": {str(i): name for i, name in enumerate(shown)},
            "n_entries": {str(i): len(rows) for i, rows in enumerate(shown.values())},
        }
        return _reply("Returning schedule summary", table if shown else {})

    def _is_over(self, rows: list[dict[str, Any]]) -> bool:
        return all(row["observed"] or row["validStop"] < self.clock.now() for row in rows)

    def pass_time(self) -> None:
        """Observe what is due."""
        for rows in self.schedules.values():
            for row in rows:
                done = row["validStart"] + (row["visitExpTime"] + 60) / DAY
                if done <= min(self.clock.now(), row["validStop"]):
                    row["observed"] = 1

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        targets = request.json()
        return replace(request, body=json.dumps(targets[: len(targets) // 2]).encode())

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return {"telescope": "WINTER", "schedules": list(self.schedules), "now": self.clock.now()}

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock."""
        if isinstance(now, str):
            raise ValueError("the clock takes an MJD")  # noqa: TRY004 - as the protocol says
        self.clock.set(now, rate)


def _reply(message: str, body: Any) -> Answer:
    return Answer.json(200, {"msg": message, "body": body})
