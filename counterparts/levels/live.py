"""Many alerts against many maps at once: in which regions, and of which nights, they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.skymaps.sky_probability import SkyProbability


@dataclass(frozen=True, eq=False)
class LiveMap:
    """A map, and of when alerts may be its source."""

    key: int
    """Of whoever asks."""

    skymap: SkyProbability
    first_jd: float
    """Julian date, UTC: what was seen before cannot come of it."""

    last_jd: float
    """Julian date, UTC: what is first seen so late comes of something else."""


def levels_in(
    maps: Sequence[LiveMap], hpx29: NDArray[np.int64], jd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Credible level of each alert in each map.

    Parameters
    ----------
    maps
        Their order is that of the answer.
    hpx29
        Order-29 NESTED indices of the positions, shape (n,).
    jd
        Julian dates, UTC, shape (n,).

    Returns
    -------
    ndarray
        Exclusive levels, so that those below q make the smallest region that holds at least q, with
        all its holes; 1 outside of the map and of its time. Shape (n_maps, n).

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from planners import circle_skymap
    >>> from planners.geometry.ranges import hpx29
    >>> burst = circle_skymap(30 * u.deg, -20 * u.deg, 5 * u.deg, containment=0.9)
    >>> there = hpx29(SkyCoord([30, 200] * u.deg, [-20, 10] * u.deg))
    >>> live = LiveMap(1, burst, 2461000.0, 2461014.0)
    >>> levels_in([live], there, np.array([2461001.0, 2461001.0])) < 0.9
    array([[ True, False]])
    """
    levels = np.ones((len(maps), len(hpx29)))
    for row, live in enumerate(maps):
        in_time = (jd >= live.first_jd) & (jd <= live.last_jd)
        if not in_time.any():
            continue
        at = hpx29[in_time]
        lo, hi = live.skymap.lo, live.skymap.hi
        cell = np.maximum(np.searchsorted(lo, at, side="right") - 1, 0)
        is_inside = (at >= lo[cell]) & (at < hi[cell])
        levels[row, in_time] = np.where(is_inside, live.skymap.credible_levels[cell], 1.0)
    return levels
