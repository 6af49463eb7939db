"""The manual planner: a person's own list of fields or positions, under the same rules."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import Atoms
from planners.optimum.budget_search import best_shots
from planners.problem.assemble import assemble
from planners.problem.build import build_problem_at
from planners.problem.observed import executed_by, levels, needs_left
from planners.problem.problem import Problem
from planners.problem.requests import check_request, check_targets
from planners.problem.unobserved import ledger
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.pairing.pointings import same_as
from telescopes.telescope import FieldGrid, Telescope


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Observe as many of the request's targets as can be, whatever the sky map says of them.

    Raises
    ------
    RequestInvalid
        If no target is given, one twice, a field does not exist, or the telescope accepts no
        positions.
    """
    begun = time.perf_counter()
    check_request(telescope, request)
    check_targets(telescope, request.targets)
    pointings = _pointings(telescope, request)
    problem = build_problem_at(skymap, telescope, request, pointings)
    as_listed = _as_listed(problem, pointings)
    scheduled_exposures = best_shots(as_listed)
    observing_plan = assemble(problem, "manual", scheduled_exposures, begun)
    listed = ledger(as_listed, scheduled_exposures)
    account = replace(ledger(problem, scheduled_exposures), reasons=listed.reasons)
    is_wanted = any(as_listed.needs[k] for k in as_listed.atoms.need.tolist())
    return replace(
        observing_plan,
        unobserved=account.unobserved(),
        remark=listed.remark(is_empty=not scheduled_exposures)
        if is_wanted
        else "Every target has been observed already.",
    )


def _as_listed(problem: Problem, pointings: FieldGrid) -> Problem:
    """The same, but each target is worth as much as any, until its own visits have been had."""
    request = problem.request
    executed = executed_by(request)
    coord = pointings.coord.icrs
    places = np.stack([coord.ra.deg, coord.dec.deg], axis=-1)
    times_had = {name: np.zeros(len(places), dtype=np.int64) for name in request.filters}
    for visit in executed.visits:
        if len(visit.detectors) > 0:
            times_had[visit.filter] += same_as(visit, pointings.field_id, places)
    marks = np.zeros(len(places), dtype=np.int64)
    for k, (name, times) in enumerate(levels(request.filters)):
        marks |= (times_had[name] >= times).astype(np.int64) << k
    need, needs = needs_left(marks, request.filters)
    return replace(
        problem,
        atoms=_each_alike(need),
        needs=needs,
        seen_before=need > 0,
        # Whoever lists targets has said what is worth it.
        request=replace(request, minimum_gain=None, target_probability=None),
    )


def _pointings(telescope: Telescope, request: ObservingRequest) -> FieldGrid:
    grid = telescope.read_grid()
    place = {int(field_id): i for i, field_id in enumerate(grid.field_id)}
    field_id: list[int] = []
    coord: list[SkyCoord] = []
    for target in request.targets:
        if isinstance(target, SkyCoord):
            field_id.append(-1)
            coord.append(target.icrs)
        else:
            field_id.append(target)
            coord.append(grid.coord[place[target]])
    ra, dec = [one.ra for one in coord], [one.dec for one in coord]
    return FieldGrid(np.array(field_id), SkyCoord(ra, dec), np.ones(len(coord), dtype=bool))


def _each_alike(need: NDArray[np.int64]) -> Atoms:
    """As if each pointing alone covered an equal part of the probability."""
    n = len(need)
    index = np.arange(n)
    share = np.full(n, 1 / n)
    return Atoms(
        probability=share,
        area=share,
        need=need,
        likely=np.ones(n, dtype=bool),
        field=index,
        start=np.arange(n + 1),
        atom=index,
        field_start=np.arange(n + 1),
    )
