"""Which images show a position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from planners.footprints.cameras import focal_plane
from planners.footprints.focal_planes import NOWHERE
from telescopes.telescope import Footprint


def images_at(
    position: SkyCoord,
    footprint: Footprint,
    pointings: SkyCoord,
    detectors: Sequence[Sequence[int]],
) -> NDArray[np.bool_]:
    """Tell of each image whether a position falls on one of its good detectors.

    Parameters
    ----------
    position
        One position.
    footprint
        Of the camera.
    pointings
        Boresights of the images, shape (n,).
    detectors
        Those with good images, of each.

    Returns
    -------
    numpy.ndarray
        Shape (n,). Gaps between detectors show nothing.

    Notes
    -----
    Standard coordinates of the gnomonic projection: Green 1985, Spherical Astronomy, eq. 13.12.
    """
    ra, dec = position.icrs.ra.to_value(u.rad), position.icrs.dec.to_value(u.rad)
    ra0, dec0 = pointings.icrs.ra.to_value(u.rad), pointings.icrs.dec.to_value(u.rad)
    ahead = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
    is_ahead = ahead > 0
    scale = np.where(is_ahead, ahead, 1.0)
    east = np.cos(dec) * np.sin(ra - ra0) / scale
    north = (np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)) / scale
    index = focal_plane(footprint).detector_at(np.atleast_1d(east), np.atleast_1d(north))
    found = is_ahead & (index != NOWHERE)
    # Without a detector any number will do: it is not looked at.
    number = footprint.detector_id[np.where(found, index, 0)]
    good = [which in good for which, good in zip(number, detectors, strict=True)]
    return np.asarray(found & np.asarray(good, dtype=bool), dtype=bool)
