"""How much probability any plan could cover: a limit that holds whatever the order.

A program of k visits, the gap apart, needs time in every interval that too few of its visits
can be placed outside of; the time of all programs in an interval is no more than the interval
is long. These conditions are necessary, whatever the order of the exposures and wherever filter
exchanges fall, so that maximum coverage under them is never less than what a plan covers.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planners.problem.problem import Problem
from planners.problem.visit_options import VisitOptions, programs_of
from planners.search.maximum_coverage import MaximumCoverage
from planners.search.time_limits import time_limits

_AT_ONCE = 4
"""Violated intervals that are added to the relaxation at a time."""

_VIOLATED = 1.0
"""Time by which an interval must be overbooked to matter, s."""

_FIRST, _GAIN = 3000, 1e-10
"""Programs that the relaxation begins with, the most probable ones; and probability that another
must be able to add to be taken up: of a narrow camera's, hardly any other does."""

_NEGLIGIBLE = 1e-7
"""Atoms of less probability are counted as covered."""

_ROUNDING = 1e-9
"""Of a number of programs."""


class CoverageBound:
    """No plan of so much telescope time covers more: the relaxation of maximum coverage.

    The conditions of time that it violates are added one by one, and stay: a bound for another
    telescope time then costs little.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem = problem.bounding()
        self._options = options = programs_of(problem, worth=0.0)
        self._exchanges = options.exchanges * problem.slews.filter_exchange
        self._finished = finished_already(problem)
        if len(options):
            self._limits = time_limits(options, options.least_overhead, self._exchanges)
            self._waiting = np.ones(len(self._limits.supply), dtype=bool)
            self._worth = problem.atoms.field_probability[options.field]
            first = np.sort(np.argsort(-self._worth, kind="stable")[:_FIRST])
            self._begin(first, np.array([self._limits.whole]))

    def of(self, telescope_time: float = math.inf) -> float:
        """What plans cover at the most, 0 to 1.

        Parameters
        ----------
        telescope_time
            With overheads, waits left out, s.
        """
        if len(self._options) == 0:
            return min(self._finished + self._left_out(0.0), 1.0)
        self._allow(telescope_time)
        while True:
            value, prices = self._relaxed()
            # By duality, no program adds more to the optimum than its worth less what it costs.
            gain = np.maximum(self._worth - np.stack(self._demands, axis=1) @ prices, 0.0)
            gain[self._chosen] = 0.0
            more = np.flatnonzero(gain > _GAIN)
            if len(more) == 0:
                beyond = float(gain.sum()) + self._left_out(float(prices[self._time_rows].sum()))
                return min(value + beyond + self._finished, 1.0)
            self._begin(np.union1d(self._chosen, more), np.flatnonzero(~self._waiting))
            self._allow(telescope_time)

    @property
    def _longest_overhead(self) -> float:
        return float(self._options.least_overhead.max(initial=0.0))

    def _begin(self, chosen: NDArray[np.int64], intervals: NDArray[np.int64]) -> None:
        """Build the program of some columns, under some conditions of time."""
        options = self._options
        few = VisitOptions(self._problem, options.field[chosen], options.need[chosen])
        self._chosen = chosen
        self._model = MaximumCoverage(
            self._problem.atoms.probability, few.pairs, few.pointing, _NEGLIGIBLE
        )
        self._model.limit_each(few.pointing)
        self._demands: list[NDArray[np.float64]] = []
        self._rows: list[int] = []
        each = np.ones(len(options))
        most = self._problem.request.maximum_fields
        self._add(each, math.inf if most is None else float(most))
        # Of the same: as many as fit into the telescope time.
        self._count_row = self._add(each, math.inf)
        self._budget_row = self._add(options.least_time, math.inf)
        whole = int(np.flatnonzero(intervals == self._limits.whole)[0])
        self._time_rows = [len(self._rows) - 1, len(self._rows) + whole]
        self._add_intervals(intervals)

    def _add(self, demand: NDArray[np.float64], supply: float) -> int:
        """Add a condition; its row."""
        self._demands.append(demand)
        self._rows.append(self._model.limit(demand[self._chosen], supply))
        return self._rows[-1]

    def _add_intervals(self, intervals: NDArray[np.int64]) -> None:
        self._waiting[intervals] = False
        demand = self._limits.demand(slice(None), intervals)
        for k, interval in enumerate(intervals):
            self._add(demand[:, k], float(self._limits.supply[interval]))

    def _allow(self, telescope_time: float) -> None:
        """Set the budget of telescope time."""
        # Where not even the exchanges fit, nothing does.
        supply = max(telescope_time + self._longest_overhead - self._exchanges, 0.0)
        self._model.change_limit(self._budget_row, supply)
        count = supply / self._least_demand
        self._model.change_limit(
            self._count_row, math.inf if math.isinf(count) else math.floor(count + _ROUNDING)
        )

    @property
    def _least_demand(self) -> float:
        """Telescope time of the shortest program, those that were left out included, s."""
        demand = float(self._options.least_time.min())
        if len(self._problem.neglected) == 0:
            return demand
        return min(demand, self._shortest + self._problem.slews.readout)

    def _relaxed(self) -> tuple[float, NDArray[np.float64]]:
        """Optimum of the relaxation, and the price of each condition."""
        worst = np.empty(0, np.int64)
        while True:
            self._add_intervals(worst)
            value, taken = self._model.relaxed()
            share = np.zeros(len(self._options))
            share[self._chosen] = taken
            excess = np.where(self._waiting, self._limits.excess(share), -np.inf)
            worst = np.argsort(-excess, kind="stable")[:_AT_ONCE]
            worst = worst[excess[worst] > _VIOLATED]
            if len(worst) == 0:
                prices = np.array([self._model.price(row) for row in self._rows])
                return value, prices

    @property
    def _shortest(self) -> float:
        """Open-shutter time of the least that any place wants, s."""
        exposure = self._problem.exposure
        return min(
            (sum(exposure[name] for name in wanted) for wanted in self._problem.needs if wanted),
            default=0.0,
        )

    def _left_out(self, time_price: float) -> float:
        """How much more, at the most, a plan covers that observes fields that were left out.

        They take the time of their exposures from the others, who lose what it is worth to them by
        the duality of linear programs. Not that of their overheads: where those of the others are
        the least among themselves, to leave out what lies between saves nothing for certain.

        Parameters
        ----------
        time_price
            What one second less costs the others at the least, 1/s.
        """
        lost = time_price * self._shortest
        return float(np.maximum(self._problem.neglected - lost, 0.0).sum())


def finished_already(problem: Problem) -> float:
    """Probability that wants no further visit."""
    nothing = np.array([not wanted for wanted in problem.needs])[problem.atoms.need]
    return float(problem.atoms.probability[nothing].sum())


def upper_bound(problem: Problem) -> float:
    """A limit of what any plan covers in all visits within the budgets of the request, 0 to 1."""
    return CoverageBound(problem).of(problem.budget)


def expected_bound(problem: Problem, steps: int = 32) -> float:
    """A limit of what any plan covers in all visits if the night may end at any time, 0 to 1.

    Until each moment a plan has covered no more than the best plan for the time until then could;
    what is reached in a step of time counts as if it were reached at its begin.

    Parameters
    ----------
    steps
        Into which the dark time is divided: the more, the closer.
    """
    dark = problem.dark
    if len(dark.start) == 0:
        return finished_already(problem)
    moments = np.linspace(float(dark.start.min()), float(dark.end.max()), steps + 1)
    chance = problem.chance_of_reaching(moments)
    until = np.array([_bound_until(problem, moment) for moment in moments[1:].tolist()])
    return float(until @ (chance[:-1] - chance[1:]) + until[-1] * chance[-1])


def _bound_until(problem: Problem, moment: float) -> float:
    """A limit of what any plan covers by a moment (s)."""
    windows = [(0.0, moment)]
    dark, visible = problem.dark.within(windows), problem.visible.within(windows)
    return upper_bound(replace(problem, dark=dark, visible=visible))
