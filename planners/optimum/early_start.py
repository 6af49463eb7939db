"""A plan that begins as the greedy one does, and is the best that can follow.

What covers most in the end may be slow at first: the greedy planner covers most per round, and is
the measure of how early a plan is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planners.problem.finish_times import covered_at, finish_times
from planners.problem.problem import Problem
from planners.problem.scheduler import ScheduledExposure

_STARTS = (1.0, 2.0, 4.0)
"""Hours for which the greedy plan is followed."""

_QUARTER = 900.0
"""Between the moments at which two plans are compared, s."""


def shortfall(
    problem: Problem, finish: NDArray[np.float64], greedy_finish: NDArray[np.float64]
) -> float:
    """How much less a plan has covered than the greedy one where it is farthest behind.

    Parameters
    ----------
    finish, greedy_finish
        What `finish_times` returned of each. Shape (n_atoms,).

    Returns
    -------
    float
        Part of all that the plan covers; every quarter of an hour is looked at.
    """
    dark = problem.dark
    if len(dark.start) == 0:
        return 0.0
    times = np.arange(float(dark.start.min()), float(dark.end.max()) + _QUARTER, _QUARTER)
    own = covered_at(problem, finish, times)
    behind = float((covered_at(problem, greedy_finish, times) - own).max())
    return behind / own[-1] if own[-1] > 0 else math.inf * (behind > 0)


def starts_of(exposures: Sequence[ScheduledExposure]) -> Iterator[list[ScheduledExposure]]:
    """Beginnings of a plan after which no field waits for a visit, of some lengths."""
    last_of = {exposure.field: k for k, exposure in enumerate(exposures)}
    waiting, whole = -1, []
    for k, exposure in enumerate(exposures):
        waiting = max(waiting, last_of[exposure.field])
        if waiting == k:
            whole.append(k + 1)
    used = 0
    for hours in _STARTS:
        until = exposures[0].start + 3600 * hours if exposures else 0.0
        lengths = [n for n in whole if exposures[n - 1].end >= until]
        if lengths and used < lengths[0] < len(exposures):
            used = lengths[0]
            yield list(exposures[:used])


def after(problem: Problem, start: Sequence[ScheduledExposure]) -> Problem:
    """What is left of a problem after some exposures."""
    done = finish_times(problem, start) < math.inf
    # Wherever the robot then points, and whatever filter is mounted.
    free = start[-1].end + problem.slews.longest + problem.slews.filter_exchange
    windows = [(free, problem.sky.length)]
    return replace(
        problem,
        visible=problem.visible.within(windows),
        dark=problem.dark.within(windows),
        atoms=replace(problem.atoms, probability=np.where(done, 0.0, problem.atoms.probability)),
    )
