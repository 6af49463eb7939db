"""Lines on the sky in the tangent plane of a position, where great circles are straight."""

from __future__ import annotations

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

_LOWEST = np.sin(np.radians(5))
"""Of the component along the boresight: what is farther off than 85 deg is not drawn, as it comes
to lie without end."""


def tangent_lines(
    line: NDArray[np.float64], frame: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Draw a line on the sky, as far as it lies before the tangent plane.

    Parameters
    ----------
    line
        RA and Dec (ICRS, deg), shape (n, 2); between two points runs the great circle.
    frame
        Of where the plane touches the sky, as `tangent_frames` has it of one position.

    Returns
    -------
    list
        Parts of the line that are whole, each as offsets east and north, rad, shape (k, 2).
    """
    ra, dec = np.radians(line).T
    direction = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
    seen = direction @ frame.T
    height = seen[:, 2] - _LOWEST
    is_before = height > 0
    if is_before.all():
        return [seen[:, :2] / seen[:, 2:]]
    parts: list[list[NDArray[np.float64]]] = []
    for k in range(len(seen) - 1):
        if not (is_before[k] or is_before[k + 1]):
            continue
        ends = [seen[k], seen[k + 1]]
        if is_before[k] != is_before[k + 1]:
            # The chord lies in the plane of the great circle.
            part = height[k] / (height[k] - height[k + 1])
            ends[0 if is_before[k + 1] else 1] = seen[k] + part * (seen[k + 1] - seen[k])
        if k == 0 or not is_before[k]:
            parts.append([ends[0]])
        parts[-1].append(ends[1])
    return [points[:, :2] / points[:, 2:] for points in map(np.array, parts)]


def tangent_points(coord: SkyCoord, frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Offsets east and north of positions, rad, shape (n, 2); NaN where they lie behind."""
    directions = coord.icrs.cartesian.xyz.value.T
    seen = directions @ frame.T
    seen[seen[:, 2] < _LOWEST] = np.nan
    return np.asarray(seen[:, :2] / seen[:, 2:])
