"""The optimal planner: maximum coverage over structures of rounds, with a proven bound.

A structure says when rounds begin and how long they are. For each of the likeliest, an integer
programme says which field is observed in which round; the rounds are then laid on the clock with
the true overheads, and what time is left is filled. The best of these plans is returned with an
upper bound that holds for every plan, whatever its structure.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from astropy import units as u

from planners import greedy
from planners.problem.assemble import assemble
from planners.problem.build import pose
from planners.problem.plan_statistics import finished_atoms
from planners.problem.problem import Problem
from planners.problem.scheduler import Shot
from planners.problem.visit_options import Programmes, programmes_of
from planners.search.assignment import Assignment
from planners.search.block_layouts import StructureBuilder
from planners.search.bound import finished_already, upper_bound
from planners.search.execution import Execution
from planners.search.fillers import with_single_visits
from planners.search.mixtures import builders, structures
from planners.skymaps.skymap import SkyMap
from telescopes.observing import ObservingPlan, ObservingRequest, Telescope

_GOOD_ENOUGH, _EXCELLENT = 7e-3, 1e-3
"""Gap below which no further structure is tried; the second where a time limit says that there
is time."""

_COLUMNS = 6000
"""Columns of all integer programmes together, after which no further structure is tried."""

_MOST_COLUMNS, _MOST_ITERATIONS, _WIDE = 20_000, 25_000, 0.02
"""Columns, and iterations of the simplex method, where the gap is still wider than the third."""

_HOPELESS = 0.9
"""A structure whose relaxation covers less than this part of the best plan is not carried out:
filling what time is left seldom adds more than the rest."""

_FEW = 20
"""Steps of which a mean says little."""

_SAME = 0.01
"""Relative difference of the usual time between exposures that does not matter."""

_FIRST_OVERHEAD = 1.3
"""Usual overhead, over the least, before any tour is known."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Plan so that the probability covered in all requested visits is greatest.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    begun = time.perf_counter()
    problem = pose(skymap, telescope, request)
    limit = upper_bound(problem)
    shots = with_single_visits(problem, best_shots(problem, limit, begun))
    return assemble(problem, "optimal", shots, begun, limit)


def best_shots(
    problem: Problem, limit: float | None = None, begun: float | None = None
) -> list[Shot]:
    """Exposures of the best plan found, in the order of time.

    Parameters
    ----------
    limit : float, optional
        No plan covers more; it is worked out unless given.
    begun : float, optional
        From when the time limit of the request counts, by `time.perf_counter`; from now on
        unless given.
    """
    limit = upper_bound(problem) if limit is None else limit
    return _Search(problem, limit, time.perf_counter() if begun is None else begun).best()


class _Search:
    """Tries structures, the likeliest first, and keeps the best plan."""

    def __init__(self, problem: Problem, limit: float, begun: float) -> None:
        self.problem = problem
        self.limit = limit
        allowed = problem.request.time_limit
        self._deadline = np.inf if allowed is None else begun + float(allowed.to_value(u.s))
        self._patient = allowed is not None
        self._best: list[Shot] = greedy.shots_of(problem)
        self._value = self._covered(self._best)
        self._finished = finished_already(problem)

    def best(self) -> list[Shot]:
        """The best plan found."""
        programmes = programmes_of(self.problem)
        if len(programmes) == 0:
            return self._best
        kinds = builders(self.problem, _usual_cost(programmes))
        columns = iterations = 0
        for structure in structures(kinds):
            if self._is_enough(columns, iterations):
                break
            for _ in range(2):
                assignment = Assignment(programmes, structure, kinds[0])
                columns += len(assignment.places.programme)
                shots = self._carried_out(assignment, kinds)
                iterations += assignment.model.iterations
                if not shots:
                    break
                self._keep(shots)
                guess = kinds[0].cost
                cost = self._real_cost(shots, guess)
                if abs(cost - guess) < _SAME * guess:
                    break
                kinds = builders(self.problem, cost)
        return self._best

    def _is_enough(self, columns: int, iterations: int) -> bool:
        """Whether the plan is good, or the search has gone on for long."""
        if self._patient:
            is_excellent = self._value >= (1 - _EXCELLENT) * self.limit
            return is_excellent or time.perf_counter() > self._deadline
        if self._value >= (1 - _GOOD_ENOUGH) * self.limit:
            return True
        if self._value >= (1 - _WIDE) * self.limit:
            return columns > _COLUMNS
        return columns > _MOST_COLUMNS or iterations > _MOST_ITERATIONS

    def _carried_out(self, assignment: Assignment, kinds: Sequence[StructureBuilder]) -> list[Shot]:
        """Exposures of the best assignment to the rounds of a structure; none if it is hopeless."""
        if len(assignment.places.programme) == 0:
            return []
        value, share = assignment.relaxed()
        if value + self._finished < _HOPELESS * self._value:
            return []
        rounds = assignment.rounded(share)
        return Execution(assignment.programmes, kinds).run(assignment.structure, rounds)

    def _real_cost(self, shots: Sequence[Shot], guess: float) -> float:
        """Time from one exposure to the next within a pass, s; the guess where there are few."""
        slews = self.problem.slews
        steps = [
            before.end - before.start + slews.one(before.field, after.field, before.end)
            for before, after in pairwise(shots)
            if before.filter == after.filter
        ]
        return float(np.mean(steps)) if len(steps) >= _FEW else guess

    def _keep(self, shots: list[Shot]) -> None:
        value = self._covered(shots)
        if value > self._value:
            self._best, self._value = shots, value

    def _covered(self, shots: Sequence[Shot]) -> float:
        done = finished_atoms(self.problem, shots)
        return float(self.problem.atoms.probability[done].sum())


def _usual_cost(programmes: Programmes) -> float:
    """Usual time from one exposure to the next, s."""
    exposing = programmes.exposing[:, -1] / programmes.visits
    return float(np.mean(exposing + _FIRST_OVERHEAD * programmes.least_overhead))
