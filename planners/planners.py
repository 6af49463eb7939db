"""Every planner, by name."""

from __future__ import annotations

from typing import Protocol

from planners import galaxies, greedy, gwemopt_planner, manual, optimal
from planners.skymaps import SkyMap
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope


class Planner(Protocol):
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


PLANNERS: dict[str, Planner] = {
    "optimal": optimal.plan,
    "greedy": greedy.plan,
    "galaxies": galaxies.plan,
    "gwemopt": gwemopt_planner.plan,
    "manual": manual.plan,
}
"""The planners that can be asked for."""
