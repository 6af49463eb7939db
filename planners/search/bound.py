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

_MOMENTS = 25
"""Ends of the intervals that are looked at, evenly over the dark time."""

_AT_ONCE = 4
"""Violated intervals that are added to the relaxation at a time."""

_VIOLATED = 1.0
"""Time by which an interval must be overbooked to matter, s."""

_NEGLIGIBLE = 1e-7
"""Atoms of less probability are counted as covered."""

_INSTANT = 1e-3
"""Of no importance, s."""


@dataclass(frozen=True, eq=False)
class TimeLimits:
    """Conditions on what is carried out in intervals of time."""

    demand: NDArray[np.float64]
    """Time that each program needs in each interval, s, shape (n_programs, n_intervals)."""

    supply: NDArray[np.float64]
    """Time that there is in each interval, s, shape (n_intervals,)."""


def time_limits(
    visit_options: VisitOptions, overhead: NDArray[np.float64], exchange_time: float
) -> TimeLimits:
    """What every plan must keep within.

    Parameters
    ----------
    overhead
        After each exposure, at the least, s. Shape (n_programs,).
    exchange_time
        Spent on filter exchanges in the whole window, at the least, s.
    """
    problem = visit_options.problem
    dark = problem.dark
    edges = np.concatenate([dark.start, dark.end])
    moments = np.unique(np.concatenate([edges, np.linspace(edges.min(), edges.max(), _MOMENTS)]))
    first, last = np.triu_indices(len(moments), 1)
    outside = (
        _visits_before(visit_options, moments)[:, first]
        + _visits_after(visit_options, moments)[:, last]
    )
    inside = np.maximum(visit_options.visits[:, None] - outside, 0)
    exposing = np.take_along_axis(visit_options.exposing, inside, axis=1)
    demand = exposing + inside * overhead[:, None]
    begin, end = moments[first], moments[last]
    lit = np.minimum(dark.end, end[:, None]) - np.maximum(dark.start, begin[:, None])
    windows = np.sum(lit > 0, axis=1)
    # The overhead that follows the last exposure of a window may lie beyond it.
    supply = np.maximum(lit, 0).sum(axis=1) + windows * overhead.max(initial=0.0)
    if len(dark.start) == 1:
        supply[(first == 0) & (last == len(moments) - 1)] -= exchange_time
    # Where not even the exchanges fit, nothing does.
    return TimeLimits(demand, np.maximum(supply, 0.0))


def _visits_before(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many visits could begin before each moment, shape (n_programs, n_moments)."""
    problem = visit_options.problem
    visible = problem.visible
    last = (visible.end - min(problem.exposure.values()))[:, None]
    return _fitting(
        visit_options, visible.start[:, None], np.minimum(last, moments), moments <= last
    )


def _visits_after(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many visits could end after each moment, shape (n_programs, n_moments)."""
    problem = visit_options.problem
    visible = problem.visible
    last = (visible.end - min(problem.exposure.values()))[:, None]
    earliest = moments - max(problem.exposure.values())
    first = visible.start[:, None]
    return _fitting(visit_options, np.maximum(first, earliest), last, earliest >= first)


def _fitting(
    visit_options: VisitOptions,
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    is_open: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """How many visits, the gap apart, could begin between two times; one end may be excluded.

    Parameters
    ----------
    first, last
        Times in each interval of visibility, s. Shape (n_intervals, n_moments).
    is_open
        Whether one end does not belong to it.
    """
    problem = visit_options.problem
    visible = problem.visible
    room = last - first
    most = int(visit_options.visits.max(initial=0))
    if problem.gap > 0:
        fits = np.where(is_open, np.ceil(room / problem.gap), np.floor(room / problem.gap) + 1)
    else:
        fits = np.full(room.shape, float(most))
    fits = np.where(room > np.where(is_open, _INSTANT, -_INSTANT), fits, 0)
    count = np.zeros((visible.n, room.shape[1]), dtype=np.int64)
    np.add.at(count, visible.owner, np.minimum(fits, most).astype(np.int64))
    return count[visit_options.field]


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Maximum coverage under necessary conditions of time."""

    value: float
    """No plan covers more in all visits, 0 to 1."""

    share: NDArray[np.float64]
    """How much of each program the optimum takes, 0 to 1."""

    model: MaximumCoverage
    """The model with every condition that matters."""


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
    while True:
        value, share = model.relaxed()
        excess = np.where(waiting, share @ limits.demand - limits.supply, -np.inf)
        worst = np.argsort(-excess, kind="stable")[:_AT_ONCE]
        worst = worst[excess[worst] > _VIOLATED]
        if len(worst) == 0:
            return Relaxation(value + finished_already(problem), share, model)
        waiting[worst] = False
        for k in worst:
            model.limit(limits.demand[:, k], float(limits.supply[k]))


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
    covered = finished_already(problem)
    if len(visit_options) > 0:
        exchange_time = visit_options.exchanges * problem.slews.filter_exchange
        covered = relaxation(visit_options, visit_options.least_overhead, exchange_time).value
    return min(covered + problem.neglected_probability, 1.0)
