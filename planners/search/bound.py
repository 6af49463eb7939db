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
from planners.search.time_limits import TimeLimits, time_limits

_AT_ONCE = 4
"""Violated intervals that are added to the relaxation at a time."""

_VIOLATED = 1.0
"""Time by which an interval must be overbooked to matter, s."""

_FIRST, _GAIN = 3000, 1e-10
"""Programs that the relaxation begins with, the most probable ones; and probability that another
must be able to add to be taken up: of a narrow camera's, hardly any other does."""

_NEGLIGIBLE = 1e-7
"""Atoms of less probability are counted as covered."""


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Maximum coverage under necessary conditions of time."""

    value: float
    """No plan covers more in all visits, 0 to 1."""

    cost: NDArray[np.float64]
    """What the time of each program of the problem would cost those that are taken, 1;
    shape (n_programs,)."""

    time_price: float
    """What one second less in the whole window costs at the least, 1/s."""


def relaxation(
    visit_options: VisitOptions,
    limits: TimeLimits,
    exchange_time: float,
    chosen: NDArray[np.int64],
) -> Relaxation:
    """Solve the linear relaxation, adding the conditions of time that it violates one by one.

    Parameters
    ----------
    limits
        Conditions on all programs.
    exchange_time
        Spent on filter exchanges, at the least, s.
    chosen
        Programs of which it may take some, sorted. Shape (n_chosen,).
    """
    problem = visit_options.problem
    probability = problem.atoms.probability
    few = VisitOptions(problem, visit_options.field[chosen], visit_options.need[chosen])
    model = MaximumCoverage(probability, few.pairs, few.field, _NEGLIGIBLE)
    demands, rows = _add_budgets(model, visit_options, limits.overhead, exchange_time, chosen)
    whole = len(rows)
    waiting = np.ones(len(limits.supply), dtype=bool)
    worst = np.array([limits.whole])
    while len(worst):
        waiting[worst] = False
        demand = limits.demand(slice(None), worst)
        for k, interval in enumerate(worst):
            rows.append(model.limit(demand[chosen, k], float(limits.supply[interval])))
            demands.append(demand[:, k])
        value, taken = model.relaxed()
        share = np.zeros(len(visit_options))
        share[chosen] = taken
        excess = np.where(waiting, limits.excess(share), -np.inf)
        worst = np.argsort(-excess, kind="stable")[:_AT_ONCE]
        worst = worst[excess[worst] > _VIOLATED]
    prices = np.array([model.price(row) for row in rows])
    return Relaxation(value, np.stack(demands, axis=1) @ prices, float(prices[whole]))


def _add_budgets(
    model: MaximumCoverage,
    visit_options: VisitOptions,
    overhead: NDArray[np.float64],
    exchange_time: float,
    chosen: NDArray[np.int64],
) -> tuple[list[NDArray[np.float64]], list[int]]:
    """One program a field, and the budgets of the request; demands of all programs, and rows."""
    request = visit_options.problem.request
    field = visit_options.field[chosen]
    fields, counts = np.unique(field, return_counts=True)
    for index in fields[counts > 1]:
        model.limit((field == index).astype(float), 1.0)
    demands, supplies = [], []
    if request.maximum_fields is not None:
        demands.append(np.ones(len(visit_options)))
        supplies.append(float(request.maximum_fields))
    if request.maximum_time is not None:
        demands.append(visit_options.exposing[:, -1] + visit_options.visits * overhead)
        time = request.maximum_time.to_value(u.s) + overhead.max(initial=0.0) - exchange_time
        # Where not even the exchanges fit, nothing does.
        supplies.append(max(time, 0.0))
    rows = [
        model.limit(demand[chosen], supply)
        for demand, supply in zip(demands, supplies, strict=True)
    ]
    return demands, rows


def finished_already(problem: Problem) -> float:
    """Probability that wants no further visit."""
    nothing = np.array([not wanted for wanted in problem.needs])[problem.atoms.need]
    return float(problem.atoms.probability[nothing].sum())


def upper_bound(problem: Problem) -> float:
    """A limit of what any plan covers in all visits, 0 to 1."""
    visit_options = programs_of(problem, worth=0.0)
    if len(visit_options) == 0:
        return min(finished_already(problem) + _left_out(problem, 0.0), 1.0)
    exchange_time = visit_options.exchanges * problem.slews.filter_exchange
    limits = time_limits(visit_options, visit_options.least_overhead, exchange_time)
    worth = problem.atoms.field_probability[visit_options.field]
    chosen = np.sort(np.argsort(-worth, kind="stable")[:_FIRST])
    while True:
        relaxed = relaxation(visit_options, limits, exchange_time, chosen)
        # By duality, no program adds more to the optimum than its worth less what its time costs.
        gain = np.maximum(worth - relaxed.cost, 0.0)
        gain[chosen] = 0.0
        more = np.flatnonzero(gain > _GAIN)
        if len(more) == 0:
            covered = relaxed.value + float(gain.sum()) + finished_already(problem)
            return min(covered + _left_out(problem, relaxed.time_price), 1.0)
        chosen = np.union1d(chosen, more)


def _left_out(problem: Problem, time_price: float) -> float:
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
