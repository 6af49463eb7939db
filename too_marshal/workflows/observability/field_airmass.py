"""The airmass of any position in a night, from where the zenith stood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from too_marshal.workflows.observability.stored_night import StoredNight


def airmass_of(
    night: StoredNight, positions: Sequence[tuple[float, float]]
) -> list[list[float | None]]:
    """Airmass of positions at each sample of a night.

    Parameters
    ----------
    positions
        Right ascension and declination (ICRS, deg) of each.

    Returns
    -------
    list
        A list for each position; None below the horizon. Right to a thousandth up to airmass 3.
    """
    if not positions or not night.numbers["zenith"]:
        return [[] for _ in positions]
    sine = _directions(positions) @ _directions(night.numbers["zenith"]).T
    return [[1 / value if value > 0 else None for value in row] for row in sine.tolist()]


def _directions(positions: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Unit vectors of positions (deg), shape (n, 3)."""
    ra, dec = np.radians(np.asarray(positions, dtype=float)).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
