"""What executed exposures leave to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.atoms import Layer
from planners.visibility.local_sky import LocalSky
from telescopes.observing_plan import ExecutedExposure, ObservingRequest
from telescopes.pairing.pointings import SAME_POSITION, group, grouped, positions, same_as
from telescopes.telescope import FieldGrid, Footprint


def separate_visits(
    exposures: Sequence[ExecutedExposure], gap: u.Quantity[u.physical.time]
) -> list[ExecutedExposure]:
    """Exposures that count as visits of their own: a repeat within the gap does not."""
    last: dict[tuple[int, str], ExecutedExposure] = {}
    visits = []
    in_time = sorted(exposures, key=lambda exposure: exposure.start.utc.mjd)
    for exposure, pointing in zip(in_time, grouped(in_time).tolist(), strict=True):
        key = (pointing, exposure.filter)
        if key in last and (exposure.start - last[key].start) < gap:
            continue
        last[key] = exposure
        visits.append(exposure)
    return visits


@dataclass(frozen=True, eq=False)
class Executed:
    """Visits that have been had, and the pointings at which."""

    visits: tuple[ExecutedExposure, ...]
    """In the order of time."""

    pointing: NDArray[np.int64]
    """Index of the pointing of each, shape (n_visits,)."""

    coord: SkyCoord
    """The distinct pointings, shape (n_pointings,)."""

    def marked(self, layer: Layer, footprint: Footprint, filters: tuple[str, ...]) -> Layer:
        """A layer of other fields, with a mark for each requested visit where it has been had.

        Parameters
        ----------
        layer
            The other fields, and after them these pointings.
        """
        fields, seen = layer.split_executed(len(layer.start) - 1 - len(self.coord))
        marks = []
        for name, times in levels(filters):
            own = [k for k, visit in enumerate(self.visits) if visit.filter == name]
            cells = [self._good_cells(seen, footprint, k) for k in own]
            cell, count = np.unique(
                np.concatenate([np.empty(0, np.int64), *cells]), return_counts=True
            )
            marks.append(cell[count >= times])
        return replace(fields, marks=tuple(marks))

    def _good_cells(self, seen: Layer, footprint: Footprint, visit: int) -> NDArray[np.int64]:
        """Cells of one visit on detectors whose images are good."""
        pointing = self.pointing[visit]
        part = slice(seen.start[pointing], seen.start[pointing + 1])
        good = np.isin(footprint.detector_id, self.visits[visit].detectors)
        return np.asarray(seen.cell[part][good[seen.detector[part]]])


def executed_by(request: ObservingRequest) -> Executed:
    """What the exposures that a request names have done for it."""
    wanted = [visit for visit in request.observed if visit.filter in request.filters]
    visits = tuple(separate_visits(wanted, request.minimum_gap))
    places = positions(visits)
    first, pointing = np.unique(group(places, SAME_POSITION), return_inverse=True)
    return Executed(visits, pointing, SkyCoord(*places[first].T, unit=u.deg))


def levels(filters: tuple[str, ...]) -> list[tuple[str, int]]:
    """Each requested visit as a filter and how often it is then visited in it."""
    return [
        (name, times)
        for name in dict.fromkeys(filters)
        for times in range(1, filters.count(name) + 1)
    ]


def needs_left(
    marks: NDArray[np.int64], filters: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[tuple[str, ...], ...]]:
    """What visits are still wanted where.

    Parameters
    ----------
    marks
        Bit k is set where the k-th of `levels` has been had. Shape (n_atoms,).
    filters
        What was requested.

    Returns
    -------
    need
        Index of what each atom wants. Shape (n_atoms,).
    wanted
        Visits of each; the first is all that was requested.
    """
    had = levels(filters)
    wanted = [filters]
    table = np.zeros(1 << len(had), dtype=np.int64)
    for pattern in np.unique(marks).tolist():
        left = list(filters)
        for k, (name, _) in enumerate(had):
            if pattern >> k & 1:
                left.remove(name)
        if tuple(left) not in wanted:
            wanted.append(tuple(left))
        table[pattern] = wanted.index(tuple(left))
    return table[marks], tuple(wanted)


def earliest_revisit(
    sky: LocalSky, executed: Executed, pointings: FieldGrid, gap: float
) -> NDArray[np.float64]:
    """When each field may be visited again at the earliest, s, shape (n,).

    Parameters
    ----------
    gap
        Between the starts of two visits, s.
    """
    times = np.zeros(len(pointings.field_id))
    coord = pointings.coord.icrs
    places = np.stack([coord.ra.deg, coord.dec.deg], axis=-1)
    for visit in executed.visits:
        same = same_as(visit, pointings.field_id, places)
        times[same] = np.maximum(times[same], sky.seconds(visit.start) + gap)
    return times
