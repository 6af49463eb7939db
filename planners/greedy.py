"""The greedy planner: round by round, the most probable fields that are up."""

from __future__ import annotations

import math
import time

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.assemble import assemble
from planners.problem.build import build_problem
from planners.problem.incidence import MarginalProbability
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ExposureScheduler, RobotState, ScheduledExposure
from planners.problem.visit_options import VisitOptions, programs_of
from planners.search.blocks import passes_of, sequences
from planners.search.budgets import worthwhile
from planners.search.tours import tour
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import Telescope

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
    problem = build_problem(skymap, telescope, request)
    return assemble(problem, "greedy", worthwhile(problem, shots_of(problem)), begun)


def shots_of(problem: Problem) -> list[ScheduledExposure]:
    """Exposures of the greedy plan, in the order of time."""
    visit_options = programs_of(problem)
    clock = ExposureScheduler(problem)
    state = RobotState()
    marginal = MarginalProbability(visit_options.cover)
    left = np.ones(len(visit_options), dtype=bool)
    scheduled_exposures: list[ScheduledExposure] = []
    orders = sequences(max(problem.needs, key=len))
    while True:
        left &= marginal.gain >= problem.worth
        state.time = _soonest(clock, np.unique(visit_options.field[left]), state.time)
        if state.time == math.inf:
            return scheduled_exposures
        chosen = _choose(visit_options, clock, state.time, left, marginal)
        chosen = chosen[: _affordable(problem, scheduled_exposures)]
        if not chosen:
            if _affordable(problem, scheduled_exposures) == 0:
                return scheduled_exposures
            # Nothing that is up now can have all its visits: something else may, later.
            state.time += _PAUSE
            continue
        of_field = {int(visit_options.field[k]): k for k in chosen}
        order = [of_field[index] for index in tour(problem, list(of_field), state)]
        filters = next((one for one in orders if one[0] == state.filter), orders[0])
        scheduled, dropped, after = clock.schedule_complete(
            state, passes_of(visit_options, filters, order)
        )
        if not scheduled:
            state.time += _PAUSE
            continue
        scheduled_exposures += scheduled
        state = after
        for k in order:
            if int(visit_options.field[k]) not in dropped:
                marginal.take(k)
                left &= visit_options.pointing != visit_options.pointing[k]


def _soonest(clock: ExposureScheduler, fields: NDArray[np.int64], earliest: float) -> float:
    """When the first of some fields is up, at or after `earliest`; inf if none ever is."""
    first = clock.first_visible(earliest, min(clock.problem.exposure.values()))
    return float(first[fields].min(initial=math.inf))


def _affordable(problem: Problem, scheduled_exposures: list[ScheduledExposure]) -> int:
    """How many more fields the budgets of the request allow, at least."""
    request = problem.request
    most = len(problem.field_id)
    if request.maximum_fields is not None:
        most = min(
            most,
            request.maximum_fields
            - len({scheduled_exposure.field for scheduled_exposure in scheduled_exposures}),
        )
    if request.maximum_time is not None:
        slews = problem.slews
        visit = sum(problem.exposure[name] for name in request.filters)
        each = visit + len(request.filters) * slews.longest
        left = request.maximum_time.to_value(u.s) - telescope_time(problem, scheduled_exposures)
        exchanges = len(request.filters) * slews.filter_exchange
        most = min(most, int(max(left - exchanges, 0.0) / each))
    return most


def _round_size(problem: Problem, remaining: float) -> int:
    """Fields in a round: as many as fill the gap, fewer when the end of the window is near."""
    filters = problem.request.filters
    exposing = float(np.mean([problem.exposure[name] for name in filters]))
    each = exposing + max(problem.slews.readout, problem.slews.mount_settle)
    last = int((remaining - (len(filters) - 1) * problem.gap) / each)
    return max(min(math.ceil(max(problem.gap, _PAUSE) / each), last), 1)


def _choose(
    visit_options: VisitOptions,
    clock: ExposureScheduler,
    now: float,
    left: NDArray[np.bool_],
    marginal: MarginalProbability,
) -> list[int]:
    """The most probable programs whose fields are up now and when the last turn comes."""
    problem = visit_options.problem
    size = _round_size(problem, float(problem.dark.end.max(initial=0.0)) - now)
    span = (len(problem.request.filters) - 1) * problem.gap
    longest = problem.longest_exposure
    in_time = np.ones(len(problem.field_id), dtype=bool)
    for turn in (now, now + span):
        in_time &= clock.first_visible(turn, longest) <= turn + size * longest
    up = left & in_time[visit_options.field]
    marginal = marginal.copy()
    costs = 0.0 if problem.ways is None else problem.ways.price * visit_options.least_time
    chosen: list[int] = []
    while len(chosen) < size:
        gain = np.where(up, marginal.gain, 0.0)
        if gain.max(initial=0.0) < problem.worth or not up.any():
            break
        # A longer exposure brings more, and is paid for.
        best = int(np.argmax(np.where(up, gain - costs, -np.inf)))
        chosen.append(best)
        marginal.take(best)
        up &= visit_options.pointing != visit_options.pointing[best]
    return chosen
