"""The search for the best structure: the likeliest are tried, and the best plan is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy import units as u

from planners import greedy
from planners.optimum.early_start import after, shortfall, starts_of
from planners.problem.finish_times import expected_probability, finish_times
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.problem.visit_options import VisitOptions, programs_of
from planners.search.assignment import Assignment
from planners.search.block_layouts import BlockLayoutBuilder, Step
from planners.search.bound import finished_already
from planners.search.budgets import within_budgets
from planners.search.execution import Execution
from planners.search.mixtures import builders, layouts

_GOOD_ENOUGH, _EXCELLENT = 7e-3, 1e-3
"""Gap below which no further structure is tried; the second where a time limit says that there
is time."""

_COLUMNS, _FEW_COLUMNS = 6000, 1500
"""Columns of all integer programs together, after which no further structure is tried; the second
after the beginning of another plan."""

_MAX_COLUMNS, _MAX_ITERATIONS, _WIDE = 20_000, 25_000, 0.02
"""Columns, and iterations of the simplex method, where the gap is still wider than the third."""

_FRUITLESS, _FRUIT = 3, 1e-3
"""Structures in a row that bring less than the second, relative, after which a search within a
budget ends: there are many that spend it nearly alike."""

_GIVEN_UP, _MOST_GIVEN_UP = 0.01, 0.02
"""Part of what can be covered in the end that is given up to cover more of it early; and the most
where that must be exceeded."""

_BEHIND, _FAR_BEHIND = 0.02, 0.03
"""Part of what a plan covers in the end by which it may be behind the greedy one at any time; and
beyond which a plan that is not is looked for."""

_MANY_ITERATIONS = 10_000
"""Of the simplex method, after which a layout is assigned no second time, and a budget no other: of
a whole sky every field is like every other, and a program takes seconds."""

_HOPELESS = 0.9
"""A structure whose relaxation covers less than this part of the best plan is not carried out:
filling what time is left seldom adds more than the rest."""

_MIN_COUNT = 20
"""Steps of which a mean says little."""

_SAME = 0.01
"""Relative difference of the usual time between exposures that does not matter."""

_FIRST_OVERHEAD = 1.3
"""Usual overhead, over the least, before any tour is known."""


@dataclass(frozen=True)
class _Candidate:
    """A plan that could be carried out."""

    scheduled_exposures: list[ScheduledExposure]
    """In the order of time."""

    covered: float
    """Probability in all visits in the end."""

    expected: float
    """The same if the night may end at any time."""

    behind: float
    """How far it is behind the greedy plan at the most, as a part of what it covers."""


class StructureSearch:
    """Tries structures, the likeliest first, and keeps the best plan."""

    def __init__(
        self, problem: Problem, limit: float, begun: float, most_columns: int = _COLUMNS
    ) -> None:
        """Prepare.

        Parameters
        ----------
        limit
            No plan within the budgets covers more.
        begun
            From when the time limit of the request counts, by `time.perf_counter`.
        most_columns
            Of all integer programs together, after which a good plan is good enough.
        """
        self.problem = problem
        self.limit = limit
        allowed = problem.request.time_limit
        self._deadline = np.inf if allowed is None else begun + float(allowed.to_value(u.s))
        self._patient = allowed is not None
        self._kept: list[_Candidate] = []
        self._begun, self._most_columns = begun, most_columns
        self._greedy = greedy.shots_of(problem)
        self._greedy_finish = finish_times(problem, self._greedy)
        self.keep(self._greedy)
        self._finished = finished_already(problem)

    def best(self) -> list[ScheduledExposure]:
        """The best plan found: of those that cover nearly most, the one that is worth most.

        And that is never far behind the greedy one, if any is not.
        """
        self._search()
        is_whole = math.isinf(self.problem.budget) and self.problem.interruption_rate > 0
        # To begin as greedy does is tried for what is covered: to detect takes longer to plan.
        is_whole &= self.problem.ways is None
        if is_whole and self._best().behind > _FAR_BEHIND:
            self._start_early()
        return self._best().scheduled_exposures

    def _best(self) -> _Candidate:
        enough = (1 - _MOST_GIVEN_UP) * self._value
        target = self.problem.request.target_probability
        if target is not None:
            enough = max(enough, min(target, self._value))
        return max(
            (candidate for candidate in self._kept if candidate.covered >= enough),
            key=lambda candidate: (
                self._is_fair(candidate), candidate.expected, candidate.covered,
            ),
        )  # fmt: skip

    def _is_fair(self, candidate: _Candidate) -> bool:
        """Whether it covers nearly as much as any in the end, and is never far behind greedy."""
        covers = candidate.covered >= (1 - _GIVEN_UP) * self._value
        return covers and candidate.behind <= _BEHIND

    def _start_early(self) -> None:
        """Try plans that begin as the greedy one does."""
        for start in starts_of(self._greedy):
            rest = after(self.problem, start)
            covered = float(self.problem.atoms.probability.sum() - rest.atoms.probability.sum())
            search = StructureSearch(rest, self._value - covered, self._begun, _FEW_COLUMNS)
            search._search()
            for candidate in search._kept:
                self.keep([*start, *candidate.scheduled_exposures])
            if self._is_fair(self._best()):
                return

    @property
    def _value(self) -> float:
        """What the plan covers that covers most."""
        return max(candidate.covered for candidate in self._kept)

    def _search(self) -> None:
        visit_options = programs_of(self.problem)
        if len(visit_options) == 0:
            return
        kinds = builders(self.problem, _usual_step(visit_options))
        columns = iterations = fruitless = 0
        for layout in layouts(kinds, visit_options):
            if self._is_enough(columns, iterations, fruitless):
                break
            value, fruitless = self._value, fruitless + 1
            for rate in self._rates():
                assignment = Assignment(visit_options, layout, kinds[0], rate)
                columns += len(assignment.places.visit_option)
                scheduled_exposures = self._carried_out(assignment, kinds)
                iterations += assignment.model.iterations
                if not scheduled_exposures:
                    break
                self.keep(scheduled_exposures)
                step = self._real_step(scheduled_exposures, kinds[0].step)
                is_settled = _is_same(step, kinds[0].step)
                if is_settled and (rate == 0 or self._value >= (1 - _GOOD_ENOUGH) * self.limit):
                    break
                kinds = kinds if is_settled else builders(self.problem, step)
                if iterations > _MANY_ITERATIONS:
                    break
            if self._value > (1 + _FRUIT) * value:
                fruitless = 0

    def _rates(self) -> tuple[float, float]:
        """Rates of interruption (1/s) to assign for: what is asked, then what covers most."""
        return self.problem.interruption_rate, 0.0

    def _is_enough(self, columns: int, iterations: int, fruitless: int) -> bool:
        """Whether the plan is good, or the search has gone on for long."""
        if self._patient:
            is_excellent = self._value >= (1 - _EXCELLENT) * self.limit
            return is_excellent or time.perf_counter() > self._deadline
        if self._value >= (1 - _GOOD_ENOUGH) * self.limit:
            return True
        is_budget = not math.isinf(self.problem.budget)
        if is_budget and (fruitless >= _FRUITLESS or iterations > _MANY_ITERATIONS):
            return True
        if self._value >= (1 - _WIDE) * self.limit:
            return columns > self._most_columns
        if self._most_columns < _COLUMNS:
            return columns > self._most_columns
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

    def _real_step(self, scheduled_exposures: Sequence[ScheduledExposure], guess: Step) -> Step:
        """From one exposure to the next within a pass; the guess where there are few."""
        slews = self.problem.slews
        within = [
            (before, after)
            for before, after in pairwise(scheduled_exposures)
            if before.filter == after.filter
        ]
        if len(within) < _MIN_COUNT:
            return guess
        return Step(
            float(np.mean([before.end - before.start for before, _ in within])),
            float(np.mean([slews.one(a.field, b.field, a.end) for a, b in within])),
        )

    def keep(self, scheduled_exposures: Sequence[ScheduledExposure]) -> None:
        """Take up a plan, as far as the budgets go."""
        kept = within_budgets(self.problem, scheduled_exposures)
        finish = finish_times(self.problem, kept)
        self._kept.append(
            _Candidate(
                kept,
                covered=float(self.problem.atoms.probability[finish < np.inf].sum()),
                expected=expected_probability(self.problem, finish),
                behind=shortfall(self.problem, finish, self._greedy_finish),
            )
        )


def _usual_step(visit_options: VisitOptions) -> Step:
    """From one exposure to the next, before any tour is known."""
    exposing = visit_options.exposing[:, -1] / visit_options.visits
    overhead = _FIRST_OVERHEAD * visit_options.least_overhead
    return Step(float(np.mean(exposing)), float(np.mean(overhead)))


def _is_same(step: Step, other: Step) -> bool:
    """Whether two differ by as little as does not matter."""
    cost = step.exposure + step.overhead
    before = other.exposure + other.overhead
    return abs(cost - before) < _SAME * before
