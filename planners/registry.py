"""Every planner, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from planners import galaxies, greedy, manual, optimal
from planners.comparison import gwemopt_planner
from planners.skymaps.skymap import SkyMap
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope


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

    plan: Plans
    """What plans."""

    is_slow: bool = False
    """It may take minutes: whoever has one place for planners keeps another for it."""

    def __call__(
        self, skymap: SkyMap, telescope: Telescope, request: ObservingRequest
    ) -> ObservingPlan:
        """Plan; see `Plans`."""
        return self.plan(skymap, telescope, request)


PLANNERS: dict[str, Planner] = {
    "optimal": Planner(optimal.plan),
    "greedy": Planner(greedy.plan),
    "galaxies": Planner(galaxies.plan),
    "gwemopt": Planner(gwemopt_planner.plan, is_slow=True),
    "manual": Planner(manual.plan),
}
"""The planners that can be asked for."""
