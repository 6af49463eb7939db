"""A simulated Treasure Map, with the rules of github.com/TheTreasureMap/gwtm (`server/`).

One bad pointing rejects its whole message with 422; duplicates come back in ``ERRORS`` with
200; a pointing that is sent with its number is completed; only planned ones are cancelled;
reading needs no token.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from telescopes.simulators.service import Answer, Request
from telescopes.treasure_map.messages import BANDS

ROOT = "/api/v1"


@dataclass
class TreasureMapSimulator:
    """The service."""

    accounts: dict[str, str]
    """Names of users, by token."""

    events: set[str]
    """Those that are known."""

    footprints: dict[int, tuple[str, list[str]]]
    """Name and polygons of each instrument, by its number."""

    pointings: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By number."""

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        match request.method, request.path.removeprefix(ROOT):
            case "GET", "/pointings":
                return self._list(request.query)
            case "GET", "/instruments":
                known = [
                    {"id": n, "instrument_name": each[0]} for n, each in self.footprints.items()
                ]
                return Answer.json(200, known)
            case "GET", "/footprints":
                return self._footprints(int(request.query["id"]))
            case "POST", "/pointings":
                return self._change(request, self._add)
            case "POST", "/update_pointings":
                return self._change(request, self._cancel)
        return Answer.json(404, {"detail": "Not Found"})

    def _change(self, request: Request, act: Callable[[Any, str], Answer]) -> Answer:
        """Let a user who is known change something."""
        user = self.accounts.get(request.headers.get("api_token", ""))
        if user is None:
            return Answer.json(401, {"detail": "Invalid or missing api_token"})
        try:
            message = request.json()
        except ValueError:
            return Answer.json(422, {"detail": "JSON decode error"})
        return act(message, user)

    def _list(self, query: Mapping[str, str]) -> Answer:
        rows = list(self.pointings.values())
        if "graceid" in query:
            rows = [row for row in rows if row["graceid"] == query["graceid"]]
        statuses = query.get("statuses") or query.get("status")
        if statuses:
            rows = [row for row in rows if row["status"] in statuses.split(",")]
        if "ids" in query:
            rows = [row for row in rows if str(row["id"]) in query["ids"].split(",")]
        return Answer.json(200, [self._shown(row) for row in rows])

    def _shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in row.items() if name not in {"graceid", "ra", "dec"}}
        shown["position"] = f"POINT({row['ra']} {row['dec']})"
        shown["instrument_name"] = self.footprints[row["instrumentid"]][0]
        return shown

    def _footprints(self, instrument_id: int) -> Answer:
        _, polygons = self.footprints.get(instrument_id, ("", []))
        return Answer.json(
            200,
            [
                {"id": i, "instrumentid": instrument_id, "footprint": text}
                for i, text in enumerate(polygons)
            ],
        )

    def _add(self, message: Mapping[str, Any], user: str) -> Answer:
        pointings = message.get("pointings") or []
        bad = [error for each in pointings for error in _invalid(each)]
        if bad or not pointings:
            return Answer.json(
                422, {"detail": [{"msg": error} for error in bad or ["no pointing"]]}
            )
        if message.get("graceid") not in self.events:
            error = f"The graceid '{message.get('graceid')}' does not exist in the database"
            return Answer.json(400, {"message": "Invalid graceid", "errors": [error]})
        ids: list[int] = []
        errors: list[Any] = []
        for each in pointings:
            try:
                ids.append(self._take(each, message["graceid"], user))
            except ValueError as err:
                errors.append([f"Object: {each}", [str(err)]])
        answer = {"pointing_ids": ids, "ERRORS": errors, "WARNINGS": [], "DOI": None}
        return Answer.json(200, answer)

    def _take(self, each: Mapping[str, Any], graceid: str, user: str) -> int:
        """Take one pointing; ValueError if it is not taken."""
        if each.get("id") is not None:
            return self._complete(each, user)
        if each.get("instrumentid") not in self.footprints:
            raise ValueError(f"Instrument with ID {each.get('instrumentid')} not found")
        if any(_same(each, row) for row in self.pointings.values() if row["graceid"] == graceid):
            raise ValueError("Pointing already submitted")
        pointing_id = len(self.pointings) + 1
        self.pointings[pointing_id] = {
            "id": pointing_id,
            "graceid": graceid,
            "username": user,
            "pos_angle": 0.0,
            "depth": None,
            "depth_unit": None,
            "status": "completed",
            **each,
            "time": datetime.fromisoformat(each["time"]).isoformat(),
        }
        return pointing_id

    def _complete(self, each: Mapping[str, Any], user: str) -> int:
        row = self.pointings.get(int(each["id"]))
        if row is None or row["username"] != user:
            raise ValueError(f"Pointing with ID {each['id']} not found or not owned by you")
        if row["status"] != "planned":
            raise ValueError(f"This pointing has already been {row['status']}")
        row["time"] = datetime.fromisoformat(each["time"]).isoformat()
        row["pos_angle"] = each.get("pos_angle", row["pos_angle"])
        row["status"] = "completed"
        return int(row["id"])

    def _cancel(self, message: Mapping[str, Any], user: str) -> Answer:
        if message.get("status") != "cancelled" or not message.get("ids"):
            return Answer.json(422, {"detail": "Only 'cancelled' status updates are supported"})
        own = [
            row
            for id_, row in self.pointings.items()
            if id_ in message["ids"] and row["username"] == user and row["status"] == "planned"
        ]
        for row in own:
            row["status"] = "cancelled"
        return Answer.json(200, {"message": f"Updated {len(own)} pointings successfully."})

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        message = request.json()
        for name in ("pointings", "ids"):
            if name in message:
                message[name] = message[name][: len(message[name]) // 2]
        return replace(request, body=json.dumps(message).encode())

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return {"service": "Treasure Map", "pointings": len(self.pointings)}

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """A list has no clock."""
        raise ValueError(f"the Treasure Map has no clock to be set to {now}, {rate}")


def _invalid(each: Mapping[str, Any]) -> list[str]:
    """What makes the service reject the message, in its words."""
    if each.get("id") is not None:
        return []
    status = each.get("status", "completed")
    needed = {"completed": ("depth", "depth_unit", "band", "time"), "planned": ("time",)}
    faults = [
        f"{name} is required for {status} observations"
        for name in needed.get(status, ())
        if not each.get(name)
    ]
    if "position" not in each and (each.get("ra") is None or each.get("dec") is None):
        faults.append(
            "Position information required (either position string or ra/dec coordinates)"
        )
    if each.get("band") is not None and each["band"] not in BANDS:
        faults.append(f"{each['band']} is no band")
    return faults


def _same(each: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether the service takes a pointing for one that it has."""
    return (
        all(each.get(name) == row.get(name) for name in ("instrumentid", "band", "status"))
        and math.isclose(each["ra"], row["ra"], abs_tol=1e-6)
        and math.isclose(each["dec"], row["dec"], abs_tol=1e-6)
        and datetime.fromisoformat(each["time"]).isoformat() == row["time"]
    )
