"""The manual planner: a person's own list of fields or positions, under the same rules."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from astropy.coordinates import SkyCoord

from planners.footprints.atoms import Atoms
from planners.optimum.budget_search import best_shots
from planners.problem.assemble import assemble
from planners.problem.build import build_problem_at
from planners.problem.requests import RequestInvalid, check_request
from planners.problem.unobserved import ledger
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import FieldGrid, Telescope


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Observe as many of the request's targets as can be, whatever the sky map says of them.

    Raises
    ------
    RequestInvalid
        If no target is given, a field does not exist, or the telescope accepts no positions.
    """
    begun = time.perf_counter()
    check_request(telescope, request)
    pointings = _pointings(telescope, request)
    problem = build_problem_at(skymap, telescope, request, pointings)
    # Whoever lists targets has said what is worth it.
    without_stops = replace(request, minimum_gain=None, target_probability=None)
    as_listed = replace(problem, atoms=_each_alike(len(pointings.field_id)), request=without_stops)
    scheduled_exposures = best_shots(as_listed)
    observing_plan = assemble(problem, "manual", scheduled_exposures, begun)
    account = replace(
        ledger(problem, scheduled_exposures), reasons=ledger(as_listed, scheduled_exposures).reasons
    )
    return replace(
        observing_plan,
        unobserved=account.unobserved(),
        remark=account.remark(is_empty=not scheduled_exposures),
    )


def _pointings(telescope: Telescope, request: ObservingRequest) -> FieldGrid:
    if not request.targets:
        raise RequestInvalid("no field or position is given to the manual planner")
    grid = telescope.read_grid()
    place = {int(field_id): i for i, field_id in enumerate(grid.field_id)}
    field_id: list[int] = []
    coord: list[SkyCoord] = []
    for target in request.targets:
        if isinstance(target, SkyCoord):
            if not telescope.off_grid:
                raise RequestInvalid(f"{telescope.name} observes the fields of its grid alone")
            field_id.append(-1)
            coord.append(target.icrs)
        elif target not in place:
            raise RequestInvalid(f"{telescope.name} has no field {target}")
        else:
            field_id.append(target)
            coord.append(grid.coord[place[target]])
    ra, dec = [one.ra for one in coord], [one.dec for one in coord]
    return FieldGrid(np.array(field_id), SkyCoord(ra, dec), np.ones(len(coord), dtype=bool))


def _each_alike(n: int) -> Atoms:
    """As if each pointing alone covered an equal part of the probability."""
    index = np.arange(n)
    share = np.full(n, 1 / n)
    return Atoms(
        probability=share,
        area=share,
        need=np.zeros(n, dtype=np.int64),
        likely=np.ones(n, dtype=bool),
        field=index,
        start=np.arange(n + 1),
        atom=index,
        field_start=np.arange(n + 1),
    )
