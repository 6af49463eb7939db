"""What thinks, stood in for by something quick: it neither reads nor writes what is explored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from astropy import units as u
from astropy.time import Time
from sqlalchemy.orm import Session

from planners.registry import PLANNERS, Planner
from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure
from telescopes.telescope import Telescope
from too_marshal import clock
from too_marshal.db.localizations import Localization
from too_marshal.workflows.planning import offer, rescore
from too_marshal.workflows.planning import plan as plan_workflow
from too_marshal.workflows.submissions import remainder, track

EXPOSURES = 8
"""In a plan: five minutes and more of the robot's time."""

TWICE = 3
"""Fields of a plan that visits each of them twice, which the robot gets as two queues."""

STEP = 42 * u.s
"""From one exposure to the next."""


@dataclass(frozen=True)
class Canned:
    """Plans without thinking: the fields of a map that were not observed, one after the other."""

    fields: tuple[tuple[int, float, float], ...]
    """Number, right ascension and declination (deg) of fields that are up."""

    shifts: dict[int, int]
    """First field of each map, by the number of the localization."""

    def load(self, _session: Session, localization: Localization) -> int:
        """The map of a localization: here, its first field."""
        return self.shifts[localization.id]

    def make(self, first: int, _telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
        """A plan of the fields from `first` on."""
        observed = {item.field_id for item in request.observed}
        begin = max(request.start, Time(clock.now()) + 30 * u.s)
        left = [item for item in self._of(first) if item[0] not in observed]
        visits = 1
        if request.minimum_gap > 0 * u.s:
            left, visits = left[:TWICE], 2
        exposures = tuple(
            PlannedExposure(
                field_id=field_id,
                ra=ra * u.deg,
                dec=dec * u.deg,
                filter="g",
                start=begin + number * STEP + visit * (request.minimum_gap + TWICE * STEP),
                exposure_time=30 * u.s,
                airmass=1.1,
                probability=0.1,
                visit=visit,
            )
            for visit in range(visits)
            for number, (field_id, ra, dec) in enumerate(left)
        )
        return self.score(first, _telescope, ObservingPlan("ZTF", "greedy", request, exposures, {}))

    def score(self, first: int, _telescope: Telescope, made: ObservingPlan) -> ObservingPlan:
        """Count the fields that belong to the map."""
        inside = {item[0] for item in self._of(first)}
        covered = len(inside & {item.field_id for item in made.exposures}) / len(inside)
        statistics: dict[str, Any] = {
            "probability": covered,
            "probability_all_filters": covered,
            "exposures": len(made.exposures),
        }
        if made.exposures:
            statistics |= {
                "start": f"{made.exposures[0].start.isot}Z",
                "end": f"{made.exposures[-1].start.isot}Z",
                "total_time": float(STEP.to_value(u.s)) * len(made.exposures),
            }
        return replace(made, statistics=statistics)

    def _of(self, first: int) -> tuple[tuple[int, float, float], ...]:
        return self.fields[first : first + EXPOSURES]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Stand in for planners, maps and coverage until the block ends."""
        with ExitStack() as stack:
            for module in (plan_workflow, rescore, offer, remainder):
                stack.enter_context(patch.object(module, "load_skymap", self.load))
            for module in (rescore, offer, remainder):
                stack.enter_context(patch.object(module, "rescored", self.score))
            stack.enter_context(patch.dict(PLANNERS, {"greedy": Planner(self.make)}))
            stack.enter_context(patch.object(track, "cover", lambda *_: None))
            yield
