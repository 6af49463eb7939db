"""The observing script of DECam: a JSON list, one object an exposure.

The observers load it into the exposure queue of the instrument's control system. Each
exposure may be split into two of half the time, one of them moved by a minute of arc, so
that no position falls into a gap between CCDs both times.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Any

from astropy import units as u
from astropy.time import Time

from telescopes.decam.facts import DECAM
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.observing_queue import QueuedPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures

_USUAL_DITHER = 60 * u.arcsec
"""Where a request asks for dithers and nobody says how far apart (growth-too-marshal)."""

_PLANNED = re.compile(r"planned (\S+)Z\Z")


@dataclass(frozen=True)
class DECamScript:
    """Implements `telescopes.protocols.file_queue.ObservingScript`."""

    title: str = "Target of Opportunity"
    """Program title that observers see."""

    dither: u.Quantity[u.physical.angle] | None = None
    """Offset east and north of the second half of each exposure, if it is split."""

    @property
    def suffix(self) -> str:
        """End of the file's name."""
        return ".json"

    def write(self, plan: ObservingPlan, name: str, program: str, pi: str) -> str:
        """Write a plan down.

        Parameters
        ----------
        plan, name
            What, and the name of the sequence.
        program
            Proposal number, such as ``2019B-0353``.
        pi
            Principal investigator; stands in the program title.

        Raises
        ------
        PlanUnsuitable
            If the plan is empty, or has a filter or an exposure that the camera has not.
        """
        exposures = checked_exposures(plan, DECAM, name)
        dither = self._dither(plan.request)
        rows = [row for exposure in exposures for row in _split(exposure, dither)]
        return json.dumps(
            [
                {
                    "count": 1,
                    "comment": f"{name}: {index} of {len(rows)}, planned {start}Z",
                    "seqtot": len(rows),
                    "seqnum": index,
                    "expType": "object",
                    "object": f"{name}: {index} of {len(rows)}",
                    "filter": filter_name,
                    "program": f"{self.title} ({pi})",
                    "RA": ra,
                    "dec": dec,
                    "exptime": seconds,
                    "seqid": name,
                    "propid": program,
                    "wait": "False",
                }
                for index, (ra, dec, filter_name, seconds, start) in enumerate(rows, start=1)
            ],
            indent=1,
            allow_nan=False,
        )

    def _dither(self, request: ObservingRequest) -> u.Quantity[u.physical.angle] | None:
        """Offset of the second halves: as the request has it, else as this proposal has it."""
        if request.dithers == 1:
            return None
        usual = _USUAL_DITHER if request.dithers else None
        given = (request.dither_distance, self.dither, usual)
        return next((distance for distance in given if distance is not None), None)

    def read(self, name: str, text: str) -> QueuedPlan:
        """Read a script back; the window is that of the planned times in its comments."""
        rows: list[dict[str, Any]] = json.loads(text)
        starts = [Time(_planned(row["comment"]), scale="utc") for row in rows]
        last = float(rows[-1]["exptime"]) * u.s
        return QueuedPlan(name, min(starts), max(starts) + last, is_too=True, targets=tuple(rows))


def _split(
    exposure: CheckedExposure, dither: u.Quantity[u.physical.angle] | None
) -> list[tuple[float, float, str, float, str]]:
    """Position (deg), filter, time (s) and start of each part."""
    parts = [exposure]
    if dither is not None:
        offset = float(dither.to_value(u.deg))
        half = replace(exposure, seconds=exposure.seconds / 2)
        ra = exposure.ra + offset / math.cos(math.radians(exposure.dec))
        parts = [half, replace(half, ra=ra % 360, dec=min(exposure.dec + offset, 90.0))]
    planned = exposure.planned
    return [
        (*part.rounded.values(), planned.filter, part.seconds, planned.start.utc.isot)
        for part in parts
    ]


def _planned(comment: str) -> str:
    match = _PLANNED.search(comment)
    if match is None:
        raise ValueError(f"no planned time in {comment!r}")
    return match[1]
