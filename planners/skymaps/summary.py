"""A sky map in one line, for whoever prints one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from astropy import units as u

from planners.geometry.ranges import HIGHEST_ORDER

if TYPE_CHECKING:
    from planners.skymaps.skymap import SkyMap


def finest_order(skymap: SkyMap) -> int:
    """HEALPix order at whose cells every range begins and ends: no cell of the map is finer."""
    edges = int(np.bitwise_or.reduce(skymap.lo | skymap.hi))
    zeros = (edges & -edges).bit_length() - 1
    return HIGHEST_ORDER - zeros // 2


def summary(skymap: SkyMap) -> str:
    """How fine the map is, how large its 90 % region, where it is brightest, and how far."""
    peak = skymap.peak()
    parts = [
        f"{len(skymap.lo)} ranges to order {finest_order(skymap)}",
        f"90 % in {skymap.area(0.9).to_value(u.deg**2):.4g} deg2",
        f"brightest at {peak.ra.deg:.4f} {peak.dec.deg:+.4f} deg",
    ]
    moments = skymap.distance_moments()
    if moments is not None:
        mean, std = (float(moment.to_value(u.Mpc)) for moment in moments)
        parts.append(f"{mean:.4g} +/- {std:.2g} Mpc")
    return f"SkyMap({', '.join(parts)})"
