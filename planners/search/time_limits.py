"""Conditions of time that every plan keeps, whatever the order of its exposures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.problem.visit_options import VisitOptions
from planners.visibility.intervals import Intervals

_MOMENTS, _MANY_MOMENTS, _MIN_MOMENTS = 25, 73, 6
"""Ends of the intervals that are looked at; the second where all exposures are alike, and the third
in each dark interval."""

_AT_ONCE = 12
"""Moments that are looked at together: of all at once a narrow camera's sky takes much memory."""

_WHOLE = 1e-9
"""Of a number of exposures."""

_INSTANT = 1e-3
"""Of no importance, s."""


_SIDEREAL_DAY = 86164.1
"""After which the same fields are up, s."""

_SAME_NIGHT = 4 * 3600.0
"""Dark intervals less far apart are of one night, s."""


@dataclass(frozen=True, eq=False)
class TimeLimits:
    """Conditions on what is carried out in intervals of time.

    An interval is one of time, or the same hours of sidereal time in every night: what is up in
    those alone can be observed in any night, but in no other hours.
    """

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

    whole: int
    """The interval from the first dark moment to the last."""

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
    supplied = _Supply(visit_options, overhead, exchange_time)
    families = [_in_time(visit_options, supplied)]
    if len(np.unique(_nights(dark))) > 1:
        families.append(_in_every_night(visit_options, supplied))
    at = np.cumsum([0, *(family.before.shape[1] for family in families)])
    return TimeLimits(
        visit_options,
        overhead,
        np.concatenate([family.before for family in families], axis=1),
        np.concatenate([family.after for family in families], axis=1),
        np.concatenate([family.first + k for family, k in zip(families, at, strict=False)]),
        np.concatenate([family.last + k for family, k in zip(families, at, strict=False)]),
        np.concatenate([family.supply for family in families]),
        families[0].whole,
    )


class _Supply:
    """How much time pieces of darkness have for exposures with their overheads."""

    def __init__(
        self, visit_options: VisitOptions, overhead: NDArray[np.float64], exchange_time: float
    ) -> None:
        self._spare = float(overhead.max(initial=0.0))
        self._exchange_time = exchange_time if len(visit_options.problem.dark.start) == 1 else 0.0
        problem = visit_options.problem
        lengths = {
            length * scale
            for length in problem.exposure.values()
            for scale in np.unique(problem.exposure_scale[visit_options.field]).tolist()
        }
        is_uniform = len(lengths) == 1 and float(overhead.min(initial=self._spare)) == self._spare
        # A field that was left out may lie between two others: then it takes less time.
        slews = problem.slews
        if len(problem.neglected):
            is_uniform &= self._spare <= max(slews.readout, slews.mount_settle)
        self._step = lengths.pop() + self._spare if is_uniform else None

    @property
    def n_moments(self) -> int:
        """Moments that are worth looking at: more where few exposures fit in between."""
        return _MOMENTS if self._step is None else _MANY_MOMENTS

    def of(self, piece: NDArray[np.float64], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Time of a piece of each interval, s; any shape.

        Parameters
        ----------
        piece
            Length, s; not above zero where there is none.
        whole
            Whether it is all that there is, exchanges of the filter included.
        """
        # The overhead that follows the last exposure of a piece may lie beyond it.
        time = piece + self._spare - np.where(whole, self._exchange_time, 0.0)
        if self._step is not None:
            # Of exposures that are all alike, only whole ones count.
            time = np.floor(time / self._step + _WHOLE) * self._step
        # Where not even the exchanges fit, nothing does.
        return np.where(piece > 0, np.maximum(time, 0.0), 0.0)


@dataclass(frozen=True, eq=False)
class _Family:
    """Intervals between any two of some moments."""

    before: NDArray[np.int16]
    """As `TimeLimits` has it, shape (n_programs, n_moments)."""

    after: NDArray[np.int16]
    """Likewise."""

    first: NDArray[np.int64]
    """Moment at which each interval begins, shape (n_intervals,)."""

    last: NDArray[np.int64]
    """Moment at which each interval ends, shape (n_intervals,)."""

    supply: NDArray[np.float64]
    """Likewise."""

    @property
    def whole(self) -> int:
        """The interval from the first moment to the last."""
        return int(np.flatnonzero((self.first == 0) & (self.last == self.last.max()))[0])


def _in_time(visit_options: VisitOptions, supplied: _Supply) -> _Family:
    """Intervals of time, from any moment of the dark time to any other."""
    dark = visit_options.problem.dark
    each = max(supplied.n_moments // len(dark.start), _MIN_MOMENTS)
    moments = [np.linspace(*span, each) for span in dark.spans]
    return _family(
        visit_options, supplied, np.unique(np.concatenate(moments)), np.zeros(len(dark.start))
    )


def _in_every_night(visit_options: VisitOptions, supplied: _Supply) -> _Family:
    """The same hours of sidereal time in every night."""
    dark = visit_options.problem.dark
    night = _nights(dark)
    begins = dark.start[np.unique(night, return_index=True)[1]]
    shift = np.round((begins - begins[0]) / _SIDEREAL_DAY)[night] * _SIDEREAL_DAY
    edges = np.concatenate([dark.start - shift, dark.end - shift])
    moments = np.linspace(edges.min(), edges.max(), supplied.n_moments)
    return _family(visit_options, supplied, moments, shift)


def _nights(dark: Intervals) -> NDArray[np.int64]:
    """The night of each dark interval, counted from 0, shape (n_dark,)."""
    apart = dark.start[1:] - dark.end[:-1] > _SAME_NIGHT
    return np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)


def _family(
    visit_options: VisitOptions,
    supplied: _Supply,
    moments: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> _Family:
    """Intervals between any two moments.

    Parameters
    ----------
    moments
        s. Shape (n_moments,).
    shift
        Time by which they are later in each dark interval, s. Shape (n_dark,).
    """
    problem = visit_options.problem
    dark, visible = problem.dark, problem.visible
    first, last = np.triu_indices(len(moments), 1)
    begin, end = moments[first], moments[last]
    is_whole = (first == 0) & (last == len(moments) - 1)
    supply = np.zeros(len(first))
    for start, stop, later in zip(dark.start, dark.end, shift, strict=True):
        piece = np.minimum(stop, end + later) - np.maximum(start, begin + later)
        supply += supplied.of(piece, is_whole)
    own = np.searchsorted(dark.start, visible.start, side="right") - 1
    delay = shift[own][:, None]
    parts = np.array_split(moments, math.ceil(len(moments) / _AT_ONCE))
    before = [_visits_before(visit_options, part + delay) for part in parts]
    after = [_visits_after(visit_options, part + delay) for part in parts]
    return _Family(
        np.concatenate(before, axis=1), np.concatenate(after, axis=1), first, last, supply
    )


def _visits_before(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int16]:
    """How many visits could begin before each moment, shape (n_programs, n_moments).

    Parameters
    ----------
    moments
        In each interval of visibility, s. Shape (n_intervals, n_moments).
    """
    problem = visit_options.problem
    visible = problem.visible
    last = (visible.end - min(problem.exposure.values()))[:, None]
    return _fitting(
        visit_options, visible.start[:, None], np.minimum(last, moments), moments <= last
    )


def _visits_after(visit_options: VisitOptions, moments: NDArray[np.float64]) -> NDArray[np.int16]:
    """How many visits could end after each moment; as `_visits_before`."""
    problem = visit_options.problem
    visible = problem.visible
    last = (visible.end - min(problem.exposure.values()))[:, None]
    earliest = moments - problem.longest_exposure
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
