"""The greedy planner: round by round, the most probable fields that are up."""

from __future__ import annotations

import math
import time

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.account import telescope_time
from planners.assemble import assemble
from planners.clock import Clock, RobotState, Shot
from planners.marginal import MarginalProbability
from planners.problem import Problem, pose
from planners.skymaps import SkyMap
from planners.tours import tour
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope

_PAUSE = 300.0
"""Time that passes where no field can have all its visits from now on, s."""


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
    clock = Clock(problem)
    state = RobotState()
    marginal = MarginalProbability(problem.atoms)
    left = observable(problem)
    shots: list[Shot] = []
    filters = problem.request.filters
    while True:
        left &= marginal.gain >= problem.worth
        state.time = soonest(clock, left, state.time, problem.exposure[filters[0]])
        if state.time == math.inf:
            return shots
        chosen = _choose(clock, state.time, left, marginal)[: _affordable(problem, shots)]
        if not chosen:
            return shots
        order = tour(problem, chosen, state)
        sequence = filters if state.filter != filters[-1] else filters[::-1]
        laid, dropped, after = clock.lay_whole(state, [(name, order) for name in sequence])
        if not laid:
            # Nothing that is up now can have all its visits: something else may, later.
            state.time += _PAUSE
            continue
        shots += laid
        state = after
        for index in order:
            if index not in dropped:
                marginal.take(index)
                left[index] = False


def observable(problem: Problem) -> NDArray[np.bool_]:
    """Fields that are worth a visit and may be observed in each filter; shape (n,)."""
    chosen = problem.atoms.field_probability >= problem.worth
    for name in problem.request.filters:
        chosen &= problem.allowed(name)
    return chosen


def soonest(clock: Clock, left: NDArray[np.bool_], earliest: float, exposure: float) -> float:
    """When the first of some fields is up, at or after `earliest`; inf if none ever is."""
    return min(
        (clock.when_visible(int(i), earliest, exposure) for i in np.flatnonzero(left)),
        default=math.inf,
    )


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
    return max(min(math.ceil(problem.gap / each), last), 1)


def _choose(
    clock: Clock, now: float, left: NDArray[np.bool_], marginal: MarginalProbability
) -> list[int]:
    """The most probable fields that are up now and when the last filter's turn comes."""
    problem = clock.problem
    filters = problem.request.filters
    size = _round_size(problem, float(problem.dark.end.max(initial=0.0)) - now)
    span = (len(filters) - 1) * problem.gap
    first, last = problem.exposure[filters[0]], problem.exposure[filters[-1]]
    up = np.zeros_like(left)
    for i in np.flatnonzero(left):
        up[i] = clock.when_visible(int(i), now, first) <= now + size * first and (
            clock.when_visible(int(i), now + span, last) <= now + span + size * last
        )
    marginal = marginal.copy()
    chosen: list[int] = []
    while len(chosen) < size:
        best = int(np.argmax(np.where(up, marginal.gain, 0.0)))
        if not up[best] or marginal.gain[best] < problem.worth:
            break
        chosen.append(best)
        marginal.take(best)
        up[best] = False
    return chosen
