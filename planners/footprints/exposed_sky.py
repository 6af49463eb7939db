"""What each executed exposure covers, worked out once for pointings that repeat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.cameras import camera_cells
from planners.footprints.field_cells import customary_order, order_for
from planners.geometry.ranges import HIGHEST_ORDER, Ranges, consecutive
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ExecutedExposure
from telescopes.pairing.pointings import SAME_POSITION, group, positions
from telescopes.telescope import Telescope

_REGION = 0.999
"""Credible region within which cells are as fine as the map."""

_MANY = (100, 10)
"""With fewer pointings than the first, cells are an order finer; than the second, two."""


def distinct_views(
    skymap: SkyMap, telescope: Telescope, exposures: Sequence[ExecutedExposure]
) -> tuple[list[Ranges], list[tuple[int, int]]]:
    """What each distinct pair of pointing and good detectors covers.

    Returns
    -------
    views
    which
        Index of an exposure with any good detector, and of its view.
    """
    good = [np.isin(telescope.footprint.detector_id, e.detectors) for e in exposures]
    used = [i for i, detectors in enumerate(good) if detectors.any()]
    if not used:
        return [], []
    places = positions([exposures[i] for i in used])
    first, of_exposure = np.unique(group(places, SAME_POSITION), return_inverse=True)
    centers = SkyCoord(*places[first].T, unit=u.deg)
    pieces = _camera_ranges(skymap, telescope, centers)
    view_index: dict[tuple[int, bytes], int] = {}
    views: list[Ranges] = []
    which: list[tuple[int, int]] = []
    for i, pointing in zip(used, of_exposure.ravel().tolist(), strict=True):
        key = pointing, good[i].tobytes()
        if key not in view_index:
            view_index[key] = len(views)
            lo, hi, detector = pieces[pointing]
            kept = good[i][detector]
            views.append(Ranges.of(lo[kept], hi[kept]))
        which.append((i, view_index[key]))
    return views, which


def _camera_ranges(
    skymap: SkyMap, telescope: Telescope, centers: SkyCoord
) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int16]]]:
    """Order-29 ranges, and the detector of each, at some boresights.

    Where the map has its probability the cells are as fine as it deserves, elsewhere as fine
    as the camera deserves.
    """
    extra = sum(len(centers) < many for many in _MANY)
    coarse = min(customary_order(telescope) + extra, HIGHEST_ORDER)
    fine = max(order_for(telescope, skymap), coarse)
    inside = skymap.region(_REGION).touching(coarse) if fine > coarse else Ranges.empty()
    ranges = []
    for order, within in ((fine, inside), (coarse, inside.complement())):
        if len(within) == 0:
            continue
        start, cell, detector = camera_cells(telescope.footprint, centers, order, within)
        shift = 2 * (HIGHEST_ORDER - order)
        owner = np.repeat(np.arange(len(centers)), np.diff(start))
        first, last = consecutive(cell, detector, owner)
        ranges.append(
            (cell[first] << shift, (cell[last] + 1) << shift, detector[first], owner[first])
        )
    lo, hi, detector, owner = (np.concatenate(part) for part in zip(*ranges, strict=True))
    by_owner = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[by_owner], np.arange(1, len(centers)))
    split = (np.split(column[by_owner], bounds) for column in (lo, hi, detector))
    return list(zip(*split, strict=True))
