"""The optimal planner: maximum coverage over structures of rounds, with a proven bound.

A structure says when rounds begin and how long they are. For each of the likeliest, an integer
program says which field is observed in which round; the rounds are then laid on the clock with
the true overheads, and what time is left is filled. The best of these plans is returned with an
upper bound that holds for every plan, whatever its structure.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy import units as u

from planners import greedy
from planners.footprints.tilings import is_tiled
from planners.problem.assemble import assemble
from planners.problem.build import build_problem
from planners.problem.finish_times import expected_probability, finish_times
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.problem.visit_options import VisitOptions, programs_of
from planners.search.assignment import Assignment
from planners.search.block_layouts import BlockLayoutBuilder
from planners.search.bound import finished_already, upper_bound
from planners.search.complete_fillers import with_complete_visits
from planners.search.execution import Execution
from planners.search.fillers import with_single_visits
from planners.search.mixtures import builders, layouts
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan, ObservingRequest
from telescopes.telescope import Telescope

_GOOD_ENOUGH, _EXCELLENT = 7e-3, 1e-3
"""Gap below which no further structure is tried; the second where a time limit says that there
is time."""

_COLUMNS = 6000
"""Columns of all integer programs together, after which no further structure is tried."""

_MAX_COLUMNS, _MAX_ITERATIONS, _WIDE = 20_000, 25_000, 0.02
"""Columns, and iterations of the simplex method, where the gap is still wider than the third."""

_GIVEN_UP = 0.02
"""Part of what can be covered in the end that is given up at most to cover more of it early."""

_MANY_ITERATIONS = 10_000
"""Of the simplex method, after which a layout is assigned no second time: of a whole sky every
field is like every other, and a program takes seconds."""

_HOPELESS = 0.9
"""A structure whose relaxation covers less than this part of the best plan is not carried out:
filling what time is left seldom adds more than the rest."""

_BETTER = 1.01
"""So much more than on the grid must pointings off it cover: of fields there are images to compare
with."""

_MIN_COUNT = 20
"""Steps of which a mean says little."""

_SAME = 0.01
"""Relative difference of the usual time between exposures that does not matter."""

_FIRST_OVERHEAD = 1.3
"""Usual overhead, over the least, before any tour is known."""


def plan(skymap: SkyMap, telescope: Telescope, request: ObservingRequest) -> ObservingPlan:
    """Plan so that the probability covered in all requested visits is greatest.

    Of plans that cover nearly as much in the end, that which covers it early: the request says
    how likely it is that the night is interrupted.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.
    """
    begun = time.perf_counter()
    if not (telescope.off_grid and is_tiled(skymap, telescope.footprint)):
        return _planned(build_problem(skymap, telescope, request), begun)
    # Where tiles begin is part of the problem, but a grid may suit by chance.
    tiled = _planned(build_problem(skymap, telescope, request, tiled=True), begun)
    if len(telescope.read_grid().field_id) == 0:
        return tiled
    on_grid = _planned(build_problem(skymap, telescope, request), begun)
    return tiled if _covered_by(tiled) > _BETTER * _covered_by(on_grid) else on_grid


def _planned(problem: Problem, begun: float) -> ObservingPlan:
    limit = upper_bound(problem)
    scheduled_exposures = with_single_visits(problem, best_shots(problem, limit, begun))
    return assemble(problem, "optimal", scheduled_exposures, begun, limit)


def _covered_by(plan: ObservingPlan) -> float:
    return float(plan.statistics["probability_all_filters"])


def best_shots(
    problem: Problem, limit: float | None = None, begun: float | None = None
) -> list[ScheduledExposure]:
    """Exposures of the best plan found, in the order of time.

    Parameters
    ----------
    limit
        No plan covers more; it is worked out unless given.
    begun
        From when the time limit of the request counts, by `time.perf_counter`; from now on
        unless given.
    """
    limit = upper_bound(problem) if limit is None else limit
    search = _Search(problem, limit, time.perf_counter() if begun is None else begun)
    return with_complete_visits(problem, search.best())


@dataclass(frozen=True)
class _Candidate:
    """A plan that could be carried out."""

    scheduled_exposures: list[ScheduledExposure]
    """In the order of time."""

    covered: float
    """Probability in all visits in the end."""

    expected: float
    """The same if the night may end at any time."""


class _Search:
    """Tries structures, the likeliest first, and keeps the best plan."""

    def __init__(self, problem: Problem, limit: float, begun: float) -> None:
        self.problem = problem
        self.limit = limit
        allowed = problem.request.time_limit
        self._deadline = np.inf if allowed is None else begun + float(allowed.to_value(u.s))
        self._patient = allowed is not None
        self._kept: list[_Candidate] = []
        self._keep(greedy.shots_of(problem))
        self._finished = finished_already(problem)

    def best(self) -> list[ScheduledExposure]:
        """The best plan found: of those that cover nearly most, the one that is worth most."""
        self._search()
        enough = (1 - _GIVEN_UP) * self._value
        return max(
            (candidate for candidate in self._kept if candidate.covered >= enough),
            key=lambda candidate: (candidate.expected, candidate.covered),
        ).scheduled_exposures

    @property
    def _value(self) -> float:
        """What the plan covers that covers most."""
        return max(candidate.covered for candidate in self._kept)

    def _search(self) -> None:
        visit_options = programs_of(self.problem)
        if len(visit_options) == 0:
            return
        kinds = builders(self.problem, _usual_cost(visit_options))
        columns = iterations = 0
        for layout in layouts(kinds, visit_options):
            if self._is_enough(columns, iterations):
                break
            for rate in self._rates():
                assignment = Assignment(visit_options, layout, kinds[0], rate)
                columns += len(assignment.places.visit_option)
                scheduled_exposures = self._carried_out(assignment, kinds)
                iterations += assignment.model.iterations
                if not scheduled_exposures:
                    break
                self._keep(scheduled_exposures)
                guess = kinds[0].cost
                cost = self._real_cost(scheduled_exposures, guess)
                is_settled = abs(cost - guess) < _SAME * guess
                if is_settled and (rate == 0 or self._value >= (1 - _GOOD_ENOUGH) * self.limit):
                    break
                kinds = kinds if is_settled else builders(self.problem, cost)
                if iterations > _MANY_ITERATIONS:
                    break

    def _rates(self) -> tuple[float, float]:
        """Rates of interruption (1/s) to assign for: what is asked, then what covers most."""
        return self.problem.interruption_rate, 0.0

    def _is_enough(self, columns: int, iterations: int) -> bool:
        """Whether the plan is good, or the search has gone on for long."""
        if self._patient:
            is_excellent = self._value >= (1 - _EXCELLENT) * self.limit
            return is_excellent or time.perf_counter() > self._deadline
        if self._value >= (1 - _GOOD_ENOUGH) * self.limit:
            return True
        if self._value >= (1 - _WIDE) * self.limit:
            return columns > _COLUMNS
        return columns > _MAX_COLUMNS or iterations > _MAX_ITERATIONS

    def _carried_out(
        self, assignment: Assignment, kinds: Sequence[BlockLayoutBuilder]
    ) -> list[ScheduledExposure]:
        """Exposures of the best assignment to the rounds of a structure; none if it is hopeless."""
        if len(assignment.places.visit_option) == 0:
            return []
        value, share = assignment.relaxed()
        if value + self._finished < _HOPELESS * self._value:
            return []
        filter_blocks = assignment.rounded(share)
        return Execution(assignment.visit_options, kinds).run(assignment.layout, filter_blocks)

    def _real_cost(self, scheduled_exposures: Sequence[ScheduledExposure], guess: float) -> float:
        """Time from one exposure to the next within a pass, s; the guess where there are few."""
        slews = self.problem.slews
        steps = [
            before.end - before.start + slews.one(before.field, after.field, before.end)
            for before, after in pairwise(scheduled_exposures)
            if before.filter == after.filter
        ]
        return float(np.mean(steps)) if len(steps) >= _MIN_COUNT else guess

    def _keep(self, scheduled_exposures: list[ScheduledExposure]) -> None:
        finish = finish_times(self.problem, scheduled_exposures)
        self._kept.append(
            _Candidate(
                scheduled_exposures,
                covered=float(self.problem.atoms.probability[finish < np.inf].sum()),
                expected=expected_probability(self.problem, finish),
            )
        )


def _usual_cost(visit_options: VisitOptions) -> float:
    """Usual time from one exposure to the next, s."""
    exposing = visit_options.exposing[:, -1] / visit_options.visits
    return float(np.mean(exposing + _FIRST_OVERHEAD * visit_options.least_overhead))
