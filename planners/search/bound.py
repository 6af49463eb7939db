"""How much probability any plan could cover: a limit that holds whatever the order.

A program of k visits, the gap apart, needs time in every interval that too few of its visits
can be placed outside of; the time of all programs in an interval is no more than the interval
is long. These conditions are necessary, whatever the order of the exposures and wherever filter
exchanges fall, so that maximum coverage under them is never less than what a plan covers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.problem.problem import Problem
from planners.problem.visit_options import VisitOptions, programs_of
from planners.search.maximum_coverage import MaximumCoverage
from planners.search.time_limits import time_limits

_AT_ONCE = 4
"""Violated intervals that are added to the relaxation at a time."""

_VIOLATED = 1.0
"""Time by which an interval must be overbooked to matter, s."""

_NEGLIGIBLE = 1e-7
"""Atoms of less probability are counted as covered."""

_VALUED = 1e-5
"""Probability of all fields that were left out, from which on their time is counted."""


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Maximum coverage under necessary conditions of time."""

    value: float
    """No plan covers more in all visits, 0 to 1."""

    share: NDArray[np.float64]
    """How much of each program the optimum takes, 0 to 1."""

    model: MaximumCoverage
    """The model with every condition that matters."""

    time_price: float
    """What one second less in the whole window costs at the least, 1/s; 0 where not asked for."""


def relaxation(
    visit_options: VisitOptions,
    overhead: NDArray[np.float64],
    exchange_time: float,
    slack: float = 0.0,
) -> Relaxation:
    """Solve the linear relaxation, adding the conditions of time that it violates one by one.

    Parameters
    ----------
    overhead
        After each exposure, s: the least for a bound, a likely one for a plan.
        Shape (n_programs,).
    exchange_time
        Spent on filter exchanges, s: likewise.
    slack
        Time added to the budget of the request, s.
    """
    problem = visit_options.problem
    probability = problem.atoms.probability
    model = MaximumCoverage(probability, visit_options.pairs, visit_options.field, _NEGLIGIBLE)
    _add_budgets(model, visit_options, overhead, slack - exchange_time)
    limits = time_limits(visit_options, overhead, exchange_time)
    waiting = np.ones(len(limits.supply), dtype=bool)
    everything, whole = slice(None), limits.whole
    priced = _left_out(problem) > _VALUED
    row = -1
    if priced:
        row = model.limit(
            limits.demand(everything, np.array([whole]))[:, 0], float(limits.supply[whole])
        )
        waiting[whole] = False
    while True:
        value, share = model.relaxed()
        excess = np.where(waiting, limits.excess(share), -np.inf)
        worst = np.argsort(-excess, kind="stable")[:_AT_ONCE]
        worst = worst[excess[worst] > _VIOLATED]
        if len(worst) == 0:
            price = model.price(row) if priced else 0.0
            return Relaxation(value + finished_already(problem), share, model, price)
        waiting[worst] = False
        demand = limits.demand(everything, worst)
        for k, interval in enumerate(worst):
            model.limit(demand[:, k], float(limits.supply[interval]))


def _add_budgets(
    model: MaximumCoverage, visit_options: VisitOptions, overhead: NDArray[np.float64], slack: float
) -> None:
    """One program a field, and the budgets of the request."""
    request = visit_options.problem.request
    fields, counts = np.unique(visit_options.field, return_counts=True)
    for index in fields[counts > 1]:
        model.limit((visit_options.field == index).astype(float), 1.0)
    if request.maximum_fields is not None:
        model.limit(np.ones(len(visit_options)), float(request.maximum_fields))
    if request.maximum_time is not None:
        each = visit_options.exposing[:, -1] + visit_options.visits * overhead
        time = request.maximum_time.to_value(u.s) + overhead.max(initial=0.0) + slack
        # Where not even the exchanges fit, nothing does.
        model.limit(each, max(time, 0.0))


def finished_already(problem: Problem) -> float:
    """Probability that wants no further visit."""
    nothing = np.array([not wanted for wanted in problem.needs])[problem.atoms.need]
    return float(problem.atoms.probability[nothing].sum())


def upper_bound(problem: Problem) -> float:
    """A limit of what any plan covers in all visits, 0 to 1."""
    visit_options = programs_of(problem, worth=0.0)
    covered, price = finished_already(problem), 0.0
    if len(visit_options) > 0:
        exchange_time = visit_options.exchanges * problem.slews.filter_exchange
        relaxed = relaxation(visit_options, visit_options.least_overhead, exchange_time)
        covered, price = relaxed.value, relaxed.time_price
    return min(covered + _left_out(problem, price), 1.0)


def _left_out(problem: Problem, time_price: float = 0.0) -> float:
    """How much more, at the most, a plan covers that observes fields that were left out.

    They take the time of their exposures from the others, who lose what it is worth to them by
    the duality of linear programs. Not that of their overheads: where those of the others are
    the least among themselves, to leave out what lies between saves nothing for certain.

    Parameters
    ----------
    time_price
        What one second less in the whole window costs the others at the least, 1/s.
    """
    shortest = min(
        (sum(problem.exposure[name] for name in wanted) for wanted in problem.needs if wanted),
        default=0.0,
    )
    return float(np.maximum(problem.neglected - time_price * shortest, 0.0).sum())
