"""Where Sun and Moon stand hour by hour, worked out once for each day.

Plans of one night ask for the same hours again and again, and the next chance of an observation
is looked for through half a year of them.
"""

from __future__ import annotations

from functools import lru_cache

import erfa
import numpy as np
from astropy.time import Time
from numpy.typing import NDArray

NODE_STEP = 3600.0
"""Between two places of a body, s: a cubic through four of them is as good as the theory."""

_DAY = 86400.0
_A_DAY = round(_DAY / NODE_STEP)

_REMEMBERED = 1000
"""Days that are kept in memory: 1.2 MB."""


def hourly(
    start: Time, length: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Geometric places of Sun and Moon, from two hours before a window to two hours after it.

    Parameters
    ----------
    start
        Of the window.
    length
        Of the window, s.

    Returns
    -------
    seconds
        Since `start`, `NODE_STEP` apart. Shape (n,).
    sun, moon
        From the Earth's center (au, GCRS). Shape (n, 3).
    """
    tdb = start.tdb
    first, last = (
        int(np.floor(tdb.jd1 + tdb.jd2 + beyond / _DAY))
        for beyond in (-2 * NODE_STEP, length + 2 * NODE_STEP)
    )
    # The day after gives the hour that ends the last one.
    days = range(first, last + 2)
    sun, moon = (np.concatenate(part) for part in zip(*map(_of_day, days), strict=True))
    before = float((first - tdb.jd1) - tdb.jd2) * _DAY
    return before + NODE_STEP * np.arange(len(sun), dtype=np.float64), sun, moon


@lru_cache(maxsize=_REMEMBERED)
def _of_day(day: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sun and Moon at each hour of a Julian day (TDB), shape (24, 3)."""
    hour = np.arange(_A_DAY) / _A_DAY
    return -erfa.epv00(day, hour)[0]["p"], erfa.moon98(day, hour)["p"]
