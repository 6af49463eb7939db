"""Which of very many places a night can reach: more than fit into its exposures need no look."""

from __future__ import annotations

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.visibility.intervals import Intervals
from planners.visibility.local_sky import Circumstances, LocalSky, Positions
from planners.visibility.rules import Rule
from telescopes.observing_plan import ObservingRequest
from telescopes.telescope import Telescope

_STEP = 300.0
"""Between the moments at which places are looked at, s: as for intervals of visibility."""

_BLOCK = 4096
"""Places that are looked at together."""


def reachable(
    sky: LocalSky, positions: Positions, rule: Rule, dark: Intervals, most: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Choose, of places in the order of their probability, enough for each moment.

    Where a plan has fewer exposures than `most`, one at a place that is not chosen could nearly
    always be made at a more probable one that is up just then.

    Parameters
    ----------
    positions
        Most probable first. Shape (n,).
    dark
        When the telescope may observe at all (one owner).
    most
        Places that are chosen for a moment at the most.

    Returns
    -------
    chosen
        Whether each is, at some moment, among the `most` first that are up. Shape (n,).
    ever_up
        Whether each is up at some moment. Shape (n,).
    """
    moments = _moments(dark)
    n = len(positions.right_ascension)
    chosen, ever_up = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    found = np.zeros(len(moments), dtype=np.int64)
    for begin in range(0, n, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        seen = Circumstances(sky, positions[block][:, None], moments)
        up = np.broadcast_to(rule(seen), (len(chosen[block]), len(moments)))
        rank = found + np.cumsum(up, axis=0)
        chosen[block] = np.any(up & (rank <= most), axis=1)
        ever_up[block] = np.any(up, axis=1)
        found += np.count_nonzero(up, axis=0)
    return chosen, ever_up


def _moments(dark: Intervals) -> NDArray[np.float64]:
    parts = [
        np.linspace(start, end, max(2, int(np.ceil((end - start) / _STEP)) + 1))
        for start, end in dark.spans
    ]
    return np.concatenate([np.empty(0), *parts])


def fields_that_fit(telescope: Telescope, request: ObservingRequest, dark: Intervals) -> int:
    """So many fields, at the most, can have all their visits.

    Parameters
    ----------
    dark
        When the telescope may observe at all (one owner).
    """
    exposing = [float(request.exposure_time[name].to_value(u.s)) for name in request.filters]
    # Of a field that was observed before, a single visit may be missing.
    each = min(exposing) if request.observed else sum(exposing)
    readout = float(telescope.overheads.readout.to_value(u.s))
    # What is exposed last in a window may be read out beyond it.
    time = float(np.sum(dark.end - dark.start)) + len(dark.start) * readout
    most = int(time / (each + readout))
    return most if request.maximum_fields is None else min(most, request.maximum_fields)
