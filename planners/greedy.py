"""The greedy planner: round by round, the most probable fields that are up."""

from __future__ import annotations

import math
import time

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.assemble import assemble
from planners.problem.build import pose
from planners.problem.incidence import MarginalProbability
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import Clock, RobotState, Shot
from planners.problem.visit_options import Programmes, programmes_of
from planners.search.blocks import passes_of, sequences
from planners.search.tours import tour
from planners.skymaps.skymap import SkyMap
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope

_PAUSE = 300.0
"""Time that passes where nothing can have all its visits from now on, s."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Plan round by round.

    A round visits a handful of fields once in each filter, and is long enough for the gap
    between two visits to pass; each takes the most probable fields that can be seen just then.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    begun = time.perf_counter()
    problem = pose(skymap, telescope, request)
    return assemble(problem, "greedy", shots_of(problem), begun)


def shots_of(problem: Problem) -> list[Shot]:
    """Exposures of the greedy plan, in the order of time."""
    programmes = programmes_of(problem)
    clock = Clock(problem)
    state = RobotState()
    marginal = MarginalProbability(programmes.cover)
    left = np.ones(len(programmes), dtype=bool)
    shots: list[Shot] = []
    orders = sequences(max(problem.needs, key=len))
    while True:
        left &= marginal.gain >= problem.worth
        state.time = _soonest(clock, np.unique(programmes.field[left]), state.time)
        if state.time == math.inf:
            return shots
        chosen = _choose(programmes, clock, state.time, left, marginal)
        chosen = chosen[: _affordable(problem, shots)]
        if not chosen:
            if _affordable(problem, shots) == 0:
                return shots
            # Nothing that is up now can have all its visits: something else may, later.
            state.time += _PAUSE
            continue
        of_field = {int(programmes.field[k]): k for k in chosen}
        order = [of_field[index] for index in tour(problem, list(of_field), state)]
        filters = next((one for one in orders if one[0] == state.filter), orders[0])
        laid, dropped, after = clock.lay_whole(state, passes_of(programmes, filters, order))
        if not laid:
            state.time += _PAUSE
            continue
        shots += laid
        state = after
        for k in order:
            if int(programmes.field[k]) not in dropped:
                marginal.take(k)
                left &= programmes.field != programmes.field[k]


def _soonest(clock: Clock, fields: NDArray[np.int64], earliest: float) -> float:
    """When the first of some fields is up, at or after `earliest`; inf if none ever is."""
    first = clock.first_visible(earliest, min(clock.problem.exposure.values()))
    return float(first[fields].min(initial=math.inf))


def _affordable(problem: Problem, shots: list[Shot]) -> int:
    """How many more fields the budgets of the request allow, at least."""
    request = problem.request
    most = len(problem.field_id)
    if request.maximum_fields is not None:
        most = min(most, request.maximum_fields - len({shot.field for shot in shots}))
    if request.maximum_time is not None:
        slews = problem.slews
        visit = sum(problem.exposure[name] for name in request.filters)
        each = visit + len(request.filters) * slews.longest
        left = request.maximum_time.to_value(u.s) - telescope_time(problem, shots)
        exchanges = len(request.filters) * slews.filter_exchange
        most = min(most, int(max(left - exchanges, 0.0) / each))
    return most


def _round_size(problem: Problem, remaining: float) -> int:
    """Fields in a round: as many as fill the gap, fewer when the end of the window is near."""
    filters = problem.request.filters
    exposing = float(np.mean([problem.exposure[name] for name in filters]))
    each = exposing + max(problem.slews.readout, problem.slews.settle)
    last = int((remaining - (len(filters) - 1) * problem.gap) / each)
    return max(min(math.ceil(max(problem.gap, _PAUSE) / each), last), 1)


def _choose(
    programmes: Programmes,
    clock: Clock,
    now: float,
    left: NDArray[np.bool_],
    marginal: MarginalProbability,
) -> list[int]:
    """The most probable programmes whose fields are up now and when the last turn comes."""
    problem = programmes.problem
    size = _round_size(problem, float(problem.dark.end.max(initial=0.0)) - now)
    span = (len(problem.request.filters) - 1) * problem.gap
    longest = max(problem.exposure.values())
    in_time = np.ones(len(problem.field_id), dtype=bool)
    for turn in (now, now + span):
        in_time &= clock.first_visible(turn, longest) <= turn + size * longest
    up = left & in_time[programmes.field]
    marginal = marginal.copy()
    chosen: list[int] = []
    while len(chosen) < size:
        gain = np.where(up, marginal.gain, 0.0)
        if gain.max(initial=0.0) < problem.worth or not up.any():
            break
        best = int(np.argmax(gain))
        chosen.append(best)
        marginal.take(best)
        up &= programmes.field != programmes.field[best]
    return chosen
