"""What telescope time buys: probability over time, from one field to the whole window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from astropy import units as u
from astropy.table import QTable
from numpy.typing import NDArray

from planners.optimal import problems_of
from planners.optimum.budget_search import best_of_all, best_within, within
from planners.problem.detected import as_fields
from planners.problem.plan_statistics import telescope_time
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure
from planners.problem.visit_options import programs_of
from planners.search.bound import CoverageBound
from planners.search.trimming import Trimming
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import Objective, ObservingRequest
from telescopes.registry import TELESCOPES
from telescopes.telescope import Telescope

_POINTS = 15
"""Budgets, each the same factor above the last."""

_SEARCHED = (0.35, 0.12, 0.04)
"""Parts of the whole telescope time for which a plan is looked for; the others are what is left
of the plans for more."""

_ROUNDING = 1e-6
"""Of a time, s."""


@dataclass(frozen=True, eq=False)
class ProbabilityCurve:
    """Coverage of the best plan found for each of several budgets of telescope time."""

    telescope_time: u.Quantity[u.physical.time]
    """The budgets, with overheads, waits left out, rising. Shape (n,)."""

    exposures: NDArray[np.int64]
    """Exposures of each plan. Shape (n,)."""

    probability_all_filters: NDArray[np.float64]
    """Probability in all visits, or of a detection where that is the objective, never falling.
    Shape (n,)."""

    probability: NDArray[np.float64]
    """Probability that the same plans cover at least once. Shape (n,)."""

    upper_bound: NDArray[np.float64]
    """No plan of as much time reaches more. Shape (n,)."""

    objective: Objective
    """What the probability is of: that the map is covered, or that the source is detected."""

    @property
    def gain(self) -> u.Quantity[u.physical.frequency]:
        """Probability in all visits that more time adds after each budget, by time; zero last."""
        if len(self.exposures) < 2:
            return np.zeros(len(self.exposures)) / u.s
        gain = np.diff(self.probability_all_filters) / np.diff(self.telescope_time)
        return np.append(gain, 0 * gain.unit)

    @property
    def knee(self) -> int:
        """Index of the budget after which time buys least beside what it bought before.

        It is where the curve is farthest above the straight line from nothing to its end (Satopaa
        et al. 2011, ICDCS Workshops, 166, section III).
        """
        whole = self.telescope_time[-1]
        above = self.probability_all_filters / max(self.probability_all_filters[-1], 1e-300)
        return int(np.argmax(above - (self.telescope_time / whole).to_value(u.one)))

    def to_table(self) -> QTable:
        """The curve as a table, one budget a row: telescope time (min), exposures, probabilities.

        The last column, gain (1/h), is what more time adds.
        """
        return QTable(
            {
                "telescope_time": self.telescope_time.to(u.min),
                "exposures": self.exposures,
                "probability_all_filters": self.probability_all_filters,
                "probability": self.probability,
                "upper_bound": self.upper_bound,
                "gain": self.gain.to(1 / u.h),
            }
        )


def probability_curve(
    skymap: SkyMap, telescope: Telescope | str, request: ObservingRequest
) -> ProbabilityCurve | None:
    """Work out what telescope time buys; None where nothing can be observed.

    Parameters
    ----------
    skymap
        Where the source may be.
    telescope
        What observes; a telescope or a name of `telescopes.TELESCOPES`.
    request
        Its budget of telescope time, if any, is the greatest of the curve; where it asks a plan to
        stop, the curve goes on.

    Raises
    ------
    RequestInvalid
        If the request makes no sense for the telescope.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from planners import ObservingRequest, circle_skymap, probability_curve
    >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 6 * u.deg, containment=0.9)
    >>> request = ObservingRequest(
    ...     start=Time("2026-02-15T04:00:00"),
    ...     end=Time("2026-02-15T08:00:00"),
    ...     filters=("g", "r"),
    ...     exposure_time={"g": 30 * u.s, "r": 30 * u.s},
    ... )
    >>> curve = probability_curve(skymap, "ZTF", request)
    >>> bool(curve.probability_all_filters[-1] > curve.probability_all_filters[0] > 0)
    True
    """
    if isinstance(telescope, str):
        telescope = TELESCOPES[telescope]
    without_stops = replace(request, minimum_gain=None, target_probability=None)
    curves = [_curve(problem) for problem in problems_of(skymap, telescope, without_stops)]
    known = [curve for curve in curves if curve is not None]
    return max(known, key=lambda curve: float(curve.probability_all_filters[-1]), default=None)


def _curve(problem: Problem) -> ProbabilityCurve | None:
    bound = CoverageBound(problem)
    plans = _plans(problem, bound)
    whole = max((telescope_time(problem, plan) for plan in plans), default=0.0)
    if whole <= 0:
        return None
    options = programs_of(problem)
    first = float((options.least_time - options.least_overhead).min())
    first += options.exchanges * problem.slews.filter_exchange
    # Between ends that are nearly alike, rounding would let them fall.
    rising = np.maximum.accumulate(np.geomspace(min(first, whole), whole, _POINTS))
    budgets = rising.tolist()
    points = _best_of(problem, plans, budgets)
    return ProbabilityCurve(
        telescope_time=budgets * u.s,
        exposures=np.array([len(point.exposures) for point in points]),
        probability_all_filters=np.array([point.covered for point in points]),
        probability=np.array([_once(problem, point.exposures) for point in points]),
        upper_bound=np.maximum.accumulate([bound.of(budget) for budget in budgets]),
        objective="coverage" if problem.ways is None else "detection",
    )


@dataclass(frozen=True)
class _Point:
    """The best plan within a budget."""

    covered: float
    """Probability in all visits."""

    exposures: list[ScheduledExposure]
    """In the order of time."""


def _plans(problem: Problem, bound: CoverageBound) -> list[list[ScheduledExposure]]:
    """Plans for the whole window, and for parts of the telescope time that it takes."""
    begun = time.perf_counter()
    plans = [best_of_all(problem, bound, begun)]
    whole = min(telescope_time(problem, plans[0]), problem.budget)
    for budget in [problem.budget, *(part * whole for part in _SEARCHED)]:
        if telescope_time(problem, plans[-1]) > budget:
            plans.append(best_within(within(problem, budget), plans[-1], bound, begun))
    return plans if telescope_time(problem, plans[0]) <= problem.budget else plans[1:]


def _best_of(
    problem: Problem, plans: Sequence[Sequence[ScheduledExposure]], budgets: Sequence[float]
) -> list[_Point]:
    """The best of what is left of some plans within each budget; one for less serves for more."""
    points = [_Point(0.0, [])] * len(budgets)
    for plan in plans:
        trimming = Trimming(problem, plan)
        for k in reversed(range(len(budgets))):
            while trimming.telescope_time > budgets[k] + _ROUNDING:
                trimming.drop(trimming.least_by_time()[0])
            if trimming.covered > points[k].covered:
                points[k] = _Point(trimming.covered, trimming.exposures)
    return list(accumulate(points, _better))


def _better(less: _Point, more: _Point) -> _Point:
    return more if more.covered > less.covered else less


def _once(problem: Problem, exposures: Sequence[ScheduledExposure]) -> float:
    """Probability that exposures cover, with what was observed before."""
    if problem.ways is not None:
        return _once(problem.ways.plain, as_fields(problem, exposures))
    fields = np.array([exposure.field for exposure in exposures], dtype=np.int64)
    seen = problem.seen_before | problem.atoms.covered(fields)
    return float(problem.atoms.probability[seen].sum())
