"""Every planner, by name. A planner's module is imported when it is first asked for a plan."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from planners.problem.requests import RequestInvalid, check_request, check_targets
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.registry import TELESCOPES
from telescopes.telescope import Telescope


class Plans(Protocol):
    """Makes a plan; the same arguments give the same plan."""

    def __call__(
        self, skymap: SkyMap, telescope: Telescope, request: ObservingRequest
    ) -> ObservingPlan:
        """Plan.

        Raises
        ------
        RequestInvalid
            If the request makes no sense for the telescope.
        """


@dataclass(frozen=True)
class Planner:
    """A way to plan."""

    source: str | Plans
    """What plans, or the name of the module whose `plan` does: who only lists planners then
    loads no solver."""

    is_slow: bool = False
    """It may take minutes: whoever has one place for planners keeps another for it."""

    needs_more: bool = False
    """It works from more than a map, which no rule can ask for."""

    takes_targets: bool = False
    """It observes the targets that a request lists; no other looks at them."""

    detects: bool = False
    """It can plan for a source to be detected."""

    takes_galaxies: bool = False
    """It aims at the galaxies of a request; no other looks at them."""

    def __call__(
        self, skymap: SkyMap, telescope: Telescope, request: ObservingRequest
    ) -> ObservingPlan:
        """Plan; see `Plans`."""
        self.check(telescope, request)
        return self.plan(skymap, telescope, request)

    def check(self, telescope: Telescope, request: ObservingRequest) -> None:
        """Return if the request makes sense for the telescope and this planner.

        Raises
        ------
        RequestInvalid
            If it does not.
        """
        check_request(telescope, request)
        if request.objective == "detection" and not self.detects:
            raise RequestInvalid(
                "this planner covers a map, and looks for no source: choose the optimal or the "
                "greedy one, or plan for coverage"
            )
        if self.takes_targets:
            check_targets(telescope, request.targets)
        elif request.targets:
            raise RequestInvalid(
                "only the manual planner observes targets: choose it, or leave the targets out"
            )
        if self.takes_galaxies and request.galaxies is None:
            raise RequestInvalid("no galaxies are given to the galaxies planner")
        if request.galaxies is not None and not self.takes_galaxies:
            raise RequestInvalid(
                "only the galaxies planner looks at galaxies: choose it, or leave the table out"
            )

    @property
    def plan(self) -> Plans:
        """What plans, imported if it was not."""
        if isinstance(self.source, str):
            return cast(Plans, importlib.import_module(self.source).plan)
        return self.source


PLANNERS: dict[str, Planner] = {
    "optimal": Planner("planners.optimal", detects=True),
    "greedy": Planner("planners.greedy", detects=True),
    "galaxies": Planner("planners.galaxies", needs_more=True, takes_galaxies=True),
    "gwemopt": Planner("planners.comparison.gwemopt_planner", is_slow=True),
    "manual": Planner("planners.manual", needs_more=True, takes_targets=True),
}
"""The planners that can be asked for."""

MAP_PLANNERS = tuple(name for name, planner in PLANNERS.items() if not planner.needs_more)
"""Those that a map is enough for."""

PERSONS_PLANNERS = (
    *MAP_PLANNERS,
    *(
        name
        for name, planner in PLANNERS.items()
        if planner.takes_targets or planner.takes_galaxies
    ),
)
"""Those that a form can ask for: a person may list targets, or bring a table of galaxies."""


def plan(
    skymap: SkyMap,
    telescope: Telescope | str,
    request: ObservingRequest,
    planner: str = "optimal",
) -> ObservingPlan:
    """Plan observations of a sky map.

    Parameters
    ----------
    skymap
        Where the source may be.
    telescope
        What observes; a telescope or a name of `telescopes.TELESCOPES`.
    request
        When, in which filters and for how long.
    planner
        A name of `PLANNERS`.

    Raises
    ------
    LookupError
        If there is no such planner, or no such telescope.
    RequestInvalid
        If the request makes no sense for the telescope.

    Examples
    --------
    Half an hour of ZTF on a position with an error of 3 deg, in two filters.

    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from planners import ObservingRequest, circle_skymap, plan
    >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 3 * u.deg, containment=0.9)
    >>> request = ObservingRequest(
    ...     start=Time("2026-02-15T06:00:00"),
    ...     end=Time("2026-02-15T06:30:00"),
    ...     filters=("g", "r"),
    ...     exposure_time={"g": 60 * u.s, "r": 60 * u.s},
    ...     minimum_gap=5 * u.min,
    ... )
    >>> observing_plan = plan(skymap, "ZTF", request, planner="greedy")
    >>> sorted({exposure.filter for exposure in observing_plan.exposures})
    ['g', 'r']
    >>> observing_plan.statistics["probability_all_filters"] > 0.5
    True
    """
    if planner not in PLANNERS:
        raise LookupError(f"unknown planner {planner!r}; known: {', '.join(PLANNERS)}")
    if isinstance(telescope, str):
        if telescope not in TELESCOPES:
            known = ", ".join(TELESCOPES)
            raise LookupError(f"unknown telescope {telescope!r}; known: {known}")
        telescope = TELESCOPES[telescope]
    return PLANNERS[planner](skymap, telescope, request)
