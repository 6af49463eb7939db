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

    needs_more: bool = False
    """It works from more than a map, which neither a form nor a rule asks for."""

    def __call__(
        self, skymap: SkyMap, telescope: Telescope, request: ObservingRequest
    ) -> ObservingPlan:
        """Plan; see `Plans`."""
        return self.plan(skymap, telescope, request)


PLANNERS: dict[str, Planner] = {
    "optimal": Planner(optimal.plan),
    "greedy": Planner(greedy.plan),
    "galaxies": Planner(galaxies.plan, needs_more=True),
    "gwemopt": Planner(gwemopt_planner.plan, is_slow=True),
    "manual": Planner(manual.plan, needs_more=True),
}
"""The planners that can be asked for."""

MAP_PLANNERS = tuple(name for name, planner in PLANNERS.items() if not planner.needs_more)
"""Those that a map is enough for."""
