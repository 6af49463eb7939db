"""The queue file of Palomar Gattini-IR: a JSON object like the ZTF scheduler's queue.

As the original GROWTH marshal wrote it (`growth/too/tasks/scheduler.py`): no queue type,
keys sorted, four spaces. The same file served the Kitt Peak EMCCD Demonstrator.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.errors import PlanUnsuitable
from telescopes.gattini.facts import GATTINI
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import QueuedPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures
from telescopes.protocols.programs import PROGRAM_IDS
from telescopes.telescope import Telescope

FILTER_IDS = {"g": 1, "r": 2, "i": 3, "z": 4, "J": 5}
"""The GROWTH marshal's numbers of filters."""

GRACE = 30 * u.min
"""The window closes this long after the last exposure is planned to end."""


@dataclass(frozen=True)
class QueueScript:
    """Implements `telescopes.protocols.file_queue.ObservingScript`."""

    telescope: Telescope = GATTINI
    """Whose filters and limits hold."""

    @property
    def suffix(self) -> str:
        """End of the file's name."""
        return ".json"

    def write(self, plan: ObservingPlan, name: str, program: str, pi: str) -> str:
        """Write a plan down; `program` is a name or number of `PROGRAM_IDS`.

        Raises
        ------
        PlanUnsuitable
            If the telescope could not take it.
        """
        exposures = checked_exposures(plan, self.telescope, name)
        first, last = exposures[0].planned, exposures[-1].planned
        end = min(last.start + last.exposure_time + GRACE, plan.request.end)
        window = [float(first.start.utc.mjd), float(end.utc.mjd)]
        targets = [
            {
                "request_id": request_id,
                "program_id": _program_id(program),
                "program_pi": pi,
                "subprogram_name": name,
                **_target(exposure),
            }
            for request_id, exposure in enumerate(exposures, start=1)
        ]
        message = {"queue_name": name, "validity_window_mjd": window, "targets": targets}
        return json.dumps(message, indent=4, sort_keys=True, allow_nan=False)

    def read(self, name: str, text: str) -> QueuedPlan:
        """Read a file back."""
        message: dict[str, Any] = json.loads(text)
        start, end = message["validity_window_mjd"]
        targets = tuple(message["targets"])
        return QueuedPlan(
            name,
            Time(float(start), format="mjd", scale="utc"),
            Time(float(end), format="mjd", scale="utc"),
            is_too=str(targets[0]["subprogram_name"]).startswith("ToO"),
            targets=targets,
        )


def _target(exposure: CheckedExposure) -> dict[str, float]:
    return {
        "field_id": exposure.planned.field_id,
        **exposure.rounded,
        "filter_id": FILTER_IDS[exposure.planned.filter],
        "exposure_time": exposure.seconds,
    }


def _program_id(program: str) -> int:
    if program in PROGRAM_IDS:
        return PROGRAM_IDS[program]
    if program.isdigit():
        return int(program)
    raise PlanUnsuitable(f"no program {program!r}; there is {', '.join(PROGRAM_IDS)}")
