"""Conditions of time that every plan keeps, whatever the order of its exposures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.problem.visit_options import VisitOptions

_MOMENTS = 25
"""Ends of the intervals that are looked at, evenly over the dark time."""

_INSTANT = 1e-3
"""Of no importance, s."""


@dataclass(frozen=True, eq=False)
class TimeLimits:
    """Conditions on what is carried out in intervals of time."""

    visit_options: VisitOptions
    """The programs."""

    overhead: NDArray[np.float64]
    """After each exposure, s, shape (n_programs,)."""

    before: NDArray[np.int16]
    """Visits that could begin before each moment, shape (n_programs, n_moments)."""

    after: NDArray[np.int16]
    """Visits that could end after each moment, shape (n_programs, n_moments)."""

    first: NDArray[np.int64]
    """Moment at which each interval begins, shape (n_intervals,)."""

    last: NDArray[np.int64]
    """Moment at which each interval ends, shape (n_intervals,)."""

    supply: NDArray[np.float64]
    """Time that there is in each interval, s, shape (n_intervals,)."""

    @property
    def whole(self) -> int:
        """The interval from the first dark moment to the last."""
        return int(np.flatnonzero((self.first == 0) & (self.last == self.last.max()))[0])

    def demand(
        self, programs: NDArray[np.int64] | slice, intervals: NDArray[np.int64] | slice
    ) -> NDArray[np.float64]:
        """Time that some programs need in some intervals, s, shape (n_programs, n_intervals).

        Of all programs in all intervals it would fill memory.
        """
        before = self.before[programs][:, self.first[intervals]]
        after = self.after[programs][:, self.last[intervals]]
        visits = self.visit_options.visits[programs][:, None]
        inside = np.maximum(visits - before - after, 0)
        exposing = np.take_along_axis(self.visit_options.exposing[programs], inside, axis=1)
        return np.asarray(exposing + inside * self.overhead[programs][:, None])

    def excess(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Time by which each interval is overbooked, s, shape (n_intervals,).

        Parameters
        ----------
        share
            How much of each program is taken, 0 to 1. Shape (n_programs,).
        """
        taken = np.flatnonzero(share)
        return np.asarray(share[taken] @ self.demand(taken, slice(None)) - self.supply)


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
    dark = visit_options.problem.dark
    edges = np.concatenate([dark.start, dark.end])
    moments = np.unique(np.concatenate([edges, np.linspace(edges.min(), edges.max(), _MOMENTS)]))
    first, last = np.triu_indices(len(moments), 1)
    begin, end = moments[first], moments[last]
    lit = np.minimum(dark.end, end[:, None]) - np.maximum(dark.start, begin[:, None])
    windows = np.sum(lit > 0, axis=1)
    # The overhead that follows the last exposure of a window may lie beyond it.
    supply = np.maximum(lit, 0).sum(axis=1) + windows * overhead.max(initial=0.0)
    if len(dark.start) == 1:
        supply[(first == 0) & (last == len(moments) - 1)] -= exchange_time
    return TimeLimits(
        visit_options,
        overhead,
        _visits_before(visit_options, moments),
        _visits_after(visit_options, moments),
        first,
        last,
        # Where not even the exchanges fit, nothing does.
        np.maximum(supply, 0.0),
    )


def _visits_before(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int16]:
    """How many visits could begin before each moment, shape (n_programs, n_moments)."""
    problem = visit_options.problem
    visible = problem.visible
    last = (visible.end - min(problem.exposure.values()))[:, None]
    return _fitting(
        visit_options, visible.start[:, None], np.minimum(last, moments), moments <= last
    )


def _visits_after(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int16]:
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
) -> NDArray[np.int16]:
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
    # More visits than a program has say no more, and small numbers take little memory.
    return np.minimum(count, most).astype(np.int16)[visit_options.field]
